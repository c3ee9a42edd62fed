//! The bytes of MQTT in the frames of a WebSocket.
//!
//! Packets may be split over frames or joined in one (MQTT 5 section 6), so frames are only taken off and put on here. The library is
//! given a [`Pipe`] that never waits, over a socket that may move to another thread's runtime.

use std::io::{self, Read, Write};
use std::task::{Context, Poll, Waker};

use axum::body::Bytes;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tungstenite::error::{CapacityError, Error, ProtocolError};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

use crate::worker::{Moving, Stream};

/// Every connection keeps a buffer of this size.
const READ_BYTES: usize = 2 * 1024;

/// Longest frame that is sent: what is written is copied once.
const FRAME_BYTES_MAX: usize = 16 * 1024;

/// Messages of the WebSocket itself, and empty ones, that are handled before other connections have their turn.
const MESSAGES_PER_READ: usize = 64;

/// A connection over a WebSocket.
pub(crate) struct WsStream {
    socket: WebSocket<Pipe>,
    /// What was received and not read yet.
    message: Bytes,
    /// So many bytes, first in what is given to be written next, are in a frame that waits for the socket.
    owed: usize,
    /// What the other side is told at the end.
    code: CloseCode,
}

/// The socket as the library sees it.
struct Pipe {
    carrier: Carrier,
    /// Whom to wake when there is something to read.
    reader: Waker,
    /// Collects what is to be said last.
    last_words: Option<Vec<u8>>,
}

