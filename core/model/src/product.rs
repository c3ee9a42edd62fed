//! Projects and products as the platform keeps them.
//!
//! Source: spec/thing-model-and-console.md 1.1-1.2, spec/cloud-api.md 3.2.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::topic_policy::TopicTable;
use crate::{InstanceId, ProductId, ProjectId, Uin, UnixMillis};

/// Container of products; belongs to one instance of one main account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Project {
    pub id: ProjectId,
    /// Main account that owns it.
    pub owner: Uin,
    pub instance: InstanceId,
    /// Unique within the owner.
    pub name: String,
    pub description: String,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// A kind of device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    pub id: ProductId,
    pub project: ProjectId,
    /// Main account that owns it (the project's owner, kept here so that every lookup can check it).
    pub owner: Uin,
    /// Unique within the owner.
    pub name: String,
    pub description: String,
    /// 1 is "defined by the user"; others are category templates.
    pub category: u64,
    pub kind: ProductKind,
    pub authentication: Authentication,
    /// One of [`NET_TYPES`].
    pub net_type: String,
    pub data_protocol: DataProtocol,
    pub status: DevelopmentStatus,
    pub script_enabled: bool,
    /// 0 not applicable, 1 the new binder wins, 2 the old binder stays.
    pub bind_strategy: u8,
    pub module: i64,
    pub durability: Durability,
    /// Days its history is kept; `None` is as long as the platform keeps by default.
    pub retention_days: Option<u16>,
    pub registration: Registration,
    /// Text; `None` until dynamic registration is switched on for the first time.
    pub secret: Option<ProductSecretText>,
    /// Topics of its own, beside the system's.
    pub topics: TopicTable,
    /// Principal that created it, and its display name then.
    pub creator: Uin,
    pub creator_name: String,
    pub tags: Vec<Tag>,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// Values of `NetType`.
pub const NET_TYPES: [&str; 14] = [
    "wifi",
    "wifi-ble",
    "cellular",
    "5g",
    "lorawan",
    "ble",
    "ethernet",
    "wifi-ethernet",
    "else",
    "sub_zigbee",
    "sub_ble",
    "sub_433mhz",
    "sub_else",
    "sub_blemesh",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductKind {
    Device,
    Gateway,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authentication {
    Certificate,
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataProtocol {
    ThingModel,
    /// Opaque bytes, no model checks.
    Custom,
}

/// Life of a product; there is no way back from `Released`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DevelopmentStatus {
    Developing,
    Audit,
    Released,
}

/// When a message of the product's devices counts as acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Durability {
    /// After it is on disk.
    Disk,
    /// At once; a crash or a power cut may lose the last moments.
    Memory,
}

/// Dynamic registration: may a device that knows the product's secret ask for its own?
///
/// Source: spec/device-protocol.md 4, spec/cloud-api.md 2.10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub mode: RegistrationMode,
    /// With [`RegistrationMode::AutoCreate`]: none is created once the product has so many devices.
    pub limit: u64,
}

/// Which names may register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegistrationMode {
    #[default]
    Off,
    /// Devices that were created before.
    Existing,
    /// Any; a device of a new name is created.
    AutoCreate,
}

/// ProductSecret as text. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductSecretText(pub String);

impl fmt::Debug for ProductSecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// A product's thing model as its owner wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredThingModel {
    pub product: ProductId,
    /// Exact text given by the caller: same key order, same number spelling.
    pub text: String,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// One version of a product's script: JavaScript between the device's bytes and standard messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredScript {
    pub product: ProductId,
    /// From 1; each change makes the next one.
    pub version: u64,
    /// Exact text given by the caller; empty when the change took the script away.
    pub text: String,
    /// Who made it.
    pub author: Uin,
    pub saved: UnixMillis,
}
