//! A thread of handshakes: takes sockets from the TLS port, hands encrypted connections to the workers.
//!
//! A stranger is given no OpenSSL state before its ClientHello is there, at most [`AccessOptions::tls_handshakes_max`] of
//! them have one at a time on each thread, and none for longer than `connect_timeout` from its accept; others wait in
//! order. While more than half of the places are taken, a handshake must be done in [`PRESSED`].

use std::cell::{Cell, RefCell};
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_services::certificate::{CertificateRefusal, RefusedChain};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::stranger::{Cause, Claimed, Listener, Refusal};
use openssl::ssl::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::LocalSet;
use tokio::time::{timeout, timeout_at};
use tracing::{debug, info, warn};

use super::context::{KeyAnswer, TlsHandle, answer};
use super::hello::{HELLO_BYTES_MAX, Hello, parse};
use super::refused::{self, Refused};
use super::stream::{Handshake, Pipe, TlsStream};
use crate::bus::home;
use crate::failures::{Attempt, Failures, Notice};
use crate::options::AccessOptions;
use crate::stats::AccessStats;
use crate::worker::Mail;

/// Longest handshake while many others wait; the vendor's devices give up after five seconds themselves.
const PRESSED: Duration = Duration::from_secs(3);

/// Sockets of one thread that may wait for their ClientHello; more wait in the kernel.
const WAITING_MAX: usize = 65_536;

/// Pause after an accept that failed, for example because no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Failures that no device can be told about are logged once in this time.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Everything such a thread is started with.
pub(crate) struct Start {
    pub(crate) index: usize,
    pub(crate) handle: TlsHandle,
    pub(crate) options: AccessOptions,
    pub(crate) failures: Option<Arc<Failures>>,
    pub(crate) stats: Arc<AccessStats>,
    pub(crate) listener: StdListener,
    pub(crate) peers: Vec<mpsc::Sender<Mail>>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// An encrypted connection on its way to a worker; its socket belongs to no runtime.
pub(crate) struct Secured {
    pub(crate) stream: Box<TlsStream>,
    pub(crate) peer: SocketAddr,
    /// Its sign-in is counted from here.
    pub(crate) accepted: Instant,
}

struct Room {
    handle: TlsHandle,
    options: AccessOptions,
    failures: Option<Arc<Failures>>,
    stats: Arc<AccessStats>,
    peers: Vec<mpsc::Sender<Mail>>,
    /// Where connections go that do not say yet whose they are.
    nearest: usize,
    handshakes: Semaphore,
    waiting: Arc<Semaphore>,
    /// Sockets that are not handed over yet.
    open: Cell<u64>,
    untold: RefCell<Untold>,
}

/// Failures since one was logged.
struct Untold {
    since: Option<Instant>,
    count: u64,
}

/// How a socket ended that did not become a connection.
enum Failure {
    /// Nothing came, or not enough, or the other side went away.
    Silent,
    NotTls,
    TimeOver,
    /// No state for it could be made.
    Refused(openssl::error::ErrorStack),
}

/// Runs until it is told to stop.
pub(crate) fn run(start: Start) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let local = LocalSet::new();
    runtime.block_on(local.run_until(serve(start)))
}

async fn serve(start: Start) -> std::io::Result<()> {
    start.listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(start.listener)?;
    let mut stop = start.stop;
    let room = Rc::new(Room {
        handle: start.handle,
        handshakes: Semaphore::new(start.options.tls_handshakes_max.max(1)),
        options: start.options,
        failures: start.failures,
        stats: start.stats,
        nearest: start.index % start.peers.len(),
        peers: start.peers,
        waiting: Arc::new(Semaphore::new(WAITING_MAX)),
        open: Cell::new(0),
        untold: RefCell::new(Untold { since: None, count: 0 }),
    });
    let accepting = tokio::task::spawn_local(accept(room, listener));
    // An error means the sender is gone: stop as well. What is in a handshake ends with the runtime.
    let _ = stop.wait_for(|stop| *stop).await;
    accepting.abort();
    Ok(())
}

