//! Remote configuration on its way down: answered when asked for, pushed to whoever listens, a step at a time.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use lianwu_device_protocol::system::config;
use lianwu_device_protocol::topic::{DownTopic, DownTopics, Topic, down_topic};
use lianwu_model::DeviceNumber;
use lianwu_mqtt::connection::Framing;
use lianwu_mqtt::{Properties, Publish, QoS};
use lianwu_ports::bus::{ConfigPush, ConfigPushed, DeliverError};
use lianwu_ports::log::CommitError;
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use tokio::sync::oneshot;

use crate::worker::Worker;
use crate::worker::device::publish::{Incoming, Verdict};
use crate::worker::held::After;
use crate::worker::overrun::Way;
use crate::worker::rate::{Bucket, INSTANCE_DOWN, Over};
use crate::worker::state::{Place, State};

/// Connections looked at before others get their turn, and gateways.
const CONNECTIONS_AT_ONCE: usize = 1_024;
const GATEWAYS_AT_ONCE: usize = 64;

/// Bytes sent before others get their turn; one message may go beyond.
const BYTES_AT_ONCE: usize = 512 * 1024;

/// Bytes that may wait for devices to read them; with more the next step waits.
const UNREAD_BYTES_MAX: usize = 8 << 20;

/// How often unread bytes are looked at, and how long they are waited for: then the step goes on, and a device that reads
/// nothing is closed as always.
const UNREAD_WAIT: Duration = Duration::from_millis(50);
const UNREAD_WAITS_MAX: u32 = 200;

/// What the record of a question says while there is nothing to give.
const OFF: &str = "remote configuration is off, see EnableRemoteConfig";

/// What the cloud is told then; devices of the step were disconnected, as always.
const LOST: &str = "a step of the push could not be written down, the rest was not sent";

/// Where the cloud hears what became of its push.
pub(crate) type Answer = oneshot::Sender<Result<ConfigPushed, DeliverError>>;

/// The names the topic has, the newer one first.
const TOPICS: [DownTopic; 2] = [DownTopic::Config, DownTopic::ConfigUpdate];

/// A device that listens, and where.
struct Target {
    place: Place,
    device: Arc<DirectoryDevice>,
    topic: DownTopic,
}

/// One push of one worker.
struct Run {
    push: ConfigPush,
    count: ConfigPushed,
    /// Whom it was sent to, until they have read it.
    unread: Vec<Place>,
}

impl Run {
    /// Notes a device of the product that is online.
    fn found(&mut self, place: Place, device: &Arc<DirectoryDevice>, listens: DownTopics, targets: &mut Vec<Target>) {
        match TOPICS.into_iter().find(|topic| listens.contains(*topic)) {
            Some(topic) => targets.push(Target { place, device: Arc::clone(device), topic }),
            None => self.count.not_listening += 1,
        }
    }
}

impl Worker {
    /// `get`: the newest configuration of the product, if devices may have it.
    pub(super) fn answer_config(self: &Rc<Self>, state: &mut State, incoming: &Incoming<'_>, answer: &mut Vec<u8>) {
        let found = self.platform.remote_configs.of(incoming.device.product).filter(|found| found.is_enabled);
        config::reply(found.as_ref().map(|found| found.newest.text.as_str()), answer);
        let asked = match Topic::parse(incoming.packet.topic) {
            Topic::ConfigUp { legacy: true, .. } => DownTopic::ConfigUpdate,
            _ => DownTopic::Config,
        };
        let (code, note) = if found.is_some() { (0, "") } else { (config::DISABLED, OFF) };
        if code != 0 {
            self.stats.messages_refused.add(1);
        }
        let on = self.listened(state, incoming, asked);
        let verdict = Verdict { kind: RecordKind::OtherUp, code, note, sample_time: state.wall, answer: Some(on) };
        self.finish(state, incoming, &verdict, answer, None);
    }

