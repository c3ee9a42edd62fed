//! What is found when a log is opened, possibly after a power cut. Why this is right: `docs/adr/0002-segment-log.md`.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_ports::log::Lsn;

use crate::committer::Active;
use crate::files::{File, Files, Open, read_full_at, write_all_at};
use crate::format::{BlockError, HEADER_BYTES, HeaderError, SegmentHeader, align};
use crate::names::{self, Kind};
use crate::options::OpenError;
use crate::segment::{Segment, Segments};
use crate::supply::Trim;
use crate::walker::Walker;

/// Where the log goes on.
pub struct Recovered {
    pub segments: Segments,
    pub active: Option<Active>,
    pub durable: Lsn,
    pub last_time: UnixMillis,
    pub next_number: u64,
    /// Finished segments whose unused end was not given back yet.
    pub trims: VecDeque<Trim>,
}

/// A segment file as found: only its header was looked at.
struct Found {
    header: SegmentHeader,
    name: String,
    bytes: u64,
}

/// # Errors
/// See [`OpenError`]. Nothing is changed on disk before everything was checked.
pub fn recover(files: &Arc<dyn Files>) -> Result<Recovered, OpenError> {
    let names = files.list().map_err(|source| io_error(&**files, "", source))?;
    let mut found = Vec::new();
    let mut useless = Vec::new();
    let mut number_max = 0;
    for name in names {
        match names::kind(&name) {
            Kind::Segment => found.push(look_at(&**files, name)?),
            Kind::Prepared => {
                number_max = number_max.max(names::prepared_number(&name).unwrap_or(0));
                useless.push(name);
            }
            Kind::Other => {}
        }
    }
    let (found, replaced) = in_order(&**files, found)?;
    useless.extend(replaced.into_iter().map(|segment| segment.name));
    number_max = found.iter().map(|segment| segment.header.number).fold(number_max, u64::max);

    let mut trims = VecDeque::new();
    let list: VecDeque<_> = found.into_iter().map(|f| Arc::new(Segment::new(f.header, f.name, f.bytes))).collect();
    for (segment, after) in list.iter().zip(list.iter().skip(1)) {
        if segment.bytes.load(std::sync::atomic::Ordering::Relaxed) == segment.header.capacity {
            trims.push_back(Trim { segment: Arc::clone(segment), end: after.header.first });
        }
    }
    let tail = list.back().map(|last| open_last(&**files, last)).transpose()?;
    clean(&**files, &useless)?;
    let (active, durable, last_time) = match tail {
        Some(tail) => (Some(tail.active), tail.durable, tail.last_time),
        None => (None, Lsn(0), UnixMillis(0)),
    };
    Ok(Recovered { segments: Segments::new(list), active, durable, last_time, next_number: number_max + 1, trims })
}

fn io_error(files: &dyn Files, name: &str, source: io::Error) -> OpenError {
    OpenError::Io { path: files.describe(name), source }
}

fn look_at(files: &dyn Files, name: String) -> Result<Found, OpenError> {
    let failed = |source| io_error(files, &name, source);
    let file = files.open(&name, Open::Read).map_err(failed)?;
    let mut bytes = [0; HEADER_BYTES];
    let read = read_full_at(&*file, &mut bytes, 0).map_err(failed)?;
    let header = if read < HEADER_BYTES { Err(HeaderError::NotASegment) } else { SegmentHeader::decode(&bytes) };
    let header = header.map_err(|source| OpenError::Header { path: files.describe(&name), source })?;
    let expected = names::of(&header);
    if expected != name {
        return Err(OpenError::Misnamed { path: files.describe(&name), expected });
    }
    let bytes = file.size().map_err(failed)?;
    Ok(Found { header, name, bytes })
}

