//! Who signed this request? Verification of TC3-HMAC-SHA256 and of the older signature v1, from the raw parts.
//!
//! Source: spec/cloud-api.md 1.3 to 1.6, with every deviation of the official SDKs named there. Pure: the time is an
//! argument, the key is looked up by the caller between [`Claim::parse`] and [`Claim::verify`].
//! Large bodies are hashed here: a 10 MB body costs tens of milliseconds, so call `verify` off the event loop then.

pub mod client;
mod error;
mod form;
mod tc3;
#[cfg(test)]
mod tests;
mod v1;

use std::borrow::Cow;
use std::fmt;

use axum::http::HeaderMap;
use lianwu_model::UnixMillis;
use lianwu_model::account::SecretKeyText;
use subtle::ConstantTimeEq;

pub use error::SignatureError;

/// Largest distance between the client's and the server's clock, in seconds. Source: spec/cloud-api.md 1.3 step 5.
pub const CLOCK_OFFSET_MAX_S: u64 = 300;

/// Most texts a signature is compared with: the SDKs differ in the host they sign. Source: spec/cloud-api.md 1.3.
pub const CANDIDATES_MAX: usize = 4;

/// Most parameters of a v1 request; each `DevicesItems.0.ProductId` counts.
pub const PARAMETERS_MAX: usize = 10_000;

/// A request as it came off the wire; nothing decoded, nothing normalised. `Debug` shows neither headers nor body.
#[derive(Clone, Copy)]
pub struct RawRequest<'a> {
    pub method: &'a str,
    /// Path without the query; empty counts as `/`.
    pub path: &'a str,
    /// Query without the question mark, as received; empty when there is none.
    pub query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// Host the clients were configured with when a proxy in front rewrites the `Host` header.
    pub public_host: Option<&'a str>,
}

impl fmt::Debug for RawRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<'a> RawRequest<'a> {
    /// Value of a header as text, trimmed; `None` when absent or not UTF-8. Of repeated headers the first counts.
    fn header(&self, name: &str) -> Option<&'a str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok().map(str::trim)
    }

    fn path(&self) -> &'a str {
        if self.path.is_empty() { "/" } else { self.path }
    }

    /// Hosts the client may have signed, likeliest first: as received, without the port (Node), the public one.
    fn hosts(&self) -> Vec<&'a str> {
        let received = self.header("host");
        let mut hosts = Vec::with_capacity(3);
        for host in [received, received.and_then(without_port), self.public_host].into_iter().flatten() {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

fn without_port(host: &str) -> Option<&str> {
    let (name, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())).then_some(name)
}

/// The two ways of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureKind {
    /// `Authorization` header; parameters in the JSON body of a POST or the query of a GET. Only these parts are
    /// signed: ignore the query of a POST and the body of a GET.
    Tc3,
    /// Everything in the query of a GET or the form body of a POST; see [`Claim::parameters`].
    V1,
}

/// What a temporary key demands beside its SecretKey.
#[derive(Clone, Copy)]
pub struct TemporaryKey<'a> {
    pub token: &'a str,
    /// First moment at which the key is void.
    pub expires: UnixMillis,
}

impl fmt::Debug for TemporaryKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemporaryKey").field("token", &"***").field("expires", &self.expires).finish()
    }
}

/// Who a request says it is from, and how it proves it. Nothing in it is to be believed before
/// [`Claim::verify`] has returned `Ok`. `Debug` hides signature, token and parameters.
pub struct Claim<'a> {
    secret_id: Cow<'a, str>,
    timestamp: u64,
    token: Cow<'a, str>,
    proof: Proof<'a>,
}

enum Proof<'a> {
    Tc3(tc3::Proof<'a>),
    V1(v1::Proof<'a>),
}

impl<'a> Claim<'a> {
    /// Reads the claim. An `Authorization` header wins over v1 parameters.
    ///
    /// # Errors
    /// The claim is absent or malformed; no key has been needed to see that.
    pub fn parse(raw: &RawRequest<'a>) -> Result<Self, SignatureError> {
        if !matches!(raw.method, "GET" | "POST") {
            return Err(SignatureError::Method);
        }
        if raw.headers.contains_key("authorization") { tc3::parse(raw) } else { v1::parse(raw) }
    }

    /// Public part of the key the request says it was signed with; has the form of a SecretId.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    #[must_use]
    pub fn kind(&self) -> SignatureKind {
        match self.proof {
            Proof::Tc3(_) => SignatureKind::Tc3,
            Proof::V1(_) => SignatureKind::V1,
        }
    }

    /// The client's clock, UNIX seconds.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// All parameters of a v1 request, decoded, sorted by name, each name once, `Signature` left out. Empty for TC3.
    #[must_use]
    pub fn parameters(&self) -> &[(Cow<'a, str>, Cow<'a, str>)] {
        match &self.proof {
            Proof::Tc3(_) => &[],
            Proof::V1(proof) => proof.parameters(),
        }
    }

    /// Checks the claim against the key found under [`Claim::secret_id`]; pass the same request as to `parse`.
    /// `temporary` is set when that key is a temporary one.
    ///
    /// Does not remember nonces: a captured request can be repeated within the clock window (spec/cloud-api.md 1.5).
    ///
    /// # Errors
    /// In this order: token, clock, signature.
    pub fn verify(
        &self,
        raw: &RawRequest<'_>,
        secret_key: &SecretKeyText,
        temporary: Option<TemporaryKey<'_>>,
        now: UnixMillis,
    ) -> Result<(), SignatureError> {
        self.check_token(temporary, now)?;
        let server = now.seconds();
        if server.abs_diff(self.timestamp) > CLOCK_OFFSET_MAX_S {
            return Err(SignatureError::ClockOffset { client: self.timestamp, server });
        }
        match &self.proof {
            Proof::Tc3(proof) => proof.verify(raw, self.timestamp, secret_key),
            Proof::V1(proof) => proof.verify(raw, secret_key),
        }
    }

    fn check_token(&self, temporary: Option<TemporaryKey<'_>>, now: UnixMillis) -> Result<(), SignatureError> {
        match temporary {
            None if self.token.is_empty() => Ok(()),
            None => Err(SignatureError::Token("this key needs no token; leave it out")),
            Some(_) if self.token.is_empty() => Err(SignatureError::Token("a temporary key needs its token")),
            Some(key) if !bool::from(key.token.as_bytes().ct_eq(self.token.as_bytes())) => {
                Err(SignatureError::Token("the token does not belong to this key"))
            }
            Some(key) if key.expires <= now => {
                Err(SignatureError::Token("the temporary key has expired; fetch a new one"))
            }
            Some(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("secret_id", &self.secret_id)
            .field("kind", &self.kind())
            .field("timestamp", &self.timestamp)
            .field("signature", &"***")
            .finish_non_exhaustive()
    }
}

/// `AKID` and at least 32 letters or digits; temporary ids are longer and may have `-` and `_`.
fn check_secret_id(text: &str) -> Result<(), SignatureError> {
    let legal = text.strip_prefix("AKID").is_some_and(|rest| {
        (32..=252).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    });
    if legal { Ok(()) } else { Err(SignatureError::SecretIdForm) }
}

/// UNIX seconds in decimal, up to the year 33658.
fn parse_timestamp(parameter: &'static str, text: &str) -> Result<u64, SignatureError> {
    let legal = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| legal).ok_or(SignatureError::NotANumber(parameter))
}
