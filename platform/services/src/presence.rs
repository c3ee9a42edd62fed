//! Who came and who went, as messages for backends.
//!
//! Body: the vendor's status change as it stands in a message queue (spec/rules-ota.md 3.4), with the moment in
//! milliseconds and the cause in words besides. Topics: docs/adr/0016-told-to-the-owner.md.

use std::fmt::Write as _;

use lianwu_model::{ProductId, Uin, UnixMillis};
use serde::Serialize;

use crate::logs::{beijing_seconds, notes};

/// In front of the topics of presence; nobody but the platform sends there.
pub const PREFIX: &str = "$lianwu/presence/";

/// Came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    Online,
    /// Why, as the log has it.
    Offline(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    msg_type: &'static str,
    event: &'static str,
    topic: &'static str,
    /// Grows with every change of one device or backend.
    seq: u64,
    payload_len: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uin: Option<String>,
    payload: Option<()>,
    time: String,
    timestamp: u64,
    reason: &'static str,
    detail: String,
}

/// `$lianwu/presence/device/<ProductId>/<DeviceName>`
#[must_use]
pub fn device_topic(product: ProductId, device: &str) -> String {
    format!("{PREFIX}device/{product}/{device}")
}

/// What is said about a device.
#[must_use]
pub fn of_device(product: ProductId, device: &str, change: Change<'_>, now: UnixMillis) -> Vec<u8> {
    let product = product.to_string();
    body(&Body { product_id: Some(&product), device_name: Some(device), ..Body::new(change, now) })
}

/// `$lianwu/presence/backend/<client id>`; what a level of a topic cannot hold, and `%`, is written as `%` and two
/// hexadecimal digits.
#[must_use]
pub fn backend_topic(client_id: &str) -> String {
    let mut topic = format!("{PREFIX}backend/");
    for letter in client_id.chars() {
        if matches!(letter, '/' | '+' | '#' | '%') || letter.is_control() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(topic, "%{byte:02X}");
            }
        } else {
            topic.push(letter);
        }
    }
    topic
}

/// What is said about a backend of `principal`.
#[must_use]
pub fn of_backend(client_id: &str, principal: Uin, change: Change<'_>, now: UnixMillis) -> Vec<u8> {
    body(&Body { client_id: Some(client_id), uin: Some(principal.to_string()), ..Body::new(change, now) })
}

fn body(body: &Body<'_>) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts and numbers are JSON")
}

impl Body<'_> {
    fn new(change: Change<'_>, now: UnixMillis) -> Self {
        let (event, reason, detail) = match change {
            Change::Online => ("Online", "", String::new()),
            Change::Offline(why) => ("Offline", reason(why), detail(why)),
        };
        Self {
            msg_type: "StatusChange",
            event,
            topic: "",
            seq: now.0,
            payload_len: 0,
            product_id: None,
            device_name: None,
            client_id: None,
            uin: None,
            payload: None,
            time: beijing_seconds(now),
            timestamp: now.0,
            reason,
            detail,
        }
    }
}

/// The vendor's word for it.
fn reason(why: &str) -> &'static str {
    let left = ["said DISCONNECT", "closed the connection without DISCONNECT", "read failed", "write failed"];
    if notes::last_active(why).is_some() {
        "REASON_KEEPALIVE_TIMEOUT"
    } else if notes::taken_over_by(why).is_some() || why == notes::CLIENT_TAKEN_OVER {
        "REASON_KICKED"
    } else if left.iter().any(|text| why.contains(text)) {
        "REASON_DEVICE_DISCONNECT"
    } else {
        "REASON_SERVER_CLOSE"
    }
}

fn detail(why: &str) -> String {
    match notes::last_active(why) {
        Some(last) => format!("keepalive timeout, last active time {} (UTC+8)", beijing_seconds(last)),
        None => why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_720_101_193_123);

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_device_that_came_is_told_as_the_vendor_tells_it() {
        let product = "AB12CD34EF".parse().unwrap();
        assert_eq!(device_topic(product, "lamp"), "$lianwu/presence/device/AB12CD34EF/lamp");
        assert_eq!(
            text(of_device(product, "lamp", Change::Online, NOW)),
            r#"{"MsgType":"StatusChange","Event":"Online","Topic":"","Seq":1720101193123,"PayloadLen":0,"ProductId":"AB12CD34EF","DeviceName":"lamp","Payload":null,"Time":"2024-07-04 21:53:13","Timestamp":1720101193123,"Reason":"","Detail":""}"#
        );
    }

    #[test]
    fn reasons_are_the_vendors() {
        for (why, expected) in [
            ("the device said DISCONNECT".to_owned(), "REASON_DEVICE_DISCONNECT"),
            ("the client closed the connection without DISCONNECT".to_owned(), "REASON_DEVICE_DISCONNECT"),
            (notes::keep_alive_timeout(NOW), "REASON_KEEPALIVE_TIMEOUT"),
            (notes::taken_over("192.0.2.1:7"), "REASON_KICKED"),
            (notes::CLIENT_TAKEN_OVER.to_owned(), "REASON_KICKED"),
            ("the platform is shutting down".to_owned(), "REASON_SERVER_CLOSE"),
        ] {
            let body = text(of_backend("plant", Uin(7), Change::Offline(&why), NOW));
            assert!(body.contains(r#""Event":"Offline""#), "{body}");
            assert!(body.contains(&format!(r#""Reason":"{expected}""#)), "{why}: {body}");
        }
    }

    #[test]
    fn any_client_id_is_one_level() {
        assert_eq!(backend_topic("plant-7"), "$lianwu/presence/backend/plant-7");
        assert_eq!(backend_topic("a/b+c#d%e\n"), "$lianwu/presence/backend/a%2Fb%2Bc%23d%25e%0A");
    }
}
