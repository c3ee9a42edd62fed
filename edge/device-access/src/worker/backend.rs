//! Connections of backends: sign-in and end. What they listen to, send and are sent is in the folder.
//!
//! A backend stays on the worker that accepted it; the broker knows where it is.

mod deliver;
mod publish;
mod retained;
mod subscribe;

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::credentials::BackendSignIn;
use lianwu_mqtt::connection::{Acceptance, Role};
use lianwu_mqtt::{Connect, ConnectRefusal, ProtocolVersion, ReasonCode};
use lianwu_services::backend::{self, Backend, BackendError};
use tracing::debug;

use super::Worker;
use super::connection::Flow;
use super::state::{Place, State};
use crate::broker::At;
use crate::failures::Attempt;
use deliver::Pending;
use publish::Will;
use retained::LookedThrough;

pub(crate) use deliver::Outgoing;

/// What a connection knows once a backend has signed in on it.
pub(crate) struct BackendConnection {
    pub(crate) backend: Arc<Backend>,
    client_id: Box<str>,
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
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let source = connection.peer.ip();
        let user_name = connect.user_name.unwrap_or_default();
        let password = connect.password.unwrap_or_default();
        // [MQTT-3.1.3-8]: without an id there is nothing to find the session by.
        if connect.client_id.is_empty() && !connect.clean_session && connect.version != ProtocolVersion::V5 {
            let why = "a client without an id starts a clean session";
            state.send(place, |connection, out| {
                connection.mqtt.refuse(ConnectRefusal::IdentifierRejected, why, out);
            });
            self.close(state, place, why);
            return Flow::Closed;
        }
        // Counted by source and key, as a device's are by source and device.
        let attempt = Attempt { source, client_id: user_name };
        if self.failures.as_ref().is_some_and(|failures| failures.must_wait(state.now, &attempt)) {
            return self.turn_away(state, place, &attempt);
        }
        let claim = BackendSignIn::parse(connect.client_id, user_name, password).map_err(BackendError::from);
        let backend = match claim.and_then(|claim| backend::sign_in(&self.platform, &claim, Some(source))) {
            Ok(backend) => Arc::new(backend),
            Err(error) => {
                if let Some(failures) = &self.failures {
                    failures.failed(state.now, &attempt);
                }
                self.stats.sign_ins_refused.add(1);
                debug!(client_id = connect.client_id, %source, %error, "sign-in of a backend refused");
                state.send(place, |connection, out| {
                    connection.mqtt.refuse(ConnectRefusal::BadUserNameOrPassword, &error.to_string(), out);
                });
                self.close(state, place, &error.to_string());
                return Flow::Closed;
            }
        };
        let client_id: Box<str> = if connect.client_id.is_empty() {
            format!("{}-{}-{}", self.index, place.slot, place.generation).into()
        } else {
            connect.client_id.into()
        };
        let at = At { worker: self.index, place };
        if let Some(before) = self.broker.connected(backend.owner, &client_id, at) {
            self.close_backend(state, before, "the same client id signed in again");
        }
        let now = state.now;
        self.stats.sign_ins.add(1);
        state.backends += 1;
        self.stats.backends_online.set(state.backends);
        state.send(place, |connection, out| {
            connection.backend = Some(Box::new(BackendConnection {
                backend,
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
        self.received(state, place, rest)
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
    pub(crate) fn forget_backend(&self, state: &mut State, place: Place, connection: &BackendConnection) {
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
