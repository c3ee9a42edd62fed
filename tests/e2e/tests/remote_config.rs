//! Remote configuration of a product: published by the vendor's Python cloud SDK, pushed to a device on paho-mqtt or asked for by it.

use lianwu_testkit::{Device, Fixture, LAMP_MODEL, PahoDevice, SdkClient, Server, ServerOptions, python};
use serde_json::{Value, json};

/// A device that listens to its configuration.
fn listening(server: &Server, device: &Device) -> PahoDevice {
    let mut paho = PahoDevice::start(server, device);
    paho.subscribes(&topic(device, "operation/result"), 0);
    paho
}

fn topic(device: &Device, name: &str) -> String {
    format!("$config/{name}/{}/{}", device.product, device.name)
}

fn owner(server: &Server) -> SdkClient {
    SdkClient::start("the Python cloud SDK", python("cloud.py"), server, &json!({"service": "lianwu"}))
}

/// Does a configuration reach the devices that listen when it is pushed, and any that asks, also after a crash of the platform?
#[test]
fn a_configuration_is_pushed_and_asked_for_over_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let devices = ["light-1", "light-2"].map(|name| lamp.device(name));
    let [mut first, mut second] = devices.each_ref().map(|device| listening(&server, device));
    let mut cloud = owner(&server);
    let product = |more: &Value| {
        let mut request = json!({"ProductId": lamp.product});
        for (name, value) in more.as_object().expect("an object") {
            request[name] = value.clone();
        }
        request
    };
    let asks = |paho: &mut PahoDevice, device: &Device| {
        paho.publishes(&topic(device, "operation"), &json!({"type": "get"}), 1);
        paho.message()
    };
    let (on, said) = asks(&mut first, &devices[0]);
    assert_eq!(
        (on, said),
        (topic(&devices[0], "operation/result"), json!({"type": "reply", "result": 1001, "payload": {}}))
    );

    let old = json!({"speed": 1, "places": ["大厅", "garden"]});
    let saved = cloud.call("SetRemoteConfig", &product(&json!({"Config": old.to_string()})));
    assert_eq!(saved["Enabled"], false);
    assert_eq!(cloud.refused("PushRemoteConfig", &product(&json!({}))).code, "UnsupportedOperation");
    cloud.call("EnableRemoteConfig", &product(&json!({})));
    let pushed = cloud.call("PushRemoteConfig", &product(&json!({})));
    assert_eq!((&pushed["Sent"], &pushed["NotListening"]), (&json!(2), &json!(0)), "{pushed}");
    for (paho, device) in [(&mut first, &devices[0]), (&mut second, &devices[1])] {
        let (on, said) = paho.message();
        assert_eq!(on, topic(device, "operation/result"));
        assert_eq!((&said["type"], &said["payload"]), (&json!("push"), &old), "{said}");
    }
    let new = json!({"speed": 2});
    cloud.call("SetRemoteConfig", &product(&json!({"Config": new.to_string()})));
    let one = product(&json!({"DeviceName": "light-2"}));
    assert_eq!(cloud.call("PushRemoteConfig", &one)["Sent"], 1);
    assert_eq!(second.message().1["payload"], new);

    server.kill();
    server.restart();
    let mut first = listening(&server, &devices[0]);
    let reply = |payload: &Value| json!({"type": "reply", "result": 0, "payload": payload});
    assert_eq!(asks(&mut first, &devices[0]).1, reply(&new), "the push to the other was not for it");
    let mut cloud = owner(&server);
    let versions = cloud.call("ListRemoteConfigs", &product(&json!({})));
    assert_eq!(versions["Enabled"], true);
    let listed = cloud.call("DescribeRemoteConfig", &product(&json!({})));
    assert_eq!(serde_json::from_str::<Value>(listed["Config"].as_str().expect("a text")).expect("JSON"), new);
    cloud.call("DisableRemoteConfig", &product(&json!({})));
    assert_eq!(asks(&mut first, &devices[0]).1["result"], 1001);
}
