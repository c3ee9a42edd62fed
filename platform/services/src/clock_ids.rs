//! Numbers of tasks and questions, from the clock.

use std::sync::atomic::{AtomicU64, Ordering};

use lianwu_model::UnixMillis;

/// Gives out numbers of which no two are the same, also after a restart: microseconds since 1970, or one more than the last.
/// They have 16 digits until the year 2286.
#[derive(Debug, Default)]
pub(crate) struct ClockIds {
    last: AtomicU64,
}

impl ClockIds {
    pub(crate) fn next(&self, now: UnixMillis) -> u64 {
        let next = |last: u64| Some((last + 1).max(now.0.saturating_mul(1000)));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        next(last.unwrap_or_default()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Do they grow within one moment and when the clock goes back, and have they the length the C SDK has room for?
    #[test]
    fn no_two_are_the_same() {
        let ids = ClockIds::default();
        let now = UnixMillis(1_795_000_000_000);
        let ids = [ids.next(now), ids.next(now), ids.next(UnixMillis(now.0 - 5))];
        assert_eq!(ids, [1_795_000_000_000_000, 1_795_000_000_000_001, 1_795_000_000_000_002]);
        assert!(ids.iter().all(|id| id.to_string().len() == 16));
    }
}
