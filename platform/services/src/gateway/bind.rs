//! Binding and unbinding by the owner; the steps both ways share.

use std::sync::Arc;

use lianwu_device_protocol::gateway;
use lianwu_device_protocol::topic::{DownTopic, down_topic};
use lianwu_model::gateway::Binding;
use lianwu_model::product::ProductKind;
use lianwu_model::{DeviceName, ProductId, Uin};
use lianwu_ports::bus::{Down, DownKind, Leave};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_ports::registry::{DeviceFilter, Listed, Numbers, Slice, StoreError};
use tracing::warn;

use super::GatewayError;
use crate::device::{self, BATCH_MAX, DeviceError};
use crate::directory::DirectoryDevice;
use crate::{Platform, message, product};

/// Why a connection of its own ends.
const BOUND: &str = "the device was bound to a gateway";

/// Why its gateway no longer speaks for it.
const UNBOUND: &str = "the device was unbound from its gateway";

/// Who asked for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By<'a> {
    Gateway,
    /// The owner, by a call with this request id.
    Call(&'a str),
}

/// Binds devices of one product to a gateway, all or none; those bound to it already are passed over. A gateway that is
/// online is told.
///
/// # Errors
/// [`GatewayError`]: `Product`, `NotAGateway`, `Device` (absent, named twice, too many in one call), `IsGateway`,
/// `NotAllowed`, `BoundElsewhere`, `TooMany`.
pub async fn bind(
    platform: &Platform,
    gateway: &Arc<DirectoryDevice>,
    owner: Uin,
    product: &str,
    names: &[String],
    request_id: &str,
) -> Result<(), GatewayError> {
    let _turn = platform.turns.take().await;
    let devices = named(platform, owner, product, names)?;
    let mut wanted = Vec::with_capacity(devices.len());
    for device in devices {
        match device.gateway() {
            Some(bound) if bound == gateway.number => {}
            Some(_) => return Err(GatewayError::BoundElsewhere(device.key().to_string())),
            None => wanted.push(device),
        }
    }
    if let Some(device) = wanted.first() {
        may_take(platform, gateway, device.product)?;
    }
    if wanted.is_empty() {
        return Ok(());
    }
    has_room(platform, gateway, wanted.len())?;
    put(platform, gateway, &wanted, By::Call(request_id)).await?;
    tell(platform, gateway, true, &wanted, request_id).await;
    Ok(())
}

/// Unbinds devices of one product from a gateway; those not bound to it are passed over. A gateway that is online is told.
///
/// # Errors
/// [`GatewayError::Device`], `Store`.
pub async fn unbind(
    platform: &Platform,
    gateway: &Arc<DirectoryDevice>,
    owner: Uin,
    product: &str,
    names: &[String],
    request_id: &str,
) -> Result<(), GatewayError> {
    let _turn = platform.turns.take().await;
    let mut devices = named(platform, owner, product, names)?;
    devices.retain(|device| device.gateway() == Some(gateway.number));
    if devices.is_empty() {
        return Ok(());
    }
    take(platform, gateway, &devices, By::Call(request_id)).await?;
    tell(platform, gateway, false, &devices, request_id).await;
    Ok(())
}

/// Devices of a product that come in through no gateway, newest first.
///
/// # Errors
/// [`GatewayError::Product`], `Store`.
pub async fn unbound(
    platform: &Platform,
    owner: Uin,
    product: &str,
    slice: Slice,
) -> Result<Listed<DeviceName>, GatewayError> {
    let product = product::find(platform, owner, product)?.product.id;
    let mut bound = Vec::new();
    platform.directory.each(|device| {
        if device.product == product && device.gateway().is_some() {
            bound.push(device.number);
        }
    });
    let numbers = if bound.is_empty() { Numbers::Any } else { Numbers::Except(bound) };
    let filter = DeviceFilter { products: vec![product], numbers, ..DeviceFilter::default() };
    let listed = platform.stores.devices.devices(filter, slice).await.map_err(GatewayError::Store)?;
    let (total, steps) = (listed.total, listed.steps);
    Ok(Listed { rows: listed.rows.into_iter().map(|device| device.name).collect(), total, steps })
}

fn named(
    platform: &Platform,
    owner: Uin,
    product: &str,
    names: &[String],
) -> Result<Vec<Arc<DirectoryDevice>>, GatewayError> {
    if !(1..=BATCH_MAX).contains(&names.len()) {
        return Err(DeviceError::BatchSize(names.len()).into());
    }
    let mut found: Vec<Arc<DirectoryDevice>> = Vec::with_capacity(names.len());
    for name in names {
        let device = device::find(platform, owner, product, name)?;
        if found.iter().any(|known| known.number == device.number) {
            return Err(DeviceError::NamedTwice(device.key()).into());
        }
        found.push(device);
    }
    Ok(found)
}

