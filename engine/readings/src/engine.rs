//! The two ports on top of tails, partitions and the state table.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use fjall::{Database, PersistMode};
use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::{
    EventPage, EventQuery, LogQuery, LogRow, Page, PropertyQuery, PropertyRow, ReadingError, Readings, Sieve, Summary,
    SummaryQuery,
};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::backend_session::concerns_backend_session;
use lianwu_ports::states::{
    Activity, BackendSession, Day, DeviceState, KeptMessage, RetainedMessage, SessionSummary, States,
};
use parking_lot::{Mutex, RwLockWriteGuard};

use crate::activity;
use crate::cut::{Live, Shared};
use crate::fault::Fault;
use crate::firmware;
use crate::options::ReadingsOptions;
use crate::partition::keyspace_options;
use crate::payload::{self, Property};
use crate::query::{self, View};
use crate::state::{SESSION_KEYS, State, concerns, key, load, session_number};

/// Records applied before waiting queries get a turn.
const RECORDS_PER_TURN: usize = 256;

/// Readings and states in one folder.
pub struct ReadingsEngine {
    shared: Arc<Shared>,
    options: ReadingsOptions,
    applied: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for ReadingsEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadingsEngine({}, applied {:?})", self.options.directory.display(), self.applied())
    }
}

impl ReadingsEngine {
    /// Opens the store or makes it. Apply the log from [`Readings::checkpoint`] on before answering queries.
    ///
    /// # Errors
    /// When the folder cannot be used, another process has it open, or its contents are damaged.
    pub fn open(options: ReadingsOptions) -> Result<Arc<Self>, ReadingError> {
        Ok(Arc::new(Self::start(options)?))
    }

