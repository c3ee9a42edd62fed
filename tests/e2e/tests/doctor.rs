//! `lianwu doctor connect` against the platform, and against servers that are broken in one way each: is the first step that
//! fails named, with a cure?

#[path = "doctor/requests.rs"]
mod requests;
#[path = "doctor/servers.rs"]
mod servers;

use std::path::PathBuf;
use std::process::Command;

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    Credentials, Device, Finished, Fixture, LAMP_MODEL, Method, MqttClient, Server, ServerOptions, expiry_in_a_day,
    platform_binary, run_text,
};
use serde_json::{Value, json};

struct World {
    server: Server,
    fixture: Fixture,
    device: Device,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self::with(ServerOptions::default().with_tls().with_https().with_coap())
    }

    fn with(options: ServerOptions) -> Self {
        let server = Server::start(options);
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let device = fixture.device("lamp-1");
        Self { server, fixture, device, folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("write a file");
        path
    }

    fn mqtt(&self) -> String {
        format!("mqtt://{}", self.server.mqtt_address())
    }

    fn mqtts(&self) -> String {
        format!("mqtts://{}", self.server.mqtts_address())
    }

    /// As a device with these names and this text in its secret file.
    fn doctor(&self, server: &str, device: &Device, more: &[&str]) -> Finished {
        let file = self.file("secret", &device.secret);
        let mut command = doctor(server);
        command.args(["--product", &device.product, "--device", &device.name, "--secret-file"]).arg(file).args(more);
        run_text("lianwu doctor", &mut command, "")
    }
}

fn doctor(server: &str) -> Command {
    let mut command = Command::new(platform_binary());
    command.args(["doctor", "connect", server, "--json"]);
    command
}

/// Outcome of each step, in order.
fn outcomes(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = report["Steps"].as_array().expect("steps");
    steps.iter().map(|step| (text(&step["Step"]), text(&step["Outcome"]))).collect()
}

/// This step must be the first that fails, with these words, and nothing behind it was tried.
#[track_caller]
fn fails(finished: &Finished, step: &str, code: i32, words: &str) -> Value {
    assert_eq!(finished.code, Some(code), "{finished:?}");
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    assert_eq!(report["FailedStep"], step, "{report}");
    let steps = report["Steps"].as_array().expect("steps");
    let at = steps.iter().position(|row| row["Outcome"] == "failed").expect("a failed step");
    assert!(steps[at + 1..].iter().all(|row| row["Outcome"] == "skipped"), "{report}");
    let failed = &steps[at];
    assert!(failed["Cure"].as_str().is_some_and(|cure| !cure.is_empty()), "{failed}");
    assert!(failed.to_string().contains(words), "no {words:?} in {failed}");
    failed.clone()
}

#[track_caller]
fn passes(finished: &Finished) -> Value {
    let report = finished.json();
    assert_eq!(report["FailedStep"], Value::Null);
    report
}

/// Does a healthy device get through every step, and is nothing left behind or lost by looking?
#[test]
fn a_healthy_device_passes_and_nothing_changes() {
    let world = World::new();
    let report = passes(&world.doctor(&world.mqtt(), &world.device, &[]));
    let words: Vec<_> = outcomes(&report);
    let ok = |step: &str| (step.to_owned(), "ok".to_owned());
    let skipped = ("tls".to_owned(), "skipped".to_owned());
    let expected = ["sign-in", "subscription", "clock", "report", "keep-alive"].map(ok);
    assert_eq!(words[..4], [ok("credentials"), ok("name"), ok("port"), skipped]);
    assert_eq!(words[4..], expected);
    assert_eq!(world.fixture.latest(&world.device), json!({}), "nothing was reported");

    // A message that waits for the device still does.
    let mut client = world.server.mqtt();
    let credentials = world.device.credentials(Method::HmacSha256);
    let connect = |client: &mut MqttClient| {
        client.send_connect_as(&lianwu_mqtt::Connect {
            version: lianwu_mqtt::ProtocolVersion::V3_1_1,
            clean_session: false,
            keep_alive_seconds: 60,
            properties: lianwu_mqtt::Properties::NONE,
            client_id: &credentials.client_id,
            user_name: Some(&credentials.user_name),
            password: Some(credentials.password.as_bytes()),
            will: None,
        });
        client.expect(&lianwu_testkit::Received::ConnAck(0));
    };
    connect(&mut client);
    client.subscribe(&world.device.thing("down/property"), QoS::AtLeastOnce);
    drop(client);
    let mut control = world.device.reference();
    control["Data"] = r#"{"power_switch":1}"#.into();
    world.fixture.cloud.call("ControlDeviceData", &control);
    passes(&world.doctor(&world.mqtt(), &world.device, &[]));
    let mut client = world.server.mqtt();
    connect(&mut client);
    assert_eq!(client.next_json()["params"], json!({"power_switch": 1}));
}

