//! A log on a simulated disk, and everything that is known about what must be in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::clock::ManualClock;
use lianwu_ports::log::{CommitError, Committed, Lsn};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use parking_lot::Mutex;

use crate::files::simulated::{Crash, SimulatedFiles};
use crate::testing::{Random, SteppedLog};
use crate::{LogOptions, OpenError};

pub const NOON: UnixMillis = UnixMillis(20_780 * UnixMillis::DAY_MS + UnixMillis::DAY_MS / 2);

/// The identities of the records of one batch, with its outcome.
type Outcome = (Vec<u64>, Result<Committed, CommitError>);

/// Records with the given identities in their payload, and about `fill` bytes more.
pub fn batch(ids: &[u64], fill: usize) -> RecordBatch {
    let mut batch = RecordBatch::default();
    for id in ids {
        let mut payload = id.to_le_bytes().to_vec();
        payload.resize(8 + fill, u8::try_from(id % 251).unwrap());
        batch.push(&Record {
            kind: RecordKind::PropertyReport,
            qos: 1,
            packet_id: 7,
            code: 0,
            number: DeviceNumber(1),
            product: "AB12CD34EF".parse().unwrap(),
            device: "lamp-1",
            sample_time: NOON,
            topic: "",
            note: "",
            payload: &payload,
        });
    }
    batch
}

fn identity(record: &Record<'_>) -> u64 {
    u64::from_le_bytes(record.payload[..8].try_into().unwrap())
}

pub struct World {
    pub files: SimulatedFiles,
    pub clock: Arc<ManualClock>,
    pub random: Random,
    pub options: LogOptions,
    pub log: Option<SteppedLog>,
    pub now: UnixMillis,
    /// Record number to identity and commit time, as acknowledged, or found after a restart.
    known: BTreeMap<u64, (u64, UnixMillis)>,
    /// Batches that were handed in and not acknowledged since the last acknowledged one, in order.
    unsure: Vec<Vec<u64>>,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    next_id: u64,
    expired_at: UnixMillis,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let options = LogOptions {
            segment_bytes: 16 << 10,
            ring_bytes_max: [0, 2000, 1 << 20][usize::try_from(random.below(3)).unwrap()],
            ..LogOptions::new("")
        };
        Self {
            files: SimulatedFiles::new(random.draw()),
            clock: Arc::new(ManualClock::at(NOON)),
            random,
            options,
            log: None,
            now: NOON,
            known: BTreeMap::new(),
            unsure: Vec::new(),
            outcomes: Arc::default(),
            next_id: 0,
            expired_at: UnixMillis(0),
        }
    }

    pub fn log(&mut self) -> &mut SteppedLog {
        self.log.as_mut().unwrap()
    }

    pub fn open(&mut self) -> Result<(), OpenError> {
        self.log =
            Some(SteppedLog::open(Arc::new(self.files.clone()), self.options.clone(), Arc::clone(&self.clock) as _)?);
        Ok(())
    }

    /// Ends the program without a warning and opens the log again, which must work.
    pub fn crash(&mut self, crash: Crash) {
        self.log = None;
        self.files.restart(crash);
        self.open().unwrap();
        self.check_after_restart();
    }

    pub fn advance(&mut self, milliseconds: u64) {
        self.now = UnixMillis(self.now.0 + milliseconds);
        self.clock.set(self.now);
    }

    /// Hands in a batch of `records`; returns their identities.
    pub fn submit(&mut self, records: u64, fill: usize) -> Vec<u64> {
        let ids: Vec<u64> = (self.next_id..self.next_id + records).collect();
        self.next_id += records;
        self.unsure.push(ids.clone());
        let (outcomes, own) = (Arc::clone(&self.outcomes), ids.clone());
        let completion = Box::new(move |result| outcomes.lock().push((own, result)));
        self.log().submit(batch(&ids, fill), completion).unwrap();
        ids
    }

    /// Commits one block and returns the outcomes, having checked that the numbers are the next ones.
    pub fn commit(&mut self) -> Vec<Outcome> {
        self.log().commit();
        let outcomes = std::mem::take(&mut *self.outcomes.lock());
        for (ids, outcome) in &outcomes {
            let Ok(committed) = outcome else { continue };
            // What failed before can never appear any more: its numbers are given to these records.
            let position = self.unsure.iter().position(|unsure| unsure == ids).expect("acknowledged once");
            self.unsure.drain(..=position);
            assert_eq!(committed.first, self.last_known().next());
            assert_eq!(committed.last.0 + 1 - committed.first.0, ids.len() as u64);
            self.known.extend((committed.first.0..).zip(ids.iter().map(|id| (*id, committed.time))));
            assert!(self.log().durable() >= committed.last);
        }
        outcomes
    }

    pub fn last_known(&self) -> Lsn {
        Lsn(self.known.last_key_value().map_or(0, |(number, _)| *number))
    }

    pub fn expire(&mut self) -> u64 {
        self.expired_at = self.expired_at.max(self.now);
        let now = self.now;
        let kept_days = self.options.retention_days.into();
        self.log().expire(now, kept_days)
    }

    /// Reads everything, in pieces of random size.
    pub fn read_all(&mut self) -> Vec<(Lsn, u64, UnixMillis)> {
        let mut found = Vec::new();
        let mut from = self.log().oldest();
        loop {
            let bytes_max = usize::try_from(self.random.below(4000)).unwrap();
            let blocks = self.log().read(from, bytes_max).unwrap();
            let Some(last) = blocks.last() else { return found };
            assert!(blocks[0].first <= from && from <= blocks[0].last());
            from = last.last().next();
            for block in &blocks {
                for record in block.records() {
                    let (number, record) = record.unwrap();
                    found.push((number, identity(&record), block.time));
                }
            }
        }
    }

    /// Everything acknowledged is there once and in order; what is missing has expired.
    pub fn check(&mut self) {
        let oldest = self.log().oldest();
        let found = self.read_all();
        assert_eq!(found.len() as u64, self.log().durable().next().0 - oldest.0);
        for ((number, id, time), expected) in found.iter().zip(oldest.0..) {
            assert_eq!(number.0, expected);
            if let Some(known) = self.known.get(&number.0) {
                assert_eq!((*id, *time), *known, "record {}", number.0);
            }
        }
        let retention = u64::from(self.options.retention_days) * UnixMillis::DAY_MS;
        for (number, (_, time)) in self.known.range(..oldest.0) {
            let ended = (time.day() + 1) * UnixMillis::DAY_MS;
            assert!(self.expired_at.0 > ended + retention, "record {number} is gone before its time");
        }
        assert!(self.log().durable() >= self.last_known());
    }

    /// As [`World::check`]; behind what was acknowledged there may be whole batches that were not, and nothing else.
    fn check_after_restart(&mut self) {
        self.check();
        let last = self.last_known();
        let more: Vec<_> = self.read_all().into_iter().filter(|(number, ..)| *number > last).collect();
        let ids: Vec<u64> = more.iter().map(|(_, id, _)| *id).collect();
        let possible = (0..=self.unsure.len())
            .any(|start| (start..=self.unsure.len()).any(|end| self.unsure[start..end].concat() == ids));
        assert!(possible, "records nobody handed in, or out of order: {ids:?} of {:?}", self.unsure);
        self.known.extend(more.into_iter().map(|(number, id, time)| (number.0, (id, time))));
        self.unsure.clear();
        self.outcomes.lock().clear();
    }
}
