//! Devices bound to fences.

use std::sync::Arc;

use lianwu_model::Uin;
use lianwu_model::fence::{AlertCondition, Fence, FenceBind, Space};
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::registry::{DeviceFilter, Listed, Numbers, Slice};

use super::{DEVICE_FENCES_MAX, FENCE_DEVICES_MAX, FenceError, edit};
use crate::Platform;
use crate::device::{self, BATCH_MAX, DeviceRef};
use crate::directory::DirectoryDevice;
use crate::invalid::{self, Invalid, Rule};

/// Characters of the way people are told.
const METHOD_CHARS_MAX: usize = 64;

/// How a device is bound, in the words of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindText {
    pub device: DeviceRef,
    /// `In`, `Out` or `InOrOut`.
    pub condition: String,
    pub enabled: bool,
    pub method: String,
}

impl BindText {
    fn condition(&self) -> Result<AlertCondition, FenceError> {
        invalid::characters("Method", &self.method, 0, METHOD_CHARS_MAX)?;
        let wrong = Invalid::new("AlertCondition", Rule::OneOf("In, Out, InOrOut"));
        AlertCondition::from_word(&self.condition).ok_or_else(|| wrong.into())
    }
}

/// Binds devices of the space's products: all or none. Where a device is first seen is no crossing.
///
/// # Errors
/// [`FenceError::FenceNotFound`], `Invalid`, `Product`, `Device`, `NotInSpace`, `NamedTwice`, `AlreadyBound`, `TooMany`.
pub async fn bind(platform: &Platform, owner: Uin, fence: i64, texts: &[BindText]) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let (fence, space) = edit::find(platform, owner, fence)?;
    let devices = named(platform, owner, texts.iter().map(|text| &text.device))?;
    for device in &devices {
        belongs(&space, device)?;
        if bound(platform, &fence, device).is_some() {
            return Err(FenceError::AlreadyBound(device.key().to_string()));
        }
        may_have_more(platform, device.number)?;
    }
    let count = platform.fences.known.read().binds_of(fence.id).count();
    if count + devices.len() > FENCE_DEVICES_MAX {
        return Err(FenceError::TooMany("devices of the fence", FENCE_DEVICES_MAX));
    }
    let since = platform.log.durable().0;
    save(platform, &fence, texts, &devices, |_| since).await
}

/// Replaces how devices are bound: all or none. What is known of where they are stays.
///
/// # Errors
/// [`FenceError::FenceNotFound`], `Invalid`, `Product`, `Device`, `NamedTwice`, `NotBound`.
pub async fn change_binds(platform: &Platform, owner: Uin, fence: i64, texts: &[BindText]) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let (fence, _) = edit::find(platform, owner, fence)?;
    let devices = named(platform, owner, texts.iter().map(|text| &text.device))?;
    let mut since = Vec::with_capacity(devices.len());
    for device in &devices {
        let bind = bound(platform, &fence, device);
        since.push(bind.ok_or_else(|| FenceError::NotBound(device.key().to_string()))?.since);
    }
    save(platform, &fence, texts, &devices, |at| since[at]).await
}

/// Unbinds devices: all or none. Their alerts stay.
///
/// # Errors
/// [`FenceError::FenceNotFound`], `Product`, `Device`, `NamedTwice`, `NotBound`.
pub async fn unbind(platform: &Platform, owner: Uin, fence: i64, devices: &[DeviceRef]) -> Result<(), FenceError> {
    let _turn = platform.turns.take().await;
    let (fence, _) = edit::find(platform, owner, fence)?;
    let devices = named(platform, owner, devices.iter())?;
    if let Some(device) = devices.iter().find(|device| bound(platform, &fence, device).is_none()) {
        return Err(FenceError::NotBound(device.key().to_string()));
    }
    let numbers: Vec<_> = devices.iter().map(|device| device.number).collect();
    platform.stores.fences.delete_binds(fence.id, numbers.clone()).await.map_err(FenceError::Store)?;
    let mut known = platform.fences.known.write();
    for number in numbers {
        known.drop_bind(fence.id, number);
    }
    drop(known);
    platform.fences.changed.notify_one();
    Ok(())
}

