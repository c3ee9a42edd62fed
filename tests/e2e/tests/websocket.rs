//! MQTT over WebSocket and device HTTP over TLS with programs of others: mqtt.js in chromium, paho-mqtt, openssl, curl.

use std::net::SocketAddr;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{
    Credentials, Device, Fixture, LAMP_MODEL, Method, Running, Server, ServerOptions, expiry_in_a_day, node, on_path,
    python, run_text, skip,
};
use serde_json::{Value, json};

const REPORT: &str = r#"{"method":"report","clientToken":"ws","params":{"brightness":7}}"#;
const REPLY: &str = r#"{"method":"report_reply","clientToken":"ws","code":0,"status":"success"}"#;

fn start() -> (Server, Fixture) {
    let server = Server::start(ServerOptions::default().with_https());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    (server, lamp)
}

/// mqtt.js in a page: its events in order.
fn in_a_browser(url: &str, credentials: &Credentials, device: &Device) -> Vec<Value> {
    let mut command = node("browser.js");
    command.args([url, &credentials.client_id, &credentials.user_name, &credentials.password]);
    command.args([&device.thing("down/property"), &device.thing("up/property"), REPORT]);
    let ended = run_text("mqtt.js in chromium", &mut command, "");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Does mqtt.js report from a page over `ws`, `wss` and the API's own listener, and is it told of a wrong password?
#[test]
fn mqtt_js_in_a_browser() {
    let test = "mqtt_js_in_a_browser";
    if !on_path("chromium") {
        return skip(test, "chromium is not installed");
    }
    let (server, lamp) = start();
    let urls = [
        format!("ws://{}/mqtt", server.device_http_address()),
        format!("wss://{}/", server.device_https_address()),
        format!("ws://{}/", server.http_address()),
        format!("ws://{}/mqtt", server.http_address()),
    ];
    for (index, url) in urls.iter().enumerate() {
        let device = lamp.device(&format!("light-{index}"));
        let credentials = device.credentials(Method::HmacSha256);
        let mut events = in_a_browser(url, &credentials, &device);
        // The acknowledgement and the reply are two packets, and mqtt.js tells them in either order.
        events.sort_by_key(|event| event["event"] == "message");
        let down = device.thing("down/property");
        let expected = json!([
            {"event": "connected"},
            {"event": "subscribed", "qos": [1]},
            {"event": "acknowledged"},
            {"event": "message", "topic": down, "payload": REPLY},
        ]);
        assert_eq!(Value::from(events), expected, "{url}");
    }
    let device = lamp.device("light-9");
    let mut wrong = device.credentials(Method::HmacSha1);
    wrong.password = lamp.device("light-8").credentials(Method::HmacSha1).password;
    let events = in_a_browser(&urls[0], &wrong, &device);
    assert_eq!(Value::from(events), json!([{"event": "error", "code": 4}]));
}

struct Paho(Running);

impl Paho {
    fn start(address: SocketAddr, credentials: &Credentials, authority: Option<&str>) -> Self {
        let mut command = python("paho_device.py");
        command.args([address.ip().to_string(), address.port().to_string(), "4".to_owned()]);
        command.args([&credentials.client_id, &credentials.user_name, &credentials.password]);
        command.env("TRANSPORT", "websockets");
        if let Some(file) = authority {
            command.env("TLS_CA", file);
        }
        Self(Running::start("paho-mqtt over WebSocket", &mut command))
    }

    /// Reports and gets the reply.
    #[track_caller]
    fn reports(&mut self, device: &Device) {
        assert_eq!(self.0.next_json(), json!({"event": "connected", "rc": 0}));
        let (up, down) = (device.thing("up/property"), device.thing("down/property"));
        self.0.tell(&json!({"do": "subscribe", "topic": down, "qos": 0}).to_string());
        assert_eq!(self.0.next_json(), json!({"event": "subscribed", "qos": [0]}));
        self.0.tell(&json!({"do": "publish", "topic": up, "payload": REPORT, "qos": 0}).to_string());
        assert_eq!(self.0.next_json(), json!({"event": "published", "mid": 2}));
        assert_eq!(self.0.next_json(), json!({"event": "message", "topic": down, "qos": 0, "payload": REPLY}));
    }
}

fn authority(server: &Server) -> String {
    server.data().join("tls/ca.crt").to_string_lossy().into_owned()
}

/// Does paho with `transport="websockets"` (path `/mqtt`) report in the clear and over TLS with the platform's authority?
#[test]
fn paho_over_websocket() {
    let (server, lamp) = start();
    let authority = authority(&server);
    for (address, authority) in
        [(server.device_http_address(), None), (server.device_https_address(), Some(authority.as_str()))]
    {
        let device = lamp.device(&format!("port-{}", address.port()));
        let credentials = device.credentials(Method::HmacSha256);
        Paho::start(address, &credentials, authority).reports(&device);
    }
}

/// Does a device of a certificate product sign in over WebSocket with what `openssl dgst` makes of its private key?
#[test]
fn a_certificate_signs_instead_of_a_handshake() {
    let (server, lamp) = start();
    let projects = lamp.cloud.call("GetProjectList", &json!({}));
    let meter = lamp.cloud.call(
        "CreateStudioProduct",
        &json!({"ProjectId": projects["Projects"][0]["ProjectId"], "ProductName": "meter", "ProductDesc": "",
                "CategoryId": 3, "ProductType": 0, "EncryptionType": "1", "NetType": "wifi", "DataProtocol": 1}),
    );
    let product = meter["Product"]["ProductId"].as_str().expect("an id").to_owned();
    let model = json!({"ProductId": product, "ModelSchema": LAMP_MODEL});
    lamp.cloud.call("ModifyModelDefinition", &model);
    let made = lamp.cloud.call("CreateDevice", &json!({"ProductId": product, "DeviceName": "m1"}));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = folder.path().join("m1.key");
    std::fs::write(&key, made["Data"]["DevicePrivateKey"].as_str().expect("a key")).expect("a file");
    let user_name = format!("{product}m1;12010126;abcde;{}", expiry_in_a_day());
    let sign = |text: &str| {
        let file = folder.path().join("text");
        std::fs::write(&file, text).expect("a file");
        let mut openssl = Command::new("openssl");
        let signed = openssl.args(["dgst", "-sha256", "-sign"]).arg(&key).arg(&file).output().expect("openssl runs");
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
        STANDARD.encode(signed.stdout)
    };
    let device = Device { product: product.clone(), name: "m1".into(), secret: String::new() };
    let password = format!("{};rsa-sha256", sign(&user_name));
    let credentials = Credentials { client_id: format!("{product}m1"), user_name, password };
    Paho::start(server.device_http_address(), &credentials, None).reports(&device);
    let forged = Credentials { password: format!("{};rsa-sha256", sign("another text")), ..credentials };
    let mut paho = Paho::start(server.device_http_address(), &forged, None);
    assert_eq!(paho.0.next_json(), json!({"event": "connected", "rc": 4}));
}

/// Does curl verify `device_https`, get a token by a signature made with openssl, and publish with it?
#[test]
fn curl_over_https_with_a_token() {
    let (server, lamp) = start();
    let device = lamp.device("light-1");
    let address = server.device_https_address();
    let body = json!({"ProductId": device.product, "DeviceName": "light-1"}).to_string();
    let script = r#"
        set -eu
        TIME=$(date +%s)
        HASH=$(printf %s "$BODY" | openssl dgst -sha256 -r | cut -d' ' -f1)
        SIGN=$(printf 'POST\n%s\n/device/token\n\nhmacsha256\n%s\n7\n%s' "$HOST" "$TIME" "$HASH" |
            openssl dgst -sha256 -hmac "$SECRET" -binary | base64)
        TOKEN=$(curl -sS --cacert "$CA" "https://$HOST/device/token" -H "X-TC-Algorithm: hmacsha256" -H "X-TC-Timestamp: $TIME" \
            -H 'X-TC-Nonce: 7' -H "X-TC-Signature: $SIGN" -d "$BODY" | sed 's/.*"Token":"\([^"]*\)".*/\1/')
        curl -sS -i --cacert "$CA" "https://$HOST/device/publish" -H "X-TC-Token: $TOKEN" -d "$MESSAGE"
    "#;
    let message = json!({"ProductId": device.product, "DeviceName": "light-1", "TopicName": device.thing("up/property"),
                         "Payload": REPORT, "Qos": 1});
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).env("HOST", address.to_string()).env("CA", authority(&server));
    shell.env("BODY", body).env("SECRET", &device.secret).env("MESSAGE", message.to_string());
    let ended = run_text("curl", &mut shell, "");
    assert!(ended.stdout.starts_with("HTTP/1.1 200 OK\n"), "{ended:?}");
    assert!(ended.stdout.contains("\nContent-Length: "), "{ended:?}");
    assert!(ended.stdout.contains("RequestId") && !ended.stdout.contains("Error"), "{ended:?}");
    let latest = lamp.cloud.call("DescribeDeviceData", &device.reference());
    assert!(latest["Data"].as_str().expect("a text").contains(r#""brightness":{"Value":7"#), "{latest}");
}
