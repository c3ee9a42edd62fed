//! Server-side clients: ordinary MQTT programs that sign in with a key pair and receive what devices send.

use lianwu_testkit::{
    Credentials, DEADLINE, Fixture, LAMP_MODEL, MqttClient, Running, Server, ServerOptions, backend_credentials,
    mosquitto_pub, mosquitto_sub, run_text, wait_for,
};
use serde_json::json;

/// Does mosquitto_sub, with a filter over all devices, print every report as the device sent it?
#[test]
fn mosquitto_sub_receives_reports() {
    receives_reports("mqttv311");
}

#[test]
fn mosquitto_sub_receives_reports_over_mqtt_5() {
    receives_reports("mqttv5");
}

fn receives_reports(version: &str) {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut subscribe = mosquitto_sub(server.mqtt_address(), &backend_credentials(&server, "orders"));
    let filter = format!("$thing/up/property/{}/+", device.product);
    subscribe.args(["-V", version, "-q", "1", "-C", "2", "-t", &filter]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    let mut token = 0;
    let report = |token: u32| format!(r#"{{"method":"report","clientToken":"{token}","params":{{"brightness":7}}}}"#);
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        token += 1;
        client.ask(&device.thing("up/property"), &report(token));
        server.metrics().contains("lianwu_backend_subscriptions 1").then_some(())
    });
    token += 1;
    client.ask(&device.thing("up/property"), &report(token));
    client.ask(&device.thing("up/property"), &report(token + 1));
    // One may have come through just before it was seen to be subscribed.
    let first = subscriber.next_json();
    assert_eq!((&first["method"], &first["params"]), (&json!("report"), &json!({"brightness": 7})));
    assert_eq!(subscriber.next_json()["method"], "report");
    subscriber.finish().succeeded();
}

/// Do two programs of an account talk to each other in its own topics, and does a wrong password end with code 4?
#[test]
fn programs_of_an_account_talk_to_each_other() {
    let server = Server::start(ServerOptions::default());
    let address = server.mqtt_address();
    let mut subscribe = mosquitto_sub(address, &backend_credentials(&server, "reader"));
    subscribe.args(["-q", "1", "-C", "1", "-t", "plant/+/state"]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        server.metrics().contains("lianwu_backend_subscriptions 1").then_some(())
    });
    let mut publish = mosquitto_pub(address, &backend_credentials(&server, "writer"));
    publish.args(["-q", "1", "-t", "plant/7/state", "-m", r#"{"on":true}"#]);
    run_text("mosquitto_pub", &mut publish, "").succeeded();
    assert_eq!(subscriber.next_json(), json!({"on": true}));
    subscriber.finish().succeeded();

    let borrowed = Credentials { client_id: "somebody".into(), ..backend_credentials(&server, "reader") };
    let mut refused = mosquitto_pub(address, &borrowed);
    refused.args(["-t", "plant/7/state", "-m", "{}"]);
    let finished = run_text("mosquitto_pub under a client id that was not signed", &mut refused, "");
    assert_eq!(finished.code, Some(4), "{finished:?}");
}

/// Do the properties of MQTT 5 and a shared subscription work with mosquitto's programs, and is a refusal told by its code?
#[test]
fn mosquitto_over_mqtt_5() {
    let server = Server::start(ServerOptions::default());
    let address = server.mqtt_address();
    let mut subscribe = mosquitto_sub(address, &backend_credentials(&server, "reader"));
    subscribe.args(["-V", "mqttv5", "-q", "2", "-C", "3", "-F", "%t|%q|%C|%P|%p", "-t", "$share/group/plant/+"]);
    let mut subscriber = Running::start("mosquitto_sub", &mut subscribe);
    wait_for("mosquitto_sub to be subscribed", DEADLINE, || {
        server.metrics().contains("lianwu_backend_subscriptions 1").then_some(())
    });
    for qos in ["0", "1", "2"] {
        let mut publish = mosquitto_pub(address, &backend_credentials(&server, "writer"));
        publish.args(["-V", "mqttv5", "-q", qos, "-t", "plant/7", "-m", "on"]);
        publish.args(["-D", "publish", "content-type", "text/plain"]);
        publish.args(["-D", "publish", "user-property", "line", "3"]);
        run_text("mosquitto_pub", &mut publish, "").succeeded();
        assert_eq!(subscriber.next_line(), format!("plant/7|{qos}|text/plain|line:3|on"));
    }
    subscriber.finish().succeeded();

    let mut foreign = mosquitto_pub(address, &backend_credentials(&server, "writer"));
    foreign.args(["-V", "mqttv5", "-q", "1", "-d", "-t", "$thing/down/property/ABCDEFGHIJ/lamp", "-m", "{}"]);
    let finished = run_text("mosquitto_pub on a device's topic", &mut foreign, "");
    assert!(finished.stdout.contains("RC:135"), "the acknowledgement says 0x87: {finished:?}");
}

/// Do retained messages outlive a kill -9, and does an MQTT 5 client get them with the flag?
#[test]
fn retained_messages_outlive_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let retained = |server: &Server, topic: &str, payload: &str| {
        let mut publish = mosquitto_pub(server.mqtt_address(), &backend_credentials(server, "writer"));
        publish.args(["-V", "mqttv5", "-q", "2", "-r", "-t", topic, "-m", payload]);
        run_text("mosquitto_pub", &mut publish, "").succeeded();
    };
    retained(&server, "plant/7/state", r#"{"on":true}"#);
    retained(&server, "plant/8/state", r#"{"on":true}"#);
    retained(&server, "plant/7/state", r#"{"on":false}"#);
    let mut away = mosquitto_pub(server.mqtt_address(), &backend_credentials(&server, "writer"));
    away.args(["-q", "1", "-r", "-n", "-t", "plant/8/state"]);
    run_text("mosquitto_pub -n", &mut away, "").succeeded();
    server.kill();
    server.restart();
    let mut subscribe = mosquitto_sub(server.mqtt_address(), &backend_credentials(&server, "reader"));
    subscribe.args(["-V", "mqttv5", "-q", "2", "-W", "2", "-F", "%r %t %p", "-t", "plant/#"]);
    let finished = run_text("mosquitto_sub", &mut subscribe, "");
    assert_eq!(finished.stdout.trim(), r#"1 plant/7/state {"on":false}"#, "{finished:?}");
}
