//! SUBSCRIBE and UNSUBSCRIBE: a device may ask for its own topics only.

use lianwu_device_protocol::topic::{FilterError, Subscription};
use lianwu_model::topic_policy::TOPICS_MAX;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::{QoS, ReasonCode, Subscribe, Unsubscribe, encode, filter, granted_qos};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;

use crate::worker::Worker;
use crate::worker::device::session::Custom;
use crate::worker::io::connection::Flow;
use crate::worker::state::{Place, State};

/// Code of a refused filter in the log, and in the SUBACK of a device below MQTT 5.
const REFUSED_CODE: u8 = ReasonCode::UnspecifiedError.code();

/// Custom topics one connection may be subscribed to: as many as its product may have.
const CUSTOM_MAX: usize = TOPICS_MAX;

impl Worker {
    pub(crate) fn subscribe(&self, state: &mut State, place: Place, subscribe: &Subscribe<'_>) -> Flow {
        if state.connection(place).is_some_and(|c| c.backend.is_some()) {
            return self.subscribe_backend(state, place, subscribe);
        }
        let mut answers = Vec::new();
        for (filter, requested) in subscribe.filters() {
            let granted = granted_qos(requested.qos);
            let outcome = self.allow(state, place, filter, granted);
            answers.push(match &outcome {
                Ok(()) => SubscribeAnswer::Granted(granted),
                Err(error) => SubscribeAnswer::Refused(refusal(error, filter)),
            });
            let (code, why) = match outcome {
                Ok(()) => (0, String::new()),
                Err(error) => (u32::from(REFUSED_CODE), error.to_string()),
            };
            let facts = Facts { packet_id: subscribe.packet_id.get(), qos: granted, code, why: &why };
            self.record_filter(state, place, RecordKind::Subscribed, filter, &facts);
        }
        state.send(place, |connection, out| {
            let version = connection.mqtt.version();
            encode::suback(out, version, subscribe.packet_id, answers).expect("a SUBSCRIBE has at least one filter");
        });
        Flow::Open
    }

    pub(crate) fn unsubscribe(&self, state: &mut State, place: Place, unsubscribe: &Unsubscribe<'_>) -> Flow {
        if state.connection(place).is_some_and(|c| c.backend.is_some()) {
            return self.unsubscribe_backend(state, place, unsubscribe);
        }
        let mut answers = Vec::new();
        for filter in unsubscribe.filters() {
            let existed = self.forget(state, place, filter);
            answers.push(if existed { ReasonCode::Success } else { ReasonCode::NoSubscriptionExisted });
            let facts = Facts { packet_id: unsubscribe.packet_id.get(), qos: QoS::AtMostOnce, code: 0, why: "" };
            self.record_filter(state, place, RecordKind::Unsubscribed, filter, &facts);
        }
        state.send(place, |connection, out| {
            let version = connection.mqtt.version();
            encode::unsuback(out, version, unsubscribe.packet_id, answers)
                .expect("an UNSUBSCRIBE has at least one filter");
        });
        Flow::Open
    }

    /// Notes the subscription if the device may have it: for itself, or for a sub-device bound to it.
    fn allow(&self, state: &mut State, place: Place, filter: &str, qos: QoS) -> Result<(), SubscribeError> {
        let connection = state.connection(place).ok_or(SubscribeError::NotSignedIn)?;
        let device = connection.device.clone().ok_or(SubscribeError::NotSignedIn)?;
        let subscription = Subscription::parse(filter)?;
        let (product, name) = subscription.owner();
        if !device.is(product, name) {
            return self.allow_behind(state, &device, &subscription, filter, qos);
        }
        match subscription {
            Subscription::System { topic, .. } => {
                connection.down.insert(topic);
                match qos {
                    QoS::AtMostOnce => connection.down_at_least_once.remove(topic),
                    QoS::AtLeastOnce | QoS::ExactlyOnce => connection.down_at_least_once.insert(topic),
                }
                Ok(())
            }
            Subscription::Custom { rest, .. } => {
                if !self.may_subscribe(&device, rest) {
                    return Err(SubscribeError::NoPermission);
                }
                put_custom(&mut connection.session.get_or_insert_default().custom, filter, qos)
            }
        }
    }

    /// The same for a topic of another device.
    fn allow_behind(
        &self,
        state: &mut State,
        gateway: &DirectoryDevice,
        subscription: &Subscription<'_>,
        filter: &str,
        qos: QoS,
    ) -> Result<(), SubscribeError> {
        let (product, name) = subscription.owner();
        let device = self.sub_device_named(gateway, product, name).ok_or(SubscribeError::NoPermission)?;
        match *subscription {
            Subscription::System { topic, .. } => {
                state.behind.entry(gateway.number, &device).subscribe(topic, qos);
                Ok(())
            }
            Subscription::Custom { rest, .. } => {
                if !self.may_subscribe(&device, rest) {
                    return Err(SubscribeError::NoPermission);
                }
                put_custom(&mut state.behind.entry(gateway.number, &device).custom, filter, qos)
            }
        }
    }

