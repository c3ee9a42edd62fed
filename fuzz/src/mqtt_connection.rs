//! One MQTT connection: bytes in any pieces, messages down and time passing, in any order.
//!
//! Input: a list of events, each one byte and what belongs to it; see `Event::take`.

use std::time::{Duration, Instant};

use lianwu_mqtt::{
    CloseReason, ConnectRefusal, Connection, PacketId, ProtocolVersion, PublishError, QoS, ReasonCode, Step,
    SubscribeAnswer,
    connection::{Acceptance, KEEP_ALIVE_SECONDS_MAX, Message, RECEIVE_MAX, Role},
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
    /// From now on clients are accepted as backends, or as devices again.
    SwitchRole,
    /// A message for the client.
    Send(QoS),
    /// The connection breaks and the client comes back to its session.
    Reconnect,
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
            221 => Self::SwitchRole,
            222 => Self::Reconnect,
            223..=237 => Self::Send(QoS::AtMostOnce),
            238..=246 => Self::Send(QoS::AtLeastOnce),
            247.. => Self::Send(QoS::ExactlyOnce),
        })
    }
}

struct Server {
    connection: Connection,
    now: Instant,
    refusing: bool,
    role: Role,
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
            role: Role::Device,
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
                let reason = self.connection.timeout(self.now, &mut self.out);
                assert_eq!(reason.is_some(), due);
                self.over |= due;
            }
            Event::SwitchRefusing => self.refusing = !self.refusing,
            Event::SwitchRole => {
                self.role = if self.role == Role::Device { Role::Backend } else { Role::Device };
            }
            Event::Reconnect => self.reconnect(),
            Event::Send(QoS::AtMostOnce) => {
                let sent = self.connection.publish_at_most_once(TOPIC, b"{}", &mut self.out);
                assert_eq!(sent.is_ok(), self.connection.is_signed_in());
            }
            Event::Send(qos) => self.send(*qos),
        }
    }

    /// What is in flight must survive, in its order, and be sent again.
    fn reconnect(&mut self) {
        let kept = self.connection.take_in_flight();
        let received = self.connection.received();
        assert!(received.packet_ids().len() <= usize::from(RECEIVE_MAX));
        let version = self.connection.version();
        let mut next = Connection::new(self.now, CONNECT_TIMEOUT);
        let mut connect = vec![0x10, 0x0D, 0, 4, b'M', b'Q', b'T', b'T', version.level(), 2, 0, 60];
        match version {
            ProtocolVersion::V5 => connect.extend_from_slice(b"\0\0\0"),
            ProtocolVersion::V3_1 | ProtocolVersion::V3_1_1 => {
                connect[8] = 4;
                connect.extend_from_slice(b"\0\0");
            }
        }
        connect[1] = u8::try_from(connect.len() - 2).expect("a short CONNECT");
        let (packet, _) = decode(&connect, version, PACKET_BYTES_MAX).expect("valid").expect("complete");
        assert!(matches!(next.handle(self.now, packet, &mut self.out), Step::SignIn(_)));
        let acceptance = Acceptance { in_flight: kept, received: Some(received), ..Acceptance::new(self.role, 0) };
        next.accept(self.now, acceptance, &mut self.out);
        self.connection = next;
        self.over = false;
        self.received.clear();
        self.resend();
    }

    fn resend(&mut self) {
        while let Some((packet_id, qos)) = self.connection.next_resend(&mut self.out) {
            assert!(self.in_flight.contains(&packet_id) && qos != QoS::AtMostOnce);
            self.connection.resend(&Message::new(TOPIC, b"{}"), &mut self.out).expect("a small message fits");
        }
    }

    fn send(&mut self, qos: QoS) {
        match self.connection.publish(qos, &Message::new(TOPIC, b"{}"), &mut self.out) {
            Ok(packet_id) => {
                let packet_id = packet_id.expect("above QoS 0");
                assert!(!self.in_flight.contains(&packet_id), "id {packet_id} is in use");
                self.in_flight.push(packet_id);
            }
            Err(PublishError::InFlightFull) => assert!(self.in_flight.len() >= self.connection.in_flight_max()),
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
                    assert!(self.out.len() - before <= 512, "no answer of its own is longer than a reason in words");
                    self.follow(step);
                }
                Err(error) => {
                    let reason = self.connection.decode_failed(error, &received[used..], &mut self.out);
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
            Step::Idle => {}
            Step::Publish(publish) => {
                assert!(!self.connection.topic_of(&publish).is_empty());
                if let Some(packet_id) = publish.packet_id {
                    // Every fourth is left for later: the window must hold.
                    if packet_id.get() % 4 != 0 {
                        self.connection.acknowledge(publish.qos, packet_id, ReasonCode::Success, &mut self.out);
                    }
                }
            }
            Step::SignIn(connect) => {
                let may_be_cut = connect.version == ProtocolVersion::V5;
                assert!(may_be_cut || connect.keep_alive_seconds <= KEEP_ALIVE_SECONDS_MAX);
                if self.refusing {
                    self.connection.refuse(ConnectRefusal::NotAuthorised, "not today", &mut self.out);
                    self.over = true;
                } else {
                    let acceptance =
                        Acceptance { session_present: !connect.clean_session, ..Acceptance::new(self.role, 65_536) };
                    self.connection.accept(self.now, acceptance, &mut self.out);
                    assert!(self.connection.is_signed_in());
                    assert_eq!(self.connection.deadline().is_some(), connect.keep_alive_seconds > 0);
                }
            }
            Step::Subscribe(subscribe) => {
                let answers =
                    subscribe.filters().map(|(_, options)| SubscribeAnswer::Granted(granted_qos(options.qos)));
                let version = self.connection.version();
                encode::suback(&mut self.out, version, subscribe.packet_id, answers).expect("a SUBSCRIBE has filters");
            }
            Step::Unsubscribe(unsubscribe) => {
                let answers = unsubscribe.filters().map(|_| ReasonCode::Success);
                let version = self.connection.version();
                encode::unsuback(&mut self.out, version, unsubscribe.packet_id, answers).expect("has filters");
            }
            Step::Released(packet_id) => assert!(self.in_flight.contains(&packet_id)),
            Step::Delivered(packet_id) | Step::Declined { packet_id, .. } => {
                let index = self.in_flight.iter().position(|&id| id == packet_id);
                self.in_flight.remove(index.expect("only what was sent is delivered"));
                self.resend();
            }
            Step::Disconnected { .. } => self.over = true,
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
            let packet = decode(rest, self.connection.version(), usize::MAX);
            let (_, consumed) = packet.expect("what we write is valid").expect("what we write is complete");
            rest = &rest[consumed..];
        }
        self.out.clear();
    }
}
