//! Bytes to packets, without copying and without allocating.

mod connect;
mod error;
mod reader;

pub use error::DecodeError;

use crate::{
    filter,
    packet::{
        Packet, PacketId, PacketType, ProtocolVersion, Publish, QoS, SubAck, Subscribe, SubscribeAnswer, Unsubscribe,
    },
};
use reader::Reader;

/// Decodes the first packet of `buffer`.
///
/// Returns `Ok(None)` when the packet is not complete yet, otherwise the packet and the number of bytes it took.
/// Both directions are understood, so clients use this too. `version` is the one agreed in CONNECT
/// ([`Connection::version`](crate::Connection::version)); a CONNECT itself is read by the version it announces.
/// `packet_bytes_max` limits the whole packet, fixed header included; a longer one is refused as soon as its length
/// is known, and likewise a first byte that no valid packet starts with: nothing is worth waiting for after that.
///
/// # Errors
/// Every [`DecodeError`] is final: the stream cannot be read any further.
pub fn decode(
    buffer: &[u8],
    version: ProtocolVersion,
    packet_bytes_max: usize,
) -> Result<Option<(Packet<'_>, usize)>, DecodeError> {
    let Some(&first) = buffer.first() else { return Ok(None) };
    let packet_type = packet_type(first, version)?;
    let Some(header) = Header::read(buffer, packet_bytes_max)? else { return Ok(None) };
    let Some(body) = buffer.get(header.header_bytes..header.packet_bytes) else { return Ok(None) };
    let mut reader = Reader::new(body);
    let packet = match packet_type {
        PacketType::Publish => Packet::Publish(publish(first, reader)?),
        PacketType::PubAck => Packet::PubAck(only_packet_id(reader)?),
        PacketType::PubRec => Packet::PubRec(only_packet_id(reader)?),
        PacketType::PubRel => Packet::PubRel(only_packet_id(reader)?),
        PacketType::PubComp => Packet::PubComp(only_packet_id(reader)?),
        PacketType::UnsubAck => Packet::UnsubAck(only_packet_id(reader)?),
        PacketType::Subscribe => Packet::Subscribe(subscribe(reader)?),
        PacketType::SubAck => Packet::SubAck(sub_ack(reader)?),
        PacketType::Unsubscribe => Packet::Unsubscribe(unsubscribe(reader)?),
        PacketType::Connect => Packet::Connect(connect::connect(&mut reader)?),
        PacketType::ConnAck => Packet::ConnAck(connect::conn_ack(&mut reader, version)?),
        PacketType::PingReq => reader.finish().map(|()| Packet::PingReq)?,
        PacketType::PingResp => reader.finish().map(|()| Packet::PingResp)?,
        PacketType::Disconnect => reader.finish().map(|()| Packet::Disconnect)?,
    };
    Ok(Some((packet, header.packet_bytes)))
}

/// Length in bytes of the first packet of `buffer`, fixed header included, as soon as it is known.
///
/// `Ok(None)`: the fixed header is not complete. The figure is the sender's claim: use it to refuse early or to know
/// how much to wait for, not to allocate.
///
/// # Errors
/// The length is malformed, or above `packet_bytes_max`.
pub fn packet_bytes(buffer: &[u8], packet_bytes_max: usize) -> Result<Option<usize>, DecodeError> {
    Ok(Header::read(buffer, packet_bytes_max)?.map(|header| header.packet_bytes))
}

/// The fixed header. Source: MQTT 3.1.1 §2.2.
struct Header {
    header_bytes: usize,
    packet_bytes: usize,
}

impl Header {
    #[inline]
    fn read(buffer: &[u8], packet_bytes_max: usize) -> Result<Option<Self>, DecodeError> {
        // §2.2.3: seven bits a byte, least significant first, four bytes at most. 3.1.1 does not ask for the
        // shortest form, so a padded length is accepted.
        let mut remaining = 0;
        for (index, shift) in [(1, 0), (2, 7), (3, 14), (4, 21)] {
            let Some(&byte) = buffer.get(index) else { return Ok(None) };
            remaining |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let header_bytes = index + 1;
                let packet_bytes = header_bytes + remaining;
                if packet_bytes > packet_bytes_max {
                    return Err(DecodeError::PacketTooLarge { bytes: packet_bytes, bytes_max: packet_bytes_max });
                }
                return Ok(Some(Self { header_bytes, packet_bytes }));
            }
        }
        Err(DecodeError::MalformedLength)
    }
}

