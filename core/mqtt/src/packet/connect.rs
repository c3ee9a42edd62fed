//! CONNECT and its answer.

use std::fmt;

use super::{ProtocolVersion, QoS};

/// A client's request to open a connection. Source: MQTT 3.1.1 §3.1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    pub version: ProtocolVersion,
    /// True: the client wants nothing kept from before or after this connection. Source: MQTT 3.1.1 §3.1.2.4.
    pub clean_session: bool,
    /// Unit: seconds; zero means the client may stay silent for ever. Source: MQTT 3.1.1 §3.1.2.10.
    pub keep_alive_seconds: u16,
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
    pub topic: &'a str,
    pub payload: &'a [u8],
}

/// The server's answer to CONNECT. Source: MQTT 3.1.1 §3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnAck {
    Accepted {
        /// The server kept state of an earlier connection. Always false in MQTT 3.1, which has no such bit.
        session_present: bool,
    },
    Refused(ConnectRefusal),
}

/// Why a CONNECT is refused; the discriminant is the return code on the wire. Source: MQTT 3.1.1 §3.2.2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[repr(u8)]
pub enum ConnectRefusal {
    #[error("protocol version not supported")]
    ProtocolVersion = 1,
    #[error("client id rejected")]
    IdentifierRejected = 2,
    #[error("server unavailable")]
    ServerUnavailable = 3,
    #[error("bad user name or password")]
    BadUserNameOrPassword = 4,
    #[error("not authorised")]
    NotAuthorised = 5,
}

impl ConnectRefusal {
    /// The return code on the wire, 1 to 5.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The refusal of a return code; `None` for 0 (accepted) and the reserved codes.
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
}
