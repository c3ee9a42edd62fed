//! Records of one device and one lane in commit order, at most a few KiB of them.
//!
//! A chunk is built in memory by the tail, written as it is by a cut, and read back as a [`ChunkView`].

mod terms;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::record::{Record, RecordKind};

use crate::coding::{Reader, put, put_bytes, put_signed};
use crate::fault::Fault;

pub(crate) use terms::{SAMPLE_SPAN_MS, Term, TermSet, event_term, property_term};

/// Which records stand together in a chunk. The number is part of the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Lane {
    /// Accepted property reports.
    Property = 0,
    /// Accepted event posts.
    Event = 1,
    /// Every other message.
    Message = 2,
    /// Changes of the connection.
    Connection = 3,
    /// Diagnostics of a product or account; the records name their device or client.
    Diagnostic = 4,
    /// Lines a device uploaded of its own log.
    DeviceLog = 5,
    /// The same of all devices of a product; the records name their device.
    ProductLog = 6,
}

impl Lane {
    /// The lane of a record among those of its device.
    #[inline]
    pub(crate) fn of(record: &Record<'_>) -> Self {
        match record.kind {
            kind if kind.holds_properties() && record.code == 0 => Self::Property,
            kind if kind.holds_events() && record.code == 0 => Self::Event,
            kind if kind.is_message() => Self::Message,
            RecordKind::DeviceLog => Self::DeviceLog,
            _ => Self::Connection,
        }
    }

    /// Where a device keeps the lane among its own; `None` for a lane no device has.
    #[inline]
    pub(crate) fn slot(self) -> Option<usize> {
        match self {
            Self::Property | Self::Event | Self::Message | Self::Connection => Some(self as usize),
            Self::DeviceLog => Some(4),
            Self::Diagnostic | Self::ProductLog => None,
        }
    }

    /// Do its records name their device, because it is no device's?
    fn names_devices(self) -> bool {
        matches!(self, Self::Diagnostic | Self::ProductLog)
    }
}

/// Longest commit time a chunk covers; queries by commit time look back no further.
pub(crate) const COMMIT_SPAN_MS: u64 = 3_600_000;

/// With this many terms a chunk takes no further record.
const TERMS_MAX: usize = 512;

const VERSION: u8 = 1;

/// Bits of the first byte of a record; the lower five are the kind.
const QOS_ONE: u8 = 0x20;
const PACKET_ID: u8 = 0x40;
const EXTRAS: u8 = 0x80;

const KINDS: [RecordKind; 31] = {
    use RecordKind as K;
    [
        K::PropertyReport,
        K::PropertyOther,
        K::DeviceInfo,
        K::DesiredCleared,
        K::PropertyControl,
        K::EventPost,
        K::ActionCall,
        K::ActionReply,
        K::OtherUp,
        K::OtherDown,
        K::PackedProperties,
        K::PackedEvent,
        K::ShadowUpdate,
        K::ShadowDesired,
        K::DeviceLog,
        K::Connected,
        K::ConnectRefused,
        K::Disconnected,
        K::Subscribed,
        K::Unsubscribed,
        K::PublishRefused,
        K::RateLimited,
        K::DownAcknowledged,
        K::DownDropped,
        K::SessionEnded,
        K::Registration,
        K::Bound,
        K::Unbound,
        K::Broadcast,
        K::Carried,
        K::AccountEvent,
    ]
};

/// A kind in five bits: its number, and for one above 31 that of a kind that stands in no chunk.
const fn code_of(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::Unbound => RecordKind::AccountMessage as u8,
        RecordKind::Broadcast => RecordKind::BackendSession as u8,
        RecordKind::Carried => RecordKind::BackendQueued as u8,
        kind => kind as u8,
    }
}

/// Every record that is read asks for it.
fn kind_of(code: u8) -> Option<RecordKind> {
    *const { kinds_by_code() }.get(usize::from(code))?
}

const fn kinds_by_code() -> [Option<RecordKind>; 32] {
    let mut kinds = [None; 32];
    let mut at = 0;
    while at < KINDS.len() {
        kinds[code_of(KINDS[at]) as usize] = Some(KINDS[at]);
        at += 1;
    }
    kinds
}

/// Bit of a kind in [`Chunk::kinds`].
pub(crate) fn kind_bit(kind: RecordKind) -> u32 {
    1 << code_of(kind)
}

/// A chunk in memory.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) lane: Lane,
    pub(crate) first_lsn: Lsn,
    pub(crate) last_lsn: Lsn,
    pub(crate) first_commit: UnixMillis,
    pub(crate) last_commit: UnixMillis,
    pub(crate) count: u32,
    /// Bit `1 << kind` for every kind in it.
    pub(crate) kinds: u32,
    pub(crate) terms: TermSet,
    /// As on disk: the head, then the records.
    bytes: Vec<u8>,
}

