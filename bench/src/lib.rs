//! Load for MQTT brokers and for the platform, and the proof that what it acknowledged is in its history.
//!
//! A client of the device protocol and of the cloud API like any other: it must not know a server's inside, only
//! what the wire and the kernel's process files show. Start reading at [`workload::run`] (what is measured) and
//! `engine` (how a thread drives many connections).

pub mod args;
pub mod cloud_client;
mod conduct;
pub mod doctor;
mod engine;
pub mod fill;
pub mod histogram;
pub mod identity;
pub mod outcome;
pub mod pages;
pub mod prepare;
pub mod process;
pub mod record;
pub mod simulate;
pub mod verify;
pub mod workload;

mod bench;

pub use args::BenchArgs;
pub use bench::run;
