//! The table of all served operations. Source: spec/cloud-api.md 2.
//!
//! Each function converts, calls a service, converts back. What is not here is in `not_implemented.txt` or
//! `declined.txt`; a test compares all three with the spec.
//!
//! To serve one more: take its line out of `not_implemented.txt`, run `cargo xtask generate`, add a row and a function
//! here, and its errors in `codes` if a service has new ones.

mod account;
mod account_log;
mod action_history;
mod activity;
mod audit;
mod broadcast;
mod certificate;
mod control;
mod credentials;
mod data;
mod device;
mod device_info;
mod device_list;
mod diagnosis;
mod fence;
mod file;
mod gateway;
pub mod limits;
mod log_level;
pub(crate) mod logs;
mod main_account;
mod model;
mod paging;
mod position;
mod product;
mod project;
mod publish;
mod registration;
mod remote_config;
mod replay;
mod rrpc;
mod script;
mod shadow;
mod simulation;
mod statistics;
mod storage;
mod stranger;
mod tag;
mod topic_policy;

use crate::generated::operations as op;
use crate::table::Grant::{Read, Write};
use crate::table::{DeviceName, Table, Target};

#[must_use]
pub fn operations() -> Table {
    let table = Table::default();
    let table = topics(scripts(remote_configs(storage(products(projects(table))))));
    let table = instance(fences(files(gateways(devices(certificates(models(table)))))));
    tags(platform(accounts(shadows(messages(logs(table))))))
}

fn projects(table: Table) -> Table {
    table
        .on(op::CreateProject, Write, |_| Target::Account, project::create)
        .on(op::ModifyProject, Write, |r| Target::Project(r.project_id.clone()), project::modify)
        .on(op::DeleteProject, Write, |r| Target::Project(r.project_id.clone()), project::delete)
        .on(op::DescribeProject, Read, |r| Target::Project(r.project_id.clone()), project::describe)
        .on(op::GetProjectList, Read, |_| Target::Rows { project: None }, project::list)
}

fn products(table: Table) -> Table {
    table
        .on(op::CreateStudioProduct, Write, |r| Target::Project(r.project_id.clone()), product::create)
        .on(op::ModifyStudioProduct, Write, |r| Target::Product(r.product_id.clone()), product::modify)
        .on(op::DeleteStudioProduct, Write, |r| Target::Product(r.product_id.clone()), product::delete)
        .on(op::DescribeStudioProduct, Read, |r| Target::Product(r.product_id.clone()), product::describe)
        .on(op::GetStudioProductList, Read, |r| Target::Rows { project: r.project_id.clone() }, product::list)
        .on(op::SearchStudioProduct, Read, |r| Target::Rows { project: r.project_id.clone() }, product::search)
        .on(op::ReleaseStudioProduct, Write, |r| Target::Product(r.product_id.clone()), product::release)
        .on(op::ModifyProductDynamicRegister, Write, |r| Target::Product(r.product_id.clone()), registration::modify)
        .on(op::DescribeProductDynamicRegister, Read, |r| Target::Product(r.product_id.clone()), registration::describe)
}

/// Retention and durability of a product. Source: spec/lianwu-api.json.
fn storage(table: Table) -> Table {
    table.on(op::DescribeProductStorage, Read, |r| Target::Product(r.product_id.clone()), storage::describe).on(
        op::SetProductStorage,
        Write,
        |r| Target::Product(r.product_id.clone()),
        storage::set,
    )
}

/// Scripts of products of a custom data protocol. Source: spec/lianwu-api.json.
fn scripts(table: Table) -> Table {
    table
        .on(op::SaveProductScript, Write, |r| Target::Product(r.product_id.clone()), script::save)
        .on(op::DescribeProductScript, Read, |r| Target::Product(r.product_id.clone()), script::describe)
        .on(op::DeleteProductScript, Write, |r| Target::Product(r.product_id.clone()), script::delete)
        .on(op::RunProductScript, Write, |r| Target::Product(r.product_id.clone()), script::run)
}

