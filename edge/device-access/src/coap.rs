//! Devices over CoAP, in the clear or over DTLS: datagrams in, messages to the device's home worker, answers out.
//!
//! A thread with one socket for each of the two ports. A stranger is answered, at most three times as long as what it sent, and
//! nothing is kept of it; a client that has proved to be a device gets a place in the table: what it was answered, its
//! DTLS session. Source: spec/device-protocol.md 3.3, RFC 7252, docs/adr/0024-coap.md.

mod clients;
mod dtls;
mod request;
mod serve;
mod sources;

use std::cell::RefCell;
use std::net::UdpSocket;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_services::Platform;
use openssl::error::ErrorStack;
use openssl::ssl::SslContext;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::LocalSet;
use tracing::warn;

use crate::failures::Failures;
use crate::stats::AccessStats;
use crate::tls::context::dtls_by_key;
use crate::worker::{InstanceRate, Mail};
use clients::Clients;
use dtls::hello::Cookies;
use request::Judge;
use sources::Sources;

/// Longest datagram that is read; longer ones are cut, and then too long for anything that is served.
const DATAGRAM_BYTES_MAX: usize = 32 * 1024;

/// Everything a port is started with.
pub(crate) struct Start {
    pub(crate) platform: Arc<Platform>,
    /// Mailboxes of the workers.
    pub(crate) homes: Vec<mpsc::Sender<Mail>>,
    pub(crate) failures: Option<Arc<Failures>>,
    pub(crate) instance_rate: Option<Arc<InstanceRate>>,
    pub(crate) stats: Arc<AccessStats>,
    pub(crate) socket: UdpSocket,
    pub(crate) is_encrypted: bool,
    /// From the cookie to the end of the handshake.
    pub(crate) handshake_max: Duration,
    pub(crate) stop: watch::Receiver<bool>,
}

/// What the tasks of one port share.
struct Port {
    judge: Judge,
    homes: Vec<mpsc::Sender<Mail>>,
    instance_rate: Option<Arc<InstanceRate>>,
    stats: Arc<AccessStats>,
    socket: tokio::net::UdpSocket,
    /// On the encrypted port.
    dtls: Option<SslContext>,
    cookies: Cookies,
    handshake_max: Duration,
    started: Instant,
    state: RefCell<State>,
    /// A deadline has come nearer.
    sooner: Notify,
}

struct State {
    clients: Clients,
    sources: Sources,
    /// For what needs to differ, not to be secret.
    random: u64,
}

/// Why a port cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("the socket: {0}")]
    Socket(#[from] std::io::Error),
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] ErrorStack),
}

/// Runs until it is told to stop.
pub(crate) fn run(start: Start) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let local = LocalSet::new();
    runtime.block_on(local.run_until(serve(start)))
}

async fn serve(start: Start) -> Result<(), ServeError> {
    start.socket.set_nonblocking(true)?;
    let mut key = [0; 32];
    start.platform.randomness.fill(&mut key);
    let mut random = [0; 8];
    start.platform.randomness.fill(&mut random);
    let dtls = match start.is_encrypted {
        true => Some(dtls_by_key(Arc::clone(&start.platform), start.failures.clone())?),
        false => None,
    };
    let now = Instant::now();
    let random = u64::from_ne_bytes(random);
    let port = Rc::new(Port {
        judge: Judge { platform: start.platform, failures: start.failures },
        homes: start.homes,
        instance_rate: start.instance_rate,
        stats: start.stats,
        socket: tokio::net::UdpSocket::from_std(start.socket)?,
        dtls,
        cookies: Cookies::new(key),
        handshake_max: start.handshake_max,
        started: now,
        state: RefCell::new(State { clients: Clients::default(), sources: Sources::new(now), random }),
        sooner: Notify::new(),
    });
    let reading = tokio::task::spawn_local(read(Rc::clone(&port)));
    let waking = tokio::task::spawn_local(wake(Rc::clone(&port)));
    let mut stop = start.stop;
    // An error means the sender is gone: stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
    reading.abort();
    waking.abort();
    port.end();
    Ok(())
}

async fn read(port: Rc<Port>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut has_failed = false;
    loop {
        match port.socket.recv_from(&mut buffer).await {
            Ok((length, from)) => {
                has_failed = false;
                port.stats.bytes_up.add(length as u64);
                port.datagram(from, &buffer[..length]);
            }
            // A client that is gone makes its socket's next read fail; the socket itself is well.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {}
            Err(error) => {
                if !has_failed {
                    warn!(%error, "cannot read datagrams");
                    has_failed = true;
                }
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Does what is due when it is due.
async fn wake(port: Rc<Port>) {
    loop {
        let due = port.state.borrow().clients.next_due();
        let sooner = port.sooner.notified();
        match due {
            Some(due) => {
                tokio::select! {
                    () = tokio::time::sleep_until(due.into()) => port.timeouts(),
                    () = sooner => {}
                }
            }
            None => sooner.await,
        }
    }
}
