//! Sub-accounts over the vendor's Python cloud SDK, unmodified: the eight cases of spec/accounts.md 9. The platform's own
//! service is called through the SDK's generic client.

use lianwu_testkit::{Fixture, LAMP_MODEL, SdkClient, Server, ServerOptions, python};
use serde_json::{Value, json};

#[track_caller]
fn sdk(server: &Server, profile: &Value) -> SdkClient {
    SdkClient::start("the Python cloud SDK", python("cloud.py"), server, profile)
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| lianwu_testkit::fail(format!("expected a text, got {value}"))).to_owned()
}

/// The main account at the platform's own service, and a sub-account at the vendor's.
struct Scene {
    server: Server,
    fixture: Fixture,
    other: String,
    admin: SdkClient,
    user: SdkClient,
    uin: String,
    secret_id: String,
}

impl Scene {
    /// A product with a device, another product with one, and a sub-account without a policy.
    fn new() -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let other = Fixture::make_product(&fixture.cloud, &fixture.project, "other");
        let _ = fixture.device("lamp-1");
        fixture.cloud.call("CreateDevice", &json!({"ProductId": other, "DeviceName": "lamp-1"}));
        let mut admin = sdk(&server, &json!({"service": "lianwu"}));
        let made = admin.call("CreateSubAccount", &json!({"Name": "worker"}));
        let uin = text(&made["SubAccount"]["Uin"]);
        let key = admin.call("CreateSecretKey", &json!({"Uin": uin}));
        let secret_id = text(&key["SecretId"]);
        let user = sdk(&server, &json!({"secret_id": secret_id, "secret_key": key["SecretKey"]}));
        Self { server, fixture, other, admin, user, uin, secret_id }
    }

    fn attach(&mut self, policy: &str) {
        self.admin.call("AttachPolicies", &json!({"Uin": self.uin, "Policies": [policy]}));
    }

    fn detach(&mut self, policy: &str) {
        self.admin.call("DetachPolicies", &json!({"Uin": self.uin, "Policies": [policy]}));
    }

    fn save(&mut self, name: &str, statements: &Value) {
        let document = json!({"version": "2.0", "statement": statements}).to_string();
        self.admin.call("SavePolicy", &json!({"Name": name, "Document": document}));
    }

    /// Resource names of project, product and everything below the product.
    fn resources(&mut self) -> [String; 3] {
        let caller = self.admin.call("DescribeCaller", &json!({}));
        let project = format!("qcs::iotexplorer:gz:uin/{}:project/{}", text(&caller["Uin"]), self.fixture.project);
        let product = format!("{project}/product/{}", self.fixture.product);
        [project, product.clone(), format!("{product}/*")]
    }

    fn lamp(&self) -> Value {
        json!({"ProductId": self.fixture.product, "DeviceName": "lamp-1"})
    }

    fn product(&self) -> Value {
        json!({"ProductId": self.fixture.product})
    }

    #[track_caller]
    fn denied(&mut self, action: &str, parameters: &Value) -> String {
        let refused = self.user.refused(action, parameters);
        assert_eq!(refused.code, "UnauthorizedOperation", "{action}: {}", refused.message);
        let expected = format!("you are not authorized to perform operation (iotexplorer:{action})");
        assert!(refused.message.contains(&expected), "{}", refused.message);
        refused.message
    }
}

/// Cases 1, 2, 3: no policy, full access, read only.
#[test]
fn presets() {
    let mut scene = Scene::new();
    let search = json!({"ProjectId": scene.fixture.project});
    let (lamp, product) = (scene.lamp(), scene.product());
    scene.denied("SearchStudioProduct", &search);
    scene.attach("QcloudIoTExplorerFullAccess");
    assert_eq!(scene.user.call("SearchStudioProduct", &search)["Total"], 2);
    let made = json!({"ProductId": scene.fixture.product, "DeviceName": "made"});
    scene.user.call("CreateDevice", &made);
    scene.detach("QcloudIoTExplorerFullAccess");
    scene.attach("QcloudIoTExplorerReadOnlyAccess");
    assert_eq!(scene.user.call("DescribeDevice", &lamp)["Device"]["DeviceName"], "lamp-1");
    assert_eq!(scene.user.call("GetDeviceList", &product)["Total"], 2);
    scene.denied("CreateDevice", &json!({"ProductId": scene.fixture.product, "DeviceName": "x"}));
    let mut control = lamp;
    control["Data"] = json!("{\"power_switch\":1}");
    scene.denied("ControlDeviceData", &control);
}

/// Cases 4 and 5: one product through a group, two operations denied.
#[test]
fn one_product_and_a_deny() {
    let mut scene = Scene::new();
    let resources = scene.resources();
    let (lamp, product) = (scene.lamp(), scene.product());
    scene.save("one", &json!([{"effect": "allow", "action": "iotexplorer:*", "resource": resources}]));
    scene.admin.call("CreateGroup", &json!({"Name": "makers", "Policies": ["one"]}));
    scene.admin.call("AddGroupMembers", &json!({"Name": "makers", "Uins": [scene.uin]}));
    assert_eq!(scene.user.call("DescribeDevice", &lamp)["Device"]["DeviceName"], "lamp-1");
    scene.denied("DescribeDevice", &json!({"ProductId": scene.other, "DeviceName": "lamp-1"}));
    let listed = scene.user.call("GetStudioProductList", &json!({}));
    assert_eq!((&listed["Total"], &listed["Products"][0]["ProductId"]), (&json!(1), &product["ProductId"]));
    let actions = ["iotexplorer:DeleteStudioProduct", "iotexplorer:DeleteDevice"];
    scene.save(
        "keep",
        &json!([
            {"effect": "allow", "action": "iotexplorer:*", "resource": "*"},
            {"effect": "deny", "action": actions, "resource": resources[1..]},
        ]),
    );
    scene.attach("keep");
    scene.denied("DeleteStudioProduct", &product);
    scene.denied("DeleteDevice", &lamp);
    scene.user.call("DeleteDevice", &json!({"ProductId": scene.other, "DeviceName": "lamp-1"}));
    scene.user.call("CreateDevice", &json!({"ProductId": scene.fixture.product, "DeviceName": "made"}));
}

