//! Sign-in by key, the move to the device's home worker, take-over.

use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::credentials::{BackendSignIn, CertifiedSignIn, SignIn, SignInError};
use lianwu_model::product::Authentication;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_mqtt::connection::{Acceptance, Role};
use lianwu_mqtt::{Connect, ConnectRefusal, ReasonCode};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::presence::Change;
use lianwu_services::stranger::{self, Cause};
use tracing::debug;

use super::nobody::of_client_id;
use crate::bus::home;
use crate::failures::{self, Attempt, Failures, Notice};
use crate::worker::backend::Claimed;
use crate::worker::io::connection::Flow;
use crate::worker::io::stream::Moving;
use crate::worker::state::{Peer, Place, State};
use crate::worker::{Mail, Worker};

/// A verified connection on its way to its home worker.
pub(crate) struct Arrival {
    stream: Moving,
    peer: Peer,
    mqtt: lianwu_mqtt::Connection,
    who: SignedIn,
    /// What it sent behind its CONNECT.
    rest: Vec<u8>,
}

/// Whose credentials were checked.
pub(crate) enum SignedIn {
    Device(Verified),
    Backend(Box<Claimed>),
}

/// Which device signed in, and what the log says about it.
pub(crate) struct Verified {
    pub(super) device: Arc<DirectoryDevice>,
    /// `version:4,keepalive:60,cleansession:1,clientip:192.0.2.1`
    pub(super) facts: String,
    /// The device wants no session but this connection's.
    pub(super) clean_session: bool,
    /// Nothing from before is wanted.
    pub(super) starts_clean: bool,
}

/// Without what a copy from a document or a terminal brought along.
fn trimmed(client_id: &str) -> &str {
    client_id.trim_matches(|c: char| c.is_whitespace() || c == '\0')
}

/// The product a client id names, however wrong the rest of it is: its owner is to be told.
pub(super) fn claimed_product(client_id: &str) -> Option<ProductId> {
    ProductId::from_bytes(trimmed(client_id).get(..ProductId::LEN)?.as_bytes())
}

/// The home worker has too much to do.
const HOME_BUSY: &str = "too many sign-ins at once, the device may try again";

/// A refused sign-in, for the device (a code), its owner (a text), and both without the secret.
pub(crate) struct Refusal {
    pub(crate) code: ConnectRefusal,
    pub(crate) why: String,
    /// Whose diagnostic log shows it; nobody's when the product is unknown.
    pub(crate) product: Option<ProductId>,
    pub(crate) number: DeviceNumber,
    /// Behind the facts of the connection, for the owner alone; mostly nothing.
    pub(crate) hint: String,
}

impl Worker {
    /// Checks a CONNECT. The connection goes on here or on its home worker, or is closed.
    pub(crate) fn sign_in(
        self: &Rc<Self>,
        state: &mut State,
        place: Place,
        connect: &Connect<'_>,
        rest: &[u8],
    ) -> Flow {
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let proven = connection.stream.proven().cloned();
        if proven.is_none() && connect.user_name.is_some_and(BackendSignIn::is_claimed_by) {
            return self.sign_in_backend(state, place, connect, rest);
        }
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let facts = facts(connect, connection.peer);
        let attempt = Attempt { source: connection.peer.ip(), client_id: connect.client_id };
        let must_wait = |failures: &Arc<Failures>| failures.must_wait(state.now, &attempt);
        if proven.is_none() && self.failures.as_ref().is_some_and(must_wait) {
            return self.turn_away(state, place, &attempt);
        }
        if proven.is_none() && connect.password.is_some_and(CertifiedSignIn::is_claimed_by) {
            return self.sign_in_signed(state, place, connect, facts, rest);
        }
        let verified = match &proven {
            Some(proven) => self.verify_proven(connect, proven),
            None => self.verify(state, connect),
        };
        let device = match verified {
            Ok(device) => device,
            Err(refusal) => {
                if let Some(failures) = &self.failures {
                    failures.failed(state.now, &attempt);
                }
                return self.refuse(state, place, connect.client_id, &facts, &refusal);
            }
        };
        if let Some(failures) = &self.failures {
            failures.succeeded(&attempt);
        }
        let clean_session = wants_nothing_kept(connect);
        let verified = Verified { device, facts, clean_session, starts_clean: connect.clean_session };
        self.go_home(state, place, verified, rest)
    }

