//! What does the cloud make of each message on the property topic, and what does it answer?

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use lianwu_device_protocol::message::{
    CLIENT_TOKEN_BYTES_MAX, ClientToken, Clock, DeviceReply, Report, StatusScope, Up, UpKind, parse_up,
};
use lianwu_device_protocol::reply::{ReplyMethod, render_success};
use lianwu_model::UnixMillis;
use lianwu_model::thing_model::{ThingModel, Validator};

const NOW: UnixMillis = UnixMillis(1_714_550_400_123);
const DAY: u64 = UnixMillis::DAY_MS;

fn clock() -> Clock {
    Clock { now: NOW, retention: Duration::from_secs(3 * 24 * 3600) }
}

fn tbox() -> Validator {
    let model = include_str!("../../model/tests/fixtures/tbox.json");
    Validator::compile(&ThingModel::parse(model).unwrap())
}

/// Expects a report and returns its time and params.
#[track_caller]
fn accepted(payload: &str) -> (UnixMillis, String) {
    let validator = tbox();
    match parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()) {
        Ok(Up::Report(Report { sample_time, params, .. })) => {
            (sample_time, String::from_utf8(params.to_vec()).unwrap())
        }
        other => panic!("{payload}: {other:?}"),
    }
}

/// Expects a refusal and compares the whole answer.
#[track_caller]
fn refused(payload: &str, answer: &str) {
    let validator = tbox();
    let refusal = parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()).unwrap_err();
    let mut out = Vec::new();
    assert!(refusal.render(&mut out));
    assert_eq!(String::from_utf8(out).unwrap(), answer, "{payload}");
}

