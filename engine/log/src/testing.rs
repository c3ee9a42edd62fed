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
    pub fn expire(&self, now: UnixMillis) -> u64 {
        reader::expire(&self.shared, now)
    }

    #[must_use]
    pub fn stats(&self) -> LogStats {
        stats(&self.shared)
    }
}
