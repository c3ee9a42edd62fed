//! Sub-accounts and their policies. Source: spec/accounts.md 3 to 7 and 9.

use serde_json::json;

use super::support::{Cloud, code};

#[tokio::test]
async fn a_refusal_has_the_vendors_text() {
    let cloud = Cloud::new().await;
    let nobody = cloud.sub_account("nobody", &[]).await;
    let response = cloud.call(&nobody, "SearchStudioProduct", json!({"ProjectId": "prj-abcd1234"})).await;
    let expected = format!(
        "[request id:{}]you are not authorized to perform operation (iotexplorer:SearchStudioProduct)\n\
         resource (qcs::iotexplorer:ap-guangzhou:uin/{}:project/prj-abcd1234/product/*) has no permission\n",
        response["RequestId"].as_str().unwrap(),
        cloud.owner.uin,
    );
    assert_eq!(response["Error"]["Message"], expected);
    let mut request = cloud.post(&nobody, "SearchStudioProduct", "{}".into());
    request.headers_mut().remove("x-tc-language");
    let response = cloud.send(request).await.2;
    assert!(response["Error"]["Message"].as_str().unwrap().starts_with("未授权访问。"));
}

/// Does a policy for one product show that one and hide the others?
#[tokio::test]
async fn a_product_policy_covers_its_product_only() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    let project = found["Product"]["ProjectId"].as_str().unwrap().to_owned();
    let other = cloud.product(&project, "other").await;
    cloud.ok("CreateDevice", json!({"ProductId": other, "DeviceName": "lamp1"})).await;
    let name = format!("qcs::iotexplorer:gz:uin/{}:project/{project}", cloud.owner.uin);
    let policy = json!({"version": "2.0", "statement": [
        {"effect": "allow", "action": "iotexplorer:*",
         "resource": [name, format!("{name}/product/{product}"), format!("{name}/product/{product}/*")]},
        {"effect": "deny", "action": "iotexplorer:DeleteDevice", "resource": "*"},
    ]});
    cloud.policy("one-product", &policy).await;
    let worker = cloud.sub_account("worker", &["one-product"]).await;

    for action in ["SearchStudioProduct", "GetStudioProductList"] {
        let listed = cloud.call(&worker, action, json!({})).await;
        assert_eq!((&listed["Total"], &listed["Products"][0]["ProductId"]), (&json!(1), &json!(product)), "{action}");
    }
    assert_eq!(cloud.call(&worker, "GetProjectList", json!({})).await["Total"], 1);
    let listed = cloud.call(&worker, "GetDeviceList", json!({"ProductId": "-1", "ProjectId": project})).await;
    assert_eq!(listed["Total"], 1);
    let device = |product: &str, name: &str| json!({"ProductId": product, "DeviceName": name});
    let created = cloud.call(&worker, "CreateDevice", device(&product, "by-worker")).await;
    assert!(created.get("Error").is_none(), "{created}");
    let described = cloud.call(&worker, "DescribeDevice", device(&product, "by-worker")).await;
    assert_eq!(described["Device"]["CreatorNickName"], "worker");
    assert_eq!(described["Device"]["CreateUserId"], worker.uin.0);
    for (action, parameters) in [
        ("CreateDevice", device(&other, "x")),
        ("DescribeDevice", device(&other, "lamp1")),
        ("DescribeStudioProduct", json!({"ProductId": other})),
        ("DeleteDevice", device(&product, "lamp1")),
        ("CreateProject", json!({"ProjectName": "x", "ProjectDesc": ""})),
        ("DeleteDevices", json!({"DevicesItems": [device(&product, "by-worker"), device(&other, "lamp1")]})),
    ] {
        assert_eq!(code(&cloud.call(&worker, action, parameters).await), "UnauthorizedOperation", "{action}");
    }
}

/// Is the caller's address compared with the policy's?
#[tokio::test]
async fn conditions_see_the_callers_address() {
    let cloud = Cloud::new().await;
    for (name, block, allowed) in [("near", "192.0.2.0/24", true), ("far", "198.51.100.0/24", false)] {
        let policy = json!({"version": "2.0", "statement": [
            {"effect": "allow", "action": "*", "resource": "*", "condition": {"ip_equal": {"qcs:ip": [block]}}},
        ]});
        cloud.policy(name, &policy).await;
        let caller = cloud.sub_account(name, &[name]).await;
        let response = cloud.call(&caller, "CreateProject", json!({"ProjectName": name, "ProjectDesc": ""})).await;
        assert_eq!(response.get("Error").is_none(), allowed, "{response}");
    }
}

/// Does a changed policy count for the next call?
#[tokio::test]
async fn a_changed_policy_counts_at_once() {
    let cloud = Cloud::new().await;
    let document =
        |effect: &str| json!({"version": "2.0", "statement": [{"effect": effect, "action": "*", "resource": "*"}]});
    cloud.policy("all", &document("allow")).await;
    let caller = cloud.sub_account("someone", &["all"]).await;
    let create = |name: &str| json!({"ProjectName": name, "ProjectDesc": ""});
    assert!(cloud.call(&caller, "CreateProject", create("a")).await.get("Error").is_none());
    cloud.policy("all", &document("deny")).await;
    assert_eq!(code(&cloud.call(&caller, "CreateProject", create("b")).await), "UnauthorizedOperation");
}
