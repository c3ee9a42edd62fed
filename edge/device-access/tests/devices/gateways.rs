//! Gateways: topology, acting for sub-devices, each result code, take-over, kept sessions.

use std::sync::Arc;

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::credentials::{Credentials, Method};
use lianwu_device_protocol::gateway::sign;
use lianwu_model::certificate::{Certificate, Fingerprint};
use lianwu_model::product::{Product, ProductKind, Project};
use lianwu_model::{Uin, UnixMillis};
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::{Connect, Packet, Properties, ProtocolVersion, QoS, encode};
use lianwu_ports::bus::{Bus as _, ConfigPush, ConfigPushed, Delivery, Down, DownKind};
use lianwu_ports::log::Log as _;
use lianwu_ports::record::RecordKind as K;
use lianwu_ports::registry::suite;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::gateway::{self, GatewayError};
use lianwu_services::logs::notes;
use lianwu_services::message;
use openssl::hash::MessageDigest;
use openssl::x509::X509;
use serde_json::{Value, json};

use crate::harness::{NOW, PRODUCT, Wire, World, down, secret, up};
use crate::tls;

/// How long anything may take before a test gives up on it.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

pub const GATE: &str = "GATE000001";
pub const OTHER: &str = "METER00001";
const OWNER: Uin = Uin(100_000_000_001);

/// A platform with gateways that take lamps, and a product they do not take.
pub struct Site {
    pub world: World,
}

pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn device_number(index: usize) -> u32 {
    u32::try_from(index).unwrap() + 1
}

impl Site {
    pub fn new() -> Self {
        Self::with(&AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() })
    }

    pub fn with(options: &AccessOptions) -> Self {
        let world = World::with(options);
        wait(fill(&world));
        Self { world }
    }

    pub fn device(&self, product: &str, name: &str) -> Arc<DirectoryDevice> {
        self.world.platform.directory.find(product.parse().unwrap(), name).unwrap()
    }

    pub fn gate(&self, name: &str) -> Gate {
        self.gate_with(name, true).0
    }

    /// A gateway that has signed in and listens to its own results; was there a session to come back to?
    pub fn gate_with(&self, name: &str, clean_session: bool) -> (Gate, bool) {
        let (mut gate, present) = self.sign_in(name, clean_session);
        gate.wire.subscribe(&format!("$gateway/operation/result/{GATE}/{name}"));
        (gate, present)
    }

    /// A gateway that comes back to its kept session.
    pub fn keep_gate(&self, name: &str) -> Gate {
        let (gate, present) = self.sign_in(name, false);
        assert!(present);
        gate
    }

    fn sign_in(&self, name: &str, clean_session: bool) -> (Gate, bool) {
        let credentials = Credentials::compute(
            GATE.parse().unwrap(),
            &name.parse().unwrap(),
            &secret(name),
            Method::HmacSha256,
            UnixMillis(NOW.0 + 600_000),
            "abcde",
        );
        let mut wire = self.world.socket();
        let connect = Connect {
            version: ProtocolVersion::V3_1_1,
            clean_session,
            keep_alive_seconds: 60,
            properties: Properties::NONE,
            client_id: &credentials.client_id,
            user_name: Some(&credentials.user_name),
            password: Some(credentials.password.as_bytes()),
            will: None,
        };
        let mut bytes = Vec::new();
        encode::connect(&mut bytes, &connect).unwrap();
        wire.send(&bytes);
        let present = wire.next(|packet| match packet {
            Packet::ConnAck(lianwu_mqtt::packet::ConnAck::Accepted { session_present, .. }) => session_present,
            other => panic!("{name} signs in, got {other:?}"),
        });
        (Gate { wire, name: name.to_owned() }, present)
    }

    /// Lamps that come in through `gate-0`, which has brought them online.
    pub fn gate_with_lamps(&self, lamps: &[&str]) -> Gate {
        let mut gate = self.gate("gate-0");
        for lamp in lamps {
            assert_eq!(gate.bind(PRODUCT, lamp, &secret(lamp)), 0);
            assert_eq!(gate.ask("online", PRODUCT, lamp), 0);
            assert!(matches!(gate.wire.subscribe(&down("property", lamp)), SubscribeAnswer::Granted(_)));
        }
        gate
    }

    /// The records of a device, once the last is of this kind.
    pub fn until(&self, product: &str, name: &str, last: K) -> Vec<(K, u32, String)> {
        loop {
            let before = self.world.log.durable();
            let found = self.world.records_of(product, name);
            if found.last().is_some_and(|(kind, ..)| *kind == last) {
                return found;
            }
            assert!(self.world.log.wait(before, DEADLINE) > before, "{found:?}");
        }
    }

    pub fn kinds(&self, product: &str, name: &str) -> Vec<K> {
        self.world.records_of(product, name).into_iter().map(|(kind, ..)| kind).collect()
    }
}

