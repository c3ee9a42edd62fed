//! A gateway and its sub-devices with the vendor's Python device SDK, unmodified. Its calls wait 1.5 s for the answer.

use lianwu_testkit::{Device, Fixture, LAMP_MODEL, SdkDevice, Server, ServerOptions};
use serde_json::{Value, json};

/// A lamp product, a gateway product that may have it, a gateway that has signed in, and its owner's devices.
struct Site {
    server: Server,
    lamp: Fixture,
    gate: Device,
}

impl Site {
    fn new() -> Self {
        let server = Server::start(ServerOptions::default());
        let lamp = Fixture::new(&server, LAMP_MODEL);
        let request = json!({
            "ProjectId": lamp.project, "ProductName": "gate", "ProductDesc": "", "CategoryId": 1,
            "ProductType": 5, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1,
        });
        let made = lamp.cloud.call("CreateStudioProduct", &request);
        let product = made["Product"]["ProductId"].as_str().expect("a text").to_owned();
        lamp.cloud.call("BindProducts", &json!({"GatewayProductId": product, "ProductIds": [lamp.product]}));
        let gate = Fixture { product, ..lamp.clone() }.device("gate-1");
        Self { server, lamp, gate }
    }

    /// The SDK's gateway, which knows these sub-devices from its file.
    fn start(&self, sub_devices: &[&Device]) -> SdkGateway {
        let known: Vec<_> = sub_devices.iter().map(|sub| (sub.product.as_str(), sub.name.as_str())).collect();
        let mut sdk = SdkDevice::start_gateway("sdk_gateway.py", &self.server, &self.gate, &known);
        assert_eq!(sdk.hears("connected")["rc"], 0);
        sdk.does(&json!({"do": "init"}));
        assert_eq!(sdk.hears_past(&["done"], "subscribed")["qos"], 0, "the SDK asks for QoS 0");
        SdkGateway(sdk)
    }

    #[track_caller]
    fn is_online(&self, device: &Device) -> bool {
        self.lamp.cloud.call("DescribeDevice", &device.reference())["Device"]["Status"] == 1
    }
}

struct SdkGateway(SdkDevice);

impl SdkGateway {
    /// What the SDK makes of the platform's answer: 0 or 1.
    #[track_caller]
    fn asks(&mut self, verb: &str, device: &Device) -> Value {
        self.0.does(&json!({"do": verb, "sub": [device.product, device.name], "secret": device.secret}));
        // SUBACK is told by another thread of the SDK: what it did before may be told behind it.
        loop {
            let done = self.0.hears_past(&["subscribed", "down"], "done");
            if done["do"] == verb {
                return done["rc"].clone();
            }
        }
    }

    #[track_caller]
    fn down(&mut self) -> (String, Value) {
        let mut said = self.0.hears_past(&["done", "subscribed"], "down");
        (said["topic"].as_str().expect("a topic").to_owned(), said["payload"].take())
    }

    #[track_caller]
    fn list(&mut self) -> Value {
        self.0.does(&json!({"do": "list"}));
        let found = self.0.hears_past(&["done", "subscribed"], "list")["sub"].take();
        assert_eq!(self.0.hears_past(&["subscribed"], "done")["rc"], 0);
        found
    }
}

