//! What a backend has sent and the server has not finished with: QoS 2 ids, topic aliases, the count of the rest.

use std::collections::{BTreeMap, BTreeSet};

use super::{CloseReason, Role};
use crate::packet::{PacketId, Publish, QoS};

/// Messages of QoS 1 and 2 a backend may send before it waits for an acknowledgement; announced as receive maximum,
/// held against older clients for QoS 2 alone, where it bounds what must be remembered.
pub const RECEIVE_MAX: u16 = 1024;

/// Topic aliases a backend may use on one connection. A device may use none: its few topics are short, and remembered
/// ones would make every idle connection larger.
pub const TOPIC_ALIAS_MAX: u16 = 16;

/// Ids of QoS 2 messages that were taken and not released yet; kept with a session so that none is taken twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    ids: BTreeSet<PacketId>,
}

impl Received {
    /// Adds a message whose decision became durable when its connection had already ended. At most
    /// [`RECEIVE_MAX`] are kept; more are not added.
    pub fn insert(&mut self, packet_id: PacketId) {
        if self.ids.len() < usize::from(RECEIVE_MAX) {
            self.ids.insert(packet_id);
        }
    }

    /// In ascending order.
    pub fn packet_ids(&self) -> impl ExactSizeIterator<Item = PacketId> {
        self.ids.iter().copied()
    }
}

/// What is done about a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Hand it to the caller.
    New,
    /// Seen before and answered: answer again.
    AnsweredBefore,
    /// Seen before, the answer is still to come.
    Pending,
}

#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// Messages of QoS 2 that were not released; true once PUBREC was written.
    exactly_once: BTreeMap<PacketId, bool>,
    /// Messages of QoS 1 without a PUBACK; counted for MQTT 5 only.
    at_least_once: u16,
    /// By alias minus one.
    aliases: Vec<Box<str>>,
}

impl Inbound {
    /// Takes a message in. `counts`: the client was told a receive maximum.
    pub(super) fn take(&mut self, publish: &Publish<'_>, counts: bool) -> Result<Taken, CloseReason> {
        let Some(packet_id) = publish.packet_id else { return Ok(Taken::New) };
        if publish.qos == QoS::ExactlyOnce
            && let Some(&is_answered) = self.exactly_once.get(&packet_id)
        {
            return Ok(if is_answered { Taken::AnsweredBefore } else { Taken::Pending });
        }
        let is_full = self.exactly_once.len() + usize::from(self.at_least_once) >= usize::from(RECEIVE_MAX);
        match publish.qos {
            QoS::ExactlyOnce if is_full => return Err(CloseReason::ReceiveMaximumExceeded),
            QoS::ExactlyOnce => drop(self.exactly_once.insert(packet_id, false)),
            _ if counts && is_full => return Err(CloseReason::ReceiveMaximumExceeded), // §4.9
            _ if counts => self.at_least_once += 1,
            _ => {}
        }
        Ok(Taken::New)
    }

    /// Notes a PUBACK.
    pub(super) fn acknowledged(&mut self) {
        self.at_least_once = self.at_least_once.saturating_sub(1);
    }

    /// Notes a PUBREC; `false` if the message is not known (any more), then none is to be written. After a failure the
    /// id is free again. Source: MQTT 5 §4.3.3.
    pub(super) fn answered(&mut self, packet_id: PacketId, is_failure: bool) -> bool {
        if is_failure {
            return self.exactly_once.remove(&packet_id).is_some();
        }
        self.exactly_once.get_mut(&packet_id).map(|is_answered| *is_answered = true).is_some()
    }

    /// Notes a PUBREL; `false` if the message is not known.
    pub(super) fn released(&mut self, packet_id: PacketId) -> bool {
        self.exactly_once.remove(&packet_id).is_some()
    }

    /// Sets or looks up the alias of a message. The codec has seen to it that there is a topic or an alias.
    pub(super) fn alias(&mut self, topic: &str, alias: u16) -> Result<(), CloseReason> {
        check_alias(alias, TOPIC_ALIAS_MAX)?;
        let index = usize::from(alias - 1);
        if topic.is_empty() {
            let is_known = self.aliases.get(index).is_some_and(|known| !known.is_empty());
            return if is_known { Ok(()) } else { Err(CloseReason::TopicAliasUnknown { alias }) };
        }
        if self.aliases.len() <= index {
            self.aliases.resize_with(index + 1, Box::default);
        }
        if *self.aliases[index] != *topic {
            self.aliases[index] = topic.into();
        }
        Ok(())
    }

    /// The topic of an alias that [`alias`](Self::alias) has accepted.
    pub(super) fn topic(&self, alias: u16) -> Option<&str> {
        self.aliases.get(usize::from(alias).checked_sub(1)?).map(|topic| &**topic)
    }

    /// From an earlier connection.
    pub(super) fn restore(&mut self, received: &Received) {
        self.exactly_once.extend(received.packet_ids().map(|packet_id| (packet_id, true)));
    }

    /// For a later connection: the answered ones. Who still decides on a message adds it when that is done.
    pub(super) fn received(&self) -> Received {
        let answered = self.exactly_once.iter().filter(|&(_, &is_answered)| is_answered);
        Received { ids: answered.map(|(&packet_id, _)| packet_id).collect() }
    }
}

/// An alias in a message of a client whose role allows `alias_max`.
pub(super) fn check_alias(alias: u16, alias_max: u16) -> Result<(), CloseReason> {
    // [MQTT-3.3.2-8], [MQTT-3.3.2-9]; the codec refuses zero.
    if (1..=alias_max).contains(&alias) { Ok(()) } else { Err(CloseReason::TopicAliasTooLarge { alias, alias_max }) }
}

impl Role {
    /// Announced at sign-in.
    pub(super) const fn topic_alias_max(self) -> u16 {
        match self {
            Self::Device => 0,
            Self::Backend => TOPIC_ALIAS_MAX,
        }
    }
}
