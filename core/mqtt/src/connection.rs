//! The server's side of one connection, without IO and without a clock.

mod close_reason;
mod in_flight;

use std::time::{Duration, Instant};

pub use close_reason::CloseReason;
pub use in_flight::{IN_FLIGHT_MAX, InFlight};

use crate::{
    decode::DecodeError,
    encode::{self, EncodeError},
    packet::{
        ConnAck, Connect, ConnectRefusal, Packet, PacketId, ProtocolVersion, Publish, QoS, Subscribe, Unsubscribe,
    },
};

/// Longest keep-alive a client may ask for. Unit: seconds.
///
/// Vendor rule: 0 to 900, anything above is refused at CONNECT.
pub const KEEP_ALIVE_SECONDS_MAX: u16 = 900;

/// One client, from its first byte to its last.
///
/// How to drive it: give every packet of [`decode()`](crate::decode()) to [`handle`](Self::handle), in order, and do
/// what the returned [`Step`] says; give decode errors to [`decode_failed`](Self::decode_failed); at
/// [`deadline`](Self::deadline) call [`timeout`](Self::timeout). Whatever was appended to `out` must be written
/// before anything later, also when the connection is to be closed.
///
/// A client may send on before it has the answer to its CONNECT (MQTT 3.1.1 §3.1.4). After [`Step::SignIn`] the
/// caller therefore keeps those bytes unread until it has called [`accept`](Self::accept).
///
/// After [`Step::Close`], [`Step::Disconnected`] or a method that returned a [`CloseReason`] the connection is over:
/// it writes nothing more.
#[derive(Debug)]
pub struct Connection {
    /// Time of the last packet; before sign-in is done, of the start.
    active_at: Instant,
    /// Longest silence after `active_at`; `None`: for ever.
    silence_max: Option<Duration>,
    /// Messages of QoS 1 on their way down; most devices never get one.
    in_flight: Option<Box<InFlight>>,
    keep_alive_seconds: u16,
    version: ProtocolVersion,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AwaitsConnect,
    SigningIn,
    SignedIn,
    Over,
}

