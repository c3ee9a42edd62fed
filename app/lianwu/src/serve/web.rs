//! The listeners for programs and people: cloud API and console, in the clear and over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use lianwu_cloud_api::{CloudApi, Settings};
use lianwu_console_host::{Console, ConsoleOptions};
use lianwu_device_access::DeviceAccess;
use lianwu_http::{Health, MetricsAccess, Parts, Server, ServerOptions, over_tls};
use lianwu_services::Platform;
use lianwu_services::limits::Facts;
use lianwu_services::live::Live;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::config::Config;

/// Bound, and not served yet.
pub struct Listeners {
    http: TcpListener,
    https: Option<TcpListener>,
}

impl Listeners {
    pub async fn bind(config: &Config) -> Result<Self> {
        let http = config.listen.http_address()?.context("listen.http is empty")?;
        let http = bind("HTTP", http).await?;
        let https = match config.listen.https_address()? {
            Some(address) => Some(bind("HTTPS", address).await?),
            None => None,
        };
        Ok(Self { http, https })
    }

    pub fn http(&self) -> Result<SocketAddr> {
        Ok(self.http.local_addr()?)
    }

    pub fn https(&self) -> Option<SocketAddr> {
        self.https.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Serves both. Encrypted connections are made by `access`, which has the certificate.
    pub fn serve(self, parts: Parts, access: Option<&DeviceAccess>) -> Result<Vec<Server>> {
        let router = lianwu_http::routes(parts);
        let mut servers = Vec::new();
        if let Some(listener) = self.https {
            let tls = access.and_then(DeviceAccess::https).context("there is no certificate for listen.https")?;
            let secure = move |stream, peer| tls.accept(stream, peer);
            let served = Server::start_secured(listener, over_tls(router.clone()), ServerOptions::default(), secure);
            servers.push(served.context("serve HTTPS")?);
        }
        servers.push(Server::start(self.http, router, ServerOptions::default()).context("serve HTTP")?);
        Ok(servers)
    }
}

async fn bind(what: &str, address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listen for {what} on {address}"))
}

/// What is served besides the platform itself.
pub struct Rooms<'a> {
    pub access: Option<&'a DeviceAccess>,
    pub live: Live,
    pub facts: Arc<Facts>,
    pub health: Health,
    pub metrics: Registry,
}

/// Who answers.
pub fn parts(platform: &Arc<Platform>, config: &Config, rooms: Rooms<'_>) -> Parts {
    let Rooms { access, live, facts, health, metrics } = rooms;
    let cloud_api = CloudApi::with_facts(Arc::clone(platform), Settings::default(), facts);
    let options = ConsoleOptions { public_url: config.public.console_url.clone() };
    Parts {
        console: Console::new(Arc::clone(platform), cloud_api.clone(), options).with_live(live).router(),
        cloud_api: cloud_api.router(),
        websocket: access.map(DeviceAccess::websocket),
        health,
        metrics: Arc::new(metrics),
        metrics_access: MetricsAccess::default(),
    }
}
