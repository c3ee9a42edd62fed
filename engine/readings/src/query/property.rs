//! Property history. Index: the term of the property, by the first sample time of its rows in a chunk.

use lianwu_ports::readings::{Page, PropertyQuery, PropertyRow};
use memchr::memchr;
use memchr::memmem::Finder;

use super::{Plan, View, merge, open};
use crate::chunk::{Lane, property_term};
use crate::fault::Fault;
use crate::keys::Owner;
use crate::payload;

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
    // Most records of a chunk do not carry a rare property: a search for its quoted name is much cheaper than reading
    // the JSON. Only an escape could hide the name.
    let name = format!("\"{}\"", query.property);
    let name = Finder::new(&name);
    let may_carry = |payload: &[u8]| name.find(payload).is_some() || memchr(b'\\', payload).is_some();
    merge::page(sources, &plan, u64::MAX, |found, touched| {
        let mut rows = Vec::new();
        open(&plan, found, touched, |stored| {
            let record = &stored.record;
            let rank = plan.rank(record.sample_time, stored.lsn, 0);
            if !plan.accepts(rank) || !may_carry(record.payload) {
                return;
            }
            if let Some(value) = payload::property(record.payload, query.property, &mut Vec::new()) {
                rows.push((rank, PropertyRow { time: record.sample_time, lsn: stored.lsn, value: value.into() }));
            }
        })?;
        Ok(rows)
    })
}
