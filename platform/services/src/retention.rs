//! How long history is kept: a product's own days, or the platform's; and when its messages count as acknowledged.
//!
//! Queries clip to a product's days at once. Files hold the messages of all products and accounts, so they go when the
//! longest of their days are over. Source: spec/faq.md 10 and 11.

use std::ops::RangeInclusive;
use std::time::Duration;

use lianwu_model::product::{Durability, Product};
use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_ports::readings::ReadingError;

use crate::Platform;
use crate::invalid::{Invalid, Rule};
use crate::product::{self, ProductError};

/// What a product asks for; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageChange {
    /// 1 to [`days_max`]; 0 goes back to the platform's own.
    pub days: Option<u64>,
    pub durability: Option<Durability>,
}

/// Most days a product may ask for.
#[must_use]
pub fn days_max(platform: &Platform) -> u32 {
    platform.limits.product_retention_days_max.max(platform.limits.retention_days)
}

/// Days a product's history is kept. Never more than [`days_max`], also when that was lowered since.
#[must_use]
pub fn days(platform: &Platform, product: &Product) -> u32 {
    let own = product.retention_days.map(|days| u32::from(days).min(days_max(platform)));
    own.unwrap_or(platform.limits.retention_days)
}

/// The same by id; the platform's own for a product that is gone.
#[must_use]
pub fn days_of(platform: &Platform, product: ProductId) -> u32 {
    let found = platform.catalog.load().get(&product).map(|found| days(platform, &found.product));
    found.unwrap_or(platform.limits.retention_days)
}

/// Days for which files are kept: the longest of all products, and never less than the platform's own, which are those
/// of the records that belong to an account instead of a product.
#[must_use]
pub fn longest(platform: &Platform) -> u32 {
    let products = platform.catalog.load();
    let own = products.values().map(|found| days(platform, &found.product));
    own.fold(platform.limits.retention_days, u32::max)
}

/// The oldest time so many days back.
#[must_use]
pub fn oldest(now: UnixMillis, days: u32) -> UnixMillis {
    now.minus(Duration::from_millis(u64::from(days) * UnixMillis::DAY_MS))
}

/// What lies before a product's retention is not shown, even where its file is not removed yet.
#[must_use]
pub fn clip(platform: &Platform, product: ProductId, times: RangeInclusive<UnixMillis>) -> RangeInclusive<UnixMillis> {
    let oldest = oldest(platform.clock.now(), days_of(platform, product));
    (*times.start()).max(oldest)..=*times.end()
}

/// Gives the disk back what no product keeps any more; how many bytes of the log that was.
///
/// # Errors
/// When the readings fail; the log has given its bytes back all the same.
pub fn expire(platform: &Platform) -> Result<u64, ReadingError> {
    let (now, days) = (platform.clock.now(), longest(platform));
    let bytes = platform.log.expire(now, days);
    platform.readings.expire(oldest(now, days))?;
    Ok(bytes)
}

/// Changes retention and durability of a product, released or not; in force when this returns.
///
/// # Errors
/// [`ProductError::Invalid`] for days out of range, `NotFound`.
pub async fn set(platform: &Platform, owner: Uin, id: &str, change: StorageChange) -> Result<Product, ProductError> {
    let max = days_max(platform);
    let days = match change.days {
        Some(0) => Some(None),
        Some(days) => {
            let fits = u16::try_from(days).ok().filter(|days| u32::from(*days) <= max);
            Some(Some(fits.ok_or(Invalid::new("RetentionDays", Rule::Days { max }))?))
        }
        None => None,
    };
    let _turn = platform.turns.take().await;
    let mut product = Product::clone(&product::find(platform, owner, id)?.product);
    product.retention_days = days.unwrap_or(product.retention_days);
    product.durability = change.durability.unwrap_or(product.durability);
    product::save(platform, product).await
}
