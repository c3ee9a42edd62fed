//! The device shadow between the vendor's Python device SDK and its Python SDK of the hub's cloud API, both unmodified.

use lianwu_testkit::{Device, Fixture, LAMP_MODEL, SdkClient, SdkDevice, Server, ServerOptions, python};
use serde_json::{Value, json};

/// The SDK's program, connected and subscribed.
struct ShadowDevice(SdkDevice);

impl ShadowDevice {
    #[track_caller]
    fn start(server: &Server, device: &Device) -> Self {
        let mut device = SdkDevice::start("sdk_shadow.py", server, device);
        assert_eq!(device.hears("connected")["rc"], 0);
        device.does(&json!({"do": "init"}));
        assert_eq!(device.hears("subscribed")["qos"], 0, "the SDK asks for QoS 0");
        Self(device)
    }

    #[track_caller]
    fn does(&mut self, command: &Value) {
        self.0.does(command);
    }

    /// The next message on the shadow's topic.
    #[track_caller]
    fn shadow(&mut self) -> Value {
        let mut payload = self.0.hears("shadow")["payload"].take();
        // The SDK gives its users the text.
        if let Some(text) = payload.as_str() {
            payload = serde_json::from_str(text).expect("JSON");
        }
        payload
    }
}

/// Does a wish of the cloud reach the device with its version, and is the shadow settled when the device has acted?
#[test]
fn a_wish_of_the_cloud_is_fulfilled() {
    let server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = ShadowDevice::start(&server, &device);
    let profile = json!({"service": "iotcloud"});
    let mut cloud = SdkClient::start("the Python hub SDK", python("cloud.py"), &server, &profile);

    sdk.does(&json!({"do": "get"}));
    let found = sdk.shadow();
    assert_eq!(found["clientToken"], format!("{}-0", device.product));
    assert_eq!((&found["type"], &found["result"]), (&json!("get"), &json!(0)));
    assert_eq!(found["payload"], json!({"state": {}, "metadata": {}, "version": 0}));

    sdk.does(&json!({"do": "report", "values": [["int", "temp", 27], ["string", "name", "大厅"]]}));
    let answer = sdk.shadow();
    assert_eq!(
        (&answer["type"], &answer["result"], &answer["payload"]["version"]),
        (&json!("update"), &json!(0), &json!(1))
    );
    assert_eq!(answer["payload"]["state"], json!({"reported": {"temp": 27, "name": "大厅"}}));

    let mut wish = device.reference();
    wish["State"] = json!(r#"{"desired":{"temp":25}}"#);
    wish["ShadowVersion"] = json!(1);
    let changed = cloud.call("UpdateDeviceShadow", &wish);
    let delta = sdk.shadow();
    assert_eq!(delta["type"], "delta");
    assert_eq!((&delta["payload"]["state"], &delta["payload"]["version"]), (&json!({"temp": 25}), &json!(2)));
    let document: Value = serde_json::from_str(changed["Data"].as_str().expect("a text")).expect("JSON");
    assert_eq!(document["state"]["delta"], json!({"temp": 25}));
    assert_eq!(document["metadata"]["desired"]["temp"]["timestamp"], document["timestamp"]);
    assert_eq!(cloud.refused("UpdateDeviceShadow", &wish).code, "FailedOperation.UpdateVersionNotMatch");

    sdk.does(&json!({"do": "report", "values": [["int", "temp", 25]], "more": {"version": 1}}));
    let conflict = sdk.shadow();
    assert_eq!(conflict["result"], 5005);
    assert_eq!(conflict["payload"]["version"], 2, "the document comes with the refusal: {conflict}");
    sdk.does(&json!({"do": "report", "values": [["int", "temp", 25]], "more": {"version": 2}}));
    assert_eq!(sdk.shadow()["result"], 0);
    sdk.does(&json!({"do": "clear"}));
    assert_eq!(sdk.shadow()["payload"]["state"], json!({"desired": null}));

    let found = cloud.call("DescribeDeviceShadow", &device.reference());
    let document: Value = serde_json::from_str(found["Data"].as_str().expect("a text")).expect("JSON");
    assert_eq!(document["state"], json!({"reported": {"temp": 25, "name": "大厅"}}));
    assert_eq!(document["version"], 4);
    cloud.call("DeleteDeviceShadow", &device.reference());
    sdk.does(&json!({"do": "get"}));
    assert_eq!(sdk.shadow()["payload"]["version"], 0);
}

/// Does a shadow outlive the process?
#[test]
fn a_shadow_is_there_after_a_crash() {
    let mut server = Server::start(ServerOptions::default());
    let lamp = Fixture::new(&server, LAMP_MODEL);
    let device = lamp.device("light-1");
    let mut sdk = ShadowDevice::start(&server, &device);
    sdk.does(&json!({"do": "report", "values": [["int", "temp", 27]]}));
    assert_eq!(sdk.shadow()["result"], 0);
    drop(sdk);
    server.kill();
    server.restart();
    let mut sdk = ShadowDevice::start(&server, &device);
    sdk.does(&json!({"do": "get"}));
    let found = sdk.shadow();
    assert_eq!(
        (&found["payload"]["state"], &found["payload"]["version"]),
        (&json!({"reported": {"temp": 27}}), &json!(1))
    );
}
