//! A request taken off the wire, whole and bounded.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::HeaderMap;
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::metadata::OperationSpec;
use crate::parameters::{self, Parameters};
use crate::signature::{Claim, RawRequest, SignatureKind};

/// Source: spec/cloud-api.md 1.1.
pub(crate) const TC3_BODY_BYTES_MAX: usize = 10 * 1024 * 1024;
pub(crate) const V1_BODY_BYTES_MAX: usize = 1024 * 1024;
pub(crate) const QUERY_BYTES_MAX: usize = 32 * 1024;

/// Bodies up to this size are not counted: connections bound how many there are.
const SMALL_BODY_BYTES: usize = 64 * 1024;

/// Bytes of larger bodies held at one time; further ones wait before they are read.
const LARGE_BODIES_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Longest a body may take to arrive.
const BODY_WAIT_MAX: Duration = Duration::from_secs(60);

/// Names of signature v1 that are not business parameters.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Region",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Token",
    "Language",
    "RequestClient",
];

/// Where bodies come in.
#[derive(Debug)]
pub(super) struct Inlet {
    large: Semaphore,
}

impl Default for Inlet {
    fn default() -> Self {
        Self { large: Semaphore::new(LARGE_BODIES_BYTES_MAX) }
    }
}

/// The raw request, nothing decoded.
#[derive(Debug)]
pub(super) struct Received {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Bytes,
    public_host: Option<String>,
}

impl Inlet {
    /// Takes the body off the wire.
    ///
    /// # Errors
    /// `UnsupportedProtocol`, `RequestSizeLimitExceeded`, `InvalidRequest`.
    pub(super) async fn receive(&self, request: Request, public_host: Option<&str>) -> Result<Arc<Received>, ApiError> {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().to_owned();
        let max = match head.method.as_str() {
            "GET" if query.len() > QUERY_BYTES_MAX => return Err(too_large("32 KB")),
            // The body of a GET means nothing: it is not read.
            "GET" => 0,
            "POST" if head.headers.contains_key("authorization") => TC3_BODY_BYTES_MAX,
            "POST" => V1_BODY_BYTES_MAX,
            _ => return Err(unsupported_method()),
        };
        let body = if max == 0 { Bytes::new() } else { self.body(body, max).await? };
        Ok(Arc::new(Received {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query,
            headers: head.headers,
            body,
            public_host: public_host.map(str::to_owned),
        }))
    }

    /// Takes a body of at most `max` bytes off the wire.
    ///
    /// # Errors
    /// `RequestSizeLimitExceeded`, `InvalidRequest`.
    pub(super) async fn body(&self, body: Body, max: usize) -> Result<Bytes, ApiError> {
        let declared = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
        if declared.is_some_and(|bytes| bytes > max) {
            return Err(too_large(if max == TC3_BODY_BYTES_MAX { "10 MB" } else { "1 MB" }));
        }
        let weight = declared.unwrap_or(max).min(max);
        let _place = if weight > SMALL_BODY_BYTES {
            let weight = u32::try_from(weight).unwrap_or(u32::MAX);
            Some(self.large.acquire_many(weight).await.map_err(|_| ApiError::internal())?)
        } else {
            None
        };
        let reading = tokio::time::timeout(BODY_WAIT_MAX, axum::body::to_bytes(body, max));
        reading.await.map_err(|_| incomplete())?.map_err(|error| unreadable(&error))
    }
}

impl Received {
    pub(super) fn raw(&self) -> RawRequest<'_> {
        RawRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
            public_host: self.public_host.as_deref(),
        }
    }

    pub(super) fn body_bytes(&self) -> usize {
        self.body.len()
    }

    /// Value of a header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The business parameters, in the form they arrived in.
    ///
    /// # Errors
    /// `InvalidParameter`, `InvalidRequest`.
    pub(super) fn parameters(&self, claim: &Claim<'_>, spec: &'static OperationSpec) -> Result<Parameters, ApiError> {
        match (claim.kind(), self.method.as_str()) {
            (SignatureKind::V1, _) => {
                let is_business =
                    |name: &str| !COMMON.contains(&name) || spec.fields.iter().any(|field| field.name == name);
                let pairs = claim.parameters().iter().filter(|(name, _)| is_business(name));
                Ok(Parameters::Flat(pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect()))
            }
            (SignatureKind::Tc3, "GET") => Ok(Parameters::Flat(parameters::decode_query(&self.query)?)),
            (SignatureKind::Tc3, _) if self.is_multipart() => Err(multipart()),
            (SignatureKind::Tc3, _) => Ok(Parameters::Json(self.body.clone())),
        }
    }

    fn is_multipart(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/"))
    }
}

fn unsupported_method() -> ApiError {
    ApiError::new("UnsupportedProtocol", "只支持 GET 和 POST 方法。", "Only GET and POST are served.")
}

fn too_large(max: &str) -> ApiError {
    ApiError::new(
        "RequestSizeLimitExceeded",
        format!("请求过大，最多 {max}。"),
        format!("The request is too large; at most {max} are allowed."),
    )
}

fn incomplete() -> ApiError {
    ApiError::new("InvalidRequest", "请求体没有完整到达，请重试。", "The body did not arrive whole; try again.")
}

/// Either longer than allowed, or the connection broke.
fn unreadable(error: &axum::Error) -> ApiError {
    let is_length =
        std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
    if is_length { too_large("10 MB / 1 MB (v1)") } else { incomplete() }
}

fn multipart() -> ApiError {
    ApiError::new(
        "InvalidRequest",
        "不支持 multipart/form-data，请以 JSON 发送参数。",
        "multipart/form-data is not served; send the parameters as JSON.",
    )
}
