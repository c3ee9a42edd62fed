//! What an operator may choose.

use std::path::PathBuf;
use std::time::Duration;

/// How the readings are kept. Start from [`ReadingsOptions::new`].
#[derive(Clone, Debug)]
pub struct ReadingsOptions {
    /// Folder of the store; made when it is missing.
    pub directory: PathBuf,
    /// Memory for records that are not cut yet, in bytes: the tail being filled and the tail being written together.
    pub tail_bytes_max: usize,
    /// A tail is cut when its records span more commit time than this.
    pub cut_after: Duration,
    /// Encoded size at which a chunk is full, in bytes.
    pub chunk_bytes_max: usize,
    /// Memory for device states, in bytes. States that were changed since the last cut stay in it.
    pub state_bytes_max: usize,
    /// The store's block cache, in bytes.
    pub cache_bytes: u64,
    /// Records one log query may decode before it gives back a cursor instead of more rows; as many as keep it well below 300 ms.
    pub search_records_max: u64,
}

impl ReadingsOptions {
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            tail_bytes_max: 64 << 20,
            cut_after: Duration::from_secs(300),
            chunk_bytes_max: 8 << 10,
            state_bytes_max: 32 << 20,
            cache_bytes: 12 << 20,
            search_records_max: 40_000,
        }
    }
}
