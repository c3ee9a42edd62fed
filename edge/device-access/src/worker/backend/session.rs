//! Kept sessions of backends: who comes back to what, what is written down about it, when it ends.
//!
//! A backend's home follows from its account and client id, so one worker has its connection and its session, and
//! take-over is that worker's business alone. Source: docs/adr/0017-kept-sessions-of-backends.md.

mod restore;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_mqtt::connection::{InFlight, Received, Stage};
use lianwu_mqtt::packet::SubscriptionOptions;
use lianwu_mqtt::{PacketId, QoS};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::SessionNumber;
use lianwu_ports::states::backend_session::{Change, Changes, DelayedWill, Queued, queued};
use lianwu_services::backend::Backend;
use tracing::warn;

pub(crate) use restore::Restored;

use super::backlog::{Backlog, Bounds};
use super::publish::Will;
use crate::broker::{At, Seat, SessionUse, Subscriber, WantsRetained};
use crate::worker::Worker;
use crate::worker::state::{Place, State};

/// Messages named by one record.
const QUEUED_MAX: usize = 4_096;

/// Longest client id of a kept session: what fits into a record. Unit: bytes.
pub(crate) const CLIENT_ID_BYTES_MAX: usize = 255;

/// One kept session.
pub(crate) struct KeptSession {
    pub(crate) owner: Uin,
    pub(crate) client_id: Arc<str>,
    /// Who it belongs to now: rights of what waits are asked of it.
    pub(crate) backend: Arc<Backend>,
    /// Options, and the client's name for the subscription or 0.
    pub(crate) filters: HashMap<Box<str>, (SubscriptionOptions, u32)>,
    pub(crate) backlog: Backlog,
    /// Where its client is connected.
    pub(crate) place: Option<Place>,
    /// Packet ids in use, while its client is away.
    in_flight: Option<Box<InFlight>>,
    /// Messages to be sent again on this connection, in order.
    pub(crate) resend: VecDeque<PacketId>,
    /// Messages of QoS 2 that came from the client and are not released.
    pub(crate) taken: BTreeSet<PacketId>,
    /// Messages are being read for the connection at this place, or it is not resumed yet.
    pub(crate) fetching: Option<Place>,
    expiry_seconds: u32,
    away_since: UnixMillis,
    will: Option<Box<DelayedWill>>,
    /// Messages given up since its client was here.
    pub(crate) dropped: u64,
    is_away: Arc<AtomicBool>,
    /// What is to be written down at the end of the turn.
    changes: Changes,
    /// Listed as one that the turn changed.
    is_touched: bool,
}

/// Sessions that live on one worker.
#[derive(Default)]
pub(crate) struct KeptHere {
    pub(crate) sessions: HashMap<SessionNumber, Box<KeptSession>>,
    by_client: HashMap<(Uin, Arc<str>), SessionNumber>,
    /// Those with something to be written down.
    touched: Vec<SessionNumber>,
    /// Messages of this turn's batch for kept sessions of any worker.
    pub(crate) queued: Vec<Queued>,
}

impl KeptHere {
    /// Who was last in a session that is still kept for this account and client id.
    pub(crate) fn holder(&self, client: &(Uin, Arc<str>), now: UnixMillis) -> Option<Arc<Backend>> {
        let session = self.sessions.get(self.by_client.get(client)?)?;
        (!session.is_over(now)).then(|| Arc::clone(&session.backend))
    }
}

/// What a client finds when it signs in.
#[derive(Default)]
pub(crate) struct Entered {
    pub(crate) session: Option<SessionNumber>,
    pub(crate) is_present: bool,
    /// How long the session is kept. Unit: seconds.
    pub(crate) expiry_seconds: u32,
    pub(crate) in_flight: Option<Box<InFlight>>,
    pub(crate) received: Option<Received>,
}

/// Who signs in.
pub(crate) struct Entering<'a> {
    pub(crate) backend: &'a Arc<Backend>,
    pub(crate) client_id: &'a Arc<str>,
    pub(crate) starts_clean: bool,
    /// The client's wish. Unit: seconds.
    pub(crate) expiry_seconds: u32,
    pub(crate) place: Place,
}

