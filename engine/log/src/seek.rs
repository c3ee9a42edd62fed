//! Where a commit time begins: days from the segment headers, then bisection over segments and inside one.

use std::io;
use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_ports::log::{Lsn, ReadError, Sought};

use crate::files::Open;
use crate::format::{BLOCKS_AT, align};
use crate::segment::Segment;
use crate::shared::Shared;
use crate::walker::Walker;

/// Bisection inside a segment ends at a span of this size; the rest is walked with one read.
const WALK_BYTES: u64 = 16 << 10;

/// How often a search begins anew because expiry took a segment from under it.
const ATTEMPTS: u32 = 3;

/// See [`lianwu_ports::log::Log::seek`].
pub fn seek(shared: &Shared, time: UnixMillis) -> Result<Sought, ReadError> {
    let mut attempt = 1;
    loop {
        let mut search = Search { shared, time, segments: 0, blocks: 0 };
        match search.run() {
            Ok(first) => return Ok(Sought { first, segments: search.segments, blocks: search.blocks }),
            Err((segment, _)) if attempt < ATTEMPTS && segment.header.first < shared.oldest() => attempt += 1,
            Err((segment, error)) => {
                return Err(ReadError::Failed(format!("{}: {error}", shared.files.describe(&segment.name))));
            }
        }
    }
}

struct Search<'a> {
    shared: &'a Shared,
    time: UnixMillis,
    segments: u32,
    blocks: u32,
}

/// Where it failed, and how.
type Failure = (Arc<Segment>, io::Error);

impl Search<'_> {
    fn run(&mut self) -> Result<Lsn, Failure> {
        let next = self.shared.durable().next();
        let list = self.shared.segments.all();
        let (mut low, mut high) = (0, list.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let segment = &list[middle];
            if self.begins_before(segment).map_err(|error| (Arc::clone(segment), error))? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let behind = list.get(low).map_or(next, |segment| segment.header.first);
        let Some(segment) = low.checked_sub(1).and_then(|last| list.get(last)) else { return Ok(behind.min(next)) };
        if self.time.0 >= day_end(segment) {
            return Ok(behind.min(next));
        }
        let inside = self.inside(segment, low == list.len()).map_err(|error| (Arc::clone(segment), error))?;
        Ok(inside.min(behind).min(next))
    }

    /// Was its first block committed before the time? The day in the header mostly tells.
    fn begins_before(&mut self, segment: &Segment) -> io::Result<bool> {
        if self.time.0 >= day_end(segment) {
            return Ok(true);
        }
        if self.time.0 <= u64::from(segment.header.day) * UnixMillis::DAY_MS {
            return Ok(false);
        }
        if let Some(begun) = segment.begun.get() {
            return Ok(*begun < self.time);
        }
        self.segments += 1;
        let mut walker = self.walker(segment)?;
        self.blocks += 1;
        let Ok((_, view)) = walker.step()? else {
            // A segment in which nothing is committed yet.
            return Ok(false);
        };
        Ok(*segment.begun.get_or_init(|| view.time) < self.time)
    }

    fn walker(&self, segment: &Segment) -> io::Result<Walker> {
        let file = self.shared.files.open(&segment.name, Open::Read)?;
        let chunk = usize::try_from(WALK_BYTES).expect("a few pages");
        Ok(Walker::new(file, &segment.header, BLOCKS_AT)?.chunk(chunk))
    }

    /// The first record at or after the time, in a segment that begins before it.
    fn inside(&mut self, segment: &Segment, in_use: bool) -> io::Result<Lsn> {
        self.segments += 1;
        let mut walker = self.walker(segment)?;
        // Behind the last block of the segment in use are zeros, which need no search.
        // The first block from `low` on is too early; none that begins at `high` or later is.
        let (mut low, mut high) = (BLOCKS_AT, segment.known_end().filter(|_| in_use).unwrap_or(walker.end()));
        let mut low_end = low;
        while high.saturating_sub(low_end) > WALK_BYTES {
            let middle = align(low_end + (high - low_end) / 2);
            match self.next_block(&mut walker, middle, high)? {
                Some((offset, end)) => (low, low_end) = (offset, end),
                None => high = middle,
            }
        }
        walker.move_to(low);
        let mut found = segment.header.first;
        while let Ok((offset, view)) = walker.step()? {
            self.blocks += 1;
            if offset >= high || view.time >= self.time {
                if !in_use {
                    // Whoever reads on from here need not walk to it.
                    segment.note(view.first, offset, view.next(), align(offset + u64::from(view.length)));
                }
                return Ok(view.first);
            }
            found = view.next();
        }
        Ok(found)
    }

    /// Place and end of the first block that begins in `from..to`, if it is too early.
    fn next_block(&mut self, walker: &mut Walker, from: u64, to: u64) -> io::Result<Option<(u64, u64)>> {
        walker.move_to(from);
        while let Some(at) = walker.find_mark()?.filter(|at| *at < to) {
            self.blocks += 1;
            if let Ok((offset, view)) = walker.step()? {
                let end = align(offset + u64::from(view.length));
                return Ok((view.time < self.time).then_some((offset, end)));
            }
            walker.move_to(at + crate::format::BLOCK_ALIGNMENT);
        }
        Ok(None)
    }
}

/// The first moment that cannot be in this segment any more.
fn day_end(segment: &Segment) -> u64 {
    (u64::from(segment.header.day) + 1).saturating_mul(UnixMillis::DAY_MS)
}
