//! Why bytes are not a packet.

use crate::packet::PacketType;

/// A violation of the packet format. The connection must be closed: where the next packet starts is unknown.
///
/// Only [`UnsupportedProtocol`](Self::UnsupportedProtocol) is answered before closing.
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
}
