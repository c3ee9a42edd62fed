//! SUBSCRIBE, UNSUBSCRIBE and the answer to the first. Lists stay in the packet's bytes: no allocation.

use super::{PacketId, QoS};

/// A request to receive messages. Source: MQTT 3.1.1 §3.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscribe<'a> {
    pub packet_id: PacketId,
    /// Checked while decoding: at least one entry, each a valid filter and QoS.
    pub(crate) body: &'a [u8],
}

impl<'a> Subscribe<'a> {
    /// The wanted filters with the QoS asked for each, in the order of the answer's return codes. Never empty.
    #[must_use]
    pub const fn filters(&self) -> RequestedFilters<'a> {
        RequestedFilters { rest: self.body }
    }
}

/// A request to receive no more. Source: MQTT 3.1.1 §3.10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsubscribe<'a> {
    pub packet_id: PacketId,
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

/// Iterator over the filters of a [`Subscribe`] and the QoS asked for each.
#[derive(Debug, Clone)]
pub struct RequestedFilters<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for RequestedFilters<'a> {
    type Item = (&'a str, QoS);

    fn next(&mut self) -> Option<(&'a str, QoS)> {
        let (filter, rest) = split_text(self.rest)?;
        let (&qos, rest) = rest.split_first()?;
        self.rest = rest;
        Some((filter, QoS::from_bits(qos)?))
    }
}

/// The answer to SUBSCRIBE: one entry per filter. Source: MQTT 3.1.1 §3.9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubAck<'a> {
    pub packet_id: PacketId,
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
        SubscribeAnswer::from_code(code)
    }
}

/// What became of one filter of a SUBSCRIBE. Source: MQTT 3.1.1 §3.9.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubscribeAnswer {
    /// Subscribed; messages come with at most this QoS.
    Granted(QoS),
    /// Not subscribed: no permission, too many levels.
    Refused,
}

impl SubscribeAnswer {
    const REFUSED_CODE: u8 = 0x80;

    /// The return code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Granted(qos) => qos.bits(),
            Self::Refused => Self::REFUSED_CODE,
        }
    }

    /// The answer of a return code; `None` for the reserved codes.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        if code == Self::REFUSED_CODE {
            return Some(Self::Refused);
        }
        match QoS::from_bits(code) {
            Some(qos) => Some(Self::Granted(qos)),
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
