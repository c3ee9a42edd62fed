//! The log as everybody else sees it.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::clock::Clock;
use lianwu_ports::log::{Block, Completion, Log, LogHealth, Lsn, ReadError, Rejected, Sought};
use lianwu_ports::record::RecordBatch;
use parking_lot::Mutex;

use crate::committer::Committer;
use crate::files::Files;
use crate::files::disk::DiskFiles;
use crate::keeper;
use crate::options::{LogOptions, OpenError};
use crate::reader;
use crate::recovery::{Recovered, recover};
use crate::seek;
use crate::shared::Shared;
use crate::stats::LogStats;
use crate::supply::Supply;

/// The segment log. Closes itself when dropped.
pub struct SegmentLog {
    shared: Arc<Shared>,
    threads: Mutex<Option<Threads>>,
    committer: ThreadId,
}

struct Threads {
    committer: JoinHandle<()>,
    keeper: JoinHandle<()>,
}

impl fmt::Debug for SegmentLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentLog({}..={})", self.oldest().0, self.durable().0)
    }
}

impl SegmentLog {
    /// Opens the log in a directory, or begins one. A full disk is no error: the log opens refusing.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(options: LogOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let files = DiskFiles::open(&options.directory).map_err(|source| {
            let path = options.directory.display().to_string();
            match source.kind() {
                ErrorKind::ResourceBusy => OpenError::InUse(path),
                _ => OpenError::Io { path, source },
            }
        })?;
        Self::open_on(Arc::new(files), options, clock)
    }

    /// Opens the log on given files; `options.directory` is not used.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_on(files: Arc<dyn Files>, options: LogOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let (shared, committer) = assemble(files, options, clock)?;
        let spawn_error = |source: io::Error| OpenError::Io { path: "start a thread of the log".to_owned(), source };
        let kept = Arc::clone(&shared);
        let keeper = thread::Builder::new()
            .name("log-keeper".to_owned())
            .spawn(move || keeper::run(&kept))
            .map_err(spawn_error)?;
        let closing = Arc::clone(&shared);
        let committer = thread::Builder::new().name("log-committer".to_owned()).spawn(move || {
            committer.run();
            finish(&closing);
        });
        let committer = match committer {
            Ok(committer) => committer,
            Err(error) => {
                finish(&shared);
                return Err(spawn_error(error));
            }
        };
        let id = committer.thread().id();
        Ok(Self { shared, threads: Mutex::new(Some(Threads { committer, keeper })), committer: id })
    }

    /// Counters since it was opened, and present sizes. Cheap enough for a scrape every second.
    #[must_use]
    pub fn stats(&self) -> LogStats {
        stats(&self.shared)
    }

    /// Tries at once whether there is space again, instead of after [`LogOptions::retry_delay`]. Does not wait for the
    /// outcome.
    pub fn retry_space(&self) {
        self.shared.supply.retry();
    }
}

/// Recovers the log and puts its parts together, without threads.
pub(crate) fn assemble(
    files: Arc<dyn Files>,
    options: LogOptions,
    clock: Arc<dyn Clock>,
) -> Result<(Arc<Shared>, Committer), OpenError> {
    options.check()?;
    let Recovered { segments, active, durable, last_time, next_number, trims } = recover(&files)?;
    let free = active.as_ref().map_or(0, |active| active.capacity.saturating_sub(active.at));
    let reserve = options.reserve_bytes();
    let supply = Supply::new(next_number, free, reserve, trims);
    let shared = Arc::new(Shared::new(options, files, clock, segments, supply, durable));
    if free < reserve {
        // The first commit, and the first question for health, should not have to wait for the keeper.
        keeper::turn(&shared);
    }
    let committer = Committer::new(Arc::clone(&shared), active, last_time);
    Ok((shared, committer))
}

pub(crate) fn stats(shared: &Shared) -> LogStats {
    let (segments, segment_bytes) = shared.segments.size();
    LogStats {
        queue_bytes: shared.queue.bytes() as u64,
        ring_bytes: shared.ring.bytes() as u64,
        segments,
        segment_bytes,
        ..shared.counters.snapshot()
    }
}

impl Log for SegmentLog {
    fn submit(&self, batch: RecordBatch, completion: Completion) -> Result<(), Rejected> {
        self.shared.queue.submit(batch, completion)
    }

    fn durable(&self) -> Lsn {
        self.shared.durable()
    }

    fn oldest(&self) -> Lsn {
        self.shared.oldest()
    }

    fn read(&self, from: Lsn, bytes_max: usize) -> Result<Vec<Arc<Block>>, ReadError> {
        reader::read(&self.shared, from, bytes_max)
    }

    fn seek(&self, time: UnixMillis) -> Result<Sought, ReadError> {
        seek::seek(&self.shared, time)
    }

    fn wait(&self, seen: Lsn, timeout: Duration) -> Lsn {
        self.shared.wait(seen, timeout)
    }

    fn health(&self) -> LogHealth {
        self.shared.supply.health()
    }

    fn expire(&self, now: UnixMillis, kept_days: u32) -> u64 {
        reader::expire(&self.shared, now, kept_days)
    }

    fn close(&self) {
        self.shared.queue.close();
        if thread::current().id() == self.committer {
            // Called by a completion: the committer ends after this block, and then the keeper; nobody can join them from here.
            return;
        }
        // Held while joining, so that every caller returns to a closed log.
        let mut threads = self.threads.lock();
        let Some(Threads { committer, keeper }) = threads.take() else { return };
        if committer.join().is_err() {
            tracing::error!("the committer of the log had died");
        }
        finish(&self.shared);
        if keeper.join().is_err() {
            tracing::error!("the keeper of the log had died");
        }
    }
}

/// Nothing will be committed any more: ends the keeper and wakes all waiters. Idempotent.
fn finish(shared: &Shared) {
    if let Some(prepared) = shared.supply.stop() {
        keeper::discard(shared, &prepared.name);
    }
    shared.mark_closed();
}

impl Drop for SegmentLog {
    fn drop(&mut self) {
        self.close();
    }
}
