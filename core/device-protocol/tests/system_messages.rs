//! What is answered on each system topic, letter by letter, and what is only logged?

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use lianwu_device_protocol::system::{SystemReply, answer, clock, config, shadow, tell_log_level};
use lianwu_device_protocol::topic::{DownTopic, Topic};
use lianwu_model::UnixMillis;
use lianwu_model::log_level::LogLevel;
use lianwu_model::shadow::Update;
use proptest::prelude::*;

const NOW: UnixMillis = UnixMillis(1_714_550_400_123);

/// Code for the record, reply and its text.
fn judged(family: &str, payload: &str) -> (u32, SystemReply, String) {
    let topic = format!("{family}/PID0000001/dev001");
    let mut out = Vec::new();
    let found = answer(&Topic::parse(&topic), payload.as_bytes(), &mut out).unwrap();
    assert_eq!(found.code == 0, found.note.is_empty(), "a refusal has a note: {payload}");
    (found.code, found.reply, String::from_utf8(out).unwrap())
}

#[track_caller]
fn answers(family: &str, on: DownTopic, code: u32, payload: &str, expected: &str) {
    assert_eq!(judged(family, payload), (code, SystemReply::On(on), expected.to_owned()), "{payload}");
}

#[track_caller]
fn says_nothing(family: &str, code: u32, payload: &str) {
    assert_eq!(judged(family, payload), (code, SystemReply::Nothing, String::new()), "{payload}");
}

