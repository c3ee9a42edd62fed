//! Questions and changes of a device's shadow, and what the device is told.
//!
//! Source: spec/device-protocol.md 9.1.

use lianwu_model::UnixMillis;
use lianwu_model::json::write_compact;
use lianwu_model::shadow::{Metadata, Refusal, Shadow, Update, decide};

use super::{Members, put};

/// The message is no update, says nothing, or goes too deep.
const MALFORMED: u32 = 400;
const TOO_LARGE: u32 = 5003;
const CONFLICT: u32 = 5005;

/// So many messages of a device wait for its shadow that it has to ask again.
pub const BUSY: u32 = 503;

/// The document cannot be read.
pub const INTERNAL: u32 = 500;

/// The document of a device that has none.
const EMPTY: &[u8] = br#"{"state":{},"metadata":{},"version":0}"#;

/// A decision about a message; the answer was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShadowAnswer {
    /// `result` of the answer and code of the record: 0 when the message was taken.
    pub code: u32,
    /// For the record: why it was not.
    pub note: String,
    /// The message asked for a change; with code 0 it is made.
    pub is_change: bool,
}

/// Judges a `get`, `update` or `delete` on the shadow as it is, and appends the answer.
#[must_use]
pub fn answer(message: &[u8], current: Option<&Shadow>, now: UnixMillis, out: &mut Vec<u8>) -> ShadowAnswer {
    let members = Members::read(message).unwrap_or_default();
    let kind = members.kind().unwrap_or_default();
    if kind == "get" {
        open(&members, out);
        document(current, out);
        close(&kind, 0, now, out);
        return ShadowAnswer { code: 0, note: String::new(), is_change: false };
    }
    let judged = Update::parse(message).and_then(|update| Ok((update, decide(current, &update, now)?)));
    let (code, note) = match &judged {
        Ok(_) => (0, String::new()),
        Err(refusal) => (code(refusal), refusal.to_string()),
    };
    open(&members, out);
    match &judged {
        Ok((Update::Change { state, .. }, Some(next))) => {
            put(out, format_args!(r#"{{"state":"#));
            write_compact(state, out).expect("the state was read");
            put(out, format_args!(r#","timestamp":{},"version":{}}}"#, next.updated(), next.version()));
        }
        Err(Refusal::Conflict { .. }) => document(current, out),
        _ => out.extend_from_slice(b"{}"),
    }
    close(&kind, code, now, out);
    ShadowAnswer { code, note, is_change: true }
}

/// Appends the answer to a message that was not judged; `code` is [`BUSY`] or [`INTERNAL`].
pub fn failure(message: &[u8], code: u32, now: UnixMillis, out: &mut Vec<u8>) {
    let members = Members::read(message).unwrap_or_default();
    open(&members, out);
    out.extend_from_slice(b"{}");
    close(&members.kind().unwrap_or_default(), code, now, out);
}

/// Appends what the device is told after the cloud has changed what it desires.
pub fn delta(shadow: &Shadow, now: UnixMillis, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"type":"delta","timestamp":{now},"payload":"#));
    shadow.write_delta(out);
    out.push(b'}');
}

/// `result` of an answer to a refused change.
#[must_use]
pub fn code(refusal: &Refusal) -> u32 {
    match refusal {
        Refusal::BadJson(_) | Refusal::BadState(_) | Refusal::TooDeep => MALFORMED,
        Refusal::TooLarge => TOO_LARGE,
        Refusal::Conflict { .. } => CONFLICT,
    }
}

/// The order of the vendor's answers: token, payload, result, timestamp, type.
fn open(members: &Members<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    members.put_token(out);
    if out.len() == start {
        out.push(b'{');
    } else {
        // The comma before the token.
        out[start] = b'{';
        out.push(b',');
    }
    out.extend_from_slice(br#""payload":"#);
}

fn close(kind: &str, code: u32, now: UnixMillis, out: &mut Vec<u8>) {
    put(out, format_args!(r#","result":{code},"timestamp":{now},"type":"{kind}"}}"#));
}

fn document(current: Option<&Shadow>, out: &mut Vec<u8>) {
    match current {
        Some(shadow) => shadow.write_document(Metadata::Without, out),
        None => out.extend_from_slice(EMPTY),
    }
}
