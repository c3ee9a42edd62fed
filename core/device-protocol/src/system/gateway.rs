//! `$gateway/operation`: nothing is bound to any gateway yet, and nothing can be. Source: spec/device-protocol.md 7.

use lianwu_model::json::{Scanner, members};

use super::{ECHO_BYTES_MAX, Members, SystemAnswer, SystemReply, not_served, put, unknown_type};
use crate::topic::DownTopic;

/// Results go to devices that read 1,024 bytes with a final NUL. Source: spec/device-protocol.md 7, 14 row 13.
const RESULT_BYTES_MAX: usize = 1023;

/// The gateway has no binding with the sub-device.
const NOT_BOUND: i32 = -1;

/// The operation is not allowed.
const NOT_ALLOWED: i32 = 808;

const WHAT: &str = "gateway topology";

pub(super) fn answer(message: &Members<'_>, out: &mut Vec<u8>) -> SystemAnswer {
    let on = SystemReply::On(DownTopic::Gateway);
    match message.kind().as_deref() {
        Some(kind @ ("online" | "offline" | "unbind")) => {
            results(kind, message.payload, NOT_BOUND, out);
            SystemAnswer::refused(super::NOT_SERVED, not_served(WHAT), on)
        }
        Some("bind") => {
            results("bind", message.payload, NOT_ALLOWED, out);
            SystemAnswer::refused(super::NOT_SERVED, not_served(WHAT), on)
        }
        // True as it is: no gateway has sub-devices.
        Some("describe_sub_devices") => {
            put(out, format_args!(r#"{{"type":"describe_sub_devices","payload":{{"devices":[]}}}}"#));
            SystemAnswer::taken(on)
        }
        // Answers to the cloud; the C SDK also sends `change` unasked (14 row 18).
        Some("change" | "search_devices" | "unbind_all") => SystemAnswer::taken(SystemReply::Nothing),
        other => unknown_type(other),
    }
}

/// One result for each device named, as many as a gateway can read; it asks again for the rest.
fn results(kind: &str, payload: Option<&[u8]>, result: i32, out: &mut Vec<u8>) {
    let start = out.len();
    put(out, format_args!(r#"{{"type":"{kind}","payload":{{"devices":["#));
    for (product, device) in payload.map(devices).unwrap_or_default() {
        let before = out.len();
        if out.last() == Some(&b'}') {
            out.push(b',');
        }
        out.extend_from_slice(br#"{"product_id":"#);
        out.extend_from_slice(product);
        out.extend_from_slice(br#","device_name":"#);
        out.extend_from_slice(device);
        put(out, format_args!(r#","result":{result}}}"#));
        if out.len() - start + "]}}".len() > RESULT_BYTES_MAX {
            out.truncate(before);
            break;
        }
    }
    out.extend_from_slice(b"]}}");
}

/// Product and name of each device, as written.
fn devices(payload: &[u8]) -> Vec<(&[u8], &[u8])> {
    let list = members(payload).flatten().filter(|(key, _)| key.is(b"devices")).last();
    let Some((_, list)) = list else { return Vec::new() };
    let mut found = Vec::new();
    let mut scanner = Scanner::new(list);
    if scanner.enter_array().is_err() {
        return found;
    }
    while let Ok(true) = scanner.next_element() {
        let Ok(device) = scanner.skip_value() else { break };
        let member = |name: &[u8]| {
            let mut members = members(device).flatten();
            let (_, value) = members.find(|(key, _)| key.is(name))?;
            (value.starts_with(b"\"") && value.len() <= ECHO_BYTES_MAX).then_some(value)
        };
        if let (Some(product), Some(name)) = (member(b"product_id"), member(b"device_name")) {
            found.push((product, name));
        }
        if found.len() * 32 > RESULT_BYTES_MAX {
            break;
        }
    }
    found
}
