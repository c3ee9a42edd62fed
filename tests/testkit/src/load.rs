//! Devices that report as fast as they are answered, and remember exactly what was acknowledged.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::fixture::{Device, Fixture};
use crate::mqtt::{MqttClient, Received};
use crate::wait::{DEADLINE, fail, wait_for};

/// A counter: every report carries a number its device never used before.
pub const COUNTER_MODEL: &str = include_str!("../models/counter.json");

/// Reports of one device that are not answered yet.
const WINDOW: usize = 16;

/// What one device knows of its reports, over all connections it had.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The next number; all below it were handed to a socket.
    pub next: u64,
    /// Numbers whose PUBACK or reply came back.
    pub acknowledged: Vec<u64>,
}

/// Devices at work until the connection ends or they are told to stop.
#[derive(Debug)]
pub struct Load {
    threads: Vec<JoinHandle<Ledger>>,
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Load {
    /// Signs every device in and lets it report, each going on with its ledger.
    #[must_use]
    #[track_caller]
    pub fn start(address: SocketAddr, devices: &[Device], ledgers: Vec<Ledger>) -> Self {
        let acknowledged = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (device, ledger) in devices.iter().zip(ledgers) {
            let client = MqttClient::subscribed(address, device);
            let topic = device.thing("up/property");
            let (acknowledged, stop) = (Arc::clone(&acknowledged), Arc::clone(&stop));
            threads.push(std::thread::spawn(move || report(client, &topic, ledger, &acknowledged, &stop)));
        }
        Self { threads, acknowledged, stop }
    }

    /// Waits until so many reports of all devices were acknowledged since the start of this load.
    #[track_caller]
    pub fn wait_for_acknowledged(&self, count: u64) {
        wait_for(&format!("{count} acknowledged reports"), DEADLINE * 3, || {
            (self.acknowledged.load(Ordering::Relaxed) >= count).then_some(())
        });
    }

    /// Lets every device stop sending, wait for its last answers and sign off.
    #[must_use]
    #[track_caller]
    pub fn stop(self) -> Vec<Ledger> {
        self.stop.store(true, Ordering::Relaxed);
        self.ended()
    }

    /// Waits for the end of every connection, which the test has brought about.
    #[must_use]
    #[track_caller]
    pub fn ended(self) -> Vec<Ledger> {
        let join = |thread: JoinHandle<Ledger>| thread.join().unwrap_or_else(|_| fail("a reporting device failed"));
        self.threads.into_iter().map(join).collect()
    }
}

fn report(mut client: MqttClient, topic: &str, mut ledger: Ledger, total: &AtomicU64, stop: &AtomicBool) -> Ledger {
    let mut waiting: HashMap<u16, u64> = HashMap::new();
    loop {
        while waiting.len() < WINDOW && !stop.load(Ordering::Relaxed) {
            let number = ledger.next;
            let payload = json!({"method": "report", "clientToken": number.to_string(), "params": {"n": number}});
            ledger.next += 1;
            match client.try_publish_qos1(topic, payload.to_string().as_bytes()) {
                Ok(id) => drop(waiting.insert(id, number)),
                Err(_) => break,
            }
        }
        if waiting.is_empty() {
            return ledger;
        }
        match client.next_or_end(DEADLINE) {
            Ok(Some(Received::PubAck(id))) => {
                if let Some(number) = waiting.remove(&id) {
                    ledger.acknowledged.push(number);
                    total.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(Some(Received::Publish { payload, .. })) => {
                let reply: Value = serde_json::from_slice(&payload).unwrap_or_default();
                let number = reply["clientToken"].as_str().and_then(|token| token.parse().ok());
                match (number, reply["code"].as_u64()) {
                    // A reply says "stored" just as a PUBACK does.
                    (Some(number), Some(0)) => ledger.acknowledged.push(number),
                    _ => fail(format!("a good report was answered with {reply}")),
                }
            }
            Ok(Some(other)) => fail(format!("a reporting device was sent {other:?}")),
            Ok(None) => return ledger,
            Err(error) => fail(format!("a reporting device heard nothing: {error}")),
        }
    }
}

/// Every acknowledged number must be in the history, none twice, and none that was never sent.
#[track_caller]
pub fn assert_nothing_lost(fixture: &Fixture, devices: &[Device], ledgers: &[Ledger]) -> usize {
    let mut checked = 0;
    for (device, ledger) in devices.iter().zip(ledgers) {
        let mut found: Vec<u64> = fixture
            .history(device, "n")
            .iter()
            .map(|(_, text)| text.parse().unwrap_or_else(|_| fail(format!("{text:?} in the history is no number"))))
            .collect();
        found.sort_unstable();
        let rows = found.len();
        found.dedup();
        assert_eq!(rows, found.len(), "{device:?}: a report is in the history twice");
        assert!(found.last().is_none_or(|last| *last < ledger.next), "{device:?}: a number that was never sent");
        let lost: Vec<_> = ledger.acknowledged.iter().filter(|n| found.binary_search(n).is_err()).collect();
        assert!(lost.is_empty(), "{device:?}: acknowledged and lost: {lost:?}");
        checked += rows;
    }
    checked
}
