//! Custom topics of products: made, changed, taken away, and in force at once.
//!
//! Source: spec/cloud-api.md 2.7 and 3.10, spec/device-protocol.md 5.2.

use lianwu_model::product::Product;
use lianwu_model::topic_policy::{TopicPermission, TopicPolicy, TopicTable, TopicTableError};
use lianwu_model::{ProductId, Uin};

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::message::SendError;
use crate::product::{self, ProductError};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TopicPolicyError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Table(#[from] TopicTableError),
    #[error("a public instance has no custom topics; use an enterprise instance, or the $thing topics")]
    PublicInstance,
}

/// The topics of a product, in the order they were made.
///
/// # Errors
/// [`TopicPolicyError::Product`].
pub fn list(platform: &Platform, owner: Uin, product: &str) -> Result<Vec<TopicPolicy>, TopicPolicyError> {
    Ok(product::find(platform, owner, product)?.product.topics.policies().to_vec())
}

/// One of them.
///
/// # Errors
/// [`TopicPolicyError::Product`]; `Table` when there is none of that name.
pub fn find(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<TopicPolicy, TopicPolicyError> {
    let product = product::find(platform, owner, product)?.product;
    let found = product.topics.find(product.id, name);
    found.cloned().ok_or_else(|| TopicTableError::Missing.into())
}

/// Gives a product one topic more.
///
/// # Errors
/// [`TopicPolicyError`]
pub async fn create(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    permission: TopicPermission,
) -> Result<(), TopicPolicyError> {
    change(platform, owner, product, |id, topics| topics.with(id, name, permission)).await
}

/// Gives a topic another name and permission.
///
/// # Errors
/// [`TopicPolicyError`]
pub async fn modify(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    new_name: &str,
    permission: TopicPermission,
) -> Result<(), TopicPolicyError> {
    change(platform, owner, product, |id, topics| topics.changed(id, name, new_name, permission)).await
}

/// Takes a topic away.
///
/// # Errors
/// [`TopicPolicyError`]
pub async fn delete(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<(), TopicPolicyError> {
    change(platform, owner, product, |id, topics| topics.without(id, name)).await
}

/// Stores the changed table, puts it in force, and ends subscriptions that lost their permission.
async fn change(
    platform: &Platform,
    owner: Uin,
    product: &str,
    edit: impl FnOnce(ProductId, &TopicTable) -> Result<TopicTable, TopicTableError>,
) -> Result<(), TopicPolicyError> {
    let _turn = platform.turns.take().await;
    let mut product = Product::clone(&product::find(platform, owner, product)?.product);
    if !platform.catalog.allows_custom_topics(owner) {
        return Err(TopicPolicyError::PublicInstance);
    }
    product.topics = edit(product.id, &product.topics)?;
    let product = product::save(platform, product).await?;
    platform.bus.topics_changed(product.id).await;
    Ok(())
}

/// What a device is subscribed to at this moment, itself or through its gateway; also one that is away and keeps its
/// session.
///
/// # Errors
/// [`SendError`]: its worker has too much to do, or is gone.
pub async fn subscriptions(platform: &Platform, device: &DirectoryDevice) -> Result<Vec<Box<str>>, SendError> {
    Ok(platform.bus.subscriptions(device.number).await?)
}
