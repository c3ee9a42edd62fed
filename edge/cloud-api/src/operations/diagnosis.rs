//! Current problems of a device. Source: spec/lianwu-api.json.

use lianwu_services::diagnosis::{self, Language as TextLanguage};

use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{DescribeDeviceDiagnosisRequest, DescribeDeviceDiagnosisResponse};
use crate::generated::structures::{Problem, ProblemEvidence};

pub async fn describe(
    call: Call,
    r: DescribeDeviceDiagnosisRequest,
) -> Result<DescribeDeviceDiagnosisResponse, ApiError> {
    let found = diagnosis::diagnose(&call.platform, call.owner(), &r.product_id, &r.device_name).await?;
    let language = match call.language {
        Language::Chinese => TextLanguage::Chinese,
        Language::English => TextLanguage::English,
    };
    let problems = found.problems.into_iter().map(|problem| Problem {
        id: problem.entry.id.to_owned(),
        severity: problem.entry.severity.as_str().to_owned(),
        title: problem.entry.title.in_language(language).to_owned(),
        cause: problem.entry.cause.in_language(language).to_owned(),
        cure: problem.entry.cure.in_language(language).to_owned(),
        since: problem.since.0,
        last_seen: problem.last_seen.0,
        count: problem.count,
        evidence: problem
            .evidence
            .into_iter()
            .map(|evidence| ProblemEvidence { time: evidence.time.0, text: evidence.text })
            .collect(),
    });
    Ok(DescribeDeviceDiagnosisResponse { checked_time: found.checked.0, problems: problems.collect() })
}
