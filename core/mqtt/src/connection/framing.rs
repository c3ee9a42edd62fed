//! How messages to one client are written.

use crate::{
    encode::{self, EncodeError},
    packet::{ProtocolVersion, Publish},
};

/// Version and longest packet of one client: what is needed to write messages to it away from its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Framing {
    pub version: ProtocolVersion,
    /// Unit: bytes. `u32::MAX` unless the client gave a maximum packet size.
    pub packet_bytes_max: u32,
}

impl Framing {
    /// Appends a PUBLISH, or nothing.
    ///
    /// # Errors
    /// It does not fit into a packet, or not into one that this client takes: such a message is dropped as if it had
    /// been delivered. Source: MQTT 5 [MQTT-3.1.2-24], [MQTT-3.1.2-25].
    #[inline]
    pub fn publish(self, out: &mut Vec<u8>, publish: &Publish<'_>) -> Result<(), EncodeError> {
        let start = out.len();
        encode::publish(out, self.version, publish)?;
        let bytes = out.len() - start;
        if bytes > self.packet_bytes_max as usize {
            out.truncate(start);
            return Err(EncodeError::AboveReceiverMax { bytes, bytes_max: self.packet_bytes_max as usize });
        }
        Ok(())
    }
}
