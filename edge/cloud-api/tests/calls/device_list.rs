//! ListDevices, ListDeviceSecrets, ListSubDevices: lists as the console needs them.

use lianwu_ports::record::RecordKind;
use serde_json::{Value, json};

use super::support::{Caller, Cloud, NOW, code, new_product};

/// Six lamps, one of each state and two that are tagged, and a meter in the same project.
struct Street {
    cloud: Cloud,
    product: String,
    project: Value,
}

impl Street {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let product = cloud.lamp().await;
        for at in 2..=6 {
            cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": format!("lamp{at}")})).await;
        }
        let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
        let project = found["Product"]["ProjectId"].clone();
        let meter = cloud.product(project.as_str().unwrap(), "meter").await;
        cloud.ok("CreateDevice", json!({"ProductId": meter, "DeviceName": "meter1"})).await;
        let street = Self { cloud, product, project };
        for name in ["lamp2", "lamp3", "lamp5"] {
            street.come(name);
        }
        street.entry("lamp3").set_online(false);
        let off = json!({"DevicesItems": [street.device("lamp4")], "Status": 0});
        street.cloud.ok("UpdateDevicesEnableState", off).await;
        for name in ["lamp2", "lamp6"] {
            let mut tagged = street.device(name);
            tagged["Tags"] = json!([{"Key": "floor", "Value": "2"}]);
            street.cloud.ok("SetTags", tagged).await;
        }
        street
    }

    fn device(&self, name: &str) -> Value {
        json!({"ProductId": self.product, "DeviceName": name})
    }

    fn entry(&self, name: &str) -> std::sync::Arc<lianwu_services::directory::DirectoryDevice> {
        self.cloud.platform.directory.find(self.product.parse().unwrap(), name).unwrap()
    }

    /// As a device that signs in.
    fn come(&self, name: &str) {
        self.entry(name).set_online(true);
        self.cloud.device_says(&self.product, name, RecordKind::Connected, NOW, "");
    }

    async fn listed(&self, by: &Caller, filter: Value) -> Value {
        let response = self.cloud.call(by, "ListDevices", filter.clone()).await;
        assert!(response.get("Error").is_none(), "{filter}: {response}");
        response
    }

    /// Names found with a filter, from all pages of two.
    async fn names(&self, mut filter: Value) -> Vec<String> {
        filter["Limit"] = json!(2);
        let mut names = Vec::new();
        loop {
            let page = self.listed(&self.cloud.owner, filter.clone()).await;
            let rows = page["Devices"].as_array().unwrap();
            assert!(rows.len() <= 2);
            for row in rows {
                assert_eq!(row["DevicePsk"], "", "lists show no secrets");
                names.push(row["DeviceName"].as_str().unwrap().to_owned());
            }
            assert!(page["DevicesRead"].as_u64().unwrap() <= 8, "{page}");
            if page["Listover"] == true {
                assert_eq!(page["Context"], "");
                return names;
            }
            filter["Context"] = page["Context"].clone();
        }
    }
}

/// Is every filter what it says, alone and with others, over pages?
#[tokio::test]
async fn devices_are_found_by_state_name_tag_and_firmware() {
    let street = Street::new().await;
    let info = r#"{"method":"report_info","params":{"fw_ver":"1.2"}}"#;
    street.cloud.device_says(&street.product, "lamp5", RecordKind::DeviceInfo, NOW, info);
    let tag = json!([{"Key": "floor", "Value": "2"}]);
    let other = json!([{"Key": "floor", "Value": "3"}]);
    let cases: [(Value, &[&str]); 13] = [
        (json!({}), &["lamp6", "lamp5", "lamp4", "lamp3", "lamp2", "lamp1"]),
        (json!({"State": "online"}), &["lamp5", "lamp2"]),
        (json!({"State": "offline"}), &["lamp3"]),
        (json!({"State": "inactive"}), &["lamp6", "lamp4", "lamp1"]),
        (json!({"State": "disabled"}), &["lamp4"]),
        (json!({"DeviceName": "P3"}), &["lamp3"]),
        (json!({"DeviceName": "no such name"}), &[]),
        (json!({"Tags": tag}), &["lamp6", "lamp2"]),
        (json!({"Tags": tag, "State": "online"}), &["lamp2"]),
        (json!({"Tags": other}), &[]),
        (json!({"FirmwareVersion": "1.2"}), &["lamp5"]),
        (json!({"FirmwareVersion": "None-FirmwareVersion", "State": "online"}), &["lamp2"]),
        (json!({"FirmwareVersion": "1.3"}), &[]),
    ];
    for (mut filter, expected) in cases {
        filter["ProductId"] = json!(street.product);
        assert_eq!(street.names(filter.clone()).await, expected, "{filter}");
    }
    let project = json!({"ProjectId": street.project});
    let all = street.names(project).await;
    assert_eq!((all.len(), all[0].as_str()), (7, "meter1"));
}

