//! Spaces, fences, alerts, positions and binding notices between the vendor's Python SDKs of cloud and device, both unmodified.

use lianwu_testkit::{Fixture, SdkClient, SdkDevice, Server, ServerOptions, now_ms, python};
use serde_json::{Value, json};

const LOCATOR_MODEL: &str = include_str!("../../../spec/thing-models/locator.json");

const AREA: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"radius":5000},
"geometry":{"type":"Point","coordinates":[113.94,22.54]}}]}"#;

/// The device's program; what it was told before the next message of a kind is passed over.
struct Locator(SdkDevice);

impl Locator {
    #[track_caller]
    fn hears(&mut self, event: &str) -> Value {
        let passed = ["published", "subscribed", "property"];
        let passed: Vec<&str> = passed.into_iter().filter(|other| *other != event).collect();
        self.0.hears_past(&passed, event)
    }

    /// Connected, and subscribed to all four thing-model topics.
    #[track_caller]
    fn ready(&mut self) {
        assert_eq!(self.hears("connected")["rc"], 0);
        self.0.does(&json!({"do": "template_init"}));
        for _ in 0..4 {
            self.hears("subscribed");
        }
    }

    /// Reports a place; the report is answered.
    #[track_caller]
    fn is_at(&mut self, longitude: f64, latitude: f64) {
        let params = json!({"GPS_Info": {"longtitude": longitude, "latitude": latitude}});
        self.0.does(&json!({"do": "report", "params": params}));
        assert_eq!(self.hears("property")["payload"]["code"], 0);
    }

    /// The alert it gets, which it answers as the C SDK does.
    #[track_caller]
    fn is_alerted(&mut self, topic: &str) -> Value {
        let alert = self.hears("service")["payload"].clone();
        assert_eq!(alert["method"], "alert_fence_event");
        let answer = json!({"method": "alert_fence_event_reply", "clientToken": alert["clientToken"],
            "timestamp": alert["timestamp"].to_string(), "code": "0", "status": ""});
        self.0.does(&json!({"do": "publish", "topic": topic, "payload": answer, "qos": 1}));
        alert
    }
}

