//! Why a request's signature is not accepted, and what the vendor's API calls it.

use super::CLOCK_OFFSET_MAX_S;

/// A refused signature. The text is what the caller reads: what was wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("only GET and POST are served")]
    Method,
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    #[error("the parameter {0} is not a decimal number")]
    NotANumber(&'static str),
    #[error("the parameters cannot be read: {0}")]
    Form(&'static str),
    #[error("the Authorization header is malformed: {0}")]
    Authorization(&'static str),
    #[error("the SecretId is malformed; it is AKID followed by 32 letters and digits")]
    SecretIdForm,
    /// For the caller, who looks the key up between parsing and verifying.
    #[error("the SecretId does not exist or is disabled")]
    SecretIdNotFound,
    #[error("{0}")]
    Token(&'static str),
    /// Both in UNIX seconds.
    #[error("{}", clock_offset(*client, *server))]
    ClockOffset { client: u64, server: u64 },
    #[error("the date in Credential is not the UTC date of X-TC-Timestamp; derive it from the timestamp in UTC")]
    Date,
    #[error("the signed header {0} is not in the request")]
    SignedHeaderAbsent(Box<str>),
    #[error("the Signature parameter is not base64 of an HMAC; check that it is URL-encoded")]
    SignatureForm,
    #[error("SignatureMethod is unknown; use HmacSHA256 or HmacSHA1")]
    SignatureMethod,
    /// `signed` is what the server signed first, shortened; it holds nothing the caller did not send.
    #[error(
        "the provided credentials could not be validated: the signature does not match, check the SecretKey and that \
         the body and host signed are those sent; the server signed {signed:?}"
    )]
    Mismatch { signed: Box<str> },
}

impl SignatureError {
    /// The vendor's error code. Source: spec/cloud-api.md 1.3 and 1.8.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Method => "UnsupportedProtocol",
            Self::Missing(_) => "MissingParameter",
            Self::NotANumber(_) | Self::Form(_) => "InvalidParameter",
            Self::Authorization(_) => "AuthFailure.InvalidAuthorization",
            Self::SecretIdForm => "AuthFailure.InvalidSecretId",
            Self::SecretIdNotFound => "AuthFailure.SecretIdNotFound",
            Self::Token(_) => "AuthFailure.TokenFailure",
            Self::ClockOffset { .. } => "AuthFailure.SignatureExpire",
            Self::SignatureMethod => "InvalidParameterValue",
            Self::Date | Self::SignedHeaderAbsent(_) | Self::SignatureForm | Self::Mismatch { .. } => {
                "AuthFailure.SignatureFailure"
            }
        }
    }
}

fn clock_offset(client: u64, server: u64) -> String {
    let seconds = client.abs_diff(server);
    let side = if client < server { "behind" } else { "ahead of" };
    format!(
        "the request's timestamp {client} is {seconds} s {side} the server's clock {server}, at most \
         {CLOCK_OFFSET_MAX_S} s are allowed; set the client's clock"
    )
}
