//! System topics besides properties, events and actions.

use std::rc::Rc;

use lianwu_device_protocol::system::{self, SystemReply};
use lianwu_device_protocol::topic::{DownTopic, Topic, down_topic};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::record::RecordKind;

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
}
