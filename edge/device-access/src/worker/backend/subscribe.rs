//! What a backend listens to.

use std::sync::Arc;

use lianwu_mqtt::packet::{RetainHandling, SubscribeAnswer, SubscriptionOptions};
use lianwu_mqtt::subscriptions::split_shared;
use lianwu_mqtt::{ReasonCode, Subscribe, Unsubscribe, encode, filter};
use lianwu_ports::record::account::AccountEvent;
use lianwu_ports::states::SessionNumber;
use lianwu_ports::states::backend_session::Change;
use lianwu_services::backend::Backend;

use super::retained::Wanted;
use super::told::Refused;
use crate::broker::{At, Seat, Subscriber, WantsRetained};
use crate::worker::Worker;
use crate::worker::io::connection::Flow;
use crate::worker::state::{Place, State};

/// Levels of a backend's filter: the way through the tree of filters is as deep.
const LEVELS_MAX: usize = 64;

impl Worker {
    pub(crate) fn subscribe_backend(&self, state: &mut State, place: Place, subscribe: &Subscribe<'_>) -> Flow {
        let mut answers = Vec::new();
        let mut wanted = Vec::new();
        let now = state.wall;
        let id = subscribe.properties.subscription_id().unwrap_or(0);
        for (filter, options) in subscribe.filters() {
            let Some(known) = Known::of(state, place, filter) else { return Flow::Closed };
            let filters_max = match known.session {
                Some(_) => self.options.backend_session_filters_max,
                None => self.options.backend_filters_max,
            };
            let of_account_max = self.options.account_filters_max;
            let is_room_in_account = || self.broker.filters_of(known.backend.owner) < of_account_max;
            let is_room = !known.is_new || (known.count < filters_max && is_room_in_account());
            let outcome = if !is_usable(filter) {
                Err("not a topic filter".to_owned())
            } else if !is_room {
                Err(format!("more than {filters_max} filters, or {of_account_max} of the account"))
            } else {
                known.backend.check_filter(&self.platform, filter).map_err(|refusal| refusal.to_string())
            };
            answers.push(match outcome {
                Ok(()) => {
                    let wants = wants_retained(filter, options, known.is_new);
                    self.listen(state, place, &known, Granted { filter, options, id, wants });
                    if wants == WantsRetained::Yes && known.backend.may_receive_own(&self.platform, now) {
                        wanted.push(Wanted { filter, qos: options.qos });
                    }
                    SubscribeAnswer::Granted(options.qos)
                }
                Err(why) => {
                    let (identity, client_id) = (Arc::clone(&known.backend), known.client_id.clone());
                    let event = AccountEvent::SubscribeRefused;
                    let refused = Refused { event, cause: 0, client_id: &client_id, topic: filter, why: &why };
                    self.tell_of_refusal(state, &identity, &refused);
                    SubscribeAnswer::Refused(if is_room {
                        ReasonCode::NotAuthorised
                    } else {
                        ReasonCode::QuotaExceeded
                    })
                }
            });
        }
        state.send(place, |connection, out| {
            let version = connection.mqtt.version();
            encode::suback(out, version, subscribe.packet_id, answers).expect("a SUBSCRIBE has at least one filter");
        });
        self.send_retained(state, place, &wanted, id);
        if state.connection(place).is_some() { Flow::Open } else { Flow::Closed }
    }

    pub(crate) fn unsubscribe_backend(&self, state: &mut State, place: Place, unsubscribe: &Unsubscribe<'_>) -> Flow {
        let mut answers = Vec::new();
        for filter in unsubscribe.filters() {
            let Some(known) = Known::of(state, place, filter) else { return Flow::Closed };
            answers.push(if known.is_new { ReasonCode::NoSubscriptionExisted } else { ReasonCode::Success });
            if !known.is_new {
                self.listen_no_more(state, place, &known, filter);
            }
        }
        state.send(place, |connection, out| {
            let version = connection.mqtt.version();
            encode::unsuback(out, version, unsubscribe.packet_id, answers)
                .expect("an UNSUBSCRIBE has at least one filter");
        });
        Flow::Open
    }
}

