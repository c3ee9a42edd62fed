//! The answer to CONNECT.

use std::time::{Duration, Instant};

use super::{
    CloseReason, Connection, InFlight, KEEP_ALIVE_SECONDS_MAX, RECEIVE_MAX, Received, Silence, State, TOPIC_ALIAS_MAX,
    inbound::Inbound,
};
use crate::{
    encode,
    packet::{ConnAck, ConnectRefusal, ProtocolVersion},
    property::{Property, PropertyBuffer},
};

/// What a client may do; decided at sign-in. Source: decisions 1 and 2 of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// QoS 0 and 1; retain and will are ignored; no aliases, no subscription identifiers.
    Device,
    /// A server-side program: all of the protocol.
    Backend,
}

/// How a client is accepted.
#[derive(Debug, Clone)]
pub struct Acceptance<'a> {
    pub role: Role,
    /// State of an earlier connection is used again. Source: MQTT 3.1.1 §3.2.2.2.
    pub session_present: bool,
    /// The id given to a client that came without one. Told from MQTT 5 on.
    pub assigned_client_id: Option<&'a str>,
    /// How long the session lives after the connection; [`Connection::session_expiry_seconds`] is the client's wish.
    /// The client may shorten it with its goodbye, a backend also prolong it. Unit: seconds.
    pub session_expiry_seconds: u32,
    /// Longest packet that is read. Unit: bytes; 0: not announced.
    pub packet_bytes_max: u32,
    /// Are retained messages kept? Never for a device.
    pub retain_available: bool,
    /// Do messages carry the identifiers of their subscriptions? Never for a device.
    pub subscription_ids_available: bool,
    /// Messages on their way down on the earlier connection; see [`Connection::next_resend`].
    pub in_flight: Option<Box<InFlight>>,
    /// Messages of QoS 2 from the earlier connection; backends only.
    pub received: Option<Received>,
}

impl Acceptance<'_> {
    /// A client with nothing from before, whose session ends with the connection.
    #[must_use]
    pub const fn new(role: Role, packet_bytes_max: u32) -> Self {
        Self {
            role,
            session_present: false,
            assigned_client_id: None,
            session_expiry_seconds: 0,
            packet_bytes_max,
            retain_available: matches!(role, Role::Backend),
            subscription_ids_available: matches!(role, Role::Backend),
            in_flight: None,
            received: None,
        }
    }
}

impl Connection {
    /// Accepts the client of a [`Step::SignIn`](super::Step::SignIn): appends CONNACK 0 and starts the keep-alive.
    /// Ignored at other times.
    pub fn accept(&mut self, now: Instant, acceptance: Acceptance<'_>, out: &mut Vec<u8>) {
        if self.state != State::SigningIn {
            return;
        }
        let is_keep_alive_cut = self.keep_alive_seconds > KEEP_ALIVE_SECONDS_MAX;
        self.keep_alive_seconds = self.keep_alive_seconds.min(KEEP_ALIVE_SECONDS_MAX);
        let wished = self.session_expiry_seconds;
        self.session_expiry_seconds = acceptance.session_expiry_seconds;
        self.state = State::SignedIn;
        self.active_at = now;
        self.role = acceptance.role;
        // [MQTT-3.1.2-24]: one and a half times the keep-alive; §3.1.2.10: zero switches it off.
        self.silence_max = if self.keep_alive_seconds > 0 {
            Silence::of(Duration::from_millis(u64::from(self.keep_alive_seconds) * 1500))
        } else {
            None
        };
        let mut properties = PropertyBuffer::new();
        if self.version == ProtocolVersion::V5 {
            announce(&mut properties, &acceptance);
            if is_keep_alive_cut {
                add(&mut properties, &Property::ServerKeepAlive(self.keep_alive_seconds));
            }
            if self.session_expiry_seconds != wished {
                add(&mut properties, &Property::SessionExpiry(self.session_expiry_seconds));
            }
        }
        let said = properties.as_properties();
        let answer = ConnAck::Accepted { session_present: acceptance.session_present, properties: said };
        encode::connack(out, self.version, &answer).expect("a few properties fit into a packet");
        if acceptance.role == Role::Backend {
            let mut inbound = Inbound::default();
            if let Some(received) = &acceptance.received {
                inbound.restore(received);
            }
            self.inbound = Some(Box::new(inbound));
        }
        self.in_flight = acceptance.in_flight;
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.start_again();
        }
    }

    /// Refuses the client of a [`Step::SignIn`](super::Step::SignIn): appends a CONNACK with the code and, from MQTT 5
    /// on, `why` in words. Write it, then close the socket.
    pub fn refuse(&mut self, refusal: ConnectRefusal, why: &str, out: &mut Vec<u8>) -> CloseReason {
        if matches!(self.state, State::SignedIn | State::Over) {
            return self.end(CloseReason::AlreadyOver);
        }
        let mut properties = PropertyBuffer::new();
        self.add_reason_string(why, &mut properties);
        let answer = ConnAck::Refused { refusal, properties: properties.as_properties() };
        encode::connack(out, self.version, &answer).expect("one property fits into a packet");
        self.end(CloseReason::Refused(refusal)) // [MQTT-3.2.2-5]
    }
}

/// What this server can do, as far as it is not what the standard assumes. Source: MQTT 5 §3.2.2.3.
fn announce(properties: &mut PropertyBuffer, acceptance: &Acceptance<'_>) {
    match acceptance.role {
        Role::Device => {
            add(properties, &Property::MaximumQoSIsOne(true));
            add(properties, &Property::SharedSubscriptionAvailable(false));
        }
        Role::Backend => {
            add(properties, &Property::ReceiveMaximum(RECEIVE_MAX));
            add(properties, &Property::TopicAliasMaximum(TOPIC_ALIAS_MAX));
        }
    }
    if !acceptance.retain_available {
        add(properties, &Property::RetainAvailable(false));
    }
    if !acceptance.subscription_ids_available {
        add(properties, &Property::SubscriptionIdsAvailable(false));
    }
    if acceptance.packet_bytes_max > 0 {
        add(properties, &Property::MaximumPacketSize(acceptance.packet_bytes_max));
    }
    if let Some(client_id) = acceptance.assigned_client_id {
        add(properties, &Property::AssignedClientId(client_id));
    }
}

/// A property that always fits: a number or a text made by this server.
pub(super) fn add(properties: &mut PropertyBuffer, property: &Property<'_>) {
    properties.push(property).expect("numbers and short texts fit");
}