/// Remote configuration of a product. Source: spec/lianwu-api.json.
fn remote_configs(table: Table) -> Table {
    table
        .on(op::SetRemoteConfig, Write, |r| Target::Product(r.product_id.clone()), remote_config::set)
        .on(op::DescribeRemoteConfig, Read, |r| Target::Product(r.product_id.clone()), remote_config::describe)
        .on(op::ListRemoteConfigs, Read, |r| Target::Product(r.product_id.clone()), remote_config::list)
        .on(op::EnableRemoteConfig, Write, |r| Target::Product(r.product_id.clone()), remote_config::enable)
        .on(op::DisableRemoteConfig, Write, |r| Target::Product(r.product_id.clone()), remote_config::disable)
        .on(op::PushRemoteConfig, Write, remote_config::push_target, remote_config::push)
}

fn models(table: Table) -> Table {
    table
        .on(op::DescribeModelDefinition, Read, |r| Target::Product(r.product_id.clone()), model::describe)
        .on(op::ModifyModelDefinition, Write, |r| Target::Product(r.product_id.clone()), model::modify)
        // It shows what devices said.
        .on(op::DescribeModelConsequences, Read, |r| Target::DevicesOf(r.product_id.clone()), model::consequences)
        .on(op::DescribeMessageVerdict, Read, |r| Target::Product(r.product_id.clone()), model::message_verdict)
}

fn topics(table: Table) -> Table {
    table
        .on(op::CreateTopicPolicy, Write, |r| Target::Product(r.product_id.clone()), topic_policy::create)
        .on(op::ModifyTopicPolicy, Write, |r| Target::Product(r.product_id.clone()), topic_policy::modify)
        .on(op::DeleteTopicPolicy, Write, |r| Target::Product(r.product_id.clone()), topic_policy::delete)
        .on(op::DescribeTopicPolicy, Read, |r| Target::Product(r.product_id.clone()), topic_policy::describe)
        .on(op::ListTopicPolicy, Read, |r| Target::Product(r.product_id.clone()), topic_policy::list)
        .on(
            op::DescribeSubscribedTopicPolicy,
            Read,
            |r| named(&r.product_id, &r.device_name, None),
            topic_policy::subscribed,
        )
}

fn certificates(table: Table) -> Table {
    table
        .on(op::CreatePrivateCA, Write, |_| Target::Account, certificate::create)
        .on(op::UpdatePrivateCA, Write, |_| Target::Account, certificate::replace)
        .on(op::DeletePrivateCA, Write, |_| Target::Account, certificate::delete)
        .on(op::DescribePrivateCA, Read, |_| Target::Account, certificate::describe)
        .on(op::DescribePrivateCAs, Read, |_| Target::Account, certificate::list)
        .on(op::DescribePrivateCABindedProducts, Read, |_| Target::Account, certificate::bound_products)
        .on(op::UpdateProductPrivateCA, Write, |r| Target::Product(r.product_id.clone()), certificate::bind)
        .on(op::DeleteProductPrivateCA, Write, |r| Target::Product(r.product_id.clone()), certificate::unbind)
        .on(op::DescribeProductCA, Read, |r| Target::Product(r.product_id.clone()), certificate::of_product)
        .on(
            op::RenewDeviceCertificate,
            Write,
            |r| named(&r.product_id, &r.device_name, None),
            device::renew_certificate,
        )
}

fn devices(table: Table) -> Table {
    table
        .on(op::CreateDevice, Write, |r| named(&r.product_id, &r.device_name, None), device::create)
        .on(
            op::DescribeDevice,
            Read,
            |r| named(&r.product_id, &r.device_name, r.device_id.as_deref()),
            device::describe,
        )
        .on(op::GetDeviceList, Read, device::list_target, device::list)
        .on(op::DeleteDevice, Write, |r| named(&r.product_id, &r.device_name, None), device::delete)
        .on(op::DeleteDevices, Write, |r| device::batch_target(&r.devices_items), device::delete_all)
        .on(op::UpdateDevicesEnableState, Write, |r| device::batch_target(&r.devices_items), device::set_enabled)
        .on(
            op::DescribeDeviceData,
            Read,
            |r| named(&r.product_id, &r.device_name, r.device_id.as_deref()),
            data::latest,
        )
        .on(op::DescribeDeviceDataHistory, Read, |r| named(&r.product_id, &r.device_name, None), data::property_history)
        .on(op::DescribeDeviceDataSummary, Read, |r| named(&r.product_id, &r.device_name, None), data::property_summary)
        .on(op::ListEventHistory, Read, |r| named(&r.product_id, &r.device_name, None), data::event_history)
        .on(
            op::ControlDeviceData,
            Write,
            |r| named(&r.product_id, &r.device_name, r.device_id.as_deref()),
            control::control,
        )
        .on(op::CallDeviceActionSync, Write, |r| named(&r.product_id, &r.device_name, None), control::call_and_wait)
        .on(op::CallDeviceActionAsync, Write, |r| named(&r.product_id, &r.device_name, None), control::call)
        .on(op::ListActionHistory, Read, |r| named(&r.product_id, &r.device_name, None), action_history::list)
        .on(op::ListDevices, Read, device_list::target, device_list::list)
        .on(op::ListDeviceSecrets, Read, device_list::secrets_target, device_list::secrets)
        .on(op::DescribeReportedInfo, Read, |r| named(&r.product_id, &r.device_name, None), device_info::describe)
        .on(op::DescribeDeviceCredentials, Read, |r| named(&r.product_id, &r.device_name, None), credentials::describe)
        .on(op::NotifyDeviceBinding, Write, |r| named(&r.product_id, &r.device_name, None), device_info::notify_binding)
}

