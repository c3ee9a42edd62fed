//! Dynamic registration: a device that knows only its product's secret asks for its own.
//!
//! Two forms of the request, one of the answer: spec/device-protocol.md 4. Pure: the caller finds the ProductSecret
//! between reading the request and [`RegistrationRequest::verify`].

use std::fmt;

use aes::Aes128;
use aes::cipher::{Block, BlockEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::credentials::{Method, TOLERANT};
use crate::signed_request::{SignatureError, SignedRequest};

/// Characters of a ProductSecret the cipher uses as its key.
pub const KEY_CHARS: usize = 16;

/// Bytes of a cipher block, and of the vector the first one begins with: ASCII zeros.
const BLOCK_BYTES: usize = 16;

/// Longest name of product or device that is kept of a request; what is longer is none anyway.
const NAME_BYTES_MAX: usize = 64;

/// A request for a device's secret, not yet verified. `Debug` hides the signature.
pub struct RegistrationRequest<'a> {
    /// As written; may be no ProductId at all.
    pub product: String,
    /// As written; may be no DeviceName at all.
    pub device: String,
    /// The certificate a device of a product with an authority of its own brings along, PEM.
    pub certificate: Option<String>,
    proof: Proof<'a>,
}

enum Proof<'a> {
    /// `/register/dev`: HMAC-SHA1 of four fields in the order of their names.
    Fields { text: String, signature: String },
    /// `/device/register`.
    Headers(SignedRequest<'a>),
}

/// A request that is not one; the text is for the device and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationFormError {
    #[error("the body is not a JSON object")]
    NotJson,
    #[error("{0} is missing or has another form")]
    Field(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirstForm {
    #[serde(default)]
    device_name: Value,
    #[serde(default)]
    nonce: Value,
    #[serde(default)]
    product_id: Value,
    #[serde(default)]
    timestamp: Value,
    #[serde(default)]
    signature: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecondForm {
    #[serde(default)]
    product_id: Value,
    #[serde(default)]
    device_name: Value,
    #[serde(default, alias = "clientCert")]
    client_cert: Value,
}

impl<'a> RegistrationRequest<'a> {
    /// Reads the body of `/register/dev`, JSON whatever its content type says. Source: spec/device-protocol.md 4.1.
    ///
    /// # Errors
    /// See [`RegistrationFormError`].
    pub fn first_form(body: &[u8]) -> Result<Self, RegistrationFormError> {
        let form: FirstForm = serde_json::from_slice(body).map_err(|_| RegistrationFormError::NotJson)?;
        let (product, device) = (name("productId", &form.product_id)?, name("deviceName", &form.device_name)?);
        let (nonce, timestamp) = (number("nonce", &form.nonce)?, number("timestamp", &form.timestamp)?);
        let signature = form.signature.as_str().filter(|text| (1..=128).contains(&text.len()));
        let signature = signature.ok_or(RegistrationFormError::Field("signature"))?.to_owned();
        let text = format!("deviceName={device}&nonce={nonce}&productId={product}&timestamp={timestamp}");
        Ok(Self { product, device, certificate: None, proof: Proof::Fields { text, signature } })
    }

    /// Reads the body of `/device/register`; the signature is in the headers. Source: spec/device-protocol.md 4.2.
    ///
    /// # Errors
    /// See [`RegistrationFormError`].
    pub fn second_form(request: SignedRequest<'a>) -> Result<Self, RegistrationFormError> {
        let form: SecondForm = serde_json::from_slice(request.body).map_err(|_| RegistrationFormError::NotJson)?;
        let (product, device) = (name("ProductId", &form.product_id)?, name("DeviceName", &form.device_name)?);
        let certificate = match form.client_cert {
            Value::Null => None,
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            _ => return Err(RegistrationFormError::Field("ClientCert")),
        };
        Ok(Self { product, device, certificate, proof: Proof::Headers(request) })
    }

    /// Was it made with the product's secret?
    ///
    /// The first form's signature is base64 of the HMAC, or of its 40 hexadecimal digits as the C SDK sends it.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub fn verify(&self, product_secret: &str) -> Result<(), SignatureError> {
        match &self.proof {
            Proof::Headers(request) => request.verify(product_secret),
            Proof::Fields { text, signature } => {
                let method = Method::HmacSha1;
                let expected = method.sign(product_secret.as_bytes(), text.as_bytes());
                let raw = &expected[..method.hex_len() / 2];
                let claimed = TOLERANT.decode(signature).map_err(|_| SignatureError::Mismatch)?;
                let digits = hex::encode(raw);
                let fits = raw.ct_eq(&claimed) | digits.as_bytes().ct_eq(&claimed.to_ascii_lowercase());
                if bool::from(fits) { Ok(()) } else { Err(SignatureError::Mismatch) }
            }
        }
    }
}

impl fmt::Debug for RegistrationRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationRequest")
            .field("product", &self.product)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

fn name(field: &'static str, value: &Value) -> Result<String, RegistrationFormError> {
    let text = value.as_str().filter(|text| (1..=NAME_BYTES_MAX).contains(&text.len()));
    text.map(str::to_owned).ok_or(RegistrationFormError::Field(field))
}

/// A whole number, or its digits as a text; as it was written, because it is signed.
fn number(field: &'static str, value: &Value) -> Result<String, RegistrationFormError> {
    let text = match value {
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        Value::String(text) if (1..=20).contains(&text.len()) => text.clone(),
        _ => return Err(RegistrationFormError::Field(field)),
    };
    Ok(text)
}

/// The encrypted part of an answer.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedAnswer {
    /// Bytes of the plain text, without what fills its last block.
    pub length: usize,
    /// Base64 of the cipher text.
    pub payload: String,
}

