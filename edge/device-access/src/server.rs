//! Starting and stopping device access: listeners that share one port, one thread per worker.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lianwu_model::Uin;
use lianwu_ports::readings::ReadingError;
use lianwu_ports::states::SessionSummary;
use lianwu_services::Platform;
use lianwu_services::stranger::Listener;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{mpsc, watch};
use tracing::error;

use crate::broker::{Broker, SessionsUse};
use crate::bus::{LocalBus, home, home_of_backend};
use crate::coap;
use crate::failures::Failures;
use crate::http::DeviceHttp;
use crate::options::AccessOptions;
use crate::stats::AccessStats;
use crate::tls::{HttpsAcceptor, IdentityError, ServerIdentity, TlsHandle, accept};
use crate::websocket::WebSockets;
use crate::worker::{self, InstanceRate, Mail, Restored, SharedRates, Start};

/// Connections the kernel keeps until they are accepted: a whole fleet signs in again after a restart.
const BACKLOG: i32 = 4096;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("listen for MQTT on {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("listen for MQTT over TLS on {address}")]
    ListenTls { address: SocketAddr, source: std::io::Error },
    #[error("listen for CoAP on {address}")]
    ListenCoap { address: SocketAddr, source: std::io::Error },
    #[error("the certificate of the TLS port: {0}")]
    Identity(#[from] IdentityError),
    #[error("read the kept sessions: {0}")]
    Sessions(#[from] ReadingError),
    #[error("start a worker thread")]
    Thread(#[source] std::io::Error),
}

/// Where devices come in; port 0 picks a free one.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// MQTT in the clear.
    pub mqtt: Option<SocketAddr>,
    pub mqtts: Option<TlsListen>,
    /// What HTTP over TLS shows, [`DeviceAccess::https`]; with `mqtts`, it shows that one's.
    pub https: Option<ServerIdentity>,
    /// CoAP in the clear.
    pub coap: Option<SocketAddr>,
    /// CoAP over DTLS, by key.
    pub coaps: Option<SocketAddr>,
}

impl Listen {
    /// Nothing to listen on?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mqtt.is_none()
            && self.mqtts.is_none()
            && self.https.is_none()
            && self.coap.is_none()
            && self.coaps.is_none()
    }
}

/// MQTT over TLS.
#[derive(Clone, Debug)]
pub struct TlsListen {
    pub address: SocketAddr,
    pub identity: ServerIdentity,
}

impl From<SocketAddr> for Listen {
    fn from(mqtt: SocketAddr) -> Self {
        Self { mqtt: Some(mqtt), ..Self::default() }
    }
}

/// Running device access.
#[derive(Debug)]
pub struct DeviceAccess {
    rates: Arc<SharedRates>,
    mqtt: Option<SocketAddr>,
    mqtts: Option<SocketAddr>,
    coap: Option<SocketAddr>,
    coaps: Option<SocketAddr>,
    tls: Option<TlsHandle>,
    connect_timeout: Duration,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
    stats: Vec<Arc<AccessStats>>,
    /// Of HTTP over TLS, whose handshakes run on threads of others.
    https_stats: Arc<AccessStats>,
    broker: Arc<Broker>,
    http: DeviceHttp,
}

impl DeviceAccess {
    /// Listens and serves devices until [`DeviceAccess::stop`].
    ///
    /// # Errors
    /// When an address is taken, the certificate cannot be used, the kept sessions cannot be read or a thread cannot be
    /// started.
    pub fn start(
        platform: &Arc<Platform>,
        bus: &LocalBus,
        listen: impl Into<Listen>,
        options: &AccessOptions,
    ) -> Result<Self, StartError> {
        let workers = options.workers.max(1);
        let Listen { mqtt, mqtts, https, coap, coaps } = listen.into();
        let coap = bind_coap(coap)?;
        let coaps = bind_coap(coaps)?;
        let plain = match mqtt {
            Some(address) => bind(address, workers).map_err(|source| StartError::Listen { address, source })?,
            None => Vec::new(),
        };
        let failures = Failures::new(options.sign_in_failures, Instant::now()).map(Arc::new);
        let identity = mqtts.as_ref().map(|mqtts| &mqtts.identity).or(https.as_ref());
        let handle = identity.map(|identity| TlsHandle::new(platform, failures.as_ref(), identity)).transpose()?;
        let secured = match mqtts {
            Some(TlsListen { address, .. }) => {
                bind(address, workers).map_err(|source| StartError::ListenTls { address, source })?
            }
            None => Vec::new(),
        };
        let mut sessions: Vec<Vec<SessionSummary>> = (0..workers).map(|_| Vec::new()).collect();
        for session in platform.states.sessions()? {
            sessions[home(platform.topology.home(session.number), workers)].push(session);
        }
        let (stop, stopped) = watch::channel(false);
        let (peers, mailboxes): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(options.mailbox_max)).unzip();
        bus.connect(peers.clone(), &platform.topology);
        let broker = Arc::new(Broker::new(options.retained));
        broker.restore(platform.states.retained()?);
        let mut backend_sessions: Vec<Vec<Restored>> = (0..workers).map(|_| Vec::new()).collect();
        for session in platform.states.backend_sessions()? {
            let home = home_of_backend(session.owner, &session.client_id, workers);
            backend_sessions[home].push(Restored::new(session, platform, &broker, options, home));
        }
        let instance_rate = InstanceRate::new(Instant::now(), options.instance_tps).map(Arc::new);
        let rates = Arc::new(SharedRates::new(Instant::now(), options));
        let http = DeviceHttp {
            platform: Arc::clone(platform),
            homes: peers.clone(),
            failures: failures.clone(),
            instance_rate: instance_rate.clone(),
            payload_bytes_max: options.packet_bytes_max,
            websockets: Arc::new(WebSockets::new(&peers, options.connect_timeout)),
            listener: Listener::DeviceHttp,
        };
        let https_stats = Arc::new(AccessStats::default());
        let mut access = Self {
            rates: Arc::clone(&rates),
            mqtt: plain.first().and_then(|listener| listener.local_addr().ok()),
            mqtts: None,
            coap: None,
            coaps: None,
            tls: handle.clone(),
            connect_timeout: options.connect_timeout,
            stop,
            threads: Vec::new(),
            stats: vec![Arc::clone(&https_stats)],
            https_stats,
            broker: Arc::clone(&broker),
            http,
        };
        let plain = plain.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        let parts = plain.zip(mailboxes).zip(sessions).zip(backend_sessions);
        for (index, (((listener, mailbox), sessions), backend_sessions)) in parts.enumerate() {
            let stats = Arc::new(AccessStats::default());
            access.stats.push(Arc::clone(&stats));
            let start = Start {
                index,
                platform: Arc::clone(platform),
                options: options.clone(),
                instance_rate: instance_rate.clone(),
                rates: Arc::clone(&rates),
                broker: Arc::clone(&broker),
                failures: failures.clone(),
                stats,
                listener,
                mailbox,
                peers: peers.clone(),
                stop: stopped.clone(),
                sessions,
                backend_sessions,
            };
            let thread = std::thread::Builder::new().name(format!("device-{index}")).spawn(move || {
                if let Err(error) = worker::run(start) {
                    error!(%error, worker = index, "a device worker could not run");
                }
            });
            access.threads.push(thread.map_err(StartError::Thread)?);
        }
        if let Some(handle) = handle {
            access.start_handshakes(&handle, secured, &peers, failures.as_ref(), options)?;
        }
        access.coap = access.start_coap(coap, false, options.connect_timeout)?;
        access.coaps = access.start_coap(coaps, true, options.connect_timeout)?;
        Ok(access)
    }

    /// One thread for one port of CoAP.
    fn start_coap(
        &mut self,
        socket: Option<UdpSocket>,
        is_encrypted: bool,
        handshake_max: Duration,
    ) -> Result<Option<SocketAddr>, StartError> {
        let Some(socket) = socket else { return Ok(None) };
        let address = socket.local_addr().ok();
        let stats = Arc::new(AccessStats::default());
        self.stats.push(Arc::clone(&stats));
        let start = coap::Start {
            platform: Arc::clone(&self.http.platform),
            homes: self.http.homes.clone(),
            failures: self.http.failures.clone(),
            instance_rate: self.http.instance_rate.clone(),
            stats,
            socket,
            is_encrypted,
            handshake_max,
            stop: self.stop.subscribe(),
        };
        let name = if is_encrypted { "coaps" } else { "coap" };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            if let Err(error) = coap::run(start) {
                error!(%error, port = name, "the thread of a CoAP port could not run");
            }
        });
        self.threads.push(thread.map_err(StartError::Thread)?);
        Ok(address)
    }

    /// As many threads as workers take the handshakes of the TLS port.
    fn start_handshakes(
        &mut self,
        handle: &TlsHandle,
        listeners: Vec<TcpListener>,
        peers: &[mpsc::Sender<Mail>],
        failures: Option<&Arc<Failures>>,
        options: &AccessOptions,
    ) -> Result<(), StartError> {
        self.mqtts = listeners.first().and_then(|listener| listener.local_addr().ok());
        for (index, listener) in listeners.into_iter().enumerate() {
            let stats = Arc::new(AccessStats::default());
            self.stats.push(Arc::clone(&stats));
            let start = accept::Start {
                index,
                handle: handle.clone(),
                options: options.clone(),
                failures: failures.cloned(),
                stats,
                listener,
                peers: peers.to_vec(),
                stop: self.stop.subscribe(),
            };
            let thread = std::thread::Builder::new().name(format!("tls-{index}")).spawn(move || {
                if let Err(error) = accept::run(start) {
                    error!(%error, thread = index, "a thread of TLS handshakes could not run");
                }
            });
            self.threads.push(thread.map_err(StartError::Thread)?);
        }
        Ok(())
    }

    /// What devices reach over HTTP, for a listener with title-case headers; requests carry a `ConnectInfo<SocketAddr>`.
    pub fn http(&self) -> axum::Router {
        self.http.clone().router()
    }

    /// The same behind [`DeviceAccess::https`].
    pub fn http_secured(&self) -> axum::Router {
        DeviceHttp { listener: Listener::DeviceHttps, ..self.http.clone() }.router()
    }

    /// MQTT over WebSocket on whatever path, for a listener of others: answers every request as one for a WebSocket.
    pub fn websocket(&self) -> axum::Router {
        let websockets = Arc::clone(&self.http.websockets);
        axum::Router::new().fallback(move |request: axum::extract::Request| async move { websockets.answer(request) })
    }

    /// Where it listens for MQTT in the clear.
    #[must_use]
    pub fn mqtt(&self) -> Option<SocketAddr> {
        self.mqtt
    }

    /// Where it listens for MQTT over TLS.
    #[must_use]
    pub fn mqtts(&self) -> Option<SocketAddr> {
        self.mqtts
    }

    /// Where it listens for CoAP in the clear.
    #[must_use]
    pub fn coap(&self) -> Option<SocketAddr> {
        self.coap
    }

    /// Where it listens for CoAP over DTLS.
    #[must_use]
    pub fn coaps(&self) -> Option<SocketAddr> {
        self.coaps
    }

    /// Makes connections of HTTP over TLS, when there is something to show.
    #[must_use]
    pub fn https(&self) -> Option<HttpsAcceptor> {
        self.tls.as_ref().map(|handle| HttpsAcceptor::new(handle, self.connect_timeout, &self.https_stats))
    }

    /// What is shown over TLS, to be replaced while it runs.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsHandle> {
        self.tls.as_ref()
    }

    /// Counters, one set per thread and one of HTTP over TLS.
    #[must_use]
    pub fn stats(&self) -> &[Arc<AccessStats>] {
        &self.stats
    }

    /// What counts against the rates devices share.
    #[must_use]
    pub fn rates(&self) -> Arc<SharedRates> {
        Arc::clone(&self.rates)
    }

    /// What the backends of an account hold, for whoever asks while it runs.
    #[must_use]
    pub fn uses_of_backends(&self) -> UsesOfBackends {
        UsesOfBackends { broker: Arc::clone(&self.broker) }
    }

    /// Stops accepting and reading, commits and writes what was taken in, closes every connection. Blocks until done.
    pub fn stop(self) {
        self.stop.send_replace(true);
        for thread in self.threads {
            if thread.join().is_err() {
                error!("a device worker ended in a panic");
            }
        }
    }
}

