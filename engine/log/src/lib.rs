//! The segment log: the engine behind [`lianwu_ports::log::Log`], append-only files written by one committer thread.
//!
//! Must not know: what a record means, sockets, the registry, readings. Start reading at [`SegmentLog`], then
//! `committer.rs` (how a block becomes durable) and `recovery.rs` (what is found after a power cut). The bytes on disk
//! are drawn in `docs/log-format.md`, the reasons are in `docs/adr/0002-segment-log.md`.

mod committer;

pub mod files;
pub mod format;
mod keeper;
mod log;
mod names;
mod options;
mod queue;
mod reader;
mod recovery;
mod ring;
mod seek;
mod segment;
mod shared;
mod stats;
mod supply;
mod walker;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use log::SegmentLog;
pub use options::{LogOptions, OpenError};
pub use stats::{LogStats, SYNC_BUCKETS};

#[cfg(test)]
mod tests;
