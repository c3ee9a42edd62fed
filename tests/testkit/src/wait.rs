//! Conditions with deadlines, failures with reasons, skips that are seen.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a condition may take before a test fails; generous, because tests share the machine.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(10);

/// Fails the test.
#[track_caller]
#[expect(clippy::panic, reason = "this crate serves tests only, and a panic is how they fail")]
pub fn fail(why: impl AsRef<str>) -> ! {
    panic!("{}", why.as_ref())
}

/// Looks until there is something, at most `deadline` long; `what` completes "timed out waiting for".
#[track_caller]
pub fn wait_for<T>(what: &str, deadline: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(found) = look() {
            return found;
        }
        if Instant::now() >= end {
            fail(format!("timed out after {deadline:?} waiting for {what}"));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Says on standard error that a test did not run, and why: never silently.
pub fn skip(test: &str, why: &str) {
    eprintln!("SKIPPED {test}: {why}");
}

/// The machine's clock, UNIX milliseconds.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
