//! A log whose two threads are turned by hand: every run with one seed does the same.

use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_ports::clock::Clock;
use lianwu_ports::log::{Block, Completion, LogHealth, Lsn, ReadError, Rejected};
use lianwu_ports::record::RecordBatch;

use crate::committer::Committer;
use crate::files::Files;
use crate::keeper;
use crate::log::{assemble, stats};
use crate::options::{LogOptions, OpenError};
use crate::queue::Taken;
use crate::reader;
use crate::shared::Shared;
use crate::stats::LogStats;

/// The log without threads. Dropping it is `kill -9`.
pub struct SteppedLog {
    shared: Arc<Shared>,
    committer: Committer,
}

impl std::fmt::Debug for SteppedLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SteppedLog({}..={})", self.oldest().0, self.durable().0)
    }
}

impl SteppedLog {
    /// # Errors
    /// See [`OpenError`].
    pub fn open(files: Arc<dyn Files>, options: LogOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let (shared, committer) = assemble(files, options, clock)?;
        Ok(Self { shared, committer })
    }

    /// Lets the keeper do everything it would do without waiting; how many things that were.
    pub fn keep(&self) -> usize {
        std::iter::repeat_with(|| keeper::turn(&self.shared)).take_while(|did| *did).count()
    }

    /// What the keeper does when its retry delay is over.
    pub fn retry(&self) -> usize {
        self.shared.supply.retry();
        self.keep()
    }

    /// Commits one block; `false` when nothing is queued. The next segment is prepared before, since nobody would
    /// prepare it while this waits.
    pub fn commit(&mut self) -> bool {
        self.keep();
        self.committer.turn(false) == Taken::Work
    }

    /// # Errors
    /// See [`lianwu_ports::log::Log::submit`].
    pub fn submit(&self, batch: RecordBatch, completion: Completion) -> Result<(), Rejected> {
        self.shared.queue.submit(batch, completion)
    }

    #[must_use]
    pub fn durable(&self) -> Lsn {
        self.shared.durable()
    }

    #[must_use]
    pub fn oldest(&self) -> Lsn {
        self.shared.oldest()
    }

    /// # Errors
    /// See [`lianwu_ports::log::Log::read`].
    pub fn read(&self, from: Lsn, bytes_max: usize) -> Result<Vec<Arc<Block>>, ReadError> {
        reader::read(&self.shared, from, bytes_max)
    }

    #[must_use]
    pub fn health(&self) -> LogHealth {
        self.shared.supply.health()
    }

    #[must_use]
    pub fn expire(&self, now: UnixMillis, kept_days: u32) -> u64 {
        reader::expire(&self.shared, now, kept_days)
    }

    #[must_use]
    pub fn stats(&self) -> LogStats {
        stats(&self.shared)
    }
}

/// Numbers that look random and are the same for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits (the generator known as splitmix64).
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// `0..limit`; 0 when the limit is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.draw().checked_rem(limit).unwrap_or(0)
    }

    /// True once in `times` on average.
    pub fn chance(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
