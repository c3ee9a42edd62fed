//! The server checklist of spec/device-protocol.md 14: what breaks real devices, one test a row, on the real binary.
//!
//! The rows about TLS, HTTP and gateways are beside those services, and those of firmware wait for firmware update: docs/compatibility.md.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    Credentials, DEADLINE, Device, Fixture, LAMP_MODEL, Method, MqttClient, Received, Server, ServerOptions, now_ms,
};
use serde_json::{Value, json};

/// What devices with the C SDK can read in one message.
const DOWN_BYTES_MAX: usize = 2047;

const ROOMY_MODEL: &str = r#"{"version":"1.0","profile":{"ProductId":"","CategoryId":"1"},"properties":[
{"id":"text","name":"text","desc":"","mode":"rw","required":false,"define":{"type":"string","min":"0","max":"2048"}}],
"events":[],"actions":[]}"#;

struct Lamp {
    server: Server,
    fixture: Fixture,
    device: Device,
}

impl Lamp {
    fn new() -> Self {
        Self::of(LAMP_MODEL)
    }

    fn of(model: &str) -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, model);
        let device = fixture.device("light-1");
        Self { server, fixture, device }
    }

    fn subscribed(&self) -> MqttClient {
        MqttClient::subscribed(self.server.mqtt_address(), &self.device)
    }

    /// Subscribed to a system topic as well, `$sys/operation/result` and the like.
    fn listening(&self, family: &str) -> MqttClient {
        let mut client = self.subscribed();
        let filter = format!("{family}/{}/{}", self.device.product, self.device.name);
        assert_eq!(client.subscribe(&filter, QoS::AtMostOnce), 0, "{filter}");
        client
    }

    fn topic(&self, family: &str) -> String {
        format!("{family}/{}/{}", self.device.product, self.device.name)
    }

    /// A plain socket, for a look at single bytes.
    fn socket(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.mqtt_address()).expect("connect");
        stream.set_read_timeout(Some(DEADLINE)).expect("set a deadline");
        stream
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&u16::try_from(text.len()).expect("a short text").to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// CONNECT byte by byte, as no library of ours would write it.
fn connect(protocol: &str, level: u8, credentials: &Credentials) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, protocol);
    body.extend_from_slice(&[level, 0xC2, 0, 60]);
    for part in [&credentials.client_id, &credentials.user_name, &credentials.password] {
        text(&mut body, part);
    }
    let mut packet = vec![0x10, u8::try_from(body.len() % 128).expect("seven bits") | 0x80];
    packet.push(u8::try_from(body.len() / 128).expect("a short packet"));
    packet.extend_from_slice(&body);
    packet
}

/// Row 1: does a client of MQTT 3.1 sign in, whatever the length of its ClientId?
#[test]
fn row_01_mqisdp_with_any_client_id() {
    let lamp = Lamp::new();
    for name in ["a", "a-name-of-13", "n".repeat(48).as_str()] {
        let credentials = lamp.fixture.device(name).credentials(Method::HmacSha1);
        let mut socket = lamp.socket();
        socket.write_all(&connect("MQIsdp", 3, &credentials)).expect("send");
        let mut answer = [0; 4];
        socket.read_exact(&mut answer).expect("a CONNACK");
        assert_eq!(answer, [0x20, 2, 0, 0], "{name}");
    }
}

/// Row 2: are expiries of 10 to 19 digits taken, in seconds or milliseconds, and the exact bytes signed?
#[test]
fn row_02_expiry_of_any_length() {
    let lamp = Lamp::new();
    let device = &lamp.device;
    for expiry in [now_ms() / 1000 + 600, now_ms() + 600_000, 92_233_720_368_547_758, 9_223_372_036_854_775_807] {
        for method in [Method::HmacSha1, Method::HmacSha256] {
            let mut client = lamp.server.mqtt();
            client.send_connect(&Credentials::compute(&device.client_id(), &device.secret, method, expiry));
            client.expect(&Received::ConnAck(0));
        }
    }
    let mut changed =
        Credentials::compute(&device.client_id(), &device.secret, Method::HmacSha1, now_ms() / 1000 + 600);
    changed.user_name = changed.user_name.replacen(';', ";0", 1);
    let mut client = lamp.server.mqtt();
    client.send_connect(&changed);
    client.expect(&Received::ConnAck(4));
}

