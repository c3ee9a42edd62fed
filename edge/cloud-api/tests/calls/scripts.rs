//! Scripts of products of a custom data protocol: saved, shown, tried out, taken away.

use lianwu_ports::script::suite::METER;
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code, new_product};

/// A product of a custom data protocol.
async fn meter(cloud: &Cloud) -> String {
    let project = cloud.project("meters").await;
    let mut new = new_product(&project, "meter");
    new["DataProtocol"] = json!(2);
    let made = cloud.ok("CreateStudioProduct", new).await;
    made["Product"]["ProductId"].as_str().unwrap().to_owned()
}

async fn save(cloud: &Cloud, product: &str, script: &str) -> Value {
    cloud.ok("SaveProductScript", json!({"ProductId": product, "Script": script})).await
}

/// Is a script kept to the byte, in versions, in force at once, and switched on with it unless said otherwise?
#[tokio::test]
async fn a_script_is_saved_in_versions() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    let described = async || cloud.ok("DescribeProductScript", json!({"ProductId": product})).await;
    let none = described().await;
    assert_eq!((&none["Version"], &none["Script"], &none["Versions"]), (&json!(0), &json!(""), &json!([])));
    let saved = save(&cloud, &product, METER).await;
    assert_eq!((&saved["Version"], &saved["EnableProductScript"]), (&json!(1), &json!("true")));
    let second = format!("{METER}\r\n// 第二版 \u{feff}");
    save(&cloud, &product, &second).await;
    let shown = described().await;
    assert_eq!((&shown["Version"], &shown["Script"]), (&json!(2), &json!(second)));
    assert_eq!((&shown["Uin"], &shown["UpdateTime"]), (&json!(cloud.owner.uin.to_string()), &json!(NOW.0)));
    let listed = shown["Versions"].as_array().unwrap();
    assert_eq!(listed.iter().map(|item| item["Version"].clone()).collect::<Vec<_>>(), [json!(2), json!(1)]);
    assert_eq!(listed[1]["Bytes"], METER.len());
    let first = cloud.ok("DescribeProductScript", json!({"ProductId": product, "Version": 1})).await;
    assert_eq!(first["Script"], METER);
    let gone = json!({"ProductId": product, "Version": 9});
    assert_eq!(cloud.refused("DescribeProductScript", gone).await, "InvalidParameterValue");

    let quiet = json!({"ProductId": product, "Script": METER, "EnableProductScript": "false"});
    assert_eq!(cloud.ok("SaveProductScript", quiet).await["EnableProductScript"], "false");
    let active = || cloud.platform.catalog.product(product.parse().unwrap()).unwrap().active_script().cloned();
    assert_eq!(active(), None);
    save(&cloud, &product, METER).await;
    assert_eq!(active().map(|script| script.version), Some(4));
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})).await;
    save(&cloud, &product, METER).await;

    assert_eq!(cloud.ok("DeleteProductScript", json!({"ProductId": product})).await["Version"], 6);
    assert_eq!(active(), None);
    assert_eq!(cloud.refused("DeleteProductScript", json!({"ProductId": product})).await, "ResourceNotFound");
    assert_eq!(described().await["Script"], "");
    let last = cloud.ok("DescribeProductScript", json!({"ProductId": product, "Version": 5})).await;
    assert_eq!(last["Script"], METER);
}

