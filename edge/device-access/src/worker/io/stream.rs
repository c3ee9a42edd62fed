//! A connection's bytes: in the clear, encrypted, or in the frames of a WebSocket.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use lianwu_services::directory::DirectoryDevice;
use socket2::SockRef;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

use super::reply::ReplySlot;
use crate::tls::TlsStream;
use crate::websocket::WsStream;

/// All but those in the clear are boxed: these must not pay for the others.
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
    /// In the clear or encrypted below.
    WebSocket(Box<WsStream>),
    /// No socket at all.
    Reply(Box<ReplySlot>),
}

/// One that belongs to no thread's runtime.
pub(crate) enum Moving {
    Plain(std::net::TcpStream),
    Tls(Box<TlsStream>),
    WebSocket(Box<WsStream>),
}

impl Stream {
    /// The device that has proved itself by its key in the handshake.
    pub(crate) fn proven(&self) -> Option<&Arc<DirectoryDevice>> {
        match self {
            // Over HTTP nobody is asked for a key or a certificate.
            Self::Plain(_) | Self::WebSocket(_) | Self::Reply(_) => None,
            Self::Tls(stream) => stream.proven(),
        }
    }

    /// Its device or backend has signed in: from now on packets may be this long.
    pub(crate) fn let_in(&mut self, packet_bytes_max: usize) {
        if let Self::WebSocket(stream) = self {
            stream.let_in(packet_bytes_max);
        }
    }

    /// Nothing read means the end.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Self::Tls(stream) => stream.poll_read(cx, into),
            Self::WebSocket(stream) => stream.poll_read(cx, into),
            Self::Reply(_) => Poll::Pending,
        }
    }

    /// What was not taken must be given again, at the front.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.try_write(bytes),
            Self::Tls(stream) => stream.try_write(bytes),
            Self::WebSocket(stream) => stream.try_write(bytes),
            Self::Reply(slot) => Err(slot.take(bytes)),
        }
    }

    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => stream.poll_write_ready(cx),
            Self::Tls(stream) => stream.poll_write_ready(cx),
            Self::WebSocket(stream) => stream.poll_write_ready(cx),
            Self::Reply(_) => Poll::Ready(Ok(())),
        }
    }

    /// Says the last words. What is left is the socket, to be closed.
    ///
    /// Past the runtime, which does not know yet that a socket that has just moved to this worker can be written: it would
    /// say "later", and there is none. What does not fit now is lost with the connection.
    pub(crate) fn end(self, last: &[u8]) -> Option<TcpStream> {
        match self {
            Self::Plain(stream) => {
                if !last.is_empty() {
                    let _ = SockRef::from(&stream).send(last);
                }
                Some(stream)
            }
            Self::Tls(stream) => stream.end(last),
            Self::WebSocket(stream) => stream.end(last),
            Self::Reply(_) => None,
        }
    }

    /// Takes it out of this thread's runtime.
    pub(crate) fn detach(self) -> io::Result<Moving> {
        Ok(match self {
            Self::Plain(stream) => Moving::Plain(stream.into_std()?),
            Self::Tls(mut stream) => {
                stream.detach()?;
                Moving::Tls(stream)
            }
            Self::WebSocket(mut stream) => {
                stream.detach()?;
                Moving::WebSocket(stream)
            }
            Self::Reply(_) => return Err(io::ErrorKind::Unsupported.into()),
        })
    }
}

impl Moving {
    /// Puts it into this thread's runtime.
    pub(crate) fn attach(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Plain(stream) => Stream::Plain(TcpStream::from_std(stream)?),
            Self::Tls(mut stream) => {
                stream.attach()?;
                Stream::Tls(stream)
            }
            Self::WebSocket(mut stream) => {
                stream.attach()?;
                Stream::WebSocket(stream)
            }
        })
    }

    /// What does not fit into the socket is lost.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => io::Write::write(stream, bytes),
            Self::Tls(stream) => stream.try_write(bytes),
            Self::WebSocket(stream) => stream.try_write(bytes),
        }
    }
}
