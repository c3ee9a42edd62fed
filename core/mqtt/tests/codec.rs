//! Packets byte by byte: what real clients send, and what must be refused.

use lianwu_mqtt::{
    Acknowledgement, ConnAck, Connect, ConnectRefusal, DecodeError, Disconnect, EncodeError, Packet, PacketId,
    PacketType, Properties, ProtocolVersion, Publish, QoS, SubscribeAnswer, Will, decode, encode, packet_bytes,
};

use ProtocolVersion::{V3_1, V3_1_1};

const PACKET_BYTES_MAX: usize = 65_536;

fn id(number: u16) -> PacketId {
    PacketId::new(number).expect("not zero")
}

/// A packet of any first byte; the length is put in.
fn packet(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut bytes = vec![first];
    let mut remaining = body.len();
    while remaining > 127 {
        bytes.push((remaining % 128) as u8 | 0x80);
        remaining /= 128;
    }
    bytes.push(remaining as u8);
    bytes.extend(body);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u16).to_be_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// The bytes mean the packet, and the packet is written as the bytes.
#[track_caller]
fn same(version: ProtocolVersion, bytes: &[u8], expected: &Packet<'_>) {
    assert_eq!(decode(bytes, version, PACKET_BYTES_MAX), Ok(Some((*expected, bytes.len()))));
    let mut written = vec![0xEE];
    encode::packet(&mut written, version, expected).expect("can be written");
    assert_eq!(written[1..], *bytes, "written");
}

#[track_caller]
fn refused(version: ProtocolVersion, bytes: &[u8], expected: DecodeError) {
    assert_eq!(decode(bytes, version, PACKET_BYTES_MAX), Err(expected), "{bytes:02x?}");
}

const C_USER: &str = "PID0000001dev001;21010406;pvEOh;92233720368547758";
const C_PASSWORD: &str = "7a806e487e2e047e1feef67224b5e84ffd4385eb;hmacsha1";
const PYTHON_USER: &str = "PID0000001dev001;21010406;XZfAp;1795373389989";
const PYTHON_PASSWORD: &str = "6dc807bef778bd66b4faa0dfa153a55bf5f2f74c;hmacsha1";

fn c_sdk_connect() -> Connect<'static> {
    Connect {
        version: V3_1_1,
        clean_session: true,
        keep_alive_seconds: 240,
        properties: Properties::NONE,
        client_id: "PID0000001dev001",
        user_name: Some(C_USER),
        password: Some(C_PASSWORD.as_bytes()),
        will: None,
    }
}

#[test]
fn connect_of_the_c_sdk_without_tls() {
    let client = text("PID0000001dev001");
    let bytes = packet(0x10, &[b"\0\x04MQTT\x04\xC2\x00\xF0", &client, &text(C_USER), &text(C_PASSWORD)]);
    same(V3_1_1, &bytes, &Packet::Connect(c_sdk_connect()));
}

/// TLS builds of the C SDK send a user name and no password at all.
#[test]
fn connect_of_the_c_sdk_with_tls() {
    let bytes = packet(0x10, &[b"\0\x04MQTT\x04\x82\x00\x78", &text("PID0000001dev001"), &text(C_USER)]);
    let connect = Connect { keep_alive_seconds: 120, password: None, ..c_sdk_connect() };
    same(V3_1_1, &bytes, &Packet::Connect(connect));
}

/// The Python SDK speaks 3.1, with client ids above the 23 characters 3.1 allows.
#[test]
fn connect_of_the_python_sdk() {
    let client_id = "PID0000001a-device-with-a-long-name";
    let bytes =
        packet(0x10, &[b"\0\x06MQIsdp\x03\xC2\x00\x3C", &text(client_id), &text(PYTHON_USER), &text(PYTHON_PASSWORD)]);
    let connect = Connect {
        version: V3_1,
        keep_alive_seconds: 60,
        client_id,
        user_name: Some(PYTHON_USER),
        password: Some(PYTHON_PASSWORD.as_bytes()),
        ..c_sdk_connect()
    };
    same(V3_1_1, &bytes, &Packet::Connect(connect));
}

