//! How long a product's history is kept and when its messages count as acknowledged. Source: spec/lianwu-api.json.

use lianwu_model::product::{Durability, Product};
use lianwu_services::product;
use lianwu_services::retention::{self, StorageChange};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeProductStorageRequest, DescribeProductStorageResponse, SetProductStorageRequest, SetProductStorageResponse,
};

pub async fn set(call: Call, r: SetProductStorageRequest) -> Result<SetProductStorageResponse, ApiError> {
    let durability = match r.durability.as_deref() {
        None | Some("") => None,
        Some("disk") => Some(Durability::Disk),
        Some("memory") => Some(Durability::Memory),
        Some(_) => return Err(ApiError::value("Durability", "应为 disk 或 memory", "it must be disk or memory")),
    };
    let change = StorageChange { days: r.retention_days, durability };
    let product = retention::set(&call.platform, call.owner(), &r.product_id, change).await?;
    let shown = shown(&call, &product);
    Ok(SetProductStorageResponse {
        retention_days: shown.retention_days,
        own_retention: shown.own_retention,
        retention_days_max: shown.retention_days_max,
        durability: shown.durability,
    })
}

pub async fn describe(
    call: Call,
    r: DescribeProductStorageRequest,
) -> Result<DescribeProductStorageResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    Ok(shown(&call, &product))
}

fn shown(call: &Call, product: &Product) -> DescribeProductStorageResponse {
    DescribeProductStorageResponse {
        retention_days: retention::days(&call.platform, product).into(),
        own_retention: product.retention_days.is_some(),
        retention_days_max: retention::days_max(&call.platform).into(),
        durability: match product.durability {
            Durability::Disk => "disk",
            Durability::Memory => "memory",
        }
        .to_owned(),
    }
}
