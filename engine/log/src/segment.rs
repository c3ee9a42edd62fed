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
    /// In order. Those behind `walked` were found by searches and have gaps between them.
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
        if offset < index.walked.1 {
            // Somebody else was here before.
            return;
        }
        let at = index.entries.partition_point(|entry| entry.1 <= offset);
        if at.checked_sub(1).is_none_or(|before| index.entries[before].1 + INDEX_BYTES <= offset) {
            // Entries never stand closer, whatever the searches: else they would cost memory without end.
            match index.entries.get_mut(at).filter(|behind| behind.1 < offset + INDEX_BYTES) {
                Some(behind) => *behind = (first, offset),
                None => index.entries.insert(at, (first, offset)),
            }
        }
        if index.walked.1 == offset {
            index.walked = (next, behind);
        }
    }

    /// How far it is known without gaps, unless nothing of it was seen yet; the segment in use is known to its end.
    pub fn known_end(&self) -> Option<u64> {
        Some(self.index.lock().walked.1).filter(|at| *at > BLOCKS_AT)
    }

    /// The nearest known start of a block at or before the one that holds `from`.
    pub fn nearest(&self, from: Lsn) -> (Lsn, u64) {
        let index = self.index.lock();
        let behind = index.entries.partition_point(|entry| entry.0 <= from);
        let known = index.entries.get(behind.saturating_sub(1)).copied().unwrap_or((self.header.first, BLOCKS_AT));
        if index.walked.0 <= from { known.max(index.walked) } else { known }
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

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: u64 = INDEX_BYTES / 4;

    fn segment() -> Segment {
        let header = SegmentHeader {
            number: 2,
            previous: 1,
            first: Lsn(100),
            mark: 7,
            day: 20_780,
            retention_days: 3,
            capacity: 64 << 20,
        };
        Segment::new(header, "segment".to_owned(), 64 << 20)
    }

    /// Notes blocks of ten records by their number in the segment.
    fn note(segment: &Segment, blocks: std::ops::Range<u64>) {
        for block in blocks {
            let (first, offset) = place(block);
            let (next, behind) = place(block + 1);
            segment.note(first, offset, next, behind);
        }
    }

    fn place(block: u64) -> (Lsn, u64) {
        (Lsn(100 + block * 10), BLOCKS_AT + block * STEP)
    }

    /// Is what was walked in one piece known to its end, with entries a read's length apart?
    #[test]
    fn a_walk_is_known_to_its_end() {
        let segment = segment();
        assert_eq!(segment.nearest(Lsn(500)), place(0));
        note(&segment, 0..10);
        assert_eq!(segment.nearest(Lsn(500)), place(10));
        assert_eq!(segment.nearest(Lsn(179)), place(4));
        assert_eq!(segment.nearest(Lsn(105)), place(0));
        assert_eq!(segment.known_end(), Some(place(10).1));
    }

    /// Is a place a search found used by reads behind it, and only by them, before and after the walk gets there?
    #[test]
    fn a_found_place_is_a_place_to_begin() {
        let segment = segment();
        note(&segment, 40..60);
        assert_eq!(segment.known_end(), None, "nothing is known without gaps");
        assert_eq!(segment.nearest(Lsn(499)), place(0));
        assert_eq!(segment.nearest(place(43).0), place(40));
        assert_eq!(segment.nearest(place(99).0), place(56));
        note(&segment, 0..41);
        assert_eq!(segment.nearest(place(39).0), place(36));
        assert_eq!(segment.nearest(place(41).0), place(41));
        assert_eq!(segment.nearest(place(99).0), place(56));
        note(&segment, 41..60);
        assert_eq!(segment.nearest(place(99).0), place(60));
    }

    /// Do entries keep their distance when searches come from behind?
    #[test]
    fn searches_do_not_crowd_the_index() {
        let segment = segment();
        for block in (1..200).rev() {
            note(&segment, block..block + 1);
        }
        let entries = segment.index.lock().entries.clone();
        assert!(entries.windows(2).all(|pair| pair[0].1 + INDEX_BYTES <= pair[1].1), "{entries:?}");
    }
}
