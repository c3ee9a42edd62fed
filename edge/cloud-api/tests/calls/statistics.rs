//! GetDeviceSumStatistics. Source: spec/cloud-api.md 2.4.

use lianwu_model::UnixMillis;
use lianwu_ports::record::RecordKind;
use serde_json::{Value, json};

use super::support::{Cloud, NOW};

const FIELDS: [&str; 8] = [
    "ActivationCount",
    "OnlineCount",
    "ActivationBeforeDay",
    "ActiveBeforeDay",
    "ActivationWeekDayCount",
    "ActiveWeekDayCount",
    "ActivationBeforeWeekDayCount",
    "ActiveBeforeWeekDayCount",
];

async fn counted(cloud: &Cloud, project: &str, products: &[&str]) -> Vec<u64> {
    let call = json!({"ProjectId": project, "ProductIds": products});
    let response = cloud.ok("GetDeviceSumStatistics", call).await;
    FIELDS.iter().map(|field| response[field].as_u64().unwrap_or_else(|| panic!("{field}: {response}"))).collect()
}

async fn project_of(cloud: &Cloud, product: &str) -> String {
    let found: Value = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    found["Product"]["ProjectId"].as_str().unwrap().to_owned()
}

/// Do the counters follow devices as they sign in, go on, and days pass?
#[tokio::test]
async fn devices_are_counted_by_day() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let project = project_of(&cloud, &product).await;
    assert_eq!(counted(&cloud, &project, &[]).await, [0; 8]);

    cloud.device_says(&product, "lamp1", RecordKind::Connected, NOW, "");
    let lamp = cloud.platform.directory.find(product.parse().unwrap(), "lamp1").unwrap();
    lamp.set_online(true);
    lamp.set_online(true);
    assert_eq!(counted(&cloud, &project, &[]).await, [1, 1, 0, 0, 0, 0, 0, 0], "today is not in the windows yet");
    cloud.clock.set(UnixMillis(NOW.0 + UnixMillis::DAY_MS));
    assert_eq!(counted(&cloud, &project, &[&product]).await, [1, 1, 1, 1, 1, 1, 0, 0]);
    // It is reached by two connections while it moves to another home.
    lamp.set_online(false);
    assert!(lamp.is_online());
    lamp.set_online(false);
    cloud.clock.set(UnixMillis(NOW.0 + 8 * UnixMillis::DAY_MS));
    assert_eq!(counted(&cloud, &project, &[]).await, [1, 0, 0, 0, 0, 0, 1, 1]);
}

/// Is a product of another project, or none at all, refused instead of counted as nothing?
#[tokio::test]
async fn products_must_be_of_the_project() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let other = cloud.project("other").await;
    assert_eq!(counted(&cloud, &other, &[]).await, [0; 8]);
    for (project, product, code) in [
        (other.as_str(), product.as_str(), "ResourceNotFound.StudioProductNotExist"),
        ("prj-zzzzzzzz", product.as_str(), "ResourceNotFound.ProjectNotExist"),
    ] {
        let call = json!({"ProjectId": project, "ProductIds": [product]});
        assert_eq!(cloud.refused("GetDeviceSumStatistics", call).await, code);
    }
}
