//! Current problems of a device or a backend. Source: spec/lianwu-api.json.

use lianwu_services::diagnosis::{self, Diagnosis, Entry, Language as TextLanguage, Mistake};

use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{
    DescribeBackendDiagnosisRequest, DescribeBackendDiagnosisResponse, DescribeDeviceDiagnosisRequest,
    DescribeDeviceDiagnosisResponse, ListKnownProblemsRequest, ListKnownProblemsResponse,
};
use crate::generated::structures::{KnownProblem, Problem, ProblemEvidence, ProblemMistake};

pub async fn describe(
    call: Call,
    r: DescribeDeviceDiagnosisRequest,
) -> Result<DescribeDeviceDiagnosisResponse, ApiError> {
    let found = diagnosis::diagnose(&call.platform, call.owner(), &r.product_id, &r.device_name).await?;
    let checked_time = found.checked.0;
    Ok(DescribeDeviceDiagnosisResponse { checked_time, problems: problems(&call, found) })
}

pub async fn describe_backend(
    call: Call,
    r: DescribeBackendDiagnosisRequest,
) -> Result<DescribeBackendDiagnosisResponse, ApiError> {
    let found = diagnosis::diagnose_backend(&call.platform, call.owner(), &r.client_id).await?;
    let checked_time = found.checked.0;
    Ok(DescribeBackendDiagnosisResponse { checked_time, problems: problems(&call, found) })
}

/// What is written about problems, whoever has them: devices first, each kind in the order of the table.
pub async fn list_known(call: Call, _: ListKnownProblemsRequest) -> Result<ListKnownProblemsResponse, ApiError> {
    let language = language_of(&call);
    let known = |of: &'static str| {
        move |entry: &'static Entry| KnownProblem {
            id: entry.id.to_owned(),
            of: of.to_owned(),
            severity: entry.severity.as_str().to_owned(),
            title: entry.title.in_language(language).to_owned(),
            cause: entry.cause.in_language(language).to_owned(),
            cure: entry.cure.in_language(language).to_owned(),
        }
    };
    let backends = diagnosis::backend_entries().map(known("backend"));
    Ok(ListKnownProblemsResponse {
        known_problems: diagnosis::entries().map(known("device")).chain(backends).collect(),
    })
}

fn language_of(call: &Call) -> TextLanguage {
    match call.language {
        Language::Chinese => TextLanguage::Chinese,
        Language::English => TextLanguage::English,
    }
}

fn problems(call: &Call, found: Diagnosis) -> Vec<Problem> {
    let language = language_of(call);
    let shown = found.problems.into_iter().map(|problem| Problem {
        id: problem.entry.id.to_owned(),
        severity: problem.entry.severity.as_str().to_owned(),
        title: problem.entry.title.in_language(language).to_owned(),
        cause: problem.entry.cause.in_language(language).to_owned(),
        cure: problem.entry.cure.in_language(language).to_owned(),
        since: problem.since.0,
        last_seen: problem.last_seen.0,
        count: problem.count,
        mistakes: problem.mistakes.into_iter().map(|mistake| shown(mistake, language)).collect(),
        evidence: problem
            .evidence
            .into_iter()
            .map(|evidence| ProblemEvidence { time: evidence.time.0, text: evidence.text })
            .collect(),
    });
    shown.collect()
}

fn shown(mistake: Mistake, language: TextLanguage) -> ProblemMistake {
    ProblemMistake {
        text: match language {
            TextLanguage::Chinese => mistake.said.zh,
            TextLanguage::English => mistake.said.en,
        },
        since: mistake.since.0,
        last_seen: mistake.last_seen.0,
        count: mistake.count,
        value: mistake.value,
    }
}
