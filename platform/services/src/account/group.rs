//! Groups: sub-accounts that share policies.

use lianwu_model::Uin;
use lianwu_model::account::Group;

use super::{
    AccountError, GROUPS_MAX, NAME_CHARS_MAX, Quota, check_name, check_remark, load, main_account, policy, sub_account,
    within,
};
use crate::Platform;
use crate::invalid::{Invalid, Rule};

/// Sub-accounts one call may name.
const BATCH_MAX: usize = 100;

/// Creates a group without members.
///
/// # Errors
/// [`AccountError::Invalid`], `NameTaken`, `PolicyNotFound`, `TooMany`.
pub async fn create_group(
    platform: &Platform,
    owner: Uin,
    name: &str,
    remark: &str,
    policies: &[String],
) -> Result<(), AccountError> {
    check_name("Name", name, NAME_CHARS_MAX)?;
    check_remark(remark)?;
    let _turn = platform.turns.take().await;
    main_account(platform, owner)?;
    let existing = groups(platform, owner);
    if existing.iter().any(|group| group.name == name) {
        return Err(AccountError::NameTaken("Name"));
    }
    within(existing.len(), GROUPS_MAX, Quota::Groups)?;
    let group = Group {
        owner,
        name: name.to_owned(),
        remark: remark.to_owned(),
        policies: policy::attachable(platform, owner, Vec::new(), policies)?,
        members: Vec::new(),
        created: platform.clock.now(),
    };
    save(platform, group).await
}

/// Deletes a group; its members stay, without what the group gave them.
///
/// # Errors
/// [`AccountError::GroupNotFound`].
pub async fn delete_group(platform: &Platform, owner: Uin, name: &str) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    find(platform, owner, name)?;
    platform.stores.accounts.delete_group(owner, name.to_owned()).await?;
    load(platform).await?;
    Ok(())
}

/// Groups of a main account, oldest first.
#[must_use]
pub fn groups(platform: &Platform, owner: Uin) -> Vec<Group> {
    platform.accounts.groups().iter().filter(|group| group.owner == owner).cloned().collect()
}

/// Puts sub-accounts into a group; those in it already stay.
///
/// # Errors
/// [`AccountError::GroupNotFound`], `NotFound`, `MainAccount`, `Invalid`: nobody is added then.
pub async fn add_members(platform: &Platform, owner: Uin, name: &str, uins: &[Uin]) -> Result<(), AccountError> {
    check_batch(uins)?;
    let _turn = platform.turns.take().await;
    let mut group = find(platform, owner, name)?;
    for uin in uins {
        sub_account(platform, owner, *uin)?;
        if !group.members.contains(uin) {
            group.members.push(*uin);
        }
    }
    save(platform, group).await
}

/// Takes sub-accounts out of a group; those not in it are passed over.
///
/// # Errors
/// [`AccountError::GroupNotFound`], `Invalid`.
pub async fn remove_members(platform: &Platform, owner: Uin, name: &str, uins: &[Uin]) -> Result<(), AccountError> {
    check_batch(uins)?;
    let _turn = platform.turns.take().await;
    let mut group = find(platform, owner, name)?;
    group.members.retain(|member| !uins.contains(member));
    save(platform, group).await
}

fn check_batch(uins: &[Uin]) -> Result<(), Invalid> {
    let rule = Rule::Count { min: 1, max: BATCH_MAX };
    if (1..=BATCH_MAX).contains(&uins.len()) { Ok(()) } else { Err(Invalid::new("Uins", rule)) }
}

pub(super) fn find(platform: &Platform, owner: Uin, name: &str) -> Result<Group, AccountError> {
    let found = groups(platform, owner).into_iter().find(|group| group.name == name);
    found.ok_or_else(|| AccountError::GroupNotFound(name.to_owned()))
}

async fn save(platform: &Platform, group: Group) -> Result<(), AccountError> {
    platform.stores.accounts.save_group(group).await?;
    load(platform).await?;
    Ok(())
}
