//! A simulated device on the network.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail};
use lianwu_model::UnixMillis;
use lianwu_mqtt::{Packet, Properties, ProtocolVersion, Publish, QoS, decode, encode};
use tokio::{
    io::AsyncReadExt as _,
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, sleep},
};

use super::{
    Counters,
    backoff::Backoff,
    device::{Heard, Outgoing, Said, VirtualDevice},
    session::{PACKET_BYTES_MAX, Session},
    values::Dice,
};
use crate::identity::Device;

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
            session = Session::open(&self.address, &self.identity, self.dice.below(100_000), device.filters()) => session?,
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

/// Completes when the fleet is to stop: its sender is dropped, nothing is ever sent.
async fn stopped(stop: &mut watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

pub(crate) fn now() -> UnixMillis {
    UnixMillis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64)
}
