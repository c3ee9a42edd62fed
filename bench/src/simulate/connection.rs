//! A simulated device on the network.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use lianwu_model::UnixMillis;
use lianwu_mqtt::{ConnAck, Connect, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, decode, encode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};

use super::{
    Counters,
    backoff::Backoff,
    device::{Heard, Outgoing, Said, VirtualDevice},
    values::Dice,
};
use crate::{identity::Device, workload::run::sign};

/// Most bytes of messages kept until all subscriptions are made: the offline store is 150 messages of 2 KiB.
const EARLY_BYTES_MAX: usize = 1 << 20;
/// Longest packet taken from a server.
const PACKET_BYTES_MAX: usize = 256 * 1024;
/// For TCP, CONNACK and SUBACK each.
const ANSWER_MAX: Duration = Duration::from_secs(10);
const KEEP_ALIVE_S: u16 = 60;
/// PINGREQ goes out this often; two unanswered ones end the connection.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// What a device's task knows beside the device itself.
pub(super) struct Visitor {
    pub address: String,
    pub identity: Device,
    pub report_interval: Duration,
    pub counters: Arc<Counters>,
    pub dice: Dice,
}

/// A signed-in connection.
struct Session {
    stream: TcpStream,
    received: Vec<u8>,
    /// Messages that came before signing in was complete.
    early: Vec<u8>,
    out: Vec<u8>,
    next_id: PacketId,
}

/// Counts a device as online until it is dropped.
struct Online(Arc<Counters>);

