//! Strangers on a connection: what they did wrong, for the platform's administrator.

use lianwu_services::stranger::{Cause, Claimed, Listener, Refusal};

use crate::worker::Worker;
use crate::worker::io::stream::Stream;
use crate::worker::state::{Place, State};

/// How a handshake of TLS begins: its type of record, and the first byte of its version. Source: RFC 8446 §5.1.
const TLS: [u8; 2] = [22, 3];

/// Methods of HTTP, as a request begins.
const HTTP: [&[u8]; 6] = [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"CONNECT "];

/// What somebody speaks whose first bytes are no packet of MQTT.
pub(crate) fn spoken(bytes: &[u8]) -> Cause {
    if bytes.starts_with(&TLS) {
        Cause::TlsOnPlainPort
    } else if HTTP.iter().any(|method| bytes.starts_with(method)) {
        Cause::HttpOnMqttPort
    } else {
        Cause::NotMqtt
    }
}

/// Of a sign-in that concerns no product: is it the ProductId, or is there none to be seen?
pub(super) fn of_client_id(client_id: &str) -> (Claimed, Cause) {
    let claimed = Claimed::by_client_id(client_id);
    let cause = if claimed == Claimed::default() { Cause::ClientIdForm } else { Cause::UnknownProduct };
    (claimed, cause)
}

impl Worker {
    /// Counts the refusal of a connection that has not signed in.
    pub(crate) fn note_stranger(&self, state: &mut State, place: Place, claimed: Claimed, cause: Cause) {
        let now = state.wall;
        let Some(connection) = state.connection(place) else { return };
        let listener = match &connection.stream {
            Stream::Plain(_) => Listener::Mqtt,
            Stream::Tls(_) => Listener::Mqtts,
            Stream::WebSocket(stream) if stream.is_encrypted() => Listener::Wss,
            Stream::WebSocket(_) => Listener::Ws,
            // It stands for a device that is known.
            Stream::Reply(_) => return,
        };
        let source = connection.peer.ip();
        self.platform.strangers.note(now, Refusal { listener, source, claimed, cause, detail: "" });
    }

    /// The first bytes of a connection are none of MQTT, or no CONNECT.
    pub(crate) fn note_foreign_words(&self, state: &mut State, place: Place, bytes: &[u8]) {
        let is_stranger = state.connection(place).is_some_and(|connection| !connection.is_signed_in());
        if is_stranger {
            self.note_stranger(state, place, Claimed::default(), spoken(bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_protocols_are_told_by_their_first_bytes() {
        assert_eq!(spoken(&[22, 3, 1, 2, 0]), Cause::TlsOnPlainPort);
        assert_eq!(spoken(b"GET / HTTP/1.1\r\n"), Cause::HttpOnMqttPort);
        assert_eq!(spoken(b"SSH-2.0"), Cause::NotMqtt);
        assert_eq!(spoken(b""), Cause::NotMqtt);
    }
}
