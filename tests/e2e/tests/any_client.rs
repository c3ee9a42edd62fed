//! Ordinary MQTT clients with computed credentials: mosquitto's command line and paho-mqtt 1.6.

use std::time::Duration;

use lianwu_testkit::{
    Credentials, DEADLINE, Device, Fixture, LAMP_MODEL, Method, Running, Server, ServerOptions, expiry_in_a_day,
    mosquitto_pub, mosquitto_sub, platform_binary, python, run_text, wait_for,
};
use serde_json::{Value, json};

/// What `lianwu credentials` prints for a device.
fn from_the_command_line(device: &Device, method: &str) -> Credentials {
    let mut command = std::process::Command::new(platform_binary());
    command.args(["credentials", "--product", &device.product, "--device", &device.name]);
    command.args(["--secret-file", "-", "--method", method, "--json"]);
    let printed = run_text("lianwu credentials", &mut command, &device.secret).json();
    let text = |name: &str| printed[name].as_str().expect(name).to_owned();
    Credentials { client_id: text("ClientId"), user_name: text("UserName"), password: text("Password") }
}

struct Paho(Running);

impl Paho {
    fn start(server: &Server, credentials: &Credentials) -> Self {
        Self::speaking("4", server, credentials)
    }

    /// `version` is the level in CONNECT: 3 for MQTT 3.1, 4 for 3.1.1.
    fn speaking(version: &str, server: &Server, credentials: &Credentials) -> Self {
        let address = server.mqtt_address();
        let mut command = python("paho_device.py");
        command.args([address.ip().to_string(), address.port().to_string(), version.to_owned()]);
        command.args([&credentials.client_id, &credentials.user_name, &credentials.password]);
        Self(Running::start("paho-mqtt", &mut command))
    }

    #[track_caller]
    fn does(&mut self, command: &Value) {
        self.0.tell(&command.to_string());
    }

    #[track_caller]
    fn says(&mut self, expected: &Value) {
        assert_eq!(self.0.next_json(), *expected);
    }
}

/// Do report, reply and control work with paho-mqtt and credentials from the command line, for both HMAC methods?
#[test]
fn paho_with_both_methods() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    for method in ["hmacsha1", "hmacsha256"] {
        let device = lamp.device(method);
        let mut paho = Paho::start(&server, &from_the_command_line(&device, method));
        paho.says(&json!({"event": "connected", "rc": 0}));

        let down = device.thing("down/property");
        paho.does(&json!({"do": "subscribe", "topic": down, "qos": 1}));
        paho.says(&json!({"event": "subscribed", "qos": [1]}));
        let other = format!("$thing/down/property/{}/somebody-else", device.product);
        paho.does(&json!({"do": "subscribe", "topic": other, "qos": 1}));
        paho.says(&json!({"event": "subscribed", "qos": [0x80]}));

        let report = r#"{"method":"report","clientToken":"123","params":{"power_switch":1}}"#;
        paho.does(&json!({"do": "publish", "topic": device.thing("up/property"), "payload": report, "qos": 0}));
        paho.says(&json!({"event": "published", "mid": 3}));
        let reply = r#"{"method":"report_reply","clientToken":"123","code":0,"status":"success"}"#;
        paho.says(&json!({"event": "message", "topic": down, "qos": 0, "payload": reply}));

        let mut request = device.reference();
        request["Data"] = "{\"power_switch\":0}".into();
        lamp.cloud.call("ControlDeviceData", &request);
        let control = paho.0.next_json();
        let payload: Value = serde_json::from_str(control["payload"].as_str().expect("a text")).expect("JSON");
        assert_eq!((&payload["method"], &payload["params"]), (&json!("control"), &json!({"power_switch": 0})));
    }
}

/// Does a client of MQTT 3.1 sign in with a client id above that version's 23 characters, as the vendor's devices do?
#[test]
fn paho_with_mqtt_3_1() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("a-name-that-makes-a-long-client-id");
    let mut paho = Paho::speaking("3", &server, &device.credentials(Method::HmacSha1));
    paho.says(&json!({"event": "connected", "rc": 0}));
    paho.does(&json!({"do": "subscribe", "topic": device.thing("down/property"), "qos": 0}));
    paho.says(&json!({"event": "subscribed", "qos": [0]}));
    let report = r#"{"method":"report","clientToken":"3.1","params":{"brightness":31}}"#;
    paho.does(&json!({"do": "publish", "topic": device.thing("up/property"), "payload": report, "qos": 1}));
    let said = [paho.0.next_json(), paho.0.next_json()];
    let reply = r#"{"method":"report_reply","clientToken":"3.1","code":0,"status":"success"}"#;
    assert!(said.contains(&json!({"event": "published", "mid": 2})), "{said:?}");
    assert!(said.iter().any(|event| event["payload"] == reply), "{said:?}");
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 31);
}

