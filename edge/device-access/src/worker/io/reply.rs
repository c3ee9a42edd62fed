//! A stand-in for the connection of a device that has none and waits for one answer: over CoAP.
//!
//! Whatever would be written to a connection is offered to it; the first message ends it, and so does the deadline of a
//! sign-in that never comes. Nothing is recorded of either.

use std::io;

use lianwu_mqtt::{Packet, ProtocolVersion, decode};
use tokio::sync::oneshot;

/// Takes the payload of the first message; dropped when there will be none.
#[derive(Debug)]
pub(crate) struct ReplySlot(Option<oneshot::Sender<Vec<u8>>>);

impl ReplySlot {
    pub(crate) fn new(answer: oneshot::Sender<Vec<u8>>) -> Self {
        Self(Some(answer))
    }

    /// Fails whatever comes: after the first message there is nothing to wait for.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> io::Error {
        if let Ok(Some((Packet::Publish(message), _))) = decode(bytes, ProtocolVersion::V3_1_1, usize::MAX)
            && let Some(answer) = self.0.take()
        {
            // The request may be given up.
            drop(answer.send(message.payload.to_vec()));
        }
        io::ErrorKind::ConnectionAborted.into()
    }
}
