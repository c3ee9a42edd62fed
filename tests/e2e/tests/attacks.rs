//! Attacks over the wire, a test for each class: what the attacker is told, what it costs the platform, and that others are
//! served meanwhile.

use lianwu_mqtt::property::{Property, PropertyBuffer};
use lianwu_mqtt::{ConnAck, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, ReasonCode, Will, encode};
use lianwu_testkit::{
    CloudClient, Credentials, DEADLINE, Device, Fixture, LAMP_MODEL, Method, MqttClient, Received, Server,
    ServerOptions, fail, now_ms, wait_for,
};
use serde_json::{Value, json};

/// What an attack may add to the memory of the process, debug build.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

struct Scene {
    server: Server,
    fixture: Fixture,
}

/// A sub-account with a key.
struct User {
    uin: String,
    secret_id: String,
    secret_key: String,
}

impl Scene {
    /// One worker: what one client has been told, the others have been sent.
    fn new() -> Self {
        let server = Server::start(ServerOptions::default().set("LIANWU__SERVER__WORKERS", "1"));
        let fixture = Fixture::new(&server, LAMP_MODEL);
        Self { server, fixture }
    }

    fn cloud(&self) -> &CloudClient {
        &self.fixture.cloud
    }

    /// A sub-account with one policy of its own name.
    fn user(&self, name: &str, statements: &Value) -> User {
        self.save(name, statements);
        let made = self.cloud().call_own("CreateSubAccount", &json!({"Name": name, "Policies": [name]}));
        let uin = made["SubAccount"]["Uin"].as_str().expect("a Uin").to_owned();
        let key = self.cloud().call_own("CreateSecretKey", &json!({"Uin": uin}));
        let text = |name: &str| key[name].as_str().expect("a text").to_owned();
        User { uin, secret_id: text("SecretId"), secret_key: text("SecretKey") }
    }

    fn save(&self, name: &str, statements: &Value) {
        let document = json!({"version": "2.0", "statement": statements}).to_string();
        self.cloud().call_own("SavePolicy", &json!({"Name": name, "Document": document}));
    }

    /// Credentials of a program of the main account.
    fn owner(&self, client_id: &str) -> Credentials {
        Credentials::backend(&self.server.first_run("secret_id"), &self.server.first_run("secret_key"), client_id)
    }

    /// A program over MQTT 5.
    fn program(&self, credentials: &Credentials) -> MqttClient {
        MqttClient::version_5(self.server.mqtt_address(), credentials, Properties::NONE, None)
    }

    fn listener(&self, client_id: &str, filter: &str) -> MqttClient {
        let mut client = self.program(&self.owner(client_id));
        assert_eq!(client.subscribe(filter, QoS::AtMostOnce), 0, "{filter}");
        client
    }

    /// A program of the main account still publishes, and another one still hears it.
    fn others_are_served(&self, listener: &mut MqttClient, topic: &str) {
        let mut writer = self.program(&self.owner("bystander"));
        assert_eq!(acknowledged(&mut writer, topic, b"served", false), ReasonCode::Success);
        assert_eq!(listener.next_message(), (topic.to_owned(), "served".to_owned()));
    }
}

impl User {
    fn credentials(&self, client_id: &str) -> Credentials {
        Credentials::backend(&self.secret_id, &self.secret_key, client_id)
    }
}

fn message<'a>(topic: &'a str, payload: &'a [u8], qos: QoS, id: u16, properties: Properties<'a>) -> Publish<'a> {
    Publish { duplicate: false, qos, retain: false, topic, packet_id: PacketId::new(id), properties, payload }
}

/// Publishes with QoS 1; the code of the PUBACK.
#[track_caller]
fn acknowledged(client: &mut MqttClient, topic: &str, payload: &[u8], retain: bool) -> ReasonCode {
    let publish = Publish { retain, ..message(topic, payload, QoS::AtLeastOnce, 1, Properties::NONE) };
    client.send(&Packet::Publish(publish));
    client.look(|packet| match packet {
        Packet::PubAck(answer) => answer.reason,
        other => fail(format!("expected a PUBACK, got {other:?}")),
    })
}

/// The code and the words of the DISCONNECT that ends a connection, whatever comes before it.
#[track_caller]
fn told_at_the_end(client: &mut MqttClient) -> (ReasonCode, String) {
    loop {
        let told = client.look(|packet| match packet {
            Packet::Disconnect(told) => {
                Some((told.reason, told.properties.reason_string().unwrap_or_default().to_owned()))
            }
            _ => None,
        });
        if let Some(told) = told {
            client.expect_close();
            return told;
        }
    }
}

