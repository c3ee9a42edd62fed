//! Raw products with an ordinary MQTT client: a script saved over the API stands between its bytes and the thing model.

use lianwu_testkit::{DEADLINE, Device, Fixture, LAMP_MODEL, Method, Running, Server, ServerOptions, python, wait_for};
use serde_json::{Value, json};

const OWN: &str = "2026-11-01";

/// The frames of the vendor's `raw_data_mqtt_sample`: 55 aa head, command at 2, request id at 4, then switch, colour, brightness.
const SCRIPT: &str = "
function RawToProtocol(fPort, bytes) {
    const message = {method: 'report', clientToken: new Date(), params: {}};
    if (bytes[0] !== 0xaa || bytes[1] !== 0x55) throw new Error('head ' + bytes.slice(0, 2));
    if (bytes[2] !== 1) return null;
    message.params = {power_switch: bytes[8], color: bytes[9], brightness: bytes[10]};
    return message;
}
function ProtocolToRaw(message) {
    if (message.method !== 'control') return [];
    const {power_switch = 255, color = 255, brightness = 255} = message.params;
    return [0xaa, 0x55, 0x20, 0, 0xcc, 0xcc, 0xcc, 0xcc, power_switch, color, brightness, 255];
}";

/// A raw product with the lamp's thing model and a script.
fn raw_lamp(server: &Server) -> Fixture {
    let mut lamp = Fixture::new(server, LAMP_MODEL);
    let request = json!({
        "ProjectId": lamp.project, "ProductName": "raw", "ProductDesc": "", "CategoryId": 1, "ProductType": 0,
        "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 2,
    });
    let made = lamp.cloud.call("CreateStudioProduct", &request);
    lamp.product = made["Product"]["ProductId"].as_str().expect("an id").to_owned();
    lamp.cloud.call("ModifyModelDefinition", &json!({"ProductId": lamp.product, "ModelSchema": LAMP_MODEL}));
    own(&lamp, "SaveProductScript", &json!({"ProductId": lamp.product, "Script": SCRIPT}));
    lamp
}

#[track_caller]
fn own(lamp: &Fixture, operation: &str, request: &Value) -> Value {
    lamp.cloud.try_call_of(OWN, operation, request).expect(operation)
}

struct Paho(Running);

impl Paho {
    fn start(server: &Server, device: &Device) -> Self {
        let (address, credentials) = (server.mqtt_address(), device.credentials(Method::HmacSha1));
        let mut command = python("paho_device.py");
        command.args([address.ip().to_string(), address.port().to_string(), "4".to_owned()]);
        command.args([&credentials.client_id, &credentials.user_name, &credentials.password]);
        let mut paho = Self(Running::start("paho-mqtt", &mut command));
        paho.says(&json!({"event": "connected", "rc": 0}));
        paho.does(&json!({"do": "subscribe", "topic": device.thing("down/raw"), "qos": 1}));
        paho.says(&json!({"event": "subscribed", "qos": [1]}));
        paho
    }

    #[track_caller]
    fn does(&mut self, command: &Value) {
        self.0.tell(&command.to_string());
    }

    #[track_caller]
    fn says(&mut self, expected: &Value) {
        assert_eq!(self.0.next_json(), *expected);
    }

    /// Sends a frame with QoS 1 and waits for its PUBACK.
    #[track_caller]
    fn reports(&mut self, device: &Device, bytes: &[u8]) {
        self.does(&json!({"do": "publish", "topic": device.thing("up/raw"), "bytes": bytes, "qos": 1}));
        assert_eq!(self.0.next_json()["event"], "published");
    }
}

fn frame(switch: u8, color: u8, brightness: u8) -> Vec<u8> {
    vec![0xaa, 0x55, 1, 0, 1, 2, 3, 4, switch, color, brightness, 255]
}

/// Are a device's bytes its latest values and history, are controls bytes, over a crash of the platform?
#[test]
fn bytes_are_values_and_controls_are_bytes() {
    let mut server = Server::start(ServerOptions::default());
    let lamp = raw_lamp(&server);
    let device = lamp.device("raw-1");
    let mut paho = Paho::start(&server, &device);
    paho.reports(&device, &frame(1, 2, 60));
    let latest = lamp.latest(&device);
    assert_eq!((&latest["power_switch"]["Value"], &latest["color"]["Value"]), (&json!(1), &json!(2)), "{latest}");
    let mut wish = device.reference();
    wish["Data"] = json!({"brightness": 30}).to_string().into();
    lamp.cloud.call("ControlDeviceData", &wish);
    paho.says(&json!({
        "event": "message", "topic": device.thing("down/raw"), "qos": 0,
        "bytes": [0xaa, 0x55, 0x20, 0, 0xcc, 0xcc, 0xcc, 0xcc, 255, 255, 30, 255],
    }));
    let log = lamp.device_log(&device, &json!({"Kinds": ["content"]}));
    let topics: Vec<_> = log.iter().map(|row| (row["Direction"].clone(), row["Topic"].clone())).collect();
    assert_eq!(topics.iter().filter(|topic| topic.1 == device.thing("up/raw")).count(), 2, "bytes and report: {log:?}");
    assert_eq!(topics.iter().filter(|topic| topic.1 == device.thing("down/raw")).count(), 2, "{log:?}");

    server.kill();
    drop(paho);
    server.restart();
    let lamp = Fixture { cloud: server.cloud(), ..lamp };
    assert_eq!(lamp.history(&device, "brightness").iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>(), ["60"]);
    let mut paho = Paho::start(&server, &device);
    paho.reports(&device, &frame(0, 1, 61));
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 61, "the script is there after the crash");
}

/// Does the owner find out why a frame counts for nothing, and is the cure in force with the next one?
#[test]
fn a_script_that_fails_is_explained_and_replaced() {
    let server = Server::start(ServerOptions::default());
    let lamp = raw_lamp(&server);
    let device = lamp.device("raw-1");
    let mut paho = Paho::start(&server, &device);
    paho.reports(&device, &[0x55, 0xaa, 1]);
    let failed = wait_for("the failure in the log", DEADLINE, || {
        lamp.diagnostics(&device, "")
            .into_iter()
            .find(|row| row["Result"].as_str().is_some_and(|r| r.contains("script")))
    });
    let result = failed["Result"].as_str().expect("a text");
    assert!(result.starts_with("FAIL, script failed: Error: head 85,170 at line 4:"), "{failed}");
    assert!(result.ends_with("; bytes 55aa01"), "{failed}");

    let cure = SCRIPT
        .replace("bytes[0] !== 0xaa || bytes[1] !== 0x55", "bytes.length < 3")
        .replace("return null", "bytes[2] = 1");
    let tried = json!({
        "ProductId": lamp.product, "Direction": "up", "Payload": "[85,170,1,0,0,0,0,0,1,2,3]", "Script": cure,
    });
    let ran = own(&lamp, "RunProductScript", &tried);
    assert_eq!(ran["Success"], true, "{ran}");
    assert!(ran["Message"].as_str().expect("a text").contains(r#""brightness":3"#), "{ran}");
    assert_eq!(own(&lamp, "SaveProductScript", &json!({"ProductId": lamp.product, "Script": cure}))["Version"], 2);
    paho.reports(&device, &[85, 170, 1, 0, 0, 0, 0, 0, 1, 2, 3]);
    assert_eq!(lamp.latest(&device)["brightness"]["Value"], 3);
}
