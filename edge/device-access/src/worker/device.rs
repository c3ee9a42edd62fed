//! Devices: sign-in, what they send, what they listen to, what waits for them.

pub(crate) mod config;
pub(crate) mod control;
pub(crate) mod files;
mod foreign_key;
pub(crate) mod gateway;
pub(crate) mod kept;
mod nobody;
mod packed;
pub(crate) mod post;
pub(crate) mod proven;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod raw;
pub(crate) mod rrpc;
pub(crate) mod session;
pub(crate) mod shadow;
pub(crate) mod sign_in;
mod sign_in_rate;
mod signed;
pub(crate) mod subscribe;
pub(crate) mod system;
pub(crate) mod topics;
pub(crate) mod uploaded;
pub(crate) mod visit;
