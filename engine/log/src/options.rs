//! How a log is opened, and why it could not be.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use lianwu_ports::log::Lsn;

use crate::format::{BLOCKS_AT, HeaderError};

/// Settings of a log. `LogOptions::new(directory)` gives the defaults.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The log's own directory, made if missing; usually `DATA/log`.
    pub directory: PathBuf,
    /// Size a segment is prepared with: 16 KiB to 2 GiB in steps of 4 KiB, default 64 MiB. One block never spans segments, so a batch
    /// must fit as well. Segments that exist keep their size.
    pub segment_bytes: u64,
    /// Bytes of records that may wait for the disk, the block being written included; default 64 MiB. One batch is
    /// taken in any case.
    pub queue_bytes_max: usize,
    /// Bytes of the newest records kept in memory for followers; default 8 MiB, 0 keeps none.
    pub ring_bytes_max: usize,
    /// Retention class that is written into headers and names of new segments; default 3 days, at least 1. How long
    /// they are really kept is said with each [`Log::expire`](lianwu_ports::log::Log::expire).
    pub retention_days: u16,
    /// How long to wait before space is asked for again after it was refused; default 1 s.
    pub retry_delay: Duration,
}

impl LogOptions {
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            segment_bytes: 64 << 20,
            queue_bytes_max: 64 << 20,
            ring_bytes_max: 8 << 20,
            retention_days: 3,
            retry_delay: Duration::from_secs(1),
        }
    }

    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if !(BLOCKS_AT * 4..=2 << 30).contains(&self.segment_bytes) {
            return Err(OpenError::Options("segment size must be 16 KiB to 2 GiB"));
        }
        if !self.segment_bytes.is_multiple_of(BLOCKS_AT) {
            return Err(OpenError::Options("segment size must be a multiple of 4 KiB"));
        }
        if self.retention_days == 0 {
            return Err(OpenError::Options("retention must be at least one day"));
        }
        Ok(())
    }

    /// Space left in a segment below which new messages are refused while no next segment can be had: what is already
    /// on its way still fits.
    pub(crate) fn reserve_bytes(&self) -> u64 {
        (self.segment_bytes / 16).min(2 << 20)
    }
}

/// Why a log cannot be opened. Nothing was changed on disk.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("log options: {0}")]
    Options(&'static str),
    #[error("{0} is in use by another process")]
    InUse(String),
    #[error("{path}: {source}")]
    Io { path: String, source: io::Error },
    #[error("{path}: {source}")]
    Header { path: String, source: HeaderError },
    /// The file's name and header disagree: somebody renamed or mixed files.
    #[error("{path}: its header belongs to a file named {expected}")]
    Misnamed { path: String, expected: String },
    /// A segment in the middle is gone, or files of two logs are mixed.
    #[error("{path}: the segment before it (number {previous}) is missing")]
    Gap { path: String, previous: u64 },
    /// Valid records stand behind a damaged place: no torn write, but damage. Cutting there would lose acknowledged
    /// records, so a person must decide.
    #[error(
        "{path}: damaged at byte {offset} ({what}), where record {expected:?} should begin; a valid block follows at byte {valid_at}"
    )]
    Damaged { path: String, offset: u64, what: String, expected: Lsn, valid_at: u64 },
}
