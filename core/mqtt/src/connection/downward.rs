//! Messages to the client, and its acknowledgements of them.

use super::{BACKEND_IN_FLIGHT_MAX, Connection, Framing, IN_FLIGHT_MAX, Role, Stage, State, Step};
use crate::{
    encode::{self, EncodeError},
    packet::{Acknowledgement, PacketId, PacketType, ProtocolVersion, Publish, QoS, ReasonCode},
    property::Properties,
};

/// Why a message could not be sent down. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Wait for a [`Step::Delivered`].
    #[error("as many messages as allowed wait for their acknowledgement")]
    InFlightFull,
    /// Not accepted yet, or over.
    #[error("client is not signed in")]
    NotSignedIn,
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A message for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    pub topic: &'a str,
    pub payload: &'a [u8],
    pub retain: bool,
    /// Written from MQTT 5 on; a message expiry must already be what is left of it, see [`expiry_left`].
    pub properties: Properties<'a>,
}

impl<'a> Message<'a> {
    /// A live message without properties.
    #[must_use]
    pub const fn new(topic: &'a str, payload: &'a [u8]) -> Self {
        Self { topic, payload, retain: false, properties: Properties::NONE }
    }
}

/// What is left of a message's life after it has waited; `None`: it has expired and must not be sent any more.
///
/// Units: seconds. Source: MQTT 5 [MQTT-3.3.2-5], [MQTT-3.3.2-6].
#[must_use]
pub fn expiry_left(expiry_seconds: u32, waited: std::time::Duration) -> Option<u32> {
    let waited = u32::try_from(waited.as_secs()).unwrap_or(u32::MAX);
    expiry_seconds.checked_sub(waited).filter(|&left| left > 0)
}

impl Connection {
    /// How messages to this client are written, for callers that encode them elsewhere.
    #[must_use]
    pub const fn framing(&self) -> Framing {
        Framing { version: self.version, packet_bytes_max: self.packet_bytes_max }
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
        let publish = packet(QoS::AtMostOnce, None, &Message::new(topic, payload));
        Ok(self.framing().publish(out, &publish)?)
    }

    /// Appends a message of QoS 1 and waits for its acknowledgement, a [`Step::Delivered`] with the returned id.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn publish_at_least_once(
        &mut self,
        topic: &str,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<PacketId, PublishError> {
        self.publish_acknowledged(Stage::AwaitsPubAck, &Message::new(topic, payload), out)
    }

    /// Appends a message of any QoS. Above QoS 0 the id is returned, and a [`Step::Delivered`] or [`Step::Declined`]
    /// with it ends the delivery.
    ///
    /// # Errors
    /// The client is not signed in; [`in_flight_max`](Self::in_flight_max) messages are unacknowledged or some of an
    /// earlier connection are still to be sent again; the message does not fit into a packet that the client takes.
    pub fn publish(
        &mut self,
        qos: QoS,
        message: &Message<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Option<PacketId>, PublishError> {
        let stage = match qos {
            QoS::AtMostOnce => {
                if self.state != State::SignedIn {
                    return Err(PublishError::NotSignedIn);
                }
                self.framing().publish(out, &packet(qos, None, message))?;
                return Ok(None);
            }
            QoS::AtLeastOnce => Stage::AwaitsPubAck,
            QoS::ExactlyOnce => Stage::AwaitsPubRec,
        };
        self.publish_acknowledged(stage, message, out).map(Some)
    }

    fn publish_acknowledged(
        &mut self,
        stage: Stage,
        message: &Message<'_>,
        out: &mut Vec<u8>,
    ) -> Result<PacketId, PublishError> {
        if self.state != State::SignedIn {
            return Err(PublishError::NotSignedIn);
        }
        let (framing, max) = (self.framing(), self.in_flight_max());
        let in_flight = self.in_flight.get_or_insert_default();
        let packet_id = in_flight.next_packet_id(max).ok_or(PublishError::InFlightFull)?;
        framing.publish(out, &packet(stage.qos(), Some(packet_id), message))?;
        in_flight.hold(packet_id, stage);
        Ok(packet_id)
    }

    /// Messages of QoS 1 and 2 that may be unacknowledged at once: ours for the role, or less if the client says so.
    #[must_use]
    pub fn in_flight_max(&self) -> usize {
        let ours = match self.role {
            Role::Device => IN_FLIGHT_MAX,
            Role::Backend => BACKEND_IN_FLIGHT_MAX,
        };
        ours.min(usize::from(self.receive_max))
    }

    /// Number of messages of QoS 1 and 2 the client has not acknowledged.
    #[must_use]
    pub fn in_flight_count(&self) -> usize {
        self.in_flight.as_ref().map_or(0, |in_flight| in_flight.len())
    }

    /// After the acceptance of a kept session, and after each [`Step::Delivered`]: the next message to send again, with
    /// [`resend`](Self::resend) or, if it no longer exists, [`forget`](Self::forget). Call until `None`.
    ///
    /// Releases of messages the client already has are appended on the way. Source: MQTT 3.1.1 [MQTT-4.4.0-1].
    pub fn next_resend(&mut self, out: &mut Vec<u8>) -> Option<(PacketId, QoS)> {
        let max = self.in_flight_max();
        let in_flight = self.in_flight.as_mut()?;
        loop {
            let (packet_id, stage) = in_flight.next_unsent(max)?;
            if stage != Stage::AwaitsPubComp {
                return Some((packet_id, stage.qos()));
            }
            encode::pubrel(out, packet_id);
            in_flight.was_sent_again();
        }
    }

    /// Sends the message of [`next_resend`](Self::next_resend) again, marked as a repetition.
    ///
    /// # Errors
    /// There is none to be sent, or it does not fit into a packet that the client takes; then [`forget`](Self::forget) it.
    pub fn resend(&mut self, message: &Message<'_>, out: &mut Vec<u8>) -> Result<(), PublishError> {
        let Some((packet_id, qos)) = self.next_resend(out) else { return Err(PublishError::NotSignedIn) };
        let publish = Publish { duplicate: true, ..packet(qos, Some(packet_id), message) };
        self.framing().publish(out, &publish)?;
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.was_sent_again();
        }
        Ok(())
    }