impl Chunk {
    /// An empty chunk made for this record, which must be pushed next.
    pub(crate) fn new(lane: Lane, lsn: Lsn, committed: UnixMillis, record: &Record<'_>) -> Self {
        let (number, device) =
            if lane.names_devices() { (DeviceNumber::NONE, "") } else { (record.number, record.device) };
        let mut bytes = Vec::with_capacity(64 + device.len() + record.payload.len());
        bytes.push(VERSION);
        bytes.push(lane as u8);
        bytes.extend_from_slice(record.product.as_bytes());
        put(&mut bytes, u64::from(number.0));
        put_bytes(&mut bytes, device.as_bytes());
        put(&mut bytes, lsn.0);
        put(&mut bytes, committed.0);
        Self {
            lane,
            first_lsn: lsn,
            last_lsn: lsn,
            first_commit: committed,
            last_commit: committed,
            count: 0,
            kinds: 0,
            terms: TermSet::default(),
            bytes,
        }
    }

    /// May this record, of the same owner, be pushed, or does it need a new chunk? A number never changes its product
    /// or name, so those are not compared.
    #[inline]
    pub(crate) fn takes(&self, committed: UnixMillis, record: &Record<'_>, bytes_max: usize) -> bool {
        self.bytes.len() + record.payload.len() + record.topic.len() + record.note.len() < bytes_max
            && self.terms.len() < TERMS_MAX
            && committed >= self.last_commit
            && committed.0 - self.first_commit.0 <= COMMIT_SPAN_MS
    }

    /// Appends the record; its number is above all before.
    pub(crate) fn push(&mut self, lsn: Lsn, committed: UnixMillis, record: &Record<'_>) {
        let out = &mut self.bytes;
        let kind = code_of(record.kind);
        let extras = record.code != 0 || record.qos > 1 || !record.topic.is_empty() || !record.note.is_empty();
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out.push(kind | flag(record.qos == 1, QOS_ONE) | flag(record.packet_id != 0, PACKET_ID) | flag(extras, EXTRAS));
        put(out, lsn.0 - self.last_lsn.0);
        put(out, committed.0 - self.last_commit.0);
        put_signed(out, record.sample_time.0.wrapping_sub(committed.0).cast_signed());
        if record.packet_id != 0 {
            out.extend_from_slice(&record.packet_id.to_le_bytes());
        }
        if extras {
            put(out, u64::from(record.code));
            out.push(record.qos);
            put_bytes(out, record.topic.as_bytes());
            put_bytes(out, record.note.as_bytes());
        }
        if self.lane.names_devices() {
            put(out, u64::from(record.number.0));
            put_bytes(out, record.device.as_bytes());
        }
        put_bytes(out, record.payload);
        self.last_lsn = lsn;
        self.last_commit = committed;
        self.count += 1;
        self.kinds |= kind_bit(record.kind);
    }

    /// Memory it holds, in bytes, with a share for the maps around it.
    #[inline]
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity() + self.terms.memory() + 32
    }

    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.terms.shrink();
    }

    /// Touches the places the next record will change.
    #[inline]
    pub(crate) fn warm(&self) -> usize {
        usize::from(self.bytes.last().copied().unwrap_or(0)) + self.terms.warm()
    }

    /// The value written to disk.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.bytes
    }

    /// # Errors
    /// Never: the head was written by [`Chunk::new`].
    pub(crate) fn view(&self) -> Result<ChunkView<'_>, Fault> {
        ChunkView::decode(&self.bytes)
    }
}

/// Walks the records of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct ChunkView<'a> {
    lane: Lane,
    number: DeviceNumber,
    product: ProductId,
    device: &'a str,
    lsn: Lsn,
    committed: UnixMillis,
    body: Reader<'a>,
}

/// A record of a chunk with what the log says about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stored<'a> {
    pub(crate) lsn: Lsn,
    pub(crate) committed: UnixMillis,
    pub(crate) record: Record<'a>,
}

