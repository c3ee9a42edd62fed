//! Main accounts: what the platform's administrator makes for others.

use lianwu_model::account::{AccessKey, Instance, Principal};
use lianwu_model::{InstanceId, Uin};
use lianwu_ports::registry::StoreError;

use super::key::random_key;
use super::{AccountError, NAME_CHARS_MAX, Quota, check_name, load, not_a_uin, random_uin, within};
use crate::Platform;
use crate::invalid::Invalid;
use crate::randomness::{ALPHANUMERIC, text};

/// Main accounts of one platform.
pub const MAIN_ACCOUNTS_MAX: usize = 1_000;

/// A main account with the instance its projects belong to.
#[derive(Clone, Debug, PartialEq)]
pub struct MainAccount {
    pub principal: Principal,
    pub instance: Option<InstanceId>,
}

/// Creates a main account with an instance and a key, whose SecretKey is shown this once.
///
/// A call that was cut off before the account had its key is finished by the same call again.
///
/// # Errors
/// [`AccountError::Invalid`], `NameTaken` by another main account, `TooMany`.
pub async fn create_main_account(platform: &Platform, name: &str) -> Result<(MainAccount, AccessKey), AccountError> {
    check_name("Name", name, NAME_CHARS_MAX)?;
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Invalid::new("Name", not_a_uin()).into());
    }
    let _turn = platform.turns.take().await;
    let accounts = &platform.stores.accounts;
    let mains: Vec<_> = accounts.principals().await?.into_iter().filter(Principal::is_main_account).collect();
    let now = platform.clock.now();
    let principal = match mains.iter().find(|main| main.name == name) {
        Some(known) if !platform.accounts.keys_of(known.uin).is_empty() => return Err(AccountError::NameTaken("Name")),
        Some(unfinished) => unfinished.clone(),
        None => {
            within(mains.len(), MAIN_ACCOUNTS_MAX, Quota::MainAccounts)?;
            let uin = random_uin(platform.randomness.as_ref());
            let name = name.to_owned();
            let made = Principal { uin, owner: uin, name, policies: Vec::new(), active: true, created: now };
            accounts.create_principal(made.clone()).await?;
            made
        }
    };
    let instance = instance_of(platform, principal.uin).await?;
    let key = random_key(platform.randomness.as_ref(), principal.uin, now);
    accounts.create_key(key.clone()).await?;
    load(platform).await?;
    platform.catalog.put_instances(&accounts.instances().await?);
    Ok((MainAccount { principal, instance: Some(instance) }, key))
}

/// All main accounts, oldest first: the platform's administrator is the first.
///
/// # Errors
/// When the registry fails.
pub async fn main_accounts(platform: &Platform) -> Result<Vec<MainAccount>, AccountError> {
    let accounts = &platform.stores.accounts;
    let instances = accounts.instances().await?;
    let mains = accounts.principals().await?.into_iter().filter(Principal::is_main_account);
    let with_instance = |principal: Principal| {
        let instance = instances.iter().find(|instance| instance.owner == principal.uin);
        MainAccount { instance: instance.map(|instance| instance.id.clone()), principal }
    };
    Ok(mains.map(with_instance).collect())
}

/// The default instance of a main account, made when there is none.
pub(super) async fn instance_of(platform: &Platform, owner: Uin) -> Result<InstanceId, StoreError> {
    let accounts = &platform.stores.accounts;
    if let Some(found) = accounts.instances().await?.into_iter().find(|instance| instance.owner == owner) {
        return Ok(found.id);
    }
    let id = format!("ins-{}", text(platform.randomness.as_ref(), ALPHANUMERIC, 11));
    let id: InstanceId = id.parse().expect("made in the form of an InstanceId");
    let (enterprise, created) = (platform.limits.enterprise, platform.clock.now());
    accounts.create_instance(Instance { id: id.clone(), owner, enterprise, created }).await?;
    Ok(id)
}