async fn accept(room: Rc<Room>, listener: TcpListener) {
    let mut was_refused = false;
    loop {
        let Ok(permit) = Arc::clone(&room.waiting).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => {
                was_refused = false;
                tokio::task::spawn_local(Rc::clone(&room).secure(stream, peer, permit));
            }
            Err(error) => {
                if !was_refused {
                    warn!(%error, "cannot accept a TLS connection");
                    was_refused = true;
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

impl Room {
    /// One socket, from its accept to a worker.
    async fn secure(self: Rc<Self>, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        let accepted = Instant::now();
        self.set_open(self.open.get() + 1);
        // Small answers must not wait for more; the socket works without it.
        let _ = stream.set_nodelay(true);
        match self.handshake(stream, peer, accepted).await {
            Ok(stream) => {
                self.stats.tls_handshakes.add(1);
                self.hand_over(Secured { stream: Box::new(stream), peer, accepted }).await;
            }
            Err(failure) => {
                self.stats.ended_before_sign_in.add(1);
                match failure {
                    None => {}
                    Some(Failure::Silent) => debug!(%peer, "closed before its ClientHello was there"),
                    Some(Failure::NotTls) => self.tell(peer, Claimed::default(), Cause::NotTls, ""),
                    Some(Failure::TimeOver) => self.tell(peer, Claimed::default(), Cause::HandshakeTooLong, ""),
                    Some(Failure::Refused(error)) => warn!(%peer, %error, "OpenSSL cannot start a handshake"),
                }
            }
        }
        drop(permit);
        self.set_open(self.open.get() - 1);
    }

    fn set_open(&self, count: u64) {
        self.open.set(count);
        self.stats.connections.set(count);
    }

    /// `Err(None)`: it failed and was told.
    async fn handshake(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        accepted: Instant,
    ) -> Result<TlsStream, Option<Failure>> {
        let deadline = tokio::time::Instant::from_std(accepted + self.options.connect_timeout);
        let mut early = Vec::new();
        match timeout_at(deadline, read_hello(&stream, &mut early)).await {
            Ok(read) => read.map_err(Some)?,
            Err(_) => return Err(Some(Failure::Silent)),
        }
        let place = timeout_at(deadline, self.handshakes.acquire()).await;
        let _place = place.map_err(|_| Failure::TimeOver)?;
        let started = self.handle.handshake(parse(&early), peer.ip());
        let handshake = started.and_then(|ssl| Handshake::new(ssl, Pipe::new(stream, early)));
        let mut handshake = handshake.map_err(Failure::Refused)?;
        let is_pressed = self.handshakes.available_permits() < self.options.tls_handshakes_max / 2;
        let limit = if is_pressed { PRESSED } else { self.options.connect_timeout };
        match timeout_at(deadline, timeout(limit, handshake.run())).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => {
                self.failed(answer(handshake.ssl()), &error, peer).await;
                return Err(None);
            }
            Ok(Err(_)) | Err(_) => return Err(Some(Failure::TimeOver)),
        }
        let proven = match answer(handshake.ssl()) {
            Some(KeyAnswer::Given(device)) => Some(Arc::clone(device)),
            _ => match self.handle.certified(handshake.ssl()) {
                Some(Ok(device)) => Some(device),
                Some(Err(refused)) => {
                    self.refused_certificate(refused, peer).await;
                    return Err(None);
                }
                None => None,
            },
        };
        Ok(handshake.done(proven))
    }

    /// A certificate that proves no device: who owns the product it names is told.
    async fn refused_certificate(&self, refused: RefusedChain, peer: SocketAddr) {
        let RefusedChain { product, device, number, why } = refused;
        self.stats.tls_handshakes_failed.add(1);
        self.stats.sign_ins_refused.add(1);
        let Some(product) = product else {
            let (claimed, cause) = match why {
                CertificateRefusal::UnknownProduct(id) => {
                    (Claimed::by_names(id.as_str(), &device), Cause::UnknownProduct)
                }
                _ => (Claimed::default(), Cause::CertificateName),
            };
            return self.tell(peer, claimed, cause, "");
        };
        let code = refused::code_of_certificate(&why);
        let (source, device, why): (_, Box<str>, _) = (peer.ip(), device.into(), why.to_string());
        debug!(%peer, %product, device, why, "certificate refused");
        let client_id = format!("{product}{device}");
        let attempt = Attempt { source, client_id: &client_id };
        if self.failures.as_ref().is_some_and(|failures| failures.must_wait(Instant::now(), &attempt)) {
            return self.note(Notice { product, device, number, count: 1, last_source: source });
        }
        self.count_failure(source, &client_id);
        let home = home(number, self.peers.len());
        // A worker that has stopped has no log to write to.
        let _ = self.peers[home]
            .send(Mail::TlsRefused(Box::new(Refused { product, device, number, why, code, source, transport: "tls" })))
            .await;
    }

    /// To the device's home, if it is known already; else the worker that is told by CONNECT passes it on.
    async fn hand_over(&self, mut secured: Secured) {
        let to = self.worker_of(secured.stream.proven());
        let peer = secured.peer;
        if let Err(error) = secured.stream.detach() {
            debug!(%peer, %error, "the socket could not be moved to its worker");
            return;
        }
        // Waits while the worker has too much to do: its place among the handshakes is free again.
        let sent = self.peers[to].send(Mail::Secured(Box::new(secured)));
        if timeout(self.options.connect_timeout, sent).await.is_err() {
            debug!(%peer, "closed: its worker has too much to do");
        }
    }

    fn worker_of(&self, device: Option<&Arc<DirectoryDevice>>) -> usize {
        device.map_or(self.nearest, |device| home(device.number, self.peers.len()))
    }

    /// Counts a handshake that failed, and tells whom it concerns.
    async fn failed(&self, answer: Option<&KeyAnswer>, error: &Error, peer: SocketAddr) {
        self.stats.tls_handshakes_failed.add(1);
        let source = peer.ip();
        let why = refused::why(answer, error);
        let (product, device, number) = match answer {
            Some(KeyAnswer::Given(device)) => (device.product, device.name.as_str().into(), device.number),
            Some(KeyAnswer::Refused(refused)) => match refused.product {
                Some(product) => (product, refused.device.clone(), refused.number),
                None => return self.tell(peer, refused.claimed.clone(), refused.cause, ""),
            },
            None => return self.tell(peer, Claimed::default(), Cause::HandshakeFailed, &refused::reason(error)),
        };
        debug!(%peer, %product, device, why, "TLS handshake refused");
        if matches!(answer, Some(KeyAnswer::Refused(refused)) if refused.is_unchecked) {
            self.stats.sign_ins_refused.add(1);
            return self.note(Notice { product, device, number, count: 1, last_source: source });
        }
        if refused::is_wrong_key(answer, error) || matches!(answer, Some(KeyAnswer::Refused(_))) {
            self.stats.sign_ins_refused.add(1);
            self.count_failure(source, &format!("{product}{device}"));
        }
        let home = home(number, self.peers.len());
        let code = refused::code(answer);
        let refused = Refused { product, device, number, why, code, source, transport: "tls" };
        // A worker that has stopped has no log to write to.
        let _ = self.peers[home].send(Mail::TlsRefused(Box::new(refused))).await;
    }

    fn note(&self, notice: Notice) {
        if let Some(failures) = &self.failures {
            failures.note(Instant::now(), notice);
        }
    }

    fn count_failure(&self, source: IpAddr, client_id: &str) {
        if let Some(failures) = &self.failures {
            failures.failed(Instant::now(), &Attempt { source, client_id });
        }
    }

    /// A failure that concerns no known device: for the platform's administrator, and one for many in the program's log.
    fn tell(&self, peer: SocketAddr, claimed: Claimed, cause: Cause, detail: &str) {
        let now = Instant::now();
        let mut untold = self.untold.borrow_mut();
        untold.count += 1;
        let why = cause.as_str();
        debug!(%peer, why, detail, "TLS handshake failed");
        let source = peer.ip();
        self.handle.note_stranger(Refusal { listener: Listener::Mqtts, source, claimed, cause, detail });
        if untold.since.is_none_or(|since| now.duration_since(since) >= TELL_EVERY) {
            info!(%peer, why, detail, count = untold.count, "TLS handshakes failed");
            *untold = Untold { since: Some(now), count: 0 };
        }
    }
}

/// Reads until the hello says which suites it offers.
async fn read_hello(stream: &TcpStream, early: &mut Vec<u8>) -> Result<(), Failure> {
    let mut buffer = [0; 512];
    loop {
        match parse(early) {
            Hello::Incomplete => {}
            Hello::NotTls => return Err(Failure::NotTls),
            Hello::Suites(_) | Hello::Spread => return Ok(()),
        }
        let room = buffer.len().min(HELLO_BYTES_MAX - early.len());
        match stream.try_read(&mut buffer[..room]) {
            Ok(0) => return Err(Failure::Silent),
            Ok(length) => early.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                stream.readable().await.map_err(|_| Failure::Silent)?;
            }
            Err(_) => return Err(Failure::Silent),
        }
    }
}
