//! Reading lines: several sources merged, newest first, a bounded number of records a call.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::{Cursor, LogQuery, LogRow, LogScope, ReadingError, Readings, Touched, is_diagnostic};
use lianwu_ports::record::{Record, RecordKind};

use super::line::{Direction, Line, LineKind};
use super::render::lines;

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

    /// Is it wanted? Its time is not looked at.
    pub(crate) fn accepts(&self, line: &Line) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&line.kind))
            && self.direction.is_none_or(|direction| line.direction == Some(direction))
            && self.scene.as_ref().is_none_or(|scene| line.scene.eq_ignore_ascii_case(scene))
            && self.request_id.as_ref().is_none_or(|id| *id == line.request_id || *id == line.client_token)
            && self.accepts_text(line)
    }

    fn accepts_text(&self, line: &Line) -> bool {
        if self.contents.is_empty() && self.words.is_empty() {
            return true;
        }
        let content = line.text_lossy().to_ascii_lowercase();
        if !self.contents.iter().all(|part| content.contains(&part.to_ascii_lowercase())) {
            return false;
        }
        let others = [line.scene, &line.device, &line.topic, &line.result, &line.request_id, &line.client_token]
            .join("\n")
            .to_ascii_lowercase();
        let mut words = self.words.iter().map(|word| word.to_ascii_lowercase());
        words.all(|word| content.contains(&word) || others.contains(&word))
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

/// Reads one page of at most `limit` lines behind `after`; stops early once `records_max` records were decoded.
///
/// # Errors
/// When the readings fail.
pub fn search_in(
    readings: &dyn Readings,
    sources: &[Source],
    filter: &LogFilter,
    after: Option<Cursor>,
    limit: usize,
    records_max: u64,
) -> Result<LogPage, ReadingError> {
    let start = after.map_or(BEGINNING, |after| (after.time.0, after.lsn.0, after.index));
    let mut streams: Vec<_> = (sources.iter())
        .map(|source| Stream { source, heads: VecDeque::new(), frontier: Some(start), is_fresh: true })
        .collect();
    let mut page = LogPage { lines: Vec::new(), next: None, touched: Touched::default() };
    let mut last = None;
    let mut judged = HashMap::new();
    loop {
        let best = (streams.iter_mut())
            .filter_map(|stream| stream.next().map(|(position, is_record)| (position, is_record, stream)))
            .max_by_key(|(position, ..)| *position);
        let Some((position, is_record, stream)) = best else { return Ok(page) };
        if !is_record {
            if page.touched.records >= records_max && !stream.is_fresh {
                page.next = Some(cursor(position));
                return Ok(page);
            }
            refill(readings, filter, stream, limit, &mut page.touched)?;
            continue;
        }
        let Some(row) = stream.heads.pop_front() else { continue };
        if !may_see(filter.visible.as_ref(), &mut judged, &row) {
            continue;
        }
        for (index, line) in (0_u16..).zip(lines(&row)).collect::<Vec<_>>().into_iter().rev() {
            let place = (row.committed.0, row.lsn.0, index);
            if place >= start || !filter.accepts(&line) {
                continue;
            }
            if page.lines.len() == limit {
                page.next = last;
                return Ok(page);
            }
            last = Some(cursor(place));
            page.lines.push(line);
        }
    }
}

fn cursor((time, lsn, index): Position) -> Cursor {
    Cursor { time: UnixMillis(time), lsn: Lsn(lsn), index }
}

fn refill(
    readings: &dyn Readings,
    filter: &LogFilter,
    stream: &mut Stream<'_>,
    limit: usize,
    touched: &mut Touched,
) -> Result<(), ReadingError> {
    let batch = if stream.is_fresh { (limit + 1).clamp(BATCH_MIN, BATCH_MAX) } else { BATCH_MAX };
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
        kinds: filter.record_kinds(stream.source),
        times: filter.times(stream.source),
        words,
        after: stream.frontier.filter(|frontier| *frontier != BEGINNING).map(cursor),
        limit: batch,
    };
    let found = readings.log(&query)?;
    // An engine that does not count is charged for what it gave.
    touched.records += found.touched.records.max(found.rows.len() as u64);
    touched.chunks += found.touched.chunks;
    touched.entries += found.touched.entries;
    stream.frontier = found.next.map(|next| (next.time.0, next.lsn.0, next.index));
    stream.heads.extend(found.rows.into_iter().filter(|row| belongs(stream.source, row)));
    Ok(())
}

/// A sign-in under a name with blanks around it is a stranger's, and yet meant for that device.
fn belongs(source: &Source, row: &LogRow) -> bool {
    match source {
        Source::Strangers(_, name) => row.number == DeviceNumber::NONE && row.device.trim() == name,
        Source::Device(_) | Source::Product(_) | Source::Uploads(_) | Source::UploadsOf(_) => true,
    }
}
