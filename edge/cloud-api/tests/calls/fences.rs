//! Spaces, fences, bound devices, alerts and positions. Source: spec/cloud-api.md 2.15 and 3.12.

use lianwu_model::UnixMillis;
use lianwu_ports::bus::{Delivery, DownKind};
use lianwu_ports::record::RecordKind;
use lianwu_services::fence::watch::FenceWatch;
use serde_json::{Value, json};

use crate::support::{Cloud, NOW, code};

const AREA: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":
{"type":"Polygon","coordinates":[[[113.0,22.0],[114.0,22.0],[114.0,23.0],[113.0,23.0],[113.0,22.0]]]}}]}"#;

/// A project, a product with the device `lamp1`, a space and a fence in it.
struct Scene {
    cloud: Cloud,
    project: String,
    product: String,
    space: String,
    fence: i64,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let product = cloud.lamp().await;
        let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
        let project = found["Product"]["ProjectId"].as_str().unwrap().to_owned();
        let made = cloud.ok("CreatePositionSpace", space(&project, "city", &product)).await;
        let space = made["SpaceId"].as_str().unwrap().to_owned();
        let mut scene = Self { cloud, project, product, space, fence: 0 };
        scene.fence = scene.draw("school").await;
        scene
    }

    /// The answer has no id: the list has.
    async fn draw(&self, name: &str) -> i64 {
        let call = json!({"SpaceId": self.space, "FenceName": name, "FenceArea": AREA, "FenceDesc": "描述"});
        let drawn = self.cloud.ok("CreatePositionFence", call).await;
        assert_eq!(drawn.as_object().unwrap().keys().collect::<Vec<_>>(), ["RequestId"]);
        let listed = self.fences().await;
        let found = listed["List"].as_array().unwrap().iter().find(|item| item["GeoFence"]["FenceName"] == name);
        found.unwrap()["GeoFence"]["FenceId"].as_i64().unwrap()
    }

    async fn fences(&self) -> Value {
        self.cloud.ok("DescribePositionFenceList", json!({"SpaceId": self.space})).await
    }

    fn items(&self, condition: &str, enabled: bool) -> Value {
        let device =
            json!({"DeviceName": "lamp1", "AlertCondition": condition, "FenceEnable": enabled, "Method": "AppInform"});
        json!({"FenceId": self.fence, "Items": [{"ProductId": self.product, "Devices": [device]}]})
    }

    /// The device reports where it is.
    fn at(&self, longitude: f64, time: UnixMillis) {
        let report = json!({"method": "report", "clientToken": "1",
            "params": {"GPS_Info": {"latitude": 22.5, "longtitude": longitude}}});
        self.cloud.device_says(&self.product, "lamp1", RecordKind::PropertyReport, time, &report.to_string());
    }

    /// Type and time of every alert, oldest first.
    async fn alerts(&self) -> Vec<(String, u64)> {
        let found = self.cloud.ok("DescribeFenceEventList", json!({"StartTime": 0, "EndTime": NOW.0 * 2})).await;
        let item = |item: &Value| {
            (item["AlertType"].as_str().unwrap().to_owned(), item["Data"]["AlarmTime"].as_u64().unwrap() - NOW.0)
        };
        found["List"].as_array().unwrap().iter().rev().map(item).collect()
    }
}

fn space(project: &str, name: &str, product: &str) -> Value {
    json!({"ProjectId": project, "SpaceName": name, "AuthorizeType": 1, "ProductIdList": [product],
        "Description": "描述", "Icon": "icon"})
}

fn later(millis: u64) -> UnixMillis {
    UnixMillis(NOW.0 + millis)
}

/// `In 10`: type and time.
fn told(text: &str) -> (String, u64) {
    let (word, time) = text.split_once(' ').unwrap();
    (word.to_owned(), time.parse().unwrap())
}

