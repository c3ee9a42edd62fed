//! A token bucket that may go into debt: what was read is never dropped, the socket is left unread instead.

mod shared;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) use shared::{INSTANCE_DOWN, Over};
pub use shared::{RatesUse, SharedRates};

/// Longest debt that is waited out; a device deeper in debt is closed (decision 4).
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(1);

const SECOND_NS: u64 = 1_000_000_000;

/// Nanoseconds since shortly before the first look at a clock: eight bytes of every idle connection instead of sixteen.
fn nanos(time: Instant) -> u64 {
    static BEFORE_ALL: LazyLock<Instant> = LazyLock::new(|| {
        let now = Instant::now();
        now.checked_sub(Duration::from_secs(10)).unwrap_or(now)
    });
    u64::try_from(time.saturating_duration_since(*BEFORE_ALL).as_nanos()).unwrap_or(u64::MAX)
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// When everything sent so far will have been paid for; in the past for a device below its rate.
    paid_ns: u64,
}

impl Bucket {
    /// With a second's worth to spend.
    pub(crate) fn new(now: Instant) -> Self {
        Self { paid_ns: nanos(now).saturating_sub(SECOND_NS) }
    }

    /// Counts one message. The device may send a second's worth at once before it has to wait.
    pub(crate) fn take(&mut self, now: Instant, per_second: u32) {
        let oldest = nanos(now).saturating_sub(SECOND_NS);
        self.paid_ns = self.paid_ns.max(oldest) + SECOND_NS / u64::from(per_second);
    }

    /// Has everything sent been paid for, and a second's worth besides?
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        nanos(now).saturating_sub(self.paid_ns) >= SECOND_NS
    }

    /// Leaves the socket unread for at least so long.
    pub(crate) fn wait(&mut self, now: Instant, pause: Duration) {
        self.paid_ns = self.paid_ns.max(nanos(now + pause));
    }

    /// How long to leave the socket unread.
    pub(crate) fn pause(&self, now: Instant) -> Duration {
        Duration::from_nanos(self.paid_ns.saturating_sub(nanos(now)))
    }
}

/// The rate of all devices together, shared by the workers.
#[derive(Debug)]
pub(crate) struct InstanceRate {
    started: Instant,
    per_second: u32,
    /// As in [`Bucket`], in nanoseconds since `started`.
    paid_ns: AtomicU64,
}

impl InstanceRate {
    /// `None` when there is no limit.
    pub(crate) fn new(now: Instant, per_second: u32) -> Option<Self> {
        (per_second > 0).then(|| Self::at(now, per_second))
    }

    /// `per_second` is not 0.
    fn at(now: Instant, per_second: u32) -> Self {
        // Begins a second ago: with a second's worth to spend.
        let started = now.checked_sub(Duration::from_secs(1)).unwrap_or(now);
        Self { started, per_second, paid_ns: 0.into() }
    }

    fn since_start(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.started).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Does a message have to wait now?
    fn is_over(&self, now: Instant) -> bool {
        self.paid_ns.load(Ordering::Relaxed) > self.since_start(now)
    }

    /// Counts one message, unless it would have to wait.
    fn try_take(&self, now: Instant) -> bool {
        let now_ns = self.since_start(now);
        let step = SECOND_NS / u64::from(self.per_second);
        let paid = |paid: u64| (paid <= now_ns).then(|| paid.max(now_ns.saturating_sub(SECOND_NS)) + step);
        self.paid_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_ok()
    }

    /// Messages that count now: as many as were sent in the last second, when they came at once.
    fn used(&self, now: Instant) -> u64 {
        let free = self.since_start(now).saturating_sub(SECOND_NS);
        let step = SECOND_NS / u64::from(self.per_second);
        self.paid_ns.load(Ordering::Relaxed).saturating_sub(free) / step
    }

    /// Counts one message; how long its sender has to wait, at most [`PAUSE_MAX`]: nobody is closed for the others.
    pub(crate) fn take(&self, now: Instant) -> Duration {
        let now_ns = self.since_start(now);
        let step = SECOND_NS / u64::from(self.per_second);
        let paid = |paid: u64| paid.max(now_ns.saturating_sub(SECOND_NS)).min(now_ns + SECOND_NS) + step;
        let before = self.paid_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ns| Some(paid(ns)));
        let after = paid(before.unwrap_or_default());
        Duration::from_nanos(after.saturating_sub(now_ns)).min(PAUSE_MAX)
    }
}

/// Counts a message of a request and waits for its turn; had it to wait?
pub(crate) async fn wait_for_turn(rate: Option<&InstanceRate>) -> bool {
    let pause = rate.map(|rate| rate.take(Instant::now())).filter(|pause| !pause.is_zero());
    if let Some(pause) = pause {
        tokio::time::sleep(pause).await;
    }
    pause.is_some()
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
    fn the_instance_makes_everybody_wait_but_nobody_for_long() {
        let start = Instant::now();
        let rate = InstanceRate::new(start, 100).unwrap();
        let now = start + Duration::from_secs(30);
        let pauses: Vec<_> = (0..1_000).map(|_| rate.take(now)).collect();
        assert!(pauses[..100].iter().all(Duration::is_zero));
        assert_eq!(pauses[149], Duration::from_millis(500));
        assert_eq!(pauses[999], PAUSE_MAX);
        assert_eq!(rate.take(now + Duration::from_secs(5)), Duration::ZERO);
        assert!(InstanceRate::new(start, 0).is_none());
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
