//! What the platform says happened to a device.

use serde_json::{Value, json};

use crate::fixture::{Device, Fixture};
use crate::wait::{DEADLINE, fail, now_ms, wait_for};

/// Versions that choose the service on the one endpoint.
const LOGS: &str = "2021-04-08";
const OWN: &str = "2026-11-01";

impl Fixture {
    /// Calls a log operation of `iotcloud` over the last hour, and gives all rows of one page.
    #[must_use]
    #[track_caller]
    pub fn list_log(&self, operation: &str, keywords: &str) -> Vec<Value> {
        let request = json!({
            "MinTime": now_ms() - 3_600_000, "MaxTime": now_ms() + 3_600_000, "Keywords": keywords, "MaxNum": 100,
        });
        self.rows(LOGS, operation, &request, "Results")
    }

    /// Diagnostic lines of a device in the vendor's form, newest first.
    #[must_use]
    #[track_caller]
    pub fn diagnostics(&self, device: &Device, words: &str) -> Vec<Value> {
        self.list_log("ListLog", &format!("productid:{} devicename:{} {words}", device.product, device.name))
    }

    /// Lines of a device with all filters; `filters` is laid over the request.
    #[must_use]
    #[track_caller]
    pub fn device_log(&self, device: &Device, filters: &Value) -> Vec<Value> {
        let mut request = device.reference();
        request["MinTime"] = (now_ms() - 3_600_000).into();
        request["MaxTime"] = (now_ms() + 3_600_000).into();
        request["Limit"] = 100.into();
        for (key, value) in filters.as_object().into_iter().flatten() {
            request[key] = value.clone();
        }
        self.rows(OWN, "ListDeviceLog", &request, "Rows")
    }

    /// Current problems of a device.
    #[must_use]
    #[track_caller]
    pub fn problems(&self, device: &Device) -> Vec<Value> {
        self.rows(OWN, "DescribeDeviceDiagnosis", &device.reference(), "Problems")
    }

    /// Waits until this problem is named, and gives it.
    #[track_caller]
    pub fn problem(&self, device: &Device, id: &str) -> Value {
        wait_for(id, DEADLINE, || self.problems(device).into_iter().find(|problem| problem["Id"] == id))
    }

    #[track_caller]
    fn rows(&self, version: &str, operation: &str, request: &Value, field: &str) -> Vec<Value> {
        match self.cloud.try_call_of(version, operation, request) {
            Ok(response) => response[field].as_array().cloned().unwrap_or_default(),
            Err(failure) => fail(format!("{operation} {request}: {}: {}", failure.code, failure.message)),
        }
    }
}