/// Case 6: a grant by tag, and the condition in the refusal.
#[test]
fn a_tag() {
    let mut scene = Scene::new();
    let (product, lamp) = (scene.product(), scene.lamp());
    scene.save(
        "team",
        &json!([{"effect": "allow", "action": "iotexplorer:*", "resource": "*",
        "condition": {"for_any_value:string_equal": {"qcs:resource_tag": ["team&a"]}}}]),
    );
    scene.attach("team");
    let message = scene.denied("DescribeStudioProduct", &product);
    let condition = r#"with or without condition:[{"condition":{"key":"qcs:resource_tag","value":["team&a"]"#;
    assert!(message.contains(condition), "{message}");
    let mut tags = product.clone();
    tags["Tags"] = json!([{"Key": "team", "Value": "a"}]);
    scene.admin.call("SetTags", &tags);
    assert_eq!(scene.user.call("DescribeStudioProduct", &product)["Product"]["ProductId"], product["ProductId"]);
    assert_eq!(scene.user.call("DescribeDevice", &lamp)["Device"]["DeviceName"], "lamp-1");
    assert_eq!(scene.user.call("SearchStudioProduct", &json!({"ProjectId": scene.fixture.project}))["Total"], 1);
    tags["Tags"] = json!([]);
    scene.admin.call("SetTags", &tags);
    scene.denied("DescribeStudioProduct", &product);
}

/// Cases 7 and 8: keys that are off, wrong or gone, a wrong clock; what is not there.
#[test]
fn keys_and_absent_products() {
    let mut scene = Scene::new();
    scene.attach("QcloudIoTExplorerFullAccess");
    let nothing = json!({});
    scene.user.call("GetProjectList", &nothing);
    let listed = scene.admin.call("ListSecretKeys", &json!({"Uin": scene.uin}));
    assert!(listed["SecretKeys"][0]["LastUsedTime"].as_u64().is_some_and(|time| time > 0), "{listed}");
    let switch = |active: bool| json!({"SecretId": scene.secret_id, "Active": active});
    scene.admin.call("UpdateSecretKey", &switch(false));
    assert_eq!(scene.user.refused("GetProjectList", &nothing).code, "AuthFailure.SecretIdNotFound");
    scene.admin.call("UpdateSecretKey", &switch(true));
    scene.user.call("GetProjectList", &nothing);
    let mut wrong = sdk(&scene.server, &json!({"secret_id": scene.secret_id, "secret_key": "x".repeat(32)}));
    assert_eq!(wrong.refused("GetProjectList", &nothing).code, "AuthFailure.SignatureFailure");
    let mut late = sdk(&scene.server, &json!({"clock_offset_s": -360}));
    assert_eq!(late.refused("GetProjectList", &nothing).code, "AuthFailure.SignatureExpire");
    let absent = scene.user.refused("DescribeStudioProduct", &json!({"ProductId": "NOSUCHPROD"}));
    assert_eq!(absent.code, "ResourceNotFound.StudioProductNotExist");
    scene.admin.call("DeleteSecretKey", &json!({"SecretId": scene.secret_id}));
    assert_eq!(scene.user.refused("GetProjectList", &nothing).code, "AuthFailure.SecretIdNotFound");
}

/// Does the audit log tell who did what, and survive a kill and a restart?
#[test]
fn the_audit_log_and_the_first_password() {
    let mut scene = Scene::new();
    scene.attach("QcloudIoTExplorerReadOnlyAccess");
    let lamp = scene.lamp();
    scene.denied("DeleteDevice", &lamp);
    let all = json!({"MinTime": 0, "MaxTime": lianwu_testkit::now_ms() + 60_000, "Limit": 100});
    let rows = scene.admin.call("ListAuditLog", &all)["Entries"].clone();
    assert_eq!((&rows[0]["Operation"], &rows[0]["Code"]), (&json!("DeleteDevice"), &json!("UnauthorizedOperation")));
    assert_eq!((&rows[0]["Uin"], &rows[0]["SecretId"]), (&json!(scene.uin), &json!(scene.secret_id)));
    assert_eq!(rows[1]["Operation"], "AttachPolicies");

    let (user, password) = (scene.server.first_run("admin_user"), scene.server.first_run("admin_password"));
    assert_eq!((user.as_str(), password.len()), ("admin", 20));
    scene.server.kill();
    scene.server.restart();
    let mut admin = sdk(&scene.server, &json!({"service": "lianwu"}));
    assert_eq!(admin.call("ListAuditLog", &all)["Entries"], rows, "rows that were shown are on disk");
    assert_eq!(scene.server.first_run("admin_password"), password, "a start keeps a password there is");
    let change = json!({"OldPassword": password, "NewPassword": "a password of my own"});
    admin.call("SetPassword", &change);
    let written = std::fs::read_to_string(scene.server.first_run_path()).expect("first-run.json is there");
    let written: Value = serde_json::from_str(&written).expect("first-run.json is JSON");
    for (field, stays) in [("admin_password", false), ("secret_key", false), ("secret_id", true), ("listen", true)] {
        assert_eq!(written.get(field).is_some(), stays, "{field}");
    }
    assert!(admin.refused("SetPassword", &change).message.contains("OldPassword"));
}
