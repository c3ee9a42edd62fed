//! Kept sessions of backends: all of them in memory, because they are few and bounded; the changed ones go to disk with
//! the states.

use std::collections::BTreeMap;

use fjall::Keyspace;
use lianwu_ports::log::Lsn;
use lianwu_ports::record::Record;
use lianwu_ports::states::backend_session::BackendSessions;
use lianwu_ports::states::{BackendSession, SessionNumber};

use crate::fault::Fault;

/// First byte of the keys of all rows; the number follows.
const KEYS: u8 = 5;

/// A key with its row, which is empty where the session is over.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

#[derive(Debug, Default)]
pub(crate) struct BackendTable {
    sessions: BackendSessions,
    /// Since the last save, and by which record.
    changed: BTreeMap<SessionNumber, Lsn>,
}

impl BackendTable {
    pub(crate) fn load(disk: &Keyspace) -> Result<Self, Fault> {
        let mut sessions = BackendSessions::default();
        for guard in disk.prefix([KEYS]) {
            let (_, row) = guard.into_inner()?;
            sessions.restore(BackendSession::decode(&row).ok_or(Fault::Damaged("a backend's session"))?);
        }
        Ok(Self { sessions, changed: BTreeMap::new() })
    }

    pub(crate) fn apply(&mut self, lsn: Lsn, record: &Record<'_>) {
        let Self { sessions, changed } = self;
        sessions.apply(lsn, record, |number| {
            changed.insert(number, lsn);
        });
    }

    /// Rows to be written, in order of their keys, and the last change in them.
    pub(crate) fn rows(&self) -> (Vec<Row>, Lsn) {
        let row = |number: &SessionNumber| {
            (key(*number), self.sessions.get(*number).map(BackendSession::encode).unwrap_or_default())
        };
        let last = self.changed.values().max().copied().unwrap_or_default();
        (self.changed.keys().map(row).collect(), last)
    }

    /// Everything up to `lsn` is on disk.
    pub(crate) fn saved(&mut self, lsn: Lsn) {
        self.changed.retain(|_, changed| *changed > lsn);
    }

    pub(crate) fn all(&self) -> Vec<BackendSession> {
        self.sessions.iter().cloned().collect()
    }
}

fn key(number: SessionNumber) -> Vec<u8> {
    let mut key = vec![KEYS];
    key.extend_from_slice(&number.0.to_be_bytes());
    key
}
