//! The message layer towards one client: what was seen, what waits for an answer, what is sent until it is confirmed.
//!
//! How to drive it: give every datagram to [`Peer::receive`]; answer each [`Event::Request`] once with [`Peer::respond`], at
//! any later time; at [`Peer::deadline`] call [`Peer::timeout`]. What is appended to `out` is sent, a datagram each, in order.

mod sending;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::message::{self, DecodeError, Kind, Message, Token};
use crate::{Code, option};
use sending::Sending;

/// A request that takes longer is acknowledged first and answered later, so that the client does not send it again.
///
/// Half of the two seconds after which a client sends again (RFC 7252 §4.8: ACK_TIMEOUT).
pub const PROCESSING_DELAY: Duration = Duration::from_secs(1);

/// How long the same message id is the same message. Source: RFC 7252 §4.8.2: EXCHANGE_LIFETIME.
pub const EXCHANGE_LIFETIME: Duration = Duration::from_secs(247);

/// Requests of one client that may wait for their answers; more are answered 5.03. Clients are to have one (RFC 7252 §4.7: NSTART).
pub const WAITING_MAX: usize = 8;

/// Message ids of one client that are remembered, each with its answer; over it the oldest is forgotten. A client that
/// follows RFC 7252 sends a message again before it sends more than a few others.
pub const SEEN_MAX: usize = 64;

/// What a datagram means for the layer above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// To be answered with [`Peer::respond`], under the id of the message.
    Request(Message<'a>),
    /// Nothing to do.
    Nothing,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub code: Code,
    pub payload: Vec<u8>,
    /// After how many seconds the client may try again, beside 5.03. Source: RFC 7252 §5.9.3.4.
    pub retry_after: Option<u8>,
}

impl Response {
    #[must_use]
    pub fn new(code: Code, payload: impl Into<Vec<u8>>) -> Self {
        Self { code, payload: payload.into(), retry_after: None }
    }

    /// One message with this answer.
    #[must_use]
    pub fn encode(&self, kind: Kind, id: u16, token: Token) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.payload.len());
        let seconds = self.retry_after.unwrap_or_default();
        let max_age: &[(u16, &[u8])] = &[(option::MAX_AGE, &[seconds])];
        let options = if self.retry_after.is_some() { max_age } else { &[] };
        message::encode(kind, self.code, id, token, options, &self.payload, &mut out);
        out
    }
}

/// A request that came, and what became of it.
#[derive(Debug)]
struct Seen {
    id: u16,
    token: Token,
    at: Instant,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Confirmable, not answered, to be acknowledged at this time.
    Waiting(Instant),
    /// Confirmable, acknowledged, answered in a message of its own or not yet.
    Acknowledged { is_answered: bool },
    /// Not confirmable; its answer is not repeated.
    Unconfirmed { is_answered: bool },
    /// Confirmable, answered with its acknowledgement, which is repeated for every duplicate.
    Answered(Box<[u8]>),
}

impl Stage {
    const fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Waiting(_) | Self::Acknowledged { is_answered: false } | Self::Unconfirmed { is_answered: false }
        )
    }
}

/// What is known about one client. Bounded by [`SEEN_MAX`], [`WAITING_MAX`] and `sending::SENDING_MAX`.
#[derive(Debug)]
pub struct Peer {
    /// The oldest first.
    seen: VecDeque<Seen>,
    sending: Sending,
}

