//! Messages on their way to backends: collected per worker while a turn lasts, handed over once they are durable,
//! delivered by the worker that has the connection.

use std::rc::Rc;

use lianwu_model::product::Durability;
use lianwu_mqtt::{Properties, Property, PropertyBuffer, ProtocolVersion, Publish, QoS, encode};
use lianwu_ports::log::Lsn;
use lianwu_ports::states::backend_session::Queued;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::presence::{self, Change};
use tokio::sync::mpsc::error::TrySendError;
use tracing::warn;

use crate::broker::{Receiver, Seat, Sender};
use crate::worker::backend::Outgoing;
use crate::worker::backend::fetch::Delivery;
use crate::worker::state::{Place, State};
use crate::worker::{Mail, Worker};

/// In place of a record's number in its batch: the message is not in the log.
const NOT_LOGGED: u32 = u32::MAX;

/// Messages for backends of one worker, in one arena.
#[derive(Debug, Default)]
pub(crate) struct Forwards {
    /// Topic, payload and properties of each message.
    bytes: Vec<u8>,
    messages: Vec<Message>,
    /// Number of the first record of their batch, once it is durable.
    first: Lsn,
    targets: Vec<Target>,
    /// Names of the targets' subscriptions.
    ids: Vec<u32>,
}

/// The next bytes of the arena, for the next targets.
#[derive(Clone, Copy, Debug)]
struct Message {
    topic: u16,
    payload: u32,
    properties: u32,
    targets: u32,
    /// Which record of its batch it is.
    record: u32,
    retain: bool,
}

#[derive(Clone, Copy, Debug)]
struct Target {
    seat: Seat,
    qos: QoS,
    /// Takes the message with its retain flag as it was sent.
    keeps_retain: bool,
    /// So many of the next names are of its subscriptions.
    ids: u32,
}

impl Forwards {
    fn push(&mut self, sent: Sent<'_>, record: u32, receivers: &[Receiver]) {
        if receivers.is_empty() {
            return;
        }
        let before = self.targets.len();
        for Receiver { at, qos, keeps_retain, ids } in receivers {
            self.ids.extend_from_slice(ids);
            self.targets.push(Target {
                seat: at.seat,
                qos: sent.qos.min(*qos),
                keeps_retain: *keeps_retain,
                ids: u32::try_from(ids.len()).expect("fewer than 2^32 subscriptions"),
            });
        }
        self.bytes.extend_from_slice(sent.topic.as_bytes());
        self.bytes.extend_from_slice(sent.payload);
        self.bytes.extend_from_slice(sent.properties);
        self.messages.push(Message {
            topic: u16::try_from(sent.topic.len()).expect("a topic of a packet"),
            payload: u32::try_from(sent.payload.len()).expect("a payload of a packet"),
            properties: u32::try_from(sent.properties.len()).expect("properties of a packet"),
            record,
            targets: u32::try_from(self.targets.len() - before).expect("fewer than 2^32 connections"),
            retain: sent.retain,
        });
    }

    /// Keeps the memory for the next turn.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
        self.targets.clear();
        self.ids.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Memory it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.targets.len() * size_of::<Target>()
    }
}

/// One message as it was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// As they stand in an MQTT 5 packet.
    pub(crate) properties: &'a [u8],
    /// Does the last record of the batch hold it, or say it? Otherwise it cannot wait for anybody.
    pub(crate) is_logged: bool,
}

impl<'a> Sent<'a> {
    /// A message of a device.
    pub(crate) fn new(topic: &'a str, payload: &'a [u8], qos: QoS) -> Self {
        Self { topic, payload, qos, retain: false, properties: &[], is_logged: true }
    }
}

impl Worker {
    /// Collects a message of a device for whoever listens.
    pub(crate) fn forward_of_device(
        &self,
        state: &mut State,
        device: &DirectoryDevice,
        sent: Sent<'_>,
        durability: Durability,
    ) {
        if self.broker.is_silent() {
            return;
        }
        let Some(owner) = self.platform.catalog.load().get(&device.product).map(|p| p.product.owner) else { return };
        self.forward(state, &Sender { owner, device: Some(device), from: None }, sent, durability);
    }

    /// Tells whoever listens that a device came or went. Not while the platform stops: it ends the connections of those who
    /// listen as well.
    pub(crate) fn announce(&self, state: &mut State, device: &DirectoryDevice, change: Change<'_>) {
        if self.broker.is_silent() || state.is_stopping {
            return;
        }
        let topic = presence::device_topic(device.product, device.name.as_str());
        let body = presence::of_device(device.product, device.name.as_str(), change, state.wall);
        self.forward_of_device(state, device, Sent::new(&topic, &body, QoS::AtLeastOnce), Durability::Disk);
    }