    /// Sends to whoever listens, and tells how many that were.
    pub(crate) fn push_config(self: &Rc<Self>, push: ConfigPush, answer: Answer) {
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let mut run = Run { push, count: ConfigPushed::default(), unread: Vec::new() };
            let outcome = worker.push_all(&mut run).await;
            // The call may have given up; what was sent is sent.
            drop(answer.send(outcome.map(|()| run.count)));
        });
    }

    async fn push_all(&self, run: &mut Run) -> Result<(), DeliverError> {
        if let Some(number) = run.push.only {
            let targets = self.target(run, number);
            return self.push_to(run, targets).await;
        }
        let mut at = Some(0);
        while let Some(first) = at {
            let (targets, next) = self.connections_from(run, first);
            self.push_to(run, targets).await?;
            at = next;
        }
        let gateways = self.state.borrow().behind.gateways();
        for some in gateways.chunks(GATEWAYS_AT_ONCE) {
            let targets = self.behind(run, some);
            self.push_to(run, targets).await?;
        }
        Ok(())
    }

    /// One device, by its own connection or through its gateway.
    fn target(&self, run: &mut Run, number: DeviceNumber) -> Vec<Target> {
        let mut targets = Vec::new();
        let state = &*self.state.borrow();
        if let Some(slot) = state.homes.get(&number) {
            if let Some(connection) = state.connections.get(*slot as usize)
                && let Some(device) = &connection.device
            {
                let place = Place { slot: *slot, generation: connection.generation };
                run.found(place, device, connection.down, &mut targets);
            }
            return targets;
        }
        let gateway = self.platform.topology.home(number);
        let found = (state.behind.find(gateway, number).filter(|sub| sub.is_online))
            .and_then(|sub| Some((sub, Self::gateway_place(state, gateway)?)));
        match found {
            Some((sub, place)) => run.found(place, &sub.device, sub.topics.all, &mut targets),
            None => run.count.not_listening += 1,
        }
        targets
    }

    /// Devices of the product among the connections from this slot on, and where to go on.
    fn connections_from(&self, run: &mut Run, at: usize) -> (Vec<Target>, Option<usize>) {
        let state = &*self.state.borrow();
        let mut targets = Vec::new();
        for slot in at..at + CONNECTIONS_AT_ONCE {
            let Some(connection) = state.connections.get(slot) else { continue };
            let Some(device) = connection.device.as_ref().filter(|device| device.product == run.push.product) else {
                continue;
            };
            let Ok(index) = u32::try_from(slot) else { continue };
            let place = Place { slot: index, generation: connection.generation };
            run.found(place, device, connection.down, &mut targets);
        }
        let next = at + CONNECTIONS_AT_ONCE;
        (targets, (next < state.connections.capacity()).then_some(next))
    }

    /// Devices of the product that come in through these gateways.
    fn behind(&self, run: &mut Run, gateways: &[DeviceNumber]) -> Vec<Target> {
        let state = &mut *self.state.borrow_mut();
        let mut targets = Vec::new();
        for gateway in gateways {
            let Some(place) = Self::gateway_place(state, *gateway) else { continue };
            for sub in state.behind.of_gateway_mut(*gateway) {
                if sub.is_online && sub.device.product == run.push.product {
                    run.found(place, &sub.device, sub.topics.all, &mut targets);
                }
            }
        }
        targets
    }

    /// Sends to all of them, a step at a time: each step is on disk, and not too much of it unread, before the next.
    async fn push_to(&self, run: &mut Run, targets: Vec<Target>) -> Result<(), DeliverError> {
        let mut targets = targets.into_iter().peekable();
        while targets.peek().is_some() {
            let durable = {
                let mut state = self.state.borrow_mut();
                self.refresh_time(&mut state);
                if let Some(why) = &state.refusing {
                    return Err(CommitError::Full(why.to_string()).into());
                }
                let mut bytes = 0;
                while bytes < BYTES_AT_ONCE
                    && let Some(target) = targets.next()
                {
                    bytes += self.push_one(&mut state, run, &target);
                }
                let (done, durable) = oneshot::channel();
                state.held.after.push(After::Decided(done));
                state.want_turn();
                (bytes > 0).then_some(durable)
            };
            if let Some(durable) = durable {
                durable.await.map_err(|_| CommitError::Failed(LOST.to_owned()))?;
            }
            self.let_read(run).await;
        }
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Bytes that were put on the way.
    fn push_one(&self, state: &mut State, run: &mut Run, target: &Target) -> usize {
        let Target { place, device, topic } = target;
        let Some(framing) = state.framing(*place) else { return 0 };
        let per_second = self.options.device_down_tps;
        if per_second > 0 {
            let now = state.now;
            let bucket = state.down_rates.entry(device.number).or_insert_with(|| Bucket::new(now));
            if !bucket.pause(now).is_zero() {
                self.stats.down_over_rate.add(1);
                state.overruns.count(Way::Down, device.number, || device.key(), now);
                run.count.over_rate += 1;
                return 0;
            }
        }
        if let Err(Over { key, .. }) = self.rates.try_down(device.product, state.now) {
            self.stats.down_over_rate.add(1);
            let way = if key == INSTANCE_DOWN { Way::DownInstance } else { Way::DownProduct };
            state.overruns.count(way, device.number, || device.key(), state.now);
            run.count.over_rate += 1;
            return 0;
        }
        if per_second > 0 {
            let now = state.now;
            state.down_rates.entry(device.number).or_insert_with(|| Bucket::new(now)).take(now, per_second);
        }
        let mut name = String::new();
        down_topic(*topic, device.product, device.name.as_str(), &mut name);
        let before = state.held.bytes.len();
        let is_written = hold(state, *place, framing, &name, &run.push.message);
        if !is_written {
            run.count.too_large += 1;
            return 0;
        }
        let sample_time = state.wall;
        state.batch.push(&Record {
            kind: RecordKind::OtherDown,
            qos: 0,
            packet_id: 0,
            code: 0,
            number: device.number,
            product: device.product,
            device: device.name.as_str(),
            sample_time,
            topic: &name,
            note: &run.push.request_id,
            payload: &run.push.logged,
        });
        self.stats.messages_down.add(1);
        run.count.sent += 1;
        run.unread.push(*place);
        state.held.bytes.len() - before
    }

    /// Waits until not too much is unread.
    async fn let_read(&self, run: &mut Run) {
        for _ in 0..UNREAD_WAITS_MAX {
            let mut unread = 0;
            {
                let mut state = self.state.borrow_mut();
                run.unread.retain(|place| {
                    let waiting = state.connection(*place).map_or(0, |connection| connection.out.len());
                    unread += waiting;
                    waiting > 0
                });
            }
            if unread <= UNREAD_BYTES_MAX {
                return;
            }
            tokio::time::sleep(UNREAD_WAIT).await;
        }
    }
}

/// Is it on its way? Not when the device takes no packet of that size.
fn hold(state: &mut State, place: Place, framing: Framing, topic: &str, payload: &[u8]) -> bool {
    let (qos, properties) = (QoS::AtMostOnce, Properties::NONE);
    let packet = Publish { duplicate: false, qos, retain: false, topic, packet_id: None, properties, payload };
    let mut is_written = true;
    state.held.hold(place, |out| is_written = framing.publish(out, &packet).is_ok());
    is_written
}
