//! Statements about every operation at once.

use std::collections::BTreeSet;

use axum::extract::Request;
use lianwu_cloud_api::generated::metadata::OPERATIONS;
use lianwu_cloud_api::metadata::{FieldSpec, Kind};
use lianwu_cloud_api::operations::operations;
use lianwu_cloud_api::table::Grant;
use lianwu_model::UnixMillis;
use serde_json::{Map, Value, json};

use super::support::{Cloud, NOW, code};

const NOT_IMPLEMENTED: &str = include_str!("../../not_implemented.txt");
const DECLINED: &str = include_str!("../../declined.txt");

fn listed(text: &'static str) -> BTreeSet<&'static str> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next()).collect()
}

/// Is every operation of the spec in exactly one place: the table, not_implemented.txt, declined.txt?
#[test]
fn every_operation_is_served_or_listed_once() {
    let table = operations();
    let served: BTreeSet<&str> = table.rows().map(|row| row.spec.name).collect();
    let (waiting, declined) = (listed(NOT_IMPLEMENTED), listed(DECLINED));
    assert!(served.is_disjoint(&waiting) && served.is_disjoint(&declined) && waiting.is_disjoint(&declined));
    let all: BTreeSet<&str> = served.union(&waiting).chain(&declined).copied().collect();
    let spec: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    assert_eq!(all, spec);
}

/// Does every declined operation say which code it returns, and why?
#[test]
fn declined_operations_have_a_reason() {
    for line in DECLINED.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.splitn(3, ' ');
        let (name, code, reason) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        assert_eq!(code, "UnsupportedOperation", "{name}");
        assert!(reason.len() > 20, "{name}");
    }
}

/// Do grants agree with what the names promise, which the read-only preset relies on?
#[test]
fn names_tell_reading_from_writing() {
    for row in operations().rows() {
        let reads = ["Describe", "Get", "List", "Search"].iter().any(|word| row.spec.name.starts_with(word));
        assert_eq!(row.grant == Grant::Read, reads, "{}", row.spec.name);
    }
}

/// Parameters that satisfy the types of an operation and name the given product and project.
fn plausible(fields: &'static [FieldSpec], product: &str, project: &str) -> Value {
    let mut object = Map::new();
    for field in fields.iter().filter(|field| field.required || ["ProjectId", "Keywords"].contains(&field.name)) {
        object.insert(field.name.into(), value(field.name, &field.kind, product, project));
    }
    Value::Object(object)
}

fn value(name: &str, kind: &'static Kind, product: &str, project: &str) -> Value {
    match (name, kind) {
        ("ProductId" | "GatewayProductId", _) | ("ProductIdList", Kind::Text) => json!(product),
        ("ProjectId", _) => json!(project),
        ("DeviceName" | "GatewayDeviceName", _) => json!("lamp1"),
        ("Keywords", _) => json!(format!("productid:{product} devicename:lamp1")),
        ("Operation", _) => json!("DescribeDevice"),
        (_, Kind::Text) => json!("1"),
        (_, Kind::Integer | Kind::Unsigned | Kind::Number) => json!(1),
        (_, Kind::Boolean) => json!(true),
        (_, Kind::Object(structure)) => plausible(structure.fields, product, project),
        (name, Kind::List(element)) => json!([value(name, element, product, project)]),
    }
}

struct Scene {
    cloud: Cloud,
    product: String,
    project: String,
}

impl Scene {
    async fn new() -> Self {
        let cloud = Cloud::new().await;
        let product = cloud.lamp().await;
        let found = cloud.ok("DescribeStudioProduct", json!({"ProductId": product})).await;
        let project = found["Product"]["ProjectId"].as_str().unwrap().to_owned();
        Self { cloud, product, project }
    }

    fn plausible(&self, fields: &'static [FieldSpec]) -> Value {
        plausible(fields, &self.product, &self.project)
    }
}