fn user_properties(count: usize, bytes: usize) -> PropertyBuffer {
    let mut buffer = PropertyBuffer::new();
    let value = "v".repeat(bytes);
    for _ in 0..count {
        buffer.push(&Property::User("k", &value)).expect("a short property");
    }
    buffer
}

/// All 65,535 ids of QoS 2 opened and none released: is the sender closed on the way, its memory given back, nobody else
/// harmed?
#[test]
fn qos_2_id_floods() {
    let scene = Scene::new();
    let mut listener = scene.listener("listener", "plant/+");
    let flood = |version: ProtocolVersion| {
        let mut bytes = Vec::new();
        for id in 1..=u16::MAX {
            let packet = message("flood", b"0123456789", QoS::ExactlyOnce, id, Properties::NONE);
            encode::publish(&mut bytes, version, &packet).expect("a packet");
        }
        bytes
    };
    let (older, newer) = (flood(ProtocolVersion::V3_1_1), flood(ProtocolVersion::V5));
    let before = scene.server.resident_bytes();
    for round in 0..5 {
        let credentials = scene.owner(&format!("flooder-{round}"));
        let mut attacker = scene.program(&credentials);
        // The socket may be closed before all of it is written.
        let _ = attacker.try_send_raw(&newer);
        let mut opened = 0;
        let reason = loop {
            match attacker.look(|packet| match packet {
                Packet::PubRec(_) => None,
                Packet::Disconnect(told) => Some(told.reason),
                other => fail(format!("unexpected {other:?}")),
            }) {
                None => opened += 1,
                Some(reason) => break reason,
            }
        };
        assert_eq!(reason, ReasonCode::ReceiveMaximumExceeded);
        assert!(opened <= 1_024, "{opened} ids were opened");

        let mut attacker = scene.server.mqtt();
        attacker.send_connect(&credentials);
        attacker.expect(&Received::ConnAck(0));
        let _ = attacker.try_send_raw(&older);
        let mut opened = 0;
        while let Some(packet) = attacker.next_or_end(DEADLINE).expect("an end in time") {
            assert_eq!(packet, Received::Other(lianwu_mqtt::PacketType::PubRec));
            opened += 1;
        }
        assert!(opened <= 1_024, "{opened} ids were opened");
        scene.others_are_served(&mut listener, &format!("plant/{round}"));
    }
    let device = scene.fixture.device("flooder");
    let mut lamp = MqttClient::device(scene.server.mqtt_address(), &device);
    let _ = lamp.try_send_raw(&older);
    lamp.expect_close();
    let growth = scene.server.resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
}

/// Thousands of user properties in one packet, and packets that are little else: refused by count and by size, with the
/// reason, wherever they stand.
#[test]
fn property_floods() {
    let scene = Scene::new();
    let mut listener = scene.listener("listener", "plant/+");
    let before = scene.server.resident_bytes();
    let (most, long) = (user_properties(32, 64), user_properties(20, 1_000));
    let (many, vast) = (user_properties(5_000, 4), user_properties(60, 1_000));
    let mut polite = scene.program(&scene.owner("polite"));
    polite.send(&Packet::Publish(message("plant/1", b"x", QoS::AtLeastOnce, 9, most.as_properties())));
    polite.expect(&Received::PubAck(9));
    let seen = listener.look(|packet| match packet {
        Packet::Publish(publish) => publish.properties.into_iter().count(),
        other => fail(format!("expected a message, got {other:?}")),
    });
    assert_eq!(seen, 32, "what is allowed arrives");

    for (properties, expected) in
        [(&many, ReasonCode::QuotaExceeded), (&long, ReasonCode::PacketTooLarge), (&vast, ReasonCode::PacketTooLarge)]
    {
        let properties = properties.as_properties();
        let mut attacker = scene.program(&scene.owner("attacker"));
        attacker.send(&Packet::Publish(message("plant/2", b"x", QoS::AtLeastOnce, 9, properties)));
        let (reason, words) = told_at_the_end(&mut attacker);
        assert!(reason == expected || reason == ReasonCode::QuotaExceeded, "{reason:?}: {words}");
        assert!(words.contains("user properties"), "{words}");
    }
    let small = user_properties(800, 2);
    let will = Will { qos: QoS::AtMostOnce, retain: true, properties: small.as_properties(), topic: "w", payload: b"" };
    for round in 0..200 {
        // 60 KiB of a stranger's properties are more than he is given room for; 800 small ones are far too many.
        for (properties, will, expected) in [
            (vast.as_properties(), None, ReasonCode::PacketTooLarge),
            (small.as_properties(), None, ReasonCode::QuotaExceeded),
            (Properties::NONE, Some(will), ReasonCode::QuotaExceeded),
        ] {
            let mut stranger = scene.server.mqtt();
            stranger.send_connect_as(&connect(&scene.owner("stranger"), properties, will));
            let refusal = stranger.look(|packet| match packet {
                Packet::ConnAck(ConnAck::Refused { refusal, .. }) => refusal.reason(),
                other => fail(format!("round {round}: expected a refusal, got {other:?}")),
            });
            assert_eq!(refusal, expected);
        }
    }
    scene.others_are_served(&mut listener, "plant/3");
    let growth = scene.server.resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
}

