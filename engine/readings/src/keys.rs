//! Keys and index values inside a day's partition. Drawn in `docs/readings-format.md`.

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_ports::log::Lsn;

use crate::chunk::{Chunk, Lane, SAMPLE_SPAN_MS, Term};
use crate::coding::{Reader, put};
use crate::fault::Fault;

/// Whose chunks: a device's, or the diagnostics of a product or account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    Device(DeviceNumber),
    Product(ProductId),
    Account(Uin),
}

/// The one key that is no owner's; it sorts first.
pub(crate) const SUMMARY: [u8; 1] = [0];

const SECTION_TERM: u8 = 1;
const SECTION_LOG: u8 = 2;
const SECTION_COMMON: u8 = 3;
const SECTION_MARK: u8 = 4;
/// Above all others: the chunks of an owner follow its entries.
const SECTION_CHUNK: u8 = 5;

/// Which entries of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    /// Every chunk, by commit time.
    Log,
    /// Chunks in which the term is rare: an entry for each term and chunk.
    Rare(u64),
    /// Chunks in which the term is common: one entry for each chunk names all its common terms. Without it a chunk of
    /// five records would cost ten keys.
    Common(u64),
}

impl Index {
    fn section(self) -> u8 {
        match self {
            Self::Log => SECTION_LOG,
            Self::Rare(_) => SECTION_TERM,
            Self::Common(_) => SECTION_COMMON,
        }
    }
}

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
            Self::Account(owner) => {
                key.push(3);
                key.extend_from_slice(&owner.0.to_be_bytes());
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

    /// Present when the term was ever common in a chunk of this partition.
    pub(crate) fn mark(self, lane: Lane, term: u64) -> Vec<u8> {
        let mut key = self.section(SECTION_MARK, lane);
        key.extend_from_slice(&term.to_be_bytes());
        key
    }

    /// The first and the last key an entry with an order time in the range can have.
    pub(crate) fn entries(self, lane: Lane, index: Index, from: UnixMillis, to: UnixMillis) -> [Vec<u8>; 2] {
        let mut low = self.section(index.section(), lane);
        if let Index::Rare(term) = index {
            low.extend_from_slice(&term.to_be_bytes());
        }
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

    /// Reads an entry that was found under a key of [`Owner::entries`]. `Ok(None)`: it does not name the term.
    pub(crate) fn decode(lane: Lane, index: Index, key: &[u8], value: &[u8]) -> Result<Option<Self>, Fault> {
        Self::read(lane, index, key, value).ok_or(Fault::Damaged("index entry"))
    }

    fn read(lane: Lane, index: Index, key: &[u8], value: &[u8]) -> Option<Option<Self>> {
        let tail = if index == Index::Log { 16 } else { 18 };
        let mut key = Reader::new(key.get(key.len().checked_sub(tail)?..)?);
        let order = u64::from_be_bytes(key.array()?);
        let first_lsn = Lsn(u64::from_be_bytes(key.array()?));
        let mut value = Reader::new(value);
        let span = value.number()?;
        let last_lsn = Lsn(first_lsn.0.checked_add(value.number()?)?);
        let (mut count, mut kinds) = (0, 0);
        match index {
            Index::Log => {
                count = u32::try_from(value.number()?).ok()?;
                kinds = u32::try_from(value.number()?).ok()?;
            }
            Index::Rare(_) => count = u32::try_from(value.number()?).ok()?,
            Index::Common(term) => {
                while count == 0 && !value.is_empty() {
                    let hash = u64::from_be_bytes(value.array()?);
                    let rows = u32::try_from(value.number()?).ok()?;
                    count = if hash == term { rows } else { 0 };
                }
                if count == 0 {
                    return Some(None);
                }
            }
        }
        let (first, last) = if orders_by_first(lane, index != Index::Log) {
            (order, order.checked_add(span)?)
        } else {
            (order.checked_sub(span)?, order)
        };
        Some(Some(Self { first: UnixMillis(first), last: UnixMillis(last), first_lsn, last_lsn, count, kinds }))
    }
}

/// Property history is read oldest first, hence its entries stand in the order of their first row; all others in the
/// order of their last.
fn orders_by_first(lane: Lane, of_term: bool) -> bool {
    of_term && lane == Lane::Property
}

/// Key and value of every index entry of a chunk, unsorted. `mark` is asked for each common term whether its mark must
/// be written.
pub(crate) fn entries(
    owner: Owner,
    chunk: &Chunk,
    mut mark: impl FnMut(u64) -> bool,
    out: &mut Vec<(Vec<u8>, Vec<u8>)>,
) {
    let mut key = owner.section(SECTION_LOG, chunk.lane);
    key.extend_from_slice(&chunk.last_commit.0.to_be_bytes());
    key.extend_from_slice(&chunk.first_lsn.0.to_be_bytes());
    let mut value = value(&Span::of_log(chunk));
    put(&mut value, u64::from(chunk.kinds));
    out.push((key, value));
    let mut common = Vec::new();
    for (group, term) in (0_u16..).zip(chunk.terms.iter()) {
        if term.count.saturating_mul(2) > chunk.count {
            common.push(*term);
            continue;
        }
        let mut key = owner.section(SECTION_TERM, chunk.lane);
        key.extend_from_slice(&term.hash.to_be_bytes());
        finish_key(&mut key, chunk, term.first, term.last, group);
        out.push((key, self::value(&Span::of_term(chunk, term))));
    }
    for term in &common {
        if mark(term.hash) {
            out.push((owner.mark(chunk.lane, term.hash), Vec::new()));
        }
    }
    common_entries(owner, chunk, common, out);
}

/// Common terms within one span of time share an entry; nearly always that is all of them.
fn common_entries(owner: Owner, chunk: &Chunk, mut common: Vec<Term>, out: &mut Vec<(Vec<u8>, Vec<u8>)>) {
    common.sort_unstable_by_key(|term| (term.first, term.last, term.hash));
    let mut rest = common.as_slice();
    let mut group = 0_u16;
    while let Some(start) = rest.first() {
        let within = |term: &&Term| term.last.0 - start.first.0 <= SAMPLE_SPAN_MS;
        let together = rest.iter().take_while(within).count().max(1);
        let (terms, others) = rest.split_at(together);
        let last = terms.iter().map(|term| term.last).max().unwrap_or(start.last);
        let mut key = owner.section(SECTION_COMMON, chunk.lane);
        finish_key(&mut key, chunk, start.first, last, group);
        let mut value = Vec::with_capacity(8 + 10 * terms.len());
        put(&mut value, last.0 - start.first.0);
        put(&mut value, chunk.last_lsn.0 - chunk.first_lsn.0);
        for term in terms {
            value.extend_from_slice(&term.hash.to_be_bytes());
            put(&mut value, u64::from(term.count));
        }
        out.push((key, value));
        rest = others;
        group = group.saturating_add(1);
    }
}

fn finish_key(key: &mut Vec<u8>, chunk: &Chunk, first: UnixMillis, last: UnixMillis, group: u16) {
    let order = if orders_by_first(chunk.lane, true) { first } else { last };
    key.extend_from_slice(&order.0.to_be_bytes());
    key.extend_from_slice(&chunk.first_lsn.0.to_be_bytes());
    key.extend_from_slice(&group.to_be_bytes());
}

fn value(span: &Span) -> Vec<u8> {
    let mut out = Vec::with_capacity(16);
    put(&mut out, span.last.0 - span.first.0);
    put(&mut out, span.last_lsn.0 - span.first_lsn.0);
    put(&mut out, u64::from(span.count));
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
            for (lsn, committed) in [(40, 600), (44, 700), (45, 700)] {
                chunk.push(Lsn(lsn), UnixMillis(committed), &record);
                chunk.terms.add(9, UnixMillis(500 + lsn));
            }
            chunk.terms.add(8, UnixMillis(520));
            let owner = Owner::Device(DeviceNumber(7));
            let mut out = Vec::new();
            entries(owner, &chunk, |term| term == 9, &mut out);
            assert_eq!(out.len(), 4, "log, rare, mark, common");
            let terms: Vec<_> = chunk.terms.iter().collect();
            for (at, index, span, times) in [
                (0, Index::Log, Span::of_log(&chunk), (700, 700)),
                (1, Index::Rare(8), Span::of_term(&chunk, terms[1]), (520, 520)),
                (3, Index::Common(9), Span::of_term(&chunk, terms[0]), (540, 545)),
            ] {
                let (key, value) = &out[at];
                assert_eq!(Span::decode(lane, index, key, value).unwrap(), Some(span));
                let [low, high] = owner.entries(lane, index, UnixMillis(times.0), UnixMillis(times.1));
                assert!(low <= *key && *key <= high);
                assert!(Span::decode(lane, index, &key[key.len() - 10..], value).is_err());
            }
            assert_eq!(Span::decode(lane, Index::Common(8), &out[3].0, &out[3].1).unwrap(), None);
            assert_eq!(out[2].0, owner.mark(lane, 9));
        }
    }
}
