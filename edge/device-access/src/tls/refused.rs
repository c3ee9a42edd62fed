//! Handshakes that fail: whose, and why, in words for the device's owner.

use std::net::IpAddr;

use lianwu_model::{DeviceNumber, ProductId};
use lianwu_mqtt::ConnectRefusal;
use lianwu_services::certificate::CertificateRefusal;
use lianwu_services::logs::notes;
use openssl::error::ErrorStack;
use openssl::ssl::Error;

use super::context::KeyAnswer;

/// A handshake that names a product of this platform and failed. Becomes a line of its diagnostic log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) product: ProductId,
    /// The device's name as the client wrote it.
    pub(crate) device: Box<str>,
    pub(crate) number: DeviceNumber,
    pub(crate) why: String,
    /// As CONNACK would have it.
    pub(crate) code: ConnectRefusal,
    pub(crate) source: IpAddr,
    /// `tls` or `dtls`.
    pub(crate) transport: &'static str,
}

/// What OpenSSL says when a record cannot be decrypted: with CBC suites, and with GCM ones. The only encrypted record of a
/// handshake is its last: there it means that the other side has another key.
const UNDECIPHERABLE: [&str; 2] = ["decryption failed or bad record mac", "cipher operation failed"];

/// Does the failure mean that the two sides have different keys?
pub(crate) fn is_wrong_key(answer: Option<&KeyAnswer>, error: &Error) -> bool {
    let reasons = error.ssl_error().into_iter().flat_map(ErrorStack::errors).filter_map(openssl::error::Error::reason);
    matches!(answer, Some(KeyAnswer::Given(_))) && reasons.into_iter().any(|reason| UNDECIPHERABLE.contains(&reason))
}

/// What the owner reads.
pub(crate) fn why(answer: Option<&KeyAnswer>, error: &Error) -> String {
    match answer {
        Some(KeyAnswer::Refused(refused)) => refused.why.clone(),
        _ if is_wrong_key(answer, error) => notes::PSK_MISMATCH.to_owned(),
        _ => notes::handshake_failed(reason(error)),
    }
}

/// The code of a handshake that failed: what the client was told about its key, or that it holds another.
pub(crate) fn code(answer: Option<&KeyAnswer>) -> ConnectRefusal {
    match answer {
        Some(KeyAnswer::Refused(refused)) => refused.code,
        Some(KeyAnswer::Given(_)) | None => ConnectRefusal::BadUserNameOrPassword,
    }
}

/// The code of a certificate that lets nobody in. Source: spec/device-protocol.md 2.4.
pub(crate) fn code_of_certificate(refusal: &CertificateRefusal) -> ConnectRefusal {
    use CertificateRefusal as C;
    match refusal {
        C::UnknownProduct(_) | C::UnknownDevice { .. } | C::CommonName(_) => ConnectRefusal::IdentifierRejected,
        C::KeyProduct | C::Disabled => ConnectRefusal::NotAuthorised,
        C::Malformed
        | C::NotYetValid(_)
        | C::Expired(_)
        | C::UnknownAuthority(_)
        | C::AuthorityTime(_)
        | C::Unusable(_)
        | C::NotOnRecord => ConnectRefusal::BadUserNameOrPassword,
    }
}

/// OpenSSL's own word for it, or the system's.
pub(crate) fn reason(error: &Error) -> String {
    if let Some(stack) = error.ssl_error()
        && let Some(reason) = stack.errors().first().and_then(openssl::error::Error::reason)
    {
        return reason.to_owned();
    }
    match error.io_error() {
        Some(error) => error.to_string(),
        None => "the client closed the connection".to_owned(),
    }
}
