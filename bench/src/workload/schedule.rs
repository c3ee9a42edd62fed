//! When messages of an open-loop load are due: evenly spread, client after client.

/// The plan of one thread. Message k of the thread is due at start + k intervals and belongs to client k mod n.
///
/// A client whose window is full falls behind its own plan and catches up later; latency counts from the plan, so a
/// stalled server cannot hide behind a generator that politely waits.
pub(crate) struct Schedule {
    interval_ns: f64,
    start: Option<u64>,
    /// Next message of the thread whose client is to be woken.
    cursor: u64,
    /// Messages each client has taken.
    taken: Vec<u64>,
}

impl Schedule {
    /// `rate` is the thread's share in messages per second, above zero.
    pub fn new(rate: f64, clients: usize) -> Self {
        Self { interval_ns: 1e9 / rate, start: None, cursor: 0, taken: vec![0; clients] }
    }

    /// The plan begins now.
    pub fn start(&mut self, now: u64) {
        self.start = Some(now);
    }

    fn due(&self, index: u64) -> Option<u64> {
        Some(self.start? + (index as f64 * self.interval_ns) as u64)
    }

    /// Takes the next message of a client if it is due, and says when it was.
    pub fn take_due(&mut self, client: usize, now: u64) -> Option<u64> {
        let index = client as u64 + self.taken[client] * self.taken.len() as u64;
        let due = self.due(index).filter(|&due| due <= now)?;
        self.taken[client] += 1;
        Some(due)
    }

    /// The client of the next message that is due; call until `None`.
    pub fn next_client(&mut self, now: u64) -> Option<usize> {
        self.due(self.cursor).filter(|&due| due <= now)?;
        let client = (self.cursor % self.taken.len() as u64) as usize;
        self.cursor += 1;
        Some(client)
    }

    /// When `next_client` has something next.
    pub fn wake_at(&self) -> Option<u64> {
        self.due(self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are messages spread evenly, in turn, and does a client that was held up keep its intended times?
    #[test]
    fn intended_times_do_not_depend_on_the_server() {
        let mut schedule = Schedule::new(1_000.0, 2);
        assert_eq!(schedule.wake_at(), None);
        schedule.start(5_000_000);
        assert_eq!(schedule.next_client(5_000_000), Some(0));
        assert_eq!(schedule.take_due(0, 5_000_000), Some(5_000_000));
        assert_eq!(schedule.next_client(5_999_999), None);
        assert_eq!(schedule.wake_at(), Some(6_000_000));
        assert_eq!(schedule.next_client(8_000_000), Some(1));
        assert_eq!(schedule.next_client(8_000_000), Some(0));
        // Client 0 was busy: at 8 ms it still sends what was due at 7 ms. Client 1 has two to catch up with.
        assert_eq!(schedule.take_due(0, 8_000_000), Some(7_000_000));
        assert_eq!(schedule.take_due(0, 8_000_000), None);
        assert_eq!(schedule.take_due(1, 8_000_000), Some(6_000_000));
        assert_eq!(schedule.take_due(1, 8_000_000), Some(8_000_000));
    }
}
