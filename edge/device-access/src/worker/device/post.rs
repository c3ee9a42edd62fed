//! A message that came over HTTP or CoAP: the way of any other from its topic on, answered to the request instead of a
//! connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::topic::DownTopics;
use lianwu_model::DeviceNumber;
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{Properties, ProtocolVersion, Publish, QoS};
use lianwu_ports::record::{RecordKind, Records};
use lianwu_services::directory::DirectoryDevice;
use tokio::sync::oneshot;

use crate::worker::Worker;
use crate::worker::device::publish::Incoming;
use crate::worker::held::After;
use crate::worker::io::reply::ReplySlot;
use crate::worker::io::stream::Stream;
use crate::worker::overrun::Way;
use crate::worker::rate::Bucket;
use crate::worker::state::{Place, State};

/// No connection: what would be written to one is not written. Slots are given from 0 up and never come so far.
pub(super) const NOWHERE: Place = Place { slot: u32::MAX, generation: u32::MAX };

/// A verified device's message.
pub(crate) struct Post {
    pub(crate) device: Arc<DirectoryDevice>,
    /// Without wildcards.
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: QoS,
    /// `Post` or `CoapPost`: how messages over the rate are counted.
    pub(crate) way: Way,
    /// Where it came from, if that proved who the device is; over CoAP its token has.
    pub(crate) heard_from: Option<IpAddr>,
    /// It has waited because of the rate of the instance.
    pub(crate) has_waited: bool,
    /// Takes what a connection would be sent as the answer on a system topic; dropped when there is none.
    pub(crate) reply: Option<oneshot::Sender<Vec<u8>>>,
    pub(crate) answer: oneshot::Sender<Posted>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Posted {
    /// On disk, and accepted.
    Accepted,
    /// Decided when it is its turn: the reply says what became of it.
    Later,
    /// On disk, as a publish without permission.
    NoPermission,
    /// On disk, as a message that was not accepted: the code of the reply, and why.
    Refused { code: u32, why: String },
    /// Lines of a device's own log, which is switched off; not stored, counted.
    LogOff,
    /// More than so many messages a second; not stored, counted.
    OverRate(u32),
    /// Not stored: too much waits for the disk, or it is full.
    Busy,
    /// Not stored, and why.
    Lost(String),
}

impl Worker {
    pub(crate) fn post(self: &Rc<Self>, state: &mut State, post: Post) {
        let Post { device, topic, payload, qos, way, heard_from, has_waited, reply, answer } = post;
        if has_waited {
            state.overruns.count(Way::UpInstance, device.number, || device.key(), state.now);
        }
        if state.must_wait_for_disk(self.options.uncommitted_bytes_max) {
            drop(answer.send(Posted::Busy));
            return;
        }
        let (now, per_second) = (state.now, self.options.device_up_tps);
        if per_second > 0 {
            let bucket = state.post_rates.entry(device.number).or_insert_with(|| Bucket::new(now));
            if !bucket.pause(now).is_zero() {
                self.stats.posts_over_rate.add(1);
                state.overruns.count(way, device.number, || device.key(), now);
                drop(answer.send(Posted::OverRate(per_second)));
                return;
            }
            bucket.take(now, per_second);
        }
        if let Err(over) = self.rates.try_up(device.product, now) {
            self.stats.posts_over_rate.add(1);
            state.overruns.count(Way::PostProduct, device.number, || device.key(), now);
            drop(answer.send(Posted::OverRate(over.per_second)));
            return;
        }
        self.stats.messages_up.add(1);
        let packet = Publish {
            duplicate: false,
            qos,
            retain: false,
            topic: &topic,
            packet_id: None,
            properties: Properties::default(),
            payload: &payload,
        };
        let framing = Framing { version: ProtocolVersion::V3_1_1, packet_bytes_max: u32::MAX };
        let place = match reply {
            Some(reply) => self.stand_in(state, &device, reply),
            None => NOWHERE,
        };
        let incoming = Incoming::to_disk(place, &device, &packet, framing);
        if let Some(source) = heard_from.filter(|_| state.refusing.is_none()) {
            self.heard_over_http(state, &device, source);
        }
        let (before, after) = (state.batch.as_bytes().len(), state.held.after.len());
        self.judge(state, &incoming);
        let posted = match Records::new(&state.batch.as_bytes()[before..]).next() {
            Some(Ok(record)) => match (record.kind, record.code) {
                (RecordKind::PublishRefused, _) => Posted::NoPermission,
                (_, 0) => Posted::Accepted,
                (_, code) => Posted::Refused { code, why: record.note.to_owned() },
            },
            // Nothing was written down.
            _ => return self.not_posted(state, place, device.number, answer),
        };
        if state.held.after.len() == after && !Self::is_answered(state, place) {
            self.close(state, place, "");
        }
        state.held.after.push(After::Posted { answer, posted });
        state.want_turn();
    }

    /// A script has it, or the shadow's line, or it was lost.
    fn not_posted(&self, state: &mut State, place: Place, number: DeviceNumber, answer: oneshot::Sender<Posted>) {
        let Some(answer) = state.raw.will_answer(number, place, answer) else { return };
        let is_kept = state.refusing.is_none() && place != NOWHERE;
        if !is_kept {
            self.close(state, place, "");
        }
        drop(answer.send(if is_kept { Posted::Later } else { Posted::Busy }));
    }

    /// Something to be sent to that takes one message.
    fn stand_in(
        self: &Rc<Self>,
        state: &mut State,
        device: &Arc<DirectoryDevice>,
        reply: oneshot::Sender<Vec<u8>>,
    ) -> Place {
        let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let mqtt = lianwu_mqtt::Connection::new(state.now, self.options.connect_timeout);
        let place = self.insert(state, Stream::Reply(Box::new(ReplySlot::new(reply))), nobody.into(), mqtt);
        if let Some(connection) = state.connection(place) {
            connection.device = Some(Arc::clone(device));
            connection.down = DownTopics::ALL;
        }
        place
    }

    /// Is there something for this place, now or once it is durable?
    fn is_answered(state: &mut State, place: Place) -> bool {
        let is_held = state.held.parts.last().is_some_and(|part| part.place == place);
        is_held || state.connection(place).is_some_and(|connection| !connection.out.is_empty())
    }
}
