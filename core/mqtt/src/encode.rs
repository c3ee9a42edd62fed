//! Packets to bytes, appended to a buffer of the caller.
//!
//! Functions that can fail leave the buffer as it was. Contents are not judged again: give them texts that follow the
//! rules of [`filter`](crate::filter).

use crate::{
    packet::{
        Acknowledgement, ConnAck, Connect, Packet, PacketId, PacketType, ProtocolVersion, Publish, QoS, ReasonCode,
        SubAck, Subscribe, SubscribeAnswer, SubscriptionOptions, UnsubAck, Unsubscribe,
    },
    property::Properties,
};
use ProtocolVersion::{V3_1, V5};

/// Largest remaining length that four bytes can say. Source: MQTT 3.1.1 §2.2.3.
const REMAINING_BYTES_MAX: usize = 268_435_455;

/// What cannot be said in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum EncodeError {
    #[error("field of {bytes} bytes, allowed 65535")]
    FieldTooLong { bytes: usize },
    #[error("packet of {bytes} bytes, allowed 268435455")]
    PacketTooLarge { bytes: usize },
    /// A PUBLISH of QoS 1 or 2 without a packet id.
    #[error("packet id missing")]
    PacketIdMissing,
    /// SUBSCRIBE, UNSUBSCRIBE, SUBACK or an UNSUBACK of MQTT 5 without an entry.
    #[error("empty list")]
    EmptyList,
    /// Not allowed in MQTT 3.1.1.
    #[error("password without user name")]
    PasswordWithoutUserName,
    /// The receiver said at CONNECT that it takes no packet as long as this.
    #[error("packet of {bytes} bytes, the receiver takes {bytes_max}")]
    AboveReceiverMax { bytes: usize, bytes_max: usize },
}

/// Appends any packet, as `version` writes it (a CONNECT: as its own version does).
///
/// # Errors
/// See [`EncodeError`]; never for a packet that [`decode`](crate::decode()) returned.
pub fn packet(out: &mut Vec<u8>, version: ProtocolVersion, packet: &Packet<'_>) -> Result<(), EncodeError> {
    match packet {
        Packet::Connect(packet) => connect(out, packet),
        Packet::ConnAck(packet) => connack(out, version, packet),
        Packet::Publish(packet) => publish(out, version, packet),
        Packet::PubAck(packet) => acknowledgement(out, version, PacketType::PubAck, packet),
        Packet::PubRec(packet) => acknowledgement(out, version, PacketType::PubRec, packet),
        Packet::PubRel(packet) => acknowledgement(out, version, PacketType::PubRel, packet),
        Packet::PubComp(packet) => acknowledgement(out, version, PacketType::PubComp, packet),
        Packet::Subscribe(Subscribe { packet_id, properties, body }) => {
            with_body(out, version, PacketType::Subscribe, *packet_id, *properties, body)
        }
        Packet::SubAck(SubAck { packet_id, properties, codes }) => {
            with_body(out, version, PacketType::SubAck, *packet_id, *properties, codes)
        }
        Packet::Unsubscribe(Unsubscribe { packet_id, properties, body }) => {
            with_body(out, version, PacketType::Unsubscribe, *packet_id, *properties, body)
        }
        Packet::UnsubAck(UnsubAck { packet_id, properties, codes }) => {
            with_body(out, version, PacketType::UnsubAck, *packet_id, *properties, codes)
        }
        Packet::PingReq => {
            pingreq(out);
            Ok(())
        }
        Packet::PingResp => {
            pingresp(out);
            Ok(())
        }
        Packet::Disconnect(packet) => disconnect_because(out, version, packet.reason, packet.properties),
        Packet::Auth(packet) => {
            reason_packet(out, first_byte(PacketType::Auth), &[], packet.reason, packet.properties, true)
        }
    }
}

