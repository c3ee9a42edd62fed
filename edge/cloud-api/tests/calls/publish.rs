//! PublishMessage and BatchPublishMessage. Source: spec/cloud-api.md 2.6 and 3.9.

use lianwu_model::account::Instance;
use lianwu_ports::bus::{Delivery, DownKind};
use serde_json::{Value, json};

use super::support::{Cloud, NOW};

struct Scene {
    cloud: Cloud,
    product: String,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let product = cloud.lamp().await;
        Self { cloud, product }
    }

    /// A call for `lamp1` with some members changed.
    fn post(&self, changes: &Value) -> Value {
        let mut call = json!({
            "ProductId": self.product, "DeviceName": "lamp1", "Topic": format!("{}/lamp1/control", self.product),
            "Payload": "hello",
        });
        for (key, value) in changes.as_object().unwrap() {
            call[key] = value.clone();
        }
        call
    }

    /// What the last message sent down was: topic, QoS, payload.
    fn last(&self) -> (String, u8, Vec<u8>) {
        let sent = self.cloud.devices.sent.lock().unwrap();
        let down = sent.last().unwrap();
        match &down.kind {
            DownKind::Topic(topic) => (topic.to_string(), down.qos, down.payload.to_vec()),
            other => panic!("not on a topic of the caller's: {other:?}"),
        }
    }

    fn now(&self, delivery: Delivery) {
        *self.cloud.devices.delivery.lock().unwrap() = delivery;
    }
}

/// Does the payload arrive byte for byte on the topic that was named?
#[tokio::test]
async fn a_message_goes_to_the_topic_as_it_is() {
    let scene = Scene::new().await;
    let control = format!("{}/lamp1/control", scene.product);
    let response = scene.cloud.ok("PublishMessage", scene.post(&json!({}))).await;
    assert_eq!(response.as_object().unwrap().len(), 1, "nothing but the RequestId: {response}");
    assert_eq!(scene.last(), (control.clone(), 0, b"hello".to_vec()));
    let base64 = json!({"Payload": "AAH/", "PayloadEncoding": "base64", "Qos": 1});
    scene.cloud.ok("PublishMessage", scene.post(&base64)).await;
    assert_eq!(scene.last(), (control, 1, vec![0, 1, 255]));
    let system = format!("$thing/down/service/{}/lamp1", scene.product);
    scene.cloud.ok("PublishMessage", scene.post(&json!({"Topic": system}))).await;
    assert_eq!(scene.last().0, system);
}

/// What is refused, and under which code?
#[tokio::test]
async fn refusals_of_a_publish() {
    let scene = Scene::new().await;
    let product = &scene.product;
    let wrong = "InvalidParameterValue";
    for (changes, expected) in [
        (json!({"Topic": "NOSUCHPROD/lamp1/control"}), wrong),
        (json!({"Topic": format!("{product}/lamp2/control")}), wrong),
        (json!({"Topic": format!("{product}/lamp1/event")}), wrong),
        (json!({"Topic": format!("{product}/lamp1/nothing")}), wrong),
        (json!({"Topic": format!("{product}/lamp1/+")}), wrong),
        (json!({"Topic": format!("$thing/up/property/{product}/lamp1")}), wrong),
        (json!({"Topic": ""}), wrong),
        (json!({"Payload": "x".repeat(16 * 1024 + 1)}), wrong),
        (json!({"Payload": "?", "PayloadEncoding": "base64"}), wrong),
        (json!({"PayloadEncoding": "hex"}), wrong),
        (json!({"Qos": 2}), wrong),
        (json!({"DeviceName": "lamp9"}), "ResourceNotFound.DeviceNotExist"),
        (json!({"ProductId": "NOSUCHPROD"}), "ResourceNotFound.StudioProductNotExist"),
    ] {
        assert_eq!(scene.cloud.refused("PublishMessage", scene.post(&changes)).await, expected, "{changes}");
    }
    assert!(scene.cloud.devices.sent.lock().unwrap().is_empty());
    scene.now(Delivery::Offline);
    let code = scene.cloud.refused("PublishMessage", scene.post(&json!({}))).await;
    assert_eq!(code, "FailedOperation.DeviceOffline");
    scene.now(Delivery::NotSubscribed);
    let code = scene.cloud.refused("PublishMessage", scene.post(&json!({}))).await;
    assert_eq!(code, "FailedOperation.DeviceNoSubscription");
    let lamp = json!([{"ProductId": product, "DeviceName": "lamp1"}]);
    scene.cloud.ok("UpdateDevicesEnableState", json!({"DevicesItems": lamp, "Status": 0})).await;
    let code = scene.cloud.refused("PublishMessage", scene.post(&json!({}))).await;
    assert_eq!(code, "FailedOperation.DeviceAlreadyDisabled");
}

