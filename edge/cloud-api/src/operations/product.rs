//! Products. Source: spec/cloud-api.md 2.2 and 3.2.

use std::sync::Arc;

use lianwu_model::product::{Authentication, DataProtocol, DevelopmentStatus, ProductKind};
use lianwu_ports::registry::Slice;
use lianwu_services::catalog::CatalogProduct;
use lianwu_services::certificate;
use lianwu_services::product::{self, NewProduct, ProductChange, ProductFilter};

use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreateStudioProductRequest, CreateStudioProductResponse, DeleteStudioProductRequest, DeleteStudioProductResponse,
    DescribeStudioProductRequest, DescribeStudioProductResponse, GetStudioProductListRequest,
    GetStudioProductListResponse, ModifyStudioProductRequest, ModifyStudioProductResponse, ReleaseStudioProductRequest,
    ReleaseStudioProductResponse, SearchStudioProductRequest, SearchStudioProductResponse,
};
use crate::generated::structures::ProductEntry;
use crate::wire;

pub async fn create(call: Call, r: CreateStudioProductRequest) -> Result<CreateStudioProductResponse, ApiError> {
    let new = NewProduct {
        kind: kind(r.product_type)?,
        authentication: authentication(&r.encryption_type)?,
        data_protocol: data_protocol(r.data_protocol)?,
        category: u64::try_from(r.category_id)
            .map_err(|_| ApiError::value("CategoryId", "应大于等于 0", "it must be at least 0"))?,
        project: r.project_id,
        name: r.product_name,
        description: r.product_desc,
        net_type: r.net_type,
    };
    let by = &call.caller.principal;
    let product = match r.private_ca_name.filter(|name| !name.is_empty()) {
        Some(authority) => certificate::create_product(&call.platform, by, new, &authority).await?,
        None => Arc::new(product::create(&call.platform, by, new).await?),
    };
    Ok(CreateStudioProductResponse { product: Some(wire::product(&call, &product)) })
}

fn kind(number: i64) -> Result<ProductKind, ApiError> {
    match number {
        0 => Ok(ProductKind::Device),
        5 => Ok(ProductKind::Gateway),
        _ => Err(ApiError::value("ProductType", "应为 0（设备）或 5（网关）", "it must be 0 (device) or 5 (gateway)")),
    }
}

fn authentication(text: &str) -> Result<Authentication, ApiError> {
    match text {
        "1" => Ok(Authentication::Certificate),
        "2" => Ok(Authentication::Key),
        _ => Err(ApiError::value(
            "EncryptionType",
            "应为 1（证书）或 2（密钥）",
            "it must be 1 (certificate) or 2 (key)",
        )),
    }
}

fn data_protocol(number: i64) -> Result<DataProtocol, ApiError> {
    match number {
        1 => Ok(DataProtocol::ThingModel),
        2 => Ok(DataProtocol::Custom),
        _ => Err(ApiError::value(
            "DataProtocol",
            "应为 1（物模型）或 2（自定义透传）",
            "it must be 1 (thing model) or 2 (custom)",
        )),
    }
}

pub async fn modify(call: Call, r: ModifyStudioProductRequest) -> Result<ModifyStudioProductResponse, ApiError> {
    let script_enabled = match r.enable_product_script.as_deref() {
        None | Some("") => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => {
            return Err(ApiError::value("EnableProductScript", "应为 true 或 false", "it must be true or false"));
        }
    };
    let change = ProductChange {
        name: r.product_name,
        description: r.product_desc,
        module: r.module_id,
        script_enabled,
        // Other values are ignored, as the vendor does.
        bind_strategy: match r.bind_strategy {
            Some(1) => Some(1),
            Some(2) => Some(2),
            _ => None,
        },
    };
    let product = product::modify(&call.platform, call.owner(), &r.product_id, change).await?;
    Ok(ModifyStudioProductResponse { product: Some(wire::product(&call, &product)) })
}

pub async fn delete(call: Call, r: DeleteStudioProductRequest) -> Result<DeleteStudioProductResponse, ApiError> {
    product::delete(&call.platform, call.owner(), &r.product_id).await?;
    Ok(DeleteStudioProductResponse {})
}

pub async fn describe(call: Call, r: DescribeStudioProductRequest) -> Result<DescribeStudioProductResponse, ApiError> {
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    Ok(DescribeStudioProductResponse { product: Some(wire::product(&call, &product)) })
}

pub async fn list(call: Call, r: GetStudioProductListRequest) -> Result<GetStudioProductListResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let filter = ProductFilter {
        project: r.project_id.filter(|id| !id.is_empty()),
        status: status_filter(r.dev_status.as_deref())?,
        ..ProductFilter::default()
    };
    let (products, total) = page(&call, &filter, slice);
    Ok(GetStudioProductListResponse { products, total })
}

pub async fn search(call: Call, r: SearchStudioProductRequest) -> Result<SearchStudioProductResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = ProductFilter {
        project: given(r.project_id),
        id: given(r.product_id),
        name: given(r.product_name),
        status: status_filter(r.dev_status.as_deref())?,
        tags: wire::tag_filters(r.filters)?,
    };
    let (products, total) = page(&call, &filter, slice);
    Ok(SearchStudioProductResponse { products, total })
}

fn page(call: &Call, filter: &ProductFilter, slice: Slice) -> (Vec<ProductEntry>, i64) {
    let mut found = product::list(&call.platform, call.owner(), filter);
    found.retain(|product: &CatalogProduct| access::may_see_product(call, &product.product));
    let total = wire::count(found.len() as u64);
    (paging::cut(found, slice).iter().map(|product| wire::product(call, &product.product)).collect(), total)
}

fn status_filter(text: Option<&str>) -> Result<Option<DevelopmentStatus>, ApiError> {
    match text {
        None | Some("" | "all") => Ok(None),
        Some(text) => status(text).map(Some),
    }
}

fn status(text: &str) -> Result<DevelopmentStatus, ApiError> {
    match text {
        "dev" => Ok(DevelopmentStatus::Developing),
        "audit" => Ok(DevelopmentStatus::Audit),
        "released" => Ok(DevelopmentStatus::Released),
        _ => Err(ApiError::value("DevStatus", "应为 dev、audit 或 released", "it must be dev, audit or released")),
    }
}

pub async fn release(call: Call, r: ReleaseStudioProductRequest) -> Result<ReleaseStudioProductResponse, ApiError> {
    product::release(&call.platform, call.owner(), &r.product_id, status(&r.dev_status)?).await?;
    Ok(ReleaseStudioProductResponse {})
}