#[test]
fn the_time_is_sent_with_both_instants() {
    let (code, reply, text) = judged("$sys/operation", r#"{"type":"get","resource":["time"]}"#);
    assert_eq!((code, reply, text.as_str()), (0, SystemReply::Clock, ""));
    let mut out = Vec::new();
    clock(UnixMillis(1_714_550_400_100), UnixMillis(1_714_550_400_101), &mut out);
    let expected = br#"{"type":"get","time":1714550400,"ntptime1":1714550400100,"ntptime2":1714550400101}"#;
    assert_eq!(out, expected);
    says_nothing("$sys/operation", 403, r#"{"type":"get","resource":["weather"]}"#);
    says_nothing("$sys/operation", 403, r#"{"type":"get","resource":"time"}"#);
    says_nothing("$sys/operation", 501, r#"{"type":"ssh","switch":1}"#);
    says_nothing("$sys/operation", 403, "{}");
    says_nothing("$sys/operation", 400, "time?");
}

/// The C SDK reads 127 bytes of it.
#[test]
fn the_log_level_is_told_in_few_bytes() {
    let question = r#"{"type":"get_log_level","clientToken":"PID0000001-0"}"#;
    assert_eq!(judged("$log/operation", question), (0, SystemReply::LogLevel, String::new()));
    says_nothing("$log/operation", 403, r#"{"type":"set_log_level"}"#);
    says_nothing("$log/operation", 400, "level?");
    let mut out = Vec::new();
    tell_log_level(question.as_bytes(), LogLevel::Debug, NOW, &mut out);
    let expected =
        r#"{"type":"get_log_level","clientToken":"PID0000001-0","log_level":4,"result":0,"timestamp":1714550400}"#;
    assert_eq!(std::str::from_utf8(&out), Ok(expected));
    assert!(out.len() < 128);
    out.clear();
    tell_log_level(b"", LogLevel::Off, NOW, &mut out);
    let pushed = r#"{"type":"get_log_level","log_level":0,"result":0,"timestamp":1714550400}"#;
    assert_eq!(std::str::from_utf8(&out), Ok(pushed));
}

#[test]
fn a_message_for_the_shadow_waits_for_it() {
    for kind in ["get", "update", "delete"] {
        let payload = format!(r#"{{"type":"{kind}","clientToken":"t1"}}"#);
        assert_eq!(judged("$shadow/operation", &payload), (0, SystemReply::Shadow, String::new()));
    }
    says_nothing("$shadow/operation", 403, r#"{"type":"forget"}"#);
    says_nothing("$shadow/operation", 400, "shadow?");
}

/// The worked examples of the reference, in the order in which a device meets them.
#[test]
fn every_shadow_message_gets_its_answer() {
    let mut shadow = None;
    for (message, code, expected) in [
        (
            r#"{"type":"get","clientToken":"t1"}"#,
            0,
            r#"{"clientToken":"t1","payload":{"state":{},"metadata":{},"version":0},"result":0,"timestamp":1714550400123,"type":"get"}"#,
        ),
        (
            r#"{"type":"update","state":{"reported":{"temp":27}},"clientToken":"t2"}"#,
            0,
            r#"{"clientToken":"t2","payload":{"state":{"reported":{"temp":27}},"timestamp":1714550400123,"version":1},"result":0,"timestamp":1714550400123,"type":"update"}"#,
        ),
        (
            r#"{"type":"update","state":{"desired":{"temp":25}},"version":1}"#,
            0,
            r#"{"payload":{"state":{"desired":{"temp":25}},"timestamp":1714550400123,"version":2},"result":0,"timestamp":1714550400123,"type":"update"}"#,
        ),
        (
            r#"{"type":"update","state":{"reported":{"temp":9}},"version":1,"clientToken":7}"#,
            5005,
            r#"{"clientToken":7,"payload":{"state":{"reported":{"temp":27},"desired":{"temp":25},"delta":{"temp":25}},"timestamp":1714550400123,"version":2},"result":5005,"timestamp":1714550400123,"type":"update"}"#,
        ),
        (
            r#"{"type":"update","state":{"reported":[]}}"#,
            400,
            r#"{"payload":{},"result":400,"timestamp":1714550400123,"type":"update"}"#,
        ),
        (
            r#"{"type":"update","state":{"desired":null}}"#,
            0,
            r#"{"payload":{"state":{"desired":null},"timestamp":1714550400123,"version":3},"result":0,"timestamp":1714550400123,"type":"update"}"#,
        ),
        (
            r#"{"type":"delete","clientToken":"t4"}"#,
            0,
            r#"{"clientToken":"t4","payload":{},"result":0,"timestamp":1714550400123,"type":"delete"}"#,
        ),
    ] {
        let mut out = Vec::new();
        let answer = shadow::answer(message.as_bytes(), shadow.as_deref(), NOW, &mut out);
        assert_eq!((answer.code, std::str::from_utf8(&out).unwrap()), (code, expected));
        assert_eq!(answer.code == 0, answer.note.is_empty(), "{message}");
        assert_eq!(answer.is_change, !message.contains("get"), "{message}");
        if answer.is_change && answer.code == 0 {
            Update::parse(message.as_bytes()).unwrap().apply(&mut shadow, NOW).unwrap();
        }
    }
    let large = format!(r#"{{"type":"update","state":{{"reported":{{"a":"{}"}}}}}}"#, "x".repeat(17_000));
    assert_eq!(shadow::answer(large.as_bytes(), None, NOW, &mut Vec::new()).code, 5003);
}

#[test]
fn a_configuration_is_answered_and_pushed_as_it_is() {
    for family in ["$config/operation", "$config/report"] {
        assert_eq!(judged(family, r#"{"type":"get"}"#), (0, SystemReply::Config, String::new()));
        says_nothing(family, 403, r#"{"type":"set"}"#);
        says_nothing(family, 400, "config?");
    }
    let text = |write: fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    };
    let given = r#"{"type":"reply","result":0,"payload":{"a": "\/"}}"#;
    assert_eq!(text(|out| config::reply(Some(r#"{"a": "\/"}"#), out)), given);
    assert_eq!(text(|out| config::reply(None, out)), r#"{"type":"reply","result":1001,"payload":{}}"#);
    assert_eq!(text(|out| config::push(r#"{"a":1}"#, out)), r#"{"type":"push","result":0,"payload":{"a":1}}"#);
}

#[test]
fn firmware_is_not_served_yet() {
    answers(
        "$ota/report",
        DownTopic::Ota,
        501,
        r#"{"type":"report_version","report":{"version":"1.0.0"}}"#,
        r#"{"result_code":1,"result_msg":"firmware update is not served yet","type":"report_version_rsp","version":"1.0.0"}"#,
    );
    says_nothing("$ota/report", 501, r#"{"type":"report_progress","report":{"progress":{"state":"done"}}}"#);
    says_nothing("$template/operation", 501, "{}");
}

#[test]
fn binding_and_other_services() {
    let service = |code, payload: &str, expected: &str| {
        answers("$thing/up/service", DownTopic::ThingService, code, payload, expected);
    };
    service(
        0,
        r#"{"method":"unbind_device_request","clientToken":"PID0000001-0","deviceName":"dev001","productId":"PID0000001"}"#,
        r#"{"method":"unbind_device_reply","clientToken":"PID0000001-0","code":0,"status":""}"#,
    );
    service(
        404,
        r#"{"method":"app_bind_token","clientToken":"dev001-1","params":{"token":"4f2d"}}"#,
        r#"{"method":"app_bind_token_reply","clientToken":"dev001-1","code":404,"status":"token not found"}"#,
    );
    service(
        501,
        r#"{"method":"kugou_query_song","clientToken":"k-1"}"#,
        r#"{"method":"kugou_query_song_reply","clientToken":"k-1","code":1,"status":"kugou_query_song is not served yet"}"#,
    );
    service(400, "no JSON", "json format illegal");
    for (code, payload) in [
        (501, r#"{"method":"report_automation_log"}"#),
        (0, r#"{"method":"gateway_run_scene_reply","clientToken":"1","code":0}"#),
        (403, r#"{"method":"a \"strange\" method"}"#),
        (403, r#"{"clientToken":"1"}"#),
    ] {
        says_nothing("$thing/up/service", code, payload);
    }
    says_nothing("$thing/up/raw", 0, "\u{0}\u{1}binary");
}

/// The C SDK's gateway samples wait for these; without families every list is empty.
#[test]
fn gateways_get_their_lists() {
    let service = |payload: &str, expected: &str| {
        answers("$thing/up/service", DownTopic::ThingService, 0, payload, expected);
    };
    service(
        r#"{"method":"get_automation_list","clientToken":"gatewayautomation-PID0000001-1"}"#,
        r#"{"method":"get_automation_list_reply","clientToken":"gatewayautomation-PID0000001-1","code":0,"status":"","auto_list":[]}"#,
    );
    service(
        r#"{"method":"gateway_reload_scene_handles","clientToken":"g-1","params":{"SceneId":"*"}}"#,
        r#"{"method":"gateway_reload_scene_handles_reply","clientToken":"g-1","code":0,"status":"","sceneResult":[]}"#,
    );
    service(
        r#"{"method":"gateway_reload_group_devices","clientToken":"g-2","params":{"GroupId":"*"},"timestamp":1714550400}"#,
        r#"{"method":"gateway_reload_group_devices_reply","clientToken":"g-2","code":0,"status":"","groupResult":[]}"#,
    );
}

/// Messages about files, and lists that are kept, wait for the registry.
#[test]
fn messages_about_files_have_a_way_of_their_own() {
    for kind in ["get_download_task", "create_upload_task", "report_download_progress", "report_upload_progress"] {
        let payload = format!(r#"{{"type":"{kind}"}}"#);
        assert_eq!(judged("$resource/up/service", &payload), (0, SystemReply::Files, String::new()));
    }
    says_nothing("$resource/up/service", 403, r#"{"type":"throw_away"}"#);
    for method in ["report_version", "report_result", "del_result", "request_url", "gateway_report_inner_scene_list"] {
        let payload = format!(r#"{{"method":"{method}"}}"#);
        assert_eq!(judged("$thing/up/service", &payload), (0, SystemReply::Files, String::new()));
    }
}

/// Properties, events and actions have their own way; so have custom topics.
#[test]
fn other_topics_are_none_of_its_business() {
    for topic in ["$thing/up/property/PID0000001/dev001", "PID0000001/dev001/data", "$ota/update/PID0000001/dev001"] {
        assert_eq!(answer(&Topic::parse(topic), b"{}", &mut Vec::new()), None, "{topic}");
    }
}

const FAMILIES: [&str; 7] = [
    "$thing/up/service",
    "$ota/report",
    "$shadow/operation",
    "$sys/operation",
    "$log/operation",
    "$config/operation",
    "$resource/up/service",
];

proptest! {
    /// Whatever a device sends, an answer is short, and JSON.
    #[test]
    fn answers_are_short_json(
        family in prop::sample::select(&FAMILIES[..]),
        kind in "[a-z_]{0,60}|get|bind|online|report_version|get_log_level|unbind_device_request",
        token in "\\PC{0,40}",
    ) {
        let message = serde_json::json!({
            "type": kind, "method": kind, "clientToken": token, "request_id": token, "report": {"version": token},
        });
        let (_, reply, text) = judged(family, &message.to_string());
        if let SystemReply::On(_) = reply {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            prop_assert!(text.len() < 2048, "{}", text);
        } else {
            prop_assert!(text.is_empty());
        }
    }
}
