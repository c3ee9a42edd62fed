//! Products: kinds of devices, from development to release.
//!
//! Source: spec/cloud-api.md 2.2 and 3.2, spec/thing-model-and-console.md 1.2.

use lianwu_model::account::Principal;
use lianwu_model::product::{
    Authentication, DataProtocol, DevelopmentStatus, Durability, NET_TYPES, Product, ProductKind, Registration,
};
use lianwu_model::topic_policy::TopicTable;
use lianwu_model::{ProductId, ProjectId, Uin};
use lianwu_ports::registry::StoreError;

use crate::catalog::CatalogProduct;
use crate::invalid::{self, Invalid, Rule};
use crate::project::{self, ProjectError};
use crate::randomness::{DIGITS_AND_UPPER, text};
use crate::{Platform, device_log, fence, remote_config};

const NAME_CHARS_MAX: usize = 32;
const DESCRIPTION_CHARS_MAX: usize = 1024;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProductError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("product {0} does not exist")]
    NotFound(String),
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error("the account has a product of that name")]
    NameTaken,
    #[error("the project has {0} products, as many as allowed")]
    TooMany(u64),
    #[error("the product is released and cannot be changed")]
    Released,
    #[error("a product cannot go from {from:?} to {to:?}")]
    NoSuchStep { from: DevelopmentStatus, to: DevelopmentStatus },
    #[error("the product has devices")]
    HasDevices,
    #[error("the gateway product takes devices of other products")]
    TakesProducts,
    #[error("a gateway product takes its devices")]
    IsTaken,
    #[error("the registry failed")]
    Store(StoreError),
}

/// What a new product is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewProduct {
    pub project: String,
    pub name: String,
    pub description: String,
    pub category: u64,
    pub kind: ProductKind,
    pub authentication: Authentication,
    pub net_type: String,
    pub data_protocol: DataProtocol,
}

/// What may be changed later; `None` leaves it as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductChange {
    pub name: String,
    pub description: String,
    pub module: i64,
    pub script_enabled: Option<bool>,
    pub bind_strategy: Option<u8>,
}

/// Creates a product in development, without a thing model.
///
/// # Errors
/// [`ProductError::Invalid`], `Project`, `TooMany`, `NameTaken`.
pub async fn create(platform: &Platform, by: &Principal, new: NewProduct) -> Result<Product, ProductError> {
    check_texts(&new.name, &new.description)?;
    check_kind(&new)?;
    let _turn = platform.turns.take().await;
    let project = project::find(platform, by.owner, &new.project).await?;
    check_quota(platform, by.owner, &project.id)?;
    let now = platform.clock.now();
    let id = text(platform.randomness.as_ref(), DIGITS_AND_UPPER, ProductId::LEN);
    let product = Product {
        id: id.parse().expect("made in the form of a ProductId"),
        project: project.id,
        owner: by.owner,
        name: new.name,
        description: new.description,
        category: new.category,
        kind: new.kind,
        authentication: new.authentication,
        net_type: new.net_type,
        data_protocol: new.data_protocol,
        status: DevelopmentStatus::Developing,
        script_enabled: false,
        bind_strategy: 0,
        module: 0,
        durability: Durability::Disk,
        retention_days: None,
        registration: Registration::default(),
        secret: None,
        topics: TopicTable::default(),
        creator: by.uin,
        creator_name: by.name.clone(),
        tags: Vec::new(),
        created: now,
        updated: now,
    };
    platform.stores.products.create_product(product.clone()).await.map_err(store)?;
    platform.catalog.put_product(product.clone());
    Ok(product)
}

fn check_texts(name: &str, description: &str) -> Result<(), Invalid> {
    invalid::characters("ProductName", name, 1, NAME_CHARS_MAX)?;
    invalid::characters("ProductDesc", description, 0, DESCRIPTION_CHARS_MAX)
}

fn check_kind(new: &NewProduct) -> Result<(), Invalid> {
    if !NET_TYPES.contains(&new.net_type.as_str()) {
        const TYPES: &str = "wifi, wifi-ble, cellular, 5g, lorawan, ble, ethernet, wifi-ethernet, else, sub_zigbee, \
                             sub_ble, sub_433mhz, sub_else, sub_blemesh";
        return Err(Invalid::new("NetType", Rule::OneOf(TYPES)));
    }
    Ok(())
}

fn check_quota(platform: &Platform, owner: Uin, project: &ProjectId) -> Result<(), ProductError> {
    let max = platform.limits.products;
    let count = platform.catalog.owned_by(owner).iter().filter(|p| p.product.project == *project).count();
    if max != 0 && count as u64 >= max { Err(ProductError::TooMany(max)) } else { Ok(()) }
}

