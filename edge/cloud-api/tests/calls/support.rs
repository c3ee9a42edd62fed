//! A platform in memory, callers with keys, and devices that are only pretended.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use lianwu_cloud_api::generated::metadata::OPERATIONS;
use lianwu_cloud_api::metadata;
use lianwu_cloud_api::signature::client::{Tc3Call, sign_tc3};
use lianwu_cloud_api::{CloudApi, Settings};
use lianwu_model::account::{AccessKey, Instance, Principal, SecretKeyText, StoredPolicy};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_ports::Answer;
use lianwu_ports::audit::memory::MemoryAudit;
use lianwu_ports::blobs::memory::MemoryBlobs;
use lianwu_ports::bus::{
    Bus, ChangeShadowError, ConfigPush, ConfigPushed, DeliverError, Delivery, Down, Leave, ShadowChange, ShadowChanged,
};
use lianwu_ports::clock::{Clock, ManualClock};
use lianwu_ports::log::memory::MemoryLog;
use lianwu_ports::readings::memory::MemoryReadings;
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_ports::registry::memory::MemoryRegistry;
use lianwu_scripts::ScriptEngine;
use lianwu_services::activity::{Activity, Counts, Failures, LastHour};
use lianwu_services::audit::{self, AuditOptions, AuditWriter};
use lianwu_services::follower::Follower;
use lianwu_services::limits::{AccessPoint, BackendsUse, Facts, Measures, RatesUse, Setting, Source};
use lianwu_services::message::ActionReply;
use lianwu_services::randomness::Counting;
use lianwu_services::{Foundation, Limits, Platform, Stores, account, start};
use serde_json::{Value, json};

/// Version of the service that has the operation; the vendor's for one that does not exist.
fn version_of(action: &str) -> &'static str {
    metadata::find(OPERATIONS, action).map_or("2019-04-23", |spec| spec.service.version)
}

/// 2024-11-22, the day of the specification's signature vectors.
pub const NOW: UnixMillis = UnixMillis(1_732_300_000_000);

pub const HOST: &str = "iot.example.com:8080";

type AnswerDown = Box<dyn Fn(&Down) + Send>;

/// Remembers what was sent down; devices answer as told.
pub struct PretendedDevices {
    pub sent: Mutex<Vec<Down>>,
    pub closed: Mutex<Vec<(DeviceNumber, &'static str)>>,
    /// Changes of shadows, and what is answered to all of them.
    pub shadow_changes: Mutex<Vec<ShadowChange>>,
    pub shadow_answer: Mutex<Result<ShadowChanged, ChangeShadowError>>,
    pub delivery: Mutex<Delivery>,
    /// Configurations that were sent to many.
    pub pushed: Mutex<Vec<ConfigPush>>,
    /// Products whose custom topics changed.
    pub topics_changed: Mutex<Vec<ProductId>>,
    /// Filters of every device.
    pub subscriptions: Mutex<Vec<Box<str>>>,
    /// Called with each message that was delivered.
    pub answer: Mutex<Option<AnswerDown>>,
}

impl Bus for PretendedDevices {
    fn deliver(&self, down: Down) -> Answer<'_, Result<Delivery, DeliverError>> {
        let delivery = *self.delivery.lock().unwrap();
        if delivery == Delivery::Delivered
            && let Some(answer) = self.answer.lock().unwrap().as_ref()
        {
            answer(&down);
        }
        self.sent.lock().unwrap().push(down);
        Box::pin(async move { Ok(delivery) })
    }

    fn change_shadow(&self, change: ShadowChange) -> Answer<'_, Result<ShadowChanged, ChangeShadowError>> {
        self.shadow_changes.lock().unwrap().push(change);
        let answer = self.shadow_answer.lock().unwrap().clone();
        Box::pin(async move { answer })
    }

    fn push_config(&self, push: ConfigPush) -> Answer<'_, Result<ConfigPushed, DeliverError>> {
        self.pushed.lock().unwrap().push(push);
        let count = ConfigPushed { sent: 3, not_listening: 2, over_rate: 1, too_large: 0 };
        Box::pin(async move { Ok(count) })
    }

    fn disconnect(&self, number: DeviceNumber, why: &'static str) {
        self.closed.lock().unwrap().push((number, why));
    }

    fn leave(&self, leave: Leave, why: &'static str) {
        self.closed.lock().unwrap().push((leave.device, why));
    }

    fn topics_changed(&self, product: ProductId) -> Answer<'_, ()> {
        self.topics_changed.lock().unwrap().push(product);
        Box::pin(async {})
    }

    fn subscriptions(&self, _: DeviceNumber) -> Answer<'_, Result<Vec<Box<str>>, DeliverError>> {
        let subscriptions = self.subscriptions.lock().unwrap().clone();
        Box::pin(async { Ok(subscriptions) })
    }
}

