//! Hosts the web console: its files, the sign-in, and calls of its pages in the name of whoever is signed in.
//!
//! Must not know: how pages look, what operations do, engines, MQTT. Start reading at [`host`] (who answers which path) and
//! `gate` (what a request must show before anything is done for it).

pub mod assets;
mod audit;
mod calls;
mod gate;
pub mod headers;
pub mod host;
mod live;
mod notice;
mod refusal;
mod session;

pub use assets::Asset;
pub use host::{Console, ConsoleOptions};
