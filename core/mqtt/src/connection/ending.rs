//! How a connection ends.

use std::time::Instant;

use super::{CloseReason, Connection, State};
use crate::{
    decode::{DecodeError, announced_version},
    encode,
    packet::{ConnectRefusal, PacketType, ProtocolVersion, ReasonCode},
    property::{Property, PropertyBuffer},
};

/// Longest text told to a client. Unit: bytes.
const REASON_STRING_BYTES_MAX: usize = 512;

impl Connection {
    /// Ends the connection after bytes that are no packet; `bytes` begin with them. Below MQTT 5 only an unknown
    /// protocol's CONNECT is answered.
    pub fn decode_failed(&mut self, error: DecodeError, bytes: &[u8], out: &mut Vec<u8>) -> CloseReason {
        let reason = CloseReason::Malformed(error);
        match self.state {
            State::AwaitsConnect if error == DecodeError::UnsupportedProtocol => {
                self.refuse(ConnectRefusal::ProtocolVersion, "", out); // [MQTT-3.1.2-2]
            }
            State::AwaitsConnect if announced_version(bytes) == Some(ProtocolVersion::V5) => {
                self.version = ProtocolVersion::V5;
                self.refuse(ConnectRefusal::Other(error.reason()), &error.to_string(), out); // §4.13.1
            }
            State::SignedIn => return self.close(reason, out),
            State::AwaitsConnect | State::SigningIn | State::Over => {}
        }
        self.end(reason)
    }

    /// Ends the connection by the caller's decision: from MQTT 5 on the client gets a DISCONNECT with the reason and
    /// `why` in words, below it nothing. Source: MQTT 5 §3.14.
    pub fn disconnect(&mut self, reason: ReasonCode, why: &str, out: &mut Vec<u8>) -> CloseReason {
        if self.state != State::SignedIn {
            return self.end(CloseReason::AlreadyOver);
        }
        self.say_goodbye(reason, why, out);
        self.end(CloseReason::ByServer(reason))
    }

    /// When to call [`timeout`](Self::timeout); `None`: the client may stay silent for ever, or all is over.
    ///
    /// It moves with every packet, so a timer set for an earlier one need not be moved along: an early call is harmless.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.state == State::Over {
            return None;
        }
        self.active_at.checked_add(self.silence_max?.time())
    }

    /// Ends the connection if its deadline has passed. Below MQTT 5 nothing is written: §3.1.2.10 asks for a plain close.
    pub fn timeout(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<CloseReason> {
        if now < self.deadline()? {
            return None;
        }
        let reason = match self.state {
            State::SignedIn => CloseReason::KeepAliveTimeout { keep_alive_seconds: self.keep_alive_seconds },
            State::AwaitsConnect | State::SigningIn | State::Over => CloseReason::ConnectTimeout,
        };
        Some(self.close(reason, out))
    }

    /// Ends the connection after a fault of the client, which is told from MQTT 5 on.
    pub(super) fn close(&mut self, reason: CloseReason, out: &mut Vec<u8>) -> CloseReason {
        if self.state == State::SignedIn && self.version == ProtocolVersion::V5 {
            self.say_goodbye(reason.reason(), &reason.to_string(), out);
        }
        self.end(reason)
    }

    pub(super) const fn end(&mut self, reason: CloseReason) -> CloseReason {
        self.state = State::Over;
        reason
    }

    fn say_goodbye(&self, reason: ReasonCode, why: &str, out: &mut Vec<u8>) {
        if self.version != ProtocolVersion::V5 {
            return;
        }
        // Some reasons belong into CONNACK only, for example that of a second CONNECT of an unknown level.
        let is_allowed = reason.is_allowed_in(PacketType::Disconnect);
        let reason = if is_allowed { reason } else { ReasonCode::ProtocolError };
        let mut properties = PropertyBuffer::new();
        self.add_reason_string(why, &mut properties);
        encode::disconnect_because(out, self.version, reason, properties.as_properties())
            .expect("one property fits into a packet");
    }

    /// A text of no more than the client takes; none below MQTT 5.
    pub(super) fn add_reason_string(&self, why: &str, properties: &mut PropertyBuffer) {
        // Packet type, lengths, reason and the property's own three bytes.
        const AROUND: usize = 16;
        let fits = why.len() + AROUND <= self.packet_bytes_max as usize && why.len() <= REASON_STRING_BYTES_MAX;
        if self.version == ProtocolVersion::V5 && fits && !why.is_empty() {
            super::accept::add(properties, &Property::ReasonString(why));
        }
    }
}