/// The registry behind what the world has in memory.
async fn fill(world: &World) {
    let stores = &world.platform.stores;
    let lamp = Product::clone(&world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product);
    let project = Project { id: lamp.project.clone(), owner: OWNER, ..suite::project(1, "home") };
    stores.projects.create_project(project).await.unwrap();
    let gate = Product { id: GATE.parse().unwrap(), kind: ProductKind::Gateway, name: "gate".into(), ..lamp.clone() };
    let meter = Product { id: OTHER.parse().unwrap(), name: "meter".into(), ..lamp.clone() };
    let stranger =
        Product { id: "STRANGER01".parse().unwrap(), name: "stranger".into(), owner: Uin(7), ..lamp.clone() };
    for product in [lamp, gate, meter, stranger] {
        stores.products.create_product(product.clone()).await.unwrap();
        world.platform.catalog.put_product(product);
    }
    let names = [
        (PRODUCT, "lamp-0"),
        (PRODUCT, "lamp-1"),
        (PRODUCT, "lamp-2"),
        (PRODUCT, "lamp-3"),
        (GATE, "gate-0"),
        (GATE, "gate-1"),
        (OTHER, "meter-0"),
        ("STRANGER01", "theirs"),
    ];
    for (index, (product, name)) in names.into_iter().enumerate() {
        let made = stores.devices.create_devices(vec![suite::device(product, name, &[])]).await.unwrap();
        assert_eq!(made[0].number.0, device_number(index));
        let key = suite::device_key(product, name);
        let number = lianwu_model::DeviceNumber(device_number(index));
        world.platform.directory.put(DirectoryDevice::new(key, number, secret(name), true));
    }
    gateway::allow(&world.platform, OWNER, GATE, &[PRODUCT.to_owned()]).await.unwrap();
}

pub struct Gate {
    pub wire: Wire,
    name: String,
}

impl Gate {
    pub fn say(&mut self, message: &Value) {
        self.wire.publish(&format!("$gateway/operation/{GATE}/{}", self.name), &message.to_string(), None);
    }

    pub fn hears(&mut self) -> Value {
        let (topic, payload) = self.wire.message();
        assert_eq!(topic, format!("$gateway/operation/result/{GATE}/{}", self.name), "{payload}");
        serde_json::from_str(&payload).unwrap()
    }

    /// The result for one device.
    pub fn about(&mut self, verb: &str, device: &Value) -> i64 {
        self.say(&json!({"type": verb, "payload": {"devices": [device]}}));
        let answer = self.hears();
        assert_eq!(answer["type"], verb);
        let results = answer["payload"]["devices"].as_array().unwrap();
        assert_eq!(results.len(), 1, "{answer}");
        results[0]["result"].as_i64().unwrap()
    }

    pub fn ask(&mut self, verb: &str, product: &str, name: &str) -> i64 {
        self.about(verb, &json!({"product_id": product, "device_name": name}))
    }

    pub fn bind(&mut self, product: &str, name: &str, with: &lianwu_device_protocol::DeviceSecret) -> i64 {
        self.about("bind", &proof(product, name, with, NOW.0 / 1000))
    }
}

