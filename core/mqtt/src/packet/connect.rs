//! CONNECT and its answer.

use std::fmt;

use super::{ProtocolVersion, QoS, ReasonCode};
use crate::property::Properties;

/// A client's request to open a connection. Source: MQTT 3.1.1 §3.1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    pub version: ProtocolVersion,
    /// True: the client wants nothing kept from before this connection and, below MQTT 5, nothing after it.
    /// Source: MQTT 3.1.1 §3.1.2.4, MQTT 5 §3.1.2.4.
    pub clean_session: bool,
    /// Unit: seconds; zero means the client may stay silent for ever. Source: MQTT 3.1.1 §3.1.2.10.
    pub keep_alive_seconds: u16,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
    /// Any length, also empty, and also above the 23 characters of MQTT 3.1: whoever signs the client in decides.
    pub client_id: &'a str,
    pub user_name: Option<&'a str>,
    /// Binary data by the standard. Not shown by `Debug`.
    pub password: Option<&'a [u8]>,
    /// Visible, although the platform ignores it for devices.
    pub will: Option<Will<'a>>,
}

impl fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("version", &self.version)
            .field("clean_session", &self.clean_session)
            .field("keep_alive_seconds", &self.keep_alive_seconds)
            .field("properties", &self.properties)
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .field("password", &self.password.map(|_| format_args!("***")))
            .field("will", &self.will)
            .finish()
    }
}

/// What the server is to publish when the client vanishes. Source: MQTT 3.1.1 §3.1.2.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Will<'a> {
    pub qos: QoS,
    pub retain: bool,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
    pub topic: &'a str,
    pub payload: &'a [u8],
}

/// The server's answer to CONNECT. Source: MQTT 3.1.1 §3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnAck<'a> {
    Accepted {
        /// The server kept state of an earlier connection. Always false in MQTT 3.1, which has no such bit.
        session_present: bool,
        /// Always empty below MQTT 5.
        properties: Properties<'a>,
    },
    Refused {
        refusal: ConnectRefusal,
        /// Always empty below MQTT 5.
        properties: Properties<'a>,
    },
}

impl ConnAck<'_> {
    /// A refusal without further words.
    #[must_use]
    pub const fn refused(refusal: ConnectRefusal) -> Self {
        Self::Refused { refusal, properties: Properties::NONE }
    }

    /// An acceptance without further words.
    #[must_use]
    pub const fn accepted(session_present: bool) -> Self {
        Self::Accepted { session_present, properties: Properties::NONE }
    }
}

/// Why a CONNECT is refused. Source: MQTT 3.1.1 §3.2.2.3, MQTT 5 §3.2.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ConnectRefusal {
    #[error("protocol version not supported")]
    ProtocolVersion,
    #[error("client id rejected")]
    IdentifierRejected,
    #[error("server unavailable")]
    ServerUnavailable,
    #[error("bad user name or password")]
    BadUserNameOrPassword,
    #[error("not authorised")]
    NotAuthorised,
    /// The client, its product or its address is turned away for a while. Below MQTT 5 told as "server unavailable".
    #[error("too many sign-ins")]
    ConnectionRate,
    /// Any other reason of MQTT 5 above 0x80. Below it told as the nearest of the five.
    #[error("{0}")]
    Other(ReasonCode),
}

impl ConnectRefusal {
    /// The return code below MQTT 5, 1 to 5.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::ProtocolVersion => 1,
            Self::IdentifierRejected => 2,
            Self::ServerUnavailable | Self::ConnectionRate => 3,
            Self::BadUserNameOrPassword => 4,
            Self::NotAuthorised => 5,
            Self::Other(reason) => match reason {
                ReasonCode::BadAuthenticationMethod => 4,
                ReasonCode::Banned => 5,
                ReasonCode::MalformedPacket | ReasonCode::ProtocolError => 2,
                _ => 3,
            },
        }
    }

    /// The refusal of a return code below MQTT 5; `None` for 0 (accepted) and the reserved codes.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::ProtocolVersion),
            2 => Some(Self::IdentifierRejected),
            3 => Some(Self::ServerUnavailable),
            4 => Some(Self::BadUserNameOrPassword),
            5 => Some(Self::NotAuthorised),
            _ => None,
        }
    }

    /// The reason code of MQTT 5.
    #[must_use]
    pub const fn reason(self) -> ReasonCode {
        match self {
            Self::ProtocolVersion => ReasonCode::UnsupportedProtocolVersion,
            Self::IdentifierRejected => ReasonCode::ClientIdNotValid,
            Self::ServerUnavailable => ReasonCode::ServerUnavailable,
            Self::BadUserNameOrPassword => ReasonCode::BadUserNameOrPassword,
            Self::NotAuthorised => ReasonCode::NotAuthorised,
            Self::ConnectionRate => ReasonCode::ConnectionRateExceeded,
            Self::Other(reason) => reason,
        }
    }

    /// The refusal of a reason code; `None` for success.
    #[must_use]
    pub const fn from_reason(reason: ReasonCode) -> Option<Self> {
        Some(match reason {
            ReasonCode::UnsupportedProtocolVersion => Self::ProtocolVersion,
            ReasonCode::ClientIdNotValid => Self::IdentifierRejected,
            ReasonCode::ServerUnavailable => Self::ServerUnavailable,
            ReasonCode::BadUserNameOrPassword => Self::BadUserNameOrPassword,
            ReasonCode::NotAuthorised => Self::NotAuthorised,
            ReasonCode::ConnectionRateExceeded => Self::ConnectionRate,
            reason if reason.is_failure() => Self::Other(reason),
            _ => return None,
        })
    }
}
