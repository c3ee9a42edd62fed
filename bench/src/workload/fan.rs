//! `fan-in` and `fan-out`: publishers and subscribers that are different clients.

use std::sync::Arc;

use lianwu_mqtt::{Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, encode};

use super::{
    sign_in::{Progress, SignIn},
    tally::Tally,
    window::Window,
};
use crate::engine::{Behaviour, Next, Outbox, PreSharedKey, Reopen, Stage, Turn};

/// Publisher, slot, sequence and time of sending at the start of a payload.
pub(crate) const HEADER_BYTES: usize = 20;

/// How often messages without an answer are looked for.
const SWEEP_INTERVAL_NS: u64 = 100_000_000;

/// One group: subscribers are the first clients, publishers the others.
pub(crate) struct Fan {
    pub tally: Tally,
    sign_in: SignIn,
    subscribers: usize,
    /// Topic and window of each publisher.
    publishers: Vec<(String, Window)>,
    options: FanOptions,
    payload: Vec<u8>,
    /// Deliveries of the whole run.
    delivered: u64,
    is_started: bool,
    next_sweep: u64,
}

/// Options of a [`Fan`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct FanOptions {
    pub qos: QoS,
    pub window: usize,
    pub payload_bytes: usize,
    /// A message without an answer for so long frees its place. Unit: nanoseconds.
    pub timeout_ns: u64,
    /// Whether published messages or deliveries are what is counted.
    pub counted: Counted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Published,
    Delivered,
}

impl Fan {
    /// `sign_in` holds the subscribers, then one client per topic.
    pub fn new(sign_in: SignIn, topics: Vec<String>, options: FanOptions) -> Self {
        let subscribers = sign_in.clients() - topics.len();
        let publishers = topics.into_iter().map(|topic| (topic, Window::new(options.window))).collect();
        Self {
            tally: Tally::default(),
            sign_in,
            subscribers,
            publishers,
            options,
            payload: vec![b'.'; options.payload_bytes.max(HEADER_BYTES)],
            delivered: 0,
            is_started: false,
            next_sweep: 0,
        }
    }

    /// The counts; lost are deliveries that never came.
    pub fn into_tally(mut self) -> Tally {
        self.tally.completed = self.delivered;
        self.tally.lost = self.expected().saturating_sub(self.delivered);
        self.tally.unexpected += self.delivered.saturating_sub(self.expected());
        self.tally.take_sign_in(&mut self.sign_in);
        self.tally
    }

    fn expected(&self) -> u64 {
        self.tally.sent * self.subscribers as u64
    }

    #[inline]
    fn pump(&mut self, turn: Turn, publisher: usize, outbox: &mut Outbox) {
        let client = self.subscribers + publisher;
        if !turn.stage.is_sending() || !self.sign_in.is_ready(client) {
            return;
        }
        let missing = if self.options.qos == QoS::AtMostOnce { self.subscribers as u32 } else { 1 };
        let (topic, window) = &mut self.publishers[publisher];
        while let Some(ticket) = window.take(turn.now, missing, 0) {
            self.payload[..2].copy_from_slice(&(publisher as u16).to_be_bytes());
            self.payload[2..4].copy_from_slice(&ticket.slot.to_be_bytes());
            self.payload[4..12].copy_from_slice(&ticket.sequence.to_be_bytes());
            self.payload[12..20].copy_from_slice(&turn.now.to_be_bytes());
            let publish = Publish {
                duplicate: false,
                qos: self.options.qos,
                retain: false,
                topic,
                packet_id: Some(ticket.packet_id),
                properties: Properties::NONE,
                payload: &self.payload,
            };
            encode::publish(outbox.of(client), ProtocolVersion::V3_1_1, &publish)
                .expect("topics are short and payloads are limited");
            self.tally.sent += 1;
        }
    }

