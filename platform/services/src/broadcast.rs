//! One message to all devices of a product that are there and listen.
//!
//! A task beside the calls, a few devices at a time, through the same way as any other message; so reports of devices go on
//! meanwhile, and every copy is on record. How many there were is on record as well. Nothing is kept for devices that are away,
//! and nothing of a broadcast for a next start.
//!
//! Source: spec/device-protocol.md 9.4, spec/cloud-api.md 2.6.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_ports::bus::{DeliverError, Delivery, Down, DownKind};
use lianwu_ports::log::CommitError;
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tracing::warn;

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::message;
use crate::product::{self, ProductError};

/// Longest payload, counted as it would be in Base64, in bytes.
pub const PAYLOAD_BASE64_BYTES_MAX: usize = 8 * 1024;

/// Copies on their way at once.
const AT_ONCE: usize = 64;

/// Why a broadcast was not begun.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BroadcastError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error("it must have at most {PAYLOAD_BASE64_BYTES_MAX} bytes in Base64")]
    TooLong,
    #[error("another broadcast to the product's devices is running")]
    Running,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Broadcast {
    /// 0 or 1.
    pub qos: u8,
    pub payload: Arc<[u8]>,
    pub request_id: Arc<str>,
}

/// Broadcasts that are running: one per product.
#[derive(Debug, Default)]
pub struct Broadcasts {
    running: Arc<Mutex<HashSet<ProductId>>>,
    last_id: AtomicU64,
}

/// A product's turn; leaving ends it.
#[derive(Debug)]
pub struct Turn {
    running: Arc<Mutex<HashSet<ProductId>>>,
    product: ProductId,
}

impl Broadcasts {
    /// Begins a broadcast; `None` while another is running.
    #[must_use]
    pub fn begin(&self, product: ProductId) -> Option<Turn> {
        let is_free = self.running.lock().insert(product);
        is_free.then(|| Turn { running: Arc::clone(&self.running), product })
    }

    /// From the clock, so that no two are the same, also after a restart.
    fn next_id(&self, now: UnixMillis) -> u64 {
        let next = |last: u64| Some((last + 1).max(now.0.saturating_mul(1000)));
        let last = self.last_id.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        next(last.unwrap_or_default()).unwrap_or_default()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.lock().remove(&self.product);
    }
}

/// Begins to send to the devices of a product that are online now; gives the number of the task, which ends by itself, or when
/// the platform stops.
///
/// # Errors
/// [`BroadcastError`]
pub fn start(platform: &Arc<Platform>, owner: Uin, product: &str, broadcast: Broadcast) -> Result<u64, BroadcastError> {
    let product = product::find(platform, owner, product)?.product.id;
    if broadcast.payload.len().div_ceil(3) * 4 > PAYLOAD_BASE64_BYTES_MAX {
        return Err(BroadcastError::TooLong);
    }
    let turn = platform.broadcasts.begin(product).ok_or(BroadcastError::Running)?;
    let task = platform.broadcasts.next_id(platform.clock.now());
    let platform = Arc::clone(platform);
    tokio::spawn(async move {
        let counts = send_to_all(&platform, product, &broadcast).await;
        // Whoever reads the line that says it is over may begin the next one.
        drop(turn);
        record(&platform, product, task, &counts, &broadcast).await;
    });
    Ok(task)
}

/// What became of the copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    sent: u64,
    /// Online, but not subscribed.
    not_subscribed: u64,
    /// Gone since the broadcast began.
    offline: u64,
    over_rate: u64,
    failed: u64,
    /// The platform stops; whoever is left gets nothing.
    was_stopped: bool,
}