    /// Finds the receivers of a message and sorts it to their workers.
    pub(crate) fn forward(&self, state: &mut State, sender: &Sender<'_>, sent: Sent<'_>, durability: Durability) {
        let mut route = std::mem::take(&mut state.route);
        route.find(&self.broker, &self.platform, sender, sent.topic, state.wall);
        if !route.receivers().is_empty() {
            self.collect(state, route.receivers(), sent, durability);
        }
        state.route = route;
    }

    pub(super) fn collect(&self, state: &mut State, receivers: &[Receiver], sent: Sent<'_>, durability: Durability) {
        if let (Durability::Memory, [only]) = (durability, receivers)
            && only.at.worker == self.index
            && let Seat::Connection(place) = only.at.seat
        {
            // Straight into its buffer.
            let message = Outgoing {
                topic: sent.topic,
                payload: sent.payload,
                retain: false,
                properties: Properties::of_kept(sent.properties),
            };
            let target =
                Target { seat: only.at.seat, qos: sent.qos.min(only.qos), keeps_retain: only.keeps_retain, ids: 0 };
            return self.deliver_to(state, place, &target, sent.retain, &only.ids, &message);
        }
        let record = if sent.is_logged { state.batch.len().saturating_sub(1) } else { NOT_LOGGED };
        for forwards in [&mut state.held.forwards, &mut state.forwards] {
            forwards.resize_with(self.peers.len(), Forwards::default);
        }
        // They are sorted by worker, connections before sessions.
        for of_worker in receivers.chunk_by(|a, b| a.at.worker == b.at.worker) {
            let worker = of_worker[0].at.worker;
            let connections = of_worker.partition_point(|receiver| matches!(receiver.at.seat, Seat::Connection(_)));
            let (connections, sessions) = of_worker.split_at(connections);
            match durability {
                Durability::Disk => state.held.forwards[worker].push(sent, record, of_worker),
                Durability::Memory if !sent.is_logged => state.forwards[worker].push(sent, record, of_worker),
                Durability::Memory => {
                    state.forwards[worker].push(sent, record, connections);
                    // What a session holds is known by its place in the log.
                    state.held.forwards[worker].push(sent, record, sessions);
                }
            }
            state.kept.queued.extend(sessions.iter().filter_map(|receiver| queued(&sent, record, receiver)));
        }
        state.want_turn();
    }

    /// Hands collected messages over: to this worker's connections at once, to other workers by mail. `first`: number of
    /// the first record of their batch, if they waited for it.
    pub(crate) fn hand_over(self: &Rc<Self>, state: &mut State, forwards: &mut [Forwards], first: Lsn) {
        for (index, of_worker) in forwards.iter_mut().enumerate() {
            if of_worker.is_empty() {
                continue;
            }
            of_worker.first = first;
            if index == self.index {
                self.deliver(state, of_worker);
                of_worker.clear();
            } else {
                let of_worker = std::mem::take(of_worker);
                state.undelivered_bytes += of_worker.size();
                state.undelivered.push_back((index, Box::new(of_worker)));
            }
        }
        self.send_undelivered(state);
    }

    /// Mails what other workers are to deliver, in order. What does not fit into a mailbox waits: meanwhile no socket is
    /// read, see [`State::must_wait_for_disk`].
    pub(crate) fn send_undelivered(&self, state: &mut State) {
        while let Some((index, forwards)) = state.undelivered.pop_front() {
            let size = forwards.size();
            match self.peers[index].try_send(Mail::Forwards(forwards)) {
                Ok(()) | Err(TrySendError::Closed(_)) => state.undelivered_bytes -= size,
                Err(TrySendError::Full(Mail::Forwards(forwards))) => {
                    state.undelivered.push_front((index, forwards));
                    return;
                }
                Err(TrySendError::Full(_)) => unreachable!("the mail comes back as it was sent"),
            }
        }
    }