    #[inline]
    fn on_delivery(&mut self, turn: Turn, client: usize, publish: &Publish<'_>, outbox: &mut Outbox) {
        if let (QoS::AtLeastOnce, Some(id)) = (publish.qos, publish.packet_id) {
            encode::puback(outbox.of(client), id);
        }
        let Some((publisher, slot, sequence, sent)) = header(publish.payload) else {
            self.tally.unexpected += 1;
            return;
        };
        self.delivered += 1;
        if turn.stage == Stage::Measure {
            self.tally.latency.record(turn.now.saturating_sub(sent));
            if self.options.counted == Counted::Delivered {
                self.tally.measured += 1;
            } else {
                self.tally.measured_sent += 1;
            }
        }
        if self.options.qos == QoS::AtMostOnce {
            self.one_answer(turn, publisher, slot, sequence, outbox);
        }
    }

    fn on_pub_ack(&mut self, turn: Turn, client: usize, id: PacketId, outbox: &mut Outbox) {
        let found = client
            .checked_sub(self.subscribers)
            .and_then(|publisher| Some((publisher, self.publishers[publisher].1.by_packet_id(id)?)));
        match found {
            Some((publisher, (slot, message))) => self.one_answer(turn, publisher, slot, message.sequence, outbox),
            None => self.tally.unexpected += 1,
        }
    }

    #[inline]
    fn one_answer(&mut self, turn: Turn, publisher: usize, slot: u16, sequence: u64, outbox: &mut Outbox) {
        let Some((_, window)) = self.publishers.get_mut(publisher) else { return };
        // A message given up on has lost its slot; its late delivery is counted all the same.
        let Some(message) = window.get(slot, sequence) else { return };
        message.missing -= 1;
        if message.missing > 0 {
            return;
        }
        window.release(slot);
        if turn.stage == Stage::Measure {
            if self.options.counted == Counted::Published {
                self.tally.measured += 1;
            } else {
                self.tally.measured_sent += 1;
            }
        }
        self.pump(turn, publisher, outbox);
    }
}

/// Publisher, slot, sequence, time of sending.
#[inline]
fn header(payload: &[u8]) -> Option<(usize, u16, u64, u64)> {
    let (publisher, rest) = payload.split_first_chunk::<2>()?;
    let (slot, rest) = rest.split_first_chunk::<2>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (sent, _) = rest.split_first_chunk::<8>()?;
    Some((
        usize::from(u16::from_be_bytes(*publisher)),
        u16::from_be_bytes(*slot),
        u64::from_be_bytes(*sequence),
        u64::from_be_bytes(*sent),
    ))
}

impl Behaviour for Fan {
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
            Packet::Publish(publish) => self.on_delivery(turn, client, publish, outbox),
            Packet::PubAck(answer) => self.on_pub_ack(turn, client, answer.packet_id, outbox),
            _ => self.tally.unexpected += 1,
        }
        Next::Keep
    }

    fn on_close(&mut self, _turn: Turn, client: usize, why: &str) -> Reopen {
        self.sign_in.on_close(client, why);
        if let Some(publisher) = client.checked_sub(self.subscribers) {
            self.publishers[publisher].1.give_up_before(u64::MAX);
        }
        Reopen::No
    }

    fn on_turn(&mut self, turn: Turn, outbox: &mut Outbox) {
        if !turn.stage.is_sending() {
            return;
        }
        if !self.is_started {
            self.is_started = true;
            self.next_sweep = turn.now + SWEEP_INTERVAL_NS;
            (0..self.publishers.len()).for_each(|publisher| self.pump(turn, publisher, outbox));
        }
        if turn.now >= self.next_sweep {
            self.next_sweep = turn.now + SWEEP_INTERVAL_NS;
            let moment = turn.now.saturating_sub(self.options.timeout_ns);
            for publisher in 0..self.publishers.len() {
                if self.publishers[publisher].1.give_up_before(moment) > 0 {
                    self.pump(turn, publisher, outbox);
                }
            }
        }
    }

    fn wake_at(&self) -> Option<u64> {
        None
    }

    fn is_drained(&self) -> bool {
        self.delivered >= self.expected()
    }
}
