//! The newest records in memory: what is not on disk yet, in the same chunks it will be on disk in.

use std::sync::Arc;

use hashbrown::HashMap;
use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::is_diagnostic;
use lianwu_ports::record::account::AccountLine;
use lianwu_ports::record::{Record, RecordKind};

use crate::chunk::{Chunk, Lane, event_term, property_term};
use crate::keys::Owner;
use crate::payload::{Property, events};

/// The chunks of one lane of one owner, oldest first.
#[derive(Debug, Default)]
pub(crate) struct LaneTail {
    sealed: Vec<Arc<Chunk>>,
    open: Option<Chunk>,
}

impl LaneTail {
    /// The chunk for this record, and how much memory sealing another one gave back.
    fn chunk_for(
        &mut self,
        lane: Lane,
        lsn: Lsn,
        committed: UnixMillis,
        record: &Record<'_>,
        bytes_max: usize,
    ) -> (&mut Chunk, usize) {
        let mut freed = 0;
        if let Some(open) = &self.open
            && !open.takes(committed, record, bytes_max)
            && let Some(mut full) = self.open.take()
        {
            let before = full.memory();
            full.shrink();
            freed = before - full.memory();
            self.sealed.push(Arc::new(full));
        }
        (self.open.get_or_insert_with(|| Chunk::new(lane, lsn, committed, record)), freed)
    }

    pub(crate) fn sealed(&self) -> &[Arc<Chunk>] {
        &self.sealed
    }

    pub(crate) fn open(&self) -> Option<&Chunk> {
        self.open.as_ref()
    }

    pub(crate) fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.sealed.iter().map(Arc::as_ref).chain(&self.open)
    }
}

/// The lanes of one device; most devices use one or two.
#[derive(Debug, Default)]
struct DeviceTail {
    lanes: [Option<Box<LaneTail>>; 5],
}

/// Records of one commit day that are cut together.
#[derive(Debug)]
pub(crate) struct Tail {
    /// UTC day of the commit times.
    pub(crate) day: u64,
    pub(crate) first_commit: UnixMillis,
    pub(crate) last_lsn: Lsn,
    /// Records applied, also those that leave nothing in the chunks.
    pub(crate) records: u64,
    /// Memory held, in bytes.
    pub(crate) bytes: usize,
    /// Sample times of reports and events, `None` while there are none.
    pub(crate) samples: Option<(UnixMillis, UnixMillis)>,
    devices: HashMap<u32, DeviceTail>,
    products: HashMap<ProductId, LaneTail>,
    accounts: HashMap<Uin, LaneTail>,
    /// What the devices of a product uploaded of their own logs.
    device_logs: HashMap<ProductId, LaneTail>,
}

