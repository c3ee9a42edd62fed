//! Messages of gateways about their sub-devices: whatever is named, every device gets one result, in messages a C device can read.
//!
//! Input: the payload of a message on `$gateway/operation`.

use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_device_protocol::gateway::{DEVICES_MAX, DOWN_BYTES_MAX, GatewayResult, Request, Verb, parse, results};
use lianwu_model::UnixMillis;
use serde_json::Value;

pub fn run(data: &[u8]) {
    let Ok(Request::About { verb, devices, too_many }) = parse(data) else { return };
    assert!(devices.len() <= DEVICES_MAX && (!too_many || devices.len() == DEVICES_MAX));
    let secret = DeviceSecret::from_key(b"nobody knows it").expect("a secret");
    let answered: Vec<_> = devices
        .iter()
        .map(|device| match (device.key(), device.signature()) {
            (Err(result), _) => (*device, result),
            (Ok(_), Err(result)) if verb == Verb::Bind => (*device, result),
            (Ok((product, name)), Ok(signature)) => {
                let claimed = signature.verify(&format!("{product}{name}"), &[secret.text()], UnixMillis(0));
                assert!(claimed.is_err(), "accepted without the secret");
                (*device, GatewayResult::Success)
            }
            (Ok(_), Err(_)) => (*device, GatewayResult::Success),
        })
        .collect();
    let messages = results(verb, &answered);
    assert!(!messages.is_empty(), "a gateway waits for at least one");
    let mut told = 0;
    for message in &messages {
        let read: Value = serde_json::from_slice(message).expect("JSON");
        assert_eq!(read["type"], verb.as_str());
        let list = read["payload"]["devices"].as_array().expect("a list");
        // One device alone may be named too long for any message; its names are cut off at 128 bytes of JSON each.
        assert!(message.len() <= DOWN_BYTES_MAX, "{} bytes", message.len());
        for device in list {
            assert!(device["result"].is_i64() && device["product_id"].is_string() && device["device_name"].is_string());
        }
        told += list.len();
    }
    assert_eq!(told, devices.len());
}