/// Spaces and fences belong to a project, positions to devices.
fn fences(table: Table) -> Table {
    table
        .on(op::CreatePositionSpace, Write, |r| Target::Project(r.project_id.clone()), fence::create_space)
        .on(op::ModifyPositionSpace, Write, |r| Target::Space(r.space_id.clone()), fence::modify_space)
        .on(op::ModifySpaceProperty, Write, |r| Target::Space(r.space_id.clone()), fence::show_properties)
        .on(op::DeletePositionSpace, Write, |r| Target::Space(r.space_id.clone()), fence::delete_space)
        .on(op::GetPositionSpaceList, Read, |r| Target::Project(r.project_id.clone()), fence::list_spaces)
        .on(op::SearchPositionSpace, Read, |r| Target::Project(r.project_id.clone()), fence::search_spaces)
        .on(op::CreatePositionFence, Write, |r| Target::Space(r.space_id.clone()), fence::create)
        .on(op::ModifyPositionFence, Write, fence::modify_target, fence::modify)
        .on(op::DeletePositionFence, Write, |r| Target::Space(r.space_id.clone()), fence::delete)
        .on(op::DescribePositionFenceList, Read, |r| Target::Space(r.space_id.clone()), fence::list)
        .on(op::CreateFenceBind, Write, |r| Target::Fence(r.fence_id), fence::bind)
        .on(op::ModifyFenceBind, Write, |r| Target::Fence(r.fence_id), fence::change_binds)
        .on(op::DeleteFenceBind, Write, |r| Target::Fence(r.fence_id), fence::unbind)
        .on(op::DescribeFenceBindList, Read, |r| Target::Fence(r.fence_id), fence::list_binds)
        .on(op::DescribeFenceEventList, Read, fence::events_target, fence::list_events)
        .on(op::DescribeSpaceFenceEventList, Read, |r| Target::Space(r.space_id.clone()), fence::list_space_events)
        .on(op::DescribeDevicePositionList, Read, |r| Target::Products(r.product_id_list.clone()), position::list)
        .on(op::GetDeviceLocationHistory, Read, |r| named(&r.product_id, &r.device_name, None), position::history)
}

/// Binding needs a right on all resources, as the vendor's. Source: spec/accounts.md 3.
fn gateways(table: Table) -> Table {
    table
        .on(op::BindProducts, Write, |_| Target::Account, gateway::bind_products)
        .on(op::UnbindProducts, Write, |_| Target::Account, gateway::unbind_products)
        .on(
            op::DescribeBindedProducts,
            Read,
            |r| Target::Product(r.gateway_product_id.clone()),
            gateway::bound_products,
        )
        .on(
            op::DescribeGatewaySubProducts,
            Read,
            |r| Target::Product(r.gateway_product_id.clone()),
            gateway::sub_products,
        )
        .on(op::BindDevices, Write, |_| Target::Account, gateway::bind)
        .on(op::UnbindDevices, Write, |_| Target::Account, gateway::unbind)
        .on(
            op::DescribeGatewayBindDevices,
            Read,
            |r| named(&r.gateway_product_id, &r.gateway_device_name, None),
            gateway::bound_devices,
        )
        .on(
            op::ListSubDevices,
            Read,
            |r| named(&r.gateway_product_id, &r.gateway_device_name, None),
            device_list::sub_devices,
        )
        .on(op::DescribeUnbindedDevices, Read, |r| Target::Product(r.product_id.clone()), gateway::unbound_devices)
        .on(op::DescribeDeviceBindGateway, Read, |r| named(&r.product_id, &r.device_name, None), gateway::gateway_of)
        .on(
            op::GetGatewaySubDeviceList,
            Read,
            |r| named(&r.gateway_product_id, &r.gateway_device_name, None),
            gateway::sub_devices,
        )
        .on(
            op::DescribeGatewaySubDeviceList,
            Read,
            |r| named(&r.gateway_product_id, &r.gateway_device_name, None),
            gateway::sub_device_list,
        )
}

