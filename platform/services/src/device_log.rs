//! Logs that devices keep of themselves: how much each uploads. Source: spec/device-protocol.md 9.6.
//!
//! A device has its own level or its product's; without either it uploads nothing. Uploaded lines are records of the log
//! like all others; [`crate::logs`] finds them.

mod telling;

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use lianwu_device_protocol::system;
use lianwu_device_protocol::topic::{DownTopic, down_topic};
use lianwu_model::log_level::LogLevel;
use lianwu_model::{DeviceNumber, ProductId, Uin};
use lianwu_ports::bus::{Delivery, Down, DownKind};
use lianwu_ports::registry::StoreError;
use parking_lot::RwLock;

use crate::Platform;
use crate::device::{self, DeviceError};
use crate::directory::DirectoryDevice;
use crate::message::SendError;
use crate::product::{self, ProductError};

use telling::Telling;

/// Every level that was set, in memory. A device without one of its own costs nothing.
#[derive(Debug, Default)]
pub struct LogLevels {
    products: ArcSwap<HashMap<ProductId, LogLevel>>,
    devices: RwLock<HashMap<DeviceNumber, LogLevel>>,
    telling: Telling,
}

impl LogLevels {
    /// What a device is told: its own level, else its product's, else off.
    #[must_use]
    pub fn of(&self, product: ProductId, device: DeviceNumber) -> LogLevel {
        self.of_device(device).or_else(|| self.of_product(product)).unwrap_or_default()
    }

    /// A device's own.
    #[must_use]
    pub fn of_device(&self, device: DeviceNumber) -> Option<LogLevel> {
        self.devices.read().get(&device).copied()
    }

    #[must_use]
    pub fn of_product(&self, product: ProductId) -> Option<LogLevel> {
        self.products.load().get(&product).copied()
    }

    fn put_product(&self, product: ProductId, level: Option<LogLevel>) {
        let mut products = HashMap::clone(&self.products.load());
        put(&mut products, product, level);
        self.products.store(products.into());
    }
}

fn put<K: Eq + std::hash::Hash>(levels: &mut HashMap<K, LogLevel>, of: K, level: Option<LogLevel>) {
    match level {
        Some(level) => levels.insert(of, level),
        None => levels.remove(&of),
    };
}

/// Brings the levels into memory: at start.
///
/// # Errors
/// When the registry fails.
pub(crate) async fn load(platform: &Platform) -> Result<(), StoreError> {
    let products = platform.stores.log_levels.product_log_levels().await?;
    let devices = platform.stores.log_levels.device_log_levels().await?;
    platform.log_levels.products.store(products.into_iter().collect::<HashMap<_, _>>().into());
    *platform.log_levels.devices.write() = devices.into_iter().collect();
    Ok(())
}

/// The registry has deleted them already.
pub(crate) fn forget_devices(platform: &Platform, numbers: &[DeviceNumber]) {
    let mut devices = platform.log_levels.devices.write();
    for number in numbers {
        devices.remove(number);
    }
}

/// The same of a product.
pub(crate) fn forget_product(platform: &Platform, product: ProductId) {
    if platform.log_levels.of_product(product).is_some() {
        platform.log_levels.put_product(product, None);
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LevelError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the registry failed")]
    Store(#[from] StoreError),
    /// The level is set; the device asks for it when it signs in.
    #[error("the level is set, but the device could not be told: {0}")]
    NotTold(#[from] SendError),
}

/// Sets a device's own level, or takes it away, and tells the device what it has now.
///
/// # Errors
/// See [`LevelError`].
pub async fn set_of_device(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    level: Option<LogLevel>,
    request_id: &str,
) -> Result<Delivery, LevelError> {
    let device = {
        let _turn = platform.turns.take().await;
        let device = device::find(platform, owner, product, name)?;
        platform.stores.log_levels.set_device_log_level(device.number, level).await?;
        put(&mut platform.log_levels.devices.write(), device.number, level);
        device
    };
    Ok(tell(platform, &device, request_id).await?)
}

/// Sets what the devices of a product have that have no level of their own, or takes it away. Those that are online and
/// listen are told, by a task beside the calls; others learn it when they ask, which is when they sign in.
///
/// # Errors
/// [`LevelError::Product`], `Store`.
pub async fn set_of_product(
    platform: &Arc<Platform>,
    owner: Uin,
    product: &str,
    level: Option<LogLevel>,
    request_id: &str,
) -> Result<(), LevelError> {
    let product = {
        let _turn = platform.turns.take().await;
        let product = product::find(platform, owner, product)?.product.id;
        platform.stores.log_levels.set_product_log_level(product, level).await?;
        platform.log_levels.put_product(product, level);
        product
    };
    telling::start(platform, product, request_id);
    Ok(())
}

async fn tell(platform: &Platform, device: &DirectoryDevice, request_id: &str) -> Result<Delivery, SendError> {
    let mut topic = String::new();
    down_topic(DownTopic::Log, device.product, device.name.as_str(), &mut topic);
    let kind = DownKind::Topic(topic.into());
    Ok(platform.bus.deliver(told(platform, device, kind, request_id)).await?)
}

/// What a device is told of its level as it is now.
fn told(platform: &Platform, device: &DirectoryDevice, kind: DownKind, request_id: &str) -> Down {
    let mut payload = Vec::new();
    let level = platform.log_levels.of(device.product, device.number);
    system::tell_log_level(b"", level, platform.clock.now(), &mut payload);
    Down {
        device: device.key(),
        number: device.number,
        kind,
        qos: 0,
        payload: payload.into(),
        request_id: request_id.into(),
    }
}
