//! Why bytes are not a packet.

use crate::{
    packet::{PacketType, ReasonCode},
    property::{USER_PROPERTIES_MAX, USER_PROPERTY_BYTES_MAX},
};

/// A violation of the packet format. The connection must be closed: where the next packet starts is unknown.
///
/// MQTT 5 answers with [`reason`](Self::reason) before closing; below it only
/// [`UnsupportedProtocol`](Self::UnsupportedProtocol) is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum DecodeError {
    #[error("packet of {bytes} bytes, allowed {bytes_max}")]
    PacketTooLarge { bytes: usize, bytes_max: usize },
    #[error("packet length takes more than four bytes")]
    MalformedLength,
    #[error("unknown packet type {0}")]
    UnknownPacketType(u8),
    #[error("{packet_type} with flags {flags:#06b}")]
    ReservedFlags { packet_type: PacketType, flags: u8 },
    #[error("a field reaches past the end of its packet")]
    Truncated,
    #[error("bytes left over at the end of a packet")]
    TrailingBytes,
    #[error("text is not valid UTF-8")]
    InvalidUtf8,
    #[error("text contains the character NUL")]
    NulInText,
    #[error("empty topic")]
    EmptyTopic,
    #[error("wildcard in a topic name")]
    WildcardInTopic,
    #[error("malformed topic filter")]
    InvalidFilter,
    #[error("no topic filter")]
    NoFilters,
    #[error("packet id zero")]
    ZeroPacketId,
    #[error("QoS out of range")]
    InvalidQos,
    #[error("duplicate flag on a QoS 0 message")]
    DuplicateAtMostOnce,
    /// Name or level of a CONNECT is none of ours; to be answered with CONNACK 1. Source: MQTT 3.1.1 §3.1.2.2.
    #[error("protocol name or level not supported")]
    UnsupportedProtocol,
    #[error("reserved flag set in CONNECT")]
    ReservedConnectFlag,
    #[error("will QoS or will retain without a will")]
    InconsistentWill,
    #[error("password without user name")]
    PasswordWithoutUserName,
    #[error("unknown acknowledge flags {0:#04x}")]
    InvalidConnAckFlags(u8),
    #[error("unknown return code {0}")]
    InvalidReturnCode(u8),
    #[error("malformed subscription options {0:#04x}")]
    InvalidSubscriptionOptions(u8),
    #[error("no local asked for on a shared subscription")]
    NoLocalOnShared,
    #[error("unknown property {0}")]
    UnknownProperty(u8),
    /// Not in this type of packet, or not without another property.
    #[error("property {0} does not belong into this packet")]
    MisplacedProperty(u8),
    #[error("property {0} given twice")]
    RepeatedProperty(u8),
    #[error("property {0} has a value out of range")]
    PropertyValue(u8),
    #[error("more than {USER_PROPERTIES_MAX} user properties")]
    TooManyUserProperties,
    #[error("user properties of more than {USER_PROPERTY_BYTES_MAX} bytes")]
    UserPropertiesTooLarge,
}

impl DecodeError {
    /// What MQTT 5 calls it. Source: MQTT 5 §2.4 and §4.13.
    #[must_use]
    pub const fn reason(self) -> ReasonCode {
        match self {
            Self::PacketTooLarge { .. } | Self::UserPropertiesTooLarge => ReasonCode::PacketTooLarge,
            Self::TooManyUserProperties => ReasonCode::QuotaExceeded,
            Self::MalformedLength
            | Self::UnknownPacketType(_)
            | Self::ReservedFlags { .. }
            | Self::Truncated
            | Self::TrailingBytes
            | Self::InvalidUtf8
            | Self::NulInText
            | Self::InvalidQos
            | Self::ReservedConnectFlag
            | Self::InconsistentWill
            | Self::PasswordWithoutUserName
            | Self::InvalidConnAckFlags(_)
            | Self::InvalidReturnCode(_)
            | Self::InvalidSubscriptionOptions(_)
            | Self::UnknownProperty(_)
            | Self::MisplacedProperty(_) => ReasonCode::MalformedPacket,
            Self::EmptyTopic
            | Self::NoFilters
            | Self::ZeroPacketId
            | Self::DuplicateAtMostOnce
            | Self::NoLocalOnShared
            | Self::RepeatedProperty(_)
            | Self::PropertyValue(_) => ReasonCode::ProtocolError,
            Self::WildcardInTopic => ReasonCode::TopicNameInvalid,
            Self::InvalidFilter => ReasonCode::TopicFilterInvalid,
            Self::UnsupportedProtocol => ReasonCode::UnsupportedProtocolVersion,
        }
    }
}
