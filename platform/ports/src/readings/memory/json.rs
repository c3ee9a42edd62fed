//! JSON for the twin: plain `serde_json`, values kept as raw text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in the order of the text, repeated keys included.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// Keys and raw values of an object; `None` when the text is none.
pub(crate) fn members(text: &str) -> Option<Vec<(String, String)>> {
    let members: Members = serde_json::from_str(text).ok()?;
    Some(members.0.into_iter().map(|(key, value)| (key, value.get().to_owned())).collect())
}

/// The members of `params`, each key once: the last one of the text.
pub(crate) fn params(payload: &[u8]) -> Vec<(String, String)> {
    let Some(message) = std::str::from_utf8(payload).ok().and_then(members) else { return Vec::new() };
    let params = message.iter().rev().find(|(key, value)| key == "params" && value.starts_with('{'));
    let mut out = params.and_then(|(_, value)| members(value)).unwrap_or_default();
    for at in (0..out.len()).rev() {
        if out[at + 1..].iter().any(|(key, _)| *key == out[at].0) {
            out.remove(at);
        }
    }
    out
}

/// A struct value with the members of a newer one.
pub(crate) fn merged(old: &str, new: &str) -> String {
    let (Some(older), Some(newer)) = (members(old), members(new)) else { return new.to_owned() };
    let mut all: Vec<(String, String)> = Vec::new();
    for (key, value) in older.into_iter().chain(newer) {
        match all.iter_mut().find(|(known, _)| *known == key) {
            Some(slot) => slot.1 = value,
            None => all.push((key, value)),
        }
    }
    let text: Vec<_> =
        all.iter().map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str()))).collect();
    format!("{{{}}}", text.join(","))
}
