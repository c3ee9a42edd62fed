//! What was said, found again: property and event history, content log, diagnostic log.
//!
//! Readings are built behind the log by a follower and can be rebuilt from it. Every query names the index it uses
//! and reports what it touched; no query walks history.

#[cfg(feature = "suites")]
pub mod memory;
#[cfg(feature = "suites")]
pub mod suite;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};

use crate::log::{Block, Lsn};
use crate::record::{Record, RecordKind};

/// How much a query had to look at. Tests assert it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Chunks opened, on disk or in memory.
    pub chunks: u64,
    /// Records decoded inside them.
    pub records: u64,
    /// What decoding them cost, in records: one each, and one more for every 256 bytes of payload. Bounds are kept in it.
    pub work: u64,
    /// Index entries walked.
    pub entries: u64,
}

impl Touched {
    /// A record with so long a payload was decoded.
    pub fn record(&mut self, payload: &[u8]) {
        self.records += 1;
        self.work += 1 + payload.len() as u64 / 256;
    }
}

/// Position after which the next page starts: opaque outside the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub time: UnixMillis,
    pub lsn: Lsn,
    /// Tells rows of one record apart (events of a batch).
    pub index: u16,
}

/// One page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<T>,
    /// Where to go on; `None` when there is nothing more.
    pub next: Option<Cursor>,
    pub touched: Touched,
}

/// One property of one device, oldest first.
#[derive(Clone, Debug)]
pub struct PropertyQuery<'a> {
    pub device: DeviceNumber,
    pub property: &'a str,
    /// By sample time.
    pub times: RangeInclusive<UnixMillis>,
    pub after: Option<Cursor>,
    /// Rows at most, 1 to 1,000.
    pub limit: usize,
}

/// A value as the device wrote it: the raw JSON token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyRow {
    pub time: UnixMillis,
    pub lsn: Lsn,
    pub value: Box<str>,
}

/// Numbers of one property of one device in steps of time, oldest first.
#[derive(Clone, Debug)]
pub struct SummaryQuery<'a> {
    pub device: DeviceNumber,
    pub property: &'a str,
    /// By sample time.
    pub times: RangeInclusive<UnixMillis>,
    /// Milliseconds, at least 1: steps begin at its whole multiples since 1970.
    pub step: u64,
    pub after: Option<Cursor>,
}

/// What the numbers of a step come to; steps without any are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Where the step begins.
    pub start: UnixMillis,
    pub count: u64,
    pub lowest: f64,
    pub highest: f64,
    pub sum: f64,
    /// By sample time, of equal ones the one said last.
    pub last: f64,
}

impl Summary {
    /// The number of a raw JSON token; `true` is 1. What is none counts nowhere.
    #[must_use]
    pub fn number(value: &str) -> Option<f64> {
        match value {
            "true" => Some(1.0),
            "false" => Some(0.0),
            text => text.parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }

    /// Takes a number said later than all before.
    pub fn put(steps: &mut Vec<Self>, step: u64, time: UnixMillis, number: f64) {
        let start = UnixMillis(time.0 - time.0 % step.max(1));
        let one = Self { start, count: 1, lowest: number, highest: number, sum: number, last: number };
        match steps.last_mut() {
            Some(last) if last.start == start => last.join(&one),
            _ => steps.push(one),
        }
    }

    #[must_use]
    pub fn average(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "an average")]
        let count = self.count as f64;
        let average = self.sum / count;
        // The sum of very large numbers may be beyond what a float holds: then only the middle is known.
        if average.is_finite() { average } else { self.lowest / 2.0 + self.highest / 2.0 }
    }

    /// Takes what was said later in the same step: a page may end within one.
    pub fn join(&mut self, later: &Self) {
        self.count += later.count;
        self.lowest = self.lowest.min(later.lowest);
        self.highest = self.highest.max(later.highest);
        self.sum += later.sum;
        self.last = later.last;
    }
}

/// Events of one device, newest first.
#[derive(Clone, Debug)]
pub struct EventQuery<'a> {
    pub device: DeviceNumber,
    pub event: Option<&'a str>,
    /// `info`, `alert` or `fault`.
    pub kind: Option<&'a str>,
    pub times: RangeInclusive<UnixMillis>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub time: UnixMillis,
    pub lsn: Lsn,
    pub event: Box<str>,
    pub kind: Box<str>,
    /// Raw JSON object.
    pub params: Box<str>,
}

/// A page of events and how many match in all.
#[derive(Clone, Debug, PartialEq)]
pub struct EventPage {
    pub page: Page<EventRow>,
    pub total: u64,
}