/// Is a report accepted whatever the order of its members?
#[test]
fn a_report_in_any_order() {
    let params = r#"{"lac":9,"win_switch":1}"#;
    for payload in [
        r#"{"method":"report","clientToken":"t","params":{"lac":9,"win_switch":1}}"#,
        r#"{"params":{"lac":9,"win_switch":1},"clientToken":"t","method":"report"}"#,
        r#" { "method" : "report" , "params" :  {"lac":9,"win_switch":1} , "clientToken" : "t" } "#,
        r#"{"\u006dethod":"\u0072eport","p\u0061rams":{"lac":9,"win_switch":1},"version":"1.0"}"#,
        r#"{"method":"report","params":{"lac":"x"},"params":{"lac":9,"win_switch":1}}"#,
        r#"{"method":"get_status","params":{"lac":9,"win_switch":1},"method":"report"}"#,
        r#"{"method":"report","timestamp":null,"params":{"lac":9,"win_switch":1}}"#,
        r#"{"method":"report","timestamp":0,"params":{"lac":9,"win_switch":1}}"#,
    ] {
        assert_eq!(accepted(payload), (NOW, params.to_owned()), "{payload}");
    }
    assert_eq!(accepted(r#"{"method":"report","params":{}}"#).1, "{}");
}

/// Does an accepted report get the vendor's answer, with the token byte for byte?
#[test]
fn the_token_is_echoed_as_written() {
    let validator = tbox();
    for (member, echoed) in [
        (r#""clientToken":"PID0000001-3","#, r#","clientToken":"PID0000001-3""#),
        (r#""clientToken":"a\/b\u0041","#, r#","clientToken":"a\/b\u0041""#),
        (r#""clientToken":123,"#, r#","clientToken":123"#),
        (r#""clientToken":"","#, r#","clientToken":"""#),
        (r#""clientToken":null,"#, ""),
        ("", ""),
    ] {
        let payload = format!(r#"{{"method":"report",{member}"params":{{"lac":9}}}}"#);
        let Ok(Up::Report(report)) = parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()) else {
            panic!("{payload} is a report");
        };
        let mut out = Vec::new();
        render_success(ReplyMethod::Report, report.token.map(ClientToken::raw), &mut out);
        let expected = format!(r#"{{"method":"report_reply"{echoed},"code":0,"status":"success"}}"#);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
    let long = "x".repeat(CLIENT_TOKEN_BYTES_MAX);
    refused(
        &format!(r#"{{"method":"report","clientToken":"{long}","params":{{}}}}"#),
        r#"{"method":"report_reply","code":403,"status":"clientToken longer than 256 bytes"}"#,
    );
    refused(
        r#"{"method":"report","clientToken":[1],"params":{}}"#,
        r#"{"method":"report_reply","code":403,"status":"clientToken not a string"}"#,
    );
}

/// Do the FAQ's refusals come as complete answers (faq-23 to 26)?
#[test]
fn refusals_of_the_faq() {
    refused(
        r#"{"method":"report","clientToken":"123","params":{"win_switch":3}}"#,
        r#"{"method":"report_reply","clientToken":"123","code":406,"status":"check report data err: win_switch value 3 out of range:[0,1]"}"#,
    );
    refused(
        r#"{"method":"report","clientToken":"123","params":{"lac":"9"}}"#,
        r#"{"method":"report_reply","clientToken":"123","code":406,"status":"check report data err: readNumberAsString: invalid number, error found in #0 byte of ...|\"9\"|..., bigger context ...|\"9\"|..."}"#,
    );
    refused(
        r#"{"params":{"str_model":133},"method":"report","clientToken":"123"}"#,
        r#"{"method":"report_reply","clientToken":"123","code":406,"status":"check report data err: ReadString: expects \" or n, but found 1, error found in #1 byte of ...|133|..., bigger context ...|133|..."}"#,
    );
    refused(
        r#"{"method":"report","clientToken":"123","params":{"lac":1,"door":3}}"#,
        r#"{"method":"report_reply","clientToken":"123","code":403,"status":"check report data err: door not defined"}"#,
    );
    for bad in ["", "hello", "{", "[]", "7", "\"report\"", r#"{"method":"report"}}"#, r#"{"method":"report",}"#] {
        refused(bad, "json format illegal");
    }
}

/// Is the order of checks JSON, method, timestamp, values?
#[test]
fn the_order_of_checks() {
    refused(r#"{"method":"report","params":{"win_switch":3},"x":}"#, "json format illegal");
    refused(r#"{"method":"report","params":{"win_switch":3,"lac":tru}}"#, "json format illegal");
    refused(r#"{"method":"report","params":{"win_switch":3}"#, "json format illegal");
    refused(
        r#"{"method":"jump","timestamp":"x","params":{"win_switch":3}}"#,
        r#"{"method":"report_reply","code":403,"status":"method jump not supported"}"#,
    );
    refused(
        r#"{"method":"report","params":{"win_switch":3},"timestamp":"2022-03-01 16:30:56"}"#,
        r#"{"method":"report_reply","code":405,"status":"timestamp \"2022-03-01 16:30:56\" not a UNIX time"}"#,
    );
    refused(r#"{"params":{"win_switch":3}}"#, r#"{"method":"report_reply","code":403,"status":"method missing"}"#);
    refused(
        r#"{"method":["report"],"params":{}}"#,
        r#"{"method":"report_reply","code":403,"status":"method missing"}"#,
    );
    refused(
        r#"{"method":"report","clientToken":"t"}"#,
        r#"{"method":"report_reply","clientToken":"t","code":406,"status":"check report data err: params missing"}"#,
    );
    refused(
        r#"{"method":"report","params":7}"#,
        r#"{"method":"report_reply","code":406,"status":"check report data err: ReadObject: expects {, but found 7, error found in #1 byte of ...|7|..., bigger context ...|7|..."}"#,
    );
}

/// Are seconds and milliseconds told apart, and both ends of the window exact (faq-29)?
#[test]
fn timestamps() {
    let report = |timestamp: &str| format!(r#"{{"method":"report","timestamp":{timestamp},"params":{{"lac":9}}}}"#);
    for (timestamp, time) in [
        (NOW.0.to_string(), NOW.0),
        ("1714550400".to_owned(), 1_714_550_400_000),
        ((NOW.0 + DAY).to_string(), NOW.0 + DAY),
        ((NOW.0 - 3 * DAY).to_string(), NOW.0 - 3 * DAY),
    ] {
        assert_eq!(accepted(&report(&timestamp)).0, UnixMillis(time), "{timestamp}");
    }
    let late = "out of range: older than the 72h for which data is kept";
    let early = "out of range: more than 24h ahead of server time 1714550400123";
    for (timestamp, why) in [
        ((NOW.0 + DAY + 1).to_string(), early),
        ((NOW.0 - 3 * DAY - 1).to_string(), late),
        // The border between the two units: the largest number of seconds, the smallest of milliseconds.
        ("99999999999".to_owned(), early),
        ("100000000000".to_owned(), late),
        ("9223372036854775807".to_owned(), early),
        ("1".to_owned(), late),
        ("-1".to_owned(), "out of range: before 1970"),
        ("9223372036854775808".to_owned(), "not a UNIX time"),
        ("1714550400.5".to_owned(), "not a UNIX time"),
        ("true".to_owned(), "not a UNIX time"),
        ("{}".to_owned(), "not a UNIX time"),
    ] {
        let answer = format!(r#"{{"method":"report_reply","code":405,"status":"timestamp {timestamp} {why}"}}"#);
        refused(&report(&timestamp), &answer);
    }
}

/// Are the other methods of the topic understood as the SDKs send them?
#[test]
fn other_methods() {
    let validator = tbox();
    let parse = |payload: &'static str| parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()).unwrap();

    let Up::GetStatus(get) = parse(r#"{"method":"get_status","clientToken":"PID0000001-1"}"#) else {
        panic!("not get_status");
    };
    assert_eq!((get.scope, get.show_meta), (StatusScope::All, false));
    assert_eq!(get.token.unwrap().text(), "PID0000001-1");
    let Up::GetStatus(get) = parse(r#"{"method":"get_status","type":"control","showmeta":1}"#) else {
        panic!("not get_status");
    };
    assert_eq!((get.scope, get.show_meta), (StatusScope::Control, true));

    let Up::ClearControl { token } = parse(r#"{"method":"clear_control","clientToken":"c"}"#) else {
        panic!("not clear_control");
    };
    assert_eq!(token.unwrap().raw(), br#""c""#);

    let info =
        r#"{"method":"report_info","clientToken":"i","params":{"name":"dev001","lat":22.5,"device_label":{"a":"b"}}}"#;
    let Up::ReportInfo { params, .. } = parse(info) else { panic!("not report_info") };
    assert_eq!(params, br#"{"name":"dev001","lat":22.5,"device_label":{"a":"b"}}"#);

    for (payload, code, status) in [
        (r#"{"method":"control_reply","code":0,"clientToken":"k"}"#, 0, None),
        (r#"{"code":0,"clientToken":"k","status":"\u0000"}"#, 0, Some(&br#""\u0000""#[..])),
        (r#"{"method":"control_reply","code":"-3","clientToken":"k"}"#, -3, None),
        (r#"{"method":"control_reply","clientToken":"k","code":99999999999999999999}"#, 0, None),
    ] {
        let Up::ControlReply(DeviceReply { token, code: found, status: text }) = parse(payload) else {
            panic!("{payload}");
        };
        assert_eq!((token.unwrap().text().as_ref(), found, text), ("k", code, status), "{payload}");
    }
    refused(r#"{"code":0}"#, r#"{"method":"report_reply","code":403,"status":"method missing"}"#);
    refused(
        r#"{"method":"report_info","params":[]}"#,
        r#"{"method":"report_info_reply","code":403,"status":"params not an object"}"#,
    );
}

/// Does every refusal stay below the size that devices can take, whatever the message contains?
#[test]
fn refusals_stay_small() {
    let validator = tbox();
    let token = "t".repeat(CLIENT_TOKEN_BYTES_MAX - 2);
    let nasty = "\\u0001".repeat(4000);
    for params in [
        format!(r#"{{"{nasty}":1}}"#),
        format!(r#"{{"lac":"{nasty}"}}"#),
        format!(r#"{{"work_mode":{}}}"#, "9".repeat(299)),
        format!(r#"{{"analog":{{"{nasty}":1}}}}"#),
        format!(r#"{{"str_model":["{nasty}"]}}"#),
    ] {
        let payload = format!(r#"{{"method":"report","clientToken":"{token}","params":{params}}}"#);
        let refusal = parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()).unwrap_err();
        let mut out = Vec::new();
        assert!(refusal.render(&mut out));
        assert!(out.len() < 1024, "{} bytes", out.len());
    }
}

/// Are the samples of a packed report judged one by one, each at its own time?
#[test]
fn a_packed_report_in_its_parts() {
    let validator = tbox();
    let payload = format!(
        r#"{{"method":"pack_report","clientToken":"p","params":[{{"timestamp":{},"properties":{{"lac":1}}}},{{"properties":{{"lac":2,"win_switch":0}}}}],"subDevices":[]}}"#,
        NOW.0 - 1000
    );
    let Ok(Up::Pack(pack)) = parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()) else {
        panic!("refused: {payload}")
    };
    let items: Vec<_> = pack.items.iter().map(|item| (item.sample_time, item.properties.unwrap())).collect();
    assert_eq!(items, [(UnixMillis(NOW.0 - 1000), &br#"{"lac":1}"#[..]), (NOW, &br#"{"lac":2,"win_switch":0}"#[..])]);
}

/// Is a packed report refused as a whole, with the item named?
#[test]
fn a_packed_report_names_the_item_it_was_refused_for() {
    let pack = |params: &str| format!(r#"{{"method":"pack_report","clientToken":"p","params":{params}}}"#);
    let answer = |code: u16, status: &str| {
        format!(r#"{{"method":"pack_report_reply","clientToken":"p","code":{code},"status":"{status}"}}"#)
    };
    let good = r#"{"properties":{"lac":1}}"#;
    for (params, code, status) in [
        (
            format!(r#"[{good},{{"properties":{{"win_switch":3}}}}]"#),
            406,
            "params[1]: check report data err: win_switch value 3 out of range:[0,1]",
        ),
        (
            format!(r#"[{{"timestamp":5,"properties":{{"lac":1}}}},{good}]"#),
            405,
            "params[0]: timestamp 5 out of range: older than the 72h for which data is kept",
        ),
        (format!(r#"[{good},{good},7]"#), 403, "params[2]: not an object"),
        (r#"[{"timestamp":0}]"#.to_owned(), 403, "params[0]: neither properties nor events"),
        (r#"[{"events":{"nothing":{}}}]"#.to_owned(), 404, "params[0]: nothing not defined"),
        (r#"[{"events":[]}]"#.to_owned(), 403, "params[0]: events not an object"),
        ("[]".to_owned(), 406, "check report data err: params length 0 out of range:[1,100]"),
        (
            format!("[{}]", vec![good; 101].join(",")),
            406,
            "check report data err: params length 101 out of range:[1,100]",
        ),
        (r#"{"lac":1}"#.to_owned(), 403, "params not an array"),
    ] {
        refused(&pack(&params), &answer(code, status));
    }
    refused(r#"{"method":"pack_report","clientToken":"p"}"#, &answer(406, "check report data err: params missing"));
}

/// Is a sub-device's part of a packed report judged by its own model, and named when it is refused?
#[test]
fn a_packed_report_of_a_gateway() {
    let validator = tbox();
    let with =
        |own: &str, subs: &str| format!(r#"{{"method":"pack_report","clientToken":"p",{own}"subDevices":{subs}}}"#);
    let sub = |params: &str| format!(r#"{{"productId":"SUBPROD001","deviceName":"s1","params":{params}}}"#);
    let good = r#"{"properties":{"lac":1}}"#;
    let judged = |payload: &str| {
        let Ok(Up::Pack(pack)) = parse_up(UpKind::Property, payload.as_bytes(), &validator, clock()) else {
            panic!("refused: {payload}")
        };
        let mut events = pack.events();
        let judge = |sub| pack.judge(sub, &validator, clock(), &mut events);
        let all: Result<Vec<_>, _> = pack.sub_devices.iter().map(judge).collect();
        all.map(|all| all.iter().map(Vec::len).collect::<Vec<_>>()).map_err(|refusal| {
            let mut out = Vec::new();
            assert!(refusal.render(&mut out));
            String::from_utf8(out).unwrap()
        })
    };
    let two = format!("[{},{}]", sub(&format!("[{good}]")), sub(&format!("[{good},{good}]")));
    assert_eq!(judged(&with("", &two)), Ok(vec![1, 2]), "nothing of its own");
    assert_eq!(judged(&with(&format!(r#""params":[{good}],"#), &two)), Ok(vec![1, 2]));
    let bad = format!("[{},{}]", sub(&format!("[{good}]")), sub(r#"[{"properties":{"win_switch":3}}]"#));
    let status = "SUBPROD001/s1 params[0]: check report data err: win_switch value 3 out of range:[0,1]";
    let expected = format!(r#"{{"method":"pack_report_reply","clientToken":"p","code":406,"status":"{status}"}}"#);
    assert_eq!(judged(&with("", &bad)), Err(expected));
    let answer = |code: u16, status: &str| {
        format!(r#"{{"method":"pack_report_reply","clientToken":"p","code":{code},"status":"{status}"}}"#)
    };
    for (subs, code, status) in [
        ("7".to_owned(), 403, "subDevices not an array"),
        ("[7]".to_owned(), 403, "subDevices[0]: not an object"),
        (
            format!(r#"[{},{{"productId":"A"}}]"#, sub(&format!("[{good}]"))),
            403,
            "subDevices[1]: productId missing or malformed",
        ),
        (r#"[{"productId":"SUBPROD001","deviceName":""}]"#.to_owned(), 403, "subDevices[0]: deviceName missing"),
        (r#"[{"productId":"SUBPROD001","deviceName":"s1"}]"#.to_owned(), 403, "subDevices[0]: params missing"),
        (format!("[{}]", sub("{}")), 403, "subDevices[0]: params not an array"),
        (format!("[{}]", sub("[]")), 406, "subDevices[0]: check report data err: params length 0 out of range:[1,100]"),
        (
            format!(
                "[{},{}]",
                sub(&format!("[{}]", vec![good; 60].join(","))),
                sub(&format!("[{}]", vec![good; 41].join(",")))
            ),
            406,
            "check report data err: params length 101 out of range:[1,100]",
        ),
    ] {
        refused(&with("", &subs), &answer(code, status));
    }
}