/// Are custom topics refused on a public instance, with the reason, while system topics work?
#[tokio::test]
async fn a_public_instance_has_no_custom_topics() {
    let scene = Scene::new().await;
    let id = "ins-public00001".parse().unwrap();
    let public = Instance { id, owner: scene.cloud.owner.uin, enterprise: false, created: NOW };
    scene.cloud.platform.catalog.put_instances(&[public]);
    let response = scene.cloud.call(&scene.cloud.owner, "PublishMessage", scene.post(&json!({}))).await;
    assert_eq!(response["Error"]["Code"], "InvalidParameterValue");
    assert!(response["Error"]["Message"].as_str().unwrap().contains("a public instance has no custom topics"));
    let system = format!("$thing/down/property/{}/lamp1", scene.product);
    scene.cloud.ok("PublishMessage", scene.post(&json!({"Topic": system}))).await;
}

/// Does each device get the message on its own topic, and each failure its row?
#[tokio::test]
async fn a_batch_names_each_failure() {
    let scene = Scene::new().await;
    scene.cloud.ok("CreateDevice", json!({"ProductId": scene.product, "DeviceName": "lamp2"})).await;
    let batch = |names: &[&str]| {
        json!({"ProductId": scene.product, "DeviceNames": names, "Payload": "x",
               "Topic": format!("{}/${{deviceName}}/control", scene.product)})
    };
    let response = scene.cloud.ok("BatchPublishMessage", batch(&["lamp1", "absent", "lamp2"])).await;
    assert_eq!((&response["Total"], &response["SuccessCount"]), (&json!(3), &json!(2)));
    let failures = response["Failures"].as_array().unwrap();
    assert_eq!(failures.len(), 1, "{response}");
    assert_eq!((&failures[0]["DeviceName"], &failures[0]["Status"]), (&json!("absent"), &json!("FAILED")));
    assert!(failures[0]["ErrMsg"].as_str().unwrap().starts_with("ResourceNotFound.DeviceNotExist: "));
    let mut topics: Vec<_> = scene.cloud.devices.sent.lock().unwrap().iter().map(|down| down.kind.clone()).collect();
    topics.sort_by_key(|kind| format!("{kind:?}"));
    let topic = |name: &str| DownKind::Topic(format!("{}/{name}/control", scene.product).into());
    assert_eq!(topics, [topic("lamp1"), topic("lamp2")]);

    for (delivery, status, number) in
        [(Delivery::Offline, "OFFLINE", 23102), (Delivery::NotSubscribed, "FAILED", 23101)]
    {
        scene.now(delivery);
        let response = scene.cloud.ok("BatchPublishMessage", batch(&["lamp1"])).await;
        assert_eq!(response["SuccessCount"], 0);
        let failed = &response["Failures"][0];
        assert_eq!((&failed["Status"], &failed["ErrCode"]), (&json!(status), &json!(number)), "{failed}");
    }
    scene.now(Delivery::Queued);
    let response = scene.cloud.ok("BatchPublishMessage", batch(&["lamp1"])).await;
    assert_eq!((&response["SuccessCount"], &response["Failures"][0]["Status"]), (&json!(0), &json!("PENDING")));
    scene.cloud.ok("PublishMessage", scene.post(&json!({}))).await;
    let many: Vec<String> = (0..101).map(|number| format!("lamp-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for names in [&[][..], &many, &["lamp1", "lamp1"]] {
        assert_eq!(scene.cloud.refused("BatchPublishMessage", batch(names)).await, "InvalidParameterValue");
    }
}
