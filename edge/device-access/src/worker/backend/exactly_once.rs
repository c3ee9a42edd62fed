//! Messages of QoS 2 of a kept session: what is answered must be known after a crash, so it is answered
//! once it is durable.

use lianwu_mqtt::{Packet, Step};
use lianwu_ports::states::backend_session::Change;

use crate::worker::Worker;
use crate::worker::state::{Place, State};

impl Worker {
    /// PUBREC, PUBREL and a PUBLISH of QoS 2. Without a kept session they are answered at once.
    pub(crate) fn handle_exactly_once<'p>(state: &mut State, place: Place, packet: Packet<'p>) -> Step<'p> {
        let now = state.now;
        let released = if let Packet::PubRel(said) = &packet { Some(said.packet_id) } else { None };
        let repeated = if let Packet::Publish(publish) = &packet { publish.packet_id } else { None };
        let session = state.kept_at(place);
        let mut answer = Vec::new();
        let Some(connection) = state.connection(place) else { return Step::Idle };
        let step = connection.mqtt.handle(now, packet, &mut answer);
        let change = match (&step, released) {
            // After PUBREL the client forgets the id: a message of that id would be another one to it.
            (Step::Released(id), _) => Some(Change::Received { packet_id: id.get() }),
            // After PUBCOMP it may use the id for another message.
            (Step::Idle, Some(id)) => Some(Change::Released { packet_id: id.get() }),
            // Answered before, perhaps on a connection that ended before its message was durable.
            (Step::Idle, None) if !answer.is_empty() => repeated.map(|id| Change::Taken { packet_id: id.get() }),
            _ => None,
        };
        match (session, change) {
            (Some(number), Some(change)) => {
                if let (Some(session), Some(id)) = (state.kept.sessions.get_mut(&number), released) {
                    session.taken.remove(&id);
                }
                state.note(number, &change);
                state.held.hold(place, |out| out.extend_from_slice(&answer));
            }
            _ => state.send(place, |_, out| out.extend_from_slice(&answer)),
        }
        step
    }
}
