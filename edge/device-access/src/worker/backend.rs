//! Connections of backends: sign-in and end. What they listen to, send and are sent is in the folder.
//!
//! A backend lives on the worker that its account and client id say, whichever accepted it.

mod backlog;
mod deliver;
mod exactly_once;
mod fetch;
pub(crate) mod forward;
mod publish;
mod retained;
pub(crate) mod session;
mod subscribe;
mod told;
mod windows;

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::credentials::{BackendSignIn, BackendSignInError};
use lianwu_model::Uin;
use lianwu_mqtt::connection::{Acceptance, Role};
use lianwu_mqtt::{Connect, ConnectRefusal, ProtocolVersion, ReasonCode};
use lianwu_ports::record::account::AccountEvent;
use lianwu_ports::states::SessionNumber;
use lianwu_services::backend::{self, Backend, BackendError};
use lianwu_services::logs::notes;
use tracing::debug;

use super::Worker;
use super::device::sign_in::{SignedIn, facts};
use super::held::After;
use super::io::connection::Flow;
use super::state::{Peer, Place, State};
use crate::broker::{At, Seat};
use crate::bus::home_of_backend;
use crate::failures::Attempt;
use deliver::Pending;
use publish::Will;
use retained::LookedThrough;
use session::{Entered, Entering};
use told::Refused;

pub(crate) use deliver::Outgoing;
pub(crate) use windows::Windows;

/// What a connection knows once a backend has signed in on it.
pub(crate) struct BackendConnection {
    pub(crate) backend: Arc<Backend>,
    client_id: Arc<str>,
    /// Its kept session, which then has the filters.
    pub(crate) session: Option<SessionNumber>,
    filters: HashSet<Box<str>>,
    /// Messages that wait until earlier ones are acknowledged, oldest first.
    pending: VecDeque<Pending>,
    pending_bytes: usize,
    will: Option<Box<Will>>,
    looked_through: LookedThrough,
}

