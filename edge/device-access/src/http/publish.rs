//! `/device/publish`: one message of a device that keeps no connection.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_device_protocol::signed_request::{CertifiedRequest, SignatureError};
use lianwu_device_protocol::topic::check_name;
use lianwu_model::product::Authentication;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_mqtt::{ConnectRefusal, QoS};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_services::certificate::{CertificateRefusal, SignatureRefusal, verify_signature};
use lianwu_services::device_token::{self, TokenError};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::message;
use lianwu_services::stranger::Cause;
use serde::Deserialize;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::{DeviceHttp, Received, answer};
use crate::bus::home;
use crate::worker::{Mail, Post, Posted, Way, wait_for_turn};

/// Room for names, and for what escapes and base64 add to a payload.
fn body_bytes_max(payload_bytes_max: usize) -> usize {
    payload_bytes_max.saturating_mul(2).saturating_add(4096)
}

/// Header of a message whose device has a token. See `token`.
const TOKEN: &str = "x-tc-token";

/// Code of a token that was good once.
const TOKEN_EXPIRED: &str = "AuthFailure.TokenExpired";

/// Longest name that is looked at, and kept of a stranger; a longer one is none.
pub(super) const NAME_BYTES_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Form {
    product_id: String,
    device_name: String,
    topic_name: String,
    payload: String,
    #[serde(default)]
    payload_encoding: String,
    #[serde(default)]
    qos: u8,
}

/// Code and message of an answer.
pub(super) struct Refusal(pub(super) &'static str, pub(super) String);

pub(super) async fn publish(http: &DeviceHttp, request: Request) -> Response {
    match try_publish(http, request).await {
        Ok(()) => answer::success(None),
        Err(Refusal(code, message)) => answer::failure(code, &message),
    }
}

async fn try_publish(http: &DeviceHttp, request: Request) -> Result<(), Refusal> {
    let invalid = |why: String| Refusal("InvalidParameterValue", why);
    let received = Received::read(request, body_bytes_max(http.payload_bytes_max)).await;
    let received = received.map_err(|error| invalid(error.to_string()))?;
    let form: Form = serde_json::from_slice(&received.body).map_err(|error| invalid(format!("body: {error}")))?;
    let token = received.header(TOKEN);
    let speaker = Speaker { product: &form.product_id, device: &form.device_name, token };
    let device = verify(http, &received, speaker).await?;
    let qos = match form.qos {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        other => return Err(invalid(format!("Qos is {other}, use 0 or 1"))),
    };
    check_name(&form.topic_name).map_err(|error| invalid(format!("TopicName: {error}")))?;
    let payload = match form.payload_encoding.as_str() {
        "" => form.payload.into_bytes(),
        "base64" => STANDARD.decode(&form.payload).map_err(|_| invalid("Payload is not base64".to_owned()))?,
        _ => return Err(invalid("PayloadEncoding is neither base64 nor left out".to_owned())),
    };
    if payload.len() > http.payload_bytes_max {
        return Err(invalid(format!("Payload has {} bytes, allowed {}", payload.len(), http.payload_bytes_max)));
    }
    let has_waited = wait_for_turn(http.instance_rate.as_deref()).await;
    let (tell, told) = oneshot::channel();
    let number = device.home();
    let (topic, heard_from) = (form.topic_name, Some(received.source));
    let post = Post { device, topic, payload, qos, way: Way::Post, heard_from, has_waited, reply: None, answer: tell };
    match http.homes[home(number, http.homes.len())].try_send(Mail::Post(Box::new(post))) {
        Ok(()) => {}
        Err(TrySendError::Full(_)) => return Err(busy()),
        Err(TrySendError::Closed(_)) => return Err(closed()),
    }
    refusal(told.await.map_err(|_| closed())?)
}

pub(super) fn busy() -> Refusal {
    Refusal("InternalError", "not stored: the platform is busy or its storage is full, try again".to_owned())
}

pub(super) fn closed() -> Refusal {
    Refusal("InternalError", "not stored: the platform is shutting down, try again".to_owned())
}

pub(super) fn refusal(posted: Posted) -> Result<(), Refusal> {
    match posted {
        // `Later` is said to who waits for a reply; nobody does here.
        Posted::Accepted | Posted::Later => Ok(()),
        Posted::NoPermission => Err(Refusal("UnauthorizedOperation", notes::NO_PERMISSION.to_owned())),
        // There is no way down to tell it otherwise.
        Posted::Refused { code, why } => Err(Refusal("InvalidParameterValue", format!("{code}: {why}"))),
        Posted::LogOff => Err(Refusal("UnsupportedOperation.LogOff", notes::LOG_OFF.to_owned())),
        Posted::OverRate(limit) => {
            Err(Refusal("RequestLimitExceeded", format!("more than {limit} messages a second; this one is not stored")))
        }
        Posted::Busy => Err(busy()),
        Posted::Lost(why) => {
            warn!(why, "a message over HTTP could not be committed");
            Err(busy())
        }
    }
}

/// Who a request says it comes from.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    pub(super) product: &'a str,
    pub(super) device: &'a str,
    /// Instead of a signature; empty without one.
    pub(super) token: &'a str,
}

