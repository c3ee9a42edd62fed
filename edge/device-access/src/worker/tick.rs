//! Deadlines: keep-alive, sign-in, pauses of devices over their rate.

use std::rc::Rc;
use std::time::{Duration, Instant};

use lianwu_mqtt::CloseReason;
use lianwu_ports::log::LogHealth;
use lianwu_services::logs::notes;

use super::Worker;
use super::state::{Place, State};

/// How late a pause may end.
pub(crate) const PERIOD: Duration = Duration::from_millis(50);

/// Longest wait for the disk and for devices that do not read, when the platform stops.
pub(crate) const DRAIN_MAX: Duration = Duration::from_secs(4);

/// How often sessions of devices that stay away are looked for.
const SESSIONS_EVERY_SECONDS: u64 = 60;

/// A device's sign-ins are counted over this window.
pub(crate) const SIGN_IN_WINDOW: Duration = Duration::from_secs(5);

/// The task.
pub(crate) async fn run(worker: Rc<Worker>) {
    let mut interval = tokio::time::interval(PERIOD);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut expired = Vec::new();
    let mut last_second = 0;
    loop {
        interval.tick().await;
        let mut state = worker.state.borrow_mut();
        worker.refresh_time(&mut state);
        end_pauses(&mut state);
        if state.rejected.is_some() || !state.undelivered.is_empty() {
            state.want_turn();
        }
        let second = state.now.duration_since(state.started).as_secs();
        if second == last_second {
            continue;
        }
        last_second = second;
        state.refusing = match worker.platform.log.health() {
            LogHealth::Accepting => None,
            LogHealth::Refusing(why) => Some(why.into()),
        };
        state.wheel.expire(second, &mut expired);
        for place in expired.drain(..) {
            check_deadline(&worker, &mut state, place);
        }
        worker.record_overruns(&mut state);
        worker.forget_sign_ins(&mut state);
        worker.tell_of_refusals(&mut state);
        worker.tell_of_windows(&mut state);
        if second.is_multiple_of(SESSIONS_EVERY_SECONDS) {
            worker.end_sessions(&mut state);
            let now = state.now;
            state.heard.forget_old(now);
        }
        worker.check_backends(&mut state);
        worker.check_kept(&mut state);
        let now = state.now;
        state.down_rates.retain(|_, bucket| !bucket.is_full(now));
        state.post_rates.retain(|_, bucket| !bucket.is_full(now));
    }
}

fn end_pauses(state: &mut State) {
    let now = state.now;
    state.paused.retain(|(until, waker)| {
        let is_over = *until <= now;
        if is_over {
            waker.wake_by_ref();
        }
        !is_over
    });
}

fn check_deadline(worker: &Worker, state: &mut State, place: Place) {
    let now = state.now;
    let Some(connection) = state.connection(place) else { return };
    let silent = now.duration_since(connection.mqtt.active_at());
    let next = connection.mqtt.deadline();
    let mut reason = None;
    if next.is_some_and(|deadline| deadline <= now) {
        state.send(place, |connection, out| reason = connection.mqtt.timeout(now, out));
    }
    match reason {
        Some(CloseReason::KeepAliveTimeout { .. }) => {
            let last_active = state.wall.minus(silent);
            worker.close(state, place, &notes::keep_alive_timeout(last_active));
        }
        Some(reason) => worker.close(state, place, &reason.to_string()),
        None => {
            if let Some(deadline) = next {
                let due = state.wheel_second(deadline);
                state.wheel.insert(due, place);
            }
        }
    }
}

impl Worker {
    pub(crate) fn refresh_time(&self, state: &mut State) {
        state.now = Instant::now();
        state.wall = self.platform.clock.now();
    }
}
