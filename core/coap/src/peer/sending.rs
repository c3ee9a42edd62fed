//! Responses that are sent until the client confirms them.

use std::time::{Duration, Instant};

/// Source: RFC 7252 §4.8.
const ACK_TIMEOUT: Duration = Duration::from_secs(2);
pub(crate) const RETRANSMISSIONS_MAX: u8 = 4;

/// Responses of one client that may wait for their confirmation; over it the oldest is given up.
pub(crate) const SENDING_MAX: usize = 8;

#[derive(Debug)]
struct Sent {
    id: u16,
    bytes: Box<[u8]>,
    due: Instant,
    /// Until the time after `due`.
    wait: Duration,
    repeated: u8,
}

#[derive(Debug)]
pub(crate) struct Sending {
    next_id: u16,
    random: u64,
    /// The oldest first.
    sent: Vec<Sent>,
}

impl Sending {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { next_id: seed as u16, random: seed, sent: Vec::new() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Ids are used in order, so that none comes again soon.
    pub(crate) const fn next_id(&mut self) -> u16 {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        id
    }

    /// Between one and one and a half times [`ACK_TIMEOUT`]: clients lost together do not come back together.
    fn first_wait(&mut self) -> Duration {
        // Numbers of a linear congruence are random enough to spread.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = u32::try_from(self.random >> 54).unwrap_or_default();
        ACK_TIMEOUT + ACK_TIMEOUT / 2 * share / 1024
    }

    /// It was sent for the first time.
    pub(crate) fn start(&mut self, now: Instant, id: u16, bytes: &[u8]) {
        if self.sent.len() >= SENDING_MAX {
            self.sent.remove(0);
        }
        let wait = self.first_wait();
        self.sent.push(Sent { id, bytes: bytes.into(), due: now + wait, wait, repeated: 0 });
    }

    /// The client has it, or does not want it.
    pub(crate) fn confirmed(&mut self, id: u16) {
        self.sent.retain(|sent| sent.id != id);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.sent.iter().map(|sent| sent.due).min()
    }

    pub(crate) fn timeout(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) {
        self.sent.retain_mut(|sent| {
            if sent.due > now {
                return true;
            }
            if sent.repeated == RETRANSMISSIONS_MAX {
                return false;
            }
            sent.repeated += 1;
            sent.wait *= 2;
            sent.due = now + sent.wait;
            out.push(sent.bytes.to_vec());
            true
        });
    }
}
