//! One thread, one single-threaded runtime, all connections of the devices that live there.
//!
//! Tasks: `accept` (own listener on the shared port), `mailbox` (messages from the cloud and from other workers), `turn`
//! (once per turn: serve every connection that is ready, release what is durable, hand over the batch, write), `tick`
//! (deadlines). They share one `RefCell<State>`, borrowed inside a poll and never across an await.

mod backend;
mod device;
mod held;
mod io;
mod overrun;
mod rate;
mod state;
mod tick;
mod turn;

use std::cell::{Cell, RefCell};
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::bus::{ConfigPush, DeliverError, Delivery, Down, Leave, ShadowChange};
use lianwu_ports::states::SessionSummary;
use lianwu_services::Platform;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::LocalSet;

pub(crate) use backend::session::Restored;
pub(crate) use device::post::{Post, Posted};
pub(crate) use device::sign_in::Arrival;
pub(crate) use device::uploaded::Upload;
pub(crate) use device::visit::{Visit, Visited};
pub(crate) use io::stream::{Moving, Stream};
pub(crate) use overrun::Way;
pub(crate) use rate::{InstanceRate, wait_for_turn};
pub use rate::{RatesUse, SharedRates};
pub(crate) use state::Place;

use crate::broker::Broker;
use crate::failures::Failures;
use crate::options::AccessOptions;
use crate::stats::AccessStats;
use crate::tls::Refused;
use crate::tls::accept::Secured;
use crate::websocket::Upgraded;
use backend::forward::Forwards;
use io::accept;
use io::ready::Ready;
use state::State;
use turn::Completions;

/// What reaches a worker from outside.
pub(crate) enum Mail {
    /// A connection that signed in on another worker and lives here.
    Arrival(Box<Arrival>),
    /// A connection whose TLS handshake is done.
    Secured(Box<Secured>),
    /// A connection that goes on as a WebSocket.
    Upgraded(Box<Upgraded>),
    /// A TLS handshake of a known product failed.
    TlsRefused(Box<Refused>),
    Down(Box<Down>, oneshot::Sender<Result<Delivery, DeliverError>>),
    Shadow(Box<ShadowChange>, device::shadow::Answer),
    PushConfig(Box<ConfigPush>, device::config::Answer),
    Disconnect(DeviceNumber, &'static str),
    /// A message of a device that lives here, from a request over HTTP.
    Post(Box<Post>),
    /// A device that lives here signs in without a connection.
    Visit(Box<Visit>),
    /// Lines of the own log of a device that lives here.
    Upload(Box<Upload>),
    /// A device no longer lives here, or no longer behind its gateway.
    Leave(Leave, &'static str),
    /// The custom topics of a product changed.
    TopicsChanged(ProductId),
    /// What is a device subscribed to?
    Subscriptions(DeviceNumber, oneshot::Sender<Vec<Box<str>>>),
    /// Messages for backends that live here.
    Forwards(Box<Forwards>),
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Arrival(_) => f.write_str("Arrival"),
            Self::Secured(_) => f.write_str("Secured"),
            Self::Upgraded(_) => f.write_str("Upgraded"),
            Self::TlsRefused(refused) => f.debug_tuple("TlsRefused").field(refused).finish(),
            Self::Down(down, _) => f.debug_tuple("Down").field(down).finish(),
            Self::PushConfig(push, _) => f.debug_tuple("PushConfig").field(push).finish(),
            Self::Shadow(change, _) => f.debug_tuple("Shadow").field(change).finish(),
            Self::Forwards(_) => f.write_str("Forwards"),
            Self::Post(_) => f.write_str("Post"),
            Self::Visit(_) => f.write_str("Visit"),
            Self::Upload(_) => f.write_str("Upload"),
            Self::Leave(leave, why) => f.debug_tuple("Leave").field(leave).field(why).finish(),
            Self::TopicsChanged(product) => f.debug_tuple("TopicsChanged").field(product).finish(),
            Self::Subscriptions(number, _) => f.debug_tuple("Subscriptions").field(number).finish(),
            Self::Disconnect(number, why) => f.debug_tuple("Disconnect").field(number).field(why).finish(),
        }
    }
}

