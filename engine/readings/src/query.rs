//! Finding rows: index entries of memory and disk are merged in order, chunks are opened only when their turn comes.

mod event;
mod log;
mod merge;
mod property;

use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::{Cursor, Touched};

use crate::chunk::{Chunk, ChunkView, Lane, SAMPLE_SPAN_MS, Stored};
use crate::fault::Fault;
use crate::keys::{Index, Owner, Span};
use crate::partition::{Partition, Place};
use crate::tail::{LaneTail, Tail};

pub(crate) use event::{event_history, read_events};
pub(crate) use log::{log, read_log};
pub(crate) use property::{property_history, property_summary, read_properties, read_summary};

/// Rows a page may have at most.
const LIMIT_MAX: usize = 1000;

/// What a query may see, fixed at one moment: the two tails, and of the disk what was cut before them.
pub(crate) struct View<'a> {
    pub(crate) active: &'a Tail,
    pub(crate) cutting: Option<Arc<Tail>>,
    pub(crate) partitions: Vec<Partition>,
    /// Chunks on disk that begin after this are still in the tails.
    pub(crate) disk: Lsn,
}

/// An index entry and where its chunk is.
pub(crate) struct Found {
    span: Span,
    lane: Lane,
    place: Place,
}

/// What all queries have in common.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    owner: Owner,
    /// Newest first?
    descending: bool,
    /// Inclusive, in the query's own time: of samples or of commits.
    first: UnixMillis,
    last: UnixMillis,
    after: Option<Cursor>,
    limit: usize,
}

/// Position of a row, smaller is earlier on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    time: u64,
    lsn: u64,
    index: u16,
}

impl Plan {
    fn rank(&self, time: UnixMillis, lsn: Lsn, index: u16) -> Rank {
        let rank = Rank { time: time.0, lsn: lsn.0, index };
        if self.descending { rank.mirrored() } else { rank }
    }

    fn cursor(&self, rank: Rank) -> Cursor {
        let rank = if self.descending { rank.mirrored() } else { rank };
        Cursor { time: UnixMillis(rank.time), lsn: Lsn(rank.lsn), index: rank.index }
    }

    /// Does a row at this place belong to the query and lie behind the cursor?
    fn accepts(&self, rank: Rank) -> bool {
        (self.first..=self.last).contains(&self.cursor(rank).time)
            && self.after.is_none_or(|after| rank > self.rank(after.time, after.lsn, after.index))
    }

    /// Order times of the entries that can hold rows of this page: entries of chunks that began (or, newest first,
    /// ended) before the page's edge reach over it by one span at most.
    fn order_times(&self, span_max: u64) -> (UnixMillis, UnixMillis) {
        let after = self.after.map(|after| after.time);
        if self.descending {
            let last = after.map_or(self.last, |after| after.min(self.last));
            (self.first, UnixMillis(last.0.saturating_add(span_max)))
        } else {
            let first = after.map_or(self.first, |after| after.max(self.first));
            (UnixMillis(first.0.saturating_sub(span_max)), self.last)
        }
    }

    /// Can the chunk of this entry hold a row of this page?
    fn reaches(&self, span: &Span) -> bool {
        let behind = |after: Cursor| worst(self, span) > self.rank(after.time, after.lsn, after.index);
        span.first <= self.last && span.last >= self.first && self.after.is_none_or(behind)
    }
}

/// Entries of one place, in the order of the page.
type Source = Box<dyn Iterator<Item = Result<Found, Fault>>>;

