//! What workers have handed in and the committer has not taken yet. Bounded in bytes.

use std::collections::VecDeque;

use lianwu_ports::log::{Completion, Rejected, SubmitError};
use lianwu_ports::record::RecordBatch;
use parking_lot::{Condvar, Mutex};

use crate::format::block_length;

/// A block takes at most this many records ...
const BLOCK_RECORDS_MAX: u32 = 4096;
/// ... and at most this many bytes, unless its first batch alone is longer.
const BLOCK_BYTES_MAX: u64 = 1 << 20;

/// One accepted batch.
pub struct Pending {
    pub batch: RecordBatch,
    pub completion: Completion,
}

#[derive(Default)]
struct Waiting {
    pending: VecDeque<Pending>,
    /// Bytes of `pending` and of what the committer has taken but not settled.
    bytes: usize,
    taken_bytes: usize,
    closed: bool,
}

pub struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    bytes_max: usize,
    block_bytes_max: u64,
}

/// What the committer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Work,
    Nothing,
    /// Nothing, and nothing will come.
    Closed,
}

impl Queue {
    /// `segment_room` is the longest block a segment can hold.
    pub fn new(bytes_max: usize, segment_room: u64) -> Self {
        let block_bytes_max = BLOCK_BYTES_MAX.min(segment_room);
        Self { waiting: Mutex::default(), arrived: Condvar::new(), bytes_max, block_bytes_max }
    }

    pub fn submit(&self, batch: RecordBatch, completion: Completion) -> Result<(), Rejected> {
        let bytes = batch.as_bytes().len();
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Err(Rejected { batch, completion, reason: SubmitError::Closed });
        }
        if waiting.bytes > 0 && waiting.bytes.saturating_add(bytes) > self.bytes_max {
            return Err(Rejected { batch, completion, reason: SubmitError::Busy });
        }
        waiting.bytes += bytes;
        waiting.pending.push_back(Pending { batch, completion });
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Moves the batches of the next block to `batches` and `completions` (both empty). What was taken before counts
    /// as settled. Sleeps for work if told to.
    pub fn take(&self, batches: &mut Vec<RecordBatch>, completions: &mut Vec<Completion>, sleep: bool) -> Taken {
        let mut waiting = self.waiting.lock();
        waiting.bytes -= std::mem::take(&mut waiting.taken_bytes);
        while waiting.pending.is_empty() {
            if waiting.closed {
                return Taken::Closed;
            }
            if !sleep {
                return Taken::Nothing;
            }
            self.arrived.wait(&mut waiting);
        }
        let (mut records, mut bytes) = (0_u32, 0);
        while let Some(next) = waiting.pending.front() {
            let with_next = bytes + next.batch.as_bytes().len();
            let full = records.saturating_add(next.batch.len()) > BLOCK_RECORDS_MAX
                || block_length(batches.len() + 1, with_next as u64) > self.block_bytes_max;
            if full && !batches.is_empty() {
                break;
            }
            records = records.saturating_add(next.batch.len());
            bytes = with_next;
            if let Some(Pending { batch, completion }) = waiting.pending.pop_front() {
                batches.push(batch);
                completions.push(completion);
            }
        }
        waiting.taken_bytes = bytes;
        Taken::Work
    }

    /// Nothing is accepted any more; what is queued will still be taken.
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.arrived.notify_all();
    }

    pub fn bytes(&self) -> usize {
        self.waiting.lock().bytes
    }
}
