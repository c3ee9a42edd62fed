//! The vendor's Python cloud SDK, unmodified, over every operation that is served.

use lianwu_mqtt::QoS;
use lianwu_testkit::{
    Device, LAMP_MODEL, MqttClient, SdkClient, Server, ServerOptions, TBOX_MODEL, first_priority_operations, live,
    now_ms, python,
};
use serde_json::{Value, json};

#[track_caller]
fn sdk(server: &Server, profile: &Value) -> SdkClient {
    SdkClient::start("the Python cloud SDK", python("cloud.py"), server, profile)
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| lianwu_testkit::fail(format!("expected a text, got {value}"))).to_owned()
}

/// A project and a product with the lamp's model, made through the SDK.
#[track_caller]
fn lamp_product(sdk: &mut SdkClient) -> (String, String) {
    let project = sdk.call("CreateProject", &json!({"ProjectName": "lights", "ProjectDesc": "of a house"}));
    let project = text(&project["Project"]["ProjectId"]);
    let product = new_product(sdk, &project, "lamp");
    sdk.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": LAMP_MODEL}));
    (project, product)
}

#[track_caller]
fn new_product(sdk: &mut SdkClient, project: &str, name: &str) -> String {
    let request = json!({"ProjectId": project, "ProductName": name, "ProductDesc": "", "CategoryId": 3,
                         "ProductType": 0, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1});
    text(&sdk.call("CreateStudioProduct", &request)["Product"]["ProductId"])
}

#[track_caller]
fn new_device(sdk: &mut SdkClient, product: &str, name: &str) -> Device {
    let made = sdk.call("CreateDevice", &json!({"ProductId": product, "DeviceName": name}));
    Device { product: product.to_owned(), name: name.to_owned(), secret: text(&made["Data"]["DevicePsk"]) }
}

#[test]
fn projects_and_products() {
    let server = Server::start(ServerOptions::default());
    let mut sdk = sdk(&server, &json!({}));
    let (project, product) = lamp_product(&mut sdk);
    assert!(project.starts_with("prj-") && project.len() == 12, "{project}");
    assert_eq!(product.len(), 10);

    let described = sdk.call("DescribeProject", &json!({"ProjectId": project}))["Project"].clone();
    assert_eq!((&described["ProjectName"], &described["ProductCount"]), (&json!("lights"), &json!(1)));
    sdk.call("ModifyProject", &json!({"ProjectId": project, "ProjectName": "lamps", "ProjectDesc": "new"}));
    for number in 0..4 {
        sdk.call("CreateProject", &json!({"ProjectName": format!("more-{number}"), "ProjectDesc": ""}));
    }
    let page = sdk.call("GetProjectList", &json!({"Offset": 3, "Limit": 2}));
    assert_eq!((page["Projects"].as_array().map(Vec::len), &page["Total"]), (Some(2), &json!(5)));
    let taken = sdk.refused("CreateProject", &json!({"ProjectName": "lamps", "ProjectDesc": ""}));
    assert_eq!(taken.code, "UnsupportedOperation.ProjectDupKeyExist");

    let second = new_product(&mut sdk, &project, "switch");
    let listed = sdk.call("GetStudioProductList", &json!({"ProjectId": project, "DevStatus": "all", "Limit": 1}));
    assert_eq!((&listed["Total"], &listed["Products"][0]["ProductId"]), (&json!(2), &json!(second)), "newest first");
    let found = sdk.call("SearchStudioProduct", &json!({"ProjectId": project, "ProductName": "lam"}));
    assert_eq!((&found["Total"], &found["Products"][0]["ProductId"]), (&json!(1), &json!(product)));
    let change = json!({"ProductId": second, "ProductName": "switch-2", "ProductDesc": "two", "ModuleId": 0});
    assert_eq!(sdk.call("ModifyStudioProduct", &change)["Product"]["ProductName"], "switch-2");

    sdk.call("ReleaseStudioProduct", &json!({"ProductId": second, "DevStatus": "released"}));
    let described = sdk.call("DescribeStudioProduct", &json!({"ProductId": second}))["Product"].clone();
    assert_eq!(described["DevStatus"], "released");
    let locked = sdk.refused("ModifyModelDefinition", &json!({"ProductId": second, "ModelSchema": LAMP_MODEL}));
    assert!(locked.code.starts_with("UnsupportedOperation"), "{locked:?}");
    sdk.call("DeleteStudioProduct", &json!({"ProductId": second}));
    let gone = sdk.refused("DescribeStudioProduct", &json!({"ProductId": second}));
    assert_eq!(gone.code, "ResourceNotFound.StudioProductNotExist");
    assert!(sdk.refused("DeleteProject", &json!({"ProjectId": project})).code.starts_with("UnsupportedOperation"));
    sdk.call("DeleteStudioProduct", &json!({"ProductId": product}));
    sdk.call("DeleteProject", &json!({"ProjectId": project}));
    assert_eq!(sdk.refused("DescribeProject", &json!({"ProjectId": project})).code, "ResourceNotFound.ProjectNotExist");
}

