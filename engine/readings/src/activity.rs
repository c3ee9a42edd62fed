//! On which days devices were there, and how many of each product: counted as records are applied, so that a question
//! costs the same for ten devices and for a million.
//!
//! Setting a bit twice changes nothing, so applying a record again is harmless. One row a device is kept on disk; the
//! counts are made from the rows at start.

use std::collections::BTreeMap;

use fjall::Keyspace;
use hashbrown::HashMap;
use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::{Activity, Day};

use crate::coding::{Reader, put};
use crate::fault::Fault;

const VERSION: u8 = 1;

/// First byte of the keys of all rows.
const KEYS: u8 = 3;

/// Devices with neighbouring numbers share a block of memory.
const BLOCK: u32 = 256;

/// Days of the calendar kept per product; a question looks back 14.
const DAYS_KEPT: usize = 32;

/// Days of one window.
const WEEK: u16 = 7;

const NEVER: u16 = 0;

/// One device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Place of its product, plus one; 0 while nothing was seen.
    product: u32,
    activated: u16,
    /// Newest day on which it was there.
    last: u16,
    /// Bit `i`: it was there `i` days before `last`.
    days: u16,
    forgotten: bool,
}

/// Devices of one product by day. `week_to` counts devices that were there in the seven days that end with the day.
#[derive(Debug, Default)]
struct Counts {
    activated: u64,
    activated_on: BTreeMap<u16, u64>,
    active_on: BTreeMap<u16, u64>,
    week_to: BTreeMap<u16, u64>,
}

