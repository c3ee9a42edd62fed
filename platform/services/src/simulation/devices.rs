//! Which devices a simulation plays: those that are there and free, or new ones of a common name.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use lianwu_model::account::Principal;
use lianwu_model::product::{DevelopmentStatus, Product};
use lianwu_model::{DeviceName, DeviceNumber};

use super::fleet::SimulatedDevice;
use super::{SimulationError, Wish};
use crate::Platform;
use crate::device::{self, DeviceError};
use crate::directory::{DirectoryDevice, StateFilter};
use crate::invalid::{Invalid, form};

/// Room for `-` and seven digits in a device's name.
pub const NAME_PREFIX_CHARS_MAX: usize = 40;

/// The prefix must be the beginning of a device's name; devices to be created need one.
pub(super) fn check_prefix(wish: &Wish) -> Result<(), SimulationError> {
    let prefix = wish.name_prefix.as_str();
    let is_right = match prefix {
        "" => !wish.creates,
        _ => prefix.len() <= NAME_PREFIX_CHARS_MAX && DeviceName::is_valid(prefix.as_bytes()),
    };
    let rule = form("1 到 40 个字母、数字、`:`、`_` 或 `-`", "1 to 40 letters, digits, `:`, `_` or `-`");
    if is_right { Ok(()) } else { Err(Invalid::new("NamePrefix", rule).into()) }
}

/// The devices to play, and the names of those that were made for it.
pub(super) async fn choose(
    platform: &Platform,
    by: &Principal,
    product: &Product,
    wish: &Wish,
    taken: &HashSet<DeviceNumber>,
) -> Result<(Vec<SimulatedDevice>, Vec<DeviceName>), SimulationError> {
    if wish.creates {
        numbered(platform, by, product, wish, taken).await
    } else {
        Ok((present(platform, product, wish, taken)?, Vec::new()))
    }
}

/// Free devices whose names begin with the prefix; shorter names first, so that `lamp-9` comes before `lamp-10`.
fn present(
    platform: &Platform,
    product: &Product,
    wish: &Wish,
    taken: &HashSet<DeviceNumber>,
) -> Result<Vec<SimulatedDevice>, SimulationError> {
    let mut ready = Vec::new();
    platform.directory.newest_first(&[product.id], StateFilter::Any, None, u64::MAX, |device| {
        if device.name.as_str().starts_with(&wish.name_prefix) && is_free(device, taken) {
            ready.push(Arc::clone(device));
        }
        ControlFlow::Continue(())
    });
    if ready.len() < wish.devices {
        return Err(SimulationError::TooFewReady { ready: ready.len(), asked: wish.devices });
    }
    ready.sort_unstable_by(|a, b| {
        let (a, b) = (a.name.as_str(), b.name.as_str());
        (a.len(), a).cmp(&(b.len(), b))
    });
    Ok(ready.iter().take(wish.devices).map(|device| simulated(device)).collect())
}

/// PREFIX-1 and so on: those that are there must be free, the others are made. Nothing is made when not all can be.
async fn numbered(
    platform: &Platform,
    by: &Principal,
    product: &Product,
    wish: &Wish,
    taken: &HashSet<DeviceNumber>,
) -> Result<(Vec<SimulatedDevice>, Vec<DeviceName>), SimulationError> {
    let mut missing = Vec::new();
    let mut names = Vec::with_capacity(wish.devices);
    for number in 1..=wish.devices {
        let text = format!("{}-{number}", wish.name_prefix);
        let name: DeviceName = text.parse().map_err(|_| DeviceError::NameForm(text))?;
        match platform.directory.find(product.id, name.as_str()) {
            Some(device) if !is_free(&device, taken) => return Err(SimulationError::NotReady(name)),
            Some(_) => {}
            None => missing.push(name.clone()),
        }
        names.push(name);
    }
    let max = platform.limits.dev_product_devices;
    let is_bounded = max != 0 && product.status != DevelopmentStatus::Released;
    if is_bounded && platform.directory.count(product.id) + missing.len() as u64 > max {
        return Err(DeviceError::TooMany(max).into());
    }
    for name in &missing {
        device::create(platform, by, product.id.as_str(), name.as_str(), None).await?;
    }
    let find = |name: &DeviceName| platform.directory.find(product.id, name.as_str());
    let devices = names.iter().filter_map(find).map(|device| simulated(&device)).collect();
    Ok((devices, missing))
}

/// Nobody's place is taken.
fn is_free(device: &DirectoryDevice, taken: &HashSet<DeviceNumber>) -> bool {
    !taken.contains(&device.number) && device.is_enabled() && !device.is_online() && device.gateway().is_none()
}

fn simulated(device: &DirectoryDevice) -> SimulatedDevice {
    SimulatedDevice { number: device.number, name: device.name.clone(), secret: device.secret.clone() }
}
