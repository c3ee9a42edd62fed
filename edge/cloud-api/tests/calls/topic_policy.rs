//! Custom topics of products. Source: spec/cloud-api.md 2.7.

use lianwu_model::account::Instance;
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

    fn topic(&self, name: &str, privilege: u64) -> Value {
        json!({"ProductId": self.product, "TopicName": name, "Privilege": privilege})
    }

    fn name(&self, name: &str) -> Value {
        json!({"ProductId": self.product, "TopicName": name})
    }

    async fn listed(&self) -> Vec<(String, u64)> {
        let listed = self.cloud.ok("ListTopicPolicy", json!({"ProductId": self.product})).await;
        let item = |item: &Value| (item["TopicName"].as_str().unwrap().to_owned(), item["Privilege"].as_u64().unwrap());
        listed["Topics"].as_array().unwrap().iter().map(item).collect()
    }
}

/// Do the six operations do what they say, and hear the devices' homes of each change?
#[tokio::test]
async fn topics_come_change_and_go() {
    let scene = Scene::new().await;
    let fixed = "${ProductId}/${DeviceName}";
    let start = [(format!("{fixed}/control"), 2), (format!("{fixed}/event"), 1), (format!("{fixed}/data"), 3)];
    assert_eq!(scene.listed().await, start, "what every product starts with");

    let concrete = format!("{}/${{deviceName}}/alarm/+", scene.product);
    let response = scene.cloud.ok("CreateTopicPolicy", scene.topic(&concrete, 2)).await;
    assert_eq!(response.as_object().unwrap().len(), 1, "nothing but the RequestId: {response}");
    let asked = scene.name(&format!("{fixed}/alarm/+"));
    let found = scene.cloud.ok("DescribeTopicPolicy", asked.clone()).await;
    assert_eq!((&found["ProductId"], &found["TopicName"]), (&json!(scene.product), &json!(concrete)));
    assert_eq!(found["Privilege"], 2);

    let mut change = scene.topic(&concrete, 3);
    change["NewTopicName"] = format!("{fixed}/alarm").into();
    scene.cloud.ok("ModifyTopicPolicy", change).await;
    assert_eq!(scene.listed().await[3], (format!("{fixed}/alarm"), 3));
    assert_eq!(scene.cloud.refused("DescribeTopicPolicy", asked).await, "ResourceNotFound.TopicPolicyNotExist");
    scene.cloud.ok("DeleteTopicPolicy", scene.name(&format!("{fixed}/alarm"))).await;
    assert_eq!(scene.listed().await, start);
    let changed = scene.cloud.devices.topics_changed.lock().unwrap().clone();
    assert_eq!(changed, [scene.product.parse().unwrap(); 3], "each change is told");
}

/// What is refused, and under which code?
#[tokio::test]
async fn refusals_of_a_topic() {
    let scene = Scene::new().await;
    let fixed = "${ProductId}/${DeviceName}";
    let missing = "ResourceNotFound.TopicPolicyNotExist";
    for (action, name, privilege, expected) in [
        ("CreateTopicPolicy", format!("{fixed}/a"), 0, "InvalidParameterValue"),
        ("CreateTopicPolicy", format!("{fixed}/a"), 4, "InvalidParameterValue"),
        ("CreateTopicPolicy", format!("{fixed}/+/a"), 1, "InvalidParameterValue"),
        ("CreateTopicPolicy", format!("{fixed}/a-b"), 3, "InvalidParameterValue"),
        ("CreateTopicPolicy", "$thing/up/property".to_owned(), 1, "InvalidParameterValue"),
        ("CreateTopicPolicy", "OTHER00001/${DeviceName}/a".to_owned(), 1, "InvalidParameterValue"),
        (
            "CreateTopicPolicy",
            format!("{}/${{devicename}}/data", scene.product),
            1,
            "InvalidParameterValue.TopicPolicyAlreadyExist",
        ),
        ("DescribeTopicPolicy", format!("{fixed}/a"), 0, missing),
        ("DeleteTopicPolicy", format!("{fixed}/a"), 0, missing),
        ("DeleteTopicPolicy", "anything".to_owned(), 0, missing),
    ] {
        let call = if action == "CreateTopicPolicy" { scene.topic(&name, privilege) } else { scene.name(&name) };
        assert_eq!(scene.cloud.refused(action, call).await, expected, "{action} {name} {privilege}");
    }
    let mut change = scene.topic(&format!("{fixed}/control"), 3);
    change["NewTopicName"] = format!("{fixed}/data").into();
    let taken = "InvalidParameterValue.TopicPolicyAlreadyExist";
    assert_eq!(scene.cloud.refused("ModifyTopicPolicy", change.clone()).await, taken);
    change["TopicName"] = format!("{fixed}/a").into();
    assert_eq!(scene.cloud.refused("ModifyTopicPolicy", change).await, missing);
    let elsewhere = json!({"ProductId": "NOSUCHPROD"});
    let code = scene.cloud.refused("ListTopicPolicy", elsewhere).await;
    assert_eq!(code, "ResourceNotFound.StudioProductNotExist");
}