impl KeptSession {
    fn new(backend: &Arc<Backend>, client_id: &Arc<str>) -> Self {
        Self {
            owner: backend.owner,
            client_id: Arc::clone(client_id),
            backend: Arc::clone(backend),
            filters: HashMap::new(),
            backlog: Backlog::default(),
            place: None,
            in_flight: None,
            resend: VecDeque::new(),
            taken: BTreeSet::new(),
            fetching: None,
            expiry_seconds: 0,
            away_since: UnixMillis(0),
            will: None,
            dropped: 0,
            is_away: Arc::new(AtomicBool::new(true)),
            changes: Changes::default(),
            is_touched: false,
        }
    }

    fn is_over(&self, now: UnixMillis) -> bool {
        let kept = Duration::from_secs(self.expiry_seconds.into());
        self.place.is_none() && self.away_since.plus(kept) <= now
    }

    pub(crate) fn subscriber(&self, at: At, options: SubscriptionOptions, id: u32) -> Subscriber {
        let (backend, is_away) = (Arc::clone(&self.backend), Some(Arc::clone(&self.is_away)));
        Subscriber { at, options, id, backend, is_away, since: 0 }
    }

    /// Its client is back: what it has in flight goes to the connection.
    fn come_back(&mut self, place: Place) -> (Option<Box<InFlight>>, Received) {
        self.place = Some(place);
        // Until it is resumed.
        self.fetching = Some(place);
        self.will = None;
        self.is_away.store(false, Ordering::Relaxed);
        let in_flight = self.in_flight.take();
        let entries = in_flight.iter().flat_map(|in_flight| in_flight.entries());
        self.resend = entries.filter(|(_, stage)| *stage != Stage::AwaitsPubComp).map(|(id, _)| id).collect();
        let mut received = Received::default();
        self.taken.iter().for_each(|id| received.insert(*id));
        (in_flight, received)
    }

    fn holds(&self) -> SessionUse {
        SessionUse {
            messages: self.backlog.len() as u64,
            bytes: self.backlog.bytes() as u64,
            filters: self.filters.len() as u64,
        }
    }
}

impl State {
    /// Lets a change of a session be written down at the end of the turn.
    pub(crate) fn note(&mut self, number: SessionNumber, change: &Change<'_>) {
        if let Some(session) = self.kept.sessions.get_mut(&number) {
            session.changes.push(change);
            self.touch(number);
        }
    }

    /// What a session holds has changed.
    pub(crate) fn touch(&mut self, number: SessionNumber) {
        let Some(session) = self.kept.sessions.get_mut(&number) else { return };
        if !session.is_touched {
            session.is_touched = true;
            self.kept.touched.push(number);
            self.want_turn();
        }
    }

    /// The kept session of the connection at `place`, if it has one.
    pub(crate) fn kept_at(&mut self, place: Place) -> Option<SessionNumber> {
        self.connection(place)?.backend.as_ref()?.session
    }
}

impl Worker {
    pub(crate) fn bounds_of_backends(&self) -> Bounds {
        restore::bounds(&self.options)
    }

    /// A client signs in: finds its session, opens one, or has none.
    pub(crate) fn enter(&self, state: &mut State, entering: &Entering<'_>) -> Result<Entered, String> {
        let Entering { backend, client_id, starts_clean, expiry_seconds, place } = *entering;
        let expiry_seconds = expiry_seconds.min(self.longest());
        let now = state.wall;
        let key = (backend.owner, Arc::clone(client_id));
        let mut known = state.kept.by_client.get(&key).copied();
        if let Some(number) = known
            && (starts_clean || state.kept.sessions.get(&number).is_none_or(|session| session.is_over(now)))
        {
            self.end_kept(state, number);
            known = None;
        }
        let is_present = known.is_some();
        if known.is_none() && expiry_seconds == 0 {
            return Ok(Entered::default());
        }
        let number = match known {
            Some(number) => number,
            None => self.open(state, entering)?,
        };
        let Some(session) = state.kept.sessions.get_mut(&number) else { return Ok(Entered::default()) };
        session.backend = Arc::clone(backend);
        session.expiry_seconds = expiry_seconds;
        let (in_flight, received) = session.come_back(place);
        tell_of_dropped(session);
        let at = At { worker: self.index, seat: Seat::Session(number) };
        for (filter, (options, id)) in &session.filters {
            // With the rights of the key that was used now.
            self.broker.subscribe(filter, session.subscriber(at, *options, *id), WantsRetained::No);
        }
        state.note(number, &Change::Opened { expiry_seconds, secret_id: &backend.secret_id });
        Ok(Entered { session: Some(number), is_present, expiry_seconds, in_flight, received: Some(received) })
    }

