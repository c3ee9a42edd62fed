//! Access to the files of one directory, narrow enough to be simulated with all its faults.

use std::fmt::Debug;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;

pub mod disk;
#[cfg(any(test, feature = "testing"))]
pub mod simulated;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Read,
    Write,
    /// Writing aligned pages only; made empty if it exists. Goes past the page cache where the file system can: the zeros
    /// of a new segment are not read again, and copying them costs more than all work on the records.
    Create,
}

/// One directory. Names are plain file names.
pub trait Files: Send + Sync + Debug {
    /// # Errors
    /// As the operating system says; `NotFound` for a missing file unless created.
    fn open(&self, name: &str, open: Open) -> io::Result<Arc<dyn File>>;

    /// Replaces `to` if it exists. Lasting only after [`Files::sync_dir`].
    ///
    /// # Errors
    /// As the operating system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Lasting only after [`Files::sync_dir`].
    ///
    /// # Errors
    /// As the operating system says; `NotFound` when it is gone already.
    fn unlink(&self, name: &str) -> io::Result<()>;

    /// Makes names lasting: creations, renames, removals.
    ///
    /// # Errors
    /// As the operating system says.
    fn sync_dir(&self) -> io::Result<()>;

    /// All names, in no order.
    ///
    /// # Errors
    /// As the operating system says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Bytes that can still be written to new files.
    ///
    /// # Errors
    /// As the operating system says.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Where `name` is, for messages to people.
    fn describe(&self, name: &str) -> String;
}

/// One open file.
pub trait File: Send + Sync + Debug {
    /// Writes the parts one behind the other and returns how many bytes were taken, which may be fewer than given.
    ///
    /// # Errors
    /// As the operating system says.
    fn write_at(&self, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize>;

    /// Returns how many bytes were read; 0 at the end.
    ///
    /// # Errors
    /// As the operating system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Makes content and size lasting. After an error nobody knows what is on disk.
    ///
    /// # Errors
    /// As the operating system says.
    fn sync_data(&self) -> io::Result<()>;

    /// # Errors
    /// As the operating system says.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// # Errors
    /// As the operating system says.
    fn size(&self) -> io::Result<u64>;
}

/// What one vectored write may hold (`IOV_MAX` of Linux).
const PARTS_MAX: usize = 1024;

/// Writes everything, however many calls it takes. The slices are used up.
///
/// # Errors
/// The first error that is not an interruption; `WriteZero` when the file takes nothing.
pub fn write_all_at(file: &dyn File, mut parts: &mut [IoSlice<'_>], mut offset: u64) -> io::Result<()> {
    IoSlice::advance_slices(&mut parts, 0);
    while !parts.is_empty() {
        match file.write_at(&parts[..parts.len().min(PARTS_MAX)], offset) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut parts, written);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills the buffer as far as the file goes; returns how many bytes that were.
///
/// # Errors
/// The first error that is not an interruption.
pub fn read_full_at(file: &dyn File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Is it for want of space, as opposed to a broken disk?
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}
