//! What is true now: latest and pending values, device information, activation, kept sessions. Survives the expiry of
//! history.
//!
//! Derived from the log like readings, but kept for ever; a restart replays only the tail.

#[cfg(feature = "suites")]
pub mod memory;
pub mod session;
#[cfg(feature = "suites")]
pub mod suite;

use lianwu_model::{DeviceNumber, UnixMillis};

use crate::readings::ReadingError;

pub use session::{KeptMessage, KeptSession, SessionSummary};

/// The newest value of one property; `value` is the raw JSON the device wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyValue {
    pub property: Box<str>,
    pub value: Box<str>,
    pub time: UnixMillis,
}

/// Everything remembered about one device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceState {
    /// Newest by sample time; a late sample never replaces a newer one. In order of first appearance.
    pub reported: Vec<PropertyValue>,
    /// Controls that did not reach the device and were not cleared by it since.
    pub desired: Vec<PropertyValue>,
    /// Raw `params` of the last `report_info`.
    pub info: Option<Box<str>>,
    /// First successful sign-in.
    pub activated: Option<UnixMillis>,
    /// Last successful sign-in.
    pub last_login: Option<UnixMillis>,
    /// Last end of a connection.
    pub last_offline: Option<UnixMillis>,
}

/// Current state by device.
pub trait States: Send + Sync {
    /// The default value for a device that never did anything.
    ///
    /// # Errors
    /// When the store fails.
    fn device(&self, number: DeviceNumber) -> Result<DeviceState, ReadingError>;

    /// Activation and login times only, for lists; one entry per number, in order.
    ///
    /// # Errors
    /// When the store fails.
    fn devices(&self, numbers: &[DeviceNumber]) -> Result<Vec<DeviceState>, ReadingError>;

    /// Forgets a deleted device.
    ///
    /// # Errors
    /// When the store fails.
    fn forget(&self, number: DeviceNumber) -> Result<(), ReadingError>;

    /// Every kept session, in order of the device numbers. For start-up: the cost grows with the sessions, not with the
    /// devices.
    ///
    /// # Errors
    /// When the store fails.
    fn sessions(&self) -> Result<Vec<SessionSummary>, ReadingError>;

    /// Of the messages that wait in a device's session those with these ids, in the session's order; one that is not
    /// among them any more is missing.
    ///
    /// # Errors
    /// When the store fails.
    fn session_messages(&self, number: DeviceNumber, ids: &[u16]) -> Result<Vec<KeptMessage>, ReadingError>;
}
