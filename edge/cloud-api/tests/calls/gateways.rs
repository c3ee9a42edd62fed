//! Gateways: products they take, devices that come in through them.

use lianwu_ports::record::RecordKind;
use lianwu_services::Limits;
use serde_json::{Value, json};

use crate::support::{Cloud, code};

/// A gateway product with a gateway, a lamp product with three lamps.
struct Site {
    cloud: Cloud,
    gate: String,
    lamp: String,
}

impl Site {
    async fn new() -> Self {
        Self::with(Limits { api_tps: 0, ..Limits::default() }).await
    }

    async fn with(limits: Limits) -> Self {
        let cloud = Cloud::with_limits(limits).await;
        let lamp = cloud.lamp().await;
        let project =
            cloud.ok("DescribeStudioProduct", json!({"ProductId": lamp})).await["Product"]["ProjectId"].clone();
        let product = json!({"ProjectId": project, "ProductName": "gate", "ProductDesc": "", "CategoryId": 1,
                             "ProductType": 5, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1});
        let made = cloud.ok("CreateStudioProduct", product).await;
        let gate = made["Product"]["ProductId"].as_str().unwrap().to_owned();
        for (product, name) in [(&gate, "g1"), (&gate, "g2"), (&lamp, "l1"), (&lamp, "l2"), (&lamp, "l3")] {
            cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": name})).await;
        }
        Self { cloud, gate, lamp }
    }

    async fn refused(&self, operation: &str, parameters: Value) -> String {
        let response = self.cloud.call(&self.cloud.owner, operation, parameters).await;
        code(&response).to_owned()
    }

    fn products(&self) -> Value {
        json!({"GatewayProductId": self.gate, "ProductIds": [self.lamp]})
    }

    fn devices(&self, gateway: &str, names: &[&str]) -> Value {
        json!({"GatewayProductId": self.gate, "GatewayDeviceName": gateway, "ProductId": self.lamp, "DeviceNames": names})
    }

    async fn listed(&self, operation: &str, parameters: Value, list: &str, field: &str) -> Vec<String> {
        let found = self.cloud.ok(operation, parameters).await;
        let rows = found[list].as_array().unwrap();
        assert_eq!(found["Total"], rows.len());
        rows.iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
    }
}

/// Is what a gateway product takes listed, and kept from deletion, until it is withdrawn?
#[tokio::test]
async fn products_are_bound_and_unbound() {
    let site = Site::new().await;
    let page = json!({"GatewayProductId": site.gate, "Offset": 0, "Limit": 10});
    let may_be = site.listed("DescribeGatewaySubProducts", page.clone(), "Products", "ProductId").await;
    assert_eq!(may_be, [site.lamp.as_str()]);
    assert_eq!(site.listed("DescribeBindedProducts", page.clone(), "Products", "ProductId").await, [""; 0]);
    site.cloud.ok("BindProducts", site.products()).await;
    assert_eq!(site.refused("BindProducts", site.products()).await, "FailedOperation.SomeProductIsAlreadyBinded");
    assert_eq!(site.listed("DescribeBindedProducts", page.clone(), "Products", "ProductName").await, ["lamp"]);
    let shared = json!({"GatewayProductId": site.gate, "Offset": 0, "Limit": 10, "ProductSource": 1});
    assert_eq!(site.listed("DescribeBindedProducts", shared, "Products", "ProductId").await, [""; 0]);
    site.cloud.ok("BindDevices", site.devices("g1", &["l1"])).await;
    let held = site.cloud.call(&site.cloud.owner, "UnbindProducts", site.products()).await;
    assert_eq!(code(&held), "UnsupportedOperation.ExistBindedDevicesUnderGatewayProduct");
    assert!(held["Error"]["Message"].as_str().unwrap().contains("g1"), "{held}");
    site.cloud.ok("UnbindDevices", site.devices("g1", &["l1"])).await;
    for (product, expected) in [
        (&site.gate, "UnsupportedOperation.GatewayProductHasBindedProduct"),
        (&site.lamp, "UnsupportedOperation.ProductHasBindedGateWayProduct"),
    ] {
        assert_eq!(site.refused("DeleteStudioProduct", json!({"ProductId": product})).await, expected);
    }
    assert_eq!(site.cloud.ok("UnbindProducts", site.products()).await["GatewayDeviceNames"], json!([]));
    assert_eq!(site.listed("DescribeBindedProducts", page, "Products", "ProductId").await, [""; 0]);
    let reversed = json!({"GatewayProductId": site.lamp, "ProductIds": [site.gate]});
    assert_eq!(site.refused("BindProducts", reversed).await, "InvalidParameter.ProductIsNotGateway");
    let itself = json!({"GatewayProductId": site.gate, "ProductIds": [site.gate]});
    assert_eq!(site.refused("BindProducts", itself).await, "InvalidParameterValue");
    let many = json!({"GatewayProductId": site.gate, "ProductIds": vec![site.lamp.clone(); 101]});
    assert_eq!(site.refused("BindProducts", many).await, "LimitExceeded.BindProductsExceedLimit");
}

