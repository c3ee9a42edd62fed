//! The threads of all products: started when needed, ended when idle, given up when a script does not come back.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::Duration;

use lianwu_model::ProductId;
use lianwu_ports::Answer;
use lianwu_ports::script::{CALL_MILLIS_MAX, FailureKind, HEAP_BYTES_MAX, Lane, ScriptCall, ScriptRun, Scripts};
use parking_lot::Mutex;
use tokio::sync::oneshot;
use tracing::warn;

use crate::lane::{Job, Progress, serve};

/// What a script may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptLimits {
    /// Processor time of a call.
    pub call_time: Duration,
    /// Processor time of loading it.
    pub load_time: Duration,
    /// Bytes of its heap.
    pub memory: usize,
    /// Bytes of its stack.
    pub stack: usize,
    /// Calls of one product and lane that may wait.
    pub queue: usize,
    /// Products whose scripts are loaded at once; the one that waits for work longest makes room.
    pub lanes: usize,
    /// A thread without work ends after this time.
    pub idle: Duration,
    /// A call that takes longer, by the clock on the wall, is given up.
    pub stall: Duration,
    /// Threads of one product that may be lost to scripts that do not come back.
    pub stalled: usize,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            call_time: Duration::from_millis(CALL_MILLIS_MAX),
            load_time: Duration::from_millis(100),
            memory: HEAP_BYTES_MAX,
            stack: 256 << 10,
            queue: 256,
            lanes: 128,
            idle: Duration::from_secs(60),
            stall: Duration::from_secs(5),
            stalled: 2,
        }
    }
}

/// Stack of a thread: the script's own, and room for the engine's frames below and above it.
const THREAD_STACK: usize = 2 << 20;

type Key = (ProductId, Lane);

struct Handle {
    jobs: SyncSender<Job>,
    progress: Arc<Progress>,
    /// Told apart from a later thread of the same product.
    number: u64,
}

/// A thread whose script does not come back.
struct Lost {
    progress: Arc<Progress>,
    script: Arc<str>,
}

#[derive(Default)]
struct Lanes {
    running: HashMap<Key, Handle>,
    lost: HashMap<Key, Vec<Lost>>,
    next_number: u64,
}

/// Runs scripts on a thread per product.
#[derive(Clone)]
pub struct ScriptEngine {
    lanes: Arc<Mutex<Lanes>>,
    limits: ScriptLimits,
}

impl std::fmt::Debug for ScriptEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptEngine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Default for ScriptEngine {
    fn default() -> Self {
        Self::new(ScriptLimits::default())
    }
}

/// Where the answer comes, and what is watched meanwhile.
struct Queued {
    answer: oneshot::Receiver<ScriptRun>,
    progress: Arc<Progress>,
}

impl ScriptEngine {
    #[must_use]
    pub fn new(limits: ScriptLimits) -> Self {
        Self { lanes: Arc::default(), limits }
    }

