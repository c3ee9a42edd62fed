//! The server's side: taking a CONNECT's texts apart, then checking them against the device's secret.

use std::fmt;

use lianwu_model::{DeviceName, ProductId, UnixMillis};
use subtle::ConstantTimeEq;

use super::{CredentialField, DeviceSecret, Method, PasswordFault, SignInError, UserNameFault};

/// The claim of a device that signs in by key, not yet verified. `Debug` hides the signature.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    pub product: ProductId,
    pub device: &'a str,
    /// Random text of the client; only for logs.
    pub connection_id: &'a str,
    /// Last moment at which the credential is good; always UNIX seconds on the wire, see docs/adr/0008-expiry.md.
    pub expiry: UnixMillis,
    pub method: Method,
    user_name: &'a str,
    signature: [u8; 32],
}

impl<'a> SignIn<'a> {
    /// Takes the three texts apart.
    ///
    /// # Errors
    /// The first fault in the order: stray spaces, client id, user name, password.
    pub fn parse(client_id: &'a str, user_name: &'a str, password: &[u8]) -> Result<Self, SignInError> {
        let Texts { product, device, connection_id, expiry } = split_texts(client_id, user_name, password)?;
        let (method, signature) = split_password(password)?;
        Ok(Self { product, device, connection_id, expiry, method, user_name, signature })
    }

    /// Checks signature and expiry against the secret of the device named in the claim.
    ///
    /// The signature is compared in constant time and before the expiry, so that "expired" is only ever told to
    /// whoever holds the secret.
    ///
    /// # Errors
    /// [`SignInError::HmacMismatch`] or [`SignInError::Expired`].
    pub fn verify(&self, secret: &DeviceSecret, now: UnixMillis) -> Result<(), SignInError> {
        let expected = self.method.sign(secret.key(), self.user_name.as_bytes());
        if !bool::from(expected.ct_eq(&self.signature)) {
            return Err(SignInError::HmacMismatch { method: self.method });
        }
        if self.expiry < now {
            return Err(SignInError::Expired { expiry: self.expiry, now });
        }
        Ok(())
    }
}

impl fmt::Debug for SignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("product", &self.product)
            .field("device", &self.device)
            .field("connection_id", &self.connection_id)
            .field("expiry", &self.expiry)
            .field("method", &self.method)
            .field("signature", &"***")
            .finish_non_exhaustive()
    }
}

/// What client id and user name say.
pub(super) struct Texts<'a> {
    pub(super) product: ProductId,
    pub(super) device: &'a str,
    pub(super) connection_id: &'a str,
    pub(super) expiry: UnixMillis,
}

/// Takes client id and user name apart; of the password only its ends are looked at.
///
/// # Errors
/// The first fault in the order: stray spaces, client id, user name.
pub(super) fn split_texts<'a>(
    client_id: &'a str,
    user_name: &'a str,
    password: &[u8],
) -> Result<Texts<'a>, SignInError> {
    let stray = [
        (CredentialField::ClientId, client_id.as_bytes()),
        (CredentialField::UserName, user_name.as_bytes()),
        (CredentialField::Password, password),
    ];
    for (field, bytes) in stray {
        if has_stray_space(bytes) {
            return Err(SignInError::StraySpace(field));
        }
    }
    let (product, device) = split_client_id(client_id)?;
    if user_name.is_empty() {
        return Err(SignInError::UserNameMissing);
    }
    let rest = user_name
        .strip_prefix(client_id)
        .and_then(|rest| rest.strip_prefix(';'))
        .ok_or(SignInError::ClientIdMismatch)?;
    let (connection_id, expiry) = user_name_rest(rest).map_err(SignInError::UserName)?;
    Ok(Texts { product, device, connection_id, expiry })
}

/// Splits a client id, or the identity of a TLS-PSK handshake, which has the same form.
///
/// # Errors
/// A stray space at either end, [`SignInError::ClientIdTooShort`] or [`SignInError::ClientIdForm`].
pub fn split_client_id(client_id: &str) -> Result<(ProductId, &str), SignInError> {
    if has_stray_space(client_id.as_bytes()) {
        return Err(SignInError::StraySpace(CredentialField::ClientId));
    }
    if client_id.len() <= ProductId::LEN {
        return Err(SignInError::ClientIdTooShort(client_id.len()));
    }
    let (product, device) = client_id.split_at_checked(ProductId::LEN).ok_or(SignInError::ClientIdForm)?;
    let product = ProductId::from_bytes(product.as_bytes()).ok_or(SignInError::ClientIdForm)?;
    if DeviceName::is_valid(device.as_bytes()) { Ok((product, device)) } else { Err(SignInError::ClientIdForm) }
}

fn has_stray_space(bytes: &[u8]) -> bool {
    let is_space = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_whitespace() || *b == 0);
    is_space(bytes.first()) || is_space(bytes.last())
}

/// Splits `sdkappid;connid;expiry`.
fn user_name_rest(rest: &str) -> Result<(&str, UnixMillis), UserNameFault> {
    let mut parts = rest.split(';');
    let (Some(sdk_app_id), Some(connection_id), Some(expiry), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(UserNameFault::Parts(rest.split(';').count() + 1));
    };
    if !is_digits(sdk_app_id) {
        return Err(UserNameFault::SdkAppId);
    }
    if !is_digits(expiry) {
        return Err(UserNameFault::ExpiryDigits);
    }
    if !(10..=19).contains(&expiry.len()) {
        return Err(UserNameFault::ExpiryLength(expiry.len()));
    }
    // 19 digits fit u64. The C SDK sends 17 of LONG_MAX, Python its start time in milliseconds, which read as
    // milliseconds would have passed before it arrives (spec/device-protocol.md 2.2).
    let seconds: u64 = expiry.parse().map_err(|_| UserNameFault::ExpiryDigits)?;
    let expiry = UnixMillis::from_seconds(seconds);
    Ok((connection_id, expiry))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn split_password(password: &[u8]) -> Result<(Method, [u8; 32]), SignInError> {
    if password.is_empty() {
        return Err(SignInError::PasswordMissing);
    }
    let fault = |fault| Err(SignInError::Password(fault));
    let Some(end) = password.iter().rposition(|&b| b == b';') else { return fault(PasswordFault::NoMethod) };
    let (digits, name) = (&password[..end], &password[end + 1..]);
    let Some(method) = Method::from_name(name) else {
        let name = String::from_utf8_lossy(&name[..name.len().min(128)]);
        return Err(SignInError::UnknownMethod(name.chars().take(32).collect()));
    };
    if digits.len() != method.hex_len() {
        return fault(PasswordFault::Length { method, got: digits.len() });
    }
    let mut signature = [0; 32];
    match hex::decode_to_slice(digits, &mut signature[..digits.len() / 2]) {
        Ok(()) => Ok((method, signature)),
        Err(_) => fault(PasswordFault::NotHex),
    }
}
