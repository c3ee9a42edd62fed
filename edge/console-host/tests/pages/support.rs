//! A platform in memory, its console, and a browser that keeps its cookie.

pub mod live;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, StatusCode, header};
use lianwu_cloud_api::{CloudApi, Settings};
use lianwu_console_host::{Asset, Console, ConsoleOptions};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::audit::memory::MemoryAudit;
use lianwu_ports::audit::{AuditEntry, AuditQuery};
use lianwu_ports::blobs::memory::MemoryBlobs;
use lianwu_ports::bus::NoDevices;
use lianwu_ports::clock::{Clock as _, ManualClock};
use lianwu_ports::log::memory::MemoryLog;
use lianwu_ports::readings::memory::MemoryReadings;
use lianwu_ports::registry::StoreError;
use lianwu_ports::registry::memory::MemoryRegistry;
use lianwu_ports::script::NoScripts;
use lianwu_services::account;
use lianwu_services::audit::{self, AuditOptions, AuditWriter};
use lianwu_services::randomness::Counting;
use lianwu_services::{Foundation, Limits, Platform, Stores, start};
use serde_json::{Value, json};
use tower_service::Service as _;

pub const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
pub const HOST: &str = "127.0.0.1:8080";
pub const LIANWU: &str = "2026-11-01";
pub const VENDOR: &str = "2019-04-23";
pub const NEW_PASSWORD: &str = "one that its owner chose";

/// What a build would embed.
pub static ASSETS: &[Asset] = &[
    Asset {
        path: "assets/app-1a2b.js",
        kind: "text/javascript; charset=utf-8",
        digest: "00112233445566778899aabbccddeeff",
        plain: b"console.log(1)",
        gzip: Some(b"compressed"),
    },
    Asset {
        path: "index.html",
        kind: "text/html; charset=utf-8",
        digest: "ffeeddccbbaa99887766554433221100",
        plain: b"<!doctype html><title>console</title>",
        gzip: None,
    },
];

pub struct World {
    pub platform: Arc<Platform>,
    pub clock: Arc<ManualClock>,
    registry: Arc<MemoryRegistry>,
    pub first_password: String,
    pub owner: Uin,
    audit: Arc<MemoryAudit>,
    _writer: AuditWriter,
}

impl World {
    pub async fn new() -> Self {
        Self::with_limits(Limits { api_tps: 0, ..Limits::default() }).await
    }

    pub async fn with_limits(limits: Limits) -> Self {
        let (registry, clock) = (Arc::new(MemoryRegistry::new()), Arc::new(ManualClock::at(NOW)));
        let platform = started(&registry, &clock, limits, 1).await;
        let first = account::bootstrap(&platform).await.unwrap().unwrap();
        let password = account::ensure_password::<StoreError>(&platform, |_| Ok(())).await.unwrap().unwrap();
        let audit = Arc::new(MemoryAudit::default());
        let writer = audit::start(&platform, audit.clone(), AuditOptions { reads: false });
        let (owner, first_password) = (first.uin, password.password);
        Self { platform, clock, registry, first_password, owner, audit, _writer: writer }
    }

    /// A main account whose owner has chosen a password.
    pub async fn settled() -> Self {
        let world = Self::new().await;
        let by = world.platform.accounts.principal(world.owner).unwrap();
        account::set_password(&world.platform, &by, None, &world.first_password, NEW_PASSWORD).await.unwrap();
        world
    }

    /// The same registry under a program started anew.
    pub async fn restarted(self) -> Self {
        let platform = started(&self.registry, &self.clock, self.platform.limits.clone(), 1 << 32).await;
        let writer = audit::start(&platform, self.audit.clone(), AuditOptions { reads: false });
        Self { platform, _writer: writer, ..self }
    }

    /// A sub-account with this password.
    pub async fn sub_account(&self, name: &str, policies: &[&str], password: &str) -> Uin {
        let policies = policies.iter().map(ToString::to_string).collect();
        let sub = account::create_sub_account(&self.platform, self.owner, name, policies).await.unwrap();
        let by = self.platform.accounts.principal(self.owner).unwrap();
        account::set_password(&self.platform, &by, Some(sub.uin), "", password).await.unwrap();
        sub.uin
    }