    /// Lets a verified device in, here or where it lives.
    pub(crate) fn go_home(self: &Rc<Self>, state: &mut State, place: Place, verified: Verified, rest: &[u8]) -> Flow {
        let home = home(verified.device.home(), self.peers.len());
        if home == self.index {
            return self.accepted(state, place, &verified, rest);
        }
        self.move_home(state, place, home, SignedIn::Device(verified), rest)
    }

    fn verify(&self, state: &State, connect: &Connect<'_>) -> Result<Arc<DirectoryDevice>, Refusal> {
        let user_name = connect.user_name.unwrap_or_default();
        let password = connect.password.unwrap_or_default();
        let product = claimed_product(connect.client_id).filter(|id| self.platform.catalog.product(*id).is_some());
        let refusal = |code, why: String, number| Refusal { code, why, product, number, hint: String::new() };
        let claim = SignIn::parse(connect.client_id, user_name, password)
            .map_err(|error| refusal(code(&error), reason(&error), DeviceNumber::NONE))?;
        let Some(product) = self.platform.catalog.product(claim.product) else {
            let why = format!("product {} does not exist on this platform", claim.product);
            return Err(refusal(ConnectRefusal::IdentifierRejected, why, DeviceNumber::NONE));
        };
        let Some(device) = self.platform.directory.find(claim.product, claim.device) else {
            let why = format!("device {} does not exist in product {}", claim.device, claim.product);
            return Err(refusal(ConnectRefusal::IdentifierRejected, why, DeviceNumber::NONE));
        };
        if product.product.authentication != Authentication::Key {
            let why = notes::NEEDS_CERTIFICATE.to_owned();
            return Err(refusal(ConnectRefusal::NotAuthorised, why, device.number));
        }
        claim.verify(&device.secret, state.wall).map_err(|error| Refusal {
            hint: match error {
                SignInError::HmacMismatch { .. } => self.holder_of_key(state.now, state.wall, &claim),
                _ => String::new(),
            },
            ..refusal(code(&error), reason(&error), device.number)
        })?;
        if !device.is_enabled() {
            return Err(refusal(ConnectRefusal::NotAuthorised, notes::DISABLED.to_owned(), device.number));
        }
        Ok(device)
    }

    /// Refused without a look at the password: too many have failed. Its owner is told once a window.
    fn turn_away(&self, state: &mut State, place: Place, attempt: &Attempt<'_>) -> Flow {
        let claimed = lianwu_device_protocol::credentials::split_client_id(attempt.client_id).ok();
        if let (Some(failures), Some((product, name))) = (&self.failures, claimed)
            && self.platform.catalog.product(product).is_some()
        {
            let number = self.platform.directory.find(product, name).map_or(DeviceNumber::NONE, |d| d.number);
            let about = Notice { product, device: name.into(), number, count: 1, last_source: attempt.source };
            failures.note(state.now, about);
        } else {
            let claimed = stranger::Claimed::by_client_id(attempt.client_id);
            self.note_stranger(state, place, claimed, Cause::Unchecked);
        }
        self.send_away(state, place)
    }

    /// The answer to somebody who must wait.
    pub(crate) fn send_away(&self, state: &mut State, place: Place) -> Flow {
        self.stats.sign_ins_refused.add(1);
        state.send(place, |connection, out| {
            connection.mqtt.refuse(ConnectRefusal::ConnectionRate, "too many sign-ins have failed", out);
        });
        self.close(state, place, "too many sign-ins have failed");
        Flow::Closed
    }

    /// Tells owners of the sign-ins that were refused without a look at the password.
    pub(crate) fn tell_of_refusals(&self, state: &mut State) {
        let Some(failures) = &self.failures else { return };
        for notice in failures.due_notices(state.now) {
            let Notice { product, device, number, count, last_source } = notice;
            let why = format!(
                "{count} sign-ins within {} s were refused unchecked: too many had failed before, the last came from \
                 {last_source}, see limits.sign_in_failures",
                failures::WINDOW.as_secs()
            );
            state.batch.push(&Record {
                kind: RecordKind::ConnectRefused,
                qos: 0,
                packet_id: 0,
                code: u32::from(ConnectRefusal::ServerUnavailable.code()),
                number,
                product,
                device: &device,
                sample_time: state.wall,
                topic: "",
                note: &why,
                payload: b"",
            });
            state.want_turn();
        }
    }

