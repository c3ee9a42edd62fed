//! Who may call: main accounts, sub-accounts, their keys and policies.
//!
//! Source: spec/accounts.md 1-3.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{InstanceId, Uin, UnixMillis};

/// Somebody who can sign a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Principal {
    pub uin: Uin,
    /// Main account this principal belongs to; its own `uin` for a main account.
    pub owner: Uin,
    pub name: String,
    /// Names of policies, in the order they were attached.
    pub policies: Vec<String>,
    /// Whether its keys and its password count. A main account is always active.
    pub active: bool,
    pub created: UnixMillis,
}

impl Principal {
    /// Main accounts own every resource and cannot be restricted.
    #[must_use]
    pub fn is_main_account(&self) -> bool {
        self.uin == self.owner
    }
}

/// SecretId and SecretKey of a principal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKID` and 32 alphanumerics.
    pub secret_id: String,
    pub secret_key: SecretKeyText,
    pub principal: Uin,
    pub active: bool,
    pub created: UnixMillis,
    /// Last call signed with it, as far as it was written down: at most a minute old, and at every stop.
    pub last_used: Option<UnixMillis>,
}

/// SecretKey as text. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretKeyText(pub String);

impl fmt::Debug for SecretKeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A tenant's share of the platform; the one made at first start is of kind enterprise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: InstanceId,
    pub owner: Uin,
    pub enterprise: bool,
    pub created: UnixMillis,
}

/// A policy document under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredPolicy {
    /// Main account that owns it.
    pub owner: Uin,
    pub name: String,
    pub document: String,
    pub remark: String,
}

/// Sub-accounts that share policies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Main account that owns it.
    pub owner: Uin,
    /// Unique within the owner.
    pub name: String,
    pub remark: String,
    /// Names of policies, in the order they were attached.
    pub policies: Vec<String>,
    /// Sub-accounts in it, in the order they were added.
    pub members: Vec<Uin>,
    pub created: UnixMillis,
}

/// What is kept of a password: a salted hash in PHC form. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The password of a principal as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassword {
    pub hash: PasswordHash,
    /// The platform made it at the first start and wrote it into a file: it is good for changing it, and nothing else.
    pub is_first: bool,
}
