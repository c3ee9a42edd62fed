//! Counters for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper limits of the classes of sync times, in microseconds; times above the last are in one more class.
pub const SYNC_BUCKETS: [u64; 19] = [
    50, 75, 100, 150, 200, 300, 400, 600, 800, 1_200, 1_600, 2_400, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400,
    1_000_000,
];

/// What the log did since it was opened, and how it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogStats {
    pub commits: u64,
    pub records: u64,
    /// Bytes written for blocks, heads included.
    pub bytes: u64,
    /// Blocks that could not be written or synced.
    pub failures: u64,
    pub sync_micros_sum: u64,
    pub sync_micros_max: u64,
    /// Syncs per class of [`SYNC_BUCKETS`], not cumulative.
    pub syncs: [u64; SYNC_BUCKETS.len() + 1],
    /// Record bytes waiting for the disk now.
    pub queue_bytes: u64,
    /// Record bytes in memory for followers now.
    pub ring_bytes: u64,
    /// Segment files now, the prepared one not counted.
    pub segments: u64,
    /// Bytes of these files.
    pub segment_bytes: u64,
}

impl LogStats {
    /// Upper limit of the class that holds the given share of all syncs, in microseconds; `None` without syncs.
    /// `share` is 0 to 100.
    #[must_use]
    pub fn sync_micros_percentile(&self, share: u64) -> Option<u64> {
        let wanted = (self.syncs.iter().sum::<u64>() * share).div_ceil(100).max(1);
        let mut seen = 0;
        for (count, limit) in self.syncs.iter().zip(SYNC_BUCKETS.iter().copied().chain([self.sync_micros_max])) {
            seen += count;
            if seen >= wanted {
                return Some(limit);
            }
        }
        None
    }
}

/// Written by the committer alone, read by anyone.
#[derive(Debug, Default)]
pub struct Counters {
    pub commits: AtomicU64,
    pub records: AtomicU64,
    pub bytes: AtomicU64,
    pub failures: AtomicU64,
    sync_micros_sum: AtomicU64,
    sync_micros_max: AtomicU64,
    syncs: [AtomicU64; SYNC_BUCKETS.len() + 1],
}

impl Counters {
    pub fn synced(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sync_micros_sum.fetch_add(micros, Relaxed);
        self.sync_micros_max.fetch_max(micros, Relaxed);
        self.syncs[SYNC_BUCKETS.partition_point(|limit| *limit < micros)].fetch_add(1, Relaxed);
    }

    pub fn snapshot(&self) -> LogStats {
        LogStats {
            commits: self.commits.load(Relaxed),
            records: self.records.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            failures: self.failures.load(Relaxed),
            sync_micros_sum: self.sync_micros_sum.load(Relaxed),
            sync_micros_max: self.sync_micros_max.load(Relaxed),
            syncs: std::array::from_fn(|class| self.syncs[class].load(Relaxed)),
            ..LogStats::default()
        }
    }
}
