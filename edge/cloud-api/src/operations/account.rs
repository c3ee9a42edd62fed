//! Accounts: sub-accounts, keys, groups, policies, passwords. Source: spec/lianwu-api.json, group `account`.
//!
//! All times are UNIX milliseconds.

use lianwu_model::Uin;
use lianwu_model::account::StoredPolicy;
use lianwu_services::account::{self, AccountError, Holder, KeyView, Member};
use lianwu_services::project;

use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::metadata::OPERATIONS;
use crate::generated::operations as op;
use crate::generated::structures::{Group, PolicyItem, SecretKeyItem, SubAccount};
use crate::metadata;
use crate::table::{DeviceName, Target};

/// An account number; `None` when it is absent or empty.
///
/// # Errors
/// `InvalidParameterValue` when it is not a number.
pub fn optional_uin(field: &str, text: Option<&str>) -> Result<Option<Uin>, ApiError> {
    text.filter(|text| !text.is_empty()).map(|text| uin(field, text)).transpose()
}

fn uin(field: &str, text: &str) -> Result<Uin, ApiError> {
    text.parse().map(Uin).map_err(|_| ApiError::value(field, "应为账号 Uin（数字）", "it must be a Uin: digits only"))
}

fn uins(texts: &[String]) -> Result<Vec<Uin>, ApiError> {
    texts.iter().map(|text| uin("Uins", text)).collect()
}

pub async fn describe_caller(call: Call, _: op::DescribeCallerRequest) -> Result<op::DescribeCallerResponse, ApiError> {
    let principal = &call.caller.principal;
    let instances = call.platform.stores.accounts.instances().await.map_err(AccountError::from)?;
    let instance = instances.into_iter().find(|instance| instance.owner == principal.owner);
    let groups = call.platform.accounts.member(principal.uin).map(|member| member.groups.clone());
    Ok(op::DescribeCallerResponse {
        uin: principal.uin.to_string(),
        owner_uin: principal.owner.to_string(),
        name: principal.name.clone(),
        main_account: principal.is_main_account(),
        platform_administrator: access::is_of_administrator(&call),
        policies: principal.policies.clone(),
        groups: groups.unwrap_or_default(),
        instance_id: instance.map(|instance| instance.id.to_string()).unwrap_or_default(),
    })
}

/// A sub-account asks about itself; the main account about any of its own.
pub async fn describe_access(call: Call, r: op::DescribeAccessRequest) -> Result<op::DescribeAccessResponse, ApiError> {
    let asked = account::managed(&call.platform, &call.caller.principal, optional_uin("Uin", r.uin.as_deref())?)?;
    let member = account::member(&call.platform, call.owner(), asked)?;
    let name = r.operation.rsplit(':').next().unwrap_or_default();
    let spec = metadata::find(OPERATIONS, name).ok_or_else(|| {
        let zh = "没有这个接口，请填写接口名，例如 DescribeDevice 或 iotexplorer:DescribeDevice";
        ApiError::value(
            "Operation",
            zh,
            "there is no such operation; write DescribeDevice or iotexplorer:DescribeDevice",
        )
    })?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let target = match (given(r.product_id), given(r.device_name), given(r.project_id)) {
        (Some(product), Some(name), _) => Target::Device(DeviceName { product, name }),
        (Some(product), None, _) => Target::Product(product),
        (None, Some(_), _) => return Err(ApiError::missing("ProductId")),
        (None, None, Some(id)) => {
            Target::Project(project::find(&call.platform, call.owner(), &id).await?.id.to_string())
        }
        (None, None, None) => Target::Account,
    };
    let found = access::explain(&call, &member, spec, &target).await?;
    Ok(op::DescribeAccessResponse {
        allowed: found.allowed,
        action: found.action,
        resource: found.resource,
        reason: found.reason,
        needed_document: found.needed_document,
        needed_presets: found.needed_presets,
    })
}

