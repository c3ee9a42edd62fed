//! Questions to a device, each with its answer. Source: spec/cloud-api.md 2.6 and 3.9.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_services::device;
use lianwu_services::message::PAYLOAD_BYTES_MAX;
use lianwu_services::rrpc::{self, Question, RrpcFamily, Way};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CallDeviceRRPCSyncRequest, CallDeviceRRPCSyncResponse, PublishRRPCMessageRequest, PublishRRPCMessageResponse,
};

/// A device that does not answer is an answer of its own, as with the vendor.
pub async fn call(call: Call, r: CallDeviceRRPCSyncRequest) -> Result<CallDeviceRRPCSyncResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let way = match (given(r.topic), given(r.reply_topic)) {
        (Some(topic), reply_topic) => Way::Custom { topic, reply_topic },
        (None, None) => Way::System(RrpcFamily::IotRrpc),
        (None, Some(_)) => {
            let (zh, en) = ("需与 Topic 同时填写", "it goes with Topic only");
            return Err(ApiError::value("ReplyTopic", zh, en).with_code("InvalidParameterValue.TopicMismatch"));
        }
    };
    let as_base64 = as_base64(r.encoding.as_deref())?;
    let question = question(&call, way, r.payload.unwrap_or_default(), as_base64)?;
    let outcome = rrpc::ask(&call.platform, &device, question).await?;
    let status = if outcome.answer.is_some() { "Replied" } else { "Timeout" };
    Ok(CallDeviceRRPCSyncResponse {
        client_token: outcome.token,
        status: status.to_owned(),
        message_id: outcome.id,
        payload_base64: STANDARD.encode(outcome.answer.unwrap_or_default()),
        reply_topic: outcome.reply_topic,
    })
}

pub async fn publish(call: Call, r: PublishRRPCMessageRequest) -> Result<PublishRRPCMessageResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let question = question(&call, Way::System(RrpcFamily::Rrpc), r.payload, false)?;
    let outcome = rrpc::ask(&call.platform, &device, question).await?;
    let wait_ms = call.platform.limits.rrpc_wait_ms;
    let answer = outcome.answer.ok_or_else(|| {
        ApiError::new(
            "FailedOperation.RRPCTimeout",
            format!("设备在 {wait_ms} 毫秒内没有应答，见 limits.rrpc_wait_ms。"),
            format!("The device did not answer within {wait_ms} ms, see limits.rrpc_wait_ms."),
        )
    })?;
    Ok(PublishRRPCMessageResponse {
        message_id: Some(outcome.id.cast_signed()),
        payload_base64: Some(STANDARD.encode(answer)),
    })
}

fn question(call: &Call, way: Way, payload: String, as_base64: bool) -> Result<Question, ApiError> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        let (zh, en) =
            (format!("最长 {PAYLOAD_BYTES_MAX} 字节"), format!("it must have at most {PAYLOAD_BYTES_MAX} bytes"));
        return Err(ApiError::value("Payload", &zh, &en).with_code("InvalidParameterValue.PayloadOverLimit"));
    }
    let request_id = Arc::clone(&call.request_id);
    Ok(Question { owner: call.owner(), way, payload: payload.into_bytes(), as_base64, request_id })
}

fn as_base64(encoding: Option<&str>) -> Result<bool, ApiError> {
    match encoding {
        None | Some("") => Ok(false),
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => Ok(true),
        Some(_) => Err(ApiError::value("Encoding", "应为空或 base64", "it must be empty or base64")),
    }
}
