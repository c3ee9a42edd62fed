//! The first main account, made when the registry is empty.

use lianwu_model::account::{Principal, SecretKeyText};
use lianwu_model::{InstanceId, Uin};
use lianwu_ports::registry::StoreError;

use super::key::random_key;
use super::main_account::instance_of;
use super::{load, random_uin};
use crate::Platform;

/// What the first start writes down for its owner. `Debug` hides the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAccount {
    pub uin: Uin,
    pub secret_id: String,
    pub secret_key: SecretKeyText,
    pub instance: InstanceId,
}

/// Makes a main account with a key and an enterprise instance; `None` when there are accounts already.
///
/// A start that was cut off between its writes leaves an account without a key: the next start finds it and goes on.
///
/// # Errors
/// When the registry fails.
pub async fn bootstrap(platform: &Platform) -> Result<Option<FirstAccount>, StoreError> {
    bootstrap_written(platform, |_| Ok(())).await
}

/// The same, with the key written down by `write_down` before it is stored: a start cut off in between leaves a note
/// of a key that never was, and the next start makes another. The other way round nobody would know the key.
///
/// # Errors
/// When the registry fails, or whatever `write_down` says; no key is stored then.
pub async fn bootstrap_written<E: From<StoreError>>(
    platform: &Platform,
    write_down: impl FnOnce(&FirstAccount) -> Result<(), E>,
) -> Result<Option<FirstAccount>, E> {
    let _turn = platform.turns.take().await;
    let accounts = &platform.stores.accounts;
    if !accounts.keys().await?.is_empty() {
        return Ok(None);
    }
    let now = platform.clock.now();
    let uin = match accounts.principals().await?.into_iter().find(Principal::is_main_account) {
        Some(found) => found.uin,
        None => {
            let uin = random_uin(platform.randomness.as_ref());
            let name = "admin".to_owned();
            let principal = Principal { uin, owner: uin, name, policies: Vec::new(), active: true, created: now };
            accounts.create_principal(principal).await?;
            uin
        }
    };
    let instance = instance_of(platform, uin).await?;
    // The key comes last: its presence says that everything else is there.
    let key = random_key(platform.randomness.as_ref(), uin, now);
    let first = FirstAccount { uin, secret_id: key.secret_id.clone(), secret_key: key.secret_key.clone(), instance };
    write_down(&first)?;
    accounts.create_key(key).await?;
    load(platform).await?;
    platform.catalog.put_instances(&accounts.instances().await?);
    Ok(Some(first))
}
