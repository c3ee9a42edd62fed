//! CONNECT and CONNACK.

use super::{
    DecodeError,
    properties::{Place, UserProperties, properties, read as read_properties},
    reader::Reader,
    reason, topic,
};
use crate::{
    packet::{ConnAck, Connect, ConnectRefusal, PacketType, ProtocolVersion, QoS, ReasonCode, Will},
    property::Properties,
};
use ProtocolVersion::{V3_1, V5};

const RESERVED: u8 = 0x01;
const CLEAN_SESSION: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS_SHIFT: u8 = 3;
const WILL_RETAIN: u8 = 0x20;
const WILL_DETAILS: u8 = WILL_RETAIN | 0b11 << WILL_QOS_SHIFT;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

/// Source: MQTT 3.1.1 §3.1, MQTT 5 §3.1.
pub(super) fn connect<'a>(reader: &mut Reader<'a>) -> Result<Connect<'a>, DecodeError> {
    // The version decides how the rest is laid out, so it is judged before anything else is looked at.
    let name = reader.bytes()?;
    let version = ProtocolVersion::from_wire(name, reader.u8()?).ok_or(DecodeError::UnsupportedProtocol)?;
    let flags = reader.u8()?;
    check_flags(flags, version)?;
    let keep_alive_seconds = reader.u16()?;
    let mut user = UserProperties::default();
    let mut read = |reader: &mut Reader<'a>, place| {
        if version == V5 { read_properties(reader, place, &mut user) } else { Ok(Properties::NONE) }
    };
    let properties = read(reader, Place::Packet(PacketType::Connect))?;
    let client_id = reader.text()?;
    let will = if flags & WILL == 0 {
        None
    } else {
        let properties = read(reader, Place::Will)?;
        Some(will(flags, properties, reader)?)
    };
    let user_name = if has_field(reader, version, flags, USER_NAME) { Some(reader.text()?) } else { None };
    let password = if has_field(reader, version, flags, PASSWORD) { Some(reader.bytes()?) } else { None };
    reader.clone().finish()?;
    let clean_session = flags & CLEAN_SESSION != 0;
    Ok(Connect { version, clean_session, keep_alive_seconds, properties, client_id, user_name, password, will })
}

/// Rules that came with 3.1.1; MQTT 3.1 disregards the same bits.
fn check_flags(flags: u8, version: ProtocolVersion) -> Result<(), DecodeError> {
    if version == V3_1 {
        return Ok(());
    }
    if flags & RESERVED != 0 {
        return Err(DecodeError::ReservedConnectFlag); // [MQTT-3.1.2-3]
    }
    if flags & WILL == 0 && flags & WILL_DETAILS != 0 {
        return Err(DecodeError::InconsistentWill); // [MQTT-3.1.2-13], [MQTT-3.1.2-15]
    }
    // MQTT 5 allows it again, §3.1.2.9.
    if flags & (USER_NAME | PASSWORD) == PASSWORD && version != V5 {
        return Err(DecodeError::PasswordWithoutUserName); // [MQTT-3.1.2-22]
    }
    Ok(())
}

fn will<'a>(flags: u8, properties: Properties<'a>, reader: &mut Reader<'a>) -> Result<Will<'a>, DecodeError> {
    // [MQTT-3.1.2-14]
    let qos = QoS::from_bits((flags >> WILL_QOS_SHIFT) & 0b11).ok_or(DecodeError::InvalidQos)?;
    let retain = flags & WILL_RETAIN != 0;
    Ok(Will { qos, retain, properties, topic: topic(reader)?, payload: reader.bytes()? })
}

/// Is a flagged field of the payload really there?
///
/// MQTT 3.1 §3.1 lets the packet's length win over the flags: clients of the first MQTT 3 set them without sending
/// the texts, and such a connection is to be served.
fn has_field(reader: &Reader<'_>, version: ProtocolVersion, flags: u8, flag: u8) -> bool {
    flags & flag != 0 && !(version == V3_1 && reader.is_empty())
}

/// Source: MQTT 3.1.1 §3.2, MQTT 5 §3.2.
pub(super) fn conn_ack<'a>(reader: &mut Reader<'a>, version: ProtocolVersion) -> Result<ConnAck<'a>, DecodeError> {
    let flags = reader.u8()?;
    let code = reader.u8()?;
    let properties = if version == V5 { properties(reader, PacketType::ConnAck)? } else { Properties::NONE };
    reader.clone().finish()?;
    // MQTT 3.1 has no use for the first byte; a client is not to look at it.
    let session_present = version != V3_1 && flags == 1;
    if version != V3_1 && flags > 1 {
        return Err(DecodeError::InvalidConnAckFlags(flags));
    }
    let refusal = match version {
        V5 => ConnectRefusal::from_reason(reason(code, PacketType::ConnAck)?),
        _ if code == ReasonCode::Success.code() => None,
        _ => Some(ConnectRefusal::from_code(code).ok_or(DecodeError::InvalidReturnCode(code))?),
    };
    match refusal {
        None => Ok(ConnAck::Accepted { session_present, properties }),
        Some(_) if session_present => Err(DecodeError::InvalidConnAckFlags(flags)), // [MQTT-3.2.2-4]
        Some(refusal) => Ok(ConnAck::Refused { refusal, properties }),
    }
}

/// The version a CONNECT at the start of `buffer` announces, also when the rest of it is malformed.
pub(super) fn announced_version(buffer: &[u8]) -> Option<ProtocolVersion> {
    let length_bytes = buffer.get(1..)?.iter().take(4).position(|&byte| byte & 0x80 == 0)? + 1;
    if PacketType::from_first_byte(*buffer.first()?)? != PacketType::Connect {
        return None;
    }
    let mut reader = Reader::new(buffer.get(1 + length_bytes..)?);
    ProtocolVersion::from_wire(reader.bytes().ok()?, reader.u8().ok()?)
}
