//! `/device/token`: one signed request for many messages that carry its token instead. Ours: docs/adr/0023-websocket-and-device-tokens.md.

use axum::extract::Request;
use axum::response::Response;
use lianwu_services::device_token::{self, DeviceToken};
use serde::Deserialize;

use super::publish::{Refusal, Speaker, verify};
use super::{DeviceHttp, REGISTRATION_BYTES_MAX, Received, answer};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Form {
    product_id: String,
    device_name: String,
}

pub(super) async fn issue(http: &DeviceHttp, request: Request) -> Response {
    match try_issue(http, request).await {
        Ok(token) => answer::token(&token),
        Err(Refusal(code, message)) => answer::failure(code, &message),
    }
}

async fn try_issue(http: &DeviceHttp, request: Request) -> Result<DeviceToken, Refusal> {
    let invalid = |why: String| Refusal("InvalidParameterValue", why);
    let received = Received::read(request, REGISTRATION_BYTES_MAX).await;
    let received = received.map_err(|error| invalid(error.to_string()))?;
    let form: Form = serde_json::from_slice(&received.body).map_err(|error| invalid(format!("body: {error}")))?;
    // A token does not prolong itself: it ends when it says so.
    let speaker = Speaker { product: &form.product_id, device: &form.device_name, token: "" };
    let device = verify(http, &received, speaker).await?;
    Ok(device_token::issue(&device, http.platform.clock.now()))
}