impl<'a> ChunkView<'a> {
    /// Reads the head of an encoded chunk.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Fault> {
        Self::head(bytes).ok_or(Fault::Damaged("head of a chunk"))
    }

    fn head(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let lane = match reader.byte()? {
            0 => Lane::Property,
            1 => Lane::Event,
            2 => Lane::Message,
            3 => Lane::Connection,
            4 => Lane::Diagnostic,
            5 => Lane::DeviceLog,
            6 => Lane::ProductLog,
            _ => return None,
        };
        let product = ProductId::from_bytes(&reader.array::<10>()?)?;
        let number = DeviceNumber(u32::try_from(reader.number()?).ok()?);
        let device = reader.text()?;
        let lsn = Lsn(reader.number()?);
        let committed = UnixMillis(reader.number()?);
        Some(Self { lane, number, product, device, lsn, committed, body: reader })
    }

    fn record(&mut self) -> Option<Stored<'a>> {
        let body = &mut self.body;
        let flags = body.byte()?;
        let kind = kind_of(flags & 0x1f)?;
        self.lsn = Lsn(self.lsn.0.checked_add(body.number()?)?);
        self.committed = UnixMillis(self.committed.0.checked_add(body.number()?)?);
        let sample_time = UnixMillis(self.committed.0.wrapping_add(body.signed()?.cast_unsigned()));
        let packet_id = if flags & PACKET_ID == 0 { 0 } else { u16::from_le_bytes(body.array()?) };
        let (mut code, mut qos, mut topic, mut note) = (0, u8::from(flags & QOS_ONE != 0), "", "");
        if flags & EXTRAS != 0 {
            code = u32::try_from(body.number()?).ok()?;
            qos = body.byte()?;
            topic = body.text()?;
            note = body.text()?;
        }
        let (mut number, mut device) = (self.number, self.device);
        if self.lane.names_devices() {
            number = DeviceNumber(u32::try_from(body.number()?).ok()?);
            device = body.text()?;
        }
        let payload = body.bytes()?;
        let product = self.product;
        let record = Record { kind, qos, packet_id, code, number, product, device, sample_time, topic, note, payload };
        Some(Stored { lsn: self.lsn, committed: self.committed, record })
    }
}

impl<'a> Iterator for ChunkView<'a> {
    type Item = Result<Stored<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.body.is_empty() {
            return None;
        }
        let record = self.record();
        if record.is_none() {
            self.body = Reader::new(&[]);
        }
        Some(record.ok_or(Fault::Damaged("record of a chunk")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(device: &'a str, note: &'a str, payload: &'a [u8]) -> Record<'a> {
        Record {
            kind: RecordKind::PropertyOther,
            qos: 1,
            packet_id: 513,
            code: if note.is_empty() { 0 } else { 406 },
            number: DeviceNumber(7),
            product: "AB12CD34EF".parse().unwrap(),
            device,
            sample_time: UnixMillis(1_714_550_400_000),
            topic: "",
            note,
            payload,
        }
    }

    #[test]
    fn records_come_back_as_they_were_pushed() {
        for lane in [Lane::Message, Lane::Diagnostic, Lane::DeviceLog, Lane::ProductLog] {
            let records = [record("lamp", "", b"{}"), record("lamp", "bad", &[0, 255]), record("lamp", "", b"")];
            let start = UnixMillis(1_714_550_399_000);
            let mut chunk = Chunk::new(lane, Lsn(5), start, &records[0]);
            for (at, record) in (0_u64..).zip(&records) {
                let committed = UnixMillis(start.0 + at * 700);
                assert!(chunk.takes(committed, record, 1000));
                chunk.push(Lsn(5 + at * at), committed, record);
            }
            let read: Vec<_> = chunk.view().unwrap().map(Result::unwrap).collect();
            assert_eq!(read.iter().map(|s| s.record).collect::<Vec<_>>(), records);
            assert_eq!(read.iter().map(|s| s.lsn.0).collect::<Vec<_>>(), [5, 6, 9]);
            assert_eq!(read[2].committed, UnixMillis(start.0 + 1400));
        }
    }

    /// Is each kind told from every other in five bits, the newest ones among them?
    #[test]
    fn every_kind_has_a_code_of_its_own() {
        for kind in KINDS {
            assert!(code_of(kind) < 32, "{kind:?}");
            assert_eq!(kind_of(code_of(kind)), Some(kind));
            let mut chunk = Chunk::new(Lane::Connection, Lsn(1), UnixMillis(10), &record("lamp", "", b""));
            chunk.push(Lsn(1), UnixMillis(10), &Record { kind, ..record("lamp", "", b"") });
            assert_eq!(chunk.view().unwrap().next().unwrap().unwrap().record.kind, kind);
        }
    }

    #[test]
    fn a_damaged_chunk_ends_with_one_error() {
        let mut chunk = Chunk::new(Lane::Message, Lsn(1), UnixMillis(10), &record("lamp", "", b"{}"));
        chunk.push(Lsn(1), UnixMillis(10), &record("lamp", "", b"payload"));
        let bytes = chunk.encoded();
        for length in 0..bytes.len() {
            let Ok(view) = ChunkView::decode(&bytes[..length]) else { continue };
            let read: Vec<_> = view.collect();
            assert!(read.len() <= 1 && read.iter().all(Result::is_err), "cut at {length}");
        }
    }

    #[test]
    fn an_older_clock_or_too_much_needs_a_new_chunk() {
        let first = record("lamp", "", b"{}");
        let mut chunk = Chunk::new(Lane::Message, Lsn(1), UnixMillis(10), &first);
        chunk.push(Lsn(1), UnixMillis(10), &first);
        assert!(chunk.takes(UnixMillis(10), &first, 100));
        assert!(!chunk.takes(UnixMillis(9), &first, 100));
        assert!(!chunk.takes(UnixMillis(11 + COMMIT_SPAN_MS), &first, 100));
        assert!(!chunk.takes(UnixMillis(10), &first, 10));
    }
}