impl View<'_> {
    /// Entries of a term in one lane, by sample time.
    fn term_sources(&self, plan: &Plan, lane: Lane, term: u64) -> Result<Vec<Source>, Fault> {
        let mut memory = Vec::new();
        self.each_in_memory(plan.owner, lane, |chunk, shared| {
            for entry in chunk.terms.iter().filter(|entry| entry.hash == term) {
                let span = Span::of_term(chunk, entry);
                if plan.reaches(&span) {
                    memory.push(Found { span, lane, place: Place::Memory(shared()) });
                }
            }
        });
        let mut sources = vec![in_order(memory, plan)];
        for partition in &self.partitions {
            let samples = partition.summary.samples;
            if samples.is_some_and(|(first, last)| first <= plan.last && last >= plan.first) {
                sources.push(self.on_disk(plan, partition, lane, Index::Rare(term), SAMPLE_SPAN_MS));
                if partition.is_marked(plan.owner, lane, term)? {
                    sources.push(self.on_disk(plan, partition, lane, Index::Common(term), SAMPLE_SPAN_MS));
                }
            }
        }
        Ok(sources)
    }

    /// Entries of everything in one lane, by commit time.
    fn log_sources(&self, plan: &Plan, lane: Lane, span_max: u64) -> Vec<Source> {
        let mut memory = Vec::new();
        self.each_in_memory(plan.owner, lane, |chunk, shared| {
            let span = Span::of_log(chunk);
            if plan.reaches(&span) {
                memory.push(Found { span, lane, place: Place::Memory(shared()) });
            }
        });
        let mut sources = vec![in_order(memory, plan)];
        for partition in &self.partitions {
            if (plan.first.day()..=plan.last.day()).contains(&partition.day) {
                sources.push(self.on_disk(plan, partition, lane, Index::Log, span_max));
            }
        }
        sources
    }

    fn on_disk(&self, plan: &Plan, partition: &Partition, lane: Lane, index: Index, span_max: u64) -> Source {
        let times = plan.order_times(span_max);
        if times.0 > times.1 {
            return Box::new(std::iter::empty());
        }
        let entries = partition.entries(plan.owner, lane, index, times, plan.descending);
        let (disk, partition) = (self.disk, partition.clone());
        Box::new(entries.filter_map(move |entry| match entry {
            Ok(None) => None,
            Ok(Some(span)) if span.first_lsn > disk => None,
            Ok(Some(span)) => Some(Ok(Found { span, lane, place: Place::Disk(partition.clone()) })),
            Err(fault) => Some(Err(fault)),
        }))
    }

    fn each_in_memory(&self, owner: Owner, lane: Lane, mut see: impl FnMut(&Chunk, &mut dyn FnMut() -> Arc<Chunk>)) {
        let tails = self.cutting.as_deref().into_iter().chain([self.active]);
        for lane in tails.filter_map(|tail| tail.lane(owner, lane)) {
            each_chunk(lane, &mut see);
        }
    }
}

/// Shows every chunk; the open one is copied only when it is wanted, because it goes on growing.
fn each_chunk(lane: &LaneTail, see: &mut impl FnMut(&Chunk, &mut dyn FnMut() -> Arc<Chunk>)) {
    for chunk in lane.sealed() {
        see(chunk, &mut || Arc::clone(chunk));
    }
    if let Some(open) = lane.open() {
        let mut copy = None;
        see(open, &mut || Arc::clone(copy.get_or_insert_with(|| Arc::new(open.clone()))));
    }
}

fn in_order(mut found: Vec<Found>, plan: &Plan) -> Source {
    found.sort_by_key(|found| best(plan, &found.span));
    Box::new(found.into_iter().map(Ok))
}

/// No row of the entry stands before this.
fn best(plan: &Plan, span: &Span) -> Rank {
    if plan.descending {
        plan.rank(span.last, span.last_lsn, u16::MAX)
    } else {
        plan.rank(span.first, span.first_lsn, 0)
    }
}

/// No row of the entry stands behind this.
fn worst(plan: &Plan, span: &Span) -> Rank {
    if plan.descending {
        plan.rank(span.first, span.first_lsn, 0)
    } else {
        plan.rank(span.last, span.last_lsn, u16::MAX)
    }
}

impl Rank {
    fn mirrored(self) -> Self {
        Self { time: !self.time, lsn: !self.lsn, index: !self.index }
    }
}

/// Opens the chunk of an entry and shows each record.
fn open(plan: &Plan, found: &Found, touched: &mut Touched, mut see: impl FnMut(&Stored<'_>)) -> Result<(), Fault> {
    touched.chunks += 1;
    let bytes;
    let view = match &found.place {
        Place::Memory(chunk) => chunk.view()?,
        Place::Disk(partition) => {
            bytes = partition.chunk(plan.owner, found.lane, found.span.first_lsn)?;
            ChunkView::decode(&bytes)?
        }
    };
    for stored in view {
        let stored = stored?;
        touched.record(stored.record.payload);
        see(&stored);
    }
    Ok(())
}
