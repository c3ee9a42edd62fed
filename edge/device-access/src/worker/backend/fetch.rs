//! Messages for kept sessions: at once while there is room, and what waits read back from the log, page by page.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_mqtt::{PacketId, Properties, PropertyBuffer, PublishError, QoS};
use lianwu_ports::log::{Lsn, ReadError};
use lianwu_ports::states::SessionNumber;
use lianwu_ports::states::backend_session::{Change, Waiting};
use lianwu_services::backend::{self, LoggedPublish};
use tracing::warn;

use super::deliver::{Outgoing, aged, write};
use super::forward::with_ids;
use crate::worker::Worker;
use crate::worker::state::{Place, State};

/// Messages read from the log at once for one session, and about how many bytes.
const PAGE_MESSAGES: usize = 256;
const PAGE_BYTES: usize = 128 << 10;

/// A message for a kept session, besides its packet.
pub(crate) struct Delivery<'a> {
    /// `None`: it is not in the log.
    pub(crate) position: Option<Lsn>,
    pub(crate) bytes: u32,
    pub(crate) qos: u8,
    /// Names of the subscriptions it comes by.
    pub(crate) ids: &'a [u32],
}

/// What is being read for a session.
struct Page {
    /// To be sent again, in order; without a position what is not in the log.
    again: Vec<(PacketId, Option<Lsn>)>,
    waiting: Vec<Lsn>,
}

/// What became of a message that was to go out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    Out,
    /// There is no room for it.
    Not,
}

impl Worker {
    /// A message for a kept session, durable by now: at once if its client is here and has room, else it waits.
    pub(crate) fn deliver_kept(
        self: &Rc<Self>,
        state: &mut State,
        number: SessionNumber,
        delivery: &Delivery<'_>,
        outgoing: &Outgoing<'_>,
    ) {
        let Some(session) = state.kept.sessions.get(&number) else { return };
        let place = session.place;
        let is_next = session.backlog.is_empty() && session.resend.is_empty() && session.fetching.is_none();
        let Delivery { position, bytes, qos, ids } = *delivery;
        let Some(position) = position.filter(|_| qos > 0) else {
            // It waits for nobody.
            if let Some(place) = place {
                let named = with_ids(outgoing.properties, ids);
                let properties = named.as_ref().map_or(outgoing.properties, PropertyBuffer::as_properties);
                let qos = QoS::from_bits(qos).unwrap_or(QoS::AtMostOnce);
                self.deliver_one(state, place, qos, &Outgoing { properties, ..*outgoing });
            }
            return;
        };
        let message = Waiting { position, bytes, qos, retain: outgoing.retain, ids: ids.into() };
        if let Some(place) = place
            && is_next
            && self.has_room(state, place)
            && self.send_now(state, number, place, message.clone(), outgoing) == Went::Out
        {
            return;
        }
        self.wait(state, number, message);
        self.pump(state, number);
    }

    fn wait(&self, state: &mut State, number: SessionNumber, message: Waiting) {
        let bounds = self.bounds_of_backends();
        let mut gone = Vec::new();
        let Some(session) = state.kept.sessions.get_mut(&number) else { return };
        session.backlog.push(message, bounds, |position| gone.push(position));
        session.dropped += gone.len() as u64;
        self.stats.backend_messages_dropped.add(gone.len() as u64);
        for position in gone {
            state.note(number, &Change::Dropped { position });
        }
        // For whoever asks how much waits.
        state.touch(number);
    }

    /// May more be written to this backend? What is written is acknowledged, and then there is room again.
    fn has_room(&self, state: &mut State, place: Place) -> bool {
        let unread_max = self.options.unread_bytes_max / 4;
        state.connection(place).is_some_and(|connection| {
            let in_flight = connection.mqtt.in_flight_count();
            in_flight < connection.mqtt.in_flight_max() && (in_flight == 0 || connection.out.len() < unread_max)
        })
    }

