//! Accounts: who may call, with which keys and policies. Everything a call needs is in memory.
//!
//! Source: spec/accounts.md 1-3 and 8.

mod cache;
mod found;

use lianwu_model::account::{AccessKey, Principal, StoredPolicy};
use lianwu_model::policy::{Policy, PolicyError};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::registry::StoreError;

use crate::Platform;
use crate::randomness::{ALPHANUMERIC, DIGITS, Randomness, text};

pub use cache::{AccountCache, Signer};
pub use found::{FirstAccount, bootstrap, bootstrap_written};

/// Long-term keys a principal may have. Source: spec/accounts.md 2.
pub const KEYS_MAX: usize = 2;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("account {0} does not exist")]
    NotFound(Uin),
    #[error("the account has {KEYS_MAX} keys, as many as allowed")]
    TooManyKeys,
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads all accounts into memory.
///
/// # Errors
/// When the registry fails.
pub async fn load(platform: &Platform) -> Result<(), StoreError> {
    let accounts = &platform.stores.accounts;
    let (principals, keys, policies) =
        (accounts.principals().await?, accounts.keys().await?, accounts.policies().await?);
    platform.accounts.fill(principals, keys, policies);
    Ok(())
}

/// Creates a sub-account without keys. `policies` name presets or policies of the main account.
///
/// # Errors
/// [`AccountError::NotFound`] when `owner` is no main account.
pub async fn create_sub_account(
    platform: &Platform,
    owner: Uin,
    name: &str,
    policies: Vec<String>,
) -> Result<Principal, AccountError> {
    let _turn = platform.turns.take().await;
    platform.accounts.principal(owner).filter(|p| p.is_main_account()).ok_or(AccountError::NotFound(owner))?;
    let uin = random_uin(platform.randomness.as_ref());
    let created = platform.clock.now();
    let principal = Principal { uin, owner, name: name.to_owned(), policies, created };
    platform.stores.accounts.create_principal(principal.clone()).await?;
    load(platform).await?;
    Ok(principal)
}

/// Creates a key pair for an account; the SecretKey is shown this once.
///
/// # Errors
/// [`AccountError::NotFound`], `TooManyKeys`.
pub async fn create_key(platform: &Platform, principal: Uin) -> Result<AccessKey, AccountError> {
    let _turn = platform.turns.take().await;
    platform.accounts.principal(principal).ok_or(AccountError::NotFound(principal))?;
    if platform.accounts.keys_of(principal) >= KEYS_MAX {
        return Err(AccountError::TooManyKeys);
    }
    let key = random_key(platform.randomness.as_ref(), principal, platform.clock.now());
    platform.stores.accounts.create_key(key.clone()).await?;
    load(platform).await?;
    Ok(key)
}

/// Saves a policy of a main account under its name; it is in force when this returns.
///
/// # Errors
/// [`AccountError::NotFound`], `Policy` with what is wrong and where.
pub async fn save_policy(platform: &Platform, policy: StoredPolicy) -> Result<(), AccountError> {
    Policy::parse(&policy.document)?;
    let _turn = platform.turns.take().await;
    platform.accounts.principal(policy.owner).ok_or(AccountError::NotFound(policy.owner))?;
    platform.stores.accounts.save_policy(policy).await?;
    load(platform).await?;
    Ok(())
}

/// 12 digits, the first not zero.
fn random_uin(randomness: &dyn Randomness) -> Uin {
    let digits = text(randomness, DIGITS, 11);
    Uin(format!("1{digits}").parse().expect("twelve digits fit"))
}

fn random_key(randomness: &dyn Randomness, principal: Uin, created: UnixMillis) -> AccessKey {
    AccessKey {
        secret_id: format!("AKID{}", text(randomness, ALPHANUMERIC, 32)),
        secret_key: lianwu_model::account::SecretKeyText(text(randomness, ALPHANUMERIC, 32)),
        principal,
        active: true,
        created,
    }
}
