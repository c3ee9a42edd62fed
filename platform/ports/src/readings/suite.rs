//! What every engine behind [`Readings`] and [`States`] must do.
//!
//! [`agrees_with_twin`] runs a random workload on the engine and on [`MemoryReadings`] and compares every page;
//! the other functions are single questions with the expected answer written out. All panic on a difference.

mod scenarios;
mod workload;

use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, UnixMillis};

use super::memory::MemoryReadings;
use super::{
    Cursor, EventQuery, LogQuery, LogRow, LogScope, Page, PropertyQuery, Readings, Sieve, Summary, SummaryQuery,
};
use crate::log::{Block, Lsn};
use crate::record::{Record, RecordKind};
use crate::states::States;

pub use scenarios::{
    activity_counts_devices_by_day, applying_twice_changes_nothing, batch_events_are_rows_of_their_own,
    devices_are_found_by_their_firmware, diagnostics_hold_what_went_wrong, late_samples_stand_at_their_sample_time,
    lines_of_accounts_are_theirs_alone, retained_messages_are_the_newest, retained_properties_are_kept,
    sessions_of_backends_come_back, steps_hold_what_was_measured_in_them,
};
pub use workload::{Random, Workload};

/// An engine under test.
pub trait Subject {
    fn readings(&self) -> &dyn Readings;
    fn states(&self) -> &dyn States;
    /// Closes the engine as a crash would, without sealing, and opens it again. `false`: it keeps nothing.
    fn reopen(&mut self) -> bool;
}

impl Subject for MemoryReadings {
    fn readings(&self) -> &dyn Readings {
        self
    }

    fn states(&self) -> &dyn States {
        self
    }

    fn reopen(&mut self) -> bool {
        false
    }
}

/// Applies `steps` random blocks with seals, restarts, expiry and forgotten devices in between, and compares random
/// queries with the twin after each.
pub fn agrees_with_twin(subject: &mut dyn Subject, seed: u64, steps: usize) {
    let twin = MemoryReadings::default();
    let mut workload = Workload::new(seed);
    let mut blocks: Vec<Arc<Block>> = Vec::new();
    for step in 0..steps {
        let block = Arc::new(workload.block());
        subject.readings().apply(&[Arc::clone(&block)]).expect("apply a block");
        twin.apply(&[Arc::clone(&block)]).expect("apply a block to the twin");
        blocks.push(block);
        let context = format!("seed {seed}, step {step}");
        disturb(subject, &twin, &mut workload, &blocks, &context);
        assert_eq!(subject.readings().applied(), twin.applied(), "{context}");
        if workload.random.one_in(3) || step + 1 == steps {
            compare(subject, &twin, &mut workload, &context);
        }
    }
}

fn disturb(
    subject: &mut dyn Subject,
    twin: &MemoryReadings,
    workload: &mut Workload,
    blocks: &[Arc<Block>],
    context: &str,
) {
    if workload.random.one_in(12) {
        subject.readings().seal().expect("seal");
        assert_eq!(subject.readings().checkpoint(), subject.readings().applied(), "{context}: everything is sealed");
    }
    if workload.random.one_in(15) && subject.reopen() {
        let checkpoint = subject.readings().checkpoint();
        assert_eq!(subject.readings().applied(), checkpoint, "{context}");
        let missing = blocks.iter().filter(|block| block.last() > checkpoint);
        let missing: Vec<_> = missing.cloned().collect();
        subject.readings().apply(&missing).expect("replay the log");
    }
    if workload.random.one_in(60) {
        let before = UnixMillis(workload.now().0.saturating_sub(workload.random.below(3) * UnixMillis::DAY_MS));
        subject.readings().expire(before).expect("expire");
        twin.expire(before).expect("expire in the twin");
    }
    if workload.random.one_in(80) {
        let number = workload.device();
        subject.states().forget(number).expect("forget");
        twin.forget(number).expect("forget in the twin");
    }
}

fn place(cursor: Option<Cursor>) -> Option<(UnixMillis, Lsn, u16)> {
    cursor.map(|cursor| (cursor.time, cursor.lsn, cursor.index))
}

/// All steps, wherever the pages end.
fn steps(readings: &dyn Readings, query: &SummaryQuery<'_>) -> Vec<Summary> {
    let mut steps: Vec<Summary> = Vec::new();
    let mut after = None;
    loop {
        let page = readings.property_summary(&SummaryQuery { after, ..query.clone() }).expect("property summary");
        assert!(
            page.next.is_none() || place(page.next) > place(after),
            "{query:?}: {after:?} leads to {:?}",
            page.next
        );
        for step in page.rows {
            match steps.last_mut() {
                Some(last) if last.start == step.start => last.join(&step),
                _ => steps.push(step),
            }
        }
        after = page.next;
        if after.is_none() {
            return steps;
        }
    }
}

