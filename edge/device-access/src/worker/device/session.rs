//! What the worker remembers of a device's session: filters, and which messages of QoS 1 are not acknowledged.
//!
//! Pure: no IO, no clock. Payloads of messages that wait are not here but in the state table, which folds them from the
//! log: a device that is away costs its filters and some 16 bytes a message.

use std::collections::VecDeque;
use std::time::Duration;

use lianwu_device_protocol::topic::{DownTopics, Subscription, Topic};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_mqtt::connection::IN_FLIGHT_MAX;
use lianwu_mqtt::{PacketId, QoS};
use lianwu_ports::states::{SessionSummary, WaitingMessage};

/// Bounds of kept sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Messages not acknowledged, in flight or waiting.
    pub(crate) messages_max: usize,
    /// Age of a message, and of the session since its device left.
    pub(crate) age_max: Duration,
}

/// A topic of the product's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Custom {
    pub(crate) filter: Box<str>,
    pub(crate) qos: QoS,
}

/// The system topics a device is subscribed to, and those of them with QoS 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topics {
    pub(crate) all: DownTopics,
    pub(crate) at_least_once: DownTopics,
}

/// The QoS granted for a topic; `None` when nobody listens to it.
pub(crate) fn granted(topics: Topics, custom: &[Custom], topic: &str) -> Option<QoS> {
    match Topic::parse(topic).down() {
        Some(kind) if topics.at_least_once.contains(kind) => Some(QoS::AtLeastOnce),
        Some(kind) => topics.all.contains(kind).then_some(QoS::AtMostOnce),
        None => granted_custom(custom, topic),
    }
}

/// The best of the filters that match. Source: MQTT 3.1.1 §3.3.5.
pub(crate) fn granted_custom(custom: &[Custom], topic: &str) -> Option<QoS> {
    let matching = custom.iter().filter(|custom| lianwu_mqtt::filter::matches(&custom.filter, topic));
    matching.map(|custom| custom.qos).max()
}

/// A message that is not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Message {
    id: PacketId,
    /// The device may have seen it.
    was_sent: bool,
    /// The fetch that was started last finds it in the state table.
    can_be_fetched: bool,
    /// The sub-device it is for; none: the device itself.
    of: DeviceNumber,
    at: UnixMillis,
}

/// Made for a device that asks for a kept session, has topics of its own, or was sent a message of QoS 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// Outlives the connection.
    pub(crate) is_kept: bool,
    /// While the device is away; with a connection they stand there.
    topics: Topics,
    pub(crate) custom: Vec<Custom>,
    /// Oldest first; the first `in_flight` were sent on this connection.
    messages: VecDeque<Message>,
    in_flight: usize,
    /// Messages this connection takes at once, if less than [`IN_FLIGHT_MAX`]. Source: MQTT 5 §3.1.2.11.3.
    window: Option<u8>,
    last_id: Option<PacketId>,
    /// Messages are being fetched for the device.
    is_fetching: bool,
    away_since: Option<UnixMillis>,
}

/// A message that has left the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) id: PacketId,
    /// The sub-device it was for; none: the device itself.
    pub(crate) of: DeviceNumber,
    /// When it was taken.
    pub(crate) at: UnixMillis,
}

impl From<Message> for Gone {
    fn from(Message { id, of, at, .. }: Message) -> Self {
        Self { id, of, at }
    }
}

/// A message to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) id: PacketId,
    pub(crate) duplicate: bool,
}

/// What becomes of a new message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) id: PacketId,
    /// It goes out at once; otherwise it waits its turn.
    pub(crate) goes_out: bool,
    /// The oldest that waited had to make room.
    pub(crate) dropped: Option<Gone>,
}

impl Session {
    /// A fresh session that outlives its connection.
    pub(crate) fn kept() -> Self {
        Self { is_kept: true, ..Self::default() }
    }