/// Is what cannot work refused when it is saved, with the place of the mistake, and the script before it left in force?
#[tokio::test]
async fn a_script_that_cannot_work_is_not_saved() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    save(&cloud, &product, METER).await;
    let long = format!("{METER}\n//{}", "x".repeat(64 * 1024));
    for (script, why) in [
        ("function RawToProtocol(a, b) {\n  return {;\n}", "at line 2"),
        ("function RawToProtocol(a, b) {}", "no function ProtocolToRaw"),
        ("while (true) {}", "longer than"),
        ("throw new Error('at once');", "at once"),
        ("   ", "1 to 65536 bytes"),
        (&long, "1 to 65536 bytes"),
    ] {
        let call = json!({"ProductId": product, "Script": script});
        let refused = cloud.call(&cloud.owner, "SaveProductScript", call).await;
        assert_eq!(code(&refused), "InvalidParameterValue", "{refused}");
        assert!(refused["Error"]["Message"].as_str().unwrap().contains(why), "{why}: {refused}");
    }
    let shown = cloud.ok("DescribeProductScript", json!({"ProductId": product})).await;
    assert_eq!((&shown["Version"], &shown["Script"]), (&json!(1), &json!(METER)));
    let lamp = cloud.lamp().await;
    let call = json!({"ProductId": lamp, "Script": METER});
    assert_eq!(cloud.refused("SaveProductScript", call).await, "UnsupportedOperation");
    let call = json!({"ProductId": product, "Script": METER, "EnableProductScript": "yes"});
    assert_eq!(cloud.refused("SaveProductScript", call).await, "InvalidParameterValue");
}

/// Does the test bench run the saved script or the one given, up and down, and tell what it said and how long it took?
#[tokio::test]
async fn the_test_bench_runs_a_script() {
    let cloud = Cloud::new().await;
    let product = meter(&cloud).await;
    let run = async |more: Value| {
        let mut call = json!({"ProductId": product, "Direction": "up", "Payload": "[1, 4]"});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        cloud.call(&cloud.owner, "RunProductScript", call).await
    };
    assert_eq!(code(&run(json!({})).await), "ResourceNotFound", "there is none yet");
    save(&cloud, &product, METER).await;
    let message = r#"{"method":"report","clientToken":"raw-0","params":{"heat":26}}"#;
    for payload in [
        json!({}),
        json!({"Payload": "01 04", "PayloadEncoding": "hex"}),
        json!({"Payload": "AQQ=", "PayloadEncoding": "base64"}),
    ] {
        let ran = run(payload).await;
        assert_eq!((&ran["Success"], &ran["Message"], &ran["Bytes"]), (&json!(true), &json!(message), &json!([])));
        assert!(ran["TimeMicros"].as_u64().unwrap() > 0);
    }
    assert!(run(json!({"FPort": 7})).await["Message"].as_str().unwrap().contains("raw-7"));
    let down = json!({"Direction": "down", "Payload": r#"{"method":"control","params":{"power":1}}"#});
    let ran = run(down).await;
    assert_eq!((&ran["Success"], &ran["Message"], &ran["Bytes"]), (&json!(true), &json!(""), &json!([170, 1])));

    let script = "function ProtocolToRaw(m) {}\nfunction RawToProtocol(p, b) {\n  console.log('got', b);\n  b.c.d;\n}";
    let ran = run(json!({"Script": script})).await;
    assert_eq!((&ran["Success"], &ran["ErrorKind"], &ran["Line"]), (&json!(false), &json!("thrown"), &json!(4)));
    assert!(
        ran["Column"].as_u64().unwrap() > 0 && ran["ErrorMessage"].as_str().unwrap().starts_with("TypeError"),
        "{ran}"
    );
    assert_eq!(ran["Lines"], json!(["got [1,4]"]));
    let endless = format!("{METER}\nRawToProtocol = function () {{ for (;;); }};");
    assert_eq!(run(json!({"Script": endless})).await["ErrorKind"], "time");
    assert_eq!(run(json!({"Script": "nonsense("})).await["ErrorKind"], "malformed");

    for wrong in [
        json!({"Direction": "sideways"}),
        json!({"Payload": "[256]"}),
        json!({"Payload": "[1,"}),
        json!({"Payload": "xyz", "PayloadEncoding": "hex"}),
        json!({"PayloadEncoding": "utf8"}),
        json!({"FPort": 256}),
        json!({"Direction": "down", "Payload": "[1]"}),
        json!({"Script": "x".repeat(64 * 1024 + 1)}),
    ] {
        assert_eq!(code(&run(wrong.clone()).await), "InvalidParameterValue", "{wrong}");
    }
    let theirs = json!({"ProductId": product, "Direction": "up", "Payload": "[]"});
    let refused = cloud.call(&cloud.stranger, "RunProductScript", theirs).await;
    assert!(!code(&refused).is_empty(), "{refused}");
}
