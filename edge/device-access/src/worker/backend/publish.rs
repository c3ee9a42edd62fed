//! What a backend sends: in its account's own topics, live, retained, or as its will.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::topic::{NameError, check_name};
use lianwu_model::product::Durability;
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_mqtt::property::{Properties, Property, PropertyBuffer};
use lianwu_mqtt::{PacketId, Publish, QoS, ReasonCode};
use lianwu_ports::record::account::{AccountEvent, Content};
use lianwu_ports::record::{RETAIN, Record, RecordKind};
use lianwu_ports::states::SessionNumber;
use lianwu_ports::states::backend_session::{Change, DelayedWill};
use lianwu_services::backend::Backend;
use lianwu_services::logs::notes;

use super::forward::Sent;
use super::told::Refused;
use crate::BackendMessages;
use crate::broker::{At, Kept, Seat, Sender};
use crate::worker::Worker;
use crate::worker::held::After;
use crate::worker::io::connection::Flow;
use crate::worker::state::{Place, State};

/// A message for the account's own topic space.
pub(crate) struct Message<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) qos: QoS,
    pub(crate) packet_id: Option<PacketId>,
    pub(crate) retain: bool,
    pub(crate) properties: Properties<'a>,
}

/// The message a backend leaves behind when its connection ends without a goodbye.
pub(crate) struct Will {
    topic: Box<str>,
    payload: Box<[u8]>,
    qos: QoS,
    retain: bool,
    properties: Box<[u8]>,
    /// How long after the connection it is sent, if the session lives as long. Unit: seconds.
    pub(super) delay_seconds: u32,
}

impl From<&lianwu_mqtt::Will<'_>> for Will {
    fn from(will: &lianwu_mqtt::Will<'_>) -> Self {
        let properties = forwarded(will.properties);
        let properties = properties.as_properties().as_bytes().into();
        let delay_seconds = will.properties.will_delay().unwrap_or(0);
        let (topic, payload) = (will.topic.into(), will.payload.into());
        Self { topic, payload, qos: will.qos, retain: will.retain, properties, delay_seconds }
    }
}

impl From<DelayedWill> for Will {
    fn from(will: DelayedWill) -> Self {
        let DelayedWill { topic, payload, properties, qos, retain, .. } = will;
        let qos = QoS::from_bits(qos).unwrap_or(QoS::AtMostOnce);
        Self { topic, payload, qos, retain, properties, delay_seconds: 0 }
    }
}

impl Will {
    /// To be sent at this time.
    pub(super) fn due(&self, due: UnixMillis) -> DelayedWill {
        let Self { topic, payload, qos, retain, properties, .. } = self;
        let (topic, payload, properties) = (topic.clone(), payload.clone(), properties.clone());
        DelayedWill { due, topic, payload, properties, qos: qos.bits(), retain: *retain }
    }
}

impl Worker {
    pub(crate) fn publish_of_backend(self: &Rc<Self>, state: &mut State, place: Place, packet: &Publish<'_>) -> Flow {
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let Some(backend) = connection.backend.as_ref() else { return Flow::Closed };
        let (identity, client_id) = (Arc::clone(&backend.backend), backend.client_id.clone());
        let session = backend.session;
        let topic = match packet.topic {
            "" => Cow::Owned(connection.mqtt.topic_of(packet).to_owned()),
            topic => Cow::Borrowed(topic),
        };
        self.stats.messages_up.add(1);
        if let Err(error @ (NameError::Wildcard | NameError::Nul)) = check_name(&topic) {
            self.disconnect(state, place, ReasonCode::TopicNameInvalid, &format!("protocol error: {error}"));
            return Flow::Closed;
        }
        if state.refusing.is_some() && self.is_logged(packet.retain) {
            // Not stored and not acknowledged; the client sends it again.
            self.stats.messages_refused.add(1);
            return Flow::Open;
        }
        let properties = forwarded(packet.properties);
        let message = Message {
            topic: &topic,
            payload: packet.payload,
            qos: packet.qos,
            packet_id: packet.packet_id,
            retain: packet.retain,
            properties: properties.as_properties(),
        };
        let from = session.map_or(Seat::Connection(place), Seat::Session);
        let reason = self.publish_of_account(state, &identity, &client_id, Some(from), &message);
        let Some(packet_id) = packet.packet_id else { return Flow::Open };
        if packet.qos == QoS::ExactlyOnce {
            Self::take(state, session, packet_id, reason);
        }
        match self.options.backend_messages {
            BackendMessages::Disk => {
                state.held.after.push(After::Acknowledge { place, session, qos: packet.qos, packet_id, reason });
            }
            BackendMessages::Memory | BackendMessages::Off => state.send(place, |connection, out| {
                connection.mqtt.acknowledge(packet.qos, packet_id, reason, out);
            }),
        }
        Flow::Open
    }

    /// Does the log take this message?
    fn is_logged(&self, is_retained: bool) -> bool {
        is_retained || self.options.backend_messages != BackendMessages::Off
    }

    /// A message of QoS 2 is in the batch: its session knows the id with it.
    fn take(state: &mut State, session: Option<SessionNumber>, packet_id: PacketId, reason: ReasonCode) {
        let Some(number) = session.filter(|_| !reason.is_failure()) else { return };
        if let Some(session) = state.kept.sessions.get_mut(&number) {
            session.taken.insert(packet_id);
        }
        state.note(number, &Change::Taken { packet_id: packet_id.get() });
    }

