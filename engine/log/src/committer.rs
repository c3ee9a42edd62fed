//! The one thread that writes: takes what is queued, writes one block, syncs once, then answers.

use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use lianwu_model::UnixMillis;
use lianwu_ports::log::{Block, CommitError, Committed, Completion, Lsn};
use lianwu_ports::record::RecordBatch;

use crate::files::{File, write_all_at};
use crate::format::{BLOCKS_AT, HEADER_BYTES, SegmentHeader, align, block_length, encode_head};
use crate::keeper::{commit_error, discard};
use crate::names;
use crate::queue::Taken;
use crate::segment::Segment;
use crate::shared::Shared;
use crate::supply::{Prepared, Trim};

/// A clock set back by less than this lets commit times stand still instead of going back: small corrections are
/// routine, and each day change costs a segment.
const CLOCK_CORRECTION_MS_MAX: u64 = 3_600_000;

static ZERO_PAGE: [u8; BLOCKS_AT as usize] = [0; BLOCKS_AT as usize];

/// After so many failures in a row the log refuses until a segment could be prepared anew.
const FAILURES_MAX: u32 = 2;

/// The segment blocks are appended to.
#[derive(Debug)]
pub struct Active {
    pub segment: Arc<Segment>,
    pub file: Arc<dyn File>,
    /// Where the next block goes.
    pub at: u64,
    /// Blocks must end before; the file is written with zeros up to here.
    pub capacity: u64,
}

pub struct Committer {
    shared: Arc<Shared>,
    active: Option<Active>,
    /// The next record's number. Differs from `durable` by exactly one at all times.
    next: Lsn,
    last_time: UnixMillis,
    failures: u32,
    /// Files without records that another segment must replace before they may be removed.
    stray: Vec<String>,
    /// Reused from block to block.
    completions: Vec<Completion>,
    head: Vec<u8>,
}

impl Committer {
    pub fn new(shared: Arc<Shared>, active: Option<Active>, last_time: UnixMillis) -> Self {
        let next = shared.durable().next();
        Self {
            shared,
            active,
            next,
            last_time,
            failures: 0,
            stray: Vec::new(),
            completions: Vec::new(),
            head: Vec::new(),
        }
    }

    /// Works until the queue is closed and empty.
    pub fn run(mut self) {
        while self.turn(true) != Taken::Closed {}
    }

    /// Commits one block if anything is queued.
    pub fn turn(&mut self, sleep: bool) -> Taken {
        let mut batches = Vec::new();
        let mut completions = std::mem::take(&mut self.completions);
        let taken = self.shared.queue.take(&mut batches, &mut completions, sleep);
        if taken == Taken::Work {
            self.settle(batches, &mut completions);
        }
        self.completions = completions;
        taken
    }

    /// Writes the batches and calls every completion, emptying the list.
    fn settle(&mut self, mut batches: Vec<RecordBatch>, completions: &mut Vec<Completion>) {
        if batches.iter().any(RecordBatch::is_empty) {
            refuse_empty(&mut batches, completions);
        }
        if batches.is_empty() {
            return;
        }
        match self.write(&batches) {
            Ok((time, length)) => self.publish(batches, completions, time, length),
            Err(error) => {
                for completion in completions.drain(..) {
                    call(completion, Err(error.clone()));
                }
            }
        }
    }

    /// Puts one block on disk. Returns its commit time and length.
    fn write(&mut self, batches: &[RecordBatch]) -> Result<(UnixMillis, u64), CommitError> {
        let bytes = batches.iter().map(|batch| batch.as_bytes().len() as u64).sum();
        let length = block_length(batches.len(), bytes);
        let room = self.shared.options.segment_bytes - BLOCKS_AT;
        if length > room {
            return Err(CommitError::Failed(format!("a batch of {bytes} bytes does not fit into a log segment")));
        }
        let time = self.time();
        let mut active = self.segment_for(time, length)?;
        let segment = Arc::clone(&active.segment);
        let written = self.write_block(&active, time, batches);
        match written {
            Ok(()) => {
                let behind = align(active.at + length);
                segment.note(self.next, active.at, Lsn(self.next.0 + records_of(batches)), behind);
                active.at = behind;
                self.active = Some(active);
                self.failures = 0;
                self.last_time = time;
                Ok((time, length))
            }
            Err(error) => {
                let error = commit_error(&self.shared.files.describe(&segment.name), length, &error);
                self.active = Some(active);
                self.fail(&error);
                Err(error)
            }
        }
    }

    fn write_block(&mut self, active: &Active, time: UnixMillis, batches: &[RecordBatch]) -> io::Result<()> {
        let length = encode_head(&mut self.head, &active.segment.header, self.next, time, batches);
        let length = u64::from(length);
        let mut parts = Vec::with_capacity(2 + batches.len());
        parts.push(IoSlice::new(&self.head));
        parts.extend(batches.iter().map(|batch| IoSlice::new(batch.as_bytes())));
        // Whole pages, or the kernel would have to fetch the rest of the last one from disk. There are zeros anyway.
        let end = active.at + length;
        let page_end = end.next_multiple_of(BLOCKS_AT).min(active.capacity);
        let rest = usize::try_from(page_end.saturating_sub(end)).expect("less than a page");
        parts.push(IoSlice::new(&ZERO_PAGE[..rest]));
        write_all_at(&*active.file, &mut parts, active.at)?;
        let started = Instant::now();
        active.file.sync_data()?;
        self.shared.counters.synced(started.elapsed());
        Ok(())
    }

    fn time(&self) -> UnixMillis {
        let now = self.shared.clock.now();
        let ahead = self.last_time.0.saturating_sub(now.0);
        if ahead < CLOCK_CORRECTION_MS_MAX { self.last_time.max(now) } else { now }
    }

