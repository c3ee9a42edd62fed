//! Threads that own the connections, so that no runtime thread ever waits for the disk.
//!
//! One thread writes, a few read. Each group takes its jobs from one bounded queue; a full queue makes callers wait.
//! A job that was queued runs even when its caller has gone, except reads, which nobody would see.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::fault::Fault;

/// Jobs waiting for one group of threads; a write job carries at most one batch of devices.
const QUEUE_JOBS_MAX: usize = 256;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// What to do with a queued job whose caller no longer waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    Run,
    Skip,
}

/// A group of named threads with one connection each. Stops when told, or when dropped (then nobody waits for it).
pub(crate) struct Workers {
    abandoned: Abandoned,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    threads: Mutex<Vec<Running>>,
}

struct Running {
    /// Closed by the thread's end, after its connection is closed.
    ended: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("abandoned", &self.abandoned).finish_non_exhaustive()
    }
}

impl Workers {
    /// Starts one thread per connection.
    pub(crate) fn start(name: &str, connections: Vec<Connection>, abandoned: Abandoned) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS_MAX);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for connection in connections {
            let (queue, (end, ended)) = (Arc::clone(&queue), oneshot::channel());
            let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
                work(&queue, connection);
                drop(end);
            })?;
            threads.push(Running { ended, thread });
        }
        Ok(Self { abandoned, jobs: Mutex::new(Some(jobs)), threads: Mutex::new(threads) })
    }

    /// Runs the job on one of the threads and waits for its result without holding the caller's thread.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let jobs = lock(&self.jobs).clone().ok_or(Fault::Closed)?;
        let (reply, answer) = oneshot::channel();
        let skip = self.abandoned == Abandoned::Skip;
        let job: Job = Box::new(move |connection| {
            if skip && reply.is_closed() {
                return;
            }
            // A panic rolls its transaction back while unwinding; the thread and its connection serve on.
            let result = catch_unwind(AssertUnwindSafe(|| job(connection))).unwrap_or(Err(Fault::Panicked));
            // The caller may have gone meanwhile.
            let _ = reply.send(result);
        });
        jobs.send(job).await.map_err(|_| Fault::Closed)?;
        answer.await.map_err(|_| Fault::Closed)?
    }

    /// Refuses new jobs, lets the queued ones finish, and returns after every connection is closed.
    pub(crate) async fn stop(&self) {
        drop(lock(&self.jobs).take());
        let threads = std::mem::take(&mut *lock(&self.threads));
        for Running { ended, thread } in threads {
            // Nothing is ever sent: the end of the thread closes the channel.
            let _ = ended.await;
            if thread.join().is_err() {
                tracing::error!("a registry thread ended in a panic");
            }
        }
    }
}

fn work(queue: &Mutex<mpsc::Receiver<Job>>, mut connection: Connection) {
    loop {
        // Idle threads line up at the lock; the one inside waits for the next job.
        let job = lock(queue).blocking_recv();
        match job {
            Some(job) => job(&mut connection),
            None => break,
        }
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the registry's connection did not close cleanly");
    }
}

/// Nothing under these locks can be left half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(threads: usize, abandoned: Abandoned) -> Workers {
        let connections = (0..threads).map(|_| Connection::open_in_memory().unwrap()).collect();
        Workers::start("test", connections, abandoned).unwrap()
    }

    /// Does a panicking job cost only its own caller?
    #[tokio::test]
    async fn a_panic_is_answered_and_the_thread_serves_on() {
        let workers = start(1, Abandoned::Run);
        let failed = workers.call(|_| -> Result<(), Fault> { panic!("as the test wants") }).await;
        assert!(matches!(failed, Err(Fault::Panicked)));
        assert_eq!(workers.call(|_| Ok(5)).await.unwrap(), 5);
    }

    /// Are queued jobs finished at the end, and later ones refused?
    #[tokio::test]
    async fn stopping_finishes_what_was_queued() {
        let workers = start(2, Abandoned::Run);
        let jobs = async { tokio::join!(workers.call(|_| Ok(1)), workers.call(|_| Ok(2)), workers.call(|_| Ok(3))) };
        let ((one, two, three), ()) = tokio::join!(jobs, workers.stop());
        assert_eq!((one.unwrap(), two.unwrap(), three.unwrap()), (1, 2, 3));
        assert!(matches!(workers.call(|_| Ok(4)).await, Err(Fault::Closed)));
        workers.stop().await;
    }

    /// Is an abandoned write still done, and an abandoned read not?
    #[tokio::test]
    async fn abandoned_writes_run_and_abandoned_reads_do_not() {
        for (abandoned, expected) in [(Abandoned::Run, true), (Abandoned::Skip, false)] {
            let workers = start(1, abandoned);
            let (release, gate) = std::sync::mpsc::channel::<()>();
            let (ran, was_run) = std::sync::mpsc::channel();
            let mut first = Box::pin(workers.call(move |_| Ok(gate.recv().is_ok())));
            let mut second = Box::pin(workers.call(move |_| Ok(ran.send(()).is_ok())));
            // One turn queues both; then the second caller goes before the first job ends.
            tokio::select! { biased; _ = &mut first => {}, _ = &mut second => {}, () = std::future::ready(()) => {} }
            drop(second);
            release.send(()).unwrap();
            assert!(first.await.unwrap());
            workers.stop().await;
            assert_eq!(was_run.try_recv().is_ok(), expected);
        }
    }
}