    /// Writes messages into the buffers of this worker's connections.
    pub(crate) fn deliver(self: &Rc<Self>, state: &mut State, forwards: &Forwards) {
        let (mut bytes, mut targets) = (forwards.bytes.as_slice(), forwards.targets.as_slice());
        let mut ids = forwards.ids.as_slice();
        let mut frame = std::mem::take(&mut state.frame);
        for message in &forwards.messages {
            let (topic, rest) = bytes.split_at(usize::from(message.topic));
            let (payload, rest) = rest.split_at(message.payload as usize);
            let (properties, rest) = rest.split_at(message.properties as usize);
            let (of_message, others) = targets.split_at(message.targets as usize);
            (bytes, targets) = (rest, others);
            let Ok(topic) = std::str::from_utf8(topic) else { continue };
            let outgoing = Outgoing { topic, payload, retain: false, properties: Properties::of_kept(properties) };
            frame.clear();
            encode_once(&mut frame, &outgoing);
            for target in of_message {
                let (of_target, others) = ids.split_at(target.ids as usize);
                ids = others;
                let place = match target.seat {
                    Seat::Connection(place) => place,
                    Seat::Session(number) => {
                        let position =
                            (message.record != NOT_LOGGED).then(|| Lsn(forwards.first.0 + u64::from(message.record)));
                        let retain = message.retain && target.keeps_retain;
                        let (qos, bytes) = (target.qos.bits(), waiting_bytes(topic, payload, properties));
                        let delivery = Delivery { position, bytes, qos, ids: of_target };
                        self.deliver_kept(state, number, &delivery, &Outgoing { retain, ..outgoing });
                        continue;
                    }
                };
                let is_plain = target.qos == QoS::AtMostOnce
                    && !(message.retain && target.keeps_retain)
                    && state.connection(place).is_some_and(|c| c.mqtt.version() != ProtocolVersion::V5);
                if is_plain {
                    self.stats.messages_forwarded.add(1);
                    state.send(place, |_, out| out.extend_from_slice(&frame));
                } else {
                    self.deliver_to(state, place, target, message.retain, of_target, &outgoing);
                }
            }
        }
        state.frame = frame;
    }

    /// Writes a message for one target; `ids` name the subscriptions it comes by.
    fn deliver_to(
        &self,
        state: &mut State,
        place: Place,
        target: &Target,
        is_retained: bool,
        ids: &[u32],
        message: &Outgoing<'_>,
    ) {
        self.stats.messages_forwarded.add(1);
        let named = with_ids(message.properties, ids);
        let properties = named.as_ref().map_or(message.properties, PropertyBuffer::as_properties);
        let retain = is_retained && target.keeps_retain;
        self.deliver_one(state, place, target.qos, &Outgoing { retain, properties, ..*message });
    }
}

/// What a session is told of a message in the batch; nothing for QoS 0, which does not wait.
fn queued(sent: &Sent<'_>, index: u32, receiver: &Receiver) -> Option<Queued> {
    let Seat::Session(session) = receiver.at.seat else { return None };
    let qos = sent.qos.min(receiver.qos).bits();
    let retain = sent.retain && receiver.keeps_retain;
    let bytes = waiting_bytes(sent.topic, sent.payload, sent.properties);
    (qos > 0 && sent.is_logged).then(|| Queued {
        session,
        index,
        bytes,
        qos,
        retain,
        ids: receiver.ids.as_slice().into(),
    })
}

/// Memory a message takes while it is on its way.
fn waiting_bytes(topic: &str, payload: &[u8], properties: &[u8]) -> u32 {
    u32::try_from(topic.len() + payload.len() + properties.len()).expect("parts of a packet")
}

/// Adds the names of the subscriptions a message comes by, if they have any.
pub(crate) fn with_ids(properties: Properties<'_>, ids: &[u32]) -> Option<PropertyBuffer> {
    if ids.is_empty() {
        return None;
    }
    let mut buffer = PropertyBuffer::new();
    let all = properties.into_iter().chain(ids.iter().map(|id| Property::SubscriptionId(*id)));
    for property in all {
        buffer.push(&property).expect("it came out of a packet, so it fits into one");
    }
    Some(buffer)
}

/// The packet of most receivers: QoS 0 below MQTT 5. It is the same for all of them.
fn encode_once(frame: &mut Vec<u8>, message: &Outgoing<'_>) {
    let Outgoing { topic, payload, retain, .. } = *message;
    let (qos, properties) = (QoS::AtMostOnce, Properties::NONE);
    let packet = Publish { duplicate: false, qos, retain, topic, packet_id: None, properties, payload };
    if let Err(error) = encode::publish(frame, ProtocolVersion::V3_1_1, &packet) {
        warn!(%error, topic, "a message does not fit into a packet");
    }
}
