//! Do messages to devices have the vendor's form and stay readable for its SDKs?

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use lianwu_device_protocol::message::{Clock, Up, UpKind, parse_up};
use lianwu_device_protocol::reply::{
    DownTooLarge, ReplyCode, ReplyMethod, SYSTEM_DOWN_BYTES_MAX, StatusValue, action, control, get_status_reply,
    render_reply,
};
use lianwu_model::UnixMillis;
use lianwu_model::thing_model::{ThingModel, Validator};

/// The answer to a `get_status` with these reported and desired values.
fn status(request: &str, reported: &[(&str, &str)], desired: &[(&str, &str)]) -> String {
    let validator = Validator::compile(&ThingModel::default());
    let clock = Clock { now: UnixMillis(1_714_550_400_123), retention: Duration::from_secs(1) };
    let Ok(Up::GetStatus(request)) = parse_up(UpKind::Property, request.as_bytes(), &validator, clock) else {
        panic!("{request}");
    };
    let mut out = Vec::new();
    get_status_reply(&request, values(reported), values(desired), &mut out);
    String::from_utf8(out).unwrap()
}

fn values<'v>(items: &'v [(&'v str, &'v str)]) -> impl Iterator<Item = StatusValue<'v>> + Clone {
    items.iter().map(|(id, value)| StatusValue { id, value: value.as_bytes(), time: UnixMillis(1_700_000_000_001) })
}

/// Is the state sent as the vendor sends it, each half only when there is something in it?
#[test]
fn get_status_replies() {
    let request = r#"{"method":"get_status","clientToken":"PID0000001-1"}"#;
    let head = r#"{"method":"get_status_reply","clientToken":"PID0000001-1","code":0,"status":"success","type":"report","data":"#;
    let reported = [("power_switch", "0"), ("brightness", "0")];
    let desired = [("power_switch", "1")];
    assert_eq!(
        status(request, &reported, &desired),
        format!(r#"{head}{{"reported":{{"power_switch":0,"brightness":0}},"control":{{"power_switch":1}}}}}}"#)
    );
    assert_eq!(
        status(request, &reported, &[]),
        format!(r#"{head}{{"reported":{{"power_switch":0,"brightness":0}}}}}}"#)
    );
    assert_eq!(status(request, &[], &desired), format!(r#"{head}{{"control":{{"power_switch":1}}}}}}"#));
    assert_eq!(status(request, &[], &[]), format!("{head}{{}}}}"));
}

/// Are `type` and `showmeta` obeyed?
#[test]
fn get_status_options() {
    let reported = [("a", "1")];
    let desired = [("b", "2")];
    assert_eq!(
        status(r#"{"method":"get_status","type":"control"}"#, &reported, &desired),
        r#"{"method":"get_status_reply","code":0,"status":"success","type":"control","data":{"control":{"b":2}}}"#
    );
    assert_eq!(
        status(r#"{"method":"get_status","type":"report","showmeta":1}"#, &reported, &desired),
        r#"{"method":"get_status_reply","code":0,"status":"success","type":"report","data":{"reported":{"a":1}},"metadata":{"reported":{"a":1700000000001}}}"#
    );
}

/// Are values rewritten so that an SDK without unescaping reads them, and damage contained?
#[test]
fn values_are_plain() {
    let reported = [
        ("on", "true"),
        ("off", "false"),
        ("name", r#""\u6e29\/\u5ea6 \"q\" \\ \n\u0001""#),
        ("pos", r#"{ "ok" : true, "xs" : [ 1.50 , 2 ] }"#),
        ("bad", "{\"x\":"),
    ];
    let sent = status(r#"{"method":"get_status"}"#, &reported, &[]);
    let data = sent.split_once(r#""reported":"#).unwrap().1;
    assert_eq!(data, r#"{"on":1,"off":0,"name":"温/度 \"q\" \\ \n\u0001","pos":{"ok":1,"xs":[1.50,2]},"bad":null}}}"#);
}

/// Do control and action have the vendor's key order, and the action its time in seconds?
#[test]
fn control_and_action() {
    let mut out = Vec::new();
    control("clientToken-2f", br#"{ "power_switch": true, "brightness": 80 }"#, &mut out).unwrap();
    assert_eq!(
        std::str::from_utf8(&out).unwrap(),
        r#"{"method":"control","clientToken":"clientToken-2f","params":{"power_switch":1,"brightness":80}}"#
    );
    out.clear();
    action("1::5f", "light_blink", UnixMillis(1_714_550_400_999), br#"{"period":3}"#, &mut out).unwrap();
    assert_eq!(
        std::str::from_utf8(&out).unwrap(),
        r#"{"method":"action","clientToken":"1::5f","actionId":"light_blink","timestamp":1714550400,"params":{"period":3}}"#
    );
}

/// Is a message that a device cannot take refused as a whole, at exactly the limit?
#[test]
fn downlinks_stay_below_two_kibibytes() {
    let params = |bytes: usize| format!(r#"{{"s":"{}"}}"#, "x".repeat(bytes));
    let frame = r#"{"method":"control","clientToken":"t","params":{"s":""}}"#.len();
    let mut out = b"before".to_vec();
    let fits = params(SYSTEM_DOWN_BYTES_MAX - frame);
    assert_eq!(control("t", fits.as_bytes(), &mut out), Ok(()));
    assert_eq!(out.len(), "before".len() + SYSTEM_DOWN_BYTES_MAX);
    out.truncate("before".len());
    let too_large = params(SYSTEM_DOWN_BYTES_MAX - frame + 1);
    let error = DownTooLarge { bytes: SYSTEM_DOWN_BYTES_MAX + 1 };
    assert_eq!(control("t", too_large.as_bytes(), &mut out), Err(error));
    assert!(action("t", "a", UnixMillis(0), too_large.as_bytes(), &mut out).is_err());
    assert_eq!(out, b"before");
}

/// Can a reply be rendered from stored facts, for every method and code?
#[test]
fn replies_follow_from_facts() {
    for method in ReplyMethod::ALL {
        for code in ReplyCode::ALL {
            let mut out = Vec::new();
            render_reply(method, Some(br#""t""#), code, "why \"x\"\u{7}", &mut out);
            let reply: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(reply["method"], method.as_str());
            assert_eq!(reply["clientToken"], "t");
            assert_eq!(reply["code"], code.number());
            assert_eq!(reply["status"], "why \"x\"\u{7}");
            assert_eq!(ReplyCode::from_number(code.number()), Some(code));
        }
    }
    let mut out = Vec::new();
    render_reply(ReplyMethod::ClearControl, Some(br#""PID0000001-2""#), ReplyCode::Success, "success", &mut out);
    assert_eq!(
        std::str::from_utf8(&out).unwrap(),
        r#"{"method":"clear_control_reply","clientToken":"PID0000001-2","code":0,"status":"success"}"#
    );
}
