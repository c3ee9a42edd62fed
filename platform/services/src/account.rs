//! Accounts: who may call, with which keys, policies and groups. Everything a call needs is in memory.
//!
//! Every change is stored, then the whole snapshot in memory is replaced: it is in force when the call returns.
//! Source: spec/accounts.md 1-3 and 8.

mod cache;
mod found;
mod group;
mod key;
mod key_use;
mod login;
mod main_account;
mod password;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::Uin;
use lianwu_model::account::Principal;
use lianwu_model::policy::PolicyError;
use lianwu_ports::registry::StoreError;

use crate::Platform;
use crate::invalid::{Invalid, Rule, characters, form};
use crate::randomness::{DIGITS, Randomness, text};

pub use cache::{AccountCache, ClaimedKey, KeyView, Member, Signer};
pub use found::{FirstAccount, bootstrap, bootstrap_written};
pub use group::{add_members, create_group, delete_group, groups, remove_members};
pub use key::{KEYS_MAX, create_key, delete_key, keys, managed, set_key_active};
pub use key_use::{KeyUseWriter, write_key_uses};
pub use login::{
    LOGINS_MAX, LOGINS_PER_PRINCIPAL_MAX, LoginToken, Logins, OpenedLogin, SignedIn, expire_logins, load_logins,
    sign_in, sign_out, sign_out_everywhere, signed_in, still_signed_in,
};
pub use main_account::{MAIN_ACCOUNTS_MAX, MainAccount, create_main_account, main_accounts};
pub use password::{
    FirstPassword, FirstRunNote, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, SignIn, SignInError, check_password,
    ensure_password, set_password,
};
pub use policy::{Holder, PolicyView, attach, delete_policy, detach, policies, save_policy};

/// Sub-accounts of one main account.
pub const SUB_ACCOUNTS_MAX: usize = 1_000;
/// Groups of one main account.
pub const GROUPS_MAX: usize = 100;
/// Own policies of one main account.
pub const POLICIES_MAX: usize = 500;
/// Policies attached to one sub-account or group.
pub const ATTACHED_MAX: usize = 20;

const NAME_CHARS_MAX: usize = 64;
const POLICY_NAME_CHARS_MAX: usize = 128;
const REMARK_CHARS_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("account {0} does not exist")]
    NotFound(Uin),
    #[error("group {0} does not exist")]
    GroupNotFound(String),
    #[error("policy {0} does not exist")]
    PolicyNotFound(String),
    #[error("key {0} does not exist")]
    KeyNotFound(String),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the {0} is taken")]
    NameTaken(&'static str),
    #[error("a preset policy has the name {0}")]
    PresetName(String),
    #[error("there are {max} {what}, as many as allowed")]
    TooMany { what: Quota, max: usize },
    #[error("the account has {KEYS_MAX} keys, as many as allowed")]
    TooManyKeys,
    #[error("it is the last active key of the main account")]
    LastKey,
    #[error("a sub-account manages only its own keys and password")]
    NotYourOwn,
    #[error("a main account cannot be restricted, put into a group or deleted")]
    MainAccount(Uin),
    #[error("exactly one of sub-account and group must be named")]
    OneHolder,
    #[error("the old password is wrong")]
    WrongPassword,
    #[error("the new password is the old one")]
    SamePassword,
    #[error("too many wrong passwords, try again in {0:?}")]
    WaitForPassword(Duration),
    #[error("the password is changed, but the first-run file still holds the first secrets: {0}")]
    NoteStays(String),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What there are too many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    MainAccounts,
    SubAccounts,
    Groups,
    Policies,
    AttachedPolicies,
}

impl std::fmt::Display for Quota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MainAccounts => "main accounts",
            Self::SubAccounts => "sub-accounts",
            Self::Groups => "groups",
            Self::Policies => "policies",
            Self::AttachedPolicies => "attached policies",
        })
    }
}

/// Reads all accounts into memory.
///
/// # Errors
/// When the registry fails.
pub async fn load(platform: &Platform) -> Result<(), StoreError> {
    let accounts = &platform.stores.accounts;
    platform.accounts.fill(cache::Rows {
        principals: accounts.principals().await?,
        keys: accounts.keys().await?,
        policies: accounts.policies().await?,
        groups: accounts.groups().await?,
    });
    Ok(())
}