impl fmt::Debug for SealedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedAnswer").field("length", &self.length).finish_non_exhaustive()
    }
}

/// What a device with key authentication is told: its secret, encrypted for whoever holds the product's.
///
/// `None` when the ProductSecret is shorter than [`KEY_CHARS`]. Source: spec/device-protocol.md 4.3.
#[must_use]
pub fn seal_device_secret(product_secret: &str, device_secret: &str) -> Option<SealedAnswer> {
    // Base64 needs no escapes in JSON.
    seal(product_secret, &format!(r#"{{"encryptionType":2,"psk":"{device_secret}"}}"#))
}

/// What a device with certificate authentication is told: its certificate and, if the platform made it, its private key.
///
/// `None` when the ProductSecret is shorter than [`KEY_CHARS`]. Source: spec/device-protocol.md 4.3.
#[must_use]
pub fn seal_device_certificate(
    product_secret: &str,
    certificate: &str,
    private_key: Option<&str>,
) -> Option<SealedAnswer> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Certified<'a> {
        encryption_type: u8,
        client_cert: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_key: Option<&'a str>,
    }
    let certified = Certified { encryption_type: 1, client_cert: certificate, client_key: private_key };
    seal(product_secret, &serde_json::to_string(&certified).ok()?)
}

fn seal(product_secret: &str, text: &str) -> Option<SealedAnswer> {
    let key: [u8; KEY_CHARS] = product_secret.as_bytes().get(..KEY_CHARS)?.try_into().ok()?;
    Some(SealedAnswer { length: text.len(), payload: STANDARD.encode(encrypt(&key, text.as_bytes())) })
}

