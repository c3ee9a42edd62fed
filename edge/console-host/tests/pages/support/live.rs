//! Devices that say something, and the browser's side of a live view. The pipe between is in memory, so time can be virtual.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lianwu_cloud_api::{CloudApi, Settings};
use lianwu_console_host::{Console, ConsoleOptions};
use lianwu_model::account::Principal;
use lianwu_model::product::{Authentication, DataProtocol, Product, ProductKind};
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_services::account;
use lianwu_services::device;
use lianwu_services::follower::Follower;
use lianwu_services::live::{Following, Live};
use lianwu_services::product::{self, NewProduct};
use lianwu_services::project::{self, ProjectText};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tower_service::Service as _;

use super::{Browser, HOST, World};

/// Bytes that fit into the pipe between browser and server, each way.
const PIPE_BYTES: usize = 64 * 1024;

/// A platform with three lamps whose log is followed, and somebody else's product.
pub struct Watched {
    world: World,
    router: Router,
    following: Option<Following>,
    _follower: Follower,
    product: ProductId,
    numbers: Vec<(&'static str, DeviceNumber)>,
    pub foreign_product: String,
}

impl Deref for Watched {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

async fn product_of(world: &World, by: &Principal) -> Product {
    let text = ProjectText { name: "home".into(), description: String::new() };
    let project = project::create(&world.platform, by.owner, text, None).await.unwrap();
    let new = NewProduct {
        project: project.id.to_string(),
        name: "lamp".into(),
        description: String::new(),
        category: 1,
        kind: ProductKind::Device,
        authentication: Authentication::Key,
        net_type: "wifi".into(),
        data_protocol: DataProtocol::ThingModel,
    };
    product::create(&world.platform, by, new).await.unwrap()
}

impl Watched {
    pub async fn new() -> Self {
        Self::of(World::settled().await).await
    }

    pub async fn of(world: World) -> Self {
        let platform = &world.platform;
        let by = platform.accounts.principal(world.owner).unwrap();
        let product = product_of(&world, &by).await.id;
        let mut numbers = Vec::new();
        for name in ["lamp", "other", "before"] {
            let made = device::create(platform, &by, product.as_str(), name, None).await.unwrap();
            numbers.push((name, made.number));
        }
        let (foreign, _) = account::create_main_account(platform, "wang").await.unwrap();
        let foreign_product = product_of(&world, &foreign.principal).await.id.to_string();
        let follower =
            Follower::start(platform.log.clone(), platform.readings.clone(), platform.progress.clone()).unwrap();
        let live = Live::new(platform.clone());
        let following = Some(live.follow());
        let api = CloudApi::new(Arc::clone(platform), Settings::default());
        let router = Console::new(Arc::clone(platform), api, ConsoleOptions::default()).with_live(live).router();
        Self { world, router, following, _follower: follower, product, numbers, foreign_product }
    }

    /// The same browser at the console with a live view.
    pub fn live_browser(&self, browser: &Browser) -> Browser {
        Browser { router: self.router.clone(), ..browser.clone() }
    }

    /// Parameters of `ListDeviceLog` for a lamp.
    pub fn request(&self, name: &str, more: &Value) -> Value {
        let mut request =
            json!({"ProductId": self.product, "DeviceName": name, "MinTime": 0, "MaxTime": 9_999_999_999_999_u64});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    }

    pub fn lamp(&self, name: &'static str) -> Lamp<'_> {
        let number = self.numbers.iter().find(|(known, _)| *known == name).unwrap().1;
        Lamp { world: self, name, number }
    }

    /// Ten messages of this size in each of thirty seconds.
    pub async fn keep_reporting(&self, name: &'static str, bytes: usize) {
        for _ in 0..300 {
            self.lamp(name).write(RecordKind::OtherUp, &"x".repeat(bytes));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// As the application stops.
    pub async fn stop(&mut self) {
        self.following.take().unwrap().stop().await;
    }
}

/// A device that says something.
pub struct Lamp<'a> {
    world: &'a Watched,
    name: &'static str,
    number: DeviceNumber,
}

/// What a lamp reports.
pub fn payload(value: u64) -> String {
    json!({"method": "report", "clientToken": "t", "params": {"brightness": value}}).to_string()
}

impl Lamp<'_> {
    pub fn report(&self, value: u64) {
        self.write(RecordKind::PropertyReport, &payload(value));
    }

    /// Returns when it is in log and readings.
    pub fn write(&self, kind: RecordKind, payload: &str) {
        let platform = &self.world.platform;
        let mut batch = RecordBatch::default();
        batch.push(&Record {
            kind,
            qos: 0,
            packet_id: 0,
            code: 0,
            number: self.number,
            product: self.world.product,
            device: self.name,
            sample_time: platform.clock.now(),
            topic: "",
            note: "",
            payload: payload.as_bytes(),
        });
        platform.log.submit(batch, Box::new(|_| {})).unwrap();
        while platform.progress.applied() < platform.log.durable() {
            std::thread::yield_now();
        }
    }
}

/// How a socket ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Code(u16),
    /// Without a word.
    Broken,
}

/// Lines a page was told of one log.
#[derive(Debug)]
pub struct Rows {
    pub watch: u64,
    /// Oldest first.
    pub rows: Vec<Value>,
    pub missed: u64,
    pub has_gap: bool,
}

impl Rows {
    fn of(shown: &Value) -> Self {
        Self {
            watch: shown["Watch"].as_u64().unwrap(),
            rows: shown["Rows"].as_array().unwrap().iter().rev().cloned().collect(),
            missed: shown["Missed"].as_u64().unwrap(),
            has_gap: shown["HasGap"].as_bool().unwrap(),
        }
    }

