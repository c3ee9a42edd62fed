//! The signed cloud API, as the vendor's SDKs speak it: signature, operations table, operations, envelope.
//!
//! Must not know: SQL, files, MQTT, which engine is behind a port. Start reading at [`service`] (the steps of a call)
//! and [`operations`] (the table).

pub mod access;
pub mod call;
mod codes;
pub mod cursor;
pub mod envelope;
pub mod error;
#[expect(missing_debug_implementations, reason = "requests and responses carry device secrets")]
pub mod generated;
pub mod metadata;
pub mod operations;
pub mod parameters;
pub mod rate;
pub mod service;
pub mod signature;
pub mod table;
mod wire;

pub use error::{ApiError, Language};
pub use service::watch::{WatchRefused, shown};
pub use service::{Answered, Asked, CloudApi, Settings};
