//! A message from a device: whose topic, what it says, what is recorded, what is answered once that is durable.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianwu_device_protocol::message::{CLIENT_TOKEN_BYTES_MAX, Clock, DeviceReply, Refusal, Up, UpKind, parse_up};
use lianwu_device_protocol::reply::{self, ReplyCode, ReplyMethod};
use lianwu_device_protocol::topic::{Direction, DownTopic, NameError, ThingKind, Topic, check_name, down_topic};
use lianwu_model::json::members;
use lianwu_model::product::{DataProtocol, Durability};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{Acknowledgement, PacketId, PacketType, ProtocolVersion, Publish, ReasonCode, encode};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::catalog::{CatalogProduct, CompiledModel};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::message::ActionReply;
use lianwu_services::retention;

use crate::worker::Worker;
use crate::worker::backend::forward::Sent;
use crate::worker::device::control::{is_subscribed, publish};
use crate::worker::held::{After, StatusRequest};
use crate::worker::io::connection::Flow;
use crate::worker::overrun::Way;
use crate::worker::state::{Place, State};

/// What a device is told while the disk is full.
const STORAGE_FULL: &str = "not stored: storage is full";

/// Code of a record about a publish without permission; no reply carries it.
const NO_PERMISSION_CODE: u32 = 403;

/// What a message amounts to, before it is written down.
pub(super) struct Verdict<'a> {
    pub(super) kind: RecordKind,
    pub(super) code: u32,
    pub(super) note: &'a str,
    pub(super) sample_time: UnixMillis,
    /// On which topic the answer in `State::reply` goes, if there is one.
    pub(super) answer: Option<DownTopic>,
}

/// One publish on its way through.
pub(super) struct Incoming<'a> {
    pub(super) place: Place,
    pub(super) device: &'a Arc<DirectoryDevice>,
    pub(super) packet: &'a Publish<'a>,
    pub(super) framing: Framing,
    pub(super) durability: Durability,
    /// Set when a gateway speaks for `device`.
    pub(super) gateway: Option<DeviceNumber>,
    /// The raw topic, when a script made this of what came there. The answer is left in `State::raw_reply`.
    pub(super) translated_from: Option<&'a str>,
}

impl<'a> Incoming<'a> {
    /// Acknowledged when it is on disk, whatever the product asks for.
    pub(super) fn to_disk(
        place: Place,
        device: &'a Arc<DirectoryDevice>,
        packet: &'a Publish<'a>,
        framing: Framing,
    ) -> Self {
        Self { place, device, packet, framing, durability: Durability::Disk, gateway: None, translated_from: None }
    }
}

impl Worker {
    pub(crate) fn publish(self: &Rc<Self>, state: &mut State, place: Place, packet: &Publish<'_>) -> Flow {
        let now = state.now;
        let up_tps = self.options.device_up_tps;
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let Some(device) = connection.device.clone() else { return self.publish_of_backend(state, place, packet) };
        let framing = connection.mqtt.framing();
        let mut over = None;
        if up_tps > 0 {
            // A gateway may send as many for each sub-device as for itself.
            connection.bucket.take(now, up_tps.saturating_mul(1 + u32::from(connection.sub_devices_online)));
            over = (!connection.bucket.pause(now).is_zero()).then_some(Way::Up);
        }
        if let Some(rate) = &self.instance_rate {
            let pause = rate.take(now);
            if !pause.is_zero() {
                connection.bucket.wait(now, pause);
                over = over.or(Some(Way::UpInstance));
            }
        }
        if let Some(pause) = self.rates.wait_up(device.product, now) {
            connection.bucket.wait(now, pause);
            over = over.or(Some(Way::UpProduct));
        }
        if let Some(way) = over {
            state.overruns.count(way, device.number, || device.key(), now);
        }
        self.stats.messages_up.add(1);
        self.judge(state, &Incoming::to_disk(place, &device, packet, framing))
    }

    /// Whose topic is it, and what does the message say?
    #[inline]
    pub(super) fn judge(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) -> Flow {
        let topic = Topic::parse(incoming.packet.topic);
        if self.said_by(state, incoming, topic) || self.said_for(state, incoming, topic) {
            return Flow::Open;
        }
        if let Some(error) = closes(incoming.packet.topic) {
            self.close(state, incoming.place, &format!("protocol error: {error}"));
            return Flow::Closed;
        }
        self.refused(state, incoming, notes::NO_PERMISSION);
        Flow::Open
    }

