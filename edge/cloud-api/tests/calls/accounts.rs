//! The eight cases of spec/accounts.md 9, and tags. All set up through the API itself.

use lianwu_model::UnixMillis;
use lianwu_model::account::SecretKeyText;
use serde_json::{Value, json};

use super::support::{Caller, Cloud, NOW, code};

/// Two products in one project, a device `lamp1` in each.
struct Home {
    cloud: Cloud,
    project: String,
    lamp: String,
    other: String,
}

impl Home {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let lamp = cloud.lamp().await;
        let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": lamp})).await;
        let project = found["Product"]["ProjectId"].as_str().unwrap().to_owned();
        let other = cloud.product(&project, "other").await;
        cloud.ok("CreateDevice", json!({"ProductId": other, "DeviceName": "lamp1"})).await;
        Self { cloud, project, lamp, other }
    }

    /// A sub-account with a key and these policies, made by operations.
    async fn user(&self, name: &str, policies: &[&str]) -> Caller {
        let made = self.cloud.ok("CreateSubAccount", json!({"Name": name, "Policies": policies})).await;
        let uin = made["SubAccount"]["Uin"].as_str().unwrap().to_owned();
        let key = self.cloud.ok("CreateSecretKey", json!({"Uin": uin})).await;
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        Caller {
            uin: lianwu_model::Uin(uin.parse().unwrap()),
            secret_id: text("SecretId"),
            secret_key: SecretKeyText(text("SecretKey")),
        }
    }

    async fn save(&self, name: &str, statements: Value) {
        let document = json!({"version": "2.0", "statement": statements}).to_string();
        self.cloud.ok("SavePolicy", json!({"Name": name, "Document": document})).await;
    }

    fn resources(&self) -> Value {
        let project = format!("qcs::iotexplorer:gz:uin/{}:project/{}", self.cloud.owner.uin, self.project);
        let product = format!("{project}/product/{}", self.lamp);
        json!([project, product, format!("{product}/*")])
    }

    /// `OK` or the code.
    async fn outcome(&self, by: &Caller, action: &str, parameters: Value) -> String {
        let response = self.cloud.call(by, action, parameters).await;
        response["Error"]["Code"].as_str().unwrap_or("OK").to_owned()
    }

    async fn denied(&self, by: &Caller, action: &str, parameters: Value) -> String {
        let response = self.cloud.call(by, action, parameters).await;
        assert_eq!(code(&response), "UnauthorizedOperation", "{action}: {response}");
        response["Error"]["Message"].as_str().unwrap().to_owned()
    }

    async fn device_names(&self, by: &Caller, parameters: Value) -> Vec<String> {
        let response = self.cloud.call(by, "GetDeviceList", parameters).await;
        let rows = response["Devices"].as_array().unwrap_or_else(|| panic!("{response}"));
        assert_eq!(response["Total"], rows.len());
        rows.iter().map(|row| row["DeviceName"].as_str().unwrap().to_owned()).collect()
    }
}

fn device(product: &str, name: &str) -> Value {
    json!({"ProductId": product, "DeviceName": name})
}

fn tagged(mut what: Value, tags: &[(&str, &str)]) -> Value {
    what["Tags"] = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    what
}

/// Case 1 and 2: nothing without a policy, everything with full access, from the call after it was attached.
#[tokio::test]
async fn without_a_policy_nothing_and_with_full_access_everything() {
    let home = Home::new().await;
    let user = home.user("user", &[]).await;
    let search = json!({"ProjectId": home.project});
    let text = home.denied(&user, "SearchStudioProduct", search.clone()).await;
    let resource =
        format!("qcs::iotexplorer:ap-guangzhou:uin/{}:project/{}/product/*", home.cloud.owner.uin, home.project);
    assert!(text.ends_with(&format!(
        "]you are not authorized to perform operation (iotexplorer:SearchStudioProduct)\n\
         resource ({resource}) has no permission\n"
    )));
    let uin = user.uin.to_string();
    home.cloud.ok("AttachPolicies", json!({"Uin": uin, "Policies": ["IoTExplorerFullAccess"]})).await;
    assert_eq!(home.outcome(&user, "SearchStudioProduct", search).await, "OK");
    assert_eq!(home.outcome(&user, "CreateDevice", device(&home.lamp, "made")).await, "OK");
    home.cloud.ok("DetachPolicies", json!({"Uin": uin, "Policies": ["QcloudIoTExplorerFullAccess"]})).await;
    home.denied(&user, "DescribeDevice", device(&home.lamp, "made")).await;
}

