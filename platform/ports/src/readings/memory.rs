//! Readings and states in memory: every record in one list, every query a filter and a sort.

mod json;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lianwu_model::{DeviceNumber, UnixMillis};

use super::{
    Cursor, EventPage, EventQuery, EventRow, LogQuery, LogRow, LogScope, Page, PropertyQuery, PropertyRow,
    ReadingError, Readings, Sieve, Summary, SummaryQuery, Touched, is_diagnostic,
};
use crate::log::{Block, Lsn};
use crate::record::RecordKind;
use crate::record::account::AccountLine;
use crate::states::memory::Folded;

pub(crate) use json::{members, merged, params};

/// Implements both [`Readings`] and [`crate::states::States`] for tests. Everything is lost with it.
#[derive(Debug, Default)]
pub struct MemoryReadings {
    pub(crate) inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
pub(crate) struct Inner {
    /// Every record ever applied; states are folded from it.
    pub(crate) records: Vec<LogRow>,
    applied: Lsn,
    /// Records committed on earlier days have expired.
    first_day: u64,
    pub(crate) forgotten: Vec<DeviceNumber>,
    pub(crate) folded: HashMap<DeviceNumber, Folded>,
}

impl MemoryReadings {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn kept(&self) -> impl Iterator<Item = &LogRow> {
        self.records.iter().filter(|row| row.committed.day() >= self.first_day)
    }
}

/// Rows with their places, cut to one page.
fn page<T>(
    mut rows: Vec<(Cursor, T)>,
    newest_first: bool,
    after: Option<Cursor>,
    limit: usize,
    touched: Touched,
) -> Page<T> {
    let place = |cursor: &Cursor| (cursor.time, cursor.lsn, cursor.index);
    rows.sort_by_key(|(cursor, _)| place(cursor));
    if newest_first {
        rows.reverse();
    }
    if let Some(after) = after {
        rows.retain(
            |(cursor, _)| {
                if newest_first { place(cursor) < place(&after) } else { place(cursor) > place(&after) }
            },
        );
    }
    let limit = limit.clamp(1, 1000);
    let next = (rows.len() > limit).then(|| rows[limit - 1].0);
    rows.truncate(limit);
    Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next, touched }
}

/// One page of those that the sieve wants; every one it is asked about counts as touched.
fn sifted(mut rows: Vec<&LogRow>, query: &LogQuery, sieve: Sieve<'_>) -> Page<LogRow> {
    let cursor = |row: &LogRow| Cursor { time: row.committed, lsn: row.lsn, index: 0 };
    let place = |cursor: Cursor| (cursor.time, cursor.lsn, cursor.index);
    rows.sort_by_key(|row| std::cmp::Reverse((row.committed, row.lsn)));
    rows.retain(|row| query.after.is_none_or(|after| place(cursor(row)) < place(after)));
    let limit = query.limit.clamp(1, 1000);
    let Sieve { work_max, wants } = sieve;
    let mut page = Page { rows: Vec::new(), next: None, touched: Touched::default() };
    let mut last_seen = None;
    for row in rows {
        if page.touched.work >= work_max && last_seen.is_some() {
            page.next = last_seen;
            break;
        }
        page.touched.record(&row.payload);
        last_seen = Some(cursor(row));
        if !wants(row.committed, &row.as_record()) {
            continue;
        }
        if page.rows.len() == limit {
            page.next = page.rows.last().map(cursor);
            break;
        }
        page.rows.push(row.clone());
    }
    page
}

fn events(row: &LogRow) -> Vec<(Cursor, EventRow)> {
    let Ok(text) = std::str::from_utf8(&row.payload) else { return Vec::new() };
    let Some(post) = members(text) else { return Vec::new() };
    let get = |members: &[(String, String)], key: &str, opens: char| {
        members.iter().rev().find(|(k, v)| k == key && v.starts_with(opens)).map(|(_, v)| v.clone())
    };
    let mut found = Vec::new();
    let mut add = |index: usize, event: &[(String, String)], time: UnixMillis| {
        let text_of = |key| get(event, key, '"').and_then(|raw| serde_json::from_str::<String>(&raw).ok());
        let Some(id) = text_of("eventId") else { return };
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        let row = EventRow {
            time,
            lsn: row.lsn,
            event: id.into(),
            kind: text_of("type").unwrap_or_default().into(),
            params: get(event, "params", '{').unwrap_or_else(|| "{}".to_owned()).into(),
        };
        found.push((Cursor { time, lsn: row.lsn, index }, row));
    };
    match get(&post, "events", '[')
        .and_then(|raw| serde_json::from_str::<Vec<Box<serde_json::value::RawValue>>>(&raw).ok())
    {
        None => add(0, &post, row.sample_time),
        Some(batch) => {
            for (index, element) in batch.iter().enumerate() {
                let Some(event) = members(element.get()) else { continue };
                let stamp = event.iter().rev().find(|(key, _)| key == "timestamp");
                let time = match stamp.and_then(|(_, raw)| raw.parse::<u64>().ok()).unwrap_or(0) {
                    0 => row.sample_time,
                    seconds @ 1..100_000_000_000 => UnixMillis::from_seconds(seconds),
                    millis => UnixMillis(millis),
                };
                add(index, &event, time);
            }
        }
    }
    found
}

