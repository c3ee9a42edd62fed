//! Device access against a platform in memory: what a device sees, and what is written down.

mod bad_input;
mod harness;
mod messages;
mod sign_in;
