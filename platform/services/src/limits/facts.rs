//! What only the running program knows of itself: settings, listeners, present load.

use std::fmt;
use std::sync::Arc;

use lianwu_model::{ProductId, Uin};

use crate::activity::Activity;

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
    /// `mqtt`, `mqtts`, `device_http`, `device_https`, `coap`, `coaps`, `http` or `https`.
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
    pub backend_filters: u64,
    pub account_filters: u64,
    pub retained_messages: u64,
    pub retained_bytes: u64,
    pub registration_bytes: u64,
}

/// What an account's backends hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackendsUse {
    /// Kept sessions.
    pub sessions: u64,
    /// Each of the session that holds most of it.
    pub session_messages: u64,
    pub session_bytes: u64,
    pub session_filters: u64,
    /// Of all backends together.
    pub filters: u64,
    pub retained_messages: u64,
    pub retained_bytes: u64,
}

/// What counts against rates that devices share, in about the last second; `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatesUse {
    pub product_up: Option<u64>,
    pub product_down: Option<u64>,
    pub instance_down: Option<u64>,
    pub sign_ins: Option<u64>,
}

/// Present load.
pub trait Measures: Send + Sync {
    /// Open device connections, signed in or not.
    fn connections(&self) -> u64;

    /// Messages from all devices in the last full second.
    fn messages_last_second(&self) -> u64;

    /// Against the shared rates; of this product, if one is named.
    fn rates(&self, product: Option<ProductId>) -> RatesUse;

    /// What the backends of a main account hold.
    fn backends(&self, owner: Uin) -> BackendsUse;

    /// Of the whole instance.
    fn activity(&self) -> Activity;
}

impl fmt::Debug for dyn Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measures")
    }
}