pub async fn create_sub_account(
    call: Call,
    r: op::CreateSubAccountRequest,
) -> Result<op::CreateSubAccountResponse, ApiError> {
    let made = account::create_sub_account(&call.platform, call.owner(), &r.name, r.policies).await?;
    let member = account::member(&call.platform, call.owner(), made.uin)?;
    Ok(op::CreateSubAccountResponse { sub_account: Some(sub_account(&member)) })
}

pub async fn update_sub_account(
    call: Call,
    r: op::UpdateSubAccountRequest,
) -> Result<op::UpdateSubAccountResponse, ApiError> {
    account::set_sub_account_active(&call.platform, call.owner(), uin("Uin", &r.uin)?, r.enabled).await?;
    Ok(op::UpdateSubAccountResponse {})
}

pub async fn delete_sub_account(
    call: Call,
    r: op::DeleteSubAccountRequest,
) -> Result<op::DeleteSubAccountResponse, ApiError> {
    account::delete_sub_account(&call.platform, call.owner(), uin("Uin", &r.uin)?).await?;
    Ok(op::DeleteSubAccountResponse {})
}

pub async fn list_sub_accounts(
    call: Call,
    r: op::ListSubAccountsRequest,
) -> Result<op::ListSubAccountsResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let members = account::sub_accounts(&call.platform, call.owner());
    let total = members.len() as u64;
    let sub_accounts = paging::cut(members, slice).iter().map(|member| sub_account(member)).collect();
    Ok(op::ListSubAccountsResponse { total, sub_accounts })
}

fn sub_account(member: &Member) -> SubAccount {
    let principal = &member.principal;
    SubAccount {
        uin: principal.uin.to_string(),
        name: principal.name.clone(),
        policies: principal.policies.clone(),
        groups: member.groups.clone(),
        enabled: principal.active,
        create_time: principal.created.0,
    }
}

pub async fn create_key(call: Call, r: op::CreateSecretKeyRequest) -> Result<op::CreateSecretKeyResponse, ApiError> {
    let whose = account::managed(&call.platform, &call.caller.principal, optional_uin("Uin", r.uin.as_deref())?)?;
    let key = account::create_key(&call.platform, whose).await?;
    Ok(op::CreateSecretKeyResponse { secret_id: key.secret_id, secret_key: key.secret_key.0 })
}

pub async fn list_keys(call: Call, r: op::ListSecretKeysRequest) -> Result<op::ListSecretKeysResponse, ApiError> {
    let whose = account::managed(&call.platform, &call.caller.principal, optional_uin("Uin", r.uin.as_deref())?)?;
    let item = |key: &KeyView| SecretKeyItem {
        secret_id: key.secret_id.clone(),
        uin: key.principal.to_string(),
        active: key.active,
        create_time: key.created.0,
        last_used_time: key.last_used().unwrap_or_default().0,
    };
    let secret_keys = account::keys(&call.platform, whose).iter().map(item).collect();
    Ok(op::ListSecretKeysResponse { secret_keys })
}

pub async fn update_key(call: Call, r: op::UpdateSecretKeyRequest) -> Result<op::UpdateSecretKeyResponse, ApiError> {
    account::set_key_active(&call.platform, &call.caller.principal, &r.secret_id, r.active).await?;
    Ok(op::UpdateSecretKeyResponse {})
}

pub async fn delete_key(call: Call, r: op::DeleteSecretKeyRequest) -> Result<op::DeleteSecretKeyResponse, ApiError> {
    account::delete_key(&call.platform, &call.caller.principal, &r.secret_id).await?;
    Ok(op::DeleteSecretKeyResponse {})
}

pub async fn create_group(call: Call, r: op::CreateGroupRequest) -> Result<op::CreateGroupResponse, ApiError> {
    let remark = r.remark.unwrap_or_default();
    account::create_group(&call.platform, call.owner(), &r.name, &remark, &r.policies).await?;
    Ok(op::CreateGroupResponse {})
}

