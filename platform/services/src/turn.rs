//! Changes of the registry take turns, so that snapshots are updated in the order of the database.

use tokio::sync::{Semaphore, SemaphorePermit};

/// The one change in progress. Readers never wait for it.
#[derive(Debug)]
pub struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

impl Turns {
    /// Waits for the changes before; they are served in the order they came.
    pub(crate) async fn take(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("the semaphore is never closed")
    }
}
