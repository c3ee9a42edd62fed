//! Every kind of identifier, in one place.
//!
//! Source: spec/cloud-api.md 3.1, spec/device-protocol.md 1.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {rule}")]
pub struct IdError {
    pub kind: &'static str,
    pub rule: &'static str,
}

/// Ten of `[A-Z0-9]`, chosen by the platform, unique over all accounts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId([u8; 10]);

impl ProductId {
    pub const LEN: usize = 10;

    /// Stands where a record belongs to no product but to an account as a whole; no product is given it.
    pub const ACCOUNT: Self = Self(*b"0000000000");

    /// Takes the exact bytes of the wire; `None` when they are not a ProductId.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let id: [u8; 10] = bytes.try_into().ok()?;
        id.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).then_some(Self(id))
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for ProductId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::from_bytes(text.as_bytes()).ok_or(IdError { kind: "ProductId", rule: "10 upper-case letters and digits" })
    }
}

/// 1 to 48 of `[a-zA-Z0-9:_-]`, unique within its product.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceName(Box<str>);

impl DeviceName {
    pub const LEN_MAX: usize = 48;

    /// Does this text have the form of a device name?
    #[must_use]
    pub fn is_valid(text: &[u8]) -> bool {
        (1..=Self::LEN_MAX).contains(&text.len())
            && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-'))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DeviceName {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if Self::is_valid(text.as_bytes()) {
            Ok(Self(text.into()))
        } else {
            Err(IdError { kind: "DeviceName", rule: "1 to 48 letters, digits, ':', '_' or '-'" })
        }
    }
}

/// The number the registry gave a device when it was created; never used again after deletion.
///
/// History, state and indexes are keyed by it, so a re-created device does not see its predecessor's data.
/// Zero means "no such device" in records about strangers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceNumber(pub u32);

impl DeviceNumber {
    pub const NONE: Self = Self(0);
}

/// A device's name in full.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeviceKey {
    pub product: ProductId,
    pub device: DeviceName,
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.product, self.device)
    }
}

/// `prj-` and 8 of `[a-z0-9]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(Box<str>);

impl ProjectId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("prj-") {
            Some(rest) if rest.len() == 8 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) => {
                Ok(Self(text.into()))
            }
            _ => Err(IdError { kind: "ProjectId", rule: "'prj-' and 8 lower-case letters or digits" }),
        }
    }
}

/// `ins-` and 8 to 11 alphanumerics.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(Box<str>);

impl InstanceId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("ins-") {
            Some(rest) if (8..=11).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Ok(Self(text.into()))
            }
            _ => Err(IdError { kind: "InstanceId", rule: "'ins-' and 8 to 11 letters or digits" }),
        }
    }
}

/// Number of an account (main or sub), 9 to 12 decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uin(pub u64);

impl fmt::Display for Uin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text_id {
    ($($id:ty),*) => {$(
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $id {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text_id!(ProductId, DeviceName, ProjectId, InstanceId);
