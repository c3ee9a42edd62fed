//! Event history. Index: the term of identifier and type, by the last time of its rows in a chunk.

use hashbrown::HashMap;
use lianwu_ports::readings::{EventPage, EventQuery, EventRow, Touched};

use super::{Found, Plan, Source, View, merge, open};
use crate::chunk::{Lane, Stored, event_term};
use crate::fault::Fault;
use crate::keys::Owner;
use crate::payload;

/// The page's entries, and those of the whole range for the total.
pub(crate) type EventPlan = (Plan, Vec<Source>, Vec<Source>);

/// Gathers the entries; the view may be let go afterwards.
pub(crate) fn event_history(view: &View<'_>, query: &EventQuery<'_>) -> Result<EventPlan, Fault> {
    let plan = Plan {
        owner: Owner::Device(query.device),
        descending: true,
        first: *query.times.start(),
        last: *query.times.end(),
        after: query.after,
        limit: query.limit,
    };
    let term = event_term(query.event, query.kind);
    let page = view.term_sources(&plan, Lane::Event, term)?;
    let all = view.term_sources(&Plan { after: None, ..plan }, Lane::Event, term)?;
    Ok((plan, page, all))
}

/// Reads the page and counts all matches.
pub(crate) fn read_events((plan, page, all): EventPlan, query: &EventQuery<'_>) -> Result<EventPage, Fault> {
    let mut page = merge::page(page, &plan, u64::MAX, |found, touched| {
        let mut rows = Vec::new();
        open(&plan, found, touched, |stored| {
            for event in matching(stored, query) {
                let rank = plan.rank(event.time, stored.lsn, event.index);
                let row = EventRow {
                    time: event.time,
                    lsn: stored.lsn,
                    event: event.id.into(),
                    kind: event.kind.into(),
                    params: event.params.into(),
                };
                rows.push((rank, row));
            }
        })?;
        Ok(rows)
    })?;
    let total = total(&Plan { after: None, ..plan }, all, query, &mut page.touched)?;
    Ok(EventPage { page, total })
}

fn matching<'a>(stored: &Stored<'a>, query: &EventQuery<'_>) -> impl Iterator<Item = payload::Event<'a>> {
    payload::events(stored.record.payload, stored.record.sample_time).into_iter().filter(|event| {
        query.event.is_none_or(|id| *event.id == *id) && query.kind.is_none_or(|kind| *event.kind == *kind)
    })
}

/// Sums the counts of the index; only chunks that lie across an edge of the range are opened.
fn total(plan: &Plan, all: Vec<Source>, query: &EventQuery<'_>, touched: &mut Touched) -> Result<u64, Fault> {
    let mut chunks: HashMap<u64, (u64, Option<Found>)> = HashMap::new();
    touched.entries += merge::each(all, plan, |found| {
        let (count, across) = chunks.entry(found.span.first_lsn.0).or_default();
        *count += u64::from(found.span.count);
        if found.span.first < plan.first || found.span.last > plan.last {
            *across = Some(found);
        }
    })?;
    let mut total = 0;
    for (count, across) in chunks.into_values() {
        let Some(found) = across else {
            total += count;
            continue;
        };
        open(plan, &found, touched, |stored| {
            let within = matching(stored, query).filter(|event| (plan.first..=plan.last).contains(&event.time));
            total += within.count() as u64;
        })?;
    }
    Ok(total)
}
