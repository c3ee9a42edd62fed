//! History for followers: from memory when it is new, from disk when it is not. And its end: expiry.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lianwu_model::UnixMillis;
use lianwu_ports::log::{Block, Lsn, ReadError};

use crate::files::Open;
use crate::format::{BlockError, align};
use crate::segment::Segment;
use crate::shared::Shared;
use crate::walker::Walker;

/// See [`lianwu_ports::log::Log::read`].
pub fn read(shared: &Shared, from: Lsn, bytes_max: usize) -> Result<Vec<Arc<Block>>, ReadError> {
    let from = from.max(Lsn(1));
    let durable = shared.durable();
    if from > durable {
        return Ok(Vec::new());
    }
    let oldest = shared.oldest();
    if from < oldest {
        return Err(ReadError::Expired { oldest });
    }
    if let Some(blocks) = shared.ring.read(from, durable, bytes_max) {
        return Ok(blocks);
    }
    let Some((segment, end)) = shared.segments.find(from, durable.next()) else {
        return Err(ReadError::Expired { oldest: shared.oldest() });
    };
    match read_segment(shared, &segment, from, end, bytes_max) {
        Ok(blocks) => Ok(blocks),
        // Expiry may have been quicker.
        Err(_) if from < shared.oldest() => Err(ReadError::Expired { oldest: shared.oldest() }),
        Err(text) => Err(ReadError::Failed(text)),
    }
}

/// Reads blocks of one segment, from the one that holds `from` up to, not including, record `end`.
fn read_segment(
    shared: &Shared,
    segment: &Segment,
    from: Lsn,
    end: Lsn,
    bytes_max: usize,
) -> Result<Vec<Arc<Block>>, String> {
    let path = || shared.files.describe(&segment.name);
    let io_text = |error: io::Error| format!("{}: {error}", path());
    let file = shared.files.open(&segment.name, Open::Read).map_err(io_text)?;
    let (mut next, at) = segment.nearest(from);
    let mut walker = Walker::new(file, &segment.header, at).map_err(io_text)?.chunk(bytes_max.saturating_add(4096));
    let mut blocks = Vec::new();
    let mut bytes = 0;
    while next < end {
        let at = walker.at();
        let damaged =
            |what: &dyn std::fmt::Display| format!("{}: damaged at byte {at}, record {}: {what}", path(), next.0);
        let (offset, view) = match walker.step().map_err(io_text)? {
            Ok((_, view)) if view.first != next || view.next() > end => {
                return keep(blocks, || damaged(&"a block with other record numbers is there"));
            }
            Ok(found) => found,
            Err(error @ (BlockError::Blank | BlockError::Short(_) | BlockError::Bad(_))) => {
                return keep(blocks, || damaged(&error));
            }
        };
        segment.note(view.first, offset, view.next(), align(offset + u64::from(view.length)));
        if view.next() > from {
            if !blocks.is_empty() && bytes + view.length as usize > bytes_max {
                break;
            }
            let block = view.to_block().map_err(|error| damaged(&error))?;
            bytes += block.bytes();
            blocks.push(Arc::new(block));
        }
        next = view.next();
    }
    Ok(blocks)
}

/// What was read before a damaged place is good; the damage is reported to who reads on.
fn keep(blocks: Vec<Arc<Block>>, text: impl FnOnce() -> String) -> Result<Vec<Arc<Block>>, String> {
    if blocks.is_empty() { Err(text()) } else { Ok(blocks) }
}

/// See [`lianwu_ports::log::Log::expire`].
pub fn expire(shared: &Shared, now: UnixMillis, kept_days: u32) -> u64 {
    let mut unsynced = shared.expiring.lock();
    let mut freed = 0;
    loop {
        // Each removal is made lasting before the next: a power cut must not leave a hole in the sequence.
        if *unsynced && let Err(error) = shared.files.sync_dir() {
            tracing::warn!(path = %shared.files.describe(""), %error, "the removal of a log file is not lasting yet");
            break;
        }
        *unsynced = false;
        let Some(segment) = shared.segments.pop_expired(now, kept_days.into()) else { break };
        if let Err(error) = shared.files.unlink(&segment.name)
            && error.kind() != io::ErrorKind::NotFound
            && shared.files.open(&segment.name, Open::Read).is_ok()
        {
            tracing::warn!(path = %shared.files.describe(&segment.name), %error, "an expired log file was not removed");
            shared.segments.restore(segment);
            break;
        }
        *unsynced = true;
        freed += segment.bytes.load(Ordering::Relaxed);
    }
    if freed > 0 {
        shared.supply.retry();
    }
    freed
}
