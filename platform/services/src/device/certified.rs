//! Devices of certificate products.

use lianwu_device_protocol::credentials::DeviceSecret;
use lianwu_model::account::Principal;
use lianwu_model::certificate::PrivateKeyText;
use lianwu_model::device::Device;
use lianwu_model::product::Authentication;
use lianwu_model::{DeviceKey, DeviceName};

use super::{Credentials, DeviceError, check_quota, insert, random_secret};
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
    let (certificate, private_key) = match (certificate::own_of(platform, &found), own) {
        (_, Some(text)) => (Some(certificate::take_over(platform, &found, &key, text)?), None),
        (Some(_), None) => (None, None),
        (None, None) => {
            let issued = certificate::issue(platform, &key).await?;
            (Some(issued.certificate), Some(issued.private_key))
        }
    };
    let _turn = platform.turns.take().await;
    let product = product::find(platform, by.owner, product)?.product;
    // It signs in with no secret; nobody is told this one.
    let credentials = Credentials { secret: DeviceSecret::parse(&random_secret(platform))?, certificate };
    let device = insert(platform, &product, name, credentials, (by.uin, &by.name)).await?;
    Ok(CertifiedDevice { device, private_key })
}
