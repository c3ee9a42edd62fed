//! Why the server ends a connection.

use super::{KEEP_ALIVE_SECONDS_MAX, RECEIVE_MAX, RECEIVER_BYTES_MIN};
use crate::{
    decode::DecodeError,
    packet::{ConnectRefusal, PacketType, ReasonCode},
};

/// Why the server ends a connection. The text is meant for a diagnostic log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CloseReason {
    #[error("no sign-in within the time allowed")]
    ConnectTimeout,
    #[error("nothing received for one and a half times the keep-alive of {keep_alive_seconds} s")]
    KeepAliveTimeout { keep_alive_seconds: u16 },
    #[error("first packet was {0}, not CONNECT")]
    FirstPacketNotConnect(PacketType),
    /// The caller fed a packet between [`Step::SignIn`](super::Step::SignIn) and its answer.
    #[error("{0} handled before the sign-in was answered")]
    PacketDuringSignIn(PacketType),
    #[error("second CONNECT on one connection")]
    SecondConnect,
    #[error("keep-alive of {seconds} s, allowed {KEEP_ALIVE_SECONDS_MAX}")]
    KeepAliveTooLong { seconds: u16 },
    #[error("sign-in refused: {0}")]
    Refused(ConnectRefusal),
    #[error("QoS 2 is not supported")]
    ExactlyOnceUnsupported,
    #[error("client sent {0}, which only a server may send")]
    WrongDirection(PacketType),
    #[error("malformed packet: {0}")]
    Malformed(DecodeError),
    #[error("extended authentication is not supported")]
    AuthenticationUnsupported,
    #[error("client takes packets of {bytes_max} bytes at most, at least {RECEIVER_BYTES_MIN} are needed")]
    ReceiverTooSmall { bytes_max: u32 },
    #[error("more than {RECEIVE_MAX} messages sent without waiting for their acknowledgement")]
    ReceiveMaximumExceeded,
    #[error("topic alias {alias}, allowed 1 to {alias_max}")]
    TopicAliasTooLarge { alias: u16, alias_max: u16 },
    #[error("topic alias {alias} stands for no topic yet")]
    TopicAliasUnknown { alias: u16 },
    #[error("subscription identifier in a message to the server")]
    SubscriptionIdInPublish,
    #[error("subscription identifiers are not supported")]
    SubscriptionIdsUnsupported,
    #[error("session expiry set at the end of a connection that began with none")]
    SessionExpiryRaised,
    /// The caller's own decision; see [`Connection::disconnect`](super::Connection::disconnect).
    #[error("{0}")]
    ByServer(ReasonCode),
    /// The caller went on using a connection that had ended.
    #[error("connection is already over")]
    AlreadyOver,
}

impl CloseReason {
    /// What MQTT 5 tells the client. Source: MQTT 5 §3.14.2.1.
    #[must_use]
    pub const fn reason(self) -> ReasonCode {
        match self {
            Self::KeepAliveTimeout { .. } => ReasonCode::KeepAliveTimeout,
            Self::FirstPacketNotConnect(_)
            | Self::PacketDuringSignIn(_)
            | Self::SecondConnect
            | Self::WrongDirection(_)
            | Self::AuthenticationUnsupported
            | Self::SubscriptionIdInPublish
            | Self::SessionExpiryRaised => ReasonCode::ProtocolError,
            Self::KeepAliveTooLong { .. } | Self::ReceiverTooSmall { .. } => ReasonCode::ImplementationSpecific,
            Self::Refused(refusal) => refusal.reason(),
            Self::ExactlyOnceUnsupported => ReasonCode::QoSNotSupported,
            Self::Malformed(error) => error.reason(),
            Self::ReceiveMaximumExceeded => ReasonCode::ReceiveMaximumExceeded,
            Self::TopicAliasTooLarge { .. } => ReasonCode::TopicAliasInvalid,
            Self::TopicAliasUnknown { .. } => ReasonCode::ProtocolError,
            Self::SubscriptionIdsUnsupported => ReasonCode::SubscriptionIdsNotSupported,
            Self::ByServer(reason) => reason,
            Self::ConnectTimeout | Self::AlreadyOver => ReasonCode::UnspecifiedError,
        }
    }
}
