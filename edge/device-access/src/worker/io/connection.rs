//! Serving connections: read from many into the worker's one buffer, then decode and hand on; of each, keep only an
//! incomplete rest.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use lianwu_mqtt::{CloseReason, Packet, Publish, QoS, ReasonCode, Step, decode};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::presence::Change;
use tokio::io::ReadBuf;
use tracing::debug;

use crate::worker::Worker;
use crate::worker::device::queue::topics;
use crate::worker::io::linger::Ended;
use crate::worker::io::stream::Stream;
use crate::worker::rate::PAUSE_MAX;
use crate::worker::state::{Place, State};

/// Reads of one connection in one turn; more wait until the others had theirs.
const READS_PER_TURN: usize = 4;

/// With less room left in the read buffer, what was read is handled before the next connection is read.
const READ_BYTES_MIN: usize = 16 * 1024;

/// What one read brought.
pub(crate) struct Read {
    place: Place,
    what: What,
}

enum What {
    /// Where it stands in the read buffer.
    Bytes(Range<usize>),
    End,
    Failed(std::io::Error),
}

/// Does the connection go on?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Open,
    Closed,
}

impl Worker {
    /// Serves the connections that were woken: reads from many, then handles what was read, so that neither the kernel's
    /// code nor ours has to be fetched anew for each message.
    pub(crate) fn serve(self: &Rc<Self>, state: &mut State, ready: &mut Vec<Place>) {
        let mut buffer = std::mem::take(&mut state.read_buffer);
        let mut reads = std::mem::take(&mut state.reads);
        let mut filled = 0;
        for place in ready.drain(..) {
            self.read(state, place, &mut buffer, &mut filled, &mut reads);
            if buffer.len() - filled < READ_BYTES_MIN {
                self.handle(state, &buffer, &mut reads);
                filled = 0;
            }
        }
        self.handle(state, &buffer, &mut reads);
        state.reads = reads;
        state.read_buffer = buffer;
    }

