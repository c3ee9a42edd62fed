//! The rules of device shadows. Source: spec/device-protocol.md 9.1.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use lianwu_model::UnixMillis;
use lianwu_model::shadow::{Metadata, Refusal, Shadow, Update, decide};
use proptest::prelude::*;

type Document = Option<Box<Shadow>>;

const NOW: UnixMillis = UnixMillis(1_714_550_400_123);

fn updated(shadow: &Document, message: &str) -> Result<Document, Refusal> {
    decide(shadow.as_deref(), &Update::parse(message.as_bytes())?, NOW)
}

fn after(messages: &[&str]) -> Document {
    messages.iter().fold(None, |shadow, message| updated(&shadow, message).unwrap())
}

fn text(shadow: &Document, metadata: Metadata) -> String {
    let mut out = Vec::new();
    shadow.as_ref().unwrap().write_document(metadata, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn the_worked_example_of_the_reference() {
    let shadow = after(&[
        r#"{"type":"update","state":{"reported":{"temp":27}},"clientToken":"t2"}"#,
        r#"{"type":"update","state":{"desired":{"temp":25}},"version":1}"#,
    ]);
    assert_eq!(
        text(&shadow, Metadata::Without),
        r#"{"state":{"reported":{"temp":27},"desired":{"temp":25},"delta":{"temp":25}},"timestamp":1714550400123,"version":2}"#
    );
    assert!(
        text(&shadow, Metadata::With)
            .contains(r#""metadata":{"reported":{"temp":{"timestamp":1714550400123}},"desired":{"temp":"#)
    );
    let mut delta = Vec::new();
    shadow.as_ref().unwrap().write_delta(&mut delta);
    assert_eq!(String::from_utf8(delta).unwrap(), r#"{"state":{"temp":25},"version":2,"timestamp":1714550400123}"#);
    // The device acts, says so and clears the wish: the way of the C SDK.
    let done = updated(&shadow, r#"{"type":"update","state":{"reported":{"temp":25.0},"desired":null}}"#).unwrap();
    assert_eq!(
        text(&done, Metadata::Without),
        r#"{"state":{"reported":{"temp":25.0}},"timestamp":1714550400123,"version":3}"#
    );
}

#[test]
fn objects_are_merged_arrays_replaced_null_deletes() {
    let shadow = after(&[
        r#"{"state":{"reported":{"a":{"x":1,"y":[1, 2]},"b":true,"c":"\u6e29\/"}}}"#,
        r#"{"state":{"reported":{"a":{"x":null,"y":[ 3 ]},"d":{"e":null}}}}"#,
    ]);
    assert!(text(&shadow, Metadata::Without).contains(r#"{"a":{"y":[3]},"b":true,"c":"温/"}"#), "{shadow:?}");
    let shadow = updated(&shadow, r#"{"state":{"reported":{"a":{"y":null},"b":null,"c":null}}}"#).unwrap();
    assert_eq!(text(&shadow, Metadata::Without), r#"{"state":{},"timestamp":1714550400123,"version":3}"#);
    assert_eq!(updated(&shadow, r#"{"type":"delete"}"#), Ok(None));
}

#[test]
fn a_version_that_is_not_the_current_one_is_a_conflict() {
    let shadow = after(&[r#"{"state":{"reported":{"a":1}}}"#, r#"{"state":{"reported":{"a":2}},"version":1}"#]);
    let conflict = Err(Refusal::Conflict { current: 2, wanted: 1 });
    assert_eq!(updated(&shadow, r#"{"state":{"reported":{"a":3}},"version":1}"#), conflict);
    for whatever in [r#""version":0"#, r#""version":null"#, r#""version":1,"overwriteUpdate":true"#] {
        let message = format!(r#"{{"state":{{"reported":{{"a":3}}}},{whatever}}}"#);
        assert_eq!(updated(&shadow, &message).unwrap().unwrap().version(), 3, "{whatever}");
    }
    // Of a device without a document every version is wrong.
    let conflict = Err(Refusal::Conflict { current: 0, wanted: 7 });
    assert_eq!(updated(&None, r#"{"state":{"reported":{"a":3}},"version":7}"#), conflict);
}

#[test]
fn what_is_refused() {
    let check = |message: &str, wanted: &str| {
        assert_eq!(updated(&None, message).unwrap_err().to_string(), wanted, "{message}");
    };
    check("{}", "state missing");
    check(r#"{"state":1}"#, "state is not an object");
    check(r#"{"state":{"delta":{}}}"#, "state has neither reported nor desired");
    check(r#"{"state":{"desired":[]}}"#, "reported and desired are objects or null");
    check(r#"{"state":{"desired":{}},"version":"1"}"#, "version is not a whole number");
    check(r#"{"state":{"desired":{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}}}"#, "more than 5 levels of keys");
    updated(&None, r#"{"state":{"desired":{"a":{"b":{"c":{"d":{"e":1}}}}}}}"#).unwrap();
    let text = |length: usize| format!(r#"{{"state":{{"reported":{{"a":"{}"}}}}}}"#, "x".repeat(length));
    // {"a":""}{} around it.
    updated(&None, &text(16 * 1024 - 10)).unwrap();
    check(&text(16 * 1024 - 9), "the document would have more than 16384 bytes");
    assert!(matches!(updated(&None, "not json"), Err(Refusal::BadJson(_))));
}

fn object() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "[a-z\\\\\"温]{0,4}".prop_map(serde_json::Value::from),
    ];
    let value = leaf.prop_recursive(2, 12, 3, |inner| prop::collection::vec(inner, 0..3).prop_map(Into::into));
    let members = |value: BoxedStrategy<serde_json::Value>| {
        let members = prop::collection::btree_map("[a-c]", value, 0..3);
        members.prop_map(|members| serde_json::Value::Object(members.into_iter().collect()))
    };
    let value = value.boxed();
    members(prop_oneof![value.clone(), members(value)].boxed())
}

proptest! {
    /// Reporting the delta leaves none; storing changes nothing.
    #[test]
    fn a_device_that_does_what_it_is_asked_is_done(reported in object(), desired in object()) {
        let message = format!(r#"{{"state":{{"reported":{reported},"desired":{desired}}}}}"#);
        let shadow = updated(&None, &message).unwrap().unwrap();
        prop_assert_eq!(Shadow::from_stored(&shadow.to_stored()), Some(Shadow::clone(&shadow)));
        let mut delta = Vec::new();
        shadow.write_delta(&mut delta);
        let delta: serde_json::Value = serde_json::from_slice(&delta).unwrap();
        prop_assert_eq!(shadow.has_delta(), delta["state"] != serde_json::json!({}));
        let message = format!(r#"{{"state":{{"reported":{}}}}}"#, delta["state"]);
        let done = updated(&Some(shadow), &message).unwrap().unwrap();
        prop_assert!(!done.has_delta(), "{:?}", done);
    }
}
