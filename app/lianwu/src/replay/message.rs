//! One message as the API lists it and as a line of a file holds it; what is sent when it is replayed.

use std::borrow::Cow;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_model::json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Kinds that are sent again: what a device said by itself. Answers to questions of the cloud are not among them,
/// nobody there would have asked.
const REPLAYED: [&str; 4] = ["PropertyReport", "EventPost", "DeviceInfo", "OtherUp"];

/// `LoggedMessage` of the API. Source: spec/lianwu-api.json.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    pub position: String,
    pub commit_time: u64,
    pub sample_time: u64,
    pub kind: String,
    pub direction: String,
    pub product_id: String,
    pub device_name: String,
    pub topic: String,
    #[serde(default)]
    pub code: i64,
    /// Base64.
    pub payload: String,
    #[serde(default)]
    pub request_id: String,
    #[serde(default)]
    pub reason: String,
}

impl Message {
    /// Said by a device and accepted?
    pub fn is_replayed(&self) -> bool {
        let is_accepted = self.direction == "up" && self.code == 0;
        is_accepted && (REPLAYED.contains(&self.kind.as_str()) || self.is_packed())
    }

    /// Several reports in one message; it is kept among the questions of devices, which are not replayed.
    fn is_packed(&self) -> bool {
        self.kind == "PropertyOther"
            && STANDARD.decode(&self.payload).is_ok_and(|payload| method(&payload).as_deref() == Some("pack_report"))
    }

    /// # Errors
    /// Never in practice: every field is a text or a number.
    pub fn to_json_line(&self) -> Result<String> {
        serde_json::to_string(self).context("write a message")
    }

    /// For people: time, position, direction, device, kind, code, payload.
    pub fn to_text_line(&self) -> String {
        let time = i64::try_from(self.commit_time).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let time = time.map(|time| format!("{time:.3}")).unwrap_or_default();
        let payload = match STANDARD.decode(&self.payload).map(String::from_utf8) {
            Ok(Ok(text)) if !text.contains(char::is_control) => text,
            _ => format!("base64:{}", self.payload),
        };
        let Self { position, direction, product_id, device_name, kind, code, topic, .. } = self;
        format!("{time} {position} {direction:<4} {product_id}/{device_name} {kind} {code} {topic} {payload}")
    }

    /// The topic on a server where the product has another id.
    pub fn topic_in(&self, product: &str) -> String {
        let mut is_replaced = false;
        let levels = self.topic.split('/').map(|level| {
            if level == self.product_id && !is_replaced {
                is_replaced = true;
                return product;
            }
            level
        });
        levels.collect::<Vec<_>>().join("/")
    }

    /// The payload with the original sample time in it: without one the server would take the time of the replay.
    ///
    /// # Errors
    /// The payload is not Base64.
    pub fn payload_with_time(&self) -> Result<Vec<u8>> {
        let payload = STANDARD.decode(&self.payload).with_context(|| format!("payload of {}", self.position))?;
        Ok(match self.kind.as_str() {
            "PropertyReport" => timed(&payload, self.sample_time).unwrap_or(payload),
            "EventPost" => match member(&payload, "events") {
                Some(_) => self.timed_items(&payload, "events").unwrap_or(payload),
                None => timed(&payload, self.sample_time).unwrap_or(payload),
            },
            "PropertyOther" => self.timed_items(&payload, "params").unwrap_or(payload),
            _ => payload,
        })
    }

    /// The object with a time in each item of this list that has none of its own; `None` when it is no such object.
    ///
    /// An item without a time counts from its arrival. That is the message's sample time, except for events of which the
    /// first had one: then it is about the time of the commit.
    fn timed_items(&self, object: &[u8], list: &str) -> Option<Vec<u8>> {
        let items: Vec<&RawValue> = serde_json::from_slice(member(object, list)?).ok()?;
        let first_has_time = items.first().is_some_and(|item| has_time(item.get().as_bytes()));
        let arrived = if first_has_time && self.kind == "EventPost" { self.commit_time } else { self.sample_time };
        let one = |item: &&RawValue| {
            let item = item.get().as_bytes();
            if has_time(item) { Some(item.to_vec()) } else { timed(item, arrived) }
        };
        let items = items.iter().map(one).collect::<Option<Vec<_>>>()?;
        let mut items = Some([b"[".as_slice(), &items.join(&b','), b"]"].concat());
        let edit = |name: &str| match items.take_if(|_| name == list) {
            Some(items) => Edit::Replace(items),
            None => Edit::Keep,
        };
        let mut out = rebuilt(object, edit)?;
        out.push(b'}');
        Some(out)
    }
}

/// The raw text of a member of an object.
fn member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    json::members(object).flatten().find_map(|(key, value)| (key.unescape() == name).then_some(value))
}

fn method(payload: &[u8]) -> Option<String> {
    serde_json::from_slice(member(payload, "method")?).ok()
}

/// What becomes of a member of an object.
enum Edit {
    Keep,
    Drop,
    Replace(Vec<u8>),
}