#[test]
fn connect_with_everything_and_with_nothing() {
    let will =
        Will { qos: QoS::AtLeastOnce, retain: true, properties: Properties::NONE, topic: "gone", payload: b"\x00\xff" };
    let connect = Connect {
        version: V3_1_1,
        clean_session: false,
        keep_alive_seconds: 65_535,
        properties: Properties::NONE,
        client_id: "",
        user_name: Some(""),
        password: Some(b"\x00\xff"),
        will: Some(will),
    };
    let bytes =
        packet(0x10, &[b"\0\x04MQTT\x04\xEC\xFF\xFF\0\0", &text("gone"), b"\0\x02\0\xff", b"\0\0", b"\0\x02\0\xff"]);
    same(V3_1_1, &bytes, &Packet::Connect(connect));

    let bare = Connect { user_name: None, password: None, will: None, keep_alive_seconds: 0, ..connect };
    same(V3_1_1, &packet(0x10, &[b"\0\x04MQTT\x04\0\0\0\0\0"]), &Packet::Connect(bare));
}

#[test]
fn a_password_is_never_shown() {
    let shown = format!("{:?}", Packet::Connect(c_sdk_connect()));
    assert!(shown.contains("***") && !shown.contains("7a806e"), "{shown}");
    assert!(!shown.contains("55, 97"), "not as numbers either: {shown}");
}

#[test]
fn publish_of_every_kind() {
    let publish = Publish {
        duplicate: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: "$thing/up/property/PID0000001/dev001",
        packet_id: None,
        properties: Properties::NONE,
        payload: b"{}",
    };
    let topic = text(publish.topic);
    same(V3_1_1, &packet(0x30, &[&topic, b"{}"]), &Packet::Publish(publish));
    let once = Publish { qos: QoS::AtLeastOnce, packet_id: Some(id(0x1234)), ..publish };
    same(V3_1_1, &packet(0x32, &[&topic, b"\x12\x34{}"]), &Packet::Publish(once));
    let again = Publish { duplicate: true, retain: true, payload: b"", ..once };
    same(V3_1_1, &packet(0x3B, &[&topic, b"\x12\x34"]), &Packet::Publish(again));
    let exactly = Publish { qos: QoS::ExactlyOnce, packet_id: Some(id(65_535)), ..publish };
    same(V3_1_1, &packet(0x34, &[&topic, b"\xff\xff{}"]), &Packet::Publish(exactly));
}

#[test]
fn packets_of_a_fixed_size() {
    for (bytes, expected) in [
        (b"\x20\x02\x00\x00".as_slice(), Packet::ConnAck(ConnAck::accepted(false))),
        (b"\x20\x02\x01\x00", Packet::ConnAck(ConnAck::accepted(true))),
        (b"\x20\x02\x00\x01", Packet::ConnAck(ConnAck::refused(ConnectRefusal::ProtocolVersion))),
        (b"\x20\x02\x00\x02", Packet::ConnAck(ConnAck::refused(ConnectRefusal::IdentifierRejected))),
        (b"\x20\x02\x00\x03", Packet::ConnAck(ConnAck::refused(ConnectRefusal::ServerUnavailable))),
        (b"\x20\x02\x00\x04", Packet::ConnAck(ConnAck::refused(ConnectRefusal::BadUserNameOrPassword))),
        (b"\x20\x02\x00\x05", Packet::ConnAck(ConnAck::refused(ConnectRefusal::NotAuthorised))),
        (b"\x40\x02\x00\x01", Packet::PubAck(Acknowledgement::success(id(1)))),
        (b"\x50\x02\x01\x00", Packet::PubRec(Acknowledgement::success(id(256)))),
        (b"\x62\x02\x12\x34", Packet::PubRel(Acknowledgement::success(id(0x1234)))),
        (b"\x70\x02\xff\xff", Packet::PubComp(Acknowledgement::success(id(65_535)))),
        (b"\xC0\x00", Packet::PingReq),
        (b"\xD0\x00", Packet::PingResp),
        (b"\xE0\x00", Packet::Disconnect(Disconnect::NORMAL)),
    ] {
        same(V3_1_1, bytes, &expected);
    }
}

