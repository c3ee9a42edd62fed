//! Sub-accounts over a vendor's cloud SDK: the eight cases of spec/accounts.md 9, each over every operation of the first
//! priority, in each signature method.
//!
//! The main account acts through [`CloudClient`](crate::CloudClient); only the sub-account speaks through the SDK.

use serde_json::{Value, json};

use crate::fixture::{Fixture, LAMP_MODEL};
use crate::life::{first_priority_operations, live};
use crate::sdk::SdkClient;
use crate::server::{Server, ServerOptions};
use crate::wait::{fail, now_ms};

/// Signature methods of the vendor's SDKs.
pub const SIGNATURE_METHODS: [&str; 3] = ["TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"];

/// Starts an SDK with a profile laid over the server's first credentials.
pub type StartSdk = fn(&Server, &Value) -> SdkClient;

/// What an operation is expected to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// Whatever else it comes to.
    Permitted,
    Denied,
    /// This code, or one below it.
    Code(&'static str),
}

/// A product with devices, another one, and a sub-account.
#[derive(Debug)]
pub struct PolicyScene {
    pub server: Server,
    pub fixture: Fixture,
    /// A product that no policy here names.
    pub other: String,
    pub uin: String,
    pub secret_id: String,
    secret_key: String,
    start: StartSdk,
    /// The sub-account, once for each signature method.
    users: Vec<SdkClient>,
}

impl PolicyScene {
    /// Two products with devices, and a sub-account without a policy.
    #[must_use]
    #[track_caller]
    pub fn new(start: StartSdk) -> Self {
        let server = Server::start(ServerOptions::default());
        let fixture = Fixture::new(&server, LAMP_MODEL);
        let other = Fixture::make_product(&fixture.cloud, &fixture.project, "other");
        let made = fixture.cloud.call_own("CreateSubAccount", &json!({"Name": "worker"}));
        let uin = text(&made["SubAccount"]["Uin"]);
        let key = fixture.cloud.call_own("CreateSecretKey", &json!({"Uin": uin}));
        let (secret_id, secret_key) = (text(&key["SecretId"]), text(&key["SecretKey"]));
        let mut scene = Self { server, fixture, other, uin, secret_id, secret_key, start, users: Vec::new() };
        scene.users = SIGNATURE_METHODS.map(|sign| scene.user(&json!({"sign": sign}))).into();
        for product in [scene.fixture.product.clone(), scene.other.clone()] {
            for name in ["lamp-1", "spare-1", "spare-2"] {
                scene.fixture.cloud.call("CreateDevice", &json!({"ProductId": product, "DeviceName": name}));
            }
        }
        scene
    }

    /// The sub-account with more laid over its profile.
    #[track_caller]
    fn user(&self, more: &Value) -> SdkClient {
        let mut profile = json!({"secret_id": self.secret_id, "secret_key": self.secret_key});
        for (name, value) in more.as_object().into_iter().flatten() {
            profile[name] = value.clone();
        }
        (self.start)(&self.server, &profile)
    }

    #[track_caller]
    pub fn attach(&self, policy: &str) {
        self.fixture.cloud.call_own("AttachPolicies", &json!({"Uin": self.uin, "Policies": [policy]}));
    }

    #[track_caller]
    pub fn detach(&self, policy: &str) {
        self.fixture.cloud.call_own("DetachPolicies", &json!({"Uin": self.uin, "Policies": [policy]}));
    }

    #[track_caller]
    pub fn save(&self, name: &str, statements: &Value) {
        let document = json!({"version": "2.0", "statement": statements}).to_string();
        self.fixture.cloud.call_own("SavePolicy", &json!({"Name": name, "Document": document}));
    }

    /// Resource names of project, product and everything below the product.
    fn resources(&self) -> [String; 3] {
        let owner = self.server.first_run("uin");
        let project = format!("qcs::iotexplorer:gz:uin/{owner}:project/{}", self.fixture.project);
        let product = format!("{project}/product/{}", self.fixture.product);
        [project, product.clone(), format!("{product}/*")]
    }

    /// The refusal of one call.
    #[track_caller]
    pub fn denied(&mut self, action: &str, parameters: &Value) -> String {
        let refused = self.users[0].refused(action, parameters);
        assert_eq!(refused.code, "UnauthorizedOperation", "{action}: {}", refused.message);
        refused.message
    }

