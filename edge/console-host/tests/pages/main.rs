//! The console's host as a browser meets it, on a platform in memory and in virtual time.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

mod calls;
mod files;
mod live;
mod signing;
mod support;