/// Source: spec/lianwu-api.json.
fn files(table: Table) -> Table {
    table
        .on(op::CreateFile, Write, |r| Target::Product(r.product_id.clone()), file::create)
        .on(op::DescribeFile, Read, |r| Target::Product(r.product_id.clone()), file::describe)
        .on(op::ListFiles, Read, |r| Target::Product(r.product_id.clone()), file::list)
        .on(op::DeleteFile, Write, |r| Target::Product(r.product_id.clone()), file::delete)
        .on(op::PushFile, Write, |r| named(&r.product_id, &r.device_name, None), file::push)
        .on(op::DeleteDeviceFile, Write, |r| named(&r.product_id, &r.device_name, None), file::delete_on_device)
        .on(op::ListFileTasks, Read, |r| named(&r.product_id, &r.device_name, None), file::tasks)
        .on(op::CancelFileTask, Write, |r| named(&r.product_id, &r.device_name, None), file::cancel)
        .on(op::DescribeDeviceFiles, Read, |r| named(&r.product_id, &r.device_name, None), file::of_device)
}

/// Our own operations about the running instance. Source: spec/lianwu-api.json.
fn instance(table: Table) -> Table {
    table
        .on(op::ListMessages, Read, replay::target, replay::list)
        .on(op::StartSimulation, Write, |r| Target::DevicesOf(r.product_id.clone()), simulation::start)
        .on(op::StopSimulation, Write, |r| Target::DevicesOf(r.product_id.clone()), simulation::stop)
        .on(op::ListSimulations, Read, |_| Target::Rows { project: None }, simulation::list)
        .on(op::ListJudgedMessages, Read, replay::judged_target, replay::list_judged)
        .on(op::DescribeLimits, Read, |_| Target::Account, limits::describe)
        .on(op::DescribeAccessPoints, Read, |r| Target::Product(r.product_id.clone()), limits::access_points)
}

fn logs(table: Table) -> Table {
    table
        .on(op::ListLog, Read, |r| logs::keyword_target(r.keywords.as_deref().unwrap_or_default()), logs::list)
        .on(op::ListLogPayload, Read, |r| logs::keyword_target(&r.keywords), logs::list_payload)
        .on(op::ListSDKLog, Read, |r| logs::keyword_target(&r.keywords), logs::list_sdk)
        .on(op::SetLogLevel, Write, |r| log_level::target(&r.product_id, r.device_name.as_deref()), log_level::set)
        .on(
            op::DescribeLogLevel,
            Read,
            |r| log_level::target(&r.product_id, r.device_name.as_deref()),
            log_level::describe,
        )
        .on(op::ListDeviceLog, Read, logs::device_target, logs::list_device)
        .on(op::ListAccountLog, Read, |_| Target::Account, account_log::list)
        .on(op::DescribeBackendDiagnosis, Read, |_| Target::Account, diagnosis::describe_backend)
        .on(op::ListKnownProblems, Read, |_| Target::Account, diagnosis::list_known)
        .on(op::DescribeDeviceDiagnosis, Read, |r| named(&r.product_id, &r.device_name, None), diagnosis::describe)
}

fn messages(table: Table) -> Table {
    table
        .on(op::GetDeviceSumStatistics, Read, |r| Target::Project(r.project_id.clone()), statistics::devices)
        .on(op::PublishMessage, Write, |r| named(&r.product_id, &r.device_name, None), publish::one)
        .on(op::BatchPublishMessage, Write, publish::batch_target, publish::batch)
        .on(op::CallDeviceRRPCSync, Write, |r| named(&r.product_id, &r.device_name, None), rrpc::call)
        .on(op::PublishBroadcastMessage, Write, |r| Target::DevicesOf(r.product_id.clone()), broadcast::publish)
        .on(op::PublishRRPCMessage, Write, |r| named(&r.product_id, &r.device_name, None), rrpc::publish)
}

