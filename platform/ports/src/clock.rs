//! Wall-clock time as a port: the product never asks the machine.

use lianwu_model::UnixMillis;

pub trait Clock: Send + Sync {
    fn now(&self) -> UnixMillis;
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock(std::sync::atomic::AtomicU64);

impl ManualClock {
    #[must_use]
    pub fn at(now: UnixMillis) -> Self {
        Self(now.0.into())
    }

    pub fn set(&self, now: UnixMillis) {
        self.0.store(now.0, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}