impl Online {
    fn new(counters: &Arc<Counters>) -> Self {
        counters.online.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(counters))
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        self.0.online.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Visitor {
    /// Connects, lives, connects again, until the sender of `stop` is dropped.
    pub async fn live(mut self, mut device: VirtualDevice, mut stop: watch::Receiver<()>) {
        let mut backoff = Backoff::new();
        loop {
            match self.visit(&mut device, &mut stop, &mut backoff).await {
                Ok(()) => return,
                Err(error) => self.counters.fail(format!("{}: {error:#}", self.identity.device)),
            }
            let wait = backoff.wait(&mut self.dice);
            tokio::select! {
                () = sleep(wait) => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// One connection from beginning to end. `Ok` means: asked to stop.
    async fn visit(
        &mut self,
        device: &mut VirtualDevice,
        stop: &mut watch::Receiver<()>,
        backoff: &mut Backoff,
    ) -> anyhow::Result<()> {
        let mut session = tokio::select! {
            session = self.sign_in(device) => session?,
            () = stopped(stop) => return Ok(()),
        };
        self.counters.sign_ins.fetch_add(1, Ordering::Relaxed);
        let _online = Online::new(&self.counters);
        backoff.reset();
        self.take_packets(&mut session, device)?;
        session.flush().await.context("write")?;
        // Devices of a fleet report one after the other, not all at once.
        let first = Instant::now() + self.report_interval.mul_f64(self.dice.share());
        let mut reports = interval_at(first, self.report_interval);
        reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
        let mut unanswered_pings = 0;
        loop {
            tokio::select! {
                () = stopped(stop) => {
                    encode::disconnect(&mut session.out);
                    // The server may be gone already; then there is nobody to say goodbye to.
                    let _ = session.flush().await;
                    return Ok(());
                }
                received = session.stream.read_buf(&mut session.received) => {
                    if received.context("read")? == 0 {
                        bail!("closed by the server");
                    }
                    unanswered_pings = 0;
                    self.take_packets(&mut session, device)?;
                }
                _ = reports.tick() => {
                    for message in device.tick(now()) {
                        self.say(&mut session, &message)?;
                    }
                }
                _ = pings.tick() => {
                    if unanswered_pings == 2 {
                        bail!("the server is silent");
                    }
                    unanswered_pings += 1;
                    encode::pingreq(&mut session.out);
                }
            }
            session.flush().await.context("write")?;
        }
    }

    async fn sign_in(&mut self, device: &VirtualDevice) -> anyhow::Result<Session> {
        let identity = sign(&self.identity, &format!("{:05}", self.dice.below(100_000)))?;
        let stream = timeout(ANSWER_MAX, TcpStream::connect(&self.address)).await.context("connect")?;
        let stream = stream.with_context(|| format!("connect to {}", self.address))?;
        stream.set_nodelay(true).context("set up the socket")?;
        let mut session =
            Session { stream, received: Vec::new(), early: Vec::new(), out: Vec::new(), next_id: PacketId::FIRST };
        let connect = Connect {
            version: ProtocolVersion::V3_1_1,
            clean_session: true,
            keep_alive_seconds: KEEP_ALIVE_S,
            properties: Properties::NONE,
            client_id: &identity.client_id,
            user_name: identity.user_name.as_deref(),
            password: identity.password.as_deref().map(str::as_bytes),
            will: None,
        };
        encode::connect(&mut session.out, &connect)?;
        session
            .exchange(|packet| match packet {
                Packet::ConnAck(ConnAck::Accepted { .. }) => Ok(true),
                Packet::ConnAck(ConnAck::Refused { refusal, .. }) => bail!("CONNECT refused: {refusal}"),
                other => bail!("{} instead of CONNACK", other.packet_type()),
            })
            .await?;
        for filter in device.filters() {
            // One filter per SUBSCRIBE, as the C SDK does.
            let id = session.take_id();
            encode::subscribe(&mut session.out, ProtocolVersion::V3_1_1, id, [(filter.as_str(), QoS::AtLeastOnce)])?;
            session.exchange(|packet| Ok(matches!(packet, Packet::SubAck(answer) if answer.packet_id == id))).await?;
        }
        // Back in front of what came after them.
        let mut received = std::mem::take(&mut session.early);
        received.append(&mut session.received);
        session.received = received;
        Ok(session)
    }

    fn take_packets(&self, session: &mut Session, device: &mut VirtualDevice) -> anyhow::Result<()> {
        let received = std::mem::take(&mut session.received);
        let mut used = 0;
        while let Some((packet, bytes)) = decode(&received[used..], ProtocolVersion::V3_1_1, PACKET_BYTES_MAX)? {
            used += bytes;
            let Packet::Publish(publish) = packet else { continue };
            if let (QoS::AtLeastOnce, Some(id)) = (publish.qos, publish.packet_id) {
                encode::puback(&mut session.out, id);
            }
            let (heard, answers) = device.answer(publish.payload, now());
            let counter = match heard {
                Heard::ReportReply { is_success: true } => Some(&self.counters.reports_accepted),
                Heard::ReportReply { is_success: false } => Some(&self.counters.reports_refused),
                Heard::Control => Some(&self.counters.controls),
                Heard::Action => Some(&self.counters.actions),
                Heard::Other => None,
            };
            if let Some(counter) = counter {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            for answer in &answers {
                self.say(session, answer)?;
            }
        }
        session.received = received;
        session.received.drain(..used);
        Ok(())
    }

    fn say(&self, session: &mut Session, message: &Outgoing) -> anyhow::Result<()> {
        let payload = serde_json::to_vec(&message.payload).context("write a message")?;
        let publish = Publish {
            duplicate: false,
            qos: message.qos,
            retain: false,
            topic: &message.topic,
            packet_id: Some(session.take_id()),
            properties: Properties::NONE,
            payload: &payload,
        };
        encode::publish(&mut session.out, ProtocolVersion::V3_1_1, &publish)?;
        match message.kind {
            Said::Report => self.counters.reports.fetch_add(1, Ordering::Relaxed),
            Said::Event => self.counters.events.fetch_add(1, Ordering::Relaxed),
            Said::ControlReply | Said::ActionReply => 0,
        };
        Ok(())
    }
}

impl Session {
    fn take_id(&mut self) -> PacketId {
        let id = self.next_id;
        self.next_id = id.next();
        id
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    /// Writes what is waiting and reads until a packet is the awaited one. Messages that come before it are kept for
    /// later: a control may follow the first SUBACK at once.
    async fn exchange(&mut self, is_awaited: impl Fn(&Packet<'_>) -> anyhow::Result<bool>) -> anyhow::Result<()> {
        timeout(ANSWER_MAX, async {
            self.flush().await.context("write")?;
            loop {
                while let Some((packet, bytes)) = decode(&self.received, ProtocolVersion::V3_1_1, PACKET_BYTES_MAX)? {
                    let is_found = is_awaited(&packet)?;
                    if matches!(packet, Packet::Publish(_)) {
                        self.early.extend_from_slice(&self.received[..bytes]);
                    }
                    if self.early.len() > EARLY_BYTES_MAX {
                        bail!("more than {EARLY_BYTES_MAX} bytes of messages during sign-in");
                    }
                    self.received.drain(..bytes);
                    if is_found {
                        return Ok(());
                    }
                }
                if self.stream.read_buf(&mut self.received).await.context("read")? == 0 {
                    bail!("closed by the server during sign-in");
                }
            }
        })
        .await
        .context("no answer during sign-in")?
    }
}

/// Completes when the fleet is to stop: its sender is dropped, nothing is ever sent.
async fn stopped(stop: &mut watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

fn now() -> UnixMillis {
    UnixMillis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64)
}
