//! Calls per second of one main account and one operation. Source: spec/cloud-api.md 1.9.

use std::collections::HashMap;

use lianwu_model::{Uin, UnixMillis};
use parking_lot::Mutex;

use crate::error::ApiError;
use crate::metadata::OperationSpec;

/// The vendor's default, to which `limits.api_tps` is compared: half of it halves every documented value.
const DOCUMENTED_DEFAULT: u64 = 20;

/// One-second windows. At most one entry per main account and operation that was ever called.
#[derive(Debug, Default)]
pub struct Windows {
    counts: Mutex<HashMap<(Uin, &'static str), Window>>,
}

#[derive(Debug, Default)]
struct Window {
    second: u64,
    calls: u64,
}

impl Windows {
    /// Counts a call. `api_tps` 0 means no limit.
    ///
    /// # Errors
    /// `RequestLimitExceeded` when the second's calls are used up.
    pub fn admit(
        &self,
        owner: Uin,
        spec: &'static OperationSpec,
        api_tps: u32,
        now: UnixMillis,
    ) -> Result<(), ApiError> {
        if api_tps == 0 {
            return Ok(());
        }
        let allowed = (u64::from(spec.calls_per_second) * u64::from(api_tps) / DOCUMENTED_DEFAULT).max(1);
        let mut counts = self.counts.lock();
        let window = counts.entry((owner, spec.name)).or_default();
        if window.second != now.seconds() {
            *window = Window { second: now.seconds(), calls: 0 };
        }
        window.calls += 1;
        if window.calls <= allowed { Ok(()) } else { Err(exceeded(spec.name, allowed)) }
    }
}

fn exceeded(operation: &str, allowed: u64) -> ApiError {
    ApiError::new(
        "RequestLimitExceeded",
        format!("接口 {operation} 的调用超过每秒 {allowed} 次，请稍后重试或调整 limits.api_tps。"),
        format!("{operation} is called more than {allowed} times a second; slow down or raise limits.api_tps."),
    )
}
