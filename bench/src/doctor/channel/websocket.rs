//! The request for a WebSocket, and its answer. The frames are `tungstenite`'s business.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

use super::{Ended, Wire, broken};
use crate::doctor::ServerAddress;

/// Longest head of an answer that is read.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The server answered the request, but not with a WebSocket: its first line.
#[derive(Debug)]
pub(in crate::doctor) enum NotSwitched {
    Ended(Ended),
    Answer(String),
}

/// Asks for a WebSocket of MQTT; the time limit of the socket is set already.
pub(super) fn ask(mut wire: Wire, server: &ServerAddress) -> Result<Box<WebSocket<Wire>>, NotSwitched> {
    let mut random = [0_u8; 16];
    let no_random =
        |error: getrandom::Error| NotSwitched::Ended(Ended::Broken(std::io::Error::other(error.to_string())));
    getrandom::fill(&mut random).map_err(no_random)?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
        server.path,
        server.host,
        STANDARD.encode(random)
    );
    let failed = |error| NotSwitched::Ended(broken(error));
    wire.write_all(request.as_bytes()).map_err(failed)?;
    let mut head = Vec::new();
    // Byte by byte: what follows belongs to the frames.
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        let mut byte = [0];
        wire.read_exact(&mut byte).map_err(failed)?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head);
    let first = text.lines().next().unwrap_or_default();
    if first.split(' ').nth(1) == Some("101") {
        Ok(Box::new(WebSocket::from_raw_socket(wire, Role::Client, None)))
    } else {
        Err(NotSwitched::Answer(first.chars().take(80).collect()))
    }
}

pub(super) fn send(socket: &mut WebSocket<Wire>, bytes: &[u8]) -> Result<(), Ended> {
    socket.send(Message::Binary(bytes.to_vec().into())).map_err(ended)
}

/// The next bytes; frames of the WebSocket itself bring none.
pub(super) fn read(socket: &mut WebSocket<Wire>) -> Result<Vec<u8>, Ended> {
    match socket.read().map_err(ended)? {
        Message::Binary(bytes) => Ok(bytes.to_vec()),
        Message::Close(_) => Err(Ended::Closed),
        _ => Ok(Vec::new()),
    }
}

fn ended(error: tungstenite::Error) -> Ended {
    match error {
        tungstenite::Error::Io(error) => broken(error),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Ended::Closed,
        other => Ended::Broken(std::io::Error::other(other)),
    }
}
