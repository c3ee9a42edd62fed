//! Gateways: products they take, devices that come in through them. Source: spec/cloud-api.md 2.12.

use lianwu_model::product::{Product, ProductKind};
use lianwu_ports::registry::Slice;
use lianwu_services::catalog::CatalogProduct;
use lianwu_services::product::ProductFilter;
use lianwu_services::{device, gateway, product};

use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    BindDevicesRequest, BindDevicesResponse, BindProductsRequest, BindProductsResponse, DescribeBindedProductsRequest,
    DescribeBindedProductsResponse, DescribeDeviceBindGatewayRequest, DescribeDeviceBindGatewayResponse,
    DescribeGatewayBindDevicesRequest, DescribeGatewayBindDevicesResponse, DescribeGatewaySubDeviceListRequest,
    DescribeGatewaySubDeviceListResponse, DescribeGatewaySubProductsRequest, DescribeGatewaySubProductsResponse,
    DescribeUnbindedDevicesRequest, DescribeUnbindedDevicesResponse, GetGatewaySubDeviceListRequest,
    GetGatewaySubDeviceListResponse, UnbindDevicesRequest, UnbindDevicesResponse, UnbindProductsRequest,
    UnbindProductsResponse,
};
use crate::generated::structures::{BindDeviceInfo, BindProductInfo, FamilySubDevice};
use crate::wire;

/// Products shared by another account; there are none.
const SHARED: i64 = 1;

pub async fn bind_products(call: Call, r: BindProductsRequest) -> Result<BindProductsResponse, ApiError> {
    gateway::allow(&call.platform, call.owner(), &r.gateway_product_id, &r.product_ids).await?;
    Ok(BindProductsResponse {})
}

pub async fn unbind_products(call: Call, r: UnbindProductsRequest) -> Result<UnbindProductsResponse, ApiError> {
    gateway::withdraw(&call.platform, call.owner(), &r.gateway_product_id, &r.product_ids).await?;
    Ok(UnbindProductsResponse::default())
}

pub async fn bound_products(
    call: Call,
    r: DescribeBindedProductsRequest,
) -> Result<DescribeBindedProductsResponse, ApiError> {
    let slice = paging::slice(Some(r.offset), Some(r.limit))?;
    let mut found = gateway::allowed(&call.platform, call.owner(), &r.gateway_product_id)?;
    found.retain(|_| r.product_source != Some(SHARED));
    let (products, total) = page(&call, found, slice);
    Ok(DescribeBindedProductsResponse { products, total })
}

/// Those that are not taken yet come behind those that are.
pub async fn sub_products(
    call: Call,
    r: DescribeGatewaySubProductsRequest,
) -> Result<DescribeGatewaySubProductsResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let mut found = gateway::allowed(&call.platform, call.owner(), &r.gateway_product_id)?;
    let allowed: Vec<_> = found.iter().map(|known| known.product.id).collect();
    let filter =
        ProductFilter { project: r.project_id.filter(|project| !project.is_empty()), ..ProductFilter::default() };
    let project = filter.project.clone();
    found.retain(|known| project.as_ref().is_none_or(|project| known.product.project.as_str() == project));
    let others = product::list(&call.platform, call.owner(), &filter).into_iter();
    found.extend(others.filter(|p| p.product.kind == ProductKind::Device && !allowed.contains(&p.product.id)));
    found.retain(|_| r.product_source != Some(SHARED));
    let (products, total) = page(&call, found, slice);
    Ok(DescribeGatewaySubProductsResponse { products, total: u64::try_from(total).unwrap_or_default() })
}

fn page(call: &Call, mut found: Vec<CatalogProduct>, slice: Slice) -> (Vec<BindProductInfo>, i64) {
    found.retain(|known| access::may_see_product(call, &known.product));
    let total = wire::count(found.len() as u64);
    (paging::cut(found, slice).iter().map(|known| info(call, &known.product)).collect(), total)
}

fn info(call: &Call, product: &Product) -> BindProductInfo {
    let shown = wire::product(call, product);
    BindProductInfo {
        product_id: shown.product_id,
        product_name: shown.product_name,
        project_id: shown.project_id,
        data_protocol: shown.data_protocol,
        category_id: shown.category_id,
        product_type: shown.product_type,
        net_type: shown.net_type,
        dev_status: shown.dev_status,
        product_owner_name: owner_name(call, product),
    }
}

fn owner_name(call: &Call, product: &Product) -> String {
    call.platform.accounts.principal(product.owner).map(|owner| owner.name.clone()).unwrap_or_default()
}

pub async fn bind(call: Call, r: BindDevicesRequest) -> Result<BindDevicesResponse, ApiError> {
    let owner = call.owner();
    let found = gateway::find(&call.platform, owner, &r.gateway_product_id, &r.gateway_device_name)?;
    gateway::bind(&call.platform, &found, owner, &r.product_id, &r.device_names, &call.request_id).await?;
    Ok(BindDevicesResponse {})
}