    /// Records a message and, as [`BackendMessages`] says, gives it to whoever listens. Without permission it is recorded only, and
    /// acknowledged, or the client would send it for ever (decision 3).
    fn publish_of_account(
        &self,
        state: &mut State,
        identity: &Backend,
        client_id: &str,
        from: Option<Seat>,
        message: &Message<'_>,
    ) -> ReasonCode {
        let Message { topic, payload, qos, packet_id, retain, properties } = *message;
        let owner = identity.owner;
        let (code, reason, why) = if !is_own_topic(topic) {
            (403, ReasonCode::NotAuthorised, notes::NOT_OWN_TOPIC)
        } else if !identity.may_send(&self.platform, state.wall) {
            (403, ReasonCode::NotAuthorised, notes::NO_SEND_RIGHT)
        } else if retain && !self.has_room_to_retain(owner, message, state.wall) {
            (429, ReasonCode::QuotaExceeded, notes::RETAINED_FULL)
        } else {
            (0, ReasonCode::Success, "")
        };
        if self.is_logged(retain) {
            let content = Content { properties: properties.as_bytes(), payload };
            let joined = (!properties.is_empty()).then(|| content.encode());
            let (flag, whole) = joined.as_ref().map_or((0, payload), |(flag, bytes)| (*flag, bytes));
            state.batch.push(&Record {
                kind: RecordKind::AccountMessage,
                qos: qos.bits() | flag | if retain { RETAIN } else { 0 },
                packet_id: packet_id.map_or(0, PacketId::get),
                code,
                number: DeviceNumber::NONE,
                product: ProductId::ACCOUNT,
                device: client_id,
                sample_time: state.wall,
                topic,
                note: &identity.owner_name,
                payload: whole,
            });
            state.want_turn();
        }
        if code != 0 {
            self.stats.messages_refused.add(1);
            let (event, cause) = (AccountEvent::PublishRefused, cause(why));
            self.tell_of_refusal(state, identity, &Refused { event, cause, client_id, topic, why });
            return reason;
        }
        if retain {
            let properties = properties.as_bytes().into();
            let kept = Kept { payload: payload.into(), qos, properties, since: state.wall };
            match self.options.backend_messages {
                BackendMessages::Disk => {
                    let changes = self.broker.changes();
                    state.held.after.push(After::Retain { owner, topic: topic.into(), kept, changes });
                }
                // Before the receivers are found: whoever subscribes meanwhile has it one way or the other.
                BackendMessages::Memory | BackendMessages::Off => self.broker.retain(owner, topic, kept),
            }
        }
        if !self.broker.is_silent() {
            let from = from.map(|seat| At { worker: self.index, seat });
            let sender = Sender { owner, device: None, from };
            let sent = Sent {
                topic,
                payload,
                qos,
                retain,
                properties: properties.as_bytes(),
                is_logged: self.is_logged(retain),
            };
            let durability = match self.options.backend_messages {
                BackendMessages::Disk => Durability::Disk,
                BackendMessages::Memory | BackendMessages::Off => Durability::Memory,
            };
            self.forward(state, &sender, sent, durability);
        }
        reason
    }

    /// An empty message always has room: it takes one away.
    fn has_room_to_retain(&self, owner: Uin, message: &Message<'_>, now: UnixMillis) -> bool {
        let bytes = message.payload.len() + message.properties.as_bytes().len();
        message.payload.is_empty() || self.broker.has_room_to_retain(owner, message.topic, bytes, now)
    }

    /// Sends the will of a connection that has ended. Its rights count as they are now.
    pub(crate) fn publish_will(&self, state: &mut State, backend: &Backend, client_id: &str, will: &Will) {
        if state.is_stopping || state.refusing.is_some() || check_name(&will.topic).is_err() {
            return;
        }
        let message = Message {
            topic: &will.topic,
            payload: &will.payload,
            qos: will.qos,
            packet_id: None,
            retain: will.retain,
            properties: Properties::of_kept(&will.properties),
        };
        self.publish_of_account(state, backend, client_id, None, &message);
    }
}

/// Each has a window of its own.
fn cause(why: &str) -> u8 {
    match why {
        notes::NOT_OWN_TOPIC => 1,
        notes::NO_SEND_RIGHT => 2,
        _ => 3,
    }
}

/// May a backend send on this topic? Its first level is neither a ProductId nor begins with `$` (decision 2).
fn is_own_topic(topic: &str) -> bool {
    let first = topic.split('/').next().unwrap_or_default();
    check_name(topic).is_ok() && !first.starts_with('$') && first.parse::<ProductId>().is_err()
}

/// What a receiver is told of a message's properties; the others are between client and server.
/// Source: MQTT 5 §3.3.2.3.
fn forwarded(properties: Properties<'_>) -> PropertyBuffer {
    let mut buffer = PropertyBuffer::new();
    for property in properties {
        let is_of_message = matches!(
            property,
            Property::PayloadIsText(_)
                | Property::MessageExpiry(_)
                | Property::ContentType(_)
                | Property::ResponseTopic(_)
                | Property::CorrelationData(_)
                | Property::User(..)
        );
        if is_of_message {
            buffer.push(&property).expect("it came out of a packet, so it fits into one");
        }
    }
    buffer
}
