//! TC3-HMAC-SHA256. Step numbers are those of spec/cloud-api.md 1.3.

use std::borrow::Cow;

use hmac::{Hmac, Mac};
use lianwu_model::account::SecretKeyText;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{CANDIDATES_MAX, Claim, RawRequest, SignatureError, check_secret_id, parse_timestamp};

pub(super) const ALGORITHM: &str = "TC3-HMAC-SHA256";
const TERMINATOR: &str = "tc3_request";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
const TIMESTAMP: &str = "X-TC-Timestamp";

/// Longest `Authorization` value read; real ones stay below 400 bytes.
const AUTHORIZATION_BYTES_MAX: usize = 4096;
/// Most header names in `SignedHeaders`.
const SIGNED_HEADERS_MAX: usize = 32;

/// The `Authorization` header, taken apart.
pub(super) struct Proof<'a> {
    date: &'a str,
    service: &'a str,
    /// As written, `;` between the names.
    signed_headers: &'a str,
    signature: [u8; 32],
    /// As written: it goes into the signed text unchanged.
    timestamp: &'a str,
}

/// Steps 2, 5 (form) and 6 (form).
pub(super) fn parse<'a>(raw: &RawRequest<'a>) -> Result<Claim<'a>, SignatureError> {
    let header = raw.header("authorization").ok_or(SignatureError::Authorization("it is not text"))?;
    if header.len() > AUTHORIZATION_BYTES_MAX {
        return Err(SignatureError::Authorization("it is too long"));
    }
    let fields = header
        .strip_prefix(ALGORITHM)
        .filter(|rest| rest.starts_with(' '))
        .ok_or(SignatureError::Authorization("it does not begin with TC3-HMAC-SHA256 and a blank"))?;
    let [credential, signed_headers, signature] = split_fields(fields)?;
    let (secret_id, date, service) = split_credential(credential)?;
    check_signed_headers(signed_headers)?;
    let signature = decode_signature(signature)?;
    check_secret_id(secret_id)?;
    let timestamp = raw.header(TIMESTAMP).filter(|text| !text.is_empty()).ok_or(SignatureError::Missing(TIMESTAMP))?;
    Ok(Claim {
        secret_id: Cow::Borrowed(secret_id),
        timestamp: parse_timestamp(TIMESTAMP, timestamp)?,
        token: Cow::Borrowed(raw.header("x-tc-token").unwrap_or_default()),
        proof: super::Proof::Tc3(Proof { date, service, signed_headers, signature, timestamp }),
    })
}

/// Values of Credential, SignedHeaders and Signature, which must come in this order.
fn split_fields(text: &str) -> Result<[&str; 3], SignatureError> {
    let mut parts = text.split(',');
    let mut field = |name: &str, fault| {
        let value = parts.next().and_then(|part| part.trim().strip_prefix(name));
        value.and_then(|value| value.strip_prefix('=')).ok_or(SignatureError::Authorization(fault))
    };
    let fields = [
        field("Credential", "the first field is not Credential=")?,
        field("SignedHeaders", "the second field is not SignedHeaders=")?,
        field("Signature", "the third field is not Signature=")?,
    ];
    if parts.next().is_some() {
        return Err(SignatureError::Authorization("it has more than three fields"));
    }
    Ok(fields)
}

/// Splits `<SecretId>/<date>/<service>/tc3_request`. Any service is taken: the Node SDK writes the first label of its
/// endpoint, so `127` and `localhost:8080` occur (trap 1).
fn split_credential(credential: &str) -> Result<(&str, &str, &str), SignatureError> {
    let mut parts = credential.split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(secret_id), Some(date), Some(service), Some(TERMINATOR), None) if !service.is_empty() => {
            Ok((secret_id, date, service))
        }
        _ => Err(SignatureError::Authorization("Credential is not SecretId/YYYY-MM-DD/service/tc3_request")),
    }
}

fn check_signed_headers(list: &str) -> Result<(), SignatureError> {
    let fault = |text| Err(SignatureError::Authorization(text));
    let (mut count, mut previous) = (0, "");
    for name in list.split(';') {
        count += 1;
        if name.is_empty() || !name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')) {
            return fault("SignedHeaders holds a name that is not in lower case");
        }
        if name <= previous {
            return fault("SignedHeaders is not in ascending order");
        }
        previous = name;
    }
    if count > SIGNED_HEADERS_MAX {
        return fault("SignedHeaders holds too many names");
    }
    let has = |wanted| list.split(';').any(|name| name == wanted);
    if has("content-type") && has("host") { Ok(()) } else { fault("SignedHeaders lacks content-type or host") }
}

fn decode_signature(text: &str) -> Result<[u8; 32], SignatureError> {
    let mut signature = [0; 32];
    let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
    match hex::decode_to_slice(text, &mut signature) {
        Ok(()) if lower => Ok(signature),
        _ => Err(SignatureError::Authorization("Signature is not 64 lower-case hexadecimal digits")),
    }
}

