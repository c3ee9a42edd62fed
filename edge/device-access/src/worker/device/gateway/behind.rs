//! What a gateway's connection carries besides its own: sub-devices it brought online, and what it listens to for them.
//!
//! Pure: no IO, no clock. Kept as long as the gateway's session.

use std::collections::HashMap;
use std::sync::Arc;

use lianwu_device_protocol::topic::DownTopic;
use lianwu_model::DeviceNumber;
use lianwu_mqtt::QoS;
use lianwu_services::directory::DirectoryDevice;

use crate::worker::device::session::{Custom, Topics, granted, granted_custom};

/// One sub-device as its gateway has it.
#[derive(Debug)]
pub(crate) struct SubDevice {
    pub(crate) device: Arc<DirectoryDevice>,
    /// The gateway speaks for it.
    pub(crate) is_online: bool,
    /// System topics the gateway listens to for it.
    pub(crate) topics: Topics,
    pub(crate) custom: Vec<Custom>,
}

impl SubDevice {
    fn new(device: &Arc<DirectoryDevice>) -> Self {
        Self { device: Arc::clone(device), is_online: false, topics: Topics::default(), custom: Vec::new() }
    }

    /// Notes a system topic with the QoS granted.
    pub(crate) fn subscribe(&mut self, topic: DownTopic, qos: QoS) {
        self.topics.all.insert(topic);
        match qos {
            QoS::AtMostOnce => self.topics.at_least_once.remove(topic),
            QoS::AtLeastOnce | QoS::ExactlyOnce => self.topics.at_least_once.insert(topic),
        }
    }

    /// Does its gateway listen to this topic of its product's own?
    pub(crate) fn listens_to_custom(&self, topic: &str) -> bool {
        granted_custom(&self.custom, topic).is_some()
    }

    /// The QoS its gateway was granted for a topic; `None` when it does not listen to it.
    pub(crate) fn granted(&self, topic: &str) -> Option<QoS> {
        granted(self.topics, &self.custom, topic)
    }
}

/// What is behind the gateways that live on a worker.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    gateways: HashMap<DeviceNumber, HashMap<DeviceNumber, SubDevice>>,
}

impl Behind {
    pub(crate) fn find(&self, gateway: DeviceNumber, device: DeviceNumber) -> Option<&SubDevice> {
        self.gateways.get(&gateway)?.get(&device)
    }

    pub(crate) fn find_mut(&mut self, gateway: DeviceNumber, device: DeviceNumber) -> Option<&mut SubDevice> {
        self.gateways.get_mut(&gateway)?.get_mut(&device)
    }

    /// The entry of a sub-device, made when there is none. A device that was made anew replaces its predecessor.
    pub(crate) fn entry(&mut self, gateway: DeviceNumber, device: &Arc<DirectoryDevice>) -> &mut SubDevice {
        let known = self.gateways.entry(gateway).or_default();
        known.entry(device.number).or_insert_with(|| SubDevice::new(device))
    }

    /// Gateways that listen or speak for others.
    pub(crate) fn gateways(&self) -> Vec<DeviceNumber> {
        self.gateways.keys().copied().collect()
    }

    pub(crate) fn of_gateway_mut(&mut self, gateway: DeviceNumber) -> impl Iterator<Item = &mut SubDevice> {
        self.gateways.get_mut(&gateway).into_iter().flat_map(HashMap::values_mut)
    }

    pub(crate) fn remove(&mut self, gateway: DeviceNumber, device: DeviceNumber) -> Option<SubDevice> {
        self.gateways.get_mut(&gateway)?.remove(&device)
    }

    /// Nothing of a gateway is kept any longer.
    pub(crate) fn forget(&mut self, gateway: DeviceNumber) {
        self.gateways.remove(&gateway);
    }

    /// Those a gateway speaks for.
    pub(crate) fn online(&self, gateway: DeviceNumber) -> Vec<Arc<DirectoryDevice>> {
        let known = self.gateways.get(&gateway);
        let online = known.into_iter().flat_map(HashMap::values).filter(|sub| sub.is_online);
        online.map(|sub| Arc::clone(&sub.device)).collect()
    }
}