    /// Reads what a connection has, behind what others had.
    fn read(&self, state: &mut State, place: Place, buffer: &mut [u8], filled: &mut usize, reads: &mut Vec<Read>) {
        let must_wait = state.must_wait_for_disk(self.options.uncommitted_bytes_max);
        let now = state.now;
        let Some(connection) = state.connection(place) else { return };
        connection.wakeup.reset();
        let waker = Waker::from(Arc::clone(&connection.wakeup));
        if must_wait {
            state.stalled.push(waker);
            return;
        }
        let pause = connection.bucket.pause(now);
        if !pause.is_zero() {
            state.paused.push((now + pause, waker));
            return;
        }
        // A stranger may move to another worker: what stands behind this read must stay in its socket.
        let reads_max = if connection.is_signed_in() { READS_PER_TURN } else { 1 };
        let mut cx = Context::from_waker(&waker);
        for _ in 0..reads_max {
            let rest = &mut buffer[*filled..];
            if rest.len() < READ_BYTES_MIN {
                break;
            }
            let mut into = ReadBuf::new(rest);
            match connection.stream.poll_read(&mut cx, &mut into) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) if into.filled().is_empty() => {
                    reads.push(Read { place, what: What::End });
                    return;
                }
                Poll::Ready(Ok(())) => {
                    let start = *filled;
                    *filled += into.filled().len();
                    reads.push(Read { place, what: What::Bytes(start..*filled) });
                }
                Poll::Ready(Err(error)) => {
                    reads.push(Read { place, what: What::Failed(error) });
                    return;
                }
            }
        }
        waker.wake();
    }

    /// Handles what was read, in that order.
    fn handle(self: &Rc<Self>, state: &mut State, buffer: &[u8], reads: &mut Vec<Read>) {
        for Read { place, what } in reads.drain(..) {
            match what {
                What::Bytes(range) => {
                    self.stats.bytes_up.add(range.len() as u64);
                    self.received(state, place, &buffer[range]);
                }
                What::End => self.close(state, place, "the device closed the connection without DISCONNECT"),
                What::Failed(error) => {
                    // What is ours says what is wrong; the system's errors are told by their kind alone.
                    let why = error.get_ref().map_or_else(|| error.kind().to_string(), ToString::to_string);
                    self.close(state, place, &format!("read failed: {why}"));
                }
            }
        }
    }

    /// Handles bytes in the order they arrived, behind what was left from before.
    pub(crate) fn received(self: &Rc<Self>, state: &mut State, place: Place, bytes: &[u8]) -> Flow {
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        let Some(mut joined) = connection.rest.take() else { return self.packets(state, place, bytes) };
        joined.extend_from_slice(bytes);
        self.packets(state, place, &joined)
    }

    fn packets(self: &Rc<Self>, state: &mut State, place: Place, bytes: &[u8]) -> Flow {
        let mut at = 0;
        loop {
            let Some(connection) = state.connection(place) else { return Flow::Closed };
            let bytes_max = match connection.is_signed_in() {
                true => self.options.packet_bytes_max,
                false => self.options.connect_bytes_max,
            };
            match decode(&bytes[at..], connection.mqtt.version(), bytes_max) {
                Ok(Some((packet, length))) => {
                    at += length;
                    let now = state.now;
                    let acknowledged = if let Packet::PubAck(said) = packet { Some(said.packet_id) } else { None };
                    let connect = if let Packet::Connect(connect) = &packet { Some(*connect) } else { None };
                    let step = match packet {
                        Packet::PubRec(_)
                        | Packet::PubRel(_)
                        | Packet::Publish(Publish { qos: QoS::ExactlyOnce, .. }) => {
                            Self::handle_exactly_once(state, place, packet)
                        }
                        _ => {
                            let mut step = Step::Idle;
                            state.send(place, |connection, out| step = connection.mqtt.handle(now, packet, out));
                            step
                        }
                    };
                    if let Step::SignIn(connect) = step {
                        // The connection may move to another worker, together with what it sent behind its CONNECT.
                        return self.sign_in(state, place, &connect, &bytes[at..]);
                    }
                    if let (Step::Close(why @ CloseReason::KeepAliveTooLong { .. }), Some(connect)) = (&step, connect) {
                        self.forbidden(state, place, &connect, &why.to_string());
                    }
                    if let Step::Close(CloseReason::FirstPacketNotConnect(_)) = &step {
                        self.note_foreign_words(state, place, bytes);
                    }
                    if self.step(state, place, step) == Flow::Closed {
                        return Flow::Closed;
                    }
                    if let Some(id) = acknowledged {
                        self.acknowledged(state, place, id);
                    }
                }
                Ok(None) => {
                    connection.rest = (at < bytes.len()).then(|| Box::new(bytes[at..].to_vec()));
                    return self.check_rate(state, place);
                }
                Err(error) => {
                    self.note_foreign_words(state, place, &bytes[at..]);
                    let mut why = None;
                    state.send(place, |connection, out| {
                        why = Some(connection.mqtt.decode_failed(error, &bytes[at..], out));
                    });
                    let why = why.map(|why| why.to_string()).unwrap_or_default();
                    self.close(state, place, &why);
                    return Flow::Closed;
                }
            }
        }
    }

    fn step(self: &Rc<Self>, state: &mut State, place: Place, step: Step<'_>) -> Flow {
        match step {
            // A device gets no QoS 2; what became of its QoS 1 messages is told by the packet itself.
            Step::Idle | Step::Released(_) | Step::SignIn(_) => Flow::Open,
            Step::Delivered(packet_id) | Step::Declined { packet_id, .. } => {
                self.delivered(state, place, packet_id);
                Flow::Open
            }
            Step::Publish(publish) => self.publish(state, place, &publish),
            Step::Subscribe(subscribe) => self.subscribe(state, place, &subscribe),
            Step::Unsubscribe(unsubscribe) => self.unsubscribe(state, place, &unsubscribe),
            Step::Disconnected { with_will } => {
                if !with_will {
                    Self::forget_will(state, place);
                }
                self.close(state, place, "the device said DISCONNECT");
                Flow::Closed
            }
            Step::Close(reason) => {
                self.close(state, place, &reason.to_string());
                Flow::Closed
            }
        }
    }

    /// A device too far over its rate is closed; a little over it, its socket is left unread (decision 4).
    fn check_rate(&self, state: &mut State, place: Place) -> Flow {
        let now = state.now;
        let Some(connection) = state.connection(place) else { return Flow::Closed };
        if connection.bucket.pause(now) <= PAUSE_MAX {
            return Flow::Open;
        }
        self.stats.rate_limited.add(1);
        let per_second = self.options.device_up_tps;
        let why = format!("more than {per_second} messages a second, see limits.device_up_tps");
        self.disconnect(state, place, ReasonCode::MessageRateTooHigh, &why);
        Flow::Closed
    }

    /// Ends a connection and, from MQTT 5 on, tells the device why.
    pub(crate) fn disconnect(&self, state: &mut State, place: Place, reason: ReasonCode, why: &str) {
        state.send(place, |connection, out| {
            connection.mqtt.disconnect(reason, why, out);
        });
        self.close(state, place, why);
    }

    /// Ends a connection: writes what it was to be told, frees its place, logs why if it was signed in.
    pub(crate) fn close(&self, state: &mut State, place: Place, why: &str) {
        if state.connection(place).is_none() {
            return;
        }
        let mut connection = state.connections.remove(place.slot as usize);
        if matches!(connection.stream, Stream::Reply(_)) {
            self.stats.connections.set(state.connections.len() as u64);
            return;
        }
        let is_told = !connection.out.is_empty();
        match (&connection.device, connection.backend.take()) {
            (Some(device), _) => {
                let is_home = state.homes.get(&device.number) == Some(&place.slot);
                if is_home {
                    state.homes.remove(&device.number);
                    device.set_online(false);
                    let session = connection.session.take();
                    if connection.mqtt.session_expiry_seconds() == 0 {
                        self.end_session(state, device, session);
                    } else {
                        self.park(state, device, session, topics(&connection));
                    }
                }
                let peer = connection.peer.ip().to_string();
                self.record(state, RecordKind::Disconnected, device, why, peer.as_bytes());
                self.announce(state, device, Change::Offline(why));
                if is_home {
                    self.gateway_left(state, device, why);
                }
                self.stats.devices_online.set(state.homes.len() as u64);
            }
            (None, Some(backend)) => {
                debug!(peer = %connection.peer, why, "a backend's connection ended");
                self.forget_backend(state, place, *backend, &mut connection.mqtt, why);
            }
            (None, None) => {
                self.stats.ended_before_sign_in.add(1);
                debug!(peer = %connection.peer, why, "closed before sign-in");
            }
        }
        let last = if connection.is_blocked { Vec::new() } else { connection.out };
        state.lingering.push(Ended { stream: connection.stream, last, is_told });
        state.want_turn();
        self.stats.connections.set(state.connections.len() as u64);
    }

    /// Adds a record about the connection itself to the batch.
    pub(crate) fn record(
        &self,
        state: &mut State,
        kind: RecordKind,
        device: &DirectoryDevice,
        note: &str,
        payload: &[u8],
    ) {
        let sample_time = state.wall;
        state.batch.push(&Record {
            kind,
            qos: 0,
            packet_id: 0,
            code: 0,
            number: device.number,
            product: device.product,
            device: device.name.as_str(),
            sample_time,
            topic: "",
            note,
            payload,
        });
        state.want_turn();
    }

    /// From now on no socket is read.
    pub(crate) fn stop_reading(&self) {
        self.state.borrow_mut().is_stopping = true;
    }

    /// Closes every connection; the records about it still have to be committed.
    pub(crate) fn close_all(&self) {
        let mut state = self.state.borrow_mut();
        let places: Vec<Place> = (state.connections.iter())
            .map(|(slot, c)| Place { slot: u32::try_from(slot).unwrap_or(u32::MAX), generation: c.generation })
            .collect();
        for place in places {
            self.disconnect(&mut state, place, ReasonCode::ServerShuttingDown, "the platform is shutting down");
        }
        self.record_overruns(&mut state);
        self.tell_of_windows(&mut state);
    }
}
