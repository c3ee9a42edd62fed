//! What owners of accounts are told: who was refused and why, who came and went; and what is kept for later subscribers.

use std::time::Duration;

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::credentials::{Credentials, backend_credentials};
use lianwu_model::UnixMillis;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::{Packet, PacketId, Properties, Property, PropertyBuffer, ProtocolVersion, Publish, QoS, encode};
use lianwu_ports::bus::{Bus as _, DeliverError, Delivery, Down, DownKind};
use lianwu_ports::log::{Log as _, Lsn};
use lianwu_ports::record::RecordKind;
use lianwu_ports::record::account::{AccountEvent, AccountLine};
use lianwu_services::account;
use lianwu_services::logs::notes;

use super::backends::{Scene, credentials, wait};
use super::harness::{NOW, PRODUCT, Wire, World};
use super::mqtt5;

use ProtocolVersion::V5;

/// Event, client id, topic and cause.
type Line = (AccountEvent, String, String, String);

/// Lines of the account's log, waiting until there are at least `count`.
fn lines(scene: &Scene, count: usize) -> Vec<Line> {
    let mut seen = Lsn(0);
    loop {
        seen = scene.world.log.wait(seen, Duration::from_secs(10));
        let mut found = Vec::new();
        for block in scene.world.log.read(Lsn(1), usize::MAX).unwrap() {
            for record in block.records() {
                let (lsn, record) = record.unwrap();
                seen = seen.max(lsn);
                if let Some(line) = AccountLine::of(&record) {
                    assert_eq!(line.owner, scene.owner);
                    found.push((line.event, line.client_id.into(), line.topic.into(), line.why.into()));
                }
            }
        }
        if found.len() >= count {
            return found;
        }
    }
}

