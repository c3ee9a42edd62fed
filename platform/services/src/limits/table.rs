//! The one list of limits, a file for each subject.
//!
//! A number stands where it is enforced; here it is only named. A new key under `limits` in the configuration needs a
//! row here: a test of the application compares the two.

mod connection;
mod fence;
mod message;
mod model;
mod platform;
mod replay;
mod script;

use super::LimitSpec;

/// Every limit, in the order people are shown them.
pub fn table() -> impl Iterator<Item = &'static LimitSpec> {
    [
        connection::LIMITS,
        message::LIMITS,
        platform::LIMITS,
        model::LIMITS,
        script::LIMITS,
        fence::LIMITS,
        replay::LIMITS,
    ]
    .into_iter()
    .flatten()
}
