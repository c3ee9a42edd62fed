//! System topics besides properties, events and actions, and the parts of packed reports.

use std::rc::Rc;

use lianwu_device_protocol::message::Pack;
use lianwu_device_protocol::reply::{self, ReplyMethod};
use lianwu_device_protocol::system::{self, SystemReply};
use lianwu_device_protocol::topic::{DownTopic, Topic, down_topic};
use lianwu_model::json::write_string;
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::record::{Record, RecordKind};

use crate::worker::Worker;
use crate::worker::device::control::publish;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::held::After;
use crate::worker::state::{Place, State};

impl Worker {
    /// Kept, and answered where the protocol has an answer.
    pub(super) fn system(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let topic = Topic::parse(incoming.packet.topic);
        let mut answer = std::mem::take(&mut state.reply);
        answer.clear();
        match system::answer(&topic, incoming.packet.payload, &mut answer) {
            None => self.other(state, incoming),
            Some(found) if found.reply == SystemReply::Shadow => self.shadow(state, incoming),
            Some(found) if found.reply == SystemReply::Config => self.answer_config(state, incoming, &mut answer),
            Some(found) if found.reply == SystemReply::Files => self.files(state, incoming),
            Some(found) => {
                if found.code != 0 {
                    self.stats.messages_refused.add(1);
                }
                let (on, after) = match found.reply {
                    SystemReply::Nothing | SystemReply::Shadow | SystemReply::Config | SystemReply::Files => {
                        (None, None)
                    }
                    SystemReply::LogLevel => {
                        let device = incoming.device;
                        let level = self.platform.log_levels.of(device.product, device.number);
                        system::tell_log_level(incoming.packet.payload, level, state.wall, &mut answer);
                        (Some(DownTopic::Log), None)
                    }
                    SystemReply::On(topic) => (Some(self.listened(state, incoming, topic)), None),
                    SystemReply::Clock => (
                        None,
                        Some(After::Clock {
                            place: incoming.place,
                            number: incoming.device.number,
                            received: state.wall,
                        }),
                    ),
                };
                let verdict = Verdict {
                    kind: RecordKind::OtherUp,
                    code: found.code,
                    note: &found.note,
                    sample_time: state.wall,
                    answer: on,
                };
                self.finish(state, incoming, &verdict, &answer, after);
            }
        }
        state.reply = answer;
    }

    /// Remote configuration goes by two names: the answer takes the one the device listens to.
    pub(super) fn listened(&self, state: &mut State, incoming: &Incoming<'_>, topic: DownTopic) -> DownTopic {
        let other = match topic {
            DownTopic::Config => DownTopic::ConfigUpdate,
            DownTopic::ConfigUpdate => DownTopic::Config,
            _ => return topic,
        };
        let listens = self.listens(state, incoming, topic) || !self.listens(state, incoming, other);
        if listens { topic } else { other }
    }

    /// The time, once the question is on record: as late as possible, so that it is right when it leaves.
    pub(crate) fn answer_clock(&self, state: &mut State, place: Place, number: DeviceNumber, received: UnixMillis) {
        let Some((device, listens)) = self.speaker(state, place, number) else { return };
        let mut payload = Vec::new();
        system::clock(received, self.platform.clock.now(), &mut payload);
        let mut topic = String::new();
        down_topic(DownTopic::Sys, device.product, device.name.as_str(), &mut topic);
        let stats = &self.stats;
        state.send(place, |connection, out| {
            if listens.contains(DownTopic::Sys) {
                stats.messages_down.add(1);
                publish(out, connection.mqtt.framing(), &topic, &payload);
            }
        });
    }

    /// Samples of several moments: the message as it came, then each of its parts for the history. One batch holds
    /// them all, and a batch is committed whole or not at all.
    pub(super) fn packed(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        pack: &Pack<'_>,
        answer: &mut Vec<u8>,
    ) {
        reply::render_success(ReplyMethod::Pack, pack.token.map(lianwu_device_protocol::ClientToken::raw), answer);
        let verdict = Verdict {
            kind: RecordKind::PropertyOther,
            code: 0,
            note: "",
            sample_time: state.wall,
            answer: Some(DownTopic::ThingProperty),
        };
        let is_stored = state.refusing.is_none();
        self.finish(state, incoming, &verdict, answer, None);
        if !is_stored {
            return;
        }
        let mut payload = Vec::new();
        for item in &pack.items {
            if let Some(properties) = item.properties {
                payload.clear();
                payload.extend_from_slice(br#"{"params":"#);
                payload.extend_from_slice(properties);
                payload.push(b'}');
                part(state, incoming, RecordKind::PackedProperties, item.sample_time, &payload);
            }
            for event in &item.events {
                payload.clear();
                payload.extend_from_slice(br#"{"eventId":"#);
                write_string(event.id, &mut payload);
                payload.extend_from_slice(br#","type":"#);
                write_string(event.kind.as_str(), &mut payload);
                payload.extend_from_slice(br#","params":"#);
                payload.extend_from_slice(event.params);
                payload.push(b'}');
                part(state, incoming, RecordKind::PackedEvent, event.sample_time, &payload);
            }
        }
    }
}

fn part(state: &mut State, incoming: &Incoming<'_>, kind: RecordKind, sample_time: UnixMillis, payload: &[u8]) {
    state.batch.push(&Record {
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: incoming.device.number,
        product: incoming.device.product,
        device: incoming.device.name.as_str(),
        sample_time,
        topic: "",
        note: "",
        payload,
    });
}
