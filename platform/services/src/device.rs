//! Devices: created, found, listed, switched off, deleted.
//!
//! Source: spec/cloud-api.md 2.4 and 3.3.

mod certified;
mod credentials;
mod list;
mod search;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_device_protocol::credentials::{DeviceSecret, SecretError};
use lianwu_model::account::Principal;
use lianwu_model::certificate::Certificate;
use lianwu_model::device::{Device, DeviceSecretText, DeviceStatus};
use lianwu_model::log_level::LogLevel;
use lianwu_model::product::{Authentication, DevelopmentStatus, Product};
use lianwu_model::{DeviceKey, DeviceName, DeviceNumber, Uin};
use lianwu_ports::registry::StoreError;
use lianwu_ports::states::DeviceState;
use tracing::warn;

use crate::certificate::CertificateError;
use crate::directory::DirectoryDevice;
use crate::product::{self, ProductError};
use crate::telemetry::{self, TelemetryError};
use crate::{Platform, device_log, fence};

pub use certified::{CertifiedDevice, create_certified, renew_certificate};
pub(crate) use certified::{create_registered_certified, renew};
pub use credentials::{CredentialsError, CredentialsWish, credentials};
pub use list::{DeviceListFilter, Firmware, list, tag_sets};
pub use search::{DevicePage, LOOK_MAX, PAGE_MAX, search, views};

/// Devices one call may name.
pub const BATCH_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeviceError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error("{0:?} is not a device name")]
    NameForm(String),
    #[error("device {0} does not exist")]
    NotFound(String),
    #[error("the product has a device of that name")]
    NameTaken,
    #[error("a product that is not released has at most {0} devices")]
    TooMany(u64),
    #[error("{0} devices are named, 1 to {max} are allowed", max = BATCH_MAX)]
    BatchSize(usize),
    #[error("device {0} is named twice")]
    NamedTwice(DeviceKey),
    #[error("device {0} is a gateway with sub-devices")]
    HasSubDevices(DeviceKey),
    #[error("device {0} is bound to a gateway")]
    Bound(DeviceKey),
    #[error("the device secret is not usable: {0}")]
    Secret(#[from] SecretError),
    #[error("the product's devices have certificates, not keys")]
    CertificateProduct,
    #[error("the product's devices have keys, not certificates")]
    KeyProduct,
    #[error("the product's devices bring certificates of its account's own authority, and none was given")]
    NeedsOwn,
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("the registry failed")]
    Store(StoreError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}

/// What callers are shown of one device.
#[derive(Clone, Debug)]
pub struct DeviceView {
    pub device: Device,
    pub status: DeviceStatus,
    pub state: DeviceState,
    /// How much it uploads of its own log.
    pub log_level: LogLevel,
}

/// Registers a device of a key product; the secret is made here unless the maker defines one.
///
/// # Errors
/// [`DeviceError::Product`], `NameForm`, `NameTaken`, `TooMany`, `Secret`, `CertificateProduct`.
pub async fn create(
    platform: &Platform,
    by: &Principal,
    product: &str,
    name: &str,
    defined_secret: Option<String>,
) -> Result<Device, DeviceError> {
    let name: DeviceName = name.parse().map_err(|_| DeviceError::NameForm(name.to_owned()))?;
    let text = defined_secret.unwrap_or_else(|| random_secret(platform));
    let secret = DeviceSecret::parse(&text)?;
    let _turn = platform.turns.take().await;
    let product = product::find(platform, by.owner, product)?.product;
    if product.authentication != Authentication::Key {
        return Err(DeviceError::CertificateProduct);
    }
    let credentials = Credentials { secret, certificate: None };
    insert(platform, &product, name, credentials, (by.uin, &by.name)).await
}

/// Creates a device of a key product that registered itself, in the name of whoever made the product. The caller has the turn.
pub(crate) async fn create_registered(
    platform: &Platform,
    product: &Product,
    name: DeviceName,
) -> Result<Device, DeviceError> {
    let credentials = Credentials { secret: DeviceSecret::parse(&random_secret(platform))?, certificate: None };
    insert(platform, product, name, credentials, (product.creator, &product.creator_name)).await
}