/// Somebody who signs.
#[derive(Clone)]
pub struct Caller {
    pub uin: Uin,
    pub secret_id: String,
    pub secret_key: SecretKeyText,
}

pub struct Cloud {
    pub api: CloudApi,
    pub platform: Arc<Platform>,
    pub devices: Arc<PretendedDevices>,
    pub clock: Arc<ManualClock>,
    /// A main account.
    pub owner: Caller,
    /// Another main account.
    pub stranger: Caller,
    /// Kept so that readings follow the log.
    _follower: Follower,
    _audit: AuditWriter,
}

impl Cloud {
    pub async fn new() -> Self {
        Self::with_limits(Limits { api_tps: 0, ..Limits::default() }).await
    }

    pub async fn with_limits(limits: Limits) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let log = Arc::new(MemoryLog::new(clock.clone()));
        let readings = Arc::new(MemoryReadings::default());
        let devices = Arc::new(PretendedDevices {
            sent: Mutex::default(),
            closed: Mutex::default(),
            shadow_changes: Mutex::default(),
            shadow_answer: Mutex::new(Ok(ShadowChanged { document: None, told: None })),
            delivery: Mutex::new(Delivery::Delivered),
            pushed: Mutex::default(),
            topics_changed: Mutex::default(),
            subscriptions: Mutex::default(),
            answer: Mutex::default(),
        });
        let platform = Arc::new(Platform::new(Foundation {
            clock: clock.clone(),
            log: log.clone(),
            readings: readings.clone(),
            states: readings.clone(),
            stores: Stores::of(&Arc::new(MemoryRegistry::new())),
            blobs: Arc::new(MemoryBlobs::default()),
            bus: devices.clone(),
            scripts: Arc::new(ScriptEngine::default()),
            randomness: Arc::new(Counting::default()),
            limits,
        }));
        let follower = Follower::start(log, readings, Arc::clone(&platform.progress)).unwrap();
        start::load(&platform).await.unwrap();
        let first = account::bootstrap(&platform).await.unwrap().unwrap();
        let owner = Caller { uin: first.uin, secret_id: first.secret_id, secret_key: first.secret_key };
        let stranger = second_main_account(&platform).await;
        let options = AuditOptions { reads: false };
        let audit = audit::start(&platform, Arc::new(MemoryAudit::default()), options);
        let api = CloudApi::with_facts(platform.clone(), Settings::default(), Arc::new(facts()));
        Self { api, platform, devices, clock, owner, stranger, _follower: follower, _audit: audit }
    }

    /// A sub-account of the owner with a key and these policies.
    pub async fn sub_account(&self, name: &str, policies: &[&str]) -> Caller {
        let policies = policies.iter().map(ToString::to_string).collect();
        let principal = account::create_sub_account(&self.platform, self.owner.uin, name, policies).await.unwrap();
        let key = account::create_key(&self.platform, principal.uin).await.unwrap();
        caller(principal.uin, &key)
    }

    pub async fn policy(&self, name: &str, document: &Value) {
        let policy = StoredPolicy {
            owner: self.owner.uin,
            name: name.into(),
            document: document.to_string(),
            remark: String::new(),
        };
        account::save_policy(&self.platform, policy).await.unwrap();
    }

    /// The `Response` of a call that must succeed.
    pub async fn ok(&self, action: &str, parameters: Value) -> Value {
        let response = self.call(&self.owner, action, parameters).await;
        assert!(response.get("Error").is_none(), "{action}: {response}");
        response
    }

    /// The error code of a call that must fail.
    pub async fn refused(&self, action: &str, parameters: Value) -> String {
        code(&self.call(&self.owner, action, parameters).await)
    }

    /// The `Response` of a POST signed with TC3, in English.
    pub async fn call(&self, by: &Caller, action: &str, parameters: Value) -> Value {
        self.send(self.post(by, action, parameters.to_string())).await.2
    }

    pub fn post(&self, by: &Caller, action: &str, body: String) -> Request {
        let signed = sign_tc3(&Tc3Call {
            method: "POST",
            host: HOST,
            content_type: "application/json",
            query: "",
            body: body.as_bytes(),
            service: "iotexplorer",
            secret_id: &by.secret_id,
            secret_key: &by.secret_key,
            now: self.clock.now(),
        });
        Request::post("/")
            .header("Host", HOST)
            .header("Content-Type", "application/json")
            .header("Authorization", signed.authorization)
            .header("X-TC-Timestamp", signed.timestamp)
            .header("X-TC-Action", action)
            .header("X-TC-Version", version_of(action))
            .header("X-TC-Region", "ap-guangzhou")
            .header("X-TC-Language", "en-US")
            .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 40_000))))
            .body(Body::from(body))
            .unwrap()
    }

    /// HTTP status, headers and the content of `Response`.
    pub async fn send(&self, request: Request) -> (u16, axum::http::HeaderMap, Value) {
        let (head, body) = self.api.handle(request).await.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let mut value: Value = serde_json::from_slice(&body).unwrap();
        (head.status.as_u16(), head.headers, value["Response"].take())
    }

    pub async fn project(&self, name: &str) -> String {
        let project = self.ok("CreateProject", json!({"ProjectName": name, "ProjectDesc": ""})).await;
        project["Project"]["ProjectId"].as_str().unwrap().to_owned()
    }

    pub async fn product(&self, project: &str, name: &str) -> String {
        let product = self.ok("CreateStudioProduct", new_product(project, name)).await;
        product["Product"]["ProductId"].as_str().unwrap().to_owned()
    }

    /// A product with a model, in a project of its own name, and one device `lamp1`.
    pub async fn lamp(&self) -> String {
        let project = self.project("home").await;
        let product = self.product(&project, "lamp").await;
        self.ok("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": MODEL})).await;
        self.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "lamp1"})).await;
        product
    }

    /// The device says something.
    pub fn device_says(&self, product: &str, device: &str, kind: RecordKind, sample: UnixMillis, payload: &str) {
        self.record(product, device, kind, sample, "", payload);
    }

    /// The device uploads a line of its own log.
    pub fn device_uploads(&self, product: &str, device: &str, level: &str, line: &str) {
        self.record(product, device, RecordKind::DeviceLog, NOW, level, line);
    }

    /// The device's message was refused with this code, and why.
    pub fn device_is_refused(&self, product: &str, device: &str, code: u32, why: &str, payload: &str) {
        let refused = said(RecordKind::PropertyOther, NOW, why, payload);
        self.commit(product, device, &Record { code, ..refused });
    }

    fn record(&self, product: &str, device: &str, kind: RecordKind, sample: UnixMillis, note: &str, payload: &str) {
        self.commit(product, device, &said(kind, sample, note, payload));
    }

    /// In the name of this device.
    fn commit(&self, product: &str, device: &str, record: &Record<'_>) {
        let device = self.platform.directory.find(product.parse().unwrap(), device).unwrap();
        let mut batch = RecordBatch::default();
        batch.push(&Record { number: device.number, product: device.product, device: device.name.as_str(), ..*record });
        self.platform.log.submit(batch, Box::new(|result| assert!(result.is_ok()))).unwrap();
    }

    /// From now on devices answer every action like this.
    pub fn devices_answer(&self, reply: ActionReply) {
        let platform = self.platform.clone();
        let answer = move |down: &Down| {
            let message: Value = serde_json::from_slice(&down.payload).unwrap();
            platform.replies.resolve(down.number, message["clientToken"].as_str().unwrap(), reply.clone());
        };
        *self.devices.answer.lock().unwrap() = Some(Box::new(answer));
    }
}

