//! What a new subscription finds kept, and how much of that one connection may ask for.
//!
//! Looking through an account's retained messages costs a step for each of them, and sending them a copy of each. A client
//! that subscribes with thousands of wildcards would make both without end: beyond these bounds its connection is closed.

use lianwu_model::Uin;
use lianwu_model::product::Durability;
use lianwu_mqtt::property::{Properties, PropertyBuffer};
use lianwu_mqtt::{QoS, ReasonCode};

use super::deliver::{Outgoing, aged};
use super::forward::{Sent, with_ids};
use crate::broker::Kept;
use crate::worker::Worker;
use crate::worker::state::{Place, State};

/// Retained messages that subscriptions of one connection may look through in a second. With the 10,000 topics an account
/// may have, that is 200 wildcards.
const LOOKED_THROUGH_MAX: usize = 2_000_000;

/// Bytes that may wait for a connection that asks for more retained messages; an account's together are 16 MiB.
const UNREAD_BYTES_MAX: usize = 40 << 20;

/// What a connection looked through in the present second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LookedThrough {
    second: u64,
    count: usize,
}

/// A granted filter that wants what is kept.
pub(crate) struct Wanted<'a> {
    pub(crate) filter: &'a str,
    pub(crate) qos: QoS,
}

impl Worker {
    /// Keeps a message that is durable now. Who subscribed while it went to disk was sent the one before: it gets this one, too.
    pub(crate) fn retain(&self, state: &mut State, owner: Uin, topic: &str, kept: &Kept, changes: u64) {
        self.broker.retain(owner, topic, kept.clone());
        if self.broker.changes() != changes {
            let latecomers = self.broker.latecomers(&self.platform, owner, topic, changes, state.wall);
            let Kept { payload, qos, properties, .. } = kept;
            // An empty one only says that there is none any more.
            let (qos, retain) = (*qos, !payload.is_empty());
            let sent = Sent { topic, payload, qos, retain, properties, is_logged: false };
            if !latecomers.is_empty() {
                self.collect(state, &latecomers, sent, Durability::Memory);
            }
        }
    }

    /// Sends what is kept for these filters. `id` is the client's name for them; 0 if it gave none.
    pub(crate) fn send_retained(&self, state: &mut State, place: Place, wanted: &[Wanted<'_>], id: u32) {
        let second = state.now.duration_since(state.started).as_secs();
        for Wanted { filter, qos } in wanted {
            let Some(connection) = state.connection(place) else { return };
            let is_unread = connection.out.len() > UNREAD_BYTES_MAX;
            let Some(backend) = connection.backend.as_mut() else { return };
            let owner = backend.backend.owner;
            if backend.looked_through.second != second {
                backend.looked_through = LookedThrough { second, count: 0 };
            }
            let is_wild = filter.contains(['+', '#']);
            backend.looked_through.count += if is_wild { self.broker.retained_count(owner) } else { 1 };
            if is_unread || backend.looked_through.count > LOOKED_THROUGH_MAX {
                self.stats.slow_consumers.add(1);
                let why = "it asks for too many retained messages at once: use fewer wildcards, or retain handling 2";
                self.disconnect(state, place, ReasonCode::QuotaExceeded, why);
                return;
            }
            for (topic, kept) in self.broker.retained(owner, filter, state.wall) {
                // What is left of its expiry. Source: MQTT 5 [MQTT-3.3.2-6].
                let Some(aged) = aged(Properties::of_kept(&kept.properties), kept.age(state.wall)) else { continue };
                let properties = aged.as_properties();
                let named = with_ids(properties, if id == 0 { &[] } else { std::slice::from_ref(&id) });
                let properties = named.as_ref().map_or(properties, PropertyBuffer::as_properties);
                let message = Outgoing { topic: &topic, payload: &kept.payload, retain: true, properties };
                self.deliver_one(state, place, QoS::min(kept.qos, *qos), &message);
            }
        }
    }
}
