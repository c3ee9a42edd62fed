//! Devices by state, name, tags and firmware, page by page.
//!
//! What is asked for is judged in memory, newest device first; only the page's rows are read. A page without other filters costs
//! what it shows in every state; with them a call looks at no more than [`LOOK_MAX`] devices and says where to go on.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use lianwu_model::{DeviceName, DeviceNumber, ProductId};
use lianwu_ports::registry::{DeviceFilter, Numbers, Slice, StoreError};

use super::list::{DeviceListFilter, Firmware};
use super::{DeviceError, DeviceView, store, view};
use crate::directory::{DirectoryDevice, StateFilter};
use crate::{Platform, telemetry};

/// Devices one call looks at.
pub const LOOK_MAX: u64 = 100_000;

/// Most devices of a page.
pub const PAGE_MAX: usize = 1_000;

/// A page of a search.
#[derive(Clone, Debug)]
pub struct DevicePage {
    /// Newest first; with secrets: edges leave them out of lists.
    pub rows: Vec<DeviceView>,
    /// Below this device there are more, also when few or none were found before the bound was reached.
    pub next: Option<DeviceNumber>,
    /// Devices, and groups of 64 of them, that were looked at.
    pub looked_at: u64,
}

/// One page of at most `limit` devices below `before`, 1 to [`PAGE_MAX`].
///
/// # Errors
/// When the registry or the state table fails.
pub async fn search(
    platform: &Arc<Platform>,
    filter: DeviceListFilter,
    state: StateFilter,
    before: Option<DeviceNumber>,
    limit: usize,
) -> Result<DevicePage, DeviceError> {
    let judge = Judge::new(platform, filter).await?;
    let target = Arc::clone(platform);
    let found = tokio::task::spawn_blocking(move || find(&target, &judge, state, before, limit, LOOK_MAX));
    let found = found.await.map_err(|_| DeviceError::Store(StoreError::Failed("the search ended early".to_owned())))?;
    let rows = read(platform, found.products.into_iter().collect(), found.numbers).await?;
    Ok(DevicePage { rows, next: found.next, looked_at: found.looked_at })
}

/// What a device must be, but for its state.
struct Judge {
    products: Vec<ProductId>,
    /// In small letters.
    name: Option<String>,
    filter: DeviceListFilter,
    /// Those that run the firmware, or that named any; ascending.
    with_firmware: Vec<DeviceNumber>,
    /// No device can fit.
    is_vain: bool,
}

impl Judge {
    async fn new(platform: &Platform, filter: DeviceListFilter) -> Result<Self, DeviceError> {
        let products = filter.products.clone();
        let version = match &filter.firmware {
            Firmware::Any => None,
            Firmware::Unknown => Some(None),
            Firmware::Version(version) => Some(Some(version.clone())),
        };
        let with_firmware = match version {
            Some(version) => telemetry::with_firmware(platform, products.clone(), version).await?,
            None => Vec::new(),
        };
        let name = filter.name.as_deref().filter(|part| !part.is_empty());
        let is_vain = name.is_some_and(|part| !DeviceName::is_valid(part.as_bytes()));
        Ok(Self { products, name: name.map(str::to_ascii_lowercase), filter, with_firmware, is_vain })
    }

    fn fits(&self, device: &DirectoryDevice) -> bool {
        let runs = || self.with_firmware.binary_search(&device.number).is_ok();
        let firmware = match self.filter.firmware {
            Firmware::Any => true,
            Firmware::Unknown => !runs(),
            Firmware::Version(_) => runs(),
        };
        let hides = |(product, tags): &(ProductId, Vec<_>)| *product == device.product && device.carries_only(tags);
        firmware
            && self.name.as_deref().is_none_or(|part| contains(device.name.as_str(), part))
            && device.carries(&self.filter.tags)
            && !self.filter.hidden.iter().any(hides)
    }
}

/// ASCII letters fit in either case; `part` is in small ones.
fn contains(name: &str, part: &str) -> bool {
    name.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

struct Found {
    numbers: Vec<DeviceNumber>,
    /// Theirs.
    products: HashSet<ProductId>,
    next: Option<DeviceNumber>,
    looked_at: u64,
}

fn find(
    platform: &Platform,
    judge: &Judge,
    state: StateFilter,
    before: Option<DeviceNumber>,
    limit: usize,
    look_max: u64,
) -> Found {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut found = Found { numbers: Vec::new(), products: HashSet::new(), next: None, looked_at: 0 };
    if judge.is_vain {
        return found;
    }
    let walked = platform.directory.newest_first(&judge.products, state, before, look_max, |device| {
        if judge.fits(device) {
            found.numbers.push(device.number);
            found.products.insert(device.product);
        }
        if found.numbers.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    (found.next, found.looked_at) = (walked.next, walked.looked_at);
    found
}

/// These devices with their states, in the order given; one that was deleted meanwhile is missing. Secrets are in it.
///
/// # Errors
/// When the registry or the state table fails.
pub async fn views(platform: &Platform, devices: &[Arc<DirectoryDevice>]) -> Result<Vec<DeviceView>, DeviceError> {
    let mut products: Vec<_> = devices.iter().map(|device| device.product).collect();
    products.sort_unstable();
    products.dedup();
    let numbers: Vec<_> = devices.iter().map(|device| device.number).collect();
    let places: HashMap<_, _> = numbers.iter().copied().zip(0..).collect::<HashMap<_, usize>>();
    let mut rows = read(platform, products, numbers).await?;
    rows.sort_by_key(|row| places.get(&row.device.number).copied());
    Ok(rows)
}

/// The rows of these devices with their states, newest first.
async fn read(
    platform: &Platform,
    products: Vec<ProductId>,
    numbers: Vec<DeviceNumber>,
) -> Result<Vec<DeviceView>, DeviceError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let slice = Slice { offset: 0, limit: numbers.len() as u64 };
    let filter = DeviceFilter { products, numbers: Numbers::Only(numbers), ..DeviceFilter::default() };
    let rows = platform.stores.devices.devices(filter, slice).await.map_err(store)?.rows;
    let states = telemetry::activity(platform, rows.iter().map(|device| device.number).collect()).await?;
    Ok(rows.into_iter().zip(states).map(|(device, state)| view(platform, device, state)).collect())
}