/// Messages and connection changes, newest first, by commit time.
#[derive(Clone, Debug)]
pub struct LogQuery {
    pub scope: LogScope,
    /// Only these kinds; empty means all.
    pub kinds: Vec<RecordKind>,
    pub times: RangeInclusive<UnixMillis>,
    /// Every word must occur in device name, topic, note or payload.
    pub words: Vec<String>,
    pub after: Option<Cursor>,
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogScope {
    /// Everything of one device: the content log and the online/offline log; not its own log.
    Device(DeviceNumber),
    /// Diagnostics of a product: connections, refusals and subscriptions of its devices and of strangers.
    Diagnostics(ProductId),
    /// What happened to the backends of a main account.
    Account(Uin),
    /// What the devices of a product uploaded of their own logs.
    UploadsOf(ProductId),
    /// What one device uploaded of its own log.
    Uploads(DeviceNumber),
}

/// Does the diagnostic log of its product show this record?
///
/// Changes of the connection, refusals, and messages to the device that did not arrive. An accepted message is not
/// among them: its line is rendered from the content log.
#[must_use]
pub fn is_diagnostic(record: &Record<'_>) -> bool {
    record.kind != RecordKind::DeviceLog
        && !record.kind.is_of_account()
        && (!record.kind.is_message() || record.code != 0)
}

/// An owned record, as the logs show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    pub lsn: Lsn,
    pub committed: UnixMillis,
    pub kind: RecordKind,
    pub qos: u8,
    pub packet_id: u16,
    pub code: u32,
    pub number: DeviceNumber,
    pub product: ProductId,
    pub device: Box<str>,
    pub sample_time: UnixMillis,
    pub topic: Box<str>,
    pub note: Box<str>,
    pub payload: Box<[u8]>,
}

impl LogRow {
    /// A record with its number and commit time.
    #[must_use]
    pub fn new(lsn: Lsn, committed: UnixMillis, record: &Record<'_>) -> Self {
        Self {
            lsn,
            committed,
            kind: record.kind,
            qos: record.qos,
            packet_id: record.packet_id,
            code: record.code,
            number: record.number,
            product: record.product,
            device: record.device.into(),
            sample_time: record.sample_time,
            topic: record.topic.into(),
            note: record.note.into(),
            payload: record.payload.into(),
        }
    }

    /// The record it was read from, but for its number and commit time.
    #[must_use]
    pub fn as_record(&self) -> Record<'_> {
        Record {
            kind: self.kind,
            qos: self.qos,
            packet_id: self.packet_id,
            code: self.code,
            number: self.number,
            product: self.product,
            device: &self.device,
            sample_time: self.sample_time,
            topic: &self.topic,
            note: &self.note,
            payload: &self.payload,
        }
    }
}

/// A further condition of a search in the log, asked while records are read: what it does not want is never copied.
pub struct Sieve<'a> {
    /// Work ([`Touched::work`]) before the page ends early, with a cursor. An engine may have a lower bound of its own, and ends at the
    /// next chunk. What reaches over the place where the page begins does not count: every page goes on.
    pub work_max: u64,
    /// Asked in any order, of what matches the query; by commit time and record.
    pub wants: &'a mut dyn FnMut(UnixMillis, &Record<'_>) -> bool,
}

impl fmt::Debug for Sieve<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sieve").field("work_max", &self.work_max).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadingError {
    #[error("readings failed: {0}")]
    Failed(String),
}

/// Indexes over the log, each with the number of the last record it has applied.
pub trait Readings: Send + Sync {
    /// Applies blocks in commit order; what was applied before is skipped. Called by one thread only.
    ///
    /// # Errors
    /// Nothing of the failed call counts as applied; call again.
    fn apply(&self, blocks: &[Arc<Block>]) -> Result<(), ReadingError>;

    /// Last record visible to queries.
    fn applied(&self) -> Lsn;

    /// Last record that need not be applied again after a restart.
    fn checkpoint(&self) -> Lsn;

    /// # Errors
    /// When the store fails.
    fn property_history(&self, query: &PropertyQuery<'_>) -> Result<Page<PropertyRow>, ReadingError>;

    /// A page ends when many records were looked at; its last step may go on in the next one.
    ///
    /// # Errors
    /// When the store fails.
    fn property_summary(&self, query: &SummaryQuery<'_>) -> Result<Page<Summary>, ReadingError>;

    /// # Errors
    /// When the store fails.
    fn event_history(&self, query: &EventQuery<'_>) -> Result<EventPage, ReadingError>;

    /// What matches the query and passes the sieve.
    ///
    /// # Errors
    /// When the store fails.
    fn sifted_log(&self, query: &LogQuery, sieve: Sieve<'_>) -> Result<Page<LogRow>, ReadingError>;

    /// All that match the query.
    ///
    /// # Errors
    /// When the store fails.
    fn log(&self, query: &LogQuery) -> Result<Page<LogRow>, ReadingError> {
        let wants = &mut |_: UnixMillis, _: &Record<'_>| true;
        self.sifted_log(query, Sieve { work_max: u64::MAX, wants })
    }

    /// Drops partitions that lie wholly before `before` (commit time).
    ///
    /// # Errors
    /// When the store fails.
    fn expire(&self, before: UnixMillis) -> Result<(), ReadingError>;

    /// Makes everything applied so far survive a restart.
    ///
    /// # Errors
    /// When the store fails.
    fn seal(&self) -> Result<(), ReadingError>;
}
