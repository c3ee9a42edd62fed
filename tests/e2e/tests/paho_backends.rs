//! Backends on paho-mqtt over MQTT 5: what only that version has, and the codes as the library reads them aloud.

use lianwu_testkit::{
    Credentials, DEADLINE, Fixture, LAMP_MODEL, MqttClient, Running, Server, ServerOptions, backend_credentials,
    python, wait_for,
};
use serde_json::{Value, json};

struct Paho(Running);

impl Paho {
    fn open(server: &Server, credentials: &Credentials, will: &Value) -> Self {
        let address = server.mqtt_address();
        let mut command = python("paho_backend.py");
        command.args([address.ip().to_string(), address.port().to_string()]);
        command.args([&credentials.client_id, &credentials.user_name, &credentials.password]);
        command.arg(will.to_string());
        Self(Running::start(&format!("paho-mqtt as {}", credentials.client_id), &mut command))
    }

    #[track_caller]
    fn sign_in(server: &Server, client_id: &str, will: &Value) -> Self {
        let mut paho = Self::open(server, &backend_credentials(server, client_id), will);
        let said = paho.0.next_json();
        assert_eq!(
            (&said["event"], &said["code"], &said["words"]),
            (&json!("connected"), &json!(0), &json!("Success"))
        );
        paho
    }

    #[track_caller]
    fn does(&mut self, command: &Value) {
        self.0.tell(&command.to_string());
    }

    #[track_caller]
    fn listens(&mut self, topic: &str, qos: u8) {
        self.does(&json!({"do": "subscribe", "topic": topic, "qos": qos}));
        let reasons = json!([{"code": qos, "words": format!("Granted QoS {qos}")}]);
        self.says(&json!({"event": "subscribed", "reasons": reasons}));
    }

    #[track_caller]
    fn says(&mut self, expected: &Value) {
        assert_eq!(self.0.next_json(), *expected);
    }

    #[track_caller]
    fn publishes(&mut self, command: &Value) {
        let mut command = command.clone();
        command["do"] = "publish".into();
        self.does(&command);
        self.says(&json!({"event": "published"}));
    }
}

/// User properties, content type, response topic, correlation data, expiry, the name of the subscription: does each arrive?
#[test]
fn properties_and_expiry() {
    let server = Server::start(ServerOptions::default());
    let mut reader = Paho::sign_in(&server, "reader", &Value::Null);
    reader.does(&json!({"do": "subscribe", "topic": "plant/+", "qos": 1, "properties": {"SubscriptionIdentifier": 7}}));
    reader.says(&json!({"event": "subscribed", "reasons": [{"code": 1, "words": "Granted QoS 1"}]}));
    let mut writer = Paho::sign_in(&server, "writer", &Value::Null);
    let given = json!({
        "PayloadFormatIndicator": 1, "MessageExpiryInterval": 600, "ContentType": "text/plain",
        "ResponseTopic": "plant/answers", "CorrelationData": "00ff10", "UserProperty": [["line", "3"], ["line", "4"]],
    });
    for qos in [0, 1, 2] {
        let payload = format!("QoS {qos}");
        writer.publishes(&json!({"topic": "plant/7", "payload": payload, "qos": qos, "properties": given}));
        let mut said = reader.0.next_json();
        assert_eq!(said["properties"]["SubscriptionIdentifier"], json!([7]), "{said}");
        said["properties"].as_object_mut().expect("an object").remove("SubscriptionIdentifier");
        assert_eq!((&said["payload"], &said["qos"]), (&json!(payload), &json!(qos.min(1))));
        assert_eq!(said["properties"], given);
    }
}

/// Is a kept message shown with what is left of its time, and no longer than that?
#[test]
fn kept_messages_expire() {
    let server = Server::start(ServerOptions::default());
    let mut writer = Paho::sign_in(&server, "writer", &Value::Null);
    let keep = |topic: &str, seconds: u32| json!({"topic": topic, "payload": "x", "qos": 1, "retain": true, "properties": {"MessageExpiryInterval": seconds}});
    writer.publishes(&keep("short/1", 1));
    writer.publishes(&keep("short/2", 600));
    let mut late = MqttClient::open(server.mqtt_address());
    late.send_connect(&backend_credentials(&server, "late"));
    late.expect(&lianwu_testkit::Received::ConnAck(0));
    wait_for("the first to expire", DEADLINE, || {
        assert_eq!(late.subscribe("short/#", lianwu_mqtt::QoS::AtMostOnce), 0);
        let first = late.next_message().0;
        if first == "short/2" {
            return Some(());
        }
        assert_eq!((first.as_str(), late.next_message().0.as_str()), ("short/1", "short/2"));
        None
    });
    let mut later = Paho::sign_in(&server, "later", &Value::Null);
    later.listens("short/#", 1);
    let said = later.0.next_json();
    assert_eq!((&said["topic"], &said["retain"]), (&json!("short/2"), &json!(true)));
    let left = said["properties"]["MessageExpiryInterval"].as_u64().expect("what is left");
    assert!((500..=600).contains(&left), "{left}");
}