#[test]
fn thing_models() {
    let server = Server::start(ServerOptions::default());
    let mut sdk = sdk(&server, &json!({}));
    let (_, product) = lamp_product(&mut sdk);
    let model = sdk.call("DescribeModelDefinition", &json!({"ProductId": product}))["Model"].clone();
    let stored: Value = serde_json::from_str(&text(&model["ModelDefine"])).expect("the model is JSON");
    let given: Value = serde_json::from_str(LAMP_MODEL).expect("JSON");
    for part in ["properties", "events", "actions"] {
        assert_eq!(stored[part], given[part], "{part}");
    }
    for (schema, code) in [
        ("", "InvalidParameterValue.ModelDefineNil"),
        ("{", "InvalidParameterValue.ModelDefineInvalid"),
        (&LAMP_MODEL.replace("\"mode\":\"rw\"", "\"mode\":\"w\""), "InvalidParameterValue.ModelDefineErrorModel"),
        (&LAMP_MODEL.replace("\"id\":\"color\"", "\"id\":\"brightness\""), "InvalidParameterValue.ModelDefineDupID"),
        (&LAMP_MODEL.replace("\"max\":\"100\"", "\"max\":\"-1\""), "InvalidParameterValue.ModelDefinePropRangeError"),
    ] {
        let refused = sdk.refused("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": schema}));
        assert_eq!(refused.code, code, "{}", refused.message);
    }
    sdk.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": TBOX_MODEL}));
}

#[test]
fn devices() {
    let server = Server::start(ServerOptions::default());
    let mut sdk = sdk(&server, &json!({}));
    let (_, product) = lamp_product(&mut sdk);
    let first = new_device(&mut sdk, &product, "light-00");
    for number in 1..25 {
        new_device(&mut sdk, &product, &format!("light-{number:02}"));
    }
    let defined = "AAECAwQFBgcICQoLDA0ODw==";
    sdk.call("CreateDevice", &json!({"ProductId": product, "DeviceName": "own-key", "DefinedPsk": defined}));

    let described = sdk.call("DescribeDevice", &first.reference())["Device"].clone();
    assert_eq!((&described["Status"], &described["DevicePsk"]), (&json!(3), &json!(first.secret)), "never activated");
    let by_id = json!({"ProductId": "", "DeviceName": "", "DeviceId": format!("{product}/own-key")});
    assert_eq!(sdk.call("DescribeDevice", &by_id)["Device"]["DevicePsk"], defined);

    let mut names = Vec::new();
    for offset in [0, 10, 20, 30] {
        let page = sdk.call("GetDeviceList", &json!({"ProductId": product, "Offset": offset, "Limit": 10}));
        assert_eq!(page["Total"], 26);
        let rows = page["Devices"].as_array().cloned().unwrap_or_default();
        names.extend(rows.iter().map(|row| text(&row["DeviceName"])));
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 26, "every device on exactly one page");
    let found = sdk.call("GetDeviceList", &json!({"ProductId": product, "DeviceName": "light-07"}));
    assert_eq!((&found["Total"], &found["Devices"][0]["DeviceName"]), (&json!(1), &json!("light-07")));

    let mut connection = MqttClient::device(server.mqtt_address(), &first);
    assert_eq!(sdk.call("DescribeDevice", &first.reference())["Device"]["Status"], 1, "online");
    let state = |status: u8| json!({"DevicesItems": [first.reference()], "Status": status});
    sdk.call("UpdateDevicesEnableState", &state(0));
    connection.expect_close();
    let mut refused = server.mqtt();
    refused.send_connect(&first.credentials(lianwu_testkit::Method::HmacSha1));
    refused.expect(&lianwu_testkit::Received::ConnAck(5));
    sdk.call("UpdateDevicesEnableState", &state(1));
    drop(MqttClient::device(server.mqtt_address(), &first));

    for (request, code) in [
        (json!({"ProductId": product, "DeviceName": "light-00"}), "InvalidParameterValue.DeviceAlreadyExist"),
        (json!({"ProductId": "NOSUCHPROD", "DeviceName": "x"}), "ResourceNotFound.StudioProductNotExist"),
        (json!({"ProductId": product, "DeviceName": "a b"}), "InvalidParameterValue"),
        (json!({"ProductId": product}), "MissingParameter"),
    ] {
        let refused = sdk.refused("CreateDevice", &request);
        assert_eq!(refused.code, code, "{request}: {}", refused.message);
    }
    sdk.call("DeleteDevice", &first.reference());
    assert_eq!(sdk.refused("DescribeDevice", &first.reference()).code, "ResourceNotFound.DeviceNotExist");
    let items: Vec<_> = (1..25).map(|n| json!({"ProductId": product, "DeviceName": format!("light-{n:02}")})).collect();
    sdk.call("DeleteDevices", &json!({"DevicesItems": items}));
    assert_eq!(sdk.call("GetDeviceList", &json!({"ProductId": product}))["Total"], 1);
}