    /// Takes a message on a topic of its device; `false` when it is on no topic the device may publish to at all.
    #[inline]
    fn said_by(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, topic: Topic<'_>) -> bool {
        let device = incoming.device;
        match topic {
            Topic::ThingUp { kind, product, device: name } if device.is(product, name) => match kind {
                ThingKind::Property => self.thing(state, incoming, UpKind::Property),
                ThingKind::Event => self.thing(state, incoming, UpKind::Event),
                ThingKind::Action => self.thing(state, incoming, UpKind::Action),
                ThingKind::Service => self.system(state, incoming),
                ThingKind::Raw => self.raw(state, incoming),
            },
            Topic::Custom { product, device: name, rest } if device.is(product, name) => {
                if self.may_publish(device, rest) {
                    self.custom(state, incoming);
                } else {
                    self.refused(state, incoming, notes::NO_PERMISSION);
                }
            }
            Topic::RrpcUp { family, product, device: name, process } if device.is(product, name) => {
                self.rrpc_answer(state, incoming, family, process);
            }
            Topic::GatewayUp { product, device: name } if device.is(product, name) => match incoming.gateway {
                None => self.gateway(state, incoming),
                Some(_) => self.refused(state, incoming, notes::NO_PERMISSION),
            },
            topic
                if topic.direction() == Some(Direction::Up)
                    && topic.owner().is_some_and(|(product, name)| device.is(product, name)) =>
            {
                self.system(state, incoming);
            }
            _ => return false,
        }
        true
    }

    /// Takes a message of a gateway on a topic of its sub-device; `false` when it is on none.
    fn said_for(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, topic: Topic<'_>) -> bool {
        let gateway = incoming.device;
        let Some(device) = self.sub_device(gateway, &topic) else { return false };
        let incoming = Incoming { device: &device, gateway: Some(gateway.number), ..*incoming };
        let is_online = state.behind.find(gateway.number, device.number).is_some_and(|sub| sub.is_online);
        if is_online && self.said_by(state, &incoming, topic) {
            return true;
        }
        if closes(incoming.packet.topic).is_some() {
            return false;
        }
        self.refused(state, &incoming, if is_online { notes::NO_PERMISSION } else { notes::SUB_DEVICE_OFFLINE });
        true
    }

    /// A thing-model message: judged by the product's model.
    pub(super) fn thing(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, kind: UpKind) {
        let catalog = self.platform.catalog.load();
        let product = catalog.get(&incoming.device.product);
        let durability = product.map_or(Durability::Disk, |product| product.product.durability);
        let incoming = &Incoming { durability, ..*incoming };
        let is_judged = |p: &&CatalogProduct| {
            p.product.data_protocol == DataProtocol::ThingModel || incoming.translated_from.is_some()
        };
        let Some(product) = product.filter(is_judged) else {
            return self.other(state, incoming);
        };
        let Some(model) = &product.model else {
            let verdict = Verdict::other(kind, NO_PERMISSION_CODE, notes::NO_MODEL, state.wall);
            return self.finish(state, incoming, &verdict, &[], None);
        };
        let days = retention::days(&self.platform, &product.product);
        let clock = Clock { now: state.wall, retention: Duration::from_hours(24 * u64::from(days)) };
        let mut reply = std::mem::take(&mut state.reply);
        reply.clear();
        match parse_up(kind, incoming.packet.payload, &model.validator, clock) {
            Ok(up) => self.accepted_message(state, incoming, &up, &mut reply),
            Err(refusal) => self.refused_message(state, incoming, kind, &refusal, &mut reply),
        }
        state.reply = reply;
    }

    fn accepted_message(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        up: &Up<'_>,
        answer: &mut Vec<u8>,
    ) {
        let now = state.wall;
        let verdict = |kind, sample_time, answer| Verdict { kind, code: 0, note: "", sample_time, answer };
        let property = Some(DownTopic::ThingProperty);
        match up {
            Up::Report(report) => {
                reply::render_success(
                    ReplyMethod::Report,
                    report.token.map(lianwu_device_protocol::ClientToken::raw),
                    answer,
                );
                let verdict = verdict(RecordKind::PropertyReport, report.sample_time, property);
                self.finish(state, incoming, &verdict, answer, None);
            }
            Up::GetStatus(_) => {
                let is_translated = incoming.translated_from.is_some();
                let request = StatusRequest { payload: incoming.packet.payload.into(), is_translated };
                let number = incoming.device.number;
                let after = After::ReadStatus { place: incoming.place, number, request };
                self.finish(state, incoming, &verdict(RecordKind::PropertyOther, now, None), answer, Some(after));
            }
            Up::ClearControl { token } => {
                reply::render_success(
                    ReplyMethod::ClearControl,
                    token.map(lianwu_device_protocol::ClientToken::raw),
                    answer,
                );
                self.finish(state, incoming, &verdict(RecordKind::DesiredCleared, now, property), answer, None);
            }
            Up::ReportInfo { token, .. } => {
                reply::render_success(
                    ReplyMethod::ReportInfo,
                    token.map(lianwu_device_protocol::ClientToken::raw),
                    answer,
                );
                self.finish(state, incoming, &verdict(RecordKind::DeviceInfo, now, property), answer, None);
            }
            Up::Pack(pack) => self.packed(state, incoming, pack, answer),
            Up::ControlReply(_) => {
                self.finish(state, incoming, &verdict(RecordKind::PropertyOther, now, None), answer, None);
            }
            Up::Events(events) => {
                reply::render_success(events.reply, events.token.map(lianwu_device_protocol::ClientToken::raw), answer);
                let first = events.events.first().map_or(now, |event| event.sample_time);
                let verdict = verdict(RecordKind::EventPost, first, Some(DownTopic::ThingEvent));
                self.finish(state, incoming, &verdict, answer, None);
            }
            Up::ActionReply { reply, response } => {
                let after = action_reply(incoming.device, reply, response);
                self.finish(state, incoming, &verdict(RecordKind::ActionReply, now, None), answer, after);
            }
        }
    }

