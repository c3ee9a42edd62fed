//! Products. Source: spec/cloud-api.md 2.2.

use serde_json::{Value, json};

use super::support::{Cloud, NOW, new_product};

fn with(mut base: Value, name: &str, value: Value) -> Value {
    base[name] = value;
    base
}

#[tokio::test]
async fn a_product_lives_and_goes() {
    let cloud = Cloud::new().await;
    let project = cloud.project("home").await;
    let created = cloud.ok("CreateStudioProduct", new_product(&project, "lamp")).await["Product"].clone();
    let id = created["ProductId"].as_str().unwrap();
    assert_eq!(id.len(), 10);
    let expected = json!({
        "ProductName": "lamp", "CategoryId": 1, "EncryptionType": "2", "NetType": "wifi", "DataProtocol": 1,
        "DevStatus": "dev", "ProductType": 0, "ProjectId": project, "EnableProductScript": "false", "Region": "gz",
        "CreateTime": NOW.seconds(), "IsPrivateCA": false,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&created[name], value, "{name}");
    }
    let change = json!({
        "ProductId": id, "ProductName": "bulb", "ProductDesc": "d", "ModuleId": 3, "EnableProductScript": "true",
        "BindStrategy": 2,
    });
    let changed = cloud.ok("ModifyStudioProduct", change.clone()).await["Product"].clone();
    assert_eq!((&changed["ProductName"], &changed["ModuleId"]), (&json!("bulb"), &json!(3)));
    assert_eq!((&changed["EnableProductScript"], &changed["BindStrategy"]), (&json!("true"), &json!(2)));
    let ignored = cloud.ok("ModifyStudioProduct", with(change.clone(), "BindStrategy", json!(9))).await;
    assert_eq!(ignored["Product"]["BindStrategy"], 2);

    cloud.ok("CreateDevice", json!({"ProductId": id, "DeviceName": "a"})).await;
    assert_eq!(cloud.ok("DescribeStudioProduct", json!({"ProductId": id})).await["Product"]["DeviceCount"], 1);
    for list in ["GetStudioProductList", "SearchStudioProduct"] {
        let listed = cloud.ok(list, json!({"ProjectId": project, "Offset": 0, "Limit": 10})).await;
        assert_eq!(listed["Products"][0]["DeviceCount"], 1, "{list}: {listed}");
    }
    let refused = cloud.refused("DeleteStudioProduct", json!({"ProductId": id})).await;
    assert_eq!(refused, "UnsupportedOperation.DevicesExistUnderProduct");

    for step in ["audit", "dev", "released", "released"] {
        cloud.ok("ReleaseStudioProduct", json!({"ProductId": id, "DevStatus": step})).await;
    }
    for step in ["dev", "audit"] {
        let refused = cloud.refused("ReleaseStudioProduct", json!({"ProductId": id, "DevStatus": step})).await;
        assert_eq!(refused, "UnsupportedOperation");
    }
    assert_eq!(cloud.refused("ModifyStudioProduct", change).await, "UnsupportedOperation");

    cloud.ok("DeleteDevice", json!({"ProductId": id, "DeviceName": "a"})).await;
    cloud.ok("DeleteStudioProduct", json!({"ProductId": id})).await;
    let refused = cloud.refused("DescribeStudioProduct", json!({"ProductId": id})).await;
    assert_eq!(refused, "ResourceNotFound.StudioProductNotExist");
}

#[tokio::test]
async fn wrong_products_are_refused() {
    let cloud = Cloud::new().await;
    let project = cloud.project("home").await;
    let good = new_product(&project, "lamp");
    cloud.ok("CreateStudioProduct", good.clone()).await;
    let cases = [
        ("ProductName", json!("lamp"), "InvalidParameterValue.ProductAlreadyExist"),
        ("ProductName", json!(""), "InvalidParameterValue.ProductParmsError"),
        ("ProductName", json!("名".repeat(33)), "InvalidParameterValue.ProductParmsError"),
        ("NetType", json!("smoke"), "InvalidParameterValue.ProductParmsError"),
        ("EncryptionType", json!("3"), "InvalidParameterValue"),
        ("ProductType", json!(1), "InvalidParameterValue"),
        ("DataProtocol", json!(3), "InvalidParameterValue"),
        ("CategoryId", json!(-1), "InvalidParameterValue"),
        ("ProjectId", json!("prj-00000000"), "ResourceNotFound.ProjectNotExist"),
    ];
    for (name, value, expected) in cases {
        let refused = cloud.refused("CreateStudioProduct", with(good.clone(), name, value.clone())).await;
        assert_eq!(refused, expected, "{name} {value}");
    }
    cloud.ok("CreateStudioProduct", with(good.clone(), "ProductName", json!("名".repeat(32)))).await;
    let gateway = with(with(good, "ProductName", json!("gate")), "ProductType", json!(5));
    assert_eq!(cloud.ok("CreateStudioProduct", gateway).await["Product"]["ProductType"], 5);
}

#[tokio::test]
async fn products_are_listed_and_searched() {
    let cloud = Cloud::new().await;
    let (home, office) = (cloud.project("home").await, cloud.project("office").await);
    let mut ids = Vec::new();
    for (at, project) in [&home, &home, &home, &office].into_iter().enumerate() {
        cloud.clock.set(lianwu_model::UnixMillis(NOW.0 + at as u64 * 1000));
        ids.push(cloud.product(project, &format!("Lamp {at}")).await);
    }
    cloud.ok("ReleaseStudioProduct", json!({"ProductId": ids[1], "DevStatus": "released"})).await;
    let cases = [
        ("GetStudioProductList", json!({"ProjectId": home}), 3, 2),
        ("GetStudioProductList", json!({"ProjectId": home, "Limit": 1, "Offset": 1}), 3, 1),
        ("GetStudioProductList", json!({"DevStatus": "all"}), 4, 3),
        ("GetStudioProductList", json!({"DevStatus": "released"}), 1, 1),
        ("SearchStudioProduct", json!({}), 4, 3),
        ("SearchStudioProduct", json!({"ProductName": "lamp"}), 4, 3),
        ("SearchStudioProduct", json!({"ProductName": "3"}), 1, 3),
        ("SearchStudioProduct", json!({"ProductId": ids[0]}), 1, 0),
        ("SearchStudioProduct", json!({"ProjectId": home, "DevStatus": "dev"}), 2, 2),
    ];
    for (action, filter, total, first) in cases {
        let found = cloud.ok(action, filter.clone()).await;
        assert_eq!(found["Total"], total, "{filter}");
        assert_eq!(found["Products"][0]["ProductId"], json!(ids[first]), "{filter}");
    }
    let tagged = cloud.ok("SearchStudioProduct", json!({"Filters": [{"Name": "tag:team", "Values": ["a"]}]})).await;
    assert_eq!(tagged["Total"], 0);
    let wrong = [
        json!({"Limit": 101}),
        json!({"DevStatus": "done"}),
        json!({"Filters": [{"Name": "team", "Values": ["a"]}]}),
        json!({"Filters": [{"Name": "tag:team", "Values": ["a", "b"]}]}),
        json!({"Filters": vec![json!({"Name": "tag:team"}); 11]}),
    ];
    for filter in wrong {
        assert_eq!(cloud.refused("SearchStudioProduct", filter.clone()).await, "InvalidParameterValue", "{filter}");
    }
}