#[tokio::test]
async fn spaces_are_managed() {
    let Scene { cloud, project, product, space: id, .. } = Scene::new().await;
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
    let page = |name: Option<&str>| {
        let mut call = json!({"ProjectId": project, "Offset": 0, "Limit": 10});
        if let Some(name) = name {
            call["SpaceName"] = json!(name);
        }
        call
    };
    let second = cloud.ok("CreatePositionSpace", space(&project, "land", &product)).await["SpaceId"].clone();
    let listed = cloud.ok("GetPositionSpaceList", page(None)).await;
    assert_eq!((&listed["Total"], &listed["List"][0]["SpaceId"]), (&json!(2), &second), "newest first");
    let expected = json!({"ProjectId": project, "SpaceId": id, "SpaceName": "city", "AuthorizeType": 1,
        "Description": "描述", "ProductIdList": [product], "Icon": "icon", "CreateTime": NOW.seconds(),
        "UpdateTime": NOW.seconds(), "Zoom": 0});
    assert_eq!(listed["List"][1], expected);
    let found = cloud.ok("SearchPositionSpace", page(Some("it"))).await;
    assert_eq!((&found["Total"], &found["List"][0]), (&json!(1), &expected));

    assert_eq!(
        cloud.refused("CreatePositionSpace", space(&project, "city", &product)).await,
        "UnsupportedOperation.SpaceDupKeyExist"
    );
    let change = |name: &str| json!({"SpaceId": id, "SpaceName": name, "AuthorizeType": 0, "ProductIdList": [product]});
    assert_eq!(cloud.refused("ModifyPositionSpace", change("land")).await, "UnsupportedOperation.SpaceDupKeyExist");
    cloud.ok("ModifyPositionSpace", change("town")).await;
    let changed = &cloud.ok("GetPositionSpaceList", page(None)).await["List"][1];
    let fields = ["SpaceName", "AuthorizeType", "Description"].map(|name| &changed[name]);
    assert_eq!(fields, [&json!("town"), &json!(0), &json!("描述")], "what is not given stays");

    let shown = |data: &str| json!({"SpaceId": id, "ProductId": product, "Data": data});
    cloud.ok("ModifySpaceProperty", shown(r#"["GPS_Info"]"#)).await;
    assert_eq!(cloud.refused("ModifySpaceProperty", shown("{}")).await, "InvalidParameterValue");

    assert_eq!(
        cloud.refused("DeletePositionSpace", json!({"SpaceId": id})).await,
        "UnsupportedOperation.FenceExistUnderSpace"
    );
    cloud.ok("DeletePositionSpace", json!({"SpaceId": second})).await;
    let gone = json!({"SpaceId": second});
    assert_eq!(cloud.refused("DeletePositionSpace", gone).await, "ResourceNotFound.SpaceNotExist");
    for (name, call) in [
        ("ProductIdList", json!({"ProductIdList": []})),
        ("AuthorizeType", json!({"AuthorizeType": 2})),
        ("SpaceName", json!({"SpaceName": ""})),
    ] {
        let mut wrong = space(&project, "x", &product);
        wrong[name] = call[name].clone();
        assert_eq!(cloud.refused("CreatePositionSpace", wrong).await, "InvalidParameterValue", "{name}");
    }
    let other = cloud.project("other").await;
    let of_other = cloud.refused("CreatePositionSpace", space(&other, "x", &product)).await;
    assert_eq!(of_other, "InvalidParameterValue", "the product is of another project");
}

#[tokio::test]
async fn fences_are_managed() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let expected = json!({"CreateTime": NOW.seconds(), "UpdateTime": NOW.seconds(), "GeoFence": {"FenceId": scene.fence,
        "SpaceId": scene.space, "FenceName": "school", "FenceDesc": "描述", "FenceArea": AREA}});
    assert_eq!((&scene.fences().await["List"], &scene.fences().await["Total"]), (&json!([expected]), &json!(1)));
    let park = scene.draw("park").await;
    assert!(park > scene.fence);
    let draw = |name: &str, area: &str| json!({"SpaceId": scene.space, "FenceName": name, "FenceArea": area});
    for (name, area, expected) in [
        ("park", AREA, "UnsupportedOperation.FenceDupKeyExist"),
        ("x", "{}", "InvalidParameterValue"),
        ("x", "", "InvalidParameterValue"),
        ("", AREA, "InvalidParameterValue"),
        ("a\"b", AREA, "InvalidParameterValue"),
    ] {
        assert_eq!(cloud.refused("CreatePositionFence", draw(name, area)).await, expected, "{name} {area}");
    }
    // The SDKs know no parameters here.
    assert_eq!(cloud.refused("ModifyPositionFence", json!({})).await, "InvalidParameter");
    cloud.ok("ModifyPositionFence", json!({"FenceId": park, "FenceName": "parks"})).await;
    let renamed = scene.fences().await["List"][0]["GeoFence"].clone();
    assert_eq!((&renamed["FenceName"], &renamed["FenceArea"]), (&json!("parks"), &json!(AREA)));
    let twice = json!({"FenceId": park, "SpaceId": scene.space, "FenceName": "school"});
    assert_eq!(cloud.refused("ModifyPositionFence", twice).await, "UnsupportedOperation.FenceDupKeyExist");

    let delete = |fence: i64| json!({"SpaceId": scene.space, "FenceId": fence});
    cloud.ok("CreateFenceBind", scene.items("In", true)).await;
    assert_eq!(
        cloud.refused("DeletePositionFence", delete(scene.fence)).await,
        "UnsupportedOperation.BindsExistUnderFence"
    );
    cloud.ok("DeletePositionFence", delete(park)).await;
    assert_eq!(cloud.refused("DeletePositionFence", delete(park)).await, "ResourceNotFound.FenceNotExist");
}

#[tokio::test]
async fn devices_are_bound() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let list = json!({"FenceId": scene.fence});
    let unbound = cloud.ok("DescribeFenceBindList", list.clone()).await;
    assert_eq!((&unbound["List"], &unbound["Total"]), (&json!([]), &json!(0)));
    assert_eq!(cloud.refused("ModifyFenceBind", scene.items("In", true)).await, "ResourceNotFound.FenceBindNotExist");
    assert_eq!(cloud.refused("CreateFenceBind", scene.items("Both", true)).await, "InvalidParameterValue");
    cloud.ok("CreateFenceBind", scene.items("In", true)).await;
    assert_eq!(cloud.refused("CreateFenceBind", scene.items("In", true)).await, "InvalidParameterValue");
    cloud.ok("ModifyFenceBind", scene.items("Out", false)).await;
    let bound = cloud.ok("DescribeFenceBindList", list.clone()).await;
    assert_eq!((&bound["List"], &bound["Total"]), (&scene.items("Out", false)["Items"], &json!(1)));

    let nobody = json!({"FenceId": scene.fence, "Items": [{"ProductId": scene.product, "Devices": [
        {"DeviceName": "nobody", "AlertCondition": "In", "FenceEnable": true, "Method": ""}]}]});
    assert_eq!(cloud.refused("CreateFenceBind", nobody).await, "ResourceNotFound.DeviceNotExist");
    let other = cloud.product(&scene.project, "meter").await;
    cloud.ok("CreateDevice", json!({"ProductId": other, "DeviceName": "m"})).await;
    let outside = json!({"FenceId": scene.fence, "Items": [{"ProductId": other, "Devices": [
        {"DeviceName": "m", "AlertCondition": "In", "FenceEnable": true, "Method": ""}]}]});
    assert_eq!(cloud.refused("CreateFenceBind", outside).await, "InvalidParameterValue", "not in the space");

    cloud.ok("DeleteFenceBind", scene.items("In", true)).await;
    assert_eq!(cloud.refused("DeleteFenceBind", scene.items("In", true)).await, "ResourceNotFound.FenceBindNotExist");
    // A deleted device is bound no more.
    cloud.ok("CreateFenceBind", scene.items("In", true)).await;
    cloud.ok("DeleteDevice", json!({"ProductId": scene.product, "DeviceName": "lamp1"})).await;
    assert_eq!(cloud.ok("DescribeFenceBindList", list).await["Total"], 0);
}

