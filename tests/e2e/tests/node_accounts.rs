//! Sub-accounts over the vendor's Node cloud SDK, unmodified: the eight cases of spec/accounts.md 9 over every operation of the
//! first priority, in each signature method.

use lianwu_testkit::{SdkClient, Server, node, policy_cases};
use serde_json::Value;

#[track_caller]
fn sdk(server: &Server, profile: &Value) -> SdkClient {
    SdkClient::start("the Node cloud SDK", node("cloud.js"), server, profile)
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
