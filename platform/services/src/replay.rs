//! Messages as they were committed, read from the log itself: for replay, export and debugging.
//!
//! Nothing is indexed for it: the log is entered where the window begins and read in order, so a page is bounded by
//! what it looks at as well as by what it finds. A position is a number of the log; it stays good over restarts.

pub mod again;

use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_device_protocol::topic::{ThingKind, down_topic, up_topic};
use lianwu_model::{ProductId, UnixMillis};
use lianwu_ports::log::{Block, Log, Lsn, ReadError};
use lianwu_ports::record::{Record, RecordKind};

use crate::{Platform, retention};

/// Records of all devices one call looks at. Source: decisions 21.
pub const RECORDS_READ_MAX: u64 = 200_000;

/// Most messages of a page.
pub const PAGE_MAX: usize = 1_000;

/// Payload bytes after which a page ends; one message may go beyond.
const PAGE_BYTES_MAX: usize = 2 << 20;

/// Bytes of blocks taken from the log at once.
const STEP_BYTES: usize = 1 << 20;

/// Which messages are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub product: ProductId,
    /// All devices of the product without one.
    pub device: Option<String>,
    /// By time of commit.
    pub times: RangeInclusive<UnixMillis>,
    /// Only what was committed behind this record.
    pub after: Option<Lsn>,
    /// Most messages of the page, 1 to [`PAGE_MAX`].
    pub limit: usize,
}

/// One message, up or down, as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedMessage {
    pub position: Lsn,
    pub committed: UnixMillis,
    pub sampled: UnixMillis,
    pub kind: RecordKind,
    pub device: String,
    pub topic: String,
    /// 0 accepted, else the code of the reply or the push result.
    pub code: u32,
    /// Request id of the call a message down came from, or why a message up was refused.
    pub note: String,
    pub payload: Vec<u8>,
}

/// Messages in commit order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagePage {
    pub messages: Vec<LoggedMessage>,
    /// Where the next page goes on; `None` when the window is at its end. A page may be empty and have a next one.
    pub next: Option<Lsn>,
    /// Records looked at.
    pub looked_at: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("the log cannot be read: {0}")]
    Log(String),
    #[error("the platform is shutting down")]
    Closed,
}

/// One page of messages. What lies before the retention is left out.
///
/// # Errors
/// See [`ReplayError`].
pub async fn messages(platform: &Platform, mut window: Window) -> Result<MessagePage, ReplayError> {
    window.times = retention::clip(platform, window.product, window.times);
    let log = Arc::clone(&platform.log);
    let read = tokio::task::spawn_blocking(move || page(log.as_ref(), &window, RECORDS_READ_MAX));
    read.await.map_err(|_| ReplayError::Closed)?
}

/// Reads at most about `records_max` records; a block is looked at as a whole.
fn page(log: &dyn Log, window: &Window, records_max: u64) -> Result<MessagePage, ReplayError> {
    let mut collected = Collected { window, page: MessagePage::default(), bytes: 0 };
    if window.times.is_empty() {
        return Ok(collected.page);
    }
    let begin = log.seek(*window.times.start()).map_err(|error| failed(&error))?.first;
    let mut from = window.after.map_or(begin, |after| begin.max(after.next()));
    loop {
        let blocks = match log.read(from, STEP_BYTES) {
            Ok(blocks) => blocks,
            // It expired between two steps: go on with what is left.
            Err(ReadError::Expired { oldest }) => {
                from = oldest;
                continue;
            }
            Err(error) => return Err(failed(&error)),
        };
        let Some(last) = blocks.last().map(|block| block.last()) else { return Ok(collected.page) };
        for block in &blocks {
            if block.time > *window.times.end() {
                return Ok(collected.page);
            }
            if let Some(next) = collected.take(block, from)? {
                collected.page.next = Some(next);
                return Ok(collected.page);
            }
        }
        if collected.page.looked_at >= records_max {
            collected.page.next = Some(last);
            return Ok(collected.page);
        }
        from = last.next();
    }
}

fn failed(error: &ReadError) -> ReplayError {
    ReplayError::Log(error.to_string())
}

struct Collected<'a> {
    window: &'a Window,
    page: MessagePage,
    bytes: usize,
}

impl Collected<'_> {
    /// Takes what is wanted of a block; gives the position after which the next page starts when this one is full.
    fn take(&mut self, block: &Block, from: Lsn) -> Result<Option<Lsn>, ReplayError> {
        let in_time = self.window.times.contains(&block.time);
        for found in block.records() {
            let (position, record) = found.map_err(|error| ReplayError::Log(error.to_string()))?;
            if position < from {
                continue;
            }
            self.page.looked_at += 1;
            if !in_time || !self.is_wanted(&record) {
                continue;
            }
            self.bytes += record.payload.len();
            self.page.messages.push(message(position, block.time, &record));
            if self.page.messages.len() >= self.window.limit || self.bytes >= PAGE_BYTES_MAX {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    fn is_wanted(&self, record: &Record<'_>) -> bool {
        record.kind.is_message()
            && !record.kind.is_part()
            && record.product == self.window.product
            && self.window.device.as_ref().is_none_or(|device| device == record.device)
    }
}

fn message(position: Lsn, committed: UnixMillis, record: &Record<'_>) -> LoggedMessage {
    // What a script made of bytes stands under the raw topic; it is a message of its kind all the same.
    let mut topic = String::new();
    write_canonical(record, &mut topic);
    if topic.is_empty() {
        topic.push_str(record.topic);
    }
    LoggedMessage {
        position,
        committed,
        sampled: record.sample_time,
        kind: record.kind,
        device: record.device.to_owned(),
        topic,
        code: record.code,
        note: record.note.to_owned(),
        payload: record.payload.to_vec(),
    }
}

/// The topic a record leaves out because its kind says it.
pub(crate) fn write_canonical(record: &Record<'_>, out: &mut String) {
    use RecordKind as K;
    let (thing, is_up) = match record.kind {
        K::PropertyReport | K::PropertyOther | K::DeviceInfo | K::DesiredCleared => (ThingKind::Property, true),
        K::PropertyControl => (ThingKind::Property, false),
        K::EventPost => (ThingKind::Event, true),
        K::ActionCall => (ThingKind::Action, false),
        K::ActionReply => (ThingKind::Action, true),
        _ => return,
    };
    match is_up {
        true => up_topic(thing.up(), record.product, record.device, out),
        false => down_topic(thing.down(), record.product, record.device, out),
    }
}

#[cfg(test)]
mod tests;
