//! Clients that each keep a window of own messages on the way and await the answer to every one.

use std::sync::Arc;

use lianwu_mqtt::{Packet, PacketId, Publish, QoS, encode};

use super::{
    schedule::Schedule,
    sign_in::{Progress, SignIn},
    tally::Tally,
    window::{Slot, Ticket, Window},
};
use crate::engine::{Behaviour, Next, Outbox, PreSharedKey, Reopen, Stage, Turn};

/// How often messages without an answer are looked for.
const SWEEP_INTERVAL_NS: u64 = 100_000_000;

/// What is said, and how the answer is recognised.
pub(crate) trait Exchange {
    /// Appends a PUBLISH that carries slot and sequence of the ticket.
    fn publish(&mut self, out: &mut Vec<u8>, client: usize, ticket: Ticket, sample_time_ms: u64);
    /// Which message this is the answer to.
    fn answer(&mut self, publish: &Publish<'_>) -> Option<Answer>;
    /// A message has all its answers, and all said yes.
    fn acknowledged(&mut self, client: usize, message: &Slot);
}

/// The answer to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub slot: u16,
    pub sequence: u64,
    pub is_refusal: bool,
}

/// Options of a [`RoundTrip`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoundTripOptions {
    pub window: usize,
    pub qos: QoS,
    /// A message without an answer for so long is lost. Unit: nanoseconds.
    pub timeout_ns: u64,
    /// Unit: UNIX milliseconds at time zero of the run's clock.
    pub unix_ms_at_zero: u64,
}

/// The clients of one thread.
pub(crate) struct RoundTrip<E> {
    pub exchange: E,
    pub tally: Tally,
    sign_in: SignIn,
    windows: Vec<Window>,
    schedule: Option<Schedule>,
    options: RoundTripOptions,
    is_started: bool,
    next_sweep: u64,
}

impl<E: Exchange> RoundTrip<E> {
    /// With a schedule the load is open loop: sent when due, and latency counts from then.
    pub fn new(sign_in: SignIn, exchange: E, schedule: Option<Schedule>, options: RoundTripOptions) -> Self {
        let windows = (0..sign_in.clients()).map(|_| Window::new(options.window)).collect();
        Self {
            exchange,
            tally: Tally::default(),
            sign_in,
            windows,
            schedule,
            options,
            is_started: false,
            next_sweep: 0,
        }
    }

    /// The counts, with what went wrong at sign-in.
    pub fn into_parts(mut self) -> (Tally, E) {
        self.tally.lost += self.windows.iter().map(|window| window.in_flight() as u64).sum::<u64>();
        self.tally.take_sign_in(&mut self.sign_in);
        (self.tally, self.exchange)
    }

    #[inline]
    fn pump(&mut self, turn: Turn, client: usize, outbox: &mut Outbox) {
        if !turn.stage.is_sending() || !self.sign_in.is_ready(client) {
            return;
        }
        let missing = 1 + u32::from(self.options.qos != QoS::AtMostOnce);
        let window = &mut self.windows[client];
        while window.has_room() {
            let intended = match &mut self.schedule {
                None => turn.now,
                Some(schedule) => match schedule.take_due(client, turn.now) {
                    Some(due) => due,
                    None => return,
                },
            };
            let sample_time_ms = self.options.unix_ms_at_zero + turn.now / 1_000_000;
            let Some(ticket) = window.take(intended, missing, sample_time_ms) else { return };
            self.exchange.publish(outbox.of(client), client, ticket, sample_time_ms);
            self.tally.sent += 1;
        }
    }

    #[inline]
    fn on_publish(&mut self, turn: Turn, client: usize, publish: &Publish<'_>, outbox: &mut Outbox) {
        if let (QoS::AtLeastOnce, Some(id)) = (publish.qos, publish.packet_id) {
            encode::puback(outbox.of(client), id);
        }
        let Some(answer) = self.exchange.answer(publish) else {
            self.tally.unexpected += 1;
            return;
        };
        match self.windows[client].get(answer.slot, answer.sequence) {
            Some(slot) => {
                slot.is_refused |= answer.is_refusal;
                self.one_answer(turn, client, answer.slot, outbox);
            }
            None => self.tally.unexpected += 1,
        }
    }

