//! One MQTT connection: bytes in any pieces, messages down and time passing, in any order.
//!
//! Input: a list of events, each one byte and what belongs to it; see `Event::take`.

use std::time::{Duration, Instant};

use lianwu_mqtt::{
    CloseReason, ConnectRefusal, Connection, PacketId, ProtocolVersion, PublishError, Step, SubscribeAnswer,
    connection::{IN_FLIGHT_MAX, KEEP_ALIVE_SECONDS_MAX},
    decode, encode, granted_qos,
};

const PACKET_BYTES_MAX: usize = 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TOPIC: &str = "$thing/down/property/PID0000001/dev001";

pub fn run(mut data: &[u8]) {
    let mut server = Server::new();
    while let Some(event) = Event::take(&mut data) {
        server.perform(&event);
        server.check();
    }
}

enum Event<'a> {
    /// The next bytes of the client arrive.
    Receive(&'a [u8]),
    /// Time passes.
    Wait(Duration),
    /// From now on clients are refused, or accepted again.
    SwitchRefusing,
    /// A message for the device.
    Send { at_least_once: bool },
}

impl<'a> Event<'a> {
    fn take(data: &mut &'a [u8]) -> Option<Self> {
        let (&first, rest) = data.split_first()?;
        *data = rest;
        Some(match first {
            0..=199 => {
                let (bytes, rest) = rest.split_at(usize::from(first).min(rest.len()));
                *data = rest;
                Self::Receive(bytes)
            }
            200..=219 => Self::Wait(Duration::from_secs(u64::from(first - 200) * 8)),
            220 => Self::SwitchRefusing,
            221..=237 => Self::Send { at_least_once: false },
            238.. => Self::Send { at_least_once: true },
        })
    }
}

struct Server {
    connection: Connection,
    now: Instant,
    refusing: bool,
    over: bool,
    /// Bytes of an incomplete packet.
    received: Vec<u8>,
    out: Vec<u8>,
    in_flight: Vec<PacketId>,
}

impl Server {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            connection: Connection::new(now, CONNECT_TIMEOUT),
            now,
            refusing: false,
            over: false,
            received: Vec::new(),
            out: Vec::new(),
            in_flight: Vec::new(),
        }
    }

    fn perform(&mut self, event: &Event<'_>) {
        match event {
            Event::Receive(bytes) => self.receive(bytes),
            Event::Wait(time) => {
                self.now += *time;
                let due = self.connection.deadline().is_some_and(|deadline| self.now >= deadline);
                let reason = self.connection.timeout(self.now);
                assert_eq!(reason.is_some(), due);
                self.over |= due;
            }
            Event::SwitchRefusing => self.refusing = !self.refusing,
            Event::Send { at_least_once: false } => {
                let sent = self.connection.publish_at_most_once(TOPIC, b"{}", &mut self.out);
                assert_eq!(sent.is_ok(), self.connection.is_signed_in());
            }
            Event::Send { at_least_once: true } => self.send_at_least_once(),
        }
    }

    fn send_at_least_once(&mut self) {
        match self.connection.publish_at_least_once(TOPIC, b"{}", &mut self.out) {
            Ok(packet_id) => {
                assert!(!self.in_flight.contains(&packet_id), "id {packet_id} is in use");
                self.in_flight.push(packet_id);
            }
            Err(PublishError::InFlightFull) => assert_eq!(self.in_flight.len(), IN_FLIGHT_MAX),
            Err(PublishError::NotSignedIn) => assert!(!self.connection.is_signed_in()),
            Err(error @ PublishError::Encode(_)) => unreachable!("a small message fits: {error}"),
        }
    }

    fn receive(&mut self, bytes: &[u8]) {
        if self.over {
            return;
        }
        let mut received = std::mem::take(&mut self.received);
        received.extend_from_slice(bytes);
        let mut used = 0;
        while !self.over {
            match decode(&received[used..], self.connection.version(), PACKET_BYTES_MAX) {
                Ok(None) => break,
                Ok(Some((packet, consumed))) => {
                    used += consumed;
                    let before = self.out.len();
                    let step = self.connection.handle(self.now, packet, &mut self.out);
                    assert!(self.out.len() - before <= 4, "no answer of its own is longer than a CONNACK");
                    self.follow(step);
                }
                Err(error) => {
                    let reason = self.connection.decode_failed(error, &mut self.out);
                    assert_eq!(reason, CloseReason::Malformed(error));
                    self.over = true;
                }
            }
        }
        received.drain(..used);
        assert!(self.over || received.len() < PACKET_BYTES_MAX, "a rest never reaches the size of a packet");
        self.received = received;
    }

    fn follow(&mut self, step: Step<'_>) {
        match step {
            Step::Idle | Step::Publish(_) => {}
            Step::SignIn(connect) => {
                assert!(connect.keep_alive_seconds <= KEEP_ALIVE_SECONDS_MAX);
                if self.refusing {
                    self.connection.refuse(ConnectRefusal::NotAuthorised, &mut self.out);
                    self.over = true;
                } else {
                    self.connection.accept(self.now, !connect.clean_session, &mut self.out);
                    assert!(self.connection.is_signed_in());
                    assert_eq!(self.connection.deadline().is_some(), connect.keep_alive_seconds > 0);
                }
            }
            Step::Subscribe(subscribe) => {
                let answers = subscribe.filters().map(|(_, qos)| SubscribeAnswer::Granted(granted_qos(qos)));
                encode::suback(&mut self.out, subscribe.packet_id, answers).expect("a SUBSCRIBE has filters");
            }
            Step::Unsubscribe(unsubscribe) => encode::unsuback(&mut self.out, unsubscribe.packet_id),
            Step::Delivered(packet_id) => {
                let index = self.in_flight.iter().position(|&id| id == packet_id);
                self.in_flight.remove(index.expect("only what was sent is delivered"));
            }
            Step::Disconnected => self.over = true,
            Step::Close(reason) => {
                assert!(!reason.to_string().is_empty());
                self.over = true;
            }
        }
    }

    /// What holds after every event.
    fn check(&mut self) {
        assert_eq!(self.connection.in_flight_count(), self.in_flight.len());
        if self.over {
            assert!(!self.connection.is_signed_in() && self.connection.deadline().is_none());
        }
        // A client understands all that was written.
        let mut rest = self.out.as_slice();
        while !rest.is_empty() {
            let packet = decode(rest, ProtocolVersion::V3_1_1, usize::MAX);
            let (_, consumed) = packet.expect("what we write is valid").expect("what we write is complete");
            rest = &rest[consumed..];
        }
        self.out.clear();
    }
}
