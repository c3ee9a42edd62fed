//! Signature v1: HMAC-SHA1 or HMAC-SHA256 over the sorted parameters. Source: spec/cloud-api.md 1.5.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use lianwu_model::account::SecretKeyText;
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::form::{self, Parameter};
use super::{CANDIDATES_MAX, Claim, RawRequest, SignatureError, check_secret_id, parse_timestamp};

/// How much of the signed text a mismatch shows.
const SHOWN_CHARS_MAX: usize = 256;

#[derive(Clone, Copy)]
enum Method {
    HmacSha1,
    HmacSha256,
}

/// Signature and everything it covers.
pub(super) struct Proof<'a> {
    method: Method,
    signature: Vec<u8>,
    /// Sorted by name, names unique, without `Signature`.
    parameters: Vec<Parameter<'a>>,
}

pub(super) fn parse<'a>(raw: &RawRequest<'a>) -> Result<Claim<'a>, SignatureError> {
    let mut parameters = form::parse(form_text(raw)?)?;
    parameters.sort_unstable();
    if parameters.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(SignatureError::Form("one name occurs twice"));
    }
    let signature = match position(&parameters, "Signature") {
        Some(index) => parameters.remove(index).1,
        // Neither kind of signature: name the one that clients should use today.
        None if position(&parameters, "SecretId").is_none() => return Err(SignatureError::Missing("Authorization")),
        None => return Err(SignatureError::Missing("Signature")),
    };
    let secret_id = required(&parameters, "SecretId")?.clone();
    check_secret_id(&secret_id)?;
    let timestamp = parse_timestamp("Timestamp", required(&parameters, "Timestamp")?)?;
    check_nonce(required(&parameters, "Nonce")?)?;
    let method = match value(&parameters, "SignatureMethod").map(AsRef::as_ref) {
        None | Some("HmacSHA1") => Method::HmacSha1,
        Some("HmacSHA256") => Method::HmacSha256,
        Some(_) => return Err(SignatureError::SignatureMethod),
    };
    let signature = STANDARD.decode(signature.as_bytes()).map_err(|_| SignatureError::SignatureForm)?;
    let token = value(&parameters, "Token").cloned().unwrap_or_default();
    Ok(Claim { secret_id, timestamp, token, proof: super::Proof::V1(Proof { method, signature, parameters }) })
}

/// Where the parameters are: the query of a GET, the form body of a POST.
fn form_text<'a>(raw: &RawRequest<'a>) -> Result<&'a str, SignatureError> {
    if raw.method == "GET" {
        return Ok(raw.query);
    }
    let is_form = raw.header("content-type").is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default();
        kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
    });
    if !is_form {
        return Err(SignatureError::Missing("Authorization"));
    }
    std::str::from_utf8(raw.body).map_err(|_| SignatureError::Form("the body is not UTF-8"))
}

/// `parameters` is sorted.
fn position(parameters: &[Parameter<'_>], name: &str) -> Option<usize> {
    parameters.binary_search_by(|(key, _)| key.as_ref().cmp(name)).ok()
}

fn value<'p, 'a>(parameters: &'p [Parameter<'a>], name: &str) -> Option<&'p Cow<'a, str>> {
    position(parameters, name).map(|index| &parameters[index].1)
}

fn required<'p, 'a>(parameters: &'p [Parameter<'a>], name: &'static str) -> Result<&'p Cow<'a, str>, SignatureError> {
    value(parameters, name).filter(|value| !value.is_empty()).ok_or(SignatureError::Missing(name))
}

fn check_nonce(text: &str) -> Result<(), SignatureError> {
    match text.parse::<u64>() {
        Ok(nonce) if nonce > 0 => Ok(()),
        _ => Err(SignatureError::NotANumber("Nonce")),
    }
}

impl<'a> Proof<'a> {
    pub(super) fn parameters(&self) -> &[Parameter<'a>] {
        &self.parameters
    }

    pub(super) fn verify(&self, raw: &RawRequest<'_>, secret_key: &SecretKeyText) -> Result<(), SignatureError> {
        let hosts = raw.hosts();
        let as_received = join(self.parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
        let mut texts = vec![&as_received];
        let dotted = self.with_dots();
        texts.extend(dotted.as_ref());
        let candidates = texts.iter().flat_map(|text| hosts.iter().map(move |host| (host, text)));
        for (host, text) in candidates.take(CANDIDATES_MAX) {
            let head = [raw.method, host, raw.path(), "?"];
            if bool::from(self.method.sign(secret_key, &head, text).ct_eq(&self.signature)) {
                return Ok(());
            }
        }
        let host = hosts.first().ok_or_else(|| SignatureError::SignedHeaderAbsent("host".into()))?;
        let shown = [raw.method, host, raw.path(), "?", &as_received];
        let signed: String = shown.iter().flat_map(|part| part.chars()).take(SHOWN_CHARS_MAX).collect();
        Err(SignatureError::Mismatch { signed: signed.into() })
    }

    /// The Python SDK signs names with `.` where it sends `_`; `None` when no name has one.
    fn with_dots(&self) -> Option<String> {
        if !self.parameters.iter().any(|(name, _)| name.contains('_')) {
            return None;
        }
        let mut dotted: Vec<_> =
            self.parameters.iter().map(|(name, value)| (name.replace('_', "."), value.as_ref())).collect();
        dotted.sort_unstable();
        Some(join(dotted.iter().map(|(name, value)| (name.as_str(), *value))))
    }
}

fn join<'t>(parameters: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

impl Method {
    fn sign(self, secret_key: &SecretKeyText, head: &[&str], text: &str) -> Vec<u8> {
        let parts = head.iter().copied().chain([text]);
        let key = secret_key.0.as_bytes();
        match self {
            Self::HmacSha1 => {
                let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
                parts.for_each(|part| mac.update(part.as_bytes()));
                mac.finalize().into_bytes().to_vec()
            }
            Self::HmacSha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
                parts.for_each(|part| mac.update(part.as_bytes()));
                mac.finalize().into_bytes().to_vec()
            }
        }
    }
}