/// Is a publish without permission acknowledged and dropped?
#[test]
fn a_publish_without_permission_is_acknowledged_and_dropped() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let (device, other) = (lamp.device("mine"), lamp.device("not-mine"));
    let mut paho = Paho::start(&server, &device.credentials(Method::HmacSha256));
    paho.says(&json!({"event": "connected", "rc": 0}));

    let report = r#"{"method":"report","clientToken":"1","params":{"power_switch":1}}"#;
    paho.does(&json!({"do": "publish", "topic": other.thing("up/property"), "payload": report, "qos": 1}));
    paho.says(&json!({"event": "published", "mid": 1}));
    assert_eq!(lamp.latest(&other), json!({}), "nothing of it was stored");
    assert_eq!(lamp.latest(&device), json!({}));
}

/// Does a wrong secret give return code 4, and an unknown device 2?
#[test]
fn refused_sign_ins_have_codes() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let method = Method::HmacSha1;
    let wrong = Credentials::compute(&device.client_id(), "AAECAwQFBgcICQoLDA0ODw==", method, expiry_in_a_day());
    let unknown = Device { name: "nobody".into(), ..device.clone() }.credentials(method);
    let expired = Credentials::compute(&device.client_id(), &device.secret, method, 1_500_000_000);
    for (credentials, code) in [(wrong, 4), (unknown, 2), (expired, 4)] {
        let mut paho = Paho::start(&server, &credentials);
        paho.says(&json!({"event": "connected", "rc": code}));
    }
}

/// Do mosquitto's own programs report, receive and fail as the manual of any MQTT client would lead one to expect?
#[test]
fn mosquitto_on_the_command_line() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let address = server.mqtt_address();
    let credentials = from_the_command_line(&device, "hmacsha256");

    let report = r#"{"method":"report","clientToken":"123","params":{"brightness":7}}"#;
    let mut publish = mosquitto_pub(address, &credentials);
    publish.args(["-q", "1", "-t", &device.thing("up/property"), "-m", report]);
    run_text("mosquitto_pub", &mut publish, "").succeeded();
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 7);

    let mut subscribe = mosquitto_sub(address, &credentials);
    subscribe.args(["-q", "1", "-C", "1", "-t", &device.thing("down/property")]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    let mut request = device.reference();
    request["Data"] = "{\"brightness\":9}".into();
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        let result = lamp.cloud.call("ControlDeviceData", &request);
        (result["Result"] == "{\"Sent\":1,\"pushResult\":0}").then_some(())
    });
    let control = subscriber.next_json();
    assert_eq!((&control["method"], &control["params"]), (&json!("control"), &json!({"brightness": 9})));
    subscriber.finish().succeeded();

    let mut foreign = mosquitto_sub(address, &credentials);
    foreign.args(["-q", "1", "-C", "1", "-W", "5", "-t", "$thing/down/property/OTHERPROD1/light-1"]);
    let finished = run_text("mosquitto_sub on a foreign topic", &mut foreign, "");
    assert!(finished.stderr.contains("denied"), "{finished:?}");

    let wrong = Credentials { password: format!("{};hmacsha256", "0".repeat(64)), ..credentials };
    let mut refused = mosquitto_pub(address, &wrong);
    refused.args(["-t", &device.thing("up/property"), "-m", "{}"]);
    let finished = run_text("mosquitto_pub with a wrong password", &mut refused, "");
    assert_eq!(finished.code, Some(4), "its exit code is the return code of CONNACK: {finished:?}");
}

/// Does a second sign-in with the same identity close the first connection?
#[test]
fn the_later_of_two_equal_identities_stays() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("twin");
    let mut first = Paho::start(&server, &device.credentials(Method::HmacSha1));
    first.says(&json!({"event": "connected", "rc": 0}));
    let mut second = lianwu_testkit::MqttClient::device(server.mqtt_address(), &device);
    let said = first.0.next_json();
    assert_eq!(said["event"], "disconnected");
    // paho comes back by itself, which closes the second in turn: the ping-pong of the manual.
    assert_eq!(second.next_or_end(Duration::from_secs(20)).expect("an end in time"), None);
}
