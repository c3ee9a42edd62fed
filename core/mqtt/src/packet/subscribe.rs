//! SUBSCRIBE, UNSUBSCRIBE and the answer to the first. Lists stay in the packet's bytes: no allocation.

use super::{PacketId, PacketType, ProtocolVersion, QoS, ReasonCode};
use crate::property::Properties;

/// A request to receive messages. Source: MQTT 3.1.1 §3.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribe<'a> {
    pub packet_id: PacketId,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
    /// Checked while decoding: at least one entry, each a valid filter and QoS or options.
    pub(crate) body: &'a [u8],
}

impl<'a> Subscribe<'a> {
    /// The wanted filters with what is asked for each, in the order of the answer's return codes. Never empty.
    #[must_use]
    pub const fn filters(&self) -> RequestedFilters<'a> {
        RequestedFilters { rest: self.body }
    }
}

/// A request to receive no more. Source: MQTT 3.1.1 §3.10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    pub packet_id: PacketId,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
    /// Checked while decoding: at least one valid filter.
    pub(crate) body: &'a [u8],
}

impl<'a> Unsubscribe<'a> {
    /// The filters to remove. Never empty.
    #[must_use]
    pub const fn filters(&self) -> Filters<'a> {
        Filters { rest: self.body }
    }
}

/// Iterator over the filters of an [`Unsubscribe`].
#[derive(Debug, Clone)]
pub struct Filters<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Filters<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (filter, rest) = split_text(self.rest)?;
        self.rest = rest;
        Some(filter)
    }
}

/// Iterator over the filters of a [`Subscribe`] and what is asked for each.
#[derive(Debug, Clone)]
pub struct RequestedFilters<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for RequestedFilters<'a> {
    type Item = (&'a str, SubscriptionOptions);

    fn next(&mut self) -> Option<(&'a str, SubscriptionOptions)> {
        let (filter, rest) = split_text(self.rest)?;
        let (&options, rest) = rest.split_first()?;
        self.rest = rest;
        Some((filter, SubscriptionOptions::from_byte(options)?))
    }
}

/// The answer to SUBSCRIBE: one entry per filter. Source: MQTT 3.1.1 §3.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubAck<'a> {
    pub packet_id: PacketId,
    /// Always empty below MQTT 5.
    pub properties: Properties<'a>,
    /// Checked while decoding: at least one, each a known return code.
    pub(crate) codes: &'a [u8],
}

impl<'a> SubAck<'a> {
    /// The answers in the order of the filters asked for. Never empty.
    #[must_use]
    pub const fn answers(&self) -> SubAckAnswers<'a> {
        SubAckAnswers { rest: self.codes }
    }
}

/// Iterator over the answers of a [`SubAck`].
#[derive(Debug, Clone)]
pub struct SubAckAnswers<'a> {
    rest: &'a [u8],
}

impl Iterator for SubAckAnswers<'_> {
    type Item = SubscribeAnswer;

    fn next(&mut self) -> Option<SubscribeAnswer> {
        let (&code, rest) = self.rest.split_first()?;
        self.rest = rest;
        // The codes were checked for their version, and those below MQTT 5 mean the same in it.
        SubscribeAnswer::from_code(code, ProtocolVersion::V5)
    }
}

/// What became of one filter of a SUBSCRIBE. Source: MQTT 3.1.1 §3.9.3, MQTT 5 §3.9.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscribeAnswer {
    /// Subscribed; messages come with at most this QoS.
    Granted(QoS),
    /// Not subscribed. Below MQTT 5 there is only [`ReasonCode::UnspecifiedError`], 0x80.
    Refused(ReasonCode),
}

impl SubscribeAnswer {
    /// The one refusal there is below MQTT 5.
    pub const REFUSED: Self = Self::Refused(ReasonCode::UnspecifiedError);

    /// The return code on the wire.
    #[must_use]
    pub const fn code(self, version: ProtocolVersion) -> u8 {
        match (self, version) {
            (Self::Granted(qos), _) => qos.bits(),
            (Self::Refused(reason), ProtocolVersion::V5) => reason.code(),
            (Self::Refused(_), _) => ReasonCode::UnspecifiedError.code(),
        }
    }

    /// The answer of a return code; `None` for the codes that `version` does not have here.
    #[must_use]
    pub const fn from_code(code: u8, version: ProtocolVersion) -> Option<Self> {
        if let Some(qos) = QoS::from_bits(code) {
            return Some(Self::Granted(qos));
        }
        match (ReasonCode::from_code(code), version) {
            (Some(reason), ProtocolVersion::V5) if reason.is_allowed_in(PacketType::SubAck) => {
                Some(Self::Refused(reason))
            }
            (Some(ReasonCode::UnspecifiedError), _) => Some(Self::Refused(ReasonCode::UnspecifiedError)),
            _ => None,
        }
    }
}

/// What a client asks for a filter. Below MQTT 5 there is only the QoS. Source: MQTT 5 §3.8.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubscriptionOptions {
    pub qos: QoS,
    /// Do not send the client its own messages.
    pub no_local: bool,
    /// Forward with the retain flag as published; otherwise live messages come without it.
    pub retain_as_published: bool,
    pub retain_handling: RetainHandling,
}

/// When a subscription brings the retained messages. Source: MQTT 5 §3.8.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RetainHandling {
    Always = 0,
    /// Only when the subscription did not exist before.
    IfNew = 1,
    Never = 2,
}

impl From<QoS> for SubscriptionOptions {
    /// What a client below MQTT 5 asks for.
    fn from(qos: QoS) -> Self {
        Self { qos, no_local: false, retain_as_published: false, retain_handling: RetainHandling::Always }
    }
}

impl SubscriptionOptions {
    const NO_LOCAL: u8 = 0b100;
    const RETAIN_AS_PUBLISHED: u8 = 0b1000;
    const RETAIN_HANDLING_SHIFT: u8 = 4;

    /// The byte on the wire; below MQTT 5 the QoS alone.
    #[must_use]
    pub const fn byte(self) -> u8 {
        let mut byte = self.qos.bits() | (self.retain_handling as u8) << Self::RETAIN_HANDLING_SHIFT;
        if self.no_local {
            byte |= Self::NO_LOCAL;
        }
        if self.retain_as_published {
            byte |= Self::RETAIN_AS_PUBLISHED;
        }
        byte
    }

    /// The options of a byte on the wire; `None` for QoS 3, retain handling 3 and the reserved bits.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        let retain_handling = match byte >> Self::RETAIN_HANDLING_SHIFT {
            0 => RetainHandling::Always,
            1 => RetainHandling::IfNew,
            2 => RetainHandling::Never,
            _ => return None,
        };
        match QoS::from_bits(byte & 0b11) {
            Some(qos) => Some(Self {
                qos,
                no_local: byte & Self::NO_LOCAL != 0,
                retain_as_published: byte & Self::RETAIN_AS_PUBLISHED != 0,
                retain_handling,
            }),
            None => None,
        }
    }
}

/// Splits a length-prefixed text off checked bytes; `None` at their end.
fn split_text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (&length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(length)))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}
