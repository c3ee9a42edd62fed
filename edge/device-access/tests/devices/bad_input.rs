//! Nothing from the network panics or is kept: afterwards a good device is served.

use std::time::Duration;

use lianwu_device_access::AccessOptions;

use crate::harness::{World, up};

/// Is each of these the end of the connection?
#[test]
fn nonsense_before_sign_in_ends_the_connection() {
    let world = World::new();
    let mut long = vec![0x10, 0xFF, 0xFF, 0x03];
    long.extend_from_slice(b"\0\x04MQTT");
    for bytes in [
        &[0xC0, 0][..],                        // PINGREQ first
        &[0x40, 2, 0, 1],                      // PUBACK first
        &[0x30, 3, 0, 1, b'a'],                // PUBLISH first
        &[0x20, 2, 0, 0],                      // CONNACK from a client
        &[0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], // five bytes of length
        &[0x10, 0xFF, 0xFF, 0xFF, 0x7F],       // 256 MiB announced
        &long,                                 // 64 KiB announced
        &[0x00, 0x00],                         // reserved type
        &[0x10, 2, 0, 0],                      // CONNECT without anything
    ] {
        let mut wire = world.socket();
        wire.send(bytes);
        wire.is_closed();
    }
    world.lamp("lamp-1").has_nothing_but_a_ping_response();
}

/// Is each of these the end of a signed-in connection?
#[test]
fn protocol_errors_after_sign_in_end_the_connection() {
    let world = World::new();
    let deep = "a/".repeat(200);
    let mut deep_publish = vec![0x30, 0x92, 0x03, 0x01, 0x90];
    deep_publish.extend_from_slice(deep.as_bytes());
    for (bytes, is_fatal) in [
        (&[0x30, 4, 0, 2, b'a', b'+'][..], true), // wildcard in a name
        (&[0x30, 2, 0, 0], true),                 // empty topic
        (&[0x34, 5, 0, 1, b'a', 0, 1], true),     // QoS 2
        (&[0x36, 5, 0, 1, b'a', 0, 1], true),     // QoS 3
        (&[0x32, 5, 0, 1, b'a', 0, 0], true),     // packet id 0
        (&[0x90, 3, 0, 1, 0], true),              // server's SUBACK
        (&[0xD0, 0], true),                       // server's PINGRESP
        (&[0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, 0], true), // second CONNECT
        (&deep_publish, false),                   // 200 levels: no permission, connection stays
        (&[0x40, 2, 0, 9], false),                // PUBACK of nothing
    ] {
        let mut lamp = world.lamp("lamp-1");
        lamp.send(bytes);
        if is_fatal {
            lamp.is_closed();
        } else {
            lamp.has_nothing_but_a_ping_response();
        }
    }
}

/// Is a socket that says nothing, or only half a CONNECT, closed?
#[test]
fn a_slow_connect_is_closed() {
    let world = World::with(&AccessOptions { connect_timeout: Duration::from_secs(1), ..AccessOptions::default() });
    let mut silent = world.socket();
    let mut half = world.socket();
    half.send(&[0x10, 100, 0, 4]);
    silent.is_closed();
    half.is_closed();
}

/// Does a packet that arrives byte by byte mean the same?
#[test]
fn packets_may_arrive_in_pieces() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    let payload = r#"{"method":"clear_control","clientToken":"c"}"#;
    let topic = up("property", "lamp-1");
    let mut bytes = Vec::new();
    let packet = lianwu_mqtt::Publish {
        duplicate: false,
        qos: lianwu_mqtt::QoS::AtLeastOnce,
        retain: false,
        topic: &topic,
        packet_id: lianwu_mqtt::PacketId::new(1),
        properties: lianwu_mqtt::Properties::NONE,
        payload: payload.as_bytes(),
    };
    lianwu_mqtt::encode::publish(&mut bytes, lianwu_mqtt::ProtocolVersion::V3_1_1, &packet).unwrap();
    for byte in bytes {
        lamp.send(&[byte]);
    }
    assert_eq!(lamp.puback(), 1);
    assert!(lamp.message().1.contains("clear_control_reply"));
}
