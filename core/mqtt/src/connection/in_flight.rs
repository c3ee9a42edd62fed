//! Messages of QoS 1 and 2 that were sent and not acknowledged.

use std::collections::VecDeque;

use crate::packet::{PacketId, QoS};

/// Unacknowledged messages a device may have at once. Source: the C SDK holds as many in the other direction.
pub const IN_FLIGHT_MAX: usize = 20;

/// Unacknowledged messages a backend may have at once; its own receive maximum may be lower.
pub const BACKEND_IN_FLIGHT_MAX: usize = 1024;

/// How far the delivery of a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// QoS 1: PUBACK is awaited.
    AwaitsPubAck,
    /// QoS 2: PUBREC is awaited.
    AwaitsPubRec,
    /// QoS 2: the client has the message, PUBCOMP is awaited. The message itself is needed no more.
    AwaitsPubComp,
}

/// The packet ids in use, oldest first, and the id to try next.
///
/// Ids go up by one and wrap: C clients recognise a repeated message by the last ten ids they saw, so an id must not
/// come back soon. A session that outlives its connection takes this over and sends the messages again in this order
/// ([MQTT-4.4.0-1]); the messages themselves are the session's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    entries: VecDeque<Entry>,
    /// The last so many entries belong to an earlier connection and were not sent on this one yet.
    unsent: usize,
    next: PacketId,
    /// Steps `next` has made, wrapping: tells whether it can have come round to an id that is still in use.
    steps: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    /// [`InFlight::steps`] when it was sent.
    steps: u32,
    packet_id: PacketId,
    stage: Stage,
}

impl Default for InFlight {
    fn default() -> Self {
        Self { entries: VecDeque::new(), unsent: 0, next: PacketId::FIRST, steps: 0 }
    }
}

impl InFlight {
    /// Ids waiting for their acknowledgement, in the order they were sent, and how far each is.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (PacketId, Stage)> {
        self.entries.iter().map(|entry| (entry.packet_id, entry.stage))
    }

    /// Ids waiting for their acknowledgement, in the order they were sent.
    pub fn packet_ids(&self) -> impl ExactSizeIterator<Item = PacketId> {
        self.entries.iter().map(|entry| entry.packet_id)
    }

    /// Number of messages that are not acknowledged.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A message sent before this process began, put back behind those put back already; for a session read from a log.
    ///
    /// `false`: the id is in flight already, nothing was changed.
    pub fn restore(&mut self, packet_id: PacketId, stage: Stage) -> bool {
        if self.position(packet_id).is_some() {
            return false;
        }
        self.next = packet_id;
        self.hold(packet_id, stage);
        true
    }

    /// The id for the next message: never one still in flight [MQTT-2.3.1-2]. `None` while the window is full.
    pub(super) fn next_packet_id(&self, max: usize) -> Option<PacketId> {
        if self.unsent > 0 || self.entries.len() >= max {
            return None;
        }
        let mut id = self.next;
        let Some(oldest) = self.entries.front() else { return Some(id) };
        // Only an id that is a whole round old can be met again.
        if self.steps.wrapping_sub(oldest.steps) >= u32::from(u16::MAX) {
            // Ends after at most one turn more than there are ids in flight.
            while self.position(id).is_some() {
                id = id.next();
            }
        }
        Some(id)
    }

    /// Notes that a message with an id of [`next_packet_id`](Self::next_packet_id) was sent.
    pub(super) fn hold(&mut self, packet_id: PacketId, stage: Stage) {
        // Passed-over ids are steps too: wrapping, as ids skip zero.
        let passed = packet_id.get().wrapping_sub(self.next.get());
        let passed = if packet_id < self.next { passed.wrapping_sub(1) } else { passed };
        self.steps = self.steps.wrapping_add(u32::from(passed));
        self.entries.push_back(Entry { steps: self.steps, packet_id, stage });
        self.steps = self.steps.wrapping_add(1);
        self.next = packet_id.next();
    }

    /// How far a message is; `None` if nothing with this id was sent on this connection.
    pub(super) fn stage(&self, packet_id: PacketId) -> Option<Stage> {
        self.position(packet_id).filter(|&index| index < self.sent()).map(|index| self.entries[index].stage)
    }

    /// Notes an acknowledgement that ends a delivery.
    pub(super) fn release(&mut self, packet_id: PacketId) {
        if let Some(index) = self.position(packet_id) {
            if index >= self.sent() {
                self.unsent -= 1;
            }
            self.entries.remove(index);
        }
    }

    /// Notes a PUBREC.
    pub(super) fn advance(&mut self, packet_id: PacketId) {
        if let Some(index) = self.position(packet_id) {
            self.entries[index].stage = Stage::AwaitsPubComp;
        }
    }

    /// On a new connection nothing was sent yet.
    pub(super) fn start_again(&mut self) {
        self.unsent = self.entries.len();
    }

    /// The oldest message that was not sent on this connection, while there is room in the window.
    pub(super) fn next_unsent(&self, max: usize) -> Option<(PacketId, Stage)> {
        if self.sent() >= max {
            return None;
        }
        self.entries.get(self.sent()).map(|entry| (entry.packet_id, entry.stage))
    }

    /// Notes that the message of [`next_unsent`](Self::next_unsent) was sent.
    pub(super) fn was_sent_again(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
    }

    fn sent(&self) -> usize {
        self.entries.len() - self.unsent
    }

    /// Clients acknowledge in order, so it is nearly always the first.
    fn position(&self, packet_id: PacketId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.packet_id == packet_id)
    }
}

impl Stage {
    /// The QoS the message was sent with.
    #[must_use]
    pub const fn qos(self) -> QoS {
        match self {
            Self::AwaitsPubAck => QoS::AtLeastOnce,
            Self::AwaitsPubRec | Self::AwaitsPubComp => QoS::ExactlyOnce,
        }
    }
}