/// May this gateway have devices of that product?
pub(super) fn may_take(platform: &Platform, gateway: &DirectoryDevice, product: ProductId) -> Result<(), GatewayError> {
    let kind = |id| platform.catalog.product(id).map(|found| found.product.kind);
    if kind(gateway.product) != Some(ProductKind::Gateway) {
        return Err(GatewayError::NotAGateway(gateway.product));
    }
    if kind(product) != Some(ProductKind::Device) {
        return Err(GatewayError::IsGateway(product));
    }
    if platform.topology.allows(gateway.product, product) {
        Ok(())
    } else {
        Err(GatewayError::NotAllowed { gateway: gateway.product, product })
    }
}

/// Has it room for so many more?
pub(super) fn has_room(platform: &Platform, gateway: &DirectoryDevice, more: usize) -> Result<(), GatewayError> {
    let max = platform.limits.gateway_sub_devices;
    let count = platform.topology.sub_device_count(gateway.number) + more;
    if max != 0 && count as u64 > max { Err(GatewayError::TooMany(max)) } else { Ok(()) }
}

/// Binds devices that are bound to nothing: registry, memory, log, and the homes they had.
pub(super) async fn put(
    platform: &Platform,
    gateway: &Arc<DirectoryDevice>,
    devices: &[Arc<DirectoryDevice>],
    by: By<'_>,
) -> Result<(), GatewayError> {
    let binding = |device: &Arc<DirectoryDevice>| Binding { gateway: gateway.number, device: device.number };
    let bindings = devices.iter().map(binding).collect();
    platform.stores.topology.bind(bindings).await.map_err(|error| match error {
        StoreError::Taken(_) => GatewayError::BoundElsewhere(String::new()),
        error => GatewayError::Store(error),
    })?;
    platform.topology.bind(gateway, devices);
    for device in devices {
        platform.bus.leave(Leave { device: device.number, home: device.number }, BOUND);
    }
    record(platform, RecordKind::Bound, gateway, devices, by).await;
    Ok(())
}

/// Unbinds devices that are bound to this gateway.
pub(super) async fn take(
    platform: &Platform,
    gateway: &DirectoryDevice,
    devices: &[Arc<DirectoryDevice>],
    by: By<'_>,
) -> Result<(), GatewayError> {
    let numbers = devices.iter().map(|device| device.number).collect();
    platform.stores.topology.unbind(numbers).await.map_err(GatewayError::Store)?;
    platform.topology.unbind(gateway.number, devices);
    for device in devices {
        platform.bus.leave(Leave { device: device.number, home: gateway.number }, UNBOUND);
    }
    record(platform, RecordKind::Unbound, gateway, devices, by).await;
    Ok(())
}

/// A line in the log of each device. The change stands whether it can be written or not.
async fn record(
    platform: &Platform,
    kind: RecordKind,
    gateway: &DirectoryDevice,
    devices: &[Arc<DirectoryDevice>],
    by: By<'_>,
) {
    let (who, request_id) = match by {
        By::Gateway => ("gateway", ""),
        By::Call(request_id) => ("owner", request_id),
    };
    let facts = format!("gateway:{},by:{who}", gateway.key());
    let mut batch = RecordBatch::default();
    for device in devices {
        batch.push(&Record {
            kind,
            qos: 0,
            packet_id: 0,
            code: 0,
            number: device.number,
            product: device.product,
            device: device.name.as_str(),
            sample_time: platform.clock.now(),
            topic: "",
            note: request_id,
            payload: facts.as_bytes(),
        });
    }
    if let Err(error) = message::commit(platform, batch).await {
        warn!(%error, gateway = %gateway.key(), "a change of a gateway's sub-devices is not in the log");
    }
}

/// Tells a gateway that is online what its owner changed. Source: spec/device-protocol.md 7.4.
async fn tell(
    platform: &Platform,
    gateway: &DirectoryDevice,
    is_bound: bool,
    devices: &[Arc<DirectoryDevice>],
    request_id: &str,
) {
    if !gateway.is_online() {
        return;
    }
    let mut topic = String::new();
    down_topic(DownTopic::Gateway, gateway.product, gateway.name.as_str(), &mut topic);
    for payload in gateway::change(is_bound, devices.iter().map(|device| (device.product, device.name.as_str()))) {
        let down = Down {
            device: gateway.key(),
            number: gateway.number,
            kind: DownKind::Topic(topic.as_str().into()),
            qos: 1,
            payload: payload.into(),
            request_id: request_id.into(),
        };
        if let Err(error) = platform.bus.deliver(down).await {
            warn!(%error, gateway = %gateway.key(), "a gateway could not be told of its sub-devices");
        }
    }
}