pub fn proof(product: &str, name: &str, with: &lianwu_device_protocol::DeviceSecret, seconds: u64) -> Value {
    let timestamp = seconds.cast_signed();
    let signature = sign(&format!("{product}{name}"), with.text(), Method::HmacSha1, 42, timestamp);
    json!({
        "product_id": product, "device_name": name, "signature": signature, "random": 42, "timestamp": timestamp,
        "signmethod": "hmacsha1", "authtype": "psk",
    })
}

fn report(token: &str) -> String {
    format!(r#"{{"method":"report","clientToken":"{token}","params":{{"brightness":10}}}}"#)
}

/// Does a gateway bind a lamp, bring it online, report for it, get its control, and let it go, all of it in the lamp's log?
#[test]
fn a_gateway_acts_for_a_sub_device() {
    let site = Site::new();
    let mut gate = site.gate_with_lamps(&["lamp-1"]);
    let lamp = site.device(PRODUCT, "lamp-1");
    assert!(lamp.is_online());
    gate.wire.publish(&up("property", "lamp-1"), &report("r-1"), Some(9));
    assert_eq!(gate.wire.puback(), 9);
    let (topic, reply) = gate.wire.message();
    assert_eq!(topic, down("property", "lamp-1"));
    assert_eq!(reply, r#"{"method":"report_reply","clientToken":"r-1","code":0,"status":"success"}"#);
    gate.wire.publish(&up("property", "lamp-1"), r#"{"method":"get_status","clientToken":"s-1"}"#, None);
    let (topic, status) = gate.wire.message();
    assert_eq!(topic, down("property", "lamp-1"));
    assert!(status.contains(r#""brightness":10"#), "{status}");
    let (platform, device) = (Arc::clone(&site.world.platform), Arc::clone(&lamp));
    let delivered = wait(async move { message::control(&platform, &device, r#"{"brightness":20}"#, "q-1").await });
    assert_eq!(delivered.unwrap(), Delivery::Delivered);
    let (topic, control) = gate.wire.message();
    assert!(topic == down("property", "lamp-1") && control.contains(r#""brightness":20"#), "{topic} {control}");
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), 0);
    assert!(!lamp.is_online());
    let expected = [K::Bound, K::Connected, K::PropertyReport, K::PropertyOther, K::PropertyControl, K::Disconnected];
    assert_eq!(site.kinds(PRODUCT, "lamp-1"), expected);
    // Question and answer of each step are in the gateway's own.
    let own = site.kinds(GATE, "gate-0");
    assert_eq!(own.iter().filter(|kind| **kind == K::OtherUp).count(), 3, "{own:?}");
    assert_eq!(own.iter().filter(|kind| **kind == K::OtherDown).count(), 3, "{own:?}");
}

/// Does a gateway use its sub-device's custom topics as the sub-device's product allows, and lose what that loses?
#[test]
fn custom_topics_of_a_sub_device() {
    let site = Site::new();
    let mut gate = site.gate_with_lamps(&["lamp-1"]);
    let data = format!("{PRODUCT}/lamp-1/data");
    assert!(matches!(gate.wire.subscribe(&data), SubscribeAnswer::Granted(_)));
    assert_eq!(gate.wire.subscribe(&format!("{PRODUCT}/lamp-1/event")), SubscribeAnswer::REFUSED);
    gate.wire.publish(&data, "for itself", None);
    assert_eq!(gate.wire.message(), (data.clone(), "for itself".to_owned()));
    gate.wire.publish(&format!("{PRODUCT}/lamp-1/control"), "may not", Some(3));
    assert_eq!(gate.wire.puback(), 3);
    assert_eq!(site.world.records_of(PRODUCT, "lamp-1").last().map(|found| found.0), Some(K::PublishRefused));
    let lamp = site.device(PRODUCT, "lamp-1");
    let listened = || wait(site.world.bus.subscriptions(lamp.number)).unwrap();
    assert_eq!(listened(), [down("property", "lamp-1").into(), Box::from(data.as_str())]);
    site.world.change_product(|product| {
        product.topics = product.topics.without(product.id, "${ProductId}/${DeviceName}/data").unwrap();
    });
    wait(site.world.bus.topics_changed(lamp.product));
    // Who subscribed is told it: the gateway.
    let ended = site.until(GATE, "gate-0", K::Unsubscribed).pop();
    assert_eq!(ended, Some((K::Unsubscribed, 403, notes::TOPIC_WITHDRAWN.to_owned())));
    assert_eq!(listened(), [Box::from(down("property", "lamp-1"))]);
}

/// Does a gateway speak bytes for a sub-device of a raw product?
#[test]
fn a_gateway_speaks_bytes_for_a_sub_device() {
    let site = Site::new();
    let mut gate = site.gate_with_lamps(&["lamp-1"]);
    let script = "function RawToProtocol(p, bytes) { return {method: 'report', params: {brightness: bytes[0]}}; }
        function ProtocolToRaw(m) { return m.method === 'control' ? [67, m.params.brightness] : [82]; }";
    site.world.put_script(1, script);
    assert!(matches!(gate.wire.subscribe(&down("raw", "lamp-1")), SubscribeAnswer::Granted(_)));
    gate.wire.publish(&up("raw", "lamp-1"), "A", Some(9));
    assert_eq!(gate.wire.puback(), 9);
    assert_eq!(gate.wire.message(), (down("raw", "lamp-1"), "R".to_owned()));
    let (platform, device) = (Arc::clone(&site.world.platform), site.device(PRODUCT, "lamp-1"));
    let delivered = wait(async move { message::control(&platform, &device, r#"{"brightness":66}"#, "q-1").await });
    assert_eq!(delivered.unwrap(), Delivery::Delivered);
    assert_eq!(gate.wire.message(), (down("raw", "lamp-1"), "CB".to_owned()));
    let said = [K::OtherUp, K::PropertyReport, K::OtherDown, K::PropertyControl, K::OtherDown];
    assert_eq!(site.kinds(PRODUCT, "lamp-1")[2..], said);
}

/// Is each result code given for what it stands for?
#[test]
fn each_result_code() {
    let site = Site::new();
    let mut gate = site.gate("gate-0");
    let mut other = site.gate("gate-1");
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), -1);
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), -1);
    assert_eq!(gate.ask("unbind", PRODUCT, "lamp-1"), -1);
    assert_eq!(gate.ask("bind", PRODUCT, "lamp-1"), 801, "no signature");
    assert_eq!(gate.about("online", &json!({})), 801);
    assert_eq!(gate.bind(PRODUCT, "no-such", &secret("no-such")), 802);
    assert_eq!(gate.bind("NOSUCH0001", "lamp-1", &secret("lamp-1")), 802);
    assert_eq!(gate.bind("STRANGER01", "theirs", &secret("theirs")), 802, "of another account");
    assert_eq!(gate.ask("unbind", PRODUCT, "no-such"), 802);
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-2")), 803);
    let mut unknown = proof(PRODUCT, "lamp-1", &secret("lamp-1"), NOW.0 / 1000);
    unknown["signmethod"] = json!("md5");
    assert_eq!(gate.about("bind", &unknown), 804);
    assert_eq!(gate.about("bind", &proof(PRODUCT, "lamp-1", &secret("lamp-1"), NOW.0 / 1000 - 601)), 805);
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 0);
    assert_eq!(other.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 806);
    assert_eq!(gate.bind(GATE, "gate-1", &secret("gate-1")), 807);
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 809);
    assert_eq!(gate.bind(OTHER, "meter-0", &secret("meter-0")), 810);
    site.device(PRODUCT, "lamp-2").set_enabled(false);
    assert_eq!(gate.bind(PRODUCT, "lamp-2", &secret("lamp-2")), 808, "disabled");
    assert_eq!(gate.ask("unbind", PRODUCT, "lamp-1"), 0);
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), -1);
    let log = site.world.records_of(GATE, "gate-0");
    let refused = (K::OtherUp, 1, "LAMP000001/lamp-1: not bound to this gateway".to_owned());
    assert!(log.contains(&refused), "{log:?}");
}

/// Does a certificate bind its device, by the digest of the documents and by the one the C SDK takes of the file?
#[test]
fn a_certificate_binds_its_device() {
    let site = Site::new();
    let pem = String::from_utf8(tls::identity("lamp-1").chain).unwrap();
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let documented = hex(&X509::from_pem(pem.as_bytes()).unwrap().digest(MessageDigest::sha1()).unwrap());
    let of_file = |text: &str| hex(&openssl::hash::hash(MessageDigest::md5(), text.as_bytes()).unwrap());
    let by_certificate = |key: &str| {
        let (device, timestamp) = (format!("{PRODUCT}lamp-1"), (NOW.0 / 1000).cast_signed());
        let mut proof = proof(PRODUCT, "lamp-1", &secret("lamp-1"), NOW.0 / 1000);
        proof["signature"] = json!(sign(&device, key, Method::HmacSha1, 42, timestamp));
        proof["authtype"] = json!("certificate");
        proof
    };
    let mut gate = site.gate("gate-0");
    assert_eq!(gate.about("bind", &by_certificate(&documented)), 803, "no certificate is on record");
    let certificate = Certificate { pem: pem.clone(), fingerprint: Fingerprint([1; 32]) };
    let key = suite::device_key(PRODUCT, "lamp-1");
    wait(site.world.platform.stores.devices.set_certificate(key, certificate)).unwrap();
    for key in [&documented, &of_file(&pem), &of_file(pem.trim_end())] {
        assert_eq!(gate.about("bind", &by_certificate(key)), 0, "{key}");
        assert_eq!(gate.ask("unbind", PRODUCT, "lamp-1"), 0);
    }
    for key in [of_file("another"), secret("lamp-1").text().to_owned(), String::new()] {
        assert_eq!(gate.about("bind", &by_certificate(&key)), 803, "{key}");
    }
    let mut as_secret = by_certificate(&documented);
    as_secret["authtype"] = json!("psk");
    assert_eq!(gate.about("bind", &as_secret), 803, "a digest is no secret");
}

/// Is a gateway told with -2, for all of a message, that the platform could not keep what it asked, and is nothing of it done?
#[test]
fn what_the_registry_cannot_keep_is_not_done() {
    let site = Site::new();
    // Known in memory, not to the registry: as a device that is deleted at that moment.
    site.world.put_device("ghost", 99);
    let mut gate = site.gate("gate-0");
    let devices = ["lamp-1", "ghost"].map(|name| proof(PRODUCT, name, &secret(name), NOW.0 / 1000));
    gate.say(&json!({"type": "bind", "payload": {"devices": devices}}));
    let answer = gate.hears();
    let results = answer["payload"]["devices"].as_array().unwrap();
    assert_eq!(results.iter().map(|one| one["result"].as_i64().unwrap()).collect::<Vec<_>>(), [-2, -2], "{answer}");
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), -1);
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 0, "by itself it is bound");
}