/// A message of nobody yet.
fn said<'a>(kind: RecordKind, sample_time: UnixMillis, note: &'a str, payload: &'a str) -> Record<'a> {
    Record {
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: DeviceNumber::NONE,
        product: ProductId::ACCOUNT,
        device: "",
        sample_time,
        topic: "",
        note,
        payload: payload.as_bytes(),
    }
}

/// A busy instance with one setting from each source.
fn facts() -> Facts {
    let setting = |key: &str, value: &str, source| Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        source,
        zh: format!("{key} 的说明"),
        en: format!("what {key} does"),
    };
    let point = |protocol, port, is_for_devices| AccessPoint {
        protocol,
        host: "iot.example.com".to_owned(),
        port,
        is_encrypted: false,
        is_for_devices,
    };
    Facts {
        settings: vec![
            setting("listen.mqtt", "0.0.0.0:1883", Source::Default),
            setting("retention.days", "30", Source::File),
            setting("limits.api_tps", "0", Source::Environment),
        ],
        access_points: vec![point("mqtt", 1883, true), point("http", 8080, false)],
        access: None,
        measures: Some(Arc::new(Busy)),
    }
}

/// 12 connections, 345 messages a second.
struct Busy;

impl Measures for Busy {
    fn connections(&self) -> u64 {
        12
    }

