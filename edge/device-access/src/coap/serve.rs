//! The way of a datagram, from the socket to the judge, and of an answer back.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_coap::{Code, Event, Message, Peer, Response};
use lianwu_mqtt::QoS;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::stranger::{Listener, Refusal};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::Port;
use super::clients::Client;
use super::dtls::hello::{Hello, is_hello, parse};
use super::dtls::{Failed, Progress, Session};
use super::request::{Judged, Publish, Speaker};
use crate::bus::home;
use crate::failures::{Attempt, Notice};
use crate::worker::{Mail, Post, Posted, Visit, Visited, Way, wait_for_turn};

/// A stranger is sent at most so many times what it sent. Source: RFC 7252 §11.3.
const AMPLIFICATION_MAX: usize = 3;

/// Longest wait for what the platform says on the topic down; the vendor's devices wait for five seconds.
const REPLY_WAIT_MAX: Duration = Duration::from_secs(4);

/// Which client, and which of its requests.
#[derive(Clone, Copy)]
struct Exchange {
    from: SocketAddr,
    generation: u64,
    id: u16,
}

/// What somebody who has proved to be a device wants.
enum Wish {
    Publish(Publish),
    SignIn { token: Response, device: Arc<DirectoryDevice>, source: IpAddr },
}

impl Port {
    pub(super) fn datagram(self: &Rc<Self>, from: SocketAddr, datagram: &[u8]) {
        let now = Instant::now();
        if self.dtls.is_none() {
            self.message(now, from, datagram);
        } else if is_hello(datagram) {
            self.hello(now, from, datagram);
        } else {
            self.record(now, from, datagram);
        }
        self.noted();
    }

    /// What is due for clients.
    pub(super) fn timeouts(self: &Rc<Self>) {
        let now = Instant::now();
        loop {
            let due = self.state.borrow().clients.due(now);
            let Some(address) = due else { break };
            let is_silent = self.state.borrow().clients.get(address).is_none_or(|client| client.is_silent(now));
            if is_silent {
                self.end_client(address);
                continue;
            }
            let progress = self.state.borrow_mut().clients.with(address, |client| {
                let progress = client.session.as_mut().filter(|s| s.device().is_none()).map(|s| s.go_on(now));
                let mut out = Vec::new();
                client.peer.timeout(now, &mut out);
                self.send_all(address, client, &out);
                progress
            });
            if let Some(Some(progress)) = progress {
                self.progressed(now, address, progress);
            }
        }
        self.noted();
    }

    /// The next deadline may be another, the number of clients as well.
    fn noted(&self) {
        self.stats.connections.set(self.state.borrow().clients.len() as u64);
        self.sooner.notify_one();
    }

    /// A message in the clear.
    fn message(self: &Rc<Self>, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let is_known = self.state.borrow_mut().clients.with(from, |client| client.heard = now).is_some();
        if is_known {
            return self.message_of_client(now, from, datagram);
        }
        let seed = {
            let mut state = self.state.borrow_mut();
            if !state.sources.may_speak(now, from.ip()) {
                return;
            }
            state.next_random()
        };
        let mut peer = Peer::new(seed);
        let mut out = Vec::new();
        let event = peer.receive(now, datagram, &mut out);
        if let Event::Request(message) = event {
            match self.judge(&message, Speaker { source: from.ip(), proven: None }) {
                Ok(wish) => {
                    let client = Client::new(seed, peer, None, now);
                    let gone = self.state.borrow_mut().clients.insert(from, client);
                    self.gone(gone);
                    return self.grant(Exchange { from, generation: seed, id: message.id }, wish);
                }
                Err(mut response) => {
                    shorten(&mut response, &message, datagram.len());
                    peer.respond(now, message.id, &response, &mut out);
                }
            }
        }
        for bytes in out.iter().filter(|bytes| bytes.len() <= AMPLIFICATION_MAX * datagram.len()) {
            self.send(from, bytes);
        }
    }

