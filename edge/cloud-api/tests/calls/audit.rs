//! The audit log through the API.

use lianwu_model::UnixMillis;
use lianwu_services::audit;
use serde_json::{Value, json};

use super::support::{Cloud, NOW};

fn today() -> Value {
    json!({"MinTime": NOW.0 - 1000, "MaxTime": NOW.0 + 1_000_000})
}

async fn operations(cloud: &Cloud, parameters: Value) -> Vec<String> {
    let listed = cloud.ok("ListAuditLog", parameters).await;
    let rows = listed["Entries"].as_array().unwrap();
    rows.iter().map(|row| format!("{} {}", row["Operation"].as_str().unwrap(), row["Code"].as_str().unwrap())).collect()
}

/// Is every call that writes or is refused in the log, newest first, with who, from where, on what and the outcome?
#[tokio::test]
async fn writes_and_refusals_are_kept() {
    let cloud = Cloud::new().await;
    let project = cloud.project("home").await;
    cloud.refused("CreateProject", json!({"ProjectName": "home", "ProjectDesc": ""})).await;
    cloud.ok("GetProjectList", json!({})).await;
    let reader = cloud.sub_account("reader", &["IoTExplorerReadOnlyAccess"]).await;
    let refused = cloud.call(&reader, "DeleteProject", json!({"ProjectId": project})).await;
    cloud.call(&reader, "ListSubAccounts", json!({})).await;
    let expected = [
        "ListSubAccounts UnauthorizedOperation",
        "DeleteProject UnauthorizedOperation",
        "CreateProject UnsupportedOperation.ProjectDupKeyExist",
        "CreateProject OK",
    ];
    assert_eq!(operations(&cloud, today()).await, expected);
    let row = cloud.ok("ListAuditLog", today()).await["Entries"][1].clone();
    for (field, value) in [
        ("Time", json!(NOW.0)),
        ("RequestId", refused["RequestId"].clone()),
        ("Uin", json!(reader.uin.to_string())),
        ("OwnerUin", json!(cloud.owner.uin.to_string())),
        ("SecretId", json!(reader.secret_id)),
        ("SourceIp", json!("192.0.2.7")),
        ("Service", json!("iotexplorer")),
        ("Region", json!("ap-guangzhou")),
        ("Resource", json!(format!("qcs::iotexplorer:ap-guangzhou:uin/{}:project/{project}", cloud.owner.uin))),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
}

/// Do filters and pages work together, and is a Context good for its own query only?
#[tokio::test]
async fn pages_and_filters() {
    let cloud = Cloud::new().await;
    let reader = cloud.sub_account("reader", &["IoTExplorerReadOnlyAccess"]).await;
    for n in 0..5 {
        cloud.clock.set(UnixMillis(NOW.0 + n * 1000));
        cloud.project(&format!("p{n}")).await;
        cloud.call(&reader, "ListSubAccounts", json!({})).await;
    }
    let with = |name: &str, value: Value| {
        let mut parameters = today();
        parameters[name] = value;
        parameters
    };
    assert_eq!(operations(&cloud, today()).await.len(), 10);
    assert_eq!(operations(&cloud, with("Uin", json!(reader.uin.to_string()))).await.len(), 5);
    assert_eq!(operations(&cloud, with("WritesOnly", json!(true))).await, ["CreateProject OK"; 5]);
    assert_eq!(operations(&cloud, with("Operation", json!("CreateProject"))).await.len(), 5);
    assert_eq!(operations(&cloud, with("MinTime", json!(NOW.0 + 3500))).await.len(), 2);

    let mut query = with("Limit", json!(4));
    let (mut ids, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let page = cloud.ok("ListAuditLog", query.clone()).await;
        let rows = page["Entries"].as_array().unwrap();
        sizes.push(rows.len());
        ids.extend(rows.iter().map(|row| row["RequestId"].to_string()));
        if page["Listover"] == true {
            break;
        }
        query["Context"] = page["Context"].clone();
    }
    assert_eq!(sizes, [4, 4, 2]);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    query["WritesOnly"] = json!(true);
    assert_eq!(cloud.refused("ListAuditLog", query).await, "InvalidParameterValue");
}

/// Does a main account see its own log only, and does retention remove what is old?
#[tokio::test]
async fn own_rows_only_and_not_for_ever() {
    let cloud = Cloud::new().await;
    cloud.project("home").await;
    let foreign = cloud.call(&cloud.stranger, "ListAuditLog", today()).await;
    assert_eq!(foreign["Entries"], json!([]));
    assert_eq!(audit::expire(&cloud.platform).await, Ok(0));
    cloud.clock.set(UnixMillis(NOW.0 + 91 * UnixMillis::DAY_MS));
    assert_eq!(audit::expire(&cloud.platform).await, Ok(1));
    assert_eq!(operations(&cloud, today()).await, Vec::<String>::new());
}
