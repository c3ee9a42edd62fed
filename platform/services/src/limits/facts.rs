//! What only the running program knows of itself: settings, listeners, present load.

use std::fmt;
use std::sync::Arc;

use lianwu_model::Uin;

/// Handed over by the application at start; read only.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The configuration in force, without secrets and without the places where they are kept.
    pub settings: Vec<Setting>,
    /// What devices and callers can connect to.
    pub access_points: Vec<AccessPoint>,
    /// `None` while device access is switched off.
    pub access: Option<AccessBounds>,
    pub measures: Option<Arc<dyn Measures>>,
}

/// One key of the configuration with the value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `section.key`
    pub key: String,
    pub value: String,
    pub source: Source,
    pub zh: String,
    pub en: String,
}

/// Where a value comes from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    Environment,
}

/// A listener that is really open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPoint {
    /// `mqtt` or `http`.
    pub protocol: &'static str,
    /// Name or address to connect to; what an operator's allow-list must hold.
    pub host: String,
    pub port: u16,
    pub is_encrypted: bool,
    /// For devices, as opposed to people and callers of the API.
    pub is_for_devices: bool,
}

/// Bounds of device access that have no key in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessBounds {
    pub connections: u64,
    pub connect_timeout_ms: u64,
    pub connect_bytes: u64,
    pub unread_bytes: u64,
    pub backend_session_filters: u64,
}

/// What the kept sessions of an account's backends hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackendSessionsUse {
    pub sessions: u64,
    /// Each of the session that holds most of it.
    pub messages: u64,
    pub bytes: u64,
    pub filters: u64,
}

/// Present load.
pub trait Measures: Send + Sync {
    /// Open device connections, signed in or not.
    fn connections(&self) -> u64;

    /// Messages from all devices in the last full second.
    fn messages_last_second(&self) -> u64;

    /// Kept sessions of the backends of a main account.
    fn backend_sessions(&self, owner: Uin) -> BackendSessionsUse;
}

impl fmt::Debug for dyn Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measures")
    }
}