    /// A message of a client that has its place in the table.
    fn message_of_client(self: &Rc<Self>, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let mut out = Vec::new();
        let taken = self.state.borrow_mut().clients.with(from, |client| {
            client.heard = now;
            let event = client.peer.receive(now, datagram, &mut out);
            self.send_all(from, client, &out);
            let proven = client.session.as_ref().and_then(|session| session.device().cloned());
            match event {
                Event::Request(message) => Some((message, proven, client.generation)),
                Event::Nothing => None,
            }
        });
        let Some(Some((message, proven, generation))) = taken else { return };
        let exchange = Exchange { from, generation, id: message.id };
        match self.judge(&message, Speaker { source: from.ip(), proven: proven.as_ref() }) {
            Ok(wish) => self.grant(exchange, wish),
            Err(response) => self.respond(now, exchange, &response),
        }
    }

    /// `Err`: the answer.
    fn judge(self: &Rc<Self>, message: &Message<'_>, speaker: Speaker<'_>) -> Result<Wish, Response> {
        let source = speaker.source;
        match self.judge.judge(message, speaker) {
            Judged::Publish(publish) => Ok(Wish::Publish(publish)),
            Judged::SignIn(token, device) => Ok(Wish::SignIn { token, device, source }),
            Judged::Answer(response) => {
                self.stats.sign_ins_refused.add(1);
                Err(response)
            }
            Judged::Refused(response, line) => {
                self.stats.sign_ins_refused.add(1);
                let port = Rc::clone(self);
                tokio::task::spawn_local(async move { port.judge.tell(&line).await });
                Err(response)
            }
        }
    }

    fn grant(self: &Rc<Self>, exchange: Exchange, wish: Wish) {
        match wish {
            Wish::Publish(publish) => self.publish(exchange, publish),
            Wish::SignIn { token, device, source } => {
                let port = Rc::clone(self);
                tokio::task::spawn_local(async move {
                    let response = port.signed_in(token, device, source).await;
                    port.respond(Instant::now(), exchange, &response);
                    port.noted();
                });
            }
        }
    }

    /// At the device's home, where all its sign-ins are counted: the token, or why not.
    async fn signed_in(&self, token: Response, device: Arc<DirectoryDevice>, source: IpAddr) -> Response {
        let (answer, visited) = oneshot::channel();
        let number = device.home();
        let visit = Visit { device, protocol: "coap", source, answer };
        match self.homes[home(number, self.homes.len())].try_send(Mail::Visit(Box::new(visit))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return busy(),
            Err(TrySendError::Closed(_)) => return closed(),
        }
        match visited.await {
            Ok(Visited::In) => token,
            Ok(Visited::TooOften { why, wait }) => {
                Response { retry_after: Some(wait), ..Response::new(Code::UNAVAILABLE, why) }
            }
            Err(_) => closed(),
        }
    }

