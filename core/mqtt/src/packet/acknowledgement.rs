//! Packets that say what became of another one, and the ends of a connection.

use super::{PacketId, ReasonCode};
use crate::property::Properties;

/// PUBACK, PUBREC, PUBREL and PUBCOMP. Source: MQTT 5 §3.4 to §3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledgement<'a> {
    pub packet_id: PacketId,
    /// Always [`ReasonCode::Success`] below MQTT 5.
    pub reason: ReasonCode,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
}

impl Acknowledgement<'_> {
    /// All went well, and there is nothing more to say: the same bytes in every version.
    #[must_use]
    pub const fn success(packet_id: PacketId) -> Self {
        Self { packet_id, reason: ReasonCode::Success, properties: Properties::NONE }
    }
}

/// The answer to UNSUBSCRIBE. Source: MQTT 5 §3.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsubAck<'a> {
    pub packet_id: PacketId,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
    /// Checked while decoding. Empty below MQTT 5.
    pub(crate) codes: &'a [u8],
}

impl<'a> UnsubAck<'a> {
    /// One answer per filter of the UNSUBSCRIBE, in its order. None at all below MQTT 5.
    pub fn answers(&self) -> impl Iterator<Item = ReasonCode> + use<'a> {
        self.codes.iter().filter_map(|&code| ReasonCode::from_code(code))
    }
}

/// The end of a connection, said by either side. Source: MQTT 5 §3.14.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disconnect<'a> {
    /// Always [`ReasonCode::Success`] below MQTT 5.
    pub reason: ReasonCode,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
}

impl Disconnect<'_> {
    /// A plain goodbye: the same bytes in every version.
    pub const NORMAL: Self = Self { reason: ReasonCode::Success, properties: Properties::NONE };
}

/// A step of an extended authentication; MQTT 5 only. Source: MQTT 5 §3.15.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auth<'a> {
    pub reason: ReasonCode,
    pub properties: Properties<'a>,
}
