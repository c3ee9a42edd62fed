//! What two models say to the same values.

use std::sync::Arc;

use lianwu_model::product::StoredThingModel;
use lianwu_model::thing_model::ThingModel;
use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::RecordKind;

use super::Draft;
use super::compile;
use super::findings::{Case, FINDINGS_MAX, Finding, Findings, Function, Outcome};

fn product() -> ProductId {
    "AB12CD34EF".parse().unwrap()
}

/// Properties `id: define`, and one event and one action with one int parameter between 0 and 9.
fn model(properties: &[(&str, &str)]) -> ThingModel {
    let properties: Vec<_> = properties
        .iter()
        .map(|(id, define)| format!(r#"{{"id":"{id}","name":"{id}","mode":"rw","define":{define}}}"#))
        .collect();
    let param = r#"{"id":"n","name":"n","define":{"type":"int","min":"0","max":"9"}}"#;
    ThingModel::parse(&format!(
        r#"{{"version":"1.0","properties":[{}],
"events":[{{"id":"hot","name":"hot","type":"alert","params":[{param}]}}],
"actions":[{{"id":"blink","name":"blink","input":[{param}],"output":[]}}]}}"#,
        properties.join(",")
    ))
    .unwrap()
}

const INT: &str = r#"{"type":"int","min":"0","max":"100"}"#;
const TEXT: &str = r#"{"type":"string","min":"0","max":"8"}"#;

fn findings(current: Option<ThingModel>, draft: ThingModel) -> Findings {
    let current = current.map(|definition| {
        let now = UnixMillis(0);
        let stored = StoredThingModel { product: product(), text: String::new(), created: now, updated: now };
        Arc::new(compile(stored, definition))
    });
    Findings::new(current, Arc::new(Draft::new(draft)))
}

fn row(number: u32, kind: RecordKind, payload: &str) -> LogRow {
    LogRow {
        lsn: Lsn(1),
        committed: UnixMillis(u64::from(number)),
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: DeviceNumber(number),
        product: product(),
        device: format!("lamp{number}").into(),
        sample_time: UnixMillis(0),
        topic: "".into(),
        note: "".into(),
        payload: payload.as_bytes().into(),
    }
}