impl Proof<'_> {
    /// Steps 5 (date) to 10.
    pub(super) fn verify(
        &self,
        raw: &RawRequest<'_>,
        timestamp: u64,
        secret_key: &SecretKeyText,
    ) -> Result<(), SignatureError> {
        if self.date != utc_date(timestamp) {
            return Err(SignatureError::Date);
        }
        let scope = Scope { date: self.date, service: self.service };
        let key = scope.signing_key(secret_key);
        let payload_sha256 = payload_sha256(raw);
        let query = if raw.method == "GET" { raw.query } else { "" };
        let mut first = None;
        for candidate in self.candidates(raw)? {
            let canonical = Canonical {
                method: raw.method,
                path: raw.path(),
                query,
                headers: &candidate,
                signed_headers: self.signed_headers,
                payload_sha256: &payload_sha256,
            };
            let text = scope.string_to_sign(self.timestamp, &canonical.sha256());
            if bool::from(hmac(&key, text.as_bytes()).ct_eq(&self.signature)) {
                return Ok(());
            }
            first.get_or_insert(text);
        }
        Err(SignatureError::Mismatch { signed: first.unwrap_or_default().into() })
    }

    /// The header blocks the client may have signed: values as sent, then in lower case, for each possible host.
    fn candidates(&self, raw: &RawRequest<'_>) -> Result<Vec<Vec<u8>>, SignatureError> {
        let hosts = raw.hosts();
        if hosts.is_empty() {
            return Err(SignatureError::SignedHeaderAbsent("host".into()));
        }
        let mut candidates: Vec<Vec<u8>> = Vec::with_capacity(CANDIDATES_MAX);
        for lower in [false, true] {
            for host in &hosts {
                let block = self.header_block(raw, host, lower)?;
                if candidates.len() < CANDIDATES_MAX && !candidates.contains(&block) {
                    candidates.push(block);
                }
            }
        }
        Ok(candidates)
    }

    fn header_block(&self, raw: &RawRequest<'_>, host: &str, lower: bool) -> Result<Vec<u8>, SignatureError> {
        let mut block = Vec::with_capacity(128);
        for name in self.signed_headers.split(';') {
            let value = match name {
                "host" => host.as_bytes(),
                _ => raw
                    .headers
                    .get(name)
                    .ok_or_else(|| SignatureError::SignedHeaderAbsent(name.into()))?
                    .as_bytes()
                    .trim_ascii(),
            };
            block.extend_from_slice(name.as_bytes());
            block.push(b':');
            let start = block.len();
            block.extend_from_slice(value);
            if lower {
                block[start..].make_ascii_lowercase();
            }
            block.push(b'\n');
        }
        Ok(block)
    }
}

/// Hash of what counts as payload: nothing for a GET, whatever its body.
fn payload_sha256(raw: &RawRequest<'_>) -> String {
    let payload = match (raw.header("x-tc-content-sha256"), raw.method) {
        (Some(UNSIGNED_PAYLOAD), _) => UNSIGNED_PAYLOAD.as_bytes(),
        (_, "GET") => b"",
        _ => raw.body,
    };
    hex::encode(Sha256::digest(payload))
}

/// The six parts of step 7.
pub(super) struct Canonical<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    /// `name:value` and a line feed for each signed header.
    pub headers: &'a [u8],
    pub signed_headers: &'a str,
    pub payload_sha256: &'a str,
}

impl Canonical<'_> {
    pub(super) fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.method, self.path, self.query] {
            hash.update(part);
            hash.update("\n");
        }
        hash.update(self.headers);
        hash.update("\n");
        hash.update(self.signed_headers);
        hash.update("\n");
        hash.update(self.payload_sha256);
        hex::encode(hash.finalize())
    }
}

/// What a signing key is good for: one UTC day and one service name.
pub(super) struct Scope<'a> {
    pub date: &'a str,
    pub service: &'a str,
}

impl Scope<'_> {
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{TERMINATOR}", self.date, self.service)
    }

    /// Step 8.
    pub(super) fn string_to_sign(&self, timestamp: &str, canonical_sha256: &str) -> String {
        format!("{ALGORITHM}\n{timestamp}\n{}\n{canonical_sha256}", self.text())
    }

    /// Step 9, all but the last link of the chain.
    pub(super) fn signing_key(&self, secret_key: &SecretKeyText) -> [u8; 32] {
        let date_key = hmac(format!("TC3{}", secret_key.0).as_bytes(), self.date.as_bytes());
        hmac(&hmac(&date_key, self.service.as_bytes()), TERMINATOR.as_bytes())
    }
}

pub(super) fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// `YYYY-MM-DD` of a UNIX time in seconds.
///
/// Days are counted in eras of 400 years that begin on 1 March, which puts the leap day last.
pub(super) fn utc_date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
