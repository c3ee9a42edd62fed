//! The vendor's Python device SDK, unmodified: MQTT 3.1, one topic per SUBSCRIBE, events in its own form.

use lianwu_testkit::{Device, Fixture, LAMP_MODEL, SdkDevice, Server, ServerOptions, now_ms};
use serde_json::{Value, json};

/// The SDK's program; acknowledgements of publishes and of topics taken and left are passed over: a thread of the SDK's own tells them.
struct SdkLamp(SdkDevice);

impl SdkLamp {
    #[track_caller]
    fn start(server: &Server, device: &Device) -> Self {
        Self(SdkDevice::start("sdk_device.py", server, device))
    }

    #[track_caller]
    fn does(&mut self, command: &Value) {
        self.0.does(command);
    }

    #[track_caller]
    fn hears(&mut self, event: &str) -> Value {
        let passed: &[&str] = if event == "subscribed" {
            &["published", "unsubscribed"]
        } else {
            &["published", "subscribed", "unsubscribed"]
        };
        self.0.hears_past(passed, event)
    }

    /// Connected, and subscribed to all four thing-model topics.
    #[track_caller]
    fn ready(&mut self) {
        assert_eq!(self.hears("connected")["rc"], 0);
        self.does(&json!({"do": "template_init"}));
        for _ in 0..4 {
            assert_eq!(self.hears("subscribed")["qos"], 0, "the SDK asks for QoS 0");
        }
    }
}

/// Does the SDK's whole conversation work: sign-in, report, status, control, device information?
#[test]
fn properties() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = SdkLamp::start(&server, &device);
    sdk.ready();

    let values = json!({"power_switch": 1, "color": 2, "brightness": 55, "name": "大厅",
                        "position": {"longitude": 113, "latitude": 22}, "power": "high"});
    sdk.does(&json!({"do": "report", "params": values}));
    let reply = sdk.hears("property");
    assert_eq!(reply["topic"], device.thing("down/property"));
    assert_eq!(
        reply["payload"],
        json!({"method": "report_reply", "clientToken": format!("{}-0", device.product), "code": 0, "status": "success"})
    );
    let latest = lamp.latest(&device);
    for (id, value) in values.as_object().expect("an object") {
        assert_eq!(latest[id]["Value"], *value, "{id}");
    }

    sdk.does(
        &json!({"do": "report_info", "params": {"name": device.name, "fw_ver": "1.0.0", "mac": "11:22:33:44:55:66"}}),
    );
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!((&reply["method"], &reply["code"]), (&json!("report_info_reply"), &json!(0)));

    sdk.does(&json!({"do": "get_status"}));
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!((&reply["method"], &reply["code"]), (&json!("get_status_reply"), &json!(0)));
    assert_eq!(reply["data"]["reported"], values);

    let request = json!({"ProductId": device.product, "DeviceName": device.name, "Data": "{\"power_switch\":0,\"brightness\":80}"});
    let result = lamp.cloud.call("ControlDeviceData", &request);
    assert_eq!(result["Result"], "{\"Sent\":1,\"pushResult\":0}");
    let control = sdk.hears("property")["payload"].clone();
    assert_eq!(control["method"], "control");
    assert_eq!(control["params"], json!({"power_switch": 0, "brightness": 80}));
    assert!(control["clientToken"].as_str().is_some_and(|token| token.starts_with("clientToken-")), "{control}");

    // The SDK leaves `method` out of this answer; the platform must not take it for a broken message.
    sdk.does(&json!({"do": "control_reply", "code": 0, "status": ""}));
    sdk.does(&json!({"do": "get_status"}));
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!(reply["method"], "get_status_reply", "nothing was answered to the control_reply");
    assert_eq!(reply["data"].get("control"), None, "a delivered control is not pending");
    sdk.does(&json!({"do": "disconnect"}));
    sdk.hears("disconnected");
}

