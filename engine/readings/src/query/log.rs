//! Content log, online/offline log and diagnostics. Index: the chunks of a lane, by their last commit time.

use lianwu_ports::readings::{LogQuery, LogRow, LogScope, Page, Sieve};
use lianwu_ports::record::{Record, RecordKind};
use memchr::memmem::Finder;

use super::{Plan, Source, View, merge, open};
use crate::chunk::{COMMIT_SPAN_MS, Lane, kind_bit};
use crate::fault::Fault;
use crate::keys::Owner;

pub(crate) type LogPlan = (Plan, Vec<Source>);

/// Gathers the entries; the view may be let go afterwards.
pub(crate) fn log(view: &View<'_>, query: &LogQuery) -> LogPlan {
    let owner = match query.scope {
        LogScope::Device(number) | LogScope::Uploads(number) => Owner::Device(number),
        LogScope::Diagnostics(product) | LogScope::UploadsOf(product) => Owner::Product(product),
        LogScope::Account(owner) => Owner::Account(owner),
    };
    let plan = Plan {
        owner,
        descending: true,
        first: *query.times.start(),
        last: *query.times.end(),
        after: query.after,
        limit: query.limit,
    };
    let kinds = mask(&query.kinds);
    let mut sources = Vec::new();
    for lane in lanes(query) {
        for source in view.log_sources(&plan, lane, COMMIT_SPAN_MS) {
            let wanted = source.filter(move |found| found.as_ref().map_or(true, |found| found.span.kinds & kinds != 0));
            sources.push(Box::new(wanted) as Source);
        }
    }
    (plan, sources)
}

fn mask(kinds: &[RecordKind]) -> u32 {
    if kinds.is_empty() { u32::MAX } else { kinds.iter().fold(0, |mask, kind| mask | kind_bit(*kind)) }
}

/// The lanes that can hold what is asked for.
fn lanes(query: &LogQuery) -> Vec<Lane> {
    match query.scope {
        LogScope::Diagnostics(_) | LogScope::Account(_) => return vec![Lane::Diagnostic],
        LogScope::UploadsOf(_) => return vec![Lane::ProductLog],
        LogScope::Uploads(_) => return vec![Lane::DeviceLog],
        LogScope::Device(_) => {}
    }
    let wants = |wanted: fn(RecordKind) -> bool| query.kinds.is_empty() || query.kinds.iter().any(|kind| wanted(*kind));
    let mut lanes = Vec::new();
    for (lane, wanted) in [
        (Lane::Property, wants(|kind| kind == RecordKind::PropertyReport)),
        (Lane::Event, wants(|kind| kind == RecordKind::EventPost)),
        (Lane::Message, wants(RecordKind::is_message)),
        (Lane::Connection, wants(|kind| !kind.is_message())),
    ] {
        if wanted {
            lanes.push(lane);
        }
    }
    lanes
}

/// Reads the page.
pub(crate) fn read_log(
    (plan, sources): LogPlan,
    query: &LogQuery,
    sieve: Sieve<'_>,
    work_max: u64,
) -> Result<Page<LogRow>, Fault> {
    let kinds = mask(&query.kinds);
    let words: Vec<_> = query.words.iter().map(|word| Finder::new(word.as_bytes())).collect();
    let Sieve { work_max: asked, wants } = sieve;
    merge::page(sources, &plan, work_max.min(asked), |found, touched| {
        let mut rows = Vec::new();
        open(&plan, found, touched, |stored| {
            let rank = plan.rank(stored.committed, stored.lsn, 0);
            let kind = stored.record.kind;
            let wanted = kinds & kind_bit(kind) != 0 && !kind.is_part() && plan.accepts(rank);
            let has_words = || words.iter().all(|word| occurs(word, &stored.record));
            if wanted && has_words() && wants(stored.committed, &stored.record) {
                rows.push((rank, LogRow::new(stored.lsn, stored.committed, &stored.record)));
            }
        })?;
        Ok(rows)
    })
}

fn occurs(word: &Finder<'_>, record: &Record<'_>) -> bool {
    [record.device.as_bytes(), record.topic.as_bytes(), record.note.as_bytes(), record.payload]
        .into_iter()
        .any(|text| word.find(text).is_some())
}
