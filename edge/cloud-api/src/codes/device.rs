//! Devices and what they said.

use lianwu_services::device::{BATCH_MAX, CredentialsError, CredentialsWish, DeviceError};
use lianwu_services::telemetry::TelemetryError;

use super::store;
use crate::error::ApiError;

impl From<DeviceError> for ApiError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Product(error) => error.into(),
            DeviceError::NameForm(_) => Self::value(
                "DeviceName",
                "应为 1 到 48 个字母、数字、`:`、`_` 或 `-`",
                "it must be 1 to 48 letters, digits, `:`, `_` or `-`",
            ),
            DeviceError::NotFound(device) => Self::new(
                "ResourceNotFound.DeviceNotExist",
                format!("设备 `{device}` 不存在，请检查 ProductId 和 DeviceName。"),
                format!("The device `{device}` does not exist; check ProductId and DeviceName."),
            ),
            DeviceError::NameTaken => Self::new(
                "InvalidParameterValue.DeviceAlreadyExist",
                "产品下已有同名设备，请更换 DeviceName。",
                "The product has a device of this name; choose another DeviceName.",
            ),
            DeviceError::TooMany(max) => Self::new(
                "LimitExceeded.DeviceExceedLimit",
                format!("未发布的产品最多 {max} 台设备，请先发布产品或删除设备。"),
                format!("A product that is not released has at most {max} devices; release it or delete some."),
            ),
            DeviceError::BatchSize(count) => Self::value(
                "DevicesItems",
                &format!("一次应为 1 到 {BATCH_MAX} 台设备，收到 {count} 台"),
                &format!("it must name 1 to {BATCH_MAX} devices, not {count}"),
            ),
            DeviceError::NamedTwice(device) => Self::value(
                "DevicesItems",
                &format!("设备 `{device}` 重复"),
                &format!("the device `{device}` is named twice"),
            ),
            DeviceError::HasSubDevices(device) => Self::new(
                "UnauthorizedOperation.GatewayHasBindedDevices",
                format!("网关 `{device}` 有子设备，请先解绑。"),
                format!("The gateway `{device}` has sub-devices; unbind them first."),
            ),
            DeviceError::Bound(device) => Self::new(
                "UnauthorizedOperation.DeviceHasAlreadyBindGateway",
                format!("设备 `{device}` 已绑定网关，请先解绑。"),
                format!("The device `{device}` is bound to a gateway; unbind it first."),
            ),
            DeviceError::Secret(error) => Self::value(
                "DefinedPsk",
                "应为不超过 64 个字符的 Base64 文本",
                &format!("{error}; it must be base64 of at most 64 characters"),
            ),
            DeviceError::CertificateProduct => Self::new(
                "UnauthorizedOperation.ProductNotSupportPSK",
                "产品使用证书认证，设备没有密钥，请不要填写 DefinedPsk。",
                "The product's devices have certificates, not keys; leave out DefinedPsk.",
            ),
            DeviceError::KeyProduct => Self::value(
                "TlsCrt",
                "产品使用密钥认证，请不要填写",
                "the product's devices have keys, not certificates; leave it out",
            ),
            DeviceError::NeedsOwn => Self::value(
                "TlsCrt",
                "产品信任自有 CA，请填写由该 CA 签发的设备证书",
                "the product trusts an authority of its account; give a certificate issued by it",
            ),
            DeviceError::Certificate(error) => error.into(),
            DeviceError::Store(error) => store(&error),
            DeviceError::Telemetry(error) => error.into(),
        }
    }
}

impl From<CredentialsError> for ApiError {
    fn from(error: CredentialsError) -> Self {
        match error {
            CredentialsError::Device(error) => error.into(),
            CredentialsError::CertificateProduct => Self::new(
                "UnauthorizedOperation.ProductNotSupportPSK",
                "产品使用证书认证，设备用自己的证书和私钥登录，没有可计算的签名凭证。",
                "The product's devices sign in with their own certificates and private keys: there is no signature to compute.",
            ),
            CredentialsError::Disabled(device) => Self::new(
                "FailedOperation.DeviceAlreadyDisabled",
                format!("设备 `{device}` 已禁用，不能登录；请先启用设备。"),
                format!("The device `{device}` is disabled and could not sign in; enable it first."),
            ),
            CredentialsError::Seconds(got) => {
                let max = CredentialsWish::SECONDS_MAX;
                Self::value(
                    "ValidSeconds",
                    &format!("应为 1 到 {max} 秒，收到 {got}；需要更长的有效期时，请用设备密钥自行计算"),
                    &format!("it must be 1 to {max} seconds, not {got}; compute longer ones with the device's secret"),
                )
            }
        }
    }
}

impl From<TelemetryError> for ApiError {
    fn from(error: TelemetryError) -> Self {
        match error {
            TelemetryError::Behind => Self::new(
                "FailedOperation.Timeout",
                "最新数据仍在写入索引，请稍后重试。",
                "The newest messages are still being indexed; try again.",
            ),
            TelemetryError::Reading(error) => {
                tracing::error!(%error, "the readings failed");
                Self::internal()
            }
            TelemetryError::Closed => closed(),
        }
    }
}

/// The platform goes down; another call will find it up again.
pub(super) fn closed() -> ApiError {
    ApiError::new("InternalError", "服务正在停止，请稍后重试。", "The platform is shutting down; try again later.")
}