fn connect<'a>(
    credentials: &'a Credentials,
    properties: Properties<'a>,
    will: Option<Will<'a>>,
) -> lianwu_mqtt::Connect<'a> {
    lianwu_mqtt::Connect {
        version: ProtocolVersion::V5,
        clean_session: true,
        keep_alive_seconds: 60,
        properties,
        client_id: &credentials.client_id,
        user_name: Some(&credentials.user_name),
        password: Some(credentials.password.as_bytes()),
        will,
    }
}

/// Whoever knows a client id, and whoever has a key for another one: does either push its owner out?
#[test]
fn take_over_theft() {
    let scene = Scene::new();
    let address = scene.server.mqtt_address();
    let (mine, neighbour) = (scene.fixture.device("light-1"), scene.fixture.device("light-2"));
    let other = Fixture::make_product(scene.cloud(), &scene.fixture.project, "other");
    let made = scene.cloud().call("CreateDevice", &json!({"ProductId": other, "DeviceName": "light-1"}));
    let secret = made["Data"]["DevicePsk"].as_str().expect("a secret").to_owned();
    let namesake = Device { product: other, name: "light-1".to_owned(), secret };
    let mut victim = MqttClient::subscribed(address, &mine);
    let mut program = scene.program(&scene.owner("orders"));
    let thief = scene.user("thief", &json!([{"effect": "allow", "action": "lianwu:*", "resource": "*"}]));

    let genuine = mine.credentials(Method::HmacSha256);
    for other in [&neighbour, &namesake] {
        let own = other.credentials(Method::HmacSha256);
        let signed_by_other = Credentials::compute(&mine.client_id(), &other.secret, Method::HmacSha256, far());
        for stolen in [
            // Somebody else's key under the victim's name; somebody else's user name; somebody else's password.
            signed_by_other,
            Credentials { client_id: genuine.client_id.clone(), ..own.clone() },
            Credentials { password: own.password.clone(), ..genuine.clone() },
            Credentials { user_name: own.user_name.clone(), ..genuine.clone() },
        ] {
            assert_ne!(signs_in(&scene, &stolen), 0, "{stolen:?}");
        }
    }
    // A password for one client id does not open another; a key of one account is not another's.
    let orders = scene.owner("orders");
    for stolen in [
        Credentials { client_id: "orders".to_owned(), ..thief.credentials("thief") },
        Credentials { password: thief.credentials("orders").password, ..orders.clone() },
        Credentials { client_id: "orders".to_owned(), ..genuine.clone() },
        // A good key of the same account, but another sub-account's.
        thief.credentials("orders"),
    ] {
        assert_ne!(signs_in(&scene, &stolen), 0, "{stolen:?}");
    }
    // A program may call itself what it likes, a device's name too: it is no device by that.
    let mut impostor = scene.program(&thief.credentials(&mine.client_id()));
    assert_eq!(impostor.subscribe(&mine.thing("down/property"), QoS::AtLeastOnce), 1);
    let mut namesake = MqttClient::device(address, &namesake);

    let mut control = mine.reference();
    control["Data"] = r#"{"brightness":1}"#.into();
    assert_eq!(scene.cloud().call("ControlDeviceData", &control)["Result"], r#"{"Sent":1,"pushResult":0}"#);
    assert_eq!(victim.next_json()["method"], "control", "the device is where it was");
    impostor.expect_nothing();
    namesake.expect_nothing();
    program.expect_nothing();
}

/// UNIX seconds of an expiry to come.
fn far() -> u64 {
    now_ms() / 1000 + 3_600
}

/// The code of the CONNACK.
#[track_caller]
fn signs_in(scene: &Scene, credentials: &Credentials) -> u8 {
    let mut client = scene.server.mqtt();
    client.send_connect(credentials);
    match client.next_packet() {
        Received::ConnAck(code) => code,
        other => fail(format!("expected a CONNACK, got {other:?}")),
    }
}

/// Does a program whose right was taken away, or narrowed to one product, still see what others keep and say?
#[test]
fn retained_messages_after_a_right_is_revoked() {
    let scene = Scene::new();
    let device = scene.fixture.device("light-1");
    let everything = json!([{"effect": "allow", "action": "lianwu:ReceiveMessages", "resource": "*"}]);
    let reader = scene.user("reader", &everything);
    let mut writer = scene.program(&scene.owner("writer"));
    assert_eq!(acknowledged(&mut writer, "plant/kept", b"secret", true), ReasonCode::Success);
    let mut client = scene.program(&reader.credentials("reader"));
    assert_eq!(client.subscribe("plant/#", QoS::AtMostOnce), 0);
    assert_eq!(client.next_message(), ("plant/kept".to_owned(), "secret".to_owned()), "as long as it may");
    assert_eq!(client.subscribe(&format!("$thing/up/property/{}/+", device.product), QoS::AtMostOnce), 0);

    let owner = scene.server.first_run("uin");
    let project = format!("qcs::iotexplorer:gz:uin/{owner}:project/{}", scene.fixture.project);
    let product = format!("{project}/product/{}/*", device.product);
    scene.save("reader", &json!([{"effect": "allow", "action": "lianwu:ReceiveMessages", "resource": [product]}]));
    let ends = |client: &mut MqttClient, writer: &mut MqttClient| {
        wait_for("live messages to end", DEADLINE, || {
            assert_eq!(acknowledged(writer, "plant/live", b"x", false), ReasonCode::Success);
            client.send(&Packet::PingReq);
            match client.next_packet() {
                Received::PingResp => Some(()),
                _ => {
                    assert_eq!(client.next_packet(), Received::PingResp);
                    None
                }
            }
        });
    };
    ends(&mut client, &mut writer);
    assert_eq!(acknowledged(&mut writer, "plant/kept", b"newer", true), ReasonCode::Success);
    client.expect_nothing();
    assert_eq!(client.subscribe("plant/+", QoS::AtMostOnce), 0);
    client.expect_nothing();
    let mut lamp = MqttClient::subscribed(scene.server.mqtt_address(), &device);
    lamp.ask(&device.thing("up/property"), r#"{"method":"report","params":{"brightness":1}}"#);
    assert_eq!(client.next_message().0, device.thing("up/property"), "what it still may see, it sees");

    scene.cloud().call_own("DetachPolicies", &json!({"Uin": reader.uin, "Policies": ["reader"]}));
    wait_for("the device's messages to end", DEADLINE, || {
        lamp.ask(&device.thing("up/property"), r#"{"method":"report","params":{"brightness":2}}"#);
        client.send(&Packet::PingReq);
        match client.next_packet() {
            Received::PingResp => Some(()),
            _ => {
                assert_eq!(client.next_packet(), Received::PingResp);
                None
            }
        }
    });
    assert!(client.subscribe("plant/kept", QoS::AtMostOnce) >= 0x80, "and no new subscription is granted");
    client.expect_nothing();
}

/// Is a will sent, or kept, whose sender has lost the right to send by the time it breaks off, or its key?
#[test]
fn wills_after_a_right_is_revoked() {
    let scene = Scene::new();
    let allowed = json!([{"effect": "allow", "action": "lianwu:*", "resource": "*"}]);
    let (robot, keyless) = (scene.user("robot", &allowed), scene.user("keyless", &allowed));
    let with_will = |credentials: &Credentials, topic: &str| {
        let (qos, properties) = (QoS::AtLeastOnce, Properties::NONE);
        let will = Will { qos, retain: true, properties, topic, payload: b"gone" };
        MqttClient::version_5(scene.server.mqtt_address(), credentials, Properties::NONE, Some(will))
    };
    let mut listener = scene.listener("listener", "wills/#");
    drop(with_will(&robot.credentials("robot"), "wills/allowed"));
    assert_eq!(listener.next_message().0, "wills/allowed", "as long as it may");

    let mut revoked = with_will(&robot.credentials("robot"), "wills/revoked");
    let mut locked_out = with_will(&keyless.credentials("keyless"), "wills/locked-out");
    scene.cloud().call_own("DetachPolicies", &json!({"Uin": robot.uin, "Policies": ["robot"]}));
    scene.cloud().call_own("UpdateSecretKey", &json!({"SecretId": keyless.secret_id, "Active": false}));
    wait_for("the right to be gone", DEADLINE, || {
        (acknowledged(&mut revoked, "elsewhere", b"x", false) == ReasonCode::NotAuthorised).then_some(())
    });
    let (reason, _) = told_at_the_end(&mut locked_out);
    assert_eq!(reason, ReasonCode::NotAuthorised, "its key is off: its connection is ended");
    drop(revoked);
    drop(with_will(&scene.owner("last"), "wills/last"));
    assert_eq!(listener.next_message().0, "wills/last", "the two others went nowhere");

    let mut late = scene.program(&scene.owner("late"));
    assert_eq!(late.subscribe("wills/#", QoS::AtMostOnce), 0);
    let kept = [late.next_message().0, late.next_message().0];
    assert_eq!(kept, ["wills/allowed", "wills/last"], "and none of them was kept");
    late.expect_nothing();
}

/// A million topics with a retained message: is the sender told why only so many are kept, is memory flat, and can the kept
/// ones still be changed and had?
#[test]
fn a_million_retained_topics() {
    const KEPT: usize = 10_000;
    let scene = Scene::new();
    let mut writer = scene.program(&scene.owner("writer"));
    let mut bytes = Vec::new();
    let mut fill = |writer: &mut MqttClient, numbers: std::ops::Range<u32>| {
        for start in numbers.clone().step_by(10_000) {
            bytes.clear();
            for number in start..numbers.end.min(start + 10_000) {
                let topic = format!("flood/{}/{number}", number % 97);
                let packet = message(&topic, b"kept", QoS::AtMostOnce, 0, Properties::NONE);
                let packet = Publish { retain: true, ..packet };
                encode::publish(&mut bytes, ProtocolVersion::V5, &packet).expect("a packet");
            }
            writer.send_raw(&bytes);
        }
        acknowledged(writer, &format!("flood/end/{}", numbers.end), b"x", true)
    };
    assert_eq!(fill(&mut writer, 0..100_000), ReasonCode::QuotaExceeded, "told why");
    let before = scene.server.resident_bytes();
    assert_eq!(fill(&mut writer, 100_000..1_000_000), ReasonCode::QuotaExceeded, "told why");
    let growth = scene.server.resident_bytes().saturating_sub(before);
    eprintln!("{before} bytes after 100,000 topics, {growth} more after a million");
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");

    let mut late = scene.program(&scene.owner("late"));
    assert_eq!(late.subscribe("flood/#", QoS::AtMostOnce), 0);
    for _ in 0..KEPT {
        assert!(late.next_message().0.starts_with("flood/"));
    }
    late.expect_nothing();
    assert_eq!(acknowledged(&mut writer, "flood/0/0", b"new", true), ReasonCode::Success, "a kept one may change");
    assert_eq!(acknowledged(&mut writer, "flood/0/0", b"", true), ReasonCode::Success, "and may go");
    assert_eq!(acknowledged(&mut writer, "flood/new", b"x", true), ReasonCode::Success, "which makes room");

    // Whoever asks for all of them again and again is closed before it costs memory or time.
    let mut listener = scene.listener("listener", "plant/+");
    let mut again = Vec::new();
    for id in 1..=8_000 {
        let id = PacketId::new(id).expect("not 0");
        let filters = [("#", QoS::AtMostOnce), ("+/#", QoS::AtMostOnce), ("flood/+/+", QoS::AtMostOnce)];
        encode::subscribe(&mut again, ProtocolVersion::V5, id, filters).expect("a packet");
    }
    let before = scene.server.resident_bytes();
    let mut attacker = scene.program(&scene.owner("attacker"));
    let _ = attacker.try_send_raw(&again);
    // What it asked for fills the socket, so it cannot be told; the operator is.
    while attacker.next_or_end(DEADLINE).expect("an end in time").is_some() {}
    assert!(scene.server.metrics().contains("lianwu_device_slow_consumers_total 1\n"), "{}", scene.server.metrics());
    scene.others_are_served(&mut listener, "plant/1");
    let growth = scene.server.resident_bytes().saturating_sub(before);
    assert!(growth < 3 * GROWTH_BYTES_MAX, "{growth} bytes more");
}

/// Sessions that are kept for devices: bounded in filters and in messages, and no larger for coming and going.
#[test]
fn session_growth_of_devices() {
    let scene = Scene::new();
    let device = scene.fixture.device("hoarder");
    let address = scene.server.mqtt_address();
    let credentials = device.credentials(Method::HmacSha256);
    let sign_in = || {
        let mut client = MqttClient::open(address);
        let mut connect = connect(&credentials, Properties::NONE, None);
        (connect.version, connect.clean_session) = (ProtocolVersion::V3_1_1, false);
        client.send_connect_as(&connect);
        client.expect(&Received::ConnAck(0));
        client
    };
    let mut client = sign_in();
    let data = format!("{}/{}/data", device.product, device.name);
    assert_eq!(client.subscribe(&data, QoS::AtLeastOnce), 1);
    let refused =
        (0..2_000).filter(|number| client.subscribe(&format!("{data}/{number}"), QoS::AtLeastOnce) == 0x80).count();
    assert!(refused >= 1_900, "only {refused} of 2,000 filters were refused");
    drop(client);

    let mut publish = device.reference();
    publish["Topic"] = data.into();
    publish["Qos"] = 1.into();
    wait_for("the device to be offline", DEADLINE, || {
        (scene.cloud().call("DescribeDevice", &device.reference())["Device"]["Status"] == 0).then_some(())
    });
    for number in 0..300 {
        publish["Payload"] = number.to_string().into();
        scene.cloud().call("PublishMessage", &publish);
    }
    let dropped = scene.fixture.diagnostics(&device, "dropped");
    let told = dropped.first().map(|line| line["Result"].to_string()).unwrap_or_default();
    assert!(told.contains("limits.offline_messages"), "its owner is told what made room: {dropped:?}");
    let before = scene.server.resident_bytes();
    for _ in 0..500 {
        drop(sign_in());
    }
    let growth = scene.server.resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    let mut client = sign_in();
    let mut waiting = Vec::new();
    for _ in 0..150 {
        waiting.push(client.next_message().1.parse::<u32>().expect("a number"));
    }
    client.expect_nothing();
    assert_eq!(waiting, (150..300).collect::<Vec<_>>(), "the newest, in order");
}

/// Ten thousand names of programs that all want to be remembered: are they bounded, is each told why, is memory flat, and do
/// those that were let in, and those that want nothing kept, go on?
#[test]
fn session_growth_of_backends() {
    const KEPT: usize = 1_000;
    let scene = Scene::new();
    let mut properties = PropertyBuffer::new();
    properties.push(&Property::SessionExpiry(3_600)).expect("one property");
    // Was there a session, or why it was not let in.
    let sign_in = |number: u32, starts_clean: bool| {
        let credentials = scene.owner(&format!("hoarder-{number}"));
        let mut client = MqttClient::open(scene.server.mqtt_address());
        let connect = connect(&credentials, properties.as_properties(), None);
        client.send_connect_as(&lianwu_mqtt::Connect { clean_session: starts_clean, ..connect });
        client.look(|packet| match packet {
            Packet::ConnAck(ConnAck::Accepted { session_present, .. }) => Ok(*session_present),
            Packet::ConnAck(ConnAck::Refused { refusal, properties }) => {
                assert_eq!(refusal.reason(), ReasonCode::QuotaExceeded);
                Err(properties.reason_string().unwrap_or_default().to_owned())
            }
            other => fail(format!("expected CONNACK, got {other:?}")),
        })
    };
    let refused = |numbers: std::ops::Range<u32>| {
        let refused: Vec<_> = numbers.filter_map(|number| sign_in(number, false).err()).collect();
        assert!(refused.iter().all(|why| why.contains("limits.backend_sessions")), "{:?}", refused.first());
        refused.len()
    };
    assert_eq!(refused(0..2_000), KEPT);
    let before = scene.server.resident_bytes();
    assert_eq!(refused(2_000..10_000), 8_000);
    let growth = scene.server.resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    assert_eq!(sign_in(7, false), Ok(true), "one that is kept");
    let limits = scene.cloud().call_own("DescribeLimits", &json!({}))["Limits"].clone();
    let sessions = limits.as_array().into_iter().flatten().find(|limit| limit["Name"] == "BackendSessions").cloned();
    let sessions = sessions.unwrap_or_else(|| fail(format!("no BackendSessions in {limits}")));
    assert_eq!((&sessions["Value"], &sessions["Used"]), (&json!(KEPT), &json!(KEPT)), "{sessions}");
    let mut listener = scene.listener("listener", "plant/+");
    scene.others_are_served(&mut listener, "plant/1");
}
