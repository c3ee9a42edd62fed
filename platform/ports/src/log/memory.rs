//! The log in memory: for tests of everything that uses one.
//!
//! By default a batch is durable, and its completion called, before `submit` returns, on the caller's thread. With
//! [`MemoryLog::hold`] batches wait until [`MemoryLog::commit`], so that a test decides the moment, or lets it fail.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lianwu_model::UnixMillis;

use super::{Block, CommitError, Committed, Completion, Log, LogHealth, Lsn, ReadError, Rejected, Sought, SubmitError};
use crate::clock::Clock;
use crate::record::RecordBatch;

/// See the module.
pub struct MemoryLog {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    progressed: Condvar,
}

#[derive(Default)]
struct State {
    blocks: VecDeque<Arc<Block>>,
    durable: Lsn,
    queue: VecDeque<(RecordBatch, Completion)>,
    queue_batches_max: Option<usize>,
    held: bool,
    /// Somebody calls completions; who comes meanwhile leaves the work to them, so order is kept.
    committing: bool,
    failure: Option<CommitError>,
    refusing: Option<String>,
    closed: bool,
}

impl fmt::Debug for MemoryLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryLog({}..={})", self.oldest().0, self.durable().0)
    }
}

impl MemoryLog {
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), progressed: Condvar::new() }
    }

    /// From now on batches wait for [`MemoryLog::commit`].
    pub fn hold(&self) {
        self.state().held = true;
    }

    /// Commits everything that waits, one block each.
    pub fn commit(&self) {
        self.work(true);
    }

    /// Commits everything that waits; from now on batches do not wait any more.
    pub fn release(&self) {
        self.state().held = false;
        self.work(true);
    }

    /// At most so many batches wait; more are refused as busy.
    pub fn limit_queue(&self, batches: usize) {
        self.state().queue_batches_max = Some(batches);
    }

    /// Every batch fails like this; with `None` they are committed again.
    pub fn fail(&self, error: Option<CommitError>) {
        self.state().failure = error;
    }

    /// What [`Log::health`] says; `None` is accepting.
    pub fn refuse(&self, text: Option<&str>) {
        self.state().refusing = text.map(str::to_owned);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panicking completion was called without the lock; the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Settles what is queued, calling completions without holding the lock.
    fn work(&self, also_held: bool) {
        let mut state = self.state();
        if state.committing || (state.held && !also_held) {
            return;
        }
        state.committing = true;
        while let Some((batch, completion)) = state.queue.pop_front() {
            let result = state.settle(batch, self.clock.now());
            drop(state);
            self.progressed.notify_all();
            completion(result);
            state = self.state();
        }
        state.committing = false;
    }
}

impl State {
    fn settle(&mut self, batch: RecordBatch, time: UnixMillis) -> Result<Committed, CommitError> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        if batch.is_empty() {
            return Err(CommitError::Failed("the batch is empty".to_owned()));
        }
        let block = Block { first: self.durable.next(), time, batches: vec![batch] };
        let committed = Committed { first: block.first, last: block.last(), time };
        self.durable = committed.last;
        self.blocks.push_back(Arc::new(block));
        Ok(committed)
    }

    fn oldest(&self) -> Lsn {
        self.blocks.front().map_or_else(|| self.durable.next(), |block| block.first)
    }
}

impl Log for MemoryLog {
    fn submit(&self, batch: RecordBatch, completion: Completion) -> Result<(), Rejected> {
        let mut state = self.state();
        let reason = if state.closed {
            Some(SubmitError::Closed)
        } else if state.queue_batches_max.is_some_and(|max| state.queue.len() >= max) {
            Some(SubmitError::Busy)
        } else {
            None
        };
        if let Some(reason) = reason {
            return Err(Rejected { batch, completion, reason });
        }
        state.queue.push_back((batch, completion));
        drop(state);
        self.work(false);
        Ok(())
    }

    fn durable(&self) -> Lsn {
        self.state().durable
    }

    fn oldest(&self) -> Lsn {
        self.state().oldest()
    }

    fn read(&self, from: Lsn, bytes_max: usize) -> Result<Vec<Arc<Block>>, ReadError> {
        let state = self.state();
        let from = from.max(Lsn(1));
        let oldest = state.oldest();
        if from > state.durable {
            return Ok(Vec::new());
        }
        if from < oldest {
            return Err(ReadError::Expired { oldest });
        }
        let mut found: Vec<Arc<Block>> = Vec::new();
        let mut bytes = 0;
        for block in state.blocks.iter().skip(state.blocks.partition_point(|block| block.last() < from)) {
            if !found.is_empty() && bytes + block.bytes() > bytes_max {
                break;
            }
            bytes += block.bytes();
            found.push(Arc::clone(block));
        }
        Ok(found)
    }

    fn seek(&self, time: UnixMillis) -> Result<Sought, ReadError> {
        let state = self.state();
        let mut looked_at = 0;
        let behind = state.blocks.partition_point(|block| {
            looked_at += 1;
            block.time < time
        });
        let first = state.blocks.get(behind).map_or_else(|| state.durable.next(), |block| block.first);
        Ok(Sought { first, segments: 0, blocks: looked_at })
    }

    fn wait(&self, seen: Lsn, timeout: Duration) -> Lsn {
        let waiting = |state: &mut State| state.durable <= seen && !state.closed;
        let waited = self.progressed.wait_timeout_while(self.state(), timeout, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.durable
    }

    fn health(&self) -> LogHealth {
        self.state().refusing.clone().map_or(LogHealth::Accepting, LogHealth::Refusing)
    }

    fn expire(&self, now: UnixMillis, kept_days: u32) -> u64 {
        let mut state = self.state();
        let mut freed = 0;
        // As in files, the newest day stays.
        while let (Some(first), Some(last)) = (state.blocks.front(), state.blocks.back()) {
            let kept_until = (first.time.day() + 1 + u64::from(kept_days)).saturating_mul(UnixMillis::DAY_MS);
            if first.time.day() == last.time.day() || now.0 <= kept_until {
                break;
            }
            freed += first.bytes() as u64;
            state.blocks.pop_front();
        }
        freed
    }

    fn close(&self) {
        self.state().closed = true;
        self.work(true);
        self.progressed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::log::suite;

    #[test]
    fn the_twin_in_memory_behaves_as_a_log() {
        suite::run(&|clock| Arc::new(MemoryLog::new(clock)));
    }

    #[test]
    fn held_batches_wait_and_can_fail() {
        let log = MemoryLog::new(Arc::new(ManualClock::at(UnixMillis(1))));
        log.hold();
        log.limit_queue(1);
        let outcomes = suite::Outcomes::default();
        assert!(outcomes.submit(&log, suite::batch(&["a"])).is_ok());
        assert_eq!(log.durable(), Lsn(0));
        assert_eq!(outcomes.submit(&log, suite::batch(&["b"])).unwrap_err(), SubmitError::Busy);
        log.fail(Some(CommitError::Full("no space".to_owned())));
        log.refuse(Some("no space"));
        log.commit();
        assert_eq!(outcomes.take(), [Err(CommitError::Full("no space".to_owned()))]);
        assert_eq!(log.health(), LogHealth::Refusing("no space".to_owned()));
        log.fail(None);
        assert!(outcomes.submit(&log, suite::batch(&["c"])).is_ok());
        log.commit();
        assert_eq!(log.durable(), Lsn(1));
    }
}
