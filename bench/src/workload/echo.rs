//! `echo`: each client publishes to a topic of its own and gets the message back.

use lianwu_mqtt::{Properties, ProtocolVersion, Publish, QoS, encode};

use super::{
    round_trip::{Answer, Exchange},
    window::{Slot, Ticket},
};

/// Slot and sequence at the start of a payload.
pub(crate) const HEADER_BYTES: usize = 10;

/// The echo of one thread's clients.
pub(crate) struct Echo {
    topics: Vec<String>,
    qos: QoS,
    payload: Vec<u8>,
}

impl Echo {
    /// `topics[client]` is where that client publishes and listens. A payload is at least [`HEADER_BYTES`] long.
    pub fn new(topics: Vec<String>, qos: QoS, payload_bytes: usize) -> Self {
        Self { topics, qos, payload: vec![b'.'; payload_bytes.max(HEADER_BYTES)] }
    }
}

impl Exchange for Echo {
    #[inline]
    fn publish(&mut self, out: &mut Vec<u8>, client: usize, ticket: Ticket, _sample_time_ms: u64) {
        self.payload[..2].copy_from_slice(&ticket.slot.to_be_bytes());
        self.payload[2..HEADER_BYTES].copy_from_slice(&ticket.sequence.to_be_bytes());
        let publish = Publish {
            duplicate: false,
            qos: self.qos,
            retain: false,
            topic: &self.topics[client],
            packet_id: Some(ticket.packet_id),
            properties: Properties::NONE,
            payload: &self.payload,
        };
        encode::publish(out, ProtocolVersion::V3_1_1, &publish)
            .expect("topics were checked when subscribing; payloads are limited");
    }

    #[inline]
    fn answer(&mut self, publish: &Publish<'_>) -> Option<Answer> {
        let (slot, rest) = publish.payload.split_first_chunk::<2>()?;
        let (sequence, _) = rest.split_first_chunk::<8>()?;
        Some(Answer {
            slot: u16::from_be_bytes(*slot),
            sequence: u64::from_be_bytes(*sequence),
            is_refusal: publish.payload.len() != self.payload.len(),
        })
    }

    fn acknowledged(&mut self, _client: usize, _message: &Slot) {}
}
