//! Connections of backends: sign-in and end. What they listen to, send and are sent is in the folder.
//!
//! A backend stays on the worker that accepted it; the broker knows where it is.

mod deliver;
pub(crate) mod forward;
mod publish;
mod retained;
mod subscribe;
mod told;
mod windows;

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::credentials::{BackendSignIn, BackendSignInError};
use lianwu_mqtt::connection::{Acceptance, Role};
use lianwu_mqtt::{Connect, ConnectRefusal, ProtocolVersion, ReasonCode};
use lianwu_ports::record::account::AccountEvent;
use lianwu_services::backend::{self, Backend, BackendError};
use lianwu_services::logs::notes;
use tracing::debug;

use super::Worker;
use super::device::sign_in::facts;
use super::io::connection::Flow;
use super::state::{Peer, Place, State};
use crate::broker::At;
use crate::failures::Attempt;
use deliver::Pending;
use publish::Will;
use retained::LookedThrough;
use told::Refused;

pub(crate) use deliver::Outgoing;
pub(crate) use windows::Windows;

/// What a connection knows once a backend has signed in on it.
pub(crate) struct BackendConnection {
    pub(crate) backend: Arc<Backend>,
    client_id: Arc<str>,
    filters: HashSet<Box<str>>,
    /// Messages that wait until earlier ones are acknowledged, oldest first.
    pending: VecDeque<Pending>,
    pending_bytes: usize,
    will: Option<Box<Will>>,
    looked_through: LookedThrough,
}

impl Worker {
    /// Checks the CONNECT of a backend and lets it in.
    pub(crate) fn sign_in_backend(
        self: &Rc<Self>,
        state: &mut State,
        place: Place,
        connect: &Connect<'_>,
        rest: &[u8],
    ) -> Flow {
        let Some(peer) = state.connection(place).map(|connection| connection.peer) else { return Flow::Closed };
        let backend = match self.verify_backend(state, place, connect, peer) {
            Ok(backend) => Arc::new(backend),
            Err(flow) => return flow,
        };
        let client_id: Arc<str> = if connect.client_id.is_empty() {
            format!("{}-{}-{}", self.index, place.slot, place.generation).into()
        } else {
            connect.client_id.into()
        };
        let at = At { worker: self.index, place };
        if let Some(before) = self.broker.connected(backend.owner, &client_id, at) {
            self.close_backend(state, before, notes::CLIENT_TAKEN_OVER);
        }
        let now = state.now;
        self.stats.sign_ins.add(1);
        state.backends += 1;
        self.stats.backends_online.set(state.backends);
        state.send(place, |connection, out| {
            connection.backend = Some(Box::new(BackendConnection {
                backend: Arc::clone(&backend),
                client_id: client_id.clone(),
                filters: HashSet::new(),
                pending: VecDeque::new(),
                pending_bytes: 0,
                will: connect.will.as_ref().map(|will| Box::new(will.into())),
                looked_through: LookedThrough::default(),
            }));
            let packet_bytes_max = u32::try_from(self.options.packet_bytes_max).unwrap_or(u32::MAX);
            let acceptance = Acceptance {
                assigned_client_id: connect.client_id.is_empty().then_some(&*client_id),
                ..Acceptance::new(Role::Backend, packet_bytes_max)
            };
            connection.mqtt.accept(now, acceptance, out);
        });
        self.watch_keep_alive(state, place);
        self.tell_of_arrival(state, &backend, &client_id, &facts(connect, peer));
        self.received(state, place, rest)
    }