impl Peer {
    /// `seed` is any random number: first message id, and by how much waiting times differ from peer to peer.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seen: VecDeque::new(), sending: Sending::new(seed) }
    }

    /// Is nothing waited for, and nothing to be confirmed?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.sending.is_empty() && !self.seen.iter().any(|seen| seen.stage.is_open())
    }

    /// Takes one datagram.
    pub fn receive<'a>(&mut self, now: Instant, datagram: &'a [u8], out: &mut Vec<Vec<u8>>) -> Event<'a> {
        let message = match Message::decode(datagram) {
            Ok(message) => message,
            Err(DecodeError::Malformed { kind: Kind::Confirmable, id, .. }) => {
                out.push(message::empty(Kind::Reset, id));
                return Event::Nothing;
            }
            Err(_) => return Event::Nothing,
        };
        match message.kind {
            Kind::Acknowledgement | Kind::Reset => {
                self.sending.confirmed(message.id);
                Event::Nothing
            }
            Kind::Confirmable | Kind::NonConfirmable if message.code.is_request() => self.request(now, message, out),
            // A ping, or a response to a request that was never made. Source: RFC 7252 §4.2, §4.3.
            Kind::Confirmable => {
                out.push(message::empty(Kind::Reset, message.id));
                Event::Nothing
            }
            Kind::NonConfirmable => Event::Nothing,
        }
    }

    fn request<'a>(&mut self, now: Instant, message: Message<'a>, out: &mut Vec<Vec<u8>>) -> Event<'a> {
        self.forget(now);
        if let Some(seen) = self.seen.iter().find(|seen| seen.id == message.id) {
            match &seen.stage {
                Stage::Answered(bytes) => out.push(bytes.to_vec()),
                Stage::Acknowledged { .. } => out.push(message::empty(Kind::Acknowledgement, message.id)),
                Stage::Waiting(_) | Stage::Unconfirmed { .. } => {}
            }
            return Event::Nothing;
        }
        if self.seen.iter().filter(|seen| seen.stage.is_open()).count() >= WAITING_MAX {
            let busy = Response { retry_after: Some(1), ..Response::new(Code::UNAVAILABLE, "too many requests wait") };
            out.push(self.immediate(&message, &busy));
            return Event::Nothing;
        }
        let stage = match message.kind {
            Kind::Confirmable => Stage::Waiting(now + PROCESSING_DELAY),
            _ => Stage::Unconfirmed { is_answered: false },
        };
        if self.seen.len() >= SEEN_MAX
            && let Some(oldest) = self.seen.iter().position(|seen| !seen.stage.is_open())
        {
            self.seen.remove(oldest);
        }
        self.seen.push_back(Seen { id: message.id, token: message.token, at: now, stage });
        Event::Request(message)
    }

    /// An answer that is not remembered.
    fn immediate(&mut self, message: &Message<'_>, response: &Response) -> Vec<u8> {
        match message.kind {
            Kind::Confirmable => response.encode(Kind::Acknowledgement, message.id, message.token),
            _ => response.encode(Kind::NonConfirmable, self.sending.next_id(), message.token),
        }
    }

    /// Acknowledges a request whose answer will take its time; nothing when it was acknowledged before.
    pub fn acknowledge(&mut self, id: u16, out: &mut Vec<Vec<u8>>) {
        let waiting = self.seen.iter_mut().find(|seen| seen.id == id && matches!(seen.stage, Stage::Waiting(_)));
        if let Some(seen) = waiting {
            seen.stage = Stage::Acknowledged { is_answered: false };
            out.push(message::empty(Kind::Acknowledgement, id));
        }
    }

    /// Answers a request: with its acknowledgement, or in a message of its own that is sent until it is confirmed.
    /// Nothing when the request was answered before, or forgotten.
    pub fn respond(&mut self, now: Instant, id: u16, response: &Response, out: &mut Vec<Vec<u8>>) {
        let Some(seen) = self.seen.iter_mut().find(|seen| seen.id == id && seen.stage.is_open()) else { return };
        match seen.stage {
            Stage::Waiting(_) => {
                let bytes = response.encode(Kind::Acknowledgement, id, seen.token);
                seen.stage = Stage::Answered(bytes.as_slice().into());
                out.push(bytes);
            }
            Stage::Acknowledged { .. } => {
                seen.stage = Stage::Acknowledged { is_answered: true };
                let id = self.sending.next_id();
                let bytes = response.encode(Kind::Confirmable, id, seen.token);
                self.sending.start(now, id, &bytes);
                out.push(bytes);
            }
            Stage::Unconfirmed { .. } => {
                seen.stage = Stage::Unconfirmed { is_answered: true };
                out.push(response.encode(Kind::NonConfirmable, self.sending.next_id(), seen.token));
            }
            Stage::Answered(_) => {}
        }
    }

    /// When [`Peer::timeout`] is to be called.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let waiting = self.seen.iter().filter_map(|seen| match seen.stage {
            Stage::Waiting(until) => Some(until),
            _ => None,
        });
        waiting.chain(self.sending.deadline()).min()
    }

    /// Acknowledges requests that wait too long, sends again what was not confirmed, gives up after the fourth time.
    pub fn timeout(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) {
        for seen in &mut self.seen {
            if matches!(seen.stage, Stage::Waiting(until) if until <= now) {
                seen.stage = Stage::Acknowledged { is_answered: false };
                out.push(message::empty(Kind::Acknowledgement, seen.id));
            }
        }
        self.sending.timeout(now, out);
        self.forget(now);
    }

    /// Message ids that may be used anew.
    fn forget(&mut self, now: Instant) {
        let is_over = |seen: &Seen| now.duration_since(seen.at) >= EXCHANGE_LIFETIME && !seen.stage.is_open();
        while self.seen.front().is_some_and(is_over) {
            self.seen.pop_front();
        }
    }
}
