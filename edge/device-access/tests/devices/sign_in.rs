//! Who may come in, what the refusal says, take-over, rates, several workers.

use lianwu_device_access::AccessOptions;
use lianwu_ports::bus::Bus as _;
use lianwu_ports::record::RecordKind;

use crate::harness::{NOW, PRODUCT, World, credentials, up};

/// Which code does the device get, and which text its owner?
#[test]
fn refused_sign_ins_say_why() {
    let world = World::new();
    let good = credentials("lamp-1", NOW.0 / 1000 + 600);
    let mut wrong_key = good.clone();
    wrong_key.password = credentials("lamp-2", NOW.0 / 1000 + 600).password;
    let mut stranger = credentials("lamp-1", NOW.0 / 1000 + 600);
    stranger.client_id = format!("{PRODUCT}nobody");
    stranger.user_name = stranger.user_name.replace("lamp-1", "nobody");
    let mut trailing = good.clone();
    trailing.client_id.push(' ');
    let mut unknown_product = good.clone();
    unknown_product.client_id = unknown_product.client_id.replace(PRODUCT, "NOSUCH0001");
    unknown_product.user_name = unknown_product.user_name.replace(PRODUCT, "NOSUCH0001");
    let expired = credentials("lamp-1", NOW.0 / 1000 - 5);
    let mut notes = Vec::new();
    for (credentials, code) in [(wrong_key, 4), (stranger, 2), (trailing, 4), (unknown_product, 2), (expired, 4)] {
        let mut wire = world.socket();
        wire.send_connect(&credentials);
        assert_eq!(wire.connack(), code, "{}", credentials.client_id);
        wire.is_closed();
    }
    for (kind, _, note) in world.records(4) {
        assert_eq!(kind, RecordKind::ConnectRefused);
        notes.push(note);
    }
    assert_eq!(notes[0], "hmac sign error");
    assert_eq!(notes[1], format!("device nobody does not exist in product {PRODUCT}"));
    assert_eq!(notes[2], "client id begins or ends with white space or a line end; remove it");
    assert!(notes[3].contains("expired") && notes[3].contains("5 s before"), "{}", notes[3]);
    assert_eq!(notes.len(), 4, "strangers of unknown products have no owner to tell");
}

/// Does the second connection of a device end the first, and does the log name both?
#[test]
fn the_newer_connection_wins() {
    let world = World::new();
    let mut first = world.lamp("lamp-1");
    let mut second = world.lamp("lamp-1");
    first.is_closed();
    second.has_nothing_but_a_ping_response();
    let (kind, _, note) = world.records(3).remove(1);
    assert_eq!(kind, RecordKind::Disconnected);
    assert!(note.starts_with("the same device signed in again from 127.0.0.1:"), "{note}");
}

/// Do devices of several workers find their home, and can each of them be reached?
#[test]
fn every_device_lives_on_its_home_worker() {
    let world = World::with(&AccessOptions {
        workers: 3,
        device_up_tps: 0,
        device_connects_per_5s: 0,
        ..AccessOptions::default()
    });
    let mut lamps: Vec<_> =
        ["lamp-0", "lamp-1", "lamp-2", "lamp-3"].into_iter().map(|name| (name, world.listening_lamp(name))).collect();
    for (name, lamp) in &mut lamps {
        lamp.publish(&up("property", name), r#"{"method":"clear_control","clientToken":"c"}"#, Some(5));
        assert_eq!(lamp.puback(), 5);
        assert!(lamp.message().1.contains("clear_control_reply"));
    }
    for (name, lamp) in &mut lamps {
        world.bus.disconnect(world.number(name), "device is deleted");
        lamp.is_closed();
    }
}

/// Is a device that signs in again and again slowed down?
#[test]
fn too_many_sign_ins_are_refused() {
    let world = World::with(&AccessOptions { device_connects_per_5s: 2, ..AccessOptions::default() });
    drop(world.lamp("lamp-1"));
    drop(world.lamp("lamp-1"));
    let mut third = world.socket();
    third.send_connect(&credentials("lamp-1", NOW.0 / 1000 + 600));
    assert_eq!(third.connack(), 3);
    third.is_closed();
    world.lamp("lamp-2").has_nothing_but_a_ping_response();
}

/// Is everything answered that was read, and the device closed that is far over its rate?
#[test]
fn a_device_far_over_its_rate_is_closed_after_its_answers() {
    let world =
        World::with(&AccessOptions { device_up_tps: 10, device_connects_per_5s: 0, ..AccessOptions::default() });
    let mut lamp = world.lamp("lamp-1");
    let mut bytes = Vec::new();
    for id in 1..=200_u16 {
        let packet = lianwu_mqtt::Publish {
            duplicate: false,
            qos: lianwu_mqtt::QoS::AtLeastOnce,
            retain: false,
            topic: &up("property", "lamp-1"),
            packet_id: lianwu_mqtt::PacketId::new(id),
            properties: lianwu_mqtt::Properties::NONE,
            payload: b"{\"method\":\"clear_control\"}",
        };
        lianwu_mqtt::encode::publish(&mut bytes, lianwu_mqtt::ProtocolVersion::V3_1_1, &packet).unwrap();
    }
    lamp.send(&bytes);
    let (_, note) = world.first(RecordKind::Disconnected);
    assert_eq!(note, "more than 10 messages a second, see limits.device_up_tps");
}

/// Is a silent device closed after one and a half times its keep-alive, also when that is shorter than the time allowed
/// for signing in?
#[test]
fn a_short_keep_alive_is_kept() {
    let world = World::with(&AccessOptions {
        connect_timeout: std::time::Duration::from_secs(600),
        ..AccessOptions::default()
    });
    let mut silent = world.socket();
    silent.send_connect_keep_alive(&credentials("lamp-1", NOW.0 / 1000 + 600), 1);
    assert_eq!(silent.connack(), 0);
    silent.is_closed();
    let (_, note) = world.first(RecordKind::Disconnected);
    assert!(lianwu_services::logs::notes::last_active(&note).is_some(), "{note}");
}