    fn record_filter(&self, state: &mut State, place: Place, kind: RecordKind, filter: &str, facts: &Facts<'_>) {
        let Some(device) = state.connection(place).and_then(|c| c.device.clone()) else { return };
        let sample_time = state.wall;
        state.batch.push(&Record {
            kind,
            qos: facts.qos.bits(),
            packet_id: facts.packet_id,
            code: facts.code,
            number: device.number,
            product: device.product,
            device: device.name.as_str(),
            sample_time,
            topic: filter,
            note: facts.why,
            payload: b"",
        });
        state.want_turn();
    }
}

struct Facts<'a> {
    packet_id: u16,
    qos: QoS,
    code: u32,
    why: &'a str,
}

#[derive(Debug, thiserror::Error)]
enum SubscribeError {
    #[error("not signed in")]
    NotSignedIn,
    #[error(transparent)]
    Filter(FilterError),
    #[error("{}", notes::NO_PERMISSION)]
    NoPermission,
    #[error("more than {CUSTOM_MAX} custom topics")]
    TooMany,
}

impl From<FilterError> for SubscribeError {
    fn from(error: FilterError) -> Self {
        if error == FilterError::Foreign { Self::NoPermission } else { Self::Filter(error) }
    }
}

/// What MQTT 5 calls it. Source: MQTT 5 §3.9.3.
fn refusal(error: &SubscribeError, filter: &str) -> ReasonCode {
    match error {
        _ if filter::is_shared(filter) => ReasonCode::SharedSubscriptionsNotSupported,
        SubscribeError::NotSignedIn | SubscribeError::NoPermission => ReasonCode::NotAuthorised,
        SubscribeError::TooMany => ReasonCode::QuotaExceeded,
        SubscribeError::Filter(error) => match error {
            FilterError::UpTopic | FilterError::Unknown | FilterError::Foreign => ReasonCode::NotAuthorised,
            FilterError::MultiLevelWildcard | FilterError::Wildcard => ReasonCode::WildcardSubscriptionsNotSupported,
            FilterError::Empty
            | FilterError::TooLong(_)
            | FilterError::TooDeep(_)
            | FilterError::RrpcWithoutWildcard => ReasonCode::TopicFilterInvalid,
        },
    }
}

/// Notes a topic of the product's own, once.
fn put_custom(custom: &mut Vec<Custom>, filter: &str, qos: QoS) -> Result<(), SubscribeError> {
    if let Some(known) = custom.iter_mut().find(|known| known.filter.as_ref() == filter) {
        known.qos = qos;
    } else if custom.len() < CUSTOM_MAX {
        custom.push(Custom { filter: filter.into(), qos });
    } else {
        return Err(SubscribeError::TooMany);
    }
    Ok(())
}

/// Takes a topic of the product's own out; `false` when it was not there.
fn take_custom(custom: &mut Vec<Custom>, filter: &str) -> bool {
    let before = custom.len();
    custom.retain(|known| known.filter.as_ref() != filter);
    custom.len() < before
}

impl Worker {
    /// Never fails: giving up what one does not have is allowed; `false` says that it was not there.
    /// Source: MQTT 3.1.1 §3.10.4, MQTT 5 §3.11.3.
    fn forget(&self, state: &mut State, place: Place, filter: &str) -> bool {
        let Some(connection) = state.connection(place) else { return false };
        let Some(device) = connection.device.clone() else { return false };
        let Ok(subscription) = Subscription::parse(filter) else { return false };
        let (product, name) = subscription.owner();
        let is_own = device.is(product, name);
        match subscription {
            Subscription::System { topic, .. } if is_own => {
                let existed = connection.down.contains(topic);
                connection.down.remove(topic);
                connection.down_at_least_once.remove(topic);
                existed
            }
            Subscription::Custom { .. } if is_own => {
                connection.session.as_mut().is_some_and(|session| take_custom(&mut session.custom, filter))
            }
            _ => {
                let Some(sub) = self.sub_device_named(&device, product, name) else { return false };
                let Some(known) = state.behind.find_mut(device.number, sub.number) else { return false };
                let Subscription::System { topic, .. } = subscription else {
                    return take_custom(&mut known.custom, filter);
                };
                let existed = known.topics.all.contains(topic);
                known.topics.all.remove(topic);
                known.topics.at_least_once.remove(topic);
                existed
            }
        }
    }
}
