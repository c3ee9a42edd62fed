//! Signing in as a backend: a server-side client with a key pair of an account.
//!
//! UserName is `<SecretId>;<expiry>`, the expiry in UNIX seconds. Password is the hexadecimal HMAC-SHA256, with the
//! SecretKey as key, of UserName, a line feed and ClientId. Source: docs/adr/0009-backends.md.

use std::fmt;

use lianwu_model::UnixMillis;
use subtle::ConstantTimeEq;

use super::Method;

/// Begins every SecretId, and no user name of a device: a ProductId has no lower-case letter, but could begin like this,
/// so the length counts too.
const SECRET_ID_PREFIX: &str = "AKID";

/// Shortest SecretId: the prefix and 32 characters.
const SECRET_ID_LEN_MIN: usize = 36;

/// The claim of a backend, not yet verified. `Debug` hides the signature.
#[derive(Clone, Copy)]
pub struct BackendSignIn<'a> {
    pub secret_id: &'a str,
    /// Last moment at which the credential is good.
    pub expiry: UnixMillis,
    client_id: &'a str,
    user_name: &'a str,
    signature: [u8; 32],
}

/// A refused backend. The text is for the owner; it never contains a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendSignInError {
    #[error("user name of a backend is '<SecretId>;<expiry in UNIX seconds>'")]
    UserName,
    #[error("password of a backend is 64 hexadecimal digits: HMAC-SHA256 of user name, line feed and client id")]
    Password,
    #[error("password does not match: wrong SecretKey, or another client id or user name was signed")]
    Mismatch,
    #[error(
        "credential expired at {} UNIX seconds, {} s before the server's clock",
        expiry.seconds(), now.0.saturating_sub(expiry.0) / 1000
    )]
    Expired { expiry: UnixMillis, now: UnixMillis },
}

impl<'a> BackendSignIn<'a> {
    /// Does this user name claim to be a backend's?
    #[must_use]
    pub fn is_claimed_by(user_name: &str) -> bool {
        user_name.starts_with(SECRET_ID_PREFIX)
            && user_name.split(';').next().is_some_and(|id| id.len() >= SECRET_ID_LEN_MIN)
    }

    /// Takes the three texts apart.
    ///
    /// # Errors
    /// The first fault in the order: user name, password.
    pub fn parse(client_id: &'a str, user_name: &'a str, password: &[u8]) -> Result<Self, BackendSignInError> {
        let (secret_id, expiry) = user_name.split_once(';').ok_or(BackendSignInError::UserName)?;
        let is_number = !expiry.is_empty() && expiry.bytes().all(|b| b.is_ascii_digit());
        let seconds: u64 = expiry.parse().ok().filter(|_| is_number).ok_or(BackendSignInError::UserName)?;
        let mut signature = [0; 32];
        hex::decode_to_slice(password, &mut signature).map_err(|_| BackendSignInError::Password)?;
        Ok(Self { secret_id, expiry: UnixMillis::from_seconds(seconds), client_id, user_name, signature })
    }

    /// Checks signature, then expiry. Constant-time.
    ///
    /// # Errors
    /// [`BackendSignInError::Mismatch`] or [`BackendSignInError::Expired`].
    pub fn verify(&self, secret_key: &str, now: UnixMillis) -> Result<(), BackendSignInError> {
        let expected = signature(secret_key, self.user_name, self.client_id);
        if !bool::from(expected.ct_eq(&self.signature)) {
            return Err(BackendSignInError::Mismatch);
        }
        if self.expiry < now {
            return Err(BackendSignInError::Expired { expiry: self.expiry, now });
        }
        Ok(())
    }
}

impl fmt::Debug for BackendSignIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendSignIn")
            .field("secret_id", &self.secret_id)
            .field("expiry", &self.expiry)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// User name and password of a backend that calls itself `client_id`; an empty one lets the server choose.
#[must_use]
pub fn backend_credentials(
    secret_id: &str,
    secret_key: &str,
    client_id: &str,
    expiry: UnixMillis,
) -> super::Credentials {
    let user_name = format!("{secret_id};{}", expiry.seconds());
    let password = hex::encode(signature(secret_key, &user_name, client_id));
    super::Credentials { client_id: client_id.to_owned(), user_name, password }
}

fn signature(secret_key: &str, user_name: &str, client_id: &str) -> [u8; 32] {
    Method::HmacSha256.sign(secret_key.as_bytes(), format!("{user_name}\n{client_id}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "AKIDabcdefghijklmnopqrstuvwxyz012345";
    const KEY: &str = "0123456789abcdefghijklmnopqrstuv";
    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    fn claim(change: impl Fn(&mut super::super::Credentials)) -> Result<(), BackendSignInError> {
        let mut texts = backend_credentials(ID, KEY, "orders-1", NOW.plus(std::time::Duration::from_secs(60)));
        change(&mut texts);
        BackendSignIn::parse(&texts.client_id, &texts.user_name, texts.password.as_bytes())?.verify(KEY, NOW)
    }

    #[test]
    fn what_is_computed_is_accepted() {
        assert_eq!(claim(|_| {}), Ok(()));
    }

    #[test]
    fn another_client_id_user_name_or_password_is_refused() {
        assert_eq!(claim(|texts| texts.client_id.push('2')), Err(BackendSignInError::Mismatch));
        assert_eq!(claim(|texts| texts.user_name.push('0')), Err(BackendSignInError::Mismatch));
        assert_eq!(claim(|texts| texts.password.replace_range(..1, "")), Err(BackendSignInError::Password));
        assert_eq!(claim(|texts| texts.user_name = ID.into()), Err(BackendSignInError::UserName));
        assert_eq!(claim(|texts| texts.user_name = format!("{ID};+5")), Err(BackendSignInError::UserName));
    }

    #[test]
    fn an_expired_one_is_told_so_only_when_it_was_right() {
        let texts = backend_credentials(ID, KEY, "", UnixMillis(NOW.0 - 5000));
        let claim = BackendSignIn::parse("", &texts.user_name, texts.password.as_bytes()).unwrap();
        let expiry = UnixMillis(NOW.0 - 5000);
        assert_eq!(claim.verify(KEY, NOW), Err(BackendSignInError::Expired { expiry, now: NOW }));
        assert_eq!(claim.verify("another", NOW), Err(BackendSignInError::Mismatch));
    }

    #[test]
    fn devices_are_not_taken_for_backends() {
        assert!(BackendSignIn::is_claimed_by(&format!("{ID};1800000000")));
        assert!(!BackendSignIn::is_claimed_by("AKIDABCDEFdev001;12010126;abcde;1800000000"));
    }
}
