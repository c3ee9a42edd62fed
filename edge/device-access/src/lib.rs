//! Devices over MQTT, in the clear or over TLS, and over HTTP: sockets in, records into the log, replies out once they are
//! durable.
//!
//! Converts and never decides what a message means: that is `lianwu-device-protocol` and `lianwu-services`. Must not
//! know: storage engines, the cloud API. Start reading at [`server`] (what is started) and `worker` (one thread, one
//! runtime, all connections of the devices that live there).

mod broker;
pub mod bus;
mod coap;
mod failures;
mod http;
pub mod options;
mod route;
pub mod server;
pub mod stats;
pub mod tls;
mod websocket;
mod wheel;
mod worker;

pub use broker::{SessionUse, SessionsUse};
pub use bus::LocalBus;
pub use http::REGISTRATION_BYTES_MAX;
pub use options::{AccessOptions, BackendMessages};
pub use server::{DeviceAccess, Listen, TlsListen, UsesOfBackends};
pub use stats::AccessStats;
pub use tls::{HttpsAcceptor, HttpsStream, IdentityError, ServerIdentity, TlsHandle};
pub use worker::{RatesUse, SharedRates};
