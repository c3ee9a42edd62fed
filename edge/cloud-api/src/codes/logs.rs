//! Searching the logs.

use lianwu_services::logs::{DEVICES_MAX, KeywordError, LogError, PRODUCTS_MAX};

use super::store;
use crate::error::ApiError;

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Product(error) => error.into(),
            LogError::DeviceNeeded(count) => Self::value(
                "DeviceName",
                &format!(
                    "产品下有 {count} 台设备；内容日志和物模型日志一次最多查询 {DEVICES_MAX} 台设备，请指定 DeviceName"
                ),
                &format!(
                    "the product has {count} devices, and content and thing-model logs are searched for at most \
                     {DEVICES_MAX} at once; name a DeviceName"
                ),
            ),
            LogError::ProductNeeded(count) => Self::value(
                "Keywords",
                &format!(
                    "账号下有 {count} 个产品，一次最多查询 {PRODUCTS_MAX} 个，请用 `productid:<ProductId>` 指定产品"
                ),
                &format!(
                    "the account has {count} products, of which {PRODUCTS_MAX} are searched at once; name one with \
                     `productid:<ProductId>`"
                ),
            ),
            LogError::Store(error) => store(&error),
            LogError::Telemetry(error) => error.into(),
        }
    }
}

/// `Keywords` or `Keyword`.
pub(crate) fn keyword(error: &KeywordError) -> ApiError {
    let zh = match error {
        KeywordError::TooLong(bytes) => format!("检索词共 {bytes} 字节，最多 1024 字节"),
        KeywordError::TooMany => "检索词过多，最多 20 个".to_owned(),
        KeywordError::Twice(key) => format!("`{key}` 给出了两个不同的值"),
    };
    ApiError::value("Keywords", &zh, &error.to_string())
}