/// What a new device signs in with.
struct Credentials {
    secret: DeviceSecret,
    certificate: Option<Certificate>,
}

/// Stores a new device and lets it sign in. The caller has the turn.
async fn insert(
    platform: &Platform,
    product: &Product,
    name: DeviceName,
    credentials: Credentials,
    (creator, creator_name): (Uin, &str),
) -> Result<Device, DeviceError> {
    check_quota(platform, product)?;
    let device = Device {
        number: DeviceNumber::NONE,
        product: product.id,
        name,
        secret: DeviceSecretText(credentials.secret.text().to_owned()),
        certificate: credentials.certificate,
        enabled: true,
        creator,
        creator_name: creator_name.to_owned(),
        tags: Vec::new(),
        created: platform.clock.now(),
    };
    let stored = platform.stores.devices.create_devices(vec![device]).await.map_err(store)?;
    let device = stored.into_iter().next().ok_or_else(|| lost("the created device was not given back"))?;
    let fingerprint = device.certificate.as_ref().map(|certificate| certificate.fingerprint);
    let entry = DirectoryDevice::new(key(&device), device.number, credentials.secret, true);
    platform.directory.put(entry.with_fingerprint(fingerprint));
    Ok(device)
}

/// Base64 of 16 random bytes. Source: spec/cloud-api.md 3.1.
fn random_secret(platform: &Platform) -> String {
    let mut bytes = [0_u8; 16];
    platform.randomness.fill(&mut bytes);
    STANDARD.encode(bytes)
}

fn check_quota(platform: &Platform, product: &Product) -> Result<(), DeviceError> {
    let max = platform.limits.dev_product_devices;
    let full = product.status != DevelopmentStatus::Released && platform.directory.count(product.id) >= max;
    if max != 0 && full { Err(DeviceError::TooMany(max)) } else { Ok(()) }
}