/// Checks the first byte: type and flags. Source: MQTT 3.1.1 §2.2.1 and §2.2.2.
#[inline]
fn packet_type(first: u8, version: ProtocolVersion) -> Result<PacketType, DecodeError> {
    let packet_type = PacketType::from_first_byte(first).ok_or(DecodeError::UnknownPacketType(first >> 4))?;
    let flags = first & 0x0f;
    let allowed = match packet_type {
        PacketType::Publish => {
            if flags & 0b0110 == 0b0110 {
                return Err(DecodeError::InvalidQos); // [MQTT-3.3.1-4]
            }
            // [MQTT-3.3.1-2]; MQTT 3.1 only says that DUP has no meaning here.
            if flags & 0b1110 == 0b1000 && version != ProtocolVersion::V3_1 {
                return Err(DecodeError::DuplicateAtMostOnce);
            }
            true
        }
        // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1]. In MQTT 3.1 these bits are a real QoS, always 1, and a
        // repeated request has DUP set.
        PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => {
            flags == 0b0010 || (flags == 0b1010 && version == ProtocolVersion::V3_1)
        }
        _ => flags == 0, // [MQTT-2.2.2-1]
    };
    if allowed { Ok(packet_type) } else { Err(DecodeError::ReservedFlags { packet_type, flags }) }
}

/// Source: MQTT 3.1.1 §3.3. The flags were checked with the first byte.
#[inline]
fn publish(first: u8, mut reader: Reader<'_>) -> Result<Publish<'_>, DecodeError> {
    let qos = QoS::from_bits((first >> 1) & 0b11).ok_or(DecodeError::InvalidQos)?;
    let topic = topic(&mut reader)?;
    let packet_id = match qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Some(packet_id(&mut reader)?),
    };
    Ok(Publish {
        duplicate: first & 0b1000 != 0,
        qos,
        retain: first & 0b0001 != 0,
        topic,
        packet_id,
        payload: reader.rest(),
    })
}

/// A topic name: not empty, no wildcards, no NUL, valid UTF-8.
#[inline]
fn topic<'a>(reader: &mut Reader<'a>) -> Result<&'a str, DecodeError> {
    let topic = reader.text()?;
    if topic.is_empty() {
        return Err(DecodeError::EmptyTopic); // [MQTT-4.7.3-1]
    }
    if !filter::is_valid_topic(topic) {
        return Err(DecodeError::WildcardInTopic); // [MQTT-3.3.2-2]
    }
    Ok(topic)
}

#[inline]
fn packet_id(reader: &mut Reader<'_>) -> Result<PacketId, DecodeError> {
    PacketId::new(reader.u16()?).ok_or(DecodeError::ZeroPacketId) // [MQTT-2.3.1-1]
}

fn only_packet_id(mut reader: Reader<'_>) -> Result<PacketId, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    reader.finish()?;
    Ok(packet_id)
}

/// Source: MQTT 3.1.1 §3.8.
fn subscribe(mut reader: Reader<'_>) -> Result<Subscribe<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    let body = reader.clone().rest();
    if body.is_empty() {
        return Err(DecodeError::NoFilters); // [MQTT-3.8.3-3]
    }
    while !reader.is_empty() {
        topic_filter(&mut reader)?;
        QoS::from_bits(reader.u8()?).ok_or(DecodeError::InvalidQos)?; // [MQTT-3.8.3-4]
    }
    Ok(Subscribe { packet_id, body })
}

/// Source: MQTT 3.1.1 §3.10.
fn unsubscribe(mut reader: Reader<'_>) -> Result<Unsubscribe<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    let body = reader.clone().rest();
    if body.is_empty() {
        return Err(DecodeError::NoFilters); // [MQTT-3.10.3-2]
    }
    while !reader.is_empty() {
        topic_filter(&mut reader)?;
    }
    Ok(Unsubscribe { packet_id, body })
}

fn topic_filter(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    if filter::is_valid_filter(reader.text()?) { Ok(()) } else { Err(DecodeError::InvalidFilter) }
}

/// Source: MQTT 3.1.1 §3.9.
fn sub_ack(mut reader: Reader<'_>) -> Result<SubAck<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    let codes = reader.rest();
    if codes.is_empty() {
        return Err(DecodeError::Truncated);
    }
    // [MQTT-3.9.3-2]
    if let Some(&code) = codes.iter().find(|&&code| SubscribeAnswer::from_code(code).is_none()) {
        return Err(DecodeError::InvalidReturnCode(code));
    }
    Ok(SubAck { packet_id, codes })
}
