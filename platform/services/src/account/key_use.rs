//! When keys were used: kept in memory, written down once a minute and at stop, never on the way of a call.

use std::sync::Arc;
use std::time::Duration;

use lianwu_ports::registry::StoreError;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::Platform;

const PERIOD: Duration = Duration::from_secs(60);

/// Writes the uses down that are not yet; gives how many keys that were.
///
/// # Errors
/// When the registry fails; the uses are tried again the next time.
pub async fn write_key_uses(platform: &Platform) -> Result<usize, StoreError> {
    let uses = platform.accounts.unwritten_uses();
    if uses.is_empty() {
        return Ok(0);
    }
    platform.stores.accounts.record_key_uses(uses.clone()).await?;
    platform.accounts.uses_written(&uses);
    Ok(uses.len())
}

/// The task that does so once a minute.
#[derive(Debug)]
pub struct KeyUseWriter {
    platform: Arc<Platform>,
    task: JoinHandle<()>,
}

impl KeyUseWriter {
    /// Needs a running runtime.
    #[must_use]
    pub fn start(platform: &Arc<Platform>) -> Self {
        let writing = Arc::clone(platform);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                write(&writing).await;
            }
        });
        Self { platform: Arc::clone(platform), task }
    }

    /// Writes what is left and ends; call it before the registry is closed.
    pub async fn stop(self) {
        self.task.abort();
        write(&self.platform).await;
    }
}

async fn write(platform: &Platform) {
    if let Err(error) = write_key_uses(platform).await {
        warn!(%error, "the last use of keys could not be written down");
    }
}
