//! Projects, products, thing models.

use std::sync::Arc;

use lianwu_model::product::{
    Durability, Product, ProductSecretText, Registration, RegistrationMode, StoredScript, StoredThingModel,
};
use lianwu_model::topic_policy::TopicTable;
use lianwu_model::{Uin, UnixMillis};

use super::{FIRST_PAGE, LAMP, METER, device, device_key, product, product_id, project, with_products};
use crate::registry::{
    Devices, Listed, ProductScripts, Products, ProjectFilter, Projects, SCRIPT_VERSIONS_MAX, Slice, StoreError,
};

async fn names(store: &impl Projects, filter: ProjectFilter, slice: Slice) -> (Vec<String>, u64) {
    let Listed { rows, total, .. } = store.projects(filter, slice).await.expect("list projects");
    (rows.into_iter().map(|project| project.name).collect(), total)
}

/// Is every field of a project kept?
pub async fn a_project_is_read_back_whole(store: Arc<impl Projects>) {
    store.create_project(project(1, "home")).await.expect("create project");
    assert_eq!(store.project(project(1, "").id).await, Ok(Some(project(1, "home"))));
    assert_eq!(store.project(project(2, "").id).await, Ok(None));
}

/// May two owners use one project name, and one owner not?
pub async fn project_names_are_unique_within_an_owner(store: Arc<impl Projects>) {
    store.create_project(project(1, "home")).await.expect("create project");
    assert_eq!(store.create_project(project(1, "other")).await, Err(StoreError::Taken("id")));
    assert_eq!(store.create_project(project(2, "home")).await, Err(StoreError::Taken("name")));
    let mut theirs = project(3, "home");
    theirs.owner = Uin(100_000_002);
    assert_eq!(store.create_project(theirs).await, Ok(()));
}

/// Does an update change what it says and nothing else?
pub async fn updating_a_project_changes_name_description_and_time(store: Arc<impl Projects>) {
    store.create_project(project(1, "home")).await.expect("create project");
    store.create_project(project(2, "office")).await.expect("create project");
    let mut change = project(1, "house");
    (change.description, change.updated) = (String::new(), UnixMillis(9));
    let expected = change.clone();
    (change.owner, change.created) = (Uin(100_000_002), UnixMillis(8));
    assert_eq!(store.update_project(change).await, Ok(()));
    assert_eq!(store.project(project(1, "").id).await, Ok(Some(expected.clone())));

    assert_eq!(store.update_project(project(1, "office")).await, Err(StoreError::Taken("name")));
    assert_eq!(store.update_project(project(3, "new")).await, Err(StoreError::Missing));
    assert_eq!(store.project(project(1, "").id).await, Ok(Some(expected)));
}

/// Do project lists filter by each field, literally, and come newest first?
pub async fn projects_are_filtered_and_paged_newest_first(store: Arc<impl Projects + Products>) {
    with_products(&*store).await;
    for (number, name) in [(2, "Home office"), (3, "100%_工厂"), (4, "lab")] {
        let mut project = project(number, name);
        if number == 4 {
            project.owner = Uin(100_000_002);
        }
        store.create_project(project).await.expect("create project");
    }
    let all = ProjectFilter::default;
    let check = async |filter: ProjectFilter, expected: &[&str]| {
        let (found, total) = names(&*store, filter.clone(), FIRST_PAGE).await;
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(total, expected.len() as u64, "{filter:?}");
    };
    check(all(), &["lab", "100%_工厂", "Home office", "home"]).await;
    check(ProjectFilter { owner: Some(Uin(100_000_002)), ..all() }, &["lab"]).await;
    check(ProjectFilter { id: Some(project(2, "").id), ..all() }, &["Home office"]).await;
    check(ProjectFilter { name: Some("HOME".to_owned()), ..all() }, &["Home office", "home"]).await;
    check(ProjectFilter { name: Some("%_工".to_owned()), ..all() }, &["100%_工厂"]).await;
    check(ProjectFilter { name: Some("o%e".to_owned()), ..all() }, &[]).await;
    check(ProjectFilter { product: Some(product_id(LAMP)), ..all() }, &["home"]).await;
    check(ProjectFilter { product: Some(product_id("UNKNOWN001")), ..all() }, &[]).await;
    check(ProjectFilter { owner: Some(Uin(100_000_002)), name: Some("home".to_owned()), ..all() }, &[]).await;

    let page = names(&*store, all(), Slice { offset: 1, limit: 2 }).await;
    assert_eq!(page, (vec!["100%_工厂".to_owned(), "Home office".to_owned()], 4));
    assert_eq!(names(&*store, all(), Slice { offset: u64::MAX, limit: 2 }).await, (Vec::new(), 4));
}

/// Is a project kept while products are in it, and gone after?
pub async fn a_project_with_products_cannot_be_deleted(store: Arc<impl Projects + Products>) {
    with_products(&*store).await;
    assert_eq!(store.delete_project(project(1, "").id).await, Err(StoreError::InUse("products")));
    for product in [LAMP, METER] {
        store.delete_product(product_id(product)).await.expect("delete product");
    }
    assert_eq!(store.delete_project(project(1, "").id).await, Ok(()));
    assert_eq!(store.delete_project(project(1, "").id).await, Err(StoreError::Missing));
}

/// Is every field of a product kept, oldest first?
pub async fn a_product_is_read_back_whole(store: Arc<impl Projects + Products>) {
    with_products(&*store).await;
    assert_eq!(store.products().await, Ok(vec![product(LAMP, "lamp"), product(METER, "meter")]));
}

