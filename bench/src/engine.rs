//! One generator thread: many connections, one event loop, no allocation per message.
//!
//! A turn waits for readiness, reads each ready socket into one shared buffer, hands every packet to the workload's
//! [`Behaviour`], and then writes once to each connection that has output.

mod control;
mod outbox;
mod socket;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use lianwu_mqtt::{Packet, ProtocolVersion, decode};
use mio::{Events, Poll, Token};

pub(crate) use control::{Control, Stage};
pub(crate) use outbox::Outbox;
use socket::{AlarmClock, Link};
pub(crate) use socket::{KeyClient, PreSharedKey};

/// Read buffer of a thread; also the largest packet it can take from a server.
const READ_BYTES: usize = 256 * 1024;
/// Sockets read before output is written, so that the server gets work while the rest is read.
const EVENTS_PER_FLUSH: usize = 64;
/// Reads of one socket in one turn, so that a fast subscriber does not starve the publishers.
const READS_PER_TURN: usize = 4;
/// Longest wait for events: how late a change of stage is noticed.
const TURN_MAX: Duration = Duration::from_millis(20);

/// What a workload may know while it handles a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Unit: nanoseconds of the run's [`Clock`].
    pub now: u64,
    pub stage: Stage,
}

/// What happens to a connection after a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Keep,
    Close,
}

/// What the clients of one thread do. Clients are numbered from zero.
pub(crate) trait Behaviour {
    /// Number of connections; fixed.
    fn clients(&self) -> usize;
    /// How many connections are signed in (and subscribed) now. More are opened as this grows.
    fn signed_in(&self) -> usize;
    /// The key of this client's connections, if they are TLS by key.
    fn key(&self, client: usize) -> Option<&Arc<PreSharedKey>>;
    /// A connection is being opened: queue its first packet.
    fn on_open(&mut self, turn: Turn, client: usize, outbox: &mut Outbox);
    /// A packet arrived.
    fn on_packet(&mut self, turn: Turn, client: usize, packet: &Packet<'_>, outbox: &mut Outbox) -> Next;
    /// The connection ended. Returns whether it is to be opened again.
    fn on_close(&mut self, turn: Turn, client: usize, why: &str) -> Reopen;
    /// Once per turn, before output is written: schedules, stage changes, time-outs.
    fn on_turn(&mut self, turn: Turn, outbox: &mut Outbox);
    /// When `on_turn` must run at the latest, in the clock's nanoseconds.
    fn wake_at(&self) -> Option<u64>;
    /// Nothing more to wait for; asked in [`Stage::Drain`].
    fn is_drained(&self) -> bool;
}

/// Answer to the end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reopen {
    Yes,
    No,
}

/// How connections are opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub address: SocketAddr,
    /// Connections of one thread that may be between the first packet and signed in.
    pub concurrency: usize,
    /// Loopback source addresses to spread over: each has some 28,000 ports. One means "let the system choose".
    pub source_addresses: u8,
    /// For clients that have a key.
    pub key_client: Option<KeyClient>,
}

/// The event loop of one thread.
pub(crate) struct Engine<'c, B> {
    behaviour: B,
    control: &'c Control,
    opening: Opening,
    poll: Poll,
    links: Vec<Option<Link>>,
    outbox: Outbox,
    read_buffer: Box<[u8]>,
    /// Connections to open (again).
    to_open: Vec<usize>,
    /// Connections that exist now, and those that ended for good.
    live: usize,
    ended: usize,
    /// Sockets with more to read than a turn allows.
    read_again: Vec<usize>,
    alarm: AlarmClock,
}

impl<'c, B: Behaviour> Engine<'c, B> {
    /// # Errors
    /// The system refuses an epoll or timer descriptor.
    pub fn new(behaviour: B, control: &'c Control, opening: Opening) -> anyhow::Result<Self> {
        let clients = behaviour.clients();
        let poll = Poll::new().context("create event queue")?;
        let alarm = AlarmClock::new(poll.registry(), Token(clients)).context("create timer")?;
        Ok(Self {
            behaviour,
            control,
            opening,
            poll,
            links: (0..clients).map(|_| None).collect(),
            outbox: Outbox::new(clients),
            read_buffer: vec![0; READ_BYTES].into_boxed_slice(),
            to_open: (0..clients).rev().collect(),
            live: 0,
            ended: 0,
            read_again: Vec::new(),
            alarm,
        })
    }