    /// Hands a message to its device's home, and answers when it is durable.
    fn publish(self: &Rc<Self>, exchange: Exchange, publish: Publish) {
        if publish.wants_reply {
            let mut out = Vec::new();
            self.state.borrow_mut().clients.with(exchange.from, |client| {
                client.peer.acknowledge(exchange.id, &mut out);
                self.send_all(exchange.from, client, &out);
            });
        }
        let port = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let response = port.posted(publish).await;
            port.respond(Instant::now(), exchange, &response);
            port.noted();
        });
    }

    async fn posted(&self, publish: Publish) -> Response {
        let Publish { device, topic, payload, wants_reply } = publish;
        let has_waited = wait_for_turn(self.instance_rate.as_deref()).await;
        let (answer, posted) = oneshot::channel();
        let (reply, replied) = oneshot::channel();
        // The shadow is decided later, whoever waits for it; a gateway speaks of others over MQTT only.
        let takes_reply = (wants_reply || topic.starts_with("$shadow/")) && !topic.starts_with("$gateway/");
        let reply = takes_reply.then_some(reply);
        let number = device.home();
        let (qos, way, heard_from) = (QoS::AtLeastOnce, Way::CoapPost, None);
        let post = Post { device, topic, payload, qos, way, heard_from, has_waited, reply, answer };
        match self.homes[home(number, self.homes.len())].try_send(Mail::Post(Box::new(post))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return busy(),
            Err(TrySendError::Closed(_)) => return closed(),
        }
        let Ok(posted) = posted.await else { return closed() };
        let replied = async { timeout(REPLY_WAIT_MAX, replied).await.ok().and_then(Result::ok) };
        match posted {
            Posted::Accepted if !wants_reply => Response::new(Code::CONTENT, ""),
            Posted::Accepted => Response::new(Code::CONTENT, replied.await.unwrap_or_default()),
            Posted::Later => match replied.await {
                Some(reply) if wants_reply => Response::new(Code::CONTENT, reply),
                Some(_) => Response::new(Code::CONTENT, ""),
                None => busy(),
            },
            Posted::NoPermission => Response::new(Code::FORBIDDEN, notes::NO_PERMISSION),
            Posted::Refused { code, why } => match if wants_reply { replied.await } else { None } {
                // The reply says it, as over MQTT.
                Some(reply) => Response::new(Code::CONTENT, reply),
                None => Response::new(Code::BAD_REQUEST, format!("{code}: {why}")),
            },
            // Uploaded lines only, and those come over HTTP.
            Posted::LogOff => Response::new(Code::BAD_REQUEST, notes::LOG_OFF),
            Posted::OverRate(limit) => {
                let why = format!("more than {limit} messages a second; this one is not stored");
                Response { retry_after: Some(1), ..Response::new(Code::UNAVAILABLE, why) }
            }
            Posted::Busy => busy(),
            Posted::Lost(why) => {
                warn!(why, "a message over CoAP could not be committed");
                busy()
            }
        }
    }

    fn respond(&self, now: Instant, exchange: Exchange, response: &Response) {
        self.state.borrow_mut().clients.with(exchange.from, |client| {
            if client.generation != exchange.generation {
                return;
            }
            let mut out = Vec::new();
            client.peer.respond(now, exchange.id, response, &mut out);
            self.send_all(exchange.from, client, &out);
        });
    }

    /// A DTLS client begins, or begins anew.
    fn hello(self: &Rc<Self>, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let Some(hello) = parse(datagram) else { return };
        let is_again = {
            let state = self.state.borrow();
            let session = state.clients.get(from).and_then(|client| client.session.as_ref());
            session.is_some_and(|session| session.random == hello.random && !hello.cookie.is_empty())
        };
        if is_again {
            return self.record(now, from, datagram);
        }
        if !self.state.borrow_mut().sources.may_speak(now, from.ip()) {
            return;
        }
        let seconds = now.duration_since(self.started).as_secs();
        if !self.cookies.is_good(from, &hello, seconds) {
            let cookie = self.cookies.make(from, &hello, seconds);
            return self.send(from, &hello.verify_request(&cookie));
        }
        self.shake_hands(now, from, &hello, datagram);
    }

    fn shake_hands(self: &Rc<Self>, now: Instant, from: SocketAddr, hello: &Hello<'_>, datagram: &[u8]) {
        let Some(context) = &self.dtls else { return };
        let session = match Session::start(context, from, hello, datagram, now, now + self.handshake_max) {
            Ok(Some(session)) => session,
            Ok(None) => return,
            Err(error) => {
                warn!(peer = %from, %error, "OpenSSL cannot start a handshake");
                return;
            }
        };
        let mut state = self.state.borrow_mut();
        let seed = state.next_random();
        let gone = state.clients.insert(from, Client::new(seed, Peer::new(seed), Some(Box::new(session)), now));
        drop(state);
        self.gone(gone);
        let progress = self.state.borrow_mut().clients.with(from, |client| {
            let progress = client.session.as_mut().map(|session| session.go_on(now));
            self.send_all(from, client, &[]);
            progress
        });
        if let Some(Some(progress)) = progress {
            self.progressed(now, from, progress);
        }
    }

    /// A datagram of a DTLS client; of a stranger it means nothing.
    fn record(self: &Rc<Self>, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let progress = self.state.borrow_mut().clients.with(from, |client| {
            client.heard = now;
            let was_open = client.session.as_ref().is_some_and(|session| session.device().is_some());
            let progress = client.session.as_mut().map(|session| session.receive(now, datagram));
            self.send_all(from, client, &[]);
            let is_open = client.session.as_ref().is_some_and(|session| session.device().is_some());
            if is_open && !was_open {
                self.stats.tls_handshakes.add(1);
            }
            progress
        });
        if let Some(Some(progress)) = progress {
            self.progressed(now, from, progress);
        }
    }

    fn progressed(self: &Rc<Self>, now: Instant, from: SocketAddr, progress: Progress) {
        match progress {
            Progress::Messages(messages) => {
                for message in messages {
                    self.message_of_client(now, from, &message);
                }
            }
            Progress::Over(failed) => {
                let client = self.state.borrow_mut().clients.remove(from);
                if let Some(mut client) = client {
                    let was_open = client.session.as_ref().is_some_and(|session| session.device().is_some());
                    if !was_open {
                        self.stats.tls_handshakes_failed.add(1);
                    }
                    self.send_all(from, &mut client, &[]);
                }
                if let Some(failed) = failed {
                    self.tell(*failed);
                }
            }
        }
    }

    /// A handshake that failed: counted, and its owner told.
    fn tell(&self, failed: Failed) {
        let (refused, is_counted, is_unchecked) = match failed {
            Failed::Known { refused, is_counted, is_unchecked } => (refused, is_counted, is_unchecked),
            Failed::Stranger { source, claimed, cause, detail } => {
                let detail = detail.as_str();
                self.judge.note_stranger(Refusal { listener: Listener::Coaps, source, claimed, cause, detail });
                return;
            }
        };
        debug!(product = %refused.product, device = refused.device, why = refused.why, "DTLS handshake refused");
        self.stats.sign_ins_refused.add(1);
        let client_id = format!("{}{}", refused.product, refused.device);
        let now = Instant::now();
        if let Some(failures) = &self.judge.failures {
            if is_unchecked {
                let (product, number, last_source) = (refused.product, refused.number, refused.source);
                return failures.note(now, Notice { product, device: refused.device, number, count: 1, last_source });
            }
            if is_counted {
                failures.failed(now, &Attempt { source: refused.source, client_id: &client_id });
            }
        }
        // A worker with too much to do has no time for refusals: the count above is what matters.
        drop(self.homes[home(refused.number, self.homes.len())].try_send(Mail::TlsRefused(Box::new(refused))));
    }

    /// Clients that had to make room, or were replaced by a newer one at their address.
    fn gone(&self, gone: Vec<(SocketAddr, Client)>) {
        for (address, client) in gone {
            let failed = client.session.as_ref().filter(|session| session.device().is_none());
            if let Some(failed) = failed.and_then(|session| session.timed_out()) {
                self.tell(*failed);
            }
            debug!(peer = %address, "a client made room");
        }
    }

    fn end_client(&self, address: SocketAddr) {
        let client = self.state.borrow_mut().clients.remove(address);
        if let Some(mut client) = client {
            if let Some(session) = &mut client.session {
                session.end();
            }
            self.send_all(address, &mut client, &[]);
        }
    }

    /// Says goodbye to everybody.
    pub(super) fn end(&self) {
        let clients = self.state.borrow_mut().clients.take_all();
        for (address, mut client) in clients {
            if let Some(session) = &mut client.session {
                session.end();
            }
            self.send_all(address, &mut client, &[]);
        }
    }

    /// Sends messages, encrypted if there is a session, and what the session has to say itself.
    fn send_all(&self, address: SocketAddr, client: &mut Client, messages: &[Vec<u8>]) {
        match &mut client.session {
            None => messages.iter().for_each(|bytes| self.send(address, bytes)),
            Some(session) => {
                messages.iter().for_each(|bytes| session.send(bytes));
                for datagram in session.take_outgoing() {
                    self.send(address, &datagram);
                }
            }
        }
    }

    /// A datagram that the network does not take is lost like any other.
    fn send(&self, address: SocketAddr, datagram: &[u8]) {
        if self.socket.try_send_to(datagram, address).is_ok() {
            self.stats.bytes_down.add(datagram.len() as u64);
        }
    }
}

impl super::State {
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.random.rotate_left(32)
    }
}

/// Cuts the text of an answer so that it is no more than three times as long as the request.
fn shorten(response: &mut Response, message: &Message<'_>, request_bytes: usize) {
    // Header, token, an option for waiting, payload marker.
    let around = 4 + message.token.as_bytes().len() + 3 + 1;
    let most = (AMPLIFICATION_MAX * request_bytes).saturating_sub(around);
    if response.payload.len() > most {
        let mut end = most;
        while end > 0 && response.payload[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        response.payload.truncate(end);
    }
}

fn busy() -> Response {
    let why = "not stored: the platform is busy or its storage is full, try again";
    Response { retry_after: Some(5), ..Response::new(Code::UNAVAILABLE, why) }
}

fn closed() -> Response {
    let why = "not stored: the platform is shutting down, try again";
    Response { retry_after: Some(30), ..Response::new(Code::UNAVAILABLE, why) }
}
