//! One message of a gateway on `$gateway/operation`.

use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::gateway::{self, GatewayResult, Named, Request, Verb};
use lianwu_ports::record::RecordKind;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::gateway::{bind_signed, unbind_own};

use crate::worker::Worker;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::held::After;
use crate::worker::state::{Place, State};

/// Messages of gateways that wait for the registry, in one worker; more are told to try again.
const WAITING_MAX: usize = 64;

/// Why a sub-device is offline.
const SAID_OFFLINE: &str = "its gateway said that the device went offline";

impl Worker {
    pub(in crate::worker::device) fn gateway(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let taken = |state: &mut State, after| {
            let verdict =
                Verdict { kind: RecordKind::OtherUp, code: 0, note: "", sample_time: state.wall, answer: None };
            self.finish(state, incoming, &verdict, &[], after);
            state.refusing.is_none()
        };
        if state.connection(incoming.place).is_none() {
            let code = GatewayResult::NotAllowed.code().unsigned_abs();
            return self.gateway_refused(state, incoming, code, "a gateway speaks of its sub-devices over MQTT only");
        }
        match gateway::parse(incoming.packet.payload) {
            Err(error) => self.gateway_refused(state, incoming, error.code(), &error.to_string()),
            Ok(Request::Answer) => {
                taken(state, None);
            }
            Ok(Request::Describe) => {
                if taken(state, None) {
                    let subs = self.platform.topology.sub_devices(incoming.device.number);
                    let listed = subs.iter().map(|device| (device.product, device.name.as_str()));
                    for message in gateway::sub_devices(listed) {
                        self.tell_gateway(state, incoming.place, &message);
                    }
                }
            }
            Ok(Request::About { verb: Verb::Bind | Verb::Unbind, .. }) => {
                let payload = incoming.packet.payload.into();
                taken(state, Some(After::Topology { place: incoming.place, payload }));
            }
            Ok(Request::About { verb, devices, too_many }) => {
                self.come_or_go(state, incoming, verb, &devices, too_many);
            }
        }
    }

    fn gateway_refused(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, code: u32, note: &str) {
        self.stats.messages_refused.add(1);
        let verdict = Verdict { kind: RecordKind::OtherUp, code, note, sample_time: state.wall, answer: None };
        self.finish(state, incoming, &verdict, &[], None);
    }

    /// `online` and `offline`: the message is written down, then what follows from it.
    fn come_or_go(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        verb: Verb,
        devices: &[Named<'_>],
        too_many: bool,
    ) {
        let judged: Vec<_> =
            devices.iter().map(|named| (*named, self.may_come(incoming.device, verb, named))).collect();
        let failed = judged.iter().find_map(|(named, result)| result.as_ref().err().map(|why| (named, *why)));
        match failed {
            None if too_many => {
                let note = format!("only the first {} devices were looked at", gateway::DEVICES_MAX);
                self.gateway_refused(state, incoming, GatewayResult::NotAllowed.code().unsigned_abs(), &note);
            }
            None => {
                let verdict =
                    Verdict { kind: RecordKind::OtherUp, code: 0, note: "", sample_time: state.wall, answer: None };
                self.finish(state, incoming, &verdict, &[], None);
            }
            Some((named, why)) => {
                let name = named.key().map(|(product, device)| format!("{product}/{device}: ")).unwrap_or_default();
                let note = format!("{name}{}", why.text());
                self.gateway_refused(state, incoming, why.code().unsigned_abs(), &note);
            }
        }
        if state.refusing.is_some() {
            return;
        }
        let mut results = Vec::with_capacity(judged.len());
        for (named, judged) in judged {
            results.push((named, judged.as_ref().err().copied().unwrap_or(GatewayResult::Success)));
            let Ok(device) = judged else { continue };
            match verb {
                Verb::Online => self.bring_online(state, incoming.place, incoming.device, &device),
                _ => self.take_offline(state, incoming.device.number, &device, SAID_OFFLINE),
            }
        }
        for message in gateway::results(verb, &results) {
            self.tell_gateway(state, incoming.place, &message);
        }
    }

    fn may_come(
        &self,
        gateway: &DirectoryDevice,
        verb: Verb,
        named: &Named<'_>,
    ) -> Result<Arc<DirectoryDevice>, GatewayResult> {
        let (product, name) = named.key()?;
        let device = self.sub_device_named(gateway, product, name.as_str()).ok_or(GatewayResult::NotBound)?;
        let may = verb != Verb::Online || device.is_enabled();
        if may { Ok(device) } else { Err(GatewayResult::NotAllowed) }
    }

    /// `bind` and `unbind`, once the message is durable: through the registry, one message after the other.
    pub(crate) fn change_topology(self: &Rc<Self>, state: &mut State, place: Place, payload: Box<[u8]>) {
        let Some(device) = state.connection(place).and_then(|connection| connection.device.clone()) else { return };
        let is_full = state.topology_changes >= WAITING_MAX;
        state.topology_changes += usize::from(!is_full);
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            // It was understood before.
            let Ok(Request::About { verb, devices, .. }) = gateway::parse(&payload) else { return };
            let results = if is_full {
                vec![GatewayResult::Internal; devices.len()]
            } else {
                worker.asked(&device, verb, &devices).await
            };
            let mut state = worker.state.borrow_mut();
            state.topology_changes -= usize::from(!is_full);
            worker.refresh_time(&mut state);
            let results: Vec<_> = devices.into_iter().zip(results).collect();
            for message in gateway::results(verb, &results) {
                worker.tell_gateway(&mut state, place, &message);
            }
        });
    }

    async fn asked(&self, gateway: &Arc<DirectoryDevice>, verb: Verb, devices: &[Named<'_>]) -> Vec<GatewayResult> {
        if verb == Verb::Bind {
            let wanted = devices.iter().map(|named| {
                let (product, name) = named.key()?;
                Ok((product, name, named.signature()?))
            });
            bind_signed(&self.platform, gateway, wanted.collect()).await
        } else {
            let wanted = devices.iter().map(|named| named.key().map(|(product, name)| (product, name, ())));
            unbind_own(&self.platform, gateway, wanted.collect()).await
        }
    }
}
