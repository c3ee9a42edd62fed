//! Projects. Source: spec/cloud-api.md 2.1.

use lianwu_services::Limits;
use serde_json::json;

use super::support::{Cloud, NOW, new_product};

#[tokio::test]
async fn a_project_lives_and_goes() {
    let cloud = Cloud::new().await;
    let created = cloud.ok("CreateProject", json!({"ProjectName": "首个", "ProjectDesc": "d"})).await;
    let id = created["Project"]["ProjectId"].as_str().unwrap();
    assert!(id.starts_with("prj-") && id.len() == 12);
    assert_eq!(created["Project"]["CreateTime"], NOW.seconds());

    let change = json!({"ProjectId": id, "ProjectName": "new", "ProjectDesc": ""});
    assert_eq!(cloud.ok("ModifyProject", change).await["Project"]["ProjectName"], "new");
    let product = cloud.product(id, "lamp").await;
    cloud.ok("CreateDevice", json!({"ProductId": product, "DeviceName": "a"})).await;
    let described = cloud.ok("DescribeProject", json!({"ProjectId": id})).await;
    assert_eq!(described["Project"]["ProductCount"], 1);
    assert_eq!(described["Project"]["DeviceCount"], 1);
    assert_eq!(described["Project"]["NativeAppCount"], 0);

    let refused = cloud.refused("DeleteProject", json!({"ProjectId": id})).await;
    assert_eq!(refused, "UnsupportedOperation.ProductExistUnderProject");
    cloud.ok("DeleteDevice", json!({"ProductId": product, "DeviceName": "a"})).await;
    cloud.ok("DeleteStudioProduct", json!({"ProductId": product})).await;
    cloud.ok("DeleteProject", json!({"ProjectId": id})).await;
    assert_eq!(cloud.refused("DescribeProject", json!({"ProjectId": id})).await, "ResourceNotFound.ProjectNotExist");
}

#[tokio::test]
async fn wrong_projects_are_refused() {
    let cloud = Cloud::with_limits(Limits { api_tps: 0, projects: 2, products: 1, ..Limits::default() }).await;
    let create = |name: &str| json!({"ProjectName": name, "ProjectDesc": ""});
    let first = cloud.project("one").await;
    assert_eq!(cloud.refused("CreateProject", create("one")).await, "UnsupportedOperation.ProjectDupKeyExist");
    assert_eq!(cloud.refused("CreateProject", create("")).await, "InvalidParameterValue.ProjectParmsError");
    let elsewhere = json!({"ProjectName": "x", "ProjectDesc": "", "InstanceId": "ins-other00002"});
    assert_eq!(cloud.refused("CreateProject", elsewhere).await, "ResourceNotFound.InstanceNotExist");
    cloud.project("two").await;
    assert_eq!(cloud.refused("CreateProject", create("three")).await, "LimitExceeded.ProjectExceedLimit");
    let change = json!({"ProjectId": first, "ProjectName": "two", "ProjectDesc": ""});
    assert_eq!(cloud.refused("ModifyProject", change).await, "UnsupportedOperation.ProjectDupKeyExist");
    for id in ["prj-00000000", "nonsense"] {
        let refused = cloud.refused("DescribeProject", json!({"ProjectId": id})).await;
        assert_eq!(refused, "ResourceNotFound.ProjectNotExist");
    }
    cloud.product(&first, "lamp").await;
    let refused = cloud.refused("CreateStudioProduct", new_product(&first, "bulb")).await;
    assert_eq!(refused, "LimitExceeded.StudioProductExceedLimit");
}

#[tokio::test]
async fn projects_are_listed_by_page_and_filter() {
    let cloud = Cloud::new().await;
    let mut ids = Vec::new();
    for at in 0..5_u64 {
        cloud.clock.set(lianwu_model::UnixMillis(NOW.0 + at * 1000));
        ids.push(cloud.project(&format!("room {at}")).await);
    }
    let page = cloud.ok("GetProjectList", json!({"Offset": 1, "Limit": 2})).await;
    assert_eq!(page["Total"], 5);
    let names: Vec<_> = page["Projects"].as_array().unwrap().iter().map(|p| p["ProjectId"].clone()).collect();
    assert_eq!(names, [json!(ids[3]), json!(ids[2])]);

    let product = cloud.product(&ids[4], "lamp").await;
    for filter in [json!({"ProjectName": "ROOM 4"}), json!({"ProjectId": ids[4]}), json!({"ProductId": product})] {
        let found = cloud.ok("GetProjectList", filter.clone()).await;
        assert_eq!((&found["Total"], &found["Projects"][0]["ProjectId"]), (&json!(1), &json!(ids[4])), "{filter}");
        assert_eq!(found["Projects"][0]["ProductCount"], 1);
    }
    for wrong in [json!({"Limit": 101}), json!({"Offset": -1}), json!({"Limit": -1})] {
        assert_eq!(cloud.refused("GetProjectList", wrong).await, "InvalidParameterValue");
    }
    assert_eq!(cloud.call(&cloud.stranger, "GetProjectList", json!({})).await["Total"], 0);
}
