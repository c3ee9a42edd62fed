//! One registered unit of a product.
//!
//! Source: spec/cloud-api.md 2.4 and 3.3.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::certificate::Certificate;
use crate::product::Tag;
use crate::{DeviceName, DeviceNumber, ProductId, Uin, UnixMillis};

/// A device as the registry keeps it. What it last said is state, not registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub number: DeviceNumber,
    pub product: ProductId,
    pub name: DeviceName,
    /// Text form, Base64 of 16 random bytes unless the maker defined it.
    pub secret: DeviceSecretText,
    /// The only certificate it may sign in with; devices of key products have none, and of a product with an authority of its
    /// own those that were created without one.
    pub certificate: Option<Certificate>,
    pub enabled: bool,
    /// Principal that created it, and its display name then.
    pub creator: Uin,
    pub creator_name: String,
    pub tags: Vec<Tag>,
    pub created: UnixMillis,
}

/// DeviceSecret as text. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceSecretText(pub String);

impl fmt::Debug for DeviceSecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Is it reachable now, and was it ever?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStatus {
    Offline,
    Online,
    NeverActivated,
}