/// Appends a CONNECT. Source: MQTT 3.1.1 §3.1.
///
/// # Errors
/// A field is longer than 65,535 bytes, or a password comes without a user name (3.1.1 only).
pub fn connect(out: &mut Vec<u8>, connect: &Connect<'_>) -> Result<(), EncodeError> {
    if connect.version == ProtocolVersion::V3_1_1 && connect.password.is_some() && connect.user_name.is_none() {
        return Err(EncodeError::PasswordWithoutUserName);
    }
    let mut flags = u8::from(connect.clean_session) << 1;
    flags |= u8::from(connect.user_name.is_some()) << 7 | u8::from(connect.password.is_some()) << 6;
    if let Some(will) = &connect.will {
        flags |= 0b100 | will.qos.bits() << 3 | u8::from(will.retain) << 5;
    }
    with_length(out, first_byte(PacketType::Connect), |out| {
        field(out, connect.version.name().as_bytes())?;
        out.push(connect.version.level());
        out.push(flags);
        out.extend_from_slice(&connect.keep_alive_seconds.to_be_bytes());
        properties(out, connect.version, connect.properties)?;
        field(out, connect.client_id.as_bytes())?;
        if let Some(will) = &connect.will {
            properties(out, connect.version, will.properties)?;
            field(out, will.topic.as_bytes())?;
            field(out, will.payload)?;
        }
        if let Some(user_name) = connect.user_name {
            field(out, user_name.as_bytes())?;
        }
        if let Some(password) = connect.password {
            field(out, password)?;
        }
        Ok(())
    })
}

/// Appends a CONNACK, below MQTT 5 always four bytes. Source: MQTT 3.1.1 §3.2, MQTT 5 §3.2.
///
/// MQTT 3.1 has no session-present bit, its byte stays zero.
///
/// # Errors
/// The properties are too large; never below MQTT 5.
pub fn connack(out: &mut Vec<u8>, version: ProtocolVersion, conn_ack: &ConnAck<'_>) -> Result<(), EncodeError> {
    let (flags, code, said) = match *conn_ack {
        ConnAck::Accepted { session_present, properties } => {
            (u8::from(session_present && version != V3_1), ReasonCode::Success.code(), properties)
        }
        ConnAck::Refused { refusal, properties } => {
            (0, if version == V5 { refusal.reason().code() } else { refusal.code() }, properties)
        }
    };
    with_length(out, first_byte(PacketType::ConnAck), |out| {
        out.extend_from_slice(&[flags, code]);
        properties(out, version, said)
    })
}

/// Appends a PUBLISH. Source: MQTT 3.1.1 §3.3, MQTT 5 §3.3.
///
/// # Errors
/// The topic is longer than 65,535 bytes, the packet too large, or QoS above 0 comes without a packet id.
/// A packet id beside QoS 0 is not written, nor are properties below MQTT 5.
#[inline]
pub fn publish(out: &mut Vec<u8>, version: ProtocolVersion, publish: &Publish<'_>) -> Result<(), EncodeError> {
    let packet_id = match (publish.qos, publish.packet_id) {
        (QoS::AtMostOnce, _) => None,
        (_, None) => return Err(EncodeError::PacketIdMissing),
        (_, id) => id,
    };
    let topic_bytes = field_bytes(publish.topic.as_bytes())?;
    let id_bytes = if packet_id.is_some() { 2 } else { 0 };
    let mut remaining = 2 + publish.topic.len() + id_bytes + publish.payload.len();
    let properties = publish.properties.as_bytes();
    let mut properties_length = ([0; 4], 0);
    if version == V5 {
        properties_length = variable(properties.len())?;
        remaining += properties_length.1 + properties.len();
    }
    let first = first_byte(PacketType::Publish)
        | u8::from(publish.duplicate) << 3
        | publish.qos.bits() << 1
        | u8::from(publish.retain);
    let (length, length_bytes) = variable(remaining)?;
    out.reserve(1 + length_bytes + remaining);
    out.push(first);
    out.extend_from_slice(&length[..length_bytes]);
    out.extend_from_slice(&topic_bytes);
    out.extend_from_slice(publish.topic.as_bytes());
    if let Some(packet_id) = packet_id {
        out.extend_from_slice(&packet_id.get().to_be_bytes());
    }
    if version == V5 {
        out.extend_from_slice(&properties_length.0[..properties_length.1]);
        out.extend_from_slice(properties);
    }
    out.extend_from_slice(publish.payload);
    Ok(())
}

/// Appends a PUBACK, PUBREC, PUBREL or PUBCOMP that may have more to say than "success". Below MQTT 5 only the id is
/// written. Source: MQTT 5 §3.4 to §3.7.
///
/// # Errors
/// The properties are too large; never below MQTT 5.
pub fn acknowledgement(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_type: PacketType,
    said: &Acknowledgement<'_>,
) -> Result<(), EncodeError> {
    let id = said.packet_id.get().to_be_bytes();
    reason_packet(out, first_byte(packet_type), &id, said.reason, said.properties, version == V5)
}

