//! Bytes to packets, without copying and without allocating.

mod connect;
mod error;
mod properties;
mod reader;

pub use error::DecodeError;

pub(crate) use reader::Reader;

use crate::{
    filter,
    packet::{
        Acknowledgement, Auth, Disconnect, Packet, PacketId, PacketType, ProtocolVersion, Publish, QoS, ReasonCode,
        SubAck, Subscribe, SubscribeAnswer, SubscriptionOptions, UnsubAck, Unsubscribe,
    },
    property::Properties,
};
use ProtocolVersion::{V3_1, V5};
use properties::properties;

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
    // [MQTT-1.5.5-1]: from MQTT 5 on the shortest form only.
    if version == V5 && header.header_bytes > 2 && buffer[header.header_bytes - 1] == 0 {
        return Err(DecodeError::MalformedLength);
    }
    let mut reader = Reader::new(body);
    let packet = match packet_type {
        PacketType::Publish => Packet::Publish(publish(first, version, reader)?),
        PacketType::PubAck => Packet::PubAck(acknowledgement(reader, version, packet_type)?),
        PacketType::PubRec => Packet::PubRec(acknowledgement(reader, version, packet_type)?),
        PacketType::PubRel => Packet::PubRel(acknowledgement(reader, version, packet_type)?),
        PacketType::PubComp => Packet::PubComp(acknowledgement(reader, version, packet_type)?),
        PacketType::UnsubAck => Packet::UnsubAck(unsub_ack(reader, version)?),
        PacketType::Subscribe => Packet::Subscribe(subscribe(reader, version)?),
        PacketType::SubAck => Packet::SubAck(sub_ack(reader, version)?),
        PacketType::Unsubscribe => Packet::Unsubscribe(unsubscribe(reader, version)?),
        PacketType::Connect => Packet::Connect(connect::connect(&mut reader)?),
        PacketType::ConnAck => Packet::ConnAck(connect::conn_ack(&mut reader, version)?),
        PacketType::PingReq => reader.finish().map(|()| Packet::PingReq)?,
        PacketType::PingResp => reader.finish().map(|()| Packet::PingResp)?,
        PacketType::Disconnect => Packet::Disconnect(disconnect(reader, version)?),
        PacketType::Auth => Packet::Auth(auth(reader)?),
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

/// The version a CONNECT at the start of `buffer` announces, if we speak it: also when the rest of it is malformed, so
/// that the refusal is written in the client's own version.
#[must_use]
pub fn announced_version(buffer: &[u8]) -> Option<ProtocolVersion> {
    connect::announced_version(buffer)
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
            if flags & 0b1110 == 0b1000 && version != V3_1 {
                return Err(DecodeError::DuplicateAtMostOnce);
            }
            true
        }
        // [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1]. In MQTT 3.1 these bits are a real QoS, always 1, and a
        // repeated request has DUP set.
        PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => {
            flags == 0b0010 || (flags == 0b1010 && version == V3_1)
        }
        PacketType::Auth if version != V5 => return Err(DecodeError::UnknownPacketType(first >> 4)),
        _ => flags == 0, // [MQTT-2.2.2-1]
    };
    if allowed { Ok(packet_type) } else { Err(DecodeError::ReservedFlags { packet_type, flags }) }
}

/// Source: MQTT 3.1.1 §3.3, MQTT 5 §3.3. The flags were checked with the first byte.
#[inline]
fn publish(first: u8, version: ProtocolVersion, mut reader: Reader<'_>) -> Result<Publish<'_>, DecodeError> {
    let qos = QoS::from_bits((first >> 1) & 0b11).ok_or(DecodeError::InvalidQos)?;
    let topic = reader.text()?;
    let may_be_aliased = version == V5 && topic.is_empty();
    if !may_be_aliased && !filter::is_valid_topic(topic) {
        return Err(bad_topic(topic));
    }
    let packet_id = match qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Some(packet_id(&mut reader)?),
    };
    let properties = if version == V5 { properties(&mut reader, PacketType::Publish)? } else { Properties::NONE };
    if topic.is_empty() && properties.topic_alias().is_none() {
        return Err(DecodeError::EmptyTopic); // §3.3.2.1: an alias stands for it.
    }
    Ok(Publish {
        duplicate: first & 0b1000 != 0,
        qos,
        retain: first & 0b0001 != 0,
        topic,
        packet_id,
        properties,
        payload: reader.rest(),
    })
}

/// A topic name: not empty, no wildcards, no NUL, valid UTF-8.
fn topic<'a>(reader: &mut Reader<'a>) -> Result<&'a str, DecodeError> {
    let topic = reader.text()?;
    if filter::is_valid_topic(topic) { Ok(topic) } else { Err(bad_topic(topic)) }
}

/// [MQTT-4.7.3-1], [MQTT-3.3.2-2]
const fn bad_topic(topic: &str) -> DecodeError {
    if topic.is_empty() { DecodeError::EmptyTopic } else { DecodeError::WildcardInTopic }
}

#[inline]
fn packet_id(reader: &mut Reader<'_>) -> Result<PacketId, DecodeError> {
    PacketId::new(reader.u16()?).ok_or(DecodeError::ZeroPacketId) // [MQTT-2.3.1-1]
}

/// Source: MQTT 3.1.1 §3.4 to §3.7. From MQTT 5 on a reason and properties may follow.
#[inline]
fn acknowledgement(
    mut reader: Reader<'_>,
    version: ProtocolVersion,
    packet_type: PacketType,
) -> Result<Acknowledgement<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    if reader.is_empty() {
        return Ok(Acknowledgement::success(packet_id));
    }
    if version != V5 {
        return Err(DecodeError::TrailingBytes);
    }
    let (reason, properties) = reason_and_properties(&mut reader, packet_type)?;
    reader.finish()?;
    Ok(Acknowledgement { packet_id, reason, properties })
}

