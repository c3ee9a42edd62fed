//! A blocking MQTT connection with a time limit for each wait.

mod websocket;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lianwu_mqtt::{DecodeError, Packet, PacketId, ProtocolVersion, decode};
use openssl::ssl::SslStream;
use tungstenite::WebSocket;

use super::ServerAddress;
pub(super) use websocket::NotSwitched;

/// Longest packet that is read; a server sends devices far less.
const PACKET_BYTES_MAX: usize = 256 * 1024;

/// Beginning of what was no MQTT, for the user.
const SHOWN_BYTES_MAX: usize = 40;

/// How a wait ended without a packet.
#[derive(Debug)]
pub(super) enum Ended {
    /// The server closed the connection.
    Closed,
    /// The connection was reset or broke.
    Broken(io::Error),
    TimedOut(Duration),
    /// A TLS alert, or a TLS record that cannot be read.
    Tls(openssl::ssl::Error),
    /// The other side speaks something else.
    NotMqtt {
        error: DecodeError,
        begin: Vec<u8>,
    },
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Closed => f.write_str("the server closed the connection"),
            Self::Broken(error) => write!(f, "{error}"),
            Self::TimedOut(after) => write!(f, "no answer within {} s", after.as_secs()),
            Self::Tls(error) => write!(f, "{error}"),
            Self::NotMqtt { error, begin } => {
                write!(f, "not MQTT ({error}): {:?}", String::from_utf8_lossy(begin))
            }
        }
    }
}

enum Stream {
    Raw(Wire),
    Frames(Box<WebSocket<Wire>>),
}

/// What carries the bytes.
enum Wire {
    Clear(TcpStream),
    Tls(SslStream<TcpStream>),
}

impl Wire {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Clear(stream) => stream,
            Self::Tls(stream) => stream.get_ref(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// A connection on which packets are sent and awaited.
pub(super) struct Channel {
    stream: Stream,
    received: Vec<u8>,
    version: ProtocolVersion,
    next_id: PacketId,
}

impl Channel {
    pub fn clear(stream: TcpStream) -> Self {
        Self::over(Wire::Clear(stream))
    }

    pub fn secured(stream: SslStream<TcpStream>) -> Self {
        Self::over(Wire::Tls(stream))
    }

    fn over(wire: Wire) -> Self {
        let stream = Stream::Raw(wire);
        Self { stream, received: Vec::new(), version: ProtocolVersion::V3_1_1, next_id: PacketId::FIRST }
    }

    /// Goes on as a WebSocket.
    pub fn switch(self, server: &ServerAddress, timeout: Duration) -> Result<Self, NotSwitched> {
        let Stream::Raw(wire) = self.stream else { return Ok(self) };
        wire.socket().set_read_timeout(Some(timeout)).map_err(|error| NotSwitched::Ended(broken(error)))?;
        let stream = Stream::Frames(websocket::ask(wire, server)?);
        Ok(Self { stream, received: self.received, version: self.version, next_id: self.next_id })
    }

    /// What comes is read as this version.
    pub fn speak(&mut self, version: ProtocolVersion) {
        self.version = version;
    }

    pub fn take_id(&mut self) -> PacketId {
        let id = self.next_id;
        self.next_id = id.next();
        id
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        match &mut self.stream {
            Stream::Raw(wire) => wire.write_all(bytes).map_err(broken),
            Stream::Frames(socket) => websocket::send(socket, bytes),
        }
    }

    /// Waits for a packet that `look` makes something of; others are passed over.
    pub fn wait<T>(&mut self, timeout: Duration, mut look: impl FnMut(&Packet<'_>) -> Option<T>) -> Result<T, Ended> {
        let end = Instant::now() + timeout;
        loop {
            loop {
                let (found, bytes) = match decode(&self.received, self.version, PACKET_BYTES_MAX) {
                    Ok(Some((packet, bytes))) => (look(&packet), bytes),
                    Ok(None) => break,
                    Err(error) => {
                        let begin = self.received.iter().copied().take(SHOWN_BYTES_MAX).collect();
                        return Err(Ended::NotMqtt { error, begin });
                    }
                };
                self.received.drain(..bytes);
                if let Some(found) = found {
                    return Ok(found);
                }
            }
            self.fill(end, timeout)?;
        }
    }

    /// Waits for bytes that `look` makes something of, at most so many; they are taken.
    pub fn wait_bytes<T>(
        &mut self,
        timeout: Duration,
        bytes_max: usize,
        look: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Ended> {
        let end = Instant::now() + timeout;
        loop {
            if let Some(found) = look(&self.received) {
                self.received.clear();
                return Ok(found);
            }
            if self.received.len() > bytes_max {
                return Err(Ended::Broken(io::Error::other("the answer is too long")));
            }
            self.fill(end, timeout)?;
        }
    }

    fn fill(&mut self, end: Instant, timeout: Duration) -> Result<(), Ended> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Ended::TimedOut(timeout));
        }
        self.socket().set_read_timeout(Some(left)).map_err(broken)?;
        let mut buffer = [0; 4096];
        let count = match &mut self.stream {
            Stream::Raw(Wire::Clear(stream)) => stream.read(&mut buffer).map_err(|error| timed(error, timeout))?,
            Stream::Raw(Wire::Tls(stream)) => stream.ssl_read(&mut buffer).or_else(|error| tls_end(error, timeout))?,
            Stream::Frames(socket) => {
                let read = websocket::read(socket).map_err(|ended| match ended {
                    Ended::Broken(error) => timed(error, timeout),
                    other => other,
                });
                self.received.extend_from_slice(&read?);
                return Ok(());
            }
        };
        if count == 0 {
            return Err(Ended::Closed);
        }
        self.received.extend_from_slice(&buffer[..count]);
        Ok(())
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Raw(wire) => wire.socket(),
            Stream::Frames(socket) => socket.get_ref().socket(),
        }
    }
}

fn broken(error: io::Error) -> Ended {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => Ended::Closed,
        _ => Ended::Broken(error),
    }
}

fn timed(error: io::Error, timeout: Duration) -> Ended {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Ended::TimedOut(timeout),
        _ => broken(error),
    }
}

/// An orderly end is a read of nothing; an alert is told apart from a network that fails.
fn tls_end(error: openssl::ssl::Error, timeout: Duration) -> Result<usize, Ended> {
    use openssl::ssl::ErrorCode;
    match error.code() {
        ErrorCode::ZERO_RETURN => Ok(0),
        ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Err(Ended::TimedOut(timeout)),
        _ if error.ssl_error().is_some_and(|stack| !stack.errors().is_empty()) => Err(Ended::Tls(error)),
        _ => Err(error.into_io_error().map_or(Ended::Closed, |error| timed(error, timeout))),
    }
}
