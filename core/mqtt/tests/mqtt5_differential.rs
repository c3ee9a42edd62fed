//! Does an independent codec read what we write, and we what it writes, in MQTT 5?
//!
//! Packets made by `rmqtt-codec` go through our decoder and encoder and back to it: what it reads then must be what it
//! wrote first. It orders and leaves out properties its own way, so bytes are compared only from us to us.

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use lianwu_mqtt::{ProtocolVersion, decode, encode};
use proptest::prelude::*;
use rmqtt_codec::{types, v5};
use tokio_util::codec::{Decoder, Encoder};

fn text() -> impl Strategy<Value = ByteString> {
    "[a-z0-9;:房间é]{1,20}".prop_map(ByteString::from)
}

fn blob() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from)
}

fn user() -> impl Strategy<Value = v5::UserProperties> {
    prop::collection::vec((text(), text()), 0..4)
}

fn qos() -> impl Strategy<Value = types::QoS> {
    prop::sample::select(vec![types::QoS::AtMostOnce, types::QoS::AtLeastOnce, types::QoS::ExactlyOnce])
}

fn id() -> impl Strategy<Value = std::num::NonZeroU16> {
    (1..=u16::MAX).prop_map(|id| std::num::NonZeroU16::new(id).expect("not zero"))
}

fn subscribe() -> impl Strategy<Value = v5::Packet> {
    let handling = prop::sample::select(vec![
        v5::RetainHandling::AtSubscribe,
        v5::RetainHandling::AtSubscribeNew,
        v5::RetainHandling::NoAtSubscribe,
    ]);
    let options = (qos(), any::<bool>(), any::<bool>(), handling).prop_map(
        |(qos, no_local, retain_as_published, retain_handling)| v5::SubscriptionOptions {
            qos,
            no_local,
            retain_as_published,
            retain_handling,
        },
    );
    let filter = "([a-z]{0,3}/|\\+/){0,3}([a-z]{1,3}|\\+|#)".prop_map(ByteString::from);
    let number = prop::option::of(1..=268_435_455_u32);
    (id(), number, user(), prop::collection::vec((filter, options), 1..5)).prop_map(
        |(packet_id, number, user_properties, topic_filters)| {
            v5::Packet::Subscribe(v5::Subscribe {
                packet_id,
                id: number.and_then(std::num::NonZeroU32::new),
                user_properties,
                topic_filters,
            })
        },
    )
}

fn acknowledgement() -> impl Strategy<Value = v5::Packet> {
    let reason = prop::sample::select(vec![
        v5::PublishAckReason::Success,
        v5::PublishAckReason::NotAuthorized,
        v5::PublishAckReason::QuotaExceeded,
    ]);
    (id(), reason, user(), prop::option::of(text()), any::<bool>()).prop_map(
        |(packet_id, reason_code, properties, reason_string, is_first)| {
            let said = v5::PublishAck { packet_id, reason_code, properties, reason_string };
            if is_first { v5::Packet::PublishReceived(said) } else { v5::Packet::PublishAck(said) }
        },
    )
}

fn disconnect() -> impl Strategy<Value = v5::Packet> {
    let reason = prop::sample::select(vec![
        v5::DisconnectReasonCode::NormalDisconnection,
        v5::DisconnectReasonCode::SessionTakenOver,
        v5::DisconnectReasonCode::MessageRateTooHigh,
    ]);
    (reason, prop::option::of(any::<u32>()), prop::option::of(text()), user()).prop_map(
        |(reason_code, session_expiry_interval_secs, reason_string, user_properties)| {
            v5::Packet::Disconnect(v5::Disconnect {
                reason_code,
                session_expiry_interval_secs,
                server_reference: None,
                reason_string,
                user_properties,
            })
        },
    )
}

