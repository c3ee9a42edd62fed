//! What an instance says of itself: limits with their use, the configuration, where it listens.

use serde_json::{Value, json};

use super::support::{Cloud, code};

async fn limits(cloud: &Cloud) -> Vec<Value> {
    cloud.ok("DescribeLimits", json!({})).await["Limits"].as_array().unwrap().clone()
}

fn limit<'a>(limits: &'a [Value], name: &str) -> &'a Value {
    limits.iter().find(|limit| limit["Name"] == name).unwrap_or_else(|| panic!("no limit {name}"))
}

/// Does each limit tell its value, its key in the configuration, and its use where it can be counted?
#[tokio::test]
async fn limits_have_values_and_uses() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "lamp2"})).await;
    let all = limits(&cloud).await;
    for (name, value, used, setting) in [
        ("Projects", 20, json!(1), "limits.projects"),
        ("Products", 50, json!(1), "limits.products"),
        ("DevelopedProductDevices", 50, json!(2), "limits.dev_product_devices"),
        ("SecretKeys", 2, json!(1), ""),
        ("ModelPropertiesAndEvents", 100, json!(5), ""),
        ("ModelActions", 100, json!(1), ""),
        ("Retention", 3, Value::Null, "retention.days"),
        ("PacketBytes", 65_536, Value::Null, "limits.packet_bytes_max"),
        ("TopicLevels", 10, Value::Null, ""),
        ("ApiPage", 100, Value::Null, ""),
    ] {
        let limit = limit(&all, name);
        assert_eq!((&limit["Value"], &limit["Unlimited"]), (&json!(value), &json!(false)), "{limit}");
        assert_eq!(limit["Setting"], setting, "{limit}");
        assert_eq!(limit["Counted"], !used.is_null(), "{limit}");
        if !used.is_null() {
            assert_eq!(limit["Used"], used, "{limit}");
        }
        assert!(!limit["Unit"].as_str().unwrap().is_empty() && !limit["Scope"].as_str().unwrap().is_empty());
    }
}

/// Is "no limit" told from 0, and a use shown all the same?
#[tokio::test]
async fn no_limit_is_said_so() {
    let cloud = Cloud::new().await;
    let all = limits(&cloud).await;
    let instance = limit(&all, "InstanceRate");
    assert_eq!((&instance["Unlimited"], &instance["Value"], &instance["Used"]), (&json!(true), &json!(0), &json!(345)));
    assert!(all.iter().all(|limit| limit["Name"] != "Connections"), "device access is off in this test");
}

/// Are uses counted for the caller's account only?
#[tokio::test]
async fn uses_are_the_callers_own() {
    let cloud = Cloud::new().await;
    cloud.lamp().await;
    let response = cloud.call(&cloud.stranger, "DescribeLimits", json!({})).await;
    let all = response["Limits"].as_array().unwrap();
    for name in ["Projects", "Products", "DevelopedProductDevices", "ModelActions"] {
        assert_eq!(limit(all, name)["Used"], 0, "{name}");
    }
    let sessions = limit(all, "BackendSessions");
    assert_eq!(json!([sessions["Counted"], sessions["Used"]]), json!([true, 3]), "of its own backends: {sessions}");
}

/// Is what all accounts use together told to the platform's administrator only, and the limit itself to everybody?
#[tokio::test]
async fn common_uses_are_the_administrators_to_know() {
    let cloud = Cloud::new().await;
    let reader = cloud.sub_account("reader", &["IoTExplorerReadOnlyAccess"]).await;
    for (caller, expected) in
        [(&cloud.owner, json!([true, 345])), (&reader, json!([true, 345])), (&cloud.stranger, json!([false, 0]))]
    {
        let response = cloud.call(caller, "DescribeLimits", json!({})).await;
        let rate = limit(response["Limits"].as_array().unwrap(), "InstanceRate").clone();
        assert_eq!(json!([rate["Counted"], rate["Used"]]), expected, "{rate}");
        assert_eq!(rate["Unlimited"], true);
    }
}

/// What did the instance do in the last hour, and who may know?
#[tokio::test]
async fn the_activity_is_told_minute_by_minute_to_the_platforms_administrator() {
    let cloud = Cloud::new().await;
    let activity = cloud.ok("DescribeActivity", json!({})).await;
    assert_eq!((&activity["Online"], &activity["Connections"]), (&json!(11), &json!(12)));
    let minutes = activity["Minutes"].as_array().unwrap();
    let told: Vec<_> = minutes.iter().map(|minute| (&minute["Up"], &minute["Failures"])).collect();
    assert_eq!(told, [(&json!(20), &json!(1)), (&json!(5), &json!(0))]);
    assert_eq!(activity["Failures"][0], json!({"Cause": "SignInRefused", "Count": 1}));
    let refused = cloud.call(&cloud.stranger, "DescribeActivity", json!({})).await;
    assert_eq!(code(&refused), "UnauthorizedOperation");
}