/// Creates a sub-account without keys. `policies` name presets or policies of the main account.
///
/// # Errors
/// [`AccountError::NotFound`] when `owner` is no main account; `Invalid`, `NameTaken`, `PolicyNotFound`, `TooMany`.
pub async fn create_sub_account(
    platform: &Platform,
    owner: Uin,
    name: &str,
    policies: Vec<String>,
) -> Result<Principal, AccountError> {
    check_name("Name", name, NAME_CHARS_MAX)?;
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Invalid::new("Name", not_a_uin()).into());
    }
    let _turn = platform.turns.take().await;
    main_account(platform, owner)?;
    let policies = policy::attachable(platform, owner, Vec::new(), &policies)?;
    let members = platform.accounts.members_of(owner);
    if members.iter().any(|member| member.principal.name == name) {
        return Err(AccountError::NameTaken("Name"));
    }
    within(members.len().saturating_sub(1), SUB_ACCOUNTS_MAX, Quota::SubAccounts)?;
    let uin = random_uin(platform.randomness.as_ref());
    let created = platform.clock.now();
    let principal = Principal { uin, owner, name: name.to_owned(), policies, active: true, created };
    platform.stores.accounts.create_principal(principal.clone()).await?;
    load(platform).await?;
    Ok(principal)
}

/// Deletes a sub-account with its keys, password and logins; what it created stays.
///
/// # Errors
/// [`AccountError::NotFound`], `MainAccount`.
pub async fn delete_sub_account(platform: &Platform, owner: Uin, uin: Uin) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    sub_account(platform, owner, uin)?;
    platform.stores.accounts.delete_principal(uin).await?;
    platform.accounts.logins.end_all(uin);
    load(platform).await?;
    Ok(())
}

/// Switches a sub-account off or on. Off, its keys are refused as keys that are off, its password as one that is off, and its logins have ended;
/// what it created stays, and everything counts again once it is on.
///
/// # Errors
/// [`AccountError::NotFound`], `MainAccount`.
pub async fn set_sub_account_active(
    platform: &Platform,
    owner: Uin,
    uin: Uin,
    active: bool,
) -> Result<(), AccountError> {
    let _turn = platform.turns.take().await;
    let member = sub_account(platform, owner, uin)?;
    let changed = Principal { active, ..Principal::clone(&member.principal) };
    platform.stores.accounts.update_principal(changed).await?;
    load(platform).await?;
    if !active {
        platform.accounts.logins.end_all(uin);
    }
    Ok(())
}

/// Sub-accounts of a main account, oldest first.
#[must_use]
pub fn sub_accounts(platform: &Platform, owner: Uin) -> Vec<Arc<Member>> {
    let mut members = platform.accounts.members_of(owner);
    members.retain(|member| !member.principal.is_main_account());
    members
}

/// The main account or one of its sub-accounts.
///
/// # Errors
/// [`AccountError::NotFound`], also for another main account's.
pub fn member(platform: &Platform, owner: Uin, uin: Uin) -> Result<Arc<Member>, AccountError> {
    let member = platform.accounts.member(uin).filter(|member| member.principal.owner == owner);
    member.ok_or(AccountError::NotFound(uin))
}

fn sub_account(platform: &Platform, owner: Uin, uin: Uin) -> Result<Arc<Member>, AccountError> {
    let member = member(platform, owner, uin)?;
    if member.principal.is_main_account() { Err(AccountError::MainAccount(uin)) } else { Ok(member) }
}

fn main_account(platform: &Platform, owner: Uin) -> Result<(), AccountError> {
    let found = platform.accounts.principal(owner).filter(|principal| principal.is_main_account());
    found.map(drop).ok_or(AccountError::NotFound(owner))
}

fn within(count: usize, max: usize, what: Quota) -> Result<(), AccountError> {
    if count < max { Ok(()) } else { Err(AccountError::TooMany { what, max }) }
}

/// Letters of any script, digits and a few signs: names stand in policies, texts and addresses of pages.
const fn not_a_uin() -> Rule {
    form("不全是数字的名称（全是数字的是 Uin）", "a name with something else than digits: digits are a Uin")
}

fn check_name(field: &'static str, name: &str, max: usize) -> Result<(), Invalid> {
    characters(field, name, 1, max)?;
    let is_allowed = |c: char| c.is_alphanumeric() || "+=,.@_-".contains(c);
    if name.chars().all(is_allowed) {
        Ok(())
    } else {
        Err(Invalid::new(field, form("文字、数字和 + = , . @ _ -", "letters, digits and + = , . @ _ -")))
    }
}

fn check_remark(remark: &str) -> Result<(), Invalid> {
    characters("Remark", remark, 0, REMARK_CHARS_MAX)
}

/// 12 digits, the first not zero.
fn random_uin(randomness: &dyn Randomness) -> Uin {
    let digits = text(randomness, DIGITS, 11);
    Uin(format!("1{digits}").parse().expect("twelve digits fit"))
}
