//! Messages of the owner's own making. Source: spec/cloud-api.md 2.6 and 3.9.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_services::device::{self, DeviceError};
use lianwu_services::message::{self, DEVICES_MAX, PAYLOAD_BYTES_MAX, Post, PublishError, Published};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    BatchPublishMessageRequest, BatchPublishMessageResponse, PublishMessageRequest, PublishMessageResponse,
};
use crate::generated::structures::DeviceResult;
use crate::table::{DeviceName, Target};
use crate::wire;

/// Result of a push to a device that is offline, and to one that listens to another topic. Source:
/// spec/cloud-api.md 3.7.
const OFFLINE: i64 = 23_102;
const NO_SUBSCRIBER: i64 = 23_101;

/// For every other failure no number is documented; the code stands in front of the text.
const OTHER: i64 = -1;

pub async fn one(call: Call, r: PublishMessageRequest) -> Result<PublishMessageResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let payload = payload(&r.payload, r.payload_encoding.as_deref())?;
    let qos = qos(r.qos.map(|qos| i64::try_from(qos).unwrap_or(i64::MAX)))?;
    message::publish(&call.platform, &device, &post(&call, r.topic, qos, payload)).await?;
    Ok(PublishMessageResponse {})
}

/// Every device named; one that does not exist is a row of the answer, but one with an impossible name is not.
pub fn batch_target(r: &BatchPublishMessageRequest) -> Target {
    let named = |name: &String| DeviceName { product: r.product_id.clone(), name: name.clone() };
    match r.device_names.len() {
        1..=DEVICES_MAX => Target::Devices(r.device_names.iter().map(named).collect()),
        _ => Target::Product(r.product_id.clone()),
    }
}

pub async fn batch(call: Call, r: BatchPublishMessageRequest) -> Result<BatchPublishMessageResponse, ApiError> {
    if !(1..=DEVICES_MAX).contains(&r.device_names.len()) {
        let (zh, en) = (format!("数量应为 1 到 {DEVICES_MAX}"), format!("it must have 1 to {DEVICES_MAX} entries"));
        return Err(ApiError::value("DeviceNames", &zh, &en));
    }
    let payload = payload(&r.payload, r.payload_encoding.as_deref())?;
    let qos = qos(r.qos)?;
    let (mut posts, mut names, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for name in &r.device_names {
        if names.contains(&name) || failures.iter().any(|failed: &DeviceResult| failed.device_name == *name) {
            return Err(ApiError::value(
                "DeviceNames",
                &format!("设备 `{name}` 重复"),
                &format!("the device `{name}` is named twice"),
            ));
        }
        match device::find(&call.platform, call.owner(), &r.product_id, name) {
            Ok(device) => {
                let topic = message::topic_for(&device, &r.topic);
                posts.push((device, post(&call, topic, qos, Arc::clone(&payload))));
                names.push(name);
            }
            Err(error @ DeviceError::NotFound(_)) => failures.push(failure(&call, name, "FAILED", OTHER, error)),
            Err(error) => return Err(error.into()),
        }
    }
    let mut sent = 0;
    for (name, outcome) in names.into_iter().zip(message::publish_each(&call.platform, posts).await) {
        match outcome {
            Ok(Published::Delivered) => sent += 1,
            Ok(Published::Queued) => failures.push(pending(name)),
            Err(error @ PublishError::Offline) => failures.push(failure(&call, name, "OFFLINE", OFFLINE, error)),
            Err(error @ PublishError::NotSubscribed) => {
                failures.push(failure(&call, name, "FAILED", NO_SUBSCRIBER, error));
            }
            Err(error) => failures.push(failure(&call, name, "FAILED", OTHER, error)),
        }
    }
    Ok(BatchPublishMessageResponse { total: wire::count(r.device_names.len() as u64), success_count: sent, failures })
}

/// Code and text are those of a call for this device alone.
fn failure(call: &Call, name: &str, status: &str, err_code: i64, error: impl Into<ApiError>) -> DeviceResult {
    let error = error.into();
    DeviceResult {
        device_name: name.to_owned(),
        status: status.to_owned(),
        err_code,
        err_msg: format!("{}: {}", error.code, error.message(call.language)),
    }
}

/// Not delivered yet, and not lost either: the device gets it when it comes back.
fn pending(name: &str) -> DeviceResult {
    DeviceResult { device_name: name.to_owned(), status: "PENDING".to_owned(), ..DeviceResult::default() }
}

fn post(call: &Call, topic: String, qos: u8, payload: Arc<[u8]>) -> Post {
    Post { owner: call.owner(), topic, qos, payload, request_id: Arc::clone(&call.request_id) }
}

pub(super) fn payload(text: &str, encoding: Option<&str>) -> Result<Arc<[u8]>, ApiError> {
    if text.len() > PAYLOAD_BYTES_MAX {
        let zh = format!("最长 {PAYLOAD_BYTES_MAX} 字节");
        return Err(ApiError::value("Payload", &zh, &format!("it must have at most {PAYLOAD_BYTES_MAX} bytes")));
    }
    match encoding {
        None | Some("") => Ok(text.as_bytes().into()),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            let bytes = STANDARD.decode(text).map_err(|error| {
                let zh = format!("不是合法的 Base64（{error}）");
                ApiError::value("Payload", &zh, &format!("it is not Base64: {error}"))
            })?;
            Ok(bytes.into())
        }
        Some(_) => Err(ApiError::value("PayloadEncoding", "应为空或 base64", "it must be empty or base64")),
    }
}

pub(super) fn qos(qos: Option<i64>) -> Result<u8, ApiError> {
    match qos.unwrap_or(0) {
        0 => Ok(0),
        1 => Ok(1),
        _ => Err(ApiError::value("Qos", "应为 0 或 1", "it must be 0 or 1")),
    }
}
