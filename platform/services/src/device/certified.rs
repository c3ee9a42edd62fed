//! Devices of certificate products.

use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::account::Principal;
use lianwu_model::certificate::{Certificate, PrivateKeyText};
use lianwu_model::device::Device;
use lianwu_model::product::{Authentication, Product};
use lianwu_model::{DeviceKey, DeviceName, Uin};

use super::{Credentials, DeviceError, check_quota, insert, random_secret, store};
use crate::directory::DirectoryDevice;
use crate::{Platform, certificate, product};

/// A device that was just made.
#[derive(Debug)]
pub struct CertifiedDevice {
    pub device: Device,
    /// Of the certificate the platform issued: shown now and never again. `None` when the certificate came from elsewhere.
    pub private_key: Option<PrivateKeyText>,
}

/// Registers a device of a certificate product.
///
/// The platform's authority issues its certificate. A product bound to an authority of its account gets none: the one in `own` (PEM) goes on
/// record and is the only one accepted; without it, every certificate of that authority with the device's name is.
///
/// # Errors
/// [`DeviceError::Product`], `NameForm`, `NameTaken`, `TooMany`, `KeyProduct`, `Certificate`.
pub async fn create_certified(
    platform: &Platform,
    by: &Principal,
    product: &str,
    name: &str,
    own: Option<&str>,
) -> Result<CertifiedDevice, DeviceError> {
    let name: DeviceName = name.parse().map_err(|_| DeviceError::NameForm(name.to_owned()))?;
    let found = product::find(platform, by.owner, product)?.product;
    if found.authentication != Authentication::Certificate {
        return Err(DeviceError::KeyProduct);
    }
    // Before a key is made for nothing.
    check_quota(platform, &found)?;
    if platform.directory.find(found.id, name.as_str()).is_some() {
        return Err(DeviceError::NameTaken);
    }
    let key = DeviceKey { product: found.id, device: name.clone() };
    let (certificate, private_key) = obtain(platform, &found, &key, own).await?;
    let _turn = platform.turns.take().await;
    let product = product::find(platform, by.owner, product)?.product;
    // It signs in with no secret; nobody is told this one.
    let credentials = Credentials { secret: DeviceSecret::parse(&random_secret(platform))?, certificate };
    let device = insert(platform, &product, name, credentials, (by.uin, &by.name)).await?;
    Ok(CertifiedDevice { device, private_key })
}

/// Creates a device of a certificate product that registered itself, in the name of whoever made the product.
///
/// # Errors
/// As [`create_certified`]; [`DeviceError::NeedsOwn`] when the product's authority is its account's and `own` is missing.
pub(crate) async fn create_registered_certified(
    platform: &Platform,
    product: &Product,
    name: DeviceName,
    own: Option<&str>,
) -> Result<CertifiedDevice, DeviceError> {
    let key = DeviceKey { product: product.id, device: name.clone() };
    let (certificate, private_key) = obtain(platform, product, &key, own).await?;
    let certificate = Some(certificate.ok_or(DeviceError::NeedsOwn)?);
    let credentials = Credentials { secret: DeviceSecret::parse(&random_secret(platform))?, certificate };
    let device = insert(platform, product, name, credentials, (product.creator, &product.creator_name)).await?;
    Ok(CertifiedDevice { device, private_key })
}

/// Puts a new certificate on record of a device: one the platform issues, or the one in `own`. From then on no other lets it in, and a
/// connection made with an earlier one is closed.
///
/// # Errors
/// [`DeviceError::Product`], `NotFound`, `KeyProduct`, `Certificate`, `NeedsOwn`.
pub async fn renew_certificate(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    own: Option<&str>,
) -> Result<CertifiedDevice, DeviceError> {
    let found = product::find(platform, owner, product)?.product;
    let _turn = platform.turns.take().await;
    let device = super::find(platform, owner, product, name)?;
    renew(platform, &found, &device, own).await
}

/// The same for a device that is known already. The caller has the turn.
pub(crate) async fn renew(
    platform: &Platform,
    product: &Product,
    device: &DirectoryDevice,
    own: Option<&str>,
) -> Result<CertifiedDevice, DeviceError> {
    if product.authentication != Authentication::Certificate {
        return Err(DeviceError::KeyProduct);
    }
    let key = device.key();
    let (certificate, private_key) = obtain(platform, product, &key, own).await?;
    let certificate = certificate.ok_or(DeviceError::NeedsOwn)?;
    platform.stores.devices.set_certificate(key.clone(), certificate.clone()).await.map_err(store)?;
    device.set_fingerprint(Some(certificate.fingerprint));
    platform.bus.disconnect(device.number, "the device has a new certificate");
    let stored = platform.stores.devices.device(key).await.map_err(store)?;
    let device = stored.ok_or_else(|| DeviceError::NotFound(device.key().to_string()))?;
    Ok(CertifiedDevice { device, private_key })
}

/// The certificate that is to be on record, and its key if the platform made it. None when the product's authority is its account's
/// and nobody brought one.
async fn obtain(
    platform: &Platform,
    product: &Product,
    key: &DeviceKey,
    own: Option<&str>,
) -> Result<(Option<Certificate>, Option<PrivateKeyText>), DeviceError> {
    Ok(match (certificate::own_of(platform, product), own) {
        (_, Some(text)) => (Some(certificate::take_over(platform, product, key, text)?), None),
        (Some(_), None) => (None, None),
        (None, None) => {
            let issued = certificate::issue(platform, key).await?;
            (Some(issued.certificate), Some(issued.private_key))
        }
    })
}
