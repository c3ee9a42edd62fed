//! The states of all devices: those changed lately in memory, the rest on disk.

use fjall::Keyspace;
use hashbrown::HashMap;
use lianwu_model::DeviceNumber;
use lianwu_ports::log::Lsn;
use lianwu_ports::record::Record;

use super::{State, concerns_session_only};
use crate::fault::Fault;
use crate::payload::Property;

#[derive(Debug)]
struct Cached {
    state: State,
    /// Changed since it was last written.
    dirty: bool,
    /// The row on disk that says whether it has a session says yes.
    is_session_on_disk: bool,
}

impl Cached {
    /// A state as it is on disk.
    fn clean(state: State) -> Box<Self> {
        let is_session_on_disk = state.session().is_some();
        Box::new(Self { state, dirty: false, is_session_on_disk })
    }
}

/// The rows of one state: itself, and whether it has a session if that has changed.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) state: Vec<u8>,
    pub(crate) session: Option<bool>,
}

/// States in memory. A device that is missing here is on disk as it is, or unknown.
#[derive(Debug, Default)]
pub(crate) struct StateTable {
    /// Boxed: the table has empty places, and moves when it grows.
    cached: HashMap<u32, Box<Cached>>,
    /// Every dirty number; more than once when a device was forgotten in between.
    dirty: Vec<u32>,
    bytes: usize,
}

/// First bytes of the rows of states.
pub(crate) const STATE_KEYS: [u8; 1] = [1];

/// The device of such a key.
pub(crate) fn number(key: &[u8]) -> Option<u32> {
    key.get(1..)?.try_into().ok().map(u32::from_be_bytes)
}

/// Key of a state on disk; one byte before the number keeps room for other rows.
pub(crate) fn key(number: u32) -> [u8; 5] {
    let mut key = [STATE_KEYS[0]; 5];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

/// First bytes of the rows that name the devices with a kept session, so that a start reads those and no others.
pub(crate) const SESSION_KEYS: [u8; 1] = [2];

/// Key of the row that says whether a device has a session: one byte, 0 or 1.
pub(crate) fn session_key(number: u32) -> [u8; 5] {
    let mut key = [SESSION_KEYS[0]; 5];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

/// The device such a key is of.
pub(crate) fn session_number(key: &[u8]) -> Option<u32> {
    let (first, number) = key.split_first()?;
    (*first == SESSION_KEYS[0]).then_some(u32::from_be_bytes(number.try_into().ok()?))
}

/// Reads one state from disk.
pub(crate) fn load(disk: &Keyspace, number: u32) -> Result<Option<State>, Fault> {
    match disk.get(key(number))? {
        None => Ok(None),
        Some(bytes) => State::decode(&bytes).map(Some).ok_or(Fault::Damaged("device state")),
    }
}

impl StateTable {
    /// Applies a record to its device.
    pub(crate) fn apply(
        &mut self,
        disk: &Keyspace,
        lsn: Lsn,
        record: &Record<'_>,
        properties: &[Property<'_>],
    ) -> Result<(), Fault> {
        let number = record.number.0;
        if !self.cached.contains_key(&number) {
            let state = load(disk, number)?.unwrap_or_default();
            self.bytes += state.memory();
            self.cached.insert(number, Cached::clean(state));
        }
        let Some(cached) = self.cached.get_mut(&number) else { return Ok(()) };
        if concerns_session_only(record) && cached.state.session().is_none() {
            return Ok(());
        }
        let before = cached.state.memory();
        cached.state.apply(lsn, record, properties);
        self.bytes = self.bytes + cached.state.memory() - before;
        if !cached.dirty {
            cached.dirty = true;
            self.dirty.push(number);
        }
        Ok(())
    }

    /// Touches the memory that applying a record of this device will need; the number means nothing.
    #[inline]
    pub(crate) fn warm(&self, number: DeviceNumber) -> usize {
        self.cached.get(&number.0).map_or(0, |cached| cached.state.warm())
    }

    pub(crate) fn get(&self, number: DeviceNumber) -> Option<&State> {
        self.cached.get(&number.0).map(|cached| &cached.state)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Every number changed since the last call, ascending; follow with [`StateTable::encode`] for each.
    pub(crate) fn take_dirty(&mut self) -> Vec<u32> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        dirty
    }

    /// The row to write for a number. It counts as clean from here on.
    pub(crate) fn encode(&mut self, number: u32) -> Option<Rows> {
        let cached = self.cached.get_mut(&number)?;
        cached.dirty = false;
        let has_session = cached.state.session().is_some();
        let session = (has_session != cached.is_session_on_disk).then_some(has_session);
        cached.is_session_on_disk = has_session;
        Some(Rows { state: cached.state.encode(), session })
    }

    /// Devices in memory that have a kept session.
    pub(crate) fn with_session(&self) -> impl Iterator<Item = u32> {
        self.cached.iter().filter(|(_, cached)| cached.state.session().is_some()).map(|(number, _)| *number)
    }

    /// Takes numbers back whose rows could not be written.
    pub(crate) fn give_back(&mut self, numbers: &[u32]) {
        for number in numbers {
            let Some(cached) = self.cached.get_mut(number) else { continue };
            // Nobody knows what is on disk: the row is written again, whatever it said.
            cached.is_session_on_disk = cached.state.session().is_none();
            if !cached.dirty {
                cached.dirty = true;
                self.dirty.push(*number);
            }
        }
    }

    /// Drops clean states when there is more than the budget.
    pub(crate) fn evict(&mut self, bytes_max: usize) {
        if self.bytes <= bytes_max {
            return;
        }
        let mut bytes = 0;
        self.cached.retain(|_, cached| {
            if cached.dirty {
                bytes += cached.state.memory();
            }
            cached.dirty
        });
        self.bytes = bytes;
        self.cached.shrink_to_fit();
    }

    /// Puts a state in that is already on disk.
    pub(crate) fn put_clean(&mut self, number: u32, state: State) {
        self.bytes += state.memory();
        if let Some(old) = self.cached.insert(number, Cached::clean(state)) {
            self.bytes -= old.state.memory();
        }
    }
}
