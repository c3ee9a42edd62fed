//! The background thread: prepares the next segment and gives back what finished segments do not use.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lianwu_ports::log::CommitError;

use crate::files::{File, Open, is_full, write_all_at};
use crate::format::BLOCKS_AT;
use crate::names;
use crate::shared::Shared;
use crate::supply::{Job, Prepared, Trim};
use crate::walker::Walker;

/// Zeros written by one call, where the disk can fetch them without a copy.
static ZEROS: Zeros = Zeros([0; 1 << 20]);

#[repr(align(4096))]
struct Zeros([u8; 1 << 20]);

/// Zeros written between two syncs: a commit waits behind at most so many.
const SYNC_BYTES: u64 = 4 << 20;

/// How fast a segment is prepared.
#[derive(Clone, Copy, PartialEq)]
enum Pace {
    /// Twice as fast as the current one fills: zeros in one go would hold up the syncs of the log on the same disk.
    Measured,
    AtOnce,
}

/// Works until told to stop.
pub fn run(shared: &Shared) {
    loop {
        match shared.supply.job(Some(shared.options.retry_delay)) {
            Job::Stop => return,
            job => perform(shared, job, Pace::Measured),
        }
    }
}

/// Does one thing that is to be done; `false` when there was none.
pub fn turn(shared: &Shared) -> bool {
    match shared.supply.job(None) {
        Job::Stop | Job::Nothing => false,
        job => {
            perform(shared, job, Pace::AtOnce);
            true
        }
    }
}

fn perform(shared: &Shared, job: Job, pace: Pace) {
    match job {
        Job::Prepare => shared.supply.prepared(prepare(shared, pace)),
        Job::Trim(trim) => give_back(shared, &trim),
        Job::Stop | Job::Nothing => {}
    }
}

/// Makes a file of zeros, through its full size and on disk, so that a commit later allocates nothing.
fn prepare(shared: &Shared, pace: Pace) -> Result<Prepared, CommitError> {
    let capacity = shared.options.segment_bytes;
    let number = shared.supply.fresh_number();
    let name = names::prepared(number);
    let path = shared.files.describe(&name);
    // Asked first: writing until nothing goes any more would take the last bytes from everybody else on this disk.
    if shared.files.free_bytes().is_ok_and(|free| free < capacity) {
        return Err(no_space(&path, capacity));
    }
    match write_zeros(shared, &name, capacity, pace) {
        Ok(file) => Ok(Prepared { number, name, file, capacity }),
        Err(error) => {
            discard(shared, &name);
            Err(commit_error(&path, capacity, &error))
        }
    }
}

fn write_zeros(shared: &Shared, name: &str, capacity: u64, pace: Pace) -> io::Result<Arc<dyn File>> {
    let mut file = shared.files.open(name, Open::Create)?;
    let mut through_cache = false;
    let mut written = 0;
    while written < capacity {
        if pace == Pace::Measured {
            let ahead = written.saturating_sub(SYNC_BYTES) / 2;
            if !shared.supply.rest_until(capacity - ahead) {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
        let length = (capacity - written).min(ZEROS.0.len() as u64);
        let zeros = &ZEROS.0[..usize::try_from(length).expect("at most the array's length")];
        match write_all_at(&*file, &mut [IoSlice::new(zeros)], written) {
            Ok(()) => {}
            // Past the page cache some file systems want larger pages than ours; through it there are no such rules.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput && written == 0 && !through_cache => {
                file = shared.files.open(name, Open::Write)?;
                through_cache = true;
                continue;
            }
            Err(error) => return Err(error),
        }
        written += length;
        if written % SYNC_BYTES == 0 || written == capacity {
            file.sync_data()?;
        }
    }
    // From here on it is written through the page cache.
    shared.files.open(name, Open::Write)
}

/// Removes a file nobody needs; what remains is removed at the next start.
pub fn discard(shared: &Shared, name: &str) {
    if let Err(error) = shared.files.unlink(name)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %shared.files.describe(name), %error, "a spare log file could not be removed");
    }
}

/// The answer to a caller, and the text of the log's health.
pub fn commit_error(path: &str, needed: u64, error: &io::Error) -> CommitError {
    if is_full(error) { no_space(path, needed) } else { CommitError::Failed(format!("{path}: {error}")) }
}

fn no_space(path: &str, needed: u64) -> CommitError {
    CommitError::Full(format!(
        "{path} needs {needed} bytes; make room on this disk or keep messages for fewer days, it goes on by itself"
    ))
}

/// Cuts a finished segment behind its last block. Harmless when it fails: the tail is zeros, or a block that was never
/// acknowledged, and is ignored.
fn give_back(shared: &Shared, trim: &Trim) {
    if let Err(error) = try_give_back(shared, trim)
        && error.kind() != io::ErrorKind::NotFound
    {
        let path = shared.files.describe(&trim.segment.name);
        tracing::warn!(%path, %error, "the unused end of a log file could not be given back");
    }
}

fn try_give_back(shared: &Shared, trim: &Trim) -> io::Result<()> {
    let segment = &trim.segment;
    let file = shared.files.open(&segment.name, Open::Write)?;
    let (mut next, at) = segment.nearest(trim.end);
    let mut walker = Walker::new(Arc::clone(&file), &segment.header, at.max(BLOCKS_AT))?;
    while next < trim.end {
        match walker.step()? {
            Ok((offset, view)) if view.first == next => {
                let (first, behind) = (view.first, crate::format::align(offset + u64::from(view.length)));
                next = view.next();
                segment.note(first, offset, next, behind);
            }
            // Damage is reported to whoever reads it; here nothing may be cut.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
    let end = walker.at();
    if next == trim.end && end < walker.end() {
        file.truncate(end)?;
        segment.bytes.store(end, Ordering::Relaxed);
    }
    Ok(())
}
