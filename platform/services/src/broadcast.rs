//! One message to all devices of a product that are there and listen.
//!
//! A task beside the calls, a few devices at a time, through the same way as any other message; so reports of devices go on
//! meanwhile, and every copy is on record. How many there were is on record as well. Nothing is kept for devices that are away,
//! and nothing of a broadcast for a next start.
//!
//! Source: spec/device-protocol.md 9.4, spec/cloud-api.md 2.6.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, Uin};
use lianwu_ports::bus::{DeliverError, Delivery, Down, DownKind};
use lianwu_ports::log::CommitError;
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use parking_lot::Mutex;
use tracing::warn;

use crate::Platform;
use crate::clock_ids::ClockIds;
use crate::directory::DirectoryDevice;
use crate::message;
use crate::product::{self, ProductError};

/// Longest payload, counted as it would be in Base64, in bytes.
pub const PAYLOAD_BASE64_BYTES_MAX: usize = 8 * 1024;

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
    ids: ClockIds,
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
    let task = platform.broadcasts.ids.next(platform.clock.now());
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
    let down = |device: &DirectoryDevice| Down {
        device: device.key(),
        number: device.number,
        kind: DownKind::Broadcast,
        qos: broadcast.qos,
        payload: Box::from(&*broadcast.payload),
        request_id: Box::from(&*broadcast.request_id),
    };
    let count = |outcome: &Result<Delivery, DeliverError>| {
        counts.count(outcome);
        if counts.was_stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let went = message::send_to_online(platform, product, |device| Some(down(device)), count).await;
    counts.was_stopped |= went.is_break();
    counts
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
