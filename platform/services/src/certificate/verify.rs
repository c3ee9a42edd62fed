//! Which device a chain of certificates proves, or why none.

use std::sync::Arc;

use lianwu_model::certificate::Fingerprint;
use lianwu_model::product::{Authentication, Product};
use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use openssl::x509::X509;

use super::cache::KnownAuthority;
use super::x509::{self, ChainFault};
use crate::Platform;
use crate::directory::DirectoryDevice;

/// Certificates a chain may have, the device's own included.
const CHAIN_MAX: usize = 8;

/// Why a certificate does not let a device in. The text is for the diagnostic log of the product.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefusal {
    #[error("the certificate chain is empty, too long or not readable")]
    Malformed,
    #[error("the common name {0:?} of the certificate is not the ProductId followed by the DeviceName")]
    CommonName(String),
    #[error("the certificate is valid from {0} s on, which is in the future: is a clock wrong?")]
    NotYetValid(u64),
    #[error("the certificate expired at {0} s: RenewDeviceCertificate gives the device another")]
    Expired(u64),
    #[error("the certificate was issued by {0:?}, which is not the authority of the product")]
    UnknownAuthority(String),
    #[error("the authority {0:?} that issued the certificate has expired or is not valid yet")]
    AuthorityTime(String),
    #[error("the certificate cannot be used: {0}")]
    Unusable(String),
    #[error("product {0} does not exist on this platform")]
    UnknownProduct(ProductId),
    #[error("the product's devices sign in with keys, not with certificates")]
    KeyProduct,
    #[error("device {device} does not exist in product {product}")]
    UnknownDevice { product: ProductId, device: String },
    #[error(
        "the certificate is not the one on record for the device: it was replaced, or issued before the device was created again"
    )]
    NotOnRecord,
    #[error("the device is disabled")]
    Disabled,
}

/// A refused chain, with whom it named: nothing of this is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedChain {
    /// A product that exists.
    pub product: Option<ProductId>,
    pub device: String,
    /// [`DeviceNumber::NONE`] when there is no such device.
    pub number: DeviceNumber,
    pub why: CertificateRefusal,
}

/// The device a chain proves; the DER forms come as the handshake brings them, the device's own first.
///
/// The handshake must have shown that the peer holds the first certificate's private key. Asks nobody and waits for
/// nothing; takes some 0.1 ms.
///
/// # Errors
/// Says what is wrong, the name first, so that the owner of the product can be told.
pub fn prove(platform: &Platform, chain: &[impl AsRef<[u8]>]) -> Result<Arc<DirectoryDevice>, RefusedChain> {
    let nobody = |why| RefusedChain { product: None, device: String::new(), number: DeviceNumber::NONE, why };
    let chain = read(chain).ok_or_else(|| nobody(CertificateRefusal::Malformed))?;
    let Some(name) = x509::common_name(&chain[0]) else {
        return Err(nobody(CertificateRefusal::CommonName(String::new())));
    };
    let Some((id, device)) = split(&name) else { return Err(nobody(CertificateRefusal::CommonName(name))) };
    let Some(product) = platform.catalog.product(id) else {
        return Err(RefusedChain { device: device.to_owned(), ..nobody(CertificateRefusal::UnknownProduct(id)) });
    };
    let found = platform.directory.find(id, device);
    let number = found.as_ref().map_or(DeviceNumber::NONE, |found| found.number);
    let decided = decide(platform, &product.product, found, device, &chain);
    decided.map_err(|why| RefusedChain { product: Some(id), device: device.to_owned(), number, why })
}

