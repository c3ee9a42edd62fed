//! The registry ports over one SQLite file.
//!
//! Must not know: HTTP, MQTT, what a thing model or a policy means.
//! Start reading at [`SqliteRegistry`]; the tables are in `migrations/`, the thread rules in `worker`.

mod fault;
mod registry;
mod rows;
mod schema;
mod seal;
mod worker;

pub use registry::SqliteRegistry;
pub use schema::OpenError;
pub use seal::{SealKey, SealKeyError};