fn connect() -> impl Strategy<Value = v5::Packet> {
    let numbers = (any::<u16>(), any::<u32>(), prop::option::of(id()), any::<u16>(), any::<bool>());
    (numbers, text(), prop::option::of(text()), prop::option::of(blob()), user()).prop_map(
        |((keep_alive, expiry, receive_max, topic_alias_max, clean_start), client_id, username, password, user)| {
            v5::Packet::Connect(Box::new(v5::Connect {
                clean_start,
                keep_alive,
                session_expiry_interval_secs: expiry,
                auth_method: None,
                auth_data: None,
                request_problem_info: true,
                request_response_info: false,
                receive_max,
                topic_alias_max,
                user_properties: user,
                max_packet_size: None,
                last_will: None,
                client_id,
                username,
                password,
                cert: None,
            }))
        },
    )
}

fn publish() -> impl Strategy<Value = v5::Packet> {
    let numbers = (prop::option::of(id()), prop::option::of(1..=u32::MAX), any::<bool>());
    let texts = (prop::option::of(text()), prop::option::of(text()), prop::option::of(blob()), user());
    let head = (any::<bool>(), any::<bool>(), qos(), text(), id(), blob());
    (head, numbers, texts).prop_map(|((dup, retain, qos, topic, packet_id, payload), numbers, texts)| {
        let (topic_alias, expiry, is_utf8_payload) = numbers;
        let (content_type, response_topic, correlation_data, user_properties) = texts;
        let acknowledged = qos != types::QoS::AtMostOnce;
        v5::Packet::Publish(Box::new(types::Publish {
            dup: dup && acknowledged,
            retain,
            qos,
            topic,
            packet_id: acknowledged.then_some(packet_id),
            payload,
            properties: Some(v5::PublishProperties {
                topic_alias,
                correlation_data,
                message_expiry_interval: expiry.and_then(std::num::NonZeroU32::new),
                content_type,
                user_properties,
                is_utf8_payload,
                response_topic,
                subscription_ids: Vec::new(),
            }),
        }))
    })
}

fn theirs(bytes: &[u8]) -> Option<v5::Packet> {
    let mut stream = BytesMut::from(bytes);
    v5::Codec::new(0, 0).decode(&mut stream).ok().flatten().map(|(packet, _)| packet)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_one_writes_the_other_reads(
        packet in prop_oneof![connect(), publish(), subscribe(), acknowledgement(), disconnect()],
    ) {
        let mut bytes = BytesMut::new();
        v5::Codec::new(0, 0).encode(packet.clone(), &mut bytes).expect("generated packets can be written");
        let decoded = decode(&bytes, ProtocolVersion::V5, usize::MAX);
        let Ok(Some((ours, consumed))) = decoded else {
            return Err(TestCaseError::fail(format!("{bytes:02x?}: {decoded:?}")));
        };
        prop_assert_eq!(consumed, bytes.len());
        let mut again = Vec::new();
        encode::packet(&mut again, ProtocolVersion::V5, &ours).expect("a decoded packet can be written");
        prop_assert_eq!(theirs(&again), Some(packet));
        let (same, _) = decode(&again, ProtocolVersion::V5, usize::MAX).expect("valid").expect("complete");
        prop_assert_eq!(same, ours);
    }

    /// Whatever is accepted after damage is written and read as the same packet again.
    #[test]
    fn damaged_packets_are_refused_or_mean_one_thing(
        packet in prop_oneof![connect(), publish(), subscribe(), acknowledgement(), disconnect()],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = BytesMut::new();
        v5::Codec::new(0, 0).encode(packet, &mut bytes).expect("generated packets can be written");
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Ok(Some((packet, _))) = decode(&bytes, ProtocolVersion::V5, 4096) {
            let mut again = Vec::new();
            encode::packet(&mut again, ProtocolVersion::V5, &packet).expect("a decoded packet can be written");
            let (same, _) = decode(&again, ProtocolVersion::V5, usize::MAX).expect("valid").expect("complete");
            prop_assert_eq!(same, packet);
        }
    }
}
