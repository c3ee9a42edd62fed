//! Connections of backends: sign-in, subscriptions, what they send, and what waits for their acknowledgement.
//!
//! A backend stays on the worker that accepted it; the broker knows where it is.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::credentials::BackendSignIn;
use lianwu_device_protocol::topic::{NameError, check_name};
use lianwu_model::ProductId;
use lianwu_model::product::Durability;
use lianwu_mqtt::connection::{Acceptance, PublishError, Role};
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::subscriptions::split_shared;
use lianwu_mqtt::{
    Connect, ConnectRefusal, PacketId, Publish, QoS, ReasonCode, Subscribe, Unsubscribe, encode, filter,
};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::backend::{self, Backend, BackendError};
use tracing::debug;

use super::Worker;
use super::connection::Flow;
use super::forward::Sent;
use super::held::After;
use super::state::{Place, State};
use crate::broker::{At, Subscriber};
use crate::failures::Attempt;

/// Filters one backend may be subscribed to.
const FILTERS_MAX: usize = 100_000;

/// Levels of a backend's filter: the way through the tree of filters is as deep.
const LEVELS_MAX: usize = 64;

/// What a connection knows once a backend has signed in on it.
pub(crate) struct BackendConnection {
    pub(crate) backend: Arc<Backend>,
    client_id: Box<str>,
    filters: HashSet<Box<str>>,
    /// Messages that wait until earlier ones are acknowledged, oldest first.
    pending: VecDeque<Pending>,
    pending_bytes: usize,
}