/// Are devices of all products listed and counted where neither product nor project is named, and only those the caller may see?
#[tokio::test]
async fn without_a_product_all_are_listed() {
    let street = Street::new().await;
    let second = street.cloud.ok("CreateProject", json!({"ProjectName": "second", "ProjectDesc": ""})).await["Project"]
        ["ProjectId"]
        .clone();
    let made = street.cloud.ok("CreateStudioProduct", new_product(second.as_str().unwrap(), "kettle")).await;
    let kettle = made["Product"]["ProductId"].clone();
    street.cloud.ok("CreateDevice", json!({"ProductId": kettle, "DeviceName": "kettle1"})).await;
    let all = street.names(json!({})).await;
    assert_eq!((all.len(), all[0].as_str()), (8, "kettle1"));
    let found = street.listed(&street.cloud.owner, json!({"State": "online", "ProductId": "", "ProjectId": ""})).await;
    assert_eq!((found["Devices"].as_array().unwrap().len(), &found["Counts"]["Total"]), (2, &json!(8)));
    assert_eq!(street.listed(&street.cloud.stranger, json!({})).await["Devices"], json!([]));

    let owner = street.cloud.owner.uin;
    let resource = format!(
        "qcs::iotexplorer:ap-guangzhou:uin/{owner}:project/{}/product/{}",
        second.as_str().unwrap(),
        kettle.as_str().unwrap()
    );
    let statement =
        json!({"effect": "allow", "action": "lianwu:ListDevices", "resource": [resource, format!("{resource}/*")]});
    street.cloud.policy("kettles", &json!({"version": "2.0", "statement": [statement]})).await;
    let worker = street.cloud.sub_account("worker", &["kettles"]).await;
    let found = street.listed(&worker, json!({})).await;
    assert_eq!(found["Devices"].as_array().unwrap().len(), 1);
    assert_eq!(found["Counts"]["Total"], 1);
}

/// Are the counts those of the states, whatever else is asked, and do they follow?
#[tokio::test]
async fn devices_are_counted_by_state() {
    let street = Street::new().await;
    let of = |filter: Value| street.listed(&street.cloud.owner, filter);
    let counts = of(json!({"ProductId": street.product, "DeviceName": "lamp1"})).await["Counts"].clone();
    assert_eq!(counts, json!({"Total": 6, "Online": 2, "Offline": 1, "Inactive": 3, "Disabled": 1}));
    let counts = of(json!({"ProjectId": street.project, "State": "online"})).await["Counts"].clone();
    assert_eq!(counts, json!({"Total": 7, "Online": 2, "Offline": 1, "Inactive": 4, "Disabled": 1}));
    street.entry("lamp5").set_online(false);
    street.cloud.ok("DeleteDevice", street.device("lamp4")).await;
    let counts = of(json!({"ProductId": street.product})).await["Counts"].clone();
    assert_eq!(counts, json!({"Total": 5, "Online": 1, "Offline": 2, "Inactive": 2, "Disabled": 0}));
}

/// Is a list that cannot be meant refused, and another account's absent?
#[tokio::test]
async fn wrong_lists_are_refused() {
    let street = Street::new().await;
    let product = &street.product;
    for (filter, expected) in [
        (json!({"ProjectId": "prj-nowhere"}), "ResourceNotFound.ProjectNotExist"),
        (json!({"ProductId": "0000000000"}), "ResourceNotFound.StudioProductNotExist"),
        (json!({"ProductId": product, "State": "asleep"}), "InvalidParameterValue"),
        (json!({"ProductId": product, "Limit": 1001}), "InvalidParameterValue"),
        (json!({"ProductId": product, "Context": "here"}), "InvalidParameterValue"),
    ] {
        assert_eq!(street.cloud.refused("ListDevices", filter.clone()).await, expected, "{filter}");
    }
    let theirs = street.cloud.call(&street.cloud.stranger, "ListDevices", json!({"ProductId": product})).await;
    assert_eq!(code(&theirs), "ResourceNotFound.StudioProductNotExist");
}

