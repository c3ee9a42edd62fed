//! What is true now: latest and pending values, device information, activation, kept sessions. Survives the expiry of
//! history.
//!
//! Derived from the log like readings, but kept for ever; a restart replays only the tail.

pub mod backend_session;
pub mod firmware;
#[cfg(feature = "suites")]
pub mod memory;
pub mod retained;
pub mod session;
#[cfg(feature = "suites")]
pub mod suite;

use lianwu_model::shadow::{Shadow, Update};
use lianwu_model::{DeviceNumber, ProductId, UnixMillis};

use crate::readings::ReadingError;

pub use backend_session::{BackendSession, SessionNumber};
pub use firmware::firmware_version;
pub use retained::RetainedMessage;
pub use session::{KeptMessage, KeptSession, SessionSummary, WaitingMessage};

/// The newest value of one property; `value` is the raw JSON the device wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyValue {
    pub property: Box<str>,
    pub value: Box<str>,
    pub time: UnixMillis,
}

/// A calendar day of the statistics: days since 1970-01-01 in the zone of [`Day::ZONE_MS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u16);

impl Day {
    /// Days of the statistics begin at midnight in China, where the regions of the vendor are: UTC+8, no summer time.
    pub const ZONE_MS: u64 = 8 * 3_600_000;

    #[must_use]
    pub fn of(time: UnixMillis) -> Self {
        let days = time.0.saturating_add(Self::ZONE_MS) / UnixMillis::DAY_MS;
        Self(u16::try_from(days).unwrap_or(u16::MAX))
    }

    /// So many days earlier; never before 1970.
    #[must_use]
    pub const fn before(self, days: u16) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

/// How many devices were activated and active. A device is activated by its first sign-in, and active on a day on
/// which it signed in, sent a message, subscribed or left. Deleted devices do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Ever activated.
    pub activated: u64,
    /// On the day before today.
    pub activated_yesterday: u64,
    pub active_yesterday: u64,
    /// In the seven days before today.
    pub activated_week: u64,
    pub active_week: u64,
    /// In the seven days before those.
    pub activated_week_before: u64,
    pub active_week_before: u64,
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
    /// The version in it; see [`firmware_version`].
    pub firmware: Option<Box<str>>,
    /// First successful sign-in.
    pub activated: Option<UnixMillis>,
    /// Last successful sign-in.
    pub last_login: Option<UnixMillis>,
    /// Last end of a connection.
    pub last_offline: Option<UnixMillis>,
    /// Its shadow, if it has one; see [`apply_to_shadow`].
    pub shadow: Option<Box<Shadow>>,
}

/// Derives a shadow from an accepted record that [`changes_shadow`](crate::record::RecordKind::changes_shadow). Versions
/// and sizes were judged before the record was written.
pub fn apply_to_shadow(shadow: &mut Option<Box<Shadow>>, payload: &[u8], time: UnixMillis) {
    let mut next = shadow.clone();
    // Only what was accepted is on record; a text of another kind changes nothing.
    if Update::parse(payload).and_then(|update| update.apply(&mut next, time)).is_ok() {
        *shadow = next;
    }
}

/// Current state by device.
pub trait States: Send + Sync {
    /// The default value for a device that never did anything.
    ///
    /// # Errors
    /// When the store fails.
    fn device(&self, number: DeviceNumber) -> Result<DeviceState, ReadingError>;

    /// Activation and login times and the firmware only, for lists; one entry per number, in order.
    ///
    /// # Errors
    /// When the store fails.
    fn devices(&self, numbers: &[DeviceNumber]) -> Result<Vec<DeviceState>, ReadingError>;

    /// Counts of the devices of these products together, as the calendar stood on `today`.
    ///
    /// # Errors
    /// When the store fails.
    fn activity(&self, products: &[ProductId], today: Day) -> Result<Activity, ReadingError>;

    /// Devices of these products that run this firmware, or that named any at all; ascending. Index: product and
    /// version; the cost grows with what is found.
    ///
    /// # Errors
    /// When the store fails.
    fn with_firmware(&self, products: &[ProductId], version: Option<&str>) -> Result<Vec<DeviceNumber>, ReadingError>;

    /// Devices that ever signed in, without deleted ones; ascending. For start-up: the cost grows with the devices.
    ///
    /// # Errors
    /// When the store fails.
    fn activated(&self) -> Result<Vec<DeviceNumber>, ReadingError>;

    /// Forgets a deleted device.
    ///
    /// # Errors
    /// When the store fails.
    fn forget(&self, number: DeviceNumber) -> Result<(), ReadingError>;

    /// Every retained message, in order of account and topic. For start-up.
    ///
    /// # Errors
    /// When the store fails.
    fn retained(&self) -> Result<Vec<RetainedMessage>, ReadingError>;

    /// Every kept session, in order of the device numbers. For start-up: the cost grows with the sessions, not with the
    /// devices.
    ///
    /// # Errors
    /// When the store fails.
    fn sessions(&self) -> Result<Vec<SessionSummary>, ReadingError>;

    /// Every kept session of a backend, in order of their numbers. For start-up.
    ///
    /// # Errors
    /// When the store fails.
    fn backend_sessions(&self) -> Result<Vec<BackendSession>, ReadingError>;

    /// Of the messages that wait in a device's session those with these ids, in the session's order; one that is not
    /// among them any more is missing.
    ///
    /// # Errors
    /// When the store fails.
    fn session_messages(&self, number: DeviceNumber, ids: &[u16]) -> Result<Vec<KeptMessage>, ReadingError>;
}