#[test]
fn subscribe_and_its_answer() {
    let bytes = packet(0x82, &[b"\0\x01", &text("$rrpc/rxd/P/d/+"), b"\x01", &text("room/#"), b"\x02"]);
    let Ok(Some((packet @ Packet::Subscribe(subscribe), _))) = decode(&bytes, V3_1_1, PACKET_BYTES_MAX) else {
        panic!("is a SUBSCRIBE");
    };
    same(V3_1_1, &bytes, &packet);
    assert_eq!(subscribe.packet_id, id(1));
    let filters: Vec<_> = subscribe.filters().map(|(filter, options)| (filter, options.qos)).collect();
    assert_eq!(filters, [("$rrpc/rxd/P/d/+", QoS::AtLeastOnce), ("room/#", QoS::ExactlyOnce)]);

    let mut answer = Vec::new();
    let answers = [SubscribeAnswer::Granted(QoS::AtLeastOnce), SubscribeAnswer::REFUSED];
    encode::suback(&mut answer, V3_1_1, id(1), answers).unwrap();
    assert_eq!(answer, b"\x90\x04\x00\x01\x01\x80");
    let Ok(Some((Packet::SubAck(sub_ack), 6))) = decode(&answer, V3_1_1, PACKET_BYTES_MAX) else {
        panic!("is a SUBACK");
    };
    assert!(sub_ack.answers().eq(answers));
}

#[test]
fn unsubscribe() {
    let bytes = packet(0xA2, &[b"\0\x09", &text("a/+"), &text("b")]);
    let Ok(Some((packet @ Packet::Unsubscribe(unsubscribe), _))) = decode(&bytes, V3_1_1, PACKET_BYTES_MAX) else {
        panic!("is an UNSUBSCRIBE");
    };
    same(V3_1_1, &bytes, &packet);
    assert!(unsubscribe.filters().eq(["a/+", "b"]));
}

/// Where the length takes one byte more. Source: MQTT 3.1.1 §2.2.3, table 2.4.
#[test]
fn lengths_at_their_borders() {
    for (payload_bytes, header) in [
        (124, b"\x30\x7f".as_slice()),
        (125, b"\x30\x80\x01"),
        (16_380, b"\x30\xff\x7f"),
        (16_381, b"\x30\x80\x80\x01"),
        (2_097_148, b"\x30\xff\xff\x7f"),
        (2_097_149, b"\x30\x80\x80\x80\x01"),
    ] {
        let payload = vec![7; payload_bytes];
        let publish = Publish {
            duplicate: false,
            qos: QoS::AtMostOnce,
            retain: false,
            topic: "t",
            packet_id: None,
            properties: Properties::NONE,
            payload: &payload,
        };
        let mut bytes = Vec::new();
        encode::publish(&mut bytes, V3_1_1, &publish).unwrap();
        assert_eq!(&bytes[..header.len()], header);
        assert_eq!(decode(&bytes, V3_1_1, usize::MAX), Ok(Some((Packet::Publish(publish), bytes.len()))));
    }
}

#[test]
fn a_packet_is_taken_off_the_front_and_never_too_early() {
    let first = packet(0x32, &[&text("a"), b"\0\x01hello"]);
    let both = [first.as_slice(), b"\xC0\x00"].concat();
    for length in 0..first.len() {
        assert_eq!(decode(&both[..length], V3_1_1, PACKET_BYTES_MAX), Ok(None), "{length} bytes");
    }
    for length in first.len()..=both.len() {
        let (_, consumed) = decode(&both[..length], V3_1_1, PACKET_BYTES_MAX).unwrap().unwrap();
        assert_eq!(consumed, first.len());
    }
    assert_eq!(decode(&both[first.len()..], V3_1_1, PACKET_BYTES_MAX), Ok(Some((Packet::PingReq, 2))));
}

