//! Connections: accepted up to a bound, given a time for their headers, ended gracefully.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tower_service::Service as _;
use tracing::{debug, warn};

use crate::upgrade::ExactCase;

/// Pause after a failed accept, mostly for want of file descriptors: they come back when connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bounds of the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerOptions {
    /// Connections at one time; further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// Time from the first sign of life, or the last answer, to complete request headers.
    pub header_wait_max: Duration,
    /// How long a client may leave what it was sent unread, before its connection is cut: the kernel watches it, because nobody polls a body
    /// that cannot be written.
    pub unread_max: Duration,
    /// Bytes of request headers.
    pub header_bytes_max: usize,
    /// `Content-Length` instead of `content-length` in answers: clients on small devices look for that.
    pub title_case_headers: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            header_wait_max: Duration::from_secs(30),
            unread_max: Duration::from_secs(60),
            header_bytes_max: 64 * 1024,
            title_case_headers: false,
        }
    }
}

/// Marks requests that came over an encrypted connection of this program's own.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// The same router for a listener whose connections are encrypted: its requests carry an [`OverTls`] extension.
pub fn over_tls(router: Router) -> Router {
    router.layer(Extension(OverTls))
}

/// A listener that is being served. Dropping it without [`Server::stop`] leaves it running until the runtime ends.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<JoinSet<()>>,
}

impl Server {
    /// Serves `router` on a bound listener. Every request carries a `ConnectInfo<SocketAddr>` extension.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, router: Router, options: ServerOptions) -> std::io::Result<Self> {
        Self::start_secured(listener, router, options, |stream, _| std::future::ready(Some(stream)))
    }

    /// The same, over what `secure` makes of a socket: nothing, when its handshake fails. That must end in its own time.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start_secured<S, F>(
        listener: TcpListener,
        router: Router,
        options: ServerOptions,
        secure: impl Fn(TcpStream, SocketAddr) -> F + Send + 'static,
    ) -> std::io::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        F: Future<Output = Option<S>> + Send + 'static,
    {
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, router, options, secure, stopping));
        Ok(Self { address, stop, accepting })
    }

    /// The address really bound; tells the port when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, lets calls in progress end, and cuts what is left after `grace`.
    pub async fn stop(self, grace: Duration) {
        self.stop.send_replace(true);
        let Ok(mut connections) = self.accepting.await else {
            return;
        };
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, drained).await.is_err() {
            warn!(connections = connections.len(), "HTTP connections are cut: they did not end in time");
            connections.shutdown().await;
        }
    }
}

async fn accept<S, F>(
    listener: TcpListener,
    router: Router,
    options: ServerOptions,
    secure: impl Fn(TcpStream, SocketAddr) -> F,
    mut stopping: watch::Receiver<bool>,
) -> JoinSet<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Option<S>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(options.connections_max));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        tokio::select! {
            () = stopped(&mut stopping) => return connections,
            // Ended connections are taken out as they end, so the set stays as large as what it holds.
            Some(_) = connections.join_next() => {}
            accepted = next => match accepted {
                Some((Ok((stream, peer)), place)) => {
                    let given_up_after = Some(options.unread_max);
                    let prepared = stream.set_nodelay(true);
                    if let Err(error) = prepared.and_then(|()| SockRef::from(&stream).set_tcp_user_timeout(given_up_after)) {
                        debug!(%peer, %error, "a connection without TCP_NODELAY or TCP_USER_TIMEOUT");
                    }
                    let (secured, router, options) = (secure(stream, peer), router.clone(), options.clone());
                    let stopping = stopping.clone();
                    connections.spawn(async move {
                        let _place: OwnedSemaphorePermit = place;
                        if let Some(stream) = secured.await {
                            serve(stream, peer, router, options, stopping).await;
                        }
                    });
                }
                Some((Err(error), _)) => {
                    warn!(%error, "an HTTP connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                None => return connections,
            },
        }
    }
}

/// Ends when the server is told to stop, or is gone.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    options: ServerOptions,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_wait_max)
        .max_buf_size(options.header_bytes_max)
        .title_case_headers(options.title_case_headers)
        .serve_connection(TokioIo::new(ExactCase(stream)), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%peer, %error, "an HTTP connection ended early");
    }
}