/// The object with this `timestamp` in place of its own; `None` when it is no object.
fn timed(object: &[u8], time: u64) -> Option<Vec<u8>> {
    let edit = |name: &str| if name == "timestamp" { Edit::Drop } else { Edit::Keep };
    let mut out = rebuilt(object, edit)?;
    if out.len() > 1 {
        out.push(b',');
    }
    out.extend_from_slice(format!("\"timestamp\":{time}}}").as_bytes());
    Some(out)
}

/// A time of its own, where 0 counts as none.
fn has_time(object: &[u8]) -> bool {
    json::members(object).flatten().any(|(key, value)| key.unescape() == "timestamp" && value != b"0")
}

/// Copies an object member by member, values byte by byte; the closing brace is left to the caller.
fn rebuilt(object: &[u8], mut edit: impl FnMut(&str) -> Edit) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(object.len() + 32);
    out.push(b'{');
    for member in json::members(object) {
        let (key, value) = member.ok()?;
        let value = match edit(&key.unescape()) {
            Edit::Drop => continue,
            Edit::Keep => value.into(),
            Edit::Replace(other) => Cow::Owned(other),
        };
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(key.raw());
        out.push(b':');
        out.extend_from_slice(&value);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, payload: &str) -> Message {
        Message {
            position: "7".into(),
            commit_time: 1_732_300_000_123,
            sample_time: 1_732_300_000_000,
            kind: kind.into(),
            direction: "up".into(),
            product_id: "LAMP000001".into(),
            device_name: "hall".into(),
            topic: "$thing/up/property/LAMP000001/hall".into(),
            code: 0,
            payload: STANDARD.encode(payload),
            request_id: String::new(),
            reason: String::new(),
        }
    }

    /// Does each report and event carry its original time, everything else untouched?
    #[test]
    fn payloads_carry_their_original_time() {
        for (kind, payload, expected) in [
            (
                "PropertyReport",
                r#"{"method":"report", "params":{"a":1.10,"b":{"x":[ 1]}}}"#,
                r#"{"method":"report","params":{"a":1.10,"b":{"x":[ 1]}},"timestamp":1732300000000}"#,
            ),
            (
                "PropertyReport",
                r#"{"timestamp":0,"method":"report","params":{"timestamp":5}}"#,
                r#"{"method":"report","params":{"timestamp":5},"timestamp":1732300000000}"#,
            ),
            ("EventPost", r#"{"method":"event_post"}"#, r#"{"method":"event_post","timestamp":1732300000000}"#),
            (
                "EventPost",
                r#"{"method":"events_post","events":[{"eventId":"a"},{"eventId":"b","timestamp":12}]}"#,
                concat!(
                    r#"{"method":"events_post","events":[{"eventId":"a","timestamp":1732300000000},"#,
                    r#"{"eventId":"b","timestamp":12}]}"#
                ),
            ),
            (
                "PropertyOther",
                r#"{"method":"pack_report","params":[{"timestamp":12,"properties":{"a":1}},{"properties":{"a":2}}]}"#,
                concat!(
                    r#"{"method":"pack_report","params":[{"timestamp":12,"properties":{"a":1}},"#,
                    r#"{"properties":{"a":2},"timestamp":1732300000000}]}"#
                ),
            ),
            ("OtherUp", "{not json", "{not json"),
            ("PropertyReport", "[]", "[]"),
        ] {
            let sent = message(kind, payload).payload_with_time().unwrap();
            assert_eq!(String::from_utf8(sent).unwrap(), expected, "{payload}");
        }
    }

    /// Is only the product's own level of a topic replaced?
    #[test]
    fn a_topic_moves_to_the_other_product() {
        let mut moved = message("OtherUp", "");
        for (topic, expected) in [
            ("$thing/up/event/LAMP000001/hall", "$thing/up/event/OTHER00001/hall"),
            ("LAMP000001/hall/LAMP000001", "OTHER00001/hall/LAMP000001"),
            ("elsewhere", "elsewhere"),
        ] {
            moved.topic = topic.into();
            assert_eq!(moved.topic_in("OTHER00001"), expected);
        }
    }

    /// Are only accepted messages of devices sent again?
    #[test]
    fn what_is_replayed() {
        assert!(message("PropertyReport", "").is_replayed() && message("OtherUp", "").is_replayed());
        assert!(!message("ActionReply", "").is_replayed() && !message("PropertyControl", "").is_replayed());
        assert!(message("PropertyOther", r#"{"method":"pack_report","params":[]}"#).is_replayed());
        assert!(!message("PropertyOther", r#"{"method":"get_status"}"#).is_replayed());
        assert!(!Message { code: 406, ..message("PropertyReport", "") }.is_replayed());
        assert!(!Message { direction: "down".into(), ..message("OtherUp", "") }.is_replayed());
    }

    /// Is a line read back as it was written, and readable for people?
    #[test]
    fn lines() {
        let message = message("PropertyReport", r#"{"a":1}"#);
        let back: Message = serde_json::from_str(&message.to_json_line().unwrap()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{message:?}"));
        assert_eq!(
            message.to_text_line(),
            "2024-11-22T18:26:40.123Z 7 up   LAMP000001/hall PropertyReport 0 \
             $thing/up/property/LAMP000001/hall {\"a\":1}"
        );
    }
}