/// Is a report of the user's stored, and a refused one explained with the platform's own words?
#[test]
fn a_report_of_ones_own() {
    let world = World::new();
    passes(&world.doctor(&world.mqtt(), &world.device, &["--report", r#"{"brightness":7}"#]));
    assert_eq!(world.fixture.latest(&world.device)["brightness"]["Value"], 7);
    let refused = world.doctor(&world.mqtt(), &world.device, &["--report", r#"{"brightness":700}"#]);
    fails(&refused, "report", 17, "brightness value 700 out of range");
    let unknown = world.doctor(&world.mqtt(), &world.device, &["--report", r#"{"colour":1}"#]);
    fails(&unknown, "report", 17, "is not in it");
    let usage = world.doctor(&world.mqtt(), &world.device, &["--report", "7"]);
    assert!(usage.stderr.contains("write a JSON object"), "{usage:?}");
}

/// Names and secrets: is what is wrong with a text found before anything is sent, and what only the server knows told in its words?
#[test]
fn credentials_are_named() {
    let world = World::new();
    let with = |change: &dyn Fn(&mut Device)| {
        let mut device = world.device.clone();
        change(&mut device);
        world.doctor(&world.mqtt(), &device, &[])
    };
    fails(&with(&|d| d.secret.push(' ')), "credentials", 10, "DeviceSecret begins or ends with white space");
    fails(&with(&|d| d.secret = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3".to_owned()), "credentials", 10, "SecretId");
    fails(&with(&|d| d.secret.insert(3, '!')), "credentials", 10, "not base64");
    fails(&with(&|d| d.product = d.product.to_lowercase()), "credentials", 10, "10 upper-case letters");
    fails(&with(&|d| d.name.push(' ')), "credentials", 10, "DeviceName begins or ends");
    fails(&with(&|d| d.name = "lamp-2".to_owned()), "sign-in", 14, "device lamp-2 does not exist in product");
    fails(&with(&|d| d.product = "ZZZZZZZZZZ".to_owned()), "sign-in", 14, "return code 2");
    let other = world.fixture.device("lamp-3");
    let failed = fails(&with(&|d| d.secret = other.secret.clone()), "sign-in", 14, "return code 4");
    assert!(failed["Seen"].as_str().is_some_and(|seen| seen.contains("hmac sign error")), "{failed}");
    let disable = json!({"DevicesItems": [world.device.reference()], "Status": 0});
    world.fixture.cloud.call("UpdateDevicesEnableState", &disable);
    fails(&with(&|_| {}), "sign-in", 14, "device is disabled");
}

/// The three texts as they are: form, expiry, signature.
#[test]
fn three_texts() {
    let world = World::new();
    let id = world.device.client_id();
    let run = |credentials: &Credentials, more: &[&str]| {
        let mut command = doctor(&world.mqtt());
        command.args(["--client-id", &credentials.client_id, "--user-name", &credentials.user_name]);
        command.arg("--password-file").arg(world.file("password", &credentials.password)).args(more);
        run_text("lianwu doctor", &mut command, "")
    };
    let of = |secret: &str, expiry| Credentials::compute(&id, secret, Method::HmacSha256, expiry);
    let good = of(&world.device.secret, expiry_in_a_day());
    passes(&run(&good, &[]));
    fails(&run(&of(&world.device.secret, 1_600_000_000), &[]), "credentials", 10, "credential expired at 1600000000");
    fails(&run(&of(&world.device.secret, 3600), &[]), "credentials", 10, "expiry has 4 digits");
    let spaced = Credentials { password: format!("{} ", good.password), ..good.clone() };
    fails(&run(&spaced, &[]), "credentials", 10, "password begins or ends with white space");
    let raw = Credentials { password: world.device.secret.clone(), ..good.clone() };
    fails(&run(&raw, &[]), "credentials", 10, "is it the device secret itself?");
    let foreign = of("AAECAwQFBgcICQoLDA0ODw==", expiry_in_a_day());
    let secret = world.file("secret", &world.device.secret);
    let compared = run(&foreign, &["--secret-file", secret.to_str().expect("a path")]);
    fails(&compared, "credentials", 10, "does not match");
    fails(&run(&foreign, &[]), "sign-in", 14, "return code 4");
}

/// Is the network told apart from what is behind it?
#[test]
fn name_and_port() {
    let world = World::new();
    fails(&world.doctor("mqtt://no-such-host.invalid", &world.device, &[]), "name", 11, "no-such-host.invalid");
    let closed = servers::closed_port();
    fails(&world.doctor(&format!("mqtt://{closed}"), &world.device, &[]), "port", 12, "nothing listens on port");
    let http = format!("mqtt://{}", world.server.http_address());
    fails(&world.doctor(&http, &world.device, &[]), "sign-in", 14, "web server");
    let tls_in_the_clear = format!("mqtt://{}", world.server.mqtts_address());
    fails(&world.doctor(&tls_in_the_clear, &world.device, &[]), "sign-in", 14, "wants TLS");
    let clear_by_tls = format!("mqtts://{}", world.server.mqtt_address());
    fails(&world.doctor(&clear_by_tls, &world.device, &[]), "tls", 13, "does not speak TLS");
    let mute = servers::mute();
    let silent = world.doctor(&format!("mqtt://{}", mute.address), &world.device, &["--timeout", "1"]);
    fails(&silent, "sign-in", 14, "no answer within 1 s");
}

/// TLS by key and with the server's certificate: good ones pass, others are told apart.
#[test]
fn tls_by_key_and_by_authority() {
    let world = World::new();
    let report = passes(&world.doctor(&world.mqtts(), &world.device, &[]));
    assert!(report["Steps"][3]["Seen"].as_str().is_some_and(|seen| seen.contains("PSK-AES128-CBC-SHA")), "{report}");
    let other = Device { secret: world.fixture.device("lamp-3").secret, ..world.device.clone() };
    fails(&world.doctor(&world.mqtts(), &other, &[]), "tls", 13, "not the DeviceSecret of");

    let authority = world.server.data().join("tls/ca.crt");
    let ca = authority.to_str().expect("a path");
    passes(&world.doctor(&world.mqtts(), &world.device, &["--ca", ca]));
    fails(&world.doctor(&world.mqtts(), &other, &["--ca", ca]), "sign-in", 14, "return code 4");
    let system = world.doctor(&world.mqtts(), &world.device, &["--system-ca"]);
    fails(&system, "tls", 13, "does not trust who signed");

    for (made, words) in [
        (servers::certificate("localhost", -10, -5), "expired"),
        (servers::certificate("localhost", 5, 10), "this machine's clock is"),
        (servers::certificate("elsewhere.example.com", -5, 5), "is not for localhost"),
    ] {
        let broken = servers::with_certificate(&made);
        let pem = world.file("other-ca.pem", &made.pem());
        let address = format!("mqtts://localhost:{}", broken.address.port());
        let finished = world.doctor(&address, &world.device, &["--ca", pem.to_str().expect("a path")]);
        fails(&finished, "tls", 13, words);
    }
}

/// MQTT over WebSocket, in the clear and over TLS; and a port that has none.
#[test]
fn over_websockets() {
    let server = Server::start(ServerOptions::default().with_tls().with_https());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("lamp-1");
    let world = World { server, fixture, device, folder: tempfile::tempdir().expect("a folder") };
    let clear = format!("ws://{}/mqtt", world.server.device_http_address());
    passes(&world.doctor(&clear, &world.device, &[]));
    let ca = world.server.data().join("tls/ca.crt");
    let encrypted = format!("wss://{}", world.server.device_https_address());
    let report = passes(&world.doctor(&encrypted, &world.device, &["--ca", ca.to_str().expect("a path")]));
    assert_eq!(report["Steps"][3]["Outcome"], "ok", "{report}");
    let mut other = world.device.clone();
    other.secret = "AAECAwQFBgcICQoLDA0ODw==".to_owned();
    fails(&world.doctor(&clear, &other, &[]), "sign-in", 14, "return code 4; hmac sign error");
    let mqtt = format!("ws://{}", world.server.mqtt_address());
    fails(&world.doctor(&mqtt, &world.device, &[]), "sign-in", 14, "hung up");
    let health = format!("ws://{}/healthz", world.server.http_address());
    fails(&world.doctor(&health, &world.device, &[]), "sign-in", 14, "does not answer with a WebSocket");
}

/// A product whose devices have certificates.
#[test]
fn a_device_with_a_certificate() {
    let world = World::new();
    let product = json!({
        "ProjectId": world.fixture.project, "ProductName": "meter", "ProductDesc": "", "CategoryId": 1,
        "ProductType": 0, "EncryptionType": "1", "NetType": "wifi", "DataProtocol": 1,
    });
    let made = world.fixture.cloud.call("CreateStudioProduct", &product);
    let product = made["Product"]["ProductId"].as_str().expect("an id").to_owned();
    world.fixture.cloud.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": LAMP_MODEL}));
    let device = |name: &str| {
        let made = world.fixture.cloud.call("CreateDevice", &json!({"ProductId": product, "DeviceName": name}));
        let text = |field: &str| made["Data"][field].as_str().expect("a text").to_owned();
        (
            world.file(&format!("{name}.pem"), &text("DeviceCert")),
            world.file(&format!("{name}.key"), &text("DevicePrivateKey")),
        )
    };
    let ((certificate, key), (other, _)) = (device("m1"), device("m2"));
    let ca = world.server.data().join("tls/ca.crt");
    let run = |name: &str, certificate: &PathBuf, server: &str| {
        let mut command = doctor(server);
        command.args(["--product", &product, "--device", name, "--certificate"]).arg(certificate);
        command.arg("--key").arg(&key).arg("--ca").arg(&ca);
        run_text("lianwu doctor", &mut command, "")
    };
    passes(&run("m1", &certificate, &world.mqtts()));
    fails(&run("m1", &other, &world.mqtts()), "credentials", 10, "does not belong to the certificate");
    fails(&run("m2", &certificate, &world.mqtts()), "credentials", 10, "The certificate is that of");
    passes(&run("m1", &certificate, &world.mqtt()));
    fails(&run("m1", &key, &world.mqtts()), "credentials", 10, "is not PEM");
    let by_key = Device { product: product.clone(), name: "m1".to_owned(), secret: world.device.secret.clone() };
    fails(&world.doctor(&world.mqtt(), &by_key, &[]), "sign-in", 14, "sign in with certificates");
}

/// Another broker: a topic of one's own; what it refuses or forgets is named.
#[test]
fn another_broker() {
    let world = World::new();
    let run = |behaviour, more: &[&str]| {
        let broker = servers::broker(behaviour);
        let mut command = doctor(&format!("mqtt://{}", broker.address));
        command.args(["--client-id", "sensor", "--topic", "site/1", "--timeout", "1"]).args(more);
        run_text("lianwu doctor", &mut command, "")
    };
    passes(&run(servers::Broker::Good, &[]));
    fails(&run(servers::Broker::RefusesSubscriptions, &[]), "subscription", 15, "0x80");
    fails(&run(servers::Broker::IgnoresMessages, &[]), "report", 17, "did not answer");
    fails(&run(servers::Broker::Forgets, &["--idle", "1"]), "keep-alive", 18, "forgot it");
    fails(&run(servers::Broker::Code(3), &[]), "sign-in", 14, "takes no sign-in now");
    let warned = passes(&run(servers::Broker::Good, &["--keep-alive", "600"]));
    assert_eq!(warned["Steps"][8]["Outcome"], "warning", "{warned}");
    // A broker that has no thing model: the device's own topics are answered by nobody.
    let broker = servers::broker(servers::Broker::Good);
    let finished = world.doctor(&format!("mqtt://{}", broker.address), &world.device, &["--timeout", "1"]);
    fails(&finished, "report", 17, "no reply");
}

/// A clock that is far off is a warning with its offset.
#[test]
fn a_clock_that_is_off() {
    let world = World::new();
    let broker = servers::broker(servers::Broker::Time { ahead_ms: 7_200_000 });
    let finished = world.doctor(&format!("mqtt://{}", broker.address), &world.device, &["--timeout", "1"]);
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    let clock = &report["Steps"][6];
    assert_eq!(clock["Outcome"], "warning", "{report}");
    let seen = clock["Seen"].as_str().unwrap_or_default();
    let seconds = seen.split(' ').nth(4).and_then(|seconds| seconds.parse::<f64>().ok());
    assert!(seen.ends_with("behind") && seconds.is_some_and(|seconds| (7_000.0..7_400.0).contains(&seconds)), "{seen}");
}

/// Alone it lists its checks; as text it speaks two languages.
#[test]
fn on_the_terminal() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(platform_binary());
        command.arg("doctor").args(arguments);
        run_text("lianwu doctor", &mut command, "")
    };
    let listed = run(&[]).stdout;
    assert_eq!(listed.lines().count(), 9, "{listed}");
    assert!(listed.starts_with("10  credentials") && listed.contains("18  keep-alive"), "{listed}");
    assert!(run(&["--language", "zh"]).stdout.contains("域名解析"));
    let world = World::new();
    let mut command = Command::new(platform_binary());
    command.args(["doctor", "connect", "mqtt://no-such-host.invalid", "--language", "zh", "--secret-file"]);
    command.arg(world.file("secret", &world.device.secret));
    command.args(["--product", &world.device.product, "--device", &world.device.name]);
    let finished = run_text("lianwu doctor", &mut command, "");
    assert_eq!(finished.code, Some(11));
    assert!(finished.stdout.contains("failed   name") && finished.stdout.contains("解析不到地址"), "{finished:?}");
    assert!(!finished.stdout.contains(&world.device.secret));
}
