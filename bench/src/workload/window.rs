//! Messages of one client that await their answer, at most a window full.

use lianwu_mqtt::PacketId;

/// Most messages a client may have on the way.
pub(crate) const WINDOW_MAX: usize = 10_000;

/// The window of one client. A message lives in a numbered slot, which travels in the message itself, so that an
/// answer finds it without a search.
pub(crate) struct Window {
    slots: Vec<Slot>,
    free: Vec<u16>,
    next_sequence: u64,
}

/// One message on the way.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slot {
    /// Number of this message; zero when the slot is free.
    pub sequence: u64,
    /// When it should have been sent, in the run's nanoseconds.
    pub intended: u64,
    /// Answers that are missing.
    pub missing: u32,
    /// The report's own time. Unit: UNIX milliseconds.
    pub sample_time_ms: u64,
    /// The answer said no.
    pub is_refused: bool,
}

/// A message about to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    pub slot: u16,
    pub sequence: u64,
    pub packet_id: PacketId,
}

impl Window {
    /// `size` is brought into 1..=[`WINDOW_MAX`].
    pub fn new(size: usize) -> Self {
        let size = size.clamp(1, WINDOW_MAX);
        Self { slots: vec![Slot::default(); size], free: (0..size as u16).rev().collect(), next_sequence: 1 }
    }

    /// Takes a free slot; `None` when the window is full.
    #[inline]
    pub fn take(&mut self, intended: u64, missing: u32, sample_time_ms: u64) -> Option<Ticket> {
        let slot = self.free.pop()?;
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.slots[usize::from(slot)] = Slot { sequence, intended, missing, sample_time_ms, is_refused: false };
        Some(Ticket { slot, sequence, packet_id: self.packet_id(slot, sequence) })
    }

    /// A packet id that leads back to the slot, and changes from use to use: receivers remember recent ids.
    fn packet_id(&self, slot: u16, sequence: u64) -> PacketId {
        let size = self.slots.len() as u64;
        let rounds = (65_534 - size) / size + 1;
        let id = 2 + u64::from(slot) + (sequence % rounds) * size;
        PacketId::new(id as u16).expect("at least 2")
    }

    /// The message a PUBACK is for.
    #[inline]
    pub fn by_packet_id(&self, id: PacketId) -> Option<(u16, Slot)> {
        let slot = (usize::from(id.get().checked_sub(2)?) % self.slots.len()) as u16;
        let entry = self.slots[usize::from(slot)];
        (entry.sequence != 0 && self.packet_id(slot, entry.sequence) == id).then_some((slot, entry))
    }

    /// The message an answer is for; `None` when it is unknown, or answered already.
    #[inline]
    pub fn get(&mut self, slot: u16, sequence: u64) -> Option<&mut Slot> {
        self.slots.get_mut(usize::from(slot)).filter(|entry| entry.sequence == sequence && sequence != 0)
    }

    /// The message in a slot that is in use.
    #[inline]
    pub fn slot_mut(&mut self, slot: u16) -> &mut Slot {
        &mut self.slots[usize::from(slot)]
    }

    /// Frees a slot that is in use.
    #[inline]
    pub fn release(&mut self, slot: u16) {
        self.slots[usize::from(slot)].sequence = 0;
        self.free.push(slot);
    }

    pub fn has_room(&self) -> bool {
        !self.free.is_empty()
    }

    pub fn in_flight(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Frees every message intended before `moment`; returns how many there were.
    pub fn give_up_before(&mut self, moment: u64) -> u64 {
        let mut lost = 0;
        for slot in 0..self.slots.len() {
            if self.slots[slot].sequence != 0 && self.slots[slot].intended < moment {
                self.release(slot as u16);
                lost += 1;
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is each message found by slot and by packet id, once, whatever the order of answers?
    #[test]
    fn answers_find_their_message() {
        for size in [1, 3, 20, WINDOW_MAX] {
            let mut window = Window::new(size);
            for round in 0..5 {
                let tickets: Vec<_> = (0..size).map(|_| window.take(round, 1, 0).unwrap()).collect();
                assert!(!window.has_room() && window.take(round, 1, 0).is_none());
                for ticket in tickets.iter().rev() {
                    assert!(ticket.packet_id.get() >= 2);
                    let (slot, entry) = window.by_packet_id(ticket.packet_id).unwrap();
                    assert_eq!((slot, entry.sequence), (ticket.slot, ticket.sequence));
                    assert!(window.get(ticket.slot, ticket.sequence + 1).is_none());
                    assert!(window.get(ticket.slot, ticket.sequence).is_some());
                    window.release(ticket.slot);
                    assert!(window.get(ticket.slot, ticket.sequence).is_none());
                    assert!(window.by_packet_id(ticket.packet_id).is_none());
                }
                assert_eq!(window.in_flight(), 0);
            }
        }
    }

    /// Are only the old messages given up?
    #[test]
    fn old_messages_are_lost() {
        let mut window = Window::new(3);
        let old = window.take(10, 1, 0).unwrap();
        let young = window.take(20, 1, 0).unwrap();
        assert_eq!(window.give_up_before(20), 1);
        assert!(window.get(old.slot, old.sequence).is_none());
        assert!(window.get(young.slot, young.sequence).is_some());
        assert_eq!(window.in_flight(), 1);
    }
}
