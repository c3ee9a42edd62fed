//! What a device sends to sign in, computed here for whoever may see its secret: browsers lend no hashes to pages that
//! came over plain HTTP. Decided in docs/adr/0034-virtual-devices.md.

use lianwu_device_protocol::credentials::{Credentials, Method};
use lianwu_model::product::Authentication;
use lianwu_model::{Uin, UnixMillis};

use super::{DeviceError, find};
use crate::randomness::{DIGITS_AND_LOWER, text};
use crate::{Platform, product};

/// Characters of a connection id, as the vendor's SDKs send. Source: spec/device-protocol.md 2.2.
const CONNECTION_ID_CHARS: usize = 5;

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CredentialsError {
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the product's devices sign in with certificates")]
    CertificateProduct,
    #[error("device {0} is disabled and could not sign in")]
    Disabled(String),
    #[error("{0} seconds are asked for, 1 to {max} are allowed", max = CredentialsWish::SECONDS_MAX)]
    Seconds(u64),
}

/// What kind of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialsWish {
    pub method: Method,
    /// How long they are good.
    pub seconds: u64,
}

impl CredentialsWish {
    /// A year: what shall last longer is computed with the secret itself.
    pub const SECONDS_MAX: u64 = 31_536_000;
}

/// The three texts of a CONNECT, and the last moment at which they are good.
///
/// # Errors
/// See [`CredentialsError`].
pub fn credentials(
    platform: &Platform,
    owner: Uin,
    product: &str,
    name: &str,
    wish: CredentialsWish,
) -> Result<(Credentials, UnixMillis), CredentialsError> {
    let device = find(platform, owner, product, name)?;
    let authentication = product::find(platform, owner, product).map_err(DeviceError::from)?.product.authentication;
    if authentication != Authentication::Key {
        return Err(CredentialsError::CertificateProduct);
    }
    if !device.is_enabled() {
        return Err(CredentialsError::Disabled(format!("{product}/{name}")));
    }
    if !(1..=CredentialsWish::SECONDS_MAX).contains(&wish.seconds) {
        return Err(CredentialsError::Seconds(wish.seconds));
    }
    let expiry = UnixMillis::from_seconds(platform.clock.now().seconds().saturating_add(wish.seconds));
    let connection = text(platform.randomness.as_ref(), DIGITS_AND_LOWER, CONNECTION_ID_CHARS);
    let made = Credentials::compute(device.product, &device.name, &device.secret, wish.method, expiry, &connection);
    Ok((made, expiry))
}
