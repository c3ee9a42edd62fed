//! An encrypted connection: OpenSSL over a socket that may move to another thread's runtime.
//!
//! OpenSSL is given a [`Pipe`] that never waits; where it wants to, the socket's readiness is asked for here.

use std::io::{self, Read, Write};
use std::net::TcpStream as StdStream;
use std::sync::Arc;
use std::task::{Context, Poll};

use lianwu_services::directory::DirectoryDevice;
use openssl::ssl::{Error, ErrorCode, Ssl, SslStream};
use socket2::SockRef;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

/// A connection whose handshake is done.
pub(crate) struct TlsStream {
    ssl: SslStream<Pipe>,
    /// The device that proved itself by its key.
    proven: Option<Arc<DirectoryDevice>>,
}

/// The socket as OpenSSL sees it.
#[derive(Debug)]
pub(crate) struct Pipe {
    socket: Socket,
    /// Read before OpenSSL was asked, not yet given to it.
    early: Vec<u8>,
    /// What came first.
    first: Option<u8>,
}

#[derive(Debug)]
enum Socket {
    /// Belongs to the runtime of this thread.
    Here(TcpStream),
    /// On its way to another thread, or past its runtime: written without a look at what the runtime knows.
    Away(StdStream),
    /// Taken out at the end.
    Gone,
}

impl Pipe {
    pub(crate) fn new(socket: TcpStream, early: Vec<u8>) -> Self {
        let first = early.first().copied();
        Self { socket: Socket::Here(socket), early, first }
    }

    fn here(&self) -> io::Result<&TcpStream> {
        match &self.socket {
            Socket::Here(socket) => Ok(socket),
            Socket::Away(_) | Socket::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.early.is_empty() {
            let length = self.here()?.try_read(into)?;
            self.first = self.first.or(into[..length].first().copied());
            return Ok(length);
        }
        let length = self.early.len().min(into.len());
        into[..length].copy_from_slice(&self.early[..length]);
        self.early.drain(..length);
        if self.early.is_empty() {
            self.early = Vec::new();
        }
        Ok(length)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.socket {
            Socket::Here(socket) => socket.try_write(bytes),
            Socket::Away(socket) => socket.write(bytes),
            Socket::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits as long as OpenSSL must wait for its socket.
async fn wait_for(error: Error, pipe: &Pipe) -> Result<(), Error> {
    let waited = match (error.code(), &pipe.socket) {
        (ErrorCode::WANT_READ, Socket::Here(socket)) => socket.readable().await,
        (ErrorCode::WANT_WRITE, Socket::Here(socket)) => socket.writable().await,
        _ => return Err(error),
    };
    waited.map_err(|_| error)
}

/// A handshake that is going on.
pub(crate) struct Handshake {
    ssl: SslStream<Pipe>,
}

impl Handshake {
    pub(crate) fn new(ssl: Ssl, pipe: Pipe) -> Result<Self, openssl::error::ErrorStack> {
        Ok(Self { ssl: SslStream::new(ssl, pipe)? })
    }

    /// Goes on until it is over. May be dropped while it waits.
    pub(crate) async fn run(&mut self) -> Result<(), Error> {
        loop {
            match self.ssl.accept() {
                Ok(()) => return Ok(()),
                Err(error) => wait_for(error, self.ssl.get_ref()).await?,
            }
        }
    }

    /// The first byte that came, if any came.
    pub(crate) fn first_byte(&self) -> Option<u8> {
        self.ssl.get_ref().first
    }

    pub(crate) fn ssl(&self) -> &openssl::ssl::SslRef {
        self.ssl.ssl()
    }

    pub(crate) fn done(self, proven: Option<Arc<DirectoryDevice>>) -> TlsStream {
        TlsStream { ssl: self.ssl, proven }
    }
}

impl TlsStream {
    /// The device whose key the handshake has proved.
    pub(crate) fn proven(&self) -> Option<&Arc<DirectoryDevice>> {
        self.proven.as_ref()
    }

    /// Nothing read means the end.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            let error = match self.ssl.ssl_read(into.initialize_unfilled()) {
                Ok(length) => {
                    into.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(error) => error,
            };
            let socket = self.ssl.get_ref().here()?;
            let ready = match error.code() {
                ErrorCode::ZERO_RETURN => return Poll::Ready(Ok(())),
                ErrorCode::WANT_READ => socket.poll_read_ready(cx),
                // An answer of TLS itself does not fit into the socket.
                ErrorCode::WANT_WRITE => socket.poll_write_ready(cx),
                _ if is_end(&error) => return Poll::Ready(Ok(())),
                _ => return Poll::Ready(Err(io_error(error))),
            };
            match ready {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
        }
    }

    /// Writes as much as the socket takes. What was not taken must be given again, at the front.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match self.ssl.ssl_write(&bytes[written..]) {
                Ok(length) => written += length,
                Err(error) if error.code() == ErrorCode::WANT_WRITE && written > 0 => break,
                Err(error) if error.code() == ErrorCode::WANT_WRITE => return Err(io::ErrorKind::WouldBlock.into()),
                Err(error) => return Err(io_error(error)),
            }
        }
        Ok(written)
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.ssl.get_ref().here()?.poll_write_ready(cx)
    }

    /// Last words, past the runtime, and the end of the encryption. What does not fit into the socket is lost.
    pub(crate) fn end(mut self, last: &[u8]) -> Option<TcpStream> {
        let Socket::Here(socket) = std::mem::replace(&mut self.ssl.get_mut().socket, Socket::Gone) else { return None };
        let Ok(twin) = SockRef::from(&socket).try_clone() else { return Some(socket) };
        self.ssl.get_mut().socket = Socket::Away(twin.into());
        // The connection ends either way.
        let _ = self.try_write(last);
        let _ = self.ssl.shutdown();
        Some(socket)
    }

    /// Tells the other side that nothing more is sent.
    pub(crate) fn say_goodbye(&mut self) {
        // It may be gone already.
        let _ = self.ssl.shutdown();
    }

    /// Takes the socket out of this thread's runtime.
    pub(crate) fn detach(&mut self) -> io::Result<()> {
        let pipe = self.ssl.get_mut();
        let Socket::Here(socket) = std::mem::replace(&mut pipe.socket, Socket::Gone) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        pipe.socket = Socket::Away(socket.into_std()?);
        Ok(())
    }

    /// Puts it into this thread's runtime.
    pub(crate) fn attach(&mut self) -> io::Result<()> {
        let pipe = self.ssl.get_mut();
        let Socket::Away(socket) = std::mem::replace(&mut pipe.socket, Socket::Gone) else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        pipe.socket = Socket::Here(TcpStream::from_std(socket)?);
        Ok(())
    }
}

/// Closed without the farewell of TLS: many devices do that, and MQTT has a farewell of its own.
fn is_end(error: &Error) -> bool {
    const UNEXPECTED_EOF: &str = "unexpected eof while reading";
    match (error.io_error(), error.ssl_error()) {
        (None, None) => true,
        (None, Some(stack)) => stack.errors().iter().any(|error| error.reason() == Some(UNEXPECTED_EOF)),
        (Some(_), _) => false,
    }
}

fn io_error(error: Error) -> io::Error {
    error.into_io_error().unwrap_or_else(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
}