/// Does a control for a device that is away wait until the device asks, and end when the device says so?
#[test]
fn a_control_for_an_absent_device_waits() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut request = device.reference();
    for data in ["{\"power_switch\":0,\"brightness\":10}", "{\"brightness\":80}"] {
        request["Data"] = data.into();
        let result = lamp.cloud.call("ControlDeviceData", &request);
        assert_eq!(result["Result"], "{\"Sent\":0,\"pushResult\":23101}");
    }

    let mut sdk = SdkLamp::start(&server, &device);
    sdk.ready();
    sdk.does(&json!({"do": "get_status"}));
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!(reply["data"]["control"], json!({"power_switch": 0, "brightness": 80}), "the later value wins");
    sdk.does(&json!({"do": "clear_control"}));
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!((&reply["method"], &reply["code"]), (&json!("clear_control_reply"), &json!(0)));
    sdk.does(&json!({"do": "get_status"}));
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!(reply["data"].get("control"), None, "{reply}");
}

/// Are events answered and found: one by one in the SDK's mixed form, several at once, and plainly written?
#[test]
fn events() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = SdkLamp::start(&server, &device);
    sdk.ready();

    let low = json!({"eventId": "low_voltage", "type": "alert", "timestamp": 0, "params": {"voltage": 2.8}});
    let status =
        json!({"eventId": "status_report", "type": "info", "timestamp": 0, "params": {"status": 1, "message": "ok"}});
    let fault = json!({"eventId": "hardware_fault", "type": "fault", "timestamp": 0, "params": {"name": "fan", "error_code": 7}});

    sdk.does(&json!({"do": "events", "events": [low]}));
    let reply = sdk.hears("event")["payload"].clone();
    assert_eq!((&reply["method"], &reply["code"]), (&json!("event_reply"), &json!(0)), "event_post with a list of one");

    sdk.does(&json!({"do": "events", "events": [status, fault]}));
    let reply = sdk.hears("event")["payload"].clone();
    assert_eq!((&reply["method"], &reply["code"]), (&json!("events_reply"), &json!(0)));

    let plain = json!({"method": "event_post", "clientToken": "plain-1", "version": "1.0", "eventId": "low_voltage",
                       "type": "alert", "timestamp": 0, "params": {"voltage": 3.1}});
    sdk.does(&json!({"do": "publish", "topic": device.thing("up/event"), "payload": plain, "qos": 1}));
    let reply = sdk.hears("event")["payload"].clone();
    assert_eq!((&reply["method"], &reply["clientToken"]), (&json!("event_reply"), &json!("plain-1")));

    let unknown = json!({"eventId": "no_such_event", "type": "info", "timestamp": 0, "params": {}});
    sdk.does(&json!({"do": "events", "events": [unknown]}));
    let reply = sdk.hears("event")["payload"].clone();
    assert_eq!((&reply["code"], &reply["status"]), (&json!(404), &json!("no_such_event not defined")));

    let found = lamp.cloud.call("ListEventHistory", &device.reference());
    let rows = found["EventHistory"].as_array().expect("a list");
    let ids: Vec<_> = rows.iter().map(|row| row["EventId"].as_str().unwrap_or_default()).collect();
    assert_eq!(ids.len(), 4, "{found}");
    assert_eq!(ids[0], "low_voltage", "newest first");
    for id in ["low_voltage", "status_report", "hardware_fault"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
}

