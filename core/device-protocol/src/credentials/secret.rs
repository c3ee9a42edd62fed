//! The key a device was given.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Devices get padded texts, but people copy them without; the SDKs' own decoders take both.
pub(crate) const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A DeviceSecret in both forms the protocols use. `Debug` never shows it.
///
/// [`DeviceSecret::key`] signs MQTT passwords and is the TLS-PSK; [`DeviceSecret::text`] is itself the key of HTTP
/// publish, gateway binding and device log upload. Source: spec/device-protocol.md 1.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret {
    text: Box<str>,
    key: Box<[u8]>,
}

/// A text that cannot be a DeviceSecret. Never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("device secret is empty")]
    Empty,
    #[error("device secret has {0} characters, at most {max} are allowed", max = DeviceSecret::TEXT_LEN_MAX)]
    TooLong(usize),
    #[error("device secret is not base64")]
    NotBase64,
}

impl DeviceSecret {
    /// Longest text a C device can hold; 48 bytes decoded.
    pub const TEXT_LEN_MAX: usize = 64;

    /// Longest key.
    pub const KEY_LEN_MAX: usize = 48;

    /// Takes base64 text, padded or not. Surrounding white space is not accepted: it would become part of the text
    /// form of the key.
    ///
    /// # Errors
    /// The text is empty, longer than [`Self::TEXT_LEN_MAX`] or not base64.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > Self::TEXT_LEN_MAX {
            return Err(SecretError::TooLong(text.len()));
        }
        let key = TOLERANT.decode(text).map_err(|_| SecretError::NotBase64)?;
        if key.is_empty() { Err(SecretError::Empty) } else { Ok(Self { text: text.into(), key: key.into() }) }
    }

    /// Makes the secret of a new device from random bytes (16 for what the vendor gives out).
    ///
    /// # Errors
    /// No bytes, or more than [`Self::KEY_LEN_MAX`].
    pub fn from_key(key: &[u8]) -> Result<Self, SecretError> {
        Self::parse(&TOLERANT.encode(key))
    }

    /// The decoded bytes.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The text as it was given out.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSecret(***)")
    }
}
