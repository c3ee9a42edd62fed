//! Sessions at work: which way a message goes, what waits for whom, who comes back to what.

use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::topic::{DownTopic, Subscription, Topic, down_topic};
use lianwu_model::DeviceNumber;
use lianwu_mqtt::{PacketId, QoS};
use lianwu_ports::bus::{Delivery, Down, DownKind};
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::ReadingError;
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::{KeptMessage, SessionSummary};
use lianwu_services::directory::DirectoryDevice;
use tracing::warn;

use crate::worker::Worker;
use crate::worker::device::control::publish_at_least_once;
use crate::worker::device::gateway::carry::NO_LONGER_BEHIND;
use crate::worker::device::session::{Bounds, Custom, Gone, Session, Topics, granted};
use crate::worker::held::After;
use crate::worker::state::{Connection, Place, State};

/// A device that is not connected and whose session is kept.
pub(crate) struct Away {
    pub(super) device: Arc<DirectoryDevice>,
    pub(super) session: Box<Session>,
}

/// Which way a message goes.
pub(crate) struct Route {
    pub(crate) delivery: Delivery,
    pub(crate) qos: QoS,
    /// Set for QoS 1.
    pub(crate) packet_id: Option<PacketId>,
    /// Written to this connection at once; otherwise it waits, or goes nowhere.
    pub(crate) goes_to: Option<Place>,
    /// The gateway in whose session it is.
    pub(crate) carrier: Option<Arc<DirectoryDevice>>,
}

impl Route {
    pub(super) fn nowhere(delivery: Delivery) -> Option<Self> {
        Some(Self { delivery, qos: QoS::AtMostOnce, packet_id: None, goes_to: None, carrier: None })
    }
}

/// What a device comes back to.
pub(crate) struct Resumed {
    /// For CONNACK.
    pub(crate) is_present: bool,
    session: Option<Box<Session>>,
}

impl Resumed {
    /// Gives the session its connection.
    pub(crate) fn enter(mut self, connection: &mut Connection) {
        if let Some(session) = &mut self.session {
            session.set_window(connection.mqtt.in_flight_max());
            let Topics { all, at_least_once } = session.come_back();
            connection.down = all;
            connection.down_at_least_once = at_least_once;
        }
        connection.session = self.session;
    }
}

/// The system topics a connection is subscribed to.
pub(crate) fn topics(connection: &Connection) -> Topics {
    Topics { all: connection.down, at_least_once: connection.down_at_least_once }
}

/// The lower of what the sender wants and what the device was granted. Controls and action calls go to a device that
/// keeps no session as they always did, with QoS 0. Source: spec/device-protocol.md 2.6, spec/cloud-api.md 3.7.
fn down_qos(down: &Down, granted: QoS, is_kept: bool) -> QoS {
    let is_topic = matches!(down.kind, DownKind::Topic(_) | DownKind::Broadcast);
    if down.qos == 0 || granted == QoS::AtMostOnce || !(is_topic || is_kept) {
        QoS::AtMostOnce
    } else {
        QoS::AtLeastOnce
    }
}

/// The sub-device a message in the session of `owner` is for, if it is for one.
fn carried(owner: &DirectoryDevice, down: &Down) -> DeviceNumber {
    if owner.number == down.number { DeviceNumber::NONE } else { down.number }
}

impl Worker {
    fn bounds(&self) -> Bounds {
        Bounds { messages_max: self.options.offline_messages, age_max: self.options.offline_age_max }
    }

    /// At start: the sessions of an earlier run.
    pub(crate) fn restore(&self, sessions: Vec<SessionSummary>) {
        let mut state = self.state.borrow_mut();
        let now = state.wall;
        for summary in sessions {
            let device = self.platform.directory.find(summary.product, &summary.device);
            // A device of that name that was made anew has another number.
            let Some(device) = device.filter(|device| device.number == summary.number) else { continue };
            let owner = |topic: &str| self.sub_device(&device, &Topic::parse(topic)).map(|sub| sub.number);
            let session = Box::new(Session::restored(&summary, now, owner));
            self.restore_behind(&mut state, &device, &summary);
            state.away.insert(summary.number, Away { device, session });
        }
        self.end_lost_of_restored(&mut state);
    }

    /// Decides about a message; notes it in the session where there is one. `None`: the device has a full window
    /// unacknowledged and nothing may wait for it.
    pub(crate) fn route(&self, state: &mut State, down: &Down, topic: &str) -> Option<Route> {
        let Some(&slot) = state.homes.get(&down.number) else {
            return match self.reach_behind(state, down.number, topic) {
                None => self.route_away(state, down, topic),
                Some(reach) => self.route_behind(state, down, topic, reach),
            };
        };
        let connection = &state.connections[slot as usize];
        let place = Place { slot, generation: connection.generation };
        let custom = connection.session.as_ref().map_or(&[][..], |session| &session.custom);
        match granted(topics(connection), custom, topic) {
            None => Route::nowhere(Delivery::NotSubscribed),
            Some(granted) => self.route_to(state, place, down, granted),
        }
    }

