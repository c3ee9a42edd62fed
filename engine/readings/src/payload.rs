//! What a message carries, read in one pass over its JSON: properties of a report, events of a post.
//!
//! Texts were validated before they were logged; whatever does not fit here is read as "carries nothing".

use std::borrow::Cow;

use lianwu_model::UnixMillis;
use lianwu_model::json::{Kind, ScanError, Scanner, StringToken};

/// One member of `params`: its key and the raw text of its value.
pub(crate) type Property<'a> = (StringToken<'a>, &'a str);

/// Above this many members, repeated keys are found with a set instead of by comparing all pairs.
const PAIRWISE_MAX: usize = 64;

/// Puts the members of `params` into `out` in the order of the text; of repeated keys the last one counts.
pub(crate) fn properties<'a>(payload: &'a [u8], out: &mut Vec<Property<'a>>) {
    out.clear();
    if read_properties(payload, out).is_err() {
        out.clear();
        return;
    }
    if may_repeat(out) {
        drop_repeated(out);
    }
}

/// A cheap first look: `false` only when all keys differ.
fn may_repeat(properties: &[Property<'_>]) -> bool {
    let mut seen = 0_u64;
    for (key, _) in properties {
        let content = key.content();
        let ends =
            content.first().zip(content.last()).map_or(0, |(first, last)| u32::from(*first) * 7 + u32::from(*last));
        let bit = 1 << ((ends + content.len() as u32 * 5) % 64);
        if key.is_escaped() || seen & bit != 0 {
            return true;
        }
        seen |= bit;
    }
    false
}

fn read_properties<'a>(payload: &'a [u8], out: &mut Vec<Property<'a>>) -> Result<(), ScanError> {
    let mut scanner = Scanner::new(payload);
    scanner.enter_object()?;
    while let Some(key) = scanner.next_member()? {
        if !key.is(b"params") {
            scanner.skip_value()?;
            continue;
        }
        out.clear();
        if scanner.peek()? != Kind::Object {
            scanner.skip_value()?;
            continue;
        }
        scanner.enter_object()?;
        while let Some(property) = scanner.next_member()? {
            let value = scanner.skip_value()?;
            out.push((property, text(value)));
        }
    }
    scanner.finish()
}

fn text(value: &[u8]) -> &str {
    // The scanner lets only UTF-8 pass; an empty text could never be a JSON value.
    std::str::from_utf8(value).unwrap_or_default()
}

fn drop_repeated(properties: &mut Vec<Property<'_>>) {
    let mut repeated = Vec::new();
    if properties.len() <= PAIRWISE_MAX {
        for (at, (key, _)) in properties.iter().enumerate() {
            if properties[at + 1..].iter().any(|(later, _)| same(key, later)) {
                repeated.push(at);
            }
        }
    } else {
        let mut seen = hashbrown::HashSet::new();
        for (at, (key, _)) in properties.iter().enumerate().rev() {
            if !seen.insert(key.unescape()) {
                repeated.push(at);
            }
        }
    }
    if !repeated.is_empty() {
        let mut at = 0;
        properties.retain(|_| {
            at += 1;
            !repeated.contains(&(at - 1))
        });
    }
}

#[inline]
fn same(one: &StringToken<'_>, other: &StringToken<'_>) -> bool {
    if one.is_escaped() || other.is_escaped() {
        one.unescape() == other.unescape()
    } else {
        one.content() == other.content()
    }
}

/// The value of one property of a report.
pub(crate) fn property<'a>(payload: &'a [u8], id: &str, scratch: &mut Vec<Property<'a>>) -> Option<&'a str> {
    properties(payload, scratch);
    scratch.iter().find(|(key, _)| key.is(id.as_bytes())).map(|(_, value)| *value)
}

/// The raw `params` of a message, when it is an object.
pub(crate) fn params(payload: &[u8]) -> Option<&str> {
    let mut found = None;
    for member in lianwu_model::json::members(payload) {
        let (key, value) = member.ok()?;
        if key.is(b"params") {
            found = value.starts_with(b"{").then(|| text(value));
        }
    }
    found
}

/// One event of a post.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event<'a> {
    pub(crate) time: UnixMillis,
    /// Place within the batch.
    pub(crate) index: u16,
    pub(crate) id: Cow<'a, str>,
    pub(crate) kind: Cow<'a, str>,
    /// Raw JSON object.
    pub(crate) params: &'a str,
}

/// Timestamps below this are seconds: as milliseconds they would lie before 1973-03-03.
const SECONDS_MAX: u64 = 100_000_000_000;

#[derive(Default)]
struct Parts<'a> {
    id: Option<Cow<'a, str>>,
    kind: Cow<'a, str>,
    params: Option<&'a str>,
    timestamp: u64,
    batch: Option<Scanner<'a>>,
}

