//! How many datagrams of strangers are looked at: so many a second of one source, and of so many sources.
//!
//! Pure: time comes in.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// Datagrams of strangers at one address in [`WINDOW`]; many devices may share one.
pub(super) const PER_SOURCE: u32 = 200;

/// Sources that are counted; in a window with more, further strangers are not heard.
const SOURCES_MAX: usize = 4_096;

#[derive(Debug)]
pub(super) struct Sources {
    since: Instant,
    counts: HashMap<IpAddr, u32>,
}

impl Sources {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, counts: HashMap::new() }
    }

    /// Is this datagram to be looked at?
    pub(super) fn may_speak(&mut self, now: Instant, source: IpAddr) -> bool {
        if now.duration_since(self.since) >= WINDOW {
            self.since = now;
            self.counts.clear();
        }
        let source = match source.to_canonical() {
            // The network of one customer.
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
            v4 @ IpAddr::V4(_) => v4,
        };
        if self.counts.len() >= SOURCES_MAX && !self.counts.contains_key(&source) {
            return false;
        }
        let count = self.counts.entry(source).or_default();
        *count = count.saturating_add(1);
        *count <= PER_SOURCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_heard_so_often_a_second_and_others_all_the_same() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let heard = (0..PER_SOURCE * 2).filter(|_| sources.may_speak(start, one)).count();
        assert_eq!(heard, 200);
        assert!(sources.may_speak(start, other));
        assert!(!sources.may_speak(start + WINDOW / 2, one));
        assert!(sources.may_speak(start + WINDOW, one));
    }

    #[test]
    fn so_many_sources_are_counted() {
        let start = Instant::now();
        let mut sources = Sources::new(start);
        let heard = (0..10_000_u32).filter(|n| sources.may_speak(start, IpAddr::V4((*n).into()))).count();
        assert_eq!(heard, SOURCES_MAX);
        assert!(sources.may_speak(start, IpAddr::V4(7.into())), "one that is counted already");
    }
}
