//! Remote configuration: what a product's devices are told to work with. Source: spec/device-protocol.md 9.5.
//!
//! The newest version is the one devices get, when they ask or when it is pushed. It is in memory, so that an answer waits for
//! nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use lianwu_device_protocol::system;
use lianwu_model::remote_config::{BYTES_MAX, RemoteConfig};
use lianwu_model::{ProductId, Uin};
use lianwu_ports::bus::{ConfigPush, ConfigPushed};
use lianwu_ports::registry::{RemoteConfigState, StoreError};
use parking_lot::Mutex;
use serde::de::IgnoredAny;

use crate::Platform;
use crate::device::{self, DeviceError};
use crate::message::SendError;
use crate::product::{self, ProductError};

/// Longest message the C SDK takes, with its topic, in bytes. Source: spec/device-protocol.md 12.1.
pub const C_DEVICE_BYTES_MAX: usize = 2_048;

/// The newest version of every product that has one, in memory: at most 128 KiB each.
#[derive(Debug, Default)]
pub struct RemoteConfigs {
    states: ArcSwap<HashMap<ProductId, Arc<RemoteConfigState>>>,
    /// Products whose configuration is on its way to all devices.
    pushing: Mutex<HashSet<ProductId>>,
}

impl RemoteConfigs {
    #[must_use]
    pub fn of(&self, product: ProductId) -> Option<Arc<RemoteConfigState>> {
        self.states.load().get(&product).cloned()
    }

    fn change(&self, edit: impl FnOnce(&mut HashMap<ProductId, Arc<RemoteConfigState>>)) {
        let mut states = HashMap::clone(&self.states.load());
        edit(&mut states);
        self.states.store(states.into());
    }
}

/// One push to all devices of a product at a time.
struct Pushing<'a>(&'a RemoteConfigs, ProductId);

impl<'a> Pushing<'a> {
    fn start(configs: &'a RemoteConfigs, product: ProductId) -> Result<Self, ConfigError> {
        if configs.pushing.lock().insert(product) { Ok(Self(configs, product)) } else { Err(ConfigError::IsPushed) }
    }
}