/// Does the SDK bind a device, bring it online, report and be controlled for it, take it offline and let it go?
#[test]
fn a_sub_device_from_bind_to_unbind() {
    let site = Site::new();
    let [lamp, other] = ["light-1", "light-2"].map(|name| site.lamp.device(name));
    let mut sdk = site.start(&[&lamp]);
    assert_eq!(sdk.asks("online", &other), 1, "not bound");
    assert_eq!(sdk.asks("bind", &lamp), 0);
    assert_eq!(sdk.list(), json!([[lamp.product, lamp.name]]));
    assert_eq!(sdk.asks("online", &lamp), 0);
    assert!(site.is_online(&lamp));

    let topic = lamp.thing("down/property");
    sdk.0.does(&json!({"do": "subscribe", "topic": topic}));
    sdk.0.hears_past(&["done"], "subscribed");
    let report = json!({"method": "report", "clientToken": "r-1", "params": {"brightness": 55}});
    for qos in [0, 1] {
        sdk.0.does(&json!({"do": "publish", "topic": lamp.thing("up/property"), "payload": report, "qos": qos}));
        let (heard, reply) = sdk.down();
        assert_eq!(heard, topic);
        assert_eq!(reply, json!({"method": "report_reply", "clientToken": "r-1", "code": 0, "status": "success"}));
    }
    assert_eq!(site.lamp.latest(&lamp)["brightness"]["Value"], 55, "it is the lamp's own");

    let mut control = lamp.reference();
    control["Data"] = json!(r#"{"brightness":20}"#);
    let result = site.lamp.cloud.call("ControlDeviceData", &control);
    assert_eq!(result["Result"], r#"{"Sent":1,"pushResult":0}"#);
    let (heard, control) = sdk.down();
    assert_eq!((heard.as_str(), &control["params"]), (topic.as_str(), &json!({"brightness": 20})));

    assert_eq!(sdk.asks("offline", &lamp), 0);
    assert!(!site.is_online(&lamp));
    assert_eq!(sdk.asks("unbind", &lamp), 0);
    assert_eq!(sdk.asks("unbind", &lamp), 1, "it is free already");
}

/// Do controls for a sub-device reach the SDK with QoS 1, more of them than may be unacknowledged, and does one that came while the
/// sub-device was offline wait in its state?
#[test]
fn controls_with_qos_1() {
    let site = Site::new();
    let lamp = site.lamp.device("light-1");
    let mut sdk = site.start(&[&lamp]);
    assert_eq!(sdk.asks("bind", &lamp), 0);
    assert_eq!(sdk.asks("online", &lamp), 0);
    let topic = lamp.thing("down/property");
    sdk.0.does(&json!({"do": "subscribe", "topic": topic, "qos": 1}));
    assert_eq!(sdk.0.hears_past(&["done"], "subscribed")["qos"], 1);
    for brightness in 1..=21 {
        let control = json!({"method": "control", "clientToken": format!("c-{brightness}"), "params": {"brightness": brightness}});
        let mut message = lamp.reference();
        message["Topic"] = json!(topic);
        message["Payload"] = json!(control.to_string());
        message["Qos"] = json!(1);
        site.lamp.cloud.call("PublishMessage", &message);
        let mut said = sdk.0.hears_past(&["done"], "down");
        assert_eq!((&said["topic"], &said["qos"]), (&json!(topic), &json!(1)));
        assert_eq!(said["payload"].take(), control);
    }
    assert_eq!(sdk.asks("offline", &lamp), 0);
    let mut control = lamp.reference();
    control["Data"] = json!(r#"{"brightness":30}"#);
    let result = site.lamp.cloud.call("ControlDeviceData", &control);
    assert_eq!(result["Result"], r#"{"Sent":0,"pushResult":23101}"#);
    assert_eq!(sdk.asks("online", &lamp), 0);
    let ask = json!({"method": "get_status", "clientToken": "s-1"});
    sdk.0.does(&json!({"do": "publish", "topic": lamp.thing("up/property"), "payload": ask, "qos": 1}));
    let (_, status) = sdk.down();
    assert_eq!(status["data"]["control"], json!({"brightness": 30}));
}

/// What does the SDK make of a wrong secret, a second bind, and of devices that its owner binds and unbinds meanwhile?
#[test]
fn refusals_and_changes_by_the_owner() {
    let site = Site::new();
    let lamps = ["light-1", "light-2"].map(|name| site.lamp.device(name));
    let mut sdk = site.start(&[]);
    // Another device than the one bound below: the SDK keeps a refusal as the answer to its next call of that kind, too.
    let wrong = Device { secret: lamps[0].secret.clone(), ..lamps[1].clone() };
    assert_eq!(sdk.asks("bind", &wrong), 1);
    assert_eq!(sdk.asks("bind", &lamps[0]), 0);
    assert_eq!(sdk.asks("bind", &lamps[0]), 1, "809: bound already");

    let pair = json!({"GatewayProductId": site.gate.product, "GatewayDeviceName": site.gate.name,
                      "ProductId": site.lamp.product, "DeviceNames": [lamps[1].name]});
    site.lamp.cloud.call("BindDevices", &pair);
    assert_eq!(sdk.asks("online", &lamps[1]), 0, "the SDK has taken the change");
    site.lamp.cloud.call("UnbindDevices", &pair);
    assert_eq!(sdk.asks("online", &lamps[1]), 1);
    assert_eq!(sdk.list(), json!([[lamps[0].product, lamps[0].name]]));
    assert_eq!(sdk.asks("online", &lamps[0]), 0);
}

/// Is a list that is longer than one message whole in the SDK?
#[test]
fn a_long_list_comes_in_several_messages() {
    let site = Site::new();
    let names: Vec<String> = (0..40).map(|number| format!("light-{number:02}")).collect();
    for name in &names {
        let _ = site.lamp.device(name);
    }
    let bind = json!({"GatewayProductId": site.gate.product, "GatewayDeviceName": site.gate.name,
                      "ProductId": site.lamp.product, "DeviceNames": names});
    site.lamp.cloud.call("BindDevices", &bind);
    let mut sdk = site.start(&[]);
    let mut found: Vec<String> = Vec::new();
    // The SDK returns at the first message and adds what comes later to the list it gave.
    for _ in 0..2 {
        let list = sdk.list();
        found.extend(list.as_array().expect("a list").iter().map(|sub| sub[1].as_str().expect("a name").to_owned()));
    }
    found.sort();
    found.dedup();
    assert_eq!(found, names);
}