/// Are crossings told, each once, and nothing else: no stay, no late report, nothing that is switched off or not asked for?
#[tokio::test]
async fn crossings_are_told_once() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let watch = FenceWatch::start(&cloud.platform).await.unwrap();
    cloud.ok("CreateFenceBind", scene.items("InOrOut", true)).await;
    cloud.clock.set(later(100_000));
    let (inside, outside) = (113.5, 115.5);
    scene.at(outside, later(1)); // the first position is no crossing
    scene.at(inside, later(10));
    scene.at(inside + 0.1, later(20));
    scene.at(outside, later(5)); // late
    assert_eq!(scene.alerts().await, [told("In 10")]);
    scene.at(outside, later(30));
    scene.at(inside, later(10_000_000)); // the device's clock goes ahead: the platform's counts
    scene.at(outside, later(100_001));
    assert_eq!(scene.alerts().await, [told("In 10"), told("Out 30"), told("In 100000"), told("Out 100000")]);
    cloud.clock.set(later(200_000));
    scene.at(outside, later(150_000));
    cloud.ok("ModifyFenceBind", scene.items("In", true)).await;
    assert_eq!(scene.alerts().await.len(), 4);
    scene.at(inside, later(150_001));
    scene.at(outside, later(150_002)); // not asked for
    assert_eq!(scene.alerts().await[3..], [told("Out 100000"), told("In 150001")]);
    cloud.ok("ModifyFenceBind", scene.items("InOrOut", false)).await;
    scene.at(inside, later(150_003)); // switched off
    assert_eq!(scene.alerts().await.len(), 5);
    cloud.ok("ModifyFenceBind", scene.items("InOrOut", true)).await;
    scene.at(outside, later(150_004)); // followed all the same
    assert_eq!(scene.alerts().await[5..], [told("Out 150004")]);

    watch.stop().await;
    let sent: Vec<_> = cloud.devices.sent.lock().unwrap().iter().map(|down| down.payload.clone()).collect();
    let first: Value = serde_json::from_slice(&sent[0]).unwrap();
    let expected = json!({"method": "alert_fence_event", "clientToken": "fence-1", "timestamp": first["timestamp"],
        "data": {"alert_type": "In", "alert_condition": "InOrOut", "alarm_time": NOW.0 + 10, "fence_name": "school",
            "long": 113.5, "lat": 22.5}});
    assert_eq!((first, sent.len()), (expected, 6));
    let topic = format!("$thing/down/service/{}/lamp1", scene.product);
    let all = cloud.devices.sent.lock().unwrap();
    assert!(all.iter().all(|down| down.kind == DownKind::Topic(topic.as_str().into()) && down.qos == 1));
}