impl Tail {
    /// An empty tail behind this record.
    pub(crate) fn after(last_lsn: Lsn) -> Self {
        Self {
            day: 0,
            first_commit: UnixMillis::default(),
            last_lsn,
            records: 0,
            bytes: 0,
            samples: None,
            devices: HashMap::new(),
            products: HashMap::new(),
            accounts: HashMap::new(),
            device_logs: HashMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    pub(crate) fn has_chunks(&self) -> bool {
        !self.devices.is_empty()
            || !self.products.is_empty()
            || !self.accounts.is_empty()
            || !self.device_logs.is_empty()
    }

    /// Counts a record; it leaves nothing in the chunks unless it is pushed as well.
    pub(crate) fn note(&mut self, lsn: Lsn, committed: UnixMillis) {
        if self.records == 0 {
            self.day = committed.day();
            self.first_commit = committed;
        }
        self.records += 1;
        self.last_lsn = lsn;
    }

    /// Touches the memory that pushing this record will need; the number means nothing.
    #[inline]
    pub(crate) fn warm(&self, record: &Record<'_>) -> usize {
        let lane =
            self.devices.get(&record.number.0).and_then(|device| device.lanes.get(Lane::of(record).slot()?)?.as_ref());
        lane.and_then(|lane| lane.open.as_ref()).map_or(0, Chunk::warm)
    }

    /// Puts a record into its chunks. `properties` are those of an accepted report.
    pub(crate) fn push(
        &mut self,
        lsn: Lsn,
        committed: UnixMillis,
        record: &Record<'_>,
        properties: &[Property<'_>],
        bytes_max: usize,
    ) {
        if record.number.0 != 0 {
            self.push_device(lsn, committed, record, properties, bytes_max);
        }
        let of_product = match record.kind {
            RecordKind::DeviceLog => Some((&mut self.device_logs, Lane::ProductLog)),
            _ if is_diagnostic(record) => Some((&mut self.products, Lane::Diagnostic)),
            _ => None,
        };
        if let Some((products, lane)) = of_product {
            let before = products.capacity();
            let tail = products.entry(record.product).or_default();
            let (grown, freed) = push_named(tail, lane, lsn, committed, record, bytes_max);
            self.bytes = self.bytes + grown - freed;
            self.bytes += (products.capacity() - before) * size_of::<(ProductId, LaneTail)>();
        } else if record.kind == RecordKind::AccountEvent
            && let Some(line) = AccountLine::of(record)
        {
            let before = self.accounts.capacity();
            let lane = self.accounts.entry(line.owner).or_default();
            let (grown, freed) = push_named(lane, Lane::Diagnostic, lsn, committed, record, bytes_max);
            self.bytes = self.bytes + grown - freed;
            self.bytes += (self.accounts.capacity() - before) * size_of::<(Uin, LaneTail)>();
        }
    }

    fn push_device(
        &mut self,
        lsn: Lsn,
        committed: UnixMillis,
        record: &Record<'_>,
        properties: &[Property<'_>],
        bytes_max: usize,
    ) {
        let lane = Lane::of(record);
        let before = self.devices.capacity();
        let device = self.devices.entry(record.number.0).or_default();
        let Some(slot) = lane.slot().and_then(|at| device.lanes.get_mut(at)) else { return };
        if slot.is_none() {
            self.bytes += size_of::<LaneTail>() + 16;
        }
        let (chunk, freed) = slot.get_or_insert_default().chunk_for(lane, lsn, committed, record, bytes_max);
        let held = if chunk.count == 0 { 0 } else { chunk.memory() };
        chunk.push(lsn, committed, record);
        let mut times: Option<(UnixMillis, UnixMillis)> = None;
        match lane {
            Lane::Property => {
                chunk.terms.expect(properties.len());
                for (key, _) in properties {
                    let term = if key.is_escaped() {
                        property_term(key.unescape().as_bytes())
                    } else {
                        property_term(key.content())
                    };
                    chunk.terms.add(term, record.sample_time);
                }
                times = Some((record.sample_time, record.sample_time));
            }
            Lane::Event => {
                for event in events(record.payload, record.sample_time) {
                    let (id, kind) = (Some(&*event.id), Some(&*event.kind));
                    for term in
                        [event_term(None, None), event_term(id, None), event_term(None, kind), event_term(id, kind)]
                    {
                        chunk.terms.add(term, event.time);
                    }
                    times = Some(widen(times, (event.time, event.time)));
                }
            }
            Lane::Message | Lane::Connection | Lane::Diagnostic | Lane::DeviceLog | Lane::ProductLog => {}
        }
        self.bytes = self.bytes + chunk.memory() - held - freed;
        self.bytes += (self.devices.capacity() - before) * size_of::<(u32, DeviceTail)>();
        if let Some(times) = times {
            self.samples = Some(widen(self.samples, times));
        }
    }

    /// The chunks of one lane of one owner.
    pub(crate) fn lane(&self, owner: Owner, lane: Lane) -> Option<&LaneTail> {
        match owner {
            Owner::Device(number) => self.devices.get(&number.0)?.lanes.get(lane.slot()?)?.as_deref(),
            Owner::Product(product) if lane == Lane::ProductLog => self.device_logs.get(&product),
            Owner::Product(product) => self.products.get(&product),
            Owner::Account(owner) => self.accounts.get(&owner),
        }
    }

    /// Every owner with its lanes, in the order of the keys on disk.
    pub(crate) fn owners(&self) -> Vec<(Owner, Vec<&LaneTail>)> {
        let mut all: Vec<(Owner, Vec<&LaneTail>)> = Vec::with_capacity(self.devices.len() + self.products.len());
        for (number, device) in &self.devices {
            let lanes = device.lanes.iter().filter_map(Option::as_deref).collect();
            all.push((Owner::Device(lianwu_model::DeviceNumber(*number)), lanes));
        }
        for (product, lane) in &self.products {
            all.push((
                Owner::Product(*product),
                [Some(lane), self.device_logs.get(product)].into_iter().flatten().collect(),
            ));
        }
        for (product, lane) in self.device_logs.iter().filter(|(product, _)| !self.products.contains_key(*product)) {
            all.push((Owner::Product(*product), vec![lane]));
        }
        for (owner, lane) in &self.accounts {
            all.push((Owner::Account(*owner), vec![lane]));
        }
        all.sort_unstable_by_key(|(owner, _)| *owner);
        all
    }
}

/// Appends to a lane that is no device's; the memory it took, and what it gave back.
fn push_named(
    tail: &mut LaneTail,
    lane: Lane,
    lsn: Lsn,
    committed: UnixMillis,
    record: &Record<'_>,
    bytes_max: usize,
) -> (usize, usize) {
    let (chunk, freed) = tail.chunk_for(lane, lsn, committed, record, bytes_max);
    let held = if chunk.count == 0 { 0 } else { chunk.memory() };
    chunk.push(lsn, committed, record);
    (chunk.memory() - held, freed)
}

/// The smallest range over both.
pub(crate) fn widen(
    one: Option<(UnixMillis, UnixMillis)>,
    other: (UnixMillis, UnixMillis),
) -> (UnixMillis, UnixMillis) {
    one.map_or(other, |(first, last)| (first.min(other.0), last.max(other.1)))
}
