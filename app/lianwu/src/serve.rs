//! `lianwu serve`: puts the rooms together, runs them, takes them apart in order.

mod demo;
mod facts;
mod first_run;
mod load;
mod metrics;
mod simulator;
mod storage;
mod tls;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use lianwu_device_access::{AccessOptions, BackendMessages, DeviceAccess, HttpsAcceptor, Listen, LocalBus, TlsListen};
use lianwu_http::{Health, Server, ServerOptions};
use lianwu_model::UnixMillis;
use lianwu_ports::clock::Clock;
use lianwu_ports::log::LogHealth;
use lianwu_scripts::ScriptEngine;
use lianwu_services::account::{self, KeyUseWriter};
use lianwu_services::audit;
use lianwu_services::fence::watch::FenceWatch;
use lianwu_services::file;
use lianwu_services::follower::{self, Follower};
use lianwu_services::live::Live;
use lianwu_services::randomness::SystemRandomness;
use lianwu_services::retention;
use lianwu_services::{Foundation, Platform, Stores};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use crate::cli::ServeOptions;
use crate::config::{self, Config, LogFormat};
#[cfg(test)]
pub use facts::access_bounds;
use storage::Storage;

/// How often expired history is looked for.
const EXPIRY_PERIOD: Duration = Duration::from_secs(600);

/// How long calls in progress may take when the platform stops.
const HTTP_GRACE: Duration = Duration::from_secs(2);

/// The machine's clock.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Runs until SIGTERM or SIGINT.
pub fn run(options: &ServeOptions) -> Result<()> {
    let config = Config::load(options.config.as_deref(), std::env::vars())?;
    start_logging(config.server.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .thread_name("api")
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(serve(options, &config))
}

fn start_logging(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LIANWU_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}

async fn serve(options: &ServeOptions, config: &Config) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let storage = Storage::open(&options.data, config, &clock)?;
    let bus = Arc::new(LocalBus::default());
    let platform = Arc::new(new_platform(&storage, clock, &bus, config));
    follower::catch_up(platform.log.as_ref(), platform.readings.as_ref());
    let loaded = lianwu_services::start::load(&platform).await.context("load the registry")?;
    info!(products = loaded.products, devices = loaded.devices, "the registry is loaded");
    let follower = Follower::start(platform.log.clone(), platform.readings.clone(), Arc::clone(&platform.progress))
        .context("start the readings thread")?;
    let first_run = first_run::FirstRun::prepare(&options.data, &platform, config).await?;
    let audit = audit::start(&platform, storage.audit.clone(), config.audit());
    let key_uses = KeyUseWriter::start(&platform);

    let certificate = match config.listen.needs_certificate()? {
        true => Some(tls::IdentityFiles::prepare(&options.data, config)?),
        false => None,
    };
    let access = start_access(&platform, &bus, config, certificate.as_ref())?;
    let fences = FenceWatch::start(&platform).await.context("follow the fences")?;
    let live = Live::new(Arc::clone(&platform));
    let showing = live.follow();
    let listeners = web::Listeners::bind(config).await?;
    let device_http = match (&access, config.listen.device_http_address()?) {
        (Some(access), Some(address)) => Some(serve_devices(access, address, None).await?),
        _ => None,
    };
    let device_https = match (&access, config.listen.device_https_address()?) {
        (Some(access), Some(address)) => Some(serve_devices(access, address, access.https()).await?),
        _ => None,
    };
    publish_files(&platform, config, device_http.as_ref(), device_https.as_ref());
    let stats = access.as_ref().map(DeviceAccess::stats).unwrap_or_default();
    let handle = access.as_ref().and_then(DeviceAccess::tls).cloned();
    let metrics = metrics::Metrics::new(&platform, stats, handle.clone(), &storage.log);
    let log = Arc::clone(&platform.log);
    let health = Health::watching(move || match log.health() {
        LogHealth::Accepting => None,
        LogHealth::Refusing(why) => Some(why),
    });
    let load = load::Load::new(&platform, &storage.log, options.data.clone(), stats, access.as_ref());
    let listening = facts::Listening {
        mqtt: access.as_ref().and_then(DeviceAccess::mqtt),
        mqtts: access.as_ref().and_then(DeviceAccess::mqtts),
        device_http: device_http.as_ref().map(Server::address),
        device_https: device_https.as_ref().map(Server::address),
        coap: access.as_ref().and_then(DeviceAccess::coap),
        coaps: access.as_ref().and_then(DeviceAccess::coaps),
        http: listeners.http()?,
        https: listeners.https(),
    };
    let facts = Arc::new(facts::collect(config, listening, &load));
    let rooms =
        web::Rooms { access: access.as_ref(), live, facts, health: health.clone(), metrics: metrics.registry() };
    let parts = web::parts(&platform, config, rooms);
    let servers = listeners.serve(parts, access.as_ref())?;

    first_run.announce(listening)?;
    health.set_ready(true);
    let simulated = simulator::Simulated::start(&platform, listening.mqtt, options.demo).await?;
    let measuring = tokio::spawn(load.measure());
    let expiry = tokio::spawn(expire(Arc::clone(&platform)));
    let watching = certificate.zip(handle).map(|(files, handle)| tokio::spawn(files.watch(handle)));

    stop_signal().await?;
    info!("stopping");
    health.set_ready(false);
    expiry.abort();
    measuring.abort();
    if let Some(watching) = watching {
        watching.abort();
    }
    simulated.stop().await;
    showing.stop().await;
    let servers = [device_http, device_https].into_iter().flatten().chain(servers);
    let stopping: Vec<_> = servers.map(|server| tokio::spawn(server.stop(HTTP_GRACE))).collect();
    for stopped in stopping {
        stopped.await.context("stop a listener")?;
    }
    fences.stop().await;
    key_uses.stop().await;
    audit.stop().await;
    tokio::task::spawn_blocking(move || {
        if let Some(access) = access {
            access.stop();
        }
        platform.log.close();
        follower.stop();
        if let Err(error) = platform.readings.seal() {
            warn!(%error, "the readings could not be sealed; they are rebuilt from the log at the next start");
        }
    })
    .await
    .context("stop")?;
    storage.close().await;
    info!("stopped, everything is committed");
    Ok(())
}

