//! Kept sessions: what waits, what comes again, what ends, and who cannot take them.

use std::time::Duration;

use lianwu_device_access::AccessOptions;
use lianwu_mqtt::QoS;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_ports::bus::{Bus as _, DeliverError, Delivery, Down, DownKind};
use lianwu_ports::record::RecordKind;

use crate::harness::{NOW, PRODUCT, Wire, World, credentials, down};

const HOUR: Duration = Duration::from_secs(3600);

fn options() -> AccessOptions {
    AccessOptions {
        device_up_tps: 0,
        device_down_tps: 0,
        device_connects_per_5s: 0,
        sign_in_failures: 0,
        ..AccessOptions::default()
    }
}

fn data_topic() -> String {
    format!("{PRODUCT}/lamp-1/data")
}

fn deliver(world: &World, kind: DownKind, payload: &str) -> Result<Delivery, DeliverError> {
    let device = world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap();
    let down = Down {
        device: device.key(),
        number: device.number,
        kind,
        qos: 1,
        payload: payload.as_bytes().into(),
        request_id: "r".into(),
    };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(world.bus.deliver(down))
}

/// Sends to the device's own topic.
fn send(world: &World, text: &str) -> Delivery {
    deliver(world, DownKind::Topic(data_topic().into()), text).unwrap()
}

