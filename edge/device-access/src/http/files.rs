//! Contents of files: devices load them and bring them. Who has the address has the right.
//!
//! Answers are as small HTTP clients read them: a length always, no compression, ranges clamped to the end, 403 for an
//! address that is wrong or old, 404 for a file that is not there. Source: spec/device-protocol.md 8.4, 9.7 and 14.

mod body;
mod range;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Path, Request};
use axum::http::header::{
    ACCEPT_RANGES, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, RANGE,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::file::{FileId, Md5};
use lianwu_services::Platform;
use lianwu_services::file::address::Claim;
use lianwu_services::file::transfer::{self, Begun, TransferError, Upload};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{debug, warn};

use self::body::{FileBody, SILENCE_MAX, deadline};
use self::range::{Asked, asked};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// Contents on their way at one time, in either direction; more are told to try again. Each takes up to 256 KiB.
const TRANSFERS_MAX: usize = 256;

/// Bytes that are written to the disk at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub(crate) struct FileHttp {
    platform: Arc<Platform>,
    places: Arc<Semaphore>,
}

impl FileHttp {
    pub(crate) fn new(platform: Arc<Platform>) -> Self {
        Self { platform, places: Arc::new(Semaphore::new(TRANSFERS_MAX)) }
    }

    pub(crate) fn router(self) -> Router {
        let route = move |Path((id, expires, signature)): Path<(u64, u64, String)>, request: Request| async move {
            let claim = Claim { id: FileId(id), expires, signature: &signature };
            let method = request.method().clone();
            let answered = match method {
                Method::GET | Method::HEAD => self.download(&claim, request.headers()).await,
                Method::PUT => self.upload(&claim, request).await,
                _ => Err(Refusal(StatusCode::METHOD_NOT_ALLOWED, "use GET, HEAD or PUT".to_owned())),
            };
            answered.unwrap_or_else(|refusal| {
                debug!(file = id, %method, status = %refusal.0, why = refusal.1, "a content was refused");
                refusal.answer()
            })
        };
        Router::new().route("/files/{id}/{expires}/{signature}", any(route))
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let busy = |_| Refusal(StatusCode::SERVICE_UNAVAILABLE, "too many transfers, try again".to_owned());
        Arc::clone(&self.places).try_acquire_owned().map_err(busy)
    }

    /// The router takes the body off for HEAD and leaves the length.
    async fn download(&self, claim: &Claim<'_>, headers: &HeaderMap) -> Result<Response, Refusal> {
        let place = self.place()?;
        let (content, blob) = transfer::open(&self.platform, claim).await?;
        let size = blob.size();
        let (status, first, count) = match asked(headers.get(RANGE).and_then(|value| value.to_str().ok()), size) {
            Asked::Everything => (StatusCode::OK, 0, size),
            Asked::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
            Asked::Nothing => {
                let headers = [(CONTENT_RANGE, format!("bytes */{size}")), (CONTENT_LENGTH, "0".to_owned())];
                return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
            }
        };
        let mut answer = Response::new(Body::new(FileBody::new(blob.into(), first, count, place)));
        *answer.status_mut() = status;
        let md5 = STANDARD.encode(content.md5.0);
        let mut put = |name, text: String| {
            let value = text.parse().expect("digits and letters make a header");
            answer.headers_mut().insert(name, value);
        };
        put(CONTENT_LENGTH, count.to_string());
        put(CONTENT_TYPE, "application/octet-stream".to_owned());
        put(ACCEPT_RANGES, "bytes".to_owned());
        put(ETAG, format!("\"{}\"", content.md5));
        if status == StatusCode::PARTIAL_CONTENT {
            put(CONTENT_RANGE, format!("bytes {first}-{}/{size}", first + count - 1));
        } else {
            // Of the whole, so it would be wrong beside a part.
            put(CONTENT_MD5, md5);
        }
        Ok(answer)
    }