/// Is a restart no reason to tell a crossing twice, or not at all?
#[tokio::test]
async fn a_restart_neither_repeats_nor_loses_an_alert() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let sent = || cloud.devices.sent.lock().unwrap().len();
    let watch = FenceWatch::start(&cloud.platform).await.unwrap();
    cloud.ok("CreateFenceBind", scene.items("InOrOut", true)).await;
    cloud.clock.set(later(100_000));
    scene.at(115.5, later(1));
    scene.at(113.5, later(2));
    assert_eq!(scene.alerts().await, [told("In 2")]);
    watch.stop().await;
    assert_eq!(sent(), 1);
    // While nobody looks, it goes out and in again.
    scene.at(115.5, later(3));
    scene.at(113.5, later(4));
    let watch = FenceWatch::start(&cloud.platform).await.unwrap();
    assert_eq!(scene.alerts().await, [told("In 2"), told("Out 3"), told("In 4")]);
    watch.stop().await;
    assert_eq!(sent(), 3);
    let watch = FenceWatch::start(&cloud.platform).await.unwrap();
    scene.at(113.6, later(5));
    assert_eq!(scene.alerts().await.len(), 3);
    watch.stop().await;
    assert_eq!(sent(), 3);
}

/// Does a fence that was moved, or a device bound anew, start from where the device is?
#[tokio::test]
async fn a_moved_fence_starts_anew() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let watch = FenceWatch::start(&cloud.platform).await.unwrap();
    cloud.ok("CreateFenceBind", scene.items("InOrOut", true)).await;
    cloud.clock.set(later(100_000));
    scene.at(113.5, later(1));
    assert_eq!(scene.alerts().await, []);
    cloud.ok("ModifyPositionFence", json!({"FenceId": scene.fence, "FenceArea": AREA.replace("114.0", "113.2")})).await;
    scene.at(113.5, later(2));
    scene.at(113.1, later(3));
    assert_eq!(scene.alerts().await, [told("In 3")]);
    cloud.ok("DeleteFenceBind", scene.items("In", true)).await;
    scene.at(113.5, later(4));
    cloud.ok("CreateFenceBind", scene.items("InOrOut", true)).await;
    scene.at(113.5, later(5));
    assert_eq!(scene.alerts().await, [told("In 3")], "alerts outlive the binding");
    scene.at(113.1, later(6));
    assert_eq!(scene.alerts().await, [told("In 3"), told("In 6")]);
    watch.stop().await;
}

