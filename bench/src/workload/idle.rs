//! `idle`: connections that sign in and then say nothing.

use std::sync::Arc;

use lianwu_mqtt::Packet;

use super::{
    sign_in::{Progress, SignIn},
    tally::Tally,
};
use crate::engine::{Behaviour, Next, Outbox, PreSharedKey, Reopen, Turn};

/// Silent clients.
pub(crate) struct Idle {
    pub tally: Tally,
    pub sign_in: SignIn,
}

impl Idle {
    pub fn new(sign_in: SignIn) -> Self {
        Self { tally: Tally::default(), sign_in }
    }
}

impl Behaviour for Idle {
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

    fn on_packet(&mut self, _turn: Turn, client: usize, packet: &Packet<'_>, outbox: &mut Outbox) -> Next {
        match self.sign_in.on_packet(client, packet, outbox) {
            Progress::NotMine => {
                self.tally.unexpected += 1;
                Next::Keep
            }
            progress => progress.into(),
        }
    }

    fn on_close(&mut self, _turn: Turn, client: usize, why: &str) -> Reopen {
        self.sign_in.on_close(client, why);
        Reopen::No
    }

    fn on_turn(&mut self, _turn: Turn, _outbox: &mut Outbox) {}

    fn wake_at(&self) -> Option<u64> {
        None
    }

    fn is_drained(&self) -> bool {
        true
    }
}
