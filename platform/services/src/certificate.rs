//! Certificates of devices: who issues them, which authorities accounts bring along, which device a chain proves.
//!
//! A certificate product trusts one authority: the platform's, or one its account has registered and bound to it. The platform's
//! issues a certificate and a private key with each device; of the key nothing is kept. Every check at sign-in is made
//! from memory, and against the platform's clock. Source: spec/device-protocol.md 2.8, spec/cloud-api.md 2.11.

mod authority;
mod cache;
mod issue;
mod signature;
mod verify;
mod x509;

use lianwu_ports::registry::StoreError;

use crate::Platform;
use crate::invalid::Invalid;
use crate::product::ProductError;

pub use authority::{
    AUTHORITIES_MAX, AuthorityText, bind, bound_products, create, create_product, delete, find, list, of_product,
    own_of, proof_name, replace, unbind,
};
pub use cache::{CertificateCache, KnownAuthority};
pub use issue::ensure_platform_authority;
pub(crate) use issue::{issue, take_over};
pub use signature::{SignatureRefusal, verify_signature};
pub use verify::{CertificateRefusal, RefusedChain, prove};
pub use x509::CertificateFacts;
pub(crate) use x509::bind_digests;

/// Longest PEM text that is read, in bytes: a certificate has one or two thousand.
pub const PEM_BYTES_MAX: usize = 16 * 1024;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CertificateError {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error("the account has no certificate authority {0:?}")]
    NotFound(String),
    /// Names the field.
    #[error("{field} cannot be used: {why}")]
    Unusable { field: &'static str, why: String },
    /// The proof of possession does not fit; says what is wrong with it.
    #[error("the account does not prove that it holds the authority's key: {0}")]
    NotProven(String),
    #[error("the account has an authority of that name")]
    NameTaken,
    #[error("the account has registered this certificate under another name")]
    Repeated,
    #[error("the account has {0} authorities, as many as allowed")]
    TooMany(usize),
    #[error("products are bound to the authority {0:?}")]
    InUse(String),
    #[error("the product's devices sign in with keys")]
    KeyProduct,
    #[error("the product is bound to no authority of the account")]
    NotBound,
    #[error("the certificate cannot be put on record: {0}")]
    Refused(#[from] CertificateRefusal),
    #[error("openssl failed: {0}")]
    Library(String),
    #[error("the registry failed")]
    Store(StoreError),
}

/// Reads authorities and bindings into memory: at start, and after each change.
///
/// # Errors
/// When the registry fails, or holds a certificate that does not read.
pub async fn load(platform: &Platform) -> Result<(), StoreError> {
    let certificates = &platform.stores.certificates;
    if let Some(stored) = certificates.platform_authority().await? {
        platform.certificates.set_platform(stored)?;
    }
    let (authorities, bindings) = (certificates.authorities().await?, certificates.bindings().await?);
    platform.certificates.fill(authorities, bindings)
}