/// May two owners use one product name, and one owner not, not even in another project?
pub async fn product_names_are_unique_within_an_owner(store: Arc<impl Projects + Products>) {
    with_products(&*store).await;
    store.create_project(project(2, "office")).await.expect("create project");
    assert_eq!(store.create_product(product(LAMP, "other")).await, Err(StoreError::Taken("id")));
    let elsewhere = Product { project: project(2, "").id, ..product("OTHER00001", "lamp") };
    assert_eq!(store.create_product(elsewhere.clone()).await, Err(StoreError::Taken("name")));
    let theirs = Product { owner: Uin(100_000_002), ..elsewhere };
    assert_eq!(store.create_product(theirs).await, Ok(()));
}

/// Is a product of no project refused?
pub async fn a_product_needs_its_project(store: Arc<impl Projects + Products>) {
    assert_eq!(store.create_product(product(LAMP, "lamp")).await, Err(StoreError::Missing));
    assert_eq!(store.products().await, Ok(Vec::new()));
}

/// Does an update change everything but where the product comes from?
pub async fn updating_a_product_keeps_its_origin(store: Arc<impl Projects + Products>) {
    with_products(&*store).await;
    store.create_project(project(2, "office")).await.expect("create project");
    let expected = Product {
        description: "brighter".to_owned(),
        durability: Durability::Disk,
        retention_days: None,
        registration: Registration { mode: RegistrationMode::Existing, limit: 3 },
        secret: Some(ProductSecretText("another secret".to_owned())),
        topics: TopicTable::default(),
        tags: Vec::new(),
        updated: UnixMillis(9),
        ..product(LAMP, "bright lamp")
    };
    let change = Product {
        project: project(2, "").id,
        owner: Uin(100_000_002),
        creator: Uin(1),
        creator_name: "someone".to_owned(),
        created: UnixMillis(8),
        ..expected.clone()
    };
    assert_eq!(store.update_product(change).await, Ok(()));
    assert_eq!(store.update_product(product(LAMP, "meter")).await, Err(StoreError::Taken("name")));
    assert_eq!(store.update_product(product("UNKNOWN001", "x")).await, Err(StoreError::Missing));
    assert_eq!(store.products().await, Ok(vec![expected, product(METER, "meter")]));
}

/// Is a product kept while it has devices, and gone after?
pub async fn a_product_with_devices_cannot_be_deleted(store: Arc<impl Projects + Products + Devices>) {
    with_products(&*store).await;
    store.create_devices(vec![device(LAMP, "kitchen", &[])]).await.expect("create device");
    assert_eq!(store.delete_product(product_id(LAMP)).await, Err(StoreError::InUse("devices")));
    store.delete_devices(vec![device_key(LAMP, "kitchen")]).await.expect("delete device");
    assert_eq!(store.delete_product(product_id(LAMP)).await, Ok(()));
    assert_eq!(store.delete_product(product_id(LAMP)).await, Err(StoreError::Missing));
    assert_eq!(store.products().await, Ok(vec![product(METER, "meter")]));
}

/// Is the model's text kept to the byte, replaced whole, and deleted with the product?
pub async fn a_model_keeps_its_exact_text_and_goes_with_its_product(store: Arc<impl Projects + Products>) {
    let model = |text: &str, created| StoredThingModel {
        product: product_id(LAMP),
        text: text.to_owned(),
        created: UnixMillis(created),
        updated: UnixMillis(5),
    };
    assert_eq!(store.save_model(model("{}", 1)).await, Err(StoreError::Missing));
    with_products(&*store).await;
    let spelled = "{ \"b\":1.0,\n\"a\" : 1e2, \"名\":\"\\u540d\" }";
    for (text, created) in [("{}", 1), (spelled, 2)] {
        store.save_model(model(text, created)).await.expect("save model");
    }
    assert_eq!(store.models().await, Ok(vec![model(spelled, 2)]));
    store.delete_product(product_id(LAMP)).await.expect("delete product");
    assert_eq!(store.models().await, Ok(Vec::new()));
}

/// Are a product's scripts kept to the byte, as many versions as said, and deleted with it?
pub async fn scripts_are_kept_by_version(store: Arc<impl Projects + Products + ProductScripts>) {
    let script = |product, version: u64, text: &str| StoredScript {
        product: product_id(product),
        version,
        text: text.to_owned(),
        author: Uin(100_000_009),
        saved: UnixMillis(version * 7),
    };
    assert_eq!(store.save_script(script(LAMP, 1, "a")).await, Err(StoreError::Missing));
    with_products(&*store).await;
    assert_eq!(store.scripts().await, Ok(Vec::new()));
    store.save_script(script(METER, 1, "// 米\r\n\"'")).await.expect("save script");
    let last = SCRIPT_VERSIONS_MAX as u64 + 3;
    for version in 1..=last {
        let text = if version == last { "" } else { "function f() {}" };
        store.save_script(script(LAMP, version, text)).await.expect("save script");
    }
    assert_eq!(store.save_script(script(LAMP, last, "b")).await, Err(StoreError::Taken("version")));
    assert_eq!(store.scripts().await, Ok(vec![script(LAMP, last, ""), script(METER, 1, "// 米\r\n\"'")]));
    let kept = store.script_versions(product_id(LAMP)).await.expect("list versions");
    let versions: Vec<_> = kept.iter().map(|script| script.version).collect();
    assert_eq!(versions, (4..=last).rev().collect::<Vec<_>>());
    assert_eq!(kept[1], script(LAMP, last - 1, "function f() {}"));
    store.delete_product(product_id(LAMP)).await.expect("delete product");
    assert_eq!(store.scripts().await.map(|scripts| scripts.len()), Ok(1));
    assert_eq!(store.script_versions(product_id(LAMP)).await, Ok(Vec::new()));
}