    /// To a connection that listens: of the device, or of its gateway.
    pub(super) fn route_to(&self, state: &mut State, place: Place, down: &Down, granted: QoS) -> Option<Route> {
        let (now, bounds) = (state.wall, self.bounds());
        let Some(connection) = state.connection(place) else { return Route::nowhere(Delivery::Offline) };
        let Some(owner) = connection.device.clone() else { return Route::nowhere(Delivery::Offline) };
        let is_kept = connection.session.as_ref().is_some_and(|session| session.is_kept);
        let qos = down_qos(down, granted, is_kept);
        let delivery = Delivery::Delivered;
        if qos == QoS::AtMostOnce {
            return Some(Route { goes_to: Some(place), ..Route::nowhere(delivery)? });
        }
        let window = connection.mqtt.in_flight_max();
        let session = connection.session.get_or_insert_default();
        session.set_window(window);
        let taken = session.take(now, bounds, carried(&owner, down))?;
        self.made_room(state, &owner, taken.dropped);
        let goes_to = taken.goes_out.then_some(place);
        let carrier = (owner.number != down.number).then_some(owner);
        Some(Route { delivery, qos, packet_id: Some(taken.id), goes_to, carrier })
    }

    pub(super) fn route_away(&self, state: &mut State, down: &Down, topic: &str) -> Option<Route> {
        let away = state.away.get(&down.number);
        let granted = away.and_then(|away| granted(away.session.topics(), &away.session.custom, topic));
        self.queue_up(state, down.number, down, granted)
    }

    /// In the session of a device that is away: of the device, or of its gateway.
    pub(super) fn queue_up(
        &self,
        state: &mut State,
        owner: DeviceNumber,
        down: &Down,
        granted: Option<QoS>,
    ) -> Option<Route> {
        let (now, bounds) = (state.wall, self.bounds());
        let Some(away) = state.away.get_mut(&owner).filter(|away| !away.session.is_over(now, bounds)) else {
            return Route::nowhere(Delivery::Offline);
        };
        let Some(QoS::AtLeastOnce) = granted.map(|granted| down_qos(down, granted, true)) else {
            return Route::nowhere(Delivery::Offline);
        };
        let owner = Arc::clone(&away.device);
        let Some(taken) = away.session.take(now, bounds, carried(&owner, down)) else {
            return Route::nowhere(Delivery::Offline);
        };
        self.made_room(state, &owner, taken.dropped);
        let carrier = (owner.number != down.number).then_some(owner);
        let qos = QoS::AtLeastOnce;
        Some(Route { delivery: Delivery::Queued, qos, packet_id: Some(taken.id), goes_to: None, carrier })
    }

    /// The device acknowledged a message. An id nobody waits for is harmless.
    pub(crate) fn acknowledged(self: &Rc<Self>, state: &mut State, place: Place, id: PacketId) {
        let Some(connection) = state.connection(place) else { return };
        let Some(session) = connection.session.as_deref_mut() else { return };
        let Some(gone) = session.acknowledge(id) else { return };
        if !session.is_kept {
            return;
        }
        let wants_messages = session.wants_messages();
        if let Some(device) = connection.device.clone() {
            push(state, RecordKind::DownAcknowledged, &device, id.get(), "", b"");
            self.acknowledged_for(state, &device, gone);
        }
        if wants_messages {
            self.start_fetching(state, place);
        }
    }

    /// Fetches what waits for a device once everything said so far is durable.
    pub(crate) fn start_fetching(self: &Rc<Self>, state: &mut State, place: Place) {
        let Some(session) = state.connection(place).and_then(|c| c.session.as_deref_mut()) else { return };
        session.start_fetching();
        let after = After::FetchMessages { place };
        if !state.batch.is_empty() {
            state.held.after.push(after);
        } else if let Some(last) = state.in_flight.back_mut() {
            last.held.after.push(after);
        } else {
            self.fetch_messages(place, self.platform.log.durable());
        }
    }