    pub(super) fn refuse(
        &self,
        state: &mut State,
        place: Place,
        client_id: &str,
        facts: &str,
        refusal: &Refusal,
    ) -> Flow {
        self.stats.sign_ins_refused.add(1);
        debug!(client_id, why = refusal.why, "sign-in refused");
        if let Some(product) = refusal.product {
            state.batch.push(&Record {
                kind: RecordKind::ConnectRefused,
                qos: 0,
                packet_id: 0,
                code: u32::from(refusal.code.code()),
                number: refusal.number,
                product,
                device: trimmed(client_id).get(ProductId::LEN..).unwrap_or_default(),
                sample_time: state.wall,
                topic: "",
                note: &refusal.why,
                payload: format!("{facts}{}", refusal.hint).as_bytes(),
            });
            state.want_turn();
        } else {
            let (claimed, cause) = of_client_id(client_id);
            self.note_stranger(state, place, claimed, cause);
        }
        state.send(place, |connection, out| {
            connection.mqtt.refuse(refusal.code, &refusal.why, out);
        });
        self.close(state, place, "sign-in refused");
        Flow::Closed
    }

    /// A CONNECT the protocol itself forbids. It was answered; its owner, if the product is known, is told why.
    pub(crate) fn forbidden(&self, state: &mut State, place: Place, connect: &Connect<'_>, why: &str) {
        let Some(peer) = state.connection(place).map(|connection| connection.peer) else { return };
        let claimed = lianwu_device_protocol::credentials::split_client_id(connect.client_id).ok();
        let known = claimed.filter(|(product, _)| self.platform.catalog.product(*product).is_some());
        let Some((product, name)) = known else {
            let (claimed, cause) = of_client_id(connect.client_id);
            return self.note_stranger(state, place, claimed, cause);
        };
        let found = self.platform.directory.find(product, name);
        state.batch.push(&Record {
            kind: RecordKind::ConnectRefused,
            qos: 0,
            packet_id: 0,
            code: u32::from(ConnectRefusal::IdentifierRejected.code()),
            number: found.map_or(DeviceNumber::NONE, |device| device.number),
            product,
            device: name,
            sample_time: state.wall,
            topic: "",
            note: why,
            payload: facts(connect, peer).as_bytes(),
        });
        state.want_turn();
    }

    pub(crate) fn move_home(&self, state: &mut State, place: Place, home: usize, who: SignedIn, rest: &[u8]) -> Flow {
        let connection = state.connections.remove(place.slot as usize);
        self.stats.connections.set(state.connections.len() as u64);
        let peer = connection.peer;
        let stream = match connection.stream.detach() {
            Ok(stream) => stream,
            Err(error) => {
                debug!(%peer, %error, "the socket could not be moved to its home worker");
                return Flow::Closed;
            }
        };
        let arrival = Arrival { stream, peer, mqtt: connection.mqtt, who, rest: rest.to_vec() };
        if let Err(rejected) = self.peers[home].try_send(Mail::Arrival(Box::new(arrival))) {
            // Its worker has too much to do: the client is told to come back, and the socket closes when dropped.
            if let Mail::Arrival(mut arrival) = rejected.into_inner() {
                let mut answer = Vec::new();
                arrival.mqtt.refuse(ConnectRefusal::ServerUnavailable, HOME_BUSY, &mut answer);
                drop(arrival.stream.write(&answer));
                if let SignedIn::Device(Verified { device, facts, .. }) = &arrival.who {
                    self.record(state, RecordKind::ConnectRefused, device, HOME_BUSY, facts.as_bytes());
                }
            }
            self.stats.sign_ins_refused.add(1);
        }
        Flow::Closed
    }

    /// A connection verified by another worker.
    pub(crate) fn arrive(self: &Rc<Self>, state: &mut State, arrival: Arrival) {
        let stream = match arrival.stream.attach() {
            Ok(stream) => stream,
            Err(error) => {
                debug!(peer = %arrival.peer, %error, "the socket could not be taken over");
                return;
            }
        };
        let place = self.insert(state, stream, arrival.peer, arrival.mqtt);
        match arrival.who {
            SignedIn::Device(verified) => self.accepted(state, place, &verified, &arrival.rest),
            SignedIn::Backend(claimed) => self.let_in(state, place, *claimed, &arrival.rest),
        };
    }

