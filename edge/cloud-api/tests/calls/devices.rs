//! Devices. Source: spec/cloud-api.md 2.4 and 3.3.

use lianwu_ports::record::RecordKind;
use lianwu_services::Limits;
use serde_json::json;

use super::support::{Cloud, NOW};

#[tokio::test]
async fn a_device_lives_and_goes() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let created = cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "a:b_c-1"})).await;
    let secret = created["Data"]["DevicePsk"].as_str().unwrap();
    assert_eq!(secret.len(), 24, "base64 of 16 bytes");
    assert_eq!(created["Data"]["DeviceName"], "a:b_c-1");

    let name = json!({"ProductId": product, "DeviceName": "a:b_c-1"});
    let device = cloud.ok("DescribeDevice", name.clone()).await["Device"].clone();
    let expected = json!({
        "DevicePsk": secret, "Status": 3, "EnableState": 1, "FirstOnlineTime": 0, "LoginTime": 0,
        "CreateTime": NOW.seconds(), "ProductId": product, "ProductName": "lamp", "DeviceType": "设备",
        "IsLora": false, "Version": "", "CreatorNickName": "admin",
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&device[field], value, "{field}");
    }

    cloud.device_says(&product, "a:b_c-1", RecordKind::Connected, NOW, "");
    let device = cloud.ok("DescribeDevice", name.clone()).await["Device"].clone();
    assert_eq!((&device["Status"], &device["FirstOnlineTime"]), (&json!(0), &json!(NOW.seconds())));
    let entry = cloud.platform.directory.find(product.parse().unwrap(), "a:b_c-1").unwrap();
    entry.set_online(true);
    assert_eq!(cloud.ok("DescribeDevice", name.clone()).await["Device"]["Status"], 1);

    let deleted = cloud.ok("DeleteDevice", name.clone()).await;
    assert_eq!((&deleted["ResultCode"], &deleted["ResultMessage"]), (&json!(""), &json!("")));
    assert_eq!(*cloud.devices.closed.lock().unwrap(), [(entry.number, "the device was deleted")]);
    assert_eq!(cloud.refused("DescribeDevice", name.clone()).await, "ResourceNotFound.DeviceNotExist");
    assert_eq!(cloud.refused("DeleteDevice", name.clone()).await, "ResourceNotFound.DeviceNotExist");

    // A device of the same name starts afresh.
    cloud.ok("CreateDevice", name.clone()).await;
    assert_eq!(cloud.ok("DescribeDevice", name).await["Device"]["Status"], 3);
}

#[tokio::test]
async fn wrong_devices_are_refused() {
    let cloud = Cloud::with_limits(Limits { api_tps: 0, dev_product_devices: 2, ..Limits::default() }).await;
    let product = cloud.lamp().await;
    let cases = [
        (json!({"DeviceName": "lamp1"}), "InvalidParameterValue.DeviceAlreadyExist"),
        (json!({"DeviceName": ""}), "InvalidParameterValue"),
        (json!({"DeviceName": "灯"}), "InvalidParameterValue"),
        (json!({"DeviceName": "a".repeat(49)}), "InvalidParameterValue"),
        (json!({"DeviceName": "x", "DefinedPsk": "not base64!"}), "InvalidParameterValue"),
        (json!({"DeviceName": "x", "DevEUI": "1"}), "InvalidParameterValue"),
        (json!({"DeviceName": "x", "ProductId": "0000000000"}), "ResourceNotFound.StudioProductNotExist"),
    ];
    for (mut device, expected) in cases {
        if device.get("ProductId").is_none() {
            device["ProductId"] = json!(product);
        }
        assert_eq!(cloud.refused("CreateDevice", device.clone()).await, expected, "{device}");
    }
    let own = json!({"ProductId": product, "DeviceName": "own", "DefinedPsk": "MTIzNDU2Nzg5MGFiY2RlZg=="});
    assert_eq!(cloud.ok("CreateDevice", own).await["Data"]["DevicePsk"], "MTIzNDU2Nzg5MGFiY2RlZg==");
    let third = json!({"ProductId": product, "DeviceName": "third"});
    assert_eq!(cloud.refused("CreateDevice", third.clone()).await, "LimitExceeded.DeviceExceedLimit");
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})).await;
    cloud.ok("CreateDevice", third).await;
}

