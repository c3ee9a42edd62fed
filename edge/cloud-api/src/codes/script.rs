//! Data-parsing scripts. The vendor's API has no operation for them, so the codes are its general ones.

use lianwu_ports::script::SCRIPT_BYTES_MAX;
use lianwu_services::script::ScriptError;

use super::store;
use crate::error::ApiError;

impl From<ScriptError> for ApiError {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Product(error) => error.into(),
            ScriptError::Size => Self::value(
                "Script",
                &format!("应为 1 到 {SCRIPT_BYTES_MAX} 字节"),
                &format!("it must have 1 to {SCRIPT_BYTES_MAX} bytes"),
            ),
            ScriptError::NotCustom => Self::new(
                "UnsupportedOperation",
                "产品的数据协议是物模型；只有自定义透传产品（DataProtocol 为 2）使用解析脚本。",
                "The product's data protocol is the thing model; only products of DataProtocol 2 have scripts.",
            ),
            ScriptError::Refused(failure) => {
                Self::value("Script", &format!("脚本无法使用（{failure}）"), &format!("it cannot be used: {failure}"))
            }
            ScriptError::None => Self::new(
                "ResourceNotFound",
                "产品没有解析脚本，请先调用 SaveProductScript。",
                "The product has no script; call SaveProductScript first.",
            ),
            ScriptError::NoVersion(version) => Self::value(
                "Version",
                &format!("版本 {version} 不存在或已不再保留"),
                &format!("version {version} does not exist or is no longer kept"),
            ),
            ScriptError::Store(error) => store(&error),
        }
    }
}
