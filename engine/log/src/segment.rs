//! The segments of a log in memory: their headers, and where their blocks begin as far as that is known.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use lianwu_model::UnixMillis;
use lianwu_ports::log::Lsn;
use parking_lot::{Mutex, RwLock};

use crate::format::{BLOCKS_AT, SegmentHeader};

/// Distance of two entries of a segment's index: a read walks at most so far, and a full segment of 64 MiB costs 4 KiB
/// of memory.
const INDEX_BYTES: u64 = 256 << 10;

/// One segment file.
#[derive(Debug)]
pub struct Segment {
    pub header: SegmentHeader,
    pub name: String,
    /// Size of the file.
    pub bytes: AtomicU64,
    /// Commit time of its first block, once somebody asked.
    pub begun: OnceLock<UnixMillis>,
    index: Mutex<Index>,
}

/// Where some blocks begin, and how far the segment is known without gaps.
#[derive(Debug)]
struct Index {
    entries: Vec<(Lsn, u64)>,
    /// The block that begins here has not been seen yet.
    walked: (Lsn, u64),
}

impl Segment {
    pub fn new(header: SegmentHeader, name: String, bytes: u64) -> Self {
        let start = (header.first, BLOCKS_AT);
        let index = Index { entries: vec![start], walked: start };
        Self { header, name, bytes: AtomicU64::new(bytes), begun: OnceLock::new(), index: Mutex::new(index) }
    }

    /// Notes that the block at `offset` begins with `first` and the next one, at `behind`, with `next`.
    pub fn note(&self, first: Lsn, offset: u64, next: Lsn, behind: u64) {
        let mut index = self.index.lock();
        if index.walked.1 != offset {
            // Somebody else was here before.
            return;
        }
        if index.entries.last().is_none_or(|entry| entry.1 + INDEX_BYTES <= offset) {
            index.entries.push((first, offset));
        }
        index.walked = (next, behind);
    }

    /// How far it is known without gaps, unless nothing of it was seen yet; the segment in use is known to its end.
    pub fn known_end(&self) -> Option<u64> {
        Some(self.index.lock().walked.1).filter(|at| *at > BLOCKS_AT)
    }

    /// The nearest known start of a block at or before the one that holds `from`.
    pub fn nearest(&self, from: Lsn) -> (Lsn, u64) {
        let index = self.index.lock();
        if index.walked.0 <= from {
            return index.walked;
        }
        let behind = index.entries.partition_point(|entry| entry.0 <= from);
        index.entries.get(behind.saturating_sub(1)).copied().unwrap_or((self.header.first, BLOCKS_AT))
    }
}

/// All segments, oldest first. There is always one as soon as anything was committed: the last is never removed, since
/// it tells where the numbers go on.
#[derive(Debug, Default)]
pub struct Segments {
    list: RwLock<VecDeque<Arc<Segment>>>,
    /// First record of the first segment; 0 without segments.
    oldest: AtomicU64,
}

impl Segments {
    pub fn new(list: VecDeque<Arc<Segment>>) -> Self {
        let segments = Self { list: RwLock::new(list), oldest: AtomicU64::new(0) };
        segments.changed(&segments.list.read());
        segments
    }

    fn changed(&self, list: &VecDeque<Arc<Segment>>) {
        self.oldest.store(list.front().map_or(0, |segment| segment.header.first.0), Ordering::Release);
    }

    /// First record of the first segment; `None` without segments.
    pub fn oldest(&self) -> Option<Lsn> {
        Some(Lsn(self.oldest.load(Ordering::Acquire))).filter(|oldest| oldest.0 > 0)
    }

    pub fn last(&self) -> Option<Arc<Segment>> {
        self.list.read().back().cloned()
    }

    /// Appends a segment. One that begins with the same record never held a durable one and is taken out and returned.
    pub fn push(&self, segment: Arc<Segment>) -> Option<Arc<Segment>> {
        let mut list = self.list.write();
        let replaced = list.pop_back_if(|last| last.header.first == segment.header.first);
        list.push_back(segment);
        self.changed(&list);
        replaced
    }

    /// All of them, oldest first.
    pub fn all(&self) -> Vec<Arc<Segment>> {
        self.list.read().iter().cloned().collect()
    }

    /// The segment that holds `from` and the number behind its last record, which is `next` for the last segment.
    pub fn find(&self, from: Lsn, next: Lsn) -> Option<(Arc<Segment>, Lsn)> {
        let list = self.list.read();
        let behind = list.partition_point(|segment| segment.header.first <= from);
        let segment = list.get(behind.checked_sub(1)?)?;
        let end = list.get(behind).map_or(next, |after| after.header.first);
        Some((Arc::clone(segment), end))
    }

    /// Takes the first segment out if its commit day ended more than `days` days before `now`; never the last one.
    pub fn pop_expired(&self, now: UnixMillis, days: u64) -> Option<Arc<Segment>> {
        let mut list = self.list.write();
        if list.len() < 2 {
            return None;
        }
        // A clock that ran ahead may have left days from the future; such a segment counts as old as the next one
        // with a believable day, else it would hold up expiry until that day.
        let today = now.day();
        let day = list.iter().map(|segment| u64::from(segment.header.day)).find(|day| *day <= today)?;
        let ended = (day + 1).saturating_mul(UnixMillis::DAY_MS);
        if now.0 <= ended.saturating_add(days.saturating_mul(UnixMillis::DAY_MS)) {
            return None;
        }
        let first = list.pop_front();
        self.changed(&list);
        first
    }

    /// Puts a segment back that could not be removed.
    pub fn restore(&self, segment: Arc<Segment>) {
        let mut list = self.list.write();
        list.push_front(segment);
        self.changed(&list);
    }

    /// Number of segments and bytes of their files.
    pub fn size(&self) -> (u64, u64) {
        let list = self.list.read();
        (list.len() as u64, list.iter().map(|segment| segment.bytes.load(Ordering::Relaxed)).sum())
    }
}
