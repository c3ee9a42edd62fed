//! Devices over HTTP: registration in both forms, and messages in the way of all others.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::credentials::{Credentials, DeviceSecret, Method};
use lianwu_device_protocol::registration::seal_device_secret;
use lianwu_device_protocol::signed_request::{GATEWAY_HOST, SignedRequest};
use lianwu_http::{Server, ServerOptions};
use lianwu_model::UnixMillis;
use lianwu_model::product::{Product, Project, Registration, RegistrationMode};
use lianwu_ports::record::RecordKind;
use lianwu_services::logs::notes;
use lianwu_services::registration;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::harness::{NOW, PRODUCT, World, up};

/// Nobody refuses for being too often there.
pub fn options() -> AccessOptions {
    AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, sign_in_failures: 0, ..AccessOptions::default() }
}

pub struct Scene {
    pub world: World,
    pub runtime: Runtime,
    server: Option<Server>,
    address: SocketAddr,
    /// ProductSecret, once registration was on.
    secret: String,
}

impl Scene {
    pub fn new(options: &AccessOptions) -> Self {
        let world = World::with(options);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let options = ServerOptions { title_case_headers: true, ..ServerOptions::default() };
            Server::start(listener, world.http(), options).unwrap()
        });
        let product = Product::clone(&world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product);
        runtime.block_on(async {
            let stores = &world.platform.stores;
            let project = Project {
                id: product.project.clone(),
                owner: product.owner,
                instance: "ins-12345678".parse().unwrap(),
                name: "home".into(),
                description: String::new(),
                created: NOW,
                updated: NOW,
            };
            stores.projects.create_project(project).await.unwrap();
            stores.products.create_product(product).await.unwrap();
        });
        let address = server.address();
        Self { world, runtime, server: Some(server), address, secret: String::new() }
    }

    /// Switches registration.
    fn allow(&mut self, mode: RegistrationMode, limit: u64) {
        let platform = &self.world.platform;
        let owner = platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product.owner;
        let wanted = Registration { mode, limit };
        let product = self.runtime.block_on(registration::configure(platform, owner, PRODUCT, wanted)).unwrap();
        self.secret = product.secret.unwrap().0;
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// Head and body of the answer.
    pub fn ask(&self, path: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
        ask(&mut self.connect(), path, headers, body)
    }

    fn first_form(&self, body: &Value) -> Value {
        let (head, answer) = self.ask("/register/dev", "", body.to_string().as_bytes());
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(answer.len() < 256, "the C SDK reads 256 bytes, this has {}", answer.len());
        serde_json::from_slice(&answer).unwrap()
    }

    /// The first form, signed with `secret`.
    fn register(&self, name: &str, secret: &str) -> Value {
        self.first_form(&first(PRODUCT, name, secret))
    }

    pub fn signed(&self, path: &str, algorithm: &str, secret: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = SignedRequest {
            host: GATEWAY_HOST,
            path,
            algorithm,
            timestamp: "1609430400",
            nonce: "7",
            signature: "",
            body: body.as_bytes(),
        };
        let headers = format!(
            "X-TC-Algorithm: {algorithm}\r\nX-TC-Timestamp: 1609430400\r\nX-TC-Nonce: 7\r\nX-TC-Signature: {}\r\n",
            request.sign(secret).unwrap()
        );
        let (head, answer) = self.ask(path, &headers, body.as_bytes());
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["Response"]["RequestId"].as_str().map(str::len), Some(36), "{answer}");
        answer["Response"].clone()
    }

    fn second_form(&self, name: &str, algorithm: &str) -> Value {
        let body = json!({"ProductId": PRODUCT, "DeviceName": name});
        self.signed("/device/register", algorithm, &self.secret, &body)
    }

    fn publish(&self, name: &str, topic: &str, payload: &str) -> Value {
        let body = json!({"ProductId": PRODUCT, "DeviceName": name, "TopicName": topic, "Payload": payload, "Qos": 1});
        self.signed("/device/publish", "hmacsha256", &self.device_secret(name), &body)
    }

    pub fn device_secret(&self, name: &str) -> String {
        self.world.platform.directory.find(PRODUCT.parse().unwrap(), name).unwrap().secret.text().to_owned()
    }

    /// Codes of the registrations on record.
    fn registrations(&self, count: u64) -> Vec<(u32, String)> {
        let records = self.world.records(count).into_iter();
        records.filter(|(kind, ..)| *kind == RecordKind::Registration).map(|(_, code, note)| (code, note)).collect()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop(Duration::ZERO));
        }
    }
}