fn decide(
    platform: &Platform,
    product: &Product,
    found: Option<Arc<DirectoryDevice>>,
    name: &str,
    chain: &[X509],
) -> Result<Arc<DirectoryDevice>, CertificateRefusal> {
    if product.authentication != Authentication::Certificate {
        return Err(CertificateRefusal::KeyProduct);
    }
    let missing = || CertificateRefusal::UnknownDevice { product: product.id, device: name.to_owned() };
    let device = found.ok_or_else(missing)?;
    let issuer = || x509::facts(&chain[0]).map(|facts| facts.issuer).unwrap_or_default();
    let authority =
        super::of_product(platform, product).ok_or_else(|| CertificateRefusal::UnknownAuthority(issuer()))?;
    check_shown(&authority, chain, platform.clock.now())?;
    let is_bound = super::own_of(platform, product).is_some();
    let shown = x509::fingerprint(&chain[0]).map_err(|_| CertificateRefusal::Malformed)?;
    match device.fingerprint() {
        Some(on_record) if on_record != shown => return Err(CertificateRefusal::NotOnRecord),
        // The platform's authority issues with the device and puts it on record; one without is not of this device.
        None if !is_bound => return Err(CertificateRefusal::NotOnRecord),
        Some(Fingerprint(_)) | None => {}
    }
    if device.is_enabled() { Ok(device) } else { Err(CertificateRefusal::Disabled) }
}

/// As [`check`], for a chain of a handshake, which may have been shortened by resuming.
fn check_shown(authority: &KnownAuthority, chain: &[X509], now: UnixMillis) -> Result<(), CertificateRefusal> {
    let outcome = check(authority, chain, now);
    match (&outcome, chain) {
        (Ok(()), [_, above @ ..]) if !above.is_empty() => authority.between.remember(above),
        (Err(CertificateRefusal::UnknownAuthority(_)), [own]) => {
            if let Some(completed) = authority.between.complete(own) {
                return check(authority, &completed, now);
            }
        }
        _ => {}
    }
    outcome
}

/// Is the chain good at this time and issued by this authority?
pub(super) fn check(authority: &KnownAuthority, chain: &[X509], now: UnixMillis) -> Result<(), CertificateRefusal> {
    let first = chain.first().ok_or(CertificateRefusal::Malformed)?;
    let facts = x509::facts(first).map_err(|_| CertificateRefusal::Malformed)?;
    // Who issued it is said before when: an expired certificate of a stranger is a stranger's.
    // Not `clamp`: a certificate may claim to end before it begins. To openssl the last second is outside.
    let at = now.max(facts.effective).min(UnixMillis(facts.expires.0.saturating_sub(1_000)));
    match x509::check_chain(&authority.x509, chain, at) {
        Ok(()) => {}
        Err(ChainFault::UnknownAuthority) => return Err(CertificateRefusal::UnknownAuthority(facts.issuer)),
        Err(ChainFault::AuthorityTime) => return Err(CertificateRefusal::AuthorityTime(facts.issuer)),
        Err(ChainFault::Other(why)) => return Err(CertificateRefusal::Unusable(why)),
    }
    if now < facts.effective {
        return Err(CertificateRefusal::NotYetValid(facts.effective.0 / 1_000));
    }
    // The last second is still inside.
    if now.0 / 1_000 > facts.expires.0 / 1_000 {
        return Err(CertificateRefusal::Expired(facts.expires.0 / 1_000));
    }
    Ok(())
}

fn read(chain: &[impl AsRef<[u8]>]) -> Option<Vec<X509>> {
    if chain.is_empty() || chain.len() > CHAIN_MAX {
        return None;
    }
    let mut read = Vec::with_capacity(chain.len());
    for der in chain {
        read.push(X509::from_der(der.as_ref()).ok()?);
    }
    Some(read)
}

/// Source: spec/device-protocol.md 2.3.
pub(super) fn common_name_of(product: ProductId, device: &str) -> String {
    format!("{product}{device}")
}

fn split(name: &str) -> Option<(ProductId, &str)> {
    let (product, device) = name.split_at_checked(ProductId::LEN)?;
    let product = ProductId::from_bytes(product.as_bytes())?;
    (!device.is_empty()).then_some((product, device))
}
