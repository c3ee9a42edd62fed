//! Tags of products and devices: labels to search by, and what policies may ask for.
//!
//! Source: spec/accounts.md 4 and 5.

use lianwu_model::Uin;
use lianwu_model::product::{Product, Tag};
use lianwu_ports::registry::StoreError;

use crate::Platform;
use crate::device::{self, DeviceError};
use crate::invalid::{Invalid, Rule, characters, form};
use crate::product::{self, ProductError};

/// Tags of one product or device.
pub const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 127;
const VALUE_CHARS_MAX: usize = 255;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TagError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the key {0} is given twice")]
    KeyTwice(String),
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Replaces the tags of a product, released or not; in force for policies when this returns.
///
/// # Errors
/// [`TagError::Invalid`], `KeyTwice`, `Product`.
pub async fn set_product(platform: &Platform, owner: Uin, id: &str, tags: Vec<Tag>) -> Result<(), TagError> {
    let tags = checked(tags)?;
    let _turn = platform.turns.take().await;
    let mut product = Product::clone(&product::find(platform, owner, id)?.product);
    product.tags = tags;
    product::save(platform, product).await?;
    Ok(())
}

/// Replaces the tags of a device.
///
/// # Errors
/// [`TagError::Invalid`], `KeyTwice`, `Device`.
pub async fn set_device(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    tags: Vec<Tag>,
) -> Result<(), TagError> {
    let tags = checked(tags)?;
    let _turn = platform.turns.take().await;
    let mut device = device::load(platform, owner, product, name).await?;
    device.tags = tags;
    platform.stores.devices.update_device(device.clone()).await?;
    if let Some(entry) = platform.directory.find(device.product, name) {
        entry.set_tags(device.tags);
    }
    Ok(())
}

/// A device's own tags, from memory.
///
/// # Errors
/// [`DeviceError::Product`], `NotFound`.
pub fn of_device(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<Vec<Tag>, DeviceError> {
    Ok(device::find(platform, owner, product, name)?.tags())
}

/// In the order of their keys, so that the same tags are the same set however they were given.
fn checked(mut tags: Vec<Tag>) -> Result<Vec<Tag>, TagError> {
    if tags.len() > TAGS_MAX {
        return Err(Invalid::new("Tags", Rule::Count { min: 0, max: TAGS_MAX }).into());
    }
    for tag in &tags {
        characters("Tags.Key", &tag.key, 1, KEY_CHARS_MAX)?;
        characters("Tags.Value", &tag.value, 0, VALUE_CHARS_MAX)?;
        // Policies write a tag as `<key>&<value>`.
        if tag.key.contains('&') || tag.key.chars().chain(tag.value.chars()).any(char::is_control) {
            return Err(Invalid::new(
                "Tags",
                form("不含控制字符的文本，且键不含 &", "without control characters, and the key without &"),
            )
            .into());
        }
    }
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    match tags.windows(2).find(|pair| pair[0].key == pair[1].key) {
        Some(pair) => Err(TagError::KeyTwice(pair[0].key.clone())),
        None => Ok(tags),
    }
}
