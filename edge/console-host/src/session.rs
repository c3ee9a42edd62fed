//! Signing in and out, and who is signed in.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use lianwu_cloud_api::ApiError;
use lianwu_services::account::{self, LoginToken, OpenedLogin, SignedIn};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use crate::audit::record;
use crate::gate;
use crate::host::{Console, source};
use crate::refusal::Refusal;

/// User and password fit easily.
const BODY_BYTES_MAX: usize = 4096;

/// Longest the body of a sign-in may take to arrive.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// Body of a sign-in.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    user: String,
    password: String,
}

/// Who is signed in, as pages need it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    uin: String,
    owner: String,
    user: &'a str,
    is_main_account: bool,
    is_platform_administrator: bool,
    must_change_password: bool,
    csrf_token: String,
}

/// `POST /console/session`
pub(crate) async fn sign_in(State(console): State<Console>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let opened = match console.sign_in(&head, body).await {
        Ok(opened) => opened,
        Err(refusal) => return refused(refusal, &head),
    };
    record(&console.platform, &opened.signed_in, source(&head), "SignIn");
    let mut response = console.shown(&opened.token, &opened.signed_in);
    console.hand_over(&opened, &head, &mut response);
    response
}

/// `GET /console/session`
pub(crate) async fn show(State(console): State<Console>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    match console.visitor(&head).await {
        Ok(visitor) => console.shown(&visitor.token, &visitor.signed_in),
        Err(refusal) => refused(refusal, &head),
    }
}

/// `DELETE /console/session`
pub(crate) async fn sign_out(State(console): State<Console>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let visitor = match console.acting_visitor(&head).await {
        Ok(visitor) => visitor,
        Err(refusal) => return refused(refusal, &head),
    };
    record(&console.platform, &visitor.signed_in, source(&head), "SignOut");
    match account::sign_out(&console.platform, &visitor.signed_in).await {
        Ok(()) => signed_out(),
        Err(error) => not_signed_out(&error, &head),
    }
}

/// `DELETE /console/session/all`
pub(crate) async fn sign_out_everywhere(State(console): State<Console>, request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let visitor = match console.acting_visitor(&head).await {
        Ok(visitor) => visitor,
        Err(refusal) => return refused(refusal, &head),
    };
    record(&console.platform, &visitor.signed_in, source(&head), "SignOutEverywhere");
    match account::sign_out_everywhere(&console.platform, visitor.signed_in.member.principal.uin).await {
        Ok(()) => signed_out(),
        Err(error) => not_signed_out(&error, &head),
    }
}

impl Console {
    async fn sign_in(&self, head: &Parts, body: Body) -> Result<OpenedLogin, Refusal> {
        gate::check_origin(&head.headers, &self.options.public_url)?;
        let reading = tokio::time::timeout(BODY_WAIT_MAX, axum::body::to_bytes(body, BODY_BYTES_MAX));
        let body: Bytes = reading.await.ok().and_then(Result::ok).ok_or_else(unreadable)?;
        let Credentials { user, password } = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        let opened = account::sign_in(&self.platform, &user, &password).await;
        if let Err(error) = &opened {
            let peer = source(head).map(|source| source.to_string()).unwrap_or_default();
            info!(source = peer, %error, "a sign-in to the console was refused");
        }
        // Whoever comes with an earlier login goes on with the new one only.
        let opened = opened?;
        self.end_before(head).await;
        Ok(opened)
    }

    async fn end_before(&self, head: &Parts) {
        let Some(token) = gate::token(&head.headers) else { return };
        if let Some(before) = account::signed_in(&self.platform, &token).await
            && let Err(error) = account::sign_out(&self.platform, &before).await
        {
            warn!(%error, "an earlier login could not be ended");
        }
    }

    fn shown(&self, token: &LoginToken, signed_in: &SignedIn) -> Response<Body> {
        let principal = &signed_in.member.principal;
        let shown = Shown {
            uin: principal.uin.to_string(),
            owner: principal.owner.to_string(),
            user: &principal.name,
            is_main_account: principal.is_main_account(),
            is_platform_administrator: self.platform.accounts.administrator() == Some(principal.owner),
            must_change_password: signed_in.must_change_password,
            csrf_token: token.page_token(),
        };
        let text = serde_json::to_vec(&shown).expect("texts and truth values always become JSON");
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
    }

    /// Gives the browser its token.
    pub(crate) fn hand_over(&self, opened: &OpenedLogin, head: &Parts, response: &mut Response<Body>) {
        let seconds = u64::from(self.platform.limits.login_days) * 86_400;
        let is_encrypted = gate::is_encrypted(head, !self.options.public_url.is_empty());
        set_cookie(response, &gate::cookie(&opened.token, seconds, is_encrypted));
    }
}

pub(crate) fn refused(refusal: Refusal, head: &Parts) -> Response<Body> {
    let is_over = matches!(refusal, Refusal::NotSignedIn) && gate::token(&head.headers).is_some();
    let mut response = refusal.answer(gate::language(&head.headers), &head.headers);
    if is_over {
        set_cookie(&mut response, &gate::no_cookie());
    }
    response
}

fn signed_out() -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookie(&mut response, &gate::no_cookie());
    response
}

fn not_signed_out(error: &dyn std::error::Error, head: &Parts) -> Response<Body> {
    warn!(%error, "a login has ended and would be there again after a restart");
    refused(Refusal::Internal, head)
}

fn set_cookie(response: &mut Response<Body>, cookie: &str) {
    let value = HeaderValue::from_str(cookie).expect("a cookie is letters, digits and a few signs");
    response.headers_mut().append(header::SET_COOKIE, value);
}

fn unreadable() -> Refusal {
    Refusal::Request(ApiError::new(
        "InvalidRequest",
        "请求体应为 {\"User\": \"...\", \"Password\": \"...\"}，不超过 4 KB。",
        "The body must be {\"User\": \"...\", \"Password\": \"...\"}, at most 4 KB.",
    ))
}