/// Does a caller of CallDeviceActionSync get what the SDK's device answered?
#[test]
fn an_action_is_answered() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = SdkLamp::start(&server, &device);
    sdk.ready();

    let mut request = device.reference();
    request["ActionId"] = "light_blink".into();
    request["InputParams"] = "{\"period\":3}".into();
    let cloud = lamp.cloud.clone();
    let caller = std::thread::spawn(move || cloud.call("CallDeviceActionSync", &request));

    let action = sdk.hears("action");
    assert_eq!(action["topic"], device.thing("down/action"));
    let action = action["payload"].clone();
    assert_eq!((&action["method"], &action["actionId"]), (&json!("action"), &json!("light_blink")));
    assert_eq!(action["params"], json!({"period": 3}));
    assert!(action["timestamp"].is_u64(), "the C SDK refuses an action without a timestamp: {action}");
    sdk.does(&json!({"do": "action_reply", "clientToken": action["clientToken"], "code": 0,
                     "status": "action execute success!", "response": {"err_code": 0}}));

    let answer = caller.join().expect("the call ended in an answer");
    assert_eq!(answer["ClientToken"], action["clientToken"]);
    assert_eq!(answer["Status"], "action execute success!");
    let output: Value = serde_json::from_str(answer["OutputParams"].as_str().expect("a text")).expect("JSON");
    assert_eq!(output, json!({"err_code": 0}));
}

/// Does the SDK's clock question get a time between the question and the answer?
#[test]
fn the_time() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let mut sdk = SdkLamp::start(&server, &lamp.device("light-1"));
    assert_eq!(sdk.hears("connected")["rc"], 0);
    let before = now_ms();
    sdk.does(&json!({"do": "time"}));
    let time = sdk.hears("time")["time"].as_f64().expect("a number");
    let after = now_ms();
    // The SDK adds half of the way there and back, as if both took as long. The platform's own time lies between `before` and
    // `after`; if the whole way was the one there, half of it goes beyond.
    let latest = after as f64 + (after - before) as f64 / 2.0;
    assert!(time >= before as f64 && time <= latest, "{before} <= {time} <= {latest}");
}

/// Do samples gathered while away arrive under their own times, and is a request to be unbound answered?
#[test]
fn packed_reports_and_services() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = SdkLamp::start(&server, &device);
    sdk.ready();
    let start = now_ms() - 3_600_000;
    let items: Vec<_> =
        (0..20).map(|n| json!({"timestamp": start + n * 1000, "properties": {"brightness": n}})).collect();
    let pack = json!({"method": "pack_report", "clientToken": "p-1", "params": items});
    sdk.does(&json!({"do": "publish", "topic": device.thing("up/property"), "payload": pack, "qos": 1}));
    let reply = sdk.hears("property")["payload"].clone();
    assert_eq!((&reply["method"], &reply["code"]), (&json!("pack_report_reply"), &json!(0)), "{reply}");
    let expected: Vec<_> = (0..20).map(|n| (start + n * 1000, n.to_string())).collect();
    assert_eq!(lamp.history(&device, "brightness"), expected);

    let request = json!({"method": "unbind_device_request", "clientToken": "u-1", "deviceName": device.name,
                         "productId": device.product});
    sdk.does(&json!({"do": "publish", "topic": device.thing("up/service"), "payload": request, "qos": 0}));
    let reply = sdk.hears("service")["payload"].clone();
    assert_eq!(
        (&reply["method"], &reply["clientToken"], &reply["code"]),
        (&json!("unbind_device_reply"), &json!("u-1"), &json!(0))
    );
}

/// Is the version the SDK's firmware part reports kept, and answered so that it need not wait? Firmware update is not served yet:
/// the answer says so, and nothing is offered.
#[test]
fn firmware_version() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = SdkLamp::start(&server, &device);
    sdk.ready();
    sdk.does(&json!({"do": "ota_init"}));
    sdk.hears("subscribed");
    sdk.does(&json!({"do": "ota_report_version", "version": "1.0.0"}));
    let said = sdk.hears("ota");
    assert_eq!(said["topic"], format!("$ota/update/{}/light-1", device.product));
    let payload = &said["payload"];
    assert_eq!(
        (&payload["type"], &payload["result_code"], &payload["version"]),
        (&json!("report_version_rsp"), &json!(1), &json!("1.0.0")),
        "{payload}"
    );
    let line = lamp
        .diagnostics(&device, "")
        .into_iter()
        .find(|row| row["Result"].as_str().is_some_and(|text| text.contains("firmware")));
    assert_eq!(line.expect("a line about it")["Result"], "FAIL, firmware update is not served yet");
}