#[tokio::test]
async fn device_id_replaces_the_pair() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let with_id = |id: &str| json!({"ProductId": "x", "DeviceName": "y", "DeviceId": id});
    let found = cloud.ok("DescribeDevice", with_id(&format!("{product}/lamp1"))).await;
    assert_eq!(found["Device"]["DeviceName"], "lamp1");
    assert_eq!(cloud.refused("DescribeDevice", with_id(&product)).await, "InvalidParameterValue");
    assert_eq!(cloud.refused("DescribeDevice", with_id("")).await, "ResourceNotFound.StudioProductNotExist");
}

#[tokio::test]
async fn devices_are_listed_by_page_and_filter() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for at in 2..6_u64 {
        cloud.clock.set(lianwu_model::UnixMillis(NOW.0 + at * 1000));
        cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": format!("lamp{at}")})).await;
    }
    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let project = found["Product"]["ProjectId"].clone();
    let other = cloud.product(project.as_str().unwrap(), "other").await;
    cloud.ok("CreateDevice", json!({"ProductId": other, "DeviceName": "alone"})).await;
    let cases = [
        (json!({"ProductId": product}), 5, Some("lamp5")),
        (json!({"ProductId": product, "Offset": 3, "Limit": 10}), 5, Some("lamp2")),
        (json!({"ProductId": product, "DeviceName": "P3"}), 1, Some("lamp3")),
        (json!({"ProductId": product, "FirmwareVersion": "None-FirmwareVersion"}), 5, Some("lamp5")),
        (json!({"ProductId": product, "FirmwareVersion": "1.0"}), 0, None),
        (json!({"ProductId": product, "Filters": [{"Name": "tag:team", "Values": ["a"]}]}), 0, None),
        (json!({"ProductId": "-1", "ProjectId": project}), 6, Some("alone")),
    ];
    for (filter, total, first) in cases {
        let found = cloud.ok("GetDeviceList", filter.clone()).await;
        assert_eq!(found["Total"], total, "{filter}");
        assert_eq!(found["Devices"][0]["DeviceName"].as_str(), first, "{filter}");
        for device in found["Devices"].as_array().unwrap() {
            assert_eq!(device["DevicePsk"], "", "lists show no secrets");
        }
    }
    let wrong = [
        (json!({"ProductId": "-1"}), "ResourceNotFound.StudioProductNotExist"),
        (json!({"ProductId": "-1", "ProjectId": "prj-00000000"}), "ResourceNotFound.ProjectNotExist"),
        (json!({"ProductId": product, "Limit": 101}), "InvalidParameterValue"),
    ];
    for (filter, expected) in wrong {
        assert_eq!(cloud.refused("GetDeviceList", filter.clone()).await, expected, "{filter}");
    }
}