fn new_platform(storage: &Storage, clock: Arc<dyn Clock>, bus: &Arc<LocalBus>, config: &Config) -> Platform {
    Platform::new(Foundation {
        clock,
        log: storage.log.clone(),
        readings: storage.readings.clone(),
        states: storage.readings.clone(),
        stores: Stores::of(&storage.registry),
        blobs: storage.blobs.clone(),
        bus: bus.clone(),
        scripts: Arc::new(ScriptEngine::default()),
        randomness: Arc::new(SystemRandomness),
        limits: config.limits(),
    })
}

/// Opens a listener of devices that speak HTTP. Small devices find the length of an answer by its exact spelling.
async fn serve_devices(access: &DeviceAccess, address: SocketAddr, tls: Option<HttpsAcceptor>) -> Result<Server> {
    let listener = tokio::net::TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("listen for devices over HTTP on {address}"))?;
    let options = ServerOptions { title_case_headers: true, ..ServerOptions::default() };
    let server = match tls {
        Some(tls) => {
            let secure = move |stream, peer| tls.accept(stream, peer);
            Server::start_secured(listener, access.http_secured(), options, secure)
        }
        None => Server::start(listener, access.http(), options),
    };
    server.context("serve devices over HTTP")
}

/// Says where contents of files are loaded: in the clear where there are both, the vendor's samples without TLS know no other.
fn publish_files(platform: &Platform, config: &Config, http: Option<&Server>, https: Option<&Server>) {
    let listener = http.map(|server| ("http", server)).or(https.map(|server| ("https", server)));
    if let Some((scheme, server)) = listener {
        platform.files.publish_at(&facts::device_url(config, scheme, server.address()));
    }
}

/// Nothing when every port for devices is switched off.
fn start_access(
    platform: &Arc<Platform>,
    bus: &LocalBus,
    config: &Config,
    certificate: Option<&tls::IdentityFiles>,
) -> Result<Option<DeviceAccess>> {
    let mqtts = match (config.listen.mqtts_address()?, certificate) {
        (Some(address), Some(files)) => Some(TlsListen { address, identity: files.read()? }),
        _ => None,
    };
    let https = match (config.listen.device_https_address()?.or(config.listen.https_address()?), certificate) {
        (Some(_), Some(files)) => Some(files.read()?),
        _ => None,
    };
    let listen = Listen {
        mqtt: config.listen.mqtt_address()?,
        mqtts,
        https,
        coap: config.listen.coap_address()?,
        coaps: config.listen.coaps_address()?,
    };
    if listen.is_empty() && config.listen.device_http_address()?.is_none() {
        return Ok(None);
    }
    Ok(Some(DeviceAccess::start(platform, bus, listen, &access_options(config))?))
}

fn access_options(config: &Config) -> AccessOptions {
    AccessOptions {
        workers: config.workers(),
        packet_bytes_max: config.limits.packet_bytes_max,
        device_up_tps: config.limits.device_up_tps,
        device_down_tps: config.limits.device_down_tps,
        instance_tps: config.limits.instance_tps,
        instance_down_tps: config.limits.instance_down_tps,
        instance_connects_per_s: config.limits.instance_connects_per_s,
        product_up_tps: config.limits.product_up_tps,
        product_down_tps: config.limits.product_down_tps,
        device_connects_per_5s: config.limits.device_connects_per_5s,
        sign_in_failures: config.limits.sign_in_failures,
        offline_messages: config.limits.offline_messages,
        offline_age_max: Duration::from_secs(u64::from(config.limits.offline_hours) * 3600),
        backend_sessions_max: config.limits.backend_sessions,
        backend_session_messages: config.limits.backend_session_messages,
        backend_session_bytes_max: config.limits.backend_session_bytes,
        backend_session_age_max: Duration::from_secs(u64::from(config.limits.backend_session_hours) * 3600),
        connect_timeout: Duration::from_secs(config.listen.connect_timeout),
        rate_window: Duration::from_secs(config.server.rate_window),
        backend_messages: match config.backends.messages {
            config::BackendMessages::Disk => BackendMessages::Disk,
            config::BackendMessages::Memory => BackendMessages::Memory,
            config::BackendMessages::Off => BackendMessages::Off,
        },
        ..AccessOptions::default()
    }
}

/// Gives the disk back what retention no longer keeps.
async fn expire(platform: Arc<Platform>) {
    let mut period = tokio::time::interval(EXPIRY_PERIOD);
    loop {
        period.tick().await;
        if let Err(error) = audit::expire(&platform).await {
            warn!(%error, "expired rows of the audit log could not be removed");
        }
        if let Err(error) = account::expire_logins(&platform).await {
            warn!(%error, "sessions of the console that are over could not be removed");
        }
        if let Err(error) = file::sweep(&platform).await {
            warn!(%error, "files that nobody has could not be removed");
        }
        let platform = Arc::clone(&platform);
        let done = tokio::task::spawn_blocking(move || match retention::expire(&platform) {
            Ok(0) => {}
            Ok(bytes) => info!(bytes, "expired history was removed"),
            Err(error) => warn!(%error, "expired history could not be removed"),
        });
        if done.await.is_err() {
            return;
        }
    }
}

async fn stop_signal() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