struct Pending {
    topic: Box<str>,
    payload: Box<[u8]>,
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
            }));
            let packet_bytes_max = u32::try_from(self.options.packet_bytes_max).unwrap_or(u32::MAX);
            let acceptance = Acceptance {
                assigned_client_id: connect.client_id.is_empty().then_some(&*client_id),
                retain_available: false,
                subscription_ids_available: false,
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

    /// Takes everything back that a backend's connection had.
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

    pub(crate) fn subscribe_backend(&self, state: &mut State, place: Place, subscribe: &Subscribe<'_>) -> Flow {
        let mut answers = Vec::new();
        let mut filters_added = 0;
        for (filter, requested) in subscribe.filters() {
            let Some(backend) = state.connection(place).and_then(|c| c.backend.as_mut()) else { return Flow::Closed };
            let outcome = if is_usable(filter) {
                backend.backend.check_filter(&self.platform, filter).map_err(|refusal| refusal.to_string())
            } else {
                Err("not a topic filter".to_owned())
            };
            let is_new = !backend.filters.contains(filter);
            let is_room = !is_new || backend.filters.len() < FILTERS_MAX;
            let qos = requested.qos.min(QoS::AtLeastOnce);
            answers.push(match outcome {
                Ok(()) if is_room => {
                    backend.filters.insert(filter.into());
                    filters_added += u64::from(is_new);
                    let at = At { worker: self.index, place };
                    self.broker.subscribe(filter, Subscriber { at, qos, backend: Arc::clone(&backend.backend) });
                    SubscribeAnswer::Granted(qos)
                }
                outcome => {
                    debug!(filter, ?outcome, "subscription of a backend refused");
                    SubscribeAnswer::Refused(if is_room {
                        ReasonCode::NotAuthorised
                    } else {
                        ReasonCode::QuotaExceeded
                    })
                }
            });
        }
        self.stats.backend_subscriptions.set(self.stats.backend_subscriptions.get() + filters_added);
        state.send(place, |connection, out| {
            let version = connection.mqtt.version();
            encode::suback(out, version, subscribe.packet_id, answers).expect("a SUBSCRIBE has at least one filter");
        });
        Flow::Open
    }

    pub(crate) fn unsubscribe_backend(&self, state: &mut State, place: Place, unsubscribe: &Unsubscribe<'_>) -> Flow {
        let mut answers = Vec::new();
        for filter in unsubscribe.filters() {
            let Some(backend) = state.connection(place).and_then(|c| c.backend.as_mut()) else { return Flow::Closed };
            let existed = backend.filters.remove(filter);
            answers.push(if existed { ReasonCode::Success } else { ReasonCode::NoSubscriptionExisted });
            if existed {
                self.stats.backend_subscriptions.set(self.stats.backend_subscriptions.get() - 1);
                self.broker.unsubscribe(backend.backend.owner, filter, At { worker: self.index, place });
            }
        }
        state.send(place, |connection, out| {
            let version = connection.mqtt.version();
            encode::unsuback(out, version, unsubscribe.packet_id, answers)
                .expect("an UNSUBSCRIBE has at least one filter");
        });
        Flow::Open
    }

    /// A message in the account's own topic space: recorded, then given to whoever listens.
    pub(crate) fn publish_of_backend(self: &Rc<Self>, state: &mut State, place: Place, packet: &Publish<'_>) -> Flow {
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let Some(backend) = connection.backend.as_ref() else { return Flow::Closed };
        let (identity, client_id) = (Arc::clone(&backend.backend), backend.client_id.clone());
        let topic = connection.mqtt.topic_of(packet).to_owned();
        let packet = &Publish { topic: &topic, ..*packet };
        self.stats.messages_up.add(1);
        let checked = check_own_topic(packet.topic);
        if let Err(OwnTopicError::Name(error @ (NameError::Wildcard | NameError::Nul))) = checked {
            let why = format!("protocol error: {error}");
            self.disconnect(state, place, ReasonCode::TopicNameInvalid, &why);
            return Flow::Closed;
        }
        // Without permission: recorded and acknowledged, or the client would send it for ever (decision 3).
        let is_allowed = checked.is_ok() && identity.may_send(&self.platform, state.wall);
        if state.refusing.is_some() {
            // Not stored and not acknowledged; the client sends it again.
            self.stats.messages_refused.add(1);
            return Flow::Open;
        }
        let owner = identity.owner.to_string();
        let packet_id = packet.packet_id.map_or(0, PacketId::get);
        state.batch.push(&Record {
            kind: RecordKind::AccountMessage,
            qos: packet.qos.bits(),
            packet_id,
            code: if is_allowed { 0 } else { 403 },
            number: lianwu_model::DeviceNumber::NONE,
            product: ProductId::ACCOUNT,
            device: &client_id,
            sample_time: state.wall,
            topic: packet.topic,
            note: &owner,
            payload: packet.payload,
        });
        if let Some(packet_id) = packet.packet_id {
            let reason = if is_allowed { ReasonCode::Success } else { ReasonCode::NotAuthorised };
            state.held.after.push(After::Acknowledge { place, qos: packet.qos, packet_id, reason });
        }
        if is_allowed && !self.broker.is_silent() {
            let mut receivers = std::mem::take(&mut state.receivers);
            self.broker.receivers(&self.platform, identity.owner, packet.topic, None, state.wall, &mut receivers);
            let sent = Sent { topic: packet.topic, payload: packet.payload, qos: packet.qos };
            self.collect(state, &receivers, sent, Durability::Disk);
            state.receivers = receivers;
        } else if !is_allowed {
            self.stats.messages_refused.add(1);
        }
        state.want_turn();
        Flow::Open
    }

    /// Writes a message of QoS 1, or keeps it until there is room in the window.
    pub(crate) fn deliver_acknowledged(&self, state: &mut State, place: Place, topic: &str, payload: &[u8]) {
        let bytes_max = self.options.backend_pending_bytes_max;
        let mut is_over = false;
        state.send(place, |connection, out| {
            let Some(backend) = &mut connection.backend else { return };
            let is_first = backend.pending.is_empty();
            if is_first && connection.mqtt.publish_at_least_once(topic, payload, out) != Err(PublishError::InFlightFull)
            {
                return;
            }
            backend.pending_bytes += topic.len() + payload.len();
            backend.pending.push_back(Pending { topic: topic.into(), payload: payload.into() });
            is_over = backend.pending_bytes > bytes_max;
        });
        if is_over {
            self.stats.slow_consumers.add(1);
            self.disconnect(state, place, ReasonCode::QuotaExceeded, "it does not acknowledge what it is sent");
        }
    }

    /// Something was acknowledged: there is room for what waits.
    pub(crate) fn send_pending(state: &mut State, place: Place) {
        state.send(place, |connection, out| {
            let Some(backend) = &mut connection.backend else { return };
            while let Some(next) = backend.pending.front() {
                let written = connection.mqtt.publish_at_least_once(&next.topic, &next.payload, out);
                if written == Err(PublishError::InFlightFull) {
                    return;
                }
                backend.pending_bytes -= next.topic.len() + next.payload.len();
                backend.pending.pop_front();
            }
        });
    }
}

/// Has it the form of a filter, shared or not, of a depth somebody would use?
fn is_usable(filter: &str) -> bool {
    split_shared(filter)
        .is_some_and(|(_, filter)| filter::is_valid_filter(filter) && filter::level_count(filter) <= LEVELS_MAX)
}

/// May a backend send on this topic? Its first level is neither a ProductId nor begins with `$` (decision 2).
fn check_own_topic(topic: &str) -> Result<(), OwnTopicError> {
    check_name(topic)?;
    let first = topic.split('/').next().unwrap_or_default();
    if first.starts_with('$') || first.parse::<ProductId>().is_ok() {
        return Err(OwnTopicError::OfDevices);
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum OwnTopicError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("backends do not send on topics of devices")]
    OfDevices,
}
