//! Updates of device shadows: what is kept is what a merge by the book gives, within bounds, and survives storage.
//!
//! Input: messages separated by line ends, applied one after the other.

use lianwu_model::UnixMillis;
use lianwu_model::shadow::{DOCUMENT_BYTES_MAX, Metadata, Shadow, Update, decide};
use serde_json::{Map, Value};

pub fn run(data: &[u8]) {
    let mut shadow: Option<Box<Shadow>> = None;
    let mut expected = [Value::Object(Map::new()), Value::Object(Map::new())];
    for (number, message) in data.split(|byte| *byte == b'\n').enumerate() {
        let Ok(update) = Update::parse(message) else { continue };
        let Ok(next) = decide(shadow.as_deref(), &update, UnixMillis(number as u64 + 1)) else { continue };
        // Numbers beyond an f64 and the like are kept as they are written here, and refused there.
        let Ok(reference) = serde_json::from_slice::<Value>(message) else { return };
        follow(&update, &reference, &mut expected);
        shadow = next;
        let Some(shadow) = &shadow else { continue };
        let stored = shadow.to_stored();
        assert_eq!(Shadow::from_stored(&stored).as_ref(), Some(&**shadow), "{}", String::from_utf8_lossy(&stored));
        let mut document = Vec::new();
        shadow.write_document(Metadata::With, &mut document);
        let Ok(document) = serde_json::from_slice::<Value>(&document) else { return };
        let empty = Value::Object(Map::new());
        for (part, expected) in ["reported", "desired"].into_iter().zip(&expected) {
            let kept = document["state"].get(part).unwrap_or(&empty);
            assert_eq!(kept, expected, "{part}");
            assert!(kept.to_string().len() <= DOCUMENT_BYTES_MAX * 6, "bounded, however it is escaped");
        }
        assert_eq!(document["state"].get("delta").is_some(), shadow.has_delta());
    }
}

/// The same change to the reference.
fn follow(update: &Update<'_>, message: &Value, parts: &mut [Value; 2]) {
    if *update == Update::Delete {
        parts.fill(Value::Object(Map::new()));
        return;
    }
    for (part, name) in parts.iter_mut().zip(["reported", "desired"]) {
        match message["state"].get(name) {
            None => {}
            Some(Value::Null) => *part = Value::Object(Map::new()),
            Some(patch) => merge(part, patch),
        }
        prune(part);
    }
}

/// An object with nothing in it says nothing, and is not kept.
fn prune(value: &mut Value) {
    let Value::Object(object) = value else { return };
    object.values_mut().for_each(prune);
    object.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
}

/// A merge patch: null takes away, objects merge, the rest replaces. Source: RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let object = target.as_object_mut().expect("an object");
    for (key, value) in patch {
        if value.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