/// Everything a worker is started with.
pub(crate) struct Start {
    pub(crate) index: usize,
    pub(crate) platform: Arc<Platform>,
    pub(crate) options: AccessOptions,
    pub(crate) instance_rate: Option<Arc<InstanceRate>>,
    pub(crate) rates: Arc<SharedRates>,
    pub(crate) broker: Arc<Broker>,
    pub(crate) failures: Option<Arc<Failures>>,
    pub(crate) stats: Arc<AccessStats>,
    /// Of the plain port, unless that is switched off.
    pub(crate) listener: Option<TcpListener>,
    pub(crate) mailbox: mpsc::Receiver<Mail>,
    pub(crate) peers: Vec<mpsc::Sender<Mail>>,
    pub(crate) stop: watch::Receiver<bool>,
    /// Kept sessions of the devices that live here.
    pub(crate) sessions: Vec<SessionSummary>,
    /// Those of backends.
    pub(crate) backend_sessions: Vec<Restored>,
}

/// What the tasks of one worker share.
pub(crate) struct Worker {
    index: usize,
    platform: Arc<Platform>,
    options: AccessOptions,
    instance_rate: Option<Arc<InstanceRate>>,
    rates: Arc<SharedRates>,
    broker: Arc<Broker>,
    failures: Option<Arc<Failures>>,
    stats: Arc<AccessStats>,
    /// When the key of a wrong signature was last looked for.
    key_searched: Cell<Option<Instant>>,
    peers: Vec<mpsc::Sender<Mail>>,
    completions: Arc<Completions>,
    ready: Arc<Ready>,
    /// Told when a stopping worker has nothing left to commit or to write.
    drained: Notify,
    state: RefCell<State>,
}

/// Runs a worker until it is told to stop and everything it took in is committed and written.
pub(crate) fn run(start: Start) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        // State look-ups for `get_status` run here, so that a cold disk does not stop the worker.
        .max_blocking_threads(4)
        // Sockets are looked at after this many tasks: long turns make big commits and few writes.
        .event_interval(61)
        .build()?;
    let local = LocalSet::new();
    runtime.block_on(local.run_until(serve(start)))
}

async fn serve(start: Start) -> std::io::Result<()> {
    let listener = match start.listener {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            Some(tokio::net::TcpListener::from_std(listener)?)
        }
        None => None,
    };
    let mut stop = start.stop;
    let worker = Rc::new(Worker {
        index: start.index,
        state: RefCell::new(State::new(start.platform.clock.now())),
        platform: start.platform,
        options: start.options,
        instance_rate: start.instance_rate,
        rates: start.rates,
        broker: start.broker,
        failures: start.failures,
        stats: start.stats,
        key_searched: Cell::new(None),
        peers: start.peers,
        completions: Arc::default(),
        ready: Arc::default(),
        drained: Notify::new(),
    });
    worker.restore(start.sessions);
    worker.restore_kept(start.backend_sessions);
    let accept = listener.map(|listener| tokio::task::spawn_local(accept::run(Rc::clone(&worker), listener)));
    let mailbox = tokio::task::spawn_local(accept::mailbox(Rc::clone(&worker), start.mailbox));
    let turn = tokio::task::spawn_local(tokio::task::unconstrained(turn::run(Rc::clone(&worker))));
    let tick = tokio::task::spawn_local(tick::run(Rc::clone(&worker)));
    // An error means the sender is gone: stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
    if let Some(accept) = accept {
        accept.abort();
    }
    mailbox.abort();
    worker.stop_reading();
    turn::drained(&worker).await;
    worker.close_all();
    turn::drained(&worker).await;
    tick.abort();
    turn.abort();
    Ok(())
}