/// Who speaks? A refusal is on record for the product's owner.
pub(super) async fn verify(
    http: &DeviceHttp,
    received: &Received,
    speaker: Speaker<'_>,
) -> Result<Arc<DirectoryDevice>, Refusal> {
    let Speaker { product, device, .. } = speaker;
    let source = received.source;
    if product.len() > NAME_BYTES_MAX || device.len() > NAME_BYTES_MAX {
        return Err(Refusal("InvalidParameterValue", "ProductId or DeviceName is too long".to_owned()));
    }
    if http.must_wait(source, product, device) {
        let why = "too many requests have failed, try again in a minute";
        return Err(Refusal("RequestLimitExceeded", why.to_owned()));
    }
    let refused = match find(http, received, speaker).await {
        Ok(found) => {
            http.count(source, product, device, true);
            return Ok(found);
        }
        Err(refused) => refused,
    };
    // Whoever has an old token of the device is no stranger who tries keys.
    if refused.0 != TOKEN_EXPIRED {
        http.count(source, product, device, false);
    }
    record_refusal(http, source, product, device, &refused).await;
    Err(refused)
}

/// For the product's owner; who names a product that nobody has, is a stranger.
pub(super) async fn record_refusal(
    http: &DeviceHttp,
    source: IpAddr,
    product: &str,
    device: &str,
    Refusal(code, why): &Refusal,
) {
    debug!(product, device, why, "a request over HTTP was refused");
    let known = product.parse::<ProductId>().ok().filter(|id| http.platform.catalog.product(*id).is_some());
    let Some(product) = known else {
        return http.note_stranger(source, product, device, Cause::UnknownProduct);
    };
    let number = http.platform.directory.find(product, device).map_or(DeviceNumber::NONE, |found| found.number);
    let mut batch = RecordBatch::default();
    batch.push(&Record {
        kind: RecordKind::ConnectRefused,
        qos: 0,
        packet_id: 0,
        code: u32::from(as_connack(code).code()),
        number,
        product,
        device,
        sample_time: http.platform.clock.now(),
        topic: "",
        note: &format!("{}{why}", notes::HTTP_REFUSED),
        payload: format!("protocol:http,clientip:{source}").as_bytes(),
    });
    if let Err(error) = message::commit(&http.platform, batch).await {
        warn!(%product, device, why, %error, "a refusal could not be put on record");
    }
}

/// What the log of sign-ins has for a code of an answer: that which CONNACK would have had.
fn as_connack(code: &str) -> ConnectRefusal {
    match code.split('.').next() {
        Some("InvalidParameterValue") => ConnectRefusal::IdentifierRejected,
        Some("UnauthorizedOperation" | "UnsupportedOperation") => ConnectRefusal::NotAuthorised,
        Some("InternalError") => ConnectRefusal::ServerUnavailable,
        _ => ConnectRefusal::BadUserNameOrPassword,
    }
}

/// Finds a registered device, whoever asks.
pub(super) fn known(http: &DeviceHttp, product: &str, device: &str) -> Result<Arc<DirectoryDevice>, Refusal> {
    let product = product.parse().ok().and_then(|id| http.platform.catalog.product(id));
    let Some(product) = product else {
        let why = "the product does not exist on this platform";
        return Err(Refusal("InvalidParameterValue.ProductNotExist", why.to_owned()));
    };
    http.platform.directory.find(product.product.id, device).ok_or_else(|| {
        let why = "the device does not exist in the product";
        Refusal("InvalidParameterValue.DeviceNotExist", why.to_owned())
    })
}

async fn find(http: &DeviceHttp, received: &Received, speaker: Speaker<'_>) -> Result<Arc<DirectoryDevice>, Refusal> {
    let device = known(http, speaker.product, speaker.device)?;
    if !speaker.token.is_empty() {
        let checked = device_token::verify(&device, speaker.token, http.platform.clock.now());
        return checked.map(|()| device).map_err(|error| match error {
            TokenError::Malformed | TokenError::Mismatch => Refusal("AuthFailure.TokenFailure", error.to_string()),
            TokenError::Expired => Refusal(TOKEN_EXPIRED, error.to_string()),
            TokenError::Disabled => disabled(),
        });
    }
    let signed = received.signed();
    let mismatch = |error: SignatureError| Refusal("AuthFailure.SignatureFailure", error.to_string());
    let product = http.platform.catalog.product(device.product);
    if signed.is_by_certificate() {
        let CertifiedRequest { texts, signature } = signed.certified().map_err(mismatch)?;
        let name = device.name.as_str();
        let verified = verify_signature(&http.platform, device.product, name, &texts, &signature).await;
        return verified.map_err(|refusal| match refusal {
            SignatureRefusal::Certificate(CertificateRefusal::Disabled) => disabled(),
            SignatureRefusal::Store(_) => busy(),
            refusal => Refusal("AuthFailure.SignatureFailure", refusal.to_string()),
        });
    }
    if product.is_none_or(|product| product.product.authentication != Authentication::Key) {
        return Err(Refusal("UnsupportedOperation", notes::NEEDS_CERTIFICATE.to_owned()));
    }
    signed.verify(device.secret.text()).map_err(mismatch)?;
    if device.is_enabled() { Ok(device) } else { Err(disabled()) }
}

fn disabled() -> Refusal {
    Refusal("UnauthorizedOperation.DeviceDisabled", notes::DISABLED.to_owned())
}
