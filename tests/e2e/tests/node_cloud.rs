//! The vendor's Node cloud SDK, unmodified. It signs the host without the port and takes the service from the host
//! name, so POST and GET against an address and against a name are four different signatures.

use lianwu_testkit::policy_cases::SIGNATURE_METHODS;
use lianwu_testkit::{
    Fixture, LAMP_MODEL, SdkClient, Server, ServerOptions, first_priority_operations, live, node, now_ms,
};
use serde_json::{Value, json};

fn sdk(server: &Server, profile: &Value) -> SdkClient {
    SdkClient::start("the Node cloud SDK", node("cloud.js"), server, profile)
}

#[test]
fn post_and_get_against_address_and_name() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let port = server.http_address().port();
    for host in ["127.0.0.1", "localhost"] {
        for method in ["POST", "GET"] {
            let mut sdk = sdk(&server, &json!({"endpoint": format!("{host}:{port}"), "method": method}));
            let name = format!("{method}-{}", host.replace('.', "_"));
            let reference = json!({"ProductId": lamp.product, "DeviceName": name});
            let made = sdk.call("CreateDevice", &reference);
            let described = sdk.call("DescribeDevice", &reference);
            assert_eq!(described["Device"]["DevicePsk"], made["Data"]["DevicePsk"]);

            let mut report = reference.clone();
            report["Method"] = "reported".into();
            report["Data"] = "{\"brightness\":42}".into();
            sdk.call("ControlDeviceData", &report);
            let mut history = reference.clone();
            history["FieldName"] = "brightness".into();
            history["MinTime"] = (now_ms() - 60_000).into();
            history["MaxTime"] = (now_ms() + 60_000).into();
            let rows = sdk.call("DescribeDeviceDataHistory", &history)["Results"].clone();
            assert_eq!(rows[0]["Value"], "42");

            let listed = sdk.call("GetDeviceList", &json!({"ProductId": lamp.product, "Limit": 10, "Offset": 0}));
            assert_eq!(listed["Total"], 1);
            sdk.call("DeleteDevices", &json!({"DevicesItems": [reference]}));
            let gone = sdk.refused("DescribeDevice", &reference);
            assert_eq!(gone.code, "ResourceNotFound.DeviceNotExist");
        }
    }
}

/// Does every operation of the first priority work, signed in each way the SDK knows? `BatchPublishMessage`, which has no
/// method of its own there, goes through the SDK's generic one.
#[test]
fn every_operation_in_every_signature_method() {
    let server = Server::start(ServerOptions::default());
    for sign in SIGNATURE_METHODS {
        let mut sdk = sdk(&server, &json!({"sign": sign}));
        let called = live(&server, &format!("by-{sign}"), &mut |action, parameters| sdk.call(action, parameters));
        assert_eq!(called, first_priority_operations(), "{sign}");
    }
}

/// Do POST and GET pass the signature check with each of the older methods too?
#[test]
fn older_signatures_by_post_and_get() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    for sign in &SIGNATURE_METHODS[1..] {
        for method in ["POST", "GET"] {
            let mut sdk = sdk(&server, &json!({"sign": sign, "method": method}));
            let device = json!({"ProductId": lamp.product, "DeviceName": format!("{method}-{sign}")});
            sdk.call("CreateDevice", &device);
            sdk.call("DeleteDevices", &json!({"DevicesItems": [device]}));
        }
    }
}

#[test]
fn mistakes_arrive_with_their_codes() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let describe = json!({"ProductId": lamp.product});
    let wrong = json!({"secret_key": "WrongWrongWrongWrongWrongWrong12"});
    let refused = sdk(&server, &wrong).refused("DescribeStudioProduct", &describe);
    assert_eq!(refused.code, "AuthFailure.SignatureFailure", "{}", refused.message);
    let mut sdk = sdk(&server, &json!({}));
    assert_eq!(sdk.refused("DescribeStudioProduct", &json!({})).code, "MissingParameter");
    let unknown = json!({"ProductId": lamp.product, "Colour": "red"});
    assert_eq!(sdk.refused("DescribeStudioProduct", &unknown).code, "UnknownParameter");
    assert_eq!(sdk.call("DescribeStudioProduct", &describe)["Product"]["ProductId"], json!(lamp.product));
}