fn report(number: u32, params: &str) -> LogRow {
    row(number, RecordKind::PropertyReport, &format!(r#"{{"method":"report","params":{params}}}"#))
}

/// `outcome function id: devices/messages code text`
fn lines(findings: Vec<Finding>) -> Vec<String> {
    let line = |f: Finding| {
        let (outcome, function) = (f.outcome.as_str(), f.function.as_str());
        format!(
            "{outcome} {function} {}: {}/{} {} {}",
            f.id, f.devices, f.messages, f.reason.code, f.reason.sentence.en
        )
    };
    findings.into_iter().map(line).collect()
}

/// Is a property that changes its type refused, however often a device said it, and counted by devices?
#[test]
fn what_was_accepted_and_no_longer_fits_is_refused() {
    let mut findings = findings(Some(model(&[("power", TEXT), ("level", INT)])), model(&[("power", INT)]));
    for number in [1, 2, 2] {
        findings.message(&report(number, r#"{"power":"off","level":5}"#));
    }
    let case = Case { number: DeviceNumber(3), device: "lamp3", time: UnixMillis(9), is_message: false };
    findings.latest(case, "power", r#""on""#);
    let (found, is_cut) = findings.finish();
    assert!(!is_cut);
    let newest = (found[0].device.clone(), found[0].value.clone(), found[0].time);
    assert_eq!(newest, ("lamp3".into(), r#""on""#.into(), UnixMillis(9)));
    assert_eq!(found[0].reason.sentence.zh, "以文本上报 `power`，物模型为整数型");
    assert_eq!(
        lines(found),
        [
            "refused property power: 3/3 406 reports `power` as text, the model says integer",
            "refused property level: 2/3 403 reports the property `level`, which the model does not have",
        ]
    );
}

/// Does the sentence say where inside a struct or array, and what the draft has there?
#[test]
fn reasons_are_in_plain_words() {
    let members = r#"{"type":"struct","specs":[{"id":"x","name":"x","dataType":{"type":"int","min":"0","max":"9"}}]}"#;
    let draft = model(&[
        ("level", INT),
        ("name", TEXT),
        ("pos", members),
        ("points", r#"{"type":"array","arrayInfo":{"type":"int","min":"0","max":"9"}}"#),
    ]);
    for (params, expected) in [
        (r#"{"level":101}"#, "406 reports `level` outside the model's range [0,100], such as 101"),
        (r#"{"name":7}"#, "406 reports `name` as a number, the model says string"),
        (r#"{"pos":{"x":12}}"#, "406 reports `pos.x` outside the model's range [0,9], such as 12"),
        (r#"{"pos":{"y":1}}"#, "403 reports the property `pos.y`, which the model does not have"),
        (r#"{"points":[1,true]}"#, "406 reports `points[]` as true or false, the model says integer"),
    ] {
        let mut findings = findings(None, draft.clone());
        findings.message(&report(1, params));
        let (found, _) = findings.finish();
        assert_eq!(found.len(), 1, "{params}");
        assert_eq!(found[0].outcome, Outcome::StillRefused);
        assert_eq!(format!("{} {}", found[0].reason.code, found[0].reason.sentence.en), expected, "{params}");
    }
}

/// Does a wider draft tell what it cures, and why it is refused now?
#[test]
fn what_the_draft_begins_to_accept_is_told() {
    let wider = model(&[("level", r#"{"type":"int","min":"0","max":"200"}"#), ("name", TEXT)]);
    let mut findings = findings(Some(model(&[("level", INT)])), wider);
    let refused = |number, params: &str| LogRow { kind: RecordKind::PropertyOther, ..report(number, params) };
    findings.message(&refused(1, r#"{"level":150}"#));
    findings.message(&refused(1, r#"{"level":250,"name":"a"}"#));
    let (found, _) = findings.finish();
    assert_eq!(
        lines(found),
        [
            "still_refused property level: 1/1 406 reports `level` outside the model's range [0,200], such as 250",
            "accepted property level: 1/1 406 reports `level` outside the model's range [0,100], such as 150",
            "accepted property name: 1/1 403 reports the property `name`, which the model does not have",
        ]
    );
}

/// Are events, several in one message too, and calls judged by their parameters?
#[test]
fn events_and_calls_are_judged() {
    let mut draft = model(&[]);
    draft.actions.clear();
    draft.events[0].params[0].id = "m".to_owned();
    let mut findings = findings(Some(model(&[])), draft);
    findings.message(&row(1, RecordKind::EventPost, r#"{"method":"event_post","eventId":"hot","params":{"n":1}}"#));
    let several =
        r#"{"method":"events_post","events":[{"eventId":"hot","params":{"n":2}},{"eventId":"hot","params":{"n":3}}]}"#;
    findings.message(&row(2, RecordKind::EventPost, several));
    findings.message(&row(2, RecordKind::ActionCall, r#"{"method":"action","actionId":"blink","params":{"n":1}}"#));
    let (found, _) = findings.finish();
    assert_eq!(found[0].function, Function::Event);
    assert_eq!(
        lines(found),
        [
            "refused event hot: 2/3 403 reports the parameter `hot.n`, which the model does not have",
            "refused action blink: 1/1 403 was called for an action that the model does not have",
        ]
    );
}

/// Is nothing made of what cannot be read, of other messages, and of what both accept?
#[test]
fn what_says_nothing_is_passed_over() {
    let mut findings = findings(Some(model(&[("level", INT)])), model(&[("level", INT)]));
    for payload in ["", "nonsense", "[]", "{}", r#"{"params":7}"#, r#"{"method":"report","params":{"level":"#] {
        findings.message(&row(1, RecordKind::PropertyReport, payload));
        findings.message(&row(1, RecordKind::EventPost, payload));
        findings.message(&row(1, RecordKind::ActionCall, payload));
    }
    findings.message(&row(1, RecordKind::PropertyOther, r#"{"method":"get_status","params":{"x":1}}"#));
    findings.message(&row(1, RecordKind::OtherUp, r#"{"method":"report","params":{"x":1}}"#));
    findings.message(&report(1, r#"{"level":5}"#));
    assert_eq!(findings.finish().0, []);
}

/// Is the answer bounded when a device invents identifiers, long ones among them?
#[test]
fn findings_are_bounded() {
    let mut findings = findings(None, model(&[]));
    for number in 0..=FINDINGS_MAX {
        let id = format!("{number}{}", "é".repeat(100));
        findings.message(&report(1, &format!(r#"{{"{id}":"{}"}}"#, "v".repeat(1000))));
    }
    let (found, is_cut) = findings.finish();
    assert_eq!((found.len(), is_cut), (FINDINGS_MAX, true));
    assert!(found.iter().all(|finding| finding.id.len() <= 64 && finding.value.chars().count() <= 49));
}