/// Do latest values, history in pages and simulated reports agree with what the device and the caller said?
#[test]
fn data_and_history() {
    let server = Server::start(ServerOptions::default());
    let mut sdk = sdk(&server, &json!({}));
    let (_, product) = lamp_product(&mut sdk);
    let device = new_device(&mut sdk, &product, "light-1");
    assert_eq!(sdk.call("DescribeDeviceData", &device.reference())["Data"], "{}");

    let mut connection = MqttClient::subscribed(server.mqtt_address(), &device);
    let start = now_ms() - 60_000;
    for value in 0..25 {
        let report = json!({"method": "report", "clientToken": "t", "timestamp": start + value * 1000,
                            "params": {"brightness": value, "position": {"longitude": value, "latitude": 1}}});
        connection.publish_acknowledged(&device.thing("up/property"), report.to_string().as_bytes());
    }
    let latest: Value = serde_json::from_str(&text(&sdk.call("DescribeDeviceData", &device.reference())["Data"]))
        .expect("the data is JSON");
    assert_eq!(latest["brightness"], json!({"Value": 24, "LastUpdate": start + 24_000}));

    let mut request = device.reference();
    request["FieldName"] = "brightness".into();
    request["MinTime"] = start.into();
    request["MaxTime"] = (start + 23_000).into();
    request["Limit"] = 10.into();
    let mut rows = Vec::new();
    let mut first_context = String::new();
    for expected in [10, 10, 4] {
        let page = sdk.call("DescribeDeviceDataHistory", &request);
        let results = page["Results"].as_array().cloned().unwrap_or_default();
        assert_eq!(results.len(), expected, "{page}");
        rows.extend(results.iter().map(|row| (text(&row["Time"]), text(&row["Value"]))));
        assert_eq!(page["Listover"], expected != 10, "{page}");
        request["Context"] = page["Context"].clone();
        if first_context.is_empty() {
            first_context = text(&page["Context"]);
        }
    }
    let expected: Vec<_> = (0..24).map(|value| ((start + value * 1000).to_string(), value.to_string())).collect();
    assert_eq!(rows, expected, "ascending, both ends of the range included");
    request["FieldName"] = "position".into();
    request["Context"] = first_context.into();
    assert_eq!(sdk.refused("DescribeDeviceDataHistory", &request).code, "InvalidParameterValue", "a foreign Context");

    request["Context"] = "".into();
    request["Limit"] = 1.into();
    let struct_row = sdk.call("DescribeDeviceDataHistory", &request)["Results"][0]["Value"].clone();
    assert_eq!(
        serde_json::from_str::<Value>(&text(&struct_row)).expect("JSON"),
        json!({"longitude": 0, "latitude": 1})
    );
    request["FieldName"] = "no_such".into();
    let unknown = sdk.refused("DescribeDeviceDataHistory", &request);
    assert_eq!(unknown.code, "InvalidParameterValue.ModelPropertyNotExist");
    request["FieldName"] = "brightness".into();
    request["MaxTime"] = (start - 1).into();
    let reversed = sdk.refused("DescribeDeviceDataHistory", &request);
    assert_eq!(reversed.code, "InvalidParameterValue.StartTimeLaterEndTime");

    let mut simulated = device.reference();
    simulated["Method"] = "reported".into();
    simulated["Data"] = "{\"color\":1}".into();
    simulated["DataTimestamp"] = (start + 500).into();
    sdk.call("ControlDeviceData", &simulated);
    let latest: Value = serde_json::from_str(&text(&sdk.call("DescribeDeviceData", &device.reference())["Data"]))
        .expect("the data is JSON");
    assert_eq!(latest["color"], json!({"Value": 1, "LastUpdate": start + 500}));
    simulated["Data"] = "{\"color\":9}".into();
    assert!(sdk.refused("ControlDeviceData", &simulated).code.starts_with("InvalidParameterValue"));
}