/// AES-128-CBC that begins with ASCII zeros; the last block is filled with NUL: any other filling breaks the SDKs.
fn encrypt(key: &[u8; KEY_CHARS], text: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(key.into());
    let mut previous = Block::<Aes128>::from([b'0'; BLOCK_BYTES]);
    let mut encrypted = Vec::with_capacity(text.len().next_multiple_of(BLOCK_BYTES));
    for part in text.chunks(BLOCK_BYTES) {
        let mut block = previous;
        for (byte, plain) in block.iter_mut().zip(part) {
            *byte ^= plain;
        }
        cipher.encrypt_block(&mut block);
        encrypted.extend_from_slice(&block);
        previous = block;
    }
    encrypted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "abcdefghijklmnopqrstuvwx";

    fn first(signature: &str) -> RegistrationRequest<'static> {
        let body = format!(
            r#"{{"deviceName":"dev001","nonce":436964682,"productId":"PID0000001","timestamp":1795373214,"signature":"{signature}"}}"#
        );
        RegistrationRequest::first_form(body.as_bytes()).unwrap()
    }

    /// Do both forms of the first signature fit, and nothing else?
    #[test]
    fn both_forms_of_the_first_signature_fit() {
        let digits = "YzNjZTZjMTdlNjMwODgyYmUyZDcyNWUyYzU3NzhhNWRkYzQwZWM3Yw==";
        for signature in [digits, "w85sF+YwiCvi1yXixXeKXdxA7Hw=", "w85sF+YwiCvi1yXixXeKXdxA7Hw"] {
            assert_eq!(first(signature).verify(SECRET), Ok(()), "{signature}");
            assert_eq!(first(signature).verify("another"), Err(SignatureError::Mismatch));
        }
        for signature in ["w85sF+YwiCvi1yXixXeKXdxA7H0=", "w85s", "*"] {
            assert_eq!(first(signature).verify(SECRET), Err(SignatureError::Mismatch), "{signature}");
        }
        assert!(!format!("{:?}", first(digits)).contains("YzNj"));
    }

    /// Are numbers taken as texts, too, and what is missing named?
    #[test]
    fn the_first_form_is_read_as_it_is_written() {
        let text = r#"{"deviceName":"dev001","nonce":"436964682","productId":"PID0000001","timestamp":"1795373214",
            "signature":"w85sF+YwiCvi1yXixXeKXdxA7Hw="}"#;
        assert_eq!(RegistrationRequest::first_form(text.as_bytes()).unwrap().verify(SECRET), Ok(()));
        for (body, expected) in [
            ("", RegistrationFormError::NotJson),
            ("7", RegistrationFormError::NotJson),
            ("{}", RegistrationFormError::Field("productId")),
            (r#"{"productId":"P","deviceName":7}"#, RegistrationFormError::Field("deviceName")),
            (r#"{"productId":"P","deviceName":"d","nonce":1.5}"#, RegistrationFormError::Field("nonce")),
            (r#"{"productId":"P","deviceName":"d","nonce":1}"#, RegistrationFormError::Field("timestamp")),
            (
                r#"{"productId":"P","deviceName":"d","nonce":1,"timestamp":2}"#,
                RegistrationFormError::Field("signature"),
            ),
        ] {
            assert_eq!(RegistrationRequest::first_form(body.as_bytes()).map(drop), Err(expected), "{body}");
        }
    }

    /// Is the answer the vendor's, to the byte?
    #[test]
    fn the_published_answer_comes_out() {
        let answer = seal_device_secret("hzvf5LF9S0isvBhDSauWMaIk", "lDZ6Uqt+I9E0wW7rvDUs7Q==").unwrap();
        assert_eq!(answer.length, 53);
        let published = "s6FB3a1BA/YYbcmSE12XpeDVmQNDcf1QgVD141RRbmmAnFwQfp1ECAu5O016mCOvYlJJ6V59yM4OqQSiWphfTg==";
        assert_eq!(answer.payload, published);
        assert_eq!(seal_device_secret("too short", "x"), None);
    }

    /// Is a certificate told with its key, or without one when the device has it, and is one the device brings along read?
    #[test]
    fn certificates_are_told_and_brought_along() {
        let told = seal_device_certificate(SECRET, "a\nb", Some("k\n")).unwrap();
        assert_eq!(told.length, r#"{"encryptionType":1,"clientCert":"a\nb","clientKey":"k\n"}"#.len());
        let told = seal_device_certificate(SECRET, "a\nb", None).unwrap();
        assert_eq!(told.length, r#"{"encryptionType":1,"clientCert":"a\nb"}"#.len());
        let read = |certificate: &str| {
            let body = format!(r#"{{"ProductId":"PID0000001","DeviceName":"dev001"{certificate}}}"#);
            let (host, path, algorithm) = ("h", "/device/register", "hmacsha1");
            let (timestamp, nonce, signature) = ("1", "2", "");
            let request = SignedRequest { host, path, algorithm, timestamp, nonce, signature, body: body.as_bytes() };
            RegistrationRequest::second_form(request).map(|request| request.certificate)
        };
        assert_eq!(read(r#","ClientCert":"pem""#), Ok(Some("pem".to_owned())));
        assert_eq!(read(r#","clientCert":"pem""#), Ok(Some("pem".to_owned())));
        assert_eq!(read(r#","ClientCert":"""#), Ok(None));
        assert_eq!(read(""), Ok(None));
        assert_eq!(read(r#","ClientCert":7"#), Err(RegistrationFormError::Field("ClientCert")));
    }

    proptest! {
        /// Nothing a stranger sends panics, and nothing unsigned is accepted.
        #[test]
        fn no_body_is_accepted_without_the_secret(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(request) = RegistrationRequest::first_form(&body) {
                prop_assert!(request.verify(SECRET).is_err());
            }
        }

        /// The cipher text is whole blocks, whatever the length of the secret.
        #[test]
        fn whole_blocks_come_out(secret in "[A-Za-z0-9+/]{1,64}") {
            let answer = seal_device_secret(SECRET, &secret).unwrap();
            let bytes = STANDARD.decode(answer.payload).unwrap();
            prop_assert_eq!(bytes.len(), answer.length.next_multiple_of(BLOCK_BYTES));
        }
    }
}