/// Does any operation answer without a signature, or with an old one?
#[tokio::test]
async fn nothing_is_served_without_a_fresh_signature() {
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    for row in operations().rows() {
        let body = scene.plausible(row.spec.fields).to_string();
        let post = |body: &str| cloud.post(&cloud.owner, row.spec.name, body.to_owned());

        let mut unsigned = post(&body);
        unsigned.headers_mut().remove("authorization");
        assert_eq!(code(&cloud.send(unsigned).await.2), "MissingParameter", "{}", row.spec.name);

        let changed: Request = {
            let (head, _) = post(&body).into_parts();
            Request::from_parts(head, axum::body::Body::from(format!("{body} ")))
        };
        assert_eq!(code(&cloud.send(changed).await.2), "AuthFailure.SignatureFailure", "{}", row.spec.name);

        let old = post(&body);
        cloud.clock.set(UnixMillis(NOW.0 + 301_000));
        assert_eq!(code(&cloud.send(old).await.2), "AuthFailure.SignatureExpire", "{}", row.spec.name);
        cloud.clock.set(NOW);
    }
}

/// Does any operation answer a sub-account without policies?
#[tokio::test]
async fn nothing_is_allowed_without_a_policy() {
    let scene = Scene::new().await;
    let nobody = scene.cloud.sub_account("nobody", &[]).await;
    for row in operations().rows() {
        let response = scene.cloud.call(&nobody, row.spec.name, scene.plausible(row.spec.fields)).await;
        assert_eq!(code(&response), "UnauthorizedOperation", "{}", row.spec.name);
        let message = response["Error"]["Message"].as_str().unwrap();
        let action =
            format!("you are not authorized to perform operation ({}:{})", row.spec.service.name, row.spec.name);
        assert!(message.contains(&action), "{message}");
    }
}

/// Reading operations that no preset but the administrator's covers.
const FOR_ADMINISTRATORS: [&str; 10] = [
    "DescribeActivity",
    "DescribeConfiguration",
    "ListAccountLog",
    "ListAuditLog",
    "ListGroups",
    "ListMainAccounts",
    "ListPolicies",
    "ListRefusedStrangers",
    "ListSecretKeys",
    "ListSubAccounts",
];

/// Does the read-only preset allow what reads, but for accounts, keys, audit and configuration, and nothing else?
#[tokio::test]
async fn read_only_reads() {
    let scene = Scene::new().await;
    let reader = scene.cloud.sub_account("reader", &["IoTExplorerReadOnlyAccess"]).await;
    for row in operations().rows() {
        let response = scene.cloud.call(&reader, row.spec.name, scene.plausible(row.spec.fields)).await;
        let denied = response["Error"]["Code"] == "UnauthorizedOperation";
        let expected = row.grant == Grant::Write || FOR_ADMINISTRATORS.contains(&row.spec.name);
        assert_eq!(denied, expected, "{}: {response}", row.spec.name);
    }
}

/// Does full access allow all but accounts, keys, passwords, audit and configuration?
#[tokio::test]
async fn full_access_leaves_accounts_alone() {
    let scene = Scene::new().await;
    let user = scene.cloud.sub_account("user", &["IoTExplorerFullAccess"]).await;
    for row in operations().rows() {
        let response = scene.cloud.call(&user, row.spec.name, scene.plausible(row.spec.fields)).await;
        let denied = response["Error"]["Code"] == "UnauthorizedOperation";
        let administers =
            matches!(row.spec.group, "account" | "platform") && row.grant == Grant::Write && row.spec.name != "SetTags";
        let expected = administers || FOR_ADMINISTRATORS.contains(&row.spec.name);
        assert_eq!(denied, expected, "{}: {response}", row.spec.name);
    }
}

/// Does the preset for operation analytics allow counters, the list of projects and questions about oneself only?
#[tokio::test]
async fn operation_analytics_counts() {
    const ALLOWED: [&str; 4] = ["DescribeAccess", "DescribeCaller", "GetDeviceSumStatistics", "GetProjectList"];
    let scene = Scene::new().await;
    let analyst = scene.cloud.sub_account("analyst", &["IoTExplorerOperationAnalyticsAccess"]).await;
    for row in operations().rows() {
        let response = scene.cloud.call(&analyst, row.spec.name, scene.plausible(row.spec.fields)).await;
        let denied = response["Error"]["Code"] == "UnauthorizedOperation";
        let may_come = row.spec.name.contains("Activate") || row.spec.name.contains("Statis");
        assert_eq!(!denied, ALLOWED.contains(&row.spec.name) || may_come, "{}: {response}", row.spec.name);
    }
}

