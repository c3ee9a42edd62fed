//! The server's side of one connection, without IO and without a clock.

mod accept;
mod close_reason;
mod downward;
mod ending;
mod framing;
mod in_flight;
mod inbound;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

pub use accept::{Acceptance, Role};
pub use close_reason::CloseReason;
pub use downward::{Message, PublishError, expiry_left};
pub use framing::Framing;
pub use in_flight::{BACKEND_IN_FLIGHT_MAX, IN_FLIGHT_MAX, InFlight, Stage};
pub use inbound::{RECEIVE_MAX, Received, TOPIC_ALIAS_MAX};

use crate::{
    encode,
    packet::{
        Acknowledgement, Connect, ConnectRefusal, Disconnect, Packet, PacketId, PacketType, ProtocolVersion, Publish,
        QoS, ReasonCode, Subscribe, Unsubscribe,
    },
    property::Property,
};
use ProtocolVersion::V5;
use inbound::{Inbound, Taken};

/// Longest keep-alive a client may ask for. Unit: seconds.
///
/// Vendor rule: 0 to 900, anything above is refused at CONNECT; from MQTT 5 on the client is told to use this instead.
pub const KEEP_ALIVE_SECONDS_MAX: u16 = 900;

/// Least maximum packet size a client may announce: our own answers must fit. Unit: bytes.
pub const RECEIVER_BYTES_MIN: u32 = 64;

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
/// it writes nothing more. From MQTT 5 on the client has been told why.
#[derive(Debug)]
pub struct Connection {
    /// Time of the last packet; before sign-in is done, of the start.
    active_at: Instant,
    /// Longest silence after `active_at`; `None`: for ever.
    silence_max: Option<Silence>,
    /// Messages of QoS 1 and 2 on their way down; most devices never get one.
    in_flight: Option<Box<InFlight>>,
    /// Backends only.
    inbound: Option<Box<Inbound>>,
    /// Longest packet the client takes. Unit: bytes.
    packet_bytes_max: u32,
    session_expiry_seconds: u32,
    keep_alive_seconds: u16,
    /// Unacknowledged messages the client takes.
    receive_max: u16,
    version: ProtocolVersion,
    state: State,
    role: Role,
    /// May acknowledgements carry texts? Source: MQTT 5 §3.1.2.11.7.
    wants_problem_information: bool,
}

/// A time without packets, never zero: four bytes of every idle connection instead of sixteen. Unit: milliseconds.
#[derive(Debug, Clone, Copy)]
struct Silence(NonZeroU32);

impl Silence {
    /// A whole millisecond at least, 49 days at most.
    const fn of(time: Duration) -> Option<Self> {
        let millis = time.as_millis();
        let millis = if millis > u32::MAX as u128 { u32::MAX } else { millis as u32 };
        match NonZeroU32::new(if millis == 0 { 1 } else { millis }) {
            Some(millis) => Some(Self(millis)),
            None => None,
        }
    }