    /// Calls every operation of the first priority about `product`, in each signature method.
    #[track_caller]
    fn every_operation(&mut self, case: &str, product: &str, expected: impl Fn(&str, &Value) -> Expected) {
        let requests = requests(&self.fixture.project, product);
        for (user, sign) in self.users.iter_mut().zip(SIGNATURE_METHODS) {
            check(user, &format!("{case}, {sign}"), &requests, &expected);
        }
    }

    /// Lists that are filtered row by row show these products.
    #[track_caller]
    fn sees_products(&mut self, expected: u64) {
        let project = json!({"ProjectId": self.fixture.project});
        for user in &mut self.users {
            for action in ["GetStudioProductList", "SearchStudioProduct"] {
                assert_eq!(user.call(action, &project)["Total"], expected, "{action}");
            }
        }
    }
}

/// Case 1: without a policy nothing is allowed. Cases 2 and 3: full access, read only.
#[track_caller]
pub fn presets(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    let product = scene.fixture.product.clone();
    scene.every_operation("1, no policy", &product, |_, _| Expected::Denied);
    scene.attach("QcloudIoTExplorerReadOnlyAccess");
    scene.every_operation("3, read only", &product, |action, _| match is_reading(action) {
        true => Expected::Permitted,
        false => Expected::Denied,
    });
    scene.detach("QcloudIoTExplorerReadOnlyAccess");
    scene.attach("QcloudIoTExplorerFullAccess");
    scene.every_operation("2, full access", &product, |_, _| Expected::Permitted);
}

/// Case 2 again, as a whole life: what a sub-account with full access makes, uses and removes works.
#[track_caller]
pub fn a_life_with_full_access(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    scene.attach("QcloudIoTExplorerFullAccess");
    for (user, sign) in scene.users.iter_mut().zip(SIGNATURE_METHODS) {
        let mut call = |action: &str, parameters: &Value| user.call(action, parameters);
        let called = live(&scene.server, &format!("sub-{sign}"), &mut call);
        assert_eq!(called, first_priority_operations(), "{sign}");
    }
}

/// Case 4: one product, through a group.
#[track_caller]
pub fn one_product(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    let (product, other) = (scene.fixture.product.clone(), scene.other.clone());
    scene.save("one", &json!([{"effect": "allow", "action": "iotexplorer:*", "resource": scene.resources()}]));
    let cloud = scene.fixture.cloud.clone();
    cloud.call_own("CreateGroup", &json!({"Name": "makers", "Policies": ["one"]}));
    cloud.call_own("AddGroupMembers", &json!({"Name": "makers", "Uins": [scene.uin]}));
    scene.sees_products(1);
    scene.every_operation("4, another product", &other, |action, request| {
        let names_it = request.to_string().contains(&other);
        if action == "CreateProject" || names_it { Expected::Denied } else { Expected::Permitted }
    });
    scene.every_operation("4, its product", &product, |action, _| match action {
        "CreateProject" => Expected::Denied,
        _ => Expected::Permitted,
    });
}

/// Case 5: everything but two operations on one product.
#[track_caller]
pub fn a_deny(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    let (product, other) = (scene.fixture.product.clone(), scene.other.clone());
    let denied = ["iotexplorer:DeleteStudioProduct", "iotexplorer:DeleteDevice"];
    let statements = json!([
        {"effect": "allow", "action": "iotexplorer:*", "resource": "*"},
        {"effect": "deny", "action": denied, "resource": scene.resources()[1..]},
    ]);
    scene.save("keep", &statements);
    scene.attach("keep");
    scene.every_operation("5, the product that is kept", &product, |action, _| match action {
        "DeleteStudioProduct" | "DeleteDevice" => Expected::Denied,
        _ => Expected::Permitted,
    });
    scene.every_operation("5, another product", &other, |_, _| Expected::Permitted);
}

