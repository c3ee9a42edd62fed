//! Messages of QoS 1 to sub-devices: they ride in the session of the gateway.

use std::sync::Arc;

use lianwu_device_access::AccessOptions;
use lianwu_model::Uin;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::{Packet, QoS};
use lianwu_ports::bus::{Bus as _, DeliverError, Delivery, Down, DownKind};
use lianwu_ports::record::RecordKind as K;
use lianwu_services::gateway::{self, GatewayError};

use crate::gateways::{GATE, Gate, Site, wait};
use crate::harness::{PRODUCT, down, secret};

const OWNER: Uin = Uin(100_000_000_001);

fn options() -> AccessOptions {
    AccessOptions { device_up_tps: 0, device_down_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() }
}

fn deliver(site: &Site, product: &str, name: &str, kind: DownKind, payload: &str) -> Result<Delivery, DeliverError> {
    let device = site.device(product, name);
    let (key, number) = (device.key(), device.number);
    let payload = payload.as_bytes().into();
    wait(site.world.bus.deliver(Down { device: key, number, kind, qos: 1, payload, request_id: "q".into() }))
}

fn control(site: &Site, name: &str, value: u32) -> Delivery {
    let text = format!(r#"{{"method":"control","clientToken":"x","params":{{"brightness":{value}}}}}"#);
    deliver(site, PRODUCT, name, DownKind::PropertyControl, &text).unwrap()
}

fn data(name: &str) -> String {
    format!("{PRODUCT}/{name}/data")
}

/// To the sub-device's own topic.
fn send(site: &Site, name: &str, text: &str) -> Delivery {
    deliver(site, PRODUCT, name, DownKind::Topic(data(name).into()), text).unwrap()
}

/// To the gateway's own topic.
fn send_own(site: &Site, text: &str) -> Delivery {
    deliver(site, GATE, "gate-0", DownKind::Topic(format!("{GATE}/gate-0/data").into()), text).unwrap()
}

/// A gateway that keeps its session, with these lamps online and listened to with QoS 1.
fn keeping(site: &Site, lamps: &[&str]) -> Gate {
    let (mut gate, present) = site.gate_with("gate-0", false);
    assert!(!present);
    assert_eq!(gate.wire.subscribe(&format!("{GATE}/gate-0/data")), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    for lamp in lamps {
        assert_eq!(gate.bind(PRODUCT, lamp, &secret(lamp)), 0);
        assert_eq!(gate.ask("online", PRODUCT, lamp), 0);
        for topic in [down("property", lamp), data(lamp)] {
            assert_eq!(gate.wire.subscribe(&topic), SubscribeAnswer::Granted(QoS::AtLeastOnce));
        }
    }
    gate
}

/// The gateway is back, and its session was there; what it finds comes before the answer to its subscription.
fn back(site: &Site, count: usize) -> (Gate, Vec<Arrival>) {
    let mut found = Vec::new();
    let mut wire = site.keep_gate("gate-0");
    while found.len() < count {
        found.push(arrival(&mut wire));
    }
    (wire, found)
}

/// Topic, text, packet id (0 for QoS 0), "sent before".
type Arrival = (String, String, u16, bool);

fn arrival(gate: &mut Gate) -> Arrival {
    gate.wire.next(|packet| match packet {
        Packet::Publish(publish) => (
            publish.topic.to_owned(),
            String::from_utf8(publish.payload.to_vec()).unwrap(),
            publish.packet_id.map_or(0, lianwu_mqtt::PacketId::get),
            publish.duplicate,
        ),
        other => panic!("expected a message, got {other:?}"),
    })
}

fn pending(site: &Site, name: &str) -> usize {
    site.world.settle();
    site.world.platform.states.device(site.device(PRODUCT, name).number).unwrap().desired.len()
}

fn last(site: &Site, product: &str, name: &str, kind: K) -> String {
    let log = site.world.records_of(product, name);
    let found = log.iter().rfind(|record| record.0 == kind);
    found.unwrap_or_else(|| panic!("no {kind:?} in {log:?}")).2.clone()
}

/// Is a control for a sub-device sent with QoS 1, sent again after the gateway's return until that has acknowledged it, and is
/// all of it in the logs of both?
#[test]
fn a_control_is_sent_until_it_is_acknowledged() {
    let site = Site::with(&options());
    let mut gate = keeping(&site, &["lamp-1"]);
    assert_eq!(control(&site, "lamp-1", 7), Delivery::Delivered);
    let (topic, text, id, is_again) = arrival(&mut gate);
    assert_eq!((topic, id, is_again), (down("property", "lamp-1"), 1, false));
    gate.wire.leave();
    let (mut gate, found) = back(&site, 1);
    assert_eq!(found, [(down("property", "lamp-1"), text, 1, true)]);
    gate.wire.send_puback(1);
    gate.wire.has_nothing_but_a_ping_response();
    let kinds = site.kinds(PRODUCT, "lamp-1");
    assert_eq!(kinds, [K::Bound, K::Connected, K::PropertyControl, K::Disconnected, K::DownAcknowledged]);
    let own = site.kinds(GATE, "gate-0");
    for kind in [K::Carried, K::DownAcknowledged] {
        assert_eq!(own.iter().filter(|found| **found == kind).count(), 1, "{own:?}");
    }
    gate.wire.leave();
    back(&site, 0).0.wire.has_nothing_but_a_ping_response();
}

/// Do messages for the gateway and for those behind it come in the order they were sent, over a restart as well?
#[test]
fn messages_of_all_come_in_one_order() {
    let mut site = Site::with(&options());
    let mut gate = keeping(&site, &["lamp-1", "lamp-2"]);
    assert_eq!(send(&site, "lamp-1", "seen"), Delivery::Delivered);
    assert_eq!(arrival(&mut gate), (data("lamp-1"), "seen".into(), 1, false));
    gate.wire.leave();
    assert_eq!(send_own(&site, "one"), Delivery::Queued);
    assert_eq!(send(&site, "lamp-2", "two"), Delivery::Queued);
    site.world.restart(&options());
    assert_eq!(send(&site, "lamp-1", "three"), Delivery::Queued);
    let (mut gate, found) = back(&site, 4);
    let own = format!("{GATE}/gate-0/data");
    let texts = [(data("lamp-1"), "seen"), (own, "one"), (data("lamp-2"), "two"), (data("lamp-1"), "three")];
    let expected: Vec<_> = (1..).zip(texts).map(|(id, (topic, text))| (topic, text.to_owned(), id, id == 1)).collect();
    assert_eq!(found, expected);
    for id in 1..=4 {
        gate.wire.send_puback(id);
    }
    gate.wire.has_nothing_but_a_ping_response();
    assert_eq!(site.kinds(PRODUCT, "lamp-2").last(), Some(&K::DownAcknowledged));
}

/// Does a control wait while the gateway is away, and is it pending until the gateway has acknowledged it?
#[test]
fn a_control_waits_for_the_gateway() {
    let mut site = Site::with(&options());
    keeping(&site, &["lamp-1", "lamp-2"]).wire.leave();
    assert_eq!(control(&site, "lamp-1", 7), Delivery::Queued);
    assert_eq!(pending(&site, "lamp-1"), 1);
    site.world.restart(&options());
    assert_eq!(control(&site, "lamp-2", 8), Delivery::Queued);
    let (mut gate, found) = back(&site, 2);
    assert!(found[0].1.contains(r#""brightness":7"#) && found[1].1.contains(r#""brightness":8"#), "{found:?}");
    assert_eq!((pending(&site, "lamp-1"), pending(&site, "lamp-2")), (1, 1));
    gate.wire.send_puback(1);
    gate.wire.has_nothing_but_a_ping_response();
    assert_eq!((pending(&site, "lamp-1"), pending(&site, "lamp-2")), (0, 1));
}

/// Is a control for a sub-device that its gateway said is offline kept as its state, and told when the device asks for it?
#[test]
fn a_control_for_an_offline_sub_device_stays_pending() {
    let site = Site::with(&options());
    let mut gate = keeping(&site, &["lamp-1"]);
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), 0);
    assert_eq!(control(&site, "lamp-1", 7), Delivery::Offline);
    gate.wire.has_nothing_but_a_ping_response();
    let log = site.world.records_of(PRODUCT, "lamp-1");
    assert_eq!(log.last(), Some(&(K::PropertyControl, 23_101, "q".to_owned())), "{log:?}");
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0);
    let ask = r#"{"method":"get_status","clientToken":"s-1"}"#;
    gate.wire.publish(&format!("$thing/up/property/{PRODUCT}/lamp-1"), ask, None);
    let status = gate.wire.message().1;
    assert!(status.contains(r#""control":{"brightness":7}"#), "{status}");
    gate.wire.publish(&format!("$thing/up/property/{PRODUCT}/lamp-1"), r#"{"method":"clear_control"}"#, None);
    assert!(gate.wire.message().1.contains("clear_control_reply"));
    assert_eq!(pending(&site, "lamp-1"), 0);
}

/// Is the sub-device's log told what had to make room, and what was lost with the gateway's session?
#[test]
fn what_is_given_up_is_in_both_logs() {
    let site = Site::with(&AccessOptions { offline_messages: 2, ..options() });
    keeping(&site, &["lamp-1", "lamp-2"]).wire.leave();
    for (lamp, text) in [("lamp-1", "one"), ("lamp-2", "two"), ("lamp-2", "three")] {
        assert_eq!(send(&site, lamp, text), Delivery::Queued);
    }
    let why = "message 1 made room: 2 wait, see limits.offline_messages";
    assert_eq!(last(&site, PRODUCT, "lamp-1", K::DownDropped), why);
    assert_eq!(last(&site, GATE, "gate-0", K::DownDropped), why);
    site.gate("gate-0").wire.has_nothing_but_a_ping_response();
    let log = site.world.records_of(PRODUCT, "lamp-2");
    let lost = (K::DownDropped, 0, "the session of its gateway ended".to_owned());
    assert_eq!(log.iter().filter(|record| **record == lost).count(), 2, "{log:?}");
    let (mut gate, present) = site.gate_with("gate-0", false);
    assert!(!present);
    gate.wire.has_nothing_but_a_ping_response();
}

/// Is a message that waits for a sub-device not given to a gateway the device is no longer bound to?
#[test]
fn an_unbound_device_takes_its_messages_along() {
    let site = Site::with(&options());
    keeping(&site, &["lamp-1", "lamp-2"]).wire.leave();
    assert_eq!(send(&site, "lamp-1", "secret"), Delivery::Queued);
    assert_eq!(send(&site, "lamp-2", "two"), Delivery::Queued);
    let (platform, gate) = (Arc::clone(&site.world.platform), site.device(GATE, "gate-0"));
    let unbound: Result<_, GatewayError> =
        wait(gateway::unbind(&platform, &gate, OWNER, PRODUCT, &["lamp-1".to_owned()], "q-2"));
    unbound.unwrap();
    let (mut gate, found) = back(&site, 1);
    assert_eq!(found, [(data("lamp-2"), "two".to_owned(), 2, false)]);
    gate.wire.send_puback(2);
    gate.wire.has_nothing_but_a_ping_response();
    let why = format!("message 1 on {}: the device is no longer bound to this gateway", data("lamp-1"));
    assert_eq!(last(&site, GATE, "gate-0", K::DownDropped), why);
}

/// Which QoS does a gateway get for a sub-device, with a kept session and without?
#[test]
fn the_lower_quality_of_service_wins() {
    let site = Site::with(&options());
    let mut clean = site.gate_with_lamps(&["lamp-1"]);
    clean.wire.subscribe(&data("lamp-1"));
    control(&site, "lamp-1", 1);
    assert_eq!(arrival(&mut clean).2, 0, "as for its own");
    send(&site, "lamp-1", "own topic");
    assert_eq!(arrival(&mut clean).2, 1);
    clean.wire.subscribe_at(&data("lamp-1"), QoS::AtMostOnce);
    send(&site, "lamp-1", "own topic");
    assert_eq!(arrival(&mut clean).2, 0);
    clean.wire.subscribe(&data("lamp-1"));
    for _ in 0..19 {
        assert_eq!(send(&site, "lamp-1", "x"), Delivery::Delivered);
    }
    let more = deliver(&site, PRODUCT, "lamp-1", DownKind::Topic(data("lamp-1").into()), "x");
    assert_eq!(more, Err(DeliverError::Unacknowledged), "nothing may wait for it");
    clean.wire.has_nothing_but_the_other_messages(19);
    clean.wire.leave();
    assert_eq!(send(&site, "lamp-1", "nobody"), Delivery::Offline);
    let (mut kept, _) = site.gate_with("gate-0", false);
    assert_eq!(kept.ask("online", PRODUCT, "lamp-1"), 0);
    kept.wire.subscribe_at(&down("property", "lamp-1"), QoS::AtMostOnce);
    control(&site, "lamp-1", 1);
    assert_eq!(arrival(&mut kept).2, 0);
    kept.wire.leave();
    assert_eq!(control(&site, "lamp-1", 1), Delivery::Offline, "QoS 0 does not wait");
}

/// Does a bound device that signs in by itself and keeps a session find there what was sent meanwhile?
#[test]
fn a_session_of_its_own_goes_first() {
    let site = Site::with(&options());
    let mut gate = site.gate("gate-0");
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 0);
    let (mut lamp, _) = site.world.keeping_lamp("lamp-1");
    lamp.subscribe(&data("lamp-1"));
    lamp.leave();
    assert_eq!(send(&site, "lamp-1", "for itself"), Delivery::Queued);
    gate.wire.has_nothing_but_a_ping_response();
    let (mut lamp, present) = site.world.keeping_lamp("lamp-1");
    assert!(present);
    assert_eq!(lamp.arrival(), ("for itself".to_owned(), 1, false));
}

/// Numbers that depend on the seed only (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// A gateway that is there now and then, and what it was not yet seen to have.
struct Story {
    site: Site,
    gate: Option<Gate>,
    /// Taken by the platform and not acknowledged, oldest first.
    taken: Vec<String>,
    /// Of those the first, with their packet ids: what came over this connection.
    came: Vec<u16>,
}

impl Story {
    fn sends(&mut self, to: usize, text: String) {
        let delivery = match to {
            0 => send_own(&self.site, &text),
            1 => send(&self.site, "lamp-1", &text),
            _ => send(&self.site, "lamp-2", &text),
        };
        assert!(matches!(delivery, Delivery::Delivered | Delivery::Queued), "{text}: {delivery:?}");
        self.taken.push(text);
    }

    /// Reads what must be there, and that it is in order.
    fn hears(&mut self) {
        let Some(gate) = &mut self.gate else { return };
        for text in &self.taken[self.came.len()..] {
            let (_, found, id, _) = arrival(gate);
            assert_eq!(&found, text);
            self.came.push(id);
        }
        gate.wire.has_nothing_but_a_ping_response();
    }

    fn acknowledges(&mut self, at: usize) {
        self.hears();
        if let Some(gate) = &mut self.gate
            && at < self.came.len()
        {
            gate.wire.send_puback(self.came.remove(at));
            self.taken.remove(at);
            gate.wire.has_nothing_but_a_ping_response();
        }
    }

    /// The connection ends, with a word or in the middle of what comes.
    fn loses(&mut self, politely: bool) {
        if politely {
            self.hears();
        }
        if let Some(gate) = self.gate.take()
            && politely
        {
            gate.wire.leave();
        }
        self.came.clear();
    }

    fn returns(&mut self) {
        if self.gate.is_none() {
            self.gate = Some(self.site.keep_gate("gate-0"));
            self.hears();
            let gate = self.gate.as_mut().unwrap();
            for lamp in ["lamp-1", "lamp-2"] {
                assert_eq!(gate.ask("online", PRODUCT, lamp), 0);
            }
        }
    }
}

/// Connections break, the platform starts anew, acknowledgements come late: does everything the platform took for a gateway and
/// those behind it arrive, in the order it was taken?
#[test]
fn nothing_taken_is_lost_or_reordered() {
    for seed in 1..=10 {
        let mut random = Random(seed * 0x9e37_79b9);
        let site = Site::with(&options());
        let gate = Some(keeping(&site, &["lamp-1", "lamp-2"]));
        let mut story = Story { site, gate, taken: Vec::new(), came: Vec::new() };
        for step in 0..80 {
            match random.below(12) {
                // Fewer than the window, so that all that was taken may come.
                0..=5 if story.taken.len() < 18 => story.sends(random.below(3), format!("{seed}-{step}")),
                6..=8 => story.acknowledges(random.below(3)),
                9 => story.loses(random.below(2) == 0),
                10 => story.returns(),
                11 if random.below(3) == 0 => {
                    story.loses(false);
                    story.site.world.restart(&options());
                }
                _ => story.hears(),
            }
        }
        story.returns();
        while !story.taken.is_empty() {
            story.acknowledges(0);
        }
        story.loses(true);
        story.returns();
    }
}
