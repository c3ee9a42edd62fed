//! ListMessages: what was said, in the order it was committed.

use lianwu_ports::record::RecordKind;
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code};

const REPORT: &str = r#"{"method":"report","clientToken":"1","params":{"power":1}}"#;

/// All rows from page to page.
async fn listed(cloud: &Cloud, mut request: Value) -> Vec<Value> {
    let mut rows = Vec::new();
    loop {
        let page = cloud.ok("ListMessages", request.clone()).await;
        rows.extend(page["Messages"].as_array().unwrap().clone());
        if page["Listover"] == true {
            assert_eq!(page["Context"], "");
            return rows;
        }
        request["Context"] = page["Context"].clone();
    }
}

fn window(product: &str) -> Value {
    json!({"ProductId": product, "MinTime": NOW.0, "MaxTime": NOW.0 + 1000})
}

/// Are messages of a product shown whole, and those of one device alone?
#[tokio::test]
async fn messages_are_listed_in_commit_order() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "lamp2"})).await;
    for device in ["lamp1", "lamp2", "lamp1"] {
        cloud.device_says(&product, device, RecordKind::PropertyReport, NOW, REPORT);
    }
    let mut request = window(&product);
    request["Limit"] = json!(2);
    let rows = listed(&cloud, request.clone()).await;
    let devices: Vec<_> = rows.iter().map(|row| row["DeviceName"].as_str().unwrap()).collect();
    assert_eq!(devices, ["lamp1", "lamp2", "lamp1"]);
    assert_eq!(
        rows[0],
        json!({
            "Position": "1", "CommitTime": NOW.0, "SampleTime": NOW.0, "Kind": "PropertyReport", "Direction": "up",
            "ProductId": product, "DeviceName": "lamp1", "Topic": format!("$thing/up/property/{product}/lamp1"),
            "Code": 0, "RequestId": "", "Reason": "",
            "Payload": "eyJtZXRob2QiOiJyZXBvcnQiLCJjbGllbnRUb2tlbiI6IjEiLCJwYXJhbXMiOnsicG93ZXIiOjF9fQ==",
        })
    );
    request["DeviceName"] = json!("lamp2");
    assert_eq!(listed(&cloud, request.clone()).await.len(), 1);
    // A Position is a place to go on from, too.
    let mut behind = window(&product);
    behind["Context"] = rows[1]["Position"].clone();
    assert_eq!(listed(&cloud, behind).await, rows[2..]);
}

/// Are wrong parameters refused by name?
#[tokio::test]
async fn wrong_windows_are_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for (field, value, expected) in [
        ("MinTime", json!(NOW.0 + 5000), "InvalidParameterValue.StartTimeLaterEndTime"),
        ("Limit", json!(1001), "InvalidParameterValue"),
        ("Context", json!("yesterday"), "InvalidParameterValue"),
        ("Context", json!(u64::MAX.to_string()), "InvalidParameterValue"),
        ("ProductId", json!("ABCDEFGHIJ"), "ResourceNotFound.StudioProductNotExist"),
    ] {
        let mut request = window(&product);
        request[field] = value;
        assert_eq!(cloud.refused("ListMessages", request).await, expected, "{field}");
    }
}

/// Does a right on one device show that device and not its product?
#[tokio::test]
async fn rights_on_a_device_are_not_rights_on_its_product() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, REPORT);
    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let project = found["Product"]["ProjectId"].as_str().unwrap();
    let uin = cloud.owner.uin;
    let device = format!("qcs::iotexplorer:gz:uin/{uin}:project/{project}/product/{product}/device/lamp1");
    let statement = json!({"effect": "allow", "action": "lianwu:ListMessages", "resource": device});
    cloud.policy("lamp1", &json!({"version": "2.0", "statement": [statement]})).await;
    let worker = cloud.sub_account("worker", &["lamp1"]).await;
    let mut request = window(&product);
    assert_eq!(code(&cloud.call(&worker, "ListMessages", request.clone()).await), "UnauthorizedOperation");
    request["DeviceName"] = json!("lamp1");
    let response = cloud.call(&worker, "ListMessages", request).await;
    assert_eq!(response["Messages"].as_array().unwrap().len(), 1, "{response}");
}
