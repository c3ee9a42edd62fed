//! Who may do what: sub-accounts, policies, tags. FAQ rows 15 and 86 to 90.

use lianwu_testkit::{ApiFailure, CloudClient, Fixture, LAMP_MODEL, Server, ServerOptions};
use serde_json::{Value, json};

struct Team {
    server: Server,
    fixture: Fixture,
}

/// A sub-account that signs calls.
struct User {
    uin: String,
    cloud: CloudClient,
}

impl Team {
    fn new() -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let _ = fixture.device("lamp-1");
        Self { server, fixture }
    }

    /// An operation of the platform's own service, as the main account.
    #[track_caller]
    fn own(&self, action: &str, parameters: &Value) -> Value {
        self.fixture.cloud.call_own(action, parameters)
    }

    fn user(&self, name: &str, policies: &[&str]) -> User {
        let made = self.own("CreateSubAccount", &json!({"Name": name, "Policies": policies}));
        let uin = made["SubAccount"]["Uin"].as_str().expect("a Uin").to_owned();
        let key = self.own("CreateSecretKey", &json!({"Uin": uin}));
        let text = |name: &str| key[name].as_str().expect("a text").to_owned();
        let cloud = CloudClient::new(self.server.http_address(), &text("SecretId"), &text("SecretKey"));
        User { uin, cloud }
    }

    fn save(&self, name: &str, statement: &Value) {
        let document = json!({"version": "2.0", "statement": [statement]}).to_string();
        self.own("SavePolicy", &json!({"Name": name, "Document": document}));
    }

    /// A policy for one product and everything in it.
    fn save_for_product(&self, name: &str, product: &str) {
        let owner = self.server.first_run("uin");
        let project = format!("qcs::iotexplorer:gz:uin/{owner}:project/{}", self.fixture.project);
        let product = format!("{project}/product/{product}");
        let resource = json!([project, product, format!("{product}/*")]);
        self.save(name, &json!({"effect": "allow", "action": "iotexplorer:*", "resource": resource}));
    }

    fn attach(&self, user: &User, policy: &str) {
        self.own("AttachPolicies", &json!({"Uin": user.uin, "Policies": [policy]}));
    }

    fn tag(&self, what: &Value, tags: &Value) {
        let mut request = what.clone();
        request["Tags"] = tags.clone();
        self.own("SetTags", &request);
    }

    /// Why the user may not, and which policy would be needed.
    fn explain(&self, user: &User, operation: &str, about: &Value) -> Value {
        let mut request = about.clone();
        request["Uin"] = json!(user.uin);
        request["Operation"] = json!(operation);
        self.own("DescribeAccess", &request)
    }

    fn lamp(&self) -> Value {
        json!({"ProductId": self.fixture.product, "DeviceName": "lamp-1"})
    }

    fn all(&self) -> Value {
        json!({"ProductId": self.fixture.product})
    }
}

fn own(cloud: &CloudClient, action: &str, parameters: &Value) -> Result<Value, ApiFailure> {
    cloud.try_call_of("2026-11-01", action, parameters)
}

/// faq-15: do different developers see their own projects and products only?
#[test]
fn faq_15_each_developer_sees_the_own_product() {
    let team = Team::new();
    let other = Fixture::make_product(&team.fixture.cloud, &team.fixture.project, "other");
    let products = [team.fixture.product.clone(), other];
    for (name, product) in [("li", &products[0]), ("wang", &products[1])] {
        team.save_for_product(name, product);
        let user = team.user(&format!("{name}-user"), &[name]);
        let listed = user.cloud.call("GetStudioProductList", &json!({}));
        assert_eq!((&listed["Total"], &listed["Products"][0]["ProductId"]), (&json!(1), &json!(product)));
        for foreign in products.iter().filter(|other| *other != product) {
            let refused = user.cloud.call_refused("DescribeStudioProduct", &json!({"ProductId": foreign}));
            assert_eq!(refused.code, "UnauthorizedOperation");
        }
    }
}

/// faq-86: does a refusal name action and resource, and is a call to another service or deployment told apart?
#[test]
fn faq_86_a_refusal_says_what_is_missing() {
    let team = Team::new();
    let user = team.user("user", &[]);
    let refused = user.cloud.call_refused("DescribeDevice", &team.lamp());
    assert_eq!(refused.code, "UnauthorizedOperation");
    assert!(refused.message.contains("you are not authorized to perform operation (iotexplorer:DescribeDevice)"));
    assert!(refused.message.contains("/device/lamp-1) has no permission"), "{}", refused.message);
    let told = team.explain(&user, "DescribeDevice", &team.lamp());
    assert!(told["NeededDocument"].as_str().is_some_and(|text| text.contains("iotexplorer:DescribeDevice")), "{told}");
    let presets = json!(["AdministratorAccess", "QcloudIoTExplorerFullAccess", "QcloudIoTExplorerReadOnlyAccess"]);
    assert_eq!(told["NeededPresets"], presets);

    let other_service = own(&team.fixture.cloud, "DescribeDevice", &team.lamp()).expect_err("of another service");
    assert!(other_service.message.contains("2019-04-23"), "{}", other_service.message);
    let elsewhere = CloudClient::new(team.server.http_address(), &format!("AKID{}", "x".repeat(32)), "key");
    let unknown = elsewhere.call_refused("DescribeDevice", &team.lamp());
    assert_eq!(unknown.code, "AuthFailure.SecretIdNotFound", "a key of another deployment is not a missing right");
}

