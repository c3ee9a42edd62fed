//! A message to each device of a product that is online.

use std::ops::ControlFlow;
use std::sync::Arc;

use lianwu_model::ProductId;
use lianwu_ports::bus::{DeliverError, Delivery, Down};
use tokio::task::JoinSet;

use crate::Platform;
use crate::directory::DirectoryDevice;

/// Messages on their way at once.
const AT_ONCE: usize = 64;

/// Sends what `message` makes for each device of a product that was online and enabled when it began, a few at a time, through
/// the same way as any other message: reports of devices go on meanwhile. `seen` is told what became of each and says whether to go
/// on.
///
/// `Break`: it ended early, by `seen` or because the platform stops.
pub(crate) async fn send_to_online(
    platform: &Arc<Platform>,
    product: ProductId,
    message: impl Fn(&DirectoryDevice) -> Option<Down>,
    mut seen: impl FnMut(&Result<Delivery, DeliverError>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let lister = Arc::clone(platform);
    // Walks all devices there are: not on a thread that others need. It fails only with the runtime.
    let listed = tokio::task::spawn_blocking(move || online(&lister, product)).await;
    let Ok(devices) = listed else { return ControlFlow::Break(()) };
    for devices in devices.chunks(AT_ONCE) {
        let mut sending = JoinSet::new();
        for down in devices.iter().filter_map(|device| message(device)) {
            let platform = Arc::clone(platform);
            sending.spawn(async move { platform.bus.deliver(down).await });
        }
        // All of them are heard of, also when one says to end.
        let outcomes = sending.join_all().await;
        if outcomes.iter().map(&mut seen).fold(false, |ends, seen| ends | seen.is_break()) {
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(())
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
