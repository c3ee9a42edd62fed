//! What the threads of a run share: the clock, the stage, how many clients are ready.

use std::{
    sync::atomic::{AtomicU8, AtomicUsize, Ordering},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// The parts of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Clients sign in and subscribe; nothing is published.
    Connect,
    /// Load is on, nothing counts yet.
    WarmUp,
    /// Load is on and counted.
    Measure,
    /// Nothing new is sent; answers on the way are awaited.
    Drain,
    /// Leave, whatever is missing is lost.
    Stop,
}

impl Stage {
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Connect,
            1 => Self::WarmUp,
            2 => Self::Measure,
            3 => Self::Drain,
            _ => Self::Stop,
        }
    }

    /// May clients send?
    pub fn is_sending(self) -> bool {
        matches!(self, Self::WarmUp | Self::Measure)
    }
}

/// Nanoseconds since the run began, and the wall clock they belong to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    start_unix_ms: u64,
}

impl Clock {
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { start: Instant::now(), start_unix_ms: since_epoch.as_millis() as u64 }
    }

    /// Unit: nanoseconds since the start; lasts 584 years.
    #[inline]
    pub fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// The wall clock at a moment of this clock. Unit: UNIX milliseconds.
    #[inline]
    pub fn unix_ms(&self, now: u64) -> u64 {
        self.start_unix_ms + now / 1_000_000
    }
}

/// Written by the conductor of a run, read by its threads.
#[derive(Debug)]
pub(crate) struct Control {
    pub clock: Clock,
    stage: AtomicU8,
    ready: AtomicUsize,
}

impl Control {
    pub fn new() -> Self {
        Self { clock: Clock::start(), stage: AtomicU8::new(Stage::Connect as u8), ready: AtomicUsize::new(0) }
    }

    #[inline]
    pub fn stage(&self) -> Stage {
        Stage::from_number(self.stage.load(Ordering::Relaxed))
    }

    pub fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Clients of all threads that are signed in, or have failed to.
    pub fn ready(&self) -> usize {
        self.ready.load(Ordering::Relaxed)
    }

    pub fn add_ready(&self, count: usize) {
        if count > 0 {
            self.ready.fetch_add(count, Ordering::Relaxed);
        }
    }
}
