//! CallDeviceRRPCSync and PublishRRPCMessage. Source: spec/cloud-api.md 2.6 and 3.9.

use lianwu_ports::bus::{Delivery, DownKind};
use lianwu_services::Limits;
use lianwu_services::rrpc::{Mark, RrpcFamily};
use serde_json::{Value, json};

use super::support::Cloud;

struct Scene {
    cloud: Cloud,
    product: String,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::with_limits(Limits { api_tps: 0, rrpc_wait_ms: 1, ..Limits::default() }).await;
        let product = cloud.lamp().await;
        Self { cloud, product }
    }

    fn ask(&self, changes: &Value) -> Value {
        let mut call = json!({"ProductId": self.product, "DeviceName": "lamp1", "Payload": "hello"});
        for (key, value) in changes.as_object().unwrap() {
            call[key] = value.clone();
        }
        call
    }

    /// From now on the device answers every question with these bytes.
    fn answers(&self, bytes: &'static [u8]) {
        let platform = self.cloud.platform.clone();
        *self.cloud.devices.answer.lock().unwrap() = Some(Box::new(move |down| {
            let DownKind::Topic(topic) = &down.kind else { panic!("not on a topic: {down:?}") };
            let process = || topic.rsplit('/').next().unwrap().into();
            let mark = match topic.split('/').next() {
                Some("$rrpc") => Mark::Process(RrpcFamily::Rrpc, process()),
                Some("$iotrrpc") => Mark::Process(RrpcFamily::IotRrpc, process()),
                _ => {
                    let question: Value = serde_json::from_slice(&down.payload).unwrap();
                    Mark::Token(question["clientToken"].as_str().unwrap().into())
                }
            };
            assert!(platform.replies.rrpc.resolve(down.number, mark, bytes.into()), "the call waits");
        }));
    }

    /// Topic and payload of the last question.
    fn last(&self) -> (String, Vec<u8>) {
        let sent = self.cloud.devices.sent.lock().unwrap();
        match &sent.last().unwrap().kind {
            DownKind::Topic(topic) => (topic.to_string(), sent.last().unwrap().payload.to_vec()),
            other => panic!("not on a topic: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_question_in_the_default_form() {
    let scene = Scene::new().await;
    scene.answers(&[0, 1, 255]);
    let answer = scene.cloud.ok("CallDeviceRRPCSync", scene.ask(&json!({}))).await;
    let id = answer["MessageId"].as_u64().unwrap();
    let place = format!("{}/lamp1/{id}", scene.product);
    assert_eq!(scene.last(), (format!("$iotrrpc/down/{place}"), b"hello".to_vec()));
    assert_eq!((&answer["Status"], &answer["PayloadBase64"]), (&json!("Replied"), &json!("AAH/")));
    assert_eq!(answer["ReplyTopic"], format!("$iotrrpc/up/{place}"));
    assert_eq!(answer["ClientToken"].as_str().unwrap().len(), 32);
    scene.cloud.ok("CallDeviceRRPCSync", scene.ask(&json!({"Encoding": "base64"}))).await;
    assert_eq!(scene.last().1, b"aGVsbG8=", "it travels as Base64");
}

/// Is silence a status in the new form, and an error in the old one?
#[tokio::test]
async fn a_device_that_does_not_answer() {
    let scene = Scene::new().await;
    let answer = scene.cloud.ok("CallDeviceRRPCSync", scene.ask(&json!({}))).await;
    assert_eq!((&answer["Status"], &answer["PayloadBase64"]), (&json!("Timeout"), &json!("")));
    assert_eq!(scene.cloud.refused("PublishRRPCMessage", scene.ask(&json!({}))).await, "FailedOperation.RRPCTimeout");
    for (delivery, expected) in [
        (Delivery::Offline, "FailedOperation.DeviceOffline"),
        (Delivery::NotSubscribed, "FailedOperation.DeviceNoSubscription"),
    ] {
        *scene.cloud.devices.delivery.lock().unwrap() = delivery;
        for operation in ["CallDeviceRRPCSync", "PublishRRPCMessage"] {
            assert_eq!(scene.cloud.refused(operation, scene.ask(&json!({}))).await, expected, "{operation}");
        }
    }
}

#[tokio::test]
async fn the_legacy_form() {
    let scene = Scene::new().await;
    scene.answers(b"ok");
    let answer = scene.cloud.ok("PublishRRPCMessage", scene.ask(&json!({}))).await;
    let id = answer["MessageId"].as_i64().unwrap();
    assert_eq!(scene.last(), (format!("$rrpc/rxd/{}/lamp1/{id}", scene.product), b"hello".to_vec()));
    assert_eq!(answer["PayloadBase64"], "b2s=");
}

#[tokio::test]
async fn a_question_on_a_custom_topic() {
    let scene = Scene::new().await;
    scene.answers(b"ok");
    let control = json!({"Topic": "${ProductId}/${DeviceName}/control", "Payload": r#"{"a":1}"#});
    let answer = scene.cloud.ok("CallDeviceRRPCSync", scene.ask(&control)).await;
    let (topic, payload) = scene.last();
    assert_eq!(topic, format!("{}/lamp1/control", scene.product));
    let question: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(question, json!({"a": 1, "clientToken": answer["ClientToken"]}));
    assert_eq!((&answer["ReplyTopic"], &answer["Status"]), (&json!(""), &json!("Replied")));
    let mut named = control.clone();
    named["ReplyTopic"] = "${productid}/${devicename}/event".into();
    let answer = scene.cloud.ok("CallDeviceRRPCSync", scene.ask(&named)).await;
    assert_eq!(answer["ReplyTopic"], format!("{}/lamp1/event", scene.product));
}

/// What is refused, and under which code? Nothing of it is asked.
#[tokio::test]
async fn refusals_of_a_question() {
    let scene = Scene::new().await;
    let control = format!("{}/lamp1/control", scene.product);
    let mismatch = "InvalidParameterValue.TopicMismatch";
    for (changes, expected) in [
        (json!({"Encoding": "hex"}), "InvalidParameterValue"),
        (json!({"Payload": "x".repeat(16 * 1024 + 1)}), "InvalidParameterValue.PayloadOverLimit"),
        (json!({"Topic": control}), "InvalidParameterValue"),
        (json!({"Topic": control, "Payload": r#"{"clientToken":"1"}"#}), "InvalidParameterValue"),
        (json!({"Topic": format!("{}/lamp1/event", scene.product), "Payload": "{}"}), "InvalidParameterValue"),
        (json!({"Topic": format!("{}/lamp2/control", scene.product), "Payload": "{}"}), "InvalidParameterValue"),
        (json!({"ReplyTopic": control}), mismatch),
        (json!({"Topic": control, "Payload": "{}", "ReplyTopic": format!("{}/lamp2/event", scene.product)}), mismatch),
        (json!({"Topic": control, "Payload": "{}", "ReplyTopic": "$thing/up/service/x/lamp1"}), mismatch),
        (json!({"DeviceName": "lamp9"}), "ResourceNotFound.DeviceNotExist"),
    ] {
        assert_eq!(scene.cloud.refused("CallDeviceRRPCSync", scene.ask(&changes)).await, expected, "{changes}");
    }
    assert!(scene.cloud.devices.sent.lock().unwrap().is_empty());
}