/// Is a device that is no gateway told so?
#[test]
fn a_lamp_is_no_gateway() {
    let site = Site::new();
    let mut lamp = site.world.lamp("lamp-0");
    lamp.subscribe(&format!("$gateway/operation/result/{PRODUCT}/lamp-0"));
    let bind =
        json!({"type": "bind", "payload": {"devices": [proof(PRODUCT, "lamp-1", &secret("lamp-1"), NOW.0 / 1000)]}});
    lamp.publish(&format!("$gateway/operation/{PRODUCT}/lamp-0"), &bind.to_string(), None);
    assert!(lamp.message().1.contains(r#""result":808"#));
    lamp.publish(&format!("$gateway/operation/{PRODUCT}/lamp-0"), r#"{"type":"describe_sub_devices"}"#, None);
    assert_eq!(lamp.message().1, r#"{"type":"describe_sub_devices","payload":{"devices":[]}}"#);
}

/// Is a gateway kept to what is bound to it and online?
#[test]
fn a_gateway_speaks_for_its_own_only() {
    let site = Site::new();
    let mut gate = site.gate_with_lamps(&["lamp-1"]);
    assert!(matches!(gate.wire.subscribe(&down("property", "lamp-2")), SubscribeAnswer::Refused(_)));
    gate.wire.publish(&up("property", "lamp-2"), &report("r-1"), Some(1));
    assert_eq!(gate.wire.puback(), 1);
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), 0);
    gate.wire.publish(&up("property", "lamp-1"), &report("r-2"), Some(2));
    assert_eq!(gate.wire.puback(), 2);
    gate.wire.publish(&down("property", "lamp-1"), "{}", Some(3));
    assert_eq!(gate.wire.puback(), 3);
    gate.wire.has_nothing_but_a_ping_response();
    assert!(site.kinds(PRODUCT, "lamp-2").is_empty());
    let own = site.world.records_of(GATE, "gate-0");
    assert!(own.contains(&(K::PublishRefused, 403, notes::NO_PERMISSION.to_owned())), "{own:?}");
    let lamp = site.world.records_of(PRODUCT, "lamp-1");
    assert!(lamp.contains(&(K::PublishRefused, 403, notes::SUB_DEVICE_OFFLINE.to_owned())), "{lamp:?}");
    assert!(!lamp.iter().any(|(kind, ..)| *kind == K::PropertyReport), "{lamp:?}");
}

/// Do messages to a sub-device reach it only while its gateway speaks for it and listens?
#[test]
fn messages_go_the_gateways_way() {
    let site = Site::with(&AccessOptions { workers: 2, device_connects_per_5s: 0, ..AccessOptions::default() });
    let lamp = site.device(PRODUCT, "lamp-2");
    let send = |topic: String| {
        let kind = DownKind::Topic(topic.into());
        let (device, number) = (lamp.key(), lamp.number);
        let payload = b"{}".as_slice().into();
        wait(site.world.bus.deliver(Down { device, number, kind, qos: 1, payload, request_id: "q".into() })).unwrap()
    };
    assert_eq!(send(down("service", "lamp-2")), Delivery::Offline);
    let mut gate = site.gate_with_lamps(&["lamp-2"]);
    assert_eq!(send(down("service", "lamp-2")), Delivery::NotSubscribed);
    assert_eq!(send(format!("{PRODUCT}/lamp-2/control")), Delivery::NotSubscribed);
    gate.wire.subscribe(&down("service", "lamp-2"));
    gate.wire.subscribe(&format!("{PRODUCT}/lamp-2/control"));
    for topic in [down("service", "lamp-2"), format!("{PRODUCT}/lamp-2/control")] {
        assert_eq!(send(topic.clone()), Delivery::Delivered);
        assert_eq!(gate.wire.message(), (topic.clone(), "{}".to_owned()));
        gate.wire.unsubscribe(&topic);
        assert_eq!(send(topic), Delivery::NotSubscribed);
    }
    gate.wire.leave();
    assert_eq!(send(down("property", "lamp-2")), Delivery::Offline);
}

/// Does a configuration reach sub-devices through the gateway that listens for them?
#[test]
fn a_configuration_goes_the_gateways_way() {
    let site = Site::new();
    let lamp = site.device(PRODUCT, "lamp-2");
    let push = |only| {
        let text = br#"{"type":"push","result":0,"payload":{}}"#.as_slice();
        let (message, logged) = (text.into(), text.into());
        let push = ConfigPush { product: lamp.product, only, message, logged, request_id: "q".into() };
        wait(site.world.bus.push_config(push)).unwrap()
    };
    let count = |sent, not_listening| ConfigPushed { sent, not_listening, ..ConfigPushed::default() };
    let mut gate = site.gate_with_lamps(&["lamp-1", "lamp-2"]);
    assert_eq!(push(None), count(0, 2));
    let topic = format!("$config/operation/result/{PRODUCT}/lamp-2");
    gate.wire.subscribe(&topic);
    for (only, expected) in [(None, count(1, 1)), (Some(lamp.number), count(1, 0))] {
        assert_eq!(push(only), expected);
        assert_eq!(gate.wire.message().0, topic);
    }
    gate.wire.leave();
    assert_eq!(push(Some(lamp.number)), count(0, 1));
}

/// Does a sub-device go offline with its gateway, and is the cause in its log?
#[test]
fn a_gateway_that_leaves_takes_its_sub_devices_along() {
    let site = Site::new();
    let gate = site.gate_with_lamps(&["lamp-1", "lamp-2"]);
    gate.wire.leave();
    for name in ["lamp-1", "lamp-2"] {
        assert!(!site.device(PRODUCT, name).is_online());
        let log = site.until(PRODUCT, name, K::Disconnected);
        let gone = "its gateway is gone: the device said DISCONNECT".to_owned();
        assert_eq!(log.last(), Some(&(K::Disconnected, 0, gone)), "{log:?}");
    }
    let mut gate = site.gate("gate-0");
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0, "still bound");
}

/// Does the newer of a sub-device's two ways in end the older one?
#[test]
fn the_newer_way_in_wins() {
    let site = Site::with(&AccessOptions { workers: 2, device_connects_per_5s: 0, ..AccessOptions::default() });
    // Lives on the other worker until it is bound.
    let mut alone = site.world.lamp("lamp-1");
    let mut gate = site.gate("gate-0");
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 0);
    alone.is_closed();
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0);
    let mut direct = site.world.lamp("lamp-1");
    gate.wire.publish(&up("property", "lamp-1"), &report("r-1"), Some(1));
    assert_eq!(gate.wire.puback(), 1);
    direct.subscribe(&down("property", "lamp-1"));
    direct.publish(&up("property", "lamp-1"), &report("r-2"), None);
    assert!(direct.message().1.contains("r-2"));
    assert!(site.device(PRODUCT, "lamp-1").is_online());
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0);
    direct.is_closed();
    assert!(site.device(PRODUCT, "lamp-1").is_online());
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), 0);
    assert!(!site.device(PRODUCT, "lamp-1").is_online());
    let log = site.world.records_of(PRODUCT, "lamp-1");
    let ends: Vec<_> = log.iter().filter(|(kind, ..)| *kind == K::Disconnected).map(|(_, _, why)| why).collect();
    assert_eq!(ends.len(), 4, "{log:?}");
    assert_eq!(ends[0], "the device was bound to a gateway");
    assert!(notes::taken_over_by(ends[1]).is_some(), "{log:?}");
    assert_eq!(ends[2], "its gateway brought the device online");
    assert_eq!(ends[3], "its gateway said that the device went offline");
}

