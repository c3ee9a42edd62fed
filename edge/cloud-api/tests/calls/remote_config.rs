//! Remote configuration of products. Source: spec/lianwu-api.json.

use serde_json::{Value, json};

use crate::support::{Cloud, NOW};

async fn numbers(cloud: &Cloud, product: &str) -> Value {
    let listed = cloud.ok("ListRemoteConfigs", json!({"ProductId": product})).await;
    let versions = listed["Versions"].as_array().unwrap();
    versions.iter().map(|version| version["Version"].clone()).collect()
}

/// Are five versions kept, the newest first, each with its text?
#[tokio::test]
async fn versions_are_saved_and_read() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    assert_eq!(numbers(&cloud, &product).await, json!([]));
    let of = |more: Value| {
        let mut call = json!({"ProductId": product});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    assert_eq!(cloud.refused("DescribeRemoteConfig", of(json!({}))).await, "ResourceNotFound");
    assert_eq!(cloud.refused("EnableRemoteConfig", of(json!({}))).await, "ResourceNotFound");
    for version in 1..=6 {
        let text = format!("{{\"灯\": {version}}}");
        let saved = cloud.ok("SetRemoteConfig", of(json!({"Config": format!("  {text}\n")}))).await;
        let expected = (&json!(version), &json!(text.len()), &json!(false));
        assert_eq!((&saved["Version"], &saved["Bytes"], &saved["Enabled"]), expected);
    }
    assert_eq!(numbers(&cloud, &product).await, json!([6, 5, 4, 3, 2]));
    let shown = async |call: Value| {
        let found = cloud.ok("DescribeRemoteConfig", call).await;
        json!([found["Enabled"], found["Version"], found["Bytes"], found["CreateTime"], found["Config"]])
    };
    assert_eq!(shown(of(json!({}))).await, json!([false, 6, 10, NOW.seconds(), "{\"灯\": 6}"]));
    assert_eq!(cloud.ok("EnableRemoteConfig", of(json!({}))).await["Enabled"], true);
    assert_eq!(shown(of(json!({"Version": 3}))).await, json!([true, 3, 10, NOW.seconds(), "{\"灯\": 3}"]));
    assert_eq!(cloud.refused("DescribeRemoteConfig", of(json!({"Version": 1}))).await, "ResourceNotFound");
    assert_eq!(cloud.ok("SetRemoteConfig", of(json!({"Config": "{}"}))).await["Enabled"], true, "a switch stays");
    assert_eq!(cloud.ok("DisableRemoteConfig", of(json!({}))).await["Enabled"], false);
    assert_eq!(cloud.ok("ListRemoteConfigs", of(json!({}))).await["Enabled"], false);
}

/// Is what is no configuration refused, and nothing kept of it?
#[tokio::test]
async fn what_is_no_configuration_is_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(128 * 1024 - 7));
    for (text, code) in [
        ("", "InvalidParameterValue.InvalidJSON"),
        ("[]", "InvalidParameterValue.InvalidJSON"),
        ("{} {}", "InvalidParameterValue.InvalidJSON"),
        (long.as_str(), "InvalidParameterValue.JSONSizeExceedLimit"),
    ] {
        let call = json!({"ProductId": product, "Config": text});
        assert_eq!(cloud.refused("SetRemoteConfig", call).await, code, "{}", &text[..text.len().min(20)]);
    }
    assert_eq!(numbers(&cloud, &product).await, json!([]));
    cloud.ok("SetRemoteConfig", json!({"ProductId": product, "Config": long.replacen("xx", "x", 1)})).await;
    let missing = json!({"ProductId": "AAAAAAAAAA", "Config": "{}"});
    assert_eq!(cloud.refused("SetRemoteConfig", missing).await, "ResourceNotFound.StudioProductNotExist");
}

/// Is the newest version sent, with the counts of whom it met, and a word about what the C SDK cannot take?
#[tokio::test]
async fn a_push_is_counted() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let (all, one) = (json!({"ProductId": product}), json!({"ProductId": product, "DeviceName": "lamp1"}));
    assert_eq!(cloud.refused("PushRemoteConfig", all.clone()).await, "ResourceNotFound");
    cloud.ok("SetRemoteConfig", json!({"ProductId": product, "Config": r#"{"a":1}"#})).await;
    assert_eq!(cloud.refused("PushRemoteConfig", all.clone()).await, "UnsupportedOperation");
    cloud.ok("EnableRemoteConfig", all.clone()).await;
    let pushed = cloud.ok("PushRemoteConfig", all.clone()).await;
    let message = r#"{"type":"push","result":0,"payload":{"a":1}}"#;
    for (name, expected) in [
        ("Version", json!(1)),
        ("Bytes", json!(message.len())),
        ("Sent", json!(3)),
        ("NotListening", json!(2)),
        ("OverRate", json!(1)),
        ("TooLarge", json!(0)),
        ("Warning", json!("")),
    ] {
        assert_eq!(pushed[name], expected, "{name}");
    }
    cloud.ok("PushRemoteConfig", one).await;
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(3_000));
    cloud.ok("SetRemoteConfig", json!({"ProductId": product, "Config": large})).await;
    let warned = cloud.ok("PushRemoteConfig", all.clone()).await;
    assert_eq!(warned["Warning"], "larger than the 2048 bytes that the C SDK takes");
    let sent = std::mem::take(&mut *cloud.devices.pushed.lock().unwrap());
    let number = cloud.platform.directory.find(product.parse().unwrap(), "lamp1").unwrap().number;
    assert_eq!(sent.iter().map(|push| push.only).collect::<Vec<_>>(), [None, Some(number), None]);
    assert_eq!((&*sent[0].message, &*sent[0].logged), (message.as_bytes(), message.as_bytes()));
    assert!(sent[2].message.len() > 3_000 && sent[2].logged.len() < 200, "the log names it");
    let nobody = json!({"ProductId": product, "DeviceName": "nobody"});
    assert_eq!(cloud.refused("PushRemoteConfig", nobody).await, "ResourceNotFound.DeviceNotExist");
}