/// Case 6: a grant by tag, while the product has it, and the condition in the refusal.
#[track_caller]
pub fn a_tag(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    let product = scene.fixture.product.clone();
    let statement = json!([{"effect": "allow", "action": "iotexplorer:*", "resource": "*",
        "condition": {"for_any_value:string_equal": {"qcs:resource_tag": ["team&a"]}}}]);
    scene.save("team", &statement);
    scene.attach("team");
    let tag = |scene: &PolicyScene, tags: &Value| {
        scene.fixture.cloud.call_own("SetTags", &json!({"ProductId": scene.fixture.product, "Tags": tags}));
    };
    // Lists are answered, and show what the tag shows.
    let is_list = |action: &str| ["GetProjectList", "GetStudioProductList", "SearchStudioProduct"].contains(&action);
    scene.sees_products(0);
    scene.every_operation("6, without the tag", &product, |action, _| match is_list(action) {
        true => Expected::Permitted,
        false => Expected::Denied,
    });
    let message = scene.denied("DescribeStudioProduct", &json!({"ProductId": product}));
    let condition = r#"with or without condition:[{"condition":{"key":"qcs:resource_tag","value":["team&a"]"#;
    assert!(message.contains(condition), "{message}");
    tag(&scene, &json!([{"Key": "team", "Value": "a"}]));
    scene.sees_products(1);
    scene.every_operation("6, with the tag", &product, |action, request| {
        let names_it = request.to_string().contains(&product);
        if names_it || is_list(action) { Expected::Permitted } else { Expected::Denied }
    });
    tag(&scene, &json!([]));
    scene.denied("DescribeStudioProduct", &json!({"ProductId": product}));
}

/// Case 7: a wrong key, a wrong clock where the SDK can have one, a key that is off, a key that is gone.
#[track_caller]
pub fn keys(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    scene.attach("QcloudIoTExplorerFullAccess");
    let cloud = scene.fixture.cloud.clone();
    let product = scene.fixture.product.clone();
    let requests = requests(&scene.fixture.project, &product);
    for (wrong, code) in [
        (json!({"secret_key": "x".repeat(32)}), "AuthFailure.SignatureFailure"),
        (json!({"clock_offset_s": -360}), "AuthFailure.SignatureExpire"),
        (json!({"clock_offset_s": 360}), "AuthFailure.SignatureExpire"),
    ] {
        for sign in SIGNATURE_METHODS {
            let mut profile = wrong.clone();
            profile["sign"] = sign.into();
            let mut user = scene.user(&profile);
            check(&mut user, &format!("7, {profile}"), &requests, &|_, _| Expected::Code(code));
        }
    }
    scene.users[0].call("GetProjectList", &json!({}));
    let listed = cloud.call_own("ListSecretKeys", &json!({"Uin": scene.uin}));
    assert!(listed["SecretKeys"][0]["LastUsedTime"].as_u64().is_some_and(|time| time > 0), "{listed}");
    let gone = |_: &str, _: &Value| Expected::Code("AuthFailure.SecretIdNotFound");
    cloud.call_own("UpdateSecretKey", &json!({"SecretId": scene.secret_id, "Active": false}));
    scene.every_operation("7, a key that is off", &product, gone);
    cloud.call_own("UpdateSecretKey", &json!({"SecretId": scene.secret_id, "Active": true}));
    scene.users[0].call("GetProjectList", &json!({}));
    cloud.call_own("DeleteSecretKey", &json!({"SecretId": scene.secret_id}));
    scene.every_operation("7, a key that is gone", &product, gone);
}

/// Case 8: a product and a project that are not there, with all rights.
#[track_caller]
pub fn absent_products(start: StartSdk) {
    let mut scene = PolicyScene::new(start);
    scene.attach("QcloudIoTExplorerFullAccess");
    scene.every_operation("8, an absent product", "NOSUCHPROD", |_, request| {
        let names_it = request.to_string().contains("NOSUCHPROD");
        if names_it { Expected::Code("ResourceNotFound") } else { Expected::Permitted }
    });
}

