//! Which messages of a batch wait for which sessions: the payload of a [`RecordKind::BackendQueued`] record, which stands
//! in the same batch behind them.
//!
//! [`RecordKind::BackendQueued`]: crate::record::RecordKind::BackendQueued

use super::coding::{Reader, put};
use super::{SessionNumber, Waiting};
use crate::log::Lsn;

const QOS: u8 = 3;
const RETAIN: u8 = 4;
const IDS: u8 = 8;

/// One message for one session, while its batch is being filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    pub session: SessionNumber,
    /// Which record of the batch it is, from 0.
    pub index: u32,
    /// Memory it takes when it is read from the log.
    pub bytes: u32,
    /// 1 or 2.
    pub qos: u8,
    /// Is the retain flag set when it is delivered?
    pub retain: bool,
    /// Names of the subscriptions it comes by.
    pub ids: Box<[u32]>,
}

/// The payload of a record that will be number `index` of its batch.
#[must_use]
pub fn payload(queued: &[Queued], index: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(queued.len() * 6);
    for entry in queued {
        put(&mut out, entry.session.0);
        put(&mut out, (index - entry.index).into());
        put_head(&mut out, entry.qos, entry.retain, entry.bytes, &entry.ids);
    }
    out
}

/// Sessions and their messages, out of the record at `lsn`. Ends at the first byte that makes no sense.
pub(super) fn read(payload: &[u8], lsn: Lsn) -> impl Iterator<Item = (SessionNumber, Waiting)> {
    let mut reader = Reader::new(payload);
    std::iter::from_fn(move || {
        let session = SessionNumber(reader.number()?);
        let position = Lsn(lsn.0.checked_sub(reader.number()?)?);
        Some((session, read_head(&mut reader, position)?))
    })
}

pub(super) fn put_head(out: &mut Vec<u8>, qos: u8, retain: bool, bytes: u32, ids: &[u32]) {
    let flags = if retain { RETAIN } else { 0 } | if ids.is_empty() { 0 } else { IDS };
    out.push((qos & QOS) | flags);
    put(out, bytes.into());
    if !ids.is_empty() {
        put(out, ids.len() as u64);
        ids.iter().for_each(|id| put(out, (*id).into()));
    }
}

pub(super) fn read_head(reader: &mut Reader<'_>, position: Lsn) -> Option<Waiting> {
    let head = reader.byte()?;
    let bytes = reader.number()?;
    let mut ids = Vec::new();
    if head & IDS != 0 {
        for _ in 0..reader.number::<u32>()? {
            ids.push(reader.number()?);
        }
    }
    Some(Waiting { position, bytes, qos: head & QOS, retain: head & RETAIN != 0, ids: ids.into() })
}
