//! What a kept session has not finished with: messages that wait, by their numbers in the log, and those on their way.
//!
//! Pure: it decides nothing but the order and what has to make room.

use std::collections::{HashMap, VecDeque};

use lianwu_mqtt::PacketId;
use lianwu_ports::log::Lsn;
use lianwu_ports::states::backend_session::Waiting;

/// How much may wait for one session; over it the oldest make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) messages_max: usize,
    pub(crate) bytes_max: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Backlog {
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Sent and not acknowledged, on this connection or an earlier one.
    on_their_way: HashMap<PacketId, Waiting>,
}

impl Backlog {
    /// Does nothing wait?
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Messages, those on their way included.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + self.on_their_way.len()
    }

    /// What they take when they are read.
    pub(crate) fn bytes(&self) -> usize {
        self.waiting_bytes + self.on_their_way.values().map(|message| message.bytes as usize).sum::<usize>()
    }

    /// A message waits behind the others. Names those that made room, which may be the message itself.
    pub(crate) fn push(&mut self, message: Waiting, bounds: Bounds, mut dropped: impl FnMut(Lsn)) {
        self.waiting_bytes += message.bytes as usize;
        self.waiting.push_back(message);
        while self.waiting.len() > bounds.messages_max || self.waiting_bytes > bounds.bytes_max {
            let Some(oldest) = self.pop() else { return };
            dropped(oldest.position);
        }
    }

    /// The next messages, at most so many and about so many bytes.
    pub(crate) fn next(&self, count_max: usize, bytes_max: usize) -> Vec<Lsn> {
        let mut bytes = 0;
        let fits = |message: &&Waiting| {
            let is_room = bytes < bytes_max;
            bytes += message.bytes as usize;
            is_room
        };
        self.waiting.iter().take(count_max).take_while(fits).map(|message| message.position).collect()
    }

    /// Takes out the next message if it is this one: it may have made room meanwhile.
    pub(crate) fn take(&mut self, position: Lsn) -> Option<Waiting> {
        if self.waiting.front()?.position == position { self.pop() } else { None }
    }

    /// A message that could not go out after all.
    pub(crate) fn put_back(&mut self, message: Waiting) {
        self.waiting_bytes += message.bytes as usize;
        self.waiting.push_front(message);
    }

    pub(crate) fn sent(&mut self, packet_id: PacketId, message: Waiting) {
        self.on_their_way.insert(packet_id, message);
    }

    /// A message that went out, until its delivery is complete.
    pub(crate) fn sent_as(&self, packet_id: PacketId) -> Option<&Waiting> {
        self.on_their_way.get(&packet_id)
    }

    /// The delivery of a message is complete.
    pub(crate) fn complete(&mut self, packet_id: PacketId) -> Option<Waiting> {
        self.on_their_way.remove(&packet_id)
    }

    fn pop(&mut self) -> Option<Waiting> {
        let first = self.waiting.pop_front()?;
        self.waiting_bytes -= first.bytes as usize;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { messages_max: 3, bytes_max: 100 };

    fn message(position: u64, bytes: u32) -> Waiting {
        Waiting { position: Lsn(position), bytes, qos: 1, retain: false, ids: Box::default() }
    }

    fn pushed(backlog: &mut Backlog, position: u64, bytes: u32) -> Vec<u64> {
        let mut dropped = Vec::new();
        backlog.push(message(position, bytes), BOUNDS, |lsn| dropped.push(lsn.0));
        dropped
    }

    /// Do the oldest make room, by number and by size, and a message that is too large for itself?
    #[test]
    fn the_oldest_make_room() {
        let mut backlog = Backlog::default();
        for position in 1..=3 {
            assert!(pushed(&mut backlog, position, 20).is_empty());
        }
        assert_eq!(pushed(&mut backlog, 4, 20), [1]);
        assert_eq!(pushed(&mut backlog, 5, 90), [2, 3, 4]);
        assert_eq!((backlog.len(), backlog.bytes()), (1, 90));
        assert_eq!(pushed(&mut backlog, 6, 101), [5, 6]);
        assert_eq!((backlog.len(), backlog.bytes()), (0, 0));
    }

    /// Are messages taken in order, and not at all when they made room while they were read?
    #[test]
    fn messages_go_out_in_order() {
        let mut backlog = Backlog::default();
        for position in 1..=3 {
            pushed(&mut backlog, position, 30);
        }
        assert_eq!(backlog.next(2, 1000), [Lsn(1), Lsn(2)]);
        assert_eq!(backlog.next(9, 31), [Lsn(1), Lsn(2)], "about so many bytes");
        assert_eq!(backlog.next(9, 1), [Lsn(1)], "one at least");
        pushed(&mut backlog, 4, 30);
        assert_eq!(backlog.take(Lsn(1)), None);
        assert_eq!(backlog.take(Lsn(2)), Some(message(2, 30)));
        backlog.put_back(message(2, 30));
        assert_eq!(backlog.take(Lsn(2)), Some(message(2, 30)));
    }

    /// Does a message on its way count until its delivery is complete?
    #[test]
    fn what_is_on_its_way_counts() {
        let mut backlog = Backlog::default();
        let id = PacketId::FIRST;
        backlog.sent(id, message(7, 40));
        assert_eq!((backlog.len(), backlog.bytes(), backlog.is_empty()), (1, 40, true));
        assert_eq!(backlog.sent_as(id), Some(&message(7, 40)));
        assert_eq!(backlog.complete(id), Some(message(7, 40)));
        assert_eq!(backlog.complete(id), None);
        assert_eq!(backlog.len(), 0);
    }
}
