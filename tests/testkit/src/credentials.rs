//! What a device sends to sign in. Source: spec/device-protocol.md 2.2 and 2.3.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

use crate::wait::now_ms;

/// How the password is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    HmacSha1,
    HmacSha256,
}

/// ClientId, UserName and Password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub client_id: String,
    pub user_name: String,
    pub password: String,
}

impl Credentials {
    /// Signs `{client id};12010126;abcde;{expiry}` with the decoded secret. `expiry_s` is UNIX seconds.
    #[must_use]
    pub fn compute(client_id: &str, secret: &str, method: Method, expiry_s: u64) -> Self {
        let user_name = format!("{client_id};12010126;abcde;{expiry_s}");
        let password = Self::password(&user_name, secret, method);
        Self { client_id: client_id.to_owned(), user_name, password }
    }

    /// The password for any user name, signed with the decoded secret.
    #[must_use]
    pub fn password(user_name: &str, secret: &str, method: Method) -> String {
        let key = STANDARD.decode(secret).expect("a DeviceSecret is base64");
        match method {
            Method::HmacSha1 => {
                let mut mac = Hmac::<Sha1>::new_from_slice(&key).expect("HMAC takes keys of any length");
                mac.update(user_name.as_bytes());
                format!("{};hmacsha1", hex::encode(mac.finalize().into_bytes()))
            }
            Method::HmacSha256 => {
                let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
                mac.update(user_name.as_bytes());
                format!("{};hmacsha256", hex::encode(mac.finalize().into_bytes()))
            }
        }
    }

    /// Of a backend: signs `{SecretId};{expiry}`, a line feed and the client id with the SecretKey, for a day.
    /// Source: docs/adr/0009-backends.md.
    #[must_use]
    pub fn backend(secret_id: &str, secret_key: &str, client_id: &str) -> Self {
        let user_name = format!("{secret_id};{}", expiry_in_a_day());
        let mut mac = Hmac::<Sha256>::new_from_slice(secret_key.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(format!("{user_name}\n{client_id}").as_bytes());
        let password = hex::encode(mac.finalize().into_bytes());
        Self { client_id: client_id.to_owned(), user_name, password }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// UNIX seconds, 24 hours from now.
#[must_use]
pub fn expiry_in_a_day() -> u64 {
    now_ms() / 1000 + 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are the worked vectors reproduced? Source: spec/device-protocol.md 2.3.
    #[test]
    fn the_vectors_of_the_specification() {
        for (method, expected) in [
            (Method::HmacSha1, "d7d2b0e730028f6451e099631ab1b57aad3c522a;hmacsha1"),
            (Method::HmacSha256, "09f695d89abd8aee215ed353fe022f4cf2e1a89b98d50e659095a68b06ccd9ef;hmacsha256"),
        ] {
            let made = Credentials::compute("PID0000001dev001", "AAECAwQFBgcICQoLDA0ODw==", method, 1_893_456_000);
            assert_eq!(made.user_name, "PID0000001dev001;12010126;abcde;1893456000");
            assert_eq!(made.password, expected);
        }
    }
}
