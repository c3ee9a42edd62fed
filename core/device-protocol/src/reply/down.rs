//! Messages with values: the state a device asked for, control, action.

use lianwu_model::fence::{Alert, AlertId};
use lianwu_model::json::{write_plain, write_string};
use lianwu_model::{DeviceName, ProductId, UnixMillis};

use super::{ReplyCode, ReplyMethod, open, put_code, put_number};
use crate::message::{ClientToken, GetStatus, StatusScope};

/// Largest message to a device except the answer to `get_status`: devices keep 2 KiB including a final NUL.
///
/// Source: decisions.md 10, spec/device-protocol.md 14.
pub const SYSTEM_DOWN_BYTES_MAX: usize = 2047;

/// A message to a device was not written, because the device could not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message to the device has {bytes} bytes, at most {SYSTEM_DOWN_BYTES_MAX} are allowed")]
pub struct DownTooLarge {
    pub bytes: usize,
}

/// One value of a device's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusValue<'a> {
    pub id: &'a str,
    /// JSON text.
    pub value: &'a [u8],
    pub time: UnixMillis,
}

/// Appends the answer to `get_status`: what was reported last, and what the cloud wants, as far as the request asks.
///
/// An empty half is left out. `metadata` has the same form with times in milliseconds (our own choice: no source
/// shows it).
pub fn get_status_reply<'v, R, C>(request: &GetStatus<'_>, reported: R, control: C, out: &mut Vec<u8>)
where
    R: Iterator<Item = StatusValue<'v>> + Clone,
    C: Iterator<Item = StatusValue<'v>> + Clone,
{
    open(ReplyMethod::GetStatus.as_str(), request.token.map(ClientToken::raw), out);
    put_code(ReplyCode::Success, ReplyMethod::GetStatus.success_status(), out);
    let (kind, with_reported, with_control) = match request.scope {
        StatusScope::All => ("report", true, true),
        StatusScope::Report => ("report", true, false),
        StatusScope::Control => ("control", false, true),
    };
    out.extend_from_slice(br#","type":""#);
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
    let reported = with_reported.then_some(reported);
    let control = with_control.then_some(control);
    let value = |item: StatusValue<'_>, out: &mut Vec<u8>| put_value(item.value, out);
    put_halves("data", reported.clone(), control.clone(), value, out);
    if request.show_meta {
        let time = |item: StatusValue<'_>, out: &mut Vec<u8>| put_number(item.time.0, out);
        put_halves("metadata", reported, control, time, out);
    }
    out.push(b'}');
}

/// Appends a control message. `params` is an accepted JSON object.
///
/// # Errors
/// When the message is too large; nothing is appended then.
pub fn control(token: &str, params: &[u8], out: &mut Vec<u8>) -> Result<(), DownTooLarge> {
    let start = out.len();
    open_own("control", token, out);
    out.extend_from_slice(br#","params":"#);
    put_value(params, out);
    out.push(b'}');
    check_size(start, out)
}

/// Appends the call of an action. `params` is an accepted JSON object with every input param; the time is sent in
/// seconds, as the vendor's platform does.
///
/// # Errors
/// When the message is too large; nothing is appended then.
pub fn action(
    token: &str,
    action_id: &str,
    now: UnixMillis,
    params: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), DownTooLarge> {
    let start = out.len();
    open_own("action", token, out);
    out.extend_from_slice(br#","actionId":"#);
    write_string(action_id, out);
    out.extend_from_slice(br#","timestamp":"#);
    put_number(now.seconds(), out);
    out.extend_from_slice(br#","params":"#);
    put_value(params, out);
    out.push(b'}');
    check_size(start, out)
}

/// What happened between a device and the people who use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    Bound,
    Unbound,
}

/// Appends the notice that a device was bound to, or unbound from, its user. It is not answered.
///
/// Source: spec/device-protocol.md 6.10. Short by its form: it always fits.
pub fn bond_notice(
    bond: Bond,
    product: ProductId,
    device: &DeviceName,
    token: &str,
    now: UnixMillis,
    out: &mut Vec<u8>,
) {
    match bond {
        Bond::Bound => open("bind_device", None, out),
        Bond::Unbound => {
            open("unbind_device", None, out);
            out.extend_from_slice(br#","DeviceId":"#);
            write_string(&format!("{product}/{device}"), out);
        }
    }
    out.extend_from_slice(br#","clientToken":"#);
    write_string(token, out);
    out.extend_from_slice(br#","timestamp":"#);
    put_number(now.seconds(), out);
    out.push(b'}');
}

/// By which a device answers an alert; one alert always has the same.
#[must_use]
pub fn fence_alert_token(id: AlertId) -> String {
    format!("fence-{}", id.0)
}

/// Appends the notice that a device crossed a fence: times as in binding notices and in the cloud API, seconds for the
/// message and milliseconds for the crossing; places as numbers, never with an exponent.
///
/// Source: spec/device-protocol.md 9.10. Names of fences are short and need no escapes: it always fits.
pub fn fence_alert(alert: &Alert, now: UnixMillis, out: &mut Vec<u8>) {
    open_own("alert_fence_event", &fence_alert_token(alert.id), out);
    out.extend_from_slice(br#","timestamp":"#);
    put_number(now.seconds(), out);
    out.extend_from_slice(br#","data":{"alert_type":"#);
    write_string(alert.crossing.word(), out);
    out.extend_from_slice(br#","alert_condition":"#);
    write_string(alert.condition.word(), out);
    out.extend_from_slice(br#","alarm_time":"#);
    put_number(alert.time.0, out);
    out.extend_from_slice(br#","fence_name":"#);
    write_string(&alert.fence_name, out);
    let place = alert.position;
    out.extend_from_slice(format!(r#","long":{},"lat":{}}}}}"#, place.longitude, place.latitude).as_bytes());
}

/// Opens a message whose token the cloud made.
fn open_own(method: &str, token: &str, out: &mut Vec<u8>) {
    open(method, None, out);
    out.extend_from_slice(br#","clientToken":"#);
    write_string(token, out);
}

fn check_size(start: usize, out: &mut Vec<u8>) -> Result<(), DownTooLarge> {
    let bytes = out.len() - start;
    if bytes <= SYSTEM_DOWN_BYTES_MAX {
        return Ok(());
    }
    out.truncate(start);
    Err(DownTooLarge { bytes })
}

/// Values come from accepted messages; a damaged one must not damage the message around it.
fn put_value(value: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    if write_plain(value, out).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

fn put_halves<'v, R, C, W>(name: &str, reported: Option<R>, control: Option<C>, write: W, out: &mut Vec<u8>)
where
    R: Iterator<Item = StatusValue<'v>>,
    C: Iterator<Item = StatusValue<'v>>,
    W: Fn(StatusValue<'v>, &mut Vec<u8>),
{
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":{");
    let start = out.len();
    if let Some(reported) = reported {
        put_half("reported", reported, &write, out);
    }
    if let Some(control) = control {
        let before = out.len();
        if before > start {
            out.push(b',');
        }
        let after_comma = out.len();
        put_half("control", control, &write, out);
        if out.len() == after_comma {
            out.truncate(before);
        }
    }
    out.push(b'}');
}

/// `"reported":{"id":value,...}`, or nothing when there is no item.
fn put_half<'v>(
    name: &str,
    items: impl Iterator<Item = StatusValue<'v>>,
    write: &impl Fn(StatusValue<'v>, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    let mut empty = true;
    for item in items {
        if empty {
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":{");
            empty = false;
        } else {
            out.push(b',');
        }
        write_string(item.id, out);
        out.push(b':');
        write(item, out);
    }
    if !empty {
        out.push(b'}');
    }
}
