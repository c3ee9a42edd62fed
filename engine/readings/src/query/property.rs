//! Property history, as it was said and in steps of time. Index: the term of the property, by the first sample time of its rows in a chunk.

use lianwu_ports::readings::{Page, PropertyQuery, PropertyRow, Summary, SummaryQuery, Touched};
use memchr::memchr;
use memchr::memmem::Finder;

use super::{Found, Plan, View, merge, open};
use crate::chunk::{Lane, Stored, property_term};
use crate::fault::Fault;
use crate::keys::Owner;
use crate::payload;

/// The work of a page of a summary, and one chunk more, some 0.1 s; and what reaches over its beginning: values that come in no order within an hour.
const SUMMARY_WORK: u64 = 50_000;

pub(crate) type PropertyPlan = (Plan, Vec<super::Source>);

/// Gathers the entries; the view may be let go afterwards.
pub(crate) fn property_history(view: &View<'_>, query: &PropertyQuery<'_>) -> Result<PropertyPlan, Fault> {
    let plan = Plan {
        owner: Owner::Device(query.device),
        descending: false,
        first: *query.times.start(),
        last: *query.times.end(),
        after: query.after,
        limit: query.limit,
    };
    let sources = view.term_sources(&plan, Lane::Property, property_term(query.property.as_bytes()))?;
    Ok((plan, sources))
}

/// Reads the page.
pub(crate) fn read_properties(
    (plan, sources): PropertyPlan,
    query: &PropertyQuery<'_>,
) -> Result<Page<PropertyRow>, Fault> {
    merge::page(
        sources,
        &plan,
        u64::MAX,
        values(&plan, query.property, |stored, value| {
            Some(PropertyRow { time: stored.record.sample_time, lsn: stored.lsn, value: value.into() })
        }),
    )
}

/// Gathers the entries; the view may be let go afterwards.
pub(crate) fn property_summary(view: &View<'_>, query: &SummaryQuery<'_>) -> Result<PropertyPlan, Fault> {
    let SummaryQuery { device, property, ref times, after, .. } = *query;
    property_history(view, &PropertyQuery { device, property, times: times.clone(), after, limit: usize::MAX })
}

/// Reads the page of steps.
pub(crate) fn read_summary((plan, sources): PropertyPlan, query: &SummaryQuery<'_>) -> Result<Page<Summary>, Fault> {
    let mut steps = Vec::new();
    let read = values(&plan, query.property, |stored, value| {
        Summary::number(value).map(|number| (stored.record.sample_time, number))
    });
    let (next, touched) = merge::walk(sources, &plan, SUMMARY_WORK, read, |(time, number)| {
        Summary::put(&mut steps, query.step, time, number);
    })?;
    Ok(Page { rows: steps, next, touched })
}

/// Opens chunks for the values of a property, of which `row` makes what the page wants.
fn values<T>(
    plan: &Plan,
    property: &str,
    row: impl Fn(&Stored<'_>, &str) -> Option<T>,
) -> impl FnMut(&Found, &mut Touched) -> Result<merge::Offered<T>, Fault> {
    // Most records of a chunk do not carry a rare property: a search for its quoted name is much cheaper than reading
    // the JSON. Only an escape could hide the name.
    let name = Finder::new(&format!("\"{property}\"")).into_owned();
    let may_carry = move |payload: &[u8]| name.find(payload).is_some() || memchr(b'\\', payload).is_some();
    move |found, touched| {
        let mut rows = Vec::new();
        open(plan, found, touched, |stored| {
            let record = &stored.record;
            let rank = plan.rank(record.sample_time, stored.lsn, 0);
            if !plan.accepts(rank) || !may_carry(record.payload) {
                return;
            }
            let value = payload::property(record.payload, property, &mut Vec::new());
            if let Some(row) = value.and_then(|value| row(stored, value)) {
                rows.push((rank, row));
            }
        })?;
        Ok(rows)
    }
}
