//! New sockets, and messages from outside the worker.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Wake as _;
use std::time::{Duration, Instant};

use lianwu_device_protocol::topic::DownTopics;
use lianwu_mqtt::ReasonCode;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::tls::accept::Secured;
use crate::websocket::{Upgraded, WsStream};
use crate::worker::io::ready::Wakeup;
use crate::worker::io::stream::{Moving, Stream};
use crate::worker::rate::Bucket;
use crate::worker::state::{Connection, Peer, Place, State};
use crate::worker::{Mail, Worker};

/// Pause after an accept that failed, for example because no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The task that accepts.
pub(crate) async fn run(worker: Rc<Worker>, listener: TcpListener) {
    let mut was_refused = false;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                was_refused = false;
                if worker.state.borrow().connections.len() >= worker.options.connections_max {
                    debug!(%peer, "closed at accept: too many connections");
                    continue;
                }
                worker.adopt(stream, peer.into());
            }
            Err(error) => {
                if !was_refused {
                    warn!(%error, "cannot accept a connection");
                    was_refused = true;
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The task that empties the mailbox.
pub(crate) async fn mailbox(worker: Rc<Worker>, mut mailbox: mpsc::Receiver<Mail>) {
    while let Some(mail) = mailbox.recv().await {
        let mut state = worker.state.borrow_mut();
        worker.refresh_time(&mut state);
        match mail {
            Mail::Arrival(arrival) => worker.arrive(&mut state, *arrival),
            Mail::Secured(secured) => worker.adopt_secured(&mut state, *secured),
            Mail::Upgraded(upgraded) => worker.adopt_upgraded(&mut state, *upgraded),
            Mail::TlsRefused(refused) => worker.tls_refused(&mut state, &refused),
            Mail::Forwards(forwards) => worker.deliver(&mut state, &forwards),
            Mail::Post(post) => worker.post(&mut state, *post),
            Mail::Visit(visit) => worker.visit(&mut state, *visit),
            Mail::Upload(upload) => worker.upload(&mut state, *upload),
            Mail::Down(down, answer) => worker.deliver_down(&mut state, down, answer),
            Mail::PushConfig(push, answer) => worker.push_config(*push, answer),
            Mail::Shadow(change, answer) => worker.change_shadow(&mut state, change, answer),
            Mail::TopicsChanged(product) => worker.topics_changed(product),
            // Whoever asked may have given up.
            Mail::Subscriptions(number, answer) => drop(answer.send(worker.subscriptions(&state, number))),
            Mail::Leave(leave, why) => worker.move_out(&mut state, leave, why),
            Mail::Disconnect(number, why) => {
                if let Some(&slot) = state.homes.get(&number) {
                    let generation = state.connections[slot as usize].generation;
                    let place = Place { slot, generation };
                    worker.disconnect(&mut state, place, ReasonCode::AdministrativeAction, why);
                }
                worker.silence(&mut state, number, why);
                worker.forget_deleted(&mut state, number);
            }
        }
    }
}

impl Worker {
    /// Starts serving a fresh socket.
    fn adopt(self: &Rc<Self>, stream: TcpStream, peer: Peer) {
        // Small answers must not wait for more; the socket works without it.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "cannot switch off delayed sending");
        }
        let mut state = self.state.borrow_mut();
        self.refresh_time(&mut state);
        let now = state.now;
        self.insert_stranger(&mut state, Stream::Plain(stream), peer, now);
    }

    /// Starts serving a connection whose handshake is done. The time it took counts.
    fn adopt_secured(self: &Rc<Self>, state: &mut State, secured: Secured) {
        let Secured { stream, peer, accepted } = secured;
        self.adopt_moving(state, Moving::Tls(stream), peer, accepted);
    }

    /// Starts serving a connection that has become a WebSocket. Its sign-in is counted from there.
    fn adopt_upgraded(self: &Rc<Self>, state: &mut State, upgraded: Upgraded) {
        let Upgraded { socket, early, peer, accepted } = upgraded;
        let stream = WsStream::new(socket, early, self.options.connect_bytes_max);
        self.adopt_moving(state, Moving::WebSocket(Box::new(stream)), peer, accepted);
    }

    fn adopt_moving(self: &Rc<Self>, state: &mut State, stream: Moving, peer: SocketAddr, accepted: Instant) {
        if state.connections.len() >= self.options.connections_max {
            debug!(%peer, "closed after its handshake: too many connections");
            return;
        }
        match stream.attach() {
            Ok(stream) => self.insert_stranger(state, stream, peer.into(), accepted),
            Err(error) => debug!(%peer, %error, "the socket could not be taken over"),
        }
    }

    fn insert_stranger(self: &Rc<Self>, state: &mut State, stream: Stream, peer: Peer, accepted: Instant) {
        let mqtt = lianwu_mqtt::Connection::new(accepted, self.options.connect_timeout);
        self.insert(state, stream, peer, mqtt);
    }

    /// Gives a connection its place.
    pub(crate) fn insert(
        self: &Rc<Self>,
        state: &mut State,
        stream: Stream,
        peer: Peer,
        mqtt: lianwu_mqtt::Connection,
    ) -> Place {
        let generation = state.next_generation;
        state.next_generation = generation.wrapping_add(1);
        let entry = state.connections.vacant_entry();
        let slot = u32::try_from(entry.key()).expect("fewer than 2^32 connections");
        let place = Place { slot, generation };
        let wakeup = Wakeup::new(&self.ready, place);
        let deadline = mqtt.deadline();
        entry.insert(Connection {
            stream,
            mqtt,
            rest: None,
            out: Vec::new(),
            device: None,
            backend: None,
            bucket: Bucket::new(state.now),
            down: DownTopics::default(),
            down_at_least_once: DownTopics::default(),
            session: None,
            generation,
            is_dirty: false,
            is_blocked: false,
            sub_devices_online: 0,
            peer,
            wakeup: Arc::clone(&wakeup),
        });
        // Served at the next turn: that look registers it with the runtime.
        wakeup.wake();
        // When it comes up, the connection is signed in or late; then the keep-alive takes the entry over.
        if let Some(deadline) = deadline {
            let due = state.wheel_second(deadline);
            state.wheel.insert(due, place);
        }
        self.stats.connections.set(state.connections.len() as u64);
        place
    }
}