/// Operations of the vendor's hub. Source: spec/iotcloud-api.json.
fn shadows(table: Table) -> Table {
    table
        .on(op::DescribeDeviceShadow, Read, |r| named(&r.product_id, &r.device_name, None), shadow::describe)
        .on(op::UpdateDeviceShadow, Write, |r| named(&r.product_id, &r.device_name, None), shadow::update)
        .on(op::DeleteDeviceShadow, Write, |r| named(&r.product_id, &r.device_name, None), shadow::delete)
}

/// Accounts, keys, groups, policies and the audit log. Source: spec/lianwu-api.json.
fn accounts(table: Table) -> Table {
    table
        .on(op::DescribeCaller, Read, |_| Target::Account, account::describe_caller)
        .on(op::DescribeAccess, Read, |_| Target::Account, account::describe_access)
        .on(op::CreateSubAccount, Write, |_| Target::Account, account::create_sub_account)
        .on(op::UpdateSubAccount, Write, |_| Target::Account, account::update_sub_account)
        .on(op::DeleteSubAccount, Write, |_| Target::Account, account::delete_sub_account)
        .on(op::ListSubAccounts, Read, |_| Target::Account, account::list_sub_accounts)
        .on(op::CreateSecretKey, Write, |_| Target::Account, account::create_key)
        .on(op::ListSecretKeys, Read, |_| Target::Account, account::list_keys)
        .on(op::UpdateSecretKey, Write, |_| Target::Account, account::update_key)
        .on(op::DeleteSecretKey, Write, |_| Target::Account, account::delete_key)
        .on(op::CreateGroup, Write, |_| Target::Account, account::create_group)
        .on(op::DeleteGroup, Write, |_| Target::Account, account::delete_group)
        .on(op::ListGroups, Read, |_| Target::Account, account::list_groups)
        .on(op::AddGroupMembers, Write, |_| Target::Account, account::add_members)
        .on(op::RemoveGroupMembers, Write, |_| Target::Account, account::remove_members)
        .on(op::SavePolicy, Write, |_| Target::Account, account::save_policy)
        .on(op::DeletePolicy, Write, |_| Target::Account, account::delete_policy)
        .on(op::ListPolicies, Read, |_| Target::Account, account::list_policies)
        .on(op::AttachPolicies, Write, |_| Target::Account, account::attach)
        .on(op::DetachPolicies, Write, |_| Target::Account, account::detach)
        .on(op::SetPassword, Write, |_| Target::Account, account::set_password)
        .on(op::ListAuditLog, Read, |_| Target::Account, audit::list)
}

/// About the platform as a whole: for the account that administers it. Source: spec/lianwu-api.json.
fn platform(table: Table) -> Table {
    table
        .on(op::DescribeConfiguration, Read, |_| Target::Account, limits::configuration)
        .on(op::ListRefusedStrangers, Read, |_| Target::Account, stranger::list)
        .on(op::DescribeActivity, Read, |_| Target::Account, activity::describe)
        .on(op::CreateMainAccount, Write, |_| Target::Account, main_account::create)
        .on(op::ListMainAccounts, Read, |_| Target::Account, main_account::list)
}

fn tags(table: Table) -> Table {
    table.on(op::SetTags, Write, |r| tag::target(&r.product_id, r.device_name.as_deref()), tag::set).on(
        op::ListTags,
        Read,
        |r| tag::target(&r.product_id, r.device_name.as_deref()),
        tag::list,
    )
}

fn named(product: &str, name: &str, device_id: Option<&str>) -> Target {
    Target::Device(device_ref(product, name, device_id))
}

/// `DeviceId` (`ProductId/DeviceName`) replaces the pair when it is not empty. Source: spec/cloud-api.md 2.4.
fn device_ref(product: &str, name: &str, device_id: Option<&str>) -> DeviceName {
    let (product, name) = match device_id.filter(|id| !id.is_empty()) {
        Some(id) => id.split_once('/').unwrap_or((id, "")),
        None => (product, name),
    };
    DeviceName { product: product.to_owned(), name: name.to_owned() }
}
