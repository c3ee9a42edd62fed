//! Kept sessions with ordinary clients: what waits for a device outlives its connection and a crash of the platform.

use lianwu_testkit::{
    Credentials, Device, Fixture, LAMP_MODEL, Method, Running, Server, ServerOptions, mosquitto_sub, python, run_text,
};
use serde_json::{Value, json};

/// paho-mqtt with `clean_session=False`.
fn paho(server: &Server, credentials: &Credentials, session_present: u8) -> Running {
    let address = server.mqtt_address();
    let mut command = python("paho_device.py");
    command.args([address.ip().to_string(), address.port().to_string(), "4".to_owned()]);
    command.args([&credentials.client_id, &credentials.user_name, &credentials.password, "keep"]);
    let mut paho = Running::start("paho-mqtt", &mut command);
    assert_eq!(paho.next_json(), json!({"event": "connected", "rc": 0, "session": session_present}));
    paho
}

fn control(fixture: &Fixture, device: &Device, brightness: u32) -> Value {
    let mut request = device.reference();
    request["Data"] = format!("{{\"brightness\":{brightness}}}").into();
    let response = fixture.cloud.call("ControlDeviceData", &request);
    serde_json::from_str(response["Result"].as_str().expect("a text")).expect("JSON")
}

fn publish(fixture: &Fixture, device: &Device, text: &str) {
    let mut request = device.reference();
    request["Topic"] = format!("{}/{}/data", device.product, device.name).into();
    request["Payload"] = text.into();
    request["Qos"] = 1.into();
    fixture.cloud.call("PublishMessage", &request);
}

/// The brightness of the next control paho receives.
fn received(paho: &mut Running) -> Value {
    let message = paho.next_json();
    assert_eq!((&message["event"], &message["qos"]), (&json!("message"), &json!(1)), "{message}");
    let control: Value = serde_json::from_str(message["payload"].as_str().expect("a text")).expect("JSON");
    control["params"]["brightness"].clone()
}

/// Everything paho has been shown is acknowledged, and that is on disk: it acknowledges after it shows a message, and
/// whoever ends at once can be faster than that. A message behind it that is acknowledged in turn proves both.
fn acknowledged(paho: &mut Running, device: &Device) {
    let topic = format!("{}/{}/event", device.product, device.name);
    paho.tell(&json!({"do": "publish", "topic": topic, "payload": "seen", "qos": 1}).to_string());
    assert_eq!(paho.next_json()["event"], "published");
}

/// Do subscription and waiting messages survive `kill -9`, and does everything come once, in order?
#[test]
fn what_waits_for_paho_survives_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("paho");
    let credentials = device.credentials(Method::HmacSha256);
    let mut first = paho(&server, &credentials, 0);
    first.tell(&json!({"do": "subscribe", "topic": device.thing("down/property"), "qos": 1}).to_string());
    assert_eq!(first.next_json(), json!({"event": "subscribed", "qos": [1]}));
    first.finish().succeeded();
    for brightness in 1..=30 {
        let result = control(&fixture, &device, brightness);
        assert_eq!(result, json!({"Sent": 0, "pushResult": 23101}), "what the vendor answers for an absent device");
    }
    server.kill();
    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    control(&fixture, &device, 31);
    let mut second = paho(&server, &credentials, 1);
    for brightness in 1..=31 {
        assert_eq!(received(&mut second), brightness);
    }
    assert_eq!(control(&fixture, &device, 32), json!({"Sent": 1, "pushResult": 0}));
    assert_eq!(received(&mut second), 32);
    acknowledged(&mut second, &device);
    second.finish().succeeded();
    server.kill();
    server.restart();
    let fixture = Fixture { cloud: server.cloud(), ..fixture };
    control(&fixture, &device, 33);
    let mut third = paho(&server, &credentials, 1);
    assert_eq!(received(&mut third), 33, "what was acknowledged does not come again");
}

/// Does `mosquitto_sub -c` get what was published while it was away, and nothing after a clean session?
#[test]
fn mosquitto_sub_comes_back_to_its_messages() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("mosquitto");
    let credentials = device.credentials(Method::HmacSha1);
    let topic = format!("{}/{}/data", device.product, device.name);
    let subscriber = |arguments: &[&str]| {
        let mut command = mosquitto_sub(server.mqtt_address(), &credentials);
        command.args(["-q", "1", "-t", &topic]).args(arguments);
        run_text("mosquitto_sub", &mut command, "")
    };
    subscriber(&["-c", "-E"]).succeeded();
    for text in ["one", "two", "three"] {
        publish(&fixture, &device, text);
    }
    let finished = subscriber(&["-c", "-C", "3"]);
    finished.succeeded();
    assert_eq!(finished.stdout, "one\ntwo\nthree\n");
    subscriber(&["-E"]).succeeded();
    let mut request = device.reference();
    request["Topic"] = topic.clone().into();
    request["Payload"] = "nobody".into();
    request["Qos"] = 1.into();
    let refused = fixture.cloud.call_refused("PublishMessage", &request);
    assert_eq!(refused.code, "FailedOperation.DeviceOffline");
}
