//! One page out of many ordered sources.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashSet;
use lianwu_ports::readings::{Cursor, Page, Touched};

use super::{Found, LIMIT_MAX, Plan, Rank, Source, best};
use crate::chunk::Lane;
use crate::fault::Fault;

/// A row on its way to the page.
struct Ranked<T> {
    rank: Rank,
    row: T,
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl<T> Eq for Ranked<T> {}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

/// The next entry of every source, best first.
struct Entries {
    sources: Vec<Source>,
    heads: BinaryHeap<Reverse<Ranked<(usize, Found)>>>,
}

impl Entries {
    fn new(sources: Vec<Source>, plan: &Plan, touched: &mut Touched) -> Result<Self, Fault> {
        let mut entries = Self { heads: BinaryHeap::with_capacity(sources.len()), sources };
        for source in 0..entries.sources.len() {
            entries.advance(source, plan, touched)?;
        }
        Ok(entries)
    }

    /// Walks one source to its next entry that can hold rows of the page.
    fn advance(&mut self, source: usize, plan: &Plan, touched: &mut Touched) -> Result<(), Fault> {
        for found in &mut self.sources[source] {
            let found = found?;
            touched.entries += 1;
            if plan.reaches(&found.span) {
                self.heads.push(Reverse(Ranked { rank: best(plan, &found.span), row: (source, found) }));
                return Ok(());
            }
        }
        Ok(())
    }

    fn next_rank(&self) -> Option<Rank> {
        self.heads.peek().map(|Reverse(head)| head.rank)
    }

    fn take(&mut self, plan: &Plan, touched: &mut Touched) -> Result<Option<Found>, Fault> {
        let Some(Reverse(Ranked { row: (source, found), .. })) = self.heads.pop() else { return Ok(None) };
        self.advance(source, plan, touched)?;
        Ok(Some(found))
    }
}

/// Every entry of the sources that reaches into the query's range, in any order of sources.
pub(super) fn each(sources: Vec<Source>, plan: &Plan, mut see: impl FnMut(Found)) -> Result<u64, Fault> {
    let mut entries = 0;
    for source in sources {
        for found in source {
            let found = found?;
            entries += 1;
            if plan.reaches(&found.span) {
                see(found);
            }
        }
    }
    Ok(entries)
}

/// Rows a chunk offers: their places and themselves.
pub(super) type Offered<T> = Vec<(Rank, T)>;

/// Reads one page. `read` opens a chunk and gives its matching rows, wherever they lie.
///
/// Once the work is `work_max` no further chunk is opened: the page then ends early, with a cursor. Chunks that reach over the query's cursor
/// were looked at for the page before and do not count: every page gets beyond the one before, however small the bound.
pub(super) fn page<T>(
    sources: Vec<Source>,
    plan: &Plan,
    work_max: u64,
    read: impl FnMut(&Found, &mut Touched) -> Result<Offered<T>, Fault>,
) -> Result<Page<T>, Fault> {
    let plan = &Plan { limit: plan.limit.clamp(1, LIMIT_MAX), ..*plan };
    let mut rows = Vec::new();
    let (next, touched) = walk(sources, plan, work_max, read, |row| rows.push(row))?;
    Ok(Page { rows, next, touched })
}

/// Hands on rows in their order, as many as the plan asks for, and says where to go on and what was looked at.
pub(super) fn walk<T>(
    sources: Vec<Source>,
    plan: &Plan,
    work_max: u64,
    mut read: impl FnMut(&Found, &mut Touched) -> Result<Offered<T>, Fault>,
    mut put: impl FnMut(T),
) -> Result<(Option<Cursor>, Touched), Fault> {
    let mut touched = Touched::default();
    let mut left = plan.limit;
    let mut entries = Entries::new(sources, plan, &mut touched)?;
    let mut waiting: BinaryHeap<Reverse<Ranked<T>>> = BinaryHeap::new();
    let mut opened: HashSet<(Lane, u64)> = HashSet::new();
    let mut last = None;
    let after = plan.after.map(|after| plan.rank(after.time, after.lsn, after.index));
    let mut again = 0;
    loop {
        let next = entries.next_rank();
        while let Some(Reverse(row)) = waiting.peek()
            && next.is_none_or(|next| row.rank < next)
        {
            if left == 0 {
                return Ok((last.map(|rank| plan.cursor(rank)), touched));
            }
            left -= 1;
            last = Some(row.rank);
            if let Some(Reverse(row)) = waiting.pop() {
                put(row.row);
            }
        }
        if let Some(next) = next
            && touched.work - again >= work_max
        {
            return Ok((Some(plan.cursor(just_before(next))), touched));
        }
        let Some(found) = entries.take(plan, &mut touched)? else {
            return Ok((None, touched));
        };
        if opened.insert((found.lane, found.span.first_lsn.0)) {
            let before = touched.work;
            for (rank, row) in read(&found, &mut touched)? {
                if plan.accepts(rank) {
                    waiting.push(Reverse(Ranked { rank, row }));
                }
            }
            if after.is_some_and(|after| best(plan, &found.span) <= after) {
                again += touched.work - before;
            }
        }
    }
}

/// The place right before a rank, so that "after it" begins with the rank.
fn just_before(rank: Rank) -> Rank {
    if rank.index > 0 {
        return Rank { index: rank.index - 1, ..rank };
    }
    if rank.lsn > 0 {
        return Rank { lsn: rank.lsn - 1, index: u16::MAX, ..rank };
    }
    Rank { time: rank.time.saturating_sub(1), lsn: u64::MAX, index: u16::MAX }
}
