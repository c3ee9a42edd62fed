//! Gateways at work: what they say about their sub-devices, and whom they speak for.
//!
//! A sub-device lives on its gateway's home worker, so all of it is one thread's business. Binding goes through the
//! registry and is answered when it is done; coming and going is decided here.
//!
//! Source: spec/device-protocol.md 7.

pub(crate) mod behind;
pub(crate) mod carry;
mod request;

use std::sync::Arc;

use lianwu_device_protocol::topic::{DownTopic, DownTopics, Topic, down_topic};
use lianwu_model::DeviceNumber;
use lianwu_mqtt::QoS;
use lianwu_mqtt::ReasonCode;
use lianwu_ports::bus::{Delivery, Leave};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::presence::Change;

use crate::worker::Worker;
use crate::worker::device::control::publish;
use crate::worker::device::publish::Incoming;
use crate::worker::state::{Place, State};

/// Why a sub-device's own connection ends.
const BY_GATEWAY: &str = "its gateway brought the device online";

impl Worker {
    /// The sub-device of this gateway that a topic belongs to.
    pub(super) fn sub_device(&self, gateway: &DirectoryDevice, topic: &Topic<'_>) -> Option<Arc<DirectoryDevice>> {
        let (product, name) = topic.owner()?;
        self.sub_device_named(gateway, product, name)
    }

    /// The sub-device of this gateway that is called so.
    pub(super) fn sub_device_named(
        &self,
        gateway: &DirectoryDevice,
        product: lianwu_model::ProductId,
        name: &str,
    ) -> Option<Arc<DirectoryDevice>> {
        let device = self.platform.directory.find(product, name)?;
        (device.gateway() == Some(gateway.number)).then_some(device)
    }

    /// Whose message this is, and to which system topics its connection listens for it.
    pub(super) fn speaker(
        &self,
        state: &mut State,
        place: Place,
        number: DeviceNumber,
    ) -> Option<(Arc<DirectoryDevice>, DownTopics)> {
        let connection = state.connection(place)?;
        let own = connection.device.clone()?;
        if own.number == number {
            return Some((own, connection.down));
        }
        let sub = state.behind.find(own.number, number)?;
        Some((Arc::clone(&sub.device), sub.topics.all))
    }

    /// Does the sender of a message listen to this system topic of whoever the message is of?
    pub(super) fn listens(&self, state: &mut State, incoming: &Incoming<'_>, topic: DownTopic) -> bool {
        match incoming.gateway {
            None => state.connection(incoming.place).is_some_and(|connection| connection.down.contains(topic)),
            Some(gateway) => {
                let sub = state.behind.find(gateway, incoming.device.number);
                sub.is_some_and(|sub| sub.topics.all.contains(topic))
            }
        }
    }

    /// The gateway's connection by which a sub-device is reached.
    pub(super) fn gateway_place(state: &State, gateway: DeviceNumber) -> Option<Place> {
        let slot = *state.homes.get(&gateway)?;
        Some(Place { slot, generation: state.connections.get(slot as usize)?.generation })
    }

    /// A gateway speaks for a sub-device from now on; a connection the device had of its own ends.
    fn bring_online(&self, state: &mut State, place: Place, gateway: &DirectoryDevice, device: &Arc<DirectoryDevice>) {
        if state.behind.find(gateway.number, device.number).is_some_and(|sub| sub.is_online) {
            return;
        }
        if let Some(own) = Self::gateway_place(state, device.number) {
            self.disconnect(state, own, ReasonCode::SessionTakenOver, BY_GATEWAY);
        }
        state.behind.entry(gateway.number, device).is_online = true;
        device.set_online(true);
        let mut facts = format!("gateway:{}", gateway.key());
        if let Some(connection) = state.connection(place) {
            connection.sub_devices_online = connection.sub_devices_online.saturating_add(1);
            facts.push_str(",clientip:");
            facts.push_str(&connection.peer.ip().to_string());
        }
        self.record(state, RecordKind::Connected, device, "", facts.as_bytes());
        self.announce(state, device, Change::Online);
    }

    /// A gateway no longer speaks for a sub-device; nothing happens when it did not.
    pub(super) fn take_offline(&self, state: &mut State, gateway: DeviceNumber, device: &DirectoryDevice, why: &str) {
        let Some(sub) = state.behind.find_mut(gateway, device.number).filter(|sub| sub.is_online) else { return };
        sub.is_online = false;
        device.set_online(false);
        let mut peer = String::new();
        if let Some(connection) = Self::gateway_place(state, gateway).and_then(|place| state.connection(place)) {
            connection.sub_devices_online = connection.sub_devices_online.saturating_sub(1);
            peer = connection.peer.ip().to_string();
        }
        self.record(state, RecordKind::Disconnected, device, why, peer.as_bytes());
        self.announce(state, device, Change::Offline(why));
    }

    /// The connection of a gateway ended: so did it for those it spoke for. What it listened to is kept with its session.
    pub(crate) fn gateway_left(&self, state: &mut State, gateway: &DirectoryDevice, why: &str) {
        let why = format!("its gateway is gone: {why}");
        for device in state.behind.online(gateway.number) {
            self.take_offline(state, gateway.number, &device, &why);
        }
        if !state.away.contains_key(&gateway.number) {
            state.behind.forget(gateway.number);
        }
    }

    /// A device was deleted or disabled: its gateway no longer speaks for it.
    pub(crate) fn silence(&self, state: &mut State, number: DeviceNumber, why: &str) {
        let gateway = self.platform.topology.home(number);
        let device = state.behind.find(gateway, number).map(|sub| Arc::clone(&sub.device));
        if let Some(device) = device {
            self.take_offline(state, gateway, &device, why);
        }
    }

    /// A device was bound or unbound: what it has here ends.
    pub(crate) fn move_out(&self, state: &mut State, leave: Leave, why: &'static str) {
        if let Some(own) = Self::gateway_place(state, leave.device) {
            self.disconnect(state, own, ReasonCode::AdministrativeAction, why);
        }
        self.end_away(state, leave.device, why);
        let device = state.behind.find(leave.home, leave.device).map(|sub| Arc::clone(&sub.device));
        if let Some(device) = device {
            self.take_offline(state, leave.home, &device, why);
            state.behind.remove(leave.home, leave.device);
        }
    }

    /// Tells a gateway something on its own topic: written down, then sent if it listens.
    fn tell_gateway(&self, state: &mut State, place: Place, payload: &[u8]) {
        let Some(connection) = state.connection(place) else { return };
        let Some(device) = connection.device.clone() else { return };
        let framing = connection.mqtt.framing();
        let listens = connection.down.contains(DownTopic::Gateway);
        let delivery = if listens { Delivery::Delivered } else { Delivery::NotSubscribed };
        let mut topic = String::new();
        down_topic(DownTopic::Gateway, device.product, device.name.as_str(), &mut topic);
        state.batch.push(&Record {
            kind: RecordKind::OtherDown,
            qos: QoS::AtMostOnce.bits(),
            packet_id: 0,
            code: delivery.push_result(),
            number: device.number,
            product: device.product,
            device: device.name.as_str(),
            sample_time: state.wall,
            topic: &topic,
            note: "",
            payload,
        });
        if listens {
            self.stats.messages_down.add(1);
            state.held.hold(place, |out| publish(out, framing, &topic, payload));
        }
        state.want_turn();
    }
}
