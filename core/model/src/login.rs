//! Logins: people who have signed in to the console.

use std::fmt;

use crate::{Uin, UnixMillis};

/// SHA-256 over the token that a browser holds: who reads it here cannot sign in with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoginDigest(pub [u8; 32]);

/// The first bytes are enough to tell logins apart.
impl fmt::Debug for LoginDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "{a:02x}{b:02x}{c:02x}{d:02x}..")
    }
}

/// One browser of somebody who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub digest: LoginDigest,
    pub principal: Uin,
    pub created: UnixMillis,
    /// Last request, as far as it was written down: at most some minutes old.
    pub last_used: UnixMillis,
    /// Signed in with the password the platform made: only a change of it is allowed.
    pub must_change_password: bool,
}
