//! Backends on rumqttc, Rust's usual MQTT client, over MQTT 3.1.1 and 5: each dialogue runs with both.

use std::collections::BTreeSet;

use lianwu_testkit::{
    Credentials, DEADLINE, Device, Fixture, LAMP_MODEL, MqttClient, Server, ServerOptions, backend_credentials, fail,
};
use rumqttc::QoS;
use serde_json::json;

const REPORT: &str = r#"{"method":"report","clientToken":"1","params":{"brightness":7}}"#;

/// What a program is told.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Connected,
    /// The code of its one filter as it stands in SUBACK.
    Subscribed(u8),
    Message {
        topic: String,
        payload: String,
        qos: QoS,
        retain: bool,
    },
    /// A message of its own, above QoS 0: the code of PUBACK or PUBCOMP.
    Acknowledged(u8),
    /// The library's words for the end of the connection.
    Ended(String),
}

fn message(topic: &str, payload: &str, qos: QoS, retain: bool) -> Said {
    Said::Message { topic: topic.to_owned(), payload: payload.to_owned(), qos, retain }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A backend on one of the library's two modules.
trait Program: Sized {
    /// Code of a PUBACK for a message it may not send: only MQTT 5 has a word for it.
    const FORBIDDEN: u8;

    fn open(server: &Server, credentials: &Credentials) -> Self;
    fn subscribe(&mut self, filter: &str, qos: QoS);
    fn publish(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool);
    fn says(&mut self) -> Said;

    #[track_caller]
    fn sign_in(server: &Server, client_id: &str) -> Self {
        let mut program = Self::open(server, &backend_credentials(server, client_id));
        program.hears(&Said::Connected);
        program
    }

    #[track_caller]
    fn hears(&mut self, expected: &Said) {
        assert_eq!(self.says(), *expected);
    }

    #[track_caller]
    fn listens(&mut self, filter: &str, qos: QoS) {
        self.subscribe(filter, qos);
        self.hears(&Said::Subscribed(qos as u8));
    }

    /// Publishes and waits for the acknowledgement; QoS 0 has none, so a message behind it shows that it has gone.
    #[track_caller]
    fn sends(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool) {
        self.publish(topic, payload, qos, retain);
        if qos == QoS::AtMostOnce {
            self.publish("nobody/listens", "", QoS::AtLeastOnce, false);
        }
        self.hears(&Said::Acknowledged(0));
    }
}

/// MQTT 3.1.1.
struct Four {
    client: rumqttc::Client,
    connection: rumqttc::Connection,
}

impl Program for Four {
    const FORBIDDEN: u8 = 0;

    fn open(server: &Server, credentials: &Credentials) -> Self {
        let address = server.mqtt_address();
        let mut options = rumqttc::MqttOptions::new(&credentials.client_id, address.ip().to_string(), address.port());
        options.set_credentials(&credentials.user_name, &credentials.password);
        let (client, connection) = rumqttc::Client::new(options, 100);
        Self { client, connection }
    }

    fn subscribe(&mut self, filter: &str, qos: QoS) {
        self.client.subscribe(filter, qos).expect("the library takes it");
    }

    fn publish(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool) {
        self.client.publish(topic, qos, retain, payload).expect("the library takes it");
    }

    fn says(&mut self) -> Said {
        use rumqttc::{Packet, SubscribeReasonCode};
        loop {
            let event = match self.connection.recv_timeout(DEADLINE) {
                Ok(Ok(event)) => event,
                Ok(Err(error)) => return Said::Ended(format!("{error:?}")),
                Err(error) => fail(format!("nothing came: {error:?}")),
            };
            let rumqttc::Event::Incoming(packet) = event else { continue };
            return match packet {
                Packet::ConnAck(_) => Said::Connected,
                Packet::SubAck(answer) => Said::Subscribed(match answer.return_codes[0] {
                    SubscribeReasonCode::Success(qos) => qos as u8,
                    SubscribeReasonCode::Failure => 0x80,
                }),
                Packet::Publish(it) => message(&it.topic, &text(&it.payload), it.qos, it.retain),
                Packet::PubAck(_) | Packet::PubComp(_) => Said::Acknowledged(0),
                Packet::PubRec(_) | Packet::PubRel(_) | Packet::PingResp => continue,
                other => fail(format!("unexpected {other:?}")),
            };
        }
    }
}

/// MQTT 5.
struct Five {
    client: rumqttc::v5::Client,
    connection: rumqttc::v5::Connection,
    /// Of the last message.
    properties: rumqttc::v5::mqttbytes::v5::PublishProperties,
}

impl Five {
    fn options(server: &Server, credentials: &Credentials) -> rumqttc::v5::MqttOptions {
        let address = server.mqtt_address();
        let host = address.ip().to_string();
        let mut options = rumqttc::v5::MqttOptions::new(&credentials.client_id, host, address.port());
        options.set_credentials(&credentials.user_name, &credentials.password);
        options
    }

    fn with(options: rumqttc::v5::MqttOptions) -> Self {
        let (client, connection) = rumqttc::v5::Client::new(options, 100);
        Self { client, connection, properties: Default::default() }
    }
}

/// The other module's name for the same.
fn five(qos: QoS) -> rumqttc::v5::mqttbytes::QoS {
    rumqttc::v5::mqttbytes::qos(qos as u8).expect("0, 1 or 2")
}

impl Program for Five {
    const FORBIDDEN: u8 = 0x87;

    fn open(server: &Server, credentials: &Credentials) -> Self {
        Self::with(Self::options(server, credentials))
    }

    fn subscribe(&mut self, filter: &str, qos: QoS) {
        self.client.subscribe(filter, five(qos)).expect("the library takes it");
    }

    fn publish(&mut self, topic: &str, payload: &str, qos: QoS, retain: bool) {
        self.client.publish(topic, five(qos), retain, payload.to_owned()).expect("the library takes it");
    }

    fn says(&mut self) -> Said {
        use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, PubCompReason, SubscribeReasonCode};
        loop {
            let event = match self.connection.recv_timeout(DEADLINE) {
                Ok(Ok(event)) => event,
                Ok(Err(error)) => return Said::Ended(format!("{error:?}")),
                Err(error) => fail(format!("nothing came: {error:?}")),
            };
            let rumqttc::v5::Event::Incoming(packet) = event else { continue };
            return match packet {
                Packet::ConnAck(_) => Said::Connected,
                Packet::SubAck(answer) => Said::Subscribed(match answer.return_codes[0] {
                    SubscribeReasonCode::Success(qos) => qos as u8,
                    SubscribeReasonCode::NotAuthorized => 0x87,
                    other => fail(format!("unexpected {other:?}")),
                }),
                Packet::Publish(it) => {
                    self.properties = it.properties.unwrap_or_default();
                    let qos = rumqttc::qos(it.qos as u8).expect("0, 1 or 2");
                    message(&text(&it.topic), &text(&it.payload), qos, it.retain)
                }
                Packet::PubAck(answer) => Said::Acknowledged(match answer.reason {
                    PubAckReason::Success => 0,
                    PubAckReason::NotAuthorized => 0x87,
                    other => fail(format!("unexpected {other:?}")),
                }),
                Packet::PubComp(answer) if answer.reason == PubCompReason::Success => Said::Acknowledged(0),
                // What ends the connection comes again as the error.
                Packet::PubRec(_) | Packet::PubRel(_) | Packet::PingResp(_) | Packet::Disconnect(_) => continue,
                other => fail(format!("unexpected {other:?}")),
            };
        }
    }
}

