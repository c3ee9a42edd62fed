//! A message that waits for an answer from elsewhere, to be finished as if it had just come.

use std::sync::Arc;

use lianwu_model::DeviceNumber;
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{PacketId, Properties, Publish, QoS};
use lianwu_services::directory::DirectoryDevice;

use crate::worker::device::publish::Incoming;
use crate::worker::state::Place;

/// All of a message of a device.
pub(crate) struct Kept {
    pub(super) place: Place,
    /// Set when a gateway speaks for `device`.
    gateway: Option<DeviceNumber>,
    pub(super) device: Arc<DirectoryDevice>,
    framing: Framing,
    qos: QoS,
    packet_id: Option<PacketId>,
    topic: Box<str>,
    pub(super) payload: Box<[u8]>,
}

impl Kept {
    pub(super) fn new(incoming: &Incoming<'_>) -> Self {
        let Incoming { place, device, packet, framing, gateway, .. } = *incoming;
        Self {
            place,
            gateway,
            device: Arc::clone(device),
            framing,
            qos: packet.qos,
            packet_id: packet.packet_id,
            topic: packet.topic.into(),
            payload: packet.payload.into(),
        }
    }

    /// The packet as it came.
    pub(super) fn packet(&self) -> Publish<'_> {
        Publish {
            duplicate: false,
            qos: self.qos,
            retain: false,
            topic: &self.topic,
            packet_id: self.packet_id,
            properties: Properties::NONE,
            payload: &self.payload,
        }
    }

    /// What is finished; `packet` is [`Kept::packet`].
    pub(super) fn incoming<'a>(&'a self, packet: &'a Publish<'a>) -> Incoming<'a> {
        Incoming { gateway: self.gateway, ..Incoming::to_disk(self.place, &self.device, packet, self.framing) }
    }
}
