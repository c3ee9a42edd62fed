//! Once per turn: serve every connection that has something to read, release what has become durable, hand the batch to
//! the log, write. Two wake-ups per batch, nothing per message.

use std::cell::RefMut;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lianwu_ports::log::{CommitError, Committed, LogHealth, Lsn, Rejected, SubmitError};
use lianwu_services::logs::notes;
use parking_lot::Mutex;
use tracing::{error, warn};

use super::backend::forward::Forwards;
use super::held::{After, Held};
use super::state::{InFlight, Place, State};
use super::{Posted, Worker};

/// Ticket of a batch, and what became of it.
type Outcome = (u64, Result<Committed, CommitError>);

/// Outcomes of batches, left by the committer's thread.
#[derive(Default)]
pub(crate) struct Completions {
    inner: Mutex<CompletionsInner>,
}

#[derive(Default)]
struct CompletionsInner {
    done: Vec<Outcome>,
    waker: Option<Waker>,
}

impl Completions {
    fn push(&self, ticket: u64, outcome: Result<Committed, CommitError>) {
        let waker = {
            let mut inner = self.inner.lock();
            inner.done.push((ticket, outcome));
            inner.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Swaps what is done into `into`, and leaves a waker for what comes next.
    fn take(&self, into: &mut Vec<Outcome>, waker: &Waker) {
        let mut inner = self.inner.lock();
        std::mem::swap(&mut inner.done, into);
        inner.waker = Some(waker.clone());
    }
}

/// The task.
pub(crate) async fn run(worker: Rc<Worker>) {
    let mut done = Vec::new();
    let mut ready = Vec::new();
    poll_fn(move |cx| {
        worker.turn(cx, &mut ready, &mut done);
        Poll::<()>::Pending
    })
    .await;
}

/// Waits until nothing waits for the disk and nothing for a socket.
pub(crate) async fn drained(worker: &Worker) {
    let is_drained = async {
        loop {
            let drained = worker.drained.notified();
            {
                let mut state = worker.state.borrow_mut();
                if is_idle(&state) {
                    return;
                }
                state.want_turn();
            }
            drained.await;
        }
    };
    if tokio::time::timeout(super::tick::DRAIN_MAX, is_drained).await.is_err() {
        warn!("some devices did not read their last messages in time");
    }
}

fn is_idle(state: &State) -> bool {
    let is_handed_over =
        state.in_flight.is_empty() && state.batch.is_empty() && state.undelivered.is_empty() && state.raw.is_empty();
    is_handed_over && state.lingering.is_empty() && state.connections.iter().all(|(_, c)| c.out.is_empty())
}

impl Worker {
    fn turn(self: &Rc<Self>, cx: &mut Context<'_>, ready: &mut Vec<Place>, done: &mut Vec<Outcome>) {
        let mut state = self.state.borrow_mut();
        state.turn = Some(cx.waker().clone());
        // Whatever the connections ask for is done below.
        state.is_turn_due = true;
        self.refresh_time(&mut state);
        self.ready.take(ready, cx.waker());
        if !state.is_stopping {
            self.serve(&mut state, ready);
        }
        ready.clear();
        state.is_turn_due = false;
        self.completions.take(done, cx.waker());
        for (ticket, outcome) in done.drain(..) {
            self.release(&mut state, ticket, outcome);
        }
        self.submit(&mut state);
        let mut forwards = std::mem::take(&mut state.forwards);
        self.hand_over(&mut state, &mut forwards, Lsn(0));
        state.forwards = forwards;
        self.write_all(&mut state);
        let is_stopping = state.is_stopping;
        state.lingering.end_some(is_stopping);
        if !state.lingering.is_empty() {
            // Again, but only after sockets were looked at.
            let _ = pin!(tokio::task::yield_now()).poll(cx);
        }
        if state.is_stopping && is_idle(&state) {
            self.drained.notify_waiters();
        }
    }

    /// Lets go of what a batch held back, or closes the connections whose messages are lost.
    fn release(self: &Rc<Self>, state: &mut State, ticket: u64, outcome: Result<Committed, CommitError>) {
        let Some(batch) = state.in_flight.pop_front() else { return };
        debug_assert_eq!(batch.ticket, ticket, "batches of one worker are committed in order");
        state.in_flight_bytes -= batch.bytes;
        let InFlight { mut held, .. } = batch;
        match outcome {
            Ok(committed) => {
                let mut at = 0;
                for part in &held.parts {
                    let bytes = &held.bytes[at..at + part.length as usize];
                    at += part.length as usize;
                    state.send(part.place, |_, out| out.extend_from_slice(bytes));
                }
                self.hand_over(state, &mut held.forwards, committed.first);
                for after in held.after.drain(..) {
                    self.durable(state, after, committed);
                }
            }
            Err(error) => self.lost(state, &mut held, &error),
        }
        state.keep(held);
        for waker in state.stalled.drain(..) {
            waker.wake();
        }
    }

    fn durable(self: &Rc<Self>, state: &mut State, after: After, committed: Committed) {
        match after {
            After::Acknowledge { place, qos, packet_id, reason, .. } => state.send(place, |connection, out| {
                connection.mqtt.acknowledge(qos, packet_id, reason, out);
            }),
            After::Retain { owner, topic, kept, changes } => self.retain(state, owner, &topic, &kept, changes),
            After::ReadStatus { place, number, request } => {
                self.answer_status(place, number, request, committed.last);
            }
            After::Clock { place, number, received } => self.answer_clock(state, place, number, received),
            After::Topology { place, payload } => self.change_topology(state, place, payload),
            After::ActionReply { number, token, reply } => {
                self.platform.replies.resolve(number, &token, reply);
            }
            After::RrpcAnswer { number, mark, answer } => {
                self.platform.replies.rrpc.resolve(number, mark, answer);
            }
            After::FetchMessages { place } => self.fetch_messages(place, committed.last),
            After::Resume { session, place } => self.resume_kept(state, session, place),
            // The device may have hung up.
            After::Posted { answer, posted } => drop(answer.send(posted)),
            // Whoever waits is gone when the worker stops.
            After::Decided(done) => drop(done.send(())),
            // The call may have given up; its message is delivered all the same.
            After::Delivered { answer, delivery } => drop(answer.send(Ok(delivery))),
            After::Unsaid { answer, why } => drop(answer.send(Err(why))),
        }
    }

    /// Nothing of the batch was acknowledged: the devices are disconnected and will send again.
    fn lost(&self, state: &mut State, held: &mut Held, error: &CommitError) {
        error!(%error, replies = held.parts.len(), "a batch could not be committed; its devices are disconnected");
        // Whoever sent them sends them again.
        held.forwards.iter_mut().for_each(Forwards::clear);
        for part in std::mem::take(&mut held.parts) {
            self.close(state, part.place, &format!("message not stored: {error}"));
        }
        for after in held.after.drain(..) {
            match after {
                After::Acknowledge { place, session, packet_id, .. } => {
                    Self::was_not_taken(state, session, packet_id);
                    self.close(state, place, &format!("message not stored: {error}"));
                }
                After::Posted { answer, .. } => drop(answer.send(Posted::Lost(error.to_string()))),
                After::Delivered { answer, .. } | After::Unsaid { answer, .. } => {
                    drop(answer.send(Err(error.clone().into())));
                }
                // The log does not know of this connection, so it knows nothing of the session either.
                After::FetchMessages { place } | After::Resume { place, .. } => {
                    self.close(state, place, &format!("sign-in not stored: {error}"));
                }
                After::Retain { .. }
                | After::ReadStatus { .. }
                | After::Clock { .. }
                | After::Topology { .. }
                | After::ActionReply { .. }
                | After::RrpcAnswer { .. }
                | After::Decided(_) => {}
            }
        }
    }

    /// Hands the records of this turn to the log.
    fn submit(&self, state: &mut State) {
        if let Some(Rejected { batch, completion, .. }) = state.rejected.take()
            && let Err(rejected) = self.platform.log.submit(batch, completion)
        {
            self.rejected(state, rejected);
            return;
        }
        self.write_sessions(state);
        if state.batch.is_empty() {
            return;
        }
        state.refusing = match self.platform.log.health() {
            LogHealth::Accepting => None,
            LogHealth::Refusing(why) => Some(why.into()),
        };
        let next_batch = state.buffers.batch();
        let mut batch = std::mem::replace(&mut state.batch, next_batch);
        batch.shrink();
        let next_held = state.spare.pop().unwrap_or_default();
        let held = std::mem::replace(&mut state.held, next_held);
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        let bytes = batch.as_bytes().len() + held.bytes.len();
        state.in_flight_bytes += bytes;
        state.in_flight.push_back(InFlight { ticket, bytes, held });
        let completions = Arc::clone(&self.completions);
        let completion = Box::new(move |outcome| completions.push(ticket, outcome));
        if let Err(rejected) = self.platform.log.submit(batch, completion) {
            self.rejected(state, rejected);
        }
    }

    fn rejected(&self, state: &mut State, rejected: Rejected) {
        match rejected.reason {
            SubmitError::Busy => state.rejected = Some(rejected),
            SubmitError::Closed => (rejected.completion)(Err(CommitError::Closed)),
        }
    }

    /// Writes what each connection has to send, with one system call each.
    fn write_all(self: &Rc<Self>, state: &mut State) {
        let mut dirty = std::mem::take(&mut state.dirty);
        for place in dirty.drain(..) {
            let Some(connection) = state.connection(place) else { continue };
            connection.is_dirty = false;
            if !connection.is_blocked {
                self.write(state, place);
            } else if connection.out.len() > self.options.unread_bytes_max {
                self.stats.slow_consumers.add(1);
                self.close(state, place, notes::NOT_READING);
            }
        }
        if state.dirty.is_empty() {
            // Keeps the list's memory.
            state.dirty = dirty;
        }
    }

    fn write(self: &Rc<Self>, state: &mut State, place: Place) {
        let Some(connection) = state.connection(place) else { return };
        match connection.stream.try_write(&connection.out) {
            Ok(written) => {
                self.stats.bytes_down.add(written as u64);
                if written == connection.out.len() {
                    let buffer = std::mem::take(&mut connection.out);
                    state.recycle(buffer);
                    return;
                }
                connection.out.drain(..written);
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => {
                self.close(state, place, &format!("write failed: {error}"));
                return;
            }
        }
        connection.is_blocked = true;
        tokio::task::spawn_local(write_when_possible(Rc::clone(self), place));
    }
}

/// One task per connection whose socket is full; ends when everything is written.
async fn write_when_possible(worker: Rc<Worker>, place: Place) {
    poll_fn(|cx| {
        let mut state = worker.state.borrow_mut();
        loop {
            let Some(connection) = state.connection(place) else { return Poll::Ready(()) };
            match connection.stream.poll_write_ready(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => {
                    worker.close(&mut state, place, &format!("write failed: {error}"));
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) => {}
            }
            if is_all_written(&worker, &mut state, place) {
                return Poll::Ready(());
            }
        }
    })
    .await;
}

fn is_all_written(worker: &Worker, state: &mut RefMut<'_, State>, place: Place) -> bool {
    let Some(connection) = state.connection(place) else { return true };
    match connection.stream.try_write(&connection.out) {
        Ok(written) => {
            worker.stats.bytes_down.add(written as u64);
            connection.out.drain(..written);
        }
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
        Err(error) => {
            warn!(%error, "write failed");
            worker.close(state, place, &format!("write failed: {error}"));
            return true;
        }
    }
    if connection.out.is_empty() {
        connection.is_blocked = false;
        let buffer = std::mem::take(&mut connection.out);
        state.recycle(buffer);
        return true;
    }
    false
}
