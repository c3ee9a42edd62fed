//! Gateways and what comes in through them.

use lianwu_services::device::BATCH_MAX;
use lianwu_services::device::DeviceError;
use lianwu_services::gateway::{GatewayError, PRODUCTS_MAX};

use super::store;
use crate::error::ApiError;

impl From<GatewayError> for ApiError {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Product(error) => error.into(),
            GatewayError::Device(DeviceError::BatchSize(count)) => Self::value(
                "DeviceNames",
                &format!("一次应为 1 到 {BATCH_MAX} 台设备，收到 {count} 台"),
                &format!("it must name 1 to {BATCH_MAX} devices, not {count}"),
            ),
            GatewayError::Device(DeviceError::NamedTwice(device)) => Self::value(
                "DeviceNames",
                &format!("设备 `{device}` 重复"),
                &format!("the device `{device}` is named twice"),
            ),
            GatewayError::Device(error) => error.into(),
            GatewayError::NotAGateway(product) => Self::new(
                "InvalidParameter.ProductIsNotGateway",
                format!("产品 `{product}` 不是网关产品，请检查 GatewayProductId。"),
                format!("The product `{product}` is not a gateway product; check GatewayProductId."),
            ),
            GatewayError::IsGateway(product) => Self::value(
                "ProductId",
                &format!("产品 `{product}` 是网关产品，不能作为子产品"),
                &format!("the product `{product}` is a gateway product and cannot be a sub-product"),
            ),
            GatewayError::ProductCount(count) => Self::new(
                "LimitExceeded.BindProductsExceedLimit",
                format!("一个网关产品可绑定 1 到 {PRODUCTS_MAX} 个子产品，本次将为 {count} 个。"),
                format!("A gateway product takes 1 to {PRODUCTS_MAX} sub-products; this would make {count}."),
            ),
            GatewayError::AllowedAlready { gateway, product } => Self::new(
                "FailedOperation.SomeProductIsAlreadyBinded",
                format!("网关产品 `{gateway}` 已绑定子产品 `{product}`。"),
                format!("The gateway product `{gateway}` takes devices of `{product}` already."),
            ),
            GatewayError::NotAllowed { gateway, product } => Self::value(
                "ProductId",
                &format!("网关产品 `{gateway}` 未绑定子产品 `{product}`，请先调用 BindProducts"),
                &format!(
                    "the gateway product `{gateway}` does not take devices of `{product}`; call BindProducts first"
                ),
            ),
            GatewayError::StillBound(gateways) => {
                let gateways = gateways.join(", ");
                Self::new(
                    "UnsupportedOperation.ExistBindedDevicesUnderGatewayProduct",
                    format!("以下网关仍绑定该子产品的设备，请先解绑：{gateways}。"),
                    format!("These gateways still have devices of the product; unbind them first: {gateways}."),
                )
            }
            GatewayError::BoundElsewhere(device) => Self::new(
                "UnauthorizedOperation.DeviceHasAlreadyBindGateway",
                format!("设备 `{device}` 已绑定其他网关，请先解绑。"),
                format!("The device `{device}` is bound to another gateway; unbind it first."),
            ),
            GatewayError::TooMany(max) => Self::new(
                "LimitExceeded",
                format!("一个网关最多 {max} 台子设备，见 limits.gateway_sub_devices。"),
                format!("A gateway has at most {max} sub-devices, see limits.gateway_sub_devices."),
            ),
            GatewayError::NotBound(device) => Self::new(
                "InvalidParameterValue.DeviceHasNotBindGateway",
                format!("设备 `{device}` 未绑定网关。"),
                format!("The device `{device}` is bound to no gateway."),
            ),
            GatewayError::Store(error) => store(&error),
        }
    }
}
