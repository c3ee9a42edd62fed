//! What a product's devices are told to work with, in versions. Source: spec/device-protocol.md 9.5.

use crate::{ProductId, UnixMillis};

/// Longest text of a version, in bytes.
pub const BYTES_MAX: usize = 128 * 1024;

/// Versions that are kept; the oldest makes room.
pub const VERSIONS_MAX: usize = 5;

/// One version of a product's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteConfig {
    pub product: ProductId,
    /// From 1 up, one by one.
    pub version: u64,
    /// A JSON object, as it was given.
    pub text: String,
    pub created: UnixMillis,
}
