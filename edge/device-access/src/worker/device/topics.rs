//! Custom topics at work: who may use which, what ends when a product's table changes, what a device listens to.
//!
//! Source: spec/device-protocol.md 5.2 and 5.3, spec/cloud-api.md 2.7.

use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::topic::{DownTopics, Subscription, subscription_filter};
use lianwu_model::topic_policy::TopicTable;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;

use crate::worker::Worker;
use crate::worker::device::session::Custom;
use crate::worker::state::State;

/// Connections looked at before others get their turn.
const CONNECTIONS_AT_ONCE: usize = 1024;

/// Sessions and gateways looked at before others get their turn.
const SESSIONS_AT_ONCE: usize = 64;

/// Code of the record about a subscription that ended.
const LOST_CODE: u32 = 403;

/// A subscription whose permission is gone.
struct Lost {
    /// Whose log it belongs into: who subscribed.
    listener: Arc<DirectoryDevice>,
    custom: Custom,
}

impl Worker {
    /// May this device publish to the custom topic with this part behind product and name?
    pub(crate) fn may_publish(&self, device: &DirectoryDevice, rest: &str) -> bool {
        self.topics_of(device.product, |topics| topics.may_publish(device.name.as_str(), rest))
    }

    /// May it subscribe to the filter with this part?
    pub(crate) fn may_subscribe(&self, device: &DirectoryDevice, rest: &str) -> bool {
        self.topics_of(device.product, |topics| topics.may_subscribe(device.name.as_str(), rest))
    }

    /// Asks the product's table; a public instance has no custom topics (decision 9).
    fn topics_of(&self, product: ProductId, ask: impl FnOnce(&TopicTable) -> bool) -> bool {
        let catalog = self.platform.catalog.load();
        let Some(known) = catalog.get(&product) else { return false };
        ask(&known.product.topics) && self.platform.catalog.allows_custom_topics(known.product.owner)
    }