    /// Who it is. One that is refused was answered and closed, and the owner of its key told.
    fn verify_backend(
        self: &Rc<Self>,
        state: &mut State,
        place: Place,
        connect: &Connect<'_>,
        peer: Peer,
    ) -> Result<Backend, Flow> {
        let source = peer.ip();
        let user_name = connect.user_name.unwrap_or_default();
        let password = connect.password.unwrap_or_default();
        let tell = |state: &mut State, cause, why: &str| {
            let event = AccountEvent::ConnectRefused;
            let refused = Refused { event, cause, client_id: connect.client_id, topic: "", why };
            self.tell_of_refused_sign_in(state, connect, peer, &refused);
        };
        // [MQTT-3.1.3-8]: without an id there is nothing to find the session by.
        if connect.client_id.is_empty() && !connect.clean_session && connect.version != ProtocolVersion::V5 {
            let why = "a client without an id starts a clean session";
            tell(state, NO_CLIENT_ID, why);
            return Err(self.turn_down(state, place, ConnectRefusal::IdentifierRejected, why));
        }
        // Counted by source and key, as a device's are by source and device.
        let attempt = Attempt { source, client_id: user_name };
        if self.failures.as_ref().is_some_and(|failures| failures.must_wait(state.now, &attempt)) {
            tell(state, UNCHECKED, notes::UNCHECKED);
            return Err(self.turn_away(state, place, &attempt));
        }
        let claim = BackendSignIn::parse(connect.client_id, user_name, password).map_err(BackendError::from);
        claim.and_then(|claim| backend::sign_in(&self.platform, &claim, Some(source))).map_err(|error| {
            if let Some(failures) = &self.failures {
                failures.failed(state.now, &attempt);
            }
            self.stats.sign_ins_refused.add(1);
            debug!(client_id = connect.client_id, %source, %error, "sign-in of a backend refused");
            tell(state, cause(&error), &error.to_string());
            self.turn_down(state, place, ConnectRefusal::BadUserNameOrPassword, &error.told())
        })
    }

    fn turn_down(&self, state: &mut State, place: Place, refusal: ConnectRefusal, why: &str) -> Flow {
        state.send(place, |connection, out| {
            connection.mqtt.refuse(refusal, why, out);
        });
        self.close(state, place, why);
        Flow::Closed
    }

    /// Closes a backend wherever it is. A worker that has too much to do finds out by itself: the broker has forgotten
    /// where the client was.
    fn close_backend(&self, state: &mut State, at: At, why: &'static str) {
        if at.worker == self.index {
            self.disconnect(state, at.place, ReasonCode::SessionTakenOver, why);
        } else {
            drop(self.peers[at.worker].try_send(super::Mail::CloseBackend(at.place, why)));
        }
    }

    /// The client said goodbye: nothing is sent in its name.
    pub(crate) fn forget_will(state: &mut State, place: Place) {
        if let Some(backend) = state.connection(place).and_then(|connection| connection.backend.as_mut()) {
            backend.will = None;
        }
    }

    /// Takes everything back that a backend's connection had, and sends its will.
    pub(crate) fn forget_backend(&self, state: &mut State, place: Place, connection: &BackendConnection, why: &str) {
        let at = At { worker: self.index, place };
        let owner = connection.backend.owner;
        for filter in &connection.filters {
            self.broker.unsubscribe(owner, filter, at);
        }
        self.broker.disconnected(owner, &connection.client_id, at);
        let filters = self.stats.backend_subscriptions.get() - connection.filters.len() as u64;
        self.stats.backend_subscriptions.set(filters);
        state.backends -= 1;
        self.stats.backends_online.set(state.backends);
        self.tell_of_departure(state, connection, why);
        self.publish_will(state, connection);
    }

    /// Closes backends whose key is gone. Called once a second.
    pub(crate) fn check_backends(&self, state: &mut State) {
        if state.backends == 0 {
            return;
        }
        let invalid: Vec<Place> = (state.connections.iter())
            .filter(|(_, c)| c.backend.as_ref().is_some_and(|b| !b.backend.is_valid(&self.platform)))
            .map(|(slot, c)| Place { slot: u32::try_from(slot).unwrap_or(u32::MAX), generation: c.generation })
            .collect();
        for place in invalid {
            self.disconnect(state, place, ReasonCode::NotAuthorised, "its SecretId was deleted or disabled");
        }
    }
}

/// Causes of a refused sign-in, each counted for itself: these two and [`cause`].
const NO_CLIENT_ID: u8 = 1;
const UNCHECKED: u8 = 2;

fn cause(error: &BackendError) -> u8 {
    match error {
        BackendError::UnknownKey => 3,
        BackendError::Credential(BackendSignInError::UserName) => 4,
        BackendError::Credential(BackendSignInError::Password) => 5,
        BackendError::Credential(BackendSignInError::Mismatch) => 6,
        BackendError::Credential(BackendSignInError::Expired { .. }) => 7,
    }
}
