//! The TLS port with programs of others: mosquitto with a device's key, OpenSSL's own client, paho with the platform's CA.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{
    Credentials, DEADLINE, Device, Finished, Fixture, LAMP_MODEL, Method, Running, Server, ServerOptions,
    mosquitto_pub, mosquitto_sub, platform_binary, python, run_text, wait_for,
};
use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};
use serde_json::{Value, json};

fn start() -> (Server, Fixture, Device) {
    let server = Server::start(ServerOptions::default().with_tls());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    (server, lamp, device)
}

/// The decoded secret in hexadecimal, as command lines want it.
fn key(device: &Device) -> String {
    let bytes = STANDARD.decode(&device.secret).expect("base64");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `mosquitto_pub` or `mosquitto_sub` with a key and without a password.
fn mosquitto(program: &str, server: &Server, client_id: &str, identity: &str, key: &str) -> Command {
    let address = server.mqtts_address();
    let mut command = Command::new(program);
    command.args(["-h", &address.ip().to_string(), "-p", &address.port().to_string(), "-i", client_id]);
    command.args(["--psk-identity", identity, "--psk", key]);
    command
}

/// `openssl s_client`: its handshake in a few words.
fn s_client(server: &Server, arguments: &[&str]) -> Finished {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &server.mqtts_address().to_string()]).args(arguments);
    run_text("openssl s_client", &mut command, "")
}

#[track_caller]
fn says(finished: &Finished, words: &[&str]) {
    for word in words {
        assert!(finished.stdout.contains(word) || finished.stderr.contains(word), "no {word:?} in {finished:?}");
    }
}

const REPORT: &str = r#"{"method":"report","clientToken":"123","params":{"brightness":7}}"#;

/// Does `mosquitto_pub --psk` report, and `mosquitto_sub --psk` get a control, without a password?
#[test]
fn mosquitto_with_a_key() {
    let (server, lamp, device) = start();
    let (id, key) = (device.client_id(), key(&device));
    let mut publish = mosquitto("mosquitto_pub", &server, &id, &id, &key);
    publish.args(["-q", "1", "-t", &device.thing("up/property"), "-m", REPORT]);
    run_text("mosquitto_pub --psk", &mut publish, "").succeeded();
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 7);

    let mut subscribe = mosquitto("mosquitto_sub", &server, &id, &id, &key);
    subscribe.args(["-q", "1", "-C", "1", "-t", &device.thing("down/property")]);
    let mut subscriber = Running::start("mosquitto_sub --psk", &mut subscribe);
    let mut request = device.reference();
    request["Data"] = "{\"brightness\":9}".into();
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        let result = lamp.cloud.call("ControlDeviceData", &request);
        (result["Result"] == "{\"Sent\":1,\"pushResult\":0}").then_some(())
    });
    assert_eq!(subscriber.next_json()["params"], json!({"brightness": 9}));
    subscriber.finish().succeeded();
}

/// faq-41, faq-56: is a wrong key, an unknown device and a foreign client id named in the diagnosis?
#[test]
fn keys_that_do_not_fit_are_explained() {
    let (server, lamp, device) = start();
    let (other, silent) = (lamp.device("light-2"), lamp.device("light-3"));
    let tries = |client_id: &str, identity: &str, key: &str| {
        let mut publish = mosquitto("mosquitto_pub", &server, client_id, identity, key);
        publish.args(["-t", &device.thing("up/property"), "-m", REPORT]);
        let finished = run_text("mosquitto_pub --psk", &mut publish, "");
        assert_ne!(finished.code, Some(0), "{finished:?}");
    };
    let id = device.client_id();
    tries(&id, &id, &key(&other));
    let problem = lamp.problem(&device, "faq-56-psk");
    assert!(problem.to_string().contains("does not fit the device's secret"), "{problem}");
    let line = lamp.diagnostics(&device, "").remove(0);
    assert_eq!(line["Result"], "FAIL, the TLS-PSK key does not fit the device's secret");
    let content = line["Content"].as_str().unwrap_or_default();
    assert!(content.starts_with("Device connect,transport:tls,clientip:127.0.0.1"), "{line}");

    tries(&id, &other.client_id(), &key(&other));
    lamp.problem(&other, "faq-41-identity");
    let nobody = Device { name: "light-9".into(), ..silent.clone() };
    tries(&nobody.client_id(), &nobody.client_id(), &key(&silent));
    lamp.problem(&nobody, "faq-41-unknown");
    assert_eq!(lamp.latest(&device), json!({}));

    // Once the key fits, the problem is over.
    let mut publish = mosquitto("mosquitto_pub", &server, &id, &id, &key(&device));
    publish.args(["-q", "1", "-t", &device.thing("up/property"), "-m", REPORT]);
    run_text("mosquitto_pub --psk", &mut publish, "").succeeded();
    wait_for("the problem to be over", DEADLINE, || {
        lamp.problems(&device).iter().all(|problem| problem["Id"] != "faq-56-psk").then_some(())
    });
}

