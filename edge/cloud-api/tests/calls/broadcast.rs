//! PublishBroadcastMessage. Source: spec/cloud-api.md 2.6.

use lianwu_ports::bus::DownKind;
use lianwu_services::Limits;
use serde_json::{Value, json};

use super::support::{Cloud, NOW};

struct Scene {
    cloud: Cloud,
    product: String,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::with_limits(Limits { api_tps: 0, ..Limits::default() }).await;
        let product = cloud.lamp().await;
        Self { cloud, product }
    }

    fn message(&self, changes: &Value) -> Value {
        let mut call = json!({"ProductId": self.product, "Payload": "AAH/", "PayloadEncoding": "base64", "Qos": 1});
        for (key, value) in changes.as_object().unwrap() {
            call[key] = value.clone();
        }
        call
    }

    /// Waits until no broadcast is running: then the product's turn is free.
    async fn ended(&self) {
        let product = self.product.parse().unwrap();
        while self.cloud.platform.broadcasts.begin(product).is_none() {
            tokio::task::yield_now().await;
        }
    }
}

/// Does a copy go to each device that is online, and does the product's log say how many?
#[tokio::test]
async fn a_broadcast_is_sent_and_counted() {
    let scene = Scene::new().await;
    for name in ["lamp2", "lamp3"] {
        scene.cloud.ok("CreateDevice", json!({"ProductId": scene.product, "DeviceName": name})).await;
    }
    for name in ["lamp1", "lamp2"] {
        scene.cloud.platform.directory.find(scene.product.parse().unwrap(), name).unwrap().set_online(true);
    }
    let response = scene.cloud.ok("PublishBroadcastMessage", scene.message(&json!({}))).await;
    let task = response["TaskId"].as_i64().unwrap();
    scene.ended().await;
    let mut names = Vec::new();
    for down in scene.cloud.devices.sent.lock().unwrap().iter() {
        assert_eq!((&down.kind, down.qos, &*down.payload), (&DownKind::Broadcast, 1, &[0, 1, 255][..]));
        names.push(down.device.device.to_string());
    }
    names.sort();
    assert_eq!(names, ["lamp1", "lamp2"], "lamp3 is offline");
    let search = json!({"ProductId": scene.product, "Kinds": ["diagnostic"], "MinTime": NOW.0 - 1000, "MaxTime": NOW.0 + 1000, "Limit": 10});
    let found = scene.cloud.ok("ListDeviceLog", search).await;
    let line = &found["Rows"][0];
    let expected = format!("Broadcast to devices,task:{task},sent:2,not subscribed:0,offline:0,over rate:0,failed:0");
    assert_eq!(line["Content"], expected, "{found}");
    assert_eq!(line["RequestId"], response["RequestId"]);
}

/// What is refused, and under which code?
#[tokio::test]
async fn refusals_of_a_broadcast() {
    let scene = Scene::new().await;
    let long = "x".repeat(6145);
    for (changes, expected) in [
        (json!({"Payload": long, "PayloadEncoding": ""}), "InvalidParameterValue.PayloadOverLimit"),
        (json!({"Payload": "?"}), "InvalidParameterValue"),
        (json!({"PayloadEncoding": "hex"}), "InvalidParameterValue"),
        (json!({"Qos": 2}), "InvalidParameterValue"),
        (json!({"ProductId": "NOSUCHPROD"}), "ResourceNotFound.StudioProductNotExist"),
    ] {
        let code = scene.cloud.refused("PublishBroadcastMessage", scene.message(&changes)).await;
        assert_eq!(code, expected, "{changes}");
    }
    let turn = scene.cloud.platform.broadcasts.begin(scene.product.parse().unwrap());
    let code = scene.cloud.refused("PublishBroadcastMessage", scene.message(&json!({}))).await;
    assert_eq!(code, "FailedOperation.BroadcastTaskIsRunning");
    drop(turn);
    scene.cloud.ok("PublishBroadcastMessage", scene.message(&json!({}))).await;
}