/// Is another account's object absent for every operation that names one?
#[tokio::test]
async fn foreign_objects_do_not_exist() {
    let scene = Scene::new().await;
    let before = scene.cloud.ok("DescribeStudioProduct", json!({"ProductId": scene.product})).await["Product"].clone();
    let mut named = 0;
    for row in operations().rows() {
        let parameters = scene.plausible(row.spec.fields);
        let names_one = |name: &str| parameters.to_string().contains(name);
        if !names_one(&scene.product) && !names_one(&scene.project) {
            continue;
        }
        named += 1;
        let response = scene.cloud.call(&scene.cloud.stranger, row.spec.name, parameters).await;
        match response["Error"]["Code"].as_str() {
            Some(
                "ResourceNotFound.StudioProductNotExist"
                | "ResourceNotFound.ProjectNotExist"
                | "ResourceNotFound.SpaceNotExist"
                | "ResourceNotFound.FenceNotExist",
            ) => {}
            // A search that names a foreign project finds nothing.
            None if response["Total"] == 0 => {}
            // Refused before the object is looked at.
            Some("InvalidParameterValue.ProductParmsError" | "InvalidParameterValue") => {
                assert_eq!(row.spec.name, "CreateStudioProduct", "{response}");
            }
            _ => panic!("{}: {response}", row.spec.name),
        }
    }
    assert!(named >= 20, "only {named} operations name an object");
    let after = scene.cloud.ok("DescribeStudioProduct", json!({"ProductId": scene.product})).await["Product"].clone();
    assert_eq!(before, after);
}

/// Are another account's people, keys, groups and policies absent for every operation that names one, and unharmed?
#[tokio::test]
async fn foreign_people_do_not_exist() {
    const PEOPLE: [&str; 5] = ["Uin", "Uins", "SecretId", "GroupName", "Policies"];
    let scene = Scene::new().await;
    let cloud = &scene.cloud;
    let everything = json!({"version": "2.0", "statement": [{"effect": "allow", "action": "*", "resource": "*"}]});
    cloud.policy("theirs", &everything).await;
    let victim = cloud.sub_account("victim", &["theirs"]).await;
    let uin = victim.uin.to_string();
    cloud.ok("CreateGroup", json!({"Name": "theirs", "Policies": ["theirs"]})).await;
    cloud.ok("AddGroupMembers", json!({"Name": "theirs", "Uins": [uin]})).await;
    let before = people(cloud, &uin).await;
    let mut named = 0;
    for row in operations().rows().filter(|row| row.spec.group == "account") {
        let fields = row.spec.fields;
        let is_by_name = matches!(row.spec.name, "DeleteGroup" | "DeletePolicy");
        if !is_by_name && !fields.iter().any(|field| PEOPLE.contains(&field.name)) {
            continue;
        }
        named += 1;
        let mut parameters = scene.plausible(fields);
        for field in fields {
            let theirs = match field.name {
                "Uin" => json!(uin),
                "Uins" => json!([uin]),
                "SecretId" => json!(victim.secret_id),
                "Name" | "GroupName" => json!("theirs"),
                "Policies" => json!(["theirs"]),
                "NewPassword" => json!("a password of some length"),
                "Operation" => json!("DescribeDevice"),
                // Without bounds that exclude everything.
                "MaxTime" => json!(NOW.0 + 1),
                _ => continue,
            };
            // Both at once are refused before either is looked for.
            if field.name != "GroupName" {
                parameters[field.name] = theirs;
            }
        }
        let response = cloud.call(&cloud.stranger, row.spec.name, parameters.clone()).await;
        match response["Error"]["Code"].as_str() {
            Some("ResourceNotFound") => {}
            None if row.spec.name == "ListAuditLog" => assert_eq!(response["Entries"], json!([]), "{response}"),
            _ => panic!("{} {parameters}: {response}", row.spec.name),
        }
    }
    assert!(named >= 12, "only {named} operations name somebody");
    assert_eq!(people(cloud, &uin).await, before);
}

/// Everything about the people of the main account that operations change.
async fn people(cloud: &Cloud, uin: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for (operation, parameters, list) in [
        ("ListSubAccounts", json!({}), "SubAccounts"),
        ("ListGroups", json!({}), "Groups"),
        ("ListPolicies", json!({}), "Policies"),
        ("ListSecretKeys", json!({"Uin": uin}), "SecretKeys"),
    ] {
        let rows = cloud.ok(operation, parameters).await[list].clone();
        assert!(rows.as_array().is_some_and(|rows| !rows.is_empty()), "{operation}");
        found.push(rows);
    }
    found
}