/// Row 3 of the server checklist: are the C SDK's suites there, beside those with certificates, in 1.2 and 1.3?
#[test]
fn suites_and_versions() {
    let (server, _lamp, device) = start();
    let (id, key) = (device.client_id(), key(&device));
    for suite in ["PSK-AES128-CBC-SHA", "PSK-AES256-CBC-SHA"] {
        let finished = s_client(&server, &["-brief", "-psk", &key, "-psk_identity", &id, "-cipher", suite]);
        finished.clone().succeeded();
        says(&finished, &["Protocol version: TLSv1.2", &format!("Ciphersuite: {suite}")]);
    }
    let trusted = server.data().join("tls/ca.crt");
    let trusted = trusted.to_string_lossy();
    for version in ["-tls1_2", "-tls1_3"] {
        let arguments =
            ["-brief", "-CAfile", &*trusted, "-verify_return_error", "-verify_hostname", "localhost", version];
        let finished = s_client(&server, &arguments);
        finished.clone().succeeded();
        says(&finished, &["Verification: OK", "Verified peername: localhost"]);
    }
    for refused in [&["-tls1_1"][..], &["-psk", "00ff", "-psk_identity", &id, "-cipher", "PSK-AES128-CBC-SHA"]] {
        assert_ne!(s_client(&server, refused).code, Some(0), "{refused:?}");
    }
    // A key in TLS 1.3 proves nothing: the client gets the certificate, and would need a password.
    let external = s_client(&server, &["-psk", &key, "-psk_identity", &id, "-tls1_3"]);
    says(&external, &["New, TLSv1.3", "Server certificate"]);
}

/// Is a session with a certificate resumed, and one with a key never: its key may have changed?
#[test]
fn resumption_where_it_is_safe() {
    let (server, _lamp, device) = start();
    let (id, key) = (device.client_id(), key(&device));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let session = folder.path().join("session.pem");
    let session = session.to_string_lossy();
    says(&s_client(&server, &["-tls1_2", "-sess_out", &session]), &["New, TLSv1.2"]);
    says(&s_client(&server, &["-tls1_2", "-sess_in", &session]), &["Reused, TLSv1.2"]);

    let by_key = ["-psk", &key, "-psk_identity", &id, "-cipher", "PSK-AES128-CBC-SHA"];
    let first = s_client(&server, &[&by_key[..], &["-sess_out", &session]].concat());
    says(&first, &["New, ", "Cipher is PSK-AES128-CBC-SHA"]);
    assert!(!first.stdout.contains("TLS session ticket:"), "{first:?}");
    says(
        &s_client(&server, &[&by_key[..], &["-sess_in", &session]].concat()),
        &["New, ", "Cipher is PSK-AES128-CBC-SHA"],
    );
}

fn paho(server: &Server, credentials: &Credentials) -> Running {
    let address = server.mqtts_address();
    let mut command = python("paho_device.py");
    command.args([address.ip().to_string(), address.port().to_string(), "4".to_owned()]);
    command.args([&credentials.client_id, &credentials.user_name, &credentials.password]);
    command.env("TLS_CA", server.data().join("tls/ca.crt"));
    Running::start("paho-mqtt over TLS", &mut command)
}

/// Do paho and mosquitto, told to trust the platform's CA, sign in with a password, and are they refused without the right one?
#[test]
fn clients_that_trust_the_ca() {
    let (server, lamp, device) = start();
    let mut client = paho(&server, &device.credentials(Method::HmacSha256));
    assert_eq!(client.next_json(), json!({"event": "connected", "rc": 0}));
    let down = device.thing("down/property");
    client.tell(&json!({"do": "subscribe", "topic": down, "qos": 1}).to_string());
    assert_eq!(client.next_json(), json!({"event": "subscribed", "qos": [1]}));
    client
        .tell(&json!({"do": "publish", "topic": device.thing("up/property"), "payload": REPORT, "qos": 0}).to_string());
    let said: Vec<Value> = (0..2).map(|_| client.next_json()).collect();
    let reply = r#"{"method":"report_reply","clientToken":"123","code":0,"status":"success"}"#;
    assert!(said.iter().any(|event| event["payload"] == reply), "{said:?}");
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 7);

    let other = lamp.device("light-2");
    let wrong = Credentials { password: "0".repeat(40) + ";hmacsha1", ..other.credentials(Method::HmacSha1) };
    assert_eq!(paho(&server, &wrong).next_json(), json!({"event": "connected", "rc": 4}));

    let trusted = server.data().join("tls/ca.crt");
    let mut publish = mosquitto_pub(server.mqtts_address(), &other.credentials(Method::HmacSha1));
    publish.arg("--cafile").arg(&trusted).args(["-q", "1", "-t", &other.thing("up/property"), "-m", REPORT]);
    run_text("mosquitto_pub --cafile", &mut publish, "").succeeded();
    assert_eq!(lamp.latest(&other)["brightness"]["Value"], 7);
    let mut distrusting = mosquitto_sub(server.mqtts_address(), &other.credentials(Method::HmacSha1));
    distrusting.args(["--cafile", "/etc/ssl/certs/ca-certificates.crt", "-t", "#"]);
    let finished = run_text("mosquitto_sub that trusts others", &mut distrusting, "");
    assert_ne!(finished.code, Some(0), "{finished:?}");
}

