//! Logs: the vendor's three operations and our own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_ports::record::RecordKind;
use serde_json::{Value, json};

use crate::support::{Cloud, NOW};

/// Search words for the lamp.
fn of_lamp(product: &str, more: &str) -> Value {
    let keywords = format!("productid:{product} devicename:lamp1 {more}");
    json!({"MinTime": NOW.0 - 1000, "MaxTime": NOW.0 + 1000, "Keywords": keywords})
}

fn report(token: &str) -> String {
    format!(r#"{{"method":"report","clientToken":"{token}","params":{{"power":1}}}}"#)
}

/// A lamp that signed in and reported twice.
async fn lamp(cloud: &Cloud) -> String {
    let product = cloud.lamp().await;
    let facts = "version:4,keepalive:60,cleansession:1,clientip:192.0.2.1";
    cloud.device_says(&product, "lamp1", RecordKind::Connected, NOW, facts);
    for token in ["a1", "a2"] {
        cloud.device_says(&product, "lamp1", RecordKind::PropertyReport, NOW, &report(token));
    }
    product
}

#[tokio::test]
async fn diagnostic_lines_come_newest_first_in_the_vendors_words() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let found = cloud.ok("ListLog", of_lamp(&product, "")).await;
    assert_eq!((&found["Listover"], &found["TotalCount"]), (&json!(true), &json!(3)));
    let topic = format!("$thing/up/property/{product}/lamp1");
    let published = json!({
        "Time": "2024-11-23 02:26:40.000", "Scene": "MESSAGE", "ProductId": product, "DeviceName": "lamp1",
        "Content": format!("Device publish message to topic:{topic},QoS:0,ID:0"), "Result": "SUCC", "RequestId": "",
        "Userid": cloud.owner.uin.to_string(),
    });
    assert_eq!(found["Results"][0], published);
    let connect = &found["Results"][2];
    let content = "Device connect,version:4,keepalive:60,cleansession:1,clientip:192.0.2.1";
    assert_eq!((&connect["Scene"], &connect["Content"]), (&json!("STATUS"), &json!(content)));
    let one = cloud.ok("ListLog", of_lamp(&product, "scene:STATUS keepalive:60")).await;
    assert_eq!(one["Results"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn content_lines_carry_the_payload_and_the_reply() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let found = cloud.ok("ListLogPayload", of_lamp(&product, "\"a2\"")).await;
    let rows = found["Results"].as_array().cloned().unwrap_or_default();
    let payload = |row: &Value| STANDARD.decode(row["Payload"].as_str().unwrap()).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(payload(&rows[1]), report("a2").into_bytes());
    let reply = r#"{"method":"report_reply","clientToken":"a2","code":0,"status":"success"}"#;
    assert_eq!(payload(&rows[0]), reply.as_bytes());
    assert_eq!(rows[1]["DateTime"], NOW.0.to_string());
    assert_eq!((&rows[1]["SrcType"], &rows[1]["SrcName"]), (&json!("device:mqtt"), &json!("lamp1")));
    assert_eq!((&rows[0]["PayloadFormatType"], &rows[0]["SrcType"]), (&json!("JSON"), &json!("api:platform")));
}

#[tokio::test]
async fn pages_go_on_with_the_context_of_their_own_search() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let mut request = of_lamp(&product, "");
    request["MaxNum"] = json!(1);
    let mut seen = Vec::new();
    loop {
        let page = cloud.ok("ListLogPayload", request.clone()).await;
        seen.extend(page["Results"].as_array().cloned().unwrap_or_default());
        if page["Listover"] == true {
            break;
        }
        request["Context"] = page["Context"].clone();
        assert!(seen.len() < 10);
    }
    assert_eq!(seen.len(), 4);
    request["Keywords"] = json!(format!("productid:{product} devicename:lamp1 other"));
    assert_eq!(cloud.refused("ListLogPayload", request).await, "InvalidParameterValue");
}

#[tokio::test]
async fn own_operation_has_all_filters() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let ask = |more: Value| {
        let mut request = json!({
            "ProductId": product, "DeviceName": "lamp1", "MinTime": NOW.0 - 1000, "MaxTime": NOW.0 + 1000, "Limit": 100,
        });
        for (key, value) in more.as_object().cloned().unwrap_or_default() {
            request[key] = value;
        }
        request
    };
    let count = async |more: Value| cloud.ok("ListDeviceLog", ask(more)).await["Rows"].as_array().map_or(0, Vec::len);
    assert_eq!(count(json!({})).await, 2 + 4 + 4);
    assert_eq!(count(json!({"Kinds": ["content"]})).await, 4);
    assert_eq!(count(json!({"Kinds": ["content", "thing_model"], "Direction": "up"})).await, 4);
    assert_eq!(count(json!({"Kinds": ["status"]})).await, 1);
    assert_eq!(count(json!({"Kinds": ["diagnostic"]})).await, 3);
    assert_eq!(count(json!({"RequestId": "a1"})).await, 4);
    assert_eq!(count(json!({"Keyword": "report_reply a1"})).await, 1);
    assert_eq!(count(json!({"DeviceName": ""})).await, 10, "a small product as a whole");
    assert_eq!(count(json!({"DeviceName": "", "Kinds": ["status"]})).await, 1);
    assert_eq!(count(json!({"MinTime": NOW.0 + 1})).await, 0);
    let rows = cloud.ok("ListDeviceLog", ask(json!({"Kinds": ["content"], "RequestId": "a1"}))).await["Rows"].clone();
    let expected = json!({
        "Time": NOW.0, "Kind": "content", "Direction": "up", "ProductId": product, "DeviceName": "lamp1",
        "Scene": "PROPERTY", "Topic": format!("$thing/up/property/{product}/lamp1"), "Content": report("a1"),
        "Result": "SUCC", "RequestId": "", "ClientToken": "a1", "PayloadFormat": "text",
        "PayloadBytes": report("a1").len(),
    });
    assert_eq!(rows[1], expected);
    for wrong in [json!({"Kinds": ["x"]}), json!({"Direction": "x"}), json!({"Limit": 101}), json!({"Limit": 0})] {
        assert_eq!(cloud.refused("ListDeviceLog", ask(wrong.clone())).await, "InvalidParameterValue", "{wrong}");
    }
}