/// The events of a post in the order of the text. `sample_time` stands in for a missing time, and is the time of a
/// post that is not a batch.
pub(crate) fn events(payload: &[u8], sample_time: UnixMillis) -> Vec<Event<'_>> {
    let mut out = Vec::new();
    let mut scanner = Scanner::new(payload);
    let Ok(post) = parts(&mut scanner) else { return out };
    if scanner.finish().is_err() {
        return out;
    }
    match post.batch {
        None => push_event(&mut out, post, 0, sample_time),
        Some(mut batch) => {
            if batch_events(&mut batch, sample_time, &mut out).is_err() {
                out.clear();
            }
        }
    }
    out
}

fn batch_events<'a>(
    batch: &mut Scanner<'a>,
    sample_time: UnixMillis,
    out: &mut Vec<Event<'a>>,
) -> Result<(), ScanError> {
    batch.enter_array()?;
    let mut index = 0_u16;
    while batch.next_element()? {
        if batch.peek()? == Kind::Object {
            let event = parts(batch)?;
            let time = match event.timestamp {
                0 => sample_time,
                seconds if seconds < SECONDS_MAX => UnixMillis::from_seconds(seconds),
                millis => UnixMillis(millis),
            };
            push_event(out, event, index, time);
        } else {
            batch.skip_value()?;
        }
        index = index.saturating_add(1);
    }
    Ok(())
}

fn push_event<'a>(out: &mut Vec<Event<'a>>, parts: Parts<'a>, index: u16, time: UnixMillis) {
    if let Some(id) = parts.id {
        out.push(Event { time, index, id, kind: parts.kind, params: parts.params.unwrap_or("{}") });
    }
}

fn parts<'a>(scanner: &mut Scanner<'a>) -> Result<Parts<'a>, ScanError> {
    let mut parts = Parts::default();
    scanner.enter_object()?;
    while let Some(key) = scanner.next_member()? {
        let kind = scanner.peek()?;
        if kind == Kind::String && key.is(b"eventId") {
            parts.id = Some(scanner.string()?.unescape());
        } else if kind == Kind::String && key.is(b"type") {
            parts.kind = scanner.string()?.unescape();
        } else if kind == Kind::Object && key.is(b"params") {
            parts.params = Some(text(scanner.skip_value()?));
        } else if kind == Kind::Number && key.is(b"timestamp") {
            let number = scanner.number()?;
            parts.timestamp = number.as_i64().and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        } else if kind == Kind::Array && key.is(b"events") {
            parts.batch = Some(*scanner);
            scanner.skip_value()?;
        } else {
            scanner.skip_value()?;
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        properties(text.as_bytes(), &mut out);
        out.iter().map(|(key, value)| (key.unescape().into_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn properties_are_the_members_of_params() {
        let pairs = read(r#"{"method":"report","params":{"a":1,"\u0062":{"x":[1, 2]},"a":3}}"#);
        assert_eq!(pairs, [("b".into(), r#"{"x":[1, 2]}"#.into()), ("a".into(), "3".into())]);
        for nothing in ["", "[]", "{}", r#"{"params":7}"#, r#"{"params":{"a":1}"#, r#"{"params":{"a":}}"#] {
            assert_eq!(read(nothing), [], "{nothing}");
        }
    }

    #[test]
    fn many_properties_are_read_like_few() {
        let many: Vec<String> = (0..200).map(|i| format!("\"p{}\":{i}", i % 150)).collect();
        let pairs = read(&format!("{{\"params\":{{{}}}}}", many.join(",")));
        assert_eq!(pairs.len(), 150);
        assert!(pairs.contains(&("p3".into(), "153".into())));
    }

    #[test]
    fn events_come_alone_or_in_a_batch() {
        let noon = UnixMillis(1_714_550_400_000);
        let one = events(br#"{"method":"event_post","eventId":"e","type":"info","timestamp":5,"params":{}}"#, noon);
        assert_eq!(one, [Event { time: noon, index: 0, id: "e".into(), kind: "info".into(), params: "{}" }]);
        let text = br#"{"events":[{"eventId":"a","timestamp":1714550401},7,{"eventId":"b","timestamp":1714550402500,
            "params":{"x":1}},{"type":"alert"},{"eventId":"c","timestamp":"later"}]}"#;
        let batch: Vec<_> =
            events(text, noon).into_iter().map(|e| (e.time.0, e.index, e.id.into_owned(), e.params)).collect();
        assert_eq!(
            batch,
            [
                (1_714_550_401_000, 0, "a".into(), "{}"),
                (1_714_550_402_500, 2, "b".into(), r#"{"x":1}"#),
                (noon.0, 4, "c".into(), "{}")
            ]
        );
    }
}