/// A certificate and its key in two files.
fn make_certificate(chain: &Path, key: &Path, name: &str) {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", &format!("/CN={name}")]);
    command.arg("-out").arg(chain).arg("-keyout").arg(key);
    run_text("openssl req", &mut command, "").succeeded();
}

/// Are certificate files of the operator's taken over when they change, and broken ones only complained about?
#[test]
fn certificate_files_are_taken_over_while_it_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [chain, key]: [PathBuf; 2] = ["server.crt", "server.key"].map(|name| folder.path().join(name));
    make_certificate(&chain, &key, "first.example.com");
    let options = ServerOptions::default()
        .with_tls()
        .set("LIANWU__TLS__CERT", &chain.to_string_lossy())
        .set("LIANWU__TLS__KEY", &key.to_string_lossy());
    let server = Server::start(options);
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let id = device.client_id();
    let mut subscribe = mosquitto("mosquitto_sub", &server, &id, &id, &self::key(&device));
    subscribe.args(["-C", "1", "-t", &device.thing("down/property")]);
    let mut connected = Running::start("mosquitto_sub --psk", &mut subscribe);
    let mut request = device.reference();
    request["Data"] = "{\"brightness\":9}".into();
    let shows = |name: &str| s_client(&server, &["-brief"]).stderr.contains(name);
    assert!(shows("first.example.com"));

    make_certificate(&chain, &key, "second.example.com");
    wait_for("the second certificate", DEADLINE, || shows("second.example.com").then_some(()));
    std::fs::write(&chain, "not a certificate").expect("write");
    let stale = "\nlianwu_tls_certificate_stale 1\n";
    wait_for("the metric to say that the files are broken", DEADLINE, || {
        server.metrics().contains(stale).then_some(())
    });
    assert!(shows("second.example.com"), "the earlier one stays");
    let told = "the new TLS certificate cannot be used";
    wait_for("the log to say so", DEADLINE, || server.log().contains(told).then_some(()));
    make_certificate(&chain, &key, "third.example.com");
    wait_for("the third certificate", DEADLINE, || shows("third.example.com").then_some(()));
    assert!(!server.metrics().contains(stale));

    // Who was connected all the time still is.
    lamp.cloud.call("ControlDeviceData", &request);
    assert_eq!(connected.next_json()["params"], json!({"brightness": 9}));
    connected.finish().succeeded();
}

/// Does the authority devices trust survive a restart, and is the port told to those who ask?
#[test]
fn the_authority_survives_a_restart() {
    let (mut server, lamp, _device) = start();
    let path = server.data().join("tls/ca.crt");
    let before = std::fs::read(&path).expect("the CA");
    let points = lamp.cloud.call_own("DescribeAccessPoints", &json!({"ProductId": lamp.product}));
    let port = server.mqtts_address().port();
    let expected = json!({"Protocol": "mqtts", "Host": "127.0.0.1", "Port": port, "Encrypted": true});
    assert!(points["AccessPoints"].as_array().is_some_and(|points| points.contains(&expected)), "{points}");
    assert!(server.stop().status.success());
    server.restart();
    assert_eq!(std::fs::read(&path).expect("the CA"), before);
    let trusted = path.to_string_lossy();
    says(&s_client(&server, &["-brief", "-CAfile", &trusted, "-verify_return_error"]), &["Verification: OK"]);
}

