//! MQTT packets: whatever decodes can be encoded, and decodes to the same again.
//!
//! Input: one byte that chooses the version, then a stream of packets.

use lianwu_mqtt::{Packet, ProtocolVersion, decode, encode, filter, packet_bytes};

const PACKET_BYTES_MAX: usize = 4096;

pub fn run(data: &[u8]) {
    let Some((&choice, mut stream)) = data.split_first() else { return };
    let version = match choice & 3 {
        0 => ProtocolVersion::V3_1_1,
        1 => ProtocolVersion::V3_1,
        _ => ProtocolVersion::V5,
    };
    while let Ok(Some((packet, consumed))) = decode(stream, version, PACKET_BYTES_MAX) {
        assert!(consumed >= 2 && consumed <= stream.len() && consumed <= PACKET_BYTES_MAX);
        assert_eq!(packet_bytes(stream, PACKET_BYTES_MAX), Ok(Some(consumed)));
        check_prefixes(&stream[..consumed], version);
        check_round_trip(&packet, version);
        check_contents(&packet);
        stream = &stream[consumed..];
    }
}

/// A packet that arrives bit by bit is incomplete until its last byte, never wrong.
fn check_prefixes(packet: &[u8], version: ProtocolVersion) {
    for length in [0, 1, 2, packet.len() / 2, packet.len() - 1] {
        if length < packet.len() {
            assert_eq!(decode(&packet[..length], version, PACKET_BYTES_MAX), Ok(None), "{length} bytes");
        }
    }
}

fn check_round_trip(packet: &Packet<'_>, version: ProtocolVersion) {
    let mut again = Vec::new();
    encode::packet(&mut again, version, packet).expect("a decoded packet can be encoded");
    let decoded = decode(&again, version, usize::MAX).expect("an encoded packet can be decoded");
    assert_eq!(decoded, Some((*packet, again.len())));
}

fn check_contents(packet: &Packet<'_>) {
    match packet {
        Packet::Publish(publish) => {
            assert_eq!(publish.packet_id.is_some(), publish.qos.bits() > 0);
            if publish.topic.is_empty() {
                assert!(publish.properties.topic_alias().is_some());
                return;
            }
            assert!(filter::is_valid_topic(publish.topic) && filter::matches(publish.topic, publish.topic));
            assert_ne!(filter::matches("#", publish.topic), publish.topic.starts_with('$'));
        }
        Packet::Subscribe(subscribe) => {
            assert!(subscribe.filters().count() > 0);
            assert!(subscribe.filters().all(|(filter, _)| filter::is_valid_filter(filter)));
        }
        Packet::Unsubscribe(unsubscribe) => {
            assert!(unsubscribe.filters().count() > 0);
            assert!(unsubscribe.filters().all(filter::is_valid_filter));
        }
        Packet::SubAck(sub_ack) => assert!(sub_ack.answers().count() > 0),
        _ => {}
    }
}