/// Are events found by kind, by name and in pages?
#[test]
fn event_history() {
    let server = Server::start(ServerOptions::default());
    let mut sdk = sdk(&server, &json!({}));
    let (_, product) = lamp_product(&mut sdk);
    let device = new_device(&mut sdk, &product, "light-1");
    let mut connection = MqttClient::subscribed(server.mqtt_address(), &device);
    let start = now_ms() - 60_000;
    for number in 0..12 {
        let (id, kind, params) = match number % 3 {
            0 => ("hardware_fault", "fault", json!({"name": "fan", "error_code": number})),
            1 => ("low_voltage", "alert", json!({"voltage": 2.5})),
            _ => ("status_report", "info", json!({"status": 1, "message": "ok"})),
        };
        let event = json!({"method": "event_post", "clientToken": "e", "version": "1.0", "eventId": id, "type": kind,
                           "timestamp": start + number * 1000, "params": params});
        connection.publish_acknowledged(&device.thing("up/event"), event.to_string().as_bytes());
    }
    let mut request = device.reference();
    request["Size"] = 5.into();
    let mut times = Vec::new();
    for expected in [5, 5, 2] {
        let page = sdk.call("ListEventHistory", &request);
        let rows = page["EventHistory"].as_array().cloned().unwrap_or_default();
        assert_eq!((rows.len(), &page["Total"], &page["Listover"]), (expected, &json!(12), &json!(expected == 2)));
        times.extend(rows.iter().map(|row| row["TimeStamp"].as_u64().unwrap_or_default()));
        request["Context"] = page["Context"].clone();
    }
    let newest_first: Vec<_> = (0..12).rev().map(|number| start + number * 1000).collect();
    assert_eq!(times, newest_first);

    let mut faults = device.reference();
    faults["Type"] = "fault".into();
    let found = sdk.call("ListEventHistory", &faults);
    assert_eq!((&found["Total"], &found["EventHistory"][0]["EventId"]), (&json!(4), &json!("hardware_fault")));
    let data: Value = serde_json::from_str(&text(&found["EventHistory"][0]["Data"])).expect("JSON");
    assert_eq!(data, json!({"name": "fan", "error_code": 9}));
    faults["Type"] = "trouble".into();
    assert_eq!(sdk.refused("ListEventHistory", &faults).code, "InvalidParameterValue");
    let mut voltage = device.reference();
    voltage["EventId"] = "low_voltage".into();
    assert_eq!(sdk.call("ListEventHistory", &voltage)["Total"], 4);
}

/// Control and actions: delivered, nobody there, bad input, no answer.
#[test]
fn control_and_actions() {
    let server = Server::start(ServerOptions::default().set("LIANWU__LIMITS__REPLY_WAIT_MS", "300"));
    let mut sdk = sdk(&server, &json!({}));
    let (_, product) = lamp_product(&mut sdk);
    let device = new_device(&mut sdk, &product, "light-1");
    let with = |name: &str, value: &str| {
        let mut request = device.reference();
        request[name] = value.into();
        request
    };
    let act = |input: &str| {
        let mut request = with("ActionId", "light_blink");
        request["InputParams"] = input.into();
        request
    };

    let unreachable = sdk.call("CallDeviceActionSync", &act("{\"period\":1}"));
    assert!(text(&unreachable["Status"]).starts_with("FailedOperation.ActionUnreachable"), "{unreachable}");
    assert_eq!((&unreachable["ClientToken"], &unreachable["OutputParams"]), (&json!(""), &json!("")));

    let mut connection = MqttClient::device(server.mqtt_address(), &device);
    connection.subscribe(&device.thing("down/property"), QoS::AtMostOnce);
    connection.subscribe(&device.thing("down/action"), QoS::AtLeastOnce);
    let called = sdk.call("CallDeviceActionAsync", &act("{\"period\":2}"));
    assert_eq!(called["Status"], "suc");
    let action = connection.next_json();
    assert_eq!((&action["clientToken"], &action["params"]), (&called["ClientToken"], &json!({"period": 2})));

    let late = sdk.refused("CallDeviceActionSync", &act("{\"period\":3}"));
    assert_eq!(late.code, "FailedOperation.Timeout", "nobody answered");
    assert_eq!(connection.next_json()["params"], json!({"period": 3}));

    let delivered = sdk.call("ControlDeviceData", &with("Data", "{\"brightness\":3}"));
    assert_eq!((&delivered["Data"], &delivered["Result"]), (&json!(""), &json!("{\"Sent\":1,\"pushResult\":0}")));
    assert_eq!(connection.next_json()["params"], json!({"brightness": 3}));
    for (request, code) in [
        (with("Data", "{\"nothing\":1}"), "InvalidParameterValue.ModelPropertyNotExist"),
        (with("Data", "{\"position\":{\"longitude\":1,\"latitude\":1}}"), "InvalidParameterValue"),
        (with("Data", "{\"brightness\":101}"), "InvalidParameterValue"),
        (with("Data", "[]"), "InvalidParameterValue"),
    ] {
        let refused = sdk.refused("ControlDeviceData", &request);
        assert_eq!(refused.code, code, "{request}: {}", refused.message);
    }
    let unknown = sdk.refused("CallDeviceActionSync", &with("ActionId", "fly"));
    assert_eq!(unknown.code, "InvalidParameterValue.ActionNilOrNotExist");
    let input = sdk.refused("CallDeviceActionSync", &act("{\"period\":11}"));
    assert_eq!(input.code, "InvalidParameter.ActionInputParamsInvalid");
}