    fn start(options: ReadingsOptions) -> Result<Self, Fault> {
        std::fs::create_dir_all(&options.directory)?;
        let database = Database::builder(&options.directory)
            .cache_size(options.cache_bytes)
            .max_journaling_size(64 << 20)
            .worker_threads(1)
            .open()?;
        let states_disk = database.keyspace("states", keyspace_options)?;
        let shared = Arc::new(Shared::open(database, states_disk, options.state_bytes_max)?);
        let applied = AtomicU64::new(shared.checkpoint.load(Ordering::Acquire));
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("readings-cut".to_owned()).spawn(move || shared.run())?
        };
        Ok(Self { shared, options, applied, thread: Mutex::new(Some(thread)) })
    }

    fn apply_block(&self, block: &Block) -> Result<(), Fault> {
        if block.last() <= self.applied() {
            return Ok(());
        }
        self.make_room(block.time)?;
        let (mut turn, mut properties) = (Vec::with_capacity(RECORDS_PER_TURN), Vec::new());
        let mut records = block.records();
        loop {
            turn.clear();
            for entry in records.by_ref().take(RECORDS_PER_TURN) {
                turn.push(entry?);
            }
            if turn.is_empty() {
                return Ok(());
            }
            self.apply_turn(block.time, &turn, &mut properties)?;
        }
    }

    /// Applies a few records under one hold of the locks, so that waiting queries get their turn soon.
    fn apply_turn<'a>(
        &self,
        committed: UnixMillis,
        turn: &[(Lsn, Record<'a>)],
        properties: &mut Vec<Property<'a>>,
    ) -> Result<(), Fault> {
        let mut live = self.shared.live.write();
        let mut states = self.shared.states.write();
        let mut activity = self.shared.activity.write();
        // With many devices nearly every record waits for memory. Reading what the turn will need in a loop of its own
        // lets those waits overlap.
        let warm = |(_, record): &(Lsn, Record<'_>)| live.active.warm(record).wrapping_add(states.warm(record.number));
        std::hint::black_box(turn.iter().map(warm).fold(0, usize::wrapping_add));
        let applied = self.applied();
        for (lsn, record) in turn.iter().filter(|(lsn, _)| *lsn > applied) {
            activity.apply(committed, record);
            if record.kind == RecordKind::AccountMessage {
                self.shared.retained.lock().apply(*lsn, record);
            } else if concerns_backend_session(record) {
                self.shared.backend_sessions.lock().apply(*lsn, record);
            }
            read_properties(record, properties);
            if concerns(record) {
                states.apply(&self.shared.states_disk, *lsn, record, properties)?;
            }
            if firmware::concerns(record) && states.get(record.number).is_some_and(|state| !state.forgotten) {
                self.shared.firmware.lock().apply(record);
            }
            // After a restart chunks may be ahead of states.
            if *lsn <= live.active.last_lsn {
                continue;
            }
            live.active.note(*lsn, committed);
            if committed.day() >= live.first_day {
                live.active.push(*lsn, committed, record, properties, self.options.chunk_bytes_max);
            }
        }
        if let Some((last, _)) = turn.last() {
            self.applied.store(last.0.max(applied.0), Ordering::Release);
        }
        drop((states, activity));
        RwLockWriteGuard::unlock_fair(live);
        Ok(())
    }

    /// Cuts the active tail when it is full, old, or of another day than what follows.
    fn make_room(&self, committed: UnixMillis) -> Result<(), Fault> {
        let states_full = self.shared.states.read().bytes() > self.options.state_bytes_max.saturating_mul(2);
        let cut = {
            let tail = &self.shared.live.read().active;
            let full = tail.bytes >= self.options.tail_bytes_max / 2;
            let old = committed > tail.first_commit.plus(self.options.cut_after);
            !tail.is_empty() && (full || old || states_full || committed.day() != tail.day)
        };
        if cut { self.shared.freeze() } else { Ok(()) }
    }

    fn view<T>(&self, gather: impl FnOnce(&View<'_>) -> T) -> T {
        let live = self.shared.live.read();
        let Live { active, cutting, partitions, disk, .. } = &*live;
        gather(&View { active, cutting: cutting.clone(), partitions: partitions.clone(), disk: *disk })
    }

    fn seal_now(&self) -> Result<(), Fault> {
        self.shared.freeze()?;
        self.shared.save_checkpoint(self.applied())
    }

    fn expire_days(&self, first_day: u64) -> Result<(), Fault> {
        let in_memory = {
            let live = self.shared.live.read();
            if first_day <= live.first_day {
                return Ok(());
            }
            let tails = [Some(&live.active), live.cutting.as_deref()];
            tails.into_iter().flatten().any(|tail| !tail.is_empty() && tail.day < first_day)
        };
        if in_memory {
            self.shared.freeze()?;
            self.shared.settle()?;
        }
        // First the fact, then the files: a crash in between finishes at the next start.
        self.shared.write_meta(self.checkpoint(), first_day)?;
        let expired: Vec<_> = {
            let mut live = self.shared.live.write();
            live.first_day = first_day;
            live.partitions.extract_if(.., |partition| partition.day < first_day).collect()
        };
        for partition in expired {
            partition.delete(&self.shared.database)?;
        }
        Ok(())
    }

    fn state<T>(&self, number: DeviceNumber, show: impl Fn(&State) -> T) -> Result<Option<T>, Fault> {
        if let Some(state) = self.shared.states.read().get(number) {
            return Ok(Some(show(state)));
        }
        Ok(load(&self.shared.states_disk, number.0)?.as_ref().map(show))
    }

    /// Devices that have a kept session, in order; one whose session has ended meanwhile may be among them.
    fn session_numbers(&self) -> Result<Vec<DeviceNumber>, Fault> {
        let mut numbers: Vec<u32> = self.shared.states.read().with_session().collect();
        for row in self.shared.states_disk.prefix(SESSION_KEYS) {
            let (key, value) = row.into_inner()?;
            if value.first() == Some(&1) {
                numbers.extend(session_number(&key));
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers.into_iter().map(DeviceNumber).collect())
    }

    fn forget_state(&self, number: DeviceNumber) -> Result<(), Fault> {
        let _saving = self.shared.saving.lock();
        let state = State::forgotten();
        self.shared.states_disk.insert(key(number.0), state.encode())?;
        if let Some(row) = self.shared.activity.write().forget(number.0) {
            self.shared.states_disk.insert(activity::key(number.0), row)?;
        }
        if let Some((key, row)) = self.shared.firmware.lock().forget(number.0) {
            self.shared.states_disk.insert(key, row)?;
        }
        self.shared.database.persist(PersistMode::SyncAll)?;
        self.shared.states.write().put_clean(number.0, state);
        Ok(())
    }
}

/// The properties a record carries, where the readings or the state need them.
fn read_properties<'a>(record: &Record<'a>, out: &mut Vec<Property<'a>>) {
    match record.kind {
        kind if kind.holds_properties() && record.code == 0 => payload::properties(record.payload, out),
        RecordKind::PropertyControl => payload::properties(record.payload, out),
        _ => out.clear(),
    }
}

impl Drop for ReadingsEngine {
    fn drop(&mut self) {
        self.shared.stop();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes readings panicked");
        }
    }
}

impl Readings for ReadingsEngine {
    fn apply(&self, blocks: &[Arc<Block>]) -> Result<(), ReadingError> {
        for block in blocks {
            self.apply_block(block)?;
        }
        Ok(())
    }

    fn applied(&self) -> Lsn {
        Lsn(self.applied.load(Ordering::Acquire))
    }

    fn checkpoint(&self) -> Lsn {
        Lsn(self.shared.checkpoint.load(Ordering::Acquire))
    }

    fn property_history(&self, query: &PropertyQuery<'_>) -> Result<Page<PropertyRow>, ReadingError> {
        let plan = self.view(|view| query::property_history(view, query))?;
        Ok(query::read_properties(plan, query)?)
    }

    fn property_summary(&self, query: &SummaryQuery<'_>) -> Result<Page<Summary>, ReadingError> {
        let plan = self.view(|view| query::property_summary(view, query))?;
        Ok(query::read_summary(plan, query)?)
    }

    fn event_history(&self, query: &EventQuery<'_>) -> Result<EventPage, ReadingError> {
        let plan = self.view(|view| query::event_history(view, query))?;
        Ok(query::read_events(plan, query)?)
    }

    fn sifted_log(&self, query: &LogQuery, sieve: Sieve<'_>) -> Result<Page<LogRow>, ReadingError> {
        let plan = self.view(|view| query::log(view, query));
        Ok(query::read_log(plan, query, sieve, self.options.search_records_max)?)
    }

    fn expire(&self, before: UnixMillis) -> Result<(), ReadingError> {
        Ok(self.expire_days(before.day())?)
    }

    fn seal(&self) -> Result<(), ReadingError> {
        Ok(self.seal_now()?)
    }
}

impl States for ReadingsEngine {
    fn device(&self, number: DeviceNumber) -> Result<DeviceState, ReadingError> {
        Ok(self.state(number, State::whole)?.unwrap_or_default())
    }

    fn devices(&self, numbers: &[DeviceNumber]) -> Result<Vec<DeviceState>, ReadingError> {
        let mut states = Vec::with_capacity(numbers.len());
        for number in numbers {
            states.push(self.state(*number, State::times)?.unwrap_or_default());
        }
        Ok(states)
    }

    fn activity(&self, products: &[ProductId], today: Day) -> Result<Activity, ReadingError> {
        Ok(self.shared.activity.read().sum(products, today))
    }

    fn with_firmware(&self, products: &[ProductId], version: Option<&str>) -> Result<Vec<DeviceNumber>, ReadingError> {
        Ok(self.shared.firmware.lock().find(products, version))
    }

    fn activated(&self) -> Result<Vec<DeviceNumber>, ReadingError> {
        Ok(self.shared.activity.read().ever_activated())
    }

    fn forget(&self, number: DeviceNumber) -> Result<(), ReadingError> {
        Ok(self.forget_state(number)?)
    }

    fn retained(&self) -> Result<Vec<RetainedMessage>, ReadingError> {
        let _saving = self.shared.saving.lock();
        let table = self.shared.retained.lock();
        Ok(table.load(&self.shared.states_disk)?)
    }

    fn sessions(&self) -> Result<Vec<SessionSummary>, ReadingError> {
        let mut sessions = Vec::new();
        for number in self.session_numbers()? {
            let session = self.state(number, |state| state.session().map(|session| session.summary(number)))?;
            sessions.extend(session.flatten());
        }
        Ok(sessions)
    }

    fn backend_sessions(&self) -> Result<Vec<BackendSession>, ReadingError> {
        Ok(self.shared.backend_sessions.lock().all())
    }

    fn session_messages(&self, number: DeviceNumber, ids: &[u16]) -> Result<Vec<KeptMessage>, ReadingError> {
        let messages = self.state(number, |state| state.session().map(|session| session.with_ids(ids)))?;
        Ok(messages.flatten().unwrap_or_default())
    }
}
