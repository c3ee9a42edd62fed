//! A backend whose connections break at any packet, while messages come and device access is started anew: is any lost, or
//! one of QoS 2 taken twice?

use std::collections::{BTreeMap, BTreeSet};

use lianwu_device_access::AccessOptions;
use lianwu_mqtt::packet::Acknowledgement;
use lianwu_mqtt::{Packet, PacketId, Properties, Publish, QoS};

use super::backends::Scene;
use super::harness::Wire;

/// Chooses the same way for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What the program on the other side remembers, over all its connections.
#[derive(Default)]
struct Program {
    /// How often each message was taken, by its text.
    taken: BTreeMap<String, u32>,
    /// Messages of QoS 2 that were taken and not released.
    unreleased: BTreeSet<PacketId>,
}

enum Came {
    Message(QoS, Option<PacketId>, String),
    Release(PacketId),
    PingResponse,
}

fn next(wire: &mut Wire) -> Came {
    wire.next(|packet| match packet {
        Packet::Publish(Publish { qos, packet_id, payload, .. }) => {
            Came::Message(qos, packet_id, String::from_utf8(payload.to_vec()).unwrap())
        }
        Packet::PubRel(said) => Came::Release(said.packet_id),
        Packet::PingResp => Came::PingResponse,
        other => panic!("expected a message, a release or the answer to a ping, got {other:?}"),
    })
}

impl Program {
    /// Takes what came; answers, unless the connection breaks before.
    fn take(&mut self, wire: &mut Wire, came: Came, answers: bool) {
        let answer = match came {
            Came::Message(QoS::ExactlyOnce, Some(id), text) => {
                if self.unreleased.insert(id) {
                    *self.taken.entry(text).or_default() += 1;
                }
                Packet::PubRec(Acknowledgement::success(id))
            }
            Came::Message(_, id, text) => {
                *self.taken.entry(text).or_default() += 1;
                Packet::PubAck(Acknowledgement::success(id.expect("a message that waits has an id")))
            }
            Came::Release(id) => {
                self.unreleased.remove(&id);
                Packet::PubComp(Acknowledgement::success(id))
            }
            Came::PingResponse => return,
        };
        if answers {
            wire.send_packet(&answer);
        }
    }
}

impl Program {
    /// Handles what has come, no more than so many packets; `false` when the connection breaks at the last of them.
    fn serve(&mut self, wire: &mut Wire, packets_max: u64) -> bool {
        wire.send(&[0xC0, 0]);
        for count in 0..=packets_max {
            let came = next(wire);
            if matches!(came, Came::PingResponse) {
                return true;
            }
            self.take(wire, came, count < packets_max);
        }
        false
    }
}

fn sign_in(scene: &Scene) -> Wire {
    scene.world.keeping(&super::backends::credentials(&scene.key, "reader")).0
}

/// Both QoS, both ways; twenty courses of things.
#[test]
fn nothing_is_lost_and_qos_2_is_taken_once() {
    for seed in 1..=20 {
        let mut chance = Chance(seed);
        let options = AccessOptions { workers: 1 + (seed % 3) as usize, ..AccessOptions::default() };
        let mut scene = Scene::with(&options);
        let mut reader = sign_in(&scene);
        reader.subscribe_at("plant/+", QoS::ExactlyOnce);
        let mut connected = Some(reader);
        let mut program = Program::default();
        let mut sent = BTreeSet::new();
        let mut writer = scene.sign_in(&scene.key, "writer");
        for step in 0..80_u16 {
            match chance.below(10) {
                0..5 => {
                    let qos = if chance.below(2) == 0 { QoS::AtLeastOnce } else { QoS::ExactlyOnce };
                    let text = format!("{} {step}", qos.bits());
                    send(&mut writer, qos, step + 1, &text);
                    sent.insert(text);
                }
                // Some of what has come is handled; the last of it perhaps only taken, and then the connection breaks.
                5..8 => {
                    if let Some(wire) = &mut connected {
                        let is_broken = !program.serve(wire, chance.below(6));
                        connected = connected.take().filter(|_| !is_broken);
                    }
                }
                8 => connected = Some(sign_in(&scene)),
                _ => {
                    connected = None;
                    scene.world.restart(&Scene::without_rates(&options));
                    writer = scene.sign_in(&scene.key, "writer");
                }
            }
        }
        drop(connected);
        let mut reader = sign_in(&scene);
        while sent.iter().any(|text| !program.taken.contains_key(text)) || !program.unreleased.is_empty() {
            let came = next(&mut reader);
            program.take(&mut reader, came, true);
        }
        let twice: Vec<_> = program.taken.iter().filter(|(text, count)| text.starts_with('2') && **count > 1).collect();
        assert!(twice.is_empty(), "seed {seed}: {twice:?}");
        assert_eq!(program.taken.keys().collect::<Vec<_>>(), sent.iter().collect::<Vec<_>>(), "seed {seed}");
    }
}

/// Publishes and waits until it is acknowledged.
fn send(writer: &mut Wire, qos: QoS, id: u16, text: &str) {
    let packet_id = PacketId::new(id);
    let (properties, payload) = (Properties::NONE, text.as_bytes());
    let packet = Publish { duplicate: false, qos, retain: false, topic: "plant/7", packet_id, properties, payload };
    writer.send_packet(&Packet::Publish(packet));
    let answer = Acknowledgement::success(packet_id.unwrap());
    if qos == QoS::AtLeastOnce {
        return writer.next(|packet| assert_eq!(packet, Packet::PubAck(answer)));
    }
    writer.next(|packet| assert_eq!(packet, Packet::PubRec(answer)));
    writer.send_packet(&Packet::PubRel(answer));
    writer.next(|packet| assert_eq!(packet, Packet::PubComp(answer)));
}
