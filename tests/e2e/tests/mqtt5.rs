//! MQTT 5 clients as devices: paho-mqtt and mosquitto's command line.

use lianwu_testkit::{
    DEADLINE, Device, Fixture, LAMP_MODEL, Method, Running, Server, ServerOptions, mosquitto_pub, mosquitto_sub,
    python, run_text, wait_for,
};
use serde_json::{Value, json};

fn paho(server: &Server, device: &Device, password: Option<&str>) -> Running {
    let (address, credentials) = (server.mqtt_address(), device.credentials(Method::HmacSha256));
    let mut command = python("paho_device.py");
    command.args([address.ip().to_string(), address.port().to_string(), "5".to_owned()]);
    command.args([&credentials.client_id, &credentials.user_name]);
    command.arg(password.unwrap_or(&credentials.password));
    Running::start("paho-mqtt", &mut command)
}

#[track_caller]
fn says(paho: &mut Running, expected: &Value) {
    assert_eq!(paho.next_json(), *expected);
}

/// Do report, reply and control work, is a foreign topic refused by its code, and is a take-over told?
#[test]
fn paho_speaks_mqtt_5() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("paho");
    let mut first = paho(&server, &device, None);
    says(&mut first, &json!({"event": "connected", "rc": 0}));
    let down = device.thing("down/property");
    first.tell(&json!({"do": "subscribe", "topic": down, "qos": 2}).to_string());
    says(&mut first, &json!({"event": "subscribed", "qos": [1]}));
    first.tell(&json!({"do": "subscribe", "topic": "$thing/down/property/OTHERPROD1/paho", "qos": 1}).to_string());
    says(&mut first, &json!({"event": "subscribed", "qos": [0x87]}));
    let report = r#"{"method":"report","clientToken":"5","params":{"brightness":7}}"#;
    first
        .tell(&json!({"do": "publish", "topic": device.thing("up/property"), "payload": report, "qos": 1}).to_string());
    let events = [first.next_json(), first.next_json()];
    assert!(events.iter().any(|event| event["event"] == "published"), "{events:?}");
    let reply = events.iter().find(|event| event["event"] == "message").expect("a reply");
    assert!(reply["payload"].as_str().is_some_and(|text| text.contains("report_reply")), "{reply}");
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 7);

    let mut request = device.reference();
    request["Data"] = "{\"brightness\":9}".into();
    let result = lamp.cloud.call("ControlDeviceData", &request);
    assert_eq!(result["Result"], "{\"Sent\":1,\"pushResult\":0}");
    assert_eq!(first.next_json()["topic"], down);

    let _second = lianwu_testkit::MqttClient::device(server.mqtt_address(), &device);
    assert_eq!(first.next_json(), json!({"event": "disconnected", "rc": 0x8E}));
}

#[test]
fn paho_is_told_why_it_may_not_sign_in() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("paho");
    let wrong = format!("{};hmacsha256", "0".repeat(64));
    says(&mut paho(&server, &device, Some(&wrong)), &json!({"event": "connected", "rc": 0x86}));
    let nobody = Device { name: "nobody".to_owned(), ..device };
    says(&mut paho(&server, &nobody, None), &json!({"event": "connected", "rc": 0x85}));
}

#[test]
fn mosquitto_speaks_mqtt_5() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let (address, credentials) = (server.mqtt_address(), device.credentials(Method::HmacSha1));
    let report = r#"{"method":"report","clientToken":"123","params":{"brightness":7}}"#;
    let mut publish = mosquitto_pub(address, &credentials);
    publish.args(["-V", "mqttv5", "-q", "1", "-t", &device.thing("up/property"), "-m", report]);
    run_text("mosquitto_pub", &mut publish, "").succeeded();
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 7);

    let mut subscribe = mosquitto_sub(address, &credentials);
    subscribe.args(["-V", "mqttv5", "-q", "1", "-C", "1", "-t", &device.thing("down/property")]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    let mut request = device.reference();
    request["Data"] = "{\"brightness\":9}".into();
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        let result = lamp.cloud.call("ControlDeviceData", &request);
        (result["Result"] == "{\"Sent\":1,\"pushResult\":0}").then_some(())
    });
    assert_eq!(subscriber.next_json()["params"], json!({"brightness": 9}));
    subscriber.finish().succeeded();

    let mut foreign = mosquitto_pub(address, &credentials);
    foreign.args(["-V", "mqttv5", "-q", "1", "-t", "$thing/up/property/OTHERPROD1/light-1", "-m", "{}", "-d"]);
    let finished = run_text("mosquitto_pub on a foreign topic", &mut foreign, "");
    assert!(finished.stdout.contains("RC:135"), "the acknowledgement says 0x87: {finished:?}");
}
