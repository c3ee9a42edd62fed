//! DescribeDeviceCredentials: what a device sends to sign in.

use lianwu_device_protocol::credentials::{DeviceSecret, Method, SignIn};
use lianwu_model::UnixMillis;
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code, new_product};

fn of(product: &str) -> Value {
    json!({"ProductId": product, "DeviceName": "lamp1"})
}

/// Would the platform let a device in with them, by both methods, until they end and no longer?
#[tokio::test]
async fn credentials_are_what_the_device_would_send() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let found = cloud.ok("DescribeDevice", of(&product)).await;
    let secret = DeviceSecret::parse(found["Device"]["DevicePsk"].as_str().unwrap()).unwrap();
    for (wish, method, seconds) in [
        (json!({}), Method::HmacSha256, 3600),
        (json!({"Method": "hmacsha1", "ValidSeconds": 1}), Method::HmacSha1, 1),
        (json!({"Method": "hmacsha256", "ValidSeconds": 31_536_000}), Method::HmacSha256, 31_536_000),
    ] {
        let mut request = of(&product);
        request.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
        let made = cloud.ok("DescribeDeviceCredentials", request).await;
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let (client_id, user_name, password) = (text("ClientId"), text("UserName"), text("Password"));
        let claim = SignIn::parse(&client_id, &user_name, password.as_bytes()).unwrap();
        assert_eq!((claim.device, claim.method, claim.connection_id.len()), ("lamp1", method, 5));
        let end = UnixMillis::from_seconds(made["ExpireTime"].as_u64().unwrap());
        assert_eq!((claim.expiry, end), (end, UnixMillis::from_seconds(NOW.seconds() + seconds)));
        assert!(claim.verify(&secret, end).is_ok());
        assert!(claim.verify(&secret, UnixMillis(end.0 + 1)).is_err());
    }
}

/// Is each reason against it told by name?
#[tokio::test]
async fn what_cannot_sign_in_is_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    for (field, wrong, expected) in [
        ("Method", json!("md5"), "InvalidParameterValue"),
        ("ValidSeconds", json!(0), "InvalidParameterValue"),
        ("ValidSeconds", json!(31_536_001), "InvalidParameterValue"),
        ("DeviceName", json!("ghost"), "ResourceNotFound.DeviceNotExist"),
        ("ProductId", json!("0000000000"), "ResourceNotFound.StudioProductNotExist"),
    ] {
        let mut request = of(&product);
        request[field] = wrong;
        assert_eq!(cloud.refused("DescribeDeviceCredentials", request).await, expected, "{field}");
    }
    let items = json!([of(&product)]);
    cloud.ok("UpdateDevicesEnableState", json!({"DevicesItems": items, "Status": 0})).await;
    let refused = cloud.refused("DescribeDeviceCredentials", of(&product)).await;
    assert_eq!(refused, "FailedOperation.DeviceAlreadyDisabled");

    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let mut certified = new_product(found["Product"]["ProjectId"].as_str().unwrap(), "certified");
    certified["EncryptionType"] = json!("1");
    let made = cloud.ok("CreateStudioProduct", certified).await;
    let certified = made["Product"]["ProductId"].as_str().unwrap();
    cloud.ok("CreateDevice", of(certified)).await;
    let refused = cloud.refused("DescribeDeviceCredentials", of(certified)).await;
    assert_eq!(refused, "UnauthorizedOperation.ProductNotSupportPSK");
}

/// Is somebody who may not read the device's secret kept from using it?
#[tokio::test]
async fn both_rights_are_needed() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let (compute, read) = ("lianwu:DescribeDeviceCredentials", "iotexplorer:DescribeDevice");
    for (name, actions, allowed) in
        [("one", json!([compute]), false), ("other", json!([read]), false), ("both", json!([compute, read]), true)]
    {
        let statement = json!({"effect": "allow", "action": actions, "resource": "*"});
        cloud.policy(name, &json!({"version": "2.0", "statement": [statement]})).await;
        let worker = cloud.sub_account(name, &[name]).await;
        let response = cloud.call(&worker, "DescribeDeviceCredentials", of(&product)).await;
        if allowed {
            assert_eq!(response["ClientId"], format!("{product}lamp1"), "{response}");
        } else {
            assert_eq!(code(&response), "UnauthorizedOperation", "{name}");
        }
    }
}
