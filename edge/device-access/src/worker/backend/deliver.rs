//! What a backend is sent: at once, or once earlier messages are acknowledged.

use std::time::Instant;

use lianwu_model::{ProductId, UnixMillis};
use lianwu_mqtt::connection::{Message, PublishError, expiry_left};
use lianwu_mqtt::property::{Properties, Property, PropertyBuffer};
use lianwu_mqtt::{Connection, PacketId, QoS, ReasonCode};
use lianwu_services::backend::Backend;
use lianwu_services::logs::notes;

use crate::worker::Worker;
use crate::worker::state::{Place, State};

/// A message on its way to one backend.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) retain: bool,
    pub(crate) properties: Properties<'a>,
}

/// A message that waits for room in the window.
pub(crate) struct Pending {
    topic: Box<str>,
    payload: Box<[u8]>,
    properties: Box<[u8]>,
    qos: QoS,
    retain: bool,
    since: Instant,
}

impl Pending {
    fn size(&self) -> usize {
        self.topic.len() + self.payload.len() + self.properties.len() + size_of::<Self>()
    }
}

impl Worker {
    /// Writes a message to a backend. Above QoS 0 it waits while the window is full.
    pub(crate) fn deliver_one(&self, state: &mut State, place: Place, qos: QoS, message: &Outgoing<'_>) {
        let bytes_max = self.options.backend_pending_bytes_max;
        let now = state.now;
        let mut is_over = false;
        state.send(place, |connection, out| {
            let Some(backend) = &mut connection.backend else { return };
            let is_first = qos == QoS::AtMostOnce || backend.pending.is_empty();
            if is_first && write(&mut connection.mqtt, qos, message, out) != Err(PublishError::InFlightFull) {
                return;
            }
            let pending = Pending {
                topic: message.topic.into(),
                payload: message.payload.into(),
                properties: message.properties.as_bytes().into(),
                qos,
                retain: message.retain,
                since: now,
            };
            backend.pending_bytes += pending.size();
            backend.pending.push_back(pending);
            is_over = backend.pending_bytes > bytes_max;
        });
        if is_over {
            self.stats.slow_consumers.add(1);
            self.disconnect(state, place, ReasonCode::QuotaExceeded, notes::NOT_ACKNOWLEDGING);
        }
    }

    /// Something was acknowledged: there is room for what waits, as far as the client may still have it.
    pub(crate) fn send_pending(&self, state: &mut State, place: Place) {
        let (now, wall) = (state.now, state.wall);
        state.send(place, |connection, out| {
            let Some(backend) = &mut connection.backend else { return };
            while let Some(next) = backend.pending.front() {
                let aged = aged(Properties::of_kept(&next.properties), now.duration_since(next.since));
                if let Some(properties) = &aged
                    && self.may_still_have(&backend.backend, &next.topic, wall)
                {
                    let message = Outgoing {
                        topic: &next.topic,
                        payload: &next.payload,
                        retain: next.retain,
                        properties: properties.as_properties(),
                    };
                    if write(&mut connection.mqtt, next.qos, &message, out) == Err(PublishError::InFlightFull) {
                        return;
                    }
                }
                backend.pending_bytes -= next.size();
                backend.pending.pop_front();
            }
        });
    }

    /// May a backend have a message that waited, by its rights now?
    fn may_still_have(&self, backend: &Backend, topic: &str, now: UnixMillis) -> bool {
        match device_of(topic).and_then(|(product, name)| self.platform.directory.find(product, name)) {
            Some(device) => backend.may_receive(&self.platform, &device, now),
            None => backend.may_receive_own(&self.platform, now),
        }
    }
}

/// The device whose topic it is: `PRODUCT/device/..` or, of a system topic, the two levels `PRODUCT/device` in it.
fn device_of(topic: &str) -> Option<(ProductId, &str)> {
    let mut levels = topic.split('/');
    if topic.starts_with('$') {
        let product = levels.by_ref().find_map(|level| level.parse().ok())?;
        return levels.next().map(|name| (product, name));
    }
    Some((levels.next()?.parse().ok()?, levels.next()?))
}

/// What the client does not take counts as delivered. Source: MQTT 5 [MQTT-3.1.2-25].
pub(super) fn write(
    mqtt: &mut Connection,
    qos: QoS,
    message: &Outgoing<'_>,
    out: &mut Vec<u8>,
) -> Result<Option<PacketId>, PublishError> {
    let Outgoing { topic, payload, retain, properties } = *message;
    mqtt.publish(qos, &Message { topic, payload, retain, properties }, out)
}

/// The properties of a message that has waited; `None` when it has expired. Source: MQTT 5 [MQTT-3.3.2-5].
pub(crate) fn aged(properties: Properties<'_>, waited: std::time::Duration) -> Option<PropertyBuffer> {
    let mut buffer = PropertyBuffer::new();
    for property in properties {
        let property = match property {
            Property::MessageExpiry(seconds) => Property::MessageExpiry(expiry_left(seconds, waited)?),
            other => other,
        };
        buffer.push(&property).expect("it was in a packet, so it fits into one");
    }
    Some(buffer)
}
