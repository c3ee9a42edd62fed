//! CONNECT and CONNACK.

use super::{DecodeError, reader::Reader, topic};
use crate::packet::{ConnAck, Connect, ConnectRefusal, ProtocolVersion, QoS, Will};

const RESERVED: u8 = 0x01;
const CLEAN_SESSION: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS_SHIFT: u8 = 3;
const WILL_RETAIN: u8 = 0x20;
const WILL_DETAILS: u8 = WILL_RETAIN | 0b11 << WILL_QOS_SHIFT;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

/// Source: MQTT 3.1.1 §3.1.
pub(super) fn connect<'a>(reader: &mut Reader<'a>) -> Result<Connect<'a>, DecodeError> {
    // The version decides how the rest is laid out, so it is judged before anything else is looked at.
    let name = reader.bytes()?;
    let version = ProtocolVersion::from_wire(name, reader.u8()?).ok_or(DecodeError::UnsupportedProtocol)?;
    let flags = reader.u8()?;
    if version != ProtocolVersion::V3_1 {
        check_flags(flags)?;
    }
    let keep_alive_seconds = reader.u16()?;
    let client_id = reader.text()?;
    let will = if flags & WILL == 0 { None } else { Some(will(flags, reader)?) };
    let user_name = if has_field(reader, version, flags, USER_NAME) { Some(reader.text()?) } else { None };
    let password = if has_field(reader, version, flags, PASSWORD) { Some(reader.bytes()?) } else { None };
    reader.clone().finish()?;
    let clean_session = flags & CLEAN_SESSION != 0;
    Ok(Connect { version, clean_session, keep_alive_seconds, client_id, user_name, password, will })
}

/// Rules that came with 3.1.1; MQTT 3.1 disregards the same bits.
const fn check_flags(flags: u8) -> Result<(), DecodeError> {
    if flags & RESERVED != 0 {
        return Err(DecodeError::ReservedConnectFlag); // [MQTT-3.1.2-3]
    }
    if flags & WILL == 0 && flags & WILL_DETAILS != 0 {
        return Err(DecodeError::InconsistentWill); // [MQTT-3.1.2-13], [MQTT-3.1.2-15]
    }
    if flags & (USER_NAME | PASSWORD) == PASSWORD {
        return Err(DecodeError::PasswordWithoutUserName); // [MQTT-3.1.2-22]
    }
    Ok(())
}

fn will<'a>(flags: u8, reader: &mut Reader<'a>) -> Result<Will<'a>, DecodeError> {
    // [MQTT-3.1.2-14]
    let qos = QoS::from_bits((flags >> WILL_QOS_SHIFT) & 0b11).ok_or(DecodeError::InvalidQos)?;
    Ok(Will { qos, retain: flags & WILL_RETAIN != 0, topic: topic(reader)?, payload: reader.bytes()? })
}

/// Is a flagged field of the payload really there?
///
/// MQTT 3.1 §3.1 lets the packet's length win over the flags: clients of the first MQTT 3 set them without sending
/// the texts, and such a connection is to be served.
fn has_field(reader: &Reader<'_>, version: ProtocolVersion, flags: u8, flag: u8) -> bool {
    flags & flag != 0 && !(version == ProtocolVersion::V3_1 && reader.is_empty())
}

/// Source: MQTT 3.1.1 §3.2.
pub(super) fn conn_ack(reader: &mut Reader<'_>, version: ProtocolVersion) -> Result<ConnAck, DecodeError> {
    let flags = reader.u8()?;
    let code = reader.u8()?;
    reader.clone().finish()?;
    // MQTT 3.1 has no use for the first byte; a client is not to look at it.
    let session_present = version != ProtocolVersion::V3_1 && flags == 1;
    if version != ProtocolVersion::V3_1 && flags > 1 {
        return Err(DecodeError::InvalidConnAckFlags(flags));
    }
    match (code, session_present) {
        (0, _) => Ok(ConnAck::Accepted { session_present }),
        (_, true) => Err(DecodeError::InvalidConnAckFlags(flags)), // [MQTT-3.2.2-4]
        (code, false) => {
            ConnectRefusal::from_code(code).map(ConnAck::Refused).ok_or(DecodeError::InvalidReturnCode(code))
        }
    }
}