fn within(times: &RangeInclusive<UnixMillis>, time: UnixMillis) -> bool {
    times.contains(&time)
}

/// Few enough that a test sees a summary of several pages.
const SUMMARY_ROWS: usize = 100;

impl MemoryReadings {
    /// All values of a property, wherever a page of them begins.
    fn values(
        &self,
        device: DeviceNumber,
        property: &str,
        times: &RangeInclusive<UnixMillis>,
    ) -> Vec<(Cursor, PropertyRow)> {
        let inner = self.lock();
        let mut rows = Vec::new();
        for row in inner.kept() {
            let wanted =
                row.number == device && row.kind.holds_properties() && row.code == 0 && within(times, row.sample_time);
            if !wanted {
                continue;
            }
            let values = params(&row.payload);
            if let Some((_, value)) = values.iter().rev().find(|(key, _)| key == property) {
                let place = Cursor { time: row.sample_time, lsn: row.lsn, index: 0 };
                rows.push((place, PropertyRow { time: row.sample_time, lsn: row.lsn, value: value.as_str().into() }));
            }
        }
        rows
    }
}

impl Readings for MemoryReadings {
    fn apply(&self, blocks: &[Arc<Block>]) -> Result<(), ReadingError> {
        let mut inner = self.lock();
        for block in blocks {
            for entry in block.records() {
                let (lsn, record) = entry.map_err(|error| ReadingError::Failed(error.to_string()))?;
                if lsn > inner.applied {
                    inner.records.push(LogRow::new(lsn, block.time, &record));
                    inner.applied = lsn;
                }
            }
        }
        Ok(())
    }

    fn applied(&self) -> Lsn {
        self.lock().applied
    }

    fn checkpoint(&self) -> Lsn {
        self.lock().applied
    }

    fn property_history(&self, query: &PropertyQuery<'_>) -> Result<Page<PropertyRow>, ReadingError> {
        let values = self.values(query.device, query.property, &query.times);
        Ok(page(values, false, query.after, query.limit, Touched::default()))
    }

    fn property_summary(&self, query: &SummaryQuery<'_>) -> Result<Page<Summary>, ReadingError> {
        let values = self.values(query.device, query.property, &query.times);
        let found = page(values, false, query.after, SUMMARY_ROWS, Touched::default());
        let mut rows = Vec::new();
        for row in found.rows {
            if let Some(number) = Summary::number(&row.value) {
                Summary::put(&mut rows, query.step, row.time, number);
            }
        }
        Ok(Page { rows, next: found.next, touched: found.touched })
    }

    fn event_history(&self, query: &EventQuery<'_>) -> Result<EventPage, ReadingError> {
        let inner = self.lock();
        let posts = inner.kept().filter(|row| row.number == query.device && row.kind.holds_events() && row.code == 0);
        let mut rows: Vec<_> = posts.flat_map(events).collect();
        rows.retain(|(_, row)| {
            within(&query.times, row.time)
                && query.event.is_none_or(|id| *row.event == *id)
                && query.kind.is_none_or(|kind| *row.kind == *kind)
        });
        let total = rows.len() as u64;
        Ok(EventPage { page: page(rows, true, query.after, query.limit, Touched::default()), total })
    }

    fn sifted_log(&self, query: &LogQuery, sieve: Sieve<'_>) -> Result<Page<LogRow>, ReadingError> {
        let inner = self.lock();
        let mut rows = Vec::new();
        for row in inner.kept() {
            let in_scope = match query.scope {
                LogScope::Device(number) => row.number == number && row.kind != RecordKind::DeviceLog,
                LogScope::Uploads(number) => row.number == number && row.kind == RecordKind::DeviceLog,
                LogScope::UploadsOf(product) => row.product == product && row.kind == RecordKind::DeviceLog,
                LogScope::Diagnostics(product) => row.product == product && is_diagnostic(&row.as_record()),
                LogScope::Account(owner) => AccountLine::of(&row.as_record()).is_some_and(|line| line.owner == owner),
            };
            let wanted = in_scope
                && !row.kind.is_part()
                && within(&query.times, row.committed)
                && (query.kinds.is_empty() || query.kinds.contains(&row.kind))
                && query.words.iter().all(|word| occurs(word, row));
            if wanted {
                rows.push(row);
            }
        }
        Ok(sifted(rows, query, sieve))
    }

    fn expire(&self, before: UnixMillis) -> Result<(), ReadingError> {
        let mut inner = self.lock();
        inner.first_day = inner.first_day.max(before.day());
        Ok(())
    }

    fn seal(&self) -> Result<(), ReadingError> {
        Ok(())
    }
}

fn occurs(word: &str, row: &LogRow) -> bool {
    [row.device.as_bytes(), row.topic.as_bytes(), row.note.as_bytes(), &row.payload]
        .into_iter()
        .any(|text| word.is_empty() || text.windows(word.len()).any(|part| part == word.as_bytes()))
}