fn properties(of: &[Property<'_>]) -> PropertyBuffer {
    let mut buffer = PropertyBuffer::new();
    for property in of {
        buffer.push(property).unwrap();
    }
    buffer
}

/// A backend of MQTT 5: reason code and words of the CONNACK.
fn sign_in(world: &World, credentials: &Credentials) -> (Wire, u8, Option<String>) {
    mqtt5::connect(world, credentials, 60, Properties::NONE)
}

/// Is the owner of a key told why a sign-in with it was refused, and a stranger not even whether there is such a key?
#[test]
fn a_refused_sign_in_is_told_to_the_owner_of_the_key_only() {
    let scene = Scene::new();
    let mut wrong = scene.key.clone();
    wrong.secret_key.0.make_ascii_uppercase();
    let mut unknown = scene.key.clone();
    unknown.secret_id = format!("AKID{}", "x".repeat(32));
    let told = [&wrong, &unknown].map(|key| {
        let (mut wire, code, why) = sign_in(&scene.world, &credentials(key, "orders"));
        wire.is_closed();
        (code, why)
    });
    assert_eq!(told[0], told[1], "a stranger learns nothing");
    let disabled = scene.sub_account("robot", r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#);
    let owner = scene.world.platform.accounts.principal(scene.owner).unwrap();
    wait(account::set_key_active(&scene.world.platform, &owner, &disabled.secret_id, false)).unwrap();
    assert_eq!(sign_in(&scene.world, &credentials(&disabled, "robot")).2, told[0].1);
    let past = UnixMillis::from_seconds(NOW.seconds() - 60);
    let (_, _, why) =
        sign_in(&scene.world, &backend_credentials(&scene.key.secret_id, &scene.key.secret_key.0, "orders", past));
    assert!(why.unwrap().contains("expired"), "whoever has the key may know");

    let lines = lines(&scene, 3);
    let told: Vec<_> = lines.iter().map(|(event, client, _, why)| (*event, client.as_str(), why.as_str())).collect();
    let refused = AccountEvent::ConnectRefused;
    assert_eq!(told[0].2.split(':').next(), Some("password does not match"));
    assert_eq!(told[1], (refused, "robot", "the SecretId is disabled"));
    assert!(told[2].2.starts_with("credential expired"), "{told:?}");
    assert!(told.iter().all(|(event, ..)| *event == refused));
}

/// Are refused messages and filters told to the account, once at once however many there are?
#[test]
fn refused_messages_and_filters_are_told_once_a_window() {
    let mut scene = Scene::new();
    let mut writer = scene.sign_in(&scene.key, "writer");
    for id in 1..=50 {
        writer.publish(&format!("$thing/down/property/{PRODUCT}/lamp-{id}"), "{}", Some(id));
        assert_eq!(writer.puback(), id);
    }
    let nobody = scene.sub_account("nobody", r#"{"effect":"allow","action":"iotexplorer:*","resource":"*"}"#);
    let mut nobody = scene.sign_in(&nobody, "nobody");
    assert_eq!(nobody.subscribe("$thing/up/#"), SubscribeAnswer::REFUSED);
    nobody.publish("plant/7", "on", Some(1));
    assert_eq!(nobody.puback(), 1);
    writer.leave();

    let line = |event, client: &str, topic: &str, why: &str| (event, client.into(), topic.into(), why.to_owned());
    let first = format!("$thing/down/property/{PRODUCT}/lamp-1");
    let foreign =
        "not a topic of the account: the first level is a ProductId or begins with $, or the name is malformed";
    let expected = [
        line(AccountEvent::Connected, "writer", "", ""),
        line(AccountEvent::PublishRefused, "writer", &first, foreign),
        line(AccountEvent::Connected, "nobody", "", ""),
        line(AccountEvent::SubscribeRefused, "nobody", "$thing/up/#", "no policy allows lianwu:ReceiveMessages"),
        line(AccountEvent::PublishRefused, "nobody", "plant/7", "no policy allows lianwu:SendMessages"),
        line(AccountEvent::Disconnected, "writer", "", "the client said DISCONNECT"),
    ];
    assert_eq!(lines(&scene, expected.len()), expected);

    // The other 49 are one line, at the latest when the platform stops.
    scene.world.stop();
    let more: Vec<String> = facts(&scene).into_iter().filter(|facts| facts.contains("more:")).collect();
    assert!(more.len() == 1 && more[0].ends_with("more:49,within:10 s"), "{more:?}");
}

/// Facts of every line of the log.
fn facts(scene: &Scene) -> Vec<String> {
    let blocks = scene.world.log.read(Lsn(1), usize::MAX).unwrap();
    let records = blocks.iter().flat_map(|block| block.records()).map(|record| record.unwrap().1);
    records.filter_map(|record| AccountLine::of(&record).map(|line| line.facts.to_owned())).collect()
}

fn event(wire: &mut Wire) -> (String, String) {
    let (topic, body) = wire.acknowledge();
    let body: Vec<&str> = body.split('"').collect();
    let after = |key: &str| body.iter().position(|part| *part == key).map(|at| body[at + 2]).unwrap_or_default();
    (topic, format!("{} {}", after("Event"), after("Reason")))
}

/// Are devices' and backends' comings and goings messages for whoever listens, with the rights of their messages?
#[test]
fn presence_is_a_message() {
    for workers in [1, 3] {
        let scene = Scene::with_workers(workers);
        let mut all = scene.listener("all", "$lianwu/presence/device/#", QoS::AtLeastOnce);
        let mut everything = scene.listener("everything", "#", QoS::AtLeastOnce);
        let resource = format!("qcs::iotexplorer:gz:uin/{}:project/*/product/{PRODUCT}/device/lamp-1", scene.owner);
        let statement = format!(r#"{{"effect":"allow","action":"lianwu:ReceiveMessages","resource":"{resource}"}}"#);
        let viewer = scene.sub_account("viewer", &statement);
        let mut viewer = scene.sign_in(&viewer, "viewer");
        let granted = SubscribeAnswer::Granted(QoS::AtLeastOnce);
        assert_eq!(viewer.subscribe("$lianwu/presence/device/#"), granted);
        let topic = |name: &str| format!("$lianwu/presence/device/{PRODUCT}/{name}");
        let told = |name: &str, what: &str| (topic(name), what.to_owned());

        scene.world.lamp("lamp-0").leave();
        assert_eq!(event(&mut all), told("lamp-0", "Online "));
        assert_eq!(event(&mut all), told("lamp-0", "Offline REASON_DEVICE_DISCONNECT"));
        let first = scene.world.lamp("lamp-1");
        assert_eq!(event(&mut all), told("lamp-1", "Online "));
        assert_eq!(event(&mut viewer), told("lamp-1", "Online "));
        let second = scene.world.lamp("lamp-1");
        assert_eq!(event(&mut all), told("lamp-1", "Offline REASON_KICKED"));
        assert_eq!(event(&mut all), told("lamp-1", "Online "));
        assert_eq!(event(&mut viewer).1, "Offline REASON_KICKED");
        assert_eq!(event(&mut viewer).1, "Online ");
        drop((first, second));
        everything.has_nothing_but_a_ping_response();

        // Nobody else sends there, and nothing is kept.
        let mut writer = scene.sign_in(&scene.key, "writer");
        writer.publish(&topic("lamp-1"), "{}", Some(1));
        assert_eq!(writer.puback(), 1);
        assert_eq!(event(&mut all).1, "Offline REASON_DEVICE_DISCONNECT");
        all.has_nothing_but_a_ping_response();
        scene.listener("late", "$lianwu/presence/#", QoS::AtLeastOnce).has_nothing_but_a_ping_response();
    }
}

/// Does an account's backend see the others come and go?
#[test]
fn presence_of_backends_is_a_message() {
    let scene = Scene::new();
    let mut all = scene.listener("all", "$lianwu/presence/backend/+", QoS::AtLeastOnce);
    let topic = "$lianwu/presence/backend/plant%2F7".to_owned();
    scene.sign_in(&scene.key, "plant/7").leave();
    assert_eq!(event(&mut all), (topic.clone(), "Online ".to_owned()));
    assert_eq!(event(&mut all), (topic.clone(), "Offline REASON_DEVICE_DISCONNECT".to_owned()));
    let first = scene.sign_in(&scene.key, "plant/7");
    let _second = scene.sign_in(&scene.key, "plant/7");
    assert_eq!(event(&mut all).1, "Online ");
    let mut both = [event(&mut all).1, event(&mut all).1];
    both.sort();
    assert_eq!(both, ["Offline REASON_KICKED", "Online "]);
    drop(first);
    all.has_nothing_but_a_ping_response();
}

/// Does a retained message come with its properties after a restart, and not at all once it has expired?
#[test]
fn retained_properties_outlive_a_restart() {
    let options = AccessOptions { workers: 1, ..AccessOptions::default() };
    let mut scene = Scene::new();
    let mut writer = sign_in(&scene.world, &credentials(&scene.key, "writer")).0;
    let sent = properties(&[
        Property::PayloadIsText(true),
        Property::MessageExpiry(10),
        Property::ContentType("application/json"),
        Property::ResponseTopic("plant/answers"),
        Property::CorrelationData(&[0, 255, 7]),
        Property::User("line", "4"),
        Property::User("line", "5"),
    ]);
    let mut bytes = Vec::new();
    let message = Publish {
        duplicate: false,
        qos: QoS::AtLeastOnce,
        retain: true,
        topic: "plant/7",
        packet_id: Some(PacketId::FIRST),
        properties: sent.as_properties(),
        payload: b"{}",
    };
    encode::publish(&mut bytes, V5, &message).unwrap();
    writer.send(&bytes);
    assert_eq!(writer.puback(), 1);
    drop(writer);
    scene.world.restart(&options);
    scene.world.clock.set(UnixMillis(NOW.0 + 4_000));
    let listen = |scene: &Scene| {
        let mut reader = sign_in(&scene.world, &credentials(&scene.key, "reader")).0;
        let mut bytes = Vec::new();
        encode::subscribe(&mut bytes, V5, PacketId::FIRST, [("plant/#", QoS::AtMostOnce)]).unwrap();
        reader.send(&bytes);
        reader.next(|packet| assert!(matches!(packet, Packet::SubAck(_)), "{packet:?}"));
        reader
    };
    listen(&scene).next(|packet| {
        let Packet::Publish(found) = packet else { panic!("expected the message, got {packet:?}") };
        assert_eq!((found.topic, found.payload, found.retain), ("plant/7", &b"{}"[..], true));
        let expected: Vec<_> = (sent.as_properties().iter())
            .map(
                |property| {
                    if let Property::MessageExpiry(_) = property { Property::MessageExpiry(6) } else { property }
                },
            )
            .collect();
        assert_eq!(found.properties.iter().collect::<Vec<_>>(), expected);
    });
    scene.world.clock.set(UnixMillis(NOW.0 + 10_000));
    listen(&scene).has_nothing_but_a_ping_response();
}

/// Messages to a device over its rate: is each refused, and how many there were told once?
#[test]
fn messages_down_over_the_rate_are_told_with_their_count() {
    let options = AccessOptions { workers: 1, device_down_tps: 2, ..AccessOptions::default() };
    let mut world = World::with(&options);
    let mut lamp = world.listening_lamp("lamp-1");
    let device = world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap();
    let send = |world: &World| {
        let down = Down {
            device: device.key(),
            number: device.number,
            kind: DownKind::PropertyControl,
            qos: 0,
            payload: (*b"{}").into(),
            request_id: "r-1".into(),
        };
        wait(world.bus.deliver(down))
    };
    let mut refused = 0_u64;
    for _ in 0..40 {
        match send(&world) {
            Ok(Delivery::Delivered) => drop(lamp.message()),
            Err(DeliverError::OverRate(2)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(refused > 20, "only {refused} of 40 were over the rate");
    // The count is written when the window is over, and at the latest when the platform stops.
    world.restart(&options);
    let mut told = Vec::new();
    for block in world.log.read(Lsn(1), usize::MAX).unwrap() {
        for record in block.records().map(Result::unwrap).map(|(_, record)| record) {
            if record.kind == RecordKind::RateLimited {
                assert_eq!((record.device, record.note), ("lamp-1", notes::DOWN_OVER_RATE));
                told.push(std::str::from_utf8(record.payload).unwrap().parse::<u64>().unwrap());
            }
        }
    }
    assert_eq!(told.iter().sum::<u64>(), refused);
    assert!(told.len() < 5, "one for each window: {told:?}");
}
