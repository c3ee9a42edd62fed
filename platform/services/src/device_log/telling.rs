//! Telling the devices of a product that their level has changed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;

use lianwu_model::ProductId;
use lianwu_ports::bus::{DeliverError, DownKind};
use parking_lot::Mutex;
use tracing::warn;

use crate::{Platform, message};

/// Products whose devices are being told, and whether the level changed since that began.
#[derive(Debug, Default)]
pub(super) struct Telling(Mutex<HashMap<ProductId, Change>>);

#[derive(Debug, PartialEq, Eq)]
enum Change {
    None,
    Again,
}

impl Telling {
    /// `false`: a task is at it and will begin again, so that what each device hears last is what applies.
    fn begin(&self, product: ProductId) -> bool {
        match self.0.lock().entry(product) {
            Entry::Vacant(entry) => {
                entry.insert(Change::None);
                true
            }
            Entry::Occupied(mut entry) => {
                entry.insert(Change::Again);
                false
            }
        }
    }

    /// Everybody was told. `false`: the level changed meanwhile.
    fn end(&self, product: ProductId) -> bool {
        let mut running = self.0.lock();
        let is_over = running.insert(product, Change::None) != Some(Change::Again);
        if is_over {
            running.remove(&product);
        }
        is_over
    }
}

/// Tells the devices of a product that have no level of their own, are online and listen. One task per product; it ends by itself,
/// or when the platform stops. A device over its rate of messages is left out: it asks when it signs in.
pub(super) fn start(platform: &Arc<Platform>, product: ProductId, request_id: &str) {
    if !platform.log_levels.telling.begin(product) {
        return;
    }
    let (platform, request_id) = (Arc::clone(platform), Box::<str>::from(request_id));
    tokio::spawn(async move {
        loop {
            tell_all(&platform, product, &request_id).await;
            if platform.log_levels.telling.end(product) {
                return;
            }
        }
    });
}

async fn tell_all(platform: &Arc<Platform>, product: ProductId, request_id: &str) {
    let levels = &platform.log_levels;
    let mut missed = 0_u64;
    let message = |device: &crate::directory::DirectoryDevice| {
        let has_own = levels.of_device(device.number).is_some();
        (!has_own).then(|| super::told(platform, device, DownKind::LogLevel, request_id))
    };
    let went = message::send_to_online(platform, product, message, |outcome| {
        missed += u64::from(outcome.is_err());
        if matches!(outcome, Err(DeliverError::Closed)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if went.await.is_continue() && missed > 0 {
        warn!(%product, missed, "devices that are online were not told of their log level; they ask when they sign in");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_while_devices_are_told_begins_again() {
        let telling = Telling::default();
        let (one, two) = ("LAMP000001".parse().unwrap(), "METER00001".parse().unwrap());
        assert!(telling.begin(one));
        assert!(telling.begin(two), "another product's");
        assert!(!telling.begin(one));
        assert!(!telling.begin(one), "twice is once again");
        assert!(!telling.end(one));
        assert!(telling.end(one));
        assert!(telling.begin(one), "it was over");
    }
}
