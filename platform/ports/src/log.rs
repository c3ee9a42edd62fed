//! The log: every device message and state change, once, in commit order.
//!
//! A batch is handed in, and its completion is called once, when the batch is durable or known to be lost. Followers
//! read what is durable and nothing beyond.

#[cfg(any(test, feature = "suites"))]
pub mod memory;
#[cfg(any(test, feature = "suites"))]
pub mod suite;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lianwu_model::UnixMillis;

use crate::record::{Record, RecordBatch, RecordError};

/// Log sequence number of one record. The first record is 1; 0 is "before everything".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Numbers the records of one batch received, `first..=last`, and when they were committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    pub first: Lsn,
    pub last: Lsn,
    pub time: UnixMillis,
}

/// Why a batch did not become durable. None of it was acknowledged; the caller answers with the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    #[error("storage is full: {0}")]
    Full(String),
    #[error("storage failed: {0}")]
    Failed(String),
    #[error("the platform is shutting down")]
    Closed,
}

/// Why a batch was not even taken. It is given back, with its completion, so that nothing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The bytes waiting for the disk are at their limit: stop reading sockets and come back.
    #[error("too much is waiting for the disk")]
    Busy,
    #[error("the log is closed")]
    Closed,
}

/// Called exactly once for each accepted batch, on the committer's thread: must be quick and must not block.
pub type Completion = Box<dyn FnOnce(Result<Committed, CommitError>) + Send>;

/// A batch that was not taken, and why.
pub struct Rejected {
    pub batch: RecordBatch,
    pub completion: Completion,
    pub reason: SubmitError,
}

impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejected({} records, {:?})", self.batch.len(), self.reason)
    }
}

/// Records that were committed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub first: Lsn,
    pub time: UnixMillis,
    /// In order; together they hold `first..=last()`. Never empty.
    pub batches: Vec<RecordBatch>,
}

impl Block {
    #[must_use]
    pub fn last(&self) -> Lsn {
        Lsn(self.first.0 + self.batches.iter().map(|b| u64::from(b.len())).sum::<u64>() - 1)
    }

    /// Every record with its number.
    pub fn records(&self) -> impl Iterator<Item = Result<(Lsn, Record<'_>), RecordError>> {
        let mut next = self.first;
        self.batches.iter().flat_map(RecordBatch::iter).map(move |record| {
            let lsn = next;
            next = next.next();
            record.map(|record| (lsn, record))
        })
    }

    /// Encoded size of the records, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.batches.iter().map(|b| b.as_bytes().len()).sum()
    }
}

/// Why history could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Retention took it: start again at `oldest` and say what was missed.
    #[error("records before {oldest:?} have expired")]
    Expired { oldest: Lsn },
    #[error("read the log: {0}")]
    Failed(String),
}

/// Where a time begins in the log, and what looking for it touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sought {
    /// First record of the first block committed at or after the time; `durable().next()` when there is none yet.
    pub first: Lsn,
    /// Segments of which a block was read.
    pub segments: u32,
    /// Blocks that were read.
    pub blocks: u32,
}

/// Can it take messages now?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogHealth {
    Accepting,
    /// New messages are refused with this text until space is back. Nothing is retried by the caller.
    Refusing(String),
}

/// Every device message and state change, once, in commit order.
pub trait Log: Send + Sync {
    /// Hands in a batch (not empty). Order is kept per calling thread.
    ///
    /// # Errors
    /// Gives batch and completion back when it cannot be queued.
    fn submit(&self, batch: RecordBatch, completion: Completion) -> Result<(), Rejected>;

    /// The last record that survives a power cut.
    fn durable(&self) -> Lsn;

    /// The first record still kept; `durable().next()` when there is none.
    fn oldest(&self) -> Lsn;

    /// Blocks from the one that holds `from`, in order and without gaps, up to about `bytes_max` but at least one.
    /// Empty when `from` is beyond [`Log::durable`].
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read(&self, from: Lsn, bytes_max: usize) -> Result<Vec<Arc<Block>>, ReadError>;

    /// Finds where a commit time begins, by bisection: the cost grows with the logarithm of what is kept.
    ///
    /// Commit times grow with the numbers, except where the machine's clock was set back by an hour or more: then one
    /// of the places where the times go past `time` is found.
    ///
    /// # Errors
    /// See [`ReadError`]; never `Expired`.
    fn seek(&self, time: UnixMillis) -> Result<Sought, ReadError>;

    /// Sleeps until `durable() > seen`, the log is closed, or the time is over; returns `durable()`.
    fn wait(&self, seen: Lsn, timeout: Duration) -> Lsn;

    /// Cheap enough to ask once per turn.
    fn health(&self) -> LogHealth;

    /// Removes, in whole days, what was committed more than so many days ago; the newest day stays. Returns how many
    /// bytes the disk got back.
    fn expire(&self, now: UnixMillis, kept_days: u32) -> u64;

    /// Commits what is queued, refuses the rest, wakes all waiters. Idempotent.
    fn close(&self);
}
