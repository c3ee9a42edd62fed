//! HTTP for devices over TLS: the server's certificate, and nobody is asked for one.
//!
//! Browsers would show their users a choice of certificates; a device proves itself in its request or its CONNECT instead.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lianwu_services::stranger::{Cause, Claimed, Listener, Refusal};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use super::context::TlsHandle;
use super::refused;
use super::stream::{Handshake, Pipe, TlsStream};
use crate::stats::AccessStats;

/// Makes encrypted connections of sockets, for an HTTP listener.
#[derive(Clone, Debug)]
pub struct HttpsAcceptor {
    handle: TlsHandle,
    handshake_max: Duration,
    stats: Arc<AccessStats>,
}

/// Type of the record a client's handshake begins with. Source: RFC 8446 §5.1.
const HANDSHAKE: u8 = 22;

impl HttpsAcceptor {
    pub(crate) fn new(handle: &TlsHandle, handshake_max: Duration, stats: &Arc<AccessStats>) -> Self {
        Self { handle: handle.clone(), handshake_max, stats: Arc::clone(stats) }
    }

    /// The handshake; `None` when it fails or takes longer than a sign-in may.
    pub fn accept(&self, stream: TcpStream, peer: SocketAddr) -> impl Future<Output = Option<HttpsStream>> + use<> {
        let started = self.handle.handshake_over_http();
        let handshake_max = self.handshake_max;
        let (handle, stats) = (self.handle.clone(), Arc::clone(&self.stats));
        async move {
            let fails = |cause: Cause, detail: &str| {
                debug!(%peer, cause = cause.as_str(), detail, "a TLS handshake for HTTP failed");
                stats.tls_handshakes_failed.add_shared(1);
                let (listener, source) = (Listener::DeviceHttps, peer.ip());
                handle.note_stranger(Refusal { listener, source, claimed: Claimed::default(), cause, detail });
            };
            let handshake = started.and_then(|ssl| Handshake::new(ssl, Pipe::new(stream, Vec::new())));
            let mut handshake = match handshake {
                Ok(handshake) => handshake,
                Err(error) => {
                    debug!(%peer, %error, "OpenSSL cannot start a handshake");
                    return None;
                }
            };
            match timeout(handshake_max, handshake.run()).await {
                Ok(Ok(())) => {
                    stats.tls_handshakes.add_shared(1);
                    Some(HttpsStream(handshake.done(None)))
                }
                outcome => {
                    match (handshake.first_byte(), outcome) {
                        // Health checks and scanners that go without a word are nobody's concern.
                        (None, _) => {}
                        (Some(HANDSHAKE), Ok(Err(error))) => fails(Cause::HandshakeFailed, &refused::reason(&error)),
                        (Some(HANDSHAKE), _) => fails(Cause::HandshakeTooLong, ""),
                        (Some(_), _) => fails(Cause::NotTls, ""),
                    }
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
