//! What the content log and the diagnostic log show of what devices do.

use lianwu_faq::{World, report};
use lianwu_mqtt::QoS;
use lianwu_testkit::{
    DEADLINE, Fixture, LAMP_MODEL, Method, MqttClient, Received, ServerOptions, TBOX_MODEL, now_ms, wait_for,
};
use serde_json::{Value, json};

/// The columns a person reads in the content log.
fn columns(row: &Value) -> (String, String, String) {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    (text("Direction"), text("Topic"), text("Content"))
}

/// faq-08: are a device's messages seen in both directions, and found by direction, kind, time and keyword?
#[test]
fn faq_08_content_log_with_filters() {
    let world = World::new(LAMP_MODEL);
    let mut client = world.client();
    let (up, down) = (world.device.thing("up/property"), world.device.thing("down/property"));
    let before = now_ms();
    let first = report("t1", r#"{"brightness":1}"#);
    let second = report("t2", r#"{"brightness":2}"#);
    client.ask(&up, &first);
    client.ask(&up, &second);
    let mut control = world.device.reference();
    control["Data"] = r#"{"power_switch":1}"#.into();
    let call = world.fixture.cloud.call("ControlDeviceData", &control)["RequestId"].clone();

    let log = |filters: Value| world.fixture.device_log(&world.device, &filters);
    let all: Vec<_> = log(json!({"Kinds": ["content"]})).iter().map(columns).collect();
    let reply = |token: &str| {
        let text = format!(r#"{{"method":"report_reply","clientToken":"{token}","code":0,"status":"success"}}"#);
        ("down".to_owned(), down.clone(), text)
    };
    let sent = |text: &str| ("up".to_owned(), up.clone(), text.to_owned());
    assert_eq!(all[1..], [reply("t2"), sent(&second), reply("t1"), sent(&first)], "newest first");
    assert!(all[0].2.contains(r#""method":"control""#), "{:?}", all[0]);

    assert_eq!(log(json!({"Kinds": ["content"], "Direction": "up"})).len(), 2);
    assert_eq!(log(json!({"Kinds": ["content"], "Keyword": "t1"})).len(), 2);
    assert_eq!(log(json!({"Kinds": ["content"], "RequestId": call})).len(), 1);
    assert_eq!(log(json!({"Kinds": ["content"], "MaxTime": before - 1})).len(), 0);
    assert_eq!(log(json!({"Kinds": ["thing_model"], "Direction": "up"})).len(), 2);
    assert_eq!(log(json!({"Kinds": ["status"]})).len(), 1, "it is online");
    let rows =
        world.fixture.list_log("ListLogPayload", &format!("productid:{} devicename:dev001 t2", world.device.product));
    assert_eq!(rows.len(), 2, "the vendor's operation finds the same: {rows:?}");
}

/// faq-09: does the diagnostic log trace a message with time, category, request id, content and result?
#[test]
fn faq_09_diagnostic_log() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    let topic = world.device.thing("up/property");
    client.ask(&topic, &report("token-7", r#"{"win_switch":3}"#));
    let line = world.diagnostic("Check%20report%20data");
    assert_eq!(line["Scene"], "MESSAGE");
    assert_eq!(line["RequestId"], "token-7");
    assert_eq!(line["Content"], format!("Check report data,topic:{topic},code:406"));
    assert_eq!(line["Result"], "FAIL, check report data err: win_switch value 3 out of range:[0,1]");
    let time = line["Time"].as_str().unwrap_or_default();
    assert_eq!((time.len(), &time[4..5], &time[10..11], &time[19..20]), (23, "-", " ", "."), "{time}");
    let line = world.diagnostic("content:Device%20publish");
    assert_eq!(line["Content"], format!("Device publish message to topic:{topic},QoS:0,ID:0"));
    assert_eq!(line["Result"], "SUCC");
    let connect = world.diagnostic("scene:STATUS");
    assert_eq!(connect["Content"], "Device connect,version:4,keepalive:60,cleansession:1,clientip:127.0.0.1");
    assert_eq!(connect["Result"], "SUCC");
}

/// faq-23: does the content log show the broken message and the bare answer?
#[test]
fn faq_23_content_log_shows_both_lines() {
    let world = World::new(TBOX_MODEL);
    let mut client = world.client();
    assert_eq!(client.ask(&world.device.thing("up/property"), "{"), "json format illegal");
    let rows = world.fixture.device_log(&world.device, &json!({"Kinds": ["content"]}));
    let texts: Vec<_> = rows.iter().map(columns).map(|(direction, _, text)| (direction, text)).collect();
    let expected = [("down".to_owned(), "json format illegal".to_owned()), ("up".to_owned(), "{".to_owned())];
    assert_eq!(texts, expected);
}

/// faq-31: is a control nobody listened to in the diagnostic log as `no subscriber`?
#[test]
fn faq_31_no_subscriber_in_the_log() {
    let world = World::new(LAMP_MODEL);
    let _client = MqttClient::device(world.server.mqtt_address(), &world.device);
    let mut control = world.device.reference();
    control["Data"] = r#"{"power_switch":1}"#.into();
    let call = world.fixture.cloud.call("ControlDeviceData", &control)["RequestId"].clone();
    let line = world.diagnostic("no%20subscriber");
    assert_eq!(line["Result"], "FAIL, no subscriber");
    assert_eq!(line["RequestId"], call);
    let topic = world.device.thing("down/property");
    assert_eq!(line["Content"], format!("Publish message to device topic:{topic},QoS:0,ID:0"));
}

/// faq-44: does the log show both addresses when a second holder of the identity signs in?
#[test]
fn faq_44_take_over_shows_both_addresses() {
    let world = World::new(TBOX_MODEL);
    let mut first = world.client();
    let _second = world.client();
    first.expect_close();
    let line = world.diagnostic("kicked");
    let content = line["Content"].as_str().unwrap_or_default();
    let expected = "Device kicked by same device id,clientip:127.0.0.1,new clientip:127.0.0.1:";
    assert!(content.starts_with(expected), "{content}");
}

/// faq-47: is the server's own watch over the keep-alive in the log, with the last sign of life?
#[test]
fn faq_47_keep_alive_timeout() {
    let world = World::new(TBOX_MODEL);
    let mut bytes = MqttClient::connect_bytes(&world.device.credentials(Method::HmacSha256));
    // Behind the protocol's name come level and flags, then the keep-alive.
    let keep_alive = bytes.windows(4).position(|part| part == b"MQTT").expect("the protocol's name") + 6;
    bytes[keep_alive..keep_alive + 2].copy_from_slice(&[0, 1]);
    let mut client = world.server.mqtt();
    client.send_raw(&bytes);
    client.expect(&Received::ConnAck(0));
    client.expect_close();
    let line = world.diagnostic("keepalive%20timeout");
    let content = line["Content"].as_str().unwrap_or_default();
    let time = content.strip_prefix("Device keepalive timeout,last active time:").expect("the vendor's words");
    assert_eq!((time.len(), &time[4..5], &time[13..14]), (19, "-", ":"), "{time}");
    assert_eq!((&line["Scene"], &line["Result"]), (&json!("STATUS"), &json!("SUCC")));
}

/// faq-47: is a keep-alive that is shorter than the network's pauses named with its number?
#[test]
fn faq_47_a_short_keep_alive() {
    let world = World::new(TBOX_MODEL);
    let credentials = world.device.credentials(Method::HmacSha256);
    let mut client = world.server.mqtt();
    client.send_connect_as(&lianwu_mqtt::Connect {
        version: lianwu_mqtt::ProtocolVersion::V3_1_1,
        clean_session: true,
        keep_alive_seconds: 1,
        properties: lianwu_mqtt::Properties::NONE,
        client_id: &credentials.client_id,
        user_name: Some(&credentials.user_name),
        password: Some(credentials.password.as_bytes()),
        will: None,
    });
    client.expect(&Received::ConnAck(0));
    client.expect_close();
    let problem = world.problem("faq-47-short");
    assert_eq!(problem["Evidence"][0]["Text"], "keepalive 1 s, closed after 1 s without a packet");
}

/// faq-57: is a device online as soon as it has signed in, and is that in the online/offline log?
#[test]
fn faq_57_online_and_offline() {
    let world = World::new(TBOX_MODEL);
    let mut client = MqttClient::device(world.server.mqtt_address(), &world.device);
    let status = || world.fixture.cloud.call("DescribeDevice", &world.device.reference())["Device"]["Status"].clone();
    assert_eq!(status(), 1, "at once");
    let log = || world.fixture.device_log(&world.device, &json!({"Kinds": ["status"]}));
    assert_eq!(wait_for("the line", DEADLINE, || log().first().cloned())["Scene"], "ONLINE");
    client.send_raw(&[0xe0, 0x00]);
    client.expect_close();
    let line = wait_for("two lines", DEADLINE, || (log().len() == 2).then(|| log()[0].clone()));
    assert_eq!(line["Scene"], "OFFLINE");
    assert_eq!(status(), 0);
}

/// faq-58: is a publish outside the device's own topics refused with exactly these words?
#[test]
fn faq_58_topic_without_permission() {
    let world = World::new(TBOX_MODEL);
    let other = world.fixture.device("other");
    let mut client = world.client();
    let topic = other.thing("up/property");
    let id = client.publish_qos1(&topic, b"{}");
    client.expect(&Received::PubAck(id));
    let line = world.diagnostic("FAIL");
    assert_eq!(line["Content"], format!("Device publish message to topic:{topic},QoS:1,ID:{id}"));
    assert_eq!(line["Result"], "FAIL, topic without permission");
    assert_eq!(client.subscribe(&other.thing("down/property"), QoS::AtMostOnce), 0x80);
    let line = world.diagnostic("subscribe FAIL");
    assert_eq!(line["Result"], "FAIL, topic without permission");
}

/// faq-66: are messages over a device's rate counted, in one line however many they are, and named by the diagnosis?
#[test]
fn faq_66_over_the_rate_is_counted_in_the_log() {
    let world = World::with(ServerOptions::default().set("LIANWU__LIMITS__DEVICE_UP_TPS", "5"), TBOX_MODEL);
    let mut client = world.client();
    // Five at once are free, the others wait for up to a second.
    for number in 0..9 {
        client.publish(&world.device.thing("up/property"), report(&number.to_string(), r#"{"lac":1}"#).as_bytes());
    }
    for _ in 0..9 {
        assert_eq!(client.next_json()["code"], 0, "none of them is lost");
    }
    let line = world.diagnostic("rate%20limited");
    let count = line["Content"].as_str().and_then(|text| text.strip_prefix("Messages over the rate limit,count:"));
    let count: u32 = count.and_then(|count| count.parse().ok()).expect("a count");
    assert!((1..=4).contains(&count), "{line}");
    assert_eq!(world.fixture.diagnostics(&world.device, "rate%20limited").len(), 1);
    world.fixture.problem(&world.device, "faq-66");
}

/// faq-67: do devices of two products, even of one name, keep apart?
#[test]
fn faq_67_two_products_are_isolated() {
    let world = World::new(TBOX_MODEL);
    let product = Fixture::make_product(&world.fixture.cloud, &world.fixture.project, "second");
    world.fixture.cloud.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": TBOX_MODEL}));
    let second = Fixture { product, ..world.fixture.clone() };
    let twin = second.device("dev001");
    let mut client = world.client();
    let mut twins_client = MqttClient::subscribed(world.server.mqtt_address(), &twin);
    client.ask(&world.device.thing("up/property"), &report("1", r#"{"lac":1}"#));
    twins_client.ask(&twin.thing("up/property"), &report("2", r#"{"lac":2}"#));
    assert_eq!(world.fixture.latest(&world.device)["lac"]["Value"], 1);
    assert_eq!(second.latest(&twin)["lac"]["Value"], 2);
    client.publish_acknowledged(&twin.thing("up/property"), report("3", r#"{"lac":3}"#).as_bytes());
    assert_eq!(second.latest(&twin)["lac"]["Value"], 2, "refused");
    assert_eq!(client.subscribe(&twin.thing("down/property"), QoS::AtMostOnce), 0x80);
    let rows = second.device_log(&twin, &json!({"Kinds": ["content"]}));
    assert_eq!(rows.len(), 2, "its own report and the reply: {rows:?}");
    client.expect_nothing();
    twins_client.expect_nothing();
}