/// Finds a product of this account; another account's counts as absent.
///
/// # Errors
/// [`ProductError::NotFound`], also for a text that is no ProductId.
pub fn find(platform: &Platform, owner: Uin, id: &str) -> Result<CatalogProduct, ProductError> {
    let found = id.parse().ok().and_then(|id| platform.catalog.product(id));
    found.filter(|p| p.product.owner == owner).ok_or_else(|| ProductError::NotFound(id.to_owned()))
}

/// Changes a product that is not released.
///
/// # Errors
/// [`ProductError::Invalid`], `NotFound`, `Released`, `NameTaken`.
pub async fn modify(platform: &Platform, owner: Uin, id: &str, change: ProductChange) -> Result<Product, ProductError> {
    check_texts(&change.name, &change.description)?;
    let _turn = platform.turns.take().await;
    let mut product = Product::clone(&find(platform, owner, id)?.product);
    if product.status == DevelopmentStatus::Released {
        return Err(ProductError::Released);
    }
    product.name = change.name;
    product.description = change.description;
    product.module = change.module;
    product.script_enabled = change.script_enabled.unwrap_or(product.script_enabled);
    product.bind_strategy = change.bind_strategy.unwrap_or(product.bind_strategy);
    save(platform, product).await
}

/// Moves a product towards release. Saying again what is so already is fine.
///
/// # Errors
/// [`ProductError::NotFound`], `NoSuchStep`.
pub async fn release(
    platform: &Platform,
    owner: Uin,
    id: &str,
    to: DevelopmentStatus,
) -> Result<Product, ProductError> {
    let _turn = platform.turns.take().await;
    let mut product = Product::clone(&find(platform, owner, id)?.product);
    if product.status == to {
        return Ok(product);
    }
    if !may_become(product.status, to) {
        return Err(ProductError::NoSuchStep { from: product.status, to });
    }
    product.status = to;
    save(platform, product).await
}

/// There is no way back from released; a review may be refused. Source: spec/cloud-api.md 3.2.
fn may_become(from: DevelopmentStatus, to: DevelopmentStatus) -> bool {
    use DevelopmentStatus as S;
    matches!(
        (from, to),
        (S::Developing | S::Audit, S::Released) | (S::Developing, S::Audit) | (S::Audit, S::Developing)
    )
}

pub(crate) async fn save(platform: &Platform, mut product: Product) -> Result<Product, ProductError> {
    product.updated = platform.clock.now();
    platform.stores.products.update_product(product.clone()).await.map_err(store)?;
    platform.catalog.put_product(product.clone());
    Ok(product)
}

/// Deletes a product without devices, its thing model with it.
///
/// # Errors
/// [`ProductError::NotFound`], `TakesProducts`, `IsTaken`, `HasDevices`.
pub async fn delete(platform: &Platform, owner: Uin, id: &str) -> Result<(), ProductError> {
    let _turn = platform.turns.take().await;
    let id = find(platform, owner, id)?.product.id;
    if !platform.topology.allowed(id).is_empty() {
        return Err(ProductError::TakesProducts);
    }
    if platform.topology.is_taken(id) {
        return Err(ProductError::IsTaken);
    }
    platform.stores.products.delete_product(id).await.map_err(store)?;
    platform.catalog.remove(id);
    device_log::forget_product(platform, id);
    remote_config::forget(platform, id);
    fence::forget_product(platform, id);
    Ok(())
}

/// Filter of a product list; every field that is given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductFilter {
    pub project: Option<String>,
    pub id: Option<String>,
    /// Part of the name; ASCII letters fit in either case.
    pub name: Option<String>,
    pub status: Option<DevelopmentStatus>,
    /// All of these tags, key and value exactly; a missing value means any.
    pub tags: Vec<(String, Option<String>)>,
}

impl ProductFilter {
    fn admits(&self, product: &Product) -> bool {
        let name = self.name.as_ref().map(|name| name.to_ascii_lowercase());
        self.project.as_ref().is_none_or(|project| product.project.as_str() == project)
            && self.id.as_ref().is_none_or(|id| product.id.as_str() == id)
            && name.is_none_or(|name| product.name.to_ascii_lowercase().contains(&name))
            && self.status.is_none_or(|status| product.status == status)
            && self.tags.iter().all(|(key, value)| {
                product.tags.iter().any(|tag| tag.key == *key && value.as_ref().is_none_or(|v| tag.value == *v))
            })
    }
}

/// The account's products that fit, newest first, from memory.
#[must_use]
pub fn list(platform: &Platform, owner: Uin, filter: &ProductFilter) -> Vec<CatalogProduct> {
    let mut products = platform.catalog.owned_by(owner);
    products.retain(|product| filter.admits(&product.product));
    products
}

fn store(error: StoreError) -> ProductError {
    match error {
        StoreError::Taken(_) => ProductError::NameTaken,
        StoreError::Missing => ProductError::NotFound(String::new()),
        StoreError::InUse(_) => ProductError::HasDevices,
        StoreError::Failed(_) => ProductError::Store(error),
    }
}