/// Case 3: reading is allowed, changing is not.
#[tokio::test]
async fn read_only_reads_and_changes_nothing() {
    let home = Home::new().await;
    let reader = home.user("reader", &["QcloudIoTExplorerReadOnlyAccess"]).await;
    assert_eq!(home.outcome(&reader, "DescribeDevice", device(&home.lamp, "lamp1")).await, "OK");
    home.denied(&reader, "CreateDevice", device(&home.lamp, "x")).await;
    let mut control = device(&home.lamp, "lamp1");
    control["Data"] = json!("{\"power\":1}");
    home.denied(&reader, "ControlDeviceData", control).await;
}

/// Case 4 and 5: one product only, and two operations taken away, attached through a group.
#[tokio::test]
async fn a_product_for_one_group_with_deletions_denied() {
    let home = Home::new().await;
    let product = &home.resources()[1];
    home.save("one", json!([{"effect": "allow", "action": "iotexplorer:*", "resource": home.resources()}])).await;
    let deletions = ["iotexplorer:DeleteStudioProduct", "iotexplorer:DeleteDevice"];
    let deny = json!([
        {"effect": "allow", "action": "iotexplorer:*", "resource": "*"},
        {"effect": "deny", "action": deletions, "resource": [product, format!("{}/*", product.as_str().unwrap())]},
    ]);
    home.save("keep", deny).await;
    let user = home.user("user", &[]).await;
    let members = json!({"Name": "makers", "Uins": [user.uin.to_string()]});
    home.cloud.ok("CreateGroup", json!({"Name": "makers", "Policies": ["one"]})).await;
    home.denied(&user, "DescribeDevice", device(&home.lamp, "lamp1")).await;
    home.cloud.ok("AddGroupMembers", members.clone()).await;
    assert_eq!(home.outcome(&user, "DescribeDevice", device(&home.lamp, "lamp1")).await, "OK");
    home.denied(&user, "DescribeDevice", device(&home.other, "lamp1")).await;
    let listed = home.cloud.call(&user, "GetStudioProductList", json!({})).await;
    assert_eq!((&listed["Total"], &listed["Products"][0]["ProductId"]), (&json!(1), &json!(home.lamp)));

    home.cloud.ok("AttachPolicies", json!({"GroupName": "makers", "Policies": ["keep"]})).await;
    home.denied(&user, "DeleteStudioProduct", json!({"ProductId": home.lamp})).await;
    home.denied(&user, "DeleteDevice", device(&home.lamp, "lamp1")).await;
    assert_eq!(home.outcome(&user, "CreateDevice", device(&home.lamp, "x")).await, "OK");
    assert_eq!(home.outcome(&user, "DeleteDevice", device(&home.other, "lamp1")).await, "OK");

    home.cloud.ok("RemoveGroupMembers", members).await;
    home.denied(&user, "DescribeDevice", device(&home.lamp, "lamp1")).await;
}

fn grant_of(tag: &str) -> Value {
    json!([{"effect": "allow", "action": "iotexplorer:*", "resource": "*",
            "condition": {"for_any_value:string_equal": {"qcs:resource_tag": [tag]}}}])
}

/// Case 6: a product shows itself to those with its tag, and the refusal carries the condition.
#[tokio::test]
async fn a_tag_grant_follows_the_tag() {
    let home = Home::new().await;
    home.save("team-a", grant_of("team&a")).await;
    let user = home.user("user", &["team-a"]).await;
    let describe = json!({"ProductId": home.lamp});
    let text = home.denied(&user, "DescribeStudioProduct", describe.clone()).await;
    let condition = r#"with or without condition:[{"condition":{"key":"qcs:resource_tag","value":["team&a"],"ope":"for_any_value:string_equal"},"effect":"allow"}]"#;
    assert!(text.contains(condition), "{text}");
    home.cloud.ok("SetTags", tagged(describe.clone(), &[("team", "a")])).await;
    assert_eq!(home.outcome(&user, "DescribeStudioProduct", describe.clone()).await, "OK");
    assert_eq!(home.device_names(&user, describe.clone()).await, ["lamp1"], "a device inherits its product's tags");
    assert_eq!(home.outcome(&user, "DescribeDevice", device(&home.lamp, "lamp1")).await, "OK");
    let filters = json!({"Filters": [{"Name": "tag:team", "Values": ["a"]}]});
    assert_eq!(home.cloud.call(&user, "SearchStudioProduct", filters).await["Total"], 1);
    let tags = home.cloud.ok("ListTags", device(&home.lamp, "lamp1")).await;
    assert_eq!((&tags["Tags"], &tags["Inherited"]), (&json!([]), &json!([{"Key": "team", "Value": "a"}])));
    home.cloud.ok("SetTags", tagged(describe.clone(), &[])).await;
    home.denied(&user, "DescribeStudioProduct", describe).await;
}

