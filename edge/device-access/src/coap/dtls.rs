//! One DTLS client: datagrams in, messages out, and back.
//!
//! OpenSSL reads from and writes to a pipe in memory. It keeps its own time for sending a flight again: it looks at the
//! clock whenever it is asked to go on with the handshake.

pub(super) mod hello;

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_services::directory::DirectoryDevice;
use lianwu_services::stranger::{Cause, Claimed};
use openssl::error::ErrorStack;
use openssl::ssl::{ErrorCode, SslContext, SslStream};

use crate::tls::Refused;
use crate::tls::context::{KeyAnswer, answer, dtls_handshake};
use crate::tls::refused;
use hello::Hello;
use lianwu_services::logs::notes;

/// How often OpenSSL is asked whether to send a flight again.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Longest message of one record. Source: RFC 5246 §6.2.1.
const RECORD_BYTES_MAX: usize = 16 * 1024;

/// What became of a datagram.
pub(super) enum Progress {
    /// These messages came; none while the handshake lasts.
    Messages(Vec<Vec<u8>>),
    /// Over, and who is to be told why, if it failed.
    Over(Option<Box<Failed>>),
}

/// A handshake that came to nothing.
pub(super) enum Failed {
    Known {
        refused: Refused,
        /// Counts as a failed sign-in.
        is_counted: bool,
        /// The source must wait; nothing was checked.
        is_unchecked: bool,
    },
    /// It named no product of this platform, or nobody at all.
    Stranger { source: IpAddr, claimed: Claimed, cause: Cause, detail: String },
}

enum Stage {
    /// To be done by `until`.
    Handshake {
        until: Instant,
        next: Instant,
    },
    Open(Arc<DirectoryDevice>),
}

pub(super) struct Session {
    stream: SslStream<Pipe>,
    stage: Stage,
    source: SocketAddr,
    pub(super) random: [u8; 32],
    /// The client has sent something encrypted.
    has_encrypted: bool,
}

/// What lies between OpenSSL and the socket.
struct Pipe {
    incoming: VecDeque<Box<[u8]>>,
    outgoing: Vec<Vec<u8>>,
    /// Added to the numbers of records in the clear.
    offset: u64,
    is_muted: bool,
}

impl Session {
    /// Begins with a hello whose cookie is good. `None` when it is none that follows another.
    pub(super) fn start(
        context: &SslContext,
        source: SocketAddr,
        hello: &Hello<'_>,
        datagram: &[u8],
        now: Instant,
        until: Instant,
    ) -> Result<Option<Self>, ErrorStack> {
        let Some(before) = hello.before() else { return Ok(None) };
        let ssl = dtls_handshake(context, source.ip())?;
        let pipe = Pipe {
            incoming: VecDeque::from([before.into_boxed_slice()]),
            outgoing: Vec::new(),
            offset: hello.sequence - 1,
            is_muted: true,
        };
        let mut stream = SslStream::new(ssl, pipe)?;
        // OpenSSL asks for a cookie, which nobody hears: the client has sent one.
        let _ = stream.accept();
        stream.get_mut().is_muted = false;
        let stage = Stage::Handshake { until, next: now + ASK_EVERY };
        let mut session = Self { stream, stage, source, random: hello.random, has_encrypted: false };
        // The rest of the datagram, if there is one, is lost; a client sends nothing behind its hello.
        session.stream.get_mut().incoming.push_back(datagram.into());
        Ok(Some(session))
    }

    /// The device that has proved itself.
    pub(super) fn device(&self) -> Option<&Arc<DirectoryDevice>> {
        match &self.stage {
            Stage::Open(device) => Some(device),
            Stage::Handshake { .. } => None,
        }
    }

    /// Takes a datagram.
    pub(super) fn receive(&mut self, now: Instant, datagram: &[u8]) -> Progress {
        self.has_encrypted |= has_encrypted(datagram);
        self.stream.get_mut().incoming.push_back(datagram.into());
        self.go_on(now)
    }

    /// Goes on with what has come.
    pub(super) fn go_on(&mut self, now: Instant) -> Progress {
        if let Stage::Handshake { until, .. } = self.stage {
            match self.stream.accept() {
                Ok(()) => match answer(self.stream.ssl()) {
                    Some(KeyAnswer::Given(device)) => self.stage = Stage::Open(Arc::clone(device)),
                    _ => return Progress::Over(None),
                },
                Err(error) if is_waiting(&error) => {
                    if now >= until {
                        return Progress::Over(self.timed_out());
                    }
                    self.stage = Stage::Handshake { until, next: now + ASK_EVERY };
                    return Progress::Messages(Vec::new());
                }
                Err(error) => return Progress::Over(self.failed(&error)),
            }
        }
        let mut messages = Vec::new();
        let mut buffer = vec![0; RECORD_BYTES_MAX];
        loop {
            match self.stream.ssl_read(&mut buffer) {
                Ok(length) => messages.push(buffer[..length].to_vec()),
                Err(error) if is_waiting(&error) => return Progress::Messages(messages),
                // Goodbye, or an alert that ends it.
                Err(_) => return Progress::Over(None),
            }
        }
    }