    /// On the home worker: brake, take-over, CONNACK. It waits for no commit.
    fn accepted(self: &Rc<Self>, state: &mut State, place: Place, verified: &Verified, rest: &[u8]) -> Flow {
        let device = &verified.device;
        if let Some((why, _)) = self.signs_in_too_often(state, device, &verified.facts) {
            state.send(place, |connection, out| {
                connection.mqtt.refuse(ConnectRefusal::ConnectionRate, &why, out);
            });
            self.close(state, place, &why);
            return Flow::Closed;
        }
        if let Some(&slot) = state.homes.get(&device.number) {
            let generation = state.connections[slot as usize].generation;
            let by = state.connection(place).map(|c| c.peer.to_string()).unwrap_or_default();
            let why = notes::taken_over(by);
            self.disconnect(state, Place { slot, generation }, ReasonCode::SessionTakenOver, &why);
        }
        if let Some(gateway) = device.gateway() {
            let by = state.connection(place).map(|c| c.peer.to_string()).unwrap_or_default();
            self.take_offline(state, gateway, device, &notes::taken_over(by));
        }
        let now = state.now;
        if verified.starts_clean && !verified.clean_session {
            self.start_anew(state, device);
        }
        let session = self.resume(state, device, verified.clean_session);
        if !session.is_present {
            state.behind.forget(device.number);
        }
        state.homes.insert(device.number, place.slot);
        device.set_online(true);
        state.send(place, |connection, out| {
            connection.device = Some(Arc::clone(device));
            connection.stream.let_in(self.options.packet_bytes_max);
            let session_present = session.is_present;
            session.enter(connection);
            let packet_bytes_max = u32::try_from(self.options.packet_bytes_max).unwrap_or(u32::MAX);
            let session_expiry_seconds = match connection.mqtt.session_expiry_seconds() {
                0 => 0,
                _ if verified.clean_session => 0,
                // Kept as long as any other, whatever time was asked for.
                _ => u32::try_from(self.options.offline_age_max.as_secs()).unwrap_or(u32::MAX),
            };
            let accepted = Acceptance::new(Role::Device, packet_bytes_max);
            connection.mqtt.accept(now, Acceptance { session_present, session_expiry_seconds, ..accepted }, out);
        });
        self.watch_keep_alive(state, place);
        self.stats.sign_ins.add(1);
        self.stats.devices_online.set(state.homes.len() as u64);
        self.record(state, RecordKind::Connected, device, "", verified.facts.as_bytes());
        self.announce(state, device, Change::Online);
        if !verified.clean_session {
            self.start_fetching(state, place);
        }
        self.received(state, place, rest)
    }

    /// The entry made for the sign-in serves the keep-alive as well, unless that ends sooner.
    pub(crate) fn watch_keep_alive(&self, state: &mut State, place: Place) {
        if let Some(deadline) = state.connection(place).and_then(|c| c.mqtt.deadline())
            && deadline < state.now + self.options.connect_timeout
        {
            let due = state.wheel_second(deadline);
            state.wheel.insert(due, place);
        }
    }
}

/// Is the session to end with the connection, and nothing of an earlier one wanted? From MQTT 5 on a client says the two
/// things separately: one that wants something from before counts as one whose session is kept, until it goes.
pub(super) fn wants_nothing_kept(connect: &Connect<'_>) -> bool {
    connect.clean_session && connect.properties.session_expiry().unwrap_or_default() == 0
}

/// What the log says about a CONNECT.
pub(crate) fn facts(connect: &Connect<'_>, peer: Peer) -> String {
    let mut facts = String::with_capacity(64);
    // Writing to a String cannot fail.
    let _ = write!(
        facts,
        "version:{},keepalive:{},cleansession:{},clientip:{}",
        connect.version.level(),
        connect.keep_alive_seconds,
        u8::from(wants_nothing_kept(connect)),
        peer.ip()
    );
    facts
}

/// Source: spec/device-protocol.md 2.4.
pub(super) fn code(error: &SignInError) -> ConnectRefusal {
    match error {
        SignInError::ClientIdTooShort(_) | SignInError::ClientIdForm => ConnectRefusal::IdentifierRejected,
        SignInError::StraySpace(_)
        | SignInError::UserNameMissing
        | SignInError::ClientIdMismatch
        | SignInError::UserName(_)
        | SignInError::PasswordMissing
        | SignInError::Password(_)
        | SignInError::UnknownMethod(_)
        | SignInError::HmacMismatch { .. }
        | SignInError::Expired { .. } => ConnectRefusal::BadUserNameOrPassword,
    }
}

/// The vendor's text where there is one, ours where there is none. Source: spec/thing-model-and-console.md 7.4.
pub(super) fn reason(error: &SignInError) -> String {
    match error {
        SignInError::HmacMismatch { .. } => notes::HMAC_MISMATCH.to_owned(),
        other => other.to_string(),
    }
}