/// Does a device vanish for a user of its product once it carries a tag, and come back with a grant for the tag?
#[tokio::test]
async fn a_tagged_device_vanishes_without_a_grant() {
    let home = Home::new().await;
    home.save(
        "one",
        json!([{"effect": "allow", "action": ["iotexplorer:*", "lianwu:*"], "resource": home.resources()}]),
    )
    .await;
    let user = home.user("user", &["one"]).await;
    let all = json!({"ProductId": home.lamp});
    home.cloud.ok("CreateDevice", device(&home.lamp, "lamp2")).await;
    assert_eq!(home.device_names(&user, all.clone()).await.len(), 2);
    home.cloud.ok("SetTags", tagged(device(&home.lamp, "lamp1"), &[("team", "a"), ("room", "1")])).await;
    assert_eq!(home.device_names(&user, all.clone()).await, ["lamp2"]);
    let mut search = all.clone();
    search["Filters"] = json!([{"Name": "tag:team", "Values": ["a"]}]);
    assert_eq!(home.device_names(&user, search.clone()).await, Vec::<String>::new());
    assert_eq!(home.device_names(&home.cloud.owner, search.clone()).await, ["lamp1"]);
    let text = home.denied(&user, "DescribeDevice", device(&home.lamp, "lamp1")).await;
    assert!(text.contains(r#""value":["room&1","team&a"]"#), "{text}");
    let messages = json!({"ProductId": home.lamp, "MinTime": NOW.0 - 1000, "MaxTime": NOW.0});
    home.denied(&user, "ListMessages", messages).await;

    home.save("team-a", grant_of("team&a")).await;
    home.cloud.ok("AttachPolicies", json!({"Uin": user.uin.to_string(), "Policies": ["team-a"]})).await;
    assert_eq!(home.device_names(&user, all).await, ["lamp2", "lamp1"]);
    assert_eq!(home.device_names(&user, search).await, ["lamp1"]);
    assert_eq!(home.outcome(&user, "DescribeDevice", device(&home.lamp, "lamp1")).await, "OK");
}

/// Are tags checked, with what is wrong in the message?
#[tokio::test]
async fn tags_have_limits() {
    let home = Home::new().await;
    let of = |tags: Vec<(String, String)>| {
        let tags: Vec<_> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        tagged(json!({"ProductId": home.lamp}), &tags)
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let many = |count: usize| (0..count).map(|n| pair(&format!("k{n}"), "v")).collect::<Vec<_>>();
    for (tags, part) in [
        (vec![pair("", "v")], "Tags.Key"),
        (vec![pair(&"键".repeat(128), "v")], "1 to 127"),
        (vec![pair("k", &"v".repeat(256))], "0 to 255"),
        (vec![pair("a&b", "v")], "without &"),
        (vec![pair("k", "1"), pair("k", "2")], "given twice"),
        (many(51), "0 to 50"),
    ] {
        let response = home.cloud.call(&home.cloud.owner, "SetTags", of(tags)).await;
        assert_eq!(code(&response), "InvalidParameterValue");
        assert!(response["Error"]["Message"].as_str().unwrap().contains(part), "{part}: {response}");
    }
    home.cloud.ok("SetTags", of(many(50))).await;
    home.cloud.ok("SetTags", of(vec![pair(&"键".repeat(127), &"值".repeat(255))])).await;
}

/// Case 7: a key that is off or gone is unknown, a wrong secret and a wrong clock are told apart.
#[tokio::test]
async fn keys_and_clocks_that_are_wrong() {
    let home = Home::new().await;
    let user = home.user("user", &["IoTExplorerFullAccess"]).await;
    let list = || json!({});
    assert_eq!(home.outcome(&user, "GetProjectList", list()).await, "OK");
    home.cloud.ok("UpdateSecretKey", json!({"SecretId": user.secret_id, "Active": false})).await;
    assert_eq!(home.outcome(&user, "GetProjectList", list()).await, "AuthFailure.SecretIdNotFound");
    home.cloud.ok("UpdateSecretKey", json!({"SecretId": user.secret_id, "Active": true})).await;
    assert_eq!(home.outcome(&user, "GetProjectList", list()).await, "OK");
    let wrong = Caller { secret_key: SecretKeyText("x".repeat(32)), ..user.clone() };
    assert_eq!(home.outcome(&wrong, "GetProjectList", list()).await, "AuthFailure.SignatureFailure");
    let request = home.cloud.post(&user, "GetProjectList", "{}".into());
    home.cloud.clock.set(UnixMillis(NOW.0 + 360_000));
    assert_eq!(code(&home.cloud.send(request).await.2), "AuthFailure.SignatureExpire");
    home.cloud.clock.set(NOW);
    home.cloud.ok("DeleteSecretKey", json!({"SecretId": user.secret_id})).await;
    assert_eq!(home.outcome(&user, "GetProjectList", list()).await, "AuthFailure.SecretIdNotFound");
}

/// Case 8: another main account's product is absent, for its main account and for its users.
#[tokio::test]
async fn a_foreign_product_is_absent() {
    let home = Home::new().await;
    let foreign = json!({"ProductId": home.lamp});
    let absent = "ResourceNotFound.StudioProductNotExist";
    for action in ["DescribeStudioProduct", "DeleteStudioProduct", "GetDeviceList", "ListTags"] {
        assert_eq!(home.outcome(&home.cloud.stranger, action, foreign.clone()).await, absent, "{action}");
    }
}

/// Does the platform say which policy would be needed, and does exactly that policy help?
#[tokio::test]
async fn the_policy_that_is_needed_is_named() {
    let home = Home::new().await;
    home.save("one", json!([{"effect": "allow", "action": "iotexplorer:*", "resource": home.resources()}])).await;
    let user = home.user("user", &["one"]).await;
    let uin = user.uin.to_string();
    home.cloud.ok("SetTags", tagged(device(&home.lamp, "lamp1"), &[("team", "a")])).await;
    for (operation, mut about, reason) in [
        ("DescribeDevice", device(&home.lamp, "lamp1"), "carries the tags team&a"),
        ("iotexplorer:SearchStudioProduct", json!({"ProductId": home.other}), "not this resource"),
        ("CreateProject", json!({}), "not this resource"),
        ("lianwu:ListTags", json!({"ProductId": home.lamp}), "No attached policy names the operation"),
    ] {
        about["Operation"] = json!(operation);
        about["Uin"] = json!(uin);
        let told = home.cloud.ok("DescribeAccess", about.clone()).await;
        assert_eq!(told["Allowed"], false, "{told}");
        assert!(told["Reason"].as_str().unwrap().contains(reason), "{told}");
        assert!(told["NeededPresets"].as_array().unwrap().contains(&json!("QcloudIoTExplorerFullAccess")), "{told}");
        home.cloud.ok("SavePolicy", json!({"Name": "needed", "Document": told["NeededDocument"]})).await;
        home.cloud.ok("AttachPolicies", json!({"Uin": uin, "Policies": ["needed"]})).await;
        let told = home.cloud.ok("DescribeAccess", about).await;
        assert_eq!((&told["Allowed"], &told["NeededDocument"]), (&json!(true), &json!("")), "{operation}: {told}");
        home.cloud.ok("DeletePolicy", json!({"Name": "needed"})).await;
    }
    home.save("never", json!([{"effect": "deny", "action": "*", "resource": "*"}])).await;
    home.cloud.ok("AttachPolicies", json!({"Uin": uin, "Policies": ["never"]})).await;
    let told = home.cloud.ok("DescribeAccess", json!({"Operation": "GetProjectList", "Uin": uin})).await;
    assert!(told["Reason"].as_str().unwrap().contains("A deny"), "{told}");
    assert_eq!(told["NeededDocument"], "");
    let told = home.cloud.ok("DescribeAccess", json!({"Operation": "GetProjectList"})).await;
    assert_eq!((&told["Allowed"], &told["Action"]), (&json!(true), &json!("iotexplorer:GetProjectList")));
}