    /// Everything is on disk: lets readers have it, answers, wakes followers.
    fn publish(&mut self, batches: Vec<RecordBatch>, completions: &mut Vec<Completion>, time: UnixMillis, length: u64) {
        let records = records_of(&batches);
        let block = Arc::new(Block { first: self.next, time, batches });
        let bytes = block.bytes();
        self.next = Lsn(self.next.0 + records);
        self.shared.ring.push(Arc::clone(&block), bytes);
        self.shared.publish(block.last());
        let mut first = block.first;
        for (batch, completion) in block.batches.iter().zip(completions.drain(..)) {
            let next = Lsn(first.0 + u64::from(batch.len()));
            call(completion, Ok(Committed { first, last: Lsn(next.0 - 1), time }));
            first = next;
        }
        self.shared.wake();
        let counters = &self.shared.counters;
        counters.commits.fetch_add(1, Relaxed);
        counters.records.fetch_add(records, Relaxed);
        counters.bytes.fetch_add(length, Relaxed);
        self.shared.supply.set_free(self.active.as_ref().map_or(0, |active| active.capacity.saturating_sub(active.at)));
    }

    /// Takes the segment this block belongs into: the current one, or a new one when the day is over or it is full.
    fn segment_for(&mut self, time: UnixMillis, length: u64) -> Result<Active, CommitError> {
        let day = u32::try_from(time.day()).unwrap_or(u32::MAX);
        let fits = |active: &mut Active| active.segment.header.day == day && active.at + length <= active.capacity;
        if let Some(active) = self.active.take_if(fits) {
            return Ok(active);
        }
        // Only when there is a next segment is the current one given up: a smaller block may still fit there.
        let prepared = self.shared.supply.take()?;
        self.seal();
        match self.activate(&prepared, day) {
            Ok(active) => Ok(active),
            Err(error) => {
                let error = commit_error(&self.shared.files.describe(&prepared.name), prepared.capacity, &error);
                discard(&self.shared, &prepared.name);
                self.fail(&error);
                Err(error)
            }
        }
    }

    /// Nothing more is written to the current segment. What stands behind its last durable block never existed.
    fn seal(&mut self) {
        if let Some(active) = self.active.take()
            && active.at > BLOCKS_AT
        {
            self.shared.supply.trim(Trim { segment: active.segment, end: self.next });
        }
    }

    /// Puts a prepared file to use. A file has the name of a segment only when its header is on disk.
    fn activate(&mut self, prepared: &Prepared, day: u32) -> io::Result<Active> {
        let files = &self.shared.files;
        let header = SegmentHeader {
            number: prepared.number,
            // A segment without records is not part of the chain: this one takes its place.
            previous: self.shared.segments.last().map_or(0, |last| {
                if last.header.first == self.next { last.header.previous } else { last.header.number }
            }),
            first: self.next,
            mark: fresh_mark(prepared.number),
            day,
            retention_days: self.shared.options.retention_days,
            capacity: prepared.capacity,
        };
        let rest = &ZERO_PAGE[HEADER_BYTES..];
        write_all_at(&*prepared.file, &mut [IoSlice::new(&header.encode()), IoSlice::new(rest)], 0)?;
        prepared.file.sync_data()?;
        let name = names::of(&header);
        files.rename(&prepared.name, &name)?;
        if let Err(error) = files.sync_dir() {
            // It may be there after a restart or not: without blocks it does no harm, and it may stand in the place of
            // the last segment, so it must not be removed before another one is in its place.
            self.stray.push(name);
            return Err(error);
        }
        let segment = Arc::new(Segment::new(header, name, prepared.capacity));
        if let Some(replaced) = self.shared.segments.push(Arc::clone(&segment)) {
            self.stray.push(replaced.name.clone());
        }
        for stray in std::mem::take(&mut self.stray) {
            if stray != segment.name {
                discard(&self.shared, &stray);
            }
        }
        Ok(Active { segment, file: Arc::clone(&prepared.file), at: BLOCKS_AT, capacity: prepared.capacity })
    }

    /// After a failed write or sync nobody knows what is on disk and the page cache may claim what is not: the segment
    /// ends with the last durable block, the next block begins a new one.
    fn fail(&mut self, error: &CommitError) {
        tracing::error!(%error, "a block was not committed");
        self.shared.counters.failures.fetch_add(1, Relaxed);
        self.failures += 1;
        self.seal();
        self.shared.supply.set_free(0);
        if self.failures >= FAILURES_MAX
            && let Some(prepared) = self.shared.supply.give_up(error.clone())
        {
            discard(&self.shared, &prepared.name);
        }
    }
}

fn records_of(batches: &[RecordBatch]) -> u64 {
    batches.iter().map(|batch| u64::from(batch.len())).sum()
}

/// Random enough that nobody can write a block into a message: keys of the standard library's hash maps come from the
/// operating system. Never 0, which means "nothing written".
fn fresh_mark(number: u64) -> u64 {
    RandomState::new().hash_one(number) | 1
}

/// A batch without records has no numbers to be given; it is a mistake of the caller.
fn refuse_empty(batches: &mut Vec<RecordBatch>, completions: &mut Vec<Completion>) {
    for index in (0..batches.len()).rev() {
        if batches[index].is_empty() {
            batches.remove(index);
            call(completions.remove(index), Err(CommitError::Failed("the batch is empty".to_owned())));
        }
    }
}

/// A caller's mistake must not stop the log for everybody else.
fn call(completion: Completion, result: Result<Committed, CommitError>) {
    if catch_unwind(AssertUnwindSafe(|| completion(result))).is_err() {
        tracing::error!("a completion of the log panicked");
    }
}
