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

/// Is it of the account, within the times and behind the page before?
fn is_in_range(query: &AuditQuery, position: AuditPosition, entry: &AuditEntry) -> bool {
    entry.owner == query.owner
        && query.times.contains(&entry.time)
        && query.before.is_none_or(|before| position < before)
}

fn fits(query: &AuditQuery, entry: &AuditEntry) -> bool {
    query.uin.is_none_or(|uin| entry.uin == uin)
        && query.operation.as_ref().is_none_or(|operation| entry.operation == *operation)
        && (entry.is_write || !query.writes_only)
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
            placed.filter(|(position, entry)| is_in_range(&query, *position, entry)).collect::<Vec<_>>()
        });
        found.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        let (mut page, mut last) = (AuditPage::default(), None);
        for (position, entry) in found {
            if page.rows.len() == query.limit || page.looked_at == query.look_max {
                page.next = last;
                break;
            }
            (page.looked_at, last) = (page.looked_at + 1, Some(position));
            if fits(&query, &entry) {
                page.rows.push(entry);
            }
        }
        Box::pin(async move { Ok(page) })
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
