//! Start-up: what the registry holds is brought into memory, before the first connection is accepted.

use std::sync::Arc;

use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::thing_model::ThingModel;
use lianwu_ports::registry::{SignInRow, StoreError};
use tracing::error;

use crate::directory::DirectoryDevice;
use crate::{Platform, account, certificate, device_log, fence, gateway, remote_config, thing_model};

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub products: u64,
    pub devices: u64,
    /// Models and secrets that no longer read: their products and devices refuse messages until saved again.
    pub unreadable: u64,
}

/// Fills catalog, directory, and the caches of accounts and certificates. Call once.
///
/// # Errors
/// When the registry fails.
pub async fn load(platform: &Arc<Platform>) -> Result<Loaded, StoreError> {
    let mut loaded = Loaded::default();
    account::load(platform).await?;
    account::load_logins(platform).await?;
    certificate::load(platform).await?;
    platform.catalog.put_instances(&platform.stores.accounts.instances().await?);
    let products = platform.stores.products.products().await?;
    loaded.products = products.len() as u64;
    let mut models = Vec::new();
    for stored in platform.stores.products.models().await? {
        match ThingModel::parse(&stored.text) {
            Ok(definition) => models.push(thing_model::compile(stored, definition)),
            Err(error) => {
                error!(product_id = %stored.product, %error, "a saved thing model does not read: save it again");
                loaded.unreadable += 1;
            }
        }
    }
    platform.catalog.fill(products, models, &platform.stores.scripts.scripts().await?);
    let (unreadable, total) = load_devices(platform).await?;
    loaded.unreadable += unreadable;
    loaded.devices = total;
    gateway::load(platform).await?;
    device_log::load(platform).await?;
    remote_config::load(platform).await?;
    fence::load(platform).await?;
    Ok(loaded)
}

async fn load_devices(platform: &Arc<Platform>) -> Result<(u64, u64), StoreError> {
    let unreadable = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let (target, failures) = (Arc::clone(platform), Arc::clone(&unreadable));
    let activated = platform.states.activated().map_err(|error| StoreError::Failed(error.to_string()))?;
    let each = move |row: SignInRow| match DeviceSecret::parse(&row.secret.0) {
        Ok(secret) => {
            let is_activated = activated.binary_search(&row.number).is_ok();
            let device = DirectoryDevice::new(row.key, row.number, secret, row.enabled)
                .with_fingerprint(row.fingerprint)
                .with_activation(is_activated);
            device.set_tags(row.tags);
            target.directory.put(device);
        }
        Err(error) => {
            error!(device = %row.key, %error, "a saved device secret does not read: create the device again");
            failures.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    };
    let total = platform.stores.devices.sign_in_rows(Box::new(each)).await?;
    Ok((unreadable.load(std::sync::atomic::Ordering::Relaxed), total))
}