    /// The table of a product changed. Whatever is subscribed from now on is judged by the new one; what was before is
    /// looked through step by step, so that nobody waits for it.
    pub(crate) fn topics_changed(self: &Rc<Self>, product: ProductId) {
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let mut at = 0;
            while worker.end_lost_of_connections(product, at) {
                at += CONNECTIONS_AT_ONCE;
                tokio::task::yield_now().await;
            }
            let (gateways, away) = {
                let state = worker.state.borrow();
                (state.behind.gateways(), state.away.keys().copied().collect::<Vec<_>>())
            };
            for numbers in gateways.chunks(SESSIONS_AT_ONCE) {
                worker.end_lost_behind(product, numbers);
                tokio::task::yield_now().await;
            }
            for numbers in away.chunks(SESSIONS_AT_ONCE) {
                worker.end_lost_of_away(&mut worker.state.borrow_mut(), numbers, |of| of == product);
                tokio::task::yield_now().await;
            }
        });
    }

    /// Ends the lost subscriptions of connections from this slot on; `false` when these were the last.
    fn end_lost_of_connections(&self, product: ProductId, at: usize) -> bool {
        let mut state = self.state.borrow_mut();
        let mut lost = Vec::new();
        for slot in at..at + CONNECTIONS_AT_ONCE {
            let Some(connection) = state.connections.get_mut(slot) else { continue };
            let Some(device) = connection.device.as_ref().filter(|device| device.product == product) else { continue };
            if let Some(session) = &mut connection.session {
                self.take_lost(device, device, &mut session.custom, &mut lost);
            }
        }
        Self::record_lost(&mut state, lost);
        at + CONNECTIONS_AT_ONCE < state.connections.capacity()
    }

    /// The same for what gateways listen to in the name of others.
    fn end_lost_behind(&self, product: ProductId, gateways: &[DeviceNumber]) {
        let mut state = self.state.borrow_mut();
        let mut lost = Vec::new();
        for gateway in gateways {
            let Some(listener) = Self::listener(&state, *gateway) else { continue };
            for sub in state.behind.of_gateway_mut(*gateway).filter(|sub| sub.device.product == product) {
                self.take_lost(&sub.device, &listener, &mut sub.custom, &mut lost);
            }
        }
        Self::record_lost(&mut state, lost);
    }

    /// The same for kept sessions of devices that are away.
    fn end_lost_of_away(&self, state: &mut State, numbers: &[DeviceNumber], concerns: impl Fn(ProductId) -> bool) {
        let mut lost = Vec::new();
        for number in numbers {
            let Some(away) = state.away.get_mut(number).filter(|away| concerns(away.device.product)) else { continue };
            self.take_lost(&away.device, &away.device, &mut away.session.custom, &mut lost);
        }
        Self::record_lost(state, lost);
    }

    /// At start: a table may have changed right before the last stop.
    pub(crate) fn end_lost_of_restored(&self, state: &mut State) {
        let numbers: Vec<_> = state.away.keys().copied().collect();
        self.end_lost_of_away(state, &numbers, |_| true);
    }

    /// Whose session holds what a gateway listens to.
    fn listener(state: &State, gateway: DeviceNumber) -> Option<Arc<DirectoryDevice>> {
        let connected = state.homes.get(&gateway).and_then(|slot| state.connections.get(*slot as usize));
        let device = connected.and_then(|connection| connection.device.as_ref());
        device.or_else(|| state.away.get(&gateway).map(|away| &away.device)).cloned()
    }

    /// Takes those out that the product's table no longer has.
    fn take_lost(
        &self,
        of: &DirectoryDevice,
        listener: &Arc<DirectoryDevice>,
        custom: &mut Vec<Custom>,
        lost: &mut Vec<Lost>,
    ) {
        let keeps = |custom: &mut Custom| match Subscription::parse(&custom.filter) {
            Ok(Subscription::Custom { rest, .. }) => self.may_subscribe(of, rest),
            _ => false,
        };
        let ended = custom.extract_if(.., |custom| !keeps(custom));
        lost.extend(ended.map(|custom| Lost { listener: Arc::clone(listener), custom }));
    }

    /// The log tells it, and the state of a kept session follows from the log.
    fn record_lost(state: &mut State, lost: Vec<Lost>) {
        let sample_time = state.wall;
        for Lost { listener, custom } in lost {
            state.batch.push(&Record {
                kind: RecordKind::Unsubscribed,
                qos: custom.qos.bits(),
                packet_id: 0,
                code: LOST_CODE,
                number: listener.number,
                product: listener.product,
                device: listener.name.as_str(),
                sample_time,
                topic: &custom.filter,
                note: notes::TOPIC_WITHDRAWN,
                payload: b"",
            });
            state.want_turn();
        }
    }

    /// What a device is subscribed to, itself or through its gateway.
    pub(crate) fn subscriptions(&self, state: &State, number: DeviceNumber) -> Vec<Box<str>> {
        let gateway = self.platform.topology.home(number);
        if let Some(connection) = state.homes.get(&number).and_then(|slot| state.connections.get(*slot as usize)) {
            let Some(device) = &connection.device else { return Vec::new() };
            let custom = connection.session.as_ref().map_or(&[][..], |session| &session.custom);
            filters(device, connection.down, custom)
        } else if gateway != number {
            let sub = state.behind.find(gateway, number);
            sub.map_or_else(Vec::new, |sub| filters(&sub.device, sub.topics.all, &sub.custom))
        } else {
            let away = state.away.get(&number);
            away.map_or_else(Vec::new, |away| filters(&away.device, away.session.topics().all, &away.session.custom))
        }
    }
}

fn filters(device: &DirectoryDevice, topics: DownTopics, custom: &[Custom]) -> Vec<Box<str>> {
    let system = topics.iter().map(|kind| {
        let mut filter = String::new();
        subscription_filter(kind, device.product, device.name.as_str(), &mut filter);
        filter.into()
    });
    system.chain(custom.iter().map(|custom| custom.filter.clone())).collect()
}
