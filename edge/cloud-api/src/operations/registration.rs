//! Dynamic registration of a product's devices. Source: spec/cloud-api.md 2.10.

use lianwu_model::product::{Product, Registration, RegistrationMode};
use lianwu_services::{product, registration};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeProductDynamicRegisterRequest, DescribeProductDynamicRegisterResponse, ModifyProductDynamicRegisterRequest,
    ModifyProductDynamicRegisterResponse,
};

pub async fn modify(
    call: Call,
    r: ModifyProductDynamicRegisterRequest,
) -> Result<ModifyProductDynamicRegisterResponse, ApiError> {
    let mode = match r.register_type {
        0 => RegistrationMode::Off,
        1 => RegistrationMode::Existing,
        2 => RegistrationMode::AutoCreate,
        _ => {
            return Err(ApiError::value(
                "RegisterType",
                "应为 0（关闭）、1（设备须预先创建）或 2（自动创建）",
                "it must be 0 (off), 1 (devices are created before) or 2 (devices are created by it)",
            ));
        }
    };
    let wanted = Registration { mode, limit: r.register_limit };
    let product = registration::configure(&call.platform, call.owner(), &r.product_id, wanted).await?;
    let DescribeProductDynamicRegisterResponse { register_type, product_secret, register_limit } = shown(&product);
    Ok(ModifyProductDynamicRegisterResponse { register_type, product_secret, register_limit })
}

pub async fn describe(
    call: Call,
    r: DescribeProductDynamicRegisterRequest,
) -> Result<DescribeProductDynamicRegisterResponse, ApiError> {
    Ok(shown(&product::find(&call.platform, call.owner(), &r.product_id)?.product))
}

fn shown(product: &Product) -> DescribeProductDynamicRegisterResponse {
    DescribeProductDynamicRegisterResponse {
        register_type: match product.registration.mode {
            RegistrationMode::Off => 0,
            RegistrationMode::Existing => 1,
            RegistrationMode::AutoCreate => 2,
        },
        product_secret: product.secret.as_ref().map(|secret| secret.0.clone()).unwrap_or_default(),
        register_limit: product.registration.limit,
    }
}