    pub(super) fn refused_message(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        kind: UpKind,
        refusal: &Refusal<'_>,
        answer: &mut Vec<u8>,
    ) {
        self.stats.messages_refused.add(1);
        let has_answer = refusal.render(answer);
        let note = match refusal {
            Refusal::BadJson(error) => format!("{}: {error}", reply::BAD_JSON_TEXT),
            Refusal::Message { status, .. } => status.clone(),
        };
        let code = u32::from(refusal.code().number());
        let mut verdict = Verdict::other(kind, code, &note, state.wall);
        verdict.answer = has_answer.then_some(match kind {
            UpKind::Property => DownTopic::ThingProperty,
            UpKind::Event => DownTopic::ThingEvent,
            UpKind::Action => DownTopic::ThingAction,
        });
        self.finish(state, incoming, &verdict, answer, None);
    }

    /// A message the platform only keeps.
    pub(super) fn other(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let verdict = Verdict { kind: RecordKind::OtherUp, code: 0, note: "", sample_time: state.wall, answer: None };
        self.finish(state, incoming, &verdict, &[], None);
    }

    /// A custom topic: kept, and given back to the device if it listens there itself.
    fn custom(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let place = incoming.place;
        let topic = incoming.packet.topic;
        let listens = match incoming.gateway {
            None => state.connection(place).is_some_and(|c| is_subscribed(c, topic)),
            Some(gateway) => {
                state.behind.find(gateway, incoming.device.number).is_some_and(|sub| sub.listens_to_custom(topic))
            }
        };
        self.custom_or_answer(state, incoming);
        if listens && state.refusing.is_none() {
            self.stats.messages_down.add(1);
            let Publish { topic, payload, .. } = *incoming.packet;
            state.held.hold(place, |out| publish(out, incoming.framing, topic, payload));
        }
    }

    /// No permission: logged and acknowledged, so that the device does not send it for ever (decision 3). MQTT 5 has
    /// a code for that.
    fn refused(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, why: &str) {
        self.stats.messages_refused.add(1);
        let verdict = Verdict {
            kind: RecordKind::PublishRefused,
            code: NO_PERMISSION_CODE,
            note: why,
            sample_time: state.wall,
            answer: None,
        };
        self.finish(state, incoming, &verdict, &[], None);
    }

    /// Writes the record and holds back what waits for it; with a full disk only says so.
    pub(super) fn finish(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        verdict: &Verdict<'_>,
        answer: &[u8],
        after: Option<After>,
    ) {
        let Incoming { place, device, packet, framing, durability, .. } = *incoming;
        if state.refusing.is_some() {
            return self.storage_full(state, incoming);
        }
        let packet_id = packet.packet_id.map_or(0, PacketId::get);
        let is_canonical = matches!(
            verdict.kind,
            RecordKind::PropertyReport
                | RecordKind::PropertyOther
                | RecordKind::DeviceInfo
                | RecordKind::DesiredCleared
                | RecordKind::EventPost
                | RecordKind::ActionReply
        );
        state.batch.push(&Record {
            kind: verdict.kind,
            qos: packet.qos.bits(),
            packet_id,
            code: verdict.code,
            number: device.number,
            product: device.product,
            device: device.name.as_str(),
            sample_time: verdict.sample_time,
            topic: if is_canonical { incoming.translated_from.unwrap_or_default() } else { packet.topic },
            note: verdict.note,
            payload: packet.payload,
        });
        let mut answer_topic = verdict.answer.filter(|topic| self.listens(state, incoming, *topic));
        if incoming.translated_from.is_some() {
            answer_topic = None;
            state.raw_reply = verdict.answer.map(|_| answer.to_vec());
        }
        let mut topic = std::mem::take(&mut state.topic);
        if let Some(kind) = answer_topic {
            topic.clear();
            down_topic(kind, device.product, device.name.as_str(), &mut topic);
            self.stats.messages_down.add(1);
        }
        let write = |out: &mut Vec<u8>| {
            if let Some(packet_id) = packet.packet_id {
                puback(out, framing.version, packet_id, verdict.kind);
            }
            if answer_topic.is_some() {
                publish(out, framing, &topic, answer);
            }
        };
        match durability {
            Durability::Disk => state.held.hold(place, write),
            Durability::Memory => state.send(place, |_, out| write(out)),
        }
        state.topic = topic;
        state.held.after.extend(after);
        if verdict.code == 0 {
            let sent = Sent::new(packet.topic, packet.payload, packet.qos);
            self.forward_of_device(state, device, sent, durability);
        }
        state.want_turn();
    }