    /// Encrypts one message. Nothing before the handshake is done.
    pub(super) fn send(&mut self, message: &[u8]) {
        if self.device().is_some() {
            // A message that cannot be sent is lost like any datagram.
            let _ = self.stream.ssl_write(message);
        }
    }

    /// Says goodbye.
    pub(super) fn end(&mut self) {
        let _ = self.stream.shutdown();
    }

    /// Datagrams to be sent.
    pub(super) fn take_outgoing(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.stream.get_mut().outgoing)
    }

    /// When [`Session::go_on`] is to be called without a datagram.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Handshake { next, .. } => Some(next),
            Stage::Open(_) => None,
        }
    }

    fn failed(&self, error: &openssl::ssl::Error) -> Option<Box<Failed>> {
        let answer = answer(self.stream.ssl());
        let is_counted = refused::is_wrong_key(answer, error) || matches!(answer, Some(KeyAnswer::Refused(_)));
        if answer.is_none() {
            let (source, claimed, cause) = (self.source.ip(), Claimed::default(), Cause::HandshakeFailed);
            return Some(Box::new(Failed::Stranger { source, claimed, cause, detail: refused::reason(error) }));
        }
        self.refused(answer, refused::why(answer, error), is_counted)
    }

    /// A last message that cannot be decrypted is dropped like any other: a wrong key looks like silence (RFC 6347 §4.1.2.7).
    pub(super) fn timed_out(&self) -> Option<Box<Failed>> {
        let answer = answer(self.stream.ssl());
        match answer {
            Some(KeyAnswer::Given(_)) if self.has_encrypted => {
                self.refused(answer, notes::PSK_MISMATCH.to_owned(), true)
            }
            _ => None,
        }
    }

    fn refused(&self, answer: Option<&KeyAnswer>, why: String, is_counted: bool) -> Option<Box<Failed>> {
        let source = self.source.ip();
        let (product, device, number, is_unchecked) = match answer? {
            KeyAnswer::Given(device) => (device.product, device.name.as_str().into(), device.number, false),
            KeyAnswer::Refused(refused) => match refused.product {
                Some(product) => (product, refused.device.clone(), refused.number, refused.is_unchecked),
                None => {
                    let (claimed, cause) = (refused.claimed.clone(), refused.cause);
                    return Some(Box::new(Failed::Stranger { source, claimed, cause, detail: String::new() }));
                }
            },
        };
        let code = refused::code(answer);
        let refused = Refused { product, device, number, why, code, source, transport: "dtls" };
        Some(Box::new(Failed::Known { refused, is_counted, is_unchecked }))
    }
}

/// Does it want another datagram?
fn is_waiting(error: &openssl::ssl::Error) -> bool {
    error.code() == ErrorCode::WANT_READ || error.code() == ErrorCode::WANT_WRITE
}

impl Read for Pipe {
    /// One datagram at a time; what does not fit is cut off, as a socket does.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(datagram) = self.incoming.pop_front() else { return Err(io::ErrorKind::WouldBlock.into()) };
        let length = datagram.len().min(into.len());
        into[..length].copy_from_slice(&datagram[..length]);
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_muted {
            let mut datagram = bytes.to_vec();
            renumber(&mut datagram, self.offset);
            self.outgoing.push(datagram);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Is there an encrypted record among those of a datagram? Its epoch is above 0.
fn has_encrypted(datagram: &[u8]) -> bool {
    let mut rest = datagram;
    while let Some((header, behind)) = rest.split_first_chunk::<13>() {
        if header[3..5] != [0, 0] {
            return true;
        }
        let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
        rest = behind.get(length..).unwrap_or_default();
    }
    false
}

/// The server's records in the clear are numbered on from the client's second hello (RFC 6347 §4.2.1), OpenSSL's from 1.
fn renumber(datagram: &mut [u8], offset: u64) {
    let mut rest = datagram;
    while offset > 0 && rest.len() >= 13 {
        let length = 13 + usize::from(u16::from_be_bytes([rest[11], rest[12]]));
        if rest[3..5] == [0, 0] {
            let number = rest[5..11].iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
            rest[5..11].copy_from_slice(&number.wrapping_add(offset).to_be_bytes()[2..]);
        }
        let at = length.min(rest.len());
        rest = &mut rest[at..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records in the clear get other numbers, encrypted ones keep theirs.
    #[test]
    fn records_are_renumbered() {
        let mut datagram = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 255, 0, 1, 9];
        datagram.extend([22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9]);
        datagram.extend([22, 0xfe, 0xfd]);
        renumber(&mut datagram, 2);
        assert_eq!(datagram[5..11], [0, 0, 0, 0, 1, 1]);
        assert_eq!(datagram[19..25], [0, 0, 0, 0, 0, 0]);
    }
}
