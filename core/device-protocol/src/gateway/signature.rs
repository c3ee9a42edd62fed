//! How a gateway proves that it may bind a sub-device: with the sub-device's secret, or with its certificate.
//!
//! Source: spec/device-protocol.md 7.2.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::UnixMillis;
use subtle::ConstantTimeEq as _;

use super::GatewayResult;
use crate::credentials::Method;

/// How far the timestamp may be from the server's clock, either way.
pub const VALID_FOR: Duration = Duration::from_mins(10);

/// What the key of a signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The text of the DeviceSecret, not decoded.
    Secret,
    /// A digest of the device's certificate, in hexadecimal digits.
    Certificate,
}

/// A signature as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// As [`Method::sign`] has it.
    bytes: [u8; 32],
    method: Method,
    random: i64,
    /// Seconds.
    timestamp: i64,
    pub authority: Authority,
}

impl Signature {
    pub(super) fn new(
        signature: &str,
        random: i64,
        timestamp: i64,
        method: &str,
        authority: Authority,
    ) -> Result<Self, GatewayResult> {
        let method = Method::from_name(method.as_bytes()).ok_or(GatewayResult::SignatureMethod)?;
        let found = STANDARD.decode(signature).map_err(|_| GatewayResult::Signature)?;
        if found.len() * 2 != method.hex_len() {
            return Err(GatewayResult::Signature);
        }
        let mut bytes = [0; 32];
        bytes[..found.len()].copy_from_slice(&found);
        Ok(Self { bytes, method, random, timestamp, authority })
    }

    /// Was it made lately, with one of these keys, for this device (`<product><device>`)? The keys are of the kind that
    /// [`Self::authority`] names.
    ///
    /// # Errors
    /// [`GatewayResult::Expired`], [`GatewayResult::Signature`].
    pub fn verify(&self, device: &str, keys: &[&str], now: UnixMillis) -> Result<(), GatewayResult> {
        let seconds = i64::try_from(now.seconds()).unwrap_or(i64::MAX);
        if self.timestamp.abs_diff(seconds) > VALID_FOR.as_secs() {
            return Err(GatewayResult::Expired);
        }
        let text = text(device, self.random, self.timestamp);
        let fits = |key: &&str| bool::from(self.method.sign(key.as_bytes(), text.as_bytes()).ct_eq(&self.bytes));
        if keys.iter().any(fits) { Ok(()) } else { Err(GatewayResult::Signature) }
    }
}

/// What a gateway writes into `signature`, for `timestamp` in seconds; `key` is the text of the secret, or a digest of the
/// certificate in hexadecimal digits.
#[must_use]
pub fn sign(device: &str, key: &str, method: Method, random: i64, timestamp: i64) -> String {
    let bytes = method.sign(key.as_bytes(), text(device, random, timestamp).as_bytes());
    STANDARD.encode(&bytes[..method.hex_len() / 2])
}

fn text(device: &str, random: i64, timestamp: i64) -> String {
    format!("{device};{random};{timestamp}")
}
