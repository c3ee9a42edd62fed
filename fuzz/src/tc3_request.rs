//! Signatures of API calls: no request passes with a key that did not sign it, and what our client signs passes.
//!
//! Input: `METHOD path?query`, header lines `name: value`, an empty line, the body; lines end with LF.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use lianwu_cloud_api::signature::client::{Tc3Call, sign_tc3};
use lianwu_cloud_api::signature::{Claim, RawRequest};
use lianwu_model::UnixMillis;
use lianwu_model::account::SecretKeyText;

const SECRET_ID: &str = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
const NOW: UnixMillis = UnixMillis(1_732_300_000_000);

pub fn run(data: &[u8]) {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, &b""[..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap_or_default().split_once(' ').unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HeaderMap::new();
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.trim())) else { continue };
        headers.append(name, value);
    }
    let raw = RawRequest { method, path, query, headers: &headers, body, public_host: None };
    check_claim(&raw);
    check_own_signature(&raw);
}

/// Two keys cannot both have made one signature.
fn check_claim(raw: &RawRequest<'_>) {
    let claim = match Claim::parse(raw) {
        Ok(claim) => claim,
        Err(error) => return assert!(!error.code().is_empty() && error.to_string().len() < 400),
    };
    assert!(claim.secret_id().starts_with("AKID"));
    let names: Vec<_> = claim.parameters().iter().map(|(name, _)| name).collect();
    assert!(names.is_sorted());
    let verdicts = [key(), SecretKeyText("another key".into())].map(|key| claim.verify(raw, &key, None, NOW));
    assert!(verdicts.iter().any(Result::is_err));
}

fn check_own_signature(raw: &RawRequest<'_>) {
    let text = |name| raw.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let (Some(host), Some(content_type)) = (text(header::HOST), text(header::CONTENT_TYPE)) else { return };
    if !matches!(raw.method, "GET" | "POST") || raw.headers.contains_key("x-tc-content-sha256") {
        return;
    }
    let secret_key = key();
    let call = Tc3Call {
        method: raw.method,
        host,
        content_type,
        query: raw.query,
        body: raw.body,
        service: "iotexplorer",
        secret_id: SECRET_ID,
        secret_key: &secret_key,
        now: NOW,
    };
    let signed = sign_tc3(&call);
    let mut headers = raw.headers.clone();
    headers.remove("x-tc-token");
    headers.insert(header::AUTHORIZATION, HeaderValue::try_from(signed.authorization).expect("it is ASCII"));
    headers.insert("x-tc-timestamp", HeaderValue::try_from(signed.timestamp).expect("it is digits"));
    let raw = RawRequest { path: "/", headers: &headers, ..*raw };
    let claim = Claim::parse(&raw).expect("our client writes what we read");
    claim.verify(&raw, &secret_key, None, NOW).expect("our client signs what we verify");
}

fn key() -> SecretKeyText {
    SecretKeyText("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE".into())
}