fn ask(stream: &mut TcpStream, path: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    read_answer(stream)
}

pub fn read_answer(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut answer = Vec::new();
    let end = loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let mut part = [0; 512];
        let read = stream.read(&mut part).unwrap();
        assert_ne!(read, 0, "closed early: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
    };
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    // As the C SDK looks for it.
    let length = head.split("Content-Length: ").nth(1).expect("a length in exactly this spelling");
    let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = answer.split_off(end);
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[have.min(length)..]).unwrap();
    (head, body)
}

/// The body the C SDK sends: base64 of the digits.
fn first(product: &str, name: &str, secret: &str) -> Value {
    use base64::Engine as _;
    use hmac::Mac as _;
    let text = format!("deviceName={name}&nonce=5&productId={product}&timestamp=1795373214");
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = base64::engine::general_purpose::STANDARD.encode(digits);
    json!({"deviceName": name, "nonce": 5, "productId": product, "timestamp": 1_795_373_214_u32, "signature": signature})
}

/// Does a new device get its secret in each form, encrypted with the product's, and always the same one?
#[test]
fn registration_gives_a_new_device_its_secret() {
    let mut scene = Scene::new(&options());
    scene.allow(RegistrationMode::AutoCreate, 10);
    let answer = scene.register("new-1", &scene.secret);
    let sealed = seal_device_secret(&scene.secret, &scene.device_secret("new-1")).unwrap();
    assert_eq!(answer, json!({"code": 0, "message": "", "len": sealed.length, "payload": sealed.payload}));
    for algorithm in ["hmacsha256", "hmacsha1", "HmacSha256"] {
        let answer = scene.second_form("new-1", algorithm);
        assert_eq!(
            (&answer["Len"], &answer["Payload"]),
            (&json!(sealed.length), &json!(sealed.payload)),
            "{algorithm}"
        );
    }
    assert_eq!(scene.registrations(4), vec![(0, String::new()); 4]);
    let stored =
        scene.runtime.block_on(
            scene.world.platform.stores.devices.device(lianwu_model::DeviceKey {
                product: PRODUCT.parse().unwrap(),
                device: "new-1".parse().unwrap(),
            }),
        );
    assert_eq!(stored.unwrap().unwrap().secret.0, scene.device_secret("new-1"), "it is in the registry");
}

/// Is a connection kept for the next request, and nothing compressed?
#[test]
fn answers_are_plain_and_connections_kept() {
    let mut scene = Scene::new(&options());
    scene.allow(RegistrationMode::AutoCreate, 10);
    let mut stream = scene.connect();
    for name in ["new-1", "new-2"] {
        let body = first(PRODUCT, name, &scene.secret).to_string();
        let (head, _) =
            ask(&mut stream, "/register/dev", "Content-Type: application/x-www-form-urlencoded\r\n", body.as_bytes());
        assert!(head.contains("Content-Type: application/json\r\n") && !head.contains("ncoding"), "{head}");
    }
}

/// Does a device register as often as it likes until it has signed in, and not after?
#[test]
fn a_device_registers_until_it_has_signed_in() {
    let mut scene = Scene::new(&options());
    scene.allow(RegistrationMode::AutoCreate, 10);
    for _ in 0..2 {
        assert_eq!(scene.register("new-1", &scene.secret)["code"], 0);
    }
    let secret = DeviceSecret::parse(&scene.device_secret("new-1")).unwrap();
    let (product, name) = (PRODUCT.parse().unwrap(), "new-1".parse().unwrap());
    let expiry = UnixMillis(NOW.0 + 600_000);
    let credentials = Credentials::compute(product, &name, &secret, Method::HmacSha1, expiry, "abcde");
    let mut wire = scene.world.socket();
    wire.send_connect(&credentials);
    assert_eq!(wire.connack(), 0, "the secret it was given is good");
    for _ in 0..2 {
        let answer = scene.register("new-1", &scene.secret);
        assert_eq!(answer["code"], 3, "{answer}");
        let answer = scene.second_form("new-1", "hmacsha256");
        assert_eq!(answer["Error"]["Code"], "LimitExceeded.DeviceActivated");
        // Away again: it has been there all the same.
        drop(std::mem::replace(&mut wire, scene.world.socket()));
        scene.world.first(RecordKind::Disconnected);
    }
}

