//! A message that came over HTTP: the way of any other from its topic on, answered to the request instead of a connection.

use std::rc::Rc;
use std::sync::Arc;

use lianwu_model::product::Durability;
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{Properties, ProtocolVersion, Publish, QoS};
use lianwu_ports::record::{RecordKind, Records};
use lianwu_services::directory::DirectoryDevice;
use tokio::sync::oneshot;

use crate::worker::Worker;
use crate::worker::device::publish::Incoming;
use crate::worker::held::After;
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
    pub(crate) answer: oneshot::Sender<Posted>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Posted {
    /// On disk, and accepted.
    Accepted,
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
        let Post { device, topic, payload, qos, answer } = post;
        if state.must_wait_for_disk(self.options.uncommitted_bytes_max) {
            drop(answer.send(Posted::Busy));
            return;
        }
        let (now, per_second) = (state.now, self.options.device_up_tps);
        if per_second > 0 {
            let bucket = state.post_rates.entry(device.number).or_insert_with(|| Bucket::new(now));
            if !bucket.pause(now).is_zero() {
                self.stats.posts_over_rate.add(1);
                state.overruns.count(Way::Post, device.number, || device.key(), now);
                drop(answer.send(Posted::OverRate(per_second)));
                return;
            }
            bucket.take(now, per_second);
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
        let incoming = Incoming {
            place: NOWHERE,
            device: &device,
            packet: &packet,
            framing,
            durability: Durability::Disk,
            gateway: None,
            translated_from: None,
        };
        let before = state.batch.as_bytes().len();
        self.judge(state, &incoming);
        let posted = match Records::new(&state.batch.as_bytes()[before..]).next() {
            Some(Ok(record)) => match (record.kind, record.code) {
                (RecordKind::PublishRefused, _) => Posted::NoPermission,
                (_, 0) => Posted::Accepted,
                (_, code) => Posted::Refused { code, why: record.note.to_owned() },
            },
            // Nothing was written down: a script has it, or it was lost.
            _ => {
                if let Some(answer) = state.raw.will_answer(device.number, answer) {
                    drop(answer.send(Posted::Busy));
                }
                return;
            }
        };
        state.held.after.push(After::Posted { answer, posted });
        state.want_turn();
    }
}
