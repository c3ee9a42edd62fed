//! The HTTP listeners: accept loop, limits, health, metrics, and which API a request is for.
//!
//! Must not know: signatures, operations, storage. Start reading at [`mod@routes`] (who answers which path) and
//! [`server`] (how connections live and end).

pub mod health;
pub mod metrics;
pub mod routes;
pub mod server;
pub mod upgrade;

pub use health::Health;
pub use metrics::MetricsAccess;
pub use routes::{Parts, routes};
pub use server::{OverTls, Server, ServerOptions, over_tls};