    /// Writes a message of QoS 1; one of QoS 2 once its packet id is durable.
    fn send_now(
        &self,
        state: &mut State,
        number: SessionNumber,
        place: Place,
        message: Waiting,
        outgoing: &Outgoing<'_>,
    ) -> Went {
        let qos = QoS::from_bits(message.qos).unwrap_or(QoS::AtLeastOnce);
        let named = with_ids(outgoing.properties, &message.ids);
        let properties = named.as_ref().map_or(outgoing.properties, PropertyBuffer::as_properties);
        let outgoing = Outgoing { properties, retain: message.retain, ..*outgoing };
        let mut sent: Result<Option<PacketId>, PublishError> = Err(PublishError::NotSignedIn);
        if qos == QoS::ExactlyOnce {
            let mut packet = Vec::new();
            if let Some(connection) = state.connection(place) {
                sent = write(&mut connection.mqtt, qos, &outgoing, &mut packet);
            }
            state.held.hold(place, |out| out.extend_from_slice(&packet));
        } else {
            state.send(place, |connection, out| sent = write(&mut connection.mqtt, qos, &outgoing, out));
        }
        let position = message.position;
        match sent {
            Ok(Some(packet_id)) => {
                if let Some(session) = state.kept.sessions.get_mut(&number) {
                    session.backlog.sent(packet_id, message);
                }
                if qos == QoS::ExactlyOnce {
                    state.note(number, &Change::Sent { position, packet_id: packet_id.get() });
                }
                Went::Out
            }
            Err(PublishError::InFlightFull | PublishError::NotSignedIn) => Went::Not,
            // What the client does not take counts as delivered. Source: MQTT 5 [MQTT-3.1.2-25].
            Ok(None) | Err(PublishError::Encode(_)) => {
                state.note(number, &Change::Settled { position });
                Went::Out
            }
        }
    }

    /// The return of a client is durable, and with it what its earlier connection did: only now is it known under which ids
    /// messages of QoS 2 went out, and which of them it has.
    pub(crate) fn resume_kept(self: &Rc<Self>, state: &mut State, number: SessionNumber, place: Place) {
        let session = state.kept.sessions.get_mut(&number).filter(|session| session.fetching == Some(place));
        if let Some(session) = session {
            session.fetching = None;
            self.pump(state, number);
        }
    }

