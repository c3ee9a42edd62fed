//! Writing a full tail to disk, on a thread of its own so that records go on being applied into the next tail.
//!
//! Order of one cut: changed states, when it is time for them, then the chunks with the number of the last record, all
//! or nothing. Every row of a state names the last record in it, so being ahead is harmless; being behind is too: the
//! checkpoint is the older of the two, and what a crash leaves undone is applied again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fjall::{Database, Keyspace, PersistMode};
use lianwu_model::UnixMillis;
use lianwu_ports::log::Lsn;
use parking_lot::{Condvar, Mutex, RwLock};

use crate::activity::{self, ActivityTable};
use crate::backend_sessions::BackendTable;
use crate::coding::{Reader, put};
use crate::fault::Fault;
use crate::firmware::FirmwareTable;
use crate::partition::{Marks, Partition, Summary};
use crate::retained::RetainedTable;
use crate::state::{StateTable, key, session_key};
use crate::tail::Tail;

/// Key of the row that remembers the checkpoint when its partition is gone.
const META: [u8; 1] = [0];
const META_VERSION: u8 = 1;

/// Rows of states encoded under one hold of the lock.
const STATES_PER_LOCK: usize = 256;

/// What queries see, changed in one step.
pub(crate) struct Live {
    pub(crate) active: Tail,
    /// Being written; readable until it is visible on disk.
    pub(crate) cutting: Option<Arc<Tail>>,
    /// By day.
    pub(crate) partitions: Vec<Partition>,
    /// Last record in the chunks on disk: chunks there that begin later belong to a tail.
    pub(crate) disk: Lsn,
    /// Records committed on earlier days have expired and leave nothing in the readings.
    pub(crate) first_day: u64,
}

/// Between two writes of the changed states: a restart replays that much of the log, a busy device is written that
/// rarely.
const STATES_EVERY: Duration = Duration::from_secs(60);

/// Or after so many records: a replay takes about a microsecond for each.
const STATES_EVERY_RECORDS: u64 = 1_000_000;

#[derive(Debug, PartialEq, Eq)]
enum Job {
    Idle,
    Wanted,
    Failed(String),
}

#[derive(Debug)]
struct Control {
    job: Job,
    stop: bool,
}

/// Everything the engine and its thread share.
pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) states_disk: Keyspace,
    pub(crate) live: RwLock<Live>,
    pub(crate) states: RwLock<StateTable>,
    pub(crate) retained: Mutex<RetainedTable>,
    pub(crate) backend_sessions: Mutex<BackendTable>,
    pub(crate) activity: RwLock<ActivityTable>,
    pub(crate) firmware: Mutex<FirmwareTable>,
    /// Held while rows of states go to disk, so that an older row never follows a newer one.
    pub(crate) saving: Mutex<()>,
    pub(crate) state_bytes_max: usize,
    /// Last record after which a restart may go on.
    pub(crate) checkpoint: AtomicU64,
    /// Commit time of the tail with which states were written last.
    states_saved: Mutex<UnixMillis>,
    marks: Mutex<Marks>,
    control: Mutex<Control>,
    wake: Condvar,
    done: Condvar,
}

impl Shared {
    pub(crate) fn open(database: Database, states_disk: Keyspace, state_bytes_max: usize) -> Result<Self, Fault> {
        let mut partitions = Partition::open_all(&database)?;
        let (checkpoint, first_day) = read_meta(&states_disk)?;
        let mut disk = checkpoint;
        for partition in std::mem::take(&mut partitions) {
            if partition.day < first_day {
                partition.delete(&database)?;
            } else {
                disk = disk.max(partition.summary.last_lsn);
                partitions.push(partition);
            }
        }
        partitions.sort_unstable_by_key(|partition| partition.day);
        let activity = ActivityTable::load(&states_disk)?;
        let firmware = Mutex::new(FirmwareTable::load(&states_disk, &activity)?);
        let backend_sessions = Mutex::new(BackendTable::load(&states_disk)?);
        let live = Live { active: Tail::after(disk), cutting: None, partitions, disk, first_day };
        Ok(Self {
            database,
            states_disk,
            live: RwLock::new(live),
            states: RwLock::default(),
            retained: Mutex::default(),
            backend_sessions,
            activity: RwLock::new(activity),
            firmware,
            saving: Mutex::new(()),
            state_bytes_max,
            checkpoint: AtomicU64::new(checkpoint.0),
            states_saved: Mutex::default(),
            marks: Mutex::default(),
            control: Mutex::new(Control { job: Job::Idle, stop: false }),
            wake: Condvar::new(),
            done: Condvar::new(),
        })
    }

