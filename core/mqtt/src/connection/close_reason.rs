//! Why the server ends a connection.

use super::KEEP_ALIVE_SECONDS_MAX;
use crate::{
    decode::DecodeError,
    packet::{ConnectRefusal, PacketType},
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
    /// The caller went on using a connection that had ended.
    #[error("connection is already over")]
    AlreadyOver,
}