    async fn upload(&self, claim: &Claim<'_>, request: Request) -> Result<Response, Refusal> {
        let _place = self.place()?;
        let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let needs_length = || Refusal(StatusCode::LENGTH_REQUIRED, "Content-Length is missing".to_owned());
        let length = length.ok_or_else(needs_length)?;
        let md5 = content_md5(request.headers())?;
        let begun = transfer::begin(&self.platform, claim, length, md5).await?;
        let body = request.into_body().into_data_stream();
        let receiving = async {
            match begun {
                Begun::Receive(upload) => {
                    let upload = receive(*upload, body).await?;
                    upload.finish(&self.platform).await.map(Some).map_err(Refusal::from)
                }
                Begun::Same => throw_away(body).await.map(|()| None),
            }
        };
        let received = tokio::time::timeout_at(deadline(length), receiving).await.map_err(|_| too_slow())??;
        if let Some(content) = received {
            debug!(file = claim.id.0, size = content.size, md5 = %content.md5, "a content was brought");
        }
        let headers = [(CONTENT_LENGTH, "0".to_owned())];
        Ok((StatusCode::OK, headers).into_response())
    }
}

/// `Content-MD5` is base64 of 16 bytes; the file client of the C SDK sends none.
fn content_md5(headers: &HeaderMap) -> Result<Option<Md5>, Refusal> {
    let Some(value) = headers.get(CONTENT_MD5) else { return Ok(None) };
    let bytes = STANDARD.decode(value.as_bytes().trim_ascii()).ok().and_then(|bytes| bytes.try_into().ok());
    let wrong = || Refusal(StatusCode::BAD_REQUEST, "Content-MD5 is not base64 of 16 bytes".to_owned());
    Ok(Some(Md5(bytes.ok_or_else(wrong)?)))
}

async fn receive(mut upload: Upload, mut body: BodyDataStream) -> Result<Upload, Refusal> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    loop {
        let piece = next(&mut body).await?;
        chunk.extend_from_slice(piece.as_deref().unwrap_or_default());
        if chunk.len() >= CHUNK_BYTES || (piece.is_none() && !chunk.is_empty()) {
            let written = tokio::task::spawn_blocking(move || upload.write(&chunk).map(|()| (upload, chunk))).await;
            let stopping = |_| Refusal(StatusCode::SERVICE_UNAVAILABLE, "the platform is shutting down".to_owned());
            (upload, chunk) = written.map_err(stopping)??;
            chunk.clear();
        }
        if piece.is_none() {
            return Ok(upload);
        }
    }
}

async fn throw_away(mut body: BodyDataStream) -> Result<(), Refusal> {
    while next(&mut body).await?.is_some() {}
    Ok(())
}

async fn next(body: &mut BodyDataStream) -> Result<Option<Bytes>, Refusal> {
    let polled = std::future::poll_fn(|context| body::poll(body, context));
    match tokio::time::timeout(SILENCE_MAX, polled).await {
        Err(_) => Err(too_slow()),
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(error))) => Err(Refusal(StatusCode::BAD_REQUEST, format!("the body ended early: {error}"))),
    }
}

/// Status and text. The connection ends with it when a body was still to come.
struct Refusal(StatusCode, String);

impl Refusal {
    fn answer(self) -> Response {
        let Self(status, text) = self;
        let headers = [
            (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
            (CONTENT_LENGTH, text.len().to_string()),
            (CONNECTION, "close".to_owned()),
        ];
        (status, headers, text).into_response()
    }
}

fn too_slow() -> Refusal {
    Refusal(StatusCode::REQUEST_TIMEOUT, "the body comes too slowly".to_owned())
}

impl From<TransferError> for Refusal {
    fn from(error: TransferError) -> Self {
        let status = match &error {
            TransferError::NotFound => StatusCode::NOT_FOUND,
            TransferError::Forbidden => StatusCode::FORBIDDEN,
            TransferError::Size { .. } | TransferError::Md5 { .. } => StatusCode::BAD_REQUEST,
            TransferError::Taken => StatusCode::CONFLICT,
            TransferError::Refused(_) => StatusCode::PAYLOAD_TOO_LARGE,
            TransferError::Failed(why) => {
                warn!(why, "a content could not be moved");
                // Its cause is in the platform's log: a device has no business with folders of the server.
                return Self(StatusCode::INTERNAL_SERVER_ERROR, "the platform failed, try again".to_owned());
            }
        };
        Self(status, error.to_string())
    }
}
