//! Remote configurations. The codes are general ones of the vendor, whose API has no such operations.

use lianwu_model::remote_config::BYTES_MAX;
use lianwu_services::remote_config::ConfigError;

use crate::error::ApiError;

impl From<ConfigError> for ApiError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Product(error) => error.into(),
            ConfigError::Device(error) => error.into(),
            ConfigError::Send(error) => error.into(),
            ConfigError::NotAnObject(why) => {
                Self::value("Config", &format!("应为 JSON 对象（{why}）"), &format!("it must be a JSON object: {why}"))
                    .with_code("InvalidParameterValue.InvalidJSON")
            }
            ConfigError::TooLong(bytes) => Self::value(
                "Config",
                &format!("最大 {BYTES_MAX} 字节，收到 {bytes} 字节"),
                &format!("it must have at most {BYTES_MAX} bytes, not {bytes}"),
            )
            .with_code("InvalidParameterValue.JSONSizeExceedLimit"),
            ConfigError::NoVersion => Self::new(
                "ResourceNotFound",
                "产品没有该版本的远程配置，请先用 SetRemoteConfig 保存，或用 ListRemoteConfigs 查看保留的版本。",
                "The product has no such version of a configuration; save one with SetRemoteConfig, or see ListRemoteConfigs.",
            ),
            ConfigError::Disabled => Self::new(
                "UnsupportedOperation",
                "远程配置未启用，请先调用 EnableRemoteConfig。",
                "The configuration is disabled; call EnableRemoteConfig first.",
            ),
            ConfigError::IsPushed => Self::new(
                "ResourceInUse",
                "该产品的配置正在下发，请等待完成。",
                "The product's configuration is being sent already; wait for its end.",
            ),
            ConfigError::Store(error) => {
                tracing::error!(%error, "a remote configuration could not be kept");
                Self::internal()
            }
        }
    }
}
