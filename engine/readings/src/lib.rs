//! The readings (property and event history, content log, diagnostics) and the state table, on fjall.
//!
//! Records arrive in commit order through [`ReadingsEngine::apply`](lianwu_ports::readings::Readings::apply), stay in
//! an in-memory tail and are cut into chunks per device, one sorted ingestion into the partition of their commit day.
//! Must not know: HTTP, MQTT, the log's files. Start reading at [`ReadingsEngine`], then `tail`, `cut` and `query`;
//! the bytes on disk are drawn in `docs/readings-format.md`.

mod activity;
mod backend_sessions;
mod chunk;
mod coding;
mod cut;
mod engine;
mod fault;
mod firmware;
mod keys;
mod options;
mod partition;
mod payload;
mod query;
mod retained;
mod state;
mod tail;

pub use engine::ReadingsEngine;
pub use options::ReadingsOptions;
