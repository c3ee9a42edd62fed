//! Accounts, for the operations that administer them.

use std::time::Duration;

use lianwu_services::account::{AccountError, KEYS_MAX, Quota};
use lianwu_services::tag::TagError;

use super::store;
use crate::error::ApiError;

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound(uin) => absent(
                format!("账号 `{uin}` 不存在，请检查 Uin。"),
                format!("The account `{uin}` does not exist; check Uin."),
            ),
            AccountError::GroupNotFound(name) => absent(
                format!("用户组 `{name}` 不存在，可用 ListGroups 查询。"),
                format!("The group `{name}` does not exist; ListGroups shows those there are."),
            ),
            AccountError::PolicyNotFound(name) => absent(
                format!("策略 `{name}` 不存在，可用 ListPolicies 查询。"),
                format!("The policy `{name}` does not exist; ListPolicies shows those there are."),
            ),
            AccountError::KeyNotFound(id) => absent(
                format!("密钥 `{id}` 不存在，可用 ListSecretKeys 查询。"),
                format!("The key `{id}` does not exist; ListSecretKeys shows those there are."),
            ),
            AccountError::Invalid(invalid) => invalid.into(),
            AccountError::NameTaken(field) => Self::value(field, "名称已被使用，请更换", "it is taken; choose another"),
            AccountError::PresetName(name) => Self::new(
                "UnsupportedOperation",
                format!("`{name}` 是预设策略的名称，不能修改或删除；请使用其他名称。"),
                format!(
                    "`{name}` is the name of a preset policy, which cannot be changed or deleted; use another name."
                ),
            ),
            AccountError::TooMany { what, max } => too_many(what, max),
            AccountError::TooManyKeys => Self::new(
                "LimitExceeded",
                format!("账号已有 {KEYS_MAX} 个密钥，请先删除一个。"),
                format!("The account has {KEYS_MAX} keys, as many as allowed; delete one first."),
            ),
            AccountError::LastKey => Self::new(
                "UnsupportedOperation",
                "这是主账号最后一个可用的密钥；请先用 CreateSecretKey 创建另一个。",
                "It is the main account's last key that works; create another with CreateSecretKey first.",
            ),
            AccountError::NotYourOwn => Self::new(
                "UnauthorizedOperation",
                "子账号只能管理自己的密钥和密码；其他账号的请由主账号管理。",
                "A sub-account manages its own keys and password only; the main account manages those of others.",
            ),
            AccountError::MainAccount(uin) => Self::new(
                "UnsupportedOperation",
                format!("`{uin}` 是主账号，拥有全部权限，不能绑定策略、加入用户组或删除。"),
                format!(
                    "`{uin}` is the main account: it may do everything, and cannot get policies, join a group or be deleted."
                ),
            ),
            AccountError::OneHolder => {
                Self::value("Uin, GroupName", "应恰好填写其中一个", "exactly one of them must be given")
            }
            AccountError::WrongPassword => {
                Self::value("OldPassword", "与当前密码不符", "it is not the present password")
            }
            AccountError::SamePassword => {
                Self::value("NewPassword", "新密码不能与旧密码相同", "it must differ from the present password")
            }
            AccountError::WaitForPassword(time) => wait(time),
            AccountError::NoteStays(why) => Self::new(
                "InternalError",
                format!("密码已修改，但 first-run.json 中的初始密钥未能删除（{why}），请手动删除。"),
                format!(
                    "The password is changed, but the first secrets could not be removed from first-run.json ({why}); remove them by hand."
                ),
            ),
            AccountError::Policy(why) => {
                Self::value("Document", &format!("策略语法错误（{why}）"), &format!("the policy is malformed: {why}"))
            }
            AccountError::Store(error) => store(&error),
        }
    }
}

fn absent(zh: String, en: String) -> ApiError {
    ApiError::new("ResourceNotFound", zh, en)
}

fn too_many(what: Quota, max: usize) -> ApiError {
    let zh = match what {
        Quota::MainAccounts => {
            return ApiError::new(
                "LimitExceeded",
                format!("主账号数量已达上限 {max}，且主账号不能删除；更多账号请使用另一套平台。"),
                format!(
                    "There are {max} {what}, as many as allowed, and they cannot be deleted; more need another platform."
                ),
            );
        }
        Quota::SubAccounts => "子账号",
        Quota::Groups => "用户组",
        Quota::Policies => "自定义策略",
        Quota::AttachedPolicies => "绑定的策略",
    };
    ApiError::new(
        "LimitExceeded",
        format!("{zh}数量已达上限 {max}，请先删除不用的。"),
        format!("There are {max} {what}, as many as allowed; remove some first."),
    )
}

fn wait(time: Duration) -> ApiError {
    let seconds = time.as_secs().max(1);
    ApiError::new(
        "LimitExceeded",
        format!("密码错误次数过多，请在 {seconds} 秒后重试。"),
        format!("Too many wrong passwords; try again in {seconds} s."),
    )
}

impl From<TagError> for ApiError {
    fn from(error: TagError) -> Self {
        match error {
            TagError::Invalid(invalid) => invalid.into(),
            TagError::KeyTwice(key) => {
                Self::value("Tags.Key", &format!("标签键 `{key}` 重复"), &format!("the key `{key}` is given twice"))
            }
            TagError::Product(error) => error.into(),
            TagError::Device(error) => error.into(),
            TagError::Store(error) => store(&error),
        }
    }
}
