//! What is remembered of a device that asked for its session to be kept (clean session 0): its subscriptions and the
//! messages of QoS 1 it has not acknowledged. Folded from the log, so it is never a second source of truth.

use std::collections::VecDeque;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};

use crate::record::{Record, RecordKind};

/// More messages than this are never kept for one device, whatever a damaged log says.
const MESSAGES_MAX: usize = 4096;

/// More filters than this are never kept for one device: a gateway listens for its sub-devices as well.
const FILTERS_MAX: usize = 8_192;

/// A session that outlives the device's connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSession {
    pub product: ProductId,
    pub device: Box<str>,
    /// Filters and the QoS granted, 0 or 1; in order of their first subscription.
    pub filters: Vec<(Box<str>, u8)>,
    /// Not acknowledged, oldest first.
    pub messages: VecDeque<KeptMessage>,
    /// The id given last; 0 before the first message. Ids go up by one, C devices remember the last ten they saw.
    pub last_packet_id: u16,
    /// When the connection ended; `None` while there is one, or when its end was not seen.
    pub away_since: Option<UnixMillis>,
}

/// One message of QoS 1 for a kept session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    pub packet_id: u16,
    /// Says which topic it is where `topic` is empty; [`RecordKind::Carried`] when it is for a sub-device.
    pub kind: RecordKind,
    /// The device has been connected since it was taken: it may have seen it.
    pub maybe_sent: bool,
    pub time: UnixMillis,
    pub topic: Box<str>,
    pub payload: Box<[u8]>,
}

/// What a session looks like without the payloads; for start-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    pub number: DeviceNumber,
    pub product: ProductId,
    pub device: Box<str>,
    pub filters: Vec<(Box<str>, u8)>,
    /// Oldest first.
    pub messages: Vec<WaitingMessage>,
    pub last_packet_id: u16,
    pub away_since: Option<UnixMillis>,
}

/// One message of a session without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMessage {
    pub packet_id: u16,
    pub time: UnixMillis,
    /// The device may have seen it.
    pub maybe_sent: bool,
    /// Its topic, when it is for a sub-device of the session's device.
    pub carried_on: Option<Box<str>>,
}

/// The payload of the acknowledgement a gateway gave for a sub-device: when the message was taken.
#[must_use]
pub fn acknowledged_for(taken: UnixMillis) -> [u8; 8] {
    taken.0.to_le_bytes()
}

/// When the message was taken that a gateway acknowledged for the sub-device of this record; `None` for any other record.
#[must_use]
pub fn acknowledged_by_gateway(record: &Record<'_>) -> Option<UnixMillis> {
    let is_for_sub_device = record.kind == RecordKind::DownAcknowledged && record.packet_id == 0;
    let taken = if is_for_sub_device { record.payload.try_into().ok()? } else { return None };
    Some(UnixMillis(u64::from_le_bytes(taken)))
}

/// Can this record change a session? True for every CONNECT that was accepted and every end of a connection.
#[must_use]
pub fn concerns_session(record: &Record<'_>) -> bool {
    use RecordKind as K;
    match record.kind {
        K::Connected => record.code == 0 && !is_without_connection(record.payload),
        K::Subscribed => record.code == 0,
        K::Disconnected | K::Unsubscribed | K::DownAcknowledged | K::DownDropped | K::SessionEnded => true,
        kind if kind.is_down() || kind == K::Carried => record.qos == 1 && record.packet_id != 0,
        _ => false,
    }
}

impl KeptSession {
    /// Applies one record for which [`concerns_session`] holds; returns the message it acknowledged.
    pub fn apply(session: &mut Option<Box<Self>>, record: &Record<'_>) -> Option<KeptMessage> {
        use RecordKind as K;
        match (record.kind, session.as_deref_mut()) {
            (K::Connected, known) if asks_to_keep(record.payload) => match known {
                Some(known) => known.connected(None),
                None => *session = Some(Box::new(Self::new(record))),
            },
            (K::Connected | K::SessionEnded, _) => *session = None,
            (_, None) => {}
            (K::Disconnected, Some(known)) => known.connected(Some(record.sample_time)),
            (K::Subscribed, Some(known)) => known.subscribe(record.topic, record.qos),
            (K::Unsubscribed, Some(known)) => known.filters.retain(|(filter, _)| filter.as_ref() != record.topic),
            (K::DownAcknowledged | K::DownDropped, Some(known)) => return known.take(record.packet_id),
            (_, Some(known)) => known.push(record),
        }
        None
    }

