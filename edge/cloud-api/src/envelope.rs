//! The JSON around every answer. Source: spec/cloud-api.md 1.7.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use serde::Serialize;

use crate::error::{ApiError, Language};

#[derive(Serialize)]
struct ErrorEnvelope<'a> {
    #[serde(rename = "Response")]
    response: ErrorResponse<'a>,
}

#[derive(Serialize)]
struct ErrorResponse<'a> {
    #[serde(rename = "Error")]
    error: ErrorFields<'a>,
    #[serde(rename = "RequestId")]
    request_id: &'a str,
}

#[derive(Serialize)]
struct ErrorFields<'a> {
    #[serde(rename = "Code")]
    code: &'a str,
    #[serde(rename = "Message")]
    message: &'a str,
}

/// Text of a success: the response's fields with the RequestId behind them.
///
/// # Errors
/// When the response cannot be written as JSON.
pub fn success<T: Serialize>(response: &T, request_id: &str) -> Result<Vec<u8>, ApiError> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(b"{\"Response\":");
    serde_json::to_writer(&mut text, response).map_err(|error| {
        tracing::error!(%error, request_id, "a response could not be written");
        ApiError::internal()
    })?;
    // Every response type is a struct, so the text ends in a brace: open it again.
    text.pop();
    if text.last() != Some(&b'{') {
        text.push(b',');
    }
    text.extend_from_slice(b"\"RequestId\":\"");
    text.extend_from_slice(request_id.as_bytes());
    text.extend_from_slice(b"\"}}");
    Ok(text)
}

/// Text of a failure.
#[must_use]
pub fn failure(error: &ApiError, language: Language, request_id: &str) -> Vec<u8> {
    let error = ErrorFields { code: error.code, message: error.message(language) };
    let envelope = ErrorEnvelope { response: ErrorResponse { error, request_id } };
    serde_json::to_vec(&envelope).expect("two texts always become JSON")
}

/// The answer on the wire: status 200 whatever happened, the type without a charset, which the Python SDK compares
/// letter by letter. Source: spec/cloud-api.md 1.1, trap 2.
#[must_use]
pub fn answer(text: Vec<u8>, request_id: &str, request: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-tc-requestid", value);
    }
    if let Some(trace) = request.get("x-tc-traceid") {
        headers.insert("x-tc-traceid", trace.clone());
    }
    response
}