/// Is a device found by the firmware it named last, shown in lists too, and one without by the word for that?
#[tokio::test]
async fn devices_are_found_by_their_firmware() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for name in ["lamp2", "lamp3", "post1"] {
        cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": name})).await;
    }
    let reports = |name: &str, version: &str| {
        let info = format!(r#"{{"method":"report_info","clientToken":"1","params":{{"fw_ver":"{version}"}}}}"#);
        cloud.device_says(&product, name, RecordKind::DeviceInfo, NOW, &info);
    };
    for (name, version) in [("lamp1", "1.0"), ("lamp2", "1.0"), ("post1", "1.0"), ("lamp1", "1.1")] {
        reports(name, version);
    }
    let found = async |filter: serde_json::Value| {
        let mut call = json!({"ProductId": product});
        call.as_object_mut().unwrap().extend(filter.as_object().unwrap().clone());
        let found = cloud.ok("GetDeviceList", call).await;
        let rows = found["Devices"].as_array().unwrap();
        assert_eq!(found["Total"], rows.len(), "{found}");
        let shown = |row: &serde_json::Value| {
            format!("{} {}", row["DeviceName"].as_str().unwrap(), row["Version"].as_str().unwrap())
        };
        rows.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(found(json!({})).await, ["post1 1.0", "lamp3 ", "lamp2 1.0", "lamp1 1.1"]);
    assert_eq!(found(json!({"FirmwareVersion": "1.0"})).await, ["post1 1.0", "lamp2 1.0"]);
    assert_eq!(found(json!({"FirmwareVersion": "1.0", "FwType": "mcu"})).await, ["post1 1.0", "lamp2 1.0"]);
    assert_eq!(found(json!({"FirmwareVersion": "1.0", "DeviceName": "lamp"})).await, ["lamp2 1.0"]);
    assert_eq!(found(json!({"FirmwareVersion": "1.1"})).await, ["lamp1 1.1"]);
    assert_eq!(found(json!({"FirmwareVersion": "1.0", "FwType": "moduleA"})).await, Vec::<String>::new());
    assert_eq!(found(json!({"FirmwareVersion": "None-FirmwareVersion"})).await, ["lamp3 "]);
    cloud.ok("DeleteDevice", json!({"ProductId": product, "DeviceName": "lamp2"})).await;
    assert_eq!(found(json!({"FirmwareVersion": "1.0"})).await, ["post1 1.0"]);
    let described = cloud.ok("DescribeDevice", json!({"ProductId": product, "DeviceName": "lamp1"})).await;
    assert_eq!(described["Device"]["Version"], "1.1");
}

/// Is a batch all or nothing?
#[tokio::test]
async fn batches_are_all_or_nothing() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "lamp2"})).await;
    let items = |names: &[&str]| -> serde_json::Value {
        names.iter().map(|name| json!({"ProductId": product, "DeviceName": name})).collect()
    };
    let wrong =
        [(&["lamp1", "ghost"][..], "ResourceNotFound.DeviceNotExist"), (&["lamp1", "lamp1"], "InvalidParameterValue")];
    for (names, expected) in wrong {
        let refused = cloud.refused("DeleteDevices", json!({"DevicesItems": items(names)})).await;
        assert_eq!(refused, expected, "{names:?}");
    }
    assert_eq!(cloud.refused("DeleteDevices", json!({"DevicesItems": []})).await, "InvalidParameterValue");
    let state = |names: &[&str], status: i64| json!({"DevicesItems": items(names), "Status": status});
    let refused = cloud.refused("UpdateDevicesEnableState", state(&["lamp1", "ghost"], 0)).await;
    assert_eq!(refused, "ResourceNotFound.DeviceNotExist");
    assert_eq!(cloud.refused("UpdateDevicesEnableState", state(&["lamp1"], 2)).await, "InvalidParameterValue");
    assert_eq!(cloud.ok("GetDeviceList", json!({"ProductId": product})).await["Total"], 2);
    assert!(cloud.devices.closed.lock().unwrap().is_empty());

    cloud.ok("UpdateDevicesEnableState", state(&["lamp1", "lamp2"], 0)).await;
    assert_eq!(cloud.devices.closed.lock().unwrap().len(), 2);
    let entry = cloud.platform.directory.find(product.parse().unwrap(), "lamp1").unwrap();
    assert!(!entry.is_enabled());
    cloud.ok("UpdateDevicesEnableState", state(&["lamp1"], 1)).await;
    assert!(entry.is_enabled());
    cloud.ok("DeleteDevices", json!({"DevicesItems": items(&["lamp1", "lamp2"])})).await;
    assert_eq!(cloud.ok("GetDeviceList", json!({"ProductId": product})).await["Total"], 0);
}
