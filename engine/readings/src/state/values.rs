//! A list of property values in one allocation, changed in place while lengths stay the same.

use lianwu_model::UnixMillis;
use lianwu_model::json::members;
use lianwu_ports::states::PropertyValue;

/// Entries in order of first appearance: time (8), length of the id (4), length of the value (4), id, value; all
/// numbers little-endian.
#[derive(Clone, Debug, Default)]
pub(crate) struct ValueList {
    bytes: Vec<u8>,
    /// Where the entry after the last one found begins: devices repeat their order.
    guess: usize,
}

impl PartialEq for ValueList {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

const HEAD: usize = 16;

#[derive(Clone, Copy)]
struct Entry<'a> {
    at: usize,
    time: UnixMillis,
    id: &'a [u8],
    value: &'a [u8],
}

impl Entry<'_> {
    fn value_at(&self) -> usize {
        self.at + HEAD + self.id.len()
    }

    fn end(&self) -> usize {
        self.value_at() + self.value.len()
    }
}

impl ValueList {
    /// `None` when the bytes are not a list.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut at = 0;
        while at < bytes.len() {
            let entry = entry(bytes, at)?;
            std::str::from_utf8(entry.id).ok().and(std::str::from_utf8(entry.value).ok())?;
            at = entry.end();
        }
        Some(Self { bytes: bytes.to_vec(), guess: 0 })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    pub(crate) fn to_vec(&self) -> Vec<PropertyValue> {
        self.entries()
            .map(|entry| PropertyValue {
                property: text(entry.id).into(),
                value: text(entry.value).into(),
                time: entry.time,
            })
            .collect()
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let entry = entry(&self.bytes, at)?;
            at = entry.end();
            Some(entry)
        })
    }

    /// A sample: an older one than what is known is ignored.
    pub(crate) fn report(&mut self, id: &str, value: &str, time: UnixMillis) {
        self.merge(id, value, time, true);
    }

    /// A command: the last one given counts.
    pub(crate) fn set(&mut self, id: &str, value: &str, time: UnixMillis) {
        self.merge(id, value, time, false);
    }

    pub(crate) fn remove(&mut self, id: &str) {
        let range = self.entries().find(|entry| entry.id == id.as_bytes()).map(|entry| entry.at..entry.end());
        if let Some(range) = range {
            self.bytes.drain(range);
            self.guess = 0;
        }
    }

    /// Removes the value that was set at `time`; a later one stays.
    pub(crate) fn remove_of(&mut self, id: &str, time: UnixMillis) {
        if self.entries().any(|entry| entry.id == id.as_bytes() && entry.time == time) {
            self.remove(id);
        }
    }

    /// Removes the values that were set at `time`.
    pub(crate) fn remove_at(&mut self, time: UnixMillis) {
        let of_then: Vec<String> =
            self.entries().filter(|entry| entry.time == time).map(|entry| text(entry.id).to_owned()).collect();
        for id in of_then {
            self.remove(&id);
        }
    }

    fn merge(&mut self, id: &str, value: &str, time: UnixMillis, newest_only: bool) {
        let guessed = entry(&self.bytes, self.guess).filter(|entry| entry.id == id.as_bytes());
        let Some(old) = guessed.or_else(|| self.entries().find(|entry| entry.id == id.as_bytes())) else {
            self.append(id, value, time);
            return;
        };
        let guess = old.end();
        if newest_only && time < old.time {
            self.guess = guess;
            return;
        }
        let merged = if value.starts_with('{') && old.value.starts_with(b"{") {
            Some(merge_members(text(old.value), value))
        } else {
            None
        };
        let value = merged.as_deref().unwrap_or(value);
        let (at, range) = (old.at, old.value_at()..old.end());
        let guess = range.start + value.len();
        if range.len() == value.len() {
            self.bytes[range].copy_from_slice(value.as_bytes());
        } else {
            self.bytes.splice(range, value.bytes());
            self.bytes[at + 12..at + 16].copy_from_slice(&length(value));
        }
        self.bytes[at..at + 8].copy_from_slice(&time.0.to_le_bytes());
        self.guess = guess;
    }

    fn append(&mut self, id: &str, value: &str, time: UnixMillis) {
        self.bytes.reserve_exact(HEAD + id.len() + value.len());
        self.bytes.extend_from_slice(&time.0.to_le_bytes());
        self.bytes.extend_from_slice(&length(id));
        self.bytes.extend_from_slice(&length(value));
        self.bytes.extend_from_slice(id.as_bytes());
        self.bytes.extend_from_slice(value.as_bytes());
    }
}

fn text(bytes: &[u8]) -> &str {
    // Only texts are put in, and `from_bytes` has looked at the rest.
    std::str::from_utf8(bytes).unwrap_or_default()
}

fn length(text: &str) -> [u8; 4] {
    u32::try_from(text.len()).expect("a packet is far below 4 GiB").to_le_bytes()
}

#[inline]
fn entry(bytes: &[u8], at: usize) -> Option<Entry<'_>> {
    let (head, rest) = bytes.get(at..)?.split_first_chunk::<HEAD>()?;
    let number =
        |from: usize| u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]]) as usize;
    let time = u64::from(u32::from_le_bytes([head[0], head[1], head[2], head[3]]))
        | u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]])) << 32;
    let (id, rest) = rest.split_at_checked(number(8))?;
    let value = rest.get(..number(12))?;
    Some(Entry { at, time: UnixMillis(time), id, value })
}

/// Members of `new` replace those of `old`, new ones go to the end; both are raw JSON objects. Written without spaces
/// between the members, values as they were.
fn merge_members(old: &str, new: &str) -> String {
    let mut merged: Vec<(String, &[u8])> = Vec::new();
    for text in [old, new] {
        for member in members(text.as_bytes()) {
            let Ok((key, value)) = member else { return new.to_owned() };
            let key = key.unescape();
            match merged.iter_mut().find(|(known, _)| *known == key) {
                Some((_, slot)) => *slot = value,
                None => merged.push((key.into_owned(), value)),
            }
        }
    }
    let mut out = String::from("{");
    for (key, value) in merged {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&serde_json::Value::from(key).to_string());
        out.push(':');
        out.push_str(std::str::from_utf8(value).unwrap_or("null"));
    }
    out.push('}');
    out
}
