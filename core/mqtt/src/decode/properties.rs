//! Which properties a packet may carry, how often and how much. Source: MQTT 5 §2.2.2.2, table 2-4.

use super::{DecodeError, Reader};
use crate::{
    filter,
    packet::PacketType,
    property::{Properties, Property, USER_PROPERTIES_MAX, USER_PROPERTY_BYTES_MAX},
};

/// Where properties stand: the type of the packet, or the will inside a CONNECT.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Packet(PacketType),
    Will,
}

impl Place {
    const fn bit(self) -> u16 {
        match self {
            Self::Will => 1,
            Self::Packet(packet_type) => 1 << packet_type as u8,
        }
    }
}

/// What all user properties of a packet amount to, those of a will included.
#[derive(Default)]
pub(super) struct UserProperties {
    count: usize,
    bytes: usize,
}

impl UserProperties {
    fn add(&mut self, name: &str, value: &str) -> Result<(), DecodeError> {
        self.count += 1;
        self.bytes += name.len() + value.len();
        if self.count > USER_PROPERTIES_MAX {
            return Err(DecodeError::TooManyUserProperties);
        }
        if self.bytes > USER_PROPERTY_BYTES_MAX { Err(DecodeError::UserPropertiesTooLarge) } else { Ok(()) }
    }
}

/// Takes the length and the properties off the front.
#[inline]
pub(super) fn properties<'a>(reader: &mut Reader<'a>, packet_type: PacketType) -> Result<Properties<'a>, DecodeError> {
    read(reader, Place::Packet(packet_type), &mut UserProperties::default())
}

/// As [`properties`], for a packet that has them in two places.
#[inline]
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    place: Place,
    user: &mut UserProperties,
) -> Result<Properties<'a>, DecodeError> {
    let length = reader.variable()? as usize;
    if length == 0 {
        return Ok(Properties::NONE);
    }
    let bytes = reader.take(length)?;
    check(bytes, place, user)?;
    Ok(Properties::of_checked(bytes))
}

fn check(bytes: &[u8], place: Place, user: &mut UserProperties) -> Result<(), DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut seen = 0_u64;
    while !reader.is_empty() {
        let property = Property::read(&mut reader)?;
        let id = property.id();
        if places(id) & place.bit() == 0 {
            return Err(DecodeError::MisplacedProperty(id));
        }
        let mark = 1 << id;
        if seen & mark != 0 && !may_repeat(&property, place) {
            return Err(DecodeError::RepeatedProperty(id));
        }
        seen |= mark;
        match property {
            Property::User(name, value) => user.add(name, value)?,
            Property::ResponseTopic(topic) if !filter::is_valid_topic(topic) => {
                return Err(DecodeError::WildcardInTopic); // [MQTT-3.3.2-14]
            }
            _ => {}
        }
    }
    const AUTHENTICATION_METHOD: u64 = 1 << 21;
    const AUTHENTICATION_DATA: u64 = 1 << 22;
    if seen & AUTHENTICATION_DATA != 0 && seen & AUTHENTICATION_METHOD == 0 {
        return Err(DecodeError::MisplacedProperty(22)); // §3.1.2.11.10
    }
    Ok(())
}

/// Once only, but for user properties, and for the identifiers of all subscriptions that a message matched.
const fn may_repeat(property: &Property<'_>, place: Place) -> bool {
    match property {
        Property::User(..) => true,
        Property::SubscriptionId(_) => matches!(place, Place::Packet(PacketType::Publish)),
        _ => false,
    }
}

/// The places a property may stand in, as a set of [`Place::bit`].
const fn places(id: u8) -> u16 {
    const WILL: u16 = Place::Will.bit();
    const CONNECT: u16 = Place::Packet(PacketType::Connect).bit();
    const CONNACK: u16 = Place::Packet(PacketType::ConnAck).bit();
    const PUBLISH: u16 = Place::Packet(PacketType::Publish).bit();
    const ACKNOWLEDGEMENTS: u16 = Place::Packet(PacketType::PubAck).bit()
        | Place::Packet(PacketType::PubRec).bit()
        | Place::Packet(PacketType::PubRel).bit()
        | Place::Packet(PacketType::PubComp).bit()
        | Place::Packet(PacketType::SubAck).bit()
        | Place::Packet(PacketType::UnsubAck).bit();
    const SUBSCRIBE: u16 = Place::Packet(PacketType::Subscribe).bit();
    const UNSUBSCRIBE: u16 = Place::Packet(PacketType::Unsubscribe).bit();
    const DISCONNECT: u16 = Place::Packet(PacketType::Disconnect).bit();
    const AUTH: u16 = Place::Packet(PacketType::Auth).bit();
    match id {
        1 | 2 | 3 | 8 | 9 => PUBLISH | WILL,
        11 => PUBLISH | SUBSCRIBE,
        17 => CONNECT | CONNACK | DISCONNECT,
        18 | 19 | 26 | 36 | 37 | 40 | 41 | 42 => CONNACK,
        21 | 22 => CONNECT | CONNACK | AUTH,
        23 | 25 => CONNECT,
        24 => WILL,
        28 => CONNACK | DISCONNECT,
        31 => CONNACK | ACKNOWLEDGEMENTS | DISCONNECT | AUTH,
        33 | 34 | 39 => CONNECT | CONNACK,
        35 => PUBLISH,
        38 => WILL | CONNECT | CONNACK | PUBLISH | ACKNOWLEDGEMENTS | SUBSCRIBE | UNSUBSCRIBE | DISCONNECT | AUTH,
        _ => 0,
    }
}