enum Carrier {
    /// Belongs to the runtime of this thread.
    Here(Stream),
    /// On its way to another.
    Away(Moving),
    Gone,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Carrier::Here(stream) = &mut self.carrier else { return Err(io::ErrorKind::NotConnected.into()) };
        let mut into = ReadBuf::new(into);
        match stream.poll_read(&mut Context::from_waker(&self.reader), &mut into) {
            Poll::Ready(read) => read.map(|()| into.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(last_words) = &mut self.last_words {
            last_words.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        match &mut self.carrier {
            Carrier::Here(stream) => stream.try_write(bytes),
            Carrier::Away(socket) => socket.write(bytes),
            Carrier::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a frame may hold: clients join packets, and one of the longest may be among them.
fn bounded(config: &mut WebSocketConfig, packet_bytes_max: usize) {
    let bytes_max = packet_bytes_max.saturating_mul(2);
    config.max_frame_size = Some(bytes_max);
    config.max_message_size = Some(bytes_max);
}

impl WsStream {
    /// Goes on with a socket behind the answer that made it a WebSocket; `early` came behind the request.
    pub(crate) fn new(socket: Moving, early: Bytes, packet_bytes_max: usize) -> Self {
        let pipe = Pipe { carrier: Carrier::Away(socket), reader: Waker::noop().clone(), last_words: None };
        let mut config = WebSocketConfig::default().read_buffer_size(READ_BYTES).write_buffer_size(0);
        bounded(&mut config, packet_bytes_max);
        Self {
            socket: WebSocket::from_partially_read(pipe, early.into(), Role::Server, Some(config)),
            message: Bytes::new(),
            owed: 0,
            code: CloseCode::Normal,
        }
    }

    /// Is there TLS below?
    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self.socket.get_ref().carrier, Carrier::Here(Stream::Tls(_)) | Carrier::Away(Moving::Tls(_)))
    }

    /// From now on packets may be this long.
    pub(crate) fn let_in(&mut self, packet_bytes_max: usize) {
        self.socket.set_config(|config| bounded(config, packet_bytes_max));
    }

    /// Nothing read means the end.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.socket.get_mut().reader.clone_from(cx.waker());
        for _ in 0..MESSAGES_PER_READ {
            if !self.message.is_empty() {
                let length = self.message.len().min(into.remaining());
                into.put_slice(&self.message.split_to(length));
                return Poll::Ready(Ok(()));
            }
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => self.message = bytes,
                Ok(Message::Text(_)) => return Poll::Ready(Err(self.refuse(CloseCode::Unsupported, &TEXT))),
                // The library answers them, with the next call at the latest.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(Error::Io(error)) => return Poll::Ready(Err(error)),
                Err(error) if is_end(&error) => return Poll::Ready(Ok(())),
                Err(error) => return Poll::Ready(Err(self.refuse(code(&error), &error))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn refuse(&mut self, code: CloseCode, why: &dyn std::fmt::Display) -> io::Error {
        self.code = code;
        io::Error::new(io::ErrorKind::InvalidData, format!("WebSocket: {why}"))
    }

    /// Writes as much as the socket takes. What was not taken must be given again, at the front.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.flush().map_err(io_error)?;
        // What was framed before is out now.
        let mut written = std::mem::take(&mut self.owed).min(bytes.len());
        while written < bytes.len() {
            let end = bytes.len().min(written + FRAME_BYTES_MAX);
            let frame = Message::Binary(Bytes::copy_from_slice(&bytes[written..end]));
            match self.socket.write(frame).and_then(|()| self.socket.flush()).map_err(io_error) {
                Ok(()) => written = end,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.owed = end - written;
                    return if written == 0 { Err(error) } else { Ok(written) };
                }
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.socket.get_ref().carrier {
            Carrier::Here(stream) => stream.poll_write_ready(cx),
            Carrier::Away(_) | Carrier::Gone => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Last words and the end of the WebSocket, past the runtime. What does not fit into the socket is lost.
    pub(crate) fn end(mut self, last: &[u8]) -> Option<TcpStream> {
        let last = &last[self.owed.min(last.len())..];
        self.socket.get_mut().last_words = Some(Vec::new());
        // One that the other side has ended already takes nothing more.
        if !last.is_empty() {
            let _ = self.socket.write(Message::Binary(Bytes::copy_from_slice(last)));
        }
        let _ = self.socket.close(Some(CloseFrame { code: self.code, reason: "".into() }));
        let pipe = self.socket.get_mut();
        let last_words = pipe.last_words.take().unwrap_or_default();
        match std::mem::replace(&mut pipe.carrier, Carrier::Gone) {
            Carrier::Here(stream) => stream.end(&last_words),
            Carrier::Away(_) | Carrier::Gone => None,
        }
    }

    /// Takes the socket out of this thread's runtime.
    pub(crate) fn detach(&mut self) -> io::Result<()> {
        let pipe = self.socket.get_mut();
        let Carrier::Here(stream) = std::mem::replace(&mut pipe.carrier, Carrier::Gone) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        pipe.carrier = Carrier::Away(stream.detach()?);
        pipe.reader = Waker::noop().clone();
        Ok(())
    }

    /// Puts it into this thread's runtime.
    pub(crate) fn attach(&mut self) -> io::Result<()> {
        let pipe = self.socket.get_mut();
        let Carrier::Away(socket) = std::mem::replace(&mut pipe.carrier, Carrier::Gone) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        pipe.carrier = Carrier::Here(socket.attach()?);
        Ok(())
    }
}

/// [MQTT-6.0.0-1].
const TEXT: &str = "a text frame, MQTT comes in binary ones";

/// Closed with the farewell of the WebSocket, or without: many devices do that, and MQTT has a farewell of its own.
fn is_end(error: &Error) -> bool {
    let is_reset = matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake));
    is_reset || matches!(error, Error::ConnectionClosed | Error::AlreadyClosed)
}

/// Source: RFC 6455 section 7.4.1.
fn code(error: &Error) -> CloseCode {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => CloseCode::Size,
        Error::Utf8(_) => CloseCode::Invalid,
        _ => CloseCode::Protocol,
    }
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error if is_end(&error) => io::ErrorKind::ConnectionAborted.into(),
        error => io::Error::other(error),
    }
}