    pub fn contents(&self) -> Vec<String> {
        self.rows.iter().map(|row| row["Content"].as_str().unwrap().to_owned()).collect()
    }

    pub fn newest_first(&self) -> Vec<Value> {
        self.rows.iter().rev().cloned().collect()
    }
}

/// The browser's end.
pub struct Socket(WebSocketStream<DuplexStream>);

async fn connect(world: &Watched, browser: &Browser) -> Result<Socket, Error> {
    let (here, there) = tokio::io::duplex(PIPE_BYTES);
    let router = world.router.clone();
    let serve = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let peer: SocketAddr = "192.0.2.7:5000".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(there), serve).with_upgrades());
    let mut request = Request::builder().uri(format!("ws://{HOST}/console/live")).header("host", HOST);
    for (name, value) in [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ] {
        request = request.header(name, value);
    }
    if let Some(cookie) = &browser.cookie {
        request = request.header("cookie", cookie);
    }
    if !browser.headers.iter().any(|(name, _)| *name == "origin") {
        request = request.header("origin", format!("http://{HOST}"));
    }
    for (name, value) in &browser.headers {
        request = request.header(*name, value);
    }
    let (socket, _) = tokio_tungstenite::client_async(request.body(()).unwrap(), here).await?;
    Ok(Socket(socket))
}

impl Socket {
    pub async fn open(world: &Watched, browser: &Browser) -> Self {
        connect(world, browser).await.unwrap()
    }

    /// Status and code of the answer in place of a socket.
    pub async fn refused(world: &Watched, browser: &Browser) -> (u16, String) {
        let Err(Error::Http(answer)) = connect(world, browser).await else { panic!("the socket was opened") };
        let body: Value = serde_json::from_slice(answer.body().as_deref().unwrap_or_default()).unwrap_or_default();
        let code = body["Response"]["Error"]["Code"].as_str().unwrap_or_default();
        (answer.status().as_u16(), code.to_owned())
    }

    /// Opened, and the page is known.
    pub async fn ready_for(world: &Watched, browser: &Browser) -> Self {
        let mut socket = Self::open(world, browser).await;
        socket.say(&json!({"CsrfToken": browser.page_token, "Language": "en-US"}).to_string()).await;
        assert_eq!(socket.told().await["Type"], "Ready");
        socket
    }

    pub async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message of the server's own.
    pub async fn told(&mut self) -> Value {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => {
                    let told: Value = serde_json::from_str(&text).unwrap();
                    if told["Type"] != "Alive" {
                        return told;
                    }
                }
                Message::Ping(_) => {}
                other => panic!("{other:?} where a text was expected"),
            }
        }
    }

    pub async fn watch(&mut self, watch: u32, request: Value) {
        self.say(&json!({"Watch": watch, "Request": request}).to_string()).await;
        let told = self.told().await;
        assert_eq!((&told["Type"], &told["Watch"]), (&json!("Watching"), &json!(watch)), "{told}");
    }

    pub async fn watch_refused(&mut self, watch: u32, request: Value, code: &str) {
        self.say(&json!({"Watch": watch, "Request": request}).to_string()).await;
        let told = self.told().await;
        let expected = (&json!("Refused"), &json!(watch), &json!(code));
        assert_eq!((&told["Type"], &told["Watch"], &told["Code"]), expected, "{told}");
    }

    /// The next message with lines, of one log.
    pub async fn some_rows(&mut self) -> Rows {
        let told = self.told().await;
        assert_eq!(told["Type"], "Rows", "{told}");
        let watches = told["Watches"].as_array().unwrap();
        assert_eq!(watches.len(), 1, "{told}");
        Rows::of(&watches[0])
    }

    /// So many lines, however they are packed.
    pub async fn rows(&mut self, count: usize) -> Rows {
        let mut rows = self.some_rows().await;
        while rows.rows.len() < count {
            rows.rows.extend(self.some_rows().await.rows);
        }
        assert_eq!(rows.rows.len(), count);
        rows
    }

    /// Reads on until there is no more.
    pub async fn ended(&mut self) -> Ended {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return Ended::Code(frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ended::Broken,
            }
        }
    }

    /// Leaves pings unanswered until the end; gives its code.
    pub async fn answers_nothing(self) -> u16 {
        let mut bytes = Vec::new();
        self.0.into_inner().read_to_end(&mut bytes).await.unwrap();
        let mut frames = bytes.as_slice();
        while let [kind, length, rest @ ..] = frames
            && *kind != 0x88
        {
            frames = &rest[usize::from(*length)..];
        }
        let [0x88, _, code @ ..] = frames else { panic!("{frames:?} is no close frame") };
        u16::from_be_bytes([code[0], code[1]])
    }

    pub async fn close(mut self) {
        self.0.close(None).await.unwrap();
        while self.0.next().await.is_some_and(|message| message.is_ok()) {}
    }
}
