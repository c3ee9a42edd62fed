//! Packets to bytes, appended to a buffer of the caller.
//!
//! Functions that can fail leave the buffer as it was. Contents are not judged again: give them texts that follow the
//! rules of [`filter`](crate::filter).

use crate::packet::{ConnAck, Connect, Packet, PacketId, PacketType, ProtocolVersion, Publish, QoS, SubscribeAnswer};

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
    /// SUBSCRIBE, UNSUBSCRIBE or SUBACK without an entry.
    #[error("empty list")]
    EmptyList,
    /// Not allowed in MQTT 3.1.1.
    #[error("password without user name")]
    PasswordWithoutUserName,
}

/// Appends any packet, as `version` writes it (a CONNECT: as its own version does).
///
/// # Errors
/// See [`EncodeError`]; never for a packet that [`decode`](crate::decode()) returned.
pub fn packet(out: &mut Vec<u8>, version: ProtocolVersion, packet: &Packet<'_>) -> Result<(), EncodeError> {
    match packet {
        Packet::Connect(packet) => return connect(out, packet),
        Packet::ConnAck(packet) => connack(out, version, *packet),
        Packet::Publish(packet) => return publish(out, packet),
        Packet::PubAck(id) => puback(out, *id),
        Packet::PubRec(id) => pubrec(out, *id),
        Packet::PubRel(id) => pubrel(out, *id),
        Packet::PubComp(id) => pubcomp(out, *id),
        Packet::Subscribe(packet) => return subscribe(out, packet.packet_id, packet.filters()),
        Packet::SubAck(packet) => return suback(out, packet.packet_id, packet.answers()),
        Packet::Unsubscribe(packet) => return unsubscribe(out, packet.packet_id, packet.filters()),
        Packet::UnsubAck(id) => unsuback(out, *id),
        Packet::PingReq => pingreq(out),
        Packet::PingResp => pingresp(out),
        Packet::Disconnect => disconnect(out),
    }
    Ok(())
}

/// Appends a CONNECT. Source: MQTT 3.1.1 §3.1.
///
/// # Errors
/// A field is longer than 65,535 bytes, or a password comes without a user name (3.1.1 only).
pub fn connect(out: &mut Vec<u8>, connect: &Connect<'_>) -> Result<(), EncodeError> {
    if connect.version != ProtocolVersion::V3_1 && connect.password.is_some() && connect.user_name.is_none() {
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
        field(out, connect.client_id.as_bytes())?;
        if let Some(will) = &connect.will {
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

/// Appends a CONNACK, always four bytes. Source: MQTT 3.1.1 §3.2.
///
/// MQTT 3.1 has no session-present bit, its byte stays zero.
pub fn connack(out: &mut Vec<u8>, version: ProtocolVersion, conn_ack: ConnAck) {
    let (flags, code) = match conn_ack {
        ConnAck::Accepted { session_present } => (u8::from(session_present && version != ProtocolVersion::V3_1), 0),
        ConnAck::Refused(refusal) => (0, refusal.code()),
    };
    out.extend_from_slice(&[first_byte(PacketType::ConnAck), 2, flags, code]);
}

/// Appends a PUBLISH. Source: MQTT 3.1.1 §3.3.
///
/// # Errors
/// The topic is longer than 65,535 bytes, the packet too large, or QoS above 0 comes without a packet id.
/// A packet id beside QoS 0 is not written.
#[inline]
pub fn publish(out: &mut Vec<u8>, publish: &Publish<'_>) -> Result<(), EncodeError> {
    let packet_id = match (publish.qos, publish.packet_id) {
        (QoS::AtMostOnce, _) => None,
        (_, None) => return Err(EncodeError::PacketIdMissing),
        (_, id) => id,
    };
    let topic_bytes = field_bytes(publish.topic.as_bytes())?;
    let id_bytes = if packet_id.is_some() { 2 } else { 0 };
    let remaining = 2 + publish.topic.len() + id_bytes + publish.payload.len();
    let first = first_byte(PacketType::Publish)
        | u8::from(publish.duplicate) << 3
        | publish.qos.bits() << 1
        | u8::from(publish.retain);
    let (length, length_bytes) = remaining_length(remaining)?;
    out.reserve(1 + length_bytes + remaining);
    out.push(first);
    out.extend_from_slice(&length[..length_bytes]);
    out.extend_from_slice(&topic_bytes);
    out.extend_from_slice(publish.topic.as_bytes());
    if let Some(packet_id) = packet_id {
        out.extend_from_slice(&packet_id.get().to_be_bytes());
    }
    out.extend_from_slice(publish.payload);
    Ok(())
}

/// Appends a PUBACK. Source: MQTT 3.1.1 §3.4.
#[inline]
pub fn puback(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubAck, packet_id);
}

/// Appends a PUBREC. Source: MQTT 3.1.1 §3.5.
pub fn pubrec(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubRec, packet_id);
}

/// Appends a PUBREL. Source: MQTT 3.1.1 §3.6.
pub fn pubrel(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubRel, packet_id);
}

