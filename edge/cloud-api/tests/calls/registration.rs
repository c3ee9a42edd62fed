//! The switch of dynamic registration. Source: spec/cloud-api.md 2.10.

use serde_json::{Value, json};

use super::support::Cloud;

fn shown(response: &Value) -> (Value, Value) {
    (response["RegisterType"].clone(), response["RegisterLimit"].clone())
}

/// Is the switch kept with its limit, and the secret made once?
#[tokio::test]
async fn registration_is_switched_and_its_secret_stays() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let described = async || cloud.ok("DescribeProductDynamicRegister", json!({"ProductId": product})).await;
    assert_eq!(shown(&described().await), (json!(0), json!(0)));
    assert_eq!(described().await["ProductSecret"], "", "there is none before it is switched on");
    let modify = async |kind: u64, limit: u64| {
        let call = json!({"ProductId": product, "RegisterType": kind, "RegisterLimit": limit});
        cloud.ok("ModifyProductDynamicRegister", call).await
    };
    let on = modify(2, 500).await;
    assert_eq!(shown(&on), (json!(2), json!(500)));
    let secret = on["ProductSecret"].as_str().unwrap().to_owned();
    assert!(secret.len() == 24 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", secret.len());
    for (kind, limit) in [(1, 0), (0, 0), (2, 3)] {
        let changed = modify(kind, limit).await;
        assert_eq!(shown(&changed), (json!(kind), json!(limit)));
        assert_eq!(changed["ProductSecret"], secret.as_str());
        assert_eq!(described().await["ProductSecret"], secret.as_str());
    }
    let stored = cloud.platform.stores.products.products().await.unwrap().remove(0);
    assert_eq!(stored.secret.as_ref().unwrap().0, secret);
    assert!(!format!("{stored:?}").contains(&secret), "a secret is not shown in logs");
    let listed = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
    assert!(!listed.to_string().contains(&secret), "nor where nobody asked for it");
}

/// Are wrong values, a released product and a stranger's refused?
#[tokio::test]
async fn wrong_switches_are_refused() {
    let cloud = Cloud::new().await;
    let product = cloud.lamp().await;
    let call = |product: &str, kind: u64, limit: u64| json!({"ProductId": product, "RegisterType": kind, "RegisterLimit": limit});
    for (kind, limit) in [(3, 1), (2, 0)] {
        let refused = cloud.refused("ModifyProductDynamicRegister", call(&product, kind, limit)).await;
        assert_eq!(refused, "InvalidParameterValue", "{kind} {limit}");
    }
    let refused = cloud.refused("ModifyProductDynamicRegister", call("NOSUCHPROD", 1, 0)).await;
    assert_eq!(refused, "ResourceNotFound.StudioProductNotExist");
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": product, "DevStatus": "released"})).await;
    let refused = cloud.refused("ModifyProductDynamicRegister", call(&product, 1, 0)).await;
    assert_eq!(refused, "UnsupportedOperation.NoPermissionToReleasedProduct");
}