/// Looks a device of this account up in memory; another account's counts as absent.
///
/// # Errors
/// [`DeviceError::Product`], `NotFound`.
pub fn find(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<Arc<DirectoryDevice>, DeviceError> {
    let product = product::find(platform, owner, product)?.product.id;
    platform.directory.find(product, name).ok_or_else(|| DeviceError::NotFound(format!("{product}/{name}")))
}

/// Reads one device with its secret and state.
///
/// # Errors
/// [`DeviceError::Product`], `NotFound`.
pub async fn describe(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<DeviceView, DeviceError> {
    let device = load(platform, owner, product, name).await?;
    let state = telemetry::latest(platform, device.number).await?;
    Ok(view(platform, device, state))
}

pub(crate) async fn load(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<Device, DeviceError> {
    let key = find(platform, owner, product, name)?.key();
    let missing = || DeviceError::NotFound(format!("{product}/{name}"));
    platform.stores.devices.device(key).await.map_err(store)?.ok_or_else(missing)
}

fn view(platform: &Platform, device: Device, state: DeviceState) -> DeviceView {
    let online = platform.directory.find(device.product, device.name.as_str()).is_some_and(|d| d.is_online());
    let status = match (online, state.activated) {
        (true, _) => DeviceStatus::Online,
        (false, Some(_)) => DeviceStatus::Offline,
        (false, None) => DeviceStatus::NeverActivated,
    };
    let log_level = platform.log_levels.of(device.product, device.number);
    DeviceView { device, status, state, log_level }
}

/// Names one device in a call for several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRef {
    pub product: String,
    pub name: String,
}

/// Deletes all of them or none; open connections are closed, state is forgotten.
///
/// # Errors
/// [`DeviceError::BatchSize`], `Product`, `NotFound`, `NamedTwice`, `HasSubDevices`, `Bound`.
pub async fn delete(platform: &Platform, owner: Uin, devices: &[DeviceRef]) -> Result<(), DeviceError> {
    check_batch(devices)?;
    let _turn = platform.turns.take().await;
    let keys = registered(platform, owner, devices)?;
    check_topology(platform, &keys)?;
    let numbers = platform.stores.devices.delete_devices(keys.clone()).await.map_err(store)?;
    for (key, number) in keys.iter().zip(&numbers) {
        platform.directory.remove(key.product, key.device.as_str());
        platform.bus.disconnect(*number, "the device was deleted");
    }
    device_log::forget_devices(platform, &numbers);
    fence::forget_devices(platform, &numbers);
    forget(platform, numbers).await;
    Ok(())
}

/// Gateways and sub-devices are parted first. Source: spec/cloud-api.md 2.4.
fn check_topology(platform: &Platform, keys: &[DeviceKey]) -> Result<(), DeviceError> {
    for key in keys {
        let Some(device) = platform.directory.find(key.product, key.device.as_str()) else { continue };
        if platform.topology.sub_device_count(device.number) > 0 {
            return Err(DeviceError::HasSubDevices(key.clone()));
        }
        if device.gateway().is_some() {
            return Err(DeviceError::Bound(key.clone()));
        }
    }
    Ok(())
}

/// Numbers are never used again, so state that could not be removed is never seen: worth a line, not a failure.
async fn forget(platform: &Platform, numbers: Vec<DeviceNumber>) {
    let states = Arc::clone(&platform.states);
    let forgetting = tokio::task::spawn_blocking(move || {
        for number in numbers {
            if let Err(error) = states.forget(number) {
                warn!(number = number.0, %error, "the state of a deleted device stays behind");
            }
        }
    });
    if forgetting.await.is_err() {
        warn!("the states of deleted devices stay behind");
    }
}

/// Enables or disables devices, one after the other. A disabled device's connection is closed and not accepted again.
///
/// # Errors
/// [`DeviceError::BatchSize`], `Product`, `NotFound`, `NamedTwice`: none was changed then.
pub async fn set_enabled(
    platform: &Platform,
    owner: Uin,
    devices: &[DeviceRef],
    enabled: bool,
) -> Result<(), DeviceError> {
    check_batch(devices)?;
    let _turn = platform.turns.take().await;
    registered(platform, owner, devices)?;
    for wanted in devices {
        let mut device = load(platform, owner, &wanted.product, &wanted.name).await?;
        if device.enabled == enabled {
            continue;
        }
        device.enabled = enabled;
        platform.stores.devices.update_device(device.clone()).await.map_err(store)?;
        if let Some(entry) = platform.directory.find(device.product, device.name.as_str()) {
            entry.set_enabled(enabled);
        }
        if !enabled {
            platform.bus.disconnect(device.number, "the device was disabled");
        }
    }
    Ok(())
}

fn check_batch(devices: &[DeviceRef]) -> Result<(), DeviceError> {
    if (1..=BATCH_MAX).contains(&devices.len()) { Ok(()) } else { Err(DeviceError::BatchSize(devices.len())) }
}

fn registered(platform: &Platform, owner: Uin, devices: &[DeviceRef]) -> Result<Vec<DeviceKey>, DeviceError> {
    let mut keys = Vec::with_capacity(devices.len());
    for wanted in devices {
        let key = find(platform, owner, &wanted.product, &wanted.name)?.key();
        if keys.contains(&key) {
            return Err(DeviceError::NamedTwice(key));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// A device's name in full.
pub(crate) fn key(device: &Device) -> DeviceKey {
    DeviceKey { product: device.product, device: device.name.clone() }
}

fn lost(why: &str) -> DeviceError {
    DeviceError::Store(StoreError::Failed(why.to_owned()))
}

fn store(error: StoreError) -> DeviceError {
    match error {
        StoreError::Taken(_) => DeviceError::NameTaken,
        StoreError::Missing => DeviceError::NotFound(String::new()),
        StoreError::InUse(_) | StoreError::Failed(_) => DeviceError::Store(error),
    }
}