/// Sorts the segments and sees that none is missing between the first and the last. Returns those in use and those
/// that were replaced before anything in them was durable.
fn in_order(files: &dyn Files, mut found: Vec<Found>) -> Result<(Vec<Found>, Vec<Found>), OpenError> {
    found.sort_by_key(|segment| (segment.header.first, segment.header.number));
    let (mut used, mut replaced) = (Vec::<Found>::new(), Vec::new());
    for segment in found {
        if let Some(same) = used.pop_if(|last| last.header.first == segment.header.first) {
            replaced.push(same);
        }
        used.push(segment);
    }
    for pair in used.windows(2) {
        let (before, after) = (&pair[0].header, &pair[1].header);
        if after.previous != before.number {
            return Err(OpenError::Gap { path: files.describe(&pair[1].name), previous: after.previous });
        }
    }
    Ok((used, replaced))
}

/// Removes leftovers and makes lasting what was found: it may so far be in memory only.
fn clean(files: &dyn Files, useless: &[String]) -> Result<(), OpenError> {
    for name in useless {
        files.unlink(name).map_err(|source| io_error(files, name, source))?;
    }
    files.sync_dir().map_err(|source| io_error(files, "", source))
}

struct Tail {
    active: Active,
    durable: Lsn,
    last_time: UnixMillis,
}

/// Finds the end of the last segment and makes it fit to be continued.
fn open_last(files: &dyn Files, segment: &Arc<Segment>) -> Result<Tail, OpenError> {
    let failed = |source| io_error(files, &segment.name, source);
    let file = files.open(&segment.name, Open::Write).map_err(failed)?;
    let header = &segment.header;
    let mut walker = Walker::new(Arc::clone(&file), header, crate::format::BLOCKS_AT).map_err(failed)?;
    let mut next = header.first;
    let mut last_time = UnixMillis(u64::from(header.day) * UnixMillis::DAY_MS);
    let mut last_block = None;
    let (end, stop) = loop {
        let at = walker.at();
        match walker.step().map_err(failed)? {
            Ok((offset, view)) if view.first == next => {
                let behind = align(offset + u64::from(view.length));
                segment.note(next, offset, view.next(), behind);
                next = view.next();
                last_time = view.time;
                last_block = Some((offset, view.length as usize));
            }
            Ok(_) => break (at, BlockError::Bad("a block with other record numbers is there")),
            Err(error) => break (at, error),
        }
    };
    if let Some(valid_at) = valid_block_from(&mut walker, end).map_err(failed)? {
        return Err(OpenError::Damaged {
            path: files.describe(&segment.name),
            offset: end,
            what: stop.to_string(),
            expected: next,
            valid_at,
        });
    }
    walker.move_to(end);
    let torn = walker.last_written().map_err(failed)?;
    if let Some(torn) = torn {
        let path = files.describe(&segment.name);
        tracing::warn!(%path, offset = end, bytes = torn - end, "a block that was never acknowledged is cut off");
    }
    settle(&*file, last_block, end, torn).map_err(failed)?;
    // A segment that was cut when it was finished has no zeros to write into: it is full.
    let capacity = header.capacity.min(walker.end());
    let active = Active { segment: Arc::clone(segment), file, at: end, capacity };
    Ok(Tail { active, durable: Lsn(next.0 - 1), last_time })
}

/// Any block of this segment at or behind `from`, whatever its numbers.
fn valid_block_from(walker: &mut Walker, from: u64) -> io::Result<Option<u64>> {
    walker.move_to(from);
    while let Some(at) = walker.find_mark()? {
        if walker.step()?.is_ok() {
            return Ok(Some(at));
        }
        walker.move_to(at + crate::format::BLOCK_ALIGNMENT);
    }
    Ok(None)
}

/// Writes the last block once more, and zeros over a torn one, and syncs: what we read may stand in the page cache only,
/// even after a sync that failed before the restart. All blocks before it were synced before it was written.
fn settle(file: &dyn File, last_block: Option<(u64, usize)>, end: u64, torn: Option<u64>) -> io::Result<()> {
    if let Some((offset, length)) = last_block {
        let mut bytes = vec![0; length];
        let read = read_full_at(file, &mut bytes, offset)?;
        write_all_at(file, &mut [IoSlice::new(&bytes[..read])], offset)?;
    }
    if let Some(torn) = torn {
        let length = usize::try_from(torn - end).expect("segments are far below the address space");
        write_all_at(file, &mut [IoSlice::new(&vec![0; length])], end)?;
    }
    file.sync_data()
}
