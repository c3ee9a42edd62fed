//! Signing in with a device key: the three texts of an MQTT CONNECT, from both sides.
//!
//! Source: spec/device-protocol.md 2.2 and 2.3 (fields, algorithm, vectors), 12 and 14 (what the SDKs really send).
//! Pure: the time is an argument, and nothing is looked up; the caller finds the secret between
//! [`SignIn::parse`] and [`SignIn::verify`].

mod backend;
mod certified;
mod error;
mod secret;
mod sign_in;

#[cfg(test)]
mod tests;

use std::fmt;

use hmac::{Hmac, Mac};
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use sha1::Sha1;
use sha2::Sha256;

pub use backend::{BackendSignIn, BackendSignInError, backend_credentials};
pub use certified::CertifiedSignIn;
pub use error::{CredentialField, PasswordFault, SignInError, UserNameFault};
pub(crate) use secret::TOLERANT;
pub use secret::{DeviceSecret, SecretError};
pub use sign_in::{SignIn, split_client_id};

/// What the documents and the Java SDK put into the user name; C and Python send 21010406. Any digits are accepted.
pub const SDK_APP_ID: &str = "12010126";

/// Hash of the password's HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    HmacSha1,
    HmacSha256,
}

impl Method {
    /// The spelling after the last `;` of a password.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "hmacsha1",
            Self::HmacSha256 => "hmacsha256",
        }
    }

    /// Exact spelling only: no SDK sends another, and a wrong one should be named in the log.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        match name {
            b"hmacsha1" => Some(Self::HmacSha1),
            b"hmacsha256" => Some(Self::HmacSha256),
            _ => None,
        }
    }

    /// Digits of the signature in hexadecimal.
    #[must_use]
    pub fn hex_len(self) -> usize {
        match self {
            Self::HmacSha1 => 40,
            Self::HmacSha256 => 64,
        }
    }

    /// The HMAC of the exact bytes of a user name, left-aligned; the tail beyond `hex_len / 2` is zero.
    pub(crate) fn sign(self, key: &[u8], text: &[u8]) -> [u8; 32] {
        let mut signature = [0; 32];
        match self {
            Self::HmacSha1 => {
                let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
                mac.update(text);
                signature[..20].copy_from_slice(&mac.finalize().into_bytes());
            }
            Self::HmacSha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
                mac.update(text);
                signature.copy_from_slice(&mac.finalize().into_bytes());
            }
        }
        signature
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The three texts a device sends in its CONNECT. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub client_id: String,
    pub user_name: String,
    pub password: String,
}

impl Credentials {
    /// What a device with this secret sends. `connection_id` is any text without `;`, five alphanumerics in the SDKs,
    /// and shows up in the server's logs. `expiry` is sent in whole seconds.
    #[must_use]
    pub fn compute(
        product: ProductId,
        device: &DeviceName,
        secret: &DeviceSecret,
        method: Method,
        expiry: UnixMillis,
        connection_id: &str,
    ) -> Self {
        let client_id = format!("{product}{device}");
        let user_name = format!("{client_id};{SDK_APP_ID};{connection_id};{}", expiry.seconds());
        let signature = method.sign(secret.key(), user_name.as_bytes());
        let password = format!("{};{method}", hex::encode(&signature[..method.hex_len() / 2]));
        Self { client_id, user_name, password }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .field("password", &"***")
            .finish()
    }
}
