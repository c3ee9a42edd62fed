//! Messages to sub-devices on their way through the gateway: with QoS 1 they ride in the gateway's session, between its own.
//!
//! The session numbers them, keeps them and sends them again as it does with the gateway's own (ADR 0010, ADR 0022). Each is a
//! record of the sub-device and, under its packet id, one of the gateway, from which the gateway's session is folded.

use std::sync::Arc;

use lianwu_device_protocol::topic::Topic;
use lianwu_model::DeviceNumber;
use lianwu_mqtt::{PacketId, QoS};
use lianwu_ports::bus::{Delivery, Down};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::KeptMessage;
use lianwu_ports::states::session::acknowledged_for;
use lianwu_services::directory::DirectoryDevice;

use crate::worker::Worker;
use crate::worker::device::queue::{Route, push};
use crate::worker::device::session::{Gone, Session};
use crate::worker::state::{Place, State};

/// Why a message that waited is not sent.
pub(in crate::worker::device) const NO_LONGER_BEHIND: &str = "the device is no longer bound to this gateway";

/// How far a message to a device gets that comes in through a gateway.
#[derive(Clone, Copy)]
pub(in crate::worker::device) enum Reach {
    /// The gateway speaks for the device and listens for it.
    Listens(Place, QoS),
    NotSubscribed,
    /// The gateway is away, or says that the device is.
    Offline,
}

impl Reach {
    /// What becomes of a message that is for whoever is there.
    pub(in crate::worker::device) fn delivery(self) -> Delivery {
        match self {
            Self::Listens(..) => Delivery::Delivered,
            Self::NotSubscribed => Delivery::NotSubscribed,
            Self::Offline => Delivery::Offline,
        }
    }
}

impl Worker {
    /// `None` when the device comes in through no gateway.
    pub(in crate::worker::device) fn reach_behind(
        &self,
        state: &State,
        number: DeviceNumber,
        topic: &str,
    ) -> Option<Reach> {
        let gateway = self.platform.topology.home(number);
        if gateway == number {
            return None;
        }
        let sub = state.behind.find(gateway, number).filter(|sub| sub.is_online);
        let (Some(sub), Some(place)) = (sub, Self::gateway_place(state, gateway)) else {
            return Some(Reach::Offline);
        };
        Some(sub.granted(topic).map_or(Reach::NotSubscribed, |qos| Reach::Listens(place, qos)))
    }

    /// A message to a device that comes in through a gateway and has no connection of its own. While the gateway is away
    /// its kept session takes what it listens to for the device; one that the device itself keeps goes first.
    pub(in crate::worker::device) fn route_behind(
        &self,
        state: &mut State,
        down: &Down,
        topic: &str,
        reach: Reach,
    ) -> Option<Route> {
        match reach {
            Reach::Listens(place, granted) => self.route_to(state, place, down, granted),
            Reach::NotSubscribed => Route::nowhere(Delivery::NotSubscribed),
            Reach::Offline if state.away.contains_key(&down.number) => self.route_away(state, down, topic),
            Reach::Offline => {
                let gateway = self.platform.topology.home(down.number);
                let granted = state.behind.find(gateway, down.number).and_then(|sub| sub.granted(topic));
                self.queue_up(state, gateway, down, granted)
            }
        }
    }

    /// The gateway's session takes a message for a sub-device.
    pub(in crate::worker::device) fn record_carried(
        state: &mut State,
        gateway: &DirectoryDevice,
        id: PacketId,
        topic: &str,
        payload: &[u8],
    ) {
        let sample_time = state.wall;
        state.batch.push(&Record {
            kind: RecordKind::Carried,
            qos: QoS::AtLeastOnce.bits(),
            packet_id: id.get(),
            code: 0,
            number: gateway.number,
            product: gateway.product,
            device: gateway.name.as_str(),
            sample_time,
            topic,
            note: "",
            payload,
        });
    }

    /// May this message of the gateway's session be sent? Not one for a device that was unbound or deleted meanwhile.
    pub(in crate::worker::device) fn may_carry(&self, gateway: &DirectoryDevice, message: &KeptMessage) -> bool {
        message.kind != RecordKind::Carried || self.sub_device(gateway, &Topic::parse(&message.topic)).is_some()
    }

    /// A gateway acknowledged a message: if it was for a sub-device, that is on record there, too, and a control that
    /// waited is no longer pending.
    pub(in crate::worker::device) fn acknowledged_for(&self, state: &mut State, gateway: &DirectoryDevice, gone: Gone) {
        if let Some(sub) = self.carried_to(state, gateway, gone.of) {
            push(state, RecordKind::DownAcknowledged, &sub, 0, "", &acknowledged_for(gone.at));
        }
    }

    /// A message will not be sent: if it was for a sub-device, its log says so.
    pub(in crate::worker::device) fn given_up_for(
        &self,
        state: &mut State,
        gateway: &DirectoryDevice,
        gone: Gone,
        why: &str,
    ) {
        if let Some(sub) = self.carried_to(state, gateway, gone.of) {
            push(state, RecordKind::DownDropped, &sub, 0, why, b"");
        }
    }

    /// The session of a gateway ends: what it carried for sub-devices is lost, and their logs say so.
    pub(in crate::worker::device) fn discard_carried(
        &self,
        state: &mut State,
        gateway: &DirectoryDevice,
        session: &Session,
    ) {
        for gone in session.carried() {
            self.given_up_for(state, gateway, gone, "the session of its gateway ended");
        }
    }

    /// The sub-device a message was for, if it was for one that is still bound to this gateway.
    fn carried_to(&self, state: &State, gateway: &DirectoryDevice, of: DeviceNumber) -> Option<Arc<DirectoryDevice>> {
        if of == DeviceNumber::NONE {
            return None;
        }
        let known = state.behind.find(gateway.number, of).map(|sub| Arc::clone(&sub.device));
        let bound = || self.platform.topology.sub_devices(gateway.number).into_iter().find(|sub| sub.number == of);
        known.or_else(bound)
    }
}
