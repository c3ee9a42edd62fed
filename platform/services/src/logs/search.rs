//! Reading lines: several sources merged, newest first, a bounded number of records a call.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::{
    Cursor, LogQuery, LogRow, LogScope, ReadingError, Readings, Sieve, Touched, is_diagnostic,
};
use lianwu_ports::record::{Record, RecordKind};

use super::line::{Direction, Draft, Line, LineKind};
use super::render::Rendering;
use super::texts::Texts;

/// Records one search decodes before it gives back a cursor instead of more lines: as many as keep a page below 300 ms, and fewer
/// than decision 21 allows.
pub const RECORDS_MAX: u64 = 40_000;

/// Records asked for at once from one source; the first page asks for fewer.
const BATCH_MAX: usize = 256;
const BATCH_MIN: usize = 32;

/// Where records are read from: one index each, by commit time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Everything of a device. Index: the chunks of the device's lanes.
    Device(DeviceNumber),
    /// Refusals and changes of connections of a product. Index: its diagnostic lane.
    Product(ProductId),
    /// Refused sign-ins under a name before it was known whose they are. Index: the diagnostic lane of the product.
    Strangers(ProductId, String),
    /// What a device uploaded of its own log. Index: a lane of its own.
    Uploads(DeviceNumber),
    /// The same of all devices of a product. Index: a lane of its own.
    UploadsOf(ProductId),
}

impl Source {
    /// Is this record, of a kind that the source is asked for, among what is read from it?
    pub(crate) fn holds(&self, record: &Record<'_>) -> bool {
        let (kind, number) = (record.kind, record.number);
        match self {
            Self::Device(device) => number == *device && kind != RecordKind::DeviceLog && !kind.is_part(),
            Self::Product(product) => record.product == *product && is_diagnostic(record),
            Self::Strangers(product, name) => {
                number == DeviceNumber::NONE && record.product == *product && record.device.trim() == name
            }
            Self::Uploads(device) => number == *device && kind == RecordKind::DeviceLog,
            Self::UploadsOf(product) => record.product == *product && kind == RecordKind::DeviceLog,
        }
    }
}

/// Decides whether somebody may see the records of a device. The answer follows from product, number and name.
#[derive(Clone)]
pub struct Visible(Arc<dyn Fn(&LogRow) -> bool + Send + Sync>);

impl Visible {
    #[must_use]
    pub fn new(may_see: impl Fn(&LogRow) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(may_see))
    }
}

impl fmt::Debug for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Visible")
    }
}

/// Answers one search remembers; beyond it they are forgotten and asked again.
const JUDGED_MAX: usize = 16_384;

type Judged = HashMap<(ProductId, DeviceNumber, Box<str>), bool>;

/// Asks once for each device.
fn may_see(visible: Option<&Visible>, judged: &mut Judged, row: &LogRow) -> bool {
    let Some(Visible(ask)) = visible else { return true };
    if judged.len() >= JUDGED_MAX {
        judged.clear();
    }
    *judged.entry((row.product, row.number, row.device.clone())).or_insert_with(|| ask(row))
}

/// What is wanted. Every condition must hold.
#[derive(Clone, Debug)]
pub struct LogFilter {
    /// Empty means all.
    pub kinds: Vec<LineKind>,
    pub direction: Option<Direction>,
    /// By commit time.
    pub times: RangeInclusive<UnixMillis>,
    /// What of a product was committed earlier is not shown; products that are missing have no bound of their own.
    pub oldest: HashMap<ProductId, UnixMillis>,
    /// Whose records the caller may see; `None`: all.
    pub visible: Option<Visible>,
    /// Exactly, letters in either case.
    pub scene: Option<String>,
    /// Of a call, or the client token of a message.
    pub request_id: Option<String>,
    /// Each occurs in the content; ASCII letters in either case.
    pub contents: Vec<String>,
    /// Each occurs somewhere in the line; ASCII letters in either case.
    pub words: Vec<String>,
}

impl LogFilter {
    /// All lines in a span of time.
    #[must_use]
    pub fn new(times: RangeInclusive<UnixMillis>) -> Self {
        Self {
            kinds: Vec::new(),
            direction: None,
            times,
            oldest: HashMap::new(),
            visible: None,
            scene: None,
            request_id: None,
            contents: Vec::new(),
            words: Vec::new(),
        }
    }