/// A backend whose key was checked, on its way to its home worker.
pub(crate) struct Claimed {
    backend: Arc<Backend>,
    client_id: Arc<str>,
    /// Given by the server.
    is_assigned: bool,
    starts_clean: bool,
    will: Option<Box<Will>>,
    /// What the log says about the CONNECT.
    facts: String,
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
        let client_id = if connect.client_id.is_empty() { self.fresh_client_id() } else { connect.client_id.into() };
        let claimed = Claimed {
            backend,
            client_id,
            is_assigned: connect.client_id.is_empty(),
            starts_clean: connect.clean_session,
            will: connect.will.as_ref().map(|will| Box::new(will.into())),
            facts: facts(connect, peer),
        };
        let home = home_of_backend(claimed.backend.owner, &claimed.client_id, self.peers.len());
        if home == self.index {
            return self.let_in(state, place, claimed, rest);
        }
        self.move_home(state, place, home, SignedIn::Backend(Box::new(claimed)), rest)
    }

    /// For a client without one. Nobody else has it, nor had it in an earlier run.
    fn fresh_client_id(&self) -> Arc<str> {
        let mut bytes = [0; 8];
        self.platform.randomness.fill(&mut bytes);
        format!("backend-{:016x}", u64::from_le_bytes(bytes)).into()
    }

    /// On the home worker: take-over, session, CONNACK.
    pub(crate) fn let_in(self: &Rc<Self>, state: &mut State, place: Place, claimed: Claimed, rest: &[u8]) -> Flow {
        let Claimed { backend, client_id, starts_clean, .. } = &claimed;
        let key = (backend.owner, client_id.clone());
        if self.is_held_by_another(state, &key, backend) {
            return self.refuse_client_id(state, place, &claimed);
        }
        if let Some(before) = state.backends.get(&key).copied() {
            self.disconnect(state, before, ReasonCode::SessionTakenOver, notes::CLIENT_TAKEN_OVER);
        }
        let Some(expiry_seconds) = state.connection(place).map(|c| c.mqtt.session_expiry_seconds()) else {
            return Flow::Closed;
        };
        let entering = Entering { backend, client_id, starts_clean: *starts_clean, expiry_seconds, place };
        let entered = match self.enter(state, &entering) {
            Ok(entered) => entered,
            Err(why) => return self.refuse_session(state, place, &claimed, &why),
        };
        let Claimed { backend, client_id, is_assigned, will, facts, .. } = claimed;
        let now = state.now;
        self.stats.sign_ins.add(1);
        state.backends.insert(key, place);
        self.stats.backends_online.set(state.backends.len() as u64);
        let Entered { session, is_present, expiry_seconds, in_flight, received } = entered;
        state.send(place, |connection, out| {
            connection.backend = Some(Box::new(BackendConnection {
                backend: Arc::clone(&backend),
                client_id: client_id.clone(),
                session,
                filters: HashSet::new(),
                pending: VecDeque::new(),
                pending_bytes: 0,
                will,
                looked_through: LookedThrough::default(),
            }));
            connection.stream.let_in(self.options.packet_bytes_max);
            let packet_bytes_max = u32::try_from(self.options.packet_bytes_max).unwrap_or(u32::MAX);
            let acceptance = Acceptance {
                session_present: is_present,
                session_expiry_seconds: expiry_seconds,
                assigned_client_id: is_assigned.then_some(&*client_id),
                in_flight,
                received,
                ..Acceptance::new(Role::Backend, packet_bytes_max)
            };
            connection.mqtt.accept(now, acceptance, out);
        });
        self.watch_keep_alive(state, place);
        self.tell_of_arrival(state, &backend, &client_id, &facts);
        if let Some(number) = session {
            state.held.after.push(After::Resume { session: number, place });
        }
        self.received(state, place, rest)
    }

    /// Has somebody else of the account a connection or a kept session under this client id? What one sub-account's
    /// program has, another's may not end or empty; the main account may, and nobody holds anything with a key that is gone.
    fn is_held_by_another(&self, state: &mut State, client: &(Uin, Arc<str>), backend: &Backend) -> bool {
        if backend.principal == backend.owner {
            return false;
        }
        let connected = state.backends.get(client).copied();
        let connected = connected.and_then(|place| state.connection(place)?.backend.as_ref());
        let holder = match connected {
            Some(connection) => Some(Arc::clone(&connection.backend)),
            None => state.kept.holder(client, state.wall),
        };
        holder.is_some_and(|holder| holder.principal != backend.principal && holder.is_valid(&self.platform))
    }

    fn refuse_client_id(&self, state: &mut State, place: Place, claimed: &Claimed) -> Flow {
        self.stats.sign_ins_refused.add(1);
        let (event, why) = (AccountEvent::ConnectRefused, notes::CLIENT_ID_TAKEN);
        let refused = Refused { event, cause: CLIENT_ID_TAKEN, client_id: &claimed.client_id, topic: "", why };
        self.tell_of_refusal(state, &claimed.backend, &refused);
        self.turn_down(state, place, ConnectRefusal::IdentifierRejected, why)
    }

    /// No session can be kept for it: letting it in without one would lose what it relies on.
    fn refuse_session(&self, state: &mut State, place: Place, claimed: &Claimed, why: &str) -> Flow {
        self.stats.sign_ins_refused.add(1);
        let event = AccountEvent::ConnectRefused;
        let refused = Refused { event, cause: NO_SESSION, client_id: &claimed.client_id, topic: "", why };
        self.tell_of_refusal(state, &claimed.backend, &refused);
        self.turn_down(state, place, ConnectRefusal::Other(ReasonCode::QuotaExceeded), why)
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
            self.tell_of_refused_sign_in(state, place, connect, peer, &refused);
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
            return Err(self.send_away(state, place));
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

    /// The client said goodbye: nothing is sent in its name.
    pub(crate) fn forget_will(state: &mut State, place: Place) {
        if let Some(backend) = state.connection(place).and_then(|connection| connection.backend.as_mut()) {
            backend.will = None;
        }
    }

    /// Takes everything back that a backend's connection had. Its session stays if it is to be kept; its will goes out.
    pub(crate) fn forget_backend(
        &self,
        state: &mut State,
        place: Place,
        connection: BackendConnection,
        mqtt: &mut lianwu_mqtt::Connection,
        why: &str,
    ) {
        let BackendConnection { backend, client_id, session, filters, will, .. } = connection;
        let at = At { worker: self.index, seat: Seat::Connection(place) };
        for filter in &filters {
            self.broker.unsubscribe(backend.owner, filter, at);
        }
        self.stats.backend_subscriptions.sub(filters.len() as u64);
        let key = (backend.owner, client_id.clone());
        if state.backends.get(&key) == Some(&place) {
            state.backends.remove(&key);
        }
        self.stats.backends_online.set(state.backends.len() as u64);
        self.tell_of_departure(state, &backend, &client_id, why);
        if let Some(number) = session {
            self.leave(state, number, mqtt.session_expiry_seconds(), mqtt.take_in_flight(), will.as_deref());
        } else if let Some(will) = &will {
            self.publish_will(state, &backend, &client_id, will);
        }
    }

    /// Closes backends whose key is gone. Called once a second.
    pub(crate) fn check_backends(&self, state: &mut State) {
        if state.backends.is_empty() {
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

/// Causes of a refused sign-in, each counted for itself: these and [`cause`].
const NO_CLIENT_ID: u8 = 1;
const UNCHECKED: u8 = 2;
const NO_SESSION: u8 = 8;
const CLIENT_ID_TAKEN: u8 = 9;

fn cause(error: &BackendError) -> u8 {
    match error {
        BackendError::UnknownKey => 3,
        BackendError::Credential(BackendSignInError::UserName) => 4,
        BackendError::Credential(BackendSignInError::Password) => 5,
        BackendError::Credential(BackendSignInError::Mismatch) => 6,
        BackendError::Credential(BackendSignInError::Expired { .. }) => 7,
    }
}
