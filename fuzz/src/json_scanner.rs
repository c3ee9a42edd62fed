//! The JSON scanner: accepts what `serde_json` accepts, and hands out texts that mean the same.
//!
//! Input: a text that may be JSON.

use lianwu_model::json::{ScanErrorKind, Scanner, members, write_plain};
use serde_json::Value;

/// A key by which `serde_json` recognises a type of its own; it reads the value differently then.
const THEIR_OWN_KEY: &[u8] = b"$serde_json::private";

pub fn run(data: &[u8]) {
    if data.windows(THEIR_OWN_KEY.len()).any(|part| part == THEIR_OWN_KEY) {
        return;
    }
    let mut scanner = Scanner::new(data);
    let ours = scanner.skip_value().and_then(|value| scanner.finish().map(|()| value));
    let theirs = serde_json::from_slice::<Value>(data);
    match (ours, theirs) {
        (Ok(value), Ok(tree)) => {
            check_plain(value, &tree);
            check_members(value, &tree);
        }
        (Ok(_), Err(error)) => assert!(error.to_string().starts_with("number out of range"), "{error}"),
        (Err(error), Ok(_)) => {
            assert!(matches!(error.kind, ScanErrorKind::TooDeep | ScanErrorKind::NumberRange), "{error}");
        }
        (Err(error), Err(_)) => {
            assert!(error.offset <= data.len());
            assert!(write_plain(data, &mut Vec::new()).is_err());
        }
    }
}

/// The plain form means the same but for booleans, is no longer than escapes allow, and is its own plain form.
fn check_plain(value: &[u8], tree: &Value) {
    let mut plain = Vec::new();
    write_plain(value, &mut plain).expect("the text was accepted");
    assert!(plain.len() <= value.len());
    let again: Value = serde_json::from_slice(&plain).expect("the plain form is JSON");
    assert_eq!(again, without_booleans(tree));
    let mut twice = Vec::new();
    write_plain(&plain, &mut twice).expect("the plain form is JSON");
    assert_eq!(plain, twice);
}

fn without_booleans(tree: &Value) -> Value {
    match tree {
        Value::Bool(value) => Value::from(u8::from(*value)),
        Value::Array(items) => items.iter().map(without_booleans).collect(),
        Value::Object(items) => items.iter().map(|(key, value)| (key.clone(), without_booleans(value))).collect(),
        other => other.clone(),
    }
}

/// Walking an object finds every member, and the last of equal keys is the one in the tree.
fn check_members(value: &[u8], tree: &Value) {
    let Value::Object(tree) = tree else {
        assert!(members(value).next().is_some_and(|first| first.is_err()));
        return;
    };
    let mut found = serde_json::Map::new();
    for member in members(value) {
        let (key, text) = member.expect("the text was accepted");
        assert_eq!(key.text_len(), key.unescape().len());
        let parsed = serde_json::from_slice(text).expect("a value's text is JSON");
        found.insert(key.unescape().into_owned(), parsed);
    }
    assert_eq!(&found, tree);
}
