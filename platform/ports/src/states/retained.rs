//! The message an account keeps on a topic for whoever subscribes later. Source: MQTT 3.1.1 §3.3.1.3.

use lianwu_model::{Uin, UnixMillis};

use crate::record::{RETAIN, Record, RecordKind};

/// The newest retained message of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedMessage {
    /// Main account whose topic it is.
    pub owner: Uin,
    pub topic: Box<str>,
    /// Never empty: an empty one takes the message away.
    pub payload: Box<[u8]>,
    /// As they stand in an MQTT 5 packet; a message expiry counts from `time`.
    pub properties: Box<[u8]>,
    /// 0 to 2.
    pub qos: u8,
    /// When it was sent.
    pub time: UnixMillis,
}

/// The account whose retained message this record replaces or takes away, if it is such a record.
#[must_use]
pub fn retaining_account(record: &Record<'_>) -> Option<Uin> {
    let is_retained = record.kind == RecordKind::AccountMessage && record.code == 0 && record.qos & RETAIN != 0;
    if is_retained { record.note.parse().ok().map(Uin) } else { None }
}