/// Is a gateway told what its owner changes, and does a device that is unbound go offline at once?
#[test]
fn the_owner_changes_the_topology() {
    let site = Site::new();
    let mut gate = site.gate("gate-0");
    let platform = Arc::clone(&site.world.platform);
    let found = site.device(GATE, "gate-0");
    let names = ["lamp-1".to_owned(), "lamp-2".to_owned()];
    wait(gateway::bind(&platform, &found, OWNER, PRODUCT, &names, "q-1")).unwrap();
    let device = |name| json!({"product_id": PRODUCT, "device_name": name, "result": 0});
    let told = gate.hears();
    assert_eq!(
        told,
        json!({"type": "change", "payload": {"status": 1, "devices": [device("lamp-1"), device("lamp-2")]}})
    );
    gate.say(&json!({"type": "change", "result": 0}));
    gate.say(&json!({"type": "describe_sub_devices"}));
    assert_eq!(gate.hears()["payload"]["devices"].as_array().unwrap().len(), 2);
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0);
    wait(gateway::unbind(&platform, &found, OWNER, PRODUCT, &names[..1], "q-2")).unwrap();
    assert_eq!(gate.hears(), json!({"type": "change", "payload": {"status": 0, "devices": [device("lamp-1")]}}));
    assert!(!site.device(PRODUCT, "lamp-1").is_online());
    // The last two are written at once, by the registry's side and by the gateway's worker.
    let kinds = site.kinds(PRODUCT, "lamp-1");
    assert_eq!(kinds[..2], [K::Bound, K::Connected]);
    assert!(kinds.len() == 4 && kinds.contains(&K::Disconnected) && kinds.contains(&K::Unbound), "{kinds:?}");
    let elsewhere = wait(gateway::bind(&platform, &site.device(GATE, "gate-1"), OWNER, PRODUCT, &names[1..], "q-3"));
    assert_eq!(elsewhere, Err(GatewayError::BoundElsewhere("LAMP000001/lamp-2".into())));
}

