//! Devices of a product in the order of their numbers, newest first, with their states as bits: a list of the devices in one
//! state costs what it shows, and how many there are is counted as they change.
//!
//! Groups of 64 numbers, about 50 bytes each and a pointer for each device. A device that comes or goes sets a bit under a shared
//! lock; only registering and deleting takes it alone.

use std::collections::{BTreeMap, BinaryHeap};
use std::iter::Sum;
use std::ops::{ControlFlow, Not};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lianwu_model::DeviceNumber;
use parking_lot::RwLock;

use super::DirectoryDevice;

/// Numbers of one group differ in these low bits only.
const GROUP_BITS: u32 = 6;

/// Which devices by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateFilter {
    #[default]
    Any,
    Online,
    /// Signed in before, not connected now.
    Offline,
    NeverActivated,
    /// Whatever else they are.
    Disabled,
}

/// How many devices are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    pub registered: u64,
    pub online: u64,
    /// Online now or signed in before.
    pub activated: u64,
    pub disabled: u64,
}

impl StateCounts {
    /// Signed in before, not connected now.
    #[must_use]
    pub fn offline(&self) -> u64 {
        self.activated.saturating_sub(self.online)
    }

    /// Never signed in.
    #[must_use]
    pub fn never_activated(&self) -> u64 {
        self.registered.saturating_sub(self.activated)
    }

    /// How many a list of them has.
    #[must_use]
    pub fn of(&self, state: StateFilter) -> u64 {
        match state {
            StateFilter::Any => self.registered,
            StateFilter::Online => self.online,
            StateFilter::Offline => self.offline(),
            StateFilter::NeverActivated => self.never_activated(),
            StateFilter::Disabled => self.disabled,
        }
    }
}

impl Sum for StateCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, next| Self {
            registered: sum.registered + next.registered,
            online: sum.online + next.online,
            activated: sum.activated + next.activated,
            disabled: sum.disabled + next.disabled,
        })
    }
}

/// How far a walk came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Devices and groups of 64 numbers that were looked at.
    pub looked_at: u64,
    /// The last device looked at, below which there are more; `None` at the end.
    pub next: Option<DeviceNumber>,
}

#[derive(Debug, Default)]
pub(super) struct ProductOrder {
    registered: AtomicU64,
    online: AtomicU64,
    activated: AtomicU64,
    disabled: AtomicU64,
    groups: RwLock<BTreeMap<u32, Group>>,
}

/// Bit `i` of each word is about the number `group * 64 + i`.
#[derive(Debug, Default)]
struct Group {
    registered: u64,
    online: AtomicU64,
    activated: AtomicU64,
    disabled: AtomicU64,
    /// Those of `registered`, ascending.
    devices: Vec<Arc<DirectoryDevice>>,
}

impl Group {
    fn matching(&self, state: StateFilter) -> u64 {
        let word = |bits: &AtomicU64| bits.load(Ordering::SeqCst);
        self.registered
            & match state {
                StateFilter::Any => u64::MAX,
                StateFilter::Online => word(&self.online),
                StateFilter::Offline => word(&self.activated) & !word(&self.online),
                StateFilter::NeverActivated => !(word(&self.activated) | word(&self.online)),
                StateFilter::Disabled => word(&self.disabled),
            }
    }

    /// Place of a bit among the devices.
    fn rank(&self, bit: u64) -> usize {
        (self.registered & (bit - 1)).count_ones() as usize
    }
}

fn place(number: DeviceNumber) -> (u32, u64) {
    (number.0 >> GROUP_BITS, 1 << (number.0 & ((1 << GROUP_BITS) - 1)))
}

/// Sets or clears a bit; tells whether that changed it.
fn set(bits: &AtomicU64, bit: u64, on: bool) -> bool {
    let before = if on { bits.fetch_or(bit, Ordering::SeqCst) } else { bits.fetch_and(!bit, Ordering::SeqCst) };
    (before & bit != 0) != on
}

/// Brings a bit to what `now` says, and its counter with it. `now` may change on another thread meanwhile: whoever is last looks
/// again.
fn follow(bits: &AtomicU64, bit: u64, count: &AtomicU64, now: impl Fn() -> bool) {
    loop {
        let on = now();
        if set(bits, bit, on) {
            let _ = if on { count.fetch_add(1, Ordering::Relaxed) } else { count.fetch_sub(1, Ordering::Relaxed) };
        }
        if now() == on {
            return;
        }
    }
}