impl Drop for Pushing<'_> {
    fn drop(&mut self) {
        self.0.pushing.lock().remove(&self.1);
    }
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the configuration is not a JSON object: {0}")]
    NotAnObject(String),
    #[error("the configuration has {0} bytes, allowed {BYTES_MAX}")]
    TooLong(usize),
    #[error("the product has no such version of a configuration")]
    NoVersion,
    #[error("the configuration is disabled")]
    Disabled,
    #[error("the configuration is being sent to all devices already")]
    IsPushed,
    #[error(transparent)]
    Send(#[from] SendError),
    #[error("the registry failed")]
    Store(#[from] StoreError),
}

/// Brings the newest versions into memory: at start.
///
/// # Errors
/// When the registry fails.
pub(crate) async fn load(platform: &Platform) -> Result<(), StoreError> {
    let found = platform.stores.remote_configs.remote_configs().await?;
    let states = found.into_iter().map(|state| (state.newest.product, Arc::new(state))).collect::<HashMap<_, _>>();
    platform.remote_configs.states.store(states.into());
    Ok(())
}

/// The registry has deleted it already.
pub(crate) fn forget(platform: &Platform, product: ProductId) {
    if platform.remote_configs.of(product).is_some() {
        platform.remote_configs.change(|states| {
            states.remove(&product);
        });
    }
}

/// Saves a new version; devices get it from now on, when the configuration is enabled.
///
/// # Errors
/// [`ConfigError::Product`], `NotAnObject`, `TooLong`, `Store`.
pub async fn save(
    platform: &Platform,
    owner: Uin,
    product: &str,
    text: &str,
) -> Result<RemoteConfigState, ConfigError> {
    let text = text.trim();
    if text.len() > BYTES_MAX {
        return Err(ConfigError::TooLong(text.len()));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| ConfigError::NotAnObject(error.to_string()))?;
    if !text.starts_with('{') {
        return Err(ConfigError::NotAnObject("it begins with no brace".to_owned()));
    }
    let _turn = platform.turns.take().await;
    let product = product::find(platform, owner, product)?.product.id;
    let known = platform.remote_configs.of(product);
    let version = known.as_ref().map_or(0, |state| state.newest.version) + 1;
    let newest = RemoteConfig { product, version, text: text.to_owned(), created: platform.clock.now() };
    platform.stores.remote_configs.save_remote_config(newest.clone()).await?;
    // Without a version there was nothing to enable.
    let state = RemoteConfigState { is_enabled: known.is_some_and(|state| state.is_enabled), newest };
    platform.remote_configs.change(|states| {
        states.insert(product, Arc::new(state.clone()));
    });
    Ok(state)
}

/// Lets devices have the configuration, or keeps it from them.
///
/// # Errors
/// [`ConfigError::Product`], `NoVersion`, `Store`.
pub async fn enable(platform: &Platform, owner: Uin, product: &str, is_enabled: bool) -> Result<(), ConfigError> {
    let _turn = platform.turns.take().await;
    let state = current(platform, owner, product)?;
    let product = state.newest.product;
    platform.stores.remote_configs.enable_remote_config(product, is_enabled).await?;
    let state = RemoteConfigState { is_enabled, newest: state.newest.clone() };
    platform.remote_configs.change(|states| {
        states.insert(product, Arc::new(state));
    });
    Ok(())
}

/// The newest version.
///
/// # Errors
/// [`ConfigError::Product`], `NoVersion`.
pub fn current(platform: &Platform, owner: Uin, product: &str) -> Result<Arc<RemoteConfigState>, ConfigError> {
    let product = product::find(platform, owner, product)?.product.id;
    platform.remote_configs.of(product).ok_or(ConfigError::NoVersion)
}

/// The kept versions, newest first.
///
/// # Errors
/// [`ConfigError::Product`], `Store`.
pub async fn versions(platform: &Platform, owner: Uin, product: &str) -> Result<Vec<RemoteConfig>, ConfigError> {
    let product = product::find(platform, owner, product)?.product.id;
    Ok(platform.stores.remote_configs.remote_config_versions(product).await?)
}

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    pub version: u64,
    /// Of the message.
    pub bytes: usize,
    pub count: ConfigPushed,
}

/// Sends the newest version to one device, or to every device that is online and listens.
///
/// # Errors
/// See [`ConfigError`]; when sending ends early, what was sent stays sent.
pub async fn push(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: Option<&str>,
    request_id: &str,
) -> Result<Pushed, ConfigError> {
    let state = current(platform, owner, product)?;
    if !state.is_enabled {
        return Err(ConfigError::Disabled);
    }
    let device = name.map(|name| device::find(platform, owner, product, name)).transpose()?;
    let product = state.newest.product;
    let _one_at_a_time = match device {
        None => Some(Pushing::start(&platform.remote_configs, product)?),
        Some(_) => None,
    };
    let mut message = Vec::new();
    system::config::push(&state.newest.text, &mut message);
    let bytes = message.len();
    let push = ConfigPush {
        product,
        only: device.map(|device| device.number),
        logged: logged(&message, state.newest.version).into(),
        message: message.into(),
        request_id: request_id.into(),
    };
    let count = platform.bus.push_config(push).await.map_err(SendError::from)?;
    Ok(Pushed { version: state.newest.version, bytes, count })
}

/// What the log of each device keeps: a long message is named, it stands in the registry.
fn logged(message: &[u8], version: u64) -> Vec<u8> {
    if message.len() <= C_DEVICE_BYTES_MAX {
        return message.to_vec();
    }
    let warning = format!("larger than the {C_DEVICE_BYTES_MAX} bytes that the C SDK takes");
    let bytes = message.len();
    format!(r#"{{"type":"push","result":0,"version":{version},"bytes":{bytes},"warning":"{warning}"}}"#).into_bytes()
}
