//! Every registered device in memory, with what sign-in needs: name, number, secret, enabled, online.
//!
//! About 160 bytes a device. Sign-in is a hash look-up, so it costs the same for ten devices and for a million.

mod order;

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use hashbrown::HashTable;
use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::certificate::Fingerprint;
use lianwu_model::product::Tag;
use lianwu_model::{DeviceKey, DeviceName, DeviceNumber, ProductId};
use parking_lot::RwLock;

use order::ProductOrder;
pub use order::{StateCounts, StateFilter, Walked};

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
    /// It signed in at least once.
    activated: AtomicBool,
    /// The gateway it comes in through; 0 for none.
    gateway: AtomicU32,
    /// Its place among the devices of its product, which holds it, too.
    order: Weak<ProductOrder>,
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
            activated: false.into(),
            gateway: 0.into(),
            order: Weak::new(),
            tags: ArcSwapOption::empty(),
        }
    }

    /// The device with a certificate on record.
    #[must_use]
    pub fn with_fingerprint(self, fingerprint: Option<Fingerprint>) -> Self {
        self.set_fingerprint(fingerprint);
        self
    }

    /// The device as one that signed in before, or never.
    #[must_use]
    pub fn with_activation(self, activated: bool) -> Self {
        self.activated.store(activated, Ordering::Relaxed);
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

    /// Does it carry all of these tags, key and value exactly?
    #[must_use]
    pub fn carries(&self, wanted: &[(String, String)]) -> bool {
        let tags = self.tags.load();
        let own = tags.as_deref().map_or(&[][..], Vec::as_slice);
        wanted.iter().all(|(key, value)| own.iter().any(|tag| tag.key == *key && tag.value == *value))
    }

    /// Are these exactly its tags, in this order?
    #[must_use]
    pub fn carries_only(&self, wanted: &[Tag]) -> bool {
        self.tags.load().as_deref().map_or(&[][..], Vec::as_slice) == wanted
    }

    pub fn set_tags(&self, tags: Vec<Tag>) {
        self.tags.store((!tags.is_empty()).then(|| Arc::new(tags)));
    }

    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::SeqCst);
        if let Some(order) = self.order.upgrade() {
            order.mark_enabled(self);
        }
    }

    /// It signed in without a connection.
    pub fn note_activated(&self) {
        if !self.activated.swap(true, Ordering::SeqCst)
            && let Some(order) = self.order.upgrade()
        {
            order.mark_online(self);
        }
    }

    /// Did it ever sign in?
    #[must_use]
    pub fn is_activated(&self) -> bool {
        self.activated.load(Ordering::Relaxed)
    }

    /// Is a connection open on this node by which it is reached?
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.online.load(Ordering::SeqCst) > 0
    }

    /// A connection by which it is reached began or ended. Only the worker that has the connection calls this, with each
    /// beginning and its end in turn.
    pub fn set_online(&self, online: bool) {
        let next = |count: u8| if online { count.checked_add(1) } else { count.checked_sub(1) };
        let before = self.online.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        if !matches!((before, online), (Ok(0), true) | (Ok(1), false)) {
            return;
        }
        self.activated.store(true, Ordering::Relaxed);
        if let Some(order) = self.order.upgrade() {
            order.mark_online(self);
        }
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
    products: RwLock<HashMap<ProductId, Arc<ProductOrder>>>,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| RwLock::default()),
            products: RwLock::default(),
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
        let order = Arc::clone(self.products.write().entry(product).or_default());
        device.order = Arc::downgrade(&order);
        let device = Arc::new(device);
        let mut shard = self.shard(hash).write();
        let same = |d: &Arc<DirectoryDevice>| d.product == device.product && d.name == device.name;
        match shard.find_mut(hash, same) {
            Some(old) => {
                let old = std::mem::replace(old, Arc::clone(&device));
                order.remove(&old);
            }
            None => {
                shard.insert_unique(hash, Arc::clone(&device), |d| self.hash(d.product, d.name.as_str()));
            }
        }
        order.insert(&device);
    }

    pub fn remove(&self, product: ProductId, name: &str) -> Option<Arc<DirectoryDevice>> {
        let hash = self.hash(product, name);
        let mut shard = self.shard(hash).write();
        let entry = shard.find_entry(hash, |d| d.product == product && d.name.as_str() == name).ok()?;
        let (device, _) = entry.remove();
        if let Some(order) = self.of(product) {
            order.remove(&device);
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
        self.of(product).map_or(0, |order| order.counts().registered)
    }

    /// Devices of a product that are online on this node.
    #[must_use]
    pub fn online(&self, product: ProductId) -> u64 {
        self.of(product).map_or(0, |order| order.counts().online)
    }

    #[must_use]
    pub fn total(&self) -> u64 {
        self.products.read().values().map(|order| order.counts().registered).sum()
    }

    /// How many devices of these products are in which state; kept as they change, so nothing is walked.
    #[must_use]
    pub fn state_counts(&self, products: &[ProductId]) -> StateCounts {
        products.iter().filter_map(|product| self.of(*product)).map(|order| order.counts()).sum()
    }

    /// Walks the devices of these products that are in a state, newest first, from below `before`, until `look` breaks or
    /// `look_max` were looked at. Index: a bit for each state, 64 devices a word.
    pub fn newest_first(
        &self,
        products: &[ProductId],
        state: StateFilter,
        before: Option<DeviceNumber>,
        look_max: u64,
        look: impl FnMut(&Arc<DirectoryDevice>) -> ControlFlow<()>,
    ) -> Walked {
        let orders = products.iter().filter_map(|product| self.of(*product)).collect();
        order::walk(orders, state, before, look_max, look)
    }

    fn of(&self, product: ProductId) -> Option<Arc<ProductOrder>> {
        self.products.read().get(&product).cloned()
    }

    fn hash(&self, product: ProductId, name: &str) -> u64 {
        self.hasher.hash_one((product, name))
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<Arc<DirectoryDevice>>> {
        // The table uses the low and the highest bits; take some between.
        &self.shards[(hash >> 40) as usize % SHARDS]
    }
}
