//! Own policies, presets, and whom they are attached to.

use lianwu_model::Uin;
use lianwu_model::account::{Group, Principal, StoredPolicy};
use lianwu_model::policy::{Policy, Preset};

use super::{
    ATTACHED_MAX, AccountError, POLICIES_MAX, POLICY_NAME_CHARS_MAX, Quota, check_name, check_remark, group, load,
    main_account, sub_account, within,
};
use crate::Platform;
use crate::invalid::{Invalid, Rule};

/// Whom policies are attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    SubAccount(Uin),
    /// By name.
    Group(String),
}

/// A preset or own policy as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyView {
    pub name: String,
    pub document: String,
    pub remark: String,
    pub is_preset: bool,
    /// Sub-accounts and groups of the account that have it.
    pub attached: usize,
}

/// Saves a policy of a main account under its name; it is in force when this returns.
///
/// # Errors
/// [`AccountError::Policy`] with what is wrong and where; `NotFound`, `Invalid`, `PresetName`, `TooMany`.
pub async fn save_policy(platform: &Platform, policy: StoredPolicy) -> Result<(), AccountError> {
    Policy::parse(&policy.document)?;
    check_name("Name", &policy.name, POLICY_NAME_CHARS_MAX)?;
    check_remark(&policy.remark)?;
    if Preset::find(&policy.name).is_some() {
        return Err(AccountError::PresetName(policy.name));
    }
    let _turn = platform.turns.take().await;
    main_account(platform, policy.owner)?;
    let names: Vec<_> = own_names(platform, policy.owner);
    if !names.contains(&policy.name) {
        within(names.len(), POLICIES_MAX, Quota::Policies)?;
    }
    platform.stores.accounts.save_policy(policy).await?;
    load(platform).await?;
    Ok(())
}

/// Deletes an own policy; nobody has it any more when this returns.
///
/// # Errors
/// [`AccountError::PolicyNotFound`], `PresetName`.
pub async fn delete_policy(platform: &Platform, owner: Uin, name: &str) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    if !own_names(platform, owner).iter().any(|own| own == name) {
        let is_preset = Preset::find(name).is_some();
        let name = name.to_owned();
        return Err(if is_preset { AccountError::PresetName(name) } else { AccountError::PolicyNotFound(name) });
    }
    platform.stores.accounts.delete_policy(owner, name.to_owned()).await?;
    load(platform).await?;
    Ok(())
}

/// Attaches policies by name; those it has already stay where they are.
///
/// # Errors
/// [`AccountError::PolicyNotFound`], `NotFound`, `MainAccount`, `GroupNotFound`, `TooMany`: nothing is attached then.
pub async fn attach(platform: &Platform, owner: Uin, to: &Holder, names: &[String]) -> Result<(), AccountError> {
    change(platform, owner, to, |had| attachable(platform, owner, had, names)).await
}

/// Detaches policies by name; those it does not have are passed over.
///
/// # Errors
/// [`AccountError::NotFound`], `MainAccount`, `GroupNotFound`.
pub async fn detach(platform: &Platform, owner: Uin, from: &Holder, names: &[String]) -> Result<(), AccountError> {
    let gone: Vec<_> = names.iter().map(|name| canonical(name)).collect();
    let keep = |had: Vec<String>| had.into_iter().filter(|name| !gone.contains(&name.as_str())).collect();
    change(platform, owner, from, |had| Ok(keep(had))).await
}

async fn change(
    platform: &Platform,
    owner: Uin,
    holder: &Holder,
    edit: impl FnOnce(Vec<String>) -> Result<Vec<String>, AccountError>,
) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    match holder {
        Holder::SubAccount(uin) => {
            let mut principal = Principal::clone(&sub_account(platform, owner, *uin)?.principal);
            principal.policies = edit(principal.policies)?;
            platform.stores.accounts.update_principal(principal).await?;
        }
        Holder::Group(name) => {
            let mut group: Group = group::find(platform, owner, name)?;
            group.policies = edit(group.policies)?;
            platform.stores.accounts.save_group(group).await?;
        }
    }
    load(platform).await?;
    Ok(())
}

/// `had` and these, each once; presets under their full name.
pub(super) fn attachable(
    platform: &Platform,
    owner: Uin,
    mut had: Vec<String>,
    names: &[String],
) -> Result<Vec<String>, AccountError> {
    if names.len() > ATTACHED_MAX {
        return Err(Invalid::new("Policies", Rule::Count { min: 0, max: ATTACHED_MAX }).into());
    }
    let own = own_names(platform, owner);
    for name in names {
        let name = match Preset::find(name) {
            Some(preset) => preset.name(),
            None if own.contains(name) => name,
            None => return Err(AccountError::PolicyNotFound(name.clone())),
        };
        if !had.iter().any(|other| other == name) {
            within(had.len(), ATTACHED_MAX, Quota::AttachedPolicies)?;
            had.push(name.to_owned());
        }
    }
    Ok(had)
}

/// The name a policy is stored under.
fn canonical(name: &str) -> &str {
    Preset::find(name).map_or(name, |preset| preset.name())
}

fn own_names(platform: &Platform, owner: Uin) -> Vec<String> {
    let policies = platform.accounts.policies();
    policies.iter().filter(|policy| policy.owner == owner).map(|policy| policy.name.clone()).collect()
}

/// Presets and own policies of a main account, with how often each is attached.
#[must_use]
pub fn policies(platform: &Platform, owner: Uin) -> Vec<PolicyView> {
    let (members, groups) = (platform.accounts.members_of(owner), platform.accounts.groups());
    let of_members = members.iter().map(|member| &member.principal.policies);
    let of_groups = groups.iter().filter(|group| group.owner == owner).map(|group| &group.policies);
    let lists: Vec<_> = of_members.chain(of_groups).collect();
    let count =
        |name: &str| lists.iter().filter(|names| names.iter().any(|attached| canonical(attached) == name)).count();
    let presets = Preset::ALL.into_iter().map(|preset| PolicyView {
        name: preset.name().to_owned(),
        document: preset.document().to_owned(),
        remark: preset.remark().to_owned(),
        is_preset: true,
        attached: count(preset.name()),
    });
    let stored = platform.accounts.policies();
    let own = stored.iter().filter(|policy| policy.owner == owner).map(|policy| PolicyView {
        name: policy.name.clone(),
        document: policy.document.clone(),
        remark: policy.remark.clone(),
        is_preset: false,
        attached: count(&policy.name),
    });
    presets.chain(own).collect()
}