/// Tells what the backends of an account hold.
#[derive(Clone, Debug)]
pub struct UsesOfBackends {
    broker: Arc<Broker>,
}

impl UsesOfBackends {
    #[must_use]
    pub fn sessions(&self, owner: Uin) -> SessionsUse {
        self.broker.kept.used(owner)
    }

    /// Filters of all of them.
    #[must_use]
    pub fn filters(&self, owner: Uin) -> usize {
        self.broker.filters_of(owner)
    }

    /// Number of retained messages, and their bytes.
    #[must_use]
    pub fn retained(&self, owner: Uin) -> (usize, usize) {
        self.broker.retained_of(owner)
    }
}

fn bind_coap(address: Option<SocketAddr>) -> Result<Option<UdpSocket>, StartError> {
    let Some(address) = address else { return Ok(None) };
    UdpSocket::bind(address).map(Some).map_err(|source| StartError::ListenCoap { address, source })
}

/// One listener per worker on the same port: the kernel spreads the connections.
fn bind(address: SocketAddr, workers: usize) -> std::io::Result<Vec<TcpListener>> {
    let mut address = address;
    let mut listeners = Vec::with_capacity(workers);
    for _ in 0..workers {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(workers > 1)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        // With port 0 the first bind picks it, the others join it.
        address = listener.local_addr()?;
        listeners.push(listener);
    }
    Ok(listeners)
}
