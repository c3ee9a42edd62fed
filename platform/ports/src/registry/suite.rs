//! What every engine behind the registry ports must do; one function is one question.
//!
//! Each case gets an empty store of its own. [`registry_suite!`](crate::registry_suite) turns the list into tests.

pub mod accounts;
pub mod certificates;
pub mod devices;
pub mod fences;
pub mod files;
pub mod log_levels;
pub mod logins;
pub mod products;
pub mod remote_configs;
pub mod topology;

use lianwu_model::account::{AccessKey, Principal, SecretKeyText};
use lianwu_model::certificate::{Certificate, Fingerprint};
use lianwu_model::device::{Device, DeviceSecretText};
use lianwu_model::product::{
    Authentication, DataProtocol, DevelopmentStatus, Durability, Product, ProductKind, ProductSecretText, Project,
    Registration, RegistrationMode, Tag,
};
use lianwu_model::topic_policy::{TopicPermission, TopicTable};
use lianwu_model::{DeviceKey, DeviceNumber, ProductId, Uin, UnixMillis};

use super::{Products, Projects, Slice};

/// Makes one test of each case. `$run` is a function beside the call that takes an async closure over `Arc<impl all stores>`,
/// gives it an empty store, and waits for its end.
#[macro_export]
macro_rules! registry_suite {
    ($run:ident) => {
        $crate::registry_suite!($run, accounts: [
            what_was_saved_is_listed_in_order, a_uin_is_taken_once, a_secret_id_is_taken_once,
            a_key_needs_its_principal, a_policy_is_replaced_under_its_name, an_instance_id_is_taken_once,
            a_principal_leaves_nothing_behind, names_and_policies_of_a_principal_change, a_password_is_replaced,
            a_key_is_switched_used_and_deleted, a_policy_leaves_no_name_behind, a_group_is_replaced_under_its_name,
        ]);
        $crate::registry_suite!($run, logins: [
            logins_are_listed_in_order, a_login_needs_its_principal_and_is_opened_once, a_login_makes_room_for_another,
            the_use_of_a_login_is_written_down, a_new_password_ends_the_logins_of_its_principal,
            logins_go_with_their_principal, logins_end_with_a_principal_that_is_switched_off,
        ]);
        $crate::registry_suite!($run, products: [
            a_project_is_read_back_whole, project_names_are_unique_within_an_owner,
            updating_a_project_changes_name_description_and_time, projects_are_filtered_and_paged_newest_first,
            a_project_with_products_cannot_be_deleted, a_product_is_read_back_whole,
            product_names_are_unique_within_an_owner, a_product_needs_its_project,
            updating_a_product_keeps_its_origin, a_product_with_devices_cannot_be_deleted,
            a_model_keeps_its_exact_text_and_goes_with_its_product, scripts_are_kept_by_version,
        ]);
        $crate::registry_suite!($run, devices: [
            a_device_is_read_back_whole, numbers_ascend_and_are_never_used_again,
            a_batch_is_created_whole_or_not_at_all, a_batch_is_deleted_whole_or_not_at_all,
            a_failed_batch_uses_no_number, a_device_needs_its_product, updating_a_device_changes_switch_and_tags,
            pages_are_newest_first, pages_cross_many_numbers, a_filter_without_products_finds_nothing,
            a_name_is_found_by_any_part, search_characters_are_literal, tags_must_all_fit, filters_combine,
            sign_in_sees_every_device, sets_of_tags_are_told_once, hidden_sets_of_tags_are_left_out,
            numbers_choose_and_leave_out,
        ]);
        $crate::registry_suite!($run, certificates: [
            the_platforms_authority_is_made_once, an_authority_is_read_back_whole,
            names_and_certificates_are_unique_within_an_owner, an_authority_is_replaced_under_its_name,
            an_authority_with_products_cannot_be_deleted, a_product_is_bound_to_one_authority_of_its_owner,
            a_binding_goes_with_its_product, a_devices_certificate_stays_as_it_was,
        ]);
        $crate::registry_suite!($run, topology: [
            allowed_products_are_listed_in_order, a_product_that_is_allowed_cannot_be_deleted,
            bindings_are_made_whole_or_not_at_all, a_device_that_is_bound_cannot_be_deleted,
        ]);
        $crate::registry_suite!($run, files: [
            a_file_is_read_back_whole, files_are_counted, contents_know_their_files, a_file_in_use_stays,
            a_device_keeps_its_newest_tasks, announced_files_expire, what_belongs_to_somebody_goes_along,
        ]);
        $crate::registry_suite!($run, fences: [
            what_was_set_up_is_read_back_whole, spaces_are_replaced_and_deleted, fences_are_replaced_and_deleted,
            bindings_are_replaced, alerts_are_found, old_alerts_make_room, fences_go_with_their_owners,
        ]);
        $crate::registry_suite!($run, remote_configs: [the_newest_versions_are_kept, configurations_are_switched]);
        $crate::registry_suite!($run, log_levels: [a_log_level_is_replaced_and_taken_away, log_levels_go_with_their_owners]);
    };
    ($run:ident, $part:ident: [$($case:ident),* $(,)?]) => {
        mod $part {
            $(
                #[test]
                fn $case() {
                    super::$run($crate::registry::suite::$part::$case);
                }
            )*
        }
    };
}

