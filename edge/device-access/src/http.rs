//! Devices over HTTP: dynamic registration, publishing, their own logs, contents of files. A request for a WebSocket is answered elsewhere.
//!
//! Reads requests, finds out who speaks, and hands over: registration to its service, a message to the device's home
//! worker, where it goes the way of all others. Source: spec/device-protocol.md 3.2, 4 and 9.6.

mod answer;
mod files;
mod publish;
mod register;
mod report_log;
mod token;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::post;
use lianwu_device_protocol::signed_request::SignedRequest;
use lianwu_http::upgrade::is_websocket;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_services::Platform;
use lianwu_services::stranger::{Cause, Claimed, Listener, Refusal};
use tokio::sync::mpsc;

use self::files::FileHttp;
use crate::failures::{Attempt, Failures, Notice};
use crate::websocket::WebSockets;
use crate::worker::{InstanceRate, Mail};

/// Longest body of a registration; real ones have less than 300 bytes.
pub const REGISTRATION_BYTES_MAX: usize = 8 * 1024;

/// From the end of the headers to the end of the body.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// What the handlers work with.
#[derive(Clone, Debug)]
pub(crate) struct DeviceHttp {
    pub(crate) platform: Arc<Platform>,
    /// Mailboxes of the workers.
    pub(crate) homes: Vec<mpsc::Sender<Mail>>,
    pub(crate) failures: Option<Arc<Failures>>,
    pub(crate) instance_rate: Option<Arc<InstanceRate>>,
    /// As over MQTT.
    pub(crate) payload_bytes_max: usize,
    pub(crate) websockets: Arc<WebSockets>,
    /// Where its requests come in.
    pub(crate) listener: Listener,
}

impl DeviceHttp {
    pub(crate) fn router(self) -> Router {
        let websocket = Arc::clone(&self.websockets);
        let other = move |request: Request| async move {
            if is_websocket(&request) { websocket.answer(request) } else { StatusCode::NOT_FOUND.into_response() }
        };
        let not_allowed = {
            let websocket = Arc::clone(&self.websockets);
            move |request: Request| async move {
                if is_websocket(&request) {
                    websocket.answer(request)
                } else {
                    StatusCode::METHOD_NOT_ALLOWED.into_response()
                }
            }
        };
        let (first, second, publish, token) = (self.clone(), self.clone(), self.clone(), self.clone());
        let files = FileHttp::new(Arc::clone(&self.platform)).router();
        let (first_log, second_log) = (self.clone(), self);
        Router::new()
            .merge(files)
            .route("/register/dev", post(move |request: Request| async move { register::first(&first, request).await }))
            .route(
                "/device/register",
                post(move |request: Request| async move { register::second(&second, request).await }),
            )
            .route(
                "/device/publish",
                post(move |request: Request| async move { publish::publish(&publish, request).await }),
            )
            .route("/device/token", post(move |request: Request| async move { token::issue(&token, request).await }))
            .route(
                "/cgi-bin/report-log",
                post(move |request: Request| async move { report_log::first(&first_log, request).await }),
            )
            .route(
                "/device/reportlog",
                post(move |request: Request| async move { report_log::second(&second_log, request).await }),
            )
            .fallback(other)
            .method_not_allowed_fallback(not_allowed)
    }

    /// Must this source wait, for having failed too often? Then its owner is told once a window, with the count.
    fn must_wait(&self, source: IpAddr, product: &str, device: &str) -> bool {
        let Some(failures) = &self.failures else { return false };
        let client_id = format!("{product}{device}");
        if !failures.must_wait(Instant::now(), &Attempt { source, client_id: &client_id }) {
            return false;
        }
        let known = product.parse::<ProductId>().ok().filter(|id| self.platform.catalog.product(*id).is_some());
        if let Some(product) = known {
            let number = self.platform.directory.find(product, device).map_or(DeviceNumber::NONE, |found| found.number);
            let about = Notice { product, device: device.into(), number, count: 1, last_source: source };
            failures.note(Instant::now(), about);
        } else {
            self.note_stranger(source, product, device, Cause::Unchecked);
        }
        true
    }

    /// Counts a request that concerns no product.
    fn note_stranger(&self, source: IpAddr, product: &str, device: &str, cause: Cause) {
        let claimed = Claimed::by_names(product, device);
        let refusal = Refusal { listener: self.listener, source, claimed, cause, detail: "" };
        self.platform.strangers.note(self.platform.clock.now(), refusal);
    }

    fn count(&self, source: IpAddr, product: &str, device: &str, is_good: bool) {
        let Some(failures) = &self.failures else { return };
        let client_id = format!("{product}{device}");
        let attempt = Attempt { source, client_id: &client_id };
        match is_good {
            true => failures.succeeded(&attempt),
            false => failures.failed(Instant::now(), &attempt),
        }
    }
}

/// A request that was read to its end.
struct Received {
    path: String,
    headers: HeaderMap,
    body: Bytes,
    source: IpAddr,
}

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum BodyError {
    #[error("the body has more than {0} bytes")]
    TooLong(usize),
    #[error("the body did not come within {} s", BODY_WAIT_MAX.as_secs())]
    TooSlow,
}

impl Received {
    async fn read(request: Request, bytes_max: usize) -> Result<Self, BodyError> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        let (parts, body) = request.into_parts();
        let reading = axum::body::to_bytes(body, bytes_max);
        let body = tokio::time::timeout(BODY_WAIT_MAX, reading).await.map_err(|_| BodyError::TooSlow)?;
        Ok(Self {
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: body.map_err(|_| BodyError::TooLong(bytes_max))?,
            source: peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()).to_canonical(),
        })
    }

    /// With the headers of its signature; those that are missing are empty.
    fn signed(&self) -> SignedRequest<'_> {
        SignedRequest {
            host: self.header(HOST.as_str()),
            path: &self.path,
            algorithm: self.header("x-tc-algorithm"),
            timestamp: self.header("x-tc-timestamp"),
            nonce: self.header("x-tc-nonce"),
            signature: self.header("x-tc-signature"),
            body: &self.body,
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
