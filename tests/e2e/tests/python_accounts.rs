//! Sub-accounts over the vendor's Python cloud SDK, unmodified: the eight cases of spec/accounts.md 9 over every operation of
//! the first priority, in each signature method. The platform's own service is called through the SDK's generic client.

use lianwu_testkit::policy_cases::{self, PolicyScene};
use lianwu_testkit::{SdkClient, Server, python};
use serde_json::{Value, json};

#[track_caller]
fn sdk(server: &Server, profile: &Value) -> SdkClient {
    SdkClient::start("the Python cloud SDK", python("cloud.py"), server, profile)
}

/// Cases 1, 2 and 3: no policy, full access, read only.
#[test]
fn presets() {
    policy_cases::presets(sdk);
}

#[test]
fn a_life_with_full_access() {
    policy_cases::a_life_with_full_access(sdk);
}

/// Case 4.
#[test]
fn one_product() {
    policy_cases::one_product(sdk);
}

/// Case 5.
#[test]
fn a_deny() {
    policy_cases::a_deny(sdk);
}

/// Case 6.
#[test]
fn a_tag() {
    policy_cases::a_tag(sdk);
}

/// Case 7: keys that are wrong, off or gone, and wrong clocks.
#[test]
fn keys() {
    policy_cases::keys(sdk);
}

/// Case 8.
#[test]
fn absent_products() {
    policy_cases::absent_products(sdk);
}

/// Does the audit log tell who did what, and survive a kill and a restart?
#[test]
fn the_audit_log_and_the_first_password() {
    let mut scene = PolicyScene::new(sdk);
    scene.attach("QcloudIoTExplorerReadOnlyAccess");
    scene.denied("DeleteDevice", &json!({"ProductId": scene.fixture.product, "DeviceName": "lamp-1"}));
    let mut admin = sdk(&scene.server, &json!({"service": "lianwu"}));
    let all = json!({"MinTime": 0, "MaxTime": lianwu_testkit::now_ms() + 60_000, "Limit": 100});
    let rows = admin.call("ListAuditLog", &all)["Entries"].clone();
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
