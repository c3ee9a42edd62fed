//! The vendor's Python SDK of the service `iotcloud`, unmodified, over the log operations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_testkit::{Fixture, LAMP_MODEL, MqttClient, SdkClient, Server, ServerOptions, now_ms, python};
use serde_json::{Value, json};

/// Are the three log operations served to the SDK, in each signature method and over all pages?
#[test]
fn log_operations_of_the_python_sdk() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LAMP_MODEL);
    let device = fixture.device("light-1");
    let mut client = MqttClient::subscribed(server.mqtt_address(), &device);
    let report = r#"{"method":"report","clientToken":"t1","params":{"brightness":1}}"#;
    client.ask(&device.thing("up/property"), report);
    client.ask(&device.thing("up/property"), "{");
    let keywords = format!("productid:{} devicename:light-1", device.product);
    let range = json!({"MinTime": now_ms() - 60_000, "MaxTime": now_ms() + 60_000, "Keywords": keywords, "MaxNum": 1});
    for sign in ["TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"] {
        let profile = json!({"service": "iotcloud", "sign": sign});
        let mut sdk = SdkClient::start("the Python log SDK", python("cloud.py"), &server, &profile);
        let all = |sdk: &mut SdkClient, operation: &str| {
            let mut request = range.clone();
            let mut rows: Vec<Value> = Vec::new();
            loop {
                let page = sdk.call(operation, &request);
                rows.extend(page["Results"].as_array().cloned().unwrap_or_default());
                if page["Listover"] == true {
                    return rows;
                }
                request["Context"] = page["Context"].clone();
                assert!(rows.len() < 50, "it goes on: {page}");
            }
        };
        let content = all(&mut sdk, "ListLogPayload");
        let texts: Vec<_> = content.iter().filter_map(|row| STANDARD.decode(row["Payload"].as_str()?).ok()).collect();
        let accepted = r#"{"method":"report_reply","clientToken":"t1","code":0,"status":"success"}"#;
        let expected: Vec<Vec<u8>> =
            ["json format illegal", "{", accepted, report].map(|text| text.as_bytes().to_vec()).into();
        assert_eq!(texts, expected, "{sign}");
        let log = all(&mut sdk, "ListLog");
        assert!(log.iter().any(|row| row["Result"].as_str().is_some_and(|text| text.starts_with("FAIL, json format"))));
        assert!(log.iter().any(|row| row["Scene"] == "STATUS" && row["Result"] == "SUCC"), "{log:?}");
        assert_eq!(all(&mut sdk, "ListSDKLog"), Vec::<Value>::new());
        let wrong = sdk.refused("ListLogPayload", &json!({"MinTime": 1, "MaxTime": 2, "Keywords": "devicename:x"}));
        assert_eq!(wrong.code, "InvalidParameterValue");
    }
}
