//! Topics: which a device has, who may publish to them, and how many messages a second.

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    DEADLINE, Device, Fixture, LAMP_MODEL, MqttClient, Received, Server, ServerOptions, now_ms, wait_for,
};
use serde_json::{Value, json};

struct World {
    server: Server,
    fixture: Fixture,
}

impl World {
    fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    fn with(options: ServerOptions) -> Self {
        let server = Server::start(options);
        let fixture = Fixture::new(&server, LAMP_MODEL);
        Self { server, fixture }
    }

    fn client(&self, device: &Device) -> MqttClient {
        MqttClient::device(self.server.mqtt_address(), device)
    }

    /// A client that listens to a custom topic of its own.
    fn listener(&self, device: &Device, rest: &str) -> MqttClient {
        let mut client = self.client(device);
        assert_eq!(client.subscribe(&custom(device, rest), QoS::AtMostOnce), 0, "{rest}");
        client
    }
}

fn custom(device: &Device, rest: &str) -> String {
    format!("{}/{}/{rest}", device.product, device.name)
}

fn post(device: &Device, rest: &str, payload: &str) -> Value {
    let mut request = device.reference();
    request["Topic"] = custom(device, rest).into();
    request["Payload"] = payload.into();
    request
}

/// A call about a custom topic of the device's product.
fn policy(device: &Device, rest: &str, privilege: u64) -> Value {
    let name = format!("${{ProductId}}/${{DeviceName}}/{rest}");
    json!({"ProductId": device.product, "TopicName": name, "Privilege": privilege})
}