/// Has each refusal its code in both forms, and is it on record with its cause?
#[test]
fn each_refusal_has_its_code_and_its_line() {
    let mut scene = Scene::new(&options());
    scene.allow(RegistrationMode::Existing, 0);
    let secret = scene.secret.clone();
    let mut expected = Vec::new();
    let mut check = |scene: &Scene, name: &str, secret: &str, code: u32, word: &str, cause: &str| {
        let answer = scene.register(name, secret);
        assert_eq!((&answer["code"], &answer["message"]), (&json!(code), &json!(cause)), "{name}");
        let body = json!({"ProductId": PRODUCT, "DeviceName": name});
        let answer = scene.signed("/device/register", "hmacsha256", secret, &body);
        assert_eq!(answer["Error"], json!({"Code": word, "Message": cause}), "{name}");
        expected.extend([(code, cause.to_owned()), (code, cause.to_owned())]);
        assert_eq!(scene.registrations(expected.len() as u64), expected);
    };
    check(&scene, "lamp-1", "another secret..", 2, "AuthFailure.SignatureFailure", "signature error");
    let unknown = "device new-1 does not exist, and registration does not create devices of this product";
    check(&scene, "new-1", &secret, 1, "InvalidParameterValue.DeviceNotExist", unknown);
    check(&scene, "new 1", &secret, 1, "InvalidParameterValue", "\"new 1\" is not a device name");
    scene.world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap().set_enabled(false);
    check(&scene, "lamp-1", &secret, 6, "UnauthorizedOperation.DeviceDisabled", "device is disabled");
    scene.allow(RegistrationMode::AutoCreate, 4);
    let full = "the product has 4 devices, and registration creates no more";
    check(&scene, "new-1", &secret, 5, "LimitExceeded.DeviceExceedLimit", full);
    scene.allow(RegistrationMode::Off, 0);
    assert_eq!(scene.secret, secret, "it stays");
    let off = "dynamic registration is off for the product";
    check(&scene, "lamp-2", &secret, 4, "UnauthorizedOperation.DynamicRegisterNotEnabled", off);
}

/// Is a product of another deployment refused like a wrong secret, in nobody's log? FAQ 59.
#[test]
fn an_unknown_product_is_a_signature_error() {
    let scene = Scene::new(&options());
    let answer = scene.first_form(&first("ELSEWHERE1", "lamp-1", "its own secret.."));
    assert_eq!((&answer["code"], &answer["message"]), (&json!(2), &json!("signature error")));
    let body = json!({"ProductId": "ELSEWHERE1", "DeviceName": "lamp-1"});
    let answer = scene.signed("/device/register", "hmacsha256", "its own secret..", &body);
    assert_eq!(answer["Error"], json!({"Code": "AuthFailure.SignatureFailure", "Message": "signature error"}));
    scene.world.lamp("lamp-0");
    assert_eq!(scene.world.records(1)[0].0, RecordKind::Connected, "the first record is of the sign-in");
}

