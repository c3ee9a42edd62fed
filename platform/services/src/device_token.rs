//! Tokens of devices that keep no connection: signing in once spares them a signature with every message.
//!
//! A token is sealed with the device's own secret and kept nowhere: it outlives a restart, and ends when its time is over, when the
//! device gets another secret or certificate, is deleted or is switched off. Over CoAP it is the vendor's (spec/device-protocol.md 3.3);
//! over HTTP it is ours (docs/adr/0023-websocket-and-device-tokens.md).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use lianwu_model::UnixMillis;
use sha2::Sha256;

use crate::directory::DirectoryDevice;

/// How long a token is good. Source: spec/device-protocol.md 3.3.
pub const LIFETIME: Duration = Duration::from_hours(24);

/// Characters of every token: letters, digits, `-` and `_`.
pub const TOKEN_CHARS: usize = 54;

/// Before the seal: when it ends, in milliseconds.
const TIME_BYTES: usize = 8;
const SEAL_BYTES: usize = 32;

/// Nothing else is ever sealed with a device's secret under this name.
const PURPOSE: &[u8] = b"lianwu device token 1\0";

/// A token that was just made. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken {
    /// What the device sends with its messages.
    pub text: String,
    pub expires: UnixMillis,
}

impl std::fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceToken").field("text", &"***").field("expires", &self.expires).finish()
    }
}

/// Why a token does not let a device in; never contains one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not one of this platform")]
    Malformed,
    /// It was made for another device, or before this one got another secret or certificate.
    #[error("the token is not this device's, or the device was given another secret since")]
    Mismatch,
    #[error("the token has expired")]
    Expired,
    #[error("the device is disabled")]
    Disabled,
}

/// A token for a device that has just proved itself.
#[must_use]
pub fn issue(device: &DirectoryDevice, now: UnixMillis) -> DeviceToken {
    let lifetime = u64::try_from(LIFETIME.as_millis()).unwrap_or(u64::MAX);
    let expires = UnixMillis(now.0.saturating_add(lifetime));
    let mut sealed = [0; TIME_BYTES + SEAL_BYTES];
    sealed[..TIME_BYTES].copy_from_slice(&expires.0.to_be_bytes());
    sealed[TIME_BYTES..].copy_from_slice(&seal(device, &expires.0.to_be_bytes()).finalize().into_bytes());
    DeviceToken { text: URL_SAFE_NO_PAD.encode(sealed), expires }
}

/// Is this a token of this device that is still good? Asks nobody and keeps nothing; takes about a microsecond.
///
/// # Errors
/// See [`TokenError`].
pub fn verify(device: &DirectoryDevice, token: &str, now: UnixMillis) -> Result<(), TokenError> {
    // A device that fills its buffers with NULs sends them along.
    let token = token.trim_end_matches('\0');
    if token.len() != TOKEN_CHARS {
        return Err(TokenError::Malformed);
    }
    let mut sealed = [0; TIME_BYTES + SEAL_BYTES];
    if URL_SAFE_NO_PAD.decode_slice(token, &mut sealed) != Ok(sealed.len()) {
        return Err(TokenError::Malformed);
    }
    let (time, tag) = sealed.split_first_chunk::<TIME_BYTES>().ok_or(TokenError::Malformed)?;
    seal(device, time).verify_slice(tag).map_err(|_| TokenError::Mismatch)?;
    if now.0 >= u64::from_be_bytes(*time) {
        return Err(TokenError::Expired);
    }
    if device.is_enabled() { Ok(()) } else { Err(TokenError::Disabled) }
}

/// Binds the time to who the device is and to what it proves itself with. A device of a certificate product has a secret, too,
/// which nobody is told.
fn seal(device: &DirectoryDevice, time: &[u8; TIME_BYTES]) -> Hmac<Sha256> {
    let key = device.secret.text().as_bytes();
    let mut seal = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    seal.update(PURPOSE);
    seal.update(time);
    seal.update(&device.number.0.to_be_bytes());
    let certificate = device.fingerprint().map_or([0; 32], |fingerprint| fingerprint.0);
    seal.update(&certificate);
    // Last, because its length is not fixed.
    seal.update(device.key().to_string().as_bytes());
    seal
}

#[cfg(test)]
mod tests {
    use lianwu_device_protocol::credentials::DeviceSecret;
    use lianwu_model::certificate::Fingerprint;
    use lianwu_model::{DeviceKey, DeviceNumber};

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
    const SECRET: &str = "AAECAwQFBgcICQoLDA0ODw==";

    fn device(name: &str, number: u32, secret: &str) -> DirectoryDevice {
        let key = DeviceKey { product: "PID0000001".parse().unwrap(), device: name.parse().unwrap() };
        DirectoryDevice::new(key, DeviceNumber(number), DeviceSecret::parse(secret).unwrap(), true)
    }

    #[test]
    fn a_token_is_good_until_its_time_is_over() {
        let device = device("dev001", 7, SECRET);
        let token = issue(&device, NOW);
        assert_eq!(token.text.len(), TOKEN_CHARS);
        assert_eq!(token.expires, UnixMillis(NOW.0 + 24 * 3600 * 1_000));
        assert_eq!(verify(&device, &token.text, NOW), Ok(()));
        assert_eq!(verify(&device, &format!("{}\0\0", token.text), NOW), Ok(()));
        assert_eq!(verify(&device, &token.text, UnixMillis(token.expires.0 - 1)), Ok(()));
        assert_eq!(verify(&device, &token.text, token.expires), Err(TokenError::Expired));
    }

    #[test]
    fn it_is_nobody_elses_and_ends_with_the_secret_and_the_certificate() {
        let token = issue(&device("dev001", 7, SECRET), NOW).text;
        let fingerprint = Some(Fingerprint([1; 32]));
        for other in [
            device("dev002", 7, SECRET),
            device("dev001", 8, SECRET),
            device("dev001", 7, "AAECAwQFBgcICQoLDA0OEA=="),
            device("dev001", 7, SECRET).with_fingerprint(fingerprint),
        ] {
            assert_eq!(verify(&other, &token, NOW), Err(TokenError::Mismatch));
        }
    }

    #[test]
    fn a_disabled_device_has_none() {
        let device = device("dev001", 7, SECRET);
        let token = issue(&device, NOW).text;
        device.set_enabled(false);
        assert_eq!(verify(&device, &token, NOW), Err(TokenError::Disabled));
    }

    #[test]
    fn every_character_counts_and_anything_else_is_refused() {
        let device = device("dev001", 7, SECRET);
        let token = issue(&device, NOW).text;
        for at in 0..TOKEN_CHARS {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify(&device, &changed, NOW).is_err(), "{at}");
        }
        for no_token in ["", "x", &token[1..], &format!("{token}A"), &"ü".repeat(27), &"=".repeat(54)] {
            assert_eq!(verify(&device, no_token, NOW), Err(TokenError::Malformed), "{no_token:?}");
        }
    }

    #[test]
    fn it_is_not_printed() {
        let token = issue(&device("dev001", 7, SECRET), NOW);
        assert!(!format!("{token:?}").contains(&token.text));
    }
}