/// A claimed length is judged before the bytes are there.
#[test]
fn too_large_is_refused_as_soon_as_it_is_said() {
    let error = |bytes| DecodeError::PacketTooLarge { bytes, bytes_max: PACKET_BYTES_MAX };
    refused(V3_1_1, b"\x10\xff\xff\xff\x7f", error(268_435_460));
    refused(V3_1_1, b"\x30\xfd\xff\x03", error(65_537));
    assert_eq!(decode(b"\x30\xfc\xff\x03", V3_1_1, PACKET_BYTES_MAX), Ok(None), "exactly 64 KiB are allowed");
    assert_eq!(packet_bytes(b"\x30\xfc\xff\x03", PACKET_BYTES_MAX), Ok(Some(PACKET_BYTES_MAX)));
    assert_eq!(packet_bytes(b"\x30\xfc\xff", PACKET_BYTES_MAX), Ok(None));
}

#[test]
fn bad_first_bytes_are_refused_at_once() {
    for (first, expected) in [
        (0x00, DecodeError::UnknownPacketType(0)),
        (0xF0, DecodeError::UnknownPacketType(15)),
        (0x11, DecodeError::ReservedFlags { packet_type: PacketType::Connect, flags: 1 }),
        (0x22, DecodeError::ReservedFlags { packet_type: PacketType::ConnAck, flags: 2 }),
        (0x36, DecodeError::InvalidQos),
        (0x3F, DecodeError::InvalidQos),
        (0x38, DecodeError::DuplicateAtMostOnce),
        (0x42, DecodeError::ReservedFlags { packet_type: PacketType::PubAck, flags: 2 }),
        (0x60, DecodeError::ReservedFlags { packet_type: PacketType::PubRel, flags: 0 }),
        (0x80, DecodeError::ReservedFlags { packet_type: PacketType::Subscribe, flags: 0 }),
        (0x8A, DecodeError::ReservedFlags { packet_type: PacketType::Subscribe, flags: 10 }),
        (0xA3, DecodeError::ReservedFlags { packet_type: PacketType::Unsubscribe, flags: 3 }),
        (0xC8, DecodeError::ReservedFlags { packet_type: PacketType::PingReq, flags: 8 }),
        (0xE1, DecodeError::ReservedFlags { packet_type: PacketType::Disconnect, flags: 1 }),
    ] {
        refused(V3_1_1, &[first], expected);
    }
}

#[test]
fn malformed_packets_are_refused() {
    let deep_lie = packet(0x30, &[b"\xff\xffabc"]);
    for (bytes, expected) in [
        (b"\x10\xff\xff\xff\xff\x01".to_vec(), DecodeError::MalformedLength),
        (b"\xC0\x80\x80\x80\x80\x00".to_vec(), DecodeError::MalformedLength),
        (deep_lie, DecodeError::Truncated),
        (packet(0x30, &[b"\0"]), DecodeError::Truncated),
        (packet(0x30, &[]), DecodeError::Truncated),
        (packet(0x32, &[&text("a"), b"\x01"]), DecodeError::Truncated),
        (packet(0x32, &[&text("a"), b"\0\0x"]), DecodeError::ZeroPacketId),
        (packet(0x30, &[&text(""), b"x"]), DecodeError::EmptyTopic),
        (packet(0x30, &[&text("a/#"), b"x"]), DecodeError::WildcardInTopic),
        (packet(0x30, &[&text("a+b"), b"x"]), DecodeError::WildcardInTopic),
        (packet(0x30, &[&text("a\0b"), b"x"]), DecodeError::NulInText),
        (packet(0x30, &[b"\0\x01\xff"]), DecodeError::InvalidUtf8),
        (packet(0x30, &[b"\0\x03\xed\xa0\x80"]), DecodeError::InvalidUtf8), // a surrogate
        (packet(0x40, &[b"\0\0"]), DecodeError::ZeroPacketId),
        (packet(0x40, &[b"\0"]), DecodeError::Truncated),
        (packet(0x40, &[b"\0\x01\0"]), DecodeError::TrailingBytes),
        (packet(0xC0, &[b"x"]), DecodeError::TrailingBytes),
        (packet(0xE0, &[b"x"]), DecodeError::TrailingBytes),
        (packet(0x82, &[b"\0\x01"]), DecodeError::NoFilters),
        (packet(0x82, &[b"\0\0", &text("a"), b"\0"]), DecodeError::ZeroPacketId),
        (packet(0x82, &[b"\0\x01", &text("a")]), DecodeError::Truncated),
        (packet(0x82, &[b"\0\x01", &text("a"), b"\x03"]), DecodeError::InvalidQos),
        (packet(0x82, &[b"\0\x01", &text("a"), b"\x04"]), DecodeError::InvalidQos),
        (packet(0x82, &[b"\0\x01", &text(""), b"\0"]), DecodeError::InvalidFilter),
        (packet(0x82, &[b"\0\x01", &text("a"), b"\0", &text("a/#/b"), b"\0"]), DecodeError::InvalidFilter),
        (packet(0xA2, &[b"\0\x01"]), DecodeError::NoFilters),
        (packet(0xA2, &[b"\0\x01", &text("a#")]), DecodeError::InvalidFilter),
        (packet(0x90, &[b"\0\x01"]), DecodeError::Truncated),
        (packet(0x90, &[b"\0\x01\x03"]), DecodeError::InvalidReturnCode(3)),
        (packet(0x20, &[b"\0\x06"]), DecodeError::InvalidReturnCode(6)),
        (packet(0x20, &[b"\x02\0"]), DecodeError::InvalidConnAckFlags(2)),
        (packet(0x20, &[b"\x01\x05"]), DecodeError::InvalidConnAckFlags(1)),
        (packet(0x20, &[b"\0\0\0"]), DecodeError::TrailingBytes),
    ] {
        refused(V3_1_1, &bytes, expected);
    }
}

