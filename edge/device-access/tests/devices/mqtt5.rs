//! Devices that speak MQTT 5: what they are told, and why.

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::credentials::Credentials;
use lianwu_mqtt::{
    ConnAck, Connect, Packet, PacketId, Properties, Property, PropertyBuffer, ProtocolVersion, Publish, QoS,
    ReasonCode, SubscribeAnswer, encode,
};
use lianwu_ports::bus::Bus as _;

use crate::harness::{NOW, PRODUCT, Wire, World, credentials, down, up};

use ProtocolVersion::V5;

/// A device of MQTT 5: code and words of the CONNACK.
fn sign_in(world: &World, name: &str, password: Option<&str>, wishes: &[Property<'_>]) -> (Wire, u8, Option<String>) {
    let credentials = credentials(name, NOW.0 / 1000 + 600);
    let mut properties = PropertyBuffer::new();
    for wish in wishes {
        properties.push(wish).unwrap();
    }
    let credentials = Credentials { password: password.map_or(credentials.password, str::to_owned), ..credentials };
    connect(world, &credentials, 1, properties.as_properties())
}

/// Anybody of MQTT 5: code and words of the CONNACK.
pub fn connect(
    world: &World,
    credentials: &Credentials,
    keep_alive_seconds: u16,
    properties: Properties<'_>,
) -> (Wire, u8, Option<String>) {
    let connect = Connect {
        version: V5,
        clean_session: true,
        keep_alive_seconds,
        properties,
        client_id: &credentials.client_id,
        user_name: Some(&credentials.user_name),
        password: Some(credentials.password.as_bytes()),
        will: None,
    };
    let mut bytes = Vec::new();
    encode::connect(&mut bytes, &connect).unwrap();
    let mut wire = world.socket();
    wire.version = V5;
    wire.send(&bytes);
    let (code, why) = wire.next(|packet| match packet {
        Packet::ConnAck(ConnAck::Accepted { .. }) => (0, None),
        Packet::ConnAck(ConnAck::Refused { refusal, properties }) => {
            (refusal.reason().code(), properties.reason_string().map(str::to_owned))
        }
        other => panic!("expected CONNACK, got {other:?}"),
    });
    (wire, code, why)
}

fn lamp(world: &World, name: &str) -> Wire {
    let (wire, code, why) = sign_in(world, name, None, &[]);
    assert_eq!(code, 0, "{why:?}");
    wire
}

fn goodbye(wire: &mut Wire) -> (u8, String) {
    wire.next(|packet| match packet {
        Packet::Disconnect(said) => {
            (said.reason.code(), said.properties.reason_string().unwrap_or_default().to_owned())
        }
        other => panic!("expected DISCONNECT, got {other:?}"),
    })
}

fn publish(wire: &mut Wire, topic: &str, payload: &str) -> (u16, u8) {
    let packet = Publish {
        duplicate: false,
        qos: QoS::AtLeastOnce,
        retain: true,
        topic,
        packet_id: PacketId::new(7),
        properties: Properties::NONE,
        payload: payload.as_bytes(),
    };
    let mut bytes = Vec::new();
    encode::publish(&mut bytes, V5, &packet).unwrap();
    wire.send(&bytes);
    wire.next(|packet| match packet {
        Packet::PubAck(said) => (said.packet_id.get(), said.reason.code()),
        other => panic!("expected PUBACK, got {other:?}"),
    })
}

fn subscribe(wire: &mut Wire, filters: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let wanted = filters.iter().map(|filter| (*filter, QoS::ExactlyOnce));
    encode::subscribe(&mut bytes, V5, PacketId::FIRST, wanted).unwrap();
    wire.send(&bytes);
    wire.next(|packet| match packet {
        Packet::SubAck(answer) => answer.answers().map(|answer: SubscribeAnswer| answer.code(V5)).collect(),
        other => panic!("expected SUBACK, got {other:?}"),
    })
}

/// Does a device report, subscribe and hear the reply as in older versions?
#[test]
fn a_report_is_answered() {
    let world = World::new();
    let mut lamp = lamp(&world, "lamp-1");
    assert_eq!(subscribe(&mut lamp, &[&down("property", "lamp-1")]), [1], "QoS 2 is granted as 1");
    let payload = r#"{"method":"clear_control","clientToken":"c"}"#;
    assert_eq!(publish(&mut lamp, &up("property", "lamp-1"), payload), (7, 0));
    assert!(lamp.message().1.contains("clear_control_reply"));
    lamp.has_nothing_but_a_ping_response();
}

/// Are refused sign-ins told by code and in words?
#[test]
fn a_refused_sign_in_says_why() {
    let world = World::new();
    let (mut wire, code, why) =
        sign_in(&world, "lamp-1", Some("0000000000000000000000000000000000000000;hmacsha1"), &[]);
    assert_eq!((code, why.as_deref()), (0x86, Some("hmac sign error")));
    wire.is_closed();
    let (mut wire, code, why) = sign_in(&world, "nobody", None, &[]);
    assert_eq!(code, 0x85);
    assert!(why.is_some_and(|why| why.contains("nobody")));
    wire.is_closed();
}

#[test]
fn refused_filters_say_why() {
    let world = World::new();
    let mut lamp = lamp(&world, "lamp-1");
    let shared = format!("$share/g/{}", down("property", "lamp-1"));
    let foreign = down("property", "lamp-2");
    let own = down("event", "lamp-1");
    assert_eq!(subscribe(&mut lamp, &[&foreign, "#", &shared, &own]), [0x87, 0xA2, 0x9E, 1]);
    let mut bytes = Vec::new();
    encode::unsubscribe(&mut bytes, V5, PacketId::FIRST, [own.as_str(), own.as_str()]).unwrap();
    lamp.send(&bytes);
    let answers = lamp.next(|packet| match packet {
        Packet::UnsubAck(answer) => answer.answers().collect::<Vec<_>>(),
        other => panic!("expected UNSUBACK, got {other:?}"),
    });
    assert_eq!(answers, [ReasonCode::Success, ReasonCode::NoSubscriptionExisted]);
}

/// A message without permission: recorded, dropped, and told; the connection stays.
#[test]
fn a_message_without_permission_is_told() {
    let world = World::new();
    let mut lamp = lamp(&world, "lamp-1");
    assert_eq!(publish(&mut lamp, &up("property", "lamp-2"), "{}"), (7, 0x87));
    assert_eq!(publish(&mut lamp, &format!("{PRODUCT}/lamp-1/event"), "{}"), (7, 0));
}

/// Taken over, disconnected, silent, over its rate, shut down: is each told with its own code?
#[test]
fn every_end_has_its_reason() {
    let mut world = World::new();
    let mut first = lamp(&world, "lamp-1");
    let mut second = lamp(&world, "lamp-1");
    let (code, why) = goodbye(&mut first);
    assert_eq!(code, 0x8E);
    assert!(why.starts_with("the same device signed in again"), "{why}");
    world.bus.disconnect(world.number("lamp-1"), "device is deleted");
    assert_eq!(goodbye(&mut second), (0x98, "device is deleted".to_owned()));
    let mut silent = lamp(&world, "lamp-2");
    assert_eq!(goodbye(&mut silent).0, 0x8D);
    let mut last = lamp(&world, "lamp-3");
    world.stop();
    assert_eq!(goodbye(&mut last).0, 0x8B);
}

#[test]
fn a_device_over_its_rate_is_told() {
    let world =
        World::with(&AccessOptions { device_up_tps: 10, device_connects_per_5s: 0, ..AccessOptions::default() });
    let mut lamp = lamp(&world, "lamp-1");
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let packet = Publish {
            duplicate: false,
            qos: QoS::AtMostOnce,
            retain: false,
            topic: &up("property", "lamp-1"),
            packet_id: None,
            properties: Properties::NONE,
            payload: b"{}",
        };
        encode::publish(&mut bytes, V5, &packet).unwrap();
    }
    lamp.send(&bytes);
    assert_eq!(goodbye(&mut lamp).0, 0x96);
}

