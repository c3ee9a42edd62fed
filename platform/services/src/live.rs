//! Lines of a device's log as they come, for those who look at it at the moment.
//!
//! One task reads behind the readings what was committed, at most every tenth of a second, and only while somebody watches. Records of
//! watched devices are found by number and rendered once; each watch has a queue with a bound, and what does not fit is counted, not
//! kept. Nothing on the way of a message knows of it: who is slow misses lines, devices never wait. See ADR 0033.

mod follow;
mod queue;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use lianwu_model::ProductId;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch as state};

use crate::Platform;
use crate::logs::LogFilter;

pub use follow::Following;
pub use queue::{BYTES_WAITING_MAX, LINES_WAITING_MAX, Taken};
pub use watch::Watch;

/// Watches of everybody together.
pub const WATCHES_MAX: usize = 1_024;

/// All who watch. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("watches", &self.shared.watches.lock().len()).finish()
    }
}

struct Shared {
    platform: Arc<Platform>,
    watches: Mutex<Watches>,
    /// The first of them has come.
    begun: Notify,
    /// No line comes any more.
    is_over: state::Sender<bool>,
}

#[derive(Default)]
struct Watches {
    last: u64,
    all: BTreeMap<u64, Arc<Watch>>,
}

impl Watches {
    fn len(&self) -> usize {
        self.all.len()
    }
}

/// As many watch as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{WATCHES_MAX} logs are watched already, as many as may be at a time")]
pub struct TooManyWatches;

/// What somebody wants to see.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub product: ProductId,
    /// Whoever has this name: a device that is made, or made anew, while it is watched is seen as well.
    pub device: String,
    /// Its times are not looked at: everything comes now.
    pub filter: LogFilter,
}

impl Live {
    #[must_use]
    pub fn new(platform: Arc<Platform>) -> Self {
        let (is_over, _) = state::channel(false);
        let shared = Shared { platform, watches: Mutex::default(), begun: Notify::new(), is_over };
        Self { shared: Arc::new(shared) }
    }

    /// Begins to read when somebody watches. Call once; needs a running runtime.
    #[must_use]
    pub fn follow(&self) -> Following {
        Following::start(Arc::clone(&self.shared))
    }

    /// Every line from now on; `wake` is told when some wait. What a query finds that is asked afterwards holds everything before.
    ///
    /// # Errors
    /// [`TooManyWatches`].
    pub fn watch(&self, wanted: Wanted, wake: Arc<Notify>) -> Result<Watching, TooManyWatches> {
        let watch = Arc::new(Watch::new(wanted, self.shared.platform.progress.applied(), wake));
        let mut watches = self.shared.watches.lock();
        if watches.len() >= WATCHES_MAX {
            return Err(TooManyWatches);
        }
        watches.last += 1;
        let id = watches.last;
        watches.all.insert(id, Arc::clone(&watch));
        drop(watches);
        self.shared.begun.notify_one();
        Ok(Watching { id, watch, shared: Arc::clone(&self.shared) })
    }

    /// Ends when the platform stops.
    pub async fn ended(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.shared.is_over.subscribe().wait_for(|is_over| *is_over).await;
    }
}

/// A watch that goes on until this is dropped.
pub struct Watching {
    id: u64,
    watch: Arc<Watch>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Watching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watching").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Watching {
    /// Takes what waits, oldest first: at most so many lines, and no more behind so many bytes.
    #[must_use]
    pub fn take(&self, lines_max: usize, bytes_max: usize) -> Taken {
        self.watch.take(lines_max, bytes_max)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.shared.watches.lock().all.remove(&self.id);
    }
}
