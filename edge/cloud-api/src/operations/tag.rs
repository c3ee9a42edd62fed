//! Tags of products and devices. Source: spec/lianwu-api.json, spec/accounts.md 5.

use lianwu_model::product::Tag;
use lianwu_services::{product, tag};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{ListTagsRequest, ListTagsResponse, SetTagsRequest, SetTagsResponse};
use crate::generated::structures::TagItem;
use crate::table::{DeviceName, Target};

/// The device when one is named, otherwise the product.
pub fn target(product: &str, device: Option<&str>) -> Target {
    match device.filter(|name| !name.is_empty()) {
        Some(name) => Target::Device(DeviceName { product: product.to_owned(), name: name.to_owned() }),
        None => Target::Product(product.to_owned()),
    }
}

pub async fn set(call: Call, r: SetTagsRequest) -> Result<SetTagsResponse, ApiError> {
    let tags = r.tags.into_iter().map(|item| Tag { key: item.key, value: item.value }).collect();
    match r.device_name.filter(|name| !name.is_empty()) {
        Some(name) => tag::set_device(&call.platform, call.owner(), &r.product_id, &name, tags).await?,
        None => tag::set_product(&call.platform, call.owner(), &r.product_id, tags).await?,
    }
    Ok(SetTagsResponse {})
}

pub async fn list(call: Call, r: ListTagsRequest) -> Result<ListTagsResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    Ok(match r.device_name.filter(|name| !name.is_empty()) {
        Some(name) => {
            let own = tag::of_device(&call.platform, call.owner(), &r.product_id, &name)?;
            ListTagsResponse { tags: items(&own), inherited: items(&product.tags) }
        }
        None => ListTagsResponse { tags: items(&product.tags), inherited: Vec::new() },
    })
}

fn items(tags: &[Tag]) -> Vec<TagItem> {
    tags.iter().map(|tag| TagItem { key: tag.key.clone(), value: tag.value.clone() }).collect()
}
