//! The platform's own authority, and the certificates of its devices.

use std::sync::Arc;

use lianwu_model::certificate::{Certificate, PlatformAuthority, PrivateKeyText};
use lianwu_model::product::Product;
use lianwu_model::{DeviceKey, UnixMillis};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};

use super::cache::Issuer;
use super::verify::{self, CertificateRefusal};
use super::x509::{self, Identity, Validity};
use super::{CertificateError, own_of};
use crate::Platform;

const DAY_MS: u64 = 24 * 3600 * 1_000;

/// Long enough that no device in the field outlives it by plan.
const AUTHORITY_DAYS: u64 = 30 * 365;

/// Devices cannot renew a certificate, so it is good for as long as they last.
const DEVICE_DAYS: u64 = 20 * 365;

/// A clock that is set right after the first start must not make what was issued before it "not yet valid".
const BACKDATED_DAYS: u64 = 1;

/// A device's new certificate.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) certificate: Certificate,
    /// Told once, kept nowhere.
    pub(crate) private_key: PrivateKeyText,
}

/// Makes the platform's authority unless there is one: at first start. It is in the registry, its key sealed, before it issues.
///
/// # Errors
/// [`CertificateError::Store`], `Library`.
pub async fn ensure_platform_authority(platform: &Platform) -> Result<(), CertificateError> {
    issuer(platform).await.map(drop)
}

async fn issuer(platform: &Platform) -> Result<Arc<Issuer>, CertificateError> {
    if let Some(issuer) = platform.certificates.issuer() {
        return Ok(issuer);
    }
    let _one_at_a_time = platform.certificates.making.acquire().await.expect("the semaphore is never closed");
    if platform.certificates.issuer().is_none() {
        let created = platform.clock.now();
        let (serial, validity) = (serial(platform), validity(created, AUTHORITY_DAYS));
        let made = in_background(move || x509::new_authority("Lianwu device authority", serial, validity)).await?;
        let authority = PlatformAuthority {
            certificate: x509::stored(&made.certificate).map_err(|error| library(&error))?,
            key: key_text(&made.key).map_err(|error| library(&error))?,
            created,
        };
        let stored = platform.stores.certificates.create_platform_authority(authority.clone()).await;
        stored.map_err(CertificateError::Store)?;
        platform.certificates.set_platform(authority).map_err(CertificateError::Store)?;
    }
    platform.certificates.issuer().ok_or_else(|| CertificateError::Library("the authority is missing".to_owned()))
}

/// Issues a certificate of the platform's authority to a device, with a new key. Takes tens of milliseconds.
pub(crate) async fn issue(platform: &Platform, device: &DeviceKey) -> Result<Issued, CertificateError> {
    let issuer = issuer(platform).await?;
    let _one_at_a_time = platform.certificates.making.acquire().await.expect("the semaphore is never closed");
    let name = verify::common_name_of(device.product, device.device.as_str());
    let (serial, mut validity) = (serial(platform), validity(platform.clock.now(), DEVICE_DAYS));
    validity.until = validity.until.min(issuer.known.facts.expires);
    let making = move || x509::new_device(&issuer.known.x509, &issuer.key, &name, serial, validity);
    let made = in_background(making).await?;
    Ok(Issued {
        certificate: x509::stored(&made.certificate).map_err(|error| library(&error))?,
        private_key: key_text(&made.key).map_err(|error| library(&error))?,
    })
}

/// A certificate somebody else issued, to be put on record for a device of a product with an authority of its account.
///
/// # Errors
/// [`CertificateError::NotBound`], `Unusable`, `Refused`: what would be refused at sign-in is refused here already.
pub(crate) fn take_over(
    platform: &Platform,
    product: &Product,
    device: &DeviceKey,
    text: &str,
) -> Result<Certificate, CertificateError> {
    let authority = own_of(platform, product).ok_or(CertificateError::NotBound)?;
    let given = x509::one_from_pem(text).map_err(|why| CertificateError::Unusable { field: "TlsCrt", why })?;
    x509::check_strength(&given).map_err(|why| CertificateError::Unusable { field: "TlsCrt", why })?;
    let (named, wanted) = (x509::common_name(&given), verify::common_name_of(device.product, device.device.as_str()));
    if named.as_ref() != Some(&wanted) {
        return Err(CertificateRefusal::CommonName(named.unwrap_or_default()).into());
    }
    verify::check(&authority, std::slice::from_ref(&given), platform.clock.now())?;
    x509::stored(&given).map_err(|error| library(&error))
}

fn serial(platform: &Platform) -> [u8; 16] {
    let mut bytes = [0; 16];
    platform.randomness.fill(&mut bytes);
    bytes
}

fn validity(now: UnixMillis, days: u64) -> Validity {
    Validity {
        from: UnixMillis(now.0.saturating_sub(BACKDATED_DAYS * DAY_MS)),
        until: UnixMillis(now.0.saturating_add(days * DAY_MS)),
    }
}

/// PKCS#8: every TLS library of the vendor's SDKs reads it.
fn key_text(key: &PKey<Private>) -> Result<PrivateKeyText, ErrorStack> {
    Ok(PrivateKeyText(String::from_utf8_lossy(&key.private_key_to_pem_pkcs8()?).into_owned()))
}

async fn in_background(
    make: impl FnOnce() -> Result<Identity, ErrorStack> + Send + 'static,
) -> Result<Identity, CertificateError> {
    let made = tokio::task::spawn_blocking(make).await;
    made.map_err(|error| CertificateError::Library(error.to_string()))?.map_err(|error| library(&error))
}

pub(super) fn library(error: &ErrorStack) -> CertificateError {
    CertificateError::Library(error.to_string())
}
