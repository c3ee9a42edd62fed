//! Gateways and the devices that come in through them.
//!
//! Source: spec/device-protocol.md 7, spec/cloud-api.md 2.12.

use crate::DeviceNumber;

/// A device that comes in through a gateway; it has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    pub gateway: DeviceNumber,
    /// The sub-device.
    pub device: DeviceNumber,
}
