//! What the owner of an account is told about its backends: in the account's log and, who came and went, as messages.

use std::net::IpAddr;

use lianwu_model::Uin;
use lianwu_model::product::Durability;
use lianwu_mqtt::{Connect, QoS};
use lianwu_ports::record::account::{AccountEvent, AccountLine};
use lianwu_services::backend::{self, Backend};
use lianwu_services::presence::{self, Change};
use lianwu_services::stranger::{Cause, Claimed};

use super::forward::Sent;
use super::windows::About;
use crate::broker::Sender;
use crate::worker::Worker;
use crate::worker::device::sign_in::facts;
use crate::worker::state::{Peer, Place, State};

/// What was refused on a connection.
pub(crate) struct Refused<'a> {
    pub(crate) event: AccountEvent,
    /// Tells causes apart: each has a window of its own.
    pub(crate) cause: u8,
    pub(crate) client_id: &'a str,
    /// Topic or filter.
    pub(crate) topic: &'a str,
    pub(crate) why: &'a str,
}

/// Who a backend is, for its owner.
fn who(principal: Uin, secret_id: &str) -> String {
    format!("uin:{principal},secretid:{secret_id}")
}

fn address(source: Option<IpAddr>) -> String {
    let ip = source.map(|ip| ip.to_string()).unwrap_or_default();
    format!(",clientip:{ip}")
}

impl Worker {
    /// A sign-in that was refused, told to the owner of the key it names. A key that nobody has
    /// is told to the platform's administrator alone.
    pub(super) fn tell_of_refused_sign_in(
        &self,
        state: &mut State,
        place: Place,
        connect: &Connect<'_>,
        peer: Peer,
        refused: &Refused<'_>,
    ) {
        let user_name = connect.user_name.unwrap_or_default();
        let Some(found) = backend::refused(&self.platform, user_name, refused.why) else {
            return self.note_stranger(state, place, Claimed::default(), Cause::UnknownKey);
        };
        let facts = format!("{},{}", who(found.principal, &found.secret_id), facts(connect, peer));
        let about = About {
            owner: found.owner,
            event: refused.event,
            cause: refused.cause,
            client_id: refused.client_id.into(),
            topic: String::new(),
            why: found.why,
            facts,
        };
        self.tell(state, about);
    }

    /// A message or filter that was refused.
    pub(super) fn tell_of_refusal(&self, state: &mut State, backend: &Backend, refused: &Refused<'_>) {
        let about = About {
            owner: backend.owner,
            event: refused.event,
            cause: refused.cause,
            client_id: refused.client_id.into(),
            topic: refused.topic.to_owned(),
            why: refused.why.to_owned(),
            facts: who(backend.principal, &backend.secret_id) + &address(backend.source),
        };
        self.tell(state, about);
    }

    /// Writes the first of its kind at once; how many more there were, once the window is over.
    fn tell(&self, state: &mut State, about: About) {
        let now = state.now;
        if let Some(about) = state.told.note(now, about) {
            write(state, &about);
        }
    }

    /// Writes down the windows that are over; all of them when the platform stops.
    pub(crate) fn tell_of_windows(&self, state: &mut State) {
        let (now, is_stopping) = (state.now, state.is_stopping);
        let refused = state.told.ended(now, is_stopping);
        for about in refused.into_iter().chain(state.came_and_went.ended(now, is_stopping)) {
            write(state, &about);
        }
    }

    /// Writes that a connection came or went, unless its client does so again and again.
    fn tell_of_connection(&self, state: &mut State, about: About) {
        let now = state.now;
        if let Some(about) = state.came_and_went.note(now, about) {
            write(state, &about);
        }
    }

    /// A backend signed in.
    pub(super) fn tell_of_arrival(&self, state: &mut State, backend: &Backend, client_id: &str, connect: &str) {
        let facts = format!("{},{connect}", who(backend.principal, &backend.secret_id));
        self.tell_of_connection(state, of(backend, AccountEvent::Connected, client_id, "", facts));
        self.announce_backend(state, backend, client_id, Change::Online);
    }

    /// A backend's connection ended.
    pub(super) fn tell_of_departure(&self, state: &mut State, backend: &Backend, client_id: &str, why: &str) {
        // The texts are those of devices' connections.
        let why = match why.strip_prefix("the device ") {
            Some(rest) => format!("the client {rest}"),
            None => why.to_owned(),
        };
        let facts = who(backend.principal, &backend.secret_id) + &address(backend.source);
        self.tell_of_connection(state, of(backend, AccountEvent::Disconnected, client_id, &why, facts));
        self.announce_backend(state, backend, client_id, Change::Offline(&why));
    }

    /// Not while the platform stops: it ends the connections of those who listen as well.
    fn announce_backend(&self, state: &mut State, backend: &Backend, client_id: &str, change: Change<'_>) {
        if self.broker.is_silent() || state.is_stopping {
            return;
        }
        let topic = presence::backend_topic(client_id);
        if topic.len() > usize::from(u16::MAX) {
            return;
        }
        let body = presence::of_backend(client_id, backend.principal, change, state.wall);
        let sender = Sender { owner: backend.owner, device: None, from: None };
        self.forward(state, &sender, Sent::new(&topic, &body, QoS::AtLeastOnce), Durability::Disk);
    }
}

fn of(backend: &Backend, event: AccountEvent, client_id: &str, why: &str, facts: String) -> About {
    About {
        owner: backend.owner,
        event,
        cause: 0,
        client_id: client_id.into(),
        topic: String::new(),
        why: why.to_owned(),
        facts,
    }
}

fn write(state: &mut State, about: &About) {
    let line = AccountLine {
        owner: about.owner,
        event: about.event,
        client_id: &about.client_id,
        topic: &about.topic,
        why: &about.why,
        facts: &about.facts,
        time: state.wall,
    };
    line.write(|record| state.batch.push(record));
    state.want_turn();
}
