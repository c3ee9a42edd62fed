//! Where devices are and were, from what they reported. Source: spec/cloud-api.md 2.15.

use std::ops::RangeInclusive;

use lianwu_model::position::{POSITION_PROPERTIES, Position};
use lianwu_model::product::Product;
use lianwu_model::{ProductId, UnixMillis};
use lianwu_ports::registry::{DeviceFilter, Slice, StoreError, TagSets};
use lianwu_ports::states::DeviceState;

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::telemetry::{self, TelemetryError};

/// Positions of one answer about the past; who wants more asks again from the last one on.
pub const POSITIONS_MAX: usize = 5_000;

/// Rows of one look at the history of a property.
const PAGE_ROWS: usize = 1_000;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PositionError {
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error("the registry failed")]
    Store(#[from] StoreError),
}

/// A device and where it was when.
#[derive(Clone, Debug, PartialEq)]
pub struct DevicePosition {
    pub product: ProductId,
    pub name: String,
    pub time: UnixMillis,
    pub position: Position,
}

/// Newest positions on one page of devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Positions {
    /// Devices of the page that have said where they are.
    pub rows: Vec<DevicePosition>,
    /// Devices on all pages.
    pub total: u64,
}

/// Goes through the devices of these products, newest first, and tells where they are; those that never said are on the page,
/// but not in the answer. Devices with hidden tags are left out.
///
/// # Errors
/// See [`PositionError`].
pub async fn latest(
    platform: &Platform,
    products: &[&Product],
    hidden: TagSets,
    slice: Slice,
) -> Result<Positions, PositionError> {
    let products = products.iter().map(|product| product.id).collect();
    let filter = DeviceFilter { products, hidden, ..DeviceFilter::default() };
    let devices = platform.stores.devices.devices(filter, slice).await?;
    let numbers: Vec<_> = devices.rows.iter().map(|device| device.number).collect();
    let states = telemetry::on_states(platform, move |states| {
        numbers.iter().map(|number| states.device(*number)).collect::<Result<Vec<_>, _>>()
    });
    let mut rows = Vec::new();
    for (device, state) in devices.rows.iter().zip(states.await?) {
        if let Some((time, position)) = newest(&state) {
            rows.push(DevicePosition { product: device.product, name: device.name.to_string(), time, position });
        }
    }
    Ok(Positions { rows, total: devices.total })
}

fn newest(state: &DeviceState) -> Option<(UnixMillis, Position)> {
    let positions = state.reported.iter().filter(|value| POSITION_PROPERTIES.contains(&&*value.property));
    let read = positions.filter_map(|value| Some((value.time, Position::from_value(value.value.as_bytes())?)));
    read.max_by_key(|(time, _)| *time)
}

/// Where a device was, oldest first, at most [`POSITIONS_MAX`] places.
///
/// # Errors
/// See [`PositionError`].
pub async fn track(
    platform: &Platform,
    device: &DirectoryDevice,
    times: RangeInclusive<UnixMillis>,
) -> Result<Vec<(UnixMillis, Position)>, PositionError> {
    let mut found = Vec::new();
    for property in POSITION_PROPERTIES {
        let (mut after, mut rows) = (None, 0);
        while rows < POSITIONS_MAX {
            let (property, times) = (property.to_owned(), times.clone());
            let page = telemetry::property_history(platform, device, property, times, after, PAGE_ROWS).await?;
            rows += page.rows.len();
            let read = |row: &lianwu_ports::readings::PropertyRow| {
                Some((row.time, row.lsn, Position::from_value(row.value.as_bytes())?))
            };
            found.extend(page.rows.iter().filter_map(read));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    // A message may hold both properties: the first one, which is the richer, stays.
    found.sort_by_key(|(time, lsn, _)| (*time, *lsn));
    found.dedup_by_key(|(time, lsn, _)| (*time, *lsn));
    found.truncate(POSITIONS_MAX);
    Ok(found.into_iter().map(|(time, _, position)| (time, position)).collect())
}
