//! A blocking MQTT connection with a time limit for each wait.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use lianwu_mqtt::{DecodeError, Packet, PacketId, ProtocolVersion, decode};
use openssl::ssl::SslStream;

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
    Clear(TcpStream),
    Tls(SslStream<TcpStream>),
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
        Self::over(Stream::Clear(stream))
    }

    pub fn secured(stream: SslStream<TcpStream>) -> Self {
        Self::over(Stream::Tls(stream))
    }

    fn over(stream: Stream) -> Self {
        Self { stream, received: Vec::new(), version: ProtocolVersion::V3_1_1, next_id: PacketId::FIRST }
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
        let sent = match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(bytes),
            Stream::Tls(stream) => stream.write_all(bytes),
        };
        sent.map_err(broken)
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

    fn fill(&mut self, end: Instant, timeout: Duration) -> Result<(), Ended> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Ended::TimedOut(timeout));
        }
        self.socket().set_read_timeout(Some(left)).map_err(broken)?;
        let mut buffer = [0; 4096];
        let count = match &mut self.stream {
            Stream::Clear(stream) => stream.read(&mut buffer).map_err(|error| timed(error, timeout))?,
            Stream::Tls(stream) => stream.ssl_read(&mut buffer).or_else(|error| tls_end(error, timeout))?,
        };
        if count == 0 {
            return Err(Ended::Closed);
        }
        self.received.extend_from_slice(&buffer[..count]);
        Ok(())
    }

    fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Clear(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
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