struct Scene {
    server: Server,
    fixture: Fixture,
    device: Device,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let device = fixture.device("light-1");
        Self { server, fixture, device }
    }
}

/// Reports as they were sent, the answer to a control; a control of its own making goes nowhere.
fn hears_a_device<P: Program>() {
    let scene = Scene::new();
    let (device, cloud) = (&scene.device, &scene.fixture.cloud);
    let mut lamp = MqttClient::subscribed(scene.server.mqtt_address(), device);
    let mut program = P::sign_in(&scene.server, "orders");
    let (up, down) = (device.thing("up/property"), device.thing("down/property"));
    program.listens(&format!("$thing/up/property/{}/+", device.product), QoS::ExactlyOnce);
    lamp.ask(&up, REPORT);
    program.hears(&message(&up, REPORT, QoS::AtMostOnce, false));
    lamp.publish_acknowledged(&up, REPORT.as_bytes());
    program.hears(&message(&up, REPORT, QoS::AtLeastOnce, false));
    lamp.next_message();

    // To devices it speaks through the cloud API, where the values are checked and the rights are asked.
    program.publish(&down, r#"{"method":"control","params":{"brightness":9}}"#, QoS::AtLeastOnce, false);
    program.hears(&Said::Acknowledged(P::FORBIDDEN));
    lamp.expect_nothing();
    let mut control = device.reference();
    control["Data"] = r#"{"brightness":9}"#.into();
    assert_eq!(cloud.call("ControlDeviceData", &control)["Result"], r#"{"Sent":1,"pushResult":0}"#);
    let asked = lamp.next_json();
    assert_eq!((&asked["method"], &asked["params"]), (&json!("control"), &json!({"brightness": 9})));
    let answer = json!({"method": "control_reply", "clientToken": asked["clientToken"], "code": 0, "status": ""});
    lamp.publish(&up, answer.to_string().as_bytes());
    program.hears(&message(&up, &answer.to_string(), QoS::AtMostOnce, false));
}

/// QoS 0, 1 and 2 from end to end; retained messages for whoever comes later, until they are taken away.
fn own_topics<P: Program>() {
    let scene = Scene::new();
    let mut writer = P::sign_in(&scene.server, "writer");
    let mut reader = P::sign_in(&scene.server, "reader");
    reader.listens("plant/+/state", QoS::ExactlyOnce);
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        for number in 0..30 {
            let payload = format!("{qos:?}-{number}");
            writer.sends("plant/7/state", &payload, qos, false);
            reader.hears(&message("plant/7/state", &payload, qos, false));
        }
    }
    writer.sends("plant/8/state", "on", QoS::ExactlyOnce, true);
    reader.hears(&message("plant/8/state", "on", QoS::ExactlyOnce, false));
    let mut late = P::sign_in(&scene.server, "late");
    late.listens("plant/#", QoS::AtLeastOnce);
    late.hears(&message("plant/8/state", "on", QoS::AtLeastOnce, true));
    writer.sends("plant/8/state", "", QoS::AtLeastOnce, true);
    late.hears(&message("plant/8/state", "", QoS::AtLeastOnce, false));
    let mut later = P::sign_in(&scene.server, "later");
    later.listens("plant/#", QoS::AtLeastOnce);
    writer.sends("plant/9/state", "live", QoS::AtLeastOnce, false);
    later.hears(&message("plant/9/state", "live", QoS::AtLeastOnce, false));
}

/// Each message of a shared subscription reaches exactly one member.
fn a_group<P: Program>() {
    let scene = Scene::new();
    let mut writer = P::sign_in(&scene.server, "writer");
    let mut members: Vec<_> = ["first", "second", "third"].map(|name| (name, P::sign_in(&scene.server, name))).into();
    for (name, member) in &mut members {
        member.listens("$share/workers/jobs/+", QoS::AtLeastOnce);
        member.listens(&format!("end/{name}"), QoS::AtLeastOnce);
    }
    let jobs: Vec<_> = (0..60).map(|number| format!("job-{number}")).collect();
    for job in &jobs {
        writer.sends("jobs/new", job, QoS::AtLeastOnce, false);
    }
    let mut done = Vec::new();
    for (name, member) in &mut members {
        writer.sends(&format!("end/{name}"), "", QoS::AtLeastOnce, false);
        let before = done.len();
        while let Said::Message { topic, payload, .. } = member.says() {
            if topic.starts_with("end/") {
                break;
            }
            done.push(payload);
        }
        assert!(done.len() > before, "{name} got a share");
    }
    assert_eq!(done.len(), jobs.len(), "none twice");
    assert_eq!(done.into_iter().collect::<BTreeSet<_>>(), jobs.into_iter().collect());
}

/// A wrong password; two programs under one name, of which the later stays.
fn who_may_stay<P: Program>(wrong_password: &str, taken_over: &str) {
    let scene = Scene::new();
    let wrong = Credentials { password: "0".repeat(64), ..backend_credentials(&scene.server, "orders") };
    match P::open(&scene.server, &wrong).says() {
        Said::Ended(why) => assert!(why.contains(wrong_password), "{why}"),
        other => fail(format!("{other:?}")),
    }
    let mut first = P::sign_in(&scene.server, "orders");
    let mut second = P::sign_in(&scene.server, "orders");
    match first.says() {
        Said::Ended(why) => assert!(why.contains(taken_over), "{why}"),
        other => fail(format!("{other:?}")),
    }
    second.listens("plant/#", QoS::AtMostOnce);
}

#[test]
fn a_device_is_heard_over_3_1_1() {
    hears_a_device::<Four>();
}

#[test]
fn a_device_is_heard_over_5() {
    hears_a_device::<Five>();
}

#[test]
fn programs_talk_and_retain_over_3_1_1() {
    own_topics::<Four>();
}

#[test]
fn programs_talk_and_retain_over_5() {
    own_topics::<Five>();
}

#[test]
fn a_group_shares_over_3_1_1() {
    a_group::<Four>();
}

#[test]
fn a_group_shares_over_5() {
    a_group::<Five>();
}

#[test]
fn the_right_key_and_the_latest_stay_over_3_1_1() {
    who_may_stay::<Four>("BadUserNamePassword", "ConnectionAborted");
}

#[test]
fn the_right_key_and_the_latest_stay_over_5() {
    who_may_stay::<Five>("BadUserNamePassword", "SessionTakenOver");
}

/// Do the properties of a message and of a will arrive as they were given?
#[test]
fn properties_travel_over_5() {
    use rumqttc::v5::mqttbytes::v5::{LastWill, LastWillProperties, PublishProperties};
    let scene = Scene::new();
    let mut reader = Five::sign_in(&scene.server, "reader");
    reader.listens("plant/#", QoS::AtLeastOnce);
    let pairs = vec![("line".to_owned(), "3".to_owned()), ("line".to_owned(), "4".to_owned())];
    let mut options = Five::options(&scene.server, &backend_credentials(&scene.server, "writer"));
    let of_will = LastWillProperties {
        delay_interval: None,
        payload_format_indicator: Some(1),
        message_expiry_interval: None,
        content_type: Some("text/plain".to_owned()),
        response_topic: None,
        correlation_data: None,
        user_properties: pairs.clone(),
    };
    options.set_last_will(LastWill::new("plant/gone", "writer", five(QoS::AtLeastOnce), false, Some(of_will)));
    let mut writer = Five::with(options);
    writer.hears(&Said::Connected);
    let given = PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(600),
        response_topic: Some("plant/answers".to_owned()),
        correlation_data: Some(vec![0, 1, 2].into()),
        user_properties: pairs.clone(),
        content_type: Some("application/json".to_owned()),
        ..PublishProperties::default()
    };
    let published =
        writer.client.publish_with_properties("plant/7", five(QoS::AtLeastOnce), false, "{}", given.clone());
    published.expect("the library takes it");
    writer.hears(&Said::Acknowledged(0));
    reader.hears(&message("plant/7", "{}", QoS::AtLeastOnce, false));
    assert_eq!(reader.properties, given);

    drop(writer);
    reader.hears(&message("plant/gone", "writer", QoS::AtLeastOnce, false));
    let of_will = PublishProperties {
        payload_format_indicator: Some(1),
        user_properties: pairs,
        content_type: Some("text/plain".to_owned()),
        ..PublishProperties::default()
    };
    assert_eq!(reader.properties, of_will);
}