/// A bound device as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundDevice {
    pub product: ProductId,
    pub name: String,
    pub bind: FenceBind,
}

/// Devices of a fence, those registered last first.
///
/// # Errors
/// [`FenceError::FenceNotFound`]; when the registry fails.
pub async fn binds(
    platform: &Platform,
    owner: Uin,
    fence: i64,
    slice: Slice,
) -> Result<Listed<BoundDevice>, FenceError> {
    let (fence, _) = edit::find(platform, owner, fence)?;
    let of: Vec<FenceBind> = platform.fences.known.read().binds_of(fence.id).cloned().collect();
    let numbers = Numbers::Only(of.iter().map(|bind| bind.device).collect());
    let filter = DeviceFilter { any_product: true, numbers, ..DeviceFilter::default() };
    let found = platform.stores.devices.devices(filter, slice).await.map_err(FenceError::Store)?;
    let row = |device: lianwu_model::device::Device| {
        let bind = of.iter().find(|bind| bind.device == device.number)?.clone();
        Some(BoundDevice { product: device.product, name: device.name.to_string(), bind })
    };
    let (total, steps) = (found.total, found.steps);
    Ok(Listed { rows: found.rows.into_iter().filter_map(row).collect(), total, steps })
}

/// Registered devices, each named once.
fn named<'a>(
    platform: &Platform,
    owner: Uin,
    devices: impl Iterator<Item = &'a DeviceRef>,
) -> Result<Vec<Arc<DirectoryDevice>>, FenceError> {
    let mut found: Vec<Arc<DirectoryDevice>> = Vec::new();
    for wanted in devices {
        if found.len() == BATCH_MAX {
            return Err(Invalid::new("Items", Rule::Count { min: 1, max: BATCH_MAX }).into());
        }
        let device = device::find(platform, owner, &wanted.product, &wanted.name)?;
        if found.iter().any(|other| other.number == device.number) {
            return Err(FenceError::NamedTwice(device.key().to_string()));
        }
        found.push(device);
    }
    if found.is_empty() {
        return Err(Invalid::new("Items", Rule::Count { min: 1, max: BATCH_MAX }).into());
    }
    Ok(found)
}

fn belongs(space: &Space, device: &DirectoryDevice) -> Result<(), FenceError> {
    if space.products.iter().any(|of| of.product == device.product) {
        return Ok(());
    }
    Err(FenceError::NotInSpace(device.product.to_string()))
}

fn may_have_more(platform: &Platform, device: DeviceNumber) -> Result<(), FenceError> {
    let count = platform.fences.known.read().by_device.get(&device).map_or(0, Vec::len);
    if count >= DEVICE_FENCES_MAX {
        return Err(FenceError::TooMany("fences of the device", DEVICE_FENCES_MAX));
    }
    Ok(())
}

fn bound(platform: &Platform, fence: &Fence, device: &DirectoryDevice) -> Option<FenceBind> {
    platform.fences.known.read().binds.get(&(fence.id, device.number)).cloned()
}

async fn save(
    platform: &Platform,
    fence: &Fence,
    texts: &[BindText],
    devices: &[Arc<DirectoryDevice>],
    since: impl Fn(usize) -> u64,
) -> Result<(), FenceError> {
    let mut binds = Vec::with_capacity(texts.len());
    for (at, (text, device)) in texts.iter().zip(devices).enumerate() {
        binds.push(FenceBind {
            fence: fence.id,
            device: device.number,
            condition: text.condition()?,
            enabled: text.enabled,
            method: text.method.clone(),
            since: since(at),
        });
    }
    platform.stores.fences.save_binds(binds.clone()).await.map_err(FenceError::Store)?;
    let mut known = platform.fences.known.write();
    for bind in binds {
        known.put_bind(bind);
    }
    drop(known);
    platform.fences.changed.notify_one();
    Ok(())
}