    /// Reads the next messages for a session whose client is here and has room. Called whenever that may have become so.
    pub(crate) fn pump(self: &Rc<Self>, state: &mut State, number: SessionNumber) {
        let Some(session) = state.kept.sessions.get(&number) else { return };
        let Some(place) = session.place.filter(|_| session.fetching.is_none()) else { return };
        // Releases of messages the client has are sent on the way.
        state.send(place, |connection, out| {
            connection.mqtt.next_resend(out);
        });
        let Some(session) = state.kept.sessions.get(&number) else { return };
        if session.backlog.is_empty() && session.resend.is_empty() || !self.has_room(state, place) {
            return;
        }
        let Some(connection) = state.connection(place) else { return };
        let room = connection.mqtt.in_flight_max().saturating_sub(connection.mqtt.in_flight_count());
        let Some(session) = state.kept.sessions.get_mut(&number) else { return };
        let page = if session.resend.is_empty() {
            Page { again: Vec::new(), waiting: session.backlog.next(room.min(PAGE_MESSAGES), PAGE_BYTES) }
        } else {
            let position = |id: &PacketId| (*id, session.backlog.sent_as(*id).map(|message| message.position));
            Page { again: session.resend.iter().take(PAGE_MESSAGES).map(position).collect(), waiting: Vec::new() }
        };
        session.fetching = Some(place);
        let positions: Vec<Lsn> =
            page.again.iter().filter_map(|(_, lsn)| *lsn).chain(page.waiting.iter().copied()).collect();
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let log = Arc::clone(&worker.platform.log);
            // The blocking pool ends only with the worker.
            let read = tokio::task::spawn_blocking(move || backend::messages(log.as_ref(), &positions)).await;
            let Ok(found) = read else { return };
            worker.send_page(number, place, &page, found);
        });
    }

    fn send_page(
        self: &Rc<Self>,
        number: SessionNumber,
        place: Place,
        page: &Page,
        found: Result<HashMap<Lsn, LoggedPublish>, ReadError>,
    ) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        self.refresh_time(state);
        let Some(session) = state.kept.sessions.get_mut(&number) else { return };
        if session.fetching != Some(place) {
            return;
        }
        session.fetching = None;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                // It keeps its messages: they are sent when it comes back.
                warn!(%error, client_id = %session.client_id, "cannot read the messages that wait for a backend");
                self.close(state, place, "the messages that wait for it cannot be read");
                return;
            }
        };
        for (id, position) in &page.again {
            let message = position.and_then(|position| found.get(&position));
            if self.send_again(state, number, place, *id, message) == Went::Not {
                break;
            }
        }
        for position in &page.waiting {
            if self.send_waiting(state, number, place, *position, found.get(position)) == Went::Not {
                break;
            }
        }
        self.pump(state, number);
    }

    /// Sends a message again that an earlier connection may have carried.
    fn send_again(
        &self,
        state: &mut State,
        number: SessionNumber,
        place: Place,
        id: PacketId,
        found: Option<&LoggedPublish>,
    ) -> Went {
        let now = state.wall;
        let Some(session) = state.kept.sessions.get_mut(&number) else { return Went::Not };
        let message = session.backlog.sent_as(id).cloned();
        let allowed = found.filter(|found| session.backend.may_receive_later(&self.platform, found, now));
        let mut is_sent = false;
        let mut has_room = true;
        if let (Some(message), Some((found, properties))) = (&message, allowed.and_then(|found| ready(found, now))) {
            let outgoing = outgoing(found, properties.as_properties(), message.retain);
            let named = with_ids(outgoing.properties, &message.ids);
            let properties = named.as_ref().map_or(outgoing.properties, PropertyBuffer::as_properties);
            let Outgoing { topic, payload, retain, .. } = outgoing;
            let again = lianwu_mqtt::connection::Message { topic, payload, retain, properties };
            state.send(place, |connection, out| match connection.mqtt.resend(&again, out) {
                Ok(()) => is_sent = true,
                Err(PublishError::NotSignedIn | PublishError::InFlightFull) => has_room = false,
                Err(PublishError::Encode(_)) => {}
            });
        }
        if !has_room {
            return Went::Not;
        }
        if !is_sent && let Some(connection) = state.connection(place) {
            connection.mqtt.forget(id);
        }
        if let Some(session) = state.kept.sessions.get_mut(&number) {
            session.resend.pop_front();
            if !is_sent {
                session.backlog.complete(id);
            }
        }
        if !is_sent && let Some(message) = message {
            self.settle(state, number, message.position, found.is_some());
        }
        Went::Out
    }

    fn send_waiting(
        &self,
        state: &mut State,
        number: SessionNumber,
        place: Place,
        position: Lsn,
        found: Option<&LoggedPublish>,
    ) -> Went {
        let now = state.wall;
        let Some(session) = state.kept.sessions.get_mut(&number) else { return Went::Not };
        // It may have made room for others while it was read.
        let Some(message) = session.backlog.take(position) else { return Went::Out };
        let allowed = found.filter(|found| session.backend.may_receive_later(&self.platform, found, now));
        let Some((logged, properties)) = allowed.and_then(|found| ready(found, now)) else {
            self.settle(state, number, position, found.is_some());
            return Went::Out;
        };
        let outgoing = outgoing(logged, properties.as_properties(), message.retain);
        let went = self.send_now(state, number, place, message.clone(), &outgoing);
        if went == Went::Not {
            if let Some(session) = state.kept.sessions.get_mut(&number) {
                session.backlog.put_back(message);
            }
        } else {
            self.stats.messages_forwarded.add(1);
        }
        went
    }

    /// A message does not go out: its time is over, it is not for this backend any more, or the log has let it go.
    fn settle(&self, state: &mut State, number: SessionNumber, position: Lsn, is_known: bool) {
        if is_known {
            return state.note(number, &Change::Settled { position });
        }
        self.stats.backend_messages_dropped.add(1);
        if let Some(session) = state.kept.sessions.get_mut(&number) {
            session.dropped += 1;
        }
        state.note(number, &Change::Dropped { position });
    }
}

/// With the properties of a message that has waited until now; `None` when it has expired.
fn ready(found: &LoggedPublish, now: UnixMillis) -> Option<(&LoggedPublish, PropertyBuffer)> {
    let waited = Duration::from_millis(now.0.saturating_sub(found.time.0));
    Some((found, aged(Properties::of_kept(&found.properties), waited)?))
}

fn outgoing<'a>(found: &'a LoggedPublish, properties: Properties<'a>, retain: bool) -> Outgoing<'a> {
    Outgoing { topic: &found.topic, payload: &found.payload, retain, properties }
}