    /// Not stored and not acknowledged: the device learns why from the reply and sends again later. Which file, and
    /// how much is missing, is in the platform's log: a device has no business with folders of the server.
    fn storage_full(&self, state: &mut State, incoming: &Incoming<'_>) {
        self.stats.messages_refused.add(1);
        let (kind, method) = match Topic::parse(incoming.packet.topic) {
            Topic::ThingUp { kind: ThingKind::Property, .. } => (DownTopic::ThingProperty, ReplyMethod::Report),
            Topic::ThingUp { kind: ThingKind::Event, .. } => (DownTopic::ThingEvent, ReplyMethod::Event),
            _ => return,
        };
        let token = client_token(incoming.packet.payload);
        let mut payload = Vec::new();
        reply::render_reply(method, token, ReplyCode::Internal, STORAGE_FULL, &mut payload);
        let mut topic = String::new();
        down_topic(kind, incoming.device.product, incoming.device.name.as_str(), &mut topic);
        if self.listens(state, incoming, kind) {
            state.send(incoming.place, |connection, out| publish(out, connection.mqtt.framing(), &topic, &payload));
        }
    }

    /// The model of a device's product, for a look at a message that was accepted before.
    pub(crate) fn model(&self, device: &DirectoryDevice) -> Option<Arc<CompiledModel>> {
        self.platform.catalog.model(device.product)
    }
}

impl<'a> Verdict<'a> {
    /// A thing-model message that was not accepted.
    fn other(kind: UpKind, code: u32, note: &'a str, now: UnixMillis) -> Self {
        let kind = match kind {
            UpKind::Property => RecordKind::PropertyOther,
            UpKind::Event => RecordKind::EventPost,
            UpKind::Action => RecordKind::ActionReply,
        };
        Self { kind, code, note, sample_time: now, answer: None }
    }
}

/// Why a message on this topic ends the connection, if it does.
fn closes(topic: &str) -> Option<NameError> {
    check_name(topic).err().filter(|error| matches!(error, NameError::Wildcard | NameError::Nul))
}

/// Tells the call that waits for this answer, once the answer is durable.
fn action_reply(device: &DirectoryDevice, reply: &DeviceReply<'_>, response: &[u8]) -> Option<After> {
    let token = reply.token?.text().into_owned();
    let status = reply.status.map(|raw| String::from_utf8_lossy(raw).into_owned()).unwrap_or_default();
    let response = String::from_utf8_lossy(response).into_owned();
    let reply = ActionReply { code: reply.code, status: plain_text(&status), response };
    Some(After::ActionReply { number: device.number, token: token.into(), reply })
}

/// The answer to a message of QoS 1 whose record is durable.
#[inline]
fn puback(out: &mut Vec<u8>, version: ProtocolVersion, packet_id: PacketId, kind: RecordKind) {
    if version != ProtocolVersion::V5 || kind != RecordKind::PublishRefused {
        return encode::puback(out, packet_id);
    }
    let said = Acknowledgement { reason: ReasonCode::NotAuthorised, ..Acknowledgement::success(packet_id) };
    encode::acknowledgement(out, version, PacketType::PubAck, &said).expect("an id and a reason fit into a packet");
}

/// The raw token of a message that was not judged, if it has one of a sane length.
fn client_token(payload: &[u8]) -> Option<&[u8]> {
    let mut members = members(payload).flatten();
    let (_, token) = members.find(|(key, _)| key.is(b"clientToken"))?;
    (token.len() <= CLIENT_TOKEN_BYTES_MAX).then_some(token)
}

/// A JSON string without its quotes; anything else as it is.
fn plain_text(json: &str) -> String {
    match lianwu_model::json::Scanner::new(json.as_bytes()).string() {
        Ok(token) => token.unescape().into_owned(),
        Err(_) => json.to_owned(),
    }
}
