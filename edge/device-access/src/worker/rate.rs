//! A token bucket that may go into debt: what was read is never dropped, the socket is left unread instead.

use std::time::{Duration, Instant};

/// Longest debt that is waited out; a device deeper in debt is closed (decision 4).
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// When everything sent so far will have been paid for; in the past for a device below its rate.
    paid_at: Instant,
}

impl Bucket {
    pub(crate) fn new(now: Instant) -> Self {
        Self { paid_at: now }
    }

    /// Counts one message. The device may send a second's worth at once before it has to wait.
    pub(crate) fn take(&mut self, now: Instant, per_second: u32) {
        let oldest = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        self.paid_at = self.paid_at.max(oldest) + Duration::from_secs(1) / per_second;
    }

    /// How long to leave the socket unread.
    pub(crate) fn pause(&self, now: Instant) -> Duration {
        self.paid_at.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_messages_at_once_is_free_and_more_must_wait() {
        let start = Instant::now() + Duration::from_secs(60);
        let mut bucket = Bucket::new(start - Duration::from_secs(30));
        for _ in 0..20 {
            bucket.take(start, 20);
        }
        assert_eq!(bucket.pause(start), Duration::ZERO);
        for _ in 0..10 {
            bucket.take(start, 20);
        }
        assert_eq!(bucket.pause(start), Duration::from_millis(500));
        assert_eq!(bucket.pause(start + Duration::from_millis(500)), Duration::ZERO);
    }

    #[test]
    fn the_steady_rate_is_never_paused() {
        let mut now = Instant::now() + Duration::from_secs(60);
        let mut bucket = Bucket::new(now);
        for _ in 0..1_000 {
            now += Duration::from_millis(50);
            bucket.take(now, 20);
            assert!(bucket.pause(now) <= Duration::from_millis(50));
        }
    }
}
