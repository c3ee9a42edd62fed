//! DescribeDeviceShadow, UpdateDeviceShadow, DeleteDeviceShadow of the vendor's hub.

use lianwu_model::UnixMillis;
use lianwu_model::shadow::{Refusal, Update};
use lianwu_ports::bus::{Delivery, ShadowChanged};
use serde_json::json;

use super::support::Cloud;

/// Does a change go to the device's home as it was asked for, and come back as the document?
#[tokio::test]
async fn a_shadow_is_changed_by_version() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let lamp = json!({"ProductId": product, "DeviceName": "lamp1"});
    let empty = cloud.ok("DescribeDeviceShadow", lamp.clone()).await;
    assert_eq!(empty["Data"], r#"{"state":{},"metadata":{},"version":0}"#);

    let mut document = None;
    let update = Update::parse(br#"{"state":{"desired":{"temp":25}}}"#).unwrap();
    update.apply(&mut document, UnixMillis(1_714_550_400_123)).unwrap();
    *cloud.devices.shadow_answer.lock().unwrap() = Ok(ShadowChanged { document, told: Some(Delivery::Offline) });
    let mut call = lamp.clone();
    call["State"] = json!(r#"{"desired":{"temp":25}}"#);
    call["ShadowVersion"] = json!(7);
    let changed = cloud.ok("UpdateDeviceShadow", call.clone()).await;
    assert_eq!(
        changed["Data"],
        r#"{"state":{"desired":{"temp":25},"delta":{"temp":25}},"metadata":{"desired":{"temp":{"timestamp":1714550400123}}},"timestamp":1714550400123,"version":1}"#
    );
    cloud.ok("DeleteDeviceShadow", lamp).await;
    let payloads: Vec<_> = {
        let changes = cloud.devices.shadow_changes.lock().unwrap();
        changes.iter().map(|change| String::from_utf8(change.payload.to_vec()).unwrap()).collect()
    };
    let update = r#"{"type":"update","state":{"desired":{"temp":25}},"version":7}"#;
    assert_eq!(payloads, [update, r#"{"type":"delete"}"#]);
}

/// Does every refusal have the code of the vendor's hub?
#[tokio::test]
async fn refusals_have_their_codes() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let call =
        |state: &str, name: &str| json!({"ProductId": product, "DeviceName": name, "State": state, "ShadowVersion": 1});
    for (state, name, code) in [
        ("no json", "lamp1", "InvalidParameterValue.InvalidJSON"),
        (r#"{"reported":{}}"#, "lamp1", "InvalidParameterValue.JSONHasInvalidNode"),
        (r#"{"desired":{}}"#, "lamp9", "ResourceNotFound.DeviceNotExist"),
    ] {
        assert_eq!(cloud.refused("UpdateDeviceShadow", call(state, name)).await, code, "{state}");
    }
    for (refusal, code) in [
        (Refusal::Conflict { current: 2, wanted: 1 }, "FailedOperation.UpdateVersionNotMatch"),
        (Refusal::TooLarge, "InvalidParameterValue.JSONSizeExceedLimit"),
        (Refusal::TooDeep, "InvalidParameterValue.JSONHasInvalidNode"),
    ] {
        *cloud.devices.shadow_answer.lock().unwrap() = Err(refusal.into());
        assert_eq!(cloud.refused("UpdateDeviceShadow", call(r#"{"desired":{}}"#, "lamp1")).await, code);
    }
}
