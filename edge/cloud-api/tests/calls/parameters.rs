//! How parameters may be written. Source: spec/cloud-api.md 1.4.

use lianwu_cloud_api::generated::metadata::OPERATIONS;
use lianwu_cloud_api::parameters::{Parameters, decode, decode_query};
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use serde_json::{Value, json};

use super::envelope::get;
use super::support::{Cloud, code};

/// Which code and which name does each wrong body give?
#[tokio::test]
async fn wrong_parameters_are_named() {
    let cloud = Cloud::new().await;
    let cases = [
        ("GetProjectList", r#"{"Limits":1}"#, "UnknownParameter", "`Limits`"),
        ("GetProjectList", r#"{"limit":1}"#, "UnknownParameter", "`limit`"),
        ("GetProjectList", r#"{"Limit":"ten"}"#, "InvalidParameter", "`Limit`"),
        ("GetProjectList", r#"{"Limit":1.5}"#, "InvalidParameter", "`Limit`"),
        ("GetProjectList", r#"{"Limit":9223372036854775808}"#, "InvalidParameter", "`Limit`"),
        ("GetStudioProductList", r#"{"Limit":-1}"#, "InvalidParameter", "`Limit`"),
        ("GetProjectList", r#"{"Limit":true}"#, "InvalidParameter", "`Limit`"),
        ("GetProjectList", r#"{"ProjectName":7}"#, "InvalidParameter", "`ProjectName`"),
        ("GetProjectList", r#"{"Includes":"ProductCount"}"#, "InvalidParameter", "`Includes`"),
        ("GetProjectList", r#"{"Includes":["a",7]}"#, "InvalidParameter", "`Includes.1`"),
        ("GetProjectList", r#"{"Includes":[null]}"#, "InvalidParameter", "`Includes.0`"),
        ("DescribeProject", r"{}", "MissingParameter", "`ProjectId`"),
        ("DescribeProject", "", "MissingParameter", "`ProjectId`"),
        ("DescribeProject", r#"{"ProjectId":null}"#, "MissingParameter", "`ProjectId`"),
        ("DescribeProject", r#"{"ProjectId":"a","ProjectId":null}"#, "MissingParameter", "`ProjectId`"),
        ("DeleteDevices", r#"{"DevicesItems":[{"ProductId":"a"}]}"#, "MissingParameter", "`DevicesItems.0.DeviceName`"),
        ("DeleteDevices", r#"{"DevicesItems":{"ProductId":"a"}}"#, "InvalidParameter", "`DevicesItems`"),
        ("DescribeProject", r#"["ProjectId"]"#, "InvalidRequest", "object"),
        ("DescribeProject", r#"{"ProjectId":"a""#, "InvalidRequest", "end of text"),
        ("DescribeProject", r#"{"ProjectId":"a"} x"#, "InvalidRequest", "JSON"),
    ];
    for (action, body, expected, name) in cases {
        let response = cloud.send(cloud.post(&cloud.owner, action, body.into())).await.2;
        assert_eq!(code(&response), expected, "{action} {body}: {response}");
        assert!(response["Error"]["Message"].as_str().unwrap().contains(name), "{body}: {response}");
    }
}

/// Which unusual spellings are fine?
#[tokio::test]
async fn lenient_spellings_are_read() {
    let cloud = Cloud::new().await;
    for name in ["a", "b", "c"] {
        cloud.project(name).await;
    }
    let cases = [
        (r#"{"Limit":"2"}"#, 2),
        (r#"{"Limit":null}"#, 3),
        (r#"{"Limit":1,"Limit":2}"#, 2),
        (r#"{"Limit":0}"#, 3),
        (" {} ", 3),
        ("", 3),
        (r#"{"Includes":null,"Offset":"1"}"#, 2),
        (r#"{"ProjectName":"\u0062"}"#, 1),
    ];
    for (body, rows) in cases {
        let response = cloud.send(cloud.post(&cloud.owner, "GetProjectList", body.into())).await.2;
        assert_eq!(response["Projects"].as_array().map(Vec::len), Some(rows), "{body}: {response}");
    }
}

/// Do flattened names become lists and objects?
#[tokio::test]
async fn queries_are_flattened() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for name in ["lamp2", "lamp3"] {
        cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": name})).await;
    }
    // One-based, with a gap and out of order; Status is text that becomes a number.
    let query = format!(
        "DevicesItems.3.ProductId={product}&DevicesItems.3.DeviceName=lamp2\
         &DevicesItems.1.DeviceName=lamp%31&DevicesItems.1.ProductId={product}&Status=0"
    );
    let response = cloud.send(get(&cloud, "UpdateDevicesEnableState", &query)).await.2;
    assert!(response.get("Error").is_none(), "{response}");
    for (name, enabled) in [("lamp1", 0), ("lamp2", 0), ("lamp3", 1)] {
        let device = cloud.ok("DescribeDevice", json!({"ProductId": product, "DeviceName": name})).await;
        assert_eq!(device["Device"]["EnableState"], enabled, "{name}");
    }
    let wrong = [
        (format!("ProductId={product}&DeviceName=lamp1&Extra=1"), "UnknownParameter"),
        (format!("ProductId={product}"), "MissingParameter"),
        (format!("ProductId.0={product}&DeviceName=lamp1"), "InvalidParameter"),
        (format!("ProductId={product}&DeviceName=lamp1&DeviceName=lamp2"), "InvalidParameter"),
        (format!("ProductId={product}&DeviceName=%zz"), "InvalidParameter"),
        (format!("ProductId={}", "a.".repeat(20)), "MissingParameter"),
        (format!("{}=1", "a.".repeat(20)), "InvalidParameter"),
    ];
    for (query, expected) in wrong {
        assert_eq!(code(&cloud.send(get(&cloud, "DescribeDevice", &query)).await.2), expected, "{query}");
    }
    let force = format!("ProductId={product}&DeviceName=lamp3&ForceDelete=True");
    assert!(cloud.send(get(&cloud, "DeleteDevice", &force)).await.2.get("Error").is_none());
    let force = format!("ProductId={product}&DeviceName=lamp2&ForceDelete=yes");
    assert_eq!(code(&cloud.send(get(&cloud, "DeleteDevice", &force)).await.2), "InvalidParameter");
}

/// Pieces of JSON and of names that occur, in any order.
fn fragments(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => proptest::sample::select(pieces).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Does any body make the decoder panic, or accept what is not an object of known names?
    #[test]
    fn any_body_is_read_or_refused(
        body in fragments(&[
            "{", "}", "[", "]", ":", ",", "\"", "\"ProductId\"", "\"DeviceName\"", "\"DevicesItems\"", "\"Limit\"",
            "null", "1", "-1", "1e999", "true", "\\u0041", "\\ud800", " ",
        ]),
        at in 0..OPERATIONS.len(),
    ) {
        let spec = &OPERATIONS[at];
        let parameters = Parameters::Json(body.into_bytes().into());
        if let Ok(Value::Object(read)) = decode::<Value>(spec, &parameters) {
            assert!(read.keys().all(|name| spec.fields.iter().any(|field| field.name == name)));
        }
    }

    /// The same for queries.
    #[test]
    fn any_query_is_read_or_refused(
        query in fragments(&[
            "&", "=", ".", "0", "1", "18446744073709551616", "ProductId", "DeviceName", "DevicesItems", "Limit",
            "Filters", "Name", "Values", "%41", "%", "+", "true",
        ]),
        at in 0..OPERATIONS.len(),
    ) {
        let spec = &OPERATIONS[at];
        let Ok(pairs) = decode_query(&query) else { return Ok(()) };
        if let Ok(Value::Object(read)) = decode::<Value>(spec, &Parameters::Flat(pairs)) {
            assert!(read.keys().all(|name| spec.fields.iter().any(|field| field.name == name)));
        }
    }
}
