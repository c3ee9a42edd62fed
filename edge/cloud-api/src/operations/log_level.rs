//! How much devices upload of their own logs. Source: spec/lianwu-api.json.

use lianwu_model::log_level::LogLevel;
use lianwu_ports::bus::Delivery;
use lianwu_services::{device, device_log, product};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeLogLevelRequest, DescribeLogLevelResponse, SetLogLevelRequest, SetLogLevelResponse,
};

use super::named;
use crate::table::Target;

/// A device, or a product as a whole.
pub fn target(product: &str, device: Option<&str>) -> Target {
    match device.filter(|name| !name.is_empty()) {
        Some(name) => named(product, name, None),
        None => Target::Product(product.to_owned()),
    }
}

pub async fn set(call: Call, r: SetLogLevelRequest) -> Result<SetLogLevelResponse, ApiError> {
    let level = match r.level {
        None => None,
        Some(number) => {
            let known = LogLevel::from_number(number);
            Some(known.ok_or_else(|| ApiError::value("Level", "应为 0 到 4", "it must be from 0 to 4"))?)
        }
    };
    let levels = &call.platform.log_levels;
    match r.device_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => {
            let (owner, request) = (call.owner(), &call.request_id);
            let told = device_log::set_of_device(&call.platform, owner, &r.product_id, name, level, request).await?;
            let device = device::find(&call.platform, owner, &r.product_id, name)?;
            let told = match told {
                Delivery::Delivered => "delivered",
                Delivery::NotSubscribed => "not_subscribed",
                Delivery::Offline => "offline",
                Delivery::Queued => "queued",
            };
            let level = levels.of(device.product, device.number).number().into();
            Ok(SetLogLevelResponse { level, told: told.to_owned() })
        }
        None => {
            let (platform, request) = (&call.platform, &call.request_id);
            device_log::set_of_product(platform, call.owner(), &r.product_id, level, request).await?;
            let level = level.unwrap_or_default().number().into();
            Ok(SetLogLevelResponse { level, told: String::new() })
        }
    }
}

pub async fn describe(call: Call, r: DescribeLogLevelRequest) -> Result<DescribeLogLevelResponse, ApiError> {
    let levels = &call.platform.log_levels;
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product.id;
    let of_product = levels.of_product(product);
    let own = match r.device_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => levels.of_device(device::find(&call.platform, call.owner(), &r.product_id, name)?.number),
        None => of_product,
    };
    Ok(DescribeLogLevelResponse {
        level: own.or(of_product).unwrap_or_default().number().into(),
        own_level: own.is_some(),
        product_level: of_product.unwrap_or_default().number().into(),
    })
}