#[tokio::test]
async fn a_large_product_needs_a_device_for_messages() {
    let cloud = Cloud::with_limits(lianwu_services::Limits {
        api_tps: 0,
        dev_product_devices: 0,
        ..lianwu_services::Limits::default()
    })
    .await;
    let product = cloud.lamp().await;
    for number in 0..100 {
        cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": format!("more{number}")})).await;
    }
    let mut request = json!({"ProductId": product, "MinTime": 0, "MaxTime": NOW.0});
    assert_eq!(cloud.refused("ListDeviceLog", request.clone()).await, "InvalidParameterValue");
    request["Kinds"] = json!(["diagnostic", "status"]);
    cloud.ok("ListDeviceLog", request).await;
}

#[tokio::test]
async fn searches_that_name_too_little_or_too_much_are_refused() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let range = |keywords: &str| json!({"MinTime": 0, "MaxTime": NOW.0, "Keywords": keywords});
    for keywords in ["", "devicename:lamp1", "productid:A productid:B"] {
        assert_eq!(cloud.refused("ListLogPayload", range(keywords)).await, "InvalidParameterValue", "{keywords}");
    }
    let missing = cloud.refused("ListLogPayload", range("productid:AAAAAAAAAA")).await;
    assert_eq!(missing, "ResourceNotFound.StudioProductNotExist");
    let reversed = json!({"MinTime": 2, "MaxTime": 1, "Keywords": ""});
    assert_eq!(cloud.refused("ListLog", reversed).await, "InvalidParameterValue.StartTimeLaterEndTime");

    let all = cloud.ok("ListLog", json!({"MinTime": 0, "MaxTime": NOW.0 + 1})).await;
    assert_eq!(all["Results"].as_array().map(Vec::len), Some(1), "without words: changes and failures of all products");
    let nobody = cloud.sub_account("nobody", &[]).await;
    let denied = cloud.call(&nobody, "ListLog", of_lamp(&product, "")).await;
    assert_eq!(denied["Error"]["Code"], "UnauthorizedOperation");
}

