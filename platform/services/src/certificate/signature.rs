//! A signature instead of a handshake: has the holder of a device's certificate on record signed this?

use std::sync::Arc;

use lianwu_model::product::Authentication;
use lianwu_model::{DeviceKey, ProductId};
use lianwu_ports::registry::StoreError;
use openssl::hash::MessageDigest;
use openssl::sign::Verifier;
use openssl::x509::X509;

use super::verify::{CertificateRefusal, prove};
use super::x509;
use crate::Platform;
use crate::directory::DirectoryDevice;

/// Why a signature lets no device in. The text is for the diagnostic log of the product.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SignatureRefusal {
    #[error(transparent)]
    Certificate(#[from] CertificateRefusal),
    /// A product that trusts an account's own authority may have devices whose certificate is known from the handshake alone.
    #[error(
        "no certificate of the device is on record, so its signature cannot be checked: give it to the platform, or sign in over TLS with it"
    )]
    NotOnRecord,
    #[error("the signature is not that of the certificate on record: wrong private key, or another text was signed")]
    Mismatch,
    #[error("the registry failed")]
    Store(StoreError),
}

/// The device whose private key made `signature` (PKCS #1 v1.5 with SHA-256) over one of `texts`.
///
/// Its certificate is read from the registry and judged as one shown in a handshake: authority, time, name, on record.
///
/// # Errors
/// See [`SignatureRefusal`].
pub async fn verify_signature(
    platform: &Platform,
    product: ProductId,
    device: &str,
    texts: &[impl AsRef<[u8]>],
    signature: &[u8],
) -> Result<Arc<DirectoryDevice>, SignatureRefusal> {
    let known = platform.catalog.product(product).ok_or(CertificateRefusal::UnknownProduct(product))?;
    if known.product.authentication != Authentication::Certificate {
        return Err(CertificateRefusal::KeyProduct.into());
    }
    let missing = || CertificateRefusal::UnknownDevice { product, device: device.to_owned() };
    let name = device.parse().map_err(|_| missing())?;
    let stored = platform.stores.devices.device(DeviceKey { product, device: name }).await;
    let stored = stored.map_err(SignatureRefusal::Store)?.ok_or_else(missing)?;
    let certificate = stored.certificate.ok_or(SignatureRefusal::NotOnRecord)?;
    let certificate = x509::one_from_pem(&certificate.pem).map_err(|_| CertificateRefusal::Malformed)?;
    if !texts.iter().any(|text| has_signed(&certificate, text.as_ref(), signature)) {
        return Err(SignatureRefusal::Mismatch);
    }
    let der = certificate.to_der().map_err(|_| CertificateRefusal::Malformed)?;
    Ok(prove(platform, &[der]).map_err(|refused| refused.why)?)
}

/// What openssl cannot use fits nothing.
fn has_signed(certificate: &X509, text: &[u8], signature: &[u8]) -> bool {
    let verified = || {
        let key = certificate.public_key()?;
        Verifier::new(MessageDigest::sha256(), &key)?.verify_oneshot(signature, text)
    };
    verified().unwrap_or(false)
}