/// Do messages under an alias arrive under their topic, and is an alias that was never given an end with its reason?
#[test]
fn topic_aliases() {
    let server = Server::start(ServerOptions::default());
    let mut reader = Paho::sign_in(&server, "reader", &Value::Null);
    reader.listens("plant/#", 0);
    let credentials = backend_credentials(&server, "writer");
    let mut writer = Paho::open(&server, &credentials, &Value::Null);
    let said = writer.0.next_json();
    assert_eq!(said["properties"]["TopicAliasMaximum"], 16, "{said}");
    for (topic, alias, heard) in [
        ("plant/1", 1, "plant/1"),
        ("", 1, "plant/1"),
        ("plant/2", 1, "plant/2"),
        ("", 1, "plant/2"),
        ("plant/16", 16, "plant/16"),
        ("", 16, "plant/16"),
        ("", 1, "plant/2"),
    ] {
        writer.publishes(&json!({"topic": topic, "payload": "x", "qos": 1, "properties": {"TopicAlias": alias}}));
        let said = reader.0.next_json();
        assert_eq!((&said["topic"], &said["properties"]), (&json!(heard), &json!({})), "an alias is between two only");
    }
    writer.does(
        &json!({"do": "publish", "topic": "plant/17", "payload": "x", "qos": 0, "properties": {"TopicAlias": 17}}),
    );
    let mut said = writer.0.next_json();
    if said["event"] == "published" {
        said = writer.0.next_json();
    }
    assert_eq!((&said["event"], &said["code"]), (&json!("disconnected"), &json!(0x94)), "{said}");
    assert_eq!(said["words"], "Topic alias invalid");
}

/// Does a will arrive with its properties when its sender breaks off, and not after a goodbye?
#[test]
fn a_will_with_properties() {
    let server = Server::start(ServerOptions::default());
    let mut reader = Paho::sign_in(&server, "reader", &Value::Null);
    reader.listens("wills/+", 2);
    let given =
        json!({"ContentType": "text/plain", "UserProperty": [["cause", "power"]], "ResponseTopic": "wills/answers"});
    let will = |topic: &str| json!({"topic": topic, "payload": "gone", "qos": 2, "retain": true, "properties": given});
    Paho::sign_in(&server, "polite", &will("wills/polite")).0.finish().succeeded();
    let mut broken = Paho::sign_in(&server, "broken", &will("wills/broken"));
    broken.does(&json!({"do": "break off"}));
    let heard = json!({"event": "message", "topic": "wills/broken", "qos": 2, "retain": false, "payload": "gone", "properties": given});
    reader.says(&heard);
    let mut late = Paho::sign_in(&server, "late", &Value::Null);
    late.listens("wills/#", 2);
    let mut kept = heard;
    kept["retain"] = true.into();
    late.says(&kept);
}

/// Is every refusal and every end a code that the library can name, with words where the protocol has room for them?
#[test]
fn reason_codes_read_aloud() {
    let server = Server::start(ServerOptions::default());
    let wrong = Credentials { password: "0".repeat(64), ..backend_credentials(&server, "orders") };
    let said = Paho::open(&server, &wrong, &Value::Null).0.next_json();
    assert_eq!((&said["code"], &said["words"]), (&json!(0x86), &json!("Bad user name or password")), "{said}");
    assert!(said["properties"]["ReasonString"].is_string(), "{said}");

    let fixture = Fixture::new(&server, LAMP_MODEL);
    let made = fixture.cloud.call_own("CreateSubAccount", &json!({"Name": "nobody"}));
    let key = fixture.cloud.call_own("CreateSecretKey", &json!({"Uin": made["SubAccount"]["Uin"]}));
    let text = |name: &str| key[name].as_str().expect("a text").to_owned();
    let nobody = Credentials::backend(&text("SecretId"), &text("SecretKey"), "nobody");
    let mut nobody = Paho::open(&server, &nobody, &Value::Null);
    assert_eq!(nobody.0.next_json()["code"], 0);
    nobody.does(&json!({"do": "subscribe", "topic": "plant/+", "qos": 1}));
    nobody.says(&json!({"event": "subscribed", "reasons": [{"code": 0x87, "words": "Not authorized"}]}));

    let mut first = Paho::sign_in(&server, "orders", &Value::Null);
    first.listens("plant/+", 1);
    first.does(&json!({"do": "unsubscribe", "topic": "plant/+"}));
    first.says(&json!({"event": "unsubscribed", "reasons": [{"code": 0, "words": "Success"}]}));
    first.does(&json!({"do": "unsubscribe", "topic": "plant/+"}));
    first.says(&json!({"event": "unsubscribed", "reasons": [{"code": 17, "words": "No subscription found"}]}));
    let _second = Paho::sign_in(&server, "orders", &Value::Null);
    let said = first.0.next_json();
    assert_eq!((&said["code"], &said["words"]), (&json!(0x8E), &json!("Session taken over")), "{said}");
    assert_eq!(said["why"], "the same client id signed in again");
}