/// Does a sub-account see neither a tagged device it has no grant for, nor how many there are?
#[tokio::test]
async fn hidden_devices_are_neither_shown_nor_counted() {
    let street = Street::new().await;
    let owner = street.cloud.owner.uin;
    let product = format!(
        "qcs::iotexplorer:ap-guangzhou:uin/{owner}:project/{}/product/{}",
        street.project.as_str().unwrap(),
        street.product
    );
    let resource = json!([product, format!("{product}/*")]);
    let statement = json!({"effect": "allow", "action": "lianwu:ListDevices", "resource": resource});
    street.cloud.policy("lists", &json!({"version": "2.0", "statement": [statement]})).await;
    let worker = street.cloud.sub_account("worker", &["lists"]).await;
    let found = street.listed(&worker, json!({"ProductId": street.product})).await;
    let names: Vec<_> = found["Devices"].as_array().unwrap().iter().map(|row| row["DeviceName"].clone()).collect();
    assert_eq!(names, ["lamp5", "lamp4", "lamp3", "lamp1"]);
    assert_eq!(found["Counts"], Value::Null);
    assert_eq!(found["DevicesRead"], 4, "nor how many were passed over");
}

/// Are secrets given to whoever may read each of them, one by one, and to nobody else?
#[tokio::test]
async fn secrets_need_both_rights() {
    let street = Street::new().await;
    let wanted = json!({"Devices": [street.device("lamp1"), street.device("lamp2")]});
    let given = street.cloud.ok("ListDeviceSecrets", wanted.clone()).await["Secrets"].clone();
    for (at, name) in ["lamp1", "lamp2"].into_iter().enumerate() {
        let device = street.cloud.ok("DescribeDevice", street.device(name)).await["Device"].clone();
        assert_eq!((&given[at]["DeviceName"], &given[at]["DevicePsk"]), (&json!(name), &device["DevicePsk"]));
    }
    let (list, read) = ("lianwu:ListDeviceSecrets", "iotexplorer:DescribeDevice");
    for (name, actions) in [("one", json!([list])), ("other", json!([read]))] {
        let statement = json!({"effect": "allow", "action": actions, "resource": "*"});
        street.cloud.policy(name, &json!({"version": "2.0", "statement": [statement]})).await;
        let worker = street.cloud.sub_account(name, &[name]).await;
        let refused = street.cloud.call(&worker, "ListDeviceSecrets", wanted.clone()).await;
        assert_eq!(code(&refused), "UnauthorizedOperation", "{name}");
    }
    let too_many: Vec<_> = (0..101).map(|_| street.device("lamp1")).collect();
    assert_eq!(street.cloud.refused("ListDeviceSecrets", json!({"Devices": too_many})).await, "InvalidParameterValue");
    let missing = json!({"Devices": [street.device("lamp9")]});
    assert_eq!(street.cloud.refused("ListDeviceSecrets", missing).await, "ResourceNotFound.DeviceNotExist");
}

/// Are the devices behind a gateway listed with their states, in one call?
#[tokio::test]
async fn devices_behind_a_gateway_come_with_their_states() {
    let street = Street::new().await;
    let mut gate = new_product(street.project.as_str().unwrap(), "gate");
    gate["ProductType"] = json!(5);
    let gate = street.cloud.ok("CreateStudioProduct", gate).await["Product"]["ProductId"].clone();
    street.cloud.ok("CreateDevice", json!({"ProductId": gate, "DeviceName": "g1"})).await;
    street.cloud.ok("BindProducts", json!({"GatewayProductId": gate, "ProductIds": [street.product]})).await;
    let behind = json!({"GatewayProductId": gate, "GatewayDeviceName": "g1"});
    let nobody = street.cloud.ok("ListSubDevices", behind.clone()).await;
    assert_eq!((&nobody["Total"], &nobody["Devices"]), (&json!(0), &json!([])));
    let mut bind = behind.clone();
    bind["ProductId"] = json!(street.product);
    bind["DeviceNames"] = json!(["lamp1", "lamp2", "lamp3"]);
    street.cloud.ok("BindDevices", bind).await;
    let found = street.cloud.ok("ListSubDevices", behind.clone()).await;
    let states: Vec<_> = found["Devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["DeviceName"].clone(), row["Status"].clone()))
        .collect();
    assert_eq!(states, [("lamp1", 3), ("lamp2", 1), ("lamp3", 0)].map(|(name, state)| (json!(name), json!(state))));
    assert_eq!((&found["Total"], &found["Online"]), (&json!(3), &json!(1)));
    let mut second = behind;
    (second["Offset"], second["Limit"]) = (json!(1), json!(1));
    let page = street.cloud.ok("ListSubDevices", second).await;
    assert_eq!((page["Devices"].as_array().unwrap().len(), &page["Devices"][0]["DeviceName"]), (1, &json!("lamp2")));
}
