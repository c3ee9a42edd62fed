//! Certificate authorities of accounts. Source: spec/cloud-api.md 2.11.

use lianwu_ports::registry::Slice;
use lianwu_services::certificate::{self, AuthorityText};
use lianwu_services::product;

use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreatePrivateCARequest, CreatePrivateCAResponse, DeletePrivateCARequest, DeletePrivateCAResponse,
    DeleteProductPrivateCARequest, DeleteProductPrivateCAResponse, DescribePrivateCABindedProductsRequest,
    DescribePrivateCABindedProductsResponse, DescribePrivateCARequest, DescribePrivateCAResponse,
    DescribePrivateCAsRequest, DescribePrivateCAsResponse, DescribeProductCARequest, DescribeProductCAResponse,
    UpdatePrivateCARequest, UpdatePrivateCAResponse, UpdateProductPrivateCARequest, UpdateProductPrivateCAResponse,
};
use crate::generated::structures::PrivateCABindProductInfo;
use crate::wire;

pub async fn create(call: Call, r: CreatePrivateCARequest) -> Result<CreatePrivateCAResponse, ApiError> {
    let text = AuthorityText { name: r.cert_name, certificate: r.cert_text, proof: r.verify_cert_text };
    certificate::create(&call.platform, call.owner(), text).await?;
    Ok(CreatePrivateCAResponse {})
}

pub async fn replace(call: Call, r: UpdatePrivateCARequest) -> Result<UpdatePrivateCAResponse, ApiError> {
    let text = AuthorityText { name: r.cert_name, certificate: r.cert_text, proof: r.verify_cert_text };
    certificate::replace(&call.platform, call.owner(), text).await?;
    Ok(UpdatePrivateCAResponse {})
}

pub async fn delete(call: Call, r: DeletePrivateCARequest) -> Result<DeletePrivateCAResponse, ApiError> {
    certificate::delete(&call.platform, call.owner(), &r.cert_name).await?;
    Ok(DeletePrivateCAResponse {})
}

pub async fn describe(call: Call, r: DescribePrivateCARequest) -> Result<DescribePrivateCAResponse, ApiError> {
    let found = certificate::find(&call.platform, call.owner(), &r.cert_name)?;
    Ok(DescribePrivateCAResponse { ca: Some(wire::authority(&found)) })
}

pub async fn list(call: Call, _: DescribePrivateCAsRequest) -> Result<DescribePrivateCAsResponse, ApiError> {
    let found = certificate::list(&call.platform, call.owner());
    Ok(DescribePrivateCAsResponse { c_as: found.iter().map(|authority| wire::authority(authority)).collect() })
}

pub async fn bind(call: Call, r: UpdateProductPrivateCARequest) -> Result<UpdateProductPrivateCAResponse, ApiError> {
    certificate::bind(&call.platform, call.owner(), &r.product_id, &r.cert_name).await?;
    Ok(UpdateProductPrivateCAResponse {})
}

pub async fn unbind(call: Call, r: DeleteProductPrivateCARequest) -> Result<DeleteProductPrivateCAResponse, ApiError> {
    certificate::unbind(&call.platform, call.owner(), &r.product_id).await?;
    Ok(DeleteProductPrivateCAResponse {})
}

/// Products the caller may not see are left out.
pub async fn bound_products(
    call: Call,
    r: DescribePrivateCABindedProductsRequest,
) -> Result<DescribePrivateCABindedProductsResponse, ApiError> {
    let mut found = certificate::bound_products(&call.platform, call.owner(), &r.cert_name)?;
    found.retain(|product| access::may_see_product(&call, &product.product));
    let products = paging::cut(found, slice(r.offset, r.limit)?);
    let row = |product: &lianwu_services::catalog::CatalogProduct| PrivateCABindProductInfo {
        product_id: product.product.id.to_string(),
        product_name: product.product.name.clone(),
        create_time: wire::count(product.product.created.seconds()),
    };
    Ok(DescribePrivateCABindedProductsResponse { products: products.iter().map(row).collect() })
}

/// This list has bounds of its own. Source: spec/cloud-api.md 2.11.
fn slice(offset: u64, limit: u64) -> Result<Slice, ApiError> {
    const OFFSET_MAX: u64 = 5_000_000;
    const LIMIT_MAX: u64 = 200;
    if offset > OFFSET_MAX {
        return Err(ApiError::value("Offset", "应为 0 到 5000000", "it must be 0 to 5000000"));
    }
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(ApiError::value("Limit", "应为 1 到 200", "it must be 1 to 200"));
    }
    Ok(Slice { offset, limit })
}

/// None for a product whose devices sign in with keys.
pub async fn of_product(call: Call, r: DescribeProductCARequest) -> Result<DescribeProductCAResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    let found = certificate::of_product(&call.platform, &product);
    Ok(DescribeProductCAResponse { c_as: found.iter().map(|authority| wire::authority(authority)).collect() })
}
