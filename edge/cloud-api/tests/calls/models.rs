//! Thing models. Source: spec/cloud-api.md 2.3 and 3.4.

use serde_json::json;

use super::support::{Cloud, MODEL, NOW};

#[tokio::test]
async fn a_model_comes_back_letter_by_letter() {
    let cloud = Cloud::new().await;
    let project = cloud.project("home").await;
    let product = cloud.product(&project, "lamp").await;
    let empty = cloud.ok("DescribeModelDefinition", json!({"ProductId": product})).await["Model"].clone();
    let skeleton: serde_json::Value = serde_json::from_str(empty["ModelDefine"].as_str().unwrap()).unwrap();
    assert_eq!((&skeleton["properties"], &skeleton["profile"]["ProductId"]), (&json!([]), &json!(product)));

    cloud.clock.set(lianwu_model::UnixMillis(NOW.0 + 5000));
    cloud.ok("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": MODEL})).await;
    let model = cloud.ok("DescribeModelDefinition", json!({"ProductId": product})).await["Model"].clone();
    assert_eq!(model["ModelDefine"], MODEL);
    assert_eq!(model["UpdateTime"], NOW.seconds() + 5);
    assert_eq!((&model["CategoryModel"], &model["NetTypeModel"]), (&json!(""), &json!("")));
}

#[tokio::test]
async fn wrong_models_are_refused_with_their_code() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let cases = [
        ("", "InvalidParameterValue.ModelDefineNil"),
        ("{}", "InvalidParameterValue.ModelDefineNil"),
        ("nonsense", "InvalidParameterValue.ModelDefineInvalid"),
        (&MODEL.replace(r#""id":"level""#, r#""id":"power""#), "InvalidParameterValue.ModelDefineDupID"),
        (&MODEL.replace(r#""mode":"r""#, r#""mode":"w""#), "InvalidParameterValue.ModelDefineErrorModel"),
        (&MODEL.replace(r#""type":"string""#, r#""type":"text""#), "InvalidParameterValue.ModelDefineErrorType"),
        (
            &MODEL.replace(r#"{"0":"关","1":"开"}"#, r#"{"0":"关"}"#),
            "InvalidParameterValue.ModelDefinePropBoolMappingError",
        ),
        (&MODEL.replace(r#""max":"100""#, r#""max":"-1""#), "InvalidParameterValue.ModelDefinePropRangeError"),
        (&MODEL.replace(r#""type":"alert""#, r#""type":"bad""#), "InvalidParameterValue.ModelDefineEventTypeError"),
        (&MODEL.replace(r#""type":"alert","#, ""), "MissingParameter.ModelDefineEventTypeError"),
    ];
    for (schema, expected) in cases {
        let refused =
            cloud.refused("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": schema})).await;
        assert_eq!(refused, expected, "{schema}");
    }
    let model = cloud.ok("DescribeModelDefinition", json!({"ProductId": product})).await;
    assert_eq!(model["Model"]["ModelDefine"], MODEL, "a refused model changes nothing");
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})).await;
    let refused = cloud.refused("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": MODEL})).await;
    assert_eq!(refused, "UnsupportedOperation.NoPermissionToReleasedProduct");
}