    /// Reads the messages from the state that includes everything up to `lsn`, and sends them.
    pub(crate) fn fetch_messages(self: &Rc<Self>, place: Place, lsn: Lsn) {
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let Some((number, due)) = worker.due(place) else { return worker.end_fetch(place) };
            let ids: Vec<u16> = due.iter().map(|id| id.get()).collect();
            worker.platform.progress.reached(lsn).await;
            let states = Arc::clone(&worker.platform.states);
            // The blocking pool ends only with the worker.
            let found = tokio::task::spawn_blocking(move || states.session_messages(number, &ids)).await;
            let Ok(found) = found else { return };
            worker.send_fetched(place, &due, found);
        });
    }

    /// What is to be fetched, if anything is.
    fn due(&self, place: Place) -> Option<(DeviceNumber, Vec<PacketId>)> {
        let mut state = self.state.borrow_mut();
        let (now, bounds) = (state.wall, self.bounds());
        let connection = state.connection(place)?;
        let (device, session) = (connection.device.clone()?, connection.session.as_deref_mut()?);
        let expired = session.expire(now, bounds);
        let due = session.due();
        for gone in expired {
            let why = format!("message {} waited longer than limits.offline_hours", gone.id);
            self.given_up(&mut state, &device, gone, &why);
        }
        (!due.is_empty()).then_some((device.number, due))
    }

    fn send_fetched(self: &Rc<Self>, place: Place, due: &[PacketId], found: Result<Vec<KeptMessage>, ReadingError>) {
        let mut state = self.state.borrow_mut();
        self.refresh_time(&mut state);
        let Some(device) = state.connection(place).and_then(|c| c.device.clone()) else { return };
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                // It keeps its messages: they are sent when it comes back.
                warn!(%error, %device.product, %device.name, "cannot read the messages that wait for a device");
                self.close(&mut state, place, "the messages that wait for it cannot be read");
                return;
            }
        };
        for id in due {
            match found.iter().find(|message| message.packet_id == id.get()) {
                Some(message) if self.may_carry(&device, message) => {
                    self.send_kept(&mut state, place, &device, *id, message);
                }
                found => {
                    let session = state.connection(place).and_then(|c| c.session.as_deref_mut());
                    if let Some(gone) = session.and_then(|session| session.forget(*id)) {
                        let why = match found {
                            None => format!("message {id} was not stored"),
                            Some(message) => format!("message {id} on {}: {NO_LONGER_BEHIND}", message.topic),
                        };
                        self.given_up(&mut state, &device, gone, &why);
                    }
                }
            }
        }
        drop(state);
        self.end_fetch(place);
    }

    /// The fetch is over; what was taken meanwhile is fetched next.
    fn end_fetch(self: &Rc<Self>, place: Place) {
        let mut state = self.state.borrow_mut();
        let Some(session) = state.connection(place).and_then(|c| c.session.as_deref_mut()) else { return };
        session.stop_fetching();
        if session.wants_messages() {
            self.start_fetching(&mut state, place);
        }
    }

    fn send_kept(
        &self,
        state: &mut State,
        place: Place,
        device: &DirectoryDevice,
        id: PacketId,
        message: &KeptMessage,
    ) {
        let session = state.connection(place).and_then(|c| c.session.as_deref_mut());
        // Dropped while it was read: it had to make room.
        let Some(outgoing) = session.and_then(|session| session.send(id)) else { return };
        let mut topic = String::new();
        let name = device.name.as_str();
        match message.kind {
            RecordKind::PropertyControl => down_topic(DownTopic::ThingProperty, device.product, name, &mut topic),
            RecordKind::ActionCall => down_topic(DownTopic::ThingAction, device.product, name, &mut topic),
            _ => topic.push_str(&message.topic),
        }
        self.stats.messages_down.add(1);
        state.send(place, |connection, out| {
            let framing = connection.mqtt.framing();
            publish_at_least_once(out, framing, id, outgoing.duplicate, &topic, &message.payload);
        });
    }

    /// The connection of a device ended: its session waits for it, if it is one that is kept.
    pub(crate) fn park(
        &self,
        state: &mut State,
        device: &Arc<DirectoryDevice>,
        session: Option<Box<Session>>,
        topics: Topics,
    ) {
        let Some(mut session) = session.filter(|session| session.is_kept) else { return };
        if self.is_registered(device) {
            session.leave(topics, state.wall);
            state.away.insert(device.number, Away { device: Arc::clone(device), session });
        }
    }

    /// The connection of a device ended, and it wants nothing kept although it came to a kept session. Source: MQTT 5
    /// §3.1.2.11.2.
    pub(crate) fn end_session(&self, state: &mut State, device: &DirectoryDevice, session: Option<Box<Session>>) {
        if let Some(session) = session.filter(|session| session.is_kept) {
            self.record(state, RecordKind::SessionEnded, device, "the device asked for its session to end", b"");
            self.discard_carried(state, device, &session);
        }
    }

    fn is_registered(&self, device: &DirectoryDevice) -> bool {
        let known = self.platform.directory.find(device.product, device.name.as_str());
        known.is_some_and(|known| known.number == device.number)
    }

    /// A device was disconnected from outside: when it was deleted, its session goes with it.
    pub(crate) fn forget_deleted(&self, state: &mut State, number: DeviceNumber) {
        if state.away.get(&number).is_some_and(|away| !self.is_registered(&away.device)) {
            state.away.remove(&number);
        }
    }

    /// The session of a device that no longer lives here ends.
    pub(crate) fn end_away(&self, state: &mut State, number: DeviceNumber, why: &str) {
        if let Some(away) = state.away.remove(&number) {
            self.record(state, RecordKind::SessionEnded, &away.device, why, b"");
            self.discard_carried(state, &away.device, &away.session);
            state.behind.forget(number);
        }
    }

    /// At start: what a gateway's session listens to for those behind it.
    fn restore_behind(&self, state: &mut State, gateway: &DirectoryDevice, summary: &SessionSummary) {
        for (filter, qos) in &summary.filters {
            let Ok(subscription) = Subscription::parse(filter) else { continue };
            let (product, name) = subscription.owner();
            if let Some(device) = self.sub_device_named(gateway, product, name) {
                let qos = if *qos == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce };
                let sub = state.behind.entry(gateway.number, &device);
                match subscription {
                    Subscription::System { topic, .. } => sub.subscribe(topic, qos),
                    Subscription::Custom { rest, .. } if !self.may_subscribe(&device, rest) => {}
                    Subscription::Custom { .. } => sub.custom.push(Custom { filter: filter.clone(), qos }),
                }
            }
        }
    }

    /// What a device finds when it signs in. Whatever was kept is taken out: a clean session discards it, and the
    /// record of the sign-in tells the state table so.
    pub(crate) fn resume(&self, state: &mut State, device: &Arc<DirectoryDevice>, clean_session: bool) -> Resumed {
        let (now, bounds) = (state.wall, self.bounds());
        let known = state.away.remove(&device.number);
        if clean_session {
            if let Some(away) = known {
                self.discard_carried(state, device, &away.session);
            }
            return Resumed { is_present: false, session: None };
        }
        if let Some(away) = known {
            if !away.session.is_over(now, bounds) {
                return Resumed { is_present: true, session: Some(away.session) };
            }
            self.record_ended(state, device, &away.session);
        }
        Resumed { is_present: false, session: Some(Box::new(Session::kept())) }
    }

    /// A device wants a kept session with nothing from before in it.
    pub(crate) fn start_anew(&self, state: &mut State, device: &DirectoryDevice) {
        if let Some(away) = state.away.remove(&device.number) {
            self.record(state, RecordKind::SessionEnded, device, "the device asked for a clean start", b"");
            self.discard_carried(state, device, &away.session);
        }
    }

    /// Ends the sessions of devices that stayed away too long.
    pub(crate) fn end_sessions(&self, state: &mut State) {
        let (now, bounds) = (state.wall, self.bounds());
        let over: Vec<_> = state.away.extract_if(|_, away| away.session.is_over(now, bounds)).collect();
        for (number, away) in over {
            self.record_ended(state, &away.device, &away.session);
            state.behind.forget(number);
        }
    }

    fn record_ended(&self, state: &mut State, device: &DirectoryDevice, session: &Session) {
        let hours = self.options.offline_age_max.as_secs() / 3600;
        let lost = session.unacknowledged();
        let why = format!("the device stayed away for {hours} h, see limits.offline_hours; messages lost: {lost}");
        self.record(state, RecordKind::SessionEnded, device, &why, b"");
        self.discard_carried(state, device, session);
    }

    /// The oldest message may have made room.
    fn made_room(&self, state: &mut State, owner: &DirectoryDevice, dropped: Option<Gone>) {
        let Some(gone) = dropped else { return };
        let messages_max = self.options.offline_messages;
        let why = format!("message {} made room: {messages_max} wait, see limits.offline_messages", gone.id);
        self.given_up(state, owner, gone, &why);
    }

    /// A message in the session of `owner` will not be sent.
    fn given_up(&self, state: &mut State, owner: &DirectoryDevice, gone: Gone, why: &str) {
        push(state, RecordKind::DownDropped, owner, gone.id.get(), why, b"");
        self.given_up_for(state, owner, gone, why);
    }
}

/// Adds a record about one message of a session.
pub(super) fn push(
    state: &mut State,
    kind: RecordKind,
    device: &DirectoryDevice,
    packet_id: u16,
    note: &str,
    payload: &[u8],
) {
    let sample_time = state.wall;
    state.batch.push(&Record {
        kind,
        qos: 1,
        packet_id,
        code: 0,
        number: device.number,
        product: device.product,
        device: device.name.as_str(),
        sample_time,
        topic: "",
        note,
        payload,
    });
    state.want_turn();
}
