//! The HTTP port as a stranger, a browser and a load balancer see it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use lianwu_testkit::{DEADLINE, Fixture, LAMP_MODEL, Server, ServerOptions, http, on_path, run_text, skip};
use serde_json::Value;

/// Health, redirect to the console, and the envelope for calls without a signature.
#[test]
fn paths() {
    let server = Server::start(ServerOptions::default());
    let address = server.http_address();
    let get = |path: &str| http(address, "GET", path, &[], b"").expect("an answer");
    assert_eq!(get("/healthz").status, 200);
    let root = get("/");
    assert!((301..=308).contains(&root.status), "{}", root.status);
    assert_eq!(root.header("location"), Some("/console/"));
    assert_eq!(get("/console/").status, 200);
    assert_eq!(get("/no/such/path").status, 404);

    let unsigned = get("/?Action=DescribeDevice&Version=2019-04-23");
    assert_eq!(unsigned.status, 200, "every outcome of a call is an HTTP 200");
    assert_eq!(unsigned.header("content-type"), Some("application/json"), "letter by letter, without a charset");
    let envelope: Value = serde_json::from_slice(&unsigned.body).expect("an envelope");
    assert!(envelope["Response"]["Error"]["Code"].is_string(), "{envelope}");
    assert_eq!(envelope["Response"]["RequestId"].as_str(), unsigned.header("x-tc-requestid"));
}

/// Does Prometheus' own checker find nothing to say about the metrics?
#[test]
fn metrics_are_clean() {
    if !on_path("promtool") {
        return skip("metrics_are_clean", "promtool is not installed");
    }
    let server = Server::start(ServerOptions::default());
    let metrics = http(server.http_address(), "GET", "/metrics", &[], b"").expect("an answer");
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let text = String::from_utf8(metrics.body).expect("text");
    let checked =
        run_text("promtool", std::process::Command::new("promtool").args(["check", "metrics"]), text.trim_end());
    checked.succeeded();
    assert_eq!((checked.stdout.as_str(), checked.stderr.as_str()), ("", ""));
}

/// Are broken requests refused without harm?
#[test]
fn broken_requests() {
    let server = Server::start(ServerOptions::default());
    let address = server.http_address();
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let action = ("X-TC-Action", "DescribeDevice");
    for (what, headers, body) in [
        ("no Authorization", vec![action], b"{}".to_vec()),
        ("a broken Authorization", vec![action, ("Authorization", "TC3-HMAC-SHA256 nonsense")], b"{}".to_vec()),
        ("11 MB without a signature", vec![action], vec![b' '; 11 << 20]),
        ("11 MB with one", vec![action, ("Authorization", "TC3-HMAC-SHA256 nonsense")], vec![b' '; 11 << 20]),
    ] {
        // The server may answer and close before it has read everything; the client may then see a reset.
        if let Ok(answer) = http(address, "POST", "/", &headers, &body) {
            let envelope: Value = serde_json::from_slice(&answer.body).expect("an envelope");
            assert!(envelope["Response"]["Error"]["Code"].is_string(), "{what}: {envelope}");
        }
    }
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream.write_all(garbage).expect("sent");
        let mut answer = Vec::new();
        // Either an HTTP 400 or just the end; what counts is that it ends.
        let ended = stream.read_to_end(&mut answer);
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset));
    }
    drop(fixture.device("still-served"));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Does the metrics page count what happened?
#[test]
fn metrics() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let mut client = lianwu_testkit::MqttClient::subscribed(server.mqtt_address(), &device);
    let report = r#"{"method":"report","clientToken":"1","params":{"power_switch":1}}"#;
    client.ask(&device.thing("up/property"), report);
    let page = http(server.http_address(), "GET", "/metrics", &[], b"").expect("an answer");
    assert_eq!(page.status, 200);
    let text = page.text();
    let counted = |name: &str| text.lines().any(|line| line.starts_with(name) && line.ends_with(" 1"));
    assert!(text.contains("# TYPE"), "{text}");
    assert!(counted("lianwu_devices_online") || counted("lianwu_mqtt_devices_online"), "{text}");
}

/// Does the operator's page hold every metric there is, in both languages, and none that is gone?
#[test]
fn every_metric_is_described() {
    const PAGES: [&str; 2] =
        [include_str!("../../../docs/operation.md"), include_str!("../../../docs/operation.zh-CN.md")];
    let server = Server::start(ServerOptions::default().with_tls());
    let metrics = server.metrics();
    let types = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_whitespace().next());
    let served: BTreeSet<&str> = types.collect();
    assert!(served.len() > 20, "{served:?}");
    for page in PAGES {
        let rows = page.lines().filter(|line| line.starts_with("| `lianwu_"));
        let described: BTreeSet<&str> =
            rows.flat_map(|row| row.split('`')).filter(|word| word.starts_with("lianwu_")).collect();
        assert_eq!(described, served);
    }
}
