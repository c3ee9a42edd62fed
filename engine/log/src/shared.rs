//! What the committer, the keeper, followers and workers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lianwu_ports::clock::Clock;
use lianwu_ports::log::Lsn;
use parking_lot::{Condvar, Mutex};

use crate::files::Files;
use crate::format::BLOCKS_AT;
use crate::options::LogOptions;
use crate::queue::Queue;
use crate::ring::Ring;
use crate::segment::Segments;
use crate::stats::Counters;
use crate::supply::Supply;

pub struct Shared {
    pub options: LogOptions,
    pub files: Arc<dyn Files>,
    pub clock: Arc<dyn Clock>,
    pub queue: Queue,
    pub ring: Ring,
    pub segments: Segments,
    pub supply: Supply,
    pub counters: Counters,
    durable: AtomicU64,
    closed: AtomicBool,
    /// Held while the two above change, so that no waiter misses it.
    progress: Mutex<()>,
    progressed: Condvar,
    /// Held by one expiry at a time. True when a removal may not be lasting yet.
    pub expiring: Mutex<bool>,
}

impl Shared {
    pub fn new(
        options: LogOptions,
        files: Arc<dyn Files>,
        clock: Arc<dyn Clock>,
        segments: Segments,
        supply: Supply,
        durable: Lsn,
    ) -> Self {
        Self {
            queue: Queue::new(options.queue_bytes_max, options.segment_bytes - BLOCKS_AT),
            ring: Ring::new(options.ring_bytes_max),
            options,
            files,
            clock,
            segments,
            supply,
            counters: Counters::default(),
            durable: AtomicU64::new(durable.0),
            closed: AtomicBool::new(false),
            progress: Mutex::new(()),
            progressed: Condvar::new(),
            expiring: Mutex::new(false),
        }
    }

    pub fn durable(&self) -> Lsn {
        Lsn(self.durable.load(Ordering::Acquire))
    }

    pub fn oldest(&self) -> Lsn {
        self.segments.oldest().unwrap_or_else(|| self.durable().next())
    }

    /// Everything up to `last` can be read from now on; waiters are woken by [`Shared::wake`].
    pub fn publish(&self, last: Lsn) {
        self.durable.store(last.0, Ordering::Release);
    }

    pub fn wake(&self) {
        drop(self.progress.lock());
        self.progressed.notify_all();
    }

    pub fn mark_closed(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake();
    }

    pub fn wait(&self, seen: Lsn, timeout: Duration) -> Lsn {
        let deadline = Instant::now().checked_add(timeout);
        let mut progress = self.progress.lock();
        loop {
            let durable = self.durable();
            if durable > seen || self.closed.load(Ordering::Acquire) {
                return durable;
            }
            match deadline {
                Some(deadline) => {
                    if self.progressed.wait_until(&mut progress, deadline).timed_out() {
                        return self.durable();
                    }
                }
                None => self.progressed.wait(&mut progress),
            }
        }
    }
}