/// faq-02: only connections and messages, or the whole platform: does a product of custom data work without a thing
/// model?
#[test]
fn faq_02_messages_without_a_thing_model() {
    let world = World::new();
    let request = json!({"ProjectId": world.fixture.project, "ProductName": "hub", "ProductDesc": "", "CategoryId": 1,
                         "ProductType": 0, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 2});
    let made = world.fixture.cloud.call("CreateStudioProduct", &request);
    let product = made["Product"]["ProductId"].as_str().expect("a ProductId").to_owned();
    let hub = Fixture { product, ..world.fixture.clone() };
    let device = hub.device("box-1");
    let mut client = world.listener(&device, "data");
    let payload = "anything at all, not even JSON";
    client.publish(&custom(&device, "data"), payload.as_bytes());
    assert_eq!(client.next_message(), (custom(&device, "data"), payload.to_owned()), "its own, back");
    assert_eq!(client.subscribe(&custom(&device, "control"), QoS::AtLeastOnce), 1);
    hub.cloud.call("PublishMessage", &post(&device, "control", "go"));
    assert_eq!(client.next_message(), (custom(&device, "control"), "go".to_owned()));

    let other = hub.device("box-2");
    let mut others = world.listener(&other, "control");
    let topic = format!("{}/${{deviceName}}/control", hub.product);
    let all = json!({"ProductId": hub.product, "DeviceNames": ["box-1", "box-2"], "Topic": topic, "Payload": "all"});
    assert_eq!(hub.cloud.call("BatchPublishMessage", &all)["SuccessCount"], 2, "to many");
    assert_eq!(client.next_message(), (custom(&device, "control"), "all".to_owned()));
    assert_eq!(others.next_message(), (custom(&other, "control"), "all".to_owned()));

    let clock = format!("$sys/operation/result/{}/{}", device.product, device.name);
    assert_eq!(client.subscribe(&clock, QoS::AtMostOnce), 0);
    let before = now_ms();
    client.publish(&clock.replace("/result", ""), br#"{"type":"get","resource":["time"]}"#);
    let time = client.next_json();
    let after = now_ms();
    for instant in ["ntptime1", "ntptime2"] {
        assert!(time[instant].as_u64().is_some_and(|time| (before..=after).contains(&time)), "{instant} of {time}");
    }
    assert!(time["ntptime1"].as_u64() <= time["ntptime2"].as_u64(), "{time}");
}

/// faq-06: custom topics on a public instance: refused both ways, and the caller is told why.
#[test]
fn faq_06_no_custom_topics_on_a_public_instance() {
    let world = World::with(ServerOptions::default().set("LIANWU__INSTANCE__ENTERPRISE", "false"));
    let device = world.fixture.device("light-1");
    let mut client = world.client(&device);
    for rest in ["data", "control"] {
        assert_eq!(client.subscribe(&custom(&device, rest), QoS::AtMostOnce), 0x80, "{rest}");
    }
    client.publish_acknowledged(&custom(&device, "data"), b"x");
    client.expect_nothing();
    let refused = world.fixture.cloud.call_refused("PublishMessage", &post(&device, "control", "x"));
    assert_eq!(refused.code, "InvalidParameterValue");
    assert!(refused.message.contains("public instance"), "{refused:?}");
    let refused = world.fixture.cloud.call_refused("CreateTopicPolicy", &policy(&device, "alarm", 3));
    assert_eq!(refused.code, "InvalidParameterValue");
    assert!(refused.message.contains("public instance"), "{refused:?}");
    assert_eq!(client.subscribe(&device.thing("down/property"), QoS::AtMostOnce), 0, "system topics work");
}

/// faq-07: custom topics on an enterprise instance: publish, subscribe or both, as each topic says.
#[test]
fn faq_07_custom_topics_on_an_enterprise_instance() {
    let world = World::new();
    let device = world.fixture.device("light-1");
    let mut client = world.client(&device);
    for (rest, code) in [("data", 0), ("control", 0), ("event", 0x80), ("other", 0x80)] {
        assert_eq!(client.subscribe(&custom(&device, rest), QoS::AtMostOnce), code, "{rest}");
    }
    client.publish_acknowledged(&custom(&device, "event"), b"e");
    client.publish_acknowledged(&custom(&device, "control"), b"may not");
    client.publish(&custom(&device, "data"), b"both ways");
    assert_eq!(client.next_message(), (custom(&device, "data"), "both ways".to_owned()));
    client.expect_nothing();
    world.fixture.cloud.call("PublishMessage", &post(&device, "control", "on"));
    assert_eq!(client.next_message(), (custom(&device, "control"), "on".to_owned()));
    let refused = world.fixture.cloud.call_refused("PublishMessage", &post(&device, "event", "x"));
    assert_eq!(refused.code, "InvalidParameterValue", "devices only publish to it: {}", refused.message);

    // A topic of one's own, and what becomes of it, while the device is connected.
    for (rest, privilege) in [("up", 1), ("down", 2), ("both", 3)] {
        world.fixture.cloud.call("CreateTopicPolicy", &policy(&device, rest, privilege));
    }
    for (rest, code) in [("up", 0x80), ("down", 0), ("both", 0)] {
        assert_eq!(client.subscribe(&custom(&device, rest), QoS::AtMostOnce), code, "{rest}");
    }
    client.publish_acknowledged(&custom(&device, "up"), b"u");
    client.publish_acknowledged(&custom(&device, "down"), b"may not");
    client.publish(&custom(&device, "both"), b"back");
    assert_eq!(client.next_message(), (custom(&device, "both"), "back".to_owned()));
    let listens = || world.fixture.cloud.call("DescribeSubscribedTopicPolicy", &device.reference())["Topics"].clone();
    let names = |rests: &[&str]| -> Value {
        rests.iter().map(|rest| json!({"TopicName": custom(&device, rest)})).collect::<Vec<_>>().into()
    };
    assert_eq!(listens(), names(&["data", "control", "down", "both"]));
    let mut withdrawn = policy(&device, "both", 1);
    withdrawn["NewTopicName"] = withdrawn["TopicName"].clone();
    world.fixture.cloud.call("ModifyTopicPolicy", &withdrawn);
    let line = wait_for("the line", DEADLINE, || world.fixture.diagnostics(&device, "unsubscribe").into_iter().next());
    assert_eq!(line["Content"], format!("Device unsubscribe topic:{}", custom(&device, "both")));
    assert_eq!(line["Result"], "FAIL, topic without permission: the product's topics were changed");
    assert_eq!(listens(), names(&["data", "control", "down"]));
    client.publish_acknowledged(&custom(&device, "both"), b"nobody listens");
    client.expect_nothing();
}

/// faq-31: nobody subscribed: is the caller of a publish told, and the attempt logged?
#[test]
fn faq_31_publish_without_subscriber() {
    let world = World::new();
    let device = world.fixture.device("light-1");
    let publish = post(&device, "control", "x");
    let refused = world.fixture.cloud.call_refused("PublishMessage", &publish);
    assert_eq!(refused.code, "FailedOperation.DeviceOffline");
    let client = world.client(&device);
    let refused = world.fixture.cloud.call_refused("PublishMessage", &publish);
    assert_eq!(refused.code, "FailedOperation.DeviceNoSubscription", "{}", refused.message);
    assert!(refused.message.contains("no subscriber"), "{refused:?}");
    drop(client);
}

/// faq-64: custom topics by API: one call, many devices, each on its own topic, each failure named.
#[test]
fn faq_64_custom_topics_by_api() {
    let world = World::new();
    let devices: Vec<_> = (0..5).map(|n| world.fixture.device(&format!("light-{n}"))).collect();
    let mut clients: Vec<_> = devices[..3].iter().map(|device| world.listener(device, "control")).collect();
    let _deaf = world.client(&devices[3]);
    let names: Vec<_> = devices.iter().map(|device| device.name.clone()).chain(["absent".to_owned()]).collect();
    let request = json!({"ProductId": world.fixture.product, "DeviceNames": names, "Payload": "AAH/",
                         "PayloadEncoding": "base64", "Topic": format!("{}/${{deviceName}}/control", world.fixture.product)});
    let answer = world.fixture.cloud.call("BatchPublishMessage", &request);
    assert_eq!((&answer["Total"], &answer["SuccessCount"]), (&json!(6), &json!(3)), "{answer}");
    let failures: Vec<_> = answer["Failures"].as_array().expect("a list").iter().collect();
    for (name, status) in [("light-3", "FAILED"), ("light-4", "OFFLINE"), ("absent", "FAILED")] {
        let failed = failures.iter().find(|failed| failed["DeviceName"] == name);
        assert!(failed.is_some_and(|failed| failed["Status"] == status), "{name}: {answer}");
    }
    for (client, device) in clients.iter_mut().zip(&devices) {
        let topic = custom(device, "control");
        client.expect(&Received::Publish { topic, payload: vec![0, 1, 255], qos: 0, packet_id: None });
    }
    for number in 0..3 {
        world.fixture.cloud.call("PublishMessage", &post(&devices[0], "control", &number.to_string()));
        assert_eq!(clients[0].next_message().1, number.to_string(), "in a loop of one's own");
    }
}

/// faq-65: wildcards on custom topics: the first two levels are fixed, and `+` stands only where the product has it.
#[test]
fn faq_65_first_two_levels_are_fixed() {
    let world = World::new();
    let device = world.fixture.device("light-1");
    let mut client = world.client(&device);
    let product = &device.product;
    for filter in [
        format!("+/{}/data", device.name),
        format!("{product}/+/data"),
        format!("{product}/{}/#", device.name),
        format!("{product}/{}/+", device.name),
        format!("{product}/light-2/data"),
        "#".to_owned(),
    ] {
        assert_eq!(client.subscribe(&filter, QoS::AtMostOnce), 0x80, "{filter}");
    }
    assert_eq!(client.subscribe(&custom(&device, "data"), QoS::AtMostOnce), 0);

    let filter = custom(&device, "+/msg");
    assert_eq!(client.subscribe(&filter, QoS::AtMostOnce), 0x80, "not yet the product's");
    world.fixture.cloud.call("CreateTopicPolicy", &policy(&device, "+/msg", 2));
    assert_eq!(client.subscribe(&filter, QoS::AtMostOnce), 0);
    for room in ["kitchen", "hall"] {
        world.fixture.cloud.call("PublishMessage", &post(&device, &format!("{room}/msg"), room));
        assert_eq!(client.next_message(), (custom(&device, &format!("{room}/msg")), room.to_owned()));
    }
    let refused = world.fixture.cloud.call_refused("CreateTopicPolicy", &policy(&device, "+/up", 1));
    assert_eq!(refused.code, "InvalidParameterValue", "devices publish to topics without +: {}", refused.message);
    let mut anywhere = policy(&device, "x", 2);
    anywhere["TopicName"] = format!("{product}/+/msg").into();
    assert_eq!(world.fixture.cloud.call_refused("CreateTopicPolicy", &anywhere).code, "InvalidParameterValue");
}

/// faq-66: are messages over the rate to a device answered, not lost in silence, and none of those taken missing?
#[test]
fn faq_66_over_the_rate_is_answered() {
    let world = World::with(
        ServerOptions::default().set("LIANWU__LIMITS__DEVICE_DOWN_TPS", "20").set("LIANWU__SERVER__RATE_WINDOW", "1"),
    );
    let device = world.fixture.device("light-1");
    let other = world.fixture.device("light-2");
    let mut client = world.listener(&device, "control");
    let mut listener = world.listener(&other, "control");
    let mut taken = Vec::new();
    let refused = loop {
        let number = taken.len().to_string();
        match world.fixture.cloud.try_call("PublishMessage", &post(&device, "control", &number)) {
            Ok(_) => taken.push(number),
            Err(refused) => break refused,
        }
        assert!(taken.len() < 10_000, "the limit did nothing");
    };
    assert_eq!(refused.code, "RequestLimitExceeded");
    assert!(refused.message.contains("limits.device_down_tps"), "{refused:?}");
    assert!(taken.len() >= 20, "a second's worth is free, only {} were taken", taken.len());
    for number in taken {
        assert_eq!(client.next_message().1, number);
    }
    client.expect_nothing();
    world.fixture.cloud.call("PublishMessage", &post(&other, "control", "free"));
    assert_eq!(listener.next_message().1, "free", "each device has a rate of its own");
    // What was refused is one line with its number, and the diagnosis names it.
    let line =
        wait_for("the line", DEADLINE, || world.fixture.diagnostics(&device, "rate%20limited").into_iter().next());
    assert_eq!(line["Content"], "Messages over the rate limit,count:1");
    assert!(line["Result"].as_str().is_some_and(|text| text.contains("limits.device_down_tps")), "{line}");
    world.fixture.problem(&device, "faq-66");
}

/// faq-66: together over the rate of the instance, each below its own: do all wait a little, and is everything answered?
#[test]
fn faq_66_the_rate_of_the_instance() {
    let world = World::with(ServerOptions::default().set("LIANWU__LIMITS__INSTANCE_TPS", "30"));
    let devices: Vec<_> = (0..3).map(|n| world.fixture.device(&format!("light-{n}"))).collect();
    let mut clients: Vec<_> =
        devices.iter().map(|device| MqttClient::subscribed(world.server.mqtt_address(), device)).collect();
    for number in 1..=20 {
        for (client, device) in clients.iter_mut().zip(&devices) {
            let report =
                json!({"method": "report", "clientToken": number.to_string(), "params": {"brightness": number}});
            client.publish(&device.thing("up/property"), report.to_string().as_bytes());
        }
    }
    for (client, device) in clients.iter_mut().zip(&devices) {
        for number in 1..=20 {
            let reply = client.next_json();
            assert_eq!((&reply["code"], &reply["clientToken"]), (&json!(0), &json!(number.to_string())));
        }
        assert_eq!(world.fixture.history(device, "brightness").len(), 20);
    }
}

/// faq-67: do devices of two products keep out of each other's topics?
#[test]
fn faq_67_products_are_isolated() {
    let world = World::new();
    let device = world.fixture.device("light-1");
    let product = Fixture::make_product(&world.fixture.cloud, &world.fixture.project, "second");
    let second = Fixture { product, ..world.fixture.clone() };
    let namesake = second.device("light-1");
    let mut client = world.listener(&device, "data");
    let mut intruder = world.listener(&namesake, "data");
    assert_eq!(intruder.subscribe(&custom(&device, "data"), QoS::AtMostOnce), 0x80);
    assert_eq!(intruder.subscribe(&device.thing("down/property"), QoS::AtMostOnce), 0x80);
    intruder.publish_acknowledged(&custom(&device, "data"), b"x");
    let report = br#"{"method":"report","clientToken":"1","params":{"brightness":1}}"#;
    intruder.publish_acknowledged(&device.thing("up/property"), report);
    client.expect_nothing();
    assert_eq!(world.fixture.latest(&device), json!({}), "nothing of the intruder's was stored");
    let mut request = post(&namesake, "data", "x");
    request["Topic"] = custom(&device, "data").into();
    assert_eq!(world.fixture.cloud.call_refused("PublishMessage", &request).code, "InvalidParameterValue");
}
