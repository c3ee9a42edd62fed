//! Carries what is durable from the log into the readings: one thread, in commit order, never ahead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use lianwu_ports::log::{Log, Lsn, ReadError};
use lianwu_ports::readings::Readings;
use tokio::sync::watch;
use tracing::{error, warn};

/// Bytes of records applied between two looks at the log.
const STEP_BYTES: usize = 4 << 20;

/// Longest sleep: bounds how late a stop is noticed.
const SLEEP_MAX: Duration = Duration::from_millis(200);

/// How far the readings have got; queries wait on it to see what their caller wrote.
#[derive(Debug)]
pub struct Progress {
    applied: watch::Sender<Lsn>,
}

impl Progress {
    #[must_use]
    pub fn new(applied: Lsn) -> Self {
        Self { applied: watch::Sender::new(applied) }
    }

    #[must_use]
    pub fn applied(&self) -> Lsn {
        *self.applied.borrow()
    }

    /// Waits until records up to `lsn` are visible to queries.
    pub async fn reached(&self, lsn: Lsn) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.applied.subscribe().wait_for(|applied| *applied >= lsn).await;
    }

    pub(crate) fn advance(&self, lsn: Lsn) {
        self.applied.send_if_modified(|applied| std::mem::replace(applied, lsn) != lsn);
    }
}

/// The running thread.
#[derive(Debug)]
pub struct Follower {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    /// Starts following from what the readings already hold.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(log: Arc<dyn Log>, readings: Arc<dyn Readings>, progress: Arc<Progress>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked_to_stop = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("readings".into()).spawn(move || {
            while !asked_to_stop.load(Ordering::Relaxed) {
                let applied = readings.applied();
                if log.wait(applied, SLEEP_MAX) > applied {
                    step(log.as_ref(), readings.as_ref());
                }
                progress.advance(readings.applied());
            }
            catch_up(log.as_ref(), readings.as_ref());
            progress.advance(readings.applied());
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Applies what is durable and ends the thread. Close the log first.
    pub fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the readings thread ended in a panic");
        }
    }
}

/// Applies everything durable: at start before the first query, and at stop.
pub fn catch_up(log: &dyn Log, readings: &dyn Readings) {
    while readings.applied() < log.durable() && step(log, readings) {}
}

/// One step; `false` when nothing could be applied.
fn step(log: &dyn Log, readings: &dyn Readings) -> bool {
    let from = readings.applied().next();
    let blocks = match log.read(from, STEP_BYTES) {
        Ok(blocks) => blocks,
        Err(ReadError::Expired { oldest }) => {
            warn!(?from, ?oldest, missed = oldest.0 - from.0, "readings fell behind retention");
            match log.read(oldest, STEP_BYTES) {
                Ok(blocks) => blocks,
                Err(error) => return failed(&error),
            }
        }
        Err(error) => return failed(&error),
    };
    if let Err(error) = readings.apply(&blocks) {
        return failed(&error);
    }
    !blocks.is_empty()
}

/// The log keeps everything, so a failing disk is retried, slowly, until it works again.
fn failed(error: &dyn std::error::Error) -> bool {
    error!(%error, "cannot bring the readings up to date, trying again");
    std::thread::park_timeout(Duration::from_secs(1));
    false
}
