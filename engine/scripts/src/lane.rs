//! The thread of one product: takes its calls one after the other, keeps the script loaded between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use lianwu_ports::script::{ScriptCall, ScriptRun};
use tokio::sync::oneshot;

use crate::engine::ScriptLimits;
use crate::realm::{Realm, thread_time};

/// A script is loaded anew after so many calls: what it hoards in its global variables goes.
const CALLS_PER_REALM: u32 = 10_000;

/// A call on its way to the thread.
pub(crate) struct Job {
    pub(crate) call: ScriptCall,
    pub(crate) answer: oneshot::Sender<ScriptRun>,
}

/// What the engine sees of the thread.
pub(crate) struct Progress {
    started: Instant,
    /// Milliseconds after `started` at which the call at hand began, plus one; 0 while there is none.
    busy_since: AtomicU64,
    /// Kernel's number of the thread; 0 before it runs.
    thread: AtomicI32,
    is_ended: AtomicBool,
}

impl Progress {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            busy_since: AtomicU64::new(0),
            thread: AtomicI32::new(0),
            is_ended: AtomicBool::new(false),
        })
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// For how long the call at hand has been running.
    pub(crate) fn busy_for(&self) -> Option<Duration> {
        let since = self.busy_since.load(Ordering::Acquire);
        (since != 0).then(|| Duration::from_millis(self.millis().saturating_sub(since - 1)))
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Acquire)
    }

    /// Lets everything else go before the thread.
    pub(crate) fn step_back(&self) {
        let Some(thread) = rustix::thread::Pid::from_raw(self.thread.load(Ordering::Acquire)) else { return };
        if let Err(error) = rustix::process::setpriority_process(Some(thread), 19) {
            tracing::warn!(%error, "a stalled script keeps its priority");
        }
    }
}

/// Told when a thread ends, however it ends.
struct Ending(Arc<Progress>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.is_ended.store(true, Ordering::Release);
    }
}

/// The thread's body. `may_end` is asked after a quiet while, and tells whether nothing came meanwhile.
pub(crate) fn serve(
    jobs: &Receiver<Job>,
    progress: &Arc<Progress>,
    limits: ScriptLimits,
    may_end: impl Fn(&Receiver<Job>) -> Option<Job>,
) {
    let _ending = Ending(Arc::clone(progress));
    progress.thread.store(rustix::thread::gettid().as_raw_nonzero().get(), Ordering::Release);
    let mut realm = None;
    let mut calls = 0;
    loop {
        let job = match jobs.recv_timeout(limits.idle) {
            Ok(job) => job,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => match may_end(jobs) {
                None => return,
                Some(job) => job,
            },
        };
        // Nobody waits for it any more.
        if job.answer.is_closed() {
            continue;
        }
        calls += 1;
        if calls >= CALLS_PER_REALM {
            (realm, calls) = (None, 0);
        }
        progress.busy_since.store(progress.millis() + 1, Ordering::Release);
        let run = run(&mut realm, &job.call, limits);
        progress.busy_since.store(0, Ordering::Release);
        // Whoever asked may have gone.
        drop(job.answer.send(run));
    }
}

fn run(kept: &mut Option<Realm>, call: &ScriptCall, limits: ScriptLimits) -> ScriptRun {
    let started = thread_time();
    if !kept.as_ref().is_some_and(|realm| realm.serves(&call.script)) {
        *kept = None;
        match Realm::load(&call.script, call.now, limits) {
            Ok(loaded) => *kept = Some(loaded),
            Err(failure) => {
                return ScriptRun { output: Err(failure), lines: Vec::new(), took: thread_time() - started };
            }
        }
    }
    let realm = kept.as_mut().expect("loaded just now");
    let (output, lines) = realm.run(&call.work, call.now);
    if !realm.serves(&call.script) {
        *kept = None;
    }
    ScriptRun { output, lines, took: thread_time() - started }
}