    fn on_pub_ack(&mut self, turn: Turn, client: usize, id: PacketId, outbox: &mut Outbox) {
        match self.windows[client].by_packet_id(id) {
            Some((slot, _)) => self.one_answer(turn, client, slot, outbox),
            None => self.tally.unexpected += 1,
        }
    }

    #[inline]
    fn one_answer(&mut self, turn: Turn, client: usize, slot: u16, outbox: &mut Outbox) {
        let window = &mut self.windows[client];
        let message = window.slot_mut(slot);
        message.missing -= 1;
        if message.missing > 0 {
            return;
        }
        let message = *message;
        window.release(slot);
        if message.is_refused {
            self.tally.refused += 1;
        } else {
            self.exchange.acknowledged(client, &message);
            self.tally.completed += 1;
            if turn.stage == Stage::Measure {
                self.tally.measured += 1;
                self.tally.latency.record(turn.now.saturating_sub(message.intended));
            }
        }
        self.pump(turn, client, outbox);
    }

    fn sweep(&mut self, turn: Turn, outbox: &mut Outbox) {
        self.next_sweep = turn.now + SWEEP_INTERVAL_NS;
        let moment = turn.now.saturating_sub(self.options.timeout_ns);
        for client in 0..self.windows.len() {
            let lost = self.windows[client].give_up_before(moment);
            if lost > 0 {
                self.tally.lost += lost;
                self.pump(turn, client, outbox);
            }
        }
    }
}

impl<E: Exchange> Behaviour for RoundTrip<E> {
    fn clients(&self) -> usize {
        self.sign_in.clients()
    }

    fn signed_in(&self) -> usize {
        self.sign_in.ready()
    }

    fn key(&self, client: usize) -> Option<&Arc<PreSharedKey>> {
        self.sign_in.key(client)
    }

    fn on_open(&mut self, _turn: Turn, client: usize, outbox: &mut Outbox) {
        self.sign_in.on_open(client, outbox);
    }

    #[inline]
    fn on_packet(&mut self, turn: Turn, client: usize, packet: &Packet<'_>, outbox: &mut Outbox) -> Next {
        match self.sign_in.on_packet(client, packet, outbox) {
            Progress::NotMine => {}
            progress => return progress.into(),
        }
        match packet {
            Packet::Publish(publish) => self.on_publish(turn, client, publish, outbox),
            Packet::PubAck(answer) => self.on_pub_ack(turn, client, answer.packet_id, outbox),
            _ => self.tally.unexpected += 1,
        }
        Next::Keep
    }

    fn on_close(&mut self, _turn: Turn, client: usize, why: &str) -> Reopen {
        self.sign_in.on_close(client, why);
        self.tally.lost += self.windows[client].give_up_before(u64::MAX);
        Reopen::No
    }

    fn on_turn(&mut self, turn: Turn, outbox: &mut Outbox) {
        if !turn.stage.is_sending() {
            return;
        }
        if !self.is_started {
            self.is_started = true;
            self.next_sweep = turn.now + SWEEP_INTERVAL_NS;
            match &mut self.schedule {
                Some(schedule) => schedule.start(turn.now),
                None => (0..self.clients()).for_each(|client| self.pump(turn, client, outbox)),
            }
        }
        while let Some(client) = self.schedule.as_mut().and_then(|schedule| schedule.next_client(turn.now)) {
            self.pump(turn, client, outbox);
        }
        if turn.now >= self.next_sweep {
            self.sweep(turn, outbox);
        }
    }

    fn wake_at(&self) -> Option<u64> {
        self.schedule.as_ref().and_then(Schedule::wake_at)
    }

    fn is_drained(&self) -> bool {
        self.windows.iter().all(|window| window.in_flight() == 0)
    }
}
