//! Answers to devices: always status 200, because their HTTP clients give up on any other. Source:
//! spec/device-protocol.md 3.2 and 4.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use lianwu_device_protocol::registration::SealedAnswer;
use lianwu_services::device_token::DeviceToken;
use serde::Serialize;
use uuid::Uuid;

/// What clients on small devices have room for, as a whole: the C SDK reads 256 bytes.
const FIRST_FORM_MESSAGE_CHARS_MAX: usize = 160;

#[derive(Serialize)]
struct FirstForm<'a> {
    code: u32,
    message: &'a str,
    len: usize,
    payload: &'a str,
}

/// To `/register/dev`.
pub(super) fn first_form(outcome: Result<&SealedAnswer, (u32, &str)>) -> Response {
    json(&match outcome {
        Ok(sealed) => FirstForm { code: 0, message: "", len: sealed.length, payload: &sealed.payload },
        Err((code, message)) => {
            let end = message.floor_char_boundary(message.len().min(FIRST_FORM_MESSAGE_CHARS_MAX));
            FirstForm { code, message: &message[..end], len: 0, payload: "" }
        }
    })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<T> {
    response: T,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// UNIX seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_time: Option<u64>,
    request_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure<'a> {
    code: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Retcode<'a> {
    retcode: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    errmsg: &'a str,
}

/// To `/cgi-bin/report-log`; the C SDK reads 255 bytes.
pub(super) fn retcode(retcode: u32, message: &str) -> Response {
    let end = message.floor_char_boundary(message.len().min(FIRST_FORM_MESSAGE_CHARS_MAX));
    json(&Retcode { retcode, errmsg: &message[..end] })
}

/// To every `/device/*` path.
pub(super) fn failure(code: &str, message: &str) -> Response {
    respond(Some(Failure { code, message }), None, None)
}

/// Success, with what a registration is given.
pub(super) fn success(sealed: Option<&SealedAnswer>) -> Response {
    respond(None, sealed, None)
}

/// To `/device/token`.
pub(super) fn token(token: &DeviceToken) -> Response {
    respond(None, None, Some(token))
}

fn respond(error: Option<Failure<'_>>, sealed: Option<&SealedAnswer>, token: Option<&DeviceToken>) -> Response {
    let body = Body {
        error,
        len: sealed.map(|sealed| sealed.length),
        payload: sealed.map(|sealed| sealed.payload.as_str()),
        token: token.map(|token| token.text.as_str()),
        expire_time: token.map(|token| token.expires.seconds()),
        request_id: Uuid::new_v4().to_string(),
    };
    json(&Envelope { response: body })
}

fn json(value: &impl Serialize) -> Response {
    let text = serde_json::to_string(value).expect("texts and numbers always have a JSON form");
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