/// Are alerts found by fence, device, product, space and time?
#[tokio::test]
async fn alerts_are_listed() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let watch = FenceWatch::start(&cloud.platform).await.unwrap();
    cloud.ok("CreateFenceBind", scene.items("InOrOut", true)).await;
    cloud.clock.set(later(100_000));
    for (time, longitude) in (1..=5).zip([115.5, 113.5].into_iter().cycle()) {
        scene.at(longitude, later(time));
    }
    let all = json!({"StartTime": NOW.0, "EndTime": NOW.0 + 100});
    let with = |more: Value| {
        let mut call = all.clone();
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let device = json!({"ProductId": scene.product, "DeviceName": "lamp1"});
    for (more, total) in [
        (json!({}), 4),
        (json!({"FenceId": scene.fence}), 4),
        (device, 4),
        (json!({"ProductId": scene.product}), 4),
        (json!({"EndTime": NOW.0 + 3}), 2),
        (json!({"Offset": 3}), 4),
    ] {
        assert_eq!(cloud.ok("DescribeFenceEventList", with(more.clone())).await["Total"], total, "{more}");
    }
    let of_space = with(json!({"SpaceId": scene.space, "Offset": 3, "Limit": 1}));
    let found = cloud.ok("DescribeSpaceFenceEventList", of_space).await;
    let first = json!({"ProductId": scene.product, "DeviceName": "lamp1", "FenceId": scene.fence, "AlertType": "In",
        "Data": {"AlarmTime": NOW.0 + 2, "Longitude": 113.5, "Latitude": 22.5}});
    assert_eq!((&found["Total"], &found["List"]), (&json!(4), &json!([first])));
    for (more, expected) in [
        (json!({"StartTime": NOW.0 + 101}), "InvalidParameterValue.StartTimeLaterEndTime"),
        (json!({"StartTime": -1}), "InvalidParameterValue"),
        (json!({"FenceId": 99}), "ResourceNotFound.FenceNotExist"),
        (json!({"ProductId": scene.product, "DeviceName": "nobody"}), "ResourceNotFound.DeviceNotExist"),
        (json!({"DeviceName": "lamp1"}), "MissingParameter"),
    ] {
        assert_eq!(cloud.refused("DescribeFenceEventList", with(more.clone())).await, expected, "{more}");
    }
    watch.stop().await;
}

/// Are positions shown as they were reported, and in the coordinates of Chinese maps when asked for?
#[tokio::test]
async fn positions_are_listed() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    cloud.ok("CreateDevice", json!({"ProductId": scene.product, "DeviceName": "lamp2"})).await;
    let list = json!({"ProductIdList": [scene.product]});
    let nobody = cloud.ok("DescribeDevicePositionList", list.clone()).await;
    assert_eq!(nobody["Positions"], json!([{"ProductId": scene.product, "Items": [], "Total": 0}]));
    for (time, longitude) in [(1, 113.1), (3, 113.3), (2, 113.2)] {
        scene.at(longitude, later(time));
    }
    let found = cloud.ok("DescribeDevicePositionList", list).await;
    let item = json!({"DeviceName": "lamp1", "CreateTime": NOW.0 + 3, "Longitude": 113.3, "Latitude": 22.5});
    assert_eq!(found["Positions"], json!([{"ProductId": scene.product, "Items": [item], "Total": 1}]));
    assert_eq!(found["Total"], 2, "pages go by devices");
    let history = |more: Value| {
        let mut call = json!({"ProductId": scene.product, "DeviceName": "lamp1", "StartTime": NOW.0,
            "EndTime": NOW.0 + 2});
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call
    };
    let track = cloud.ok("GetDeviceLocationHistory", history(json!({}))).await;
    let row = |time: u64, longitude: f64| {
        json!({"CreateTime": NOW.0 + time, "Longitude": longitude, "Latitude": 22.5, "LocationType": "GPS",
            "Accuracy": 0.0})
    };
    assert_eq!(track["Positions"], json!([row(1, 113.1), row(2, 113.2)]));
    let moved = cloud.ok("GetDeviceLocationHistory", history(json!({"CoordinateType": 1}))).await;
    let shift = moved["Positions"][0]["Longitude"].as_f64().unwrap() - 113.1;
    assert!((0.001..0.02).contains(&shift), "{shift}");
    let wrong = history(json!({"StartTime": NOW.0 + 3}));
    let refusal = cloud.refused("GetDeviceLocationHistory", wrong).await;
    assert_eq!(refusal, "InvalidParameterValue.StartTimeLaterEndTime");
}