/// Calls each and compares what it comes to.
#[track_caller]
fn check(user: &mut SdkClient, case: &str, requests: &[(&str, Value)], expected: &impl Fn(&str, &Value) -> Expected) {
    for (action, parameters) in requests {
        let wanted = expected(action, parameters);
        let outcome = user.try_call(&json!({"action": action, "parameters": parameters}));
        match (wanted, outcome) {
            (Expected::Permitted, Ok(_)) => {}
            (Expected::Permitted, Err(failure)) => {
                let refused =
                    ["UnauthorizedOperation", "AuthFailure"].iter().any(|code| failure.code.starts_with(code));
                assert!(!refused, "{case}: {action}: {}: {}", failure.code, failure.message);
            }
            (Expected::Denied, Err(failure)) => {
                assert_eq!(failure.code, "UnauthorizedOperation", "{case}: {action}: {}", failure.message);
                let words = format!("you are not authorized to perform operation (iotexplorer:{action})");
                assert!(failure.message.contains(&words), "{case}: {}", failure.message);
            }
            (Expected::Code(code), Err(failure)) => {
                assert!(failure.code.starts_with(code), "{case}: {action}: {}: {}", failure.code, failure.message);
            }
            (wanted, Ok(answer)) => fail(format!("{case}: {action} was to be {wanted:?}, answered {answer}")),
        }
    }
}

fn is_reading(action: &str) -> bool {
    ["Describe", "Get", "List", "Search"].iter().any(|word| action.starts_with(word))
}

/// Every operation of the first priority about a project and a product of it, reading before writing before deleting.
/// What would take the product or its project away is refused, because there is something in them.
#[must_use]
pub fn requests(project: &str, product: &str) -> Vec<(&'static str, Value)> {
    let of_project = json!({"ProjectId": project});
    let of_product = json!({"ProductId": product});
    let lamp = |more: &Value| {
        let mut request = json!({"ProductId": product, "DeviceName": "lamp-1"});
        for (name, value) in more.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        request
    };
    let named = |name: &str| json!({"ProductId": product, "DeviceName": name});
    let history = json!({"FieldName": "brightness", "MinTime": 1, "MaxTime": now_ms()});
    let action = json!({"ActionId": "light_blink", "InputParams": "{\"period\":1}"});
    let topic = json!({"Topic": format!("{product}/lamp-1/control"), "Payload": "hello"});
    let batch = json!({"ProductId": product, "DeviceNames": ["lamp-1"], "Payload": "hello",
                       "Topic": format!("{product}/${{deviceName}}/control")});
    let new_product = json!({"ProjectId": project, "ProductName": "made", "ProductDesc": "", "CategoryId": 1,
                             "ProductType": 0, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1});
    let requests = vec![
        ("DescribeProject", of_project.clone()),
        ("GetProjectList", json!({"Offset": 0, "Limit": 10})),
        ("DescribeStudioProduct", of_product.clone()),
        ("GetStudioProductList", of_project.clone()),
        ("SearchStudioProduct", of_project.clone()),
        ("DescribeModelDefinition", of_product.clone()),
        ("DescribeDevice", lamp(&json!({}))),
        ("GetDeviceList", of_product.clone()),
        ("DescribeDeviceData", lamp(&json!({}))),
        ("DescribeDeviceDataHistory", lamp(&history)),
        ("ListEventHistory", lamp(&json!({}))),
        ("GetDeviceSumStatistics", json!({"ProjectId": project, "ProductIds": []})),
        ("CreateProject", json!({"ProjectName": "made", "ProjectDesc": ""})),
        ("ModifyProject", json!({"ProjectId": project, "ProjectName": "changed", "ProjectDesc": ""})),
        ("CreateStudioProduct", new_product),
        ("ModifyStudioProduct", json!({"ProductId": product, "ProductName": "new", "ProductDesc": "", "ModuleId": 0})),
        ("ModifyModelDefinition", json!({"ProductId": product, "ModelSchema": LAMP_MODEL})),
        ("CreateDevice", named("made")),
        ("ControlDeviceData", lamp(&json!({"Data": "{\"brightness\":1}"}))),
        ("CallDeviceActionSync", lamp(&action)),
        ("CallDeviceActionAsync", lamp(&action)),
        ("PublishMessage", lamp(&topic)),
        ("BatchPublishMessage", batch),
        ("UpdateDevicesEnableState", json!({"DevicesItems": [named("lamp-1")], "Status": 1})),
        ("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})),
        ("DeleteDevice", named("spare-1")),
        ("DeleteDevices", json!({"DevicesItems": [named("spare-2")]})),
        ("DeleteStudioProduct", of_product),
        ("DeleteProject", of_project),
    ];
    let names = requests.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(first_priority_operations(), names, "every operation of the first priority, and no other");
    requests
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| fail(format!("expected a text, got {value}"))).to_owned()
}
