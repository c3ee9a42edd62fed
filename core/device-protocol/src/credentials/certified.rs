//! Signing in with a certificate where no handshake shows it: the private key signs the user name.

use std::fmt;

use base64::Engine as _;
use lianwu_model::{ProductId, UnixMillis};

use super::sign_in::{Texts, split_texts};
use super::{PasswordFault, SignInError, TOLERANT};

/// The spelling after the last `;` of a password. Source: spec/device-protocol.md 2.3.
const METHOD: &str = "rsa-sha256";

/// The signature of the longest RSA key that is looked at, of 8,192 bits.
const SIGNATURE_BYTES_MAX: usize = 1024;

/// The claim of a device of a certificate product, not yet verified: whoever looks up its certificate checks that it has
/// signed [`CertifiedSignIn::signed`]. `Debug` hides the signature.
#[derive(Clone, PartialEq, Eq)]
pub struct CertifiedSignIn<'a> {
    pub product: ProductId,
    pub device: &'a str,
    /// Last moment at which the credential is good.
    pub expiry: UnixMillis,
    user_name: &'a str,
    signature: Vec<u8>,
}

impl<'a> CertifiedSignIn<'a> {
    /// Does the password name this method?
    #[must_use]
    pub fn is_claimed_by(password: &[u8]) -> bool {
        password.strip_suffix(METHOD.as_bytes()).is_some_and(|rest| rest.ends_with(b";"))
    }

    /// Takes the three texts apart. The signature is read in hexadecimal and in base64: the SDKs and the documents differ.
    ///
    /// # Errors
    /// The first fault in the order: stray spaces, client id, user name, password.
    pub fn parse(client_id: &'a str, user_name: &'a str, password: &[u8]) -> Result<Self, SignInError> {
        let Texts { product, device, expiry, .. } = split_texts(client_id, user_name, password)?;
        let fault = SignInError::Password(PasswordFault::Signature);
        let text = password.strip_suffix(METHOD.as_bytes()).and_then(|rest| rest.strip_suffix(b";"));
        let text = text.filter(|text| text.len() <= 2 * SIGNATURE_BYTES_MAX).ok_or_else(|| fault.clone())?;
        let signature = hex::decode(text).or_else(|_| TOLERANT.decode(text)).map_err(|_| fault.clone())?;
        if signature.is_empty() {
            return Err(fault);
        }
        Ok(Self { product, device, expiry, user_name, signature })
    }

    /// What the private key of the device's certificate must have signed (PKCS #1 v1.5 with SHA-256).
    #[must_use]
    pub fn signed(&self) -> &'a [u8] {
        self.user_name.as_bytes()
    }

    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Asked once the signature fits, so that "expired" is only ever told to whoever holds the key.
    ///
    /// # Errors
    /// [`SignInError::Expired`].
    pub fn check_expiry(&self, now: UnixMillis) -> Result<(), SignInError> {
        if self.expiry < now { Err(SignInError::Expired { expiry: self.expiry, now }) } else { Ok(()) }
    }
}

impl fmt::Debug for CertifiedSignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertifiedSignIn")
            .field("product", &self.product)
            .field("device", &self.device)
            .field("expiry", &self.expiry)
            .field("signature", &"***")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "PID0000001dev001";
    const USER: &str = "PID0000001dev001;12010126;abcde;1893456000";

    #[test]
    fn the_signature_comes_in_hexadecimal_or_in_base64() {
        for password in ["00ff10;rsa-sha256", "00FF10;rsa-sha256", "AP8Q;rsa-sha256"] {
            assert!(CertifiedSignIn::is_claimed_by(password.as_bytes()));
            let claim = CertifiedSignIn::parse(ID, USER, password.as_bytes()).unwrap();
            assert_eq!((claim.signed(), claim.signature()), (USER.as_bytes(), &[0, 0xFF, 0x10][..]), "{password}");
            assert_eq!((claim.product.as_str(), claim.device), ("PID0000001", "dev001"));
            assert!(!format!("{claim:?}").contains("255"));
        }
    }

    #[test]
    fn what_is_no_signature_is_named() {
        for password in [";rsa-sha256", "%%;rsa-sha256", &format!("{};rsa-sha256", "0".repeat(2050))] {
            let fault = CertifiedSignIn::parse(ID, USER, password.as_bytes()).unwrap_err();
            assert_eq!(fault, SignInError::Password(PasswordFault::Signature), "{password}");
        }
        for other in ["00;hmacsha256", "rsa-sha256", ""] {
            assert!(!CertifiedSignIn::is_claimed_by(other.as_bytes()), "{other}");
        }
        let stranger = CertifiedSignIn::parse(ID, "PID0000001dev002;12010126;abcde;1893456000", b"00;rsa-sha256");
        assert_eq!(stranger, Err(SignInError::ClientIdMismatch));
    }

    #[test]
    fn it_expires_with_its_last_second() {
        let claim = CertifiedSignIn::parse(ID, USER, b"00;rsa-sha256").unwrap();
        assert_eq!(claim.check_expiry(UnixMillis(1_893_456_000_000)), Ok(()));
        assert!(claim.check_expiry(UnixMillis(1_893_456_000_001)).is_err());
    }
}