fn control(world: &World, value: u32) -> Delivery {
    let text = format!(r#"{{"method":"control","clientToken":"x","params":{{"brightness":{value}}}}}"#);
    deliver(world, DownKind::PropertyControl, &text).unwrap()
}

/// A device that keeps its session and is subscribed to its own topic and to controls.
fn keeping(world: &World) -> Wire {
    let (mut lamp, session_present) = world.keeping_lamp("lamp-1");
    assert!(!session_present);
    for topic in [data_topic(), down("property", "lamp-1")] {
        assert_eq!(lamp.subscribe(&topic), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    }
    lamp
}

fn notes(world: &World, kind: RecordKind) -> Vec<String> {
    let all = world.records(1).into_iter();
    all.filter(|(found, ..)| *found == kind).map(|(.., note)| note).collect()
}

/// Does a device that was away get what waited, in order, and is it told that its session is still there?
#[test]
fn what_waited_comes_in_order() {
    let world = World::with(&options());
    keeping(&world).leave();
    for text in ["one", "two", "three"] {
        assert_eq!(send(&world, text), Delivery::Queued);
    }
    let (mut lamp, session_present) = world.keeping_lamp("lamp-1");
    assert!(session_present);
    for (id, text) in [(1, "one"), (2, "two"), (3, "three")] {
        assert_eq!(lamp.arrival(), (text.to_owned(), id, false));
        lamp.send_puback(id);
    }
    assert_eq!(send(&world, "four"), Delivery::Delivered);
    assert_eq!(lamp.arrival(), ("four".to_owned(), 4, false));
    lamp.send_puback(4);
    lamp.leave();
    let (mut lamp, _) = world.keeping_lamp("lamp-1");
    lamp.has_nothing_but_a_ping_response();
}

/// Do subscriptions and messages survive a restart, and does what may have been seen come as a repetition?
#[test]
fn a_session_survives_a_restart() {
    let mut world = World::with(&options());
    let mut lamp = keeping(&world);
    assert_eq!(send(&world, "seen"), Delivery::Delivered);
    assert_eq!(lamp.arrival(), ("seen".to_owned(), 1, false));
    world.restart(&options());
    assert_eq!(send(&world, "new"), Delivery::Queued);
    world.restart(&options());
    let (mut lamp, session_present) = world.keeping_lamp("lamp-1");
    assert!(session_present);
    assert_eq!(lamp.arrival(), ("seen".to_owned(), 1, true));
    assert_eq!(lamp.arrival(), ("new".to_owned(), 2, false));
    lamp.send_puback(1);
    lamp.send_puback(2);
    assert_eq!(control(&world, 7), Delivery::Delivered);
    assert_eq!(lamp.arrival().1, 3, "ids go on where they were");
    lamp.send_puback(3);
    lamp.leave();
    world.restart(&options());
    world.keeping_lamp("lamp-1").0.has_nothing_but_a_ping_response();
}

/// Does a message arrive that was taken while the sign-in before it was not yet on disk?
#[test]
fn a_message_behind_an_unfinished_sign_in_arrives() {
    let world = World::with(&options());
    keeping(&world).leave();
    for round in 1..=50 {
        world.log.hold();
        let (mut lamp, session_present) = world.keeping_lamp("lamp-1");
        assert!(session_present);
        std::thread::scope(|scope| {
            let sender = scope.spawn(|| send(&world, "new"));
            lamp.has_nothing_but_a_ping_response();
            world.log.release();
            assert_eq!(sender.join().unwrap(), Delivery::Delivered);
        });
        assert_eq!(lamp.arrival(), ("new".to_owned(), round, false));
        lamp.send_puback(round);
        lamp.leave();
    }
    assert_eq!(notes(&world, RecordKind::DownDropped), [""; 0]);
}

/// Does a clean session discard everything, for good?
#[test]
fn a_clean_session_discards() {
    let mut world = World::with(&options());
    keeping(&world).leave();
    assert_eq!(send(&world, "lost"), Delivery::Queued);
    world.lamp("lamp-1").leave();
    assert_eq!(send(&world, "nobody"), Delivery::Offline);
    world.restart(&options());
    let (mut lamp, session_present) = world.keeping_lamp("lamp-1");
    assert!(!session_present);
    lamp.has_nothing_but_a_ping_response();
    assert_eq!(send(&world, "nobody"), Delivery::NotSubscribed);
}

/// Are at most twenty messages unacknowledged, and do the others follow as the device catches up?
#[test]
fn the_window_is_twenty() {
    let world = World::with(&options());
    keeping(&world).leave();
    for number in 1..=50 {
        assert_eq!(send(&world, &number.to_string()), Delivery::Queued);
    }
    let (mut lamp, _) = world.keeping_lamp("lamp-1");
    for id in 1..=20 {
        assert_eq!(lamp.arrival(), (id.to_string(), id, false));
    }
    lamp.has_nothing_but_a_ping_response();
    assert_eq!(send(&world, "51"), Delivery::Delivered, "it waits behind the others");
    lamp.send_puback(60_000);
    for id in 21..=51 {
        lamp.send_puback(id - 20);
        if id > 29 {
            assert_eq!(lamp.arrival(), ((id - 9).to_string(), id - 9, false));
        }
    }
    assert_eq!(lamp.arrival().1, 43);
}

/// Does the oldest message make room, and is its owner told?
#[test]
fn the_oldest_makes_room() {
    let world = World::with(&AccessOptions { offline_messages: 3, ..options() });
    keeping(&world).leave();
    for number in 1..=5 {
        assert_eq!(send(&world, &number.to_string()), Delivery::Queued);
    }
    let (mut lamp, _) = world.keeping_lamp("lamp-1");
    for id in 3..=5 {
        assert_eq!(lamp.arrival(), (id.to_string(), id, false));
    }
    let dropped = notes(&world, RecordKind::DownDropped);
    let expected = |id| format!("message {id} made room: 3 wait, see limits.offline_messages");
    assert_eq!(dropped, [expected(1), expected(2)]);
}

/// Do messages and sessions end after their time, and does the log say so?
#[test]
fn time_ends_messages_and_sessions() {
    let world = World::with(&options());
    let mut lamp = keeping(&world);
    for _ in 0..20 {
        assert_eq!(send(&world, "held"), Delivery::Delivered);
        lamp.arrival();
    }
    assert_eq!(send(&world, "too old"), Delivery::Delivered);
    world.clock.set(NOW.plus(HOUR * 23));
    assert_eq!(send(&world, "young"), Delivery::Delivered);
    world.clock.set(NOW.plus(HOUR * 25));
    for id in 1..=20 {
        lamp.send_puback(id);
    }
    assert_eq!(lamp.arrival(), ("young".to_owned(), 22, false));
    assert_eq!(notes(&world, RecordKind::DownDropped), ["message 21 waited longer than limits.offline_hours"]);
    lamp.leave();
    world.clock.set(NOW.plus(HOUR * 49));
    assert_eq!(send(&world, "nobody"), Delivery::Offline);
    let mut wire = world.socket();
    wire.send_connect(&credentials("lamp-1", NOW.0 / 1000 + 400 * 3600));
    assert_eq!(wire.connack(), 0);
}

/// Which QoS does a device get, with a kept session and without?
#[test]
fn the_lower_quality_of_service_wins() {
    let world = World::with(&options());
    let mut clean = world.listening_lamp("lamp-1");
    clean.subscribe(&data_topic());
    control(&world, 1);
    assert_eq!(clean.arrival().1, 0, "as the vendor does");
    send(&world, "own topic");
    assert_eq!(clean.arrival().1, 1);
    clean.subscribe_at(&data_topic(), QoS::AtMostOnce);
    send(&world, "own topic");
    assert_eq!(clean.arrival().1, 0);
    drop(clean);
    let mut kept = keeping(&world);
    control(&world, 1);
    assert_eq!(kept.arrival().1, 1);
    kept.subscribe_at(&down("property", "lamp-1"), QoS::AtMostOnce);
    control(&world, 1);
    assert_eq!(kept.arrival().1, 0);
    kept.leave();
    assert_eq!(control(&world, 1), Delivery::Offline, "QoS 0 does not wait");
}

/// Is the caller told when a device without a kept session acknowledges nothing?
#[test]
fn a_device_that_acknowledges_nothing_is_not_sent_more() {
    let world = World::with(&options());
    let mut lamp = world.lamp("lamp-1");
    lamp.subscribe(&data_topic());
    for _ in 0..20 {
        assert_eq!(send(&world, "x"), Delivery::Delivered);
    }
    let more = || deliver(&world, DownKind::Topic(data_topic().into()), "x");
    assert_eq!(more(), Err(DeliverError::Unacknowledged));
    assert_eq!(lamp.arrival().1, 1);
    lamp.send_puback(1);
    lamp.has_nothing_but_the_other_messages(19);
    assert_eq!(more(), Ok(Delivery::Delivered));
}

/// Is a control that waited no longer pending once the device has acknowledged it, unless another one was given since?
#[test]
fn a_control_that_arrived_late_is_not_pending() {
    let world = World::with(&options());
    keeping(&world).leave();
    assert_eq!(control(&world, 7), Delivery::Queued);
    let pending = || {
        world.settle();
        world.platform.states.device(world.number("lamp-1")).unwrap().desired.len()
    };
    assert_eq!(pending(), 1);
    let (mut lamp, _) = world.keeping_lamp("lamp-1");
    assert_eq!(lamp.arrival().1, 1);
    lamp.send_puback(1);
    world.first(RecordKind::DownAcknowledged);
    assert_eq!(pending(), 0);
}

/// Can somebody without the key end a device's connection, discard its session or read what waits in it?
#[test]
fn a_session_cannot_be_stolen() {
    let world = World::with(&options());
    let mut lamp = keeping(&world);
    assert_eq!(send(&world, "secret"), Delivery::Delivered);
    assert_eq!(lamp.arrival(), ("secret".to_owned(), 1, false));
    let mut forged = credentials("lamp-1", NOW.0 / 1000 + 600);
    forged.password = credentials("lamp-2", NOW.0 / 1000 + 600).password;
    let mut borrowed = credentials("lamp-2", NOW.0 / 1000 + 600);
    borrowed.client_id = format!("{PRODUCT}lamp-1");
    for stolen in [&forged, &borrowed] {
        let mut thief = world.socket();
        thief.send_connect(stolen);
        assert_eq!(thief.connack(), 4);
        thief.is_closed();
    }
    lamp.has_nothing_but_a_ping_response();
    lamp.leave();
    let mut other = world.lamp("lamp-2");
    assert_eq!(other.subscribe(&data_topic()), SubscribeAnswer::REFUSED);
    let (mut lamp, session_present) = world.keeping_lamp("lamp-1");
    assert!(session_present);
    assert_eq!(lamp.arrival(), ("secret".to_owned(), 1, true));
}

/// Does the device itself take its session over from a connection that still stands?
#[test]
fn a_take_over_keeps_the_session() {
    let world = World::with(&options());
    let mut first = keeping(&world);
    send(&world, "again");
    assert_eq!(first.arrival(), ("again".to_owned(), 1, false));
    let (mut second, session_present) = world.keeping_lamp("lamp-1");
    assert!(session_present);
    first.is_closed();
    assert_eq!(second.arrival(), ("again".to_owned(), 1, true));
}

/// Does a session stay within its bounds, whatever its device and the cloud do?
#[test]
fn sessions_do_not_grow() {
    let mut world = World::with(&options());
    let mut lamp = keeping(&world);
    for _ in 0..30 {
        lamp.subscribe(&data_topic());
        assert_eq!(lamp.subscribe("a/+/b"), SubscribeAnswer::REFUSED);
        for number in 0..5 {
            lamp.subscribe(&format!("{PRODUCT}/lamp-1/{number}"));
        }
    }
    lamp.leave();
    for _ in 0..2_000 {
        assert_eq!(send(&world, "x"), Delivery::Queued);
    }
    let connections: Vec<_> = (0..30).map(|_| world.keeping_lamp("lamp-1")).collect();
    assert!(connections.iter().all(|(_, session_present)| *session_present));
    world.restart(&options());
    let sessions = world.platform.states.sessions().unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].filters.len() <= 7, "{:?}", sessions[0].filters);
    assert_eq!(sessions[0].messages.len(), 150);
}

