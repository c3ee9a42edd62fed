//! Messages towards a device: logged with what became of them, then written, then answered.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianwu_device_protocol::message::{ClientToken, Clock, Up, UpKind, parse_up};
use lianwu_device_protocol::reply::{self, ReplyCode, ReplyMethod, StatusValue};
use lianwu_device_protocol::topic::{DownTopic, Topic, down_topic};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{PacketId, Properties, Publish, QoS};
use lianwu_ports::bus::{DeliverError, Delivery, Down, DownKind};
use lianwu_ports::log::{CommitError, Lsn};
use lianwu_ports::readings::ReadingError;
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::{DeviceState, PropertyValue};
use lianwu_services::directory::DirectoryDevice;
use tokio::sync::oneshot;
use tracing::warn;

use crate::worker::Worker;
use crate::worker::device::gateway::carry::Reach;
use crate::worker::device::session::granted_custom;
use crate::worker::held::{After, StatusRequest};
use crate::worker::overrun::Way;
use crate::worker::rate::{Bucket, INSTANCE_DOWN, Over};
use crate::worker::state::{Connection, Place, State};

impl Worker {
    pub(crate) fn send_down(
        &self,
        state: &mut State,
        down: &Down,
        answer: oneshot::Sender<Result<Delivery, DeliverError>>,
    ) {
        self.send_down_as(state, down, None, answer);
    }

    /// Sends these bytes on the raw topic in place of a message, where a script gave some.
    pub(crate) fn send_down_as(
        &self,
        state: &mut State,
        down: &Down,
        raw: Option<&[u8]>,
        answer: oneshot::Sender<Result<Delivery, DeliverError>>,
    ) {
        if let Some(why) = &state.refusing {
            let error = CommitError::Full(why.to_string());
            drop(answer.send(Err(DeliverError::Commit(error))));
            return;
        }
        if let Some(delivery) = self.passes_over(state, down) {
            drop(answer.send(Ok(delivery)));
            return;
        }
        let per_second = self.options.device_down_tps;
        if per_second > 0 {
            let now = state.now;
            let bucket = state.down_rates.entry(down.number).or_insert_with(|| Bucket::new(now));
            if !bucket.pause(now).is_zero() {
                self.stats.down_over_rate.add(1);
                state.overruns.count(Way::Down, down.number, || down.device.clone(), now);
                drop(answer.send(Err(DeliverError::OverRate(per_second))));
                return;
            }
        }
        if let Err(Over { per_second, key }) = self.rates.try_down(down.device.product, state.now) {
            self.stats.down_over_rate.add(1);
            let way = if key == INSTANCE_DOWN { Way::DownInstance } else { Way::DownProduct };
            state.overruns.count(way, down.number, || down.device.clone(), state.now);
            drop(answer.send(Err(DeliverError::OverSharedRate { per_second, key })));
            return;
        }
        if per_second > 0 {
            let now = state.now;
            state.down_rates.entry(down.number).or_insert_with(|| Bucket::new(now)).take(now, per_second);
        }
        let topic = topic_of(down, raw.is_some());
        let (kind, logged_topic) = match &down.kind {
            DownKind::Broadcast | DownKind::LogLevel => (RecordKind::OtherDown, topic.as_str()),
            DownKind::PropertyControl => (RecordKind::PropertyControl, ""),
            DownKind::ActionCall => (RecordKind::ActionCall, ""),
            DownKind::Topic(topic) => (RecordKind::OtherDown, topic.as_ref()),
        };
        let Some(route) = self.route(state, down, &topic) else {
            drop(answer.send(Err(DeliverError::Unacknowledged)));
            return;
        };
        let delivery = route.delivery;
        let sample_time = state.wall;
        let mut record = Record {
            kind,
            qos: route.qos.bits(),
            packet_id: if route.carrier.is_some() { 0 } else { route.packet_id.map_or(0, PacketId::get) },
            code: delivery.push_result(),
            number: down.number,
            product: down.device.product,
            device: down.device.device.as_str(),
            sample_time,
            topic: logged_topic,
            note: &down.request_id,
            payload: &down.payload,
        };
        if let Some(bytes) = raw {
            // What it says, then what goes over the wire and may wait in a session.
            state.batch.push(&Record { qos: 0, packet_id: 0, topic: &topic, ..record });
            record = Record { kind: RecordKind::OtherDown, topic: &topic, payload: bytes, ..record };
        }
        state.batch.push(&record);
        let payload = record.payload;
        if let (Some(gateway), Some(id)) = (&route.carrier, route.packet_id) {
            Self::record_carried(state, gateway, id, &topic, payload);
        }
        if let Some(place) = route.goes_to {
            self.stats.messages_down.add(1);
            if let Some(framing) = state.framing(place) {
                state.held.hold(place, |out| match route.packet_id {
                    None => publish(out, framing, &topic, payload),
                    Some(id) => publish_at_least_once(out, framing, id, false, &topic, payload),
                });
            }
        }
        state.held.after.push(After::Delivered { answer, delivery });
        state.want_turn();
    }

