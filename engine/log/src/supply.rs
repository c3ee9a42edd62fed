//! The next segment, prepared ahead, and what follows from it: can the log take messages now?

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lianwu_ports::log::{CommitError, LogHealth, Lsn};
use parking_lot::{Condvar, Mutex};

use crate::files::File;
use crate::segment::Segment;

/// A file of zeros, waiting to become a segment.
#[derive(Debug)]
pub struct Prepared {
    pub number: u64,
    pub name: String,
    pub file: Arc<dyn File>,
    pub capacity: u64,
}

/// What there is to put to use when the current segment is full.
#[derive(Debug)]
enum Next {
    /// Being made, or about to be: worth waiting for.
    Preparing,
    Ready(Prepared),
    /// Could not be made; tried again from time to time.
    Failed(CommitError),
}

/// The unused end of a finished segment is to be given back to the disk.
#[derive(Debug)]
pub struct Trim {
    pub segment: Arc<Segment>,
    /// The number behind the last record of the segment.
    pub end: Lsn,
}

#[derive(Debug)]
pub enum Job {
    Prepare,
    Trim(Trim),
    Stop,
    Nothing,
}

#[derive(Debug)]
struct State {
    next: Next,
    /// Bytes left in the current segment; 0 without one.
    free: u64,
    /// The committer stands still until there is a next segment.
    awaited: bool,
    /// The keeper rests until so few bytes are left.
    rests_until: Option<u64>,
    /// A block had to be refused for want of a segment, however much is free in the current one.
    refused: bool,
    trims: VecDeque<Trim>,
    retry_now: bool,
    stop: bool,
    next_number: u64,
    text: String,
}

#[derive(Debug)]
pub struct Supply {
    state: Mutex<State>,
    changed: Condvar,
    refusing: AtomicBool,
    reserve: u64,
}

impl Supply {
    pub fn new(next_number: u64, free: u64, reserve: u64, trims: VecDeque<Trim>) -> Self {
        let state = State {
            next: Next::Preparing,
            free,
            awaited: false,
            rests_until: None,
            refused: false,
            trims,
            retry_now: false,
            stop: false,
            next_number,
            text: String::new(),
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), refusing: AtomicBool::new(false), reserve }
    }

    pub fn health(&self) -> LogHealth {
        if !self.refusing.load(Ordering::Acquire) {
            return LogHealth::Accepting;
        }
        LogHealth::Refusing(self.state.lock().text.clone())
    }

    fn judge(&self, state: &mut State) {
        let refusing = match &state.next {
            Next::Failed(error) if state.refused || state.free < self.reserve => {
                state.text = error.to_string();
                true
            }
            Next::Preparing | Next::Ready(_) | Next::Failed(_) => false,
        };
        if refusing != self.refusing.swap(refusing, Ordering::AcqRel) {
            if refusing {
                tracing::error!(reason = %state.text, "the log refuses new messages");
            } else {
                tracing::info!("the log takes messages again");
            }
        }
    }

    /// Takes the prepared segment; waits for one that is being made.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(&self) -> Result<Prepared, CommitError> {
        let mut state = self.state.lock();
        loop {
            match std::mem::replace(&mut state.next, Next::Preparing) {
                Next::Ready(prepared) => {
                    self.changed.notify_all();
                    return Ok(prepared);
                }
                Next::Failed(error) => {
                    state.next = Next::Failed(error.clone());
                    state.refused = true;
                    self.judge(&mut state);
                    return Err(error);
                }
                Next::Preparing => {
                    state.awaited = true;
                    self.changed.notify_all();
                    self.changed.wait(&mut state);
                    state.awaited = false;
                }
            }
        }
    }

    /// The current segment has so many bytes left.
    pub fn set_free(&self, free: u64) {
        let mut state = self.state.lock();
        state.free = free;
        self.judge(&mut state);
        if state.rests_until.is_some_and(|until| free <= until) {
            self.changed.notify_all();
        }
    }

    /// Sleeps until no more than `free` bytes of the current segment are left or the next one is waited for; `false`
    /// when it is no longer needed.
    pub fn rest_until(&self, free: u64) -> bool {
        let mut state = self.state.lock();
        while state.free > free && !state.awaited && !state.stop {
            state.rests_until = Some(free);
            self.changed.wait(&mut state);
        }
        state.rests_until = None;
        !state.stop
    }

    /// The disk failed again and again: no segment is worth trying before one can be prepared anew. Returns the one
    /// that was ready.
    pub fn give_up(&self, error: CommitError) -> Option<Prepared> {
        let mut state = self.state.lock();
        state.refused = true;
        let before = std::mem::replace(&mut state.next, Next::Failed(error));
        self.judge(&mut state);
        self.changed.notify_all();
        match before {
            Next::Ready(prepared) => Some(prepared),
            Next::Preparing | Next::Failed(_) => None,
        }
    }

    pub fn prepared(&self, result: Result<Prepared, CommitError>) {
        let mut state = self.state.lock();
        match result {
            Ok(prepared) => {
                state.next = Next::Ready(prepared);
                state.refused = false;
            }
            Err(error) => state.next = Next::Failed(error),
        }
        self.judge(&mut state);
        self.changed.notify_all();
    }

    pub fn trim(&self, trim: Trim) {
        self.state.lock().trims.push_back(trim);
        self.changed.notify_all();
    }

    /// Space may have come back: do not wait for the next attempt.
    pub fn retry(&self) {
        self.state.lock().retry_now = true;
        self.changed.notify_all();
    }

    pub fn fresh_number(&self) -> u64 {
        let mut state = self.state.lock();
        state.next_number += 1;
        state.next_number - 1
    }

    /// What the keeper should do; sleeps until there is something if `retry_delay` is given.
    pub fn job(&self, retry_delay: Option<Duration>) -> Job {
        let mut state = self.state.lock();
        loop {
            let retry_now = std::mem::take(&mut state.retry_now);
            // Space that comes back first, unless somebody waits: preparing takes its time.
            if !state.awaited
                && let Some(trim) = state.trims.pop_front()
            {
                return Job::Trim(trim);
            }
            match &state.next {
                Next::Preparing if !state.stop => return Job::Prepare,
                Next::Failed(_) if retry_now && !state.stop => return Job::Prepare,
                Next::Preparing | Next::Ready(_) | Next::Failed(_) => {}
            }
            if let Some(trim) = state.trims.pop_front() {
                return Job::Trim(trim);
            }
            if state.stop {
                return Job::Stop;
            }
            let Some(retry_delay) = retry_delay else { return Job::Nothing };
            if matches!(state.next, Next::Failed(_)) {
                state.retry_now = self.changed.wait_for(&mut state, retry_delay).timed_out() || state.retry_now;
            } else {
                self.changed.wait(&mut state);
            }
        }
    }

    /// Lets the keeper finish; returns a segment that was prepared in vain.
    pub fn stop(&self) -> Option<Prepared> {
        let mut state = self.state.lock();
        state.stop = true;
        self.changed.notify_all();
        match std::mem::replace(&mut state.next, Next::Failed(CommitError::Closed)) {
            Next::Ready(prepared) => Some(prepared),
            Next::Preparing | Next::Failed(_) => None,
        }
    }
}