/// Does a session go with its device, so that one of the same name made later finds nothing of it?
#[test]
fn a_deleted_device_leaves_no_session() {
    let mut world = World::with(&options());
    keeping(&world).leave();
    assert_eq!(send(&world, "for the old one"), Delivery::Queued);
    let old = world.platform.directory.remove(PRODUCT.parse().unwrap(), "lamp-1").unwrap();
    world.bus.disconnect(old.number, "the device was deleted");
    world.put_device("lamp-1", 77);
    let (mut new, session_present) = world.keeping_lamp("lamp-1");
    assert!(!session_present);
    new.has_nothing_but_a_ping_response();
    new.leave();
    world.restart(&options());
    let (mut new, session_present) = world.keeping_lamp("lamp-1");
    assert!(session_present);
    new.has_nothing_but_a_ping_response();
}

/// Does a flood of wrong passwords keep its own source out, but not the device at another address, and is it told once?
#[test]
fn a_flood_keeps_only_itself_out() {
    let world = World::with(&AccessOptions { sign_in_failures: 5, ..options() });
    let mut forged = credentials("lamp-1", NOW.0 / 1000 + 600);
    forged.password = credentials("lamp-2", NOW.0 / 1000 + 600).password;
    let codes: Vec<u8> = (0..30)
        .map(|_| {
            let mut wire = world.socket_from([127, 0, 0, 9]);
            wire.send_connect(&forged);
            wire.connack()
        })
        .collect();
    assert_eq!(codes[..5], [4; 5]);
    assert!(codes[5..].contains(&3), "{codes:?}");
    world.lamp("lamp-1").has_nothing_but_a_ping_response();
    let refused = notes(&world, RecordKind::ConnectRefused).len();
    assert!(refused < 30, "those turned away leave no record each");
}
