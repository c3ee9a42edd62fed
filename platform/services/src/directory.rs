//! Every registered device in memory, with what sign-in needs: name, number, secret, enabled, online.
//!
//! About 150 bytes a device. Sign-in is a hash look-up, so it costs the same for ten devices and for a million.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    fingerprint: Option<Box<Fingerprint>>,
    enabled: AtomicBool,
    online: AtomicBool,
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
            fingerprint: None,
            enabled: enabled.into(),
            online: false.into(),
            online_of_product: Arc::default(),
            tags: ArcSwapOption::empty(),
        }
    }

    /// The device with a certificate on record.
    #[must_use]
    pub fn with_fingerprint(self, fingerprint: Option<Fingerprint>) -> Self {
        Self { fingerprint: fingerprint.map(Box::new), ..self }
    }

    /// Of the only certificate it may sign in with, if there is one on record.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint.as_deref().copied()
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

    /// Is a connection of it open on this node?
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.online.load(Ordering::Relaxed)
    }

    /// Only the device's home worker calls this.
    pub fn set_online(&self, online: bool) {
        match (self.online.swap(online, Ordering::Relaxed), online) {
            (false, true) => self.online_of_product.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.online_of_product.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
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
