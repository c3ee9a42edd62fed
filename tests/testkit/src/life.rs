//! A whole life of a project through the vendor's API: every operation of the first priority once, whoever calls.

use std::collections::BTreeSet;

use lianwu_mqtt::QoS;
use serde_json::{Value, json};

use crate::fixture::{Device, LAMP_MODEL};
use crate::mqtt::MqttClient;
use crate::server::Server;
use crate::wait::now_ms;

/// Operations the specification gives priority P0.
#[must_use]
pub fn first_priority_operations() -> BTreeSet<String> {
    let spec: Value =
        serde_json::from_str(include_str!("../../../spec/cloud-api.json")).expect("the specification is JSON");
    let actions = spec["actions"].as_array().into_iter().flatten();
    actions.filter(|action| action["priority"] == "P0").filter_map(|a| Some(a["name"].as_str()?.to_owned())).collect()
}

/// Somebody who calls operations, and what was called.
struct Caller<'a> {
    call: &'a mut dyn FnMut(&str, &Value) -> Value,
    called: BTreeSet<String>,
}

impl Caller<'_> {
    #[track_caller]
    fn call(&mut self, action: &str, parameters: &Value) -> Value {
        self.called.insert(action.to_owned());
        (self.call)(action, parameters)
    }
}

/// Makes, uses and removes a project named `name`; gives the operations that were called.
#[track_caller]
pub fn live(server: &Server, name: &str, call: &mut dyn FnMut(&str, &Value) -> Value) -> BTreeSet<String> {
    let mut caller = Caller { call, called: BTreeSet::new() };
    let (project, product) = set_up(&mut caller, name);
    let device = new_device(&mut caller, &product, "light-1");
    new_device(&mut caller, &product, "light-2");
    talk(&mut caller, server, &device);
    send(&mut caller, server, &device);
    let counted = caller.call("GetDeviceSumStatistics", &json!({"ProjectId": project, "ProductIds": [product]}));
    assert_eq!((&counted["ActivationCount"], &counted["ActivationBeforeDay"]), (&json!(1), &json!(0)), "{counted}");
    tear_down(&mut caller, &project, &product);
    caller.called
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| crate::fail(format!("expected a text, got {value}"))).to_owned()
}

#[track_caller]
fn set_up(caller: &mut Caller<'_>, name: &str) -> (String, String) {
    let made = caller.call("CreateProject", &json!({"ProjectName": name, "ProjectDesc": "of a house"}));
    let project = text(&made["Project"]["ProjectId"]);
    let name = format!("{name}-2");
    caller.call("ModifyProject", &json!({"ProjectId": project, "ProjectName": name, "ProjectDesc": "new"}));
    let described = caller.call("DescribeProject", &json!({"ProjectId": project}));
    assert_eq!(described["Project"]["ProjectName"], json!(name));
    let listed = caller.call("GetProjectList", &json!({"Offset": 0, "Limit": 10, "ProjectId": project}));
    assert_eq!(listed["Total"], 1);

    let request = json!({"ProjectId": project, "ProductName": name, "ProductDesc": "", "CategoryId": 1,
                         "ProductType": 0, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1});
    let product = text(&caller.call("CreateStudioProduct", &request)["Product"]["ProductId"]);
    let change = json!({"ProductId": product, "ProductName": name, "ProductDesc": "two", "ModuleId": 0});
    caller.call("ModifyStudioProduct", &change);
    let described = caller.call("DescribeStudioProduct", &json!({"ProductId": product}));
    assert_eq!(described["Product"]["ProductDesc"], "two");
    let listed = caller.call("GetStudioProductList", &json!({"ProjectId": project, "DevStatus": "dev"}));
    assert_eq!(listed["Total"], 1);
    let found = caller.call("SearchStudioProduct", &json!({"ProjectId": project, "ProductName": name}));
    assert_eq!(found["Products"][0]["ProductId"], json!(product));
    caller.call("ModifyModelDefinition", &json!({"ProductId": product, "ModelSchema": LAMP_MODEL}));
    let model = caller.call("DescribeModelDefinition", &json!({"ProductId": product}));
    assert!(text(&model["Model"]["ModelDefine"]).contains("brightness"));
    (project, product)
}

#[track_caller]
fn new_device(caller: &mut Caller<'_>, product: &str, name: &str) -> Device {
    let made = caller.call("CreateDevice", &json!({"ProductId": product, "DeviceName": name}));
    Device { product: product.to_owned(), name: name.to_owned(), secret: text(&made["Data"]["DevicePsk"]) }
}