/// May only the account of first-run.json read the configuration, and its sub-accounts by policy? Are all others told
/// why, in both languages?
#[tokio::test]
async fn the_configuration_is_the_platform_administrators() {
    let cloud = Cloud::new().await;
    let helper = cloud.sub_account("helper", &["AdministratorAccess"]).await;
    let user = cloud.sub_account("user", &["IoTExplorerFullAccess"]).await;
    assert!(cloud.call(&helper, "DescribeConfiguration", json!({})).await["Settings"][0]["Key"].is_string());
    let refused = cloud.call(&user, "DescribeConfiguration", json!({})).await;
    assert_eq!(code(&refused), "UnauthorizedOperation");
    assert!(!refused.to_string().contains("first-run.json"), "a policy of its own account would help: {refused}");

    let refused = cloud.call(&cloud.stranger, "DescribeConfiguration", json!({})).await;
    assert_eq!(code(&refused), "UnauthorizedOperation");
    let text = refused["Error"]["Message"].as_str().unwrap();
    assert!(text.contains("you are not authorized to perform operation (lianwu:DescribeConfiguration)"), "{text}");
    assert!(text.ends_with("ask the platform administrator."), "{text}");
    let mut request = cloud.post(&cloud.stranger, "DescribeConfiguration", "{}".into());
    request.headers_mut().remove("x-tc-language");
    let refused = cloud.send(request).await.2;
    assert!(refused["Error"]["Message"].as_str().unwrap().ends_with("请联系平台管理员。"), "{refused}");
}

/// Is everybody told whether they administer the platform, and why an operation on it is not theirs?
#[tokio::test]
async fn callers_know_whether_they_administer_the_platform() {
    let cloud = Cloud::new().await;
    let helper = cloud.sub_account("helper", &["AdministratorAccess"]).await;
    for (caller, expected) in [(&cloud.owner, true), (&helper, true), (&cloud.stranger, false)] {
        let told = cloud.call(caller, "DescribeCaller", json!({})).await;
        assert_eq!(told["PlatformAdministrator"], expected, "{told}");
        let access = cloud.call(caller, "DescribeAccess", json!({"Operation": "DescribeConfiguration"})).await;
        assert_eq!(access["Allowed"], expected, "{access}");
        assert_eq!(access["Reason"].as_str().unwrap().contains("platform administrator"), !expected, "{access}");
        assert_eq!(access["NeededPresets"], json!([]), "{access}");
    }
}

/// Are descriptions in the language of the call?
#[tokio::test]
async fn descriptions_are_in_the_callers_language() {
    let cloud = Cloud::new().await;
    for (action, list) in [("DescribeLimits", "Limits"), ("DescribeConfiguration", "Settings")] {
        let english = cloud.ok(action, json!({})).await[list][0]["Description"].clone();
        let mut request = cloud.post(&cloud.owner, action, "{}".into());
        request.headers_mut().remove("x-tc-language");
        let chinese = cloud.send(request).await.2[list][0]["Description"].clone();
        assert!(english.as_str().unwrap().is_ascii() && !chinese.as_str().unwrap().is_ascii(), "{english} {chinese}");
    }
}

/// Does each setting tell its value and where it comes from?
#[tokio::test]
async fn settings_name_their_source() {
    let cloud = Cloud::new().await;
    let settings = cloud.ok("DescribeConfiguration", json!({})).await["Settings"].clone();
    let rows: Vec<_> = settings
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["Key", "Value", "Source"].map(|field| row[field].as_str().unwrap().to_owned()).join(" "))
        .collect();
    assert_eq!(rows, ["listen.mqtt 0.0.0.0:1883 default", "retention.days 30 file", "limits.api_tps 0 environment"]);
}

/// Are only the listeners shown that devices need?
#[tokio::test]
async fn access_points_of_a_product() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let points = cloud.ok("DescribeAccessPoints", json!({"ProductId": product})).await["AccessPoints"].clone();
    let expected = json!([{"Protocol": "mqtt", "Host": "iot.example.com", "Port": 1883, "Encrypted": false}]);
    assert_eq!(points, expected);
}
