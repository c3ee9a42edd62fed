//! Sockets: accepting them, reading what is ready, ending them.

pub(crate) mod accept;
pub(crate) mod connection;
pub(crate) mod linger;
pub(crate) mod ready;
pub(crate) mod reply;
pub(crate) mod stream;