/// Appends a PUBACK that says "success": the same bytes in every version. Source: MQTT 3.1.1 §3.4.
#[inline]
pub fn puback(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubAck, packet_id);
}

/// Appends a PUBREC that says "success": the same bytes in every version. Source: MQTT 3.1.1 §3.5.
pub fn pubrec(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubRec, packet_id);
}

/// Appends a PUBREL that says "success": the same bytes in every version. Source: MQTT 3.1.1 §3.6.
pub fn pubrel(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubRel, packet_id);
}

/// Appends a PUBCOMP that says "success": the same bytes in every version. Source: MQTT 3.1.1 §3.7.
pub fn pubcomp(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubComp, packet_id);
}

/// Appends a SUBSCRIBE without properties; below MQTT 5 only the QoS of the options is written.
/// Source: MQTT 3.1.1 §3.8, MQTT 5 §3.8.
///
/// # Errors
/// There is no filter, or one is longer than 65,535 bytes.
pub fn subscribe<'f, O: Into<SubscriptionOptions>>(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_id: PacketId,
    filters: impl IntoIterator<Item = (&'f str, O)>,
) -> Result<(), EncodeError> {
    with_list(out, version, PacketType::Subscribe, packet_id, filters, |out, (filter, options)| {
        field(out, filter.as_bytes())?;
        let options = options.into();
        out.push(if version == V5 { options.byte() } else { options.qos.bits() });
        Ok(())
    })
}

/// Appends a SUBACK: one answer per filter of the SUBSCRIBE, in its order. Source: MQTT 3.1.1 §3.9, MQTT 5 §3.9.
///
/// # Errors
/// There is no answer.
pub fn suback(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_id: PacketId,
    answers: impl IntoIterator<Item = SubscribeAnswer>,
) -> Result<(), EncodeError> {
    with_list(out, version, PacketType::SubAck, packet_id, answers, |out, answer| {
        out.push(answer.code(version));
        Ok(())
    })
}

/// Appends an UNSUBSCRIBE. Source: MQTT 3.1.1 §3.10, MQTT 5 §3.10.
///
/// # Errors
/// There is no filter, or one is longer than 65,535 bytes.
pub fn unsubscribe<'f>(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_id: PacketId,
    filters: impl IntoIterator<Item = &'f str>,
) -> Result<(), EncodeError> {
    with_list(out, version, PacketType::Unsubscribe, packet_id, filters, |out, filter| field(out, filter.as_bytes()))
}

/// Appends an UNSUBACK: below MQTT 5 the id alone, from there on one answer per filter.
/// Source: MQTT 3.1.1 §3.11, MQTT 5 §3.11.
///
/// # Errors
/// MQTT 5, and there is no answer.
pub fn unsuback(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_id: PacketId,
    answers: impl IntoIterator<Item = ReasonCode>,
) -> Result<(), EncodeError> {
    if version != V5 {
        with_packet_id(out, PacketType::UnsubAck, packet_id);
        return Ok(());
    }
    with_list(out, version, PacketType::UnsubAck, packet_id, answers, |out, answer| {
        out.push(answer.code());
        Ok(())
    })
}

/// Appends a PINGREQ. Source: MQTT 3.1.1 §3.12.
pub fn pingreq(out: &mut Vec<u8>) {
    out.extend_from_slice(&[first_byte(PacketType::PingReq), 0]);
}

/// Appends a PINGRESP. Source: MQTT 3.1.1 §3.13.
pub fn pingresp(out: &mut Vec<u8>) {
    out.extend_from_slice(&[first_byte(PacketType::PingResp), 0]);
}

/// Appends a plain DISCONNECT: the same bytes in every version. Source: MQTT 3.1.1 §3.14.
pub fn disconnect(out: &mut Vec<u8>) {
    out.extend_from_slice(&[first_byte(PacketType::Disconnect), 0]);
}

/// Appends a DISCONNECT that may have more to say; below MQTT 5 it is the plain one. Source: MQTT 5 §3.14.
///
/// # Errors
/// The properties are too large; never below MQTT 5.
pub fn disconnect_because(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    reason: ReasonCode,
    properties: Properties<'_>,
) -> Result<(), EncodeError> {
    reason_packet(out, first_byte(PacketType::Disconnect), &[], reason, properties, version == V5)
}

