//! Thing models. Source: spec/cloud-api.md 2.3 and 3.4.

use lianwu_ports::record::RecordKind;
use serde_json::json;

use super::support::{Cloud, MODEL, NOW, code, new_product};

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

/// Is a message judged as a device's would be, with the place of its fault, and nothing stored?
#[tokio::test]
async fn a_message_is_judged_without_being_sent() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let ask = |function: &str, payload: &str| json!({"ProductId": product, "Function": function, "Payload": payload});
    let good = cloud.ok("DescribeMessageVerdict", ask("property", r#"{"method":"report","params":{"power":1}}"#)).await;
    assert_eq!((&good["Accepted"], &good["Code"], &good["Length"]), (&json!(true), &json!(0), &json!(0)));

    let payload = r#"{"method":"report","clientToken":"联","params":{"power":"on"}}"#;
    let bad = cloud.ok("DescribeMessageVerdict", ask("property", payload)).await;
    assert_eq!((&bad["Accepted"], &bad["Code"]), (&json!(false), &json!(406)));
    assert_eq!(bad["Text"], "reports `power` as text, the model says boolean (0 or 1)");
    assert!(bad["Status"].as_str().unwrap().starts_with("check report data err: readNumberAsString"), "{bad}");
    let [offset, length] = ["Offset", "Length"].map(|name| usize::try_from(bad[name].as_u64().unwrap()).unwrap());
    assert_eq!(&payload[offset..offset + length], r#""on""#, "bytes, not characters");

    let broken = cloud.ok("DescribeMessageVerdict", ask("event", "{")).await;
    assert_eq!((&broken["Code"], &broken["Offset"]), (&json!(400), &json!(1)));
    assert_eq!(cloud.refused("DescribeMessageVerdict", ask("shadow", "{}")).await, "InvalidParameter");
    let long = format!("{{{}}}", " ".repeat(cloud.platform.limits.packet_bytes_max));
    assert_eq!(cloud.refused("DescribeMessageVerdict", ask("property", &long)).await, "InvalidParameterValue");
    assert_eq!(
        cloud.ok("DescribeDeviceData", json!({"ProductId": product, "DeviceName": "lamp1"})).await["Data"],
        "{}"
    );
}

/// What a draft would change, as `outcome function id devices/messages`.
async fn consequences(cloud: &Cloud, product: &str, schema: &str) -> (serde_json::Value, Vec<String>) {
    let told = cloud.ok("DescribeModelConsequences", json!({"ProductId": product, "ModelSchema": schema})).await;
    let line = |row: &serde_json::Value| {
        let word = |name: &str| row[name].as_str().unwrap().to_owned();
        let (outcome, function, id) = (word("Outcome"), word("Function"), word("Id"));
        format!("{outcome} {function} {id} {}/{}", row["Devices"], row["Messages"])
    };
    let lines = told["Consequences"].as_array().unwrap().iter().map(line).collect();
    (told, lines)
}

/// Does a draft tell which devices it would refuse before it is saved, and is nothing saved by asking?
#[tokio::test]
async fn consequences_of_a_draft_are_told_before_it_is_saved() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let report = |params: &str| format!(r#"{{"method":"report","params":{params}}}"#);
    for device in ["lamp2", "lamp3"] {
        cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": device})).await;
        let said = report(r#"{"power":1,"name":"hall"}"#);
        cloud.device_says(&product, device, RecordKind::PropertyReport, NOW, &said);
    }
    cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, &report(r#"{"level":5}"#));
    let called = r#"{"method":"action","actionId":"blink","params":{"times":2}}"#;
    cloud.device_says(&product, "lamp1", RecordKind::ActionCall, NOW, called);

    assert_eq!(consequences(&cloud, &product, MODEL).await.1, Vec::<String>::new());
    let draft = MODEL
        .replace(r#""type":"string","min":"0","max":"64""#, r#""type":"int","min":"0","max":"64""#)
        .replace(r#""id":"level""#, r#""id":"depth""#)
        .replace(r#""id":"blink""#, r#""id":"flash""#);
    let (told, lines) = consequences(&cloud, &product, &draft).await;
    assert_eq!(lines, ["refused property name 2/2", "refused property level 1/1", "refused action blink 1/1"]);
    let figures = [&told["Devices"], &told["DevicesLookedAt"], &told["MessagesLookedAt"], &told["More"]];
    assert_eq!(figures, [&json!(3), &json!(3), &json!(4), &json!(false)]);
    let name = &told["Consequences"][0];
    assert_eq!(
        (&name["Text"], &name["Value"], &name["Code"], &name["LastSeen"]),
        (&json!("reports `name` as text, the model says integer"), &json!(r#""hall""#), &json!(406), &json!(NOW.0))
    );
    let saved = cloud.ok("DescribeModelDefinition", json!({"ProductId": product})).await;
    assert_eq!(saved["Model"]["ModelDefine"], MODEL);
}

/// Are values of devices that went silent long ago left out, and the time told?
#[tokio::test]
async fn old_values_are_no_consequences() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let said = r#"{"method":"report","params":{"level":5}}"#;
    cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, said);
    let draft = MODEL.replace(r#""id":"level""#, r#""id":"depth""#);
    let day = 86_400_000;
    cloud.clock.set(lianwu_model::UnixMillis(NOW.0 + 2 * day));
    assert_eq!(consequences(&cloud, &product, &draft).await.1, ["refused property level 1/0"]);
    cloud.clock.set(lianwu_model::UnixMillis(NOW.0 + 8 * day));
    assert_eq!(consequences(&cloud, &product, &draft).await.1, Vec::<String>::new());
}

/// Is a draft refused exactly as saving it would be?
#[tokio::test]
async fn a_draft_that_cannot_be_saved_is_refused_in_the_same_words() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let refused = async |operation: &str, schema: &str| {
        let request = json!({"ProductId": product, "ModelSchema": schema});
        cloud.call(&cloud.owner, operation, request).await["Error"].clone()
    };
    for schema in ["", "nonsense", &MODEL.replace(r#""mode":"r""#, r#""mode":"w""#)] {
        let error = refused("DescribeModelConsequences", schema).await;
        assert_eq!(error, refused("ModifyModelDefinition", schema).await, "{schema}");
        assert_ne!(error["Code"], json!(null));
    }
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})).await;
    assert_eq!(
        refused("DescribeModelConsequences", MODEL).await["Code"],
        "UnsupportedOperation.NoPermissionToReleasedProduct"
    );
}

/// Does somebody who may see the product but not its devices learn what they said?
#[tokio::test]
async fn consequences_need_a_right_on_the_devices() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let project = found["Product"]["ProjectId"].as_str().unwrap();
    let uin = cloud.owner.uin;
    let device = format!("qcs::iotexplorer:gz:uin/{uin}:project/{project}/product/{product}/device/lamp1");
    let statement = json!({"effect": "allow", "action": "lianwu:DescribeModelConsequences", "resource": device});
    cloud.policy("lamp1", &json!({"version": "2.0", "statement": [statement]})).await;
    let worker = cloud.sub_account("worker", &["lamp1"]).await;
    let request = json!({"ProductId": product, "ModelSchema": MODEL});
    assert_eq!(code(&cloud.call(&worker, "DescribeModelConsequences", request).await), "UnauthorizedOperation");
}

/// Is it told what else knows a property that goes or changes its type: maps that show it, and the script?
#[tokio::test]
async fn other_uses_of_a_lost_property_are_told() {
    let cloud = Cloud::new().await;
    let project = cloud.project("meters").await;
    let mut new = new_product(&project, "meter");
    new["DataProtocol"] = json!(2);
    let made = cloud.ok("CreateStudioProduct", new).await;
    let product = made["Product"]["ProductId"].as_str().unwrap();
    cloud.ok("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": MODEL})).await;
    let script = "function RawToProtocol(fPort, bytes) { return {method: 'report', params: {heat: bytes[0], leveled: 1}}; }\n\
                  function ProtocolToRaw(message) { return []; }";
    cloud.ok("SaveProductScript", json!({"ProductId": product, "Script": script})).await;
    let space = json!({"ProjectId": project, "SpaceName": "city", "AuthorizeType": 1, "ProductIdList": [product]});
    let space = cloud.ok("CreatePositionSpace", space).await["SpaceId"].clone();
    let shown = json!({"SpaceId": space, "ProductId": product, "Data": r#"["level","heat"]"#});
    cloud.ok("ModifySpaceProperty", shown).await;

    let uses = async |draft: &str| {
        let told = consequences(&cloud, product, draft).await.0;
        let line = |one: &serde_json::Value| {
            let word = |name: &str| one[name].as_str().unwrap().to_owned();
            format!("{} {} {}", word("Property"), word("Place"), word("Name"))
        };
        told["Uses"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(uses(&MODEL.replace(r#""max":"100""#, r#""max":"90""#)).await, Vec::<String>::new(), "the type stays");
    let draft = MODEL.replace(r#""id":"level""#, r#""id":"depth""#).replacen(r#""id":"heat""#, r#""id":"warmth""#, 1);
    assert_eq!(uses(&draft).await, ["level space city", "heat space city", "heat script "]);
}
