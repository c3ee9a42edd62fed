//! Devices. Source: spec/cloud-api.md 2.4 and 3.3.

use lianwu_model::product::Authentication;
use lianwu_services::device::{self, CertifiedDevice, DeviceError, DeviceListFilter, Firmware};
use lianwu_services::product::{self, ProductFilter};
use lianwu_services::project;

use super::{device_ref, paging};
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreateDeviceRequest, CreateDeviceResponse, DeleteDeviceRequest, DeleteDeviceResponse, DeleteDevicesRequest,
    DeleteDevicesResponse, DescribeDeviceRequest, DescribeDeviceResponse, GetDeviceListRequest, GetDeviceListResponse,
    RenewDeviceCertificateRequest, RenewDeviceCertificateResponse, UpdateDevicesEnableStateRequest,
    UpdateDevicesEnableStateResponse,
};
use crate::generated::structures::{DeviceData, DevicesItem};
use crate::table::{DeviceName, Target};
use crate::wire;

/// ProductId that means all products of the project.
const ALL_PRODUCTS: &str = "-1";

pub async fn create(call: Call, r: CreateDeviceRequest) -> Result<CreateDeviceResponse, ApiError> {
    let lora = [&r.dev_addr, &r.app_key, &r.dev_eui, &r.app_s_key, &r.nwk_s_key];
    if lora.into_iter().flatten().any(|text| !text.is_empty()) {
        return Err(ApiError::value(
            "DevAddr, AppKey, DevEUI, AppSKey, NwkSKey",
            "本平台暂不支持 LoRa 密钥，请不要填写",
            "LoRa keys are not served yet; leave them out",
        ));
    }
    let (platform, by) = (&call.platform, &call.caller.principal);
    let own = r.tls_crt.filter(|text| !text.is_empty());
    let secret = r.defined_psk.filter(|secret| !secret.is_empty());
    let authentication = product::find(platform, call.owner(), &r.product_id)?.product.authentication;
    let data = match (authentication, &own, &secret) {
        (Authentication::Key, Some(_), _) => return Err(DeviceError::KeyProduct.into()),
        (Authentication::Certificate, _, Some(_)) => return Err(DeviceError::CertificateProduct.into()),
        (Authentication::Key, None, _) => {
            let device = device::create(platform, by, &r.product_id, &r.device_name, secret).await?;
            DeviceData { device_name: device.name.to_string(), device_psk: device.secret.0, ..DeviceData::default() }
        }
        (Authentication::Certificate, _, None) => {
            let made = device::create_certified(platform, by, &r.product_id, &r.device_name, own.as_deref()).await?;
            certified(made)
        }
    };
    Ok(CreateDeviceResponse { data: Some(data) })
}

/// The private key is shown here and never again.
fn certified(made: CertifiedDevice) -> DeviceData {
    DeviceData {
        device_name: made.device.name.to_string(),
        device_cert: made.device.certificate.map(|certificate| certificate.pem).unwrap_or_default(),
        device_private_key: made.private_key.map(|key| key.0).unwrap_or_default(),
        ..DeviceData::default()
    }
}

pub async fn renew_certificate(
    call: Call,
    r: RenewDeviceCertificateRequest,
) -> Result<RenewDeviceCertificateResponse, ApiError> {
    let own = r.tls_crt.as_deref().filter(|text| !text.is_empty());
    let made = device::renew_certificate(&call.platform, call.owner(), &r.product_id, &r.device_name, own).await?;
    let DeviceData { device_name, device_cert, device_private_key, .. } = certified(made);
    Ok(RenewDeviceCertificateResponse { device_name, device_cert, device_private_key })
}

pub async fn describe(call: Call, r: DescribeDeviceRequest) -> Result<DescribeDeviceResponse, ApiError> {
    let wanted = device_ref(&r.product_id, &r.device_name, r.device_id.as_deref());
    let view = device::describe(&call.platform, call.owner(), &wanted.product, &wanted.name).await?;
    let product = product::find(&call.platform, call.owner(), &wanted.product)?.product;
    let mut device = wire::device(&view, &product);
    match product.authentication {
        Authentication::Key => device.device_psk.clone_from(&view.device.secret.0),
        Authentication::Certificate => {
            let on_record = view.device.certificate.as_ref();
            device.device_cert = on_record.map(|certificate| certificate.pem.clone()).unwrap_or_default();
        }
    }
    Ok(DescribeDeviceResponse { device: Some(device) })
}

