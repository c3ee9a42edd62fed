//! The narrow seams between what the product does and the machinery it runs on.
//!
//! Each port has a trait, one behaviour suite every engine must pass (feature `suites`), and a twin in memory.
//! Must not know: SQL, files, sockets, HTTP, MQTT. Start reading at [`record`] (what a message becomes) and [`log`].

pub mod audit;
pub mod blobs;
pub mod bus;
pub mod clock;
pub mod log;
pub mod readings;
pub mod record;
pub mod registry;
pub mod script;
pub mod states;

use std::future::Future;
use std::pin::Pin;

/// The future every asynchronous port method returns; boxed, because ports are used as `dyn`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
