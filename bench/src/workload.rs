//! The workloads: who connects, what is sent, what counts.

mod connect;
mod echo;
mod fan;
mod idle;
mod report;
mod round_trip;
mod schedule;
mod sign_in;
pub(crate) mod tally;
mod template;
mod window;

pub mod run;