impl Counts {
    fn count(&mut self, outcome: &Result<Delivery, DeliverError>) {
        match outcome {
            Ok(Delivery::Delivered) => self.sent += 1,
            Ok(Delivery::NotSubscribed) => self.not_subscribed += 1,
            Ok(Delivery::Offline | Delivery::Queued) => self.offline += 1,
            Err(DeliverError::OverRate(_) | DeliverError::OverSharedRate { .. }) => self.over_rate += 1,
            Err(DeliverError::Closed | DeliverError::Commit(CommitError::Closed)) => self.was_stopped = true,
            Err(
                DeliverError::Busy | DeliverError::Unacknowledged | DeliverError::Script(_) | DeliverError::Commit(_),
            ) => self.failed += 1,
        }
    }
}

async fn send_to_all(platform: &Arc<Platform>, product: ProductId, broadcast: &Broadcast) -> Counts {
    let mut counts = Counts::default();
    let lister = Arc::clone(platform);
    // Walks all devices there are: not on a thread that others need. It fails only with the runtime.
    let listed = tokio::task::spawn_blocking(move || online(&lister, product)).await;
    let Ok(devices) = listed else { return Counts { was_stopped: true, ..counts } };
    for devices in devices.chunks(AT_ONCE) {
        let mut sending = JoinSet::new();
        for device in devices {
            let down = Down {
                device: device.key(),
                number: device.number,
                kind: DownKind::Broadcast,
                qos: broadcast.qos,
                payload: Box::from(&*broadcast.payload),
                request_id: Box::from(&*broadcast.request_id),
            };
            let platform = Arc::clone(platform);
            sending.spawn(async move { platform.bus.deliver(down).await });
        }
        sending.join_all().await.iter().for_each(|outcome| counts.count(outcome));
        if counts.was_stopped {
            break;
        }
    }
    counts
}

fn online(platform: &Platform, product: ProductId) -> Vec<Arc<DirectoryDevice>> {
    let mut found = Vec::new();
    platform.directory.each(|device| {
        if device.product == product && device.is_online() && device.is_enabled() {
            found.push(Arc::clone(device));
        }
    });
    found
}

/// A line in the diagnostic log of the product.
async fn record(platform: &Platform, product: ProductId, task: u64, counts: &Counts, broadcast: &Broadcast) {
    let Counts { sent, not_subscribed, offline, over_rate, failed, was_stopped } = counts;
    let mut facts = format!(
        "task:{task},sent:{sent},not subscribed:{not_subscribed},offline:{offline},over rate:{over_rate},failed:{failed}"
    );
    if *was_stopped {
        facts.push_str(",ended early:the platform stopped");
    }
    let mut batch = RecordBatch::default();
    batch.push(&Record {
        kind: RecordKind::Broadcast,
        qos: broadcast.qos,
        packet_id: 0,
        code: 0,
        number: DeviceNumber::NONE,
        product,
        device: "",
        sample_time: platform.clock.now(),
        topic: "",
        note: &broadcast.request_id,
        payload: facts.as_bytes(),
    });
    if let Err(error) = message::commit(platform, batch).await {
        warn!(%error, %product, facts, "the end of a broadcast is not in the log");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_has_one_broadcast_at_a_time() {
        let broadcasts = Broadcasts::default();
        let (one, two) = ("LAMP000001".parse().unwrap(), "METER00001".parse().unwrap());
        let turn = broadcasts.begin(one).unwrap();
        assert!(broadcasts.begin(one).is_none());
        assert!(broadcasts.begin(two).is_some(), "another product's");
        drop(turn);
        assert!(broadcasts.begin(one).is_some());
    }

    #[test]
    fn every_outcome_is_counted() {
        let mut counts = Counts::default();
        for outcome in [
            Ok(Delivery::Delivered),
            Ok(Delivery::NotSubscribed),
            Ok(Delivery::Offline),
            Ok(Delivery::Queued),
            Err(DeliverError::OverRate(20)),
            Err(DeliverError::Busy),
            Err(DeliverError::Unacknowledged),
        ] {
            counts.count(&outcome);
        }
        let expected = Counts { sent: 1, not_subscribed: 1, offline: 2, over_rate: 1, failed: 2, was_stopped: false };
        assert_eq!(counts, expected);
        counts.count(&Err(DeliverError::Closed));
        assert!(counts.was_stopped);
    }
}
