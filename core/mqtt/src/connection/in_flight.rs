//! Messages of QoS 1 that were sent and not acknowledged.

use crate::packet::PacketId;

/// Unacknowledged messages a client may have at once. Source: the C SDK holds as many in the other direction.
pub const IN_FLIGHT_MAX: usize = 20;

/// The packet ids in use, oldest first, and the id to try next.
///
/// Ids go up by one and wrap: C clients recognise a repeated message by the last ten ids they saw, so an id must not
/// come back soon. A session that outlives its connection takes this over and sends the messages again in this order
/// ([MQTT-4.4.0-1]); the messages themselves are the session's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    ids: [PacketId; IN_FLIGHT_MAX],
    count: u8,
    next: PacketId,
}

impl Default for InFlight {
    fn default() -> Self {
        Self { ids: [PacketId::FIRST; IN_FLIGHT_MAX], count: 0, next: PacketId::FIRST }
    }
}

impl InFlight {
    /// Ids waiting for their acknowledgement, in the order they were sent.
    #[must_use]
    pub fn packet_ids(&self) -> &[PacketId] {
        &self.ids[..usize::from(self.count)]
    }

    /// The id for the next message: never one still in flight [MQTT-2.3.1-2]. `None` while the window is full.
    pub(super) fn next_packet_id(&self) -> Option<PacketId> {
        if self.packet_ids().len() == IN_FLIGHT_MAX {
            return None;
        }
        let mut id = self.next;
        // Ends after at most one turn more than there are ids in flight.
        while self.packet_ids().contains(&id) {
            id = id.next();
        }
        Some(id)
    }

    /// Notes that a message with an id of [`next_packet_id`](Self::next_packet_id) was sent.
    pub(super) fn hold(&mut self, packet_id: PacketId) {
        if let Some(slot) = self.ids.get_mut(usize::from(self.count)) {
            *slot = packet_id;
            self.count += 1;
            self.next = packet_id.next();
        }
    }

    /// Notes an acknowledgement; false if nothing waited for it.
    pub(super) fn release(&mut self, packet_id: PacketId) -> bool {
        let Some(index) = self.packet_ids().iter().position(|&id| id == packet_id) else { return false };
        self.ids.copy_within(index + 1..usize::from(self.count), index);
        self.count -= 1;
        true
    }
}
