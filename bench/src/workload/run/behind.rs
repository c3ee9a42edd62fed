//! Devices behind a gateway: one connection brings all of them online, listens for those that report, and reports for them.

use std::path::Path;

use anyhow::{Context as _, bail};
use lianwu_mqtt::{Properties, ProtocolVersion, Publish, QoS, encode};
use serde_json::json;

use crate::{
    identity::{self, Device, DeviceId, Identity},
    workload::sign_in::SignIn,
};

use super::{KEEP_ALIVE_S, people};

/// Devices in one `online`: some 10 KiB of JSON.
const ONLINE_PER_MESSAGE: usize = 100;

/// Filters in one SUBSCRIBE.
const FILTERS_PER_PACKET: usize = 100;

/// The gateway of a run.
pub(super) struct Gateway {
    identity: Identity,
    /// Where it says who is online.
    topic: String,
}

impl Gateway {
    /// The first device of a credentials file.
    ///
    /// # Errors
    /// The file cannot be used, or names no valid device.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let devices = identity::read_devices(path)?;
        let Some(gateway) = devices.first() else { bail!("no gateway in {}", path.display()) };
        Self::new(gateway)
    }

    fn new(gateway: &Device) -> anyhow::Result<Self> {
        let identity = people::sign(gateway, "bench")?;
        Ok(Self { identity, topic: format!("$gateway/operation/{}/{}", gateway.product, gateway.device) })
    }

    /// Adds its client: `all` are online, the first `reporting` of them are listened for.
    ///
    /// # Errors
    /// A name is too long for MQTT.
    pub fn add_to(&self, sign_in: &mut SignIn, all: &[DeviceId], reporting: usize, qos: QoS) -> anyhow::Result<()> {
        let mut opening = Vec::new();
        for devices in all.chunks(ONLINE_PER_MESSAGE) {
            let named: Vec<_> =
                devices.iter().map(|id| json!({"product_id": id.product, "device_name": id.device})).collect();
            let message = json!({"type": "online", "payload": {"devices": named}}).to_string();
            let publish = Publish {
                duplicate: false,
                qos: QoS::AtMostOnce,
                retain: false,
                topic: &self.topic,
                packet_id: None,
                properties: Properties::NONE,
                payload: message.as_bytes(),
            };
            encode::publish(&mut opening, ProtocolVersion::V3_1_1, &publish).context("say who is online")?;
        }
        let filters: Vec<String> =
            all[..reporting].iter().map(|id| format!("$thing/down/property/{}/{}", id.product, id.device)).collect();
        sign_in.add(&self.identity, None, KEEP_ALIVE_S)?;
        sign_in.open_with(opening);
        for some in filters.chunks(FILTERS_PER_PACKET) {
            sign_in.subscribe_too(some.iter().map(|filter| (filter.as_str(), qos)))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lianwu_mqtt::{ConnAck, Packet, decode};

    use super::*;
    use crate::engine::Outbox;

    /// Does the gateway bring all online and listen for those that report, before it is ready?
    #[test]
    fn everyone_is_online_before_the_first_report() {
        let secret = "AAECAwQFBgcICQoLDA0ODw==".to_owned();
        let gate = Device { product: "GATE000001".into(), device: "gate".into(), secret };
        let all: Vec<_> =
            (0..250).map(|n| DeviceId { product: "LAMP000001".into(), device: format!("b{n:05}") }).collect();
        let mut sign_in = SignIn::new();
        Gateway::new(&gate).unwrap().add_to(&mut sign_in, &all, 120, QoS::AtMostOnce).unwrap();
        let mut outbox = Outbox::new(1);
        sign_in.on_open(0, &mut outbox);
        outbox.of(0).clear();
        sign_in.on_packet(
            0,
            &Packet::ConnAck(ConnAck::Accepted { session_present: false, properties: Properties::NONE }),
            &mut outbox,
        );
        let mut bytes = std::mem::take(outbox.of(0));
        let (mut online, mut listening) = (0, 0);
        while let Some((packet, length)) = decode(&bytes, ProtocolVersion::V3_1_1, 1 << 20).unwrap() {
            match packet {
                Packet::Publish(publish) => {
                    assert_eq!((publish.topic, listening), ("$gateway/operation/GATE000001/gate", 0));
                    let said: serde_json::Value = serde_json::from_slice(publish.payload).unwrap();
                    assert_eq!(said["type"], "online");
                    online += said["payload"]["devices"].as_array().unwrap().len();
                }
                Packet::Subscribe(subscribe) => listening += subscribe.filters().count(),
                other => panic!("{other:?}"),
            }
            bytes.drain(..length);
        }
        assert_eq!((online, listening, sign_in.ready()), (250, 120, 0));
    }
}