    fn open(&self, state: &mut State, entering: &Entering<'_>) -> Result<SessionNumber, String> {
        let Entering { backend, client_id, .. } = *entering;
        if client_id.len() > CLIENT_ID_BYTES_MAX {
            return Err(format!("a client id of more than {CLIENT_ID_BYTES_MAX} bytes cannot have a kept session"));
        }
        let max = self.options.backend_sessions_max;
        let Some(number) = self.broker.kept.open(backend.owner, max) else {
            return Err(format!(
                "the account has {max} kept sessions already, see limits.backend_sessions; sign in with a clean session"
            ));
        };
        state.kept.by_client.insert((backend.owner, Arc::clone(client_id)), number);
        state.kept.sessions.insert(number, Box::new(KeptSession::new(backend, client_id)));
        Ok(number)
    }

    /// Longest time a session outlives its connection. Unit: seconds.
    fn longest(&self) -> u32 {
        u32::try_from(self.options.backend_session_age_max.as_secs()).unwrap_or(u32::MAX)
    }

    /// The connection of a kept session ended.
    pub(crate) fn leave(
        &self,
        state: &mut State,
        number: SessionNumber,
        expiry_seconds: u32,
        in_flight: Option<Box<InFlight>>,
        will: Option<&Will>,
    ) {
        let now = state.wall;
        let expiry_seconds = expiry_seconds.min(self.longest());
        let Some(session) = state.kept.sessions.get_mut(&number) else { return };
        session.place = None;
        session.fetching = None;
        session.resend.clear();
        session.in_flight = in_flight;
        session.expiry_seconds = expiry_seconds;
        session.away_since = now;
        session.is_away.store(true, Ordering::Relaxed);
        let (backend, client_id) = (Arc::clone(&session.backend), session.client_id.clone());
        let delay = will.map_or(0, |will| will.delay_seconds.min(expiry_seconds));
        let waits = will.filter(|_| delay > 0 && !state.is_stopping);
        let delayed = waits.map(|will| Box::new(will.due(now.plus(Duration::from_secs(delay.into())))));
        if let Some(session) = state.kept.sessions.get_mut(&number) {
            session.will.clone_from(&delayed);
        }
        if delayed.is_none()
            && let Some(will) = will
        {
            self.publish_will(state, &backend, &client_id, will);
        }
        if expiry_seconds == 0 {
            self.end_kept(state, number);
        } else {
            state.note(number, &Change::Left { expiry_seconds, will: delayed });
        }
    }

    /// Sends wills whose delay is over and ends sessions nobody came back to. Called once a second.
    pub(crate) fn check_kept(&self, state: &mut State) {
        let now = state.wall;
        let is_due = |session: &KeptSession| session.will.as_ref().is_some_and(|will| will.due <= now);
        let mut found = Vec::new();
        for (number, session) in &state.kept.sessions {
            let is_over = session.is_over(now);
            if is_over || is_due(session) {
                found.push((*number, is_over));
            }
        }
        for (number, is_over) in found {
            if is_over {
                self.end_kept(state, number);
            } else {
                self.send_delayed_will(state, number);
                state.note(number, &Change::WillGone);
            }
        }
    }