fn compare(subject: &dyn Subject, twin: &MemoryReadings, workload: &mut Workload, context: &str) {
    let readings = subject.readings();
    for _ in 0..3 {
        let (device, times, limit) = (workload.device(), workload.range(), workload.limit());
        let property = workload.property();
        let query = PropertyQuery { device, property, times: times.clone(), after: None, limit };
        pages_agree(&format!("{context}: {query:?}"), |after| {
            let query = PropertyQuery { after, ..query.clone() };
            let of = |readings: &dyn Readings| readings.property_history(&query).expect("property history");
            (of(readings), of(twin))
        });

        let step = workload.step();
        let query = SummaryQuery { device, property, times: times.clone(), step, after: None };
        assert_eq!(steps(readings, &query), steps(twin, &query), "{context}: {query:?}");

        let (event, kind) = (workload.event(), workload.event_kind());
        let query = EventQuery { device, event, kind, times, after: None, limit };
        pages_agree(&format!("{context}: {query:?}"), |after| {
            let query = EventQuery { after, ..query.clone() };
            let of = |readings: &dyn Readings| readings.event_history(&query).expect("event history");
            let (one, other) = (of(readings), of(twin));
            assert_eq!(one.total, other.total, "{context}: {query:?}");
            (one.page, other.page)
        });

        let query = log_query(workload);
        pages_agree(&format!("{context}: {query:?}"), |after| {
            let query = LogQuery { after, ..query.clone() };
            let of = |readings: &dyn Readings| readings.log(&query).expect("log");
            (of(readings), of(twin))
        });
        let [one, other] = [readings, twin].map(|readings| sifted(readings, &query));
        assert_eq!(one, other, "{context}: {query:?}");
    }
    crate::states::suite::states_agree(subject.states(), twin, &workload.devices(), &Workload::products(), context);
}

/// Everything of a query that a sieve wants, a few records at a time.
fn sifted(readings: &dyn Readings, query: &LogQuery) -> Vec<LogRow> {
    let (mut rows, mut query) = (Vec::new(), query.clone());
    loop {
        let wants = &mut |_: UnixMillis, record: &Record<'_>| record.code != 0 || record.payload.contains(&b'7');
        let page = readings.sifted_log(&query, Sieve { work_max: 40, wants }).expect("log");
        assert!(page.rows.iter().all(|row| row.code != 0 || row.payload.contains(&b'7')), "{query:?}");
        rows.extend(page.rows);
        let is_further = query.after.is_none() || place(page.next) < place(query.after);
        assert!(page.next.is_none() || is_further, "{query:?} leads to {:?}", page.next);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return rows,
        }
    }
}

fn log_query(workload: &mut Workload) -> LogQuery {
    let scope = if workload.random.one_in(2) {
        if workload.random.one_in(4) {
            LogScope::Uploads(workload.device())
        } else {
            LogScope::Device(workload.device())
        }
    } else {
        let product = workload.product();
        if workload.random.one_in(4) { LogScope::UploadsOf(product) } else { LogScope::Diagnostics(product) }
    };
    let kinds = match workload.random.below(5) {
        0 => vec![RecordKind::PropertyReport],
        1 => vec![RecordKind::EventPost, RecordKind::Connected],
        2 => vec![RecordKind::PropertyControl, RecordKind::ConnectRefused, RecordKind::OtherUp],
        _ => Vec::new(),
    };
    let words = match workload.random.below(4) {
        0 => vec!["power".to_owned()],
        1 => vec!["method".to_owned(), "3".to_owned()],
        _ => Vec::new(),
    };
    LogQuery { scope, kinds, times: workload.range(), words, after: None, limit: workload.limit() }
}

/// Reads page after page from both and compares rows and cursors.
fn pages_agree<T: PartialEq + std::fmt::Debug>(
    context: &str,
    mut read: impl FnMut(Option<Cursor>) -> (Page<T>, Page<T>),
) {
    let mut after = None;
    for page in 0..4 {
        let (one, other) = read(after);
        assert_eq!(one.rows, other.rows, "{context}, page {page}");
        assert_eq!(one.next, other.next, "{context}, cursor of page {page}");
        if one.next.is_none() {
            return;
        }
        after = one.next;
    }
}

/// The times from the first to the last, both included.
fn times(first: u64, last: u64) -> RangeInclusive<UnixMillis> {
    UnixMillis(first)..=UnixMillis(last)
}

/// Everything ever.
fn always() -> RangeInclusive<UnixMillis> {
    times(0, u64::MAX)
}

const LAMP: DeviceNumber = DeviceNumber(7);
