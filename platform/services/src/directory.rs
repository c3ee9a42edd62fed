//! Every registered device in memory, with what sign-in needs: name, number, secret, enabled, online.
//!
//! About 150 bytes a device. Sign-in is a hash look-up, so it costs the same for ten devices and for a million.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use hashbrown::HashTable;
use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::certificate::Fingerprint;
use lianwu_model::product::Tag;
use lianwu_model::{DeviceKey, DeviceName, DeviceNumber, ProductId};
use parking_lot::RwLock;

/// One device. Connections keep it while they last.
#[derive(Debug)]
pub struct DirectoryDevice {
    pub number: DeviceNumber,
    pub product: ProductId,
    pub name: DeviceName,
    pub secret: DeviceSecret,
    /// Of the certificate on record; most devices have none: then it is one empty pointer.
    fingerprint: ArcSwapOption<Fingerprint>,
    enabled: AtomicBool,
    /// Connections it is reached by: its own, its gateway's. More than one only while it moves to another home.
    online: AtomicU8,
    /// The gateway it comes in through; 0 for none.
    gateway: AtomicU32,
    /// Devices of its product that are online.
    online_of_product: Arc<AtomicU64>,
    /// Most devices have none: then it is one empty pointer.
    tags: ArcSwapOption<Vec<Tag>>,
}

impl DirectoryDevice {
    #[must_use]
    pub fn new(key: DeviceKey, number: DeviceNumber, secret: DeviceSecret, enabled: bool) -> Self {
        Self {
            number,
            product: key.product,
            name: key.device,
            secret,
            fingerprint: ArcSwapOption::empty(),
            enabled: enabled.into(),
            online: 0.into(),
            gateway: 0.into(),
            online_of_product: Arc::default(),
            tags: ArcSwapOption::empty(),
        }
    }

    /// The device with a certificate on record.
    #[must_use]
    pub fn with_fingerprint(self, fingerprint: Option<Fingerprint>) -> Self {
        self.set_fingerprint(fingerprint);
        self
    }

    /// Of the only certificate it may sign in with, if there is one on record.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint.load().as_deref().copied()
    }

    /// Another certificate is on record from now on.
    pub fn set_fingerprint(&self, fingerprint: Option<Fingerprint>) {
        self.fingerprint.store(fingerprint.map(Arc::new));
    }

    #[must_use]
    pub fn key(&self) -> DeviceKey {
        DeviceKey { product: self.product, device: self.name.clone() }
    }

    /// Is this its product and name?
    #[must_use]
    pub fn is(&self, product: ProductId, name: &str) -> bool {
        self.product == product && self.name.as_str() == name
    }

    /// Its own tags, in the order of their keys.
    #[must_use]
    pub fn tags(&self) -> Vec<Tag> {
        self.tags.load().as_deref().cloned().unwrap_or_default()
    }

    pub fn set_tags(&self, tags: Vec<Tag>) {
        self.tags.store((!tags.is_empty()).then(|| Arc::new(tags)));
    }

    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Is a connection open on this node by which it is reached?
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.online.load(Ordering::Relaxed) > 0
    }

    /// A connection by which it is reached began or ended. Only the worker that has the connection calls this, with each
    /// beginning and its end in turn.
    pub fn set_online(&self, online: bool) {
        let next = |count: u8| if online { count.checked_add(1) } else { count.checked_sub(1) };
        match (self.online.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next), online) {
            (Ok(0), true) => self.online_of_product.fetch_add(1, Ordering::Relaxed),
            (Ok(1), false) => self.online_of_product.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
    }

    /// The gateway it comes in through.
    #[must_use]
    pub fn gateway(&self) -> Option<DeviceNumber> {
        Some(DeviceNumber(self.gateway.load(Ordering::Relaxed))).filter(|number| *number != DeviceNumber::NONE)
    }

    pub(crate) fn set_gateway(&self, gateway: Option<DeviceNumber>) {
        self.gateway.store(gateway.unwrap_or_default().0, Ordering::Relaxed);
    }

    /// Whose home it lives in: its gateway's, or its own.
    #[must_use]
    pub fn home(&self) -> DeviceNumber {
        self.gateway().unwrap_or(self.number)
    }
}

const SHARDS: usize = 64;

/// Devices by (product, name), spread over shards so that sign-ins on several workers do not meet.
#[derive(Debug)]
pub struct Directory {
    hasher: RandomState,
    shards: [RwLock<HashTable<Arc<DirectoryDevice>>>; SHARDS],
    counts: RwLock<HashMap<ProductId, Count>>,
}

/// Devices of one product.
#[derive(Debug, Default)]
struct Count {
    registered: u64,
    online: Arc<AtomicU64>,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| RwLock::default()),
            counts: RwLock::default(),
        }
    }
}

impl Directory {
    #[must_use]
    pub fn find(&self, product: ProductId, name: &str) -> Option<Arc<DirectoryDevice>> {
        let hash = self.hash(product, name);
        self.shard(hash).read().find(hash, |d| d.product == product && d.name.as_str() == name).cloned()
    }

    /// Adds a device, or replaces the one of that name.
    pub fn put(&self, mut device: DirectoryDevice) {
        let hash = self.hash(device.product, device.name.as_str());
        let product = device.product;
        device.online_of_product = Arc::clone(&self.counts.write().entry(product).or_default().online);
        let mut shard = self.shard(hash).write();
        let same = |d: &Arc<DirectoryDevice>| d.product == device.product && d.name == device.name;
        match shard.find_mut(hash, same) {
            Some(old) => *old = Arc::new(device),
            None => {
                shard.insert_unique(hash, Arc::new(device), |d| self.hash(d.product, d.name.as_str()));
                self.counts.write().entry(product).or_default().registered += 1;
            }
        }
    }

    pub fn remove(&self, product: ProductId, name: &str) -> Option<Arc<DirectoryDevice>> {
        let hash = self.hash(product, name);
        let mut shard = self.shard(hash).write();
        let entry = shard.find_entry(hash, |d| d.product == product && d.name.as_str() == name).ok()?;
        let (device, _) = entry.remove();
        if let Some(count) = self.counts.write().get_mut(&product) {
            count.registered -= 1;
        }
        Some(device)
    }

    /// Every device, in any order. Holds up registrations while it runs: not for the data path.
    pub fn each(&self, mut look: impl FnMut(&Arc<DirectoryDevice>)) {
        for shard in &self.shards {
            shard.read().iter().for_each(&mut look);
        }
    }

    /// Registered devices of a product.
    #[must_use]
    pub fn count(&self, product: ProductId) -> u64 {
        self.counts.read().get(&product).map_or(0, |count| count.registered)
    }

    /// Devices of a product that are online on this node.
    #[must_use]
    pub fn online(&self, product: ProductId) -> u64 {
        self.counts.read().get(&product).map_or(0, |count| count.online.load(Ordering::Relaxed))
    }

    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.read().values().map(|count| count.registered).sum()
    }

    fn hash(&self, product: ProductId, name: &str) -> u64 {
        self.hasher.hash_one((product, name))
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<Arc<DirectoryDevice>>> {
        // The table uses the low and the highest bits; take some between.
        &self.shards[(hash >> 40) as usize % SHARDS]
    }
}
