//! Failed sign-ins: who has to wait before another password is looked at.
//!
//! Pure: time comes in. Failures are counted by source and device together, by device, by product and by source. Too
//! many by one source, or by one source for one device, and that source waits: it is refused without a look at its
//! password, for a time that doubles up to [`WAIT_MAX`]. Too many for a device or a product, from wherever, and every
//! source has one try a window for it instead of several: whoever floods a device's name, the device itself gets in
//! with its right password from its own address. The table has a fixed size, however many addresses take part.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use lianwu_model::{DeviceNumber, ProductId};
use parking_lot::Mutex;

/// Failures are counted over this time, and refusals told once in it.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

const WAIT_MIN: Duration = Duration::from_secs(1);

/// Longest wait without a further failure.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(60);

/// The table: so many sets of so many entries, 32 bytes each, half a megabyte once the first sign-in has failed.
const SETS: usize = 4096;
const WAYS: usize = 4;

/// Devices whose refusals are counted one by one; those of more are counted by product.
const NOTICES_MAX: usize = 1024;

/// Failures within a window that are too many, as multiples of the limit for one source and device.
const DEVICE_TIMES: u32 = 4;
const SOURCE_TIMES: u32 = 20;
const PRODUCT_TIMES: u32 = 40;

/// Who wants to sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) source: IpAddr,
    pub(crate) client_id: &'a str,
}

/// Whom the owner of a device is told about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) product: ProductId,
    /// Empty when the refusals are those of many devices.
    pub(crate) device: Box<str>,
    pub(crate) number: DeviceNumber,
    /// Sign-ins refused without a look at the password.
    pub(crate) count: u64,
    pub(crate) last_source: IpAddr,
}

/// Shared by the workers; locked for some hundred nanoseconds per sign-in.
#[derive(Debug)]
pub(crate) struct Failures {
    limit: u32,
    started: Instant,
    hasher: RandomState,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Empty until the first failure.
    entries: Vec<Entry>,
    /// With the time of the first refusal.
    notices: HashMap<(ProductId, Box<str>), (u64, Notice)>,
}

/// What one source, device, product, or source and device has failed. Times in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// 0: not used.
    key: u64,
    since: u64,
    waits_until: u64,
    failures: u32,
    waits: u32,
}

/// The four things failures are counted by.
#[derive(Clone, Copy, Debug)]
struct Keys {
    pair: u64,
    device: u64,
    product: u64,
    source: u64,
}

impl Failures {
    /// `limit`: failures of one source for one device within [`WINDOW`]; `None` for 0, which means no limit.
    pub(crate) fn new(limit: u32, now: Instant) -> Option<Self> {
        (limit > 0).then(|| Self { limit, started: now, hasher: RandomState::new(), inner: Mutex::default() })
    }

    /// Must it wait? Then its password is not looked at.
    pub(crate) fn must_wait(&self, now: Instant, attempt: &Attempt<'_>) -> bool {
        let (now, keys) = (self.millis(now), self.keys(attempt));
        let inner = self.inner.lock();
        let entry = |key| inner.find(key).copied().unwrap_or_default();
        let (pair, source) = (entry(keys.pair), entry(keys.source));
        if pair.waits(now) || source.waits(now) {
            return true;
        }
        let has_failed = pair.failures_at(now) > 0;
        has_failed && (entry(keys.device).waits(now) || entry(keys.product).waits(now))
    }

    /// Counts a sign-in that failed.
    pub(crate) fn failed(&self, now: Instant, attempt: &Attempt<'_>) {
        let (now, keys) = (self.millis(now), self.keys(attempt));
        let mut inner = self.inner.lock();
        for (key, times) in
            [(keys.pair, 1), (keys.device, DEVICE_TIMES), (keys.product, PRODUCT_TIMES), (keys.source, SOURCE_TIMES)]
        {
            inner.entry(key, now).fail(now, self.limit.saturating_mul(times));
        }
    }