pub fn list_target(r: &GetDeviceListRequest) -> Target {
    match r.project_id.clone() {
        Some(project) if r.product_id == ALL_PRODUCTS => Target::Project(project),
        _ => Target::Product(r.product_id.clone()),
    }
}

/// FirmwareVersion that means devices which never named one. Source: spec/cloud-api.md 2.4.
const NO_FIRMWARE: &str = "None-FirmwareVersion";

/// The firmware type whose version `report_info` names; no other is known yet. Source: spec/cloud-api.md 2.4.
const MAIN_FIRMWARE: &str = "mcu";

/// `None` when no device can fit.
pub(super) fn firmware(version: Option<String>, kind: Option<&str>) -> Option<Firmware> {
    let is_main = matches!(kind, None | Some("" | MAIN_FIRMWARE));
    match version.filter(|version| !version.is_empty()) {
        None => Some(Firmware::Any),
        Some(version) if version == NO_FIRMWARE => Some(if is_main { Firmware::Unknown } else { Firmware::Any }),
        Some(version) => is_main.then_some(Firmware::Version(version)),
    }
}

pub async fn list(call: Call, r: GetDeviceListRequest) -> Result<GetDeviceListResponse, ApiError> {
    let slice = paging::slice(r.offset, r.limit)?;
    let Some(firmware) = firmware(r.firmware_version, r.fw_type.as_deref()) else {
        return Ok(GetDeviceListResponse::default());
    };
    let products = match r.project_id.filter(|_| r.product_id == ALL_PRODUCTS) {
        Some(id) => {
            let id = project::find(&call.platform, call.owner(), &id).await?.id;
            let filter = ProductFilter { project: Some(id.to_string()), ..ProductFilter::default() };
            product::list(&call.platform, call.owner(), &filter)
        }
        None => vec![product::find(&call.platform, call.owner(), &r.product_id)?],
    };
    let visible = products.iter().map(|product| &*product.product);
    let visible: Vec<_> = visible.filter(|product| access::may_see_product(&call, product)).collect();
    let filter = DeviceListFilter {
        products: visible.iter().map(|product| product.id).collect(),
        hidden: access::hidden_devices(&call, &visible).await?,
        name: r.device_name.filter(|name| !name.is_empty()),
        tags: wire::exact_tags(r.filters)?,
        firmware,
    };
    let listed = device::list(&call.platform, filter, slice).await?;
    let find = |id| products.iter().find(|product| product.product.id == id);
    let rows = listed.rows.iter().filter_map(|view| Some(wire::device(view, &find(view.device.product)?.product)));
    Ok(GetDeviceListResponse { devices: rows.collect(), total: wire::count(listed.total) })
}

/// Families do not exist yet, so `ForceDelete` changes nothing.
pub async fn delete(call: Call, r: DeleteDeviceRequest) -> Result<DeleteDeviceResponse, ApiError> {
    let device = DeviceName { product: r.product_id, name: r.device_name };
    device::delete(&call.platform, call.owner(), &[device]).await?;
    Ok(DeleteDeviceResponse::default())
}

pub async fn delete_all(call: Call, r: DeleteDevicesRequest) -> Result<DeleteDevicesResponse, ApiError> {
    device::delete(&call.platform, call.owner(), &refs(&r.devices_items)).await?;
    Ok(DeleteDevicesResponse::default())
}

pub async fn set_enabled(
    call: Call,
    r: UpdateDevicesEnableStateRequest,
) -> Result<UpdateDevicesEnableStateResponse, ApiError> {
    let enabled = match r.status {
        0 => false,
        1 => true,
        _ => {
            return Err(ApiError::value(
                "Status",
                "应为 0（禁用）或 1（启用）",
                "it must be 0 (disable) or 1 (enable)",
            ));
        }
    };
    device::set_enabled(&call.platform, call.owner(), &refs(&r.devices_items), enabled).await?;
    Ok(UpdateDevicesEnableStateResponse::default())
}

pub fn batch_target(items: &[DevicesItem]) -> Target {
    Target::Devices(refs(items))
}

fn refs(items: &[DevicesItem]) -> Vec<DeviceName> {
    items.iter().map(|item| device_ref(&item.product_id, &item.device_name, None)).collect()
}
