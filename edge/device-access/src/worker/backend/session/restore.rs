//! Sessions of an earlier run. All of them listen before any worker takes a message: one that is acknowledged must find them.

use std::sync::Arc;

use lianwu_mqtt::PacketId;
use lianwu_mqtt::connection::{InFlight, Stage};
use lianwu_mqtt::packet::SubscriptionOptions;
use lianwu_ports::states::backend_session::Change;
use lianwu_ports::states::{BackendSession, SessionNumber};
use lianwu_services::{Platform, backend};

use super::KeptSession;
use crate::broker::{At, Broker, Seat, WantsRetained};
use crate::options::AccessOptions;
use crate::worker::Worker;
use crate::worker::backend::backlog::Bounds;

pub(super) fn bounds(options: &AccessOptions) -> Bounds {
    Bounds { messages_max: options.backend_session_messages, bytes_max: options.backend_session_bytes_max }
}

/// A session that listens again, on its way to its worker.
pub(crate) struct Restored {
    number: SessionNumber,
    session: Box<KeptSession>,
    /// The end of its last connection was seen.
    has_left: bool,
}

impl Restored {
    /// Lets a session listen. One whose end was not seen begins to wait now.
    pub(crate) fn new(
        known: BackendSession,
        platform: &Platform,
        broker: &Broker,
        options: &AccessOptions,
        worker: usize,
    ) -> Self {
        let (number, has_left) = (known.number, known.away_since.is_some());
        let backend = Arc::new(backend::of_session(platform, known.owner, &known.secret_id));
        let client_id = known.client_id.clone().into();
        let mut session = Box::new(KeptSession::new(&backend, &client_id));
        session.restore(&known, bounds(options));
        session.away_since = known.away_since.unwrap_or_else(|| platform.clock.now());
        let at = At { worker, seat: Seat::Session(number) };
        for (filter, (options, id)) in known.filters {
            let Some(options) = SubscriptionOptions::from_byte(options) else { continue };
            broker.subscribe(&filter, session.subscriber(at, options, id), WantsRetained::No);
            session.filters.insert(filter, (options, id));
        }
        broker.kept.restore(known.owner, number);
        broker.kept.note(known.owner, number, session.holds());
        Self { number, session, has_left }
    }
}

impl Worker {
    /// At start: the sessions that live here.
    pub(crate) fn restore_kept(&self, sessions: Vec<Restored>) {
        let mut state = self.state.borrow_mut();
        for Restored { number, session, has_left } in sessions {
            self.stats.backend_subscriptions.add(session.filters.len() as u64);
            let expiry_seconds = session.expiry_seconds;
            state.kept.by_client.insert((session.owner, Arc::clone(&session.client_id)), number);
            state.kept.sessions.insert(number, session);
            state.touch(number);
            if !has_left {
                state.note(number, &Change::Left { expiry_seconds, will: None });
            }
        }
    }
}

impl KeptSession {
    /// Takes in what an earlier run knew of it.
    fn restore(&mut self, known: &BackendSession, bounds: Bounds) {
        let mut in_flight = InFlight::default();
        for sent in &known.sent {
            let stage = if sent.is_received { Stage::AwaitsPubComp } else { Stage::AwaitsPubRec };
            if let Some(id) = PacketId::new(sent.packet_id)
                && in_flight.restore(id, stage)
            {
                self.backlog.sent(id, sent.message.clone());
            }
        }
        self.in_flight = Some(Box::new(in_flight));
        for message in &known.waiting {
            let changes = &mut self.changes;
            let mut dropped = 0;
            self.backlog.push(message.clone(), bounds, |position| {
                changes.push(&Change::Dropped { position });
                dropped += 1;
            });
            self.dropped += dropped;
        }
        self.dropped += known.dropped;
        self.taken = known.taken.iter().filter_map(|id| PacketId::new(*id)).collect();
        self.expiry_seconds = known.expiry_seconds;
        self.will.clone_from(&known.will);
    }
}