    /// What goes to many is for devices that are there and listen: why is this one passed over? Nothing else ever is.
    fn passes_over(&self, state: &mut State, down: &Down) -> Option<Delivery> {
        let listens = match down.kind {
            DownKind::Broadcast => DownTopic::Broadcast,
            DownKind::LogLevel => DownTopic::Log,
            DownKind::PropertyControl | DownKind::ActionCall | DownKind::Topic(_) => return None,
        };
        let delivery = match state.homes.get(&down.number) {
            Some(slot) if state.connections[*slot as usize].down.contains(listens) => Delivery::Delivered,
            Some(_) => Delivery::NotSubscribed,
            None => {
                let behind = self.reach_behind(state, down.number, &topic_of(down, false));
                behind.map_or(Delivery::Offline, Reach::delivery)
            }
        };
        (delivery != Delivery::Delivered).then_some(delivery)
    }

    /// Answers `get_status` from the state that includes everything up to `lsn`.
    pub(crate) fn answer_status(self: &Rc<Self>, place: Place, number: DeviceNumber, request: StatusRequest, lsn: Lsn) {
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            worker.platform.progress.reached(lsn).await;
            let states = Arc::clone(&worker.platform.states);
            // The blocking pool ends only with the worker.
            let Ok(found) = tokio::task::spawn_blocking(move || states.device(number)).await else { return };
            let mut state = worker.state.borrow_mut();
            let Some((device, listens)) = worker.speaker(&mut state, place, number) else { return };
            let mut payload = Vec::new();
            worker.render_status(&device, &request, found, state.wall, &mut payload);
            if request.is_translated {
                return worker.reply_raw(&mut state, place, number, payload);
            }
            let mut topic = String::new();
            down_topic(DownTopic::ThingProperty, device.product, device.name.as_str(), &mut topic);
            worker.stats.messages_down.add(1);
            state.send(place, |connection, out| {
                if listens.contains(DownTopic::ThingProperty) {
                    publish(out, connection.mqtt.framing(), &topic, &payload);
                }
            });
        });
    }

    fn render_status(
        &self,
        device: &DirectoryDevice,
        request: &StatusRequest,
        found: Result<DeviceState, ReadingError>,
        now: UnixMillis,
        out: &mut Vec<u8>,
    ) {
        let Some(model) = self.model(device) else { return };
        let clock = Clock { now, retention: Duration::ZERO };
        let Ok(Up::GetStatus(asked)) = parse_up(UpKind::Property, &request.payload, &model.validator, clock) else {
            return;
        };
        match found {
            Ok(found) => {
                let reported = found.reported.iter().map(status_value);
                reply::get_status_reply(&asked, reported, found.desired.iter().map(status_value), out);
            }
            Err(error) => {
                warn!(%error, %device.product, %device.name, "cannot read the state of a device");
                let token = asked.token.map(ClientToken::raw);
                let status = "internal error, ask again";
                reply::render_reply(ReplyMethod::GetStatus, token, ReplyCode::Internal, status, out);
            }
        }
    }
}

/// On which topic a message goes; the raw one when a script made bytes of it.
fn topic_of(down: &Down, is_raw: bool) -> String {
    let mut topic = String::new();
    let kind = match &down.kind {
        DownKind::Topic(name) => return String::from(&**name),
        _ if is_raw => DownTopic::ThingRaw,
        DownKind::PropertyControl => DownTopic::ThingProperty,
        DownKind::ActionCall => DownTopic::ThingAction,
        DownKind::Broadcast => DownTopic::Broadcast,
        DownKind::LogLevel => DownTopic::Log,
    };
    down_topic(kind, down.device.product, down.device.device.as_str(), &mut topic);
    topic
}

fn status_value(value: &PropertyValue) -> StatusValue<'_> {
    StatusValue { id: &value.property, value: value.value.as_bytes(), time: value.time }
}

/// Appends one message of QoS 0.
pub(crate) fn publish(out: &mut Vec<u8>, framing: Framing, topic: &str, payload: &[u8]) {
    let (qos, properties) = (QoS::AtMostOnce, Properties::NONE);
    let packet = Publish { duplicate: false, qos, retain: false, topic, packet_id: None, properties, payload };
    if let Err(error) = framing.publish(out, &packet) {
        warn!(%error, topic, "a message does not fit into a packet");
    }
}

/// Appends one message of QoS 1.
pub(crate) fn publish_at_least_once(
    out: &mut Vec<u8>,
    framing: Framing,
    id: PacketId,
    duplicate: bool,
    topic: &str,
    payload: &[u8],
) {
    let (qos, properties) = (QoS::AtLeastOnce, Properties::NONE);
    let packet = Publish { duplicate, qos, retain: false, topic, packet_id: Some(id), properties, payload };
    if let Err(error) = framing.publish(out, &packet) {
        warn!(%error, topic, "a message does not fit into a packet");
    }
}

/// Has the device asked for messages on this topic?
pub(crate) fn is_subscribed(connection: &Connection, topic: &str) -> bool {
    match Topic::parse(topic).down() {
        Some(kind) => connection.down.contains(kind),
        None => connection.session.as_ref().is_some_and(|session| granted_custom(&session.custom, topic).is_some()),
    }
}
