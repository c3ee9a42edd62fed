//! Principals, keys, policies, instances.

use std::sync::Arc;

use lianwu_model::account::{Group, Instance, PasswordHash, StoredPassword, StoredPolicy};
use lianwu_model::{Uin, UnixMillis};

use super::{access_key, principal};
use crate::registry::{Accounts, StoreError};

fn password(hash: &str, is_first: bool) -> StoredPassword {
    StoredPassword { hash: PasswordHash(hash.to_owned()), is_first }
}

fn policy(owner: u64, name: &str, document: &str) -> StoredPolicy {
    StoredPolicy {
        owner: Uin(owner),
        name: name.to_owned(),
        document: document.to_owned(),
        remark: format!("备注 of {document}"),
    }
}

fn group(owner: u64, name: &str, policies: &[&str], members: &[u64]) -> Group {
    Group {
        owner: Uin(owner),
        name: name.to_owned(),
        remark: "备注".to_owned(),
        policies: policies.iter().map(ToString::to_string).collect(),
        members: members.iter().copied().map(Uin).collect(),
        created: UnixMillis(9),
    }
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
    inactive.last_used = Some(UnixMillis(1_790_000_000_009));
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

/// Does a deleted principal take its keys, its password and its place in groups with it, and leave others alone?
pub async fn a_principal_leaves_nothing_behind(store: Arc<impl Accounts>) {
    for uin in [100_000_001, 100_000_002] {
        store.create_principal(principal(uin)).await.expect("create principal");
        store.create_key(access_key(&format!("AKID{uin}"), uin, "secret")).await.expect("create key");
        store.set_password(Uin(uin), password("hash", true)).await.expect("set password");
    }
    store.save_group(group(100_000_001, "g", &["p"], &[100_000_002, 100_000_001])).await.expect("save group");
    store.delete_principal(Uin(100_000_002)).await.expect("delete principal");
    assert_eq!(store.principals().await, Ok(vec![principal(100_000_001)]));
    assert_eq!(store.keys().await, Ok(vec![access_key("AKID100000001", 100_000_001, "secret")]));
    assert_eq!(store.password(Uin(100_000_002)).await, Ok(None));
    assert_eq!(store.password(Uin(100_000_001)).await, Ok(Some(password("hash", true))));
    assert_eq!(store.groups().await, Ok(vec![group(100_000_001, "g", &["p"], &[100_000_001])]));
    assert_eq!(store.delete_principal(Uin(100_000_002)).await, Err(StoreError::Missing));
}

/// Are name and policies replaced, and everything else kept?
pub async fn names_and_policies_of_a_principal_change(store: Arc<impl Accounts>) {
    store.create_principal(principal(100_000_001)).await.expect("create principal");
    let mut changed = principal(100_000_001);
    (changed.name, changed.policies) = ("新名".to_owned(), vec!["a".to_owned(), "b".to_owned()]);
    changed.active = false;
    let mut given = changed.clone();
    (given.owner, given.created) = (Uin(7), UnixMillis(7));
    store.update_principal(given).await.expect("update principal");
    assert_eq!(store.principals().await, Ok(vec![changed]));
    assert_eq!(store.update_principal(principal(100_000_002)).await, Err(StoreError::Missing));
}

/// Is a password set, then replaced, and refused for nobody?
pub async fn a_password_is_replaced(store: Arc<impl Accounts>) {
    store.create_principal(principal(100_000_001)).await.expect("create principal");
    assert_eq!(store.password(Uin(100_000_001)).await, Ok(None));
    for password in [password("first", true), password("second", false)] {
        store.set_password(Uin(100_000_001), password.clone()).await.expect("set password");
        assert_eq!(store.password(Uin(100_000_001)).await, Ok(Some(password)));
    }
    let nobody = store.set_password(Uin(7), password("x", false)).await;
    assert_eq!(nobody, Err(StoreError::Missing));
}

/// Is a key switched off and on, its use written down, and gone when deleted?
pub async fn a_key_is_switched_used_and_deleted(store: Arc<impl Accounts>) {
    store.create_principal(principal(100_000_001)).await.expect("create principal");
    let mut key = access_key("AKIDa", 100_000_001, "x");
    store.create_key(key.clone()).await.expect("create key");
    store.set_key_active("AKIDa".to_owned(), false).await.expect("switch off");
    let uses = vec![("AKIDgone".to_owned(), UnixMillis(5)), ("AKIDa".to_owned(), UnixMillis(6))];
    store.record_key_uses(uses).await.expect("record uses");
    (key.active, key.last_used) = (false, Some(UnixMillis(6)));
    assert_eq!(store.keys().await, Ok(vec![key.clone()]));
    store.set_key_active("AKIDa".to_owned(), true).await.expect("switch on");
    key.active = true;
    assert_eq!(store.keys().await, Ok(vec![key]));
    store.delete_key("AKIDa".to_owned()).await.expect("delete");
    assert_eq!(store.keys().await, Ok(Vec::new()));
    assert_eq!(store.delete_key("AKIDa".to_owned()).await, Err(StoreError::Missing));
    assert_eq!(store.set_key_active("AKIDa".to_owned(), true).await, Err(StoreError::Missing));
}

/// Is a deleted policy taken off principals and groups of its owner, and of nobody else?
pub async fn a_policy_leaves_no_name_behind(store: Arc<impl Accounts>) {
    for owner in [100_000_001, 100_000_002] {
        let mut attached = principal(owner);
        attached.policies = vec!["a".to_owned(), "own".to_owned(), "z".to_owned()];
        store.create_principal(attached).await.expect("create principal");
        store.save_policy(policy(owner, "own", "{}")).await.expect("save policy");
        store.save_group(group(owner, "g", &["own", "b"], &[])).await.expect("save group");
    }
    store.delete_policy(Uin(100_000_001), "own".to_owned()).await.expect("delete policy");
    assert_eq!(store.policies().await, Ok(vec![policy(100_000_002, "own", "{}")]));
    let principals = store.principals().await.expect("principals");
    let attached: Vec<_> = principals.iter().map(|principal| principal.policies.join(" ")).collect();
    assert_eq!(attached, ["a z", "a own z"]);
    let groups = vec![group(100_000_001, "g", &["b"], &[]), group(100_000_002, "g", &["own", "b"], &[])];
    assert_eq!(store.groups().await, Ok(groups));
    let again = store.delete_policy(Uin(100_000_001), "own".to_owned()).await;
    assert_eq!(again, Err(StoreError::Missing));
}

/// Does saving a group again replace all but its time, for this owner only, and does deleting remove it?
pub async fn a_group_is_replaced_under_its_name(store: Arc<impl Accounts>) {
    store.save_group(group(1, "g", &["old"], &[3])).await.expect("save group");
    store.save_group(group(2, "g", &["theirs"], &[])).await.expect("save group");
    let later = Group { created: UnixMillis(99), ..group(1, "g", &["new"], &[4, 3]) };
    store.save_group(later).await.expect("save group");
    let both = vec![group(1, "g", &["new"], &[4, 3]), group(2, "g", &["theirs"], &[])];
    assert_eq!(store.groups().await, Ok(both));
    store.delete_group(Uin(1), "g".to_owned()).await.expect("delete group");
    assert_eq!(store.groups().await, Ok(vec![group(2, "g", &["theirs"], &[])]));
    assert_eq!(store.delete_group(Uin(1), "g".to_owned()).await, Err(StoreError::Missing));
}