/// Are sub-devices listed from both ends, told to a gateway that is online, logged, and kept from deletion?
#[tokio::test]
async fn devices_are_bound_and_unbound() {
    let site = Site::new().await;
    let of_lamp = |name: &str| json!({"ProductId": site.lamp, "DeviceName": name});
    assert_eq!(site.refused("BindDevices", site.devices("g1", &["l1"])).await, "InvalidParameterValue");
    site.cloud.ok("BindProducts", site.products()).await;
    site.cloud.platform.directory.find(site.gate.parse().unwrap(), "g1").unwrap().set_online(true);
    site.cloud.ok("BindDevices", site.devices("g1", &["l1", "l2"])).await;
    site.cloud.ok("BindDevices", site.devices("g1", &["l2"])).await;
    {
        let sent = site.cloud.devices.sent.lock().unwrap();
        assert_eq!(sent.len(), 1, "what was bound before is no change");
        let told: Value = serde_json::from_slice(&sent[0].payload).unwrap();
        assert_eq!((&told["type"], &told["payload"]["status"]), (&json!("change"), &json!(1)));
        assert_eq!(told["payload"]["devices"].as_array().unwrap().len(), 2);
    }
    let page = json!({"GatewayProductId": site.gate, "GatewayDeviceName": "g1", "ProductId": site.lamp, "Offset": 0, "Limit": 10});
    assert_eq!(site.listed("DescribeGatewayBindDevices", page.clone(), "Devices", "DeviceName").await, ["l1", "l2"]);
    assert_eq!(site.cloud.ok("DescribeGatewayBindDevices", page).await["ProductName"], "lamp");
    let free = json!({"ProductId": site.lamp, "Offset": 0, "Limit": 10});
    assert_eq!(
        site.listed("DescribeUnbindedDevices", free.clone(), "UnbindedDevices", "DeviceName").await,
        ["l3", "lamp1"]
    );
    let one = json!({"GatewayProductId": site.gate, "GatewayDeviceName": "g1", "Offset": 1, "Limit": 1});
    let list = site.cloud.ok("DescribeGatewaySubDeviceList", one.clone()).await;
    assert_eq!((&list["Total"], list["DeviceList"].as_array().map(Vec::len)), (&json!(2), Some(1)));
    assert_eq!((&list["DeviceList"][0]["DeviceName"], &list["DeviceList"][0]["RoomId"]), (&json!("l2"), &json!("0")));
    let first = site.cloud.ok("GetGatewaySubDeviceList", one).await;
    assert_eq!((&first["Total"], &first["DeviceList"]["DeviceName"]), (&json!(2), &json!("l2")));
    assert_eq!(first["DeviceList"]["RoomId"], "0");
    let gateway = site.cloud.ok("DescribeDeviceBindGateway", of_lamp("l1")).await;
    assert_eq!((&gateway["GatewayProductId"], &gateway["GatewayDeviceName"]), (&json!(site.gate), &json!("g1")));
    assert_eq!(gateway["GatewayProductOwnerUin"], site.cloud.owner.uin.to_string());
    let none = site.refused("DescribeDeviceBindGateway", of_lamp("l3")).await;
    assert_eq!(none, "InvalidParameterValue.DeviceHasNotBindGateway");
    let taken = "UnauthorizedOperation.DeviceHasAlreadyBindGateway";
    assert_eq!(site.refused("BindDevices", site.devices("g2", &["l3", "l1"])).await, taken);
    assert_eq!(site.refused("DescribeDeviceBindGateway", of_lamp("l3")).await, none, "all or none");
    assert_eq!(site.refused("DeleteDevice", of_lamp("l1")).await, taken);
    let gate = json!({"ProductId": site.gate, "DeviceName": "g1"});
    assert_eq!(site.refused("DeleteDevice", gate.clone()).await, "UnauthorizedOperation.GatewayHasBindedDevices");
    site.cloud.ok("UnbindDevices", site.devices("g1", &["l1", "l2", "l3"])).await;
    site.cloud.ok("UnbindDevices", site.devices("g1", &["l1"])).await;
    assert_eq!(site.cloud.devices.sent.lock().unwrap().len(), 2, "one change each way");
    assert_eq!(
        site.listed("DescribeUnbindedDevices", free, "UnbindedDevices", "DeviceName").await,
        ["l3", "l2", "l1", "lamp1"]
    );
    let log = json!({"MinTime": 0, "MaxTime": 9_999_999_999_999_u64, "Keywords": format!("productid:{} devicename:l1", site.lamp)});
    let lines = site.cloud.ok("ListLog", log).await["Results"].clone();
    for what in ["bound to", "unbound from"] {
        let expected = format!("Device {what} gateway,gateway:{}/g1,by:owner", site.gate);
        assert!(lines.to_string().contains(&expected), "{lines}");
    }
    assert!(!RecordKind::Bound.shows_presence(), "a binding is no sign of life");
    site.cloud.ok("DeleteDevice", gate).await;
}

/// Does a malformed call name what is wrong, and the limit its setting?
#[tokio::test]
async fn wrong_calls_are_refused() {
    let site = Site::with(Limits { api_tps: 0, gateway_sub_devices: 1, ..Limits::default() }).await;
    site.cloud.ok("BindProducts", site.products()).await;
    assert_eq!(site.refused("BindDevices", site.devices("g9", &["l1"])).await, "ResourceNotFound.DeviceNotExist");
    assert_eq!(site.refused("BindDevices", site.devices("g1", &["l9"])).await, "ResourceNotFound.DeviceNotExist");
    assert_eq!(site.refused("BindDevices", site.devices("g1", &[])).await, "InvalidParameterValue");
    assert_eq!(site.refused("BindDevices", site.devices("g1", &["l1", "l1"])).await, "InvalidParameterValue");
    let no_gateway = json!({"GatewayProductId": site.lamp, "GatewayDeviceName": "l1", "ProductId": site.lamp, "DeviceNames": ["l2"]});
    assert_eq!(site.refused("BindDevices", no_gateway).await, "InvalidParameter.ProductIsNotGateway");
    let over = site.cloud.call(&site.cloud.owner, "BindDevices", site.devices("g1", &["l1", "l2"])).await;
    assert_eq!(code(&over), "LimitExceeded");
    assert!(over["Error"]["Message"].as_str().unwrap().contains("limits.gateway_sub_devices"), "{over}");
    site.cloud.ok("BindDevices", site.devices("g1", &["l1"])).await;
}