/// Is what is no request refused in words, whatever it is?
#[test]
fn what_is_no_request_is_refused_in_words() {
    let scene = Scene::new(&options());
    for (body, cause) in [
        ("", "the body is not a JSON object"),
        ("{}", "productId is missing or has another form"),
        (r#"{"productId":"LAMP000001","deviceName":"a"}"#, "nonce is missing or has another form"),
    ] {
        let (_, answer) = scene.ask("/register/dev", "", body.as_bytes());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((&answer["code"], &answer["message"]), (&json!(8), &json!(cause)));
    }
    let long = vec![b' '; 9000];
    let (_, answer) = scene.ask("/device/register", "", &long);
    assert!(String::from_utf8(answer).unwrap().contains("more than 8192 bytes"));
    let body = json!({"ProductId": PRODUCT, "DeviceName": "lamp-1"}).to_string();
    for path in ["/device/publish", "/device/register"] {
        let (_, answer) = scene.ask(path, "", body.as_bytes());
        assert!(String::from_utf8(answer).unwrap().contains(r#""Code":""#), "{path}");
    }
    let (head, _) = scene.ask("/elsewhere", "", b"");
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
}

/// Must who guesses wait, while others get in?
#[test]
fn who_guesses_must_wait() {
    let mut scene = Scene::new(&AccessOptions { sign_in_failures: 2, ..options() });
    scene.allow(RegistrationMode::AutoCreate, 10);
    for _ in 0..2 {
        assert_eq!(scene.register("new-1", "a wrong secret..")["code"], 2);
    }
    assert_eq!(scene.register("new-1", &scene.secret)["code"], 9, "not even looked at");
    let answer = scene.second_form("new-1", "hmacsha256");
    assert_eq!(answer["Error"]["Code"], "RequestLimitExceeded");
    assert_eq!(scene.register("new-2", &scene.secret)["code"], 0, "its neighbour behind the same address");
    assert_eq!(scene.registrations(3).len(), 3, "and no line for each");
}

/// Does a message over HTTP go the way of all others: judged, kept, refused with the reply's words?
#[test]
fn a_message_is_judged_like_any_other() {
    let scene = Scene::new(&options());
    let report = r#"{"method":"report","clientToken":"t-1","params":{"brightness":55}}"#;
    let answer = scene.publish("lamp-1", &up("property", "lamp-1"), report);
    assert_eq!(answer.get("Error"), None, "{answer}");
    let wrong = r#"{"method":"report","clientToken":"t-2","params":{"brightness":5000}}"#;
    let answer = scene.publish("lamp-1", &up("property", "lamp-1"), wrong);
    let why = "check report data err: brightness value 5000 out of range:[0,100]";
    assert_eq!(answer["Error"], json!({"Code": "InvalidParameterValue", "Message": format!("406: {why}")}));
    let answer = scene.publish("lamp-1", &up("property", "lamp-2"), report);
    assert_eq!(answer["Error"], json!({"Code": "UnauthorizedOperation", "Message": notes::NO_PERMISSION}));
    assert_eq!(scene.publish("lamp-1", &format!("{PRODUCT}/lamp-1/data"), "{}").get("Error"), None);
    // Its answer is a document, and a request is answered with one word.
    let shadow = format!("$shadow/operation/{PRODUCT}/lamp-1");
    let answer = scene.publish("lamp-1", &shadow, r#"{"type":"update","state":{"reported":{"a":1}}}"#);
    assert_eq!(answer["Error"]["Message"], "501: the shadow answers on MQTT, use it there");
    let answer = scene.publish("lamp-1", &format!("{PRODUCT}/lamp-1/+"), "{}");
    assert_eq!(answer["Error"]["Code"], "InvalidParameterValue");
    let expected = [
        (RecordKind::Connected, 0, String::new()),
        (RecordKind::PropertyReport, 0, String::new()),
        (RecordKind::PropertyOther, 406, why.to_owned()),
        (RecordKind::PublishRefused, 403, notes::NO_PERMISSION.to_owned()),
        (RecordKind::OtherUp, 0, String::new()),
        (RecordKind::OtherUp, 501, "the shadow answers on MQTT, use it there".to_owned()),
    ];
    assert_eq!(scene.world.records(6), expected);
    scene.world.settle();
    let state = scene.world.platform.states.device(scene.world.number("lamp-1")).unwrap();
    assert_eq!(state.reported.len(), 1, "and it is among the latest values");
}

/// Is a base64 payload what it stands for, byte by byte?
#[test]
fn a_payload_may_be_base64() {
    let scene = Scene::new(&options());
    let body = json!({"ProductId": PRODUCT, "DeviceName": "lamp-1", "TopicName": up("raw", "lamp-1"),
                      "Payload": "AP8K", "PayloadEncoding": "base64", "Qos": 0});
    let secret = scene.device_secret("lamp-1");
    assert_eq!(scene.signed("/device/publish", "hmacsha1", &secret, &body).get("Error"), None);
    // Behind the record that the device was there.
    scene.world.records(2);
    let block =
        lianwu_ports::log::Log::read(&*scene.world.log, lianwu_ports::log::Lsn(1), usize::MAX).unwrap().remove(0);
    let record = block.records().nth(1).unwrap().unwrap().1;
    assert_eq!((record.payload, record.qos), (&[0, 255, 10][..], 0));
}

/// Is a stranger's message refused before it is looked at, and told to the owner?
#[test]
fn a_message_needs_the_devices_own_secret() {
    let scene = Scene::new(&options());
    let body = json!({"ProductId": PRODUCT, "DeviceName": "lamp-1", "TopicName": up("raw", "lamp-1"), "Payload": "x", "Qos": 0});
    let answer = scene.signed("/device/publish", "hmacsha256", &scene.device_secret("lamp-2"), &body);
    assert_eq!(answer["Error"], json!({"Code": "AuthFailure.SignatureFailure", "Message": "signature error"}));
    let (code, note) = scene.world.first(RecordKind::ConnectRefused);
    assert_eq!((code, note.as_str()), (4, "http request refused: signature error"));
    scene.world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap().set_enabled(false);
    let answer = scene.publish("lamp-1", &up("raw", "lamp-1"), "x");
    assert_eq!(answer["Error"]["Code"], "UnauthorizedOperation.DeviceDisabled");
}

/// Is a name that cannot be one refused before anything is kept of it?
#[test]
fn a_long_name_is_not_looked_at() {
    let scene = Scene::new(&AccessOptions { sign_in_failures: 1, ..options() });
    let body =
        json!({"ProductId": PRODUCT, "DeviceName": "x".repeat(50_000), "TopicName": "t", "Payload": "", "Qos": 0});
    for _ in 0..3 {
        let answer = scene.signed("/device/publish", "hmacsha256", "a secret", &body);
        let expected = json!({"Code": "InvalidParameterValue", "Message": "ProductId or DeviceName is too long"});
        assert_eq!(answer["Error"], expected, "and nobody has to wait for it");
    }
    scene.world.lamp("lamp-0");
    assert_eq!(scene.world.records(1)[0].0, RecordKind::Connected, "nothing is on record of it");
}

/// Over its rate, is a message refused, counted and told once?
#[test]
fn messages_over_the_rate_are_refused_and_counted() {
    let mut scene = Scene::new(&AccessOptions { device_up_tps: 1, ..options() });
    // A second's worth is free. Ends because the second is too much; otherwise the test never does.
    loop {
        let answer = scene.publish("lamp-1", &up("raw", "lamp-1"), "x");
        if let Some(error) = answer.get("Error") {
            assert_eq!(error["Code"], "RequestLimitExceeded");
            break;
        }
    }
    scene.world.stop();
    let (_, note) = scene.world.first(RecordKind::RateLimited);
    assert_eq!(note, notes::POST_OVER_RATE);
}

/// Does a full disk refuse, and nothing pass for stored?
#[test]
fn a_full_disk_refuses_over_http() {
    let mut scene = Scene::new(&options());
    scene.allow(RegistrationMode::AutoCreate, 10);
    scene.world.log.fail(Some(lianwu_ports::log::CommitError::Full("storage is full".into())));
    let answer = scene.publish("lamp-1", &up("raw", "lamp-1"), "x");
    assert_eq!(answer["Error"]["Code"], "InternalError", "{answer}");
    assert_eq!(scene.register("new-1", &scene.secret)["code"], 7);
    scene.world.log.fail(None);
    assert_eq!(scene.publish("lamp-1", &up("raw", "lamp-1"), "x").get("Error"), None);
    assert_eq!(scene.register("new-1", &scene.secret)["code"], 0);
}

/// Is a raw message over HTTP answered with what became of it once the script has had it?
#[test]
fn a_raw_message_is_answered_when_it_is_translated() {
    let scene = Scene::new(&options());
    let script = "function RawToProtocol(port, bytes) {
            return {method: 'report', params: {brightness: bytes[0]}, more: bytes[0].x.y};
        }
        function ProtocolToRaw() { return []; }";
    scene.world.put_script(1, &script.replace(", more: bytes[0].x.y", ""));
    let raw = up("raw", "lamp-1");
    assert!(scene.publish("lamp-1", &raw, "A")["Error"].is_null(), "65 is a brightness");
    let kinds: Vec<_> = scene.world.records_of(PRODUCT, "lamp-1").into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [RecordKind::Connected, RecordKind::OtherUp, RecordKind::PropertyReport]);
    let refused = scene.publish("lamp-1", &raw, "z");
    assert_eq!(refused["Error"]["Code"], "InvalidParameterValue", "122 is none: {refused}");
    assert!(refused["Error"]["Message"].as_str().unwrap().starts_with("406: "), "{refused}");
    scene.world.put_script(2, script);
    let failed = scene.publish("lamp-1", &raw, "A");
    assert!(failed["Error"]["Message"].as_str().unwrap().starts_with("500: script failed: TypeError"), "{failed}");
}
