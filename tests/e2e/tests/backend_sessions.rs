//! Kept sessions of backends with ordinary programs, over `kill -9` of the platform.

use lianwu_testkit::{
    Finished, Fixture, LAMP_MODEL, MqttClient, Running, Server, ServerOptions, backend_credentials, mosquitto_pub,
    mosquitto_sub, python, run_text,
};
use serde_json::{Value, json};

fn publish(server: &Server, qos: &str, topic: &str, payload: &str) {
    let mut publish = mosquitto_pub(server.mqtt_address(), &backend_credentials(server, "writer"));
    publish.args(["-q", qos, "-t", topic, "-m", payload]);
    run_text("mosquitto_pub", &mut publish, "").succeeded();
}

/// mosquitto_sub with a kept session, until it has what `until` says.
fn keeping(server: &Server, version: &str, until: &[&str]) -> Finished {
    let mut subscribe = mosquitto_sub(server.mqtt_address(), &backend_credentials(server, "orders"));
    subscribe.args(["-V", version, "-c", "-q", "2", "-F", "%q %p", "-t", "plant/+"]).args(until);
    if version == "mqttv5" {
        subscribe.args(["-x", "600"]);
    }
    run_text("mosquitto_sub -c", &mut subscribe, "")
}

/// Does everything come once and in order that was sent before a crash, after it, and while the program was away?
fn nothing_is_lost(version: &str) {
    let mut server = Server::start(ServerOptions::default());
    keeping(&server, version, &["-E"]).succeeded();
    for (qos, payload) in [("1", "a"), ("2", "b"), ("0", "lost by its own wish"), ("1", "c")] {
        publish(&server, qos, "plant/7", payload);
    }
    server.kill();
    server.restart();
    publish(&server, "2", "plant/8", "d");
    let first = keeping(&server, version, &["-C", "4"]);
    // In order for each QoS; a message of QoS 2 waits until its packet id is on disk.
    let of_qos = |qos: &str| first.stdout.lines().filter(|line| line.starts_with(qos)).collect::<Vec<_>>();
    assert_eq!((of_qos("1"), of_qos("2")), (vec!["1 a", "1 c"], vec!["2 b", "2 d"]), "{first:?}");
    publish(&server, "1", "plant/7", "e");
    server.kill();
    server.restart();
    let second = keeping(&server, version, &["-C", "1"]);
    assert_eq!(second.stdout, "1 e\n", "nothing that was acknowledged comes again: {second:?}");
}

#[test]
fn mosquitto_loses_nothing() {
    nothing_is_lost("mqttv311");
}

#[test]
fn mosquitto_loses_nothing_over_mqtt_5() {
    nothing_is_lost("mqttv5");
}

/// paho over MQTT 5 with a session of ten minutes, and whether there was one.
fn paho(server: &Server, session: bool) -> Running {
    let credentials = backend_credentials(server, "paho");
    let address = server.mqtt_address();
    let mut command = python("paho_backend.py");
    command.args([address.ip().to_string(), address.port().to_string()]);
    command.args([&credentials.client_id, &credentials.user_name, &credentials.password, "null", "600"]);
    let mut paho = Running::start("paho-mqtt", &mut command);
    let connected = paho.next_json();
    assert_eq!((&connected["code"], &connected["session"]), (&json!(0), &json!(u8::from(session))), "{connected}");
    paho
}

fn texts(paho: &mut Running, count: usize) -> Vec<Value> {
    (0..count).map(|_| paho.next_json()["payload"].clone()).collect()
}

/// Do reports that a device was told are stored reach a program that was away, over a crash; and does a crash while it is
/// connected lose nothing either?
#[test]
fn paho_gets_every_report_over_crashes() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let mut first = paho(&server, false);
    let filter = format!("$thing/up/property/{}/+", device.product);
    first.tell(&json!({"do": "subscribe", "topic": filter, "qos": 1}).to_string());
    assert_eq!(first.next_json()["event"], "subscribed");
    first.finish().succeeded();

    let report = |token: u32| format!(r#"{{"method":"report","clientToken":"{token}","params":{{"brightness":7}}}}"#);
    let mut sent = Vec::new();
    for crash in 0..2 {
        let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
        for token in 0..20 {
            let text = report(crash * 20 + token);
            client.publish_acknowledged(&device.thing("up/property"), text.as_bytes());
            sent.push(Value::from(text));
        }
        server.kill();
        server.restart();
    }
    let mut second = paho(&server, true);
    assert_eq!(texts(&mut second, 40), sent);

    // It is connected when the platform dies. What neither side knows to be acknowledged may come again, nothing is missing.
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    client.publish_acknowledged(&device.thing("up/property"), report(40).as_bytes());
    assert_eq!(texts(&mut second, 1), [Value::from(report(40))]);
    server.kill();
    server.restart();
    drop(second);
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    client.publish_acknowledged(&device.thing("up/property"), report(41).as_bytes());
    let mut third = paho(&server, true);
    let mut found = texts(&mut third, 1);
    while found.last() != Some(&Value::from(report(41))) {
        found.extend(texts(&mut third, 1));
    }
    let again: Vec<_> = sent[20..].iter().cloned().chain([Value::from(report(40)), Value::from(report(41))]).collect();
    assert!(again.ends_with(&found), "{found:?}");
    third.finish().succeeded();
}