/// A device of the C SDK's kind: signed in by its key, and silent from then on.
fn signed_in(server: &Server, device: &Device) -> SslStream<TcpStream> {
    let mut connector = SslConnector::builder(SslMethod::tls_client()).expect("a client");
    connector.set_cipher_list("PSK-AES128-CBC-SHA").expect("the suite");
    let (id, key) = (device.client_id(), STANDARD.decode(&device.secret).expect("base64"));
    let identity = id.clone();
    connector.set_psk_client_callback(move |_, _, into_identity, into_key| {
        into_identity[..identity.len()].copy_from_slice(identity.as_bytes());
        into_identity[identity.len()] = 0;
        into_key[..key.len()].copy_from_slice(&key);
        Ok(key.len())
    });
    let mut settings = connector.build().configure().expect("a client");
    settings.set_verify(SslVerifyMode::NONE);
    let socket = TcpStream::connect(server.mqtts_address()).expect("a connection");
    let mut stream = settings.verify_hostname(false).connect("localhost", socket).expect("a handshake");
    // CONNECT of MQTT 3.1.1 with a clean session and nothing but the client id.
    let length = u8::try_from(12 + id.len()).expect("short");
    let mut connect = vec![0x10, length, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 240, 0, length - 12];
    connect.extend(id.as_bytes());
    stream.write_all(&connect).expect("CONNECT");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).expect("CONNACK");
    assert_eq!(answer, [0x20, 2, 0, 0]);
    stream
}

/// Processor time of the server's threads of handshakes so far, in nanoseconds.
fn handshake_time(server: &Server) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.pid())).expect("the server's threads");
    let mut total = 0;
    for task in tasks.map(|task| task.expect("a thread").path()) {
        let text = |file: &str| std::fs::read_to_string(task.join(file)).unwrap_or_default();
        if text("comm").starts_with("tls-") {
            let schedule = text("schedstat");
            total += schedule.split(' ').next().and_then(|time| time.parse::<u64>().ok()).unwrap_or_default();
        }
    }
    total
}

/// Signs them in from several threads, as after a restart.
fn all_at_once(server: &Server, devices: &[Device]) -> Vec<SslStream<TcpStream>> {
    std::thread::scope(|scope| {
        let parts: Vec<_> = devices
            .chunks(devices.len().div_ceil(4))
            .map(|part| scope.spawn(move || part.iter().map(|device| signed_in(server, device)).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().expect("sign-ins")).collect()
    })
}

/// `lianwu bench` with devices that have keys.
fn bench(server: &Server, devices: &[Device], arguments: &[&str]) -> Value {
    let file = server.data().join("devices.csv");
    let lines = devices.iter().map(|device| format!("{},{},{}\n", device.product, device.name, device.secret));
    std::fs::write(&file, lines.collect::<String>()).expect("write the credentials");
    let mut command = Command::new(platform_binary());
    command.arg("bench").args(arguments).arg(server.mqtts_address().to_string());
    command.args(["--tls-psk", "--json", "--credentials"]).arg(&file);
    serde_json::from_str(&run_text("lianwu bench", &mut command, "").stdout).expect("figures")
}

/// Does the load generator sign in by key, over and over, and report?
#[test]
fn the_load_generator_has_keys() {
    let unlimited = ServerOptions::default().with_tls().set("LIANWU__LIMITS__DEVICE_CONNECTS_PER_5S", "0");
    let server = Server::start(unlimited);
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let devices: Vec<Device> = (0..8).map(|number| lamp.device(&format!("key-{number}"))).collect();
    let sign_ins = bench(&server, &devices, &["connect", "--concurrency", "8", "--seconds", "0.3", "--warm-up", "0"]);
    assert!(sign_ins["completed"].as_u64() >= Some(8), "{sign_ins}");
    let idle = bench(&server, &devices, &["idle", "--clients", "8", "--seconds", "0"]);
    assert_eq!(idle["completed"], 8, "{idle}");
    for figures in [sign_ins, idle] {
        assert_eq!((&figures["refused"], &figures["connections_failed"]), (&json!(0), &json!(0)), "{figures}");
    }
    let mut wrong = devices[..1].to_vec();
    wrong[0].secret = devices[1].secret.clone();
    let refused = bench(&server, &wrong, &["connect", "--concurrency", "1", "--seconds", "0.1", "--warm-up", "0"]);
    assert_eq!(refused["completed"], 0, "{refused}");
    assert!(refused["connections_failed"].as_u64() > Some(0), "{refused}");
}

/// Does an idle TLS connection take at most 18 KiB of the server?
#[test]
fn an_idle_connection_is_small() {
    const DEVICES: usize = 400;
    const BYTES_MAX: u64 = 18 * 1024;
    let (server, lamp, _device) = start();
    let devices: Vec<Device> = (0..DEVICES).map(|number| lamp.device(&format!("idle-{number}"))).collect();
    // What comes once, however many devices there are, is there now.
    let some: Vec<_> = devices[..100].iter().map(|device| signed_in(&server, device)).collect();
    let (memory, time) = (server.resident_bytes(), handshake_time(&server));
    let others = all_at_once(&server, &devices[100..]);
    let count = others.len() as u64;
    let each = server.resident_bytes().saturating_sub(memory) / count;
    let micros = (handshake_time(&server) - time) / 1000 / count;
    eprintln!("{each} bytes a connection, {micros} us of processor time a handshake by key");
    assert!(each <= BYTES_MAX, "{each} bytes a connection");
    drop(some);
}
