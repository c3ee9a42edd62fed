//! Principals, keys, policies, instances.

use std::sync::Arc;

use lianwu_model::account::{Instance, StoredPolicy};
use lianwu_model::{Uin, UnixMillis};

use super::{access_key, principal};
use crate::registry::{Accounts, StoreError};

fn policy(owner: u64, name: &str, document: &str) -> StoredPolicy {
    StoredPolicy { owner: Uin(owner), name: name.to_owned(), document: document.to_owned() }
}

fn instance(id: &str, enterprise: bool) -> Instance {
    Instance {
        id: id.parse().expect("instance id of a test"),
        owner: Uin(100_000_001),
        enterprise,
        created: UnixMillis(7),
    }
}

/// Does a restart's reading of all accounts give back what was saved, oldest first?
pub async fn what_was_saved_is_listed_in_order(store: Arc<impl Accounts>) {
    // The second has the smaller number: order is that of creation.
    let mut sub_account = principal(100_000_002);
    (sub_account.owner, sub_account.policies) = (Uin(100_000_003), Vec::new());
    let principals = vec![principal(100_000_003), sub_account];
    let mut inactive = access_key("AKIDb", 100_000_002, "second");
    inactive.active = false;
    let keys = vec![access_key("AKIDz", 100_000_003, "first"), inactive];
    let instances = vec![instance("ins-zzzzzzzz", true), instance("ins-aaaaaaaa", false)];
    for principal in &principals {
        store.create_principal(principal.clone()).await.expect("create principal");
    }
    for key in &keys {
        store.create_key(key.clone()).await.expect("create key");
    }
    for instance in &instances {
        store.create_instance(instance.clone()).await.expect("create instance");
    }
    assert_eq!(store.principals().await, Ok(principals));
    assert_eq!(store.keys().await, Ok(keys));
    assert_eq!(store.instances().await, Ok(instances));
}

/// Is a second principal with the same uin refused, and the first left alone?
pub async fn a_uin_is_taken_once(store: Arc<impl Accounts>) {
    store.create_principal(principal(100_000_001)).await.expect("create principal");
    let mut again = principal(100_000_001);
    again.name = "other".to_owned();
    assert_eq!(store.create_principal(again).await, Err(StoreError::Taken("uin")));
    assert_eq!(store.principals().await, Ok(vec![principal(100_000_001)]));
}

/// Is a second key with the same SecretId refused?
pub async fn a_secret_id_is_taken_once(store: Arc<impl Accounts>) {
    store.create_principal(principal(100_000_001)).await.expect("create principal");
    store.create_key(access_key("AKIDa", 100_000_001, "first")).await.expect("create key");
    let again = store.create_key(access_key("AKIDa", 100_000_001, "second")).await;
    assert_eq!(again, Err(StoreError::Taken("secret_id")));
    assert_eq!(store.keys().await, Ok(vec![access_key("AKIDa", 100_000_001, "first")]));
}

/// Is a key of nobody refused?
pub async fn a_key_needs_its_principal(store: Arc<impl Accounts>) {
    let orphan = store.create_key(access_key("AKIDa", 100_000_001, "x")).await;
    assert_eq!(orphan, Err(StoreError::Missing));
    assert_eq!(store.keys().await, Ok(Vec::new()));
}

/// Does saving a policy again replace its document, for this owner only?
pub async fn a_policy_is_replaced_under_its_name(store: Arc<impl Accounts>) {
    for (owner, document) in [(1, "old"), (2, "theirs"), (1, "new")] {
        store.save_policy(policy(owner, "own", document)).await.expect("save policy");
    }
    assert_eq!(store.policies().await, Ok(vec![policy(1, "own", "new"), policy(2, "own", "theirs")]));
}

/// Is a second instance with the same id refused?
pub async fn an_instance_id_is_taken_once(store: Arc<impl Accounts>) {
    store.create_instance(instance("ins-12345678", true)).await.expect("create instance");
    let again = store.create_instance(instance("ins-12345678", false)).await;
    assert_eq!(again, Err(StoreError::Taken("id")));
    assert_eq!(store.instances().await, Ok(vec![instance("ins-12345678", true)]));
}
