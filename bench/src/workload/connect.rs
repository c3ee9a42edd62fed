//! `connect`: full cycles of CONNECT, CONNACK, DISCONNECT and the server's close.

use std::sync::Arc;

use lianwu_mqtt::{ConnAck, Packet, encode};

use super::{sign_in::SignIn, tally::Tally};
use crate::engine::{Behaviour, Next, Outbox, PreSharedKey, Reopen, Stage, Turn};

/// Every client opens a new connection as soon as its last one has ended.
pub(crate) struct SignInCycles {
    pub tally: Tally,
    sign_in: SignIn,
    clients: Vec<Cycle>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cycle {
    opened: u64,
    /// CONNACK came and DISCONNECT was sent.
    is_accepted: bool,
    is_open: bool,
}

impl SignInCycles {
    pub fn new(sign_in: SignIn) -> Self {
        let clients = vec![Cycle::default(); sign_in.clients()];
        Self { tally: Tally::default(), sign_in, clients }
    }
}

impl Behaviour for SignInCycles {
    fn clients(&self) -> usize {
        self.clients.len()
    }

    // Nothing to prepare: all clients may go at once, and the run starts at once.
    fn signed_in(&self) -> usize {
        self.clients.len()
    }

    fn key(&self, client: usize) -> Option<&Arc<PreSharedKey>> {
        self.sign_in.key(client)
    }

    fn on_open(&mut self, turn: Turn, client: usize, outbox: &mut Outbox) {
        self.clients[client] = Cycle { opened: turn.now, is_accepted: false, is_open: true };
        self.tally.sent += 1;
        self.sign_in.on_open(client, outbox);
    }

    fn on_packet(&mut self, turn: Turn, client: usize, packet: &Packet<'_>, outbox: &mut Outbox) -> Next {
        match packet {
            Packet::ConnAck(ConnAck::Accepted { .. }) => {
                let cycle = &mut self.clients[client];
                cycle.is_accepted = true;
                if turn.stage == Stage::Measure {
                    self.tally.latency.record(turn.now - cycle.opened);
                }
                encode::disconnect(outbox.of(client));
                Next::Keep
            }
            Packet::ConnAck(ConnAck::Refused { refusal, .. }) => {
                self.tally.refused += 1;
                self.tally.first_failure.get_or_insert_with(|| format!("CONNECT refused: {refusal}"));
                Next::Close
            }
            _ => {
                self.tally.unexpected += 1;
                Next::Keep
            }
        }
    }

    fn on_close(&mut self, turn: Turn, client: usize, why: &str) -> Reopen {
        let cycle = &mut self.clients[client];
        cycle.is_open = false;
        if cycle.is_accepted {
            self.tally.completed += 1;
            self.tally.measured += u64::from(turn.stage == Stage::Measure);
        } else {
            self.tally.failures += 1;
            self.tally.first_failure.get_or_insert_with(|| why.to_owned());
        }
        if turn.stage < Stage::Drain { Reopen::Yes } else { Reopen::No }
    }

    fn on_turn(&mut self, _turn: Turn, _outbox: &mut Outbox) {}

    fn wake_at(&self) -> Option<u64> {
        None
    }

    fn is_drained(&self) -> bool {
        self.clients.iter().all(|cycle| !cycle.is_open)
    }
}
