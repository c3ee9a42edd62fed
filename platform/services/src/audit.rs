//! The audit log: who called what, with which outcome. A call hands its row over and goes on; a task writes them.
//!
//! Rows wait in a queue of [`QUEUE_ROWS_MAX`]; when the disk cannot keep up, further rows are left out of the log,
//! counted and reported, and stay in the program's own log, where each call has its line.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::audit::{AuditPage, AuditQuery, AuditStore};
use lianwu_ports::registry::StoreError;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::{error, warn};

use crate::Platform;

pub use lianwu_ports::audit::{AuditEntry, AuditPosition};

/// Rows that wait for the disk, at most about 8 MB.
pub const QUEUE_ROWS_MAX: usize = 16_384;

/// Rows of one transaction.
const BATCH_ROWS_MAX: usize = 1_024;

/// Rows are gathered for so long, so that a busy platform syncs the disk a few times a second.
const GATHER: Duration = Duration::from_millis(200);

/// Rows one call looks at before it says where to go on instead of finding more.
pub const LOOK_MAX: usize = 20_000;

/// Pause after a write that failed.
const RETRY: Duration = Duration::from_secs(1);

/// Rows one step of expiry removes: writers wait for no longer than that takes.
const EXPIRE_ROWS: usize = 5_000;

/// What is kept; for how long, [`crate::Limits::audit_days`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    /// Calls that only read are kept too. Refused calls and calls that write always are.
    pub reads: bool,
}

/// The way into the audit log; does nothing until [`start`] was called.
#[derive(Default)]
pub struct Audit {
    running: OnceLock<Running>,
    lost: AtomicU64,
}

struct Running {
    queue: mpsc::Sender<Message>,
    store: Arc<dyn AuditStore>,
    options: AuditOptions,
}

enum Message {
    Row(Box<AuditEntry>),
    /// Write what came before, then answer.
    Flush(oneshot::Sender<()>),
    /// The same, and end.
    Stop,
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl Audit {
    /// Are calls kept that only read?
    #[must_use]
    pub fn keeps_reads(&self) -> bool {
        self.running.get().is_some_and(|running| running.options.reads)
    }

    /// Hands a row over. Never waits.
    pub fn push(&self, entry: AuditEntry) {
        let Some(running) = self.running.get() else { return };
        if running.queue.try_send(Message::Row(Box::new(entry))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Rows that found no room since the start.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// The task that writes.
#[derive(Debug)]
pub struct AuditWriter {
    queue: mpsc::Sender<Message>,
    task: JoinHandle<()>,
}

/// Starts writing to `store`. Call it once; needs a running runtime.
#[must_use]
pub fn start(platform: &Arc<Platform>, store: Arc<dyn AuditStore>, options: AuditOptions) -> AuditWriter {
    let (queue, rows) = mpsc::channel(QUEUE_ROWS_MAX);
    let running = Running { queue: queue.clone(), store: Arc::clone(&store), options };
    if platform.audit.running.set(running).is_err() {
        error!("the audit log was started twice; the first one goes on");
    }
    let task = tokio::spawn(write_all(Arc::clone(platform), store, rows));
    AuditWriter { queue, task }
}

impl AuditWriter {
    /// Writes what is queued and ends.
    pub async fn stop(self) {
        if self.queue.send(Message::Stop).await.is_ok() && self.task.await.is_err() {
            error!("the audit log's task ended in a panic");
        }
    }
}

/// What was taken out of the queue at one time.
#[derive(Default)]
struct Batch {
    rows: Vec<AuditEntry>,
    waiting: Vec<oneshot::Sender<()>>,
    is_last: bool,
}

impl Batch {
    fn add(&mut self, message: Message) {
        match message {
            Message::Row(row) => self.rows.push(*row),
            Message::Flush(answer) => self.waiting.push(answer),
            Message::Stop => self.is_last = true,
        }
    }

    /// Somebody waits for it.
    fn is_urgent(&self) -> bool {
        self.is_last || !self.waiting.is_empty()
    }
}

async fn write_all(platform: Arc<Platform>, store: Arc<dyn AuditStore>, mut queue: mpsc::Receiver<Message>) {
    let mut reported = 0;
    while let Some(batch) = gather(&mut queue).await {
        let is_last = batch.is_last;
        write(store.as_ref(), batch).await;
        if is_last {
            return;
        }
        let lost = platform.audit.lost();
        if lost > reported {
            error!(rows = lost - reported, "rows were left out of the audit log: the disk cannot keep up");
            reported = lost;
        }
    }
}

/// The first row, and what follows within [`GATHER`], unless somebody waits; `None` when nobody can send any more.
async fn gather(queue: &mut mpsc::Receiver<Message>) -> Option<Batch> {
    let mut batch = Batch::default();
    batch.add(queue.recv().await?);
    let more = async {
        while batch.rows.len() < BATCH_ROWS_MAX && !batch.is_urgent() {
            match queue.recv().await {
                Some(message) => batch.add(message),
                None => return,
            }
        }
    };
    // Rows taken out so far stay in the batch when the time is over.
    let _ = tokio::time::timeout(GATHER, more).await;
    Some(batch)
}

async fn write(store: &dyn AuditStore, mut batch: Batch) {
    while !batch.rows.is_empty() {
        let Err(error) = store.append(batch.rows.clone()).await else { break };
        if batch.is_last {
            error!(rows = batch.rows.len(), %error, "the last rows of the audit log could not be written");
            return;
        }
        warn!(rows = batch.rows.len(), %error, "the audit log cannot be written, trying again");
        // Readers get what there is.
        batch.waiting.clear();
        tokio::time::sleep(RETRY).await;
    }
    for answer in batch.waiting {
        // The reader may have gone.
        let _ = answer.send(());
    }
}

/// A page of rows, newest first, all that was handed over before included.
///
/// # Errors
/// When the store fails.
pub async fn page(platform: &Platform, query: AuditQuery) -> Result<AuditPage, StoreError> {
    let Some(running) = platform.audit.running.get() else { return Ok(AuditPage::default()) };
    let (answer, flushed) = oneshot::channel();
    if running.queue.send(Message::Flush(answer)).await.is_ok() {
        // An error means that writing failed or ended: what is stored can be read all the same.
        let _ = flushed.await;
    }
    running.store.page(query).await
}

/// Removes rows that are older than the retention; gives how many.
///
/// # Errors
/// When the store fails.
pub async fn expire(platform: &Platform) -> Result<usize, StoreError> {
    let Some(running) = platform.audit.running.get() else { return Ok(0) };
    let kept = Duration::from_millis(u64::from(platform.limits.audit_days) * UnixMillis::DAY_MS);
    let oldest = platform.clock.now().minus(kept);
    let mut removed = 0;
    loop {
        let step = running.store.expire(oldest, EXPIRE_ROWS).await?;
        removed += step;
        if step < EXPIRE_ROWS {
            return Ok(removed);
        }
    }
}
