//! The shadow of a device: its messages and the cloud's changes, one after the other, each decided on the document
//! that includes the one before (ADR 0020).

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::system::NOT_SERVED;
use lianwu_device_protocol::system::shadow::{self, BUSY, INTERNAL};
use lianwu_device_protocol::topic::{DownTopic, down_topic};
use lianwu_model::DeviceNumber;
use lianwu_model::shadow::{Shadow, Update, decide};
use lianwu_ports::bus::{ChangeShadowError, DeliverError, Delivery, Down, DownKind, ShadowChange, ShadowChanged};
use lianwu_ports::log::CommitError;
use lianwu_ports::readings::ReadingError;
use lianwu_ports::record::{Record, RecordKind};
use tokio::sync::oneshot;
use tracing::warn;

use crate::worker::Worker;
use crate::worker::device::kept::Kept;
use crate::worker::device::post::NOWHERE;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::held::After;
use crate::worker::state::State;

/// Messages and changes that may wait for one shadow; the next one is refused.
const WAITING_MAX: usize = 16;

/// A request over HTTP is answered with one word; the answer of a shadow is a document.
const NEEDS_CONNECTION: &str = "the shadow answers on MQTT, use it there";

/// Where the cloud hears what became of its change.
pub(crate) type Answer = oneshot::Sender<Result<ShadowChanged, ChangeShadowError>>;

/// What waits for the shadow of a device.
pub(crate) enum ShadowRequest {
    Device(Box<Kept>),
    Cloud(Box<ShadowChange>, Answer),
}

/// A decision on its way to the disk.
struct Decided {
    /// Told once it is durable, dropped when it is lost.
    durable: oneshot::Receiver<()>,
    cloud: Option<(Answer, Result<ShadowChanged, ChangeShadowError>, Option<Told>)>,
}

type Told = oneshot::Receiver<Result<Delivery, DeliverError>>;

impl Worker {
    /// A message on the shadow topic.
    pub(super) fn shadow(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        if incoming.place == NOWHERE {
            return self.refuse_shadow(state, incoming, NOT_SERVED, NEEDS_CONNECTION);
        }
        let message = Kept::new(incoming);
        if self.queue_for_shadow(state, incoming.device.number, ShadowRequest::Device(Box::new(message))).is_err() {
            let note = format!("{WAITING_MAX} messages wait for the shadow of the device");
            self.refuse_shadow(state, incoming, BUSY, &note);
        }
    }

    /// The cloud changes a shadow.
    pub(crate) fn change_shadow(self: &Rc<Self>, state: &mut State, change: Box<ShadowChange>, answer: Answer) {
        let number = change.number;
        let queued = self.queue_for_shadow(state, number, ShadowRequest::Cloud(change, answer));
        if let Err(ShadowRequest::Cloud(_, answer)) = queued {
            drop(answer.send(Err(DeliverError::Busy.into())));
        }
    }

    /// Gives the request back when too many wait.
    fn queue_for_shadow(
        self: &Rc<Self>,
        state: &mut State,
        number: DeviceNumber,
        request: ShadowRequest,
    ) -> Result<(), ShadowRequest> {
        match state.shadows.entry(number) {
            Entry::Occupied(line) if line.get().len() >= WAITING_MAX => return Err(request),
            Entry::Occupied(mut line) => line.get_mut().push_back(request),
            Entry::Vacant(place) => {
                place.insert(VecDeque::from([request]));
                tokio::task::spawn_local(serve(Rc::clone(self), number));
            }
        }
        Ok(())
    }

    fn decide_on_shadow(
        self: &Rc<Self>,
        state: &mut State,
        request: ShadowRequest,
        found: Result<Option<Box<Shadow>>, ReadingError>,
    ) -> Decided {
        let (done, durable) = oneshot::channel();
        let cloud = match request {
            ShadowRequest::Device(message) => {
                self.decide_for_device(state, &message, found, done);
                None
            }
            ShadowRequest::Cloud(change, answer) => {
                let (outcome, told) = self.decide_for_cloud(state, &change, found, done);
                Some((answer, outcome, told))
            }
        };
        Decided { durable, cloud }
    }

    fn decide_for_device(
        self: &Rc<Self>,
        state: &mut State,
        message: &Kept,
        found: Result<Option<Box<Shadow>>, ReadingError>,
        done: oneshot::Sender<()>,
    ) {
        let packet = message.packet();
        let incoming = message.incoming(&packet);
        let device = &message.device;
        let current = match found {
            Ok(current) => current,
            Err(error) => {
                warn!(%error, %device.product, %device.name, "cannot read the shadow of a device");
                return self.refuse_shadow(state, &incoming, INTERNAL, "the shadow cannot be read");
            }
        };
        let mut text = Vec::new();
        let answer = shadow::answer(&message.payload, current.as_deref(), state.wall, &mut text);
        if answer.code != 0 {
            self.stats.messages_refused.add(1);
        }
        let verdict = Verdict {
            kind: if answer.is_change { RecordKind::ShadowUpdate } else { RecordKind::OtherUp },
            code: answer.code,
            note: &answer.note,
            sample_time: state.wall,
            answer: Some(DownTopic::Shadow),
        };
        self.finish(state, &incoming, &verdict, &text, Some(After::Decided(done)));
    }

