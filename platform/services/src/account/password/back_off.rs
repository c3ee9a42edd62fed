//! Slows guessing down, user by user, in a fixed amount of memory.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use lianwu_model::UnixMillis;
use parking_lot::Mutex;

/// Users share these by a hash nobody outside can compute; sharing one only makes its users wait together.
const BUCKETS: usize = 4096;

/// Checks that cost no wait.
const FREE: u32 = 5;

const WAIT_MAX: Duration = Duration::from_secs(300);

/// Failures older than this are forgotten.
const MEMORY: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    checks: u32,
    last: UnixMillis,
}

/// Checks without a success, by user.
#[derive(Debug)]
pub(super) struct BackOff {
    hasher: RandomState,
    buckets: Mutex<Vec<Bucket>>,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { hasher: RandomState::new(), buckets: Mutex::new(vec![Bucket::default(); BUCKETS]) }
    }
}

impl BackOff {
    /// Counts a check before it is made, so that checks made at once count too.
    ///
    /// # Errors
    /// How long to wait; the check is not counted then.
    pub(super) fn charge(&self, user: &str, now: UnixMillis) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock();
        let bucket = &mut buckets[self.place(user)];
        let since = Duration::from_millis(now.0.saturating_sub(bucket.last.0));
        if since > MEMORY {
            bucket.checks = 0;
        }
        let left = wait_after(bucket.checks).saturating_sub(since);
        if !left.is_zero() {
            return Err(left);
        }
        *bucket = Bucket { checks: bucket.checks.saturating_add(1), last: now };
        Ok(())
    }

    /// The check was right.
    pub(super) fn forget(&self, user: &str) {
        self.buckets.lock()[self.place(user)] = Bucket::default();
    }

    fn place(&self, user: &str) -> usize {
        usize::try_from(self.hasher.hash_one(user) % BUCKETS as u64).expect("fewer buckets than usize has numbers")
    }
}

fn wait_after(checks: u32) -> Duration {
    match checks.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1_u64 << over.min(16)).min(WAIT_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_732_300_000_000);

    fn after(seconds: u64) -> UnixMillis {
        UnixMillis(START.0 + seconds * 1000)
    }

    /// Are five checks free, does each further one wait twice as long, and is the longest wait bounded?
    #[test]
    fn waiting_doubles_up_to_its_bound() {
        let back_off = BackOff::default();
        for _ in 0..FREE {
            assert_eq!(back_off.charge("admin", START), Ok(()));
        }
        let mut now = 0;
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            assert_eq!(back_off.charge("admin", after(now)), Err(Duration::from_secs(expected)));
            now += expected;
            assert_eq!(back_off.charge("admin", after(now)), Ok(()), "after {expected} s");
        }
    }

    /// Does a right password, or an hour, forget what was before?
    #[test]
    fn success_and_time_forget() {
        let back_off = BackOff::default();
        let exhaust = |now| {
            for _ in 0..FREE {
                assert_eq!(back_off.charge("admin", now), Ok(()));
            }
            assert!(back_off.charge("admin", now).is_err());
        };
        exhaust(START);
        back_off.forget("admin");
        exhaust(START);
        exhaust(after(3601));
    }
}