#[derive(Clone, Copy)]
enum Step {
    Add,
    Remove,
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct ActivityTable {
    devices: HashMap<u32, Box<[Seen; BLOCK as usize]>>,
    products: Vec<(ProductId, Counts)>,
    places: HashMap<ProductId, u32>,
    /// Changed since they were last written; more than once at times.
    dirty: Vec<u32>,
}

/// Key of a device's row, beside that of its state.
pub(crate) fn key(number: u32) -> [u8; 5] {
    let mut key = [KEYS; 5];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

impl ActivityTable {
    /// Reads every row.
    pub(crate) fn load(disk: &Keyspace) -> Result<Self, Fault> {
        let mut table = Self::default();
        for row in disk.prefix([KEYS]) {
            let (key, value) = row.into_inner()?;
            let number = key.get(1..).and_then(|key| key.try_into().ok()).map(u32::from_be_bytes);
            let damaged = || Fault::Damaged("device activity");
            table.restore(number.ok_or_else(damaged)?, &value).ok_or_else(damaged)?;
        }
        Ok(table)
    }

    fn restore(&mut self, number: u32, row: &[u8]) -> Option<()> {
        let mut reader = Reader::new(row);
        if reader.byte()? != VERSION {
            return None;
        }
        let forgotten = reader.byte()? != 0;
        let product = ProductId::from_bytes(reader.bytes()?)?;
        let mut day = || u16::try_from(reader.number()?).ok();
        let (activated, last, days) = (day()?, day()?, day()?);
        let seen = Seen { product: self.place(product) + 1, activated, last, days, forgotten };
        *self.slot(number) = seen;
        if !forgotten {
            self.count(&seen, Step::Add);
        }
        Some(())
    }

    /// Applies one record of a known device.
    #[inline]
    pub(crate) fn apply(&mut self, committed: UnixMillis, record: &Record<'_>) {
        if record.number == DeviceNumber::NONE || !record.kind.shows_presence() {
            return;
        }
        let day = Day::of(committed).0;
        let seen = *self.slot(record.number.0);
        let activates = seen.activated == NEVER && record.kind == RecordKind::Connected && record.code == 0;
        if seen.forgotten || day < seen.last || (day == seen.last && !activates) {
            return;
        }
        self.note(record, day, seen, activates);
    }

    fn note(&mut self, record: &Record<'_>, day: u16, before: Seen, activates: bool) {
        let mut seen = before;
        if seen.product == 0 {
            seen.product = self.place(record.product) + 1;
        }
        let counts = &mut self.products[seen.product as usize - 1].1;
        if day > seen.last {
            let since = (before.days != 0).then_some(seen.last);
            seen.days = seen.days.checked_shl(u32::from(day - seen.last)).unwrap_or(0) | 1;
            seen.last = day;
            counts.present(day, since, Step::Add);
        }
        if activates {
            seen.activated = day;
            counts.activated(day, Step::Add);
        }
        *self.slot(record.number.0) = seen;
        self.dirty.push(record.number.0);
    }

    /// Takes a deleted device out of every count, for good.
    pub(crate) fn forget(&mut self, number: u32) -> Option<Vec<u8>> {
        let seen = *self.slot(number);
        if seen.forgotten || seen.product == 0 {
            return None;
        }
        self.count(&seen, Step::Remove);
        self.slot(number).forgotten = true;
        self.encode(number)
    }

    /// What these products' devices did.
    pub(crate) fn sum(&self, products: &[ProductId], today: Day) -> Activity {
        let mut sum = Activity::default();
        for product in products {
            let Some(place) = self.places.get(product) else { continue };
            let counts = &self.products[*place as usize].1;
            let week = |back: u16| {
                let days = today.before(back + WEEK).0..today.before(back).0;
                counts.activated_on.range(days).map(|(_, count)| count).sum::<u64>()
            };
            let at = |map: &BTreeMap<u16, u64>, back: u16| map.get(&today.before(back).0).copied().unwrap_or(0);
            sum.activated += counts.activated;
            sum.activated_yesterday += at(&counts.activated_on, 1);
            sum.active_yesterday += at(&counts.active_on, 1);
            sum.activated_week += week(0);
            sum.active_week += at(&counts.week_to, 1);
            sum.activated_week_before += week(WEEK);
            sum.active_week_before += at(&counts.week_to, 1 + WEEK);
        }
        sum
    }

    /// Devices that ever signed in and are not deleted, ascending.
    pub(crate) fn ever_activated(&self) -> Vec<DeviceNumber> {
        let mut numbers = Vec::new();
        for (block, devices) in &self.devices {
            let activated =
                (0_u32..).zip(devices.iter()).filter(|(_, seen)| seen.activated != NEVER && !seen.forgotten);
            numbers.extend(activated.map(|(at, _)| DeviceNumber(block * BLOCK + at)));
        }
        numbers.sort_unstable();
        numbers
    }

    /// Of which product a device is; `None` when it was never there, or is deleted.
    pub(crate) fn product_of(&self, number: u32) -> Option<ProductId> {
        let seen = self.devices.get(&(number / BLOCK))?.get((number % BLOCK) as usize)?;
        let (product, _) = self.products.get((seen.product as usize).checked_sub(1)?)?;
        (!seen.forgotten).then_some(*product)
    }

    /// Every number changed since the last call, ascending; follow with [`ActivityTable::encode`] for each.
    pub(crate) fn take_dirty(&mut self) -> Vec<u32> {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        dirty
    }

    /// Takes numbers back whose rows could not be written.
    pub(crate) fn give_back(&mut self, numbers: &[u32]) {
        self.dirty.extend_from_slice(numbers);
    }

    /// The row to write for a number.
    pub(crate) fn encode(&mut self, number: u32) -> Option<Vec<u8>> {
        let seen = *self.slot(number);
        let (product, _) = self.products.get((seen.product as usize).checked_sub(1)?)?;
        let mut row = vec![VERSION, u8::from(seen.forgotten)];
        crate::coding::put_bytes(&mut row, product.as_bytes());
        for day in [seen.activated, seen.last, seen.days] {
            put(&mut row, u64::from(day));
        }
        Some(row)
    }

    fn slot(&mut self, number: u32) -> &mut Seen {
        let block = self.devices.entry(number / BLOCK).or_insert_with(|| Box::new([Seen::default(); BLOCK as usize]));
        &mut block[(number % BLOCK) as usize]
    }

    fn place(&mut self, product: ProductId) -> u32 {
        let next = u32::try_from(self.products.len()).expect("products are counted in thousands");
        *self.places.entry(product).or_insert_with(|| {
            self.products.push((product, Counts::default()));
            next
        })
    }

    /// Counts all that is known of a device, or takes it back.
    fn count(&mut self, seen: &Seen, step: Step) {
        let counts = &mut self.products[seen.product as usize - 1].1;
        if seen.activated != NEVER {
            counts.activated(seen.activated, step);
        }
        let mut since = None;
        for back in (0..16).rev().filter(|back| seen.days & 1 << back != 0) {
            let day = seen.last - back;
            counts.present(day, since, step);
            since = Some(day);
        }
    }
}

impl Counts {
    fn activated(&mut self, day: u16, step: Step) {
        self.activated = match step {
            Step::Add => self.activated + 1,
            Step::Remove => self.activated.saturating_sub(1),
        };
        change(&mut self.activated_on, day, step);
    }

    /// A device was there on `day`, before that on `since`: it is new in the weeks that do not hold `since`.
    fn present(&mut self, day: u16, since: Option<u16>, step: Step) {
        change(&mut self.active_on, day, step);
        let first = since.map_or(day, |since| day.max(since.saturating_add(WEEK)));
        for last in first..=day.saturating_add(WEEK - 1) {
            change(&mut self.week_to, last, step);
        }
    }
}

fn change(map: &mut BTreeMap<u16, u64>, day: u16, step: Step) {
    match step {
        Step::Add => *map.entry(day).or_default() += 1,
        Step::Remove => {
            if let Some(count) = map.get_mut(&day) {
                *count = count.saturating_sub(1);
            }
        }
    }
    while map.len() > DAYS_KEPT {
        map.pop_first();
    }
}