    fn new(record: &Record<'_>) -> Self {
        Self {
            product: record.product,
            device: record.device.into(),
            filters: Vec::new(),
            messages: VecDeque::new(),
            last_packet_id: 0,
            away_since: None,
        }
    }

    /// A connection began or ended: what waited until here may have been sent.
    fn connected(&mut self, away_since: Option<UnixMillis>) {
        self.away_since = away_since;
        self.messages.iter_mut().for_each(|message| message.maybe_sent = true);
    }

    fn subscribe(&mut self, filter: &str, qos: u8) {
        if let Some((_, known)) = self.filters.iter_mut().find(|(known, _)| known.as_ref() == filter) {
            *known = qos;
        } else if self.filters.len() < FILTERS_MAX {
            self.filters.push((filter.into(), qos));
        }
    }

    fn push(&mut self, record: &Record<'_>) {
        // An id comes back only after the message that had it is gone.
        self.take(record.packet_id);
        if self.messages.len() >= MESSAGES_MAX {
            self.messages.pop_front();
        }
        self.last_packet_id = record.packet_id;
        self.messages.push_back(KeptMessage {
            packet_id: record.packet_id,
            kind: record.kind,
            maybe_sent: false,
            time: record.sample_time,
            topic: record.topic.into(),
            payload: record.payload.into(),
        });
    }

    fn take(&mut self, packet_id: u16) -> Option<KeptMessage> {
        let at = self.messages.iter().position(|message| message.packet_id == packet_id)?;
        self.messages.remove(at)
    }

    /// Everything but the payloads.
    #[must_use]
    pub fn summary(&self, number: DeviceNumber) -> SessionSummary {
        SessionSummary {
            number,
            product: self.product,
            device: self.device.clone(),
            filters: self.filters.clone(),
            messages: self.messages.iter().map(KeptMessage::waiting).collect(),
            last_packet_id: self.last_packet_id,
            away_since: self.away_since,
        }
    }

    /// The messages with these ids, in the session's order.
    #[must_use]
    pub fn with_ids(&self, ids: &[u16]) -> Vec<KeptMessage> {
        self.messages.iter().filter(|message| ids.contains(&message.packet_id)).cloned().collect()
    }

    /// Memory it holds, in bytes.
    #[must_use]
    pub fn memory(&self) -> usize {
        let filters: usize = self.filters.iter().map(|(filter, _)| 24 + filter.len()).sum();
        let messages: usize =
            self.messages.iter().map(|m| size_of::<KeptMessage>() + m.topic.len() + m.payload.len()).sum();
        size_of::<Self>() + self.device.len() + filters + messages
    }
}

impl KeptMessage {
    fn waiting(&self) -> WaitingMessage {
        let carried_on = (self.kind == RecordKind::Carried).then(|| self.topic.clone());
        WaitingMessage { packet_id: self.packet_id, time: self.time, maybe_sent: self.maybe_sent, carried_on }
    }
}

/// The facts of a sign-in that begins no connection, as over CoAP: `protocol:coap,clientip:192.0.2.1`.
///
/// It is a sign-in all the same: the device counts as activated.
#[must_use]
pub fn is_without_connection(facts: &[u8]) -> bool {
    facts.starts_with(b"protocol:")
}

/// The facts of a CONNECT as sign-in writes them: `version:4,keepalive:60,cleansession:0,clientip:192.0.2.1`.
fn asks_to_keep(facts: &[u8]) -> bool {
    facts.split(|byte| *byte == b',').any(|fact| fact == b"cleansession:0")
}