/// Does a device that goes in and out again hear of it, does the list of alerts agree, and does a crash change nothing?
#[test]
fn a_fence_raises_alerts() {
    let mut server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LOCATOR_MODEL);
    let device = fixture.device("car-1");
    let mut cloud = SdkClient::start("the Python cloud SDK", python("cloud.py"), &server, &json!({}));
    let space = json!({"ProjectId": fixture.project, "SpaceName": "city", "AuthorizeType": 1,
        "ProductIdList": [fixture.product], "Description": "", "Icon": ""});
    let space = cloud.call("CreatePositionSpace", &space)["SpaceId"].clone();
    cloud.call(
        "CreatePositionFence",
        &json!({"SpaceId": space, "FenceName": "学校", "FenceArea": AREA, "FenceDesc": ""}),
    );
    let listed = cloud.call("DescribePositionFenceList", &json!({"SpaceId": space, "Offset": 0, "Limit": 10}));
    let fence = listed["List"][0]["GeoFence"]["FenceId"].clone();
    let bound =
        json!({"DeviceName": device.name, "AlertCondition": "InOrOut", "FenceEnable": true, "Method": "AppInform"});
    let items = json!([{"ProductId": device.product, "Devices": [bound]}]);
    cloud.call("CreateFenceBind", &json!({"FenceId": fence, "Items": items}));
    let binds = cloud.call("DescribeFenceBindList", &json!({"FenceId": fence, "Offset": 0, "Limit": 10}));
    assert_eq!((&binds["List"], &binds["Total"]), (&items, &json!(1)));

    let mut car = Locator(SdkDevice::start("sdk_device.py", &server, &device));
    car.ready();
    let (topic, start) = (device.thing("up/service"), now_ms());
    car.is_at(114.5, 22.54);
    car.is_at(113.95, 22.55);
    let alert = car.is_alerted(&topic);
    let data = &alert["data"];
    let fields = ["alert_type", "alert_condition", "fence_name", "long", "lat"].map(|name| data[name].clone());
    assert_eq!(fields, [json!("In"), json!("InOrOut"), json!("学校"), json!(113.95), json!(22.55)]);
    car.is_at(113.93, 22.53);
    car.is_at(114.5, 22.54);
    assert_eq!(car.is_alerted(&topic)["data"]["alert_type"], "Out");

    let range = json!({"StartTime": start, "EndTime": now_ms() + 60_000});
    let mut of_space = range.clone();
    of_space["SpaceId"] = space.clone();
    let mut of_device = range.clone();
    of_device["ProductId"] = json!(device.product);
    of_device["DeviceName"] = json!(device.name);
    let found = cloud.call("DescribeFenceEventList", &range);
    assert_eq!(found["Total"], 2);
    assert_eq!((&found["List"][0]["AlertType"], &found["List"][1]["AlertType"]), (&json!("Out"), &json!("In")));
    assert_eq!(found["List"][1]["Data"]["AlarmTime"], data["alarm_time"]);
    assert_eq!(cloud.call("DescribeSpaceFenceEventList", &of_space)["List"], found["List"]);
    let positions = cloud.call("DescribeDevicePositionList", &json!({"ProductIdList": [device.product]}));
    assert_eq!(positions["Positions"][0]["Items"][0]["Longitude"], json!(114.5));
    let track = cloud.call("GetDeviceLocationHistory", &of_device);
    let longitudes: Vec<_> = track["Positions"].as_array().expect("a list").iter().map(|p| &p["Longitude"]).collect();
    assert_eq!(longitudes, [&json!(114.5), &json!(113.95), &json!(113.93), &json!(114.5)]);

    drop(car);
    server.kill();
    server.restart();
    let mut car = Locator(SdkDevice::start("sdk_device.py", &server, &device));
    car.ready();
    car.is_at(114.6, 22.54);
    car.is_at(113.94, 22.54);
    assert_eq!(car.is_alerted(&topic)["data"]["alert_type"], "In", "where it was is known, and nothing is told again");
    let mut cloud = SdkClient::start("the Python cloud SDK", python("cloud.py"), &server, &json!({}));
    assert_eq!(cloud.call("DescribeFenceEventList", &range)["Total"], 3);

    let refused = cloud.refused("DeletePositionSpace", &json!({"SpaceId": space}));
    assert_eq!(refused.code, "UnsupportedOperation.FenceExistUnderSpace");
    let refused = cloud.refused("DeletePositionFence", &json!({"SpaceId": space, "FenceId": fence}));
    assert_eq!(refused.code, "UnsupportedOperation.BindsExistUnderFence");
    cloud.call("DeleteFenceBind", &json!({"FenceId": fence, "Items": items}));
    cloud.call("DeletePositionFence", &json!({"SpaceId": space, "FenceId": fence}));
    cloud.call("DeletePositionSpace", &json!({"SpaceId": space}));
}

/// Does a device hear that a user of its owner's own program took it into use, and is what it says about itself shown?
#[test]
fn owners_with_users_of_their_own_tell_devices() {
    let server = Server::start(ServerOptions::default());
    let fixture = Fixture::new(&server, LOCATOR_MODEL);
    let device = fixture.device("car-1");
    let mut cloud =
        SdkClient::start("the Python SDK's generic client", python("cloud.py"), &server, &json!({"service": "lianwu"}));
    let mut car = Locator(SdkDevice::start("sdk_device.py", &server, &device));
    car.ready();
    let mut notice = device.reference();
    for (event, method) in [("Bind", "bind_device"), ("Unbind", "unbind_device")] {
        notice["Event"] = json!(event);
        assert_eq!(cloud.call("NotifyDeviceBinding", &notice)["Told"], "delivered");
        assert_eq!(car.hears("service")["payload"]["method"], method);
    }
    let info = json!({"name": device.name, "moudle_softinfo": "1.0", "fw_ver": "3.2.1", "lat": 22.5, "lon": "113.9",
        "device_label": {"append_info": "any"}});
    car.0.does(&json!({"do": "report_info", "params": info}));
    assert_eq!(car.hears("property")["payload"]["method"], "report_info_reply");
    let found = cloud.call("DescribeReportedInfo", &device.reference());
    let shown: Value = serde_json::from_str(found["Info"].as_str().expect("a text")).expect("JSON");
    assert_eq!((shown, &found["FirmwareVersion"]), (info, &json!("3.2.1")));
}
