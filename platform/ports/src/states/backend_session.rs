//! What is remembered of a backend that asked for its session to be kept: subscriptions, which messages of the log wait
//! for it, ids of QoS 2. Folded from the log, so it is never a second source of truth; the messages themselves stay in
//! the log and are named by their numbers. Source: docs/adr/0017-kept-sessions-of-backends.md.

mod change;
mod coding;
pub mod queued;
mod row;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lianwu_model::{Uin, UnixMillis};

use crate::log::Lsn;
use crate::record::{Record, RecordKind};

pub use change::{Change, Changes};
pub use queued::Queued;

/// More messages than this never wait for one session, whatever a damaged log says.
const WAITING_MAX: usize = 1_000_000;

/// Names a session, once in the life of an instance as far as records of it are kept. From 1 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(pub u64);

/// A message in the log that a session has not finished with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub position: Lsn,
    /// Memory it takes when it is read from the log.
    pub bytes: u32,
    /// 1 or 2.
    pub qos: u8,
    pub retain: bool,
    /// Names of the subscriptions it comes by.
    pub ids: Box<[u32]>,
}

/// A message of QoS 2 that has gone out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentOut {
    pub packet_id: u16,
    pub message: Waiting,
    /// PUBREC came: the message itself is needed no more.
    pub is_received: bool,
}

/// A will that waits for its delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayedWill {
    pub due: UnixMillis,
    pub topic: Box<str>,
    pub payload: Box<[u8]>,
    /// As they stand in an MQTT 5 packet.
    pub properties: Box<[u8]>,
    pub qos: u8,
    pub retain: bool,
}

/// A session that outlives its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendSession {
    pub number: SessionNumber,
    /// Main account.
    pub owner: Uin,
    pub client_id: Box<str>,
    /// The key it signed in with last: its rights count for what waits.
    pub secret_id: Box<str>,
    /// How long it outlives its connection. Unit: seconds.
    pub expiry_seconds: u32,
    /// When the connection ended; `None` while there is one, or when its end was not seen.
    pub away_since: Option<UnixMillis>,
    pub will: Option<Box<DelayedWill>>,
    /// By filter: the options of SUBSCRIBE, and the client's name for it or 0.
    pub filters: BTreeMap<Box<str>, (u8, u32)>,
    /// In the order they are to go out.
    pub waiting: VecDeque<Waiting>,
    /// Messages of QoS 2 that went out, in that order.
    pub sent: VecDeque<SentOut>,
    /// Messages of QoS 2 from the client that it has not released.
    pub taken: BTreeSet<u16>,
    /// Messages given up since the session began.
    pub dropped: u64,
    /// Last record that is in it.
    lsn: Lsn,
}

/// All kept sessions.
#[derive(Clone, Debug, Default)]
pub struct BackendSessions {
    sessions: BTreeMap<SessionNumber, BackendSession>,
}

/// Can this record change a session?
#[must_use]
pub fn concerns_backend_session(record: &Record<'_>) -> bool {
    matches!(record.kind, RecordKind::BackendSession | RecordKind::BackendQueued)
}