/// Row 5: is the CONNACK four bytes long, and no subscription granted more than QoS 1?
#[test]
fn row_05_connack_and_granted_qos() {
    let lamp = Lamp::new();
    let credentials = lamp.device.credentials(Method::HmacSha1);
    let mut socket = lamp.socket();
    socket.write_all(&connect("MQTT", 4, &credentials)).expect("send");
    let mut answer = [0; 4];
    socket.read_exact(&mut answer).expect("a CONNACK");
    assert_eq!(answer, [0x20, 2, 0, 0]);
    let mut filter = vec![0, 7];
    text(&mut filter, &lamp.device.thing("down/property"));
    filter.push(2);
    let mut subscribe = vec![0x82, u8::try_from(filter.len()).expect("a short packet")];
    subscribe.extend_from_slice(&filter);
    socket.write_all(&subscribe).expect("send");
    let mut answer = [0; 5];
    socket.read_exact(&mut answer).expect("a SUBACK");
    assert_eq!(answer, [0x90, 3, 0, 7, 1]);
}

/// Row 11: does downlink JSON have no escapes that a device would read as letters?
#[test]
fn row_11_no_needless_escapes() {
    let lamp = Lamp::new();
    let mut client = lamp.subscribed();
    let mut request = lamp.device.reference();
    request["Data"] = r#"{"name":"a\/b \u706f"}"#.into();
    lamp.fixture.cloud.call("ControlDeviceData", &request);
    let (_, control) = client.next_message();
    assert!(control.contains(r#""params":{"name":"a/b 灯"}"#), "{control}");
    client.publish(&lamp.device.thing("up/property"), br#"{"method":"report","params":{"name":"c\/d \u706f"}}"#);
    client.next_message();
    let status = client.ask(&lamp.device.thing("up/property"), r#"{"method":"get_status","clientToken":"s"}"#);
    assert!(status.contains(r#""name":"c/d 灯""#), "{status}");
}

/// Row 12: is nothing that the C SDK requires an empty string?
#[test]
fn row_12_required_members_are_not_empty() {
    let lamp = Lamp::new();
    let mut client = lamp.subscribed();
    let mut request = lamp.device.reference();
    request["Data"] = r#"{"brightness":1}"#.into();
    lamp.fixture.cloud.call("ControlDeviceData", &request);
    let control = client.next_json();
    for member in ["method", "clientToken"] {
        assert!(control[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {control}");
    }
    let mut request = lamp.device.reference();
    request["ActionId"] = "light_blink".into();
    request["InputParams"] = r#"{"period":1}"#.into();
    lamp.fixture.cloud.call("CallDeviceActionAsync", &request);
    let action = client.next_json();
    for member in ["method", "clientToken", "actionId"] {
        assert!(action[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {action}");
    }
    assert!(action["timestamp"].as_u64().is_some_and(|seconds| seconds > 0), "{action}");
}

/// Row 13: is no message longer than a device can read, and the caller told about one that would be?
#[test]
fn row_13_downlinks_fit_into_small_buffers() {
    let lamp = Lamp::of(ROOMY_MODEL);
    let mut client = lamp.subscribed();
    let control = |length: usize| {
        let mut request = lamp.device.reference();
        request["Data"] = json!({"text": "x".repeat(length)}).to_string().into();
        request
    };
    let refused = lamp.fixture.cloud.call_refused("ControlDeviceData", &control(2040));
    assert_eq!(refused.code, "InvalidParameterValue", "{}", refused.message);
    lamp.fixture.cloud.call("ControlDeviceData", &control(1900));
    let (_, payload) = client.next_message();
    assert!((1900..=DOWN_BYTES_MAX).contains(&payload.len()), "{} bytes", payload.len());

    let token = "t".repeat(254);
    let report = json!({"method": "report", "clientToken": token, "params": {"no_such_property_here": 1}});
    let reply = client.ask(&lamp.device.thing("up/property"), &report.to_string());
    assert!(reply.contains(&token) && reply.len() <= DOWN_BYTES_MAX, "{reply}");

    let mut client = lamp.listening("$gateway/operation/result");
    let devices: Vec<_> =
        (0..40).map(|n| json!({"product_id": "SUBPROD001", "device_name": format!("sub-device-{n}")})).collect();
    let online = json!({"type": "online", "payload": {"devices": devices}});
    let results = client.ask(&lamp.topic("$gateway/operation"), &online.to_string());
    let found: Value = serde_json::from_str(&results).expect("JSON");
    let first = &found["payload"]["devices"][0];
    assert_eq!((&first["device_name"], &first["result"]), (&json!("sub-device-0"), &json!(-1)), "not bound: {results}");
    assert!(results.len() < 1024, "{} bytes", results.len());

    let mut client = lamp.listening("$log/operation/result");
    let asked = json!({"type": "get_log_level", "clientToken": format!("{}-0", lamp.device.product)});
    let level = client.ask(&lamp.topic("$log/operation"), &asked.to_string());
    let found: Value = serde_json::from_str(&level).expect("JSON");
    assert_eq!(
        (&found["log_level"], &found["result"], &found["clientToken"]),
        (&json!(0), &json!(0), &asked["clientToken"])
    );
    assert!(level.len() < 128, "{level}");
}

/// Row 18: are the odd forms of the C and Python SDKs taken without noise?
#[test]
fn row_18_odd_forms_are_taken() {
    let lamp = Lamp::new();
    let mut client = lamp.listening("$gateway/operation/result");
    let change =
        r#"{"type":"change","payload":{"devices":[{"product_id":"SUBPROD001","device_name":"s1","result":0}]}}"#;
    client.publish_acknowledged(&lamp.topic("$gateway/operation"), change.as_bytes());
    let reply = r#"{"code":0,"clientToken":"clientToken-1","status":"\u0000"}"#;
    client.publish_acknowledged(&lamp.device.thing("up/property"), reply.as_bytes());
    client.expect_nothing();
    let event = r#"{"method":"event_post","clientToken":"e","events":[{"eventId":"low_voltage","type":"alert","timestamp":0,"params":{"voltage":2.8}}]}"#;
    let answer = client.ask(&lamp.device.thing("up/event"), event);
    assert_eq!(answer, r#"{"method":"event_reply","clientToken":"e","version":"1.0","code":0,"status":"","data":{}}"#);
}

/// Row 19: do the two answers come for which the C templates stop at start?
#[test]
fn row_19_answers_a_template_waits_for() {
    let lamp = Lamp::new();
    let mut client = lamp.subscribed();
    let property = lamp.device.thing("up/property");
    let info = r#"{"method":"report_info","clientToken":"0","params":{"name":"light-1","fw_ver":"3.2.1","device_label":{"append_info":"any"}}}"#;
    let answer = client.ask(&property, info);
    assert_eq!(answer, r#"{"method":"report_info_reply","clientToken":"0","code":0,"status":"success"}"#);
    let answer = client.ask(&property, r#"{"method":"get_status","clientToken":"1"}"#);
    assert_eq!(
        answer,
        r#"{"method":"get_status_reply","clientToken":"1","code":0,"status":"success","type":"report","data":{}}"#
    );
    let described = lamp.fixture.cloud.call("DescribeDevice", &lamp.device.reference());
    assert_eq!(described["Device"]["Version"], "3.2.1", "what the device said of itself is kept");

    client.publish(&property, br#"{"method":"report","params":{"brightness":5}}"#);
    client.next_message();
    let mut request = lamp.device.reference();
    drop(client);
    request["Data"] = r#"{"brightness":80}"#.into();
    while lamp.fixture.cloud.call("ControlDeviceData", &request)["Result"] != r#"{"Sent":0,"pushResult":23101}"# {}
    let mut client = lamp.subscribed();
    let status: Value =
        serde_json::from_str(&client.ask(&property, r#"{"method":"get_status","clientToken":"2","showmeta":1}"#))
            .expect("JSON");
    assert_eq!(status["data"], json!({"reported": {"brightness": 5}, "control": {"brightness": 80}}));
    for half in ["reported", "control"] {
        assert!(status["metadata"][half]["brightness"].as_u64().is_some_and(|time| time > 0), "{status}");
    }
    let cleared = client.ask(&property, r#"{"method":"clear_control","clientToken":"3"}"#);
    assert_eq!(cleared, r#"{"method":"clear_control_reply","clientToken":"3","code":0,"status":"success"}"#);
    let status: Value =
        serde_json::from_str(&client.ask(&property, r#"{"method":"get_status","clientToken":"4"}"#)).expect("JSON");
    assert_eq!(status["data"], json!({"reported": {"brightness": 5}}));
}

/// Row 20: does a second sign-in with the same ClientId close the first connection?
#[test]
fn row_20_take_over_closes_the_old_socket() {
    let lamp = Lamp::new();
    let mut first = lamp.subscribed();
    let mut second = lamp.subscribed();
    first.expect_close();
    let answer = second.ask(&lamp.device.thing("up/property"), r#"{"method":"report","params":{"brightness":1}}"#);
    assert!(answer.contains(r#""code":0"#), "{answer}");
}

/// Row 21: are times in seconds, in milliseconds and 0 for "now" all understood?
#[test]
fn row_21_seconds_or_milliseconds() {
    let lamp = Lamp::new();
    let mut client = lamp.subscribed();
    let start = now_ms();
    let minute_ago = (start - 60_000) / 1000;
    for (value, timestamp) in [(1, minute_ago), (2, minute_ago * 1000 + 1), (3, 0)] {
        let report =
            json!({"method": "report", "clientToken": "t", "timestamp": timestamp, "params": {"brightness": value}});
        let answer = client.ask(&lamp.device.thing("up/property"), &report.to_string());
        assert!(answer.contains(r#""code":0"#), "{timestamp}: {answer}");
    }
    let rows = lamp.fixture.history(&lamp.device, "brightness");
    let values: Vec<_> = rows.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["1", "2", "3"]);
    assert_eq!((rows[0].0, rows[1].0), (minute_ago * 1000, minute_ago * 1000 + 1));
    assert!((start..=now_ms()).contains(&rows[2].0), "{rows:?}");
}

/// Row 22: is a SUBSCRIBE answered filter by filter, with one and with several?
#[test]
fn row_22_subscribe_with_several_filters() {
    let lamp = Lamp::new();
    let mut client = MqttClient::device(lamp.server.mqtt_address(), &lamp.device);
    let mut body = vec![0, 9];
    let foreign = format!("$thing/down/property/{}/another", lamp.device.product);
    for (filter, qos) in
        [(lamp.device.thing("down/property"), 0), (lamp.device.thing("down/event"), 1), (foreign, 1), ("#".into(), 0)]
    {
        text(&mut body, &filter);
        body.push(qos);
    }
    let mut packet = vec![0x82, u8::try_from(body.len() % 128).expect("seven bits") | 0x80];
    packet.push(u8::try_from(body.len() / 128).expect("a short packet"));
    packet.extend_from_slice(&body);
    client.send_raw(&packet);
    client.expect(&Received::SubAck(vec![0, 1, 0x80, 0x80]));
    assert_eq!(client.subscribe(&lamp.device.thing("down/action"), QoS::AtLeastOnce), 1);
}
