//! Scripts of products of a custom data protocol: checked when saved, in force at once, tried out without a device.
//!
//! Source: spec/thing-model-and-console.md 1.3, docs/adr/0026-raw-products.md.

use std::sync::Arc;

use lianwu_model::Uin;
use lianwu_model::account::Principal;
use lianwu_model::product::{DataProtocol, Product, StoredScript};
use lianwu_ports::registry::StoreError;
use lianwu_ports::script::{Lane, SCRIPT_BYTES_MAX, ScriptCall, ScriptFailure, ScriptRun, Work};

use crate::Platform;
use crate::product::{self, ProductError};

/// Why a script was not saved, shown or run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScriptError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error("a script has 1 to {SCRIPT_BYTES_MAX} bytes")]
    Size,
    #[error("the product's data protocol is the thing model: only products of a custom data protocol have scripts")]
    NotCustom,
    #[error("the script cannot be used: {0}")]
    Refused(ScriptFailure),
    #[error("the product has no script")]
    None,
    #[error("version {0} of the script is not kept")]
    NoVersion(u64),
    #[error("the registry failed")]
    Store(#[from] StoreError),
}

/// Checks and saves a script; the next message is translated by it. `enabled` switches translation on or off with it.
///
/// # Errors
/// [`ScriptError::Product`], `Size`, `NotCustom`, `Refused` by syntax or for want of a function.
pub async fn save(
    platform: &Platform,
    by: &Principal,
    id: &str,
    text: String,
    enabled: bool,
) -> Result<(StoredScript, Product), ScriptError> {
    if text.trim().is_empty() || text.len() > SCRIPT_BYTES_MAX {
        return Err(ScriptError::Size);
    }
    let product = custom(platform, by.owner, id)?;
    let run = bench(platform, &product, text.as_str().into(), Work::Check).await;
    run.output.map_err(ScriptError::Refused)?;
    let _turn = platform.turns.take().await;
    // The check took its time: the product may have gone.
    let mut product = custom(platform, by.owner, id)?;
    let stored = put(platform, by, &product, text).await?;
    if product.script_enabled != enabled {
        product.script_enabled = enabled;
        product = product::save(platform, product).await?;
    }
    Ok((stored, product))
}

/// Takes the script away; messages are kept as they come from then on. Earlier versions stay.
///
/// # Errors
/// [`ScriptError::Product`], `None`.
pub async fn delete(platform: &Platform, by: &Principal, id: &str) -> Result<StoredScript, ScriptError> {
    let _turn = platform.turns.take().await;
    let found = product::find(platform, by.owner, id)?;
    if found.script.is_none() {
        return Err(ScriptError::None);
    }
    put(platform, by, &found.product, String::new()).await
}

async fn put(
    platform: &Platform,
    by: &Principal,
    product: &Product,
    text: String,
) -> Result<StoredScript, ScriptError> {
    let newest = platform.stores.scripts.script_versions(product.id).await?.first().map_or(0, |script| script.version);
    let saved = platform.clock.now();
    let stored = StoredScript { product: product.id, version: newest + 1, text, author: by.uin, saved };
    platform.stores.scripts.save_script(stored.clone()).await?;
    platform.catalog.put_script(&stored);
    Ok(stored)
}

/// The versions that are kept, newest first; the first is the one in force.
///
/// # Errors
/// [`ScriptError::Product`].
pub async fn versions(platform: &Platform, owner: Uin, id: &str) -> Result<Vec<StoredScript>, ScriptError> {
    let product = product::find(platform, owner, id)?.product;
    Ok(platform.stores.scripts.script_versions(product.id).await?)
}

/// Runs a script once, beside the messages of devices and with the same limits; nothing is stored. Without `text` it is the
/// product's own.
///
/// # Errors
/// [`ScriptError::Product`], `Size`, `None`. A script that fails is no error: the run says why.
pub async fn try_out(
    platform: &Platform,
    owner: Uin,
    id: &str,
    text: Option<String>,
    work: Work,
) -> Result<ScriptRun, ScriptError> {
    let found = product::find(platform, owner, id)?;
    let text: Arc<str> = match text {
        Some(text) if text.len() > SCRIPT_BYTES_MAX => return Err(ScriptError::Size),
        Some(text) => text.into(),
        None => Arc::clone(&found.script.as_ref().ok_or(ScriptError::None)?.text),
    };
    Ok(bench(platform, &found.product, text, work).await)
}

async fn bench(platform: &Platform, product: &Product, script: Arc<str>, work: Work) -> ScriptRun {
    let now = platform.clock.now();
    platform.scripts.run(ScriptCall { product: product.id, lane: Lane::Bench, script, work, now }).await
}

fn custom(platform: &Platform, owner: Uin, id: &str) -> Result<Product, ScriptError> {
    let product = product::find(platform, owner, id)?.product;
    match product.data_protocol {
        DataProtocol::Custom => Ok(Product::clone(&product)),
        DataProtocol::ThingModel => Err(ScriptError::NotCustom),
    }
}
