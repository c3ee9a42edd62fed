//! Control and actions. Source: spec/cloud-api.md 2.6, 3.7 and 3.8.

use lianwu_model::UnixMillis;
use lianwu_ports::bus::Delivery;
use lianwu_services::device;
use lianwu_services::message::{self, ActionAnswer};

use super::device_ref;
use crate::call::Call;
use crate::error::{ApiError, Language};
use crate::generated::operations::{
    CallDeviceActionAsyncRequest, CallDeviceActionAsyncResponse, CallDeviceActionSyncRequest,
    CallDeviceActionSyncResponse, ControlDeviceDataRequest, ControlDeviceDataResponse,
};

/// Smaller numbers are seconds: as milliseconds they would lie before 1973-03-03.
const SECONDS_BELOW: u64 = 100_000_000_000;

pub async fn control(call: Call, r: ControlDeviceDataRequest) -> Result<ControlDeviceDataResponse, ApiError> {
    let wanted = device_ref(&r.product_id, &r.device_name, r.device_id.as_deref());
    let device = device::find(&call.platform, call.owner(), &wanted.product, &wanted.name)?;
    let result = match r.method.as_deref() {
        None | Some("" | "desired") => {
            let delivery = message::control(&call.platform, &device, &r.data, &call.request_id).await?;
            let sent = u8::from(delivery == Delivery::Delivered);
            format!(r#"{{"Sent":{sent},"pushResult":{}}}"#, delivery.push_result())
        }
        Some("reported") => {
            let time = sample_time(r.data_timestamp)?;
            message::report_for(&call.platform, &device, &r.data, time, &call.request_id).await?;
            "{}".to_owned()
        }
        Some(_) => {
            return Err(ApiError::value("Method", "应为 desired 或 reported", "it must be desired or reported"));
        }
    };
    Ok(ControlDeviceDataResponse { data: String::new(), result })
}

/// Milliseconds, or seconds as devices also send them, told apart by size; 0 is now. Source: decisions 5.
fn sample_time(timestamp: Option<i64>) -> Result<Option<UnixMillis>, ApiError> {
    match u64::try_from(timestamp.unwrap_or(0)) {
        Ok(0) => Ok(None),
        Ok(seconds @ 1..SECONDS_BELOW) => Ok(Some(UnixMillis::from_seconds(seconds))),
        Ok(millis) => Ok(Some(UnixMillis(millis))),
        Err(_) => Err(ApiError::value("DataTimestamp", "应大于等于 0", "it must be at least 0")),
    }
}

pub async fn call_and_wait(
    call: Call,
    r: CallDeviceActionSyncRequest,
) -> Result<CallDeviceActionSyncResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let input = r.input_params.as_deref().unwrap_or_default();
    let answer = message::call_action_and_wait(&call.platform, &device, &r.action_id, input, &call.request_id).await?;
    Ok(match answer {
        ActionAnswer::Unreachable => CallDeviceActionSyncResponse {
            status: unreachable(call.language),
            ..CallDeviceActionSyncResponse::default()
        },
        ActionAnswer::Answered { token, reply } => {
            CallDeviceActionSyncResponse { client_token: token, output_params: reply.response, status: reply.status }
        }
    })
}

pub async fn call(call: Call, r: CallDeviceActionAsyncRequest) -> Result<CallDeviceActionAsyncResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let input = r.input_params.as_deref().unwrap_or_default();
    let called = message::call_action(&call.platform, &device, &r.action_id, input, &call.request_id).await?;
    let status = match called.delivery {
        // Queued: the device will be called, and its reply is in the logs.
        Delivery::Delivered | Delivery::Queued => "suc".to_owned(),
        Delivery::NotSubscribed | Delivery::Offline => unreachable(call.language),
    };
    Ok(CallDeviceActionAsyncResponse { client_token: called.token, status })
}

fn unreachable(language: Language) -> String {
    let text = match language {
        Language::Chinese => "设备不在线或未订阅行为 Topic",
        Language::English => "the device is offline or has not subscribed to the action topic",
    };
    format!("FailedOperation.ActionUnreachable|{text}")
}
