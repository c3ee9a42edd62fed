//! What was committed on one day, on disk: one keyspace of the store.

use std::sync::Arc;

use fjall::compaction::Leveled;
use fjall::config::{BlockSizePolicy, CompressionPolicy, PinningPolicy};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, Slice};
use hashbrown::HashSet;
use lianwu_model::UnixMillis;
use lianwu_ports::log::Lsn;

use crate::chunk::{Chunk, Lane};
use crate::coding::{Reader, put};
use crate::fault::Fault;
use crate::keys::{self, Index, Owner, SUMMARY, Span};
use crate::tail::{Tail, widen};

const PREFIX: &str = "day-";
const VERSION: u8 = 1;

/// What is known of a partition without reading it; written by every cut, in the same ingestion as its chunks. Its
/// version is that of the index entries too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Last record that was cut into it.
    pub(crate) last_lsn: Lsn,
    /// Sample times of reports and events in it.
    pub(crate) samples: Option<(UnixMillis, UnixMillis)>,
}

impl Summary {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put(&mut out, self.last_lsn.0);
        if let Some((first, last)) = self.samples {
            put(&mut out, first.0);
            put(&mut out, last.0);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let last_lsn = Lsn(reader.number()?);
        let samples =
            if reader.is_empty() { None } else { Some((UnixMillis(reader.number()?), UnixMillis(reader.number()?))) };
        Some(Self { last_lsn, samples })
    }
}

/// A day on disk. Cheap to clone; a clone stays readable while the day is dropped.
#[derive(Clone)]
pub(crate) struct Partition {
    pub(crate) day: u64,
    pub(crate) summary: Summary,
    keyspace: Keyspace,
}

/// Every cut covers all devices, so each compaction rewrites the whole day: rarely is cheaper. Queries look into at most
/// this many runs more.
const RUNS_BEFORE_COMPACTION: u8 = 16;

/// 16 KiB blocks hold two full chunks or many small ones, and compress them together. Indexes and filters are in parts,
/// so that a look-up reads a few KiB of them and the block cache may stay small.
pub(crate) fn keyspace_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .data_block_size_policy(BlockSizePolicy::all(16 << 10))
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::Lz4))
        .index_block_partitioning_policy(PinningPolicy::all(true))
        .filter_block_partitioning_policy(PinningPolicy::all(true))
        .filter_block_pinning_policy(PinningPolicy::all(false))
        .index_block_pinning_policy(PinningPolicy::all(false))
        .max_memtable_size(1 << 20)
        .compaction_strategy(Arc::new(Leveled::default().with_l0_threshold(RUNS_BEFORE_COMPACTION)))
}

impl Partition {
    /// Opens the partitions a store has.
    pub(crate) fn open_all(database: &Database) -> Result<Vec<Self>, Fault> {
        let mut all = Vec::new();
        for name in database.list_keyspace_names() {
            let Some(day) = name.strip_prefix(PREFIX).and_then(|day| day.parse().ok()) else { continue };
            let keyspace = database.keyspace(&name, keyspace_options)?;
            // A crash between making the keyspace and the end of its first ingestion leaves it empty.
            let summary = match keyspace.get(SUMMARY)? {
                Some(bytes) => Summary::decode(&bytes).ok_or(Fault::Damaged("summary of a day"))?,
                None => Summary { last_lsn: Lsn(0), samples: None },
            };
            all.push(Self { day, summary, keyspace });
        }
        Ok(all)
    }

    /// Writes a tail, all or nothing, and returns the partition that holds it.
    pub(crate) fn ingest(
        database: &Database,
        before: Option<Summary>,
        tail: &Tail,
        marks: &mut Marks,
    ) -> Result<Self, Fault> {
        marks.begin(tail.day);
        let keyspace = database.keyspace(&format!("{PREFIX}{}", tail.day), keyspace_options)?;
        let mut samples = before.and_then(|summary| summary.samples);
        if let Some(times) = tail.samples {
            samples = Some(widen(samples, times));
        }
        let summary = Summary { last_lsn: tail.last_lsn, samples };
        let mut ingestion = keyspace.start_ingestion()?;
        ingestion.write(SUMMARY, summary.encode())?;
        let mut entries = Vec::new();
        for (owner, lanes) in tail.owners() {
            entries.clear();
            for chunk in lanes.iter().flat_map(|lane| lane.chunks()) {
                keys::entries(owner, chunk, |term| marks.is_new(owner, chunk.lane, term), &mut entries);
            }
            entries.sort_unstable();
            for (key, value) in entries.drain(..) {
                ingestion.write(key, value)?;
            }
            for chunk in lanes.iter().flat_map(|lane| lane.chunks()) {
                ingestion.write(owner.chunk(chunk.lane, chunk.first_lsn), chunk.encoded())?;
            }
        }
        ingestion.finish()?;
        Ok(Self { day: tail.day, summary, keyspace })
    }

    /// Removes the day; its files go when the last clone does.
    pub(crate) fn delete(self, database: &Database) -> Result<(), Fault> {
        Ok(database.delete_keyspace(self.keyspace)?)
    }

    /// Entries with an order time in the range, ascending; descending with `reverse`.
    pub(crate) fn entries(
        &self,
        owner: Owner,
        lane: Lane,
        index: Index,
        times: (UnixMillis, UnixMillis),
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<Option<Span>, Fault>>> {
        let [low, high] = owner.entries(lane, index, times.0, times.1);
        let range = self.keyspace.range(low..=high);
        let decode = move |guard: fjall::Guard| {
            let (key, value) = guard.into_inner()?;
            Span::decode(lane, index, &key, &value)
        };
        if reverse { Box::new(range.rev().map(decode)) } else { Box::new(range.map(decode)) }
    }

    /// Was this term ever common in a chunk of the owner?
    pub(crate) fn is_marked(&self, owner: Owner, lane: Lane, term: u64) -> Result<bool, Fault> {
        Ok(self.keyspace.contains_key(owner.mark(lane, term))?)
    }

    /// The encoded chunk an entry points to.
    pub(crate) fn chunk(&self, owner: Owner, lane: Lane, first: Lsn) -> Result<Slice, Fault> {
        self.keyspace.get(owner.chunk(lane, first))?.ok_or(Fault::Damaged("an index entry without its chunk"))
    }
}

/// Where the rows of an entry are.
#[derive(Clone)]
pub(crate) enum Place {
    Memory(Arc<Chunk>),
    Disk(Partition),
}

/// Marks that are on disk for sure, so that a device's common terms are marked once a day and not in every cut.
///
/// Kept as 64-bit mixes; forgetting some only costs writing their marks again.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    day: u64,
    known: HashSet<u64>,
}

/// Then all are forgotten; 8 MiB.
const MARKS_MAX: usize = 400_000;

impl Marks {
    fn begin(&mut self, day: u64) {
        if self.day != day || self.known.len() > MARKS_MAX {
            self.day = day;
            self.known = HashSet::new();
        }
    }

    fn is_new(&mut self, owner: Owner, lane: Lane, term: u64) -> bool {
        let owner = match owner {
            Owner::Device(number) => u64::from(number.0),
            // Diagnostics have no terms.
            Owner::Product(_) | Owner::Account(_) => return true,
        };
        let mixed = (owner << 8 | lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ term;
        self.known.insert(mixed)
    }

    /// After a cut that failed.
    pub(crate) fn forget(&mut self) {
        self.known = HashSet::new();
    }
}