/// Appends a PUBCOMP. Source: MQTT 3.1.1 §3.7.
pub fn pubcomp(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::PubComp, packet_id);
}

/// Appends a SUBSCRIBE. Source: MQTT 3.1.1 §3.8.
///
/// # Errors
/// There is no filter, or one is longer than 65,535 bytes.
pub fn subscribe<'f>(
    out: &mut Vec<u8>,
    packet_id: PacketId,
    filters: impl IntoIterator<Item = (&'f str, QoS)>,
) -> Result<(), EncodeError> {
    with_list(out, PacketType::Subscribe, packet_id, filters, |out, (filter, qos)| {
        field(out, filter.as_bytes())?;
        out.push(qos.bits());
        Ok(())
    })
}

/// Appends a SUBACK: one answer per filter of the SUBSCRIBE, in its order. Source: MQTT 3.1.1 §3.9.
///
/// # Errors
/// There is no answer.
pub fn suback(
    out: &mut Vec<u8>,
    packet_id: PacketId,
    answers: impl IntoIterator<Item = SubscribeAnswer>,
) -> Result<(), EncodeError> {
    with_list(out, PacketType::SubAck, packet_id, answers, |out, answer| {
        out.push(answer.code());
        Ok(())
    })
}

/// Appends an UNSUBSCRIBE. Source: MQTT 3.1.1 §3.10.
///
/// # Errors
/// There is no filter, or one is longer than 65,535 bytes.
pub fn unsubscribe<'f>(
    out: &mut Vec<u8>,
    packet_id: PacketId,
    filters: impl IntoIterator<Item = &'f str>,
) -> Result<(), EncodeError> {
    with_list(out, PacketType::Unsubscribe, packet_id, filters, |out, filter| field(out, filter.as_bytes()))
}

/// Appends an UNSUBACK. Source: MQTT 3.1.1 §3.11.
pub fn unsuback(out: &mut Vec<u8>, packet_id: PacketId) {
    with_packet_id(out, PacketType::UnsubAck, packet_id);
}

/// Appends a PINGREQ. Source: MQTT 3.1.1 §3.12.
pub fn pingreq(out: &mut Vec<u8>) {
    out.extend_from_slice(&[first_byte(PacketType::PingReq), 0]);
}

/// Appends a PINGRESP. Source: MQTT 3.1.1 §3.13.
pub fn pingresp(out: &mut Vec<u8>) {
    out.extend_from_slice(&[first_byte(PacketType::PingResp), 0]);
}

/// Appends a DISCONNECT. Source: MQTT 3.1.1 §3.14.
pub fn disconnect(out: &mut Vec<u8>) {
    out.extend_from_slice(&[first_byte(PacketType::Disconnect), 0]);
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

fn with_list<T>(
    out: &mut Vec<u8>,
    packet_type: PacketType,
    packet_id: PacketId,
    entries: impl IntoIterator<Item = T>,
    write_entry: impl Fn(&mut Vec<u8>, T) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    with_length(out, first_byte(packet_type), |out| {
        out.extend_from_slice(&packet_id.get().to_be_bytes());
        let empty = out.len();
        for entry in entries {
            write_entry(out, entry)?;
        }
        if out.len() == empty { Err(EncodeError::EmptyList) } else { Ok(()) }
    })
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
    let length = write_body(out).and_then(|()| remaining_length(out.len() - body));
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

/// The remaining length, and in how many bytes of the array it is. Source: MQTT 3.1.1 §2.2.3.
#[inline]
fn remaining_length(mut remaining: usize) -> Result<([u8; 4], usize), EncodeError> {
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

fn field(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EncodeError> {
    out.extend_from_slice(&field_bytes(bytes)?);
    out.extend_from_slice(bytes);
    Ok(())
}

/// The two bytes in front of a text or binary field.
#[inline]
fn field_bytes(bytes: &[u8]) -> Result<[u8; 2], EncodeError> {
    u16::try_from(bytes.len()).map(u16::to_be_bytes).map_err(|_| EncodeError::FieldTooLong { bytes: bytes.len() })
}