    fn refuse_shadow(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, code: u32, note: &str) {
        self.stats.messages_refused.add(1);
        let mut text = Vec::new();
        shadow::failure(incoming.packet.payload, code, state.wall, &mut text);
        let (kind, answer) = (RecordKind::OtherUp, Some(DownTopic::Shadow));
        let verdict = Verdict { kind, code, note, sample_time: state.wall, answer };
        self.finish(state, incoming, &verdict, &text, None);
    }

    fn decide_for_cloud(
        self: &Rc<Self>,
        state: &mut State,
        change: &ShadowChange,
        found: Result<Option<Box<Shadow>>, ReadingError>,
        done: oneshot::Sender<()>,
    ) -> (Result<ShadowChanged, ChangeShadowError>, Option<Told>) {
        if let Some(why) = &state.refusing {
            return (Err(DeliverError::from(CommitError::Full(why.to_string())).into()), None);
        }
        let judged = found.map_err(ChangeShadowError::from).and_then(|current| {
            let update = Update::parse(&change.payload)?;
            Ok(decide(current.as_deref(), &update, state.wall)?)
        });
        let (code, note) = match &judged {
            Ok(_) => (0, change.request_id.to_string()),
            Err(ChangeShadowError::Refused(refusal)) => (shadow::code(refusal), refusal.to_string()),
            Err(error) => (INTERNAL, error.to_string()),
        };
        state.batch.push(&Record {
            kind: RecordKind::ShadowDesired,
            qos: 0,
            packet_id: 0,
            code,
            number: change.number,
            product: change.device.product,
            device: change.device.device.as_str(),
            sample_time: state.wall,
            topic: "",
            note: &note,
            payload: &change.payload,
        });
        state.held.after.push(After::Decided(done));
        state.want_turn();
        let told = match &judged {
            Ok(Some(next)) if next.has_delta() => Some(self.tell_delta(state, change, next)),
            _ => None,
        };
        (judged.map(|document| ShadowChanged { document, told: None }), told)
    }

    /// One that is away and keeps no session learns it when it asks.
    fn tell_delta(&self, state: &mut State, change: &ShadowChange, next: &Shadow) -> Told {
        let mut topic = String::new();
        down_topic(DownTopic::Shadow, change.device.product, change.device.device.as_str(), &mut topic);
        let mut payload = Vec::new();
        shadow::delta(next, state.wall, &mut payload);
        let down = Down {
            device: change.device.clone(),
            number: change.number,
            kind: DownKind::Topic(topic.into()),
            qos: 1,
            payload: payload.into(),
            request_id: change.request_id.clone(),
        };
        let (answer, told) = oneshot::channel();
        self.send_down(state, &down, answer);
        told
    }
}

/// Serves one shadow until nothing waits for it.
async fn serve(worker: Rc<Worker>, number: DeviceNumber) {
    while worker.is_awaited(number) {
        // The decision before, and all of an earlier run, is in the states then.
        worker.platform.progress.reached(worker.platform.log.durable()).await;
        let states = Arc::clone(&worker.platform.states);
        // The blocking pool ends only with the worker.
        let Ok(found) = tokio::task::spawn_blocking(move || states.device(number)).await else { return };
        let decided = {
            let mut state = worker.state.borrow_mut();
            worker.refresh_time(&mut state);
            let Some(request) = state.shadows.get_mut(&number).and_then(VecDeque::pop_front) else { return };
            worker.decide_on_shadow(&mut state, request, found.map(|found| found.shadow))
        };
        let is_durable = decided.durable.await.is_ok();
        let Some((answer, outcome, told)) = decided.cloud else { continue };
        let outcome = match outcome {
            Ok(_) if !is_durable => Err(DeliverError::Closed.into()),
            Ok(changed) => {
                let told = match told {
                    // Over the rate is counted and logged where it is refused; the device asks when it signs in.
                    Some(told) => told.await.ok().and_then(Result::ok),
                    None => None,
                };
                Ok(ShadowChanged { told, ..changed })
            }
            Err(error) => Err(error),
        };
        // The call may have given up; its change is made all the same.
        drop(answer.send(outcome));
    }
}

impl Worker {
    /// Takes the line away when nobody is in it.
    fn is_awaited(&self, number: DeviceNumber) -> bool {
        let mut state = self.state.borrow_mut();
        let is_awaited = state.shadows.get(&number).is_some_and(|line| !line.is_empty());
        if !is_awaited {
            state.shadows.remove(&number);
        }
        is_awaited
    }
}
