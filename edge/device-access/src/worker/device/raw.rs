//! Raw products: a script of the owner stands between the device's bytes and standard messages (ADR 0026).
//!
//! What concerns one device waits in one line, both ways, and is taken one after the other: scripts run on threads of their
//! own, so a slow one holds up its devices and nobody else.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::message::UpKind;
use lianwu_device_protocol::topic::{DownTopic, UpTopic, down_topic, up_topic};
use lianwu_model::json::{Scanner, members};
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{PacketId, Properties, Publish, QoS};
use lianwu_ports::bus::{DeliverError, Delivery, Down, DownKind};
use lianwu_ports::record::{Record, RecordKind, Records};
use lianwu_ports::script::{FailureKind, Lane, ScriptCall, ScriptFailure, ScriptRun, WAITING_MAX, Work};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use tokio::sync::oneshot;

use crate::worker::device::control::publish;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::held::After;
use crate::worker::state::{Place, State};
use crate::worker::{Posted, Worker};

/// Code of a message whose script failed; no reply carries it.
const FAILED_CODE: u32 = 500;

/// Code of a message that was not given to the script, because too much waits.
const BUSY_CODE: u32 = 503;

type Answer = oneshot::Sender<Result<Delivery, DeliverError>>;

/// What waits for scripts on this worker.
#[derive(Default)]
pub(crate) struct RawLines {
    lines: HashMap<DeviceNumber, VecDeque<Request>>,
    /// Of all payloads that wait.
    bytes: usize,
}

enum Request {
    /// Bytes the device sent.
    Up(Box<Message>),
    /// A message of the cloud in JSON.
    Down(Box<Down>, Answer),
    /// An answer of the platform in JSON.
    Reply { place: Place, payload: Box<[u8]> },
}

impl Request {
    fn bytes(&self) -> usize {
        match self {
            Self::Up(message) => message.payload.len(),
            Self::Down(down, _) => down.payload.len(),
            Self::Reply { payload, .. } => payload.len(),
        }
    }
}

/// A message of the device, kept for its turn.
struct Message {
    place: Place,
    /// Set when a gateway speaks for `device`.
    gateway: Option<DeviceNumber>,
    device: Arc<DirectoryDevice>,
    framing: Framing,
    qos: QoS,
    packet_id: Option<PacketId>,
    topic: Box<str>,
    payload: Box<[u8]>,
    /// Of a request over HTTP.
    posted: Option<oneshot::Sender<Posted>>,
}

impl RawLines {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Will the message that was queued last, from this place, answer this request? Gives it back if not.
    pub(crate) fn will_answer(
        &mut self,
        number: DeviceNumber,
        place: Place,
        answer: oneshot::Sender<Posted>,
    ) -> Option<oneshot::Sender<Posted>> {
        let last = self.lines.get_mut(&number).and_then(VecDeque::back_mut);
        let Some(Request::Up(message)) = last else { return Some(answer) };
        if message.posted.is_some() || message.place != place {
            return Some(answer);
        }
        message.posted = Some(answer);
        None
    }

    /// The next of a line; takes the line away when nothing waits in it.
    fn next(&mut self, number: DeviceNumber) -> Option<Request> {
        let Some(request) = self.lines.get_mut(&number).and_then(VecDeque::pop_front) else {
            self.lines.remove(&number);
            return None;
        };
        self.bytes -= request.bytes();
        Some(request)
    }
}

impl Worker {
    /// Bytes on the raw topic: given to the product's script if it has one that is switched on, else kept as they are.
    pub(super) fn raw(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>) {
        let Incoming { place, device, packet, framing, gateway, .. } = *incoming;
        if state.refusing.is_some() || !self.has_script(device.product) {
            return self.system(state, incoming);
        }
        let message = Message {
            place,
            gateway,
            device: Arc::clone(device),
            framing,
            qos: packet.qos,
            packet_id: packet.packet_id,
            topic: packet.topic.into(),
            payload: packet.payload.into(),
            posted: None,
        };
        if self.wait_for_script(state, device.number, Request::Up(Box::new(message))).is_err() {
            let failure = ScriptRun::refused(FailureKind::Busy, format!("{WAITING_MAX} messages of the device wait"));
            self.not_translated(state, incoming, failure.output.err());
        }
    }

    /// A message of the cloud: as it is, or through the product's script if that is the devices' language.
    pub(crate) fn deliver_down(self: &Rc<Self>, state: &mut State, down: Box<Down>, answer: Answer) {
        let is_standard = matches!(down.kind, DownKind::PropertyControl | DownKind::ActionCall);
        if !is_standard || !self.has_script(down.device.product) {
            return self.send_down(state, &down, answer);
        }
        let number = down.number;
        if let Err(Request::Down(_, answer)) = self.wait_for_script(state, number, Request::Down(down, answer)) {
            drop(answer.send(Err(DeliverError::Busy)));
        }
    }