/// Does every operation of the first priority work, signed in each of the three ways?
#[test]
fn every_operation_in_every_signature_method() {
    let server = Server::start(ServerOptions::default());
    for sign in ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"] {
        let mut sdk = sdk(&server, &json!({"sign": sign}));
        let called = live(&server, &format!("by-{sign}"), &mut |action, parameters| sdk.call(action, parameters));
        assert_eq!(called, first_priority_operations(), "{sign}");
    }
}

/// Do POST and GET, all three ways of signing and both spellings of the host pass the signature check?
#[test]
fn methods_signatures_and_hosts() {
    let server = Server::start(ServerOptions::default());
    let (_, product) = lamp_product(&mut sdk(&server, &json!({})));
    let port = server.http_address().port();
    for host in ["127.0.0.1", "localhost"] {
        for sign in ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"] {
            for method in ["POST", "GET"] {
                let profile = json!({"endpoint": format!("{host}:{port}"), "sign": sign, "method": method});
                let mut sdk = sdk(&server, &profile);
                let name = format!("{method}-{sign}-{host}").replace('.', "_");
                let device = new_device(&mut sdk, &product, &name);
                sdk.call("DeleteDevices", &json!({"DevicesItems": [device.reference()]}));
            }
        }
    }
}

/// Do mistakes of the caller arrive as the SDK's exception with the vendor's code?
#[test]
fn mistakes_of_the_caller() {
    let server = Server::start(ServerOptions::default());
    let (_, product) = lamp_product(&mut sdk(&server, &json!({})));
    let describe = json!({"ProductId": product});
    for (profile, code) in [
        (json!({"secret_key": "WrongWrongWrongWrongWrongWrong12"}), "AuthFailure.SignatureFailure"),
        (json!({"secret_id": "AKID00000000000000000000000000000000"}), "AuthFailure.SecretIdNotFound"),
        (json!({"secret_id": "nobody"}), "AuthFailure.InvalidSecretId"),
        (json!({"clock_offset_s": -400}), "AuthFailure.SignatureExpire"),
        (json!({"clock_offset_s": 400}), "AuthFailure.SignatureExpire"),
        (json!({"region": "ap-nowhere"}), "UnsupportedRegion"),
    ] {
        let refused = sdk(&server, &profile).refused("DescribeStudioProduct", &describe);
        assert_eq!(refused.code, code, "{profile}: {}", refused.message);
    }
    let mut plain = sdk(&server, &json!({}));
    for (action, parameters, code) in [
        ("DescribeStudioProduct", json!({"ProductId": product, "Colour": "red"}), "UnknownParameter"),
        ("DescribeStudioProduct", json!({}), "MissingParameter"),
        ("DescribeStudioProduct", json!({"ProductId": 7}), "InvalidParameter"),
        ("NoSuchOperation", json!({}), "InvalidAction"),
    ] {
        let command = json!({"plain": true, "action": action, "parameters": parameters});
        let refused = plain.try_call(&command).expect_err("a refusal");
        assert_eq!(refused.code, code, "{command}: {}", refused.message);
    }
    let mut chinese = sdk(&server, &json!({"language": "zh-CN"}));
    let refused = chinese.refused("DescribeStudioProduct", &json!({"ProductId": "NOSUCHPROD"}));
    assert!(refused.message.contains("不存在"), "{refused:?}");
}
