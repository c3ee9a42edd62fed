//! Main accounts: made by the platform's administrator, each on its own.

use lianwu_model::Uin;
use lianwu_model::account::{Principal, SecretKeyText};
use serde_json::{Value, json};

use super::support::{Caller, Cloud, NOW, code};

fn signer(made: &Value) -> Caller {
    Caller {
        uin: Uin(made["MainAccount"]["Uin"].as_str().unwrap().parse().unwrap()),
        secret_id: made["SecretId"].as_str().unwrap().to_owned(),
        secret_key: SecretKeyText(made["SecretKey"].as_str().unwrap().to_owned()),
    }
}

/// Can an account that the administrator made work at once, and does it see nothing of the others?
#[tokio::test]
async fn a_new_main_account_works_and_is_alone() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let made = cloud.ok("CreateMainAccount", json!({"Name": "plant"})).await;
    assert_eq!(made["MainAccount"]["Administrator"], false);
    let plant = signer(&made);
    let project = cloud.call(&plant, "CreateProject", json!({"ProjectName": "home", "ProjectDesc": ""})).await;
    assert!(project["Project"]["ProjectId"].is_string(), "{project}");
    let listed = cloud.call(&plant, "GetProjectList", json!({})).await;
    assert_eq!(listed["Total"], 1);
    assert_eq!(listed["Projects"][0]["InstanceId"], made["MainAccount"]["InstanceId"]);
    let foreign = cloud.call(&plant, "DescribeStudioProduct", json!({"ProductId": product})).await;
    assert_eq!(code(&foreign), "ResourceNotFound.StudioProductNotExist");
    let caller = cloud.call(&plant, "DescribeCaller", json!({})).await;
    assert_eq!((&caller["MainAccount"], &caller["PlatformAdministrator"]), (&json!(true), &json!(false)));

    let all = cloud.ok("ListMainAccounts", json!({})).await;
    let rows: Vec<_> =
        all["MainAccounts"].as_array().unwrap().iter().map(|row| (&row["Name"], &row["Administrator"])).collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(rows, [(&json!("admin"), &yes), (&json!("other"), &no), (&json!("plant"), &no)]);
    assert_eq!(all["Total"], 3);
    let page = cloud.ok("ListMainAccounts", json!({"Offset": 2, "Limit": 10})).await;
    assert_eq!(page["MainAccounts"], json!([made["MainAccount"]]));
    assert!(!all.to_string().contains(plant.secret_key.0.as_str()), "the key is shown once");
}

/// Are names taken and wrong ones refused, and everybody who does not administer the platform?
#[tokio::test]
async fn main_accounts_are_the_administrators_business() {
    let cloud = Cloud::new().await;
    for (name, expected) in
        [("", "InvalidParameterValue"), ("12", "InvalidParameterValue"), ("other", "InvalidParameterValue")]
    {
        assert_eq!(cloud.refused("CreateMainAccount", json!({"Name": name})).await, expected, "{name}");
    }
    let user = cloud.sub_account("user", &["IoTExplorerFullAccess"]).await;
    let helper = cloud.sub_account("helper", &["AdministratorAccess"]).await;
    for caller in [&user, &cloud.stranger] {
        for (action, call) in [("CreateMainAccount", json!({"Name": "mine"})), ("ListMainAccounts", json!({}))] {
            assert_eq!(code(&cloud.call(caller, action, call).await), "UnauthorizedOperation", "{action}");
        }
    }
    let made = cloud.call(&helper, "CreateMainAccount", json!({"Name": "theirs"})).await;
    assert_eq!(made["MainAccount"]["Name"], "theirs", "{made}");
    assert_eq!(cloud.ok("ListMainAccounts", json!({})).await["Total"], 3);
}

/// Is an account whose creation was cut off before it had a key finished by the same call?
#[tokio::test]
async fn a_creation_that_was_cut_off_is_finished() {
    let cloud = Cloud::new().await;
    let uin = Uin(100_000_000_077);
    let half = Principal { uin, owner: uin, name: "plant".into(), policies: Vec::new(), active: true, created: NOW };
    cloud.platform.stores.accounts.create_principal(half).await.unwrap();
    lianwu_services::account::load(&cloud.platform).await.unwrap();
    let made = cloud.ok("CreateMainAccount", json!({"Name": "plant"})).await;
    assert_eq!(made["MainAccount"]["Uin"], uin.to_string());
    assert_eq!(cloud.call(&signer(&made), "GetProjectList", json!({})).await["Total"], 0);
    assert_eq!(cloud.refused("CreateMainAccount", json!({"Name": "plant"})).await, "InvalidParameterValue");
}