    fn messages_last_second(&self) -> u64 {
        345
    }

    fn rates(&self, _: Option<ProductId>) -> RatesUse {
        RatesUse::default()
    }

    fn backends(&self, _: Uin) -> BackendsUse {
        BackendsUse {
            sessions: 3,
            session_messages: 40,
            session_bytes: 5_000,
            session_filters: 6,
            filters: 70,
            retained_messages: 8,
            retained_bytes: 900,
        }
    }

    /// A refused sign-in and 20 messages in the first minute, 5 more in the second.
    fn activity(&self) -> Activity {
        let failures = Failures { sign_ins_refused: 1, ..Failures::default() };
        let mut hour = LastHour::default();
        hour.take(Counts { up: 20, failures, ..Counts::default() }, UnixMillis(NOW.0 - 60_000));
        hour.take(Counts { up: 25, failures, ..Counts::default() }, NOW);
        Activity { hour, online: 11, connections: 12, log_bytes: 4096, ..Activity::default() }
    }
}

async fn second_main_account(platform: &Platform) -> Caller {
    let uin = Uin(100_000_000_002);
    let accounts = &platform.stores.accounts;
    let principal =
        Principal { uin, owner: uin, name: "other".into(), policies: Vec::new(), active: true, created: NOW };
    accounts.create_principal(principal).await.unwrap();
    let instance = Instance { id: "ins-other00002".parse().unwrap(), owner: uin, enterprise: true, created: NOW };
    accounts.create_instance(instance).await.unwrap();
    account::load(platform).await.unwrap();
    caller(uin, &account::create_key(platform, uin).await.unwrap())
}

fn caller(uin: Uin, key: &AccessKey) -> Caller {
    Caller { uin, secret_id: key.secret_id.clone(), secret_key: key.secret_key.clone() }
}

pub fn code(response: &Value) -> String {
    match response["Error"]["Code"].as_str() {
        Some(code) => code.to_owned(),
        None => panic!("no error: {response}"),
    }
}

pub fn new_product(project: &str, name: &str) -> Value {
    json!({
        "ProjectId": project, "ProductName": name, "CategoryId": 1, "ProductType": 0, "EncryptionType": "2",
        "NetType": "wifi", "DataProtocol": 1, "ProductDesc": "",
    })
}

pub const MODEL: &str = r#"{"version":"1.0","profile":{"ProductId":"","CategoryId":"1"},"properties":[
{"id":"power","name":"开关","desc":"","mode":"rw","required":false,"define":{"type":"bool","mapping":{"0":"关","1":"开"}}},
{"id":"level","name":"level","desc":"","mode":"rw","required":false,
 "define":{"type":"int","min":"0","max":"100","start":"0","step":"1","unit":"%"}},
{"id":"name","name":"name","desc":"","mode":"rw","required":false,"define":{"type":"string","min":"0","max":"64"}},
{"id":"heat","name":"heat","desc":"","mode":"r","required":false,
 "define":{"type":"float","min":"-40","max":"120","start":"0","step":"0.1","unit":""}}],
"events":[{"id":"hot","name":"hot","desc":"","type":"alert","required":false,
 "params":[{"id":"heat","name":"heat","define":{"type":"float","min":"-40","max":"120","start":"0","step":"0.1","unit":""}}]}],
"actions":[{"id":"blink","name":"blink","desc":"","required":false,
 "input":[{"id":"times","name":"times","define":{"type":"int","min":"1","max":"10","start":"1","step":"1","unit":""}}],
 "output":[{"id":"done","name":"done","define":{"type":"bool","mapping":{"0":"no","1":"yes"}}}]}]}"#;
