//! What does the cloud make of messages on the event and action topics?

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::time::Duration;

use lianwu_device_protocol::message::{
    ClientToken, Clock, EVENTS_PER_MESSAGE_MAX, EventPost, Events, Up, UpKind, parse_up,
};
use lianwu_device_protocol::reply::render_success;
use lianwu_model::UnixMillis;
use lianwu_model::thing_model::{EventKind, ThingModel, Validator};

const NOW: UnixMillis = UnixMillis(1_714_550_400_123);

fn clock() -> Clock {
    Clock { now: NOW, retention: Duration::from_secs(3 * 24 * 3600) }
}

fn light() -> Validator {
    let model = include_str!("../../model/tests/fixtures/light.json");
    Validator::compile(&ThingModel::parse(model).unwrap())
}

/// Expects events and returns them, one line each, and the answer.
#[track_caller]
fn events(payload: &str) -> (Vec<String>, String) {
    let validator = light();
    match parse_up(UpKind::Event, payload.as_bytes(), &validator, clock()) {
        Ok(Up::Events(Events { token, reply, events })) => {
            let mut out = Vec::new();
            render_success(reply, token.map(ClientToken::raw), &mut out);
            let line = |event: &EventPost<'_>| {
                let params = std::str::from_utf8(event.params).unwrap();
                format!("{} {} {} {params}", event.kind.as_str(), event.id, event.sample_time)
            };
            (events.iter().map(line).collect(), String::from_utf8(out).unwrap())
        }
        other => panic!("{payload}: {other:?}"),
    }
}

#[track_caller]
fn refused(kind: UpKind, payload: &str, answer: Option<&str>) {
    let validator = light();
    let refusal = parse_up(kind, payload.as_bytes(), &validator, clock()).unwrap_err();
    let mut out = Vec::new();
    let rendered = refusal.render(&mut out).then(|| String::from_utf8(out).unwrap());
    assert_eq!(rendered.as_deref(), answer, "{payload}");
}