    /// Gives a message in flight up: its id may be used again.
    pub fn forget(&mut self, packet_id: PacketId) {
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.release(packet_id);
        }
    }

    /// PUBACK.
    pub(super) fn handle_puback(&mut self, said: &Acknowledgement<'_>) -> Step<'static> {
        // An acknowledgement of something else is harmless: a client may answer what an earlier connection sent it.
        if self.stage(said.packet_id) != Some(Stage::AwaitsPubAck) {
            return Step::Idle;
        }
        self.delivered(said)
    }

    /// PUBREC. A failure ends the delivery, everything else is answered with PUBREL. Source: MQTT 5 §4.3.3.
    pub(super) fn handle_pubrec(&mut self, said: &Acknowledgement<'_>, out: &mut Vec<u8>) -> Step<'static> {
        let packet_id = said.packet_id;
        match self.stage(packet_id) {
            Some(Stage::AwaitsPubRec) if said.reason.is_failure() => self.delivered(said),
            Some(Stage::AwaitsPubRec) => {
                if let Some(in_flight) = &mut self.in_flight {
                    in_flight.advance(packet_id);
                }
                encode::pubrel(out, packet_id);
                Step::Released(packet_id)
            }
            Some(Stage::AwaitsPubComp) => {
                encode::pubrel(out, packet_id);
                Step::Idle
            }
            Some(Stage::AwaitsPubAck) | None => {
                // Nothing waits for it; the client must still be let off.
                self.answer_unknown(PacketType::PubRel, packet_id, out);
                Step::Idle
            }
        }
    }

    /// PUBCOMP.
    pub(super) fn handle_pubcomp(&mut self, said: &Acknowledgement<'_>) -> Step<'static> {
        if self.stage(said.packet_id) != Some(Stage::AwaitsPubComp) {
            return Step::Idle;
        }
        self.forget(said.packet_id);
        Step::Delivered(said.packet_id)
    }

    /// PUBREL or PUBCOMP for an id nobody knows: from MQTT 5 on it says so.
    pub(super) fn answer_unknown(&self, packet_type: PacketType, packet_id: PacketId, out: &mut Vec<u8>) {
        let reason = match self.version {
            ProtocolVersion::V5 => ReasonCode::PacketIdNotFound,
            ProtocolVersion::V3_1 | ProtocolVersion::V3_1_1 => ReasonCode::Success,
        };
        let said = Acknowledgement { reason, ..Acknowledgement::success(packet_id) };
        encode::acknowledgement(out, self.version, packet_type, &said).expect("an id and a reason fit into a packet");
    }

    fn stage(&self, packet_id: PacketId) -> Option<Stage> {
        self.in_flight.as_ref()?.stage(packet_id)
    }

    fn delivered(&mut self, said: &Acknowledgement<'_>) -> Step<'static> {
        let Acknowledgement { packet_id, reason, .. } = *said;
        self.forget(packet_id);
        if reason.is_failure() { Step::Declined { packet_id, reason } } else { Step::Delivered(packet_id) }
    }
}

fn packet<'a>(qos: QoS, packet_id: Option<PacketId>, message: &Message<'a>) -> Publish<'a> {
    let Message { topic, payload, retain, properties } = *message;
    Publish { duplicate: false, qos, retain, topic, packet_id, properties, payload }
}