    /// Hands the active tail to the thread. Waits while the one before is being written; does nothing when the
    /// active tail is empty.
    pub(crate) fn freeze(&self) -> Result<(), Fault> {
        let mut control = self.settled()?;
        let mut live = self.live.write();
        if live.active.is_empty() {
            return Ok(());
        }
        let last = live.active.last_lsn;
        let full = std::mem::replace(&mut live.active, Tail::after(last));
        live.cutting = Some(Arc::new(full));
        control.job = Job::Wanted;
        self.wake.notify_all();
        Ok(())
    }

    /// Waits until nothing is being written. A cut that failed is tried once more.
    pub(crate) fn settle(&self) -> Result<(), Fault> {
        self.settled().map(drop)
    }

    fn settled(&self) -> Result<parking_lot::MutexGuard<'_, Control>, Fault> {
        let mut control = self.control.lock();
        let mut again = true;
        loop {
            match &control.job {
                Job::Idle => return Ok(control),
                Job::Wanted => self.done.wait(&mut control),
                Job::Failed(_) if again => {
                    again = false;
                    control.job = Job::Wanted;
                    self.wake.notify_all();
                }
                Job::Failed(reason) => return Err(Fault::Cut(reason.clone())),
            }
        }
    }

    /// Ends the thread after the cut at hand.
    pub(crate) fn stop(&self) {
        self.control.lock().stop = true;
        self.wake.notify_all();
    }

    /// The thread: one cut after the other.
    pub(crate) fn run(&self) {
        loop {
            {
                let mut control = self.control.lock();
                while control.job != Job::Wanted && !control.stop {
                    self.wake.wait(&mut control);
                }
                if control.job != Job::Wanted {
                    return;
                }
            }
            let result = catch_unwind(AssertUnwindSafe(|| self.cut())).unwrap_or(Err(Fault::Panicked));
            let mut control = self.control.lock();
            control.job = match result {
                Ok(()) => Job::Idle,
                Err(fault) => {
                    tracing::error!(%fault, "readings could not be written; the next attempt follows");
                    Job::Failed(fault.to_string())
                }
            };
            self.done.notify_all();
            if control.stop {
                return;
            }
        }
    }

    fn cut(&self) -> Result<(), Fault> {
        let Some(tail) = self.live.read().cutting.clone() else { return Ok(()) };
        let states_due = self.states_due(&tail);
        if states_due {
            self.save_states()?;
        }
        let partition = if tail.has_chunks() {
            let before = self.live.read().partitions.iter().find(|p| p.day == tail.day).map(|p| p.summary);
            Some(self.ingest_tail(before, &tail)?)
        } else {
            None
        };
        {
            let mut live = self.live.write();
            if let Some(partition) = partition {
                live.partitions.retain(|known| known.day != partition.day);
                live.partitions.push(partition);
                live.partitions.sort_unstable_by_key(|partition| partition.day);
            }
            live.disk = tail.last_lsn;
            live.cutting = None;
        }
        if states_due {
            // Only now are both on disk: chunks and states.
            self.move_checkpoint(tail.last_lsn)?;
            *self.states_saved.lock() = tail.first_commit;
        }
        self.states.write().evict(self.state_bytes_max);
        Ok(())
    }

    fn ingest_tail(&self, before: Option<Summary>, tail: &Tail) -> Result<Partition, Fault> {
        let mut marks = self.marks.lock();
        let result = Partition::ingest(&self.database, before, tail, &mut marks);
        if result.is_err() {
            marks.forget();
        }
        result
    }

    /// Is it time to write states with this tail?
    fn states_due(&self, tail: &Tail) -> bool {
        let saved = *self.states_saved.lock();
        tail.first_commit > saved.plus(STATES_EVERY)
            || tail.first_commit < saved
            || tail.last_lsn.0 - self.checkpoint.load(Ordering::Acquire) > STATES_EVERY_RECORDS
            || self.states.read().bytes() > self.state_bytes_max
    }

    /// Writes the changed states, so that a restart goes on after the last cut. `applied` is the last record whose
    /// effect on states is known: after a restart that can be less than what the chunks hold.
    pub(crate) fn save_checkpoint(&self, applied: Lsn) -> Result<(), Fault> {
        let _no_cut = self.settled()?;
        let last = self.live.read().disk.min(applied);
        if last.0 > self.checkpoint.load(Ordering::Acquire) {
            self.save_states()?;
            self.move_checkpoint(last)?;
        }
        Ok(())
    }

    fn move_checkpoint(&self, last: Lsn) -> Result<(), Fault> {
        let first_day = self.live.read().first_day;
        self.write_meta(last, first_day)?;
        self.checkpoint.store(last.0, Ordering::Release);
        Ok(())
    }

    fn save_states(&self) -> Result<(), Fault> {
        let _saving = self.saving.lock();
        let (retained, retained_up_to) = {
            let table = self.retained.lock();
            (table.rows(), table.last())
        };
        let (backends, backends_up_to) = self.backend_sessions.lock().rows();
        let dirty = self.states.write().take_dirty();
        let seen = self.activity.write().take_dirty();
        let firmware = self.firmware.lock().take_rows();
        let rows = [retained.as_slice(), backends.as_slice(), firmware.as_slice()];
        let result = self.ingest_states(&dirty, &seen, &rows);
        if result.is_err() {
            self.firmware.lock().give_back(&firmware);
            self.states.write().give_back(&dirty);
            self.activity.write().give_back(&seen);
        } else {
            self.retained.lock().saved(retained_up_to);
            self.backend_sessions.lock().saved(backends_up_to);
        }
        result
    }

    /// `more` are rows that are encoded already, in order of their keys, which come behind those of the others;
    /// an empty one takes away what was there.
    fn ingest_states(&self, dirty: &[u32], seen: &[u32], more: &[&[(Vec<u8>, Vec<u8>)]]) -> Result<(), Fault> {
        if dirty.is_empty() && seen.is_empty() && more.iter().all(|rows| rows.is_empty()) {
            return Ok(());
        }
        let mut ingestion = self.states_disk.start_ingestion()?;
        let mut rows = Vec::with_capacity(STATES_PER_LOCK);
        let mut sessions = Vec::new();
        for numbers in dirty.chunks(STATES_PER_LOCK) {
            {
                let mut states = self.states.write();
                rows.extend(numbers.iter().filter_map(|number| Some((*number, states.encode(*number)?))));
            }
            for (number, row) in rows.drain(..) {
                ingestion.write(key(number), row.state)?;
                sessions.extend(row.session.map(|has_session| (number, has_session)));
            }
        }
        // Behind all states: an ingestion takes its rows in order.
        for (number, has_session) in sessions {
            ingestion.write(session_key(number), [u8::from(has_session)])?;
        }
        let mut rows = Vec::with_capacity(STATES_PER_LOCK);
        for numbers in seen.chunks(STATES_PER_LOCK) {
            {
                let mut activity = self.activity.write();
                rows.extend(numbers.iter().filter_map(|number| Some((*number, activity.encode(*number)?))));
            }
            for (number, row) in rows.drain(..) {
                ingestion.write(activity::key(number), row)?;
            }
        }
        for (key, row) in more.iter().copied().flatten() {
            if row.is_empty() {
                ingestion.write_tombstone(key.as_slice())?;
            } else {
                ingestion.write(key.as_slice(), row.as_slice())?;
            }
        }
        Ok(ingestion.finish()?)
    }

    /// Remembers how far the readings came and which days have expired, durably.
    pub(crate) fn write_meta(&self, last: Lsn, first_day: u64) -> Result<(), Fault> {
        let mut row = vec![META_VERSION];
        put(&mut row, last.0);
        put(&mut row, first_day);
        self.states_disk.insert(META, row)?;
        Ok(self.database.persist(PersistMode::SyncAll)?)
    }
}

fn read_meta(states_disk: &Keyspace) -> Result<(Lsn, u64), Fault> {
    let Some(row) = states_disk.get(META)? else { return Ok((Lsn(0), 0)) };
    let decode = || {
        let mut reader = Reader::new(&row);
        let version = reader.byte()?;
        Some((version == META_VERSION).then_some(())?).and(Some((Lsn(reader.number()?), reader.number()?)))
    };
    decode().ok_or(Fault::Damaged("checkpoint"))
}