    /// When to begin in a source.
    fn times(&self, source: &Source) -> RangeInclusive<UnixMillis> {
        let oldest = match source {
            Source::Product(product) | Source::Strangers(product, _) | Source::UploadsOf(product) => {
                self.oldest.get(product)
            }
            // Devices come with their product, whose bound is in `times`.
            Source::Device(_) | Source::Uploads(_) => None,
        };
        oldest.map_or(*self.times.start(), |oldest| (*self.times.start()).max(*oldest))..=*self.times.end()
    }

    /// Kinds of records that are read from a source; empty means all.
    pub(crate) fn record_kinds(&self, source: &Source) -> Vec<RecordKind> {
        let only = |wanted: &[LineKind]| !self.kinds.is_empty() && self.kinds.iter().all(|kind| wanted.contains(kind));
        match source {
            Source::Strangers(..) => vec![RecordKind::ConnectRefused, RecordKind::Registration],
            Source::Uploads(_) | Source::UploadsOf(_) => Vec::new(),
            _ if only(&[LineKind::Status]) => vec![RecordKind::Connected, RecordKind::Disconnected],
            _ if only(&[LineKind::ThingModel]) => {
                vec![RecordKind::PropertyReport, RecordKind::EventPost, RecordKind::ActionCall, RecordKind::ActionReply]
            }
            _ => Vec::new(),
        }
    }

    /// Are all lines wanted, but for their time and who may see them?
    fn is_open(&self) -> bool {
        self.kinds.is_empty()
            && self.direction.is_none()
            && self.scene.is_none()
            && self.request_id.is_none()
            && self.contents.is_empty()
            && self.words.is_empty()
    }

    /// Is it wanted? Its time is not looked at. `texts` are those of this filter.
    pub(crate) fn accepts<'a>(&self, line: impl Into<Draft<'a>>, texts: &mut Texts) -> bool {
        self.accepts_draft(&line.into(), texts)
    }

    fn accepts_draft(&self, line: &Draft<'_>, texts: &mut Texts) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&line.kind))
            && self.direction.is_none_or(|direction| line.direction == Some(direction))
            && self.scene.as_ref().is_none_or(|scene| line.scene.eq_ignore_ascii_case(scene))
            && self.request_id.as_ref().is_none_or(|id| id == line.request_id || id == line.client_token)
            && texts.occur_in(line)
    }
}

/// One page of lines, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPage {
    pub lines: Vec<Line>,
    /// Where to go on; with few or no lines when the bound on records was reached.
    pub next: Option<Cursor>,
    pub touched: Touched,
}

/// A position in the log, newest first is descending; the greatest is "before everything".
type Position = (u64, u64, u16);

const BEGINNING: Position = (u64::MAX, u64::MAX, u16::MAX);

struct Stream<'a> {
    source: &'a Source,
    heads: VecDeque<LogRow>,
    /// Everything newer has been read.
    frontier: Option<Position>,
    is_fresh: bool,
}

impl Stream<'_> {
    /// The next thing to be dealt with, and whether it is a record.
    fn next(&self) -> Option<(Position, bool)> {
        match self.heads.front() {
            Some(row) => Some(((row.committed.0, row.lsn.0, u16::MAX), true)),
            None => self.frontier.map(|frontier| (frontier, false)),
        }
    }
}

