//! The audit log in memory, for tests.

use std::sync::{Mutex, PoisonError};

use lianwu_model::UnixMillis;

use super::{AuditEntry, AuditPage, AuditPosition, AuditQuery, AuditStore};
use crate::Answer;
use crate::registry::StoreError;

/// Rows with their numbers, in the order they were written.
#[derive(Debug, Default)]
pub struct MemoryAudit(Mutex<Vec<(u64, AuditEntry)>>);

impl MemoryAudit {
    fn with<T>(&self, run: impl FnOnce(&mut Vec<(u64, AuditEntry)>) -> T) -> T {
        run(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn fits(query: &AuditQuery, position: AuditPosition, entry: &AuditEntry) -> bool {
    entry.owner == query.owner
        && query.times.contains(&entry.time)
        && query.uin.is_none_or(|uin| entry.uin == uin)
        && query.operation.as_ref().is_none_or(|operation| entry.operation == *operation)
        && (entry.is_write || !query.writes_only)
        && query.before.is_none_or(|before| position < before)
}

impl AuditStore for MemoryAudit {
    fn append(&self, entries: Vec<AuditEntry>) -> Answer<'_, Result<(), StoreError>> {
        self.with(|rows| {
            let first = rows.last().map_or(1, |(seq, _)| seq + 1);
            rows.extend((first..).zip(entries));
        });
        Box::pin(async { Ok(()) })
    }

    fn page(&self, query: AuditQuery) -> Answer<'_, Result<AuditPage, StoreError>> {
        let mut found = self.with(|rows| {
            let placed = rows.iter().map(|(seq, entry)| (AuditPosition { time: entry.time, seq: *seq }, entry.clone()));
            placed.filter(|(position, entry)| fits(&query, *position, entry)).collect::<Vec<_>>()
        });
        found.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        let has_more = found.len() > query.limit;
        found.truncate(query.limit);
        let next = found.last().filter(|_| has_more).map(|(position, _)| *position);
        Box::pin(async move { Ok(AuditPage { rows: found.into_iter().map(|(_, entry)| entry).collect(), next }) })
    }

    fn expire(&self, oldest: UnixMillis, rows_max: usize) -> Answer<'_, Result<usize, StoreError>> {
        let removed = self.with(|rows| {
            let mut removed = 0;
            rows.retain(|(_, entry)| {
                let expires = entry.time < oldest && removed < rows_max;
                removed += usize::from(expires);
                !expires
            });
            removed
        });
        Box::pin(async move { Ok(removed) })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use super::MemoryAudit;

    /// The twin never waits, so one poll must answer.
    fn run(case: impl AsyncFnOnce(Arc<MemoryAudit>)) {
        let future = pin!(case(Arc::new(MemoryAudit::default())));
        assert_eq!(future.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(()));
    }

    crate::audit_suite!(run);
}