pub async fn unbind(call: Call, r: UnbindDevicesRequest) -> Result<UnbindDevicesResponse, ApiError> {
    let owner = call.owner();
    let found = gateway::find(&call.platform, owner, &r.gateway_product_id, &r.gateway_device_name)?;
    gateway::unbind(&call.platform, &found, owner, &r.product_id, &r.device_names, &call.request_id).await?;
    Ok(UnbindDevicesResponse {})
}

pub async fn bound_devices(
    call: Call,
    r: DescribeGatewayBindDevicesRequest,
) -> Result<DescribeGatewayBindDevicesResponse, ApiError> {
    let slice = paging::slice(Some(r.offset), Some(r.limit))?;
    let found = gateway::find(&call.platform, call.owner(), &r.gateway_product_id, &r.gateway_device_name)?;
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    let mut devices = call.platform.topology.sub_devices(found.number);
    devices.retain(|device| device.product == product.id);
    let total = wire::count(devices.len() as u64);
    let rows = paging::cut(devices, slice);
    let info = |device: &_| bind_info(&product, device);
    Ok(DescribeGatewayBindDevicesResponse {
        devices: rows.iter().map(|device| info(&device.name)).collect(),
        total,
        product_name: product.name.clone(),
    })
}

fn bind_info(product: &Product, name: &lianwu_model::DeviceName) -> BindDeviceInfo {
    BindDeviceInfo { product_id: product.id.to_string(), device_name: name.to_string() }
}

pub async fn unbound_devices(
    call: Call,
    r: DescribeUnbindedDevicesRequest,
) -> Result<DescribeUnbindedDevicesResponse, ApiError> {
    let slice = paging::slice(Some(r.offset), Some(r.limit))?;
    let product = product::find(&call.platform, call.owner(), &r.product_id)?.product;
    let listed = gateway::unbound(&call.platform, call.owner(), &r.product_id, slice).await?;
    Ok(DescribeUnbindedDevicesResponse {
        unbinded_devices: listed.rows.iter().map(|name| bind_info(&product, name)).collect(),
        total: wire::count(listed.total),
    })
}

pub async fn gateway_of(
    call: Call,
    r: DescribeDeviceBindGatewayRequest,
) -> Result<DescribeDeviceBindGatewayResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let found = call.platform.topology.gateway_of(device.number);
    let found = found.ok_or_else(|| gateway::GatewayError::NotBound(device.key().to_string()))?;
    let product = call.platform.catalog.product(found.product).map(|known| known.product);
    Ok(DescribeDeviceBindGatewayResponse {
        gateway_product_id: found.product.to_string(),
        gateway_device_name: found.name.to_string(),
        gateway_name: product.as_ref().map(|product| product.name.clone()).unwrap_or_default(),
        gateway_product_owner_name: product.as_ref().map(|product| owner_name(&call, product)).unwrap_or_default(),
        gateway_product_owner_uin: product.map(|product| product.owner.to_string()).unwrap_or_default(),
    })
}

/// The vendor's SDKs read one object where a list was meant: the first row of the page. Source: spec/cloud-api.md 2.12.
pub async fn sub_devices(
    call: Call,
    r: GetGatewaySubDeviceListRequest,
) -> Result<GetGatewaySubDeviceListResponse, ApiError> {
    let (total, devices) = family_sub_devices(&call, &r.gateway_product_id, &r.gateway_device_name, r.offset, r.limit)?;
    Ok(GetGatewaySubDeviceListResponse { total, device_list: devices.into_iter().next() })
}

pub async fn sub_device_list(
    call: Call,
    r: DescribeGatewaySubDeviceListRequest,
) -> Result<DescribeGatewaySubDeviceListResponse, ApiError> {
    let (total, device_list) =
        family_sub_devices(&call, &r.gateway_product_id, &r.gateway_device_name, r.offset, r.limit)?;
    Ok(DescribeGatewaySubDeviceListResponse { total, device_list })
}

fn family_sub_devices(
    call: &Call,
    product: &str,
    name: &str,
    offset: u64,
    limit: u64,
) -> Result<(i64, Vec<FamilySubDevice>), ApiError> {
    let slice = paging::slice_unsigned(Some(offset), Some(limit))?;
    let found = gateway::find(&call.platform, call.owner(), product, name)?;
    let devices = call.platform.topology.sub_devices(found.number);
    let total = wire::count(devices.len() as u64);
    let row = |device: &std::sync::Arc<lianwu_services::directory::DirectoryDevice>| FamilySubDevice {
        product_id: device.product.to_string(),
        device_name: device.name.to_string(),
        device_id: device.key().to_string(),
        room_id: "0".to_owned(),
        ..FamilySubDevice::default()
    };
    Ok((total, paging::cut(devices, slice).iter().map(row).collect()))
}