    const fn time(self) -> Duration {
        Duration::from_millis(self.0.get() as u64)
    }
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
    /// A message. Its topic is [`Connection::topic_of`]. Above QoS 0: once the decision on it is durable, call
    /// [`Connection::acknowledge`]; a device's PUBACK may also be written directly.
    Publish(Publish<'a>),
    /// Answer with a SUBACK; [`granted_qos`] says what to grant a device.
    Subscribe(Subscribe<'a>),
    /// Answer with an UNSUBACK.
    Unsubscribe(Unsubscribe<'a>),
    /// The client has received this message; there is room for another.
    Delivered(PacketId),
    /// QoS 2: the client has received this message, which need not be kept any more; its id is still in use.
    Released(PacketId),
    /// MQTT 5: the client does not want this message; there is room for another.
    Declined { packet_id: PacketId, reason: ReasonCode },
    /// The client said goodbye: close the socket. Its will is void unless it asked for it.
    /// Source: MQTT 3.1.1 §3.14.4, MQTT 5 §3.14.2.1.
    Disconnected { with_will: bool },
    /// Write what was appended, then close the socket.
    Close(CloseReason),
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
            silence_max: Silence::of(connect_timeout),
            in_flight: None,
            inbound: None,
            packet_bytes_max: u32::MAX,
            session_expiry_seconds: 0,
            keep_alive_seconds: 0,
            receive_max: u16::MAX,
            version: ProtocolVersion::V3_1_1,
            state: State::AwaitsConnect,
            role: Role::Device,
            wants_problem_information: true,
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

    /// What the client was accepted as; a device until then.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Time of the last packet of a client that is signed in; before that, of the start.
    #[must_use]
    pub const fn active_at(&self) -> Instant {
        self.active_at
    }

    /// How long the session is to be kept when the connection ends: the client's wish until it is accepted, then what was
    /// granted, or what the client said with its goodbye: less, or of a backend also more, which the caller bounds. Unit:
    /// seconds; 0: not at all; `u32::MAX`: for ever, which is also what a client below MQTT 5 means without a clean session.
    #[must_use]
    pub const fn session_expiry_seconds(&self) -> u32 {
        self.session_expiry_seconds
    }

    /// May SUBACK, UNSUBACK and acknowledgements carry reason strings? Source: MQTT 5 [MQTT-3.1.2-29].
    #[must_use]
    pub const fn wants_problem_information(&self) -> bool {
        self.wants_problem_information
    }

    /// The topic of a message, also when the client used an alias for it.
    #[must_use]
    pub fn topic_of<'t>(&'t self, publish: &Publish<'t>) -> &'t str {
        if !publish.topic.is_empty() {
            return publish.topic;
        }
        let alias = publish.properties.topic_alias().unwrap_or_default();
        self.inbound.as_ref().and_then(|inbound| inbound.topic(alias)).unwrap_or_default()
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
                other => Step::Close(self.end(CloseReason::FirstPacketNotConnect(other.packet_type()))),
            },
            State::SigningIn => Step::Close(self.end(CloseReason::PacketDuringSignIn(packet.packet_type()))),
            State::Over => Step::Close(CloseReason::AlreadyOver),
        }
    }

    fn handle_connect<'a>(&mut self, connect: Connect<'a>, out: &mut Vec<u8>) -> Step<'a> {
        self.version = connect.version;
        self.keep_alive_seconds = connect.keep_alive_seconds;
        if self.version == V5 {
            if let Err((refusal, reason)) = self.read_connect_properties(&connect) {
                self.refuse(refusal, &reason.to_string(), out);
                return Step::Close(reason);
            }
        } else {
            self.session_expiry_seconds = if connect.clean_session { 0 } else { u32::MAX };
            if connect.keep_alive_seconds > KEEP_ALIVE_SECONDS_MAX {
                // No return code means this. "Identifier rejected" tells client libraries that trying again as they are
                // is useless, where "server unavailable" would invite them to.
                self.refuse(ConnectRefusal::IdentifierRejected, "", out);
                return Step::Close(CloseReason::KeepAliveTooLong { seconds: connect.keep_alive_seconds });
            }
        }
        self.state = State::SigningIn;
        Step::SignIn(connect)
    }

    /// Source: MQTT 5 §3.1.2.11.
    fn read_connect_properties(&mut self, connect: &Connect<'_>) -> Result<(), (ConnectRefusal, CloseReason)> {
        for property in connect.properties {
            match property {
                Property::SessionExpiry(seconds) => self.session_expiry_seconds = seconds,
                Property::ReceiveMaximum(max) => self.receive_max = max,
                Property::MaximumPacketSize(max) => self.packet_bytes_max = max,
                Property::RequestProblemInformation(yes) => self.wants_problem_information = yes,
                Property::AuthenticationMethod(_) => {
                    let refusal = ConnectRefusal::Other(ReasonCode::BadAuthenticationMethod); // §4.12
                    return Err((refusal, CloseReason::AuthenticationUnsupported));
                }
                // We use no aliases of our own: a client that allows them loses nothing. There is no response
                // information to request, and user properties of a CONNECT mean nothing to us.
                _ => {}
            }
        }
        if self.packet_bytes_max < RECEIVER_BYTES_MIN {
            let reason = CloseReason::ReceiverTooSmall { bytes_max: self.packet_bytes_max };
            return Err((ConnectRefusal::Other(ReasonCode::ImplementationSpecific), reason));
        }
        Ok(())
    }

    #[inline]
    fn handle_signed_in<'a>(&mut self, packet: Packet<'a>, out: &mut Vec<u8>) -> Step<'a> {
        match packet {
            Packet::Publish(publish) => self.handle_publish(publish, out),
            Packet::PubAck(said) => self.handle_puback(&said),
            Packet::Subscribe(subscribe) => {
                if self.role == Role::Device && subscribe.properties.subscription_id().is_some() {
                    return Step::Close(self.close(CloseReason::SubscriptionIdsUnsupported, out));
                }
                Step::Subscribe(subscribe)
            }
            Packet::Unsubscribe(unsubscribe) => Step::Unsubscribe(unsubscribe),
            Packet::PingReq => {
                encode::pingresp(out); // [MQTT-3.12.4-1]
                Step::Idle
            }
            Packet::Disconnect(said) => self.handle_disconnect(&said, out),
            // To and from devices no message of QoS 2 goes, so there is nothing these could belong to.
            Packet::PubRec(_) | Packet::PubRel(_) | Packet::PubComp(_) if self.role == Role::Device => {
                Step::Close(self.close(CloseReason::ExactlyOnceUnsupported, out))
            }
            Packet::PubRec(said) => self.handle_pubrec(&said, out),
            Packet::PubRel(said) => self.handle_pubrel(&said, out),
            Packet::PubComp(said) => self.handle_pubcomp(&said),
            Packet::Connect(_) => Step::Close(self.close(CloseReason::SecondConnect, out)), // [MQTT-3.1.0-2]
            // [MQTT-4.12.0-7]: nobody signs in with it here.
            Packet::Auth(_) => Step::Close(self.close(CloseReason::AuthenticationUnsupported, out)),
            Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
                Step::Close(self.close(CloseReason::WrongDirection(packet.packet_type()), out))
            }
        }
    }

    #[inline]
    fn handle_publish<'a>(&mut self, publish: Publish<'a>, out: &mut Vec<u8>) -> Step<'a> {
        if self.role == Role::Device && publish.properties.is_empty() {
            if publish.qos == QoS::ExactlyOnce {
                return Step::Close(self.close(CloseReason::ExactlyOnceUnsupported, out));
            }
            return Step::Publish(publish);
        }
        match self.take_publish(&publish) {
            Ok(Taken::New) => Step::Publish(publish),
            Ok(Taken::Pending) => Step::Idle,
            Ok(Taken::AnsweredBefore) => {
                if let Some(packet_id) = publish.packet_id {
                    encode::pubrec(out, packet_id); // [MQTT-4.3.3-10]
                }
                Step::Idle
            }
            Err(reason) => Step::Close(self.close(reason, out)),
        }
    }

    /// What only backends may do, and what MQTT 5 adds.
    fn take_publish(&mut self, publish: &Publish<'_>) -> Result<Taken, CloseReason> {
        if publish.properties.subscription_id().is_some() {
            return Err(CloseReason::SubscriptionIdInPublish); // [MQTT-3.3.4-6]
        }
        let alias = publish.properties.topic_alias();
        let Some(inbound) = &mut self.inbound else {
            if let Some(alias) = alias {
                inbound::check_alias(alias, self.role.topic_alias_max())?;
            }
            return if publish.qos == QoS::ExactlyOnce {
                Err(CloseReason::ExactlyOnceUnsupported)
            } else {
                Ok(Taken::New)
            };
        };
        if let Some(alias) = alias {
            inbound.alias(publish.topic, alias)?;
        }
        inbound.take(publish, self.version == V5)
    }

    /// Answers a message of QoS 1 or 2 once the decision on it is durable: appends PUBACK or PUBREC. From MQTT 5 on
    /// `reason` is told; below it every answer means "taken".
    pub fn acknowledge(&mut self, qos: QoS, packet_id: PacketId, reason: ReasonCode, out: &mut Vec<u8>) {
        let packet_type = match qos {
            QoS::AtMostOnce => return,
            QoS::AtLeastOnce => {
                if let Some(inbound) = &mut self.inbound {
                    inbound.acknowledged();
                }
                PacketType::PubAck
            }
            QoS::ExactlyOnce => {
                let ends = reason.is_failure() && self.version == V5;
                if !self.inbound.as_mut().is_some_and(|inbound| inbound.answered(packet_id, ends)) {
                    return;
                }
                PacketType::PubRec
            }
        };
        let said = Acknowledgement { reason, ..Acknowledgement::success(packet_id) };
        encode::acknowledgement(out, self.version, packet_type, &said).expect("an id and a reason fit into a packet");
    }

    fn handle_pubrel(&mut self, said: &Acknowledgement<'_>, out: &mut Vec<u8>) -> Step<'static> {
        if self.inbound.as_mut().is_some_and(|inbound| inbound.released(said.packet_id)) {
            encode::pubcomp(out, said.packet_id);
        } else {
            self.answer_unknown(PacketType::PubComp, said.packet_id, out);
        }
        Step::Idle
    }

    /// Source: MQTT 5 §3.14.
    fn handle_disconnect(&mut self, said: &Disconnect<'_>, out: &mut Vec<u8>) -> Step<'static> {
        if let Some(seconds) = said.properties.session_expiry() {
            if self.session_expiry_seconds == 0 && seconds > 0 {
                return Step::Close(self.close(CloseReason::SessionExpiryRaised, out));
            }
            // A device's session is kept as long as any other, at most; a backend's as long as it says now.
            self.session_expiry_seconds = match self.role {
                Role::Device => self.session_expiry_seconds.min(seconds),
                Role::Backend => seconds,
            };
        }
        self.state = State::Over;
        Step::Disconnected { with_will: said.reason == ReasonCode::DisconnectWithWill }
    }

    /// Takes the unacknowledged messages out, for a session that outlives the connection.
    pub fn take_in_flight(&mut self) -> Option<Box<InFlight>> {
        self.in_flight.take()
    }

    /// Ids of QoS 2 messages the client has not released, for a session that outlives the connection. Those not yet
    /// acknowledged are left out: see [`Received::insert`].
    #[must_use]
    pub fn received(&self) -> Received {
        self.inbound.as_ref().map(|inbound| inbound.received()).unwrap_or_default()
    }
}
