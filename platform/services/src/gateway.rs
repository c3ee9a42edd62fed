//! Gateways: which kinds of devices they take, which devices come in through them.
//!
//! A sub-device lives where its gateway does (docs/adr/0022-gateways.md). Binding is decided here, for the owner and for
//! gateways alike; what a gateway says for its sub-devices is device access' business.
//!
//! Source: spec/device-protocol.md 7, spec/cloud-api.md 2.12.

mod bind;
mod signed;
mod topology;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lianwu_model::product::{Product, ProductKind};
use lianwu_model::{DeviceNumber, ProductId, Uin};
use lianwu_ports::registry::StoreError;
use tracing::error;

use crate::Platform;
use crate::catalog::CatalogProduct;
use crate::device::{self, DeviceError};
use crate::directory::DirectoryDevice;
use crate::product::{self, ProductError};

pub use bind::{bind, unbind, unbound};
pub use signed::{Wanted, bind_signed, unbind_own};
pub use topology::Topology;

/// Products whose devices one gateway product may take.
pub const PRODUCTS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GatewayError {
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("product {0} is not a gateway product")]
    NotAGateway(ProductId),
    #[error("product {0} is a gateway product: its devices cannot be sub-devices")]
    IsGateway(ProductId),
    #[error("{0} products are named, 1 to {max} are allowed", max = PRODUCTS_MAX)]
    ProductCount(usize),
    #[error("gateway product {gateway} takes devices of {product} already")]
    AllowedAlready { gateway: ProductId, product: ProductId },
    #[error("gateway product {gateway} does not take devices of {product}")]
    NotAllowed { gateway: ProductId, product: ProductId },
    #[error("devices are bound to these gateways: {}", .0.join(", "))]
    StillBound(Vec<String>),
    #[error("device {0} is bound to another gateway")]
    BoundElsewhere(String),
    #[error("a gateway has at most {0} sub-devices")]
    TooMany(u64),
    #[error("device {0} is bound to no gateway")]
    NotBound(String),
    #[error("the registry failed")]
    Store(StoreError),
}

/// Brings the topology into memory: at start, behind products and devices.
///
/// # Errors
/// When the registry fails.
pub(crate) async fn load(platform: &Platform) -> Result<(), StoreError> {
    for (gateway, product) in platform.stores.topology.allowed_products().await? {
        platform.topology.allow(gateway, &[product]);
    }
    let bindings = platform.stores.topology.bindings().await?;
    if bindings.is_empty() {
        return Ok(());
    }
    let wanted = bindings.iter().flat_map(|binding| [binding.gateway, binding.device]).collect();
    let by_number = numbered(platform, &wanted);
    for binding in bindings {
        match (by_number.get(&binding.gateway), by_number.get(&binding.device)) {
            (Some(gateway), Some(device)) => platform.topology.bind(gateway, std::slice::from_ref(device)),
            // A device whose secret does not read was told of when it was loaded.
            _ => error!(gateway = binding.gateway.0, device = binding.device.0, "a binding names a device not loaded"),
        }
    }
    Ok(())
}

fn numbered(platform: &Platform, wanted: &HashSet<DeviceNumber>) -> HashMap<DeviceNumber, Arc<DirectoryDevice>> {
    let mut found = HashMap::with_capacity(wanted.len());
    platform.directory.each(|device| {
        if wanted.contains(&device.number) {
            found.insert(device.number, Arc::clone(device));
        }
    });
    found
}

/// Finds a gateway product of this account.
///
/// # Errors
/// [`GatewayError::Product`], `NotAGateway`.
pub fn find_product(platform: &Platform, owner: Uin, id: &str) -> Result<Arc<Product>, GatewayError> {
    let product = product::find(platform, owner, id)?.product;
    if product.kind == ProductKind::Gateway { Ok(product) } else { Err(GatewayError::NotAGateway(product.id)) }
}

/// Finds a gateway of this account.
///
/// # Errors
/// [`GatewayError::Product`], `NotAGateway`, `Device`.
pub fn find(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<Arc<DirectoryDevice>, GatewayError> {
    find_product(platform, owner, product)?;
    Ok(device::find(platform, owner, product, name)?)
}

fn products(platform: &Platform, owner: Uin, ids: &[String]) -> Result<Vec<ProductId>, GatewayError> {
    if !(1..=PRODUCTS_MAX).contains(&ids.len()) {
        return Err(GatewayError::ProductCount(ids.len()));
    }
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let product = product::find(platform, owner, id)?.product;
        if product.kind == ProductKind::Gateway {
            return Err(GatewayError::IsGateway(product.id));
        }
        if !found.contains(&product.id) {
            found.push(product.id);
        }
    }
    Ok(found)
}

/// Lets gateways of a product take devices of others.
///
/// # Errors
/// [`GatewayError::Product`], `NotAGateway`, `IsGateway`, `ProductCount` (all together), `AllowedAlready`: none is
/// allowed then.
pub async fn allow(platform: &Platform, owner: Uin, gateway: &str, ids: &[String]) -> Result<(), GatewayError> {
    let _turn = platform.turns.take().await;
    let gateway = find_product(platform, owner, gateway)?.id;
    let products = products(platform, owner, ids)?;
    let allowed = platform.topology.allowed(gateway);
    if let Some(product) = products.iter().find(|product| allowed.contains(product)) {
        return Err(GatewayError::AllowedAlready { gateway, product: *product });
    }
    let count = allowed.len() + products.len();
    if count > PRODUCTS_MAX {
        return Err(GatewayError::ProductCount(count));
    }
    platform.stores.topology.allow_products(gateway, products.clone()).await.map_err(GatewayError::Store)?;
    platform.topology.allow(gateway, &products);
    Ok(())
}

/// Takes it back.
///
/// # Errors
/// As [`allow`], and [`GatewayError::StillBound`] with the names of the gateways that have such a device. A product that
/// was not allowed is passed over.
pub async fn withdraw(platform: &Platform, owner: Uin, gateway: &str, ids: &[String]) -> Result<(), GatewayError> {
    let _turn = platform.turns.take().await;
    let gateway = find_product(platform, owner, gateway)?.id;
    let products = products(platform, owner, ids)?;
    let holders = platform.topology.holders(gateway, &products);
    if !holders.is_empty() {
        return Err(GatewayError::StillBound(holders.iter().map(|holder| holder.name.to_string()).collect()));
    }
    platform.stores.topology.withdraw_products(gateway, products.clone()).await.map_err(GatewayError::Store)?;
    platform.topology.withdraw(gateway, &products);
    Ok(())
}

/// The products whose devices a gateway product takes, in the order they were allowed.
///
/// # Errors
/// [`GatewayError::Product`], `NotAGateway`.
pub fn allowed(platform: &Platform, owner: Uin, gateway: &str) -> Result<Vec<CatalogProduct>, GatewayError> {
    let gateway = find_product(platform, owner, gateway)?.id;
    let ids = platform.topology.allowed(gateway);
    Ok(ids.into_iter().filter_map(|id| platform.catalog.product(id)).collect())
}