/// Type and the flags every packet but PUBLISH must have. Source: MQTT 3.1.1 §2.2.2.
const fn first_byte(packet_type: PacketType) -> u8 {
    let flags = match packet_type {
        PacketType::PubRel | PacketType::Subscribe | PacketType::Unsubscribe => 0b0010,
        _ => 0,
    };
    (packet_type as u8) << 4 | flags
}

#[inline]
fn with_packet_id(out: &mut Vec<u8>, packet_type: PacketType, packet_id: PacketId) {
    let [high, low] = packet_id.get().to_be_bytes();
    out.extend_from_slice(&[first_byte(packet_type), 2, high, low]);
}

/// A packet that may end before its reason and its properties. Source: MQTT 5 §3.4.2.1, §3.14.2.1, §3.15.2.1.
fn reason_packet(
    out: &mut Vec<u8>,
    first: u8,
    head: &[u8],
    reason: ReasonCode,
    said: Properties<'_>,
    has_reason: bool,
) -> Result<(), EncodeError> {
    with_length(out, first, |out| {
        out.extend_from_slice(head);
        if has_reason && (reason != ReasonCode::Success || !said.is_empty()) {
            out.push(reason.code());
            properties(out, V5, said)?;
        }
        Ok(())
    })
}

/// A packet that consists of an id, properties and something already encoded.
fn with_body(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_type: PacketType,
    packet_id: PacketId,
    said: Properties<'_>,
    body: &[u8],
) -> Result<(), EncodeError> {
    with_length(out, first_byte(packet_type), |out| {
        out.extend_from_slice(&packet_id.get().to_be_bytes());
        properties(out, version, said)?;
        out.extend_from_slice(body);
        Ok(())
    })
}

fn with_list<T>(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_type: PacketType,
    packet_id: PacketId,
    entries: impl IntoIterator<Item = T>,
    write_entry: impl Fn(&mut Vec<u8>, T) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    with_length(out, first_byte(packet_type), |out| {
        out.extend_from_slice(&packet_id.get().to_be_bytes());
        properties(out, version, Properties::NONE)?;
        let empty = out.len();
        for entry in entries {
            write_entry(out, entry)?;
        }
        if out.len() == empty { Err(EncodeError::EmptyList) } else { Ok(()) }
    })
}

/// The length and the properties where MQTT 5 has them, nothing below.
fn properties(out: &mut Vec<u8>, version: ProtocolVersion, properties: Properties<'_>) -> Result<(), EncodeError> {
    if version == V5 {
        let (length, length_bytes) = variable(properties.as_bytes().len())?;
        out.extend_from_slice(&length[..length_bytes]);
        out.extend_from_slice(properties.as_bytes());
    }
    Ok(())
}

/// Writes a packet whose length is known only after its body: for the rare ones. Takes everything back on an error.
fn with_length(
    out: &mut Vec<u8>,
    first: u8,
    write_body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.push(first);
    let body = out.len();
    let length = write_body(out).and_then(|()| variable(out.len() - body));
    match length {
        Ok((length, length_bytes)) => {
            out.splice(body..body, length.into_iter().take(length_bytes));
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// A number in seven bits a byte, and how many bytes of the array it takes. Source: MQTT 3.1.1 §2.2.3, MQTT 5 §1.5.5.
#[inline]
pub(crate) fn variable(mut remaining: usize) -> Result<([u8; 4], usize), EncodeError> {
    if remaining > REMAINING_BYTES_MAX {
        return Err(EncodeError::PacketTooLarge { bytes: remaining });
    }
    let mut bytes = [0; 4];
    let mut used = 0;
    for byte in &mut bytes {
        *byte = (remaining & 0x7f) as u8;
        remaining >>= 7;
        used += 1;
        if remaining == 0 {
            break;
        }
        *byte |= 0x80;
    }
    Ok((bytes, used))
}

pub(crate) fn field(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EncodeError> {
    out.extend_from_slice(&field_bytes(bytes)?);
    out.extend_from_slice(bytes);
    Ok(())
}

/// The two bytes in front of a text or binary field.
#[inline]
fn field_bytes(bytes: &[u8]) -> Result<[u8; 2], EncodeError> {
    u16::try_from(bytes.len()).map(u16::to_be_bytes).map_err(|_| EncodeError::FieldTooLong { bytes: bytes.len() })
}