/// Does a device that is disabled leave its gateway, and stay away until it is enabled?
#[test]
fn a_disabled_sub_device_is_silent() {
    let site = Site::new();
    let mut gate = site.gate_with_lamps(&["lamp-1"]);
    let lamp = site.device(PRODUCT, "lamp-1");
    lamp.set_enabled(false);
    site.world.bus.disconnect(lamp.number, "the device was disabled");
    gate.wire.has_nothing_but_a_ping_response();
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 808);
    assert!(!lamp.is_online());
    let log = site.world.records_of(PRODUCT, "lamp-1");
    assert_eq!(log.last(), Some(&(K::Disconnected, 0, "the device was disabled".to_owned())), "{log:?}");
}

/// Does a gateway that keeps its session find what it listened to for its sub-devices, over a restart as well?
#[test]
fn a_kept_session_keeps_what_it_listened_to() {
    let mut site = Site::new();
    let (mut gate, present) = site.gate_with("gate-0", false);
    assert!(!present);
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 0);
    assert_eq!(gate.wire.subscribe(&down("property", "lamp-1")), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    gate.wire.leave();
    for is_restarted in [false, true] {
        if is_restarted {
            let options = AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() };
            site.world.restart(&options);
        }
        let (mut gate, present) = site.gate_with("gate-0", false);
        assert!(present);
        assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0);
        gate.wire.publish(&up("property", "lamp-1"), &report("r-1"), None);
        assert_eq!(gate.wire.message().0, down("property", "lamp-1"));
        gate.wire.leave();
    }
}