#[test]
fn malformed_connects_are_refused() {
    for (body, expected) in [
        (b"\0\x04MQTT\x06\x02\0\x3c\0\0\x01x".as_slice(), DecodeError::UnsupportedProtocol),
        (b"\0\x04MQTT\x03\x02\0\x3c\0\x01x", DecodeError::UnsupportedProtocol),
        (b"\0\x06MQIsdp\x04\x02\0\x3c\0\x01x", DecodeError::UnsupportedProtocol),
        (b"\0\x04mqtt\x04\x02\0\x3c\0\x01x", DecodeError::UnsupportedProtocol),
        (b"\xff\xffMQTT\x04\x02\0\x3c\0\x01x", DecodeError::Truncated),
        (b"\0\x04MQTT", DecodeError::Truncated),
        (b"", DecodeError::Truncated),
        (b"\0\x04MQTT\x04\x03\0\x3c\0\x01x", DecodeError::ReservedConnectFlag),
        (b"\0\x04MQTT\x04\x0a\0\x3c\0\x01x", DecodeError::InconsistentWill),
        (b"\0\x04MQTT\x04\x22\0\x3c\0\x01x", DecodeError::InconsistentWill),
        (b"\0\x04MQTT\x04\x1e\0\x3c\0\x01x\0\x01t\0\0", DecodeError::InvalidQos),
        (b"\0\x04MQTT\x04\x06\0\x3c\0\x01x\0\0\0\0", DecodeError::EmptyTopic),
        (b"\0\x04MQTT\x04\x06\0\x3c\0\x01x\0\x01#\0\0", DecodeError::WildcardInTopic),
        (b"\0\x04MQTT\x04\x42\0\x3c\0\x01x\0\x01p", DecodeError::PasswordWithoutUserName),
        (b"\0\x04MQTT\x04\x82\0\x3c\0\x01x", DecodeError::Truncated),
        (b"\0\x04MQTT\x04\xc2\0\x3c\0\x01x\0\x01u", DecodeError::Truncated),
        (b"\0\x04MQTT\x04\x02\0\x3c\0\x01x\0", DecodeError::TrailingBytes),
        (b"\0\x04MQTT\x04\x02\0\x3c\0\x01\0", DecodeError::NulInText),
        (b"\0\x04MQTT\x04\x02\0\x3c\0\x01\xff", DecodeError::InvalidUtf8),
    ] {
        refused(V3_1_1, &packet(0x10, &[body]), expected);
    }
}

