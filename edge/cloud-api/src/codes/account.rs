//! Accounts, for the operations that administer them.

use lianwu_services::account::{AccountError, KEYS_MAX};

use super::store;
use crate::error::ApiError;

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound(uin) => Self::new(
                "ResourceNotFound",
                format!("账号 `{uin}` 不存在。"),
                format!("The account `{uin}` does not exist."),
            ),
            AccountError::TooManyKeys => Self::new(
                "LimitExceeded",
                format!("账号已有 {KEYS_MAX} 个密钥，请先删除一个。"),
                format!("The account has {KEYS_MAX} keys, as many as allowed; delete one first."),
            ),
            AccountError::Policy(why) => Self::value(
                "PolicyDocument",
                &format!("策略语法错误（{why}）"),
                &format!("the policy is malformed: {why}"),
            ),
            AccountError::Store(error) => store(&error),
        }
    }
}
