//! The registry ports over one SQLite file, and the audit log over another.
//!
//! Must not know: HTTP, MQTT, what a thing model or a policy means.
//! Start reading at [`SqliteRegistry`]; the tables are in `migrations/`, the thread rules in `worker`.

mod audit;
mod fault;
mod registry;
mod rows;
mod schema;
mod seal;
mod worker;

pub use audit::SqliteAudit;
pub use registry::SqliteRegistry;
pub use schema::OpenError;
pub use seal::{SealKey, SealKeyError};
