//! HTTP for devices over TLS: the server's certificate, and nobody is asked for one.
//!
//! Browsers would show their users a choice of certificates; a device proves itself in its request or its CONNECT instead.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::context::TlsHandle;
use super::stream::{Handshake, Pipe, TlsStream};

/// Makes encrypted connections of sockets, for an HTTP listener.
#[derive(Clone, Debug)]
pub struct HttpsAcceptor {
    handle: TlsHandle,
    handshake_max: Duration,
}

impl HttpsAcceptor {
    pub(crate) fn new(handle: &TlsHandle, handshake_max: Duration) -> Self {
        Self { handle: handle.clone(), handshake_max }
    }

    /// The handshake; `None` when it fails or takes longer than a sign-in may.
    pub fn accept(&self, stream: TcpStream, peer: SocketAddr) -> impl Future<Output = Option<HttpsStream>> + use<> {
        let started = self.handle.handshake_over_http();
        let handshake_max = self.handshake_max;
        async move {
            let handshake = started.and_then(|ssl| Handshake::new(ssl, Pipe::new(stream, Vec::new())));
            let mut handshake = match handshake {
                Ok(handshake) => handshake,
                Err(error) => {
                    debug!(%peer, %error, "OpenSSL cannot start a handshake");
                    return None;
                }
            };
            match timeout(handshake_max, handshake.run()).await {
                Ok(Ok(())) => Some(HttpsStream(handshake.done(None))),
                Ok(Err(error)) => {
                    debug!(%peer, %error, "a TLS handshake for HTTP failed");
                    None
                }
                Err(_) => {
                    debug!(%peer, "a TLS handshake for HTTP took too long");
                    None
                }
            }
        }
    }
}

/// An encrypted connection as an HTTP listener reads and writes it.
pub struct HttpsStream(pub(crate) TlsStream);

impl std::fmt::Debug for HttpsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpsStream")
    }
}

impl AsyncRead for HttpsStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.poll_read(cx, into)
    }
}

impl AsyncWrite for HttpsStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match self.0.poll_write_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                },
                written => return Poll::Ready(written),
            }
        }
    }

    /// Nothing is kept back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.say_goodbye();
        Poll::Ready(Ok(()))
    }
}