/// A product that exists in every store [`with_products`] has filled.
pub const LAMP: &str = "LAMP000001";
pub const METER: &str = "METER00001";
const OWNER: Uin = Uin(100_000_001);

pub(crate) fn product_id(text: &str) -> ProductId {
    text.parse().expect("product id of a test")
}

/// A main account.
#[must_use]
pub fn principal(uin: u64) -> Principal {
    Principal {
        uin: Uin(uin),
        owner: Uin(uin),
        name: "main".to_owned(),
        policies: vec!["QcloudIotExplorerFullAccess".to_owned(), "own".to_owned()],
        active: true,
        created: UnixMillis(1_790_000_000_000),
    }
}

/// A key of [`principal`]; its clear text is `secret`.
#[must_use]
pub fn access_key(secret_id: &str, uin: u64, secret: &str) -> AccessKey {
    AccessKey {
        secret_id: secret_id.to_owned(),
        secret_key: SecretKeyText(secret.to_owned()),
        principal: Uin(uin),
        active: true,
        created: UnixMillis(1_790_000_000_001),
        last_used: None,
    }
}

/// `prj-0000000N` with this name.
#[must_use]
pub fn project(number: u8, name: &str) -> Project {
    Project {
        id: format!("prj-{number:08}").parse().expect("project id of a test"),
        owner: OWNER,
        instance: "ins-12345678".parse().expect("instance id of a test"),
        name: name.to_owned(),
        description: "描述 description".to_owned(),
        created: UnixMillis(1_790_000_000_002),
        updated: UnixMillis(1_790_000_000_003),
    }
}

/// One topic of each permission, for all devices and for one.
fn topics(id: &str) -> TopicTable {
    let topics = [
        ("${ProductId}/${DeviceName}/up", TopicPermission::Publish),
        ("{productid}/{devicename}/+/down", TopicPermission::Subscribe),
        ("${ProductId}/kitchen/both", TopicPermission::Both),
    ];
    let add = |table: TopicTable, (name, permission)| table.with(product_id(id), name, permission);
    topics.into_iter().try_fold(TopicTable::empty(), add).expect("topics of a test")
}

/// A product of [`project`] 1, with no field at its default.
#[must_use]
pub fn product(id: &str, name: &str) -> Product {
    Product {
        id: product_id(id),
        project: project(1, "").id,
        owner: OWNER,
        name: name.to_owned(),
        description: "灯".to_owned(),
        category: u64::MAX,
        kind: ProductKind::Gateway,
        authentication: Authentication::Certificate,
        net_type: "wifi-ble".to_owned(),
        data_protocol: DataProtocol::Custom,
        status: DevelopmentStatus::Audit,
        script_enabled: true,
        bind_strategy: 2,
        module: -7,
        durability: Durability::Memory,
        retention_days: Some(7),
        registration: Registration { mode: RegistrationMode::AutoCreate, limit: u64::MAX },
        secret: Some(ProductSecretText("secret of the product".to_owned())),
        topics: topics(id),
        creator: Uin(100_000_009),
        creator_name: "li".to_owned(),
        tags: vec![Tag { key: "线".to_owned(), value: "A\"b".to_owned() }],
        created: UnixMillis(1_790_000_000_004),
        updated: UnixMillis(1_790_000_000_005),
    }
}

/// A device that is not stored yet; tags as `key=value`.
#[must_use]
pub fn device(product: &str, name: &str, tags: &[&str]) -> Device {
    let tag = |text: &&str| {
        let (key, value) = text.split_once('=').expect("key=value");
        Tag { key: key.to_owned(), value: value.to_owned() }
    };
    Device {
        number: DeviceNumber::NONE,
        product: product_id(product),
        name: name.parse().expect("device name of a test"),
        secret: DeviceSecretText(format!("secret of {name}")),
        certificate: None,
        enabled: true,
        creator: Uin(100_000_009),
        creator_name: "li".to_owned(),
        tags: tags.iter().map(tag).collect(),
        created: UnixMillis(1_790_000_000_006),
    }
}

/// A certificate that only a store would take for one.
#[must_use]
pub fn certificate(name: &str) -> Certificate {
    let mut fingerprint = [0; 32];
    for (byte, letter) in fingerprint.iter_mut().zip(name.bytes()) {
        *byte = letter;
    }
    Certificate { pem: format!("PEM of {name}\n"), fingerprint: Fingerprint(fingerprint) }
}

#[must_use]
pub fn device_key(product: &str, name: &str) -> DeviceKey {
    DeviceKey { product: product_id(product), device: name.parse().expect("device name of a test") }
}

/// Creates [`project`] 1 with the products [`LAMP`] and [`METER`].
pub async fn with_products(store: &(impl Projects + Products)) {
    store.create_project(project(1, "home")).await.expect("create project");
    store.create_product(product(LAMP, "lamp")).await.expect("create product");
    store.create_product(product(METER, "meter")).await.expect("create product");
}

/// The slice most cases ask for: everything they made.
pub const FIRST_PAGE: Slice = Slice { offset: 0, limit: 100 };
