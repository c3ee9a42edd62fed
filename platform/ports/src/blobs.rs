//! Contents of files, each kept once under its digest, streamed in and out.

pub mod memory;
#[cfg(any(test, feature = "suites"))]
pub mod suite;

use lianwu_model::file::{Content, ContentDigest, Md5};
use md5::Md5 as Md5Hash;
use sha2::{Digest as _, Sha256};

/// The store failed; nothing of what was being written is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the file store failed: {0}")]
pub struct BlobError(pub String);

/// Contents by digest. Calls block for the disk: make them beside the event loop.
pub trait Blobs: Send + Sync {
    /// Begins a content. What is dropped unfinished leaves nothing.
    ///
    /// # Errors
    /// When the store cannot take it.
    fn create(&self) -> Result<Box<dyn NewBlob>, BlobError>;
    /// `None` when there is no such content.
    ///
    /// # Errors
    /// When the store cannot say.
    fn open(&self, digest: ContentDigest) -> Result<Option<Box<dyn Blob>>, BlobError>;
    /// Takes a content away; one that is not there is passed over. Who has it open can read it to its end.
    ///
    /// # Errors
    /// When the store failed; it may be there or not.
    fn remove(&self, digest: ContentDigest) -> Result<(), BlobError>;
    /// Digests of all contents, in any order.
    ///
    /// # Errors
    /// When the store cannot say.
    fn digests(&self) -> Result<Vec<ContentDigest>, BlobError>;
}

/// A content on its way in.
pub trait NewBlob: Send {
    /// # Errors
    /// When the store is full or failed; drop it then.
    fn write(&mut self, bytes: &[u8]) -> Result<(), BlobError>;
    /// Durable when the answer is there. A content that was there before is kept once.
    ///
    /// # Errors
    /// As for `write`.
    fn finish(self: Box<Self>) -> Result<Content, BlobError>;
}

/// A content that is there.
pub trait Blob: Send + Sync {
    /// In bytes.
    fn size(&self) -> u64;
    /// Fills the buffer from `offset` on, less only at the end. Returns how many bytes.
    ///
    /// # Errors
    /// When the store failed.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, BlobError>;
}

impl std::fmt::Debug for dyn Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blobs")
    }
}

/// Counts and hashes a content while it passes.
#[derive(Clone, Debug, Default)]
pub struct ContentHash {
    sha256: Sha256,
    md5: Md5Hash,
    size: u64,
}

impl ContentHash {
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.md5.update(bytes);
        self.size += bytes.len() as u64;
    }

    #[must_use]
    pub fn finish(self) -> Content {
        Content {
            digest: ContentDigest(self.sha256.finalize().into()),
            md5: Md5(self.md5.finalize().into()),
            size: self.size,
        }
    }
}