/// What the device says is found again.
#[track_caller]
fn talk(caller: &mut Caller<'_>, server: &Server, device: &Device) {
    let start = now_ms();
    let mut client = MqttClient::subscribed(server.mqtt_address(), device);
    client.ask(&device.thing("up/property"), r#"{"method":"report","params":{"brightness":55}}"#);
    client.ask(
        &device.thing("up/event"),
        r#"{"method":"event_post","eventId":"low_voltage","type":"alert","params":{"voltage":2.8}}"#,
    );
    let described = caller.call("DescribeDevice", &device.reference());
    assert_eq!(described["Device"]["Status"], 1, "online");
    let listed = caller.call("GetDeviceList", &json!({"ProductId": device.product, "Offset": 0, "Limit": 10}));
    assert_eq!(listed["Total"], 2);
    let data = text(&caller.call("DescribeDeviceData", &device.reference())["Data"]);
    assert!(data.contains(r#""brightness":{"Value":55"#), "{data}");
    let mut history = device.reference();
    history["FieldName"] = "brightness".into();
    history["MinTime"] = (start - 60_000).into();
    history["MaxTime"] = (start + 60_000).into();
    let rows = caller.call("DescribeDeviceDataHistory", &history);
    assert_eq!(rows["Results"][0]["Value"], "55");
    let events = caller.call("ListEventHistory", &device.reference());
    assert_eq!(events["EventHistory"][0]["EventId"], "low_voltage");
}

/// What the caller sends arrives.
#[track_caller]
fn send(caller: &mut Caller<'_>, server: &Server, device: &Device) {
    let mut client = MqttClient::subscribed(server.mqtt_address(), device);
    let mut control = device.reference();
    control["Data"] = r#"{"brightness":80}"#.into();
    let result = caller.call("ControlDeviceData", &control);
    assert_eq!(result["Result"], r#"{"Sent":1,"pushResult":0}"#);
    assert_eq!(client.next_json()["params"], json!({"brightness": 80}));

    let mut action = device.reference();
    action["ActionId"] = "light_blink".into();
    action["InputParams"] = r#"{"period":1}"#.into();
    assert_eq!(caller.call("CallDeviceActionAsync", &action)["Status"], "suc");
    assert_eq!(client.next_json()["actionId"], "light_blink");
    let answering = device.clone();
    let answer = std::thread::spawn(move || {
        let token = client.next_json()["clientToken"].clone();
        let reply =
            json!({"method": "action_reply", "clientToken": token, "code": 0, "status": "done", "response": {}});
        client.publish_acknowledged(&answering.thing("up/action"), reply.to_string().as_bytes());
        client
    });
    assert_eq!(caller.call("CallDeviceActionSync", &action)["Status"], "done");
    let mut client = answer.join().unwrap_or_else(|_| crate::fail("the device did not answer the action"));

    let topic = format!("{}/{}/control", device.product, device.name);
    assert_eq!(client.subscribe(&topic, QoS::AtMostOnce), 0);
    let mut publish = device.reference();
    publish["Topic"] = topic.clone().into();
    publish["Payload"] = "hello".into();
    caller.call("PublishMessage", &publish);
    assert_eq!(client.next_message(), (topic.clone(), "hello".to_owned()));
    let batch = json!({"ProductId": device.product, "DeviceNames": [device.name, "light-2"], "Payload": "aGk=",
                       "PayloadEncoding": "base64", "Topic": format!("{}/${{deviceName}}/control", device.product)});
    let sent = caller.call("BatchPublishMessage", &batch);
    assert_eq!((&sent["Total"], &sent["SuccessCount"]), (&json!(2), &json!(1)), "{sent}");
    let failed = &sent["Failures"][0];
    assert_eq!((&failed["DeviceName"], &failed["Status"]), (&json!("light-2"), &json!("OFFLINE")), "{sent}");
    assert_eq!(client.next_message(), (topic, "hi".to_owned()));
}

#[track_caller]
fn tear_down(caller: &mut Caller<'_>, project: &str, product: &str) {
    let one = |name: &str| json!({"ProductId": product, "DeviceName": name});
    caller.call("UpdateDevicesEnableState", &json!({"DevicesItems": [one("light-1")], "Status": 0}));
    caller.call("ReleaseStudioProduct", &json!({"ProductId": product, "DevStatus": "released"}));
    caller.call("DeleteDevice", &one("light-1"));
    caller.call("DeleteDevices", &json!({"DevicesItems": [one("light-2")]}));
    caller.call("DeleteStudioProduct", &json!({"ProductId": product}));
    caller.call("DeleteProject", &json!({"ProjectId": project}));
}