    /// An answer of the platform to a device that speaks bytes.
    pub(super) fn reply_raw(self: &Rc<Self>, state: &mut State, place: Place, number: DeviceNumber, payload: Vec<u8>) {
        let request = Request::Reply { place, payload: payload.into() };
        if self.wait_for_script(state, number, request).is_err() {
            self.stats.script_failures.add(1);
        }
    }

    fn has_script(&self, product: ProductId) -> bool {
        self.platform.catalog.load().get(&product).is_some_and(|product| product.active_script().is_some())
    }

    /// Gives the request back when too much waits.
    fn wait_for_script(
        self: &Rc<Self>,
        state: &mut State,
        number: DeviceNumber,
        request: Request,
    ) -> Result<(), Request> {
        let bytes = request.bytes();
        if state.raw.bytes + bytes > self.options.uncommitted_bytes_max {
            return Err(request);
        }
        match state.raw.lines.entry(number) {
            Entry::Occupied(line) if line.get().len() >= WAITING_MAX => return Err(request),
            Entry::Occupied(mut line) => line.get_mut().push_back(request),
            Entry::Vacant(place) => {
                place.insert(VecDeque::from([request]));
                tokio::task::spawn_local(serve(Rc::clone(self), number));
            }
        }
        state.raw.bytes += bytes;
        Ok(())
    }

    /// `None` when the script was switched off meanwhile.
    async fn translate(&self, product: ProductId, work: Work) -> Option<ScriptRun> {
        let script = self.platform.catalog.product(product)?.active_script().map(|script| Arc::clone(&script.text))?;
        let now = self.platform.clock.now();
        Some(self.platform.scripts.run(ScriptCall { product, lane: Lane::Live, script, work, now }).await)
    }

    /// Writes the message down as it came, and what the script made of it; gives the platform's answer in JSON.
    fn translated(self: &Rc<Self>, message: Message, run: Option<ScriptRun>) -> Option<Vec<u8>> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        self.refresh_time(state);
        let before = state.batch.as_bytes().len();
        let packet = Publish {
            duplicate: false,
            qos: message.qos,
            retain: false,
            topic: &message.topic,
            packet_id: message.packet_id,
            properties: Properties::NONE,
            payload: &message.payload,
        };
        let Message { place, gateway, device, framing, .. } = &message;
        let incoming = Incoming { gateway: *gateway, ..Incoming::to_disk(*place, device, &packet, *framing) };
        let json = match run.map(|run| run.output) {
            Some(Ok(json)) => json,
            None => Box::default(),
            Some(Err(failure)) => {
                self.not_translated(state, &incoming, Some(failure));
                Box::default()
            }
        };
        let was_refused = state.batch.as_bytes().len() > before;
        if !was_refused {
            self.other(state, &incoming);
        }
        let is_stored = state.batch.as_bytes().len() > before;
        let reply = if is_stored && !json.is_empty() { self.standard(state, &incoming, &json) } else { None };
        if let Some(answer) = message.posted {
            let posted = posted(&state.batch.as_bytes()[before..]);
            state.held.after.push(After::Posted { answer, posted });
            state.want_turn();
        }
        reply
    }

    /// Judges what the script made of a message as if the device had sent it.
    fn standard(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, json: &[u8]) -> Option<Vec<u8>> {
        let (kind, topic_kind) = kind(json);
        let mut topic = String::new();
        up_topic(topic_kind, incoming.device.product, incoming.device.name.as_str(), &mut topic);
        let packet = Publish { topic: &topic, packet_id: None, payload: json, ..*incoming.packet };
        let translated = Incoming { packet: &packet, translated_from: Some(incoming.packet.topic), ..*incoming };
        state.raw_reply = None;
        self.thing(state, &translated, kind);
        state.raw_reply.take()
    }

    /// The message is kept, and acknowledged, but nothing was made of it.
    fn not_translated(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, failure: Option<ScriptFailure>) {
        self.stats.messages_refused.add(1);
        self.stats.script_failures.add(1);
        let code = failure.as_ref().map_or(FAILED_CODE, code);
        let why = failure.map(|failure| failure.to_string()).unwrap_or_default();
        let note = notes::script_failed(why, incoming.packet.payload);
        let verdict = Verdict { kind: RecordKind::OtherUp, code, note: &note, sample_time: state.wall, answer: None };
        self.finish(state, incoming, &verdict, &[], None);
    }

    /// Sends the device an answer of the platform, if the script has bytes for it.
    async fn say(self: &Rc<Self>, place: Place, number: DeviceNumber, payload: &[u8]) {
        let device = {
            let mut state = self.state.borrow_mut();
            match self.speaker(&mut state, place, number) {
                // Nobody listens: no need to ask the script.
                Some((device, listens)) if listens.contains(DownTopic::ThingRaw) => device,
                _ => return,
            }
        };
        let Some(run) = self.translate(device.product, Work::ToBytes { message: payload.into() }).await else { return };
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        self.refresh_time(state);
        if state.refusing.is_some() {
            return;
        }
        match run.output {
            Ok(bytes) if bytes.is_empty() => {}
            Ok(bytes) => {
                let mut topic = String::new();
                down_topic(DownTopic::ThingRaw, device.product, device.name.as_str(), &mut topic);
                record_down(state, &device, &topic, 0, "", &bytes);
                self.stats.messages_down.add(1);
                if let Some(framing) = state.framing(place) {
                    state.held.hold(place, |out| publish(out, framing, &topic, &bytes));
                }
                state.want_turn();
            }
            Err(failure) => self.reply_failed(state, &device, &failure, payload),
        }
    }

    fn reply_failed(&self, state: &mut State, device: &DirectoryDevice, failure: &ScriptFailure, payload: &[u8]) {
        self.stats.script_failures.add(1);
        let mut topic = String::new();
        down_topic(DownTopic::ThingRaw, device.product, device.name.as_str(), &mut topic);
        record_down(state, device, &topic, code(failure), &notes::script_failed_down(failure), payload);
        state.want_turn();
    }

    /// Sends a message of the cloud in the device's language, or tells the cloud why there is none.
    fn deliver_translated(self: &Rc<Self>, down: &Down, run: Option<ScriptRun>, answer: Answer) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        self.refresh_time(state);
        let failure = match run.map(|run| run.output) {
            None => return self.send_down(state, down, answer),
            Some(Ok(bytes)) if !bytes.is_empty() => return self.send_down_as(state, down, Some(&bytes), answer),
            Some(Ok(_)) => {
                let message = "ProtocolToRaw has no bytes for the message".to_owned();
                ScriptFailure { kind: FailureKind::Output, message, line: None, column: None }
            }
            Some(Err(failure)) => failure,
        };
        let why = DeliverError::Script(failure.to_string());
        match self.platform.directory.find(down.device.product, down.device.device.as_str()) {
            Some(device) if state.refusing.is_none() => {
                self.reply_failed(state, &device, &failure, &down.payload);
                state.held.after.push(After::Unsaid { answer, why });
            }
            // Deleted meanwhile, or nothing can be written down: only the caller learns it.
            _ => drop(answer.send(Err(why))),
        }
    }
}