    /// A session of an earlier run. A connection whose end was not seen ended `now`. `owner` finds the sub-device a topic
    /// belongs to.
    pub(crate) fn restored(
        summary: &SessionSummary,
        now: UnixMillis,
        owner: impl Fn(&str) -> Option<DeviceNumber>,
    ) -> Self {
        let mut session = Self::kept();
        for (filter, qos) in &summary.filters {
            // What a gateway listens to for others is not its own.
            let is_own = |of: &Subscription<'_>| of.owner() == (summary.product, &*summary.device);
            let qos = if *qos == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce };
            match Subscription::parse(filter).ok().filter(is_own) {
                Some(Subscription::System { topic, .. }) => {
                    session.topics.all.insert(topic);
                    if qos == QoS::AtLeastOnce {
                        session.topics.at_least_once.insert(topic);
                    }
                }
                Some(Subscription::Custom { .. }) => session.custom.push(Custom { filter: filter.clone(), qos }),
                // Or a topic of a newer version.
                None => {}
            }
        }
        let message = |waiting: &WaitingMessage| {
            let of = waiting.carried_on.as_deref().and_then(&owner).unwrap_or(DeviceNumber::NONE);
            let (id, was_sent) = (PacketId::new(waiting.packet_id)?, waiting.maybe_sent);
            Some(Message { id, was_sent, can_be_fetched: false, of, at: waiting.time })
        };
        session.messages = summary.messages.iter().filter_map(message).collect();
        session.last_id = PacketId::new(summary.last_packet_id);
        session.away_since = Some(summary.away_since.unwrap_or(now));
        session
    }

    /// Messages the connection takes without an acknowledgement.
    pub(crate) fn set_window(&mut self, window: usize) {
        self.window = u8::try_from(window).ok().filter(|&window| usize::from(window) < IN_FLIGHT_MAX);
    }

    fn window(&self) -> usize {
        self.window.map_or(IN_FLIGHT_MAX, usize::from)
    }

    /// The connection ended; `topics` are those it was subscribed to.
    pub(crate) fn leave(&mut self, topics: Topics, now: UnixMillis) {
        self.topics = topics;
        self.in_flight = 0;
        self.is_fetching = false;
        self.away_since = Some(now);
    }

    /// The device is back; returns the system topics it is still subscribed to.
    pub(crate) fn come_back(&mut self) -> Topics {
        self.away_since = None;
        self.topics
    }

    /// The system topics of a device that is away.
    pub(crate) fn topics(&self) -> Topics {
        self.topics
    }

    /// Has the device been away too long?
    pub(crate) fn is_over(&self, now: UnixMillis, bounds: Bounds) -> bool {
        self.away_since.is_some_and(|since| now >= since.plus(bounds.age_max))
    }

    /// Takes a new message of QoS 1 for the device itself or, unless `of` is none, for a sub-device. `None` when it would
    /// have to wait and may not: the session is not kept, or nothing is.
    pub(crate) fn take(&mut self, now: UnixMillis, bounds: Bounds, of: DeviceNumber) -> Option<Taken> {
        let is_connected = self.away_since.is_none();
        let nobody_waits = self.in_flight == self.messages.len() && !self.is_fetching;
        let goes_out = is_connected && nobody_waits && self.in_flight < self.window();
        if !goes_out && (!self.is_kept || bounds.messages_max == 0) {
            return None;
        }
        let has_room = goes_out || self.messages.len() < bounds.messages_max;
        let dropped = if has_room { None } else { self.messages.remove(self.in_flight).map(Gone::from) };
        let id = self.next_id();
        self.messages.push_back(Message { id, was_sent: goes_out, can_be_fetched: false, of, at: now });
        self.in_flight += usize::from(goes_out);
        Some(Taken { id, goes_out, dropped })
    }

    /// The next id that no message has; there are always far fewer messages than ids.
    fn next_id(&mut self) -> PacketId {
        let mut id = self.last_id.map_or(PacketId::FIRST, PacketId::next);
        while self.messages.iter().any(|message| message.id == id) {
            id = id.next();
        }
        self.last_id = Some(id);
        id
    }

    /// The device acknowledged a message; `None` when it was not in flight, which is harmless.
    pub(crate) fn acknowledge(&mut self, id: PacketId) -> Option<Gone> {
        let at = self.messages.iter().take(self.in_flight).position(|message| message.id == id)?;
        self.in_flight -= 1;
        self.messages.remove(at).map(Gone::from)
    }

    /// Takes out the waiting messages that are too old.
    pub(crate) fn expire(&mut self, now: UnixMillis, bounds: Bounds) -> Vec<Gone> {
        let mut expired = Vec::new();
        while let Some(oldest) = self.messages.get(self.in_flight)
            && now >= oldest.at.plus(bounds.age_max)
        {
            expired.push(Gone::from(*oldest));
            self.messages.remove(self.in_flight);
        }
        expired
    }

    /// Is it time to fetch waiting messages? Half a window at least, so that not every acknowledgement fetches.
    pub(crate) fn wants_messages(&self) -> bool {
        let waits = self.messages.len() > self.in_flight;
        waits && !self.is_fetching && self.away_since.is_none() && self.in_flight <= self.window() / 2
    }

    /// A fetch was started that finds everything taken so far; a message taken later waits for the next one.
    pub(crate) fn start_fetching(&mut self) {
        self.is_fetching = true;
        self.messages.iter_mut().for_each(|message| message.can_be_fetched = true);
    }

    /// The messages to fetch now, as many as the window has room for.
    pub(crate) fn due(&self) -> Vec<PacketId> {
        let room = self.window().saturating_sub(self.in_flight);
        let waiting = self.messages.iter().skip(self.in_flight).take(room);
        waiting.take_while(|message| message.can_be_fetched).map(|message| message.id).collect()
    }

    /// The next waiting message goes out, if it is this one and the window has room.
    pub(crate) fn send(&mut self, id: PacketId) -> Option<Outgoing> {
        if self.in_flight >= self.window() {
            return None;
        }
        let next = self.messages.get_mut(self.in_flight).filter(|message| message.id == id)?;
        let outgoing = Outgoing { id, duplicate: next.was_sent };
        next.was_sent = true;
        self.in_flight += 1;
        Some(outgoing)
    }

    /// A waiting message that cannot be sent is forgotten; `None` when it was not waiting.
    pub(crate) fn forget(&mut self, id: PacketId) -> Option<Gone> {
        let at = self.messages.iter().skip(self.in_flight).position(|message| message.id == id)?;
        self.messages.remove(self.in_flight + at).map(Gone::from)
    }

    /// Messages that are not acknowledged.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.messages.len()
    }

    /// Messages for sub-devices that are not acknowledged.
    pub(crate) fn carried(&self) -> impl Iterator<Item = Gone> {
        self.messages.iter().filter(|message| message.of != DeviceNumber::NONE).copied().map(Gone::from)
    }

    /// The fetch is over.
    pub(crate) fn stop_fetching(&mut self) {
        self.is_fetching = false;
    }
}

#[cfg(test)]
mod tests;
