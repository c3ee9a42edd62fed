//! Messages from devices: every one is accepted or gets a well-formed, small answer, however its members are ordered.
//!
//! Input: one byte that chooses the topic, then the payload.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use lianwu_device_protocol::message::{
    ClientToken, Clock, EventPost, PACK_ITEMS_MAX, PackItem, Refusal, Report, Up, UpKind, parse_up,
};
use lianwu_device_protocol::reply::{BAD_JSON_TEXT, render_success};
use lianwu_model::UnixMillis;
use lianwu_model::json::{Kind, Scanner};
use lianwu_model::thing_model::{ThingModel, Validator};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// Enough for every answer but that to `get_status`.
const ANSWER_BYTES_MAX: usize = 1024;

const CLOCK: Clock = Clock { now: UnixMillis(1_714_550_400_123), retention: Duration::from_secs(3 * 24 * 3600) };

static MODEL: LazyLock<Validator> = LazyLock::new(|| {
    let model = ThingModel::parse(include_str!("../corpus/thing_model_definition/every_type"));
    Validator::compile(&model.expect("the seed is a valid definition"))
});

pub fn run(data: &[u8]) {
    let Some((choice, payload)) = data.split_first() else { return };
    let kind = match choice % 3 {
        0 => UpKind::Property,
        1 => UpKind::Event,
        _ => UpKind::Action,
    };
    match parse_up(kind, payload, &MODEL, CLOCK) {
        Ok(up) => check_accepted(&up),
        Err(refusal) => check_refusal(&refusal, payload),
    }
}

fn check_accepted(up: &Up<'_>) {
    match up {
        Up::Report(report) => check_report(report),
        Up::Events(events) => {
            assert!(!events.events.is_empty());
            for EventPost { sample_time, params, .. } in &events.events {
                check_time(*sample_time);
                assert!(is_object(params));
            }
            let mut answer = Vec::new();
            render_success(events.reply, events.token.map(ClientToken::raw), &mut answer);
            check_answer(&answer);
        }
        Up::ReportInfo { params, .. } => assert!(is_object(params)),
        Up::ActionReply { response, .. } => assert!(is_object(response)),
        Up::Pack(pack) => {
            assert!(!pack.items.is_empty() || !pack.sub_devices.is_empty());
            check_items(&pack.items);
            let mut events = pack.events();
            for sub in &pack.sub_devices {
                if let Ok(items) = pack.judge(sub, &MODEL, CLOCK, &mut events) {
                    assert!(!items.is_empty() && items.len() <= PACK_ITEMS_MAX && events <= PACK_ITEMS_MAX);
                    check_items(&items);
                }
            }
        }
        Up::GetStatus(_) | Up::ClearControl { .. } | Up::ControlReply(_) => {}
    }
}

fn check_items(items: &[PackItem<'_>]) {
    for item in items {
        check_time(item.sample_time);
        assert!(item.properties.is_none_or(is_object));
        assert!(item.events.iter().all(|event| is_object(event.params)));
    }
}

/// What was accepted on the way must also be accepted in a second look, and the other way round.
fn check_report(report: &Report<'_>) {
    check_time(report.sample_time);
    assert!(is_object(report.params));
    let params = std::str::from_utf8(report.params).expect("accepted texts are UTF-8");
    for order in
        [format!(r#"{{"method":"report","params":{params}}}"#), format!(r#"{{"params":{params},"method":"report"}}"#)]
    {
        let again = parse_up(UpKind::Property, order.as_bytes(), &MODEL, CLOCK);
        assert!(matches!(again, Ok(Up::Report(Report { params, .. })) if params == report.params), "{order}");
    }
}

fn check_refusal(refusal: &Refusal<'_>, payload: &[u8]) {
    let mut answer = Vec::new();
    let answered = refusal.render(&mut answer);
    match refusal {
        Refusal::BadJson(_) => {
            let mut scanner = Scanner::new(payload);
            let object = scanner.peek() == Ok(Kind::Object);
            assert!(!object || scanner.skip_value().is_err() || scanner.finish().is_err());
            assert_eq!(answer, BAD_JSON_TEXT.as_bytes());
        }
        Refusal::Message { reply, status, .. } => {
            assert!(is_object(payload));
            assert!(!status.is_empty());
            assert_eq!(answered, reply.is_some());
            if answered {
                check_answer(&answer);
            }
        }
    }
}

fn check_answer(answer: &[u8]) {
    assert!(answer.len() <= ANSWER_BYTES_MAX, "{} bytes", answer.len());
    let members: HashMap<String, &RawValue> = serde_json::from_slice(answer).expect("an answer is an object");
    assert!(members["code"].get().parse::<u16>().is_ok());
}

fn check_time(time: UnixMillis) {
    assert!(time >= CLOCK.now.minus(CLOCK.retention) && time <= CLOCK.now.plus(Duration::from_secs(24 * 3600)));
}

/// Without a `Value` between: that reads objects with some keys of `serde_json`'s own as something else.
fn is_object(text: &[u8]) -> bool {
    serde_json::from_slice::<HashMap<String, IgnoredAny>>(text).is_ok()
}