    /// Threads that run or wait for work.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.lanes.lock().running.len()
    }

    fn queue(&self, call: ScriptCall) -> Result<Queued, ScriptRun> {
        let key = (call.product, call.lane);
        let mut lanes = self.lanes.lock();
        if let Some(lost) = lanes.lost.get_mut(&key) {
            lost.retain(|lost| !lost.progress.is_ended());
            if lost.iter().any(|lost| lost.script == call.script) {
                return Err(stalled("the script did not come back from an earlier call; save another"));
            }
            if lost.len() >= self.limits.stalled {
                return Err(stalled("scripts of the product did not come back from earlier calls"));
            }
            if lost.is_empty() {
                lanes.lost.remove(&key);
            }
        }
        if lanes.running.get(&key).is_some_and(|handle| handle.progress.is_ended()) {
            lanes.running.remove(&key);
        }
        if !lanes.running.contains_key(&key) {
            self.start(&mut lanes, key)?;
        }
        let handle = lanes.running.get(&key).expect("started above");
        let (answer, answered) = oneshot::channel();
        match handle.jobs.try_send(Job { call, answer }) {
            Ok(()) => Ok(Queued { answer: answered, progress: Arc::clone(&handle.progress) }),
            Err(TrySendError::Full(_)) => {
                let text = format!("{} messages wait for the product's script", self.limits.queue);
                Err(ScriptRun::refused(FailureKind::Busy, text))
            }
            Err(TrySendError::Disconnected(_)) => Err(ended()),
        }
    }

    fn start(&self, lanes: &mut Lanes, key: Key) -> Result<(), ScriptRun> {
        if lanes.running.len() >= self.limits.lanes {
            let idle = lanes.running.iter().find(|(_, handle)| handle.progress.busy_for().is_none());
            let Some(idle) = idle.map(|(key, _)| *key) else {
                return Err(ScriptRun::refused(FailureKind::Busy, "the scripts of too many products run at once"));
            };
            // What it has in its queue is still done: the thread ends when that is empty.
            lanes.running.remove(&idle);
        }
        let (jobs, queue) = sync_channel(self.limits.queue);
        let progress = Progress::new();
        let number = lanes.next_number;
        lanes.next_number += 1;
        let handle = Handle { jobs, progress: Arc::clone(&progress), number };
        let (shared, limits) = (Arc::clone(&self.lanes), self.limits);
        let body = move || serve(&queue, &progress, limits, |jobs| last_look(&shared, key, number, jobs));
        let thread = std::thread::Builder::new().name(format!("script-{}", key.0)).stack_size(THREAD_STACK);
        thread.spawn(body).map_err(|error| {
            ScriptRun::refused(FailureKind::Busy, format!("no thread can be started for the script: {error}"))
        })?;
        lanes.running.insert(key, handle);
        Ok(())
    }

    /// Takes a thread that is stuck out of service. Everything in its queue is refused with it.
    fn give_up(&self, key: Key, progress: &Arc<Progress>, script: Arc<str>) {
        let mut lanes = self.lanes.lock();
        let is_running = lanes.running.get(&key).is_some_and(|handle| Arc::ptr_eq(&handle.progress, progress));
        if !is_running {
            return;
        }
        lanes.running.remove(&key);
        warn!(product = %key.0, lane = ?key.1, "a script does not come back, its thread is given up");
        progress.step_back();
        lanes.lost.entry(key).or_default().push(Lost { progress: Arc::clone(progress), script });
    }
}

/// After a quiet while: ends the thread unless work came at the last moment.
fn last_look(lanes: &Mutex<Lanes>, key: Key, number: u64, jobs: &Receiver<Job>) -> Option<Job> {
    let mut lanes = lanes.lock();
    // Work is queued under the same lock.
    match jobs.try_recv() {
        Ok(job) => Some(job),
        Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
            if lanes.running.get(&key).is_some_and(|handle| handle.number == number) {
                lanes.running.remove(&key);
            }
            None
        }
    }
}

fn stalled(text: &str) -> ScriptRun {
    ScriptRun::refused(FailureKind::Stalled, text)
}

fn ended() -> ScriptRun {
    ScriptRun::refused(FailureKind::Stalled, "the script's thread has ended, try again")
}

impl Scripts for ScriptEngine {
    fn run(&self, call: ScriptCall) -> Answer<'_, ScriptRun> {
        let (key, script) = ((call.product, call.lane), Arc::clone(&call.script));
        let queued = self.queue(call);
        Box::pin(async move {
            let Queued { mut answer, progress } = match queued {
                Ok(queued) => queued,
                Err(refused) => return refused,
            };
            loop {
                match tokio::time::timeout(self.limits.stall, &mut answer).await {
                    Ok(Ok(run)) => return run,
                    Ok(Err(_)) => return ended(),
                    Err(_) if progress.busy_for().is_some_and(|busy| busy >= self.limits.stall) => {
                        self.give_up(key, &progress, script);
                        let text = format!("the script did not come back within {} s", self.limits.stall.as_secs());
                        return stalled(&text);
                    }
                    Err(_) => {}
                }
            }
        })
    }
}
