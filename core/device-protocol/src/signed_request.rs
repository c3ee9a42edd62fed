//! The signature of every `/device/*` request over HTTP.
//!
//! Source: spec/device-protocol.md 3.2 (fields, vector) and 4.2. Pure: nothing is looked up; the caller finds the key.

use base64::Engine as _;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::credentials::{Method, TOLERANT};

/// The name the vendor's Java SDK signs wherever it really connects to, and the Python SDK by default.
pub const GATEWAY_HOST: &str = "ap-guangzhou.gateway.tencentdevices.com";

/// Longest header value that is looked at.
const HEADER_BYTES_MAX: usize = 256;

/// Longest signature: that of an RSA key of 8,192 bits in base64.
const SIGNATURE_BYTES_MAX: usize = 1_368;

/// The algorithm of devices with a certificate.
const BY_CERTIFICATE: &str = "rsa-sha256";

/// What a device with a certificate must have signed, under each host name clients sign, and its signature.
#[derive(Clone, PartialEq, Eq)]
pub struct CertifiedRequest {
    pub texts: Vec<String>,
    pub signature: Vec<u8>,
}

/// Hides the signature.
impl std::fmt::Debug for CertifiedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertifiedRequest").field("texts", &self.texts).finish_non_exhaustive()
    }
}

/// A request as it arrived, not yet verified. `Debug` hides the signature.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The `Host` header, with or without a port.
    pub host: &'a str,
    /// The path, such as `/device/register`.
    pub path: &'a str,
    /// `X-TC-Algorithm`; its exact spelling is signed.
    pub algorithm: &'a str,
    /// `X-TC-Timestamp`, as it was written. Clocks of devices are often unset, so its age is not judged.
    pub timestamp: &'a str,
    /// `X-TC-Nonce`, as it was written.
    pub nonce: &'a str,
    /// `X-TC-Signature`: base64.
    pub signature: &'a str,
    pub body: &'a [u8],
}

/// Why a signature is not accepted; never contains one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("header {0} is missing or too long")]
    Header(&'static str),
    /// Cut to 32 characters.
    #[error("X-TC-Algorithm is '{0}', use hmacsha256 or hmacsha1")]
    Algorithm(Box<str>),
    #[error("signature error")]
    Mismatch,
}

impl SignedRequest<'_> {
    /// Checks the signature with a key in its text form, under each host name clients sign: the `Host` header with and
    /// without its port, and [`GATEWAY_HOST`].
    ///
    /// What is signed ends with the SHA-256 of the body. The C SDK of the hub (3.3.0) takes its SHA-1 when it signs with HMAC-SHA1; both are good.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(&self, key: &str) -> Result<(), SignatureError> {
        self.check_headers()?;
        let method = Method::from_name(self.algorithm.to_ascii_lowercase().as_bytes())
            .ok_or_else(|| SignatureError::Algorithm(self.algorithm.chars().take(32).collect()))?;
        let claimed = TOLERANT.decode(self.signature).map_err(|_| SignatureError::Mismatch)?;
        let mut hashes = vec![self.hash()];
        if method == Method::HmacSha1 {
            hashes.push(hex::encode(Sha1::digest(self.body)));
        }
        let fits = hashes.iter().any(|hash| {
            self.hosts().into_iter().any(|host| {
                let expected = method.sign(key.as_bytes(), self.text(host, hash).as_bytes());
                bool::from(expected[..method.hex_len() / 2].ct_eq(&claimed))
            })
        });
        if fits { Ok(()) } else { Err(SignatureError::Mismatch) }
    }

    /// Does it name the algorithm of devices with a certificate?
    #[must_use]
    pub fn is_by_certificate(&self) -> bool {
        self.algorithm.eq_ignore_ascii_case(BY_CERTIFICATE)
    }

    /// What there is to verify with the device's certificate, for a request that [is by one](Self::is_by_certificate).
    ///
    /// # Errors
    /// [`SignatureError::Header`], and `Mismatch` for a signature that is none.
    pub fn certified(&self) -> Result<CertifiedRequest, SignatureError> {
        self.check_headers()?;
        let signature = TOLERANT.decode(self.signature).map_err(|_| SignatureError::Mismatch)?;
        Ok(CertifiedRequest { texts: self.hosts().map(|host| self.text(host, &self.hash())).to_vec(), signature })
    }

    fn check_headers(&self) -> Result<(), SignatureError> {
        for (name, value, bytes_max) in [
            ("X-TC-Algorithm", self.algorithm, HEADER_BYTES_MAX),
            ("X-TC-Timestamp", self.timestamp, HEADER_BYTES_MAX),
            ("X-TC-Nonce", self.nonce, HEADER_BYTES_MAX),
            ("X-TC-Signature", self.signature, SIGNATURE_BYTES_MAX),
        ] {
            if value.is_empty() || value.len() > bytes_max {
                return Err(SignatureError::Header(name));
            }
        }
        Ok(())
    }

    /// The names clients sign.
    fn hosts(&self) -> [&str; 3] {
        let without_port = self.host.rsplit_once(':').map_or(self.host, |(name, _)| name);
        [self.host, without_port, GATEWAY_HOST]
    }

    /// The header value of a client that signs this request for `host`.
    ///
    /// # Errors
    /// [`SignatureError::Algorithm`].
    pub fn sign(&self, key: &str) -> Result<String, SignatureError> {
        let method = Method::from_name(self.algorithm.to_ascii_lowercase().as_bytes())
            .ok_or_else(|| SignatureError::Algorithm(self.algorithm.chars().take(32).collect()))?;
        let signature = method.sign(key.as_bytes(), self.text(self.host, &self.hash()).as_bytes());
        Ok(TOLERANT.encode(&signature[..method.hex_len() / 2]))
    }

    fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.body))
    }

    /// Eight fields, the fourth (the query) empty, without a line end behind the last.
    fn text(&self, host: &str, hash: &str) -> String {
        let Self { path, algorithm, timestamp, nonce, .. } = self;
        format!("POST\n{host}\n{path}\n\n{algorithm}\n{timestamp}\n{nonce}\n{hash}")
    }
}