/// Serves one line until nothing waits in it.
async fn serve(worker: Rc<Worker>, number: DeviceNumber) {
    loop {
        let request = {
            let mut state = worker.state.borrow_mut();
            let request = state.raw.next(number);
            if request.is_none() && state.is_stopping {
                // The stop waits for the last line.
                state.want_turn();
            }
            request
        };
        match request {
            None => return,
            Some(Request::Up(message)) => {
                let (place, product) = (message.place, message.device.product);
                let run = worker.translate(product, Work::ToMessage { port: 0, bytes: message.payload.clone() }).await;
                if let Some(reply) = worker.translated(*message, run) {
                    worker.say(place, number, &reply).await;
                }
            }
            Some(Request::Down(down, answer)) => {
                let run = worker.translate(down.device.product, Work::ToBytes { message: down.payload.clone() }).await;
                worker.deliver_translated(&down, run, answer);
            }
            Some(Request::Reply { place, payload }) => worker.say(place, number, &payload).await,
        }
    }
}

fn code(failure: &ScriptFailure) -> u32 {
    match failure.kind {
        FailureKind::Busy => BUSY_CODE,
        FailureKind::Malformed
        | FailureKind::Thrown
        | FailureKind::Output
        | FailureKind::Time
        | FailureKind::Memory
        | FailureKind::Stalled => FAILED_CODE,
    }
}

/// Which topic a message would have come on, by its method.
fn kind(json: &[u8]) -> (UpKind, UpTopic) {
    let method = members(json).flatten().filter(|(key, _)| key.is(b"method")).last();
    let method = method.and_then(|(_, value)| Scanner::new(value).string().ok());
    let is = |names: &[&[u8]]| method.as_ref().is_some_and(|method| names.iter().any(|name| method.is(name)));
    if is(&[b"event_post", b"events_post"]) {
        (UpKind::Event, UpTopic::ThingEvent)
    } else if is(&[b"action_reply"]) {
        (UpKind::Action, UpTopic::ThingAction)
    } else {
        (UpKind::Property, UpTopic::ThingProperty)
    }
}

fn record_down(state: &mut State, device: &DirectoryDevice, topic: &str, code: u32, note: &str, payload: &[u8]) {
    state.batch.push(&Record {
        kind: RecordKind::OtherDown,
        qos: 0,
        packet_id: 0,
        code,
        number: device.number,
        product: device.product,
        device: device.name.as_str(),
        sample_time: state.wall,
        topic,
        note,
        payload,
    });
}

/// What became of a message over HTTP: the first thing that was wrong with it, or nothing.
fn posted(records: &[u8]) -> Posted {
    let mut records = Records::new(records).flatten().peekable();
    if records.peek().is_none() {
        return Posted::Busy;
    }
    let refused = records.find(|record| record.code != 0);
    refused.map_or(Posted::Accepted, |record| Posted::Refused { code: record.code, why: record.note.to_owned() })
}
