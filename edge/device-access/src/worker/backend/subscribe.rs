//! What a backend listens to.

use std::sync::Arc;

use lianwu_mqtt::packet::{RetainHandling, SubscribeAnswer, SubscriptionOptions};
use lianwu_mqtt::subscriptions::split_shared;
use lianwu_mqtt::{ReasonCode, Subscribe, Unsubscribe, encode, filter};
use lianwu_ports::record::account::AccountEvent;

use super::retained::Wanted;
use super::told::Refused;
use crate::broker::{At, Subscriber};
use crate::worker::Worker;
use crate::worker::io::connection::Flow;
use crate::worker::state::{Place, State};

/// Filters one backend may be subscribed to.
const FILTERS_MAX: usize = 200_000;

/// Levels of a backend's filter: the way through the tree of filters is as deep.
const LEVELS_MAX: usize = 64;

impl Worker {
    pub(crate) fn subscribe_backend(&self, state: &mut State, place: Place, subscribe: &Subscribe<'_>) -> Flow {
        let mut answers = Vec::new();
        let mut wanted = Vec::new();
        let now = state.wall;
        let mut filters_added = 0;
        let id = subscribe.properties.subscription_id().unwrap_or(0);
        for (filter, options) in subscribe.filters() {
            let Some(backend) = state.connection(place).and_then(|c| c.backend.as_mut()) else { return Flow::Closed };
            let is_new = !backend.filters.contains(filter);
            let is_room = !is_new || backend.filters.len() < FILTERS_MAX;
            let outcome = if !is_usable(filter) {
                Err("not a topic filter".to_owned())
            } else if !is_room {
                Err(format!("more than {FILTERS_MAX} filters"))
            } else {
                backend.backend.check_filter(&self.platform, filter).map_err(|refusal| refusal.to_string())
            };
            answers.push(match outcome {
                Ok(()) => {
                    backend.filters.insert(filter.into());
                    filters_added += u64::from(is_new);
                    let at = At { worker: self.index, place };
                    self.broker
                        .subscribe(filter, Subscriber { at, options, id, backend: Arc::clone(&backend.backend) });
                    let may_have = || backend.backend.may_receive_own(&self.platform, now);
                    if wants_retained(filter, options, is_new) && may_have() {
                        wanted.push(Wanted { filter, qos: options.qos });
                    }
                    SubscribeAnswer::Granted(options.qos)
                }
                Err(why) => {
                    let (identity, client_id) = (Arc::clone(&backend.backend), backend.client_id.clone());
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
        self.stats.backend_subscriptions.set(self.stats.backend_subscriptions.get() + filters_added);
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
            let Some(backend) = state.connection(place).and_then(|c| c.backend.as_mut()) else { return Flow::Closed };
            let existed = backend.filters.remove(filter);
            answers.push(if existed { ReasonCode::Success } else { ReasonCode::NoSubscriptionExisted });
            if existed {
                self.stats.backend_subscriptions.set(self.stats.backend_subscriptions.get() - 1);
                self.broker.unsubscribe(backend.backend.owner, filter, At { worker: self.index, place });
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

/// Members of a group get no retained messages. Source: MQTT 5 §4.8.2.
fn wants_retained(filter: &str, options: SubscriptionOptions, is_new: bool) -> bool {
    let is_wanted = match options.retain_handling {
        RetainHandling::Always => true,
        RetainHandling::IfNew => is_new,
        RetainHandling::Never => false,
    };
    is_wanted && matches!(split_shared(filter), Some((None, _)))
}

/// Has it the form of a filter, shared or not, of a depth somebody would use?
fn is_usable(filter: &str) -> bool {
    split_shared(filter)
        .is_some_and(|(_, filter)| filter::is_valid_filter(filter) && filter::level_count(filter) <= LEVELS_MAX)
}
