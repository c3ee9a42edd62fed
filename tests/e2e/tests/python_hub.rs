//! Questions to devices and broadcasts between the vendor's Python device SDK and its Python and Node cloud SDKs, all unmodified.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{
    DEADLINE, Device, Fixture, LAMP_MODEL, SdkClient, SdkDevice, Server, ServerOptions, node, now_ms, python, wait_for,
};
use serde_json::{Value, json};

/// The SDK's program, connected.
fn start(server: &Server, device: &Device) -> SdkDevice {
    let mut sdk = SdkDevice::start("sdk_hub.py", server, device);
    assert_eq!(sdk.hears("connected")["rc"], 0);
    sdk
}

/// Tells it to subscribe to something, and waits until it has.
#[track_caller]
fn listens(sdk: &mut SdkDevice, command: &Value) {
    sdk.does(command);
    assert_eq!(sdk.hears("subscribed")["qos"], 0, "the SDK asks for QoS 0");
}

/// Does a question of either cloud SDK reach the device, and the device's answer the call; and is silence told in time?
#[test]
fn questions_are_answered() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__RRPC_WAIT_MS", "2000"));
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = start(&server, &device);
    let mut question = device.reference();
    question["Payload"] = json!(r#"{"how":"bright"}"#);
    let mut python = SdkClient::start("the Python cloud SDK", python("cloud.py"), &server, &json!({}));
    assert_eq!(python.refused("PublishRRPCMessage", &question).code, "FailedOperation.DeviceNoSubscription");

    listens(&mut sdk, &json!({"do": "rrpc", "answer": {"bright": 7}}));
    let mut node = SdkClient::start("the Node cloud SDK", node("cloud.js"), &server, &json!({}));
    let mut ids = Vec::new();
    for cloud in [&mut python, &mut node] {
        let answer = cloud.call("PublishRRPCMessage", &question);
        let asked = sdk.hears("question");
        assert_eq!(asked["topic"], format!("$rrpc/rxd/{}/light-1", device.product));
        assert_eq!(asked["payload"], json!({"how": "bright"}), "{asked}");
        assert_eq!(answer["PayloadBase64"], STANDARD.encode(r#"{"bright": 7}"#), "{answer}");
        ids.push(answer["MessageId"].clone());
    }
    assert_ne!(ids[0], ids[1]);

    listens(&mut sdk, &json!({"do": "rrpc", "answer": null}));
    assert_eq!(python.refused("PublishRRPCMessage", &question).code, "FailedOperation.RRPCTimeout");
    // The newer form has topics this SDK does not know.
    assert_eq!(python.refused("CallDeviceRRPCSync", &question).code, "FailedOperation.DeviceNoSubscription");
}

/// Does a broadcast reach the devices that listen, and the log of the product say how many?
#[test]
fn broadcasts_are_heard() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let devices = ["light-1", "light-2"].map(|name| lamp.device(name));
    let mut listeners = devices.each_ref().map(|device| start(&server, device));
    let mut python = SdkClient::start("the Python cloud SDK", python("cloud.py"), &server, &json!({}));
    let mut node = SdkClient::start("the Node cloud SDK", node("cloud.js"), &server, &json!({}));
    listeners.iter_mut().for_each(|sdk| listens(sdk, &json!({"do": "broadcast"})));
    let message = json!({"ProductId": lamp.product, "Payload": r#"{"drill":true}"#, "Qos": 0});
    let mut tasks = Vec::new();
    for cloud in [&mut python, &mut node] {
        let task = cloud.call("PublishBroadcastMessage", &message)["TaskId"].clone();
        for (sdk, device) in listeners.iter_mut().zip(&devices) {
            let heard = sdk.hears("broadcast");
            assert_eq!(heard["topic"], format!("$broadcast/rxd/{}/{}", device.product, device.name));
            assert_eq!(heard["payload"], json!({"drill": true}));
        }
        let counted = format!("Broadcast to devices,task:{task},sent:2,");
        let line = wait_for("the line of the broadcast", DEADLINE, || {
            let search = json!({"ProductId": lamp.product, "Kinds": ["diagnostic"], "MinTime": now_ms() - 60_000, "MaxTime": now_ms() + 60_000,
                                "Limit": 100});
            let rows = lamp.cloud.call_own("ListDeviceLog", &search)["Rows"].clone();
            let is_it = |row: &&Value| row["Content"].as_str().is_some_and(|text| text.starts_with(&counted));
            rows.as_array().into_iter().flatten().find(is_it).cloned()
        });
        assert_eq!(line["Result"], "SUCC");
        tasks.push(task);
    }
    assert_ne!(tasks[0], tasks[1]);
}
