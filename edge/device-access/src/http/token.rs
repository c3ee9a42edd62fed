//! `/device/token`: one signed request for many messages that carry its token instead. Ours: docs/adr/0023-websocket-and-device-tokens.md.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use lianwu_services::device_token::{self, DeviceToken};
use lianwu_services::directory::DirectoryDevice;
use serde::Deserialize;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::publish::{Refusal, Speaker, busy, closed, verify};
use super::{DeviceHttp, REGISTRATION_BYTES_MAX, Received, answer};
use crate::bus::home;
use crate::worker::{Mail, Visit, Visited};

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
    let token = device_token::issue(&device, http.platform.clock.now());
    sign_in(http, device, received.source).await?;
    Ok(token)
}

/// At its home, where all its sign-ins are counted.
async fn sign_in(http: &DeviceHttp, device: Arc<DirectoryDevice>, source: IpAddr) -> Result<(), Refusal> {
    let (answer, visited) = oneshot::channel();
    let number = device.home();
    let visit = Visit { device, protocol: "http", source, answer };
    match http.homes[home(number, http.homes.len())].try_send(Mail::Visit(Box::new(visit))) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => return Err(busy()),
        Err(TrySendError::Closed(_)) => return Err(closed()),
    }
    match visited.await.map_err(|_| closed())? {
        Visited::In => Ok(()),
        Visited::TooOften { why, .. } => Err(Refusal("RequestLimitExceeded", why)),
    }
}