/// Is a gateway with all the sub-devices it may have refused more, and told so?
#[test]
fn sub_devices_are_limited() {
    let site = Site::new();
    let mut gate = site.gate("gate-0");
    let mut lamps = Vec::new();
    let limit = usize::try_from(site.world.platform.limits.gateway_sub_devices).unwrap();
    for index in 0..=limit {
        let name = format!("many-{index}");
        let made = wait(site.world.platform.stores.devices.create_devices(vec![suite::device(PRODUCT, &name, &[])]));
        site.world.put_device(&name, made.unwrap()[0].number.0);
        lamps.push(name);
    }
    for some in lamps.chunks(100) {
        let devices: Vec<_> = some.iter().map(|name| proof(PRODUCT, name, &secret(name), NOW.0 / 1000)).collect();
        gate.say(&json!({"type": "bind", "payload": {"devices": devices}}));
        let mut results = Vec::new();
        while results.len() < some.len() {
            let answer = gate.hears();
            results.extend(answer["payload"]["devices"].as_array().unwrap().iter().map(|d| d["result"].clone()));
        }
        let expected = if some.len() == 100 { 0 } else { 808 };
        assert!(results.iter().all(|result| *result == expected), "{results:?}");
    }
    assert_eq!(site.world.platform.topology.sub_device_count(site.device(GATE, "gate-0").number), limit);
}