/// Has a product at most a hundred, and does the hundred-and-first say so?
#[tokio::test]
async fn a_product_has_a_hundred_topics() {
    let cloud = Cloud::with_limits(lianwu_services::Limits { api_tps: 0, ..lianwu_services::Limits::default() }).await;
    let product = cloud.lamp().await;
    let scene = Scene { cloud, product };
    for number in 3..100 {
        scene.cloud.ok("CreateTopicPolicy", scene.topic(&format!("${{ProductId}}/${{DeviceName}}/t{number}"), 3)).await;
    }
    let more = scene.topic("${ProductId}/${DeviceName}/more", 3);
    assert_eq!(scene.cloud.refused("CreateTopicPolicy", more).await, "LimitExceeded.TopicPolicyExceedLimit");
    assert_eq!(scene.listed().await.len(), 100);
}

/// faq-06: is a change refused on a public instance, with the reason?
#[tokio::test]
async fn a_public_instance_gets_no_custom_topic() {
    let scene = Scene::new().await;
    let id = "ins-public00001".parse().unwrap();
    let public = Instance { id, owner: scene.cloud.owner.uin, enterprise: false, created: NOW };
    scene.cloud.platform.catalog.put_instances(&[public]);
    let call = scene.topic("${ProductId}/${DeviceName}/a", 3);
    let response = scene.cloud.call(&scene.cloud.owner, "CreateTopicPolicy", call).await;
    assert_eq!(response["Error"]["Code"], "InvalidParameterValue");
    assert!(response["Error"]["Message"].as_str().unwrap().contains("a public instance has no custom topics"));
    assert_eq!(scene.listed().await.len(), 3, "nothing was changed");
}

/// faq-64: may the owner publish to a topic as soon as it is there, level by level under its `+`, and no longer?
#[tokio::test]
async fn messages_go_to_topics_that_devices_may_subscribe_to() {
    let scene = Scene::new().await;
    let post = |rest: &str| {
        json!({"ProductId": scene.product, "DeviceName": "lamp1", "Payload": "x",
               "Topic": format!("{}/lamp1/{rest}", scene.product)})
    };
    assert_eq!(scene.cloud.refused("PublishMessage", post("room/msg")).await, "InvalidParameterValue");
    scene.cloud.ok("CreateTopicPolicy", scene.topic("${ProductId}/${DeviceName}/+/msg", 2)).await;
    scene.cloud.ok("PublishMessage", post("room/msg")).await;
    assert_eq!(scene.cloud.refused("PublishMessage", post("a/b/msg")).await, "InvalidParameterValue");
    scene.cloud.ok("DeleteTopicPolicy", scene.name("${ProductId}/${DeviceName}/+/msg")).await;
    assert_eq!(scene.cloud.refused("PublishMessage", post("room/msg")).await, "InvalidParameterValue");
}

/// Is the answer the live state of the device's home?
#[tokio::test]
async fn subscriptions_of_a_device() {
    let scene = Scene::new().await;
    let lamp = json!({"ProductId": scene.product, "DeviceName": "lamp1"});
    assert_eq!(scene.cloud.ok("DescribeSubscribedTopicPolicy", lamp.clone()).await["Topics"], json!([]));
    *scene.cloud.devices.subscriptions.lock().unwrap() = vec!["a/b/c".into()];
    let found = scene.cloud.ok("DescribeSubscribedTopicPolicy", lamp).await;
    assert_eq!(found["Topics"], json!([{"TopicName": "a/b/c"}]));
    let absent = json!({"ProductId": scene.product, "DeviceName": "lamp9"});
    let code = scene.cloud.refused("DescribeSubscribedTopicPolicy", absent).await;
    assert_eq!(code, "ResourceNotFound.DeviceNotExist");
}
