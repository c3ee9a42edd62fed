//! MQTT over WebSocket: the request that asks for it, and the connection's way to a worker.
//!
//! The frames are `tungstenite`'s business (`stream`); what is in them goes the way of every other connection. Where a browser's
//! page comes from is not looked at: there are no cookies, whoever signs in does so in CONNECT. Source: MQTT 5 section 6,
//! RFC 6455, spec/device-protocol.md 3.1, docs/adr/0023-websocket-and-device-tokens.md.

mod request;
mod stream;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::response::{IntoResponse as _, Response};
use lianwu_http::upgrade::{Switched, switched};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::debug;

use crate::tls::HttpsStream;
use crate::worker::{Mail, Moving, Stream};
use request::{Asked, Fault};

pub(crate) use stream::WsStream;

/// A socket that goes on as a WebSocket, on its way to a worker; it belongs to no runtime.
pub(crate) struct Upgraded {
    /// In the clear or encrypted.
    pub(crate) socket: Moving,
    /// What came behind the request.
    pub(crate) early: Bytes,
    pub(crate) peer: SocketAddr,
    /// Its sign-in is counted from here.
    pub(crate) accepted: Instant,
}

/// Hands connections that ask for a WebSocket to the workers.
#[derive(Debug)]
pub(crate) struct WebSockets {
    workers: Vec<mpsc::Sender<Mail>>,
    /// Whose device it is, CONNECT will say: until then they take turns.
    next: AtomicUsize,
    hand_over_max: Duration,
}

impl WebSockets {
    pub(crate) fn new(workers: &[mpsc::Sender<Mail>], hand_over_max: Duration) -> Self {
        Self { workers: workers.to_vec(), next: AtomicUsize::new(0), hand_over_max }
    }

    /// Answers a request for a WebSocket; its connection goes to a worker once the answer is written.
    pub(crate) fn answer(self: &std::sync::Arc<Self>, request: Request) -> Response {
        let asked = match Asked::read(request.headers()) {
            Ok(asked) => asked,
            Err(fault) => return refuse(fault),
        };
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
        let peer = peer.unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, 0).into());
        let websockets = std::sync::Arc::clone(self);
        // Ends with the connection: either it switches at once, or it fails.
        tokio::spawn(async move {
            match switched(request).await {
                Ok(connection) => websockets.hand_over(connection, peer).await,
                Err(error) => debug!(%peer, %error, "a connection ended before it was a WebSocket"),
            }
        });
        let headers = [
            (UPGRADE, "websocket".to_owned()),
            (CONNECTION, "Upgrade".to_owned()),
            (SEC_WEBSOCKET_ACCEPT, asked.accept),
        ];
        let protocol = asked.protocol.map(|name| [(SEC_WEBSOCKET_PROTOCOL, name)]);
        match protocol {
            Some(protocol) => (StatusCode::SWITCHING_PROTOCOLS, headers, protocol).into_response(),
            None => (StatusCode::SWITCHING_PROTOCOLS, headers).into_response(),
        }
    }

    async fn hand_over(&self, connection: Switched, peer: SocketAddr) {
        let (socket, early) = match socket(connection) {
            Ok(taken) => taken,
            Err(error) => {
                debug!(%peer, %error, "the socket could not be moved to its worker");
                return;
            }
        };
        let upgraded = Upgraded { socket, early, peer, accepted: Instant::now() };
        let worker = self.next.fetch_add(1, Ordering::Relaxed) % self.workers.len();
        // Waits while the worker has too much to do.
        let sent = self.workers[worker].send(Mail::Upgraded(Box::new(upgraded)));
        if timeout(self.hand_over_max, sent).await.is_err() {
            debug!(%peer, "closed: its worker has too much to do");
        }
    }
}

/// Takes the socket out of the runtime of the HTTP listener.
fn socket(connection: Switched) -> std::io::Result<(Moving, Bytes)> {
    let encrypted = match connection.into_socket::<TcpStream>() {
        Ok((stream, early)) => return Ok((Stream::Plain(stream).detach()?, early)),
        Err(other) => other,
    };
    match encrypted.into_socket::<HttpsStream>() {
        Ok((stream, early)) => Ok((Stream::Tls(Box::new(stream.0)).detach()?, early)),
        Err(_) => Err(std::io::ErrorKind::Unsupported.into()),
    }
}

fn refuse(fault: Fault) -> Response {
    let why = format!("{fault}\n");
    match fault {
        // RFC 6455 section 4.4: with the version we speak.
        Fault::Version => (StatusCode::UPGRADE_REQUIRED, [(SEC_WEBSOCKET_VERSION, "13")], why).into_response(),
        Fault::Key | Fault::Protocol => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}