/// Is one event accepted and answered with version and empty status?
#[test]
fn one_event() {
    let (found, answer) = events(
        r#"{"method":"event_post","clientToken":"PID0000001-5","version":"1.0","eventId":"low_voltage","type":"alert","timestamp":1714550400,"params":{"voltage":2.8}}"#,
    );
    assert_eq!(found, [r#"alert low_voltage 1714550400000 {"voltage":2.8}"#]);
    assert_eq!(
        answer,
        r#"{"method":"event_reply","clientToken":"PID0000001-5","version":"1.0","code":0,"status":"","data":{}}"#
    );
    let (found, _) = events(r#"{"params":{"voltage":2.8},"eventId":"low_voltage","method":"event_post"}"#);
    assert_eq!(found, [format!(r#"{} low_voltage {NOW} {{"voltage":2.8}}"#, EventKind::Alert.as_str())]);
}

/// Are several events accepted, also under the method the Python SDK uses?
#[test]
fn several_events() {
    let batch = r#"[{"eventId":"low_voltage","type":"alert","timestamp":0,"params":{"voltage":2.8}},{"eventId":"status_report","params":{"message":"m","status":1}}]"#;
    let lines = [
        format!(r#"alert low_voltage {NOW} {{"voltage":2.8}}"#),
        format!(r#"info status_report {NOW} {{"message":"m","status":1}}"#),
    ];
    let (found, answer) = events(&format!(r#"{{"method":"events_post","clientToken":"b","events":{batch}}}"#));
    assert_eq!(found, lines);
    assert_eq!(answer, r#"{"method":"events_reply","clientToken":"b","code":0,"status":"","data":{}}"#);
    let (found, answer) = events(&format!(r#"{{"events":{batch},"method":"event_post"}}"#));
    assert_eq!(found, lines);
    assert_eq!(answer, r#"{"method":"event_reply","version":"1.0","code":0,"status":"","data":{}}"#);
}

/// Is the vendor's observed refusal of an unknown event reproduced, and each other fault named?
#[test]
fn refused_events() {
    let batch = |events: &str| format!(r#"{{"method":"events_post","clientToken":"b","events":{events}}}"#);
    let answer = |code: u16, status: &str| {
        format!(r#"{{"method":"events_reply","clientToken":"b","code":{code},"status":"{status}","data":{{}}}}"#)
    };
    let good = r#"{"eventId":"low_voltage","params":{"voltage":1}}"#;
    let many = vec![good; EVENTS_PER_MESSAGE_MAX + 1].join(",");
    for (events, code, status) in [
        (r#"[{"eventId":"flood","params":{}}]"#, 404, "flood not defined"),
        ("[]", 406, "check report data err: events length 0 out of range:[1,100]"),
        (&format!("[{many}]"), 406, "check report data err: events length 101 out of range:[1,100]"),
        ("{}", 403, "events not an array"),
        (&format!("[{good},7]"), 403, "events[1] not an object"),
        (r#"[{"params":{}}]"#, 403, "eventId missing"),
        (r#"[{"eventId":7}]"#, 403, "eventId not a string"),
        (r#"[{"eventId":"low_voltage","type":"fault","params":{"voltage":1}}]"#, 403, "low_voltage type not alert"),
        (r#"[{"eventId":"low_voltage","type":7,"params":{"voltage":1}}]"#, 403, "low_voltage type not alert"),
        (r#"[{"eventId":"low_voltage","timestamp":"now"}]"#, 405, r#"timestamp \"now\" not a UNIX time"#),
        (r#"[{"eventId":"low_voltage"}]"#, 403, "check report data err: low_voltage.voltage missing"),
        (
            r#"[{"eventId":"low_voltage","params":{"voltage":1,"x":1}}]"#,
            403,
            "check report data err: low_voltage.x not defined",
        ),
        (
            r#"[{"eventId":"low_voltage","params":{"voltage":25}}]"#,
            406,
            "check report data err: low_voltage.voltage value 25 out of range:[0,24]",
        ),
    ] {
        refused(UpKind::Event, &batch(events), Some(&answer(code, status)));
    }
    let head = r#"{"method":"event_reply","version":"1.0","code":403,"status":"#;
    refused(
        UpKind::Event,
        r#"{"method":"report"}"#,
        Some(&format!(r#"{head}"method report not supported","data":{{}}}}"#)),
    );
    refused(UpKind::Event, r#"{"code":0}"#, Some(&format!(r#"{head}"method missing","data":{{}}}}"#)));
    refused(UpKind::Event, r#"{"method":"event_post""#, Some("json format illegal"));
}

/// Is the answer to an action taken with its response, and a stranger on the topic not answered?
#[test]
fn action_replies() {
    let validator = light();
    let parse = |payload: &'static str| parse_up(UpKind::Action, payload.as_bytes(), &validator, clock()).unwrap();
    for (payload, code, expected) in [
        (
            r#"{"method":"action_reply","clientToken":"1::5f","code":0,"status":"ok","response":{"err_code":0}}"#,
            0,
            r#"{"err_code":0}"#,
        ),
        (r#"{"method":"action_reply","clientToken":"1::5f","code":7,"status":"ok"}"#, 7, "{}"),
        (r#"{"clientToken":"1::5f","code":0,"status":"ok","response":""}"#, 0, "{}"),
    ] {
        let Up::ActionReply { reply, response } = parse(payload) else { panic!("{payload}") };
        assert_eq!((reply.code, reply.status), (code, Some(&br#""ok""#[..])));
        assert_eq!(reply.token.unwrap().text(), "1::5f");
        assert_eq!(std::str::from_utf8(response).unwrap(), expected);
    }
    refused(UpKind::Action, r#"{"method":"report","clientToken":"t"}"#, None);
    refused(UpKind::Action, r#"{"clientToken":"t"}"#, None);
    let refusal = parse_up(UpKind::Action, b"{", &validator, clock()).unwrap_err();
    assert_eq!(refusal.code().number(), 400);
}