/// Is a device that speaks QoS 2 told that it may not?
#[test]
fn exactly_once_is_refused() {
    let world = World::new();
    let mut lamp = lamp(&world, "lamp-1");
    lamp.send(&[0x34, 6, 0, 1, b'a', 0, 1, 0]);
    assert_eq!(goodbye(&mut lamp), (0x9B, "QoS 2 is not supported".to_owned()));
    lamp.is_closed();
}

/// A message larger than the device takes is not sent, smaller ones are.
#[test]
fn the_packet_size_of_the_device_is_kept() {
    let world = World::new();
    let (mut lamp, code, _) = sign_in(&world, "lamp-1", None, &[Property::MaximumPacketSize(128)]);
    assert_eq!(code, 0);
    subscribe(&mut lamp, &[&down("property", "lamp-1")]);
    let long = format!(r#"{{"method":"clear_control","clientToken":"{}"}}"#, "c".repeat(60));
    assert_eq!(publish(&mut lamp, &up("property", "lamp-1"), &long), (7, 0));
    lamp.has_nothing_but_a_ping_response();
    assert_eq!(publish(&mut lamp, &up("property", "lamp-1"), r#"{"method":"clear_control"}"#), (7, 0));
    assert!(lamp.message().1.contains("clear_control_reply"));
}