/// Lines of the devices' own logs, found by product, device, level and word, page by page.
#[tokio::test]
async fn logs_that_devices_uploaded_are_found() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let range = |keywords: &str| json!({"MinTime": NOW.0 - 1, "MaxTime": NOW.0 + 1, "Keywords": keywords});
    let nothing = cloud.ok("ListSDKLog", of_lamp(&product, "")).await;
    assert_eq!((&nothing["Results"], &nothing["Listover"]), (&json!([]), &json!(true)), "messages are not among them");
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "lamp2"})).await;
    for (device, level, line) in
        [("lamp1", "ERR", "08:00:00|main.c|one"), ("lamp2", "INF", "08:00:01|main.c|two"), ("lamp1", "", "three")]
    {
        cloud.device_uploads(&product, device, level, line);
    }
    let row = |device: &str, level: &str, content: &str| {
        json!({
            "ProductId": product, "DeviceName": device, "Level": level, "DateTime": "2024-11-23 02:26:40.000",
            "Content": content,
        })
    };
    let [one, two, three] = [
        row("lamp1", "ERR", "08:00:00|main.c|one"),
        row("lamp2", "INF", "08:00:01|main.c|two"),
        row("lamp1", "", "three"),
    ];
    for (keywords, expected) in [
        (format!("productid:{product}"), json!([three, two, one])),
        (format!("productid:{product} devicename:lamp1"), json!([three, one])),
        (format!("productid:{product} loglevel:err"), json!([one])),
        (format!("productid:{product} loglevel:3"), json!([two])),
        (format!("productid:{product} content:main.c two"), json!([two])),
        (format!("productid:{product} devicename:lamp2 one"), json!([])),
        (String::new(), json!([three, two, one])),
    ] {
        let found = cloud.ok("ListSDKLog", range(&keywords)).await;
        assert_eq!((&found["Results"], &found["Listover"]), (&expected, &json!(true)), "{keywords}");
    }
    let mut page = range(&format!("productid:{product}"));
    page["MaxNum"] = json!(2);
    let first = cloud.ok("ListSDKLog", page.clone()).await;
    assert_eq!((&first["Results"], &first["Listover"]), (&json!([three, two]), &json!(false)));
    page["Context"] = first["Context"].clone();
    assert_eq!(cloud.ok("ListSDKLog", page).await["Results"], json!([one]));
    let earlier = json!({"MinTime": 0, "MaxTime": NOW.0 - 1, "Keywords": ""});
    assert_eq!(cloud.ok("ListSDKLog", earlier).await["Results"], json!([]));
    for operation in ["ListLog", "ListLogPayload"] {
        let found = cloud.ok(operation, range(&format!("productid:{product} devicename:lamp2"))).await;
        assert_eq!(found["Results"], json!([]), "{operation}");
    }
    let own = json!({
        "ProductId": product, "DeviceName": "lamp2", "MinTime": 0, "MaxTime": NOW.0 + 1, "Kinds": ["content", "device"],
    });
    let found = cloud.ok("ListDeviceLog", own).await;
    assert_eq!((&found["Rows"][0]["Kind"], &found["Rows"][0]["Scene"]), (&json!("device"), &json!("INF")));
}

/// Does a device's own level come before its product's, and is the device told of a change?
#[tokio::test]
async fn a_log_level_is_a_devices_own_or_its_products() {
    let cloud = Cloud::new().await;
    let product = lamp(&cloud).await;
    let lamp = json!({"ProductId": product, "DeviceName": "lamp1"});
    let described = async |of: Value| {
        let found = cloud.ok("DescribeLogLevel", of).await;
        json!([found["Level"], found["OwnLevel"], found["ProductLevel"]])
    };
    assert_eq!(described(lamp.clone()).await, json!([0, false, 0]));
    cloud.ok("SetLogLevel", json!({"ProductId": product, "Level": 2})).await;
    assert_eq!(described(lamp.clone()).await, json!([2, false, 2]));
    let set = cloud.ok("SetLogLevel", json!({"ProductId": product, "DeviceName": "lamp1", "Level": 4})).await;
    assert_eq!((&set["Level"], &set["Told"]), (&json!(4), &json!("delivered")));
    assert_eq!(described(lamp.clone()).await, json!([4, true, 2]));
    assert_eq!(described(json!({"ProductId": product})).await, json!([2, true, 2]));
    assert_eq!(cloud.ok("DescribeDevice", lamp.clone()).await["Device"]["LogLevel"], 4);
    let told = cloud.devices.sent.lock().unwrap().pop().unwrap();
    let topic = format!("$log/operation/result/{product}/lamp1");
    assert_eq!(told.kind, lianwu_ports::bus::DownKind::Topic(topic.into()));
    let expected = format!(r#"{{"type":"get_log_level","log_level":4,"result":0,"timestamp":{}}}"#, NOW.seconds());
    assert_eq!(std::str::from_utf8(&told.payload), Ok(expected.as_str()));
    let taken = cloud.ok("SetLogLevel", lamp.clone()).await;
    assert_eq!(taken["Level"], 2, "the product's again");
    cloud.ok("SetLogLevel", json!({"ProductId": product})).await;
    assert_eq!(described(lamp.clone()).await, json!([0, false, 0]));
    for (call, code) in [
        (json!({"ProductId": product, "Level": 5}), "InvalidParameterValue"),
        (json!({"ProductId": product, "DeviceName": "nobody", "Level": 1}), "ResourceNotFound.DeviceNotExist"),
        (json!({"ProductId": "AAAAAAAAAA", "Level": 1}), "ResourceNotFound.StudioProductNotExist"),
    ] {
        assert_eq!(cloud.refused("SetLogLevel", call).await, code);
    }
}
