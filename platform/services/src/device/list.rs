//! Pages of devices, with online status and activation times.

use lianwu_model::ProductId;
use lianwu_model::product::Tag;
use lianwu_ports::registry::{DeviceFilter, Listed, Numbers, Slice};

use super::{DeviceError, DeviceView, store, view};
use crate::{Platform, telemetry};

/// Filter of a device list; every field that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceListFilter {
    /// Of these products, which the caller has found to be its own.
    pub products: Vec<ProductId>,
    /// Part of the name; ASCII letters fit in either case.
    pub name: Option<String>,
    /// All of these tags, key and value exactly.
    pub tags: Vec<(String, String)>,
    /// Devices of that product that carry exactly these tags are left out; see [`tag_sets`].
    pub hidden: Vec<(ProductId, Vec<Tag>)>,
    pub firmware: Firmware,
}

/// Which firmware the devices of a list run, as their last `report_info` said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Firmware {
    #[default]
    Any,
    /// They named no version.
    Unknown,
    /// Exactly this one.
    Version(String),
}

/// Every set of tags that some device of these products carries.
///
/// # Errors
/// When the registry fails.
pub async fn tag_sets(
    platform: &Platform,
    products: Vec<ProductId>,
) -> Result<Vec<(ProductId, Vec<Tag>)>, DeviceError> {
    platform.stores.devices.tag_sets(products).await.map_err(store)
}

/// A page of devices, newest first. Secrets are in it: edges leave them out of lists.
///
/// # Errors
/// When the registry or the state table fails.
pub async fn list(
    platform: &Platform,
    filter: DeviceListFilter,
    slice: Slice,
) -> Result<Listed<DeviceView>, DeviceError> {
    if filter.products.is_empty() {
        return Ok(Listed { rows: Vec::new(), total: 0, steps: 0 });
    }
    let DeviceListFilter { products, name, tags, hidden, firmware } = filter;
    let numbers = match firmware {
        Firmware::Any => Numbers::Any,
        Firmware::Unknown => Numbers::Except(telemetry::with_firmware(platform, products.clone(), None).await?),
        Firmware::Version(version) => {
            Numbers::Only(telemetry::with_firmware(platform, products.clone(), Some(version)).await?)
        }
    };
    let filter = DeviceFilter { products, name, tags, hidden, numbers, ..DeviceFilter::default() };
    let listed = platform.stores.devices.devices(filter, slice).await.map_err(store)?;
    let numbers: Vec<_> = listed.rows.iter().map(|device| device.number).collect();
    let states = telemetry::activity(platform, numbers).await?;
    let rows = listed.rows.into_iter().zip(states).map(|(device, state)| view(platform, device, state)).collect();
    Ok(Listed { rows, total: listed.total, steps: listed.steps })
}
