//! Certificates: the platform's own authority, authorities of accounts, what stands on record for a device.
//!
//! Source: spec/device-protocol.md 2.8, spec/cloud-api.md 2.11.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Uin, UnixMillis};

/// SHA-256 over a certificate's DER form: two certificates are the same when this is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// A certificate as text, with what identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// One PEM block.
    pub pem: String,
    pub fingerprint: Fingerprint,
}

/// An account's own certificate authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Main account that registered it.
    pub owner: Uin,
    /// Unique within the owner.
    pub name: String,
    /// Unique within the owner.
    pub certificate: Certificate,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// The authority that issues device certificates when the product has no other. There is one in a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformAuthority {
    pub certificate: Certificate,
    pub key: PrivateKeyText,
    pub created: UnixMillis,
}

/// A private key in PEM form. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKeyText(pub String);

impl fmt::Debug for PrivateKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", PrivateKeyText("secret".to_owned())), "***");
    }

    #[test]
    fn a_fingerprint_is_shown_in_hex() {
        let mut bytes = [0; 32];
        bytes[0] = 0xab;
        assert_eq!(format!("{:?}", Fingerprint(bytes)), format!("ab{}", "00".repeat(31)));
    }
}
