//! Contents in memory: the twin every other test uses instead of a folder.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lianwu_model::file::{Content, ContentDigest};

use super::{Blob, BlobError, Blobs, ContentHash, NewBlob};

type Contents = Arc<Mutex<BTreeMap<ContentDigest, Arc<[u8]>>>>;

/// Nothing survives the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryBlobs {
    contents: Contents,
}

fn locked(contents: &Contents) -> MutexGuard<'_, BTreeMap<ContentDigest, Arc<[u8]>>> {
    contents.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Writing {
    contents: Contents,
    bytes: Vec<u8>,
    hash: ContentHash,
}

impl NewBlob for Writing {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.bytes.extend_from_slice(bytes);
        self.hash.update(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Content, BlobError> {
        let content = self.hash.finish();
        locked(&self.contents).insert(content.digest, self.bytes.into());
        Ok(content)
    }
}

struct Reading(Arc<[u8]>);

impl Blob for Reading {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, BlobError> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl Blobs for MemoryBlobs {
    fn create(&self) -> Result<Box<dyn NewBlob>, BlobError> {
        let contents = Arc::clone(&self.contents);
        Ok(Box::new(Writing { contents, bytes: Vec::new(), hash: ContentHash::default() }))
    }

    fn open(&self, digest: ContentDigest) -> Result<Option<Box<dyn Blob>>, BlobError> {
        let found = locked(&self.contents).get(&digest).cloned();
        Ok(found.map(|bytes| Box::new(Reading(bytes)) as Box<dyn Blob>))
    }

    fn remove(&self, digest: ContentDigest) -> Result<(), BlobError> {
        locked(&self.contents).remove(&digest);
        Ok(())
    }

    fn digests(&self) -> Result<Vec<ContentDigest>, BlobError> {
        Ok(locked(&self.contents).keys().copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryBlobs;

    fn run(case: impl FnOnce(&dyn super::Blobs)) {
        case(&MemoryBlobs::default());
    }

    crate::blobs_suite!(run);
}