/// Reads one page of at most `limit` lines behind `after`; stops early once that cost the work `work_max`.
///
/// # Errors
/// When the readings fail.
pub fn search_in(
    readings: &dyn Readings,
    sources: &[Source],
    filter: &LogFilter,
    after: Option<Cursor>,
    limit: usize,
    work_max: u64,
) -> Result<LogPage, ReadingError> {
    let start = after.map_or(BEGINNING, |after| (after.time.0, after.lsn.0, after.index));
    let mut streams: Vec<_> = (sources.iter())
        .map(|source| Stream { source, heads: VecDeque::new(), frontier: Some(start), is_fresh: true })
        .collect();
    let mut search = Search { readings, filter, texts: Texts::of(filter), touched: Touched::default(), limit };
    let (mut found, mut last, mut judged) = (Vec::new(), None, HashMap::new());
    let next = loop {
        let best = (streams.iter().enumerate())
            .filter_map(|(at, stream)| stream.next().map(|(position, is_record)| (position, is_record, at)))
            .max_by_key(|(position, ..)| *position);
        let Some((position, is_record, at)) = best else { break None };
        if !is_record {
            let left = work_max.saturating_sub(search.touched.work);
            if left == 0 && !streams[at].is_fresh {
                break Some(cursor(position));
            }
            // Each may look at its share before the page goes on with another one.
            let unread = streams.iter().filter(|stream| stream.frontier.is_some()).count() as u64;
            search.refill(&mut streams[at], (left / unread.max(1)).max(BATCH_MIN as u64))?;
            continue;
        }
        let Some(row) = streams[at].heads.pop_front() else { continue };
        if !may_see(filter.visible.as_ref(), &mut judged, &row) {
            continue;
        }
        let rendering = Rendering::of(row.committed, row.as_record());
        for (index, line) in (0_u16..).zip(rendering.drafts()).collect::<Vec<_>>().into_iter().rev() {
            let place = (row.committed.0, row.lsn.0, index);
            if place >= start || !filter.accepts_draft(&line, &mut search.texts) {
                continue;
            }
            if found.len() == limit {
                return Ok(LogPage { lines: found, next: last, touched: search.touched });
            }
            last = Some(cursor(place));
            found.push(line.into_line());
        }
    };
    Ok(LogPage { lines: found, next, touched: search.touched })
}

fn cursor((time, lsn, index): Position) -> Cursor {
    Cursor { time: UnixMillis(time), lsn: Lsn(lsn), index }
}

/// What the streams of one search share.
struct Search<'a> {
    readings: &'a dyn Readings,
    filter: &'a LogFilter,
    texts: Texts,
    touched: Touched,
    limit: usize,
}

impl Search<'_> {
    /// Reads on in one source, and with the work `work_max` at most, and what is left of the last chunk.
    fn refill(&mut self, stream: &mut Stream<'_>, work_max: u64) -> Result<(), ReadingError> {
        let batch = if stream.is_fresh { (self.limit + 1).clamp(BATCH_MIN, BATCH_MAX) } else { BATCH_MAX };
        stream.is_fresh = false;
        let (scope, words) = match stream.source {
            Source::Device(number) => (LogScope::Device(*number), Vec::new()),
            Source::Product(product) => (LogScope::Diagnostics(*product), Vec::new()),
            Source::Strangers(product, name) => (LogScope::Diagnostics(*product), vec![name.clone()]),
            Source::Uploads(number) => (LogScope::Uploads(*number), Vec::new()),
            Source::UploadsOf(product) => (LogScope::UploadsOf(*product), Vec::new()),
        };
        let query = LogQuery {
            scope,
            kinds: self.filter.record_kinds(stream.source),
            times: self.filter.times(stream.source),
            words,
            after: stream.frontier.filter(|frontier| *frontier != BEGINNING).map(cursor),
            limit: batch,
        };
        let (filter, texts) = (self.filter, &mut self.texts);
        let has_line = &mut |committed: UnixMillis, record: &Record<'_>| {
            if !texts.may_occur_in(record) {
                return false;
            }
            let rendering = Rendering::of(committed, *record);
            rendering.drafts().iter().any(|line| filter.accepts_draft(line, texts))
        };
        let every = &mut |_: UnixMillis, _: &Record<'_>| true;
        let wants: &mut dyn FnMut(UnixMillis, &Record<'_>) -> bool = if filter.is_open() { every } else { has_line };
        let found = self.readings.sifted_log(&query, Sieve { work_max, wants })?;
        // An engine that does not count is charged for what it gave.
        let rows = found.rows.len() as u64;
        self.touched.records += found.touched.records.max(rows);
        self.touched.work += found.touched.work.max(rows);
        self.touched.chunks += found.touched.chunks;
        self.touched.entries += found.touched.entries;
        stream.frontier = found.next.map(|next| (next.time.0, next.lsn.0, next.index));
        stream.heads.extend(found.rows.into_iter().filter(|row| belongs(stream.source, row)));
        Ok(())
    }
}

/// A sign-in under a name with blanks around it is a stranger's, and yet meant for that device.
fn belongs(source: &Source, row: &LogRow) -> bool {
    match source {
        Source::Strangers(_, name) => row.number == DeviceNumber::NONE && row.device.trim() == name,
        Source::Device(_) | Source::Product(_) | Source::Uploads(_) | Source::UploadsOf(_) => true,
    }
}