impl ProductOrder {
    pub(super) fn counts(&self) -> StateCounts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StateCounts {
            registered: count(&self.registered),
            online: count(&self.online),
            activated: count(&self.activated),
            disabled: count(&self.disabled),
        }
    }

    pub(super) fn insert(&self, device: &Arc<DirectoryDevice>) {
        let (key, bit) = place(device.number);
        let mut groups = self.groups.write();
        let group = groups.entry(key).or_default();
        let rank = group.rank(bit);
        if group.registered & bit != 0 {
            group.devices[rank] = Arc::clone(device);
        } else {
            group.registered |= bit;
            group.devices.insert(rank, Arc::clone(device));
            self.registered.fetch_add(1, Ordering::Relaxed);
        }
        self.mark_all(group, bit, device);
    }

    /// Takes a device out of the order and of every count.
    pub(super) fn remove(&self, device: &DirectoryDevice) {
        let (key, bit) = place(device.number);
        let mut groups = self.groups.write();
        let Some(group) = groups.get_mut(&key).filter(|group| group.registered & bit != 0) else { return };
        let rank = group.rank(bit);
        group.devices.remove(rank);
        group.registered &= !bit;
        self.registered.fetch_sub(1, Ordering::Relaxed);
        for (bits, count) in
            [(&group.online, &self.online), (&group.activated, &self.activated), (&group.disabled, &self.disabled)]
        {
            follow(bits, bit, count, || false);
        }
        if group.registered == 0 {
            groups.remove(&key);
        }
    }

    /// Its connection began or ended.
    pub(super) fn mark_online(&self, device: &DirectoryDevice) {
        self.mark(device, |group, bit| {
            follow(&group.activated, bit, &self.activated, || device.is_activated());
            follow(&group.online, bit, &self.online, || device.is_online());
        });
    }

    pub(super) fn mark_enabled(&self, device: &DirectoryDevice) {
        self.mark(device, |group, bit| follow(&group.disabled, bit, &self.disabled, || device.is_enabled().not()));
    }

    fn mark_all(&self, group: &Group, bit: u64, device: &DirectoryDevice) {
        follow(&group.activated, bit, &self.activated, || device.is_activated());
        follow(&group.online, bit, &self.online, || device.is_online());
        follow(&group.disabled, bit, &self.disabled, || device.is_enabled().not());
    }

    /// Nothing happens to a device that is no longer registered.
    fn mark(&self, device: &DirectoryDevice, change: impl FnOnce(&Group, u64)) {
        let (key, bit) = place(device.number);
        let groups = self.groups.read();
        let group = groups.get(&key).filter(|group| {
            group.registered & bit != 0 && std::ptr::eq(Arc::as_ptr(&group.devices[group.rank(bit)]), device)
        });
        if let Some(group) = group {
            change(group, bit);
        }
    }

    fn device(&self, number: u32) -> Option<Arc<DirectoryDevice>> {
        let (key, bit) = place(DeviceNumber(number));
        let groups = self.groups.read();
        let group = groups.get(&key).filter(|group| group.registered & bit != 0)?;
        group.devices.get(group.rank(bit)).cloned()
    }
}

/// Where a walk is in one product.
struct Cursor {
    order: Arc<ProductOrder>,
    group: u32,
    /// Numbers of the group that are still to come.
    left: u64,
}

impl Cursor {
    /// The next number that is in the state.
    fn advance(&mut self, state: StateFilter, looked_at: &mut u64) -> Option<u32> {
        while self.left == 0 {
            let groups = self.order.groups.read();
            let (key, group) = groups.range(..self.group).next_back()?;
            *looked_at += 1;
            (self.group, self.left) = (*key, group.matching(state));
        }
        let bit = u64::BITS - 1 - self.left.leading_zeros();
        self.left &= !(1 << bit);
        Some((self.group << GROUP_BITS) + bit)
    }

    /// At the numbers below `before`.
    fn new(order: Arc<ProductOrder>, state: StateFilter, before: Option<DeviceNumber>) -> Self {
        let Some((group, bit)) = before.map(place) else { return Self { order, group: u32::MAX, left: 0 } };
        let left = order.groups.read().get(&group).map_or(0, |group| group.matching(state) & (bit - 1));
        Self { order, group, left }
    }
}

/// See [`super::Directory::newest_first`].
pub(super) fn walk(
    orders: Vec<Arc<ProductOrder>>,
    state: StateFilter,
    before: Option<DeviceNumber>,
    look_max: u64,
    mut look: impl FnMut(&Arc<DirectoryDevice>) -> ControlFlow<()>,
) -> Walked {
    let mut walked = Walked::default();
    let some = orders.into_iter().filter(|order| order.counts().of(state) > 0);
    let mut cursors: Vec<_> = some.map(|order| Cursor::new(order, state, before)).collect();
    let mut heads = BinaryHeap::with_capacity(cursors.len());
    for (at, cursor) in cursors.iter_mut().enumerate() {
        heads.extend(cursor.advance(state, &mut walked.looked_at).map(|number| (number, at)));
    }
    let mut devices = 0;
    while let Some((number, at)) = heads.pop() {
        let cursor = &mut cursors[at];
        devices += 1;
        walked.looked_at += 1;
        // It may be gone since its bit was read.
        let is_done = cursor.order.device(number).is_some_and(|device| look(&device).is_break());
        heads.extend(cursor.advance(state, &mut walked.looked_at).map(|number| (number, at)));
        if is_done || devices >= look_max {
            walked.next = (!heads.is_empty()).then_some(DeviceNumber(number));
            return walked;
        }
    }
    walked
}

#[cfg(test)]
mod tests;
