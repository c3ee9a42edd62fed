//! What the instance did of late. Source: spec/lianwu-api.json, group `platform`.

use lianwu_services::activity::{Activity, Minute};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{DescribeActivityRequest, DescribeActivityResponse};
use crate::generated::structures::{ActivityMinute, FailureCount};

pub async fn describe(call: Call, _: DescribeActivityRequest) -> Result<DescribeActivityResponse, ApiError> {
    let activity = call.facts.measures.as_ref().map(|measures| measures.activity()).unwrap_or_default();
    Ok(response(&activity))
}

fn response(activity: &Activity) -> DescribeActivityResponse {
    let failures = activity.hour.failures().named();
    DescribeActivityResponse {
        started: activity.started.0,
        online: activity.online,
        connections: activity.connections,
        backends: activity.backends,
        log_bytes: activity.log_bytes,
        free_bytes: activity.free_bytes,
        size_bytes: activity.size_bytes,
        behind: activity.behind,
        minutes: activity.hour.minutes().map(minute).collect(),
        failures: failures
            .iter()
            .map(|(cause, count)| FailureCount { cause: (*cause).into(), count: *count })
            .collect(),
    }
}

fn minute(minute: &Minute) -> ActivityMinute {
    let counts = &minute.counts;
    ActivityMinute {
        time: minute.start.0,
        up: counts.up,
        down: counts.down,
        sign_ins: counts.sign_ins,
        failures: counts.failures.named().iter().map(|(_, count)| count).sum(),
    }
}
