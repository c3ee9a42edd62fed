//! ListMessages: what was said, in the order it was committed.

use lianwu_ports::record::RecordKind;
use serde_json::{Value, json};

use super::support::{Cloud, MODEL, NOW, code};

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

/// Rows as `code then -> code now: text`.
async fn judged(cloud: &Cloud, request: Value) -> (u64, Vec<String>) {
    let told = cloud.ok("ListJudgedMessages", request).await;
    assert_eq!(told["Listover"], true);
    let line = |row: &Value| format!("{} -> {}: {}", row["Code"], row["CodeNow"], row["Text"].as_str().unwrap());
    let lines = told["Differences"].as_array().unwrap().iter().map(line).collect();
    (told["Judged"].as_u64().unwrap(), lines)
}

/// Does a window judged again tell which messages would be answered otherwise, by the model in force and by a draft?
#[tokio::test]
async fn a_window_is_judged_again() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for (kind, payload) in [
        (RecordKind::PropertyReport, REPORT),
        (RecordKind::PropertyReport, r#"{"method":"report","clientToken":"2","params":{"level":70}}"#),
        (RecordKind::PropertyOther, r#"{"method":"get_status","clientToken":"3"}"#),
        (RecordKind::EventPost, r#"{"method":"event_post","clientToken":"4","eventId":"hot","params":{"heat":9.5}}"#),
        (RecordKind::PropertyControl, r#"{"method":"control","clientToken":"5","params":{"level":1}}"#),
        (RecordKind::OtherUp, "bytes"),
    ] {
        cloud.device_says(&product, "lamp1", kind, NOW, payload);
    }
    let mut request = window(&product);
    request["DeviceName"] = json!("lamp1");
    assert_eq!(judged(&cloud, request.clone()).await, (4, vec![]));
    request["ModelSchema"] =
        json!(MODEL.replace(r#""max":"100""#, r#""max":"50""#).replace(r#""id":"power""#, r#""id":"on""#));
    assert_eq!(
        judged(&cloud, request.clone()).await,
        (
            4,
            vec![
                "0 -> 403: reports the property `power`, which the model does not have".to_owned(),
                "0 -> 406: reports `level` outside the model's range [0,50], such as 70".to_owned(),
            ]
        )
    );
    request["ModelSchema"] = json!("nonsense");
    assert_eq!(cloud.refused("ListJudgedMessages", request).await, "InvalidParameterValue.ModelDefineInvalid");
}

/// Is a refused message told that today's model would take, with what it was answered then, and is no model told?
#[tokio::test]
async fn what_was_refused_then_may_be_accepted_now() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    cloud.device_is_refused(&product, "lamp1", 406, "check report data err: level value 70 out of range:[0,50]", LEVEL);
    cloud.device_is_refused(&product, "lamp1", 403, "check report data err: depth not defined", DEPTH);
    let told = cloud.ok("ListJudgedMessages", window(&product)).await;
    assert_eq!(told["Judged"], 2);
    let rows = told["Differences"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "what is refused in the same words is no difference: {told}");
    let row = [&rows[0]["Code"], &rows[0]["CodeNow"], &rows[0]["Reason"], &rows[0]["ReasonNow"]];
    let then = "check report data err: level value 70 out of range:[0,50]";
    assert_eq!(row, [&json!(406), &json!(0), &json!(then), &json!("")]);

    let project = cloud.project("empty").await;
    let bare = cloud.product(&project, "bare").await;
    assert_eq!(cloud.refused("ListJudgedMessages", window(&bare)).await, NO_MODEL);
}

const LEVEL: &str = r#"{"method":"report","clientToken":"1","params":{"level":70}}"#;
const DEPTH: &str = r#"{"method":"report","clientToken":"2","params":{"depth":1}}"#;
const NO_MODEL: &str = "InvalidParameterValue.ModelDefineNil";