impl std::fmt::Debug for SignedRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest")
            .field("host", &self.host)
            .field("path", &self.path)
            .field("algorithm", &self.algorithm)
            .field("timestamp", &self.timestamp)
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "abcdefghijklmnopqrstuvwx";
    const BODY: &[u8] = br#"{"ProductId":"PID0000001","DeviceName":"dev001"}"#;

    fn register(algorithm: &'static str, signature: &'static str) -> SignedRequest<'static> {
        SignedRequest {
            host: GATEWAY_HOST,
            path: "/device/register",
            algorithm,
            timestamp: "1893456000",
            nonce: "123456",
            signature,
            body: BODY,
        }
    }

    /// Do the specification's vectors fit, under whatever host name the request came?
    #[test]
    fn the_vectors_of_the_specification_fit() {
        for (algorithm, signature) in [
            ("hmacsha256", "CGQ/vCGpQnSsSlRDOCVTaSomrYqYwLdveAcdyA1btzQ="),
            ("hmacsha1", "Q/Io5zoo5wrz4xGoY3MInXCYj/s="),
            ("hmacsha1", "Q/Io5zoo5wrz4xGoY3MInXCYj/s"),
        ] {
            let request = register(algorithm, signature);
            assert_eq!(request.verify(SECRET), Ok(()), "{algorithm}");
            assert_eq!(request.sign(SECRET).unwrap().trim_end_matches('='), signature.trim_end_matches('='));
            assert_eq!(SignedRequest { host: "192.0.2.1:8081", ..request }.verify(SECRET), Ok(()));
        }
        let body = br#"{"ProductId": "PID0000001", "DeviceName": "dev001", "TopicName": "PID0000001/dev001/data", "Payload": "{}", "Qos": 0}"#;
        let publish = SignedRequest {
            path: "/device/publish",
            body,
            ..register("hmacsha256", "YENTYNo8j2LJPEc3cnYjhgiupXz7C2vh+/4rr0nZ47g=")
        };
        assert_eq!(publish.verify("AAECAwQFBgcICQoLDA0ODw=="), Ok(()));
    }

    /// Does what the C SDK of the hub sent fit? It hashed the body with SHA-1. With HMAC-SHA256 nobody does.
    #[test]
    fn a_body_hashed_with_sha_1_fits() {
        let recorded = SignedRequest {
            host: GATEWAY_HOST,
            path: "/device/register",
            algorithm: "hmacsha1",
            timestamp: "1609430400",
            nonce: "2008398412",
            signature: "RUJGsuAZbet4JCwkzp45Bw0o9nE=",
            body: br#"{"ProductId":"V9A04L5XOK","DeviceName":"new-1"}"#,
        };
        assert_eq!(recorded.verify("zcABflec1nErH6qlgNZj8s6Q"), Ok(()));
        for changed in [
            SignedRequest { body: br#"{"ProductId":"V9A04L5XOK","DeviceName":"new-2"}"#, ..recorded },
            SignedRequest { algorithm: "hmacsha256", ..recorded },
        ] {
            assert_eq!(changed.verify("zcABflec1nErH6qlgNZj8s6Q"), Err(SignatureError::Mismatch), "{changed:?}");
        }
    }

    /// Is the algorithm's own spelling signed, and the host of the request, with or without its port?
    #[test]
    fn spelling_and_host_are_those_of_the_client() {
        for signed_host in ["iot.example.com", "iot.example.com:8081"] {
            let signed = SignedRequest { host: signed_host, ..register("HmacSha256", "") };
            let signature = signed.sign(SECRET).unwrap();
            let arrived = SignedRequest { host: "iot.example.com:8081", signature: &signature, ..signed };
            assert_eq!(arrived.verify(SECRET), Ok(()));
            assert_eq!(
                SignedRequest { algorithm: "hmacsha256", ..arrived }.verify(SECRET),
                Err(SignatureError::Mismatch)
            );
            assert_eq!(
                SignedRequest { host: "other.example.com", ..arrived }.verify(SECRET),
                Err(SignatureError::Mismatch)
            );
        }
    }

    /// Does every signed field count?
    #[test]
    fn a_changed_field_does_not_fit() {
        let good = register("hmacsha256", "CGQ/vCGpQnSsSlRDOCVTaSomrYqYwLdveAcdyA1btzQ=");
        for changed in [
            SignedRequest { path: "/device/publish", ..good },
            SignedRequest { timestamp: "1893456001", ..good },
            SignedRequest { nonce: "123457", ..good },
            SignedRequest { body: b"{}", ..good },
            SignedRequest { algorithm: "hmacsha1", ..good },
            SignedRequest { signature: "not base64!", ..good },
            SignedRequest { signature: "CGQ=", ..good },
        ] {
            assert_eq!(changed.verify(SECRET), Err(SignatureError::Mismatch), "{changed:?}");
        }
        assert_eq!(good.verify("another secret"), Err(SignatureError::Mismatch));
        assert_eq!(SignedRequest { nonce: "", ..good }.verify(SECRET), Err(SignatureError::Header("X-TC-Nonce")));
        let unknown = SignedRequest { algorithm: "rsa-sha256", ..good }.verify(SECRET).unwrap_err();
        assert_eq!(unknown.to_string(), "X-TC-Algorithm is 'rsa-sha256', use hmacsha256 or hmacsha1");
        assert!(!format!("{good:?}").contains("CGQ/"));
    }
}