/// Does the right to a project cover its fences, and is another account's fence no fence?
#[tokio::test]
async fn fences_belong_to_their_project() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let calls = [
        ("DescribePositionFenceList", json!({"SpaceId": scene.space})),
        ("DescribeFenceBindList", json!({"FenceId": scene.fence})),
        ("CreateFenceBind", scene.items("In", true)),
    ];
    for (action, call) in &calls {
        let refusal = code(&cloud.call(&cloud.stranger, action, call.clone()).await);
        assert!(refusal.starts_with("ResourceNotFound."), "{action} {refusal}");
    }
    let resource = format!("qcs::iotexplorer:gz:uin/{}:project/{}", cloud.owner.uin, scene.project);
    let document = |resource: &str| {
        json!({"version": "2.0", "statement": [
            {"effect": "allow", "action": ["iotexplorer:*Fence*"], "resource": [resource]}]})
    };
    cloud.policy("mine", &document(&resource)).await;
    cloud.policy("other", &document(&resource.replace(&scene.project, "prj-00000000"))).await;
    let may = cloud.sub_account("may", &["mine"]).await;
    let may_not = cloud.sub_account("may-not", &["other"]).await;
    for (action, call) in &calls {
        let answer = cloud.call(&may, action, call.clone()).await;
        assert!(answer.get("Error").is_none(), "{action} {answer}");
        assert_eq!(code(&cloud.call(&may_not, action, call.clone()).await), "UnauthorizedOperation", "{action}");
    }
    let list = json!({"ProductIdList": [scene.product]});
    assert_eq!(code(&cloud.call(&may, "DescribeDevicePositionList", list).await), "UnauthorizedOperation");
}

/// Is a device told of its users, and what became of it shown?
#[tokio::test]
async fn a_device_is_told_of_its_users() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let notice = |event: &str| json!({"ProductId": product, "DeviceName": "lamp1", "Event": event});
    assert_eq!(cloud.ok("NotifyDeviceBinding", notice("Bind")).await["Told"], "delivered");
    *cloud.devices.delivery.lock().unwrap() = Delivery::Offline;
    assert_eq!(cloud.ok("NotifyDeviceBinding", notice("Unbind")).await["Told"], "offline");
    assert_eq!(cloud.refused("NotifyDeviceBinding", notice("bind")).await, "InvalidParameterValue");
    let sent = cloud.devices.sent.lock().unwrap();
    let messages: Vec<Value> = sent.iter().map(|down| serde_json::from_slice(&down.payload).unwrap()).collect();
    let (bind, unbind) = (&messages[0], &messages[1]);
    assert_eq!((&bind["method"], &bind["timestamp"]), (&json!("bind_device"), &json!(NOW.seconds())));
    let id = json!(format!("{product}/lamp1"));
    assert_eq!((&unbind["method"], &unbind["DeviceId"]), (&json!("unbind_device"), &id));
    assert!(!sent[0].request_id.is_empty(), "the log names the call");
}

/// Is what a device says about itself shown as it was said, with whatever names and kinds of values it has?
#[tokio::test]
async fn reported_information_is_shown() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let of = json!({"ProductId": product, "DeviceName": "lamp1"});
    let nothing = cloud.ok("DescribeReportedInfo", of.clone()).await;
    assert_eq!((&nothing["Info"], &nothing["FirmwareVersion"]), (&json!(""), &json!("")));
    let info = r#"{"name":"lamp1","imei":"860000000000000","module_hardinfo":"ESP8266","moudle_softinfo":"1.0","fw_ver":"3.2.1","mac":"11:22:33:44:55:66","lat":22.546015,"lon":"113.941125","device_label":{"append_info":"any"}}"#;
    let message = format!(r#"{{"method":"report_info","clientToken":"1","params":{info}}}"#);
    cloud.device_says(&product, "lamp1", RecordKind::DeviceInfo, NOW, &message);
    let found = cloud.ok("DescribeReportedInfo", of).await;
    assert_eq!((&found["Info"], &found["FirmwareVersion"]), (&json!(info), &json!("3.2.1")));
}
