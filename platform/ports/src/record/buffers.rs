//! Memory of batches that comes back when the log and its followers are done with them.

use std::sync::{Arc, Mutex, PoisonError};

use super::RecordBatch;

/// Most buffers that wait for a batch.
const BUFFERS_MAX: usize = 4;

/// Larger buffers are given back to the system.
const BUFFER_BYTES_MAX: usize = 1024 * 1024;

/// A store of buffers: under a steady load batches need no new memory. Searching for large pieces of memory, and
/// joining them again on another thread, cost as much as writing the records.
#[derive(Clone, Debug, Default)]
pub struct BatchBuffers {
    free: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl BatchBuffers {
    /// An empty batch, with the memory of one that nobody holds any more when there is one.
    #[must_use]
    pub fn batch(&self) -> RecordBatch {
        let bytes = self.lock().pop().unwrap_or_default();
        RecordBatch { bytes, count: 0, home: Some(self.clone()) }
    }

    pub(super) fn take_back(&self, mut bytes: Vec<u8>) {
        if bytes.capacity() == 0 || bytes.capacity() > BUFFER_BYTES_MAX {
            return;
        }
        bytes.clear();
        let mut free = self.lock();
        if free.len() < BUFFERS_MAX {
            free.push(bytes);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
