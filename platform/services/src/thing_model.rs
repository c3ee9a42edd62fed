//! Thing models: read, checked, compiled, and in force at once.
//!
//! Source: spec/cloud-api.md 2.3, spec/thing-model-and-console.md 2.8 and 2.11, decisions 12.

mod consequences;
mod findings;
pub mod judge;
mod reason;
#[cfg(test)]
mod tests;
pub mod words;

use lianwu_model::product::{DevelopmentStatus, StoredThingModel};
use lianwu_model::thing_model::{DefinitionError, ThingModel, Validator};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::registry::StoreError;

use crate::Platform;
use crate::catalog::{CatalogProduct, CompiledModel};
use crate::product::{self, ProductError};
use crate::telemetry::TelemetryError;

pub use consequences::{Consequences, Place, PropertyUse, consequences};
pub use findings::{Finding, Function, Outcome};
pub use reason::Reason;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ThingModelError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    #[error("the product is {0:?}: its thing model is frozen")]
    Frozen(DevelopmentStatus),
    #[error("the registry failed")]
    Store(StoreError),
    /// What devices said lately cannot be read.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
}

/// A model that is ready to judge, whether it is in force or not.
#[derive(Debug)]
pub struct Draft {
    pub(crate) definition: ThingModel,
    pub(crate) validator: Validator,
}

impl Draft {
    #[must_use]
    pub fn new(definition: ThingModel) -> Self {
        Self { validator: Validator::compile(&definition), definition }
    }
}

/// Text of a product's model and when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelText {
    /// As its owner wrote it; an empty model when none was saved.
    pub text: String,
    /// First saved; the product's creation when none was.
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// The model as its owner wrote it.
#[must_use]
pub fn describe(product: &CatalogProduct) -> ModelText {
    match &product.model {
        Some(model) => {
            ModelText { text: model.stored.text.clone(), created: model.stored.created, updated: model.stored.updated }
        }
        None => ModelText {
            text: ThingModel::empty_skeleton(&product.product.id, product.product.category),
            created: product.product.created,
            updated: product.product.created,
        },
    }
}

/// Replaces the whole model of a product in development; the next report is checked against it.
///
/// # Errors
/// [`ThingModelError::Product`], `Frozen`, `Definition`.
pub async fn modify(platform: &Platform, owner: Uin, id: &str, text: String) -> Result<(), ThingModelError> {
    let definition = ThingModel::parse(&text)?;
    let _turn = platform.turns.take().await;
    let found = product::find(platform, owner, id)?;
    if found.product.status != DevelopmentStatus::Developing {
        return Err(ThingModelError::Frozen(found.product.status));
    }
    let now = platform.clock.now();
    let created = found.model.as_ref().map_or(now, |model| model.stored.created);
    let stored = StoredThingModel { product: found.product.id, text, created, updated: now };
    platform.stores.products.save_model(stored.clone()).await.map_err(ThingModelError::Store)?;
    platform.catalog.put_model(compile(stored, definition));
    Ok(())
}

/// Makes a saved model ready to check messages.
pub(crate) fn compile(stored: StoredThingModel, definition: ThingModel) -> CompiledModel {
    let validator = Validator::compile(&definition);
    CompiledModel { stored, definition, validator }
}
