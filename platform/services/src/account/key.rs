//! SecretId pairs: made, switched, deleted.

use lianwu_model::account::{AccessKey, Principal, SecretKeyText};
use lianwu_model::{Uin, UnixMillis};

use super::{AccountError, KeyView, load, member};
use crate::Platform;
use crate::randomness::{ALPHANUMERIC, Randomness, text};

/// Long-term keys a principal may have. Source: spec/accounts.md 2.
pub const KEYS_MAX: usize = 2;

/// Whose keys or password a call is about: the caller's own unless another principal is named.
///
/// # Errors
/// [`AccountError::NotYourOwn`] when a sub-account names another; [`AccountError::NotFound`].
pub fn managed(platform: &Platform, by: &Principal, uin: Option<Uin>) -> Result<Uin, AccountError> {
    let uin = uin.unwrap_or(by.uin);
    if uin != by.uin && !by.is_main_account() {
        return Err(AccountError::NotYourOwn);
    }
    member(platform, by.owner, uin).map(|member| member.principal.uin)
}

/// Creates a key pair for an account; the SecretKey is shown this once.
///
/// # Errors
/// [`AccountError::NotFound`], `TooManyKeys`.
pub async fn create_key(platform: &Platform, principal: Uin) -> Result<AccessKey, AccountError> {
    let _turn = platform.turns.take().await;
    platform.accounts.principal(principal).ok_or(AccountError::NotFound(principal))?;
    if platform.accounts.keys_of(principal).len() >= KEYS_MAX {
        return Err(AccountError::TooManyKeys);
    }
    let key = random_key(platform.randomness.as_ref(), principal, platform.clock.now());
    platform.stores.accounts.create_key(key.clone()).await?;
    load(platform).await?;
    Ok(key)
}

/// Keys of a principal without their secrets, oldest first.
#[must_use]
pub fn keys(platform: &Platform, uin: Uin) -> Vec<KeyView> {
    platform.accounts.keys_of(uin)
}

/// Switches a key off or on; a call with a key that is off is refused as if the key did not exist.
///
/// # Errors
/// [`AccountError::KeyNotFound`], `NotYourOwn`, `LastKey`.
pub async fn set_key_active(
    platform: &Platform,
    by: &Principal,
    secret_id: &str,
    active: bool,
) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    let key = find(platform, by, secret_id)?;
    if !active {
        keep_one(platform, &key)?;
    }
    platform.stores.accounts.set_key_active(key.secret_id, active).await?;
    load(platform).await?;
    Ok(())
}

/// Deletes a key for good.
///
/// # Errors
/// [`AccountError::KeyNotFound`], `NotYourOwn`, `LastKey`.
pub async fn delete_key(platform: &Platform, by: &Principal, secret_id: &str) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    let key = find(platform, by, secret_id)?;
    keep_one(platform, &key)?;
    platform.stores.accounts.delete_key(key.secret_id).await?;
    load(platform).await?;
    Ok(())
}

fn find(platform: &Platform, by: &Principal, secret_id: &str) -> Result<KeyView, AccountError> {
    let missing = || AccountError::KeyNotFound(secret_id.to_owned());
    let key = platform.accounts.key(secret_id).ok_or_else(missing)?;
    match managed(platform, by, Some(key.principal)) {
        Ok(_) => Ok(key),
        // Another main account's key must not be told from one that does not exist.
        Err(AccountError::NotFound(_)) => Err(missing()),
        Err(error) => Err(error),
    }
}

/// The main account keeps one key that works: without any, nobody could make another.
fn keep_one(platform: &Platform, key: &KeyView) -> Result<(), AccountError> {
    let is_main = platform.accounts.principal(key.principal).is_some_and(|principal| principal.is_main_account());
    let others = keys(platform, key.principal).into_iter().filter(|k| k.active && k.secret_id != key.secret_id);
    if is_main && key.active && others.count() == 0 { Err(AccountError::LastKey) } else { Ok(()) }
}

pub(super) fn random_key(randomness: &dyn Randomness, principal: Uin, created: UnixMillis) -> AccessKey {
    AccessKey {
        secret_id: format!("AKID{}", text(randomness, ALPHANUMERIC, 32)),
        secret_key: SecretKeyText(text(randomness, ALPHANUMERIC, 32)),
        principal,
        active: true,
        created,
        last_used: None,
    }
}
