//! Devices upload their own logs: `/device/reportlog` (signed JSON) and `/cgi-bin/report-log` (the C SDK's bytes).
//! Source: spec/device-protocol.md 9.6.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use lianwu_device_protocol::device_log::{FirstForm, KeyKind, LINES_MAX, LogLine, UPLOAD_BYTES_MAX, certificate_key};
use lianwu_model::log_level::LogLevel;
use lianwu_model::product::Authentication;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use serde::Deserialize;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tracing::error;

use super::publish::{NAME_BYTES_MAX, Refusal, busy, closed, known, record_refusal, refusal};
use super::{DeviceHttp, Received, answer};
use crate::bus::home;
use crate::worker::{Mail, Upload, wait_for_turn};

/// Room for what escapes add to lines.
const BODY_BYTES_MAX: usize = 2 * UPLOAD_BYTES_MAX;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Form {
    product_id: String,
    device_name: String,
    /// One of them may come without a list.
    message: Lines,
    /// Of lines that say none of their own.
    #[serde(default)]
    level: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    Many(Vec<String>),
    One(String),
}

pub(super) async fn second(http: &DeviceHttp, request: Request) -> Response {
    match try_second(http, request).await {
        Ok(()) => answer::success(None),
        Err(Refusal(code, message)) => answer::failure(code, &message),
    }
}

async fn try_second(http: &DeviceHttp, request: Request) -> Result<(), Refusal> {
    let invalid = |why: String| Refusal("InvalidParameterValue", why);
    let received = Received::read(request, BODY_BYTES_MAX).await.map_err(|error| invalid(error.to_string()))?;
    let form: Form = serde_json::from_slice(&received.body).map_err(|error| invalid(format!("body: {error}")))?;
    if form.product_id.len() > NAME_BYTES_MAX || form.device_name.len() > NAME_BYTES_MAX {
        return Err(invalid("ProductId or DeviceName is too long".to_owned()));
    }
    let level = LogLevel::from_word(&form.level);
    let lines = match &form.message {
        Lines::Many(lines) => lines.as_slice(),
        Lines::One(line) => std::slice::from_ref(line),
    };
    let device = verified(http, received.source, &form.product_id, &form.device_name, async |device| {
        needs_key(http, device)?;
        let signed = received.signed().verify(device.secret.text());
        signed.map_err(|error| Refusal("AuthFailure.SignatureFailure", error.to_string()))
    })
    .await?;
    let lines = lines.iter().map(|line| LogLine::parse(line, level)).filter(|line| !line.text.is_empty());
    store(http, device, lines).await
}

pub(super) async fn first(http: &DeviceHttp, request: Request) -> Response {
    match try_first(http, request).await {
        Ok(()) => answer::retcode(0, ""),
        Err(Refusal(code, message)) => answer::retcode(retcode(code), &message),
    }
}

/// The device only tells 0 from others, and sends the lines again for those.
fn retcode(code: &str) -> u32 {
    match code.split('.').next() {
        Some("InvalidParameterValue") => 400,
        Some("AuthFailure") => 401,
        Some("UnauthorizedOperation" | "UnsupportedOperation") => 403,
        Some("RequestLimitExceeded") => 429,
        _ => 500,
    }
}

async fn try_first(http: &DeviceHttp, request: Request) -> Result<(), Refusal> {
    let invalid = |why: String| Refusal("InvalidParameterValue", why);
    let received = Received::read(request, UPLOAD_BYTES_MAX).await.map_err(|error| invalid(error.to_string()))?;
    let form = FirstForm::parse(&received.body).map_err(|error| invalid(format!("body: {error}")))?;
    let device = verified(http, received.source, form.product, form.device, async |device| {
        let is_right = match form.key {
            KeyKind::Secret => {
                needs_key(http, device)?;
                form.is_signed_with(device.secret.text())
            }
            KeyKind::Certificate => certificate(http, device)
                .await?
                .is_some_and(|pem| certificate_key(&pem).is_some_and(|key| form.is_signed_with(key))),
        };
        if is_right { Ok(()) } else { Err(Refusal("AuthFailure.SignatureFailure", "signature error".to_owned())) }
    })
    .await?;
    store(http, device, form.lines()).await
}

fn needs_key(http: &DeviceHttp, device: &DirectoryDevice) -> Result<(), Refusal> {
    match http.platform.catalog.product(device.product) {
        Some(product) if product.product.authentication == Authentication::Key => Ok(()),
        _ => Err(Refusal("UnsupportedOperation", notes::NEEDS_CERTIFICATE.to_owned())),
    }
}

/// The certificate on record.
async fn certificate(http: &DeviceHttp, device: &DirectoryDevice) -> Result<Option<String>, Refusal> {
    if device.fingerprint().is_none() {
        return Ok(None);
    }
    match http.platform.stores.devices.device(device.key()).await {
        Ok(found) => Ok(found.and_then(|device| device.certificate).map(|certificate| certificate.pem)),
        Err(error) => {
            error!(%error, %device.product, %device.name, "the certificate of a device could not be read");
            Err(busy())
        }
    }
}

/// Who uploads? A refusal is on record for the product's owner.
async fn verified(
    http: &DeviceHttp,
    source: IpAddr,
    product: &str,
    name: &str,
    is_signed: impl AsyncFnOnce(&DirectoryDevice) -> Result<(), Refusal>,
) -> Result<Arc<DirectoryDevice>, Refusal> {
    if http.must_wait(source, product, name) {
        let why = "too many requests have failed, try again in a minute";
        return Err(Refusal("RequestLimitExceeded", why.to_owned()));
    }
    let found = match known(http, product, name) {
        Ok(device) => is_signed(&device).await.map(|()| device),
        Err(refused) => Err(refused),
    };
    let found = found.and_then(|device| match device.is_enabled() {
        true => Ok(device),
        false => Err(Refusal("UnauthorizedOperation.DeviceDisabled", notes::DISABLED.to_owned())),
    });
    http.count(source, product, name, found.is_ok());
    if let Err(refused) = &found {
        record_refusal(http, source, product, name, refused).await;
    }
    found
}

async fn store(
    http: &DeviceHttp,
    device: Arc<DirectoryDevice>,
    lines: impl Iterator<Item = LogLine>,
) -> Result<(), Refusal> {
    let lines: Vec<_> = lines.take(LINES_MAX + 1).collect();
    let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
    if lines.len() > LINES_MAX || bytes > UPLOAD_BYTES_MAX {
        let why = format!("more than {LINES_MAX} lines or {UPLOAD_BYTES_MAX} bytes at once");
        return Err(Refusal("InvalidParameterValue", why));
    }
    let has_waited = wait_for_turn(http.instance_rate.as_deref()).await;
    let (tell, told) = oneshot::channel();
    let number = device.home();
    let upload = Upload { device, lines, has_waited, answer: tell };
    match http.homes[home(number, http.homes.len())].try_send(Mail::Upload(Box::new(upload))) {
        Ok(()) => refusal(told.await.map_err(|_| closed())?),
        Err(TrySendError::Full(_)) => Err(busy()),
        Err(TrySendError::Closed(_)) => Err(closed()),
    }
}
