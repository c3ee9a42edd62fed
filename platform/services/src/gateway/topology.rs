//! Gateways in memory: who takes whom, who comes in through whom.
//!
//! The data path does not ask here whether a gateway may act for a device: the device itself knows its gateway
//! ([`DirectoryDevice::gateway`]). Lists and the way to a device by its number are here.

use std::collections::HashMap;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId};
use parking_lot::RwLock;

use crate::directory::DirectoryDevice;

/// All of it at this moment.
#[derive(Debug, Default)]
pub struct Topology {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Products whose devices a gateway product takes, in the order they were allowed.
    allowed: HashMap<ProductId, Vec<ProductId>>,
    gateways: HashMap<DeviceNumber, Gateway>,
    /// Gateway of each sub-device.
    bound: HashMap<DeviceNumber, DeviceNumber>,
}

#[derive(Debug)]
struct Gateway {
    device: Arc<DirectoryDevice>,
    /// In the order they were bound.
    sub_devices: Vec<Arc<DirectoryDevice>>,
}

impl Topology {
    /// Whose home a device lives in: its gateway's, or its own.
    #[must_use]
    pub fn home(&self, number: DeviceNumber) -> DeviceNumber {
        self.inner.read().bound.get(&number).copied().unwrap_or(number)
    }

    /// The gateway a device comes in through.
    #[must_use]
    pub fn gateway_of(&self, device: DeviceNumber) -> Option<Arc<DirectoryDevice>> {
        let inner = self.inner.read();
        Some(Arc::clone(&inner.gateways.get(inner.bound.get(&device)?)?.device))
    }

    /// What comes in through a gateway, in the order it was bound.
    #[must_use]
    pub fn sub_devices(&self, gateway: DeviceNumber) -> Vec<Arc<DirectoryDevice>> {
        self.inner.read().gateways.get(&gateway).map(|gateway| gateway.sub_devices.clone()).unwrap_or_default()
    }

    /// How many come in through a gateway.
    #[must_use]
    pub fn sub_device_count(&self, gateway: DeviceNumber) -> usize {
        self.inner.read().gateways.get(&gateway).map_or(0, |gateway| gateway.sub_devices.len())
    }

    /// Products whose devices gateways of `gateway` take, in the order they were allowed.
    #[must_use]
    pub fn allowed(&self, gateway: ProductId) -> Vec<ProductId> {
        self.inner.read().allowed.get(&gateway).cloned().unwrap_or_default()
    }

    /// Do gateways of this product take devices of that one?
    #[must_use]
    pub fn allows(&self, gateway: ProductId, product: ProductId) -> bool {
        self.inner.read().allowed.get(&gateway).is_some_and(|products| products.contains(&product))
    }

    /// Does any gateway product take devices of this one?
    #[must_use]
    pub fn is_taken(&self, product: ProductId) -> bool {
        self.inner.read().allowed.values().any(|products| products.contains(&product))
    }

    /// Gateways of `gateway` through which devices of one of `products` come in, by name.
    #[must_use]
    pub fn holders(&self, gateway: ProductId, products: &[ProductId]) -> Vec<Arc<DirectoryDevice>> {
        let inner = self.inner.read();
        let holds = |g: &&Gateway| {
            g.device.product == gateway && g.sub_devices.iter().any(|device| products.contains(&device.product))
        };
        let mut found: Vec<_> = inner.gateways.values().filter(holds).map(|g| Arc::clone(&g.device)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    pub(super) fn allow(&self, gateway: ProductId, products: &[ProductId]) {
        let mut inner = self.inner.write();
        let allowed = inner.allowed.entry(gateway).or_default();
        for product in products {
            if !allowed.contains(product) {
                allowed.push(*product);
            }
        }
    }

    pub(super) fn withdraw(&self, gateway: ProductId, products: &[ProductId]) {
        let mut inner = self.inner.write();
        if let Some(allowed) = inner.allowed.get_mut(&gateway) {
            allowed.retain(|product| !products.contains(product));
            if allowed.is_empty() {
                inner.allowed.remove(&gateway);
            }
        }
    }

    pub(super) fn bind(&self, gateway: &Arc<DirectoryDevice>, devices: &[Arc<DirectoryDevice>]) {
        let mut inner = self.inner.write();
        for device in devices {
            inner.bound.insert(device.number, gateway.number);
            device.set_gateway(Some(gateway.number));
        }
        let fresh = || Gateway { device: Arc::clone(gateway), sub_devices: Vec::new() };
        inner.gateways.entry(gateway.number).or_insert_with(fresh).sub_devices.extend_from_slice(devices);
    }

    pub(super) fn unbind(&self, gateway: DeviceNumber, devices: &[Arc<DirectoryDevice>]) {
        let mut inner = self.inner.write();
        for device in devices {
            inner.bound.remove(&device.number);
            device.set_gateway(None);
        }
        let Some(known) = inner.gateways.get_mut(&gateway) else { return };
        known.sub_devices.retain(|known| !devices.iter().any(|device| device.number == known.number));
        if known.sub_devices.is_empty() {
            inner.gateways.remove(&gateway);
        }
    }
}