/// MQTT 3.1 leaves free what 3.1.1 forbids, and its clients use that freedom.
#[test]
fn mqtt_3_1_is_read_by_its_own_rules() {
    let bare = |password| {
        Packet::Connect(Connect {
            version: V3_1,
            clean_session: true,
            keep_alive_seconds: 60,
            properties: Properties::NONE,
            client_id: "x",
            user_name: None,
            password,
            will: None,
        })
    };
    let decoded = |bytes: &[u8], expected: Packet<'_>| {
        assert_eq!(decode(bytes, V3_1, PACKET_BYTES_MAX), Ok(Some((expected, bytes.len()))), "{bytes:02x?}");
    };
    let connect = |body: &'static [u8]| packet(0x10, &[b"\0\x06MQIsdp\x03", body]);
    decoded(&connect(b"\x03\0\x3c\0\x01x"), bare(None)); // unused bit
    decoded(&connect(b"\x3a\0\x3c\0\x01x"), bare(None)); // details of a will that is not there
    decoded(&connect(b"\xc2\0\x3c\0\x01x"), bare(None)); // texts announced and not sent
    decoded(&connect(b"\x42\0\x3c\0\x01x\0\x01p"), bare(Some(b"p")));

    let again = packet(0x8A, &[b"\0\x01", &text("a"), b"\x01"]); // a repeated SUBSCRIBE
    assert!(matches!(decode(&again, V3_1, PACKET_BYTES_MAX), Ok(Some((Packet::Subscribe(_), _)))));
    decoded(b"\x6a\x02\0\x01", Packet::PubRel(Acknowledgement::success(id(1))));
    decoded(b"\x20\x02\xff\0", Packet::ConnAck(ConnAck::accepted(false)));
    assert!(matches!(decode(b"\x38\x03\0\x01a", V3_1, PACKET_BYTES_MAX), Ok(Some((Packet::Publish(_), 5)))));

    let mut out = Vec::new();
    encode::connack(&mut out, V3_1, &ConnAck::accepted(true)).unwrap();
    assert_eq!(out, b"\x20\x02\0\0", "3.1 has no session-present bit");
}

#[test]
fn what_cannot_be_written_leaves_the_buffer_alone() {
    let long = "x".repeat(65_536);
    let publish = Publish {
        duplicate: false,
        qos: QoS::AtLeastOnce,
        retain: false,
        topic: "a",
        packet_id: None,
        properties: Properties::NONE,
        payload: b"",
    };
    let mut out = b"before".to_vec();
    assert_eq!(encode::publish(&mut out, V3_1_1, &publish), Err(EncodeError::PacketIdMissing));
    let publish = Publish { topic: &long, packet_id: Some(id(1)), ..publish };
    assert_eq!(encode::publish(&mut out, V3_1_1, &publish), Err(EncodeError::FieldTooLong { bytes: 65_536 }));
    let filters = [("a", QoS::AtMostOnce), (&long, QoS::AtMostOnce)];
    assert_eq!(encode::subscribe(&mut out, V3_1_1, id(1), filters), Err(EncodeError::FieldTooLong { bytes: 65_536 }));
    assert_eq!(encode::subscribe::<QoS>(&mut out, V3_1_1, id(1), []), Err(EncodeError::EmptyList));
    assert_eq!(encode::suback(&mut out, V3_1_1, id(1), []), Err(EncodeError::EmptyList));
    let connect = Connect { user_name: None, ..c_sdk_connect() };
    assert_eq!(encode::connect(&mut out, &connect), Err(EncodeError::PasswordWithoutUserName));
    assert_eq!(out, b"before");
}

/// The longest list a packet of 64 KiB can carry is read without an allocation for it, and completely.
#[test]
fn a_subscribe_may_carry_thousands_of_filters() {
    let entries: Vec<u8> = std::iter::repeat_n(b"\0\x01a\x01".as_slice(), 16_000).flatten().copied().collect();
    let bytes = packet(0x82, &[b"\0\x01", &entries]);
    let Ok(Some((Packet::Subscribe(subscribe), _))) = decode(&bytes, V3_1_1, PACKET_BYTES_MAX) else {
        panic!("is a SUBSCRIBE");
    };
    assert_eq!(subscribe.filters().count(), 16_000);
}
