//! How many sessions of backends are kept for each account, and what they hold: for the bound, and for whoever asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use lianwu_model::Uin;
use lianwu_ports::states::SessionNumber;
use parking_lot::Mutex;

/// What one kept session holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionUse {
    /// Messages that wait, those on their way included.
    pub messages: u64,
    /// What they take when they are read from the log.
    pub bytes: u64,
    pub filters: u64,
}

/// What the kept sessions of one account hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionsUse {
    pub sessions: u64,
    /// Filters of all of them.
    pub filters: u64,
    /// Of the session that holds most.
    pub most_messages: u64,
    pub most_bytes: u64,
    pub most_filters: u64,
}

#[derive(Debug, Default)]
pub(crate) struct KeptSessions {
    last_number: AtomicU64,
    accounts: Mutex<HashMap<Uin, HashMap<SessionNumber, SessionUse>>>,
}

impl KeptSessions {
    /// A number for another session of the account, unless it has `max` already.
    pub(crate) fn open(&self, owner: Uin, max: usize) -> Option<SessionNumber> {
        let mut accounts = self.accounts.lock();
        let sessions = accounts.entry(owner).or_default();
        if sessions.len() >= max {
            return None;
        }
        let number = SessionNumber(self.last_number.fetch_add(1, Ordering::Relaxed) + 1);
        sessions.insert(number, SessionUse::default());
        Some(number)
    }

    /// A session of an earlier run; it may be one more than is allowed now.
    pub(crate) fn restore(&self, owner: Uin, number: SessionNumber) {
        self.last_number.fetch_max(number.0, Ordering::Relaxed);
        self.accounts.lock().entry(owner).or_default().insert(number, SessionUse::default());
    }

    pub(crate) fn close(&self, owner: Uin, number: SessionNumber) {
        let mut accounts = self.accounts.lock();
        if let Some(sessions) = accounts.get_mut(&owner) {
            sessions.remove(&number);
            if sessions.is_empty() {
                accounts.remove(&owner);
            }
        }
    }

    /// Notes what a session holds now.
    pub(crate) fn note(&self, owner: Uin, number: SessionNumber, now: SessionUse) {
        if let Some(known) = self.accounts.lock().get_mut(&owner).and_then(|sessions| sessions.get_mut(&number)) {
            *known = now;
        }
    }

    pub(crate) fn used(&self, owner: Uin) -> SessionsUse {
        let accounts = self.accounts.lock();
        let mut used = SessionsUse::default();
        for session in accounts.get(&owner).into_iter().flat_map(HashMap::values) {
            used.sessions += 1;
            used.filters += session.filters;
            used.most_messages = used.most_messages.max(session.messages);
            used.most_filters = used.most_filters.max(session.filters);
            used.most_bytes = used.most_bytes.max(session.bytes);
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does each account have its own bound, and is what was counted given back?
    #[test]
    fn sessions_are_counted_for_each_account() {
        let (ours, theirs) = (Uin(1), Uin(2));
        let kept = KeptSessions::default();
        kept.restore(ours, SessionNumber(40));
        let second = kept.open(ours, 2).unwrap();
        assert_eq!(second, SessionNumber(41), "behind those of earlier runs");
        assert_eq!(kept.open(ours, 2), None);
        assert!(kept.open(theirs, 2).is_some());
        kept.note(ours, second, SessionUse { messages: 7, bytes: 700, filters: 3 });
        kept.note(ours, SessionNumber(40), SessionUse { messages: 9, bytes: 90, filters: 1 });
        let used = SessionsUse { sessions: 2, filters: 4, most_messages: 9, most_bytes: 700, most_filters: 3 };
        assert_eq!(kept.used(ours), used);
        kept.close(ours, second);
        assert!(kept.open(ours, 2).is_some());
        assert_eq!(kept.used(Uin(3)), SessionsUse::default());
    }
}