    pub fn browser(&self) -> Browser {
        self.browser_at("")
    }

    /// With `public.console_url` set.
    pub fn browser_at(&self, public_url: &str) -> Browser {
        let api = CloudApi::new(Arc::clone(&self.platform), Settings::default());
        let options = ConsoleOptions { public_url: public_url.to_owned() };
        self.browser_of(Console::new(Arc::clone(&self.platform), api, options).with_assets(ASSETS))
    }

    pub fn browser_of(&self, console: Console) -> Browser {
        Browser { router: console.router(), cookie: None, page_token: None, headers: Vec::new() }
    }

    pub async fn signed_in(&self, user: &str, password: &str) -> Browser {
        let mut browser = self.browser();
        assert_eq!(browser.sign_in(user, password).await.status, StatusCode::OK);
        browser
    }

    pub fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now().plus(time));
    }

    /// Newest first.
    pub async fn audit_rows(&self) -> Vec<AuditEntry> {
        let query = AuditQuery {
            owner: self.owner,
            times: UnixMillis(0)..=UnixMillis(u64::MAX),
            uin: None,
            operation: None,
            writes_only: false,
            before: None,
            limit: 100,
            look_max: 1_000,
        };
        audit::page(&self.platform, query).await.unwrap().rows
    }
}

async fn started(registry: &Arc<MemoryRegistry>, clock: &Arc<ManualClock>, limits: Limits, seed: u64) -> Arc<Platform> {
    let readings = Arc::new(MemoryReadings::default());
    let platform = Arc::new(Platform::new(Foundation {
        clock: clock.clone(),
        log: Arc::new(MemoryLog::new(clock.clone())),
        readings: readings.clone(),
        states: readings,
        stores: Stores::of(registry),
        blobs: Arc::new(MemoryBlobs::default()),
        bus: Arc::new(NoDevices),
        scripts: Arc::new(NoScripts),
        randomness: Arc::new(Counting::from(seed)),
        limits,
    }));
    start::load(&platform).await.unwrap();
    platform
}

/// Keeps the cookie and shows the page token, as the console's pages do.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
    pub page_token: Option<String>,
    /// Sent with every request besides.
    pub headers: Vec<(&'static str, String)>,
}

pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Page {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Of the error in the envelope; empty when there is none.
    pub fn code(&self) -> String {
        self.json()["Response"]["Error"]["Code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Status and code: what most refusals are told by.
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.code())
    }
}

impl Browser {
    pub async fn send(&mut self, method: &str, path: &str, body: impl Into<Body>) -> Page {
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        for (name, value) in [("cookie", &self.cookie), ("x-csrf-token", &self.page_token)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let peer: SocketAddr = "192.0.2.7:5000".parse().unwrap();
        let request = request.extension(ConnectInfo(peer)).body(body.into()).unwrap();
        let (head, body) = self.router.call(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        if let Some(cookie) = head.headers.get("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        if let Some(token) = head.headers.get("x-csrf-token") {
            self.page_token = Some(token.to_str().unwrap().to_owned());
        }
        Page { status: head.status, headers: head.headers, body }
    }

    pub async fn sign_in(&mut self, user: &str, password: &str) -> Page {
        let page = self.send("POST", "/console/session", json!({"User": user, "Password": password}).to_string()).await;
        if page.status == StatusCode::OK {
            self.page_token = page.json()["CsrfToken"].as_str().map(str::to_owned);
        }
        page
    }

    /// Who the server says is signed in.
    pub async fn session(&mut self) -> Page {
        self.send("GET", "/console/session", "").await
    }

    pub async fn call(&mut self, version: &str, action: &str, parameters: Value) -> Page {
        self.send("POST", &format!("/console/api/{version}/{action}"), parameters.to_string()).await
    }

    /// Is it still signed in?
    pub async fn is_in(&mut self) -> bool {
        self.session().await.status == StatusCode::OK
    }
}
