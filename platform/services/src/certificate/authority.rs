//! Authorities of accounts: registered with a proof that the account holds the key, bound to certificate products.

use std::sync::Arc;

use lianwu_model::Uin;
use lianwu_model::account::Principal;
use lianwu_model::certificate::{Authority, Certificate};
use lianwu_model::product::{Authentication, Product};
use lianwu_ports::registry::StoreError;
use openssl::sha::sha256;

use super::cache::KnownAuthority;
use super::issue::library;
use super::x509::{self, ChainFault};
use super::{CertificateError, load};
use crate::catalog::CatalogProduct;
use crate::product::NewProduct;
use crate::{Platform, invalid, product};

/// Authorities one account may have.
pub const AUTHORITIES_MAX: usize = 20;

const NAME_CHARS_MAX: usize = 32;

/// An authority as its account brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityText {
    pub name: String,
    /// PEM, one certificate; need not have signed itself.
    pub certificate: String,
    /// PEM of a certificate that the authority has issued to [`proof_name`].
    pub proof: String,
}

/// The common name by which an account proves that it holds an authority's key. Source: spec/cloud-api.md 2.11.
#[must_use]
pub fn proof_name(owner: Uin) -> String {
    use std::fmt::Write as _;
    let mut name = String::with_capacity(64);
    for byte in sha256(format!("iothub_{owner}").as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// Registers an authority.
///
/// # Errors
/// [`CertificateError::Invalid`], `Unusable`, `NotProven`, `TooMany`, `NameTaken`, `Repeated`.
pub async fn create(platform: &Platform, owner: Uin, new: AuthorityText) -> Result<(), CertificateError> {
    invalid::characters("CertName", &new.name, 1, NAME_CHARS_MAX)?;
    let certificate = proven(platform, owner, &new)?;
    let _turn = platform.turns.take().await;
    if platform.certificates.find(owner, &new.name).is_some() {
        return Err(CertificateError::NameTaken);
    }
    if platform.certificates.of_owner(owner).len() >= AUTHORITIES_MAX {
        return Err(CertificateError::TooMany(AUTHORITIES_MAX));
    }
    let now = platform.clock.now();
    let authority = Authority { owner, name: new.name.clone(), certificate, created: now, updated: now };
    let saved = platform.stores.certificates.create_authority(authority).await;
    saved.map_err(|error| store(error, &new.name))?;
    reload(platform).await
}

/// Replaces the certificate of an authority, products stay bound to it. Devices with certificates of the old one are refused from now on, unless
/// the new one has the same key and name.
///
/// # Errors
/// [`CertificateError::NotFound`], `Unusable`, `NotProven`, `Repeated`.
pub async fn replace(platform: &Platform, owner: Uin, change: AuthorityText) -> Result<(), CertificateError> {
    find(platform, owner, &change.name)?;
    let certificate = proven(platform, owner, &change)?;
    let _turn = platform.turns.take().await;
    let now = platform.clock.now();
    let authority = Authority { owner, name: change.name.clone(), certificate, created: now, updated: now };
    let saved = platform.stores.certificates.update_authority(authority).await;
    saved.map_err(|error| store(error, &change.name))?;
    reload(platform).await
}

/// The certificate, once everything about it and its proof is right.
fn proven(platform: &Platform, owner: Uin, new: &AuthorityText) -> Result<Certificate, CertificateError> {
    let unusable = |why: String| CertificateError::Unusable { field: "CertText", why };
    let certificate = x509::one_from_pem(&new.certificate).map_err(unusable)?;
    x509::check_strength(&certificate).map_err(unusable)?;
    let facts = x509::facts(&certificate).map_err(|error| library(&error))?;
    let now = platform.clock.now();
    if now < facts.effective || now > facts.expires {
        return Err(unusable("it has expired or is not valid yet".to_owned()));
    }
    let not_proven = CertificateError::NotProven;
    let proof =
        x509::one_from_pem(&new.proof).map_err(|why| CertificateError::Unusable { field: "VerifyCertText", why })?;
    let wanted = proof_name(owner);
    if x509::common_name(&proof).as_deref() != Some(wanted.as_str()) {
        return Err(not_proven(format!("its common name is not {wanted}")));
    }
    x509::check_chain(&certificate, &[proof], now).map_err(|fault| match fault {
        ChainFault::UnknownAuthority => not_proven("it was not issued by this authority".to_owned()),
        ChainFault::AuthorityTime => not_proven("it is not valid now".to_owned()),
        ChainFault::Other(why) => not_proven(why),
    })?;
    x509::stored(&certificate).map_err(|error| library(&error))
}

/// Deletes an authority no product is bound to.
///
/// # Errors
/// [`CertificateError::NotFound`], `InUse`.
pub async fn delete(platform: &Platform, owner: Uin, name: &str) -> Result<(), CertificateError> {
    let _turn = platform.turns.take().await;
    let deleted = platform.stores.certificates.delete_authority(owner, name.to_owned()).await;
    deleted.map_err(|error| store(error, name))?;
    reload(platform).await
}

/// # Errors
/// [`CertificateError::NotFound`].
pub fn find(platform: &Platform, owner: Uin, name: &str) -> Result<Arc<KnownAuthority>, CertificateError> {
    platform.certificates.find(owner, name).ok_or_else(|| CertificateError::NotFound(name.to_owned()))
}

/// Authorities of an account, by name.
#[must_use]
pub fn list(platform: &Platform, owner: Uin) -> Vec<Arc<KnownAuthority>> {
    platform.certificates.of_owner(owner)
}

/// From now on the product's devices sign in with certificates of this authority, and no longer with the platform's.
///
/// # Errors
/// [`CertificateError::Product`], `NotFound`, `KeyProduct`.
pub async fn bind(platform: &Platform, owner: Uin, product: &str, name: &str) -> Result<(), CertificateError> {
    let _turn = platform.turns.take().await;
    let product = certificate_product(platform, owner, product)?;
    find(platform, owner, name)?;
    let bound = platform.stores.certificates.bind_product(product.id, Some(name.to_owned())).await;
    bound.map_err(|error| store(error, name))?;
    reload(platform).await
}

/// The product goes back to the platform's authority.
///
/// # Errors
/// [`CertificateError::Product`], `KeyProduct`, `NotBound`.
pub async fn unbind(platform: &Platform, owner: Uin, product: &str) -> Result<(), CertificateError> {
    let _turn = platform.turns.take().await;
    let product = certificate_product(platform, owner, product)?;
    if own_of(platform, &product).is_none() {
        return Err(CertificateError::NotBound);
    }
    platform.stores.certificates.bind_product(product.id, None).await.map_err(|error| store(error, ""))?;
    reload(platform).await
}

fn certificate_product(platform: &Platform, owner: Uin, id: &str) -> Result<Arc<Product>, CertificateError> {
    let product = product::find(platform, owner, id)?.product;
    match product.authentication {
        Authentication::Certificate => Ok(product),
        Authentication::Key => Err(CertificateError::KeyProduct),
    }
}

/// Products bound to an authority, newest first.
///
/// # Errors
/// [`CertificateError::NotFound`].
pub fn bound_products(platform: &Platform, owner: Uin, name: &str) -> Result<Vec<CatalogProduct>, CertificateError> {
    find(platform, owner, name)?;
    let bound = platform.certificates.bound_to(name);
    let mut products = platform.catalog.owned_by(owner);
    products.retain(|product| bound.contains(&product.product.id));
    Ok(products)
}

/// The authority of its account that a product is bound to.
#[must_use]
pub fn own_of(platform: &Platform, product: &Product) -> Option<Arc<KnownAuthority>> {
    platform.certificates.bound(product.owner, product.id)
}

/// The authority a product trusts: the one it is bound to, or else the platform's, once that is made.
#[must_use]
pub fn of_product(platform: &Platform, product: &Product) -> Option<Arc<KnownAuthority>> {
    if product.authentication != Authentication::Certificate {
        return None;
    }
    own_of(platform, product).or_else(|| Some(Arc::clone(&platform.certificates.issuer()?.known)))
}

/// Creates a certificate product and binds it to this authority.
///
/// # Errors
/// [`CertificateError::NotFound`], `KeyProduct`, `Product`; nothing was made then. `Store` may leave a product that is not bound.
pub async fn create_product(
    platform: &Platform,
    by: &Principal,
    new: NewProduct,
    authority: &str,
) -> Result<Arc<Product>, CertificateError> {
    find(platform, by.owner, authority)?;
    if new.authentication != Authentication::Certificate {
        return Err(CertificateError::KeyProduct);
    }
    let product = product::create(platform, by, new).await?;
    bind(platform, by.owner, product.id.as_str(), authority).await?;
    Ok(Arc::new(product))
}

async fn reload(platform: &Platform) -> Result<(), CertificateError> {
    load(platform).await.map_err(CertificateError::Store)
}

fn store(error: StoreError, name: &str) -> CertificateError {
    match error {
        StoreError::Taken("fingerprint") => CertificateError::Repeated,
        StoreError::Taken(_) => CertificateError::NameTaken,
        StoreError::Missing => CertificateError::NotFound(name.to_owned()),
        StoreError::InUse(_) => CertificateError::InUse(name.to_owned()),
        StoreError::Failed(_) => CertificateError::Store(error),
    }
}