    /// The right password: what this source had failed for this device is forgotten.
    pub(crate) fn succeeded(&self, attempt: &Attempt<'_>) {
        let key = self.keys(attempt).pair;
        let mut inner = self.inner.lock();
        if let Some(entry) = inner.find_mut(key) {
            *entry = Entry::default();
        }
    }

    /// Counts a refusal for its owner.
    pub(crate) fn note(&self, now: Instant, about: Notice) {
        let now = self.millis(now);
        let mut inner = self.inner.lock();
        let mut key = (about.product, about.device.clone());
        let mut about = about;
        if inner.notices.len() >= NOTICES_MAX && !inner.notices.contains_key(&key) {
            (key.1, about.device, about.number) = (Box::default(), Box::default(), DeviceNumber::NONE);
        }
        let (_, notice) = inner.notices.entry(key).or_insert_with(|| (now, Notice { count: 0, ..about.clone() }));
        notice.count += about.count;
        notice.last_source = about.last_source;
    }

    /// The refusals whose window is over.
    pub(crate) fn due_notices(&self, now: Instant) -> Vec<Notice> {
        let now = self.millis(now);
        let mut inner = self.inner.lock();
        if inner.notices.is_empty() {
            return Vec::new();
        }
        inner.notices.extract_if(|_, (since, _)| now >= *since + millis(WINDOW)).map(|(_, (_, n))| n).collect()
    }

    fn millis(&self, now: Instant) -> u64 {
        millis(now.saturating_duration_since(self.started))
    }

    fn keys(&self, attempt: &Attempt<'_>) -> Keys {
        let source = network(attempt.source);
        let product = attempt.client_id.get(..ProductId::LEN).unwrap_or(attempt.client_id);
        Keys {
            pair: self.key((0_u8, source, attempt.client_id)),
            device: self.key((1_u8, attempt.client_id)),
            product: self.key((2_u8, product)),
            source: self.key((3_u8, source)),
        }
    }

    fn key(&self, of: impl Hash) -> u64 {
        self.hasher.hash_one(of).max(1)
    }
}

impl Inner {
    fn set(key: u64) -> std::ops::Range<usize> {
        let set = usize::try_from(key % SETS as u64).unwrap_or(0);
        set * WAYS..(set + 1) * WAYS
    }

    fn find(&self, key: u64) -> Option<&Entry> {
        self.entries.get(Self::set(key))?.iter().find(|entry| entry.key == key)
    }

    fn find_mut(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.get_mut(Self::set(key))?.iter_mut().find(|entry| entry.key == key)
    }

    /// The entry of a key; a new one takes the place of that which says least.
    fn entry(&mut self, key: u64, now: u64) -> &mut Entry {
        if self.entries.is_empty() {
            self.entries = vec![Entry::default(); SETS * WAYS];
        }
        let set = &mut self.entries[Self::set(key)];
        let known = set.iter().position(|entry| entry.key == key);
        let place = known.unwrap_or_else(|| {
            let least = |at: &usize| (set[*at].failures_at(now), set[*at].waits(now), set[*at].since);
            let place = (0..WAYS).min_by_key(least).unwrap_or(0);
            set[place] = Entry { key, since: now, ..Entry::default() };
            place
        });
        &mut set[place]
    }
}

impl Entry {
    fn waits(&self, now: u64) -> bool {
        now < self.waits_until
    }

    /// Failures in the window that is still open; a wait keeps it open.
    fn failures_at(&self, now: u64) -> u32 {
        if now < self.since + millis(WINDOW) || self.waits(now) { self.failures } else { 0 }
    }

    fn fail(&mut self, now: u64, limit: u32) {
        if now >= self.waits_until + millis(WINDOW) {
            self.waits = 0;
        }
        if self.failures_at(now) == 0 {
            (self.since, self.failures) = (now, 0);
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= limit && !self.waits(now) {
            let wait = millis(WAIT_MIN).saturating_mul(1 << self.waits.min(16)).min(millis(WAIT_MAX));
            self.waits_until = now + wait;
            self.waits = self.waits.saturating_add(1);
        }
    }
}

/// What counts as one source: an address of version 4, a network of 64 bits of version 6.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
