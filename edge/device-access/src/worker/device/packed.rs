//! Packed reports: samples of several moments, a gateway's also of those behind it. Source: spec/device-protocol.md 6.11.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianwu_device_protocol::ClientToken;
use lianwu_device_protocol::message::{Clock, Pack, PackItem, PackOfSubDevice, Refusal, UpKind};
use lianwu_device_protocol::reply::{self, ReplyCode, ReplyMethod};
use lianwu_device_protocol::topic::DownTopic;
use lianwu_model::UnixMillis;
use lianwu_model::json::write_string;
use lianwu_model::product::{DataProtocol, Durability};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::catalog::CompiledModel;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::retention;

use crate::worker::Worker;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::state::State;

/// A device behind the sender, and what judges it.
struct Behind {
    device: Arc<DirectoryDevice>,
    model: Arc<CompiledModel>,
    clock: Clock,
    durability: Durability,
}

impl Worker {
    /// The message as it came, then each of its parts for the history of whom it is of. One batch holds them all, and a
    /// batch is committed whole or not at all.
    pub(super) fn packed(
        self: &Rc<Self>,
        state: &mut State,
        incoming: &Incoming<'_>,
        pack: &Pack<'_>,
        answer: &mut Vec<u8>,
    ) {
        let refused = |state: &mut State, refusal: &Refusal<'_>, answer: &mut Vec<u8>| {
            self.refused_message(state, incoming, UpKind::Property, refusal, answer);
        };
        let behind: Result<Vec<_>, _> =
            pack.sub_devices.iter().map(|sub| self.behind_sender(state, incoming, pack, sub)).collect();
        let behind = match behind {
            Ok(behind) => behind,
            Err(refusal) => return refused(state, &refusal, answer),
        };
        let (mut events, mut judged) = (pack.events(), Vec::with_capacity(behind.len()));
        for (sub, behind) in pack.sub_devices.iter().zip(&behind) {
            match pack.judge(sub, &behind.model.validator, behind.clock, &mut events) {
                Ok(items) => judged.push(items),
                Err(refusal) => return refused(state, &refusal, answer),
            }
        }
        // Acknowledged when the most careful of the products concerned would.
        let to_disk = behind.iter().any(|behind| behind.durability == Durability::Disk);
        let durability = if to_disk { Durability::Disk } else { incoming.durability };
        let incoming = &Incoming { durability, ..*incoming };
        reply::render_success(ReplyMethod::Pack, pack.token.map(ClientToken::raw), answer);
        let verdict = Verdict {
            kind: RecordKind::PropertyOther,
            code: 0,
            note: "",
            sample_time: state.wall,
            answer: Some(DownTopic::ThingProperty),
        };
        let is_stored = state.refusing.is_none();
        self.finish(state, incoming, &verdict, answer, None);
        if is_stored {
            parts(state, incoming.device, &pack.items);
            for (behind, items) in behind.iter().zip(&judged) {
                parts(state, &behind.device, items);
            }
        }
    }

    /// Who may be spoken for is the same as for a message of its own: whoever is bound to the sender and online.
    fn behind_sender<'a>(
        &self,
        state: &State,
        incoming: &Incoming<'_>,
        pack: &Pack<'a>,
        sub: &PackOfSubDevice<'a>,
    ) -> Result<Behind, Refusal<'a>> {
        let refuse = |why: &str| pack.refuse(sub, ReplyCode::Refused, why);
        let gateway = incoming.device;
        let device = self.sub_device_named(gateway, sub.product, &sub.device);
        let device = device.ok_or_else(|| refuse("not bound to this gateway"))?;
        if !state.behind.find(gateway.number, device.number).is_some_and(|sub| sub.is_online) {
            return Err(refuse(notes::SUB_DEVICE_OFFLINE));
        }
        let catalog = self.platform.catalog.load();
        let product = catalog.get(&device.product).filter(|p| p.product.data_protocol == DataProtocol::ThingModel);
        let product = product.ok_or_else(|| refuse("the device's product takes no thing-model messages"))?;
        let model = product.model.clone().ok_or_else(|| refuse(notes::NO_MODEL))?;
        let days = retention::days(&self.platform, &product.product);
        let clock = Clock { now: state.wall, retention: Duration::from_hours(24 * u64::from(days)) };
        Ok(Behind { device, model, clock, durability: product.product.durability })
    }
}

/// One record for each moment's properties and each event.
fn parts(state: &mut State, device: &DirectoryDevice, items: &[PackItem<'_>]) {
    let mut payload = Vec::new();
    for item in items {
        if let Some(properties) = item.properties {
            payload.clear();
            payload.extend_from_slice(br#"{"params":"#);
            payload.extend_from_slice(properties);
            payload.push(b'}');
            part(state, device, RecordKind::PackedProperties, item.sample_time, &payload);
        }
        for event in &item.events {
            payload.clear();
            payload.extend_from_slice(br#"{"eventId":"#);
            write_string(event.id, &mut payload);
            payload.extend_from_slice(br#","type":"#);
            write_string(event.kind.as_str(), &mut payload);
            payload.extend_from_slice(br#","params":"#);
            payload.extend_from_slice(event.params);
            payload.push(b'}');
            part(state, device, RecordKind::PackedEvent, event.sample_time, &payload);
        }
    }
}

fn part(state: &mut State, device: &DirectoryDevice, kind: RecordKind, sample_time: UnixMillis, payload: &[u8]) {
    state.batch.push(&Record {
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: device.number,
        product: device.product,
        device: device.name.as_str(),
        sample_time,
        topic: "",
        note: "",
        payload,
    });
}