    fn send_delayed_will(&self, state: &mut State, number: SessionNumber) {
        let Some(session) = state.kept.sessions.get_mut(&number) else { return };
        let Some(will) = session.will.take() else { return };
        let (backend, client_id) = (Arc::clone(&session.backend), session.client_id.clone());
        self.publish_will(state, &backend, &client_id, &Will::from(*will));
    }

    /// A session is over: a will that waited goes out, everything else is forgotten.
    pub(crate) fn end_kept(&self, state: &mut State, number: SessionNumber) {
        self.send_delayed_will(state, number);
        let Some(mut session) = state.kept.sessions.remove(&number) else { return };
        state.kept.by_client.remove(&(session.owner, session.client_id.clone()));
        let at = At { worker: self.index, seat: Seat::Session(number) };
        for filter in session.filters.keys() {
            self.broker.unsubscribe(session.owner, filter, at);
        }
        self.stats.backend_subscriptions.sub(session.filters.len() as u64);
        self.broker.kept.close(session.owner, number);
        session.dropped += session.backlog.len() as u64;
        tell_of_dropped(&mut session);
        session.changes.push(&Change::Closed);
        write(state, number, &mut session);
    }

    /// Writes down what the turn changed: before its batch goes to the log.
    pub(crate) fn write_sessions(&self, state: &mut State) {
        if state.kept.queued.is_empty() && state.kept.touched.is_empty() {
            return;
        }
        let mut queued = std::mem::take(&mut state.kept.queued);
        for part in queued.chunks(QUEUED_MAX) {
            let payload = queued::payload(part, state.batch.len());
            push(state, RecordKind::BackendQueued, "", "", &payload);
        }
        queued.clear();
        state.kept.queued = queued;
        let mut touched = std::mem::take(&mut state.kept.touched);
        for number in touched.drain(..) {
            let Some(mut session) = state.kept.sessions.remove(&number) else { continue };
            session.is_touched = false;
            write(state, number, &mut session);
            self.broker.kept.note(session.owner, number, session.holds());
            state.kept.sessions.insert(number, session);
        }
        state.kept.touched = touched;
    }

    /// Something went wrong with the commit of a message of QoS 2: it was never taken.
    pub(crate) fn was_not_taken(state: &mut State, session: Option<SessionNumber>, packet_id: PacketId) {
        if let Some(session) = session.and_then(|number| state.kept.sessions.get_mut(&number)) {
            session.taken.remove(&packet_id);
        }
    }

    /// The client has a message: the delivery is complete, and there is room for others.
    pub(crate) fn delivered(self: &Rc<Self>, state: &mut State, place: Place, packet_id: PacketId) {
        self.send_pending(state, place);
        let Some(number) = state.kept_at(place) else { return };
        let session = state.kept.sessions.get_mut(&number);
        if let Some(message) = session.and_then(|session| session.backlog.complete(packet_id)) {
            let change = if message.qos == QoS::ExactlyOnce.bits() {
                Change::Completed { packet_id: packet_id.get() }
            } else {
                Change::Settled { position: message.position }
            };
            state.note(number, &change);
        }
        self.pump(state, number);
    }
}

/// Says once, with the count, what was given up while a client was away.
fn tell_of_dropped(session: &mut KeptSession) {
    let dropped = std::mem::take(&mut session.dropped);
    if dropped > 0 {
        warn!(
            account = %session.owner, client_id = %session.client_id, dropped,
            "messages that waited for a backend were given up, see limits.backend_session_messages"
        );
    }
}

fn write(state: &mut State, number: SessionNumber, session: &mut KeptSession) {
    if !session.changes.is_empty() {
        let payload = session.changes.take_payload(number);
        push(state, RecordKind::BackendSession, &session.client_id, &session.owner.to_string(), &payload);
    }
}

fn push(state: &mut State, kind: RecordKind, client_id: &str, owner: &str, payload: &[u8]) {
    let sample_time = state.wall;
    state.batch.push(&Record {
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: DeviceNumber::NONE,
        product: ProductId::ACCOUNT,
        device: client_id,
        sample_time,
        topic: "",
        note: owner,
        payload,
    });
    state.want_turn();
}