/// What is known of a client and a filter before it subscribes or unsubscribes.
struct Known {
    backend: Arc<Backend>,
    client_id: Arc<str>,
    session: Option<SessionNumber>,
    is_new: bool,
    /// Filters it has.
    count: usize,
}

impl Known {
    fn of(state: &mut State, place: Place, filter: &str) -> Option<Self> {
        let connection = state.connection(place)?.backend.as_ref()?;
        let (backend, session) = (Arc::clone(&connection.backend), connection.session);
        let client_id = connection.client_id.clone();
        let (is_new, count) = match session {
            None => (!connection.filters.contains(filter), connection.filters.len()),
            Some(number) => {
                let filters = &state.kept.sessions.get(&number)?.filters;
                (!filters.contains_key(filter), filters.len())
            }
        };
        Some(Self { backend, client_id, session, is_new, count })
    }
}

/// A filter, and how the client wants what it matches.
#[derive(Clone, Copy)]
struct Granted<'a> {
    filter: &'a str,
    options: SubscriptionOptions,
    /// The client's name for it; 0 if it gave none.
    id: u32,
    wants: WantsRetained,
}

impl Worker {
    fn listen(&self, state: &mut State, place: Place, known: &Known, granted: Granted<'_>) {
        let Granted { filter, options, id, wants } = granted;
        let backend = Arc::clone(&known.backend);
        let subscriber = match known.session {
            None => {
                if let Some(connection) = state.connection(place).and_then(|c| c.backend.as_mut()) {
                    connection.filters.insert(filter.into());
                }
                let at = At { worker: self.index, seat: Seat::Connection(place) };
                Some(Subscriber { at, options, id, backend, is_away: None, since: 0 })
            }
            Some(number) => {
                let at = At { worker: self.index, seat: Seat::Session(number) };
                let subscriber = state.kept.sessions.get_mut(&number).map(|session| {
                    session.filters.insert(filter.into(), (options, id));
                    session.subscriber(at, options, id)
                });
                state.note(number, &Change::Subscribed { filter, options: options.byte(), id });
                subscriber
            }
        };
        if let Some(subscriber) = subscriber {
            self.broker.subscribe(filter, subscriber, wants);
        }
        self.stats.backend_subscriptions.add(u64::from(known.is_new));
    }

    fn listen_no_more(&self, state: &mut State, place: Place, known: &Known, filter: &str) {
        let seat = known.session.map_or(Seat::Connection(place), Seat::Session);
        match known.session {
            None => {
                if let Some(connection) = state.connection(place).and_then(|c| c.backend.as_mut()) {
                    connection.filters.remove(filter);
                }
            }
            Some(number) => {
                if let Some(session) = state.kept.sessions.get_mut(&number) {
                    session.filters.remove(filter);
                }
                state.note(number, &Change::Unsubscribed { filter });
            }
        }
        self.stats.backend_subscriptions.sub(1);
        self.broker.unsubscribe(known.backend.owner, filter, At { worker: self.index, seat });
    }
}

/// Members of a group get no retained messages. Source: MQTT 5 §4.8.2.
fn wants_retained(filter: &str, options: SubscriptionOptions, is_new: bool) -> WantsRetained {
    let is_wanted = match options.retain_handling {
        RetainHandling::Always => true,
        RetainHandling::IfNew => is_new,
        RetainHandling::Never => false,
    };
    if is_wanted && matches!(split_shared(filter), Some((None, _))) { WantsRetained::Yes } else { WantsRetained::No }
}

/// Has it the form of a filter, shared or not, of a depth somebody would use?
fn is_usable(filter: &str) -> bool {
    split_shared(filter)
        .is_some_and(|(_, filter)| filter::is_valid_filter(filter) && filter::level_count(filter) <= LEVELS_MAX)
}