impl BackendSessions {
    /// Applies one record; `changed` is told of each session that is not as it was. What a session holds already is
    /// skipped, so that it may be ahead of the others.
    pub fn apply(&mut self, lsn: Lsn, record: &Record<'_>, mut changed: impl FnMut(SessionNumber)) {
        match record.kind {
            RecordKind::BackendSession => {
                let Some((number, changes)) = change::read(record.payload) else { return };
                if self.sessions.get(&number).is_some_and(|session| session.lsn >= lsn) {
                    return;
                }
                changes.for_each(|change| self.change(number, record, &change));
                if let Some(session) = self.sessions.get_mut(&number) {
                    session.lsn = lsn;
                }
                changed(number);
            }
            RecordKind::BackendQueued => {
                let mut touched = BTreeSet::new();
                for (number, message) in queued::read(record.payload, lsn) {
                    let Some(session) = self.sessions.get_mut(&number).filter(|session| session.lsn < lsn) else {
                        continue;
                    };
                    if session.waiting.len() < WAITING_MAX {
                        session.waiting.push_back(message);
                    }
                    touched.insert(number);
                }
                for number in touched {
                    if let Some(session) = self.sessions.get_mut(&number) {
                        session.lsn = lsn;
                    }
                    changed(number);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, number: SessionNumber, record: &Record<'_>, change: &Change<'_>) {
        match change {
            Change::Opened { expiry_seconds, secret_id } => {
                let Some(owner) = record.note.parse().ok().map(Uin) else { return };
                let fresh = || BackendSession::new(number, owner, record.device);
                let session = self.sessions.entry(number).or_insert_with(fresh);
                session.secret_id = (*secret_id).into();
                session.expiry_seconds = *expiry_seconds;
                session.away_since = None;
                session.will = None;
            }
            Change::Closed => drop(self.sessions.remove(&number)),
            other => {
                if let Some(session) = self.sessions.get_mut(&number) {
                    session.step(record.sample_time, other);
                }
            }
        }
    }

    #[must_use]
    pub fn get(&self, number: SessionNumber) -> Option<&BackendSession> {
        self.sessions.get(&number)
    }

    /// Takes in a session that was read from disk.
    pub fn restore(&mut self, session: BackendSession) {
        self.sessions.insert(session.number, session);
    }

    /// In order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &BackendSession> {
        self.sessions.values()
    }
}

impl BackendSession {
    fn new(number: SessionNumber, owner: Uin, client_id: &str) -> Self {
        Self {
            number,
            owner,
            client_id: client_id.into(),
            secret_id: Box::default(),
            expiry_seconds: 0,
            away_since: None,
            will: None,
            filters: BTreeMap::new(),
            waiting: VecDeque::new(),
            sent: VecDeque::new(),
            taken: BTreeSet::new(),
            dropped: 0,
            lsn: Lsn(0),
        }
    }

    fn step(&mut self, time: UnixMillis, change: &Change<'_>) {
        match change {
            Change::Subscribed { filter, options, id } => {
                self.filters.insert((*filter).into(), (*options, *id));
            }
            Change::Unsubscribed { filter } => drop(self.filters.remove(*filter)),
            Change::Settled { position } => drop(self.take(*position)),
            Change::Dropped { position } => {
                self.take(*position);
                self.dropped += 1;
            }
            Change::Sent { position, packet_id } => {
                if let Some(message) = self.take(*position) {
                    self.sent.push_back(SentOut { packet_id: *packet_id, message, is_received: false });
                }
            }
            Change::Received { packet_id } => {
                if let Some(sent) = self.sent.iter_mut().find(|sent| sent.packet_id == *packet_id) {
                    sent.is_received = true;
                }
            }
            Change::Completed { packet_id } => self.sent.retain(|sent| sent.packet_id != *packet_id),
            Change::Taken { packet_id } => drop(self.taken.insert(*packet_id)),
            Change::Released { packet_id } => drop(self.taken.remove(packet_id)),
            Change::Left { expiry_seconds, will } => {
                self.away_since = Some(time);
                self.expiry_seconds = *expiry_seconds;
                self.will.clone_from(will);
            }
            Change::WillGone => self.will = None,
            Change::Opened { .. } | Change::Closed => {}
        }
    }

    /// Mostly the first: messages go out in order.
    fn take(&mut self, position: Lsn) -> Option<Waiting> {
        if let Some(at) = self.waiting.iter().position(|message| message.position == position) {
            return self.waiting.remove(at);
        }
        let at = self.sent.iter().position(|sent| sent.message.position == position)?;
        self.sent.remove(at).map(|sent| sent.message)
    }
}

#[cfg(test)]
mod tests;
