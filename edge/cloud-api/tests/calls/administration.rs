//! Sub-accounts, groups, policies, keys and passwords as operations.

use std::io;
use std::sync::{Arc, Mutex};

use lianwu_model::{Uin, UnixMillis};
use lianwu_services::account::{self, FirstRunNote, SignInError};
use serde_json::{Value, json};

use super::support::{Cloud, NOW, code};

async fn sub_account(cloud: &Cloud, name: &str) -> String {
    let made = cloud.ok("CreateSubAccount", json!({"Name": name})).await;
    made["SubAccount"]["Uin"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_caller_is_told_who_it_is() {
    let cloud = Cloud::new().await;
    let main = cloud.ok("DescribeCaller", json!({})).await;
    let uin = json!(cloud.owner.uin.to_string());
    assert_eq!((&main["Uin"], &main["OwnerUin"], &main["MainAccount"]), (&uin, &uin, &json!(true)));
    assert!(main["InstanceId"].as_str().unwrap().starts_with("ins-"));
    let reader = cloud.sub_account("reader", &["IoTExplorerReadOnlyAccess"]).await;
    cloud.ok("CreateGroup", json!({"Name": "g"})).await;
    cloud.ok("AddGroupMembers", json!({"Name": "g", "Uins": [reader.uin.to_string()]})).await;
    let told = cloud.call(&reader, "DescribeCaller", json!({})).await;
    assert_eq!((&told["Name"], &told["OwnerUin"], &told["MainAccount"]), (&json!("reader"), &uin, &json!(false)));
    assert_eq!(told["Policies"], json!(["QcloudIoTExplorerReadOnlyAccess"]));
    assert_eq!(told["Groups"], json!(["g"]));
}

#[tokio::test]
async fn sub_accounts_are_made_listed_and_deleted() {
    let cloud = Cloud::new().await;
    for (name, expected) in [
        ("", "InvalidParameterValue"),
        ("123", "InvalidParameterValue"),
        ("a b", "InvalidParameterValue"),
        (&"a".repeat(65), "InvalidParameterValue"),
        ("admin", "InvalidParameterValue"),
    ] {
        assert_eq!(cloud.refused("CreateSubAccount", json!({"Name": name})).await, expected, "{name}");
    }
    let missing = json!({"Name": "li", "Policies": ["no-such-policy"]});
    assert_eq!(cloud.refused("CreateSubAccount", missing).await, "ResourceNotFound");
    let user = cloud.sub_account("李雷", &["AdministratorAccess"]).await;
    let listed = cloud.ok("ListSubAccounts", json!({})).await;
    assert_eq!((&listed["Total"], &listed["SubAccounts"][0]["Name"]), (&json!(1), &json!("李雷")));
    assert_eq!(listed["SubAccounts"][0]["CreateTime"], NOW.0);
    assert_eq!(cloud.call(&cloud.stranger, "ListSubAccounts", json!({})).await["Total"], 0);
    let uin = user.uin.to_string();
    let foreign = cloud.call(&cloud.stranger, "DeleteSubAccount", json!({"Uin": uin})).await;
    assert_eq!(code(&foreign), "ResourceNotFound");
    let main = json!({"Uin": cloud.owner.uin.to_string()});
    assert_eq!(cloud.refused("DeleteSubAccount", main).await, "UnsupportedOperation");
    cloud.ok("DeleteSubAccount", json!({"Uin": uin})).await;
    let gone = cloud.call(&user, "GetProjectList", json!({})).await;
    assert_eq!(code(&gone), "AuthFailure.SecretIdNotFound");
}

/// Is a sub-account that is switched off refused with each of its keys, and served again once it is on, with a key that was off still off?
#[tokio::test]
async fn a_disabled_sub_account_is_refused() {
    let cloud = Cloud::new().await;
    let user = cloud.sub_account("user", &["AdministratorAccess"]).await;
    let uin = user.uin.to_string();
    let set = |enabled: bool| json!({"Uin": uin, "Enabled": enabled});
    let is_enabled = async || cloud.ok("ListSubAccounts", json!({})).await["SubAccounts"][0]["Enabled"].clone();
    assert_eq!(is_enabled().await, true);
    cloud.ok("UpdateSubAccount", set(false)).await;
    assert_eq!(is_enabled().await, false);
    let refused = cloud.call(&user, "GetProjectList", json!({})).await;
    assert_eq!(code(&refused), "AuthFailure.SecretIdNotFound");
    let new = cloud.ok("CreateSecretKey", json!({"Uin": uin})).await;
    cloud.ok("UpdateSubAccount", set(false)).await;
    cloud.ok("UpdateSecretKey", json!({"SecretId": new["SecretId"], "Active": false})).await;
    cloud.ok("UpdateSubAccount", set(true)).await;
    assert_eq!(cloud.call(&user, "GetProjectList", json!({})).await["Total"], 0);
    let keys = cloud.ok("ListSecretKeys", json!({"Uin": uin})).await;
    assert_eq!([&keys["SecretKeys"][0]["Active"], &keys["SecretKeys"][1]["Active"]], [true, false]);
    let foreign = cloud.call(&cloud.stranger, "UpdateSubAccount", set(false)).await;
    assert_eq!(code(&foreign), "ResourceNotFound");
    let main = json!({"Uin": cloud.owner.uin.to_string(), "Enabled": false});
    assert_eq!(cloud.refused("UpdateSubAccount", main).await, "UnsupportedOperation");
    assert_eq!(cloud.refused("UpdateSubAccount", json!({"Uin": uin})).await, "MissingParameter");
}

#[tokio::test]
async fn groups_and_policies_say_what_is_wrong() {
    let cloud = Cloud::new().await;
    let uin = sub_account(&cloud, "li").await;
    cloud.ok("CreateGroup", json!({"Name": "g", "Remark": "r"})).await;
    let document = r#"{"version":"2.0","statement":[{"effect":"allow","action":"*","resource":"*"}]}"#;
    cloud.ok("SavePolicy", json!({"Name": "own", "Document": document, "Remark": "all"})).await;
    let main = cloud.owner.uin.to_string();
    for (action, parameters, expected) in [
        ("CreateGroup", json!({"Name": "g"}), "InvalidParameterValue"),
        ("AddGroupMembers", json!({"Name": "x", "Uins": [uin]}), "ResourceNotFound"),
        ("AddGroupMembers", json!({"Name": "g", "Uins": ["7"]}), "ResourceNotFound"),
        ("AddGroupMembers", json!({"Name": "g", "Uins": ["me"]}), "InvalidParameterValue"),
        ("AddGroupMembers", json!({"Name": "g", "Uins": [main]}), "UnsupportedOperation"),
        ("AddGroupMembers", json!({"Name": "g", "Uins": []}), "InvalidParameterValue"),
        ("DeleteGroup", json!({"Name": "x"}), "ResourceNotFound"),
        ("SavePolicy", json!({"Name": "bad", "Document": "{}"}), "InvalidParameterValue"),
        ("SavePolicy", json!({"Name": "iotexplorerfullaccess", "Document": document}), "UnsupportedOperation"),
        ("DeletePolicy", json!({"Name": "AdministratorAccess"}), "UnsupportedOperation"),
        ("DeletePolicy", json!({"Name": "x"}), "ResourceNotFound"),
        ("AttachPolicies", json!({"Policies": ["own"]}), "InvalidParameterValue"),
        ("AttachPolicies", json!({"Uin": uin, "GroupName": "g", "Policies": ["own"]}), "InvalidParameterValue"),
        ("AttachPolicies", json!({"Uin": main, "Policies": ["own"]}), "UnsupportedOperation"),
        ("AttachPolicies", json!({"Uin": uin, "Policies": ["x"]}), "ResourceNotFound"),
    ] {
        assert_eq!(cloud.refused(action, parameters.clone()).await, expected, "{action} {parameters}");
    }
    cloud.ok("AttachPolicies", json!({"Uin": uin, "Policies": ["own"]})).await;
    cloud.ok("AttachPolicies", json!({"GroupName": "g", "Policies": ["own", "own"]})).await;
    cloud.ok("AddGroupMembers", json!({"Name": "g", "Uins": [uin]})).await;
    let own = |listed: &Value| {
        let policies = listed["Policies"].as_array().unwrap().clone();
        policies.into_iter().find(|policy| policy["Name"] == "own")
    };
    let listed = own(&cloud.ok("ListPolicies", json!({})).await).unwrap();
    let expected = json!({"Name": "own", "Document": document, "Remark": "all", "Preset": false, "AttachedCount": 2});
    assert_eq!(listed, expected);
    assert!(own(&cloud.call(&cloud.stranger, "ListPolicies", json!({})).await).is_none());
    let groups = cloud.ok("ListGroups", json!({})).await;
    let expected = json!([{"Name": "g", "Remark": "r", "Policies": ["own"], "Uins": [uin], "CreateTime": NOW.0}]);
    assert_eq!(groups["Groups"], expected);
    cloud.ok("DeletePolicy", json!({"Name": "own"})).await;
    assert_eq!(cloud.ok("ListGroups", json!({})).await["Groups"][0]["Policies"], json!([]));
    cloud.ok("DeleteGroup", json!({"Name": "g"})).await;
    assert_eq!(cloud.ok("ListSubAccounts", json!({})).await["SubAccounts"][0]["Groups"], json!([]));
}

/// May a user with the right for it manage its own keys, and nobody else's?
#[tokio::test]
async fn a_sub_account_manages_its_own_keys_only() {
    let cloud = Cloud::new().await;
    let user = cloud.sub_account("user", &["AdministratorAccess"]).await;
    let second = cloud.call(&user, "CreateSecretKey", json!({})).await;
    let second = second["SecretId"].as_str().unwrap().to_owned();
    assert_eq!(code(&cloud.call(&user, "CreateSecretKey", json!({})).await), "LimitExceeded");
    let main = json!({"Uin": cloud.owner.uin.to_string()});
    for (action, parameters) in [
        ("CreateSecretKey", main.clone()),
        ("ListSecretKeys", main),
        ("DeleteSecretKey", json!({"SecretId": cloud.owner.secret_id})),
        ("UpdateSecretKey", json!({"SecretId": cloud.owner.secret_id, "Active": false})),
    ] {
        assert_eq!(code(&cloud.call(&user, action, parameters).await), "UnauthorizedOperation", "{action}");
    }
    let foreign = json!({"SecretId": cloud.stranger.secret_id});
    assert_eq!(cloud.refused("DeleteSecretKey", foreign).await, "ResourceNotFound");
    cloud.ok("DeleteSecretKey", json!({"SecretId": second})).await;
    let listed = cloud.call(&user, "ListSecretKeys", json!({})).await;
    assert_eq!(listed["SecretKeys"].as_array().map(Vec::len), Some(1));
    assert!(listed["SecretKeys"][0].get("SecretKey").is_none());
    let last = json!({"SecretId": cloud.owner.secret_id});
    assert_eq!(cloud.refused("DeleteSecretKey", last).await, "UnsupportedOperation");
}

/// Is the last use shown at once, and written down once?
#[tokio::test]
async fn the_last_use_of_a_key_is_kept() {
    let cloud = Cloud::new().await;
    let user = cloud.sub_account("user", &["IoTExplorerFullAccess"]).await;
    let keys = json!({"Uin": user.uin.to_string()});
    let used = async || cloud.ok("ListSecretKeys", keys.clone()).await["SecretKeys"][0]["LastUsedTime"].clone();
    assert_eq!(used().await, 0);
    cloud.clock.set(UnixMillis(NOW.0 + 5000));
    cloud.call(&user, "GetProjectList", json!({})).await;
    assert_eq!(used().await, NOW.0 + 5000);
    assert_eq!(account::write_key_uses(&cloud.platform).await, Ok(2), "the user's key and the main account's");
    assert_eq!(account::write_key_uses(&cloud.platform).await, Ok(0));
    let stored = cloud.platform.stores.accounts.keys().await.unwrap();
    let stored = stored.into_iter().find(|key| key.secret_id == user.secret_id).unwrap();
    assert_eq!(stored.last_used, Some(UnixMillis(NOW.0 + 5000)));
    cloud.ok("CreateGroup", json!({"Name": "g"})).await;
    assert_eq!(used().await, NOW.0 + 5000, "a change of accounts forgets no use");
}

#[derive(Default)]
struct PretendedNote(Mutex<Vec<Uin>>);

impl FirstRunNote for PretendedNote {
    fn forget_secrets(&self, uin: Uin) -> io::Result<()> {
        self.0.lock().unwrap().push(uin);
        Ok(())
    }
}

/// Does the first password work, can it be changed with itself only, and are the first secrets forgotten then?
#[tokio::test]
async fn passwords_are_changed_with_the_old_one() {
    let cloud = Cloud::new().await;
    let note = Arc::new(PretendedNote::default());
    cloud.platform.accounts.sign_in.note_is(note.clone());
    let first = account::ensure_password::<lianwu_ports::registry::StoreError>(&cloud.platform, |_| Ok(()));
    let first = first.await.unwrap().unwrap();
    assert_eq!((first.uin, first.user.as_str(), first.password.len()), (cloud.owner.uin, "admin", 20));
    assert!(!format!("{first:?}").contains(&first.password));
    let check = async |user: &str, password: &str| {
        account::check_password(&cloud.platform, user, password).await.map(|principal| principal.uin)
    };
    assert_eq!(check("admin", &first.password).await, Ok(cloud.owner.uin));
    assert_eq!(check(&cloud.owner.uin.to_string(), &first.password).await, Ok(cloud.owner.uin));
    for (user, password) in [("admin", "wrong password"), ("nobody", first.password.as_str()), ("admin", "")] {
        assert_eq!(check(user, password).await, Err(SignInError::Wrong));
    }
    let change = |old: &str, new: &str| json!({"OldPassword": old, "NewPassword": new});
    assert_eq!(cloud.refused("SetPassword", change(&first.password, "short")).await, "InvalidParameterValue");
    assert_eq!(cloud.refused("SetPassword", change("wrong", "long enough to be one")).await, "InvalidParameterValue");
    assert_eq!(*note.0.lock().unwrap(), []);
    cloud.ok("SetPassword", change(&first.password, "long enough to be one")).await;
    assert_eq!(*note.0.lock().unwrap(), [cloud.owner.uin]);
    assert_eq!(check("admin", "long enough to be one").await, Ok(cloud.owner.uin));
    let again = account::ensure_password::<lianwu_ports::registry::StoreError>(&cloud.platform, |_| Ok(()));
    assert_eq!(again.await, Ok(None));
}

/// Does the main account set a user's password, which the user then changes; is guessing slowed down?
#[tokio::test]
async fn a_users_password_and_guessing() {
    let cloud = Cloud::new().await;
    let uin = sub_account(&cloud, "li").await;
    cloud.ok("SetPassword", json!({"Uin": uin, "NewPassword": "given by the main account"})).await;
    let check = async |password: &str| account::check_password(&cloud.platform, "li", password).await;
    assert_eq!(check("given by the main account").await.unwrap().name, "li");
    let foreign = json!({"Uin": uin, "NewPassword": "given by a stranger"});
    assert_eq!(code(&cloud.call(&cloud.stranger, "SetPassword", foreign).await), "ResourceNotFound");
    for _ in 0..5 {
        assert_eq!(check("guess").await, Err(SignInError::Wrong));
    }
    let wait = std::time::Duration::from_secs(1);
    assert_eq!(check("given by the main account").await, Err(SignInError::Wait(wait)));
    cloud.clock.set(UnixMillis(NOW.0 + 1000));
    assert_eq!(check("given by the main account").await.unwrap().name, "li");
}