    /// Runs until the control says stop, or draining is done. Returns the workload with its counts.
    ///
    /// # Errors
    /// The event queue fails, or a connection cannot even be started.
    pub fn run(mut self) -> anyhow::Result<B> {
        let mut events = Events::with_capacity(1024);
        let mut reported = 0;
        loop {
            self.open_some()?;
            self.wait(&mut events)?;
            let mut handled = 0;
            for event in &events {
                let client = event.token().0;
                if client >= self.links.len() {
                    continue; // the alarm clock
                }
                // A handshake waits in both directions: what comes in may be what output waits for.
                if event.is_writable() || self.behaviour.key(client).is_some() {
                    self.outbox.mark(client);
                }
                if event.is_readable() || event.is_read_closed() || event.is_error() {
                    self.read(client, event.is_read_closed() || event.is_error());
                }
                handled += 1;
                if handled % EVENTS_PER_FLUSH == 0 {
                    self.flush();
                }
            }
            for client in std::mem::take(&mut self.read_again) {
                self.read(client, false);
            }
            let turn = self.turn();
            self.behaviour.on_turn(turn, &mut self.outbox);
            self.flush();
            let ready = self.behaviour.signed_in() + self.ended;
            self.control.add_ready(ready.saturating_sub(reported));
            reported = reported.max(ready);
            match self.control.stage() {
                Stage::Stop => return Ok(self.behaviour),
                Stage::Drain if self.behaviour.is_drained() || self.ended == self.links.len() => {
                    return Ok(self.behaviour);
                }
                Stage::Connect | Stage::WarmUp | Stage::Measure | Stage::Drain => {}
            }
        }
    }

    fn turn(&self) -> Turn {
        Turn { now: self.control.clock.now(), stage: self.control.stage() }
    }

    fn wait(&mut self, events: &mut Events) -> anyhow::Result<()> {
        let mut timeout = TURN_MAX;
        if !self.read_again.is_empty() {
            timeout = Duration::ZERO;
        } else if let Some(wake_at) = self.behaviour.wake_at() {
            // The event queue counts in milliseconds, so a timer descriptor does the precise part.
            match wake_at.saturating_sub(self.control.clock.now()) {
                0 => timeout = Duration::ZERO,
                nanoseconds => self.alarm.set(Duration::from_nanos(nanoseconds)).context("set timer")?,
            }
        }
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error).context("wait for events"),
            _ => Ok(()),
        }
    }

    fn open_some(&mut self) -> anyhow::Result<()> {
        while self.live < self.behaviour.signed_in() + self.opening.concurrency {
            let Some(client) = self.to_open.pop() else { break };
            let link = Link::open(&self.opening, client, self.behaviour.key(client), self.poll.registry())
                .with_context(|| format!("open a connection to {}", self.opening.address))?;
            self.links[client] = Some(link);
            self.live += 1;
            self.behaviour.on_open(self.turn(), client, &mut self.outbox);
        }
        Ok(())
    }

    /// Reads one socket and hands over its packets. `to_the_end`: the other side is gone, so read until that shows.
    fn read(&mut self, client: usize, to_the_end: bool) {
        for _ in 0..READS_PER_TURN {
            let Some(link) = &mut self.links[client] else { return };
            let kept = link.take_rest(&mut self.read_buffer);
            let count = match link.read(&mut self.read_buffer[kept..]) {
                Ok(0) => return self.close(client, "closed by the server"),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    link.keep_rest(&self.read_buffer[..kept]);
                    return;
                }
                Err(error) => return self.close(client, &error.to_string()),
            };
            let filled = kept + count;
            let is_all = filled < self.read_buffer.len() && link.short_read_is_all();
            match self.take_packets(client, filled) {
                Ok(Next::Keep) => {}
                Ok(Next::Close) => return self.close(client, "finished"),
                Err(why) => return self.close(client, &why),
            }
            // A short read empties the socket: asking again would only cost a system call. Except at the end of the
            // stream, which an edge-triggered queue tells once.
            if is_all && !to_the_end {
                return;
            }
        }
        self.read_again.push(client);
    }

    fn take_packets(&mut self, client: usize, filled: usize) -> Result<Next, String> {
        let turn = self.turn();
        let mut used = 0;
        loop {
            let input = &self.read_buffer[used..filled];
            match decode(input, ProtocolVersion::V3_1_1, READ_BYTES) {
                Ok(Some((packet, bytes))) => {
                    used += bytes;
                    if self.behaviour.on_packet(turn, client, &packet, &mut self.outbox) == Next::Close {
                        return Ok(Next::Close);
                    }
                }
                Ok(None) => {
                    if let Some(link) = &mut self.links[client] {
                        link.keep_rest(input);
                    }
                    return Ok(Next::Keep);
                }
                Err(error) => return Err(format!("the server sent bad MQTT: {error}")),
            }
        }
    }

    fn flush(&mut self) {
        while let Some(client) = self.outbox.next_dirty() {
            let Some(link) = &mut self.links[client] else {
                self.outbox.clear(client);
                continue;
            };
            if let Err(error) = self.outbox.write_to(client, link) {
                self.close(client, &error.to_string());
            }
        }
    }

    fn close(&mut self, client: usize, why: &str) {
        self.links[client] = None;
        self.outbox.clear(client);
        self.live -= 1;
        match self.behaviour.on_close(self.turn(), client, why) {
            Reopen::Yes => self.to_open.push(client),
            Reopen::No => self.ended += 1,
        }
    }
}