/// A reason, and properties unless the packet ends before their length. Source: MQTT 5 §3.4.2.
fn reason_and_properties<'a>(
    reader: &mut Reader<'a>,
    packet_type: PacketType,
) -> Result<(ReasonCode, Properties<'a>), DecodeError> {
    let reason = reason(reader.u8()?, packet_type)?;
    if reader.is_empty() {
        return Ok((reason, Properties::NONE));
    }
    Ok((reason, properties(reader, packet_type)?))
}

fn reason(code: u8, packet_type: PacketType) -> Result<ReasonCode, DecodeError> {
    ReasonCode::from_code(code)
        .filter(|reason| reason.is_allowed_in(packet_type))
        .ok_or(DecodeError::InvalidReturnCode(code))
}

/// Properties where MQTT 5 has them.
fn properties_of<'a>(
    reader: &mut Reader<'a>,
    version: ProtocolVersion,
    packet_type: PacketType,
) -> Result<Properties<'a>, DecodeError> {
    if version == V5 { properties(reader, packet_type) } else { Ok(Properties::NONE) }
}

/// Source: MQTT 3.1.1 §3.8, MQTT 5 §3.8.
fn subscribe(mut reader: Reader<'_>, version: ProtocolVersion) -> Result<Subscribe<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    let properties = properties_of(&mut reader, version, PacketType::Subscribe)?;
    let body = reader.clone().rest();
    if body.is_empty() {
        return Err(DecodeError::NoFilters); // [MQTT-3.8.3-3]
    }
    while !reader.is_empty() {
        let filter = topic_filter(&mut reader, version)?;
        let byte = reader.u8()?;
        if version == V5 {
            let options = SubscriptionOptions::from_byte(byte).ok_or(DecodeError::InvalidSubscriptionOptions(byte))?;
            if options.no_local && filter::is_shared(filter) {
                return Err(DecodeError::NoLocalOnShared); // [MQTT-3.8.3-4]
            }
        } else {
            QoS::from_bits(byte).ok_or(DecodeError::InvalidQos)?; // [MQTT-3.8.3-4]
        }
    }
    Ok(Subscribe { packet_id, properties, body })
}

/// Source: MQTT 3.1.1 §3.10, MQTT 5 §3.10.
fn unsubscribe(mut reader: Reader<'_>, version: ProtocolVersion) -> Result<Unsubscribe<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    let properties = properties_of(&mut reader, version, PacketType::Unsubscribe)?;
    let body = reader.clone().rest();
    if body.is_empty() {
        return Err(DecodeError::NoFilters); // [MQTT-3.10.3-2]
    }
    while !reader.is_empty() {
        topic_filter(&mut reader, version)?;
    }
    Ok(Unsubscribe { packet_id, properties, body })
}

fn topic_filter<'a>(reader: &mut Reader<'a>, version: ProtocolVersion) -> Result<&'a str, DecodeError> {
    let filter = reader.text()?;
    // Below MQTT 5 `$share` is a level like any other.
    let is_valid = filter::is_valid_filter(filter)
        && (version != V5 || !filter::is_shared(filter) || filter::Shared::parse(filter).is_some());
    if is_valid { Ok(filter) } else { Err(DecodeError::InvalidFilter) }
}

/// Source: MQTT 3.1.1 §3.9, MQTT 5 §3.9.
fn sub_ack(mut reader: Reader<'_>, version: ProtocolVersion) -> Result<SubAck<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    let properties = properties_of(&mut reader, version, PacketType::SubAck)?;
    let codes = reader.rest();
    if codes.is_empty() {
        return Err(DecodeError::Truncated);
    }
    // [MQTT-3.9.3-2]
    if let Some(&code) = codes.iter().find(|&&code| SubscribeAnswer::from_code(code, version).is_none()) {
        return Err(DecodeError::InvalidReturnCode(code));
    }
    Ok(SubAck { packet_id, properties, codes })
}

/// Source: MQTT 3.1.1 §3.11, MQTT 5 §3.11.
fn unsub_ack(mut reader: Reader<'_>, version: ProtocolVersion) -> Result<UnsubAck<'_>, DecodeError> {
    let packet_id = packet_id(&mut reader)?;
    if version != V5 {
        reader.finish()?;
        return Ok(UnsubAck { packet_id, properties: Properties::NONE, codes: &[] });
    }
    let properties = properties(&mut reader, PacketType::UnsubAck)?;
    let codes = reader.rest();
    if codes.is_empty() {
        return Err(DecodeError::Truncated);
    }
    for &code in codes {
        reason(code, PacketType::UnsubAck)?;
    }
    Ok(UnsubAck { packet_id, properties, codes })
}

/// Source: MQTT 3.1.1 §3.14, MQTT 5 §3.14.
fn disconnect(mut reader: Reader<'_>, version: ProtocolVersion) -> Result<Disconnect<'_>, DecodeError> {
    if version != V5 || reader.is_empty() {
        return reader.finish().map(|()| Disconnect::NORMAL);
    }
    let (reason, properties) = reason_and_properties(&mut reader, PacketType::Disconnect)?;
    reader.finish()?;
    Ok(Disconnect { reason, properties })
}

/// Source: MQTT 5 §3.15.
fn auth(mut reader: Reader<'_>) -> Result<Auth<'_>, DecodeError> {
    if reader.is_empty() {
        return Ok(Auth { reason: ReasonCode::Success, properties: Properties::NONE });
    }
    let (reason, properties) = reason_and_properties(&mut reader, PacketType::Auth)?;
    reader.finish()?;
    Ok(Auth { reason, properties })
}