/// faq-87: one product for one sub-account, by resource and by tag.
#[test]
fn faq_87_one_product_for_one_sub_account() {
    let team = Team::new();
    let _ = Fixture::make_product(&team.fixture.cloud, &team.fixture.project, "other");
    team.save_for_product("by-name", &team.fixture.product);
    let condition = json!({"for_any_value:string_equal": {"qcs:resource_tag": ["team&a"]}});
    team.save(
        "by-tag",
        &json!({"effect": "allow", "action": "iotexplorer:*", "resource": "*", "condition": condition}),
    );
    team.tag(&team.all(), &json!([{"Key": "team", "Value": "a"}]));
    for policy in ["by-name", "by-tag"] {
        let user = team.user(&format!("user-{policy}"), &[policy]);
        let listed = user.cloud.call("SearchStudioProduct", &json!({}));
        assert_eq!((&listed["Total"], &listed["Products"][0]["ProductId"]), (&json!(1), &team.all()["ProductId"]));
        assert_eq!(user.cloud.call("GetDeviceList", &team.all())["Total"], 1, "{policy}");
        assert_eq!(user.cloud.call("DescribeDevice", &team.lamp())["Device"]["DeviceName"], "lamp-1");
    }
}

/// faq-88: a shared product is still invisible: is the policy named that would be needed, and does it help?
#[test]
fn faq_88_the_needed_policy_is_named() {
    let team = Team::new();
    let project_only =
        format!("qcs::iotexplorer:gz:uin/{}:project/{}", team.server.first_run("uin"), team.fixture.project);
    team.save("project", &json!({"effect": "allow", "action": "iotexplorer:*", "resource": [project_only]}));
    let user = team.user("user", &["project"]);
    assert_eq!(user.cloud.call("SearchStudioProduct", &json!({}))["Total"], 0, "shared, and still invisible");
    let told = team.explain(&user, "SearchStudioProduct", &team.all());
    assert_eq!(told["Allowed"], false);
    assert!(told["Reason"].as_str().is_some_and(|text| text.contains("not this resource")), "{told}");
    team.own("SavePolicy", &json!({"Name": "needed", "Document": told["NeededDocument"]}));
    team.attach(&user, "needed");
    assert_eq!(user.cloud.call("SearchStudioProduct", &json!({}))["Total"], 1);
    assert_eq!(team.explain(&user, "SearchStudioProduct", &team.all())["Allowed"], true);
}

/// faq-89: a device vanishes for the sub-account once it is tagged: is that explained, with the cure?
#[test]
fn faq_89_a_tagged_device_vanishes_and_the_tag_is_named() {
    let team = Team::new();
    team.save_for_product("product", &team.fixture.product);
    let user = team.user("user", &["product"]);
    assert_eq!(user.cloud.call("GetDeviceList", &team.all())["Total"], 1);
    team.tag(&team.lamp(), &json!([{"Key": "room", "Value": "1"}]));
    assert_eq!(user.cloud.call("GetDeviceList", &team.all())["Total"], 0);
    let refused = user.cloud.call_refused("DescribeDevice", &team.lamp());
    assert!(refused.message.contains(r#""key":"qcs:resource_tag","value":["room&1"]"#), "{}", refused.message);
    let told = team.explain(&user, "DescribeDevice", &team.lamp());
    assert!(told["Reason"].as_str().is_some_and(|text| text.contains("carries the tags room&1")), "{told}");
    let condition = json!({"for_any_value:string_equal": {"qcs:resource_tag": ["room&1"]}});
    team.save("room", &json!({"effect": "allow", "action": "iotexplorer:*", "resource": "*", "condition": condition}));
    team.attach(&user, "room");
    assert_eq!(user.cloud.call("GetDeviceList", &team.all())["Total"], 1);
    assert_eq!(user.cloud.call("DescribeDevice", &team.lamp())["Device"]["DeviceName"], "lamp-1");
}

/// faq-90: a sub-account that sees operation analytics and nothing else.
#[test]
fn faq_90_operation_analytics_only() {
    let team = Team::new();
    let analyst = team.user("analyst", &["QcloudIoTExplorerOperationAnalyticsAccess"]);
    let project = json!({"ProjectId": team.fixture.project});
    assert!(analyst.cloud.call("GetDeviceSumStatistics", &project)["ActivationCount"].is_number());
    assert_eq!(analyst.cloud.call("GetProjectList", &json!({}))["Total"], 1);
    for (action, parameters) in [
        ("GetStudioProductList", json!({})),
        ("GetDeviceList", team.all()),
        ("DescribeDevice", team.lamp()),
        ("DescribeDeviceData", team.lamp()),
        ("CreateProject", json!({"ProjectName": "x", "ProjectDesc": ""})),
    ] {
        assert_eq!(analyst.cloud.call_refused(action, &parameters).code, "UnauthorizedOperation", "{action}");
    }
}