pub async fn delete_group(call: Call, r: op::DeleteGroupRequest) -> Result<op::DeleteGroupResponse, ApiError> {
    account::delete_group(&call.platform, call.owner(), &r.name).await?;
    Ok(op::DeleteGroupResponse {})
}

pub async fn list_groups(call: Call, _: op::ListGroupsRequest) -> Result<op::ListGroupsResponse, ApiError> {
    let groups = account::groups(&call.platform, call.owner()).into_iter().map(|group| Group {
        name: group.name,
        remark: group.remark,
        policies: group.policies,
        uins: group.members.iter().map(ToString::to_string).collect(),
        create_time: group.created.0,
    });
    Ok(op::ListGroupsResponse { groups: groups.collect() })
}

pub async fn add_members(call: Call, r: op::AddGroupMembersRequest) -> Result<op::AddGroupMembersResponse, ApiError> {
    account::add_members(&call.platform, call.owner(), &r.name, &uins(&r.uins)?).await?;
    Ok(op::AddGroupMembersResponse {})
}

pub async fn remove_members(
    call: Call,
    r: op::RemoveGroupMembersRequest,
) -> Result<op::RemoveGroupMembersResponse, ApiError> {
    account::remove_members(&call.platform, call.owner(), &r.name, &uins(&r.uins)?).await?;
    Ok(op::RemoveGroupMembersResponse {})
}

pub async fn save_policy(call: Call, r: op::SavePolicyRequest) -> Result<op::SavePolicyResponse, ApiError> {
    let remark = r.remark.unwrap_or_default();
    let policy = StoredPolicy { owner: call.owner(), name: r.name, document: r.document, remark };
    account::save_policy(&call.platform, policy).await?;
    Ok(op::SavePolicyResponse {})
}

pub async fn delete_policy(call: Call, r: op::DeletePolicyRequest) -> Result<op::DeletePolicyResponse, ApiError> {
    account::delete_policy(&call.platform, call.owner(), &r.name).await?;
    Ok(op::DeletePolicyResponse {})
}

pub async fn list_policies(call: Call, _: op::ListPoliciesRequest) -> Result<op::ListPoliciesResponse, ApiError> {
    let policies = account::policies(&call.platform, call.owner()).into_iter().map(|policy| PolicyItem {
        name: policy.name,
        document: policy.document,
        remark: policy.remark,
        preset: policy.is_preset,
        attached_count: policy.attached as u64,
    });
    Ok(op::ListPoliciesResponse { policies: policies.collect() })
}

fn holder(uin_text: Option<&str>, group: Option<String>) -> Result<Holder, ApiError> {
    match (optional_uin("Uin", uin_text)?, group.filter(|name| !name.is_empty())) {
        (Some(uin), None) => Ok(Holder::SubAccount(uin)),
        (None, Some(name)) => Ok(Holder::Group(name)),
        _ => Err(AccountError::OneHolder.into()),
    }
}

pub async fn attach(call: Call, r: op::AttachPoliciesRequest) -> Result<op::AttachPoliciesResponse, ApiError> {
    let to = holder(r.uin.as_deref(), r.group_name)?;
    account::attach(&call.platform, call.owner(), &to, &r.policies).await?;
    Ok(op::AttachPoliciesResponse {})
}

pub async fn detach(call: Call, r: op::DetachPoliciesRequest) -> Result<op::DetachPoliciesResponse, ApiError> {
    let from = holder(r.uin.as_deref(), r.group_name)?;
    account::detach(&call.platform, call.owner(), &from, &r.policies).await?;
    Ok(op::DetachPoliciesResponse {})
}

pub async fn set_password(call: Call, r: op::SetPasswordRequest) -> Result<op::SetPasswordResponse, ApiError> {
    let whose = optional_uin("Uin", r.uin.as_deref())?;
    let old = r.old_password.unwrap_or_default();
    account::set_password(&call.platform, &call.caller.principal, whose, &old, &r.new_password).await?;
    Ok(op::SetPasswordResponse {})
}
