//! Services over a platform in memory.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod certificates;
mod live;
mod platform;
mod start;
