//! Keys and index values inside a day's partition. Drawn in `docs/readings-format.md`.

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::Lsn;

use crate::chunk::{Chunk, Lane, Term};
use crate::coding::{Reader, put};

/// Whose chunks: a device's, or the diagnostics of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Device(DeviceNumber),
    Product(ProductId),
}

/// The one key that is no owner's; it sorts first.
pub(crate) const SUMMARY: [u8; 1] = [0];

const SECTION_TERM: u8 = 1;
const SECTION_LOG: u8 = 2;
const SECTION_CHUNK: u8 = 3;

impl Owner {
    fn section(self, section: u8, lane: Lane) -> Vec<u8> {
        let mut key = Vec::with_capacity(48);
        match self {
            Self::Device(number) => {
                key.push(1);
                key.extend_from_slice(&number.0.to_be_bytes());
            }
            Self::Product(product) => {
                key.push(2);
                key.extend_from_slice(product.as_bytes());
            }
        }
        key.push(section);
        key.push(lane as u8);
        key
    }

    /// Where a chunk lies.
    pub(crate) fn chunk(self, lane: Lane, first: Lsn) -> Vec<u8> {
        let mut key = self.section(SECTION_CHUNK, lane);
        key.extend_from_slice(&first.0.to_be_bytes());
        key
    }

    /// All entries of a term with an order time in a range, or of the log when there is no term.
    pub(crate) fn entries(self, lane: Lane, term: Option<u64>, from: UnixMillis, to: UnixMillis) -> [Vec<u8>; 2] {
        let mut low = match term {
            None => self.section(SECTION_LOG, lane),
            Some(hash) => {
                let mut key = self.section(SECTION_TERM, lane);
                key.extend_from_slice(&hash.to_be_bytes());
                key
            }
        };
        let mut high = low.clone();
        low.extend_from_slice(&from.0.to_be_bytes());
        high.extend_from_slice(&to.0.to_be_bytes());
        high.extend_from_slice(&[0xff; 11]);
        [low, high]
    }
}

/// Where to find rows: decoded from one index key and value, or made of a chunk in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: UnixMillis,
    pub(crate) last: UnixMillis,
    /// First and last record of the chunk.
    pub(crate) first_lsn: Lsn,
    pub(crate) last_lsn: Lsn,
    /// Matching rows, or records.
    pub(crate) count: u32,
    /// Kinds in the chunk; 0 in entries of terms.
    pub(crate) kinds: u32,
}

impl Span {
    pub(crate) fn of_term(chunk: &Chunk, term: &Term) -> Self {
        Self {
            first: term.first,
            last: term.last,
            first_lsn: chunk.first_lsn,
            last_lsn: chunk.last_lsn,
            count: term.count,
            kinds: 0,
        }
    }

    pub(crate) fn of_log(chunk: &Chunk) -> Self {
        Self {
            first: chunk.first_commit,
            last: chunk.last_commit,
            first_lsn: chunk.first_lsn,
            last_lsn: chunk.last_lsn,
            count: chunk.count,
            kinds: chunk.kinds,
        }
    }

    /// Reads an entry that was found under a key of [`Owner::entries`].
    pub(crate) fn decode(lane: Lane, of_term: bool, key: &[u8], value: &[u8]) -> Option<Self> {
        let tail = if of_term { 18 } else { 16 };
        let mut key = Reader::new(key.get(key.len().checked_sub(tail)?..)?);
        let order = u64::from_be_bytes(key.array()?);
        let first_lsn = Lsn(u64::from_be_bytes(key.array()?));
        let mut value = Reader::new(value);
        let span = value.number()?;
        let last_lsn = Lsn(first_lsn.0.checked_add(value.number()?)?);
        let count = u32::try_from(value.number()?).ok()?;
        let kinds = if of_term { 0 } else { u32::try_from(value.number()?).ok()? };
        let (first, last) = if orders_by_first(lane, of_term) {
            (order, order.checked_add(span)?)
        } else {
            (order.checked_sub(span)?, order)
        };
        Some(Self { first: UnixMillis(first), last: UnixMillis(last), first_lsn, last_lsn, count, kinds })
    }
}

/// Property history is read oldest first, hence its entries stand in the order of their first row; all others in the
/// order of their last.
fn orders_by_first(lane: Lane, of_term: bool) -> bool {
    of_term && lane == Lane::Property
}

/// Every index entry of a chunk, with its key, unsorted.
pub(crate) fn entries(owner: Owner, chunk: &Chunk, out: &mut Vec<(Vec<u8>, Vec<u8>)>) {
    let mut key = owner.section(SECTION_LOG, chunk.lane);
    key.extend_from_slice(&chunk.last_commit.0.to_be_bytes());
    key.extend_from_slice(&chunk.first_lsn.0.to_be_bytes());
    out.push((key, value(&Span::of_log(chunk), false)));
    for (group, term) in (0_u16..).zip(chunk.terms.iter()) {
        let order = if orders_by_first(chunk.lane, true) { term.first } else { term.last };
        let mut key = owner.section(SECTION_TERM, chunk.lane);
        key.extend_from_slice(&term.hash.to_be_bytes());
        key.extend_from_slice(&order.0.to_be_bytes());
        key.extend_from_slice(&chunk.first_lsn.0.to_be_bytes());
        key.extend_from_slice(&group.to_be_bytes());
        out.push((key, value(&Span::of_term(chunk, term), true)));
    }
}

fn value(span: &Span, of_term: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(16);
    put(&mut out, span.last.0 - span.first.0);
    put(&mut out, span.last_lsn.0 - span.first_lsn.0);
    put(&mut out, u64::from(span.count));
    if !of_term {
        put(&mut out, u64::from(span.kinds));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_come_back_from_their_entries() {
        let record = lianwu_ports::record::Record {
            kind: lianwu_ports::record::RecordKind::EventPost,
            qos: 0,
            packet_id: 0,
            code: 0,
            number: DeviceNumber(7),
            product: "AB12CD34EF".parse().unwrap(),
            device: "lamp",
            sample_time: UnixMillis(500),
            topic: "",
            note: "",
            payload: b"{}",
        };
        for lane in [Lane::Property, Lane::Event] {
            let mut chunk = Chunk::new(lane, Lsn(40), UnixMillis(600), &record);
            chunk.push(Lsn(40), UnixMillis(600), &record);
            chunk.push(Lsn(44), UnixMillis(700), &record);
            chunk.terms.add(9, UnixMillis(500));
            chunk.terms.add(9, UnixMillis(560));
            let owner = Owner::Device(DeviceNumber(7));
            let mut out = Vec::new();
            entries(owner, &chunk, &mut out);
            assert_eq!(Span::decode(lane, false, &out[0].0, &out[0].1), Some(Span::of_log(&chunk)));
            let term = chunk.terms.iter().next().unwrap();
            assert_eq!(Span::decode(lane, true, &out[1].0, &out[1].1), Some(Span::of_term(&chunk, term)));
            let [low, high] = owner.entries(lane, Some(9), UnixMillis(500), UnixMillis(560));
            assert!(low <= out[1].0 && out[1].0 <= high);
            let [low, high] = owner.entries(lane, None, UnixMillis(700), UnixMillis(700));
            assert!(low <= out[0].0 && out[0].0 <= high);
        }
    }
}