/// What the caller has to do after a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Nothing but writing what was appended.
    Idle,
    /// Check the client; answer with [`Connection::accept`] or [`Connection::refuse`], and feed no packet before.
    SignIn(Connect<'a>),
    /// A message of QoS 0 or 1. QoS 1: write a PUBACK once the decision on the message is durable.
    Publish(Publish<'a>),
    /// Answer with a SUBACK; [`granted_qos`] says what to grant.
    Subscribe(Subscribe<'a>),
    /// Answer with an UNSUBACK.
    Unsubscribe(Unsubscribe<'a>),
    /// The client has received this message of QoS 1; there is room for another.
    Delivered(PacketId),
    /// The client said goodbye: close the socket; its will is void. Source: MQTT 3.1.1 §3.14.4.
    Disconnected,
    /// Write what was appended, then close the socket.
    Close(CloseReason),
}

/// Why a message could not be sent down. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Wait for a [`Step::Delivered`].
    #[error("{IN_FLIGHT_MAX} messages wait for their acknowledgement")]
    InFlightFull,
    /// Not accepted yet, or over.
    #[error("client is not signed in")]
    NotSignedIn,
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// QoS to grant a device that asks for `requested`: no device gets messages of QoS 2.
#[must_use]
pub fn granted_qos(requested: QoS) -> QoS {
    requested.min(QoS::AtLeastOnce)
}

impl Connection {
    /// A connection whose socket was just opened. Without an accepted CONNECT within `connect_timeout` it times out;
    /// time the caller takes for the sign-in counts.
    #[must_use]
    pub const fn new(now: Instant, connect_timeout: Duration) -> Self {
        Self {
            active_at: now,
            silence_max: Some(connect_timeout),
            in_flight: None,
            keep_alive_seconds: 0,
            version: ProtocolVersion::V3_1_1,
            state: State::AwaitsConnect,
        }
    }

    /// The version agreed in CONNECT, for [`decode()`](crate::decode()); 3.1.1 until then.
    #[must_use]
    pub const fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Has [`accept`](Self::accept) been called, and is the connection not over?
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.state == State::SignedIn
    }

    /// Time of the last packet of a client that is signed in; before that, of the start.
    #[must_use]
    pub const fn active_at(&self) -> Instant {
        self.active_at
    }

    /// One packet in, one step out. Answers that need no decision are appended to `out`.
    pub fn handle<'a>(&mut self, now: Instant, packet: Packet<'a>, out: &mut Vec<u8>) -> Step<'a> {
        match self.state {
            State::SignedIn => {
                self.active_at = now;
                self.handle_signed_in(packet, out)
            }
            State::AwaitsConnect => match packet {
                Packet::Connect(connect) => self.handle_connect(connect, out),
                // [MQTT-3.1.0-1]
                other => Step::Close(self.close(CloseReason::FirstPacketNotConnect(other.packet_type()))),
            },
            State::SigningIn => Step::Close(self.close(CloseReason::PacketDuringSignIn(packet.packet_type()))),
            State::Over => Step::Close(CloseReason::AlreadyOver),
        }
    }

    fn handle_connect<'a>(&mut self, connect: Connect<'a>, out: &mut Vec<u8>) -> Step<'a> {
        self.version = connect.version;
        if connect.keep_alive_seconds > KEEP_ALIVE_SECONDS_MAX {
            // No return code means this. "Identifier rejected" tells client libraries that trying again as they are
            // is useless, where "server unavailable" would invite them to.
            self.refuse(ConnectRefusal::IdentifierRejected, out);
            return Step::Close(CloseReason::KeepAliveTooLong { seconds: connect.keep_alive_seconds });
        }
        self.keep_alive_seconds = connect.keep_alive_seconds;
        self.state = State::SigningIn;
        Step::SignIn(connect)
    }

    #[inline]
    fn handle_signed_in<'a>(&mut self, packet: Packet<'a>, out: &mut Vec<u8>) -> Step<'a> {
        match packet {
            Packet::Publish(publish) if publish.qos == QoS::ExactlyOnce => {
                Step::Close(self.close(CloseReason::ExactlyOnceUnsupported))
            }
            Packet::Publish(publish) => Step::Publish(publish),
            Packet::PubAck(packet_id) => self.handle_puback(packet_id),
            Packet::Subscribe(subscribe) => Step::Subscribe(subscribe),
            Packet::Unsubscribe(unsubscribe) => Step::Unsubscribe(unsubscribe),
            Packet::PingReq => {
                encode::pingresp(out); // [MQTT-3.12.4-1]
                Step::Idle
            }
            Packet::Disconnect => {
                self.state = State::Over;
                Step::Disconnected
            }
            Packet::Connect(_) => Step::Close(self.close(CloseReason::SecondConnect)), // [MQTT-3.1.0-2]
            // No message of QoS 2 goes either way, so there is nothing these could belong to.
            Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_) => {
                Step::Close(self.close(CloseReason::ExactlyOnceUnsupported))
            }
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                Step::Close(self.close(CloseReason::WrongDirection(packet.packet_type())))
            }
        }
    }

    fn handle_puback(&mut self, packet_id: PacketId) -> Step<'static> {
        // An acknowledgement of something else is harmless: a client may answer what an earlier connection sent it.
        let released = self.in_flight.as_mut().is_some_and(|in_flight| in_flight.release(packet_id));
        if released { Step::Delivered(packet_id) } else { Step::Idle }
    }

    /// Accepts the client of a [`Step::SignIn`]: appends CONNACK 0 and starts the keep-alive. Ignored at other times.
    pub fn accept(&mut self, now: Instant, session_present: bool, out: &mut Vec<u8>) {
        if self.state != State::SigningIn {
            return;
        }
        self.state = State::SignedIn;
        self.active_at = now;
        // [MQTT-3.1.2-24]: one and a half times the keep-alive; §3.1.2.10: zero switches it off.
        self.silence_max =
            (self.keep_alive_seconds > 0).then(|| Duration::from_millis(u64::from(self.keep_alive_seconds) * 1500));
        encode::connack(out, self.version, ConnAck::Accepted { session_present });
    }

    /// Refuses the client of a [`Step::SignIn`]: appends a CONNACK with the code. Write it, then close the socket.
    pub fn refuse(&mut self, refusal: ConnectRefusal, out: &mut Vec<u8>) -> CloseReason {
        if matches!(self.state, State::SignedIn | State::Over) {
            return self.close(CloseReason::AlreadyOver);
        }
        encode::connack(out, self.version, ConnAck::Refused(refusal));
        self.close(CloseReason::Refused(refusal)) // [MQTT-3.2.2-5]
    }

    /// Ends the connection after bytes that are no packet. Appends CONNACK 1 to an unknown protocol's CONNECT.
    pub fn decode_failed(&mut self, error: DecodeError, out: &mut Vec<u8>) -> CloseReason {
        if self.state == State::AwaitsConnect && error == DecodeError::UnsupportedProtocol {
            self.refuse(ConnectRefusal::ProtocolVersion, out); // [MQTT-3.1.2-2]
        }
        self.close(CloseReason::Malformed(error))
    }

    /// Appends a message of QoS 0.
    ///
    /// # Errors
    /// The client is not signed in, or the message does not fit into a packet.
    #[inline]
    pub fn publish_at_most_once(&self, topic: &str, payload: &[u8], out: &mut Vec<u8>) -> Result<(), PublishError> {
        if self.state != State::SignedIn {
            return Err(PublishError::NotSignedIn);
        }
        let qos = QoS::AtMostOnce;
        encode::publish(out, &Publish { duplicate: false, qos, retain: false, topic, packet_id: None, payload })?;
        Ok(())
    }

    /// Appends a message of QoS 1 and waits for its acknowledgement, a [`Step::Delivered`] with the returned id.
    ///
    /// # Errors
    /// The client is not signed in, [`IN_FLIGHT_MAX`] messages are unacknowledged, or the message does not fit into a
    /// packet.
    pub fn publish_at_least_once(
        &mut self,
        topic: &str,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<PacketId, PublishError> {
        if self.state != State::SignedIn {
            return Err(PublishError::NotSignedIn);
        }
        let in_flight = self.in_flight.get_or_insert_default();
        let packet_id = in_flight.next_packet_id().ok_or(PublishError::InFlightFull)?;
        let qos = QoS::AtLeastOnce;
        let publish = Publish { duplicate: false, qos, retain: false, topic, packet_id: Some(packet_id), payload };
        encode::publish(out, &publish)?;
        in_flight.hold(packet_id);
        Ok(packet_id)
    }

    /// Number of messages of QoS 1 the client has not acknowledged, at most [`IN_FLIGHT_MAX`].
    #[must_use]
    pub fn in_flight_count(&self) -> usize {
        self.in_flight.as_ref().map_or(0, |in_flight| in_flight.packet_ids().len())
    }

    /// Takes the unacknowledged messages out, for a session that outlives the connection.
    pub fn take_in_flight(&mut self) -> Option<Box<InFlight>> {
        self.in_flight.take()
    }

    /// When to call [`timeout`](Self::timeout); `None`: the client may stay silent for ever, or all is over.
    ///
    /// It moves with every packet, so a timer set for an earlier one need not be moved along: an early call is harmless.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.state == State::Over {
            return None;
        }
        self.active_at.checked_add(self.silence_max?)
    }

    /// Ends the connection if its deadline has passed. Nothing is to be written: §3.1.2.10 asks for a plain close.
    pub fn timeout(&mut self, now: Instant) -> Option<CloseReason> {
        if now < self.deadline()? {
            return None;
        }
        let reason = match self.state {
            State::SignedIn => CloseReason::KeepAliveTimeout { keep_alive_seconds: self.keep_alive_seconds },
            State::AwaitsConnect | State::SigningIn | State::Over => CloseReason::ConnectTimeout,
        };
        Some(self.close(reason))
    }

    const fn close(&mut self, reason: CloseReason) -> CloseReason {
        self.state = State::Over;
        reason
    }
}
