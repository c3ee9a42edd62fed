//! Devices by state, their secrets for production, those behind a gateway. Source: spec/lianwu-api.json.

use lianwu_model::DeviceNumber;
use lianwu_model::product::Authentication;
use lianwu_services::device::{self, DeviceListFilter, DevicePage, DeviceView, PAGE_MAX};
use lianwu_services::directory::StateFilter;
use lianwu_services::product::{self, ProductFilter};
use lianwu_services::{gateway, project};

use super::device::{batch_target, firmware};
use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeDevice, ListDeviceSecretsRequest, ListDeviceSecretsResponse, ListDevicesRequest, ListDevicesResponse,
    ListSubDevicesRequest, ListSubDevicesResponse,
};
use crate::generated::structures::{DeviceCounts, DeviceInfo, DeviceSecretItem};
use crate::metadata::Operation;
use crate::table::Target;
use crate::wire;

const PAGE_DEFAULT: usize = 20;

fn given(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

/// The product when one is named, otherwise the project; without either the products that the caller may see.
pub fn target(r: &ListDevicesRequest) -> Target {
    match (given(r.product_id.as_ref()), given(r.project_id.as_ref())) {
        (Some(product), _) => Target::Product(product.to_owned()),
        (None, Some(project)) => Target::Project(project.to_owned()),
        (None, None) => Target::Rows { project: None },
    }
}

pub async fn list(call: Call, r: ListDevicesRequest) -> Result<ListDevicesResponse, ApiError> {
    let (state, before, limit) = (state(r.state.as_deref())?, position(r.context.as_deref())?, page_size(r.limit)?);
    let products = match (given(r.product_id.as_ref()), given(r.project_id.as_ref())) {
        (Some(product), _) => vec![product::find(&call.platform, call.owner(), product)?],
        (None, Some(project)) => {
            let id = project::find(&call.platform, call.owner(), project).await?.id;
            let filter = ProductFilter { project: Some(id.to_string()), ..ProductFilter::default() };
            product::list(&call.platform, call.owner(), &filter)
        }
        (None, None) => product::list(&call.platform, call.owner(), &ProductFilter::default()),
    };
    let visible: Vec<_> = products.iter().map(|known| &*known.product).collect();
    let visible: Vec<_> = visible.into_iter().filter(|product| access::may_see_product(&call, product)).collect();
    let filter = DeviceListFilter {
        products: visible.iter().map(|product| product.id).collect(),
        hidden: access::hidden_devices(&call, &visible).await?,
        name: r.device_name.filter(|name| !name.is_empty()),
        tags: r.tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        firmware: firmware(r.firmware_version, None).unwrap_or_default(),
    };
    // Whoever may not see all of them is not told how many there are, nor how many were passed over.
    let sees_all = filter.hidden.is_empty();
    let counts = sees_all.then(|| counts(&call, &filter));
    let DevicePage { rows, next, looked_at } = device::search(&call.platform, filter, state, before, limit).await?;
    Ok(ListDevicesResponse {
        devices: shown(&call, &rows),
        listover: next.is_none(),
        context: next.map(|next| next.0.to_string()).unwrap_or_default(),
        counts,
        devices_read: if sees_all { looked_at } else { rows.len() as u64 },
    })
}

fn state(word: Option<&str>) -> Result<StateFilter, ApiError> {
    match word {
        None | Some("") => Ok(StateFilter::Any),
        Some("online") => Ok(StateFilter::Online),
        Some("offline") => Ok(StateFilter::Offline),
        Some("inactive") => Ok(StateFilter::NeverActivated),
        Some("disabled") => Ok(StateFilter::Disabled),
        Some(_) => Err(ApiError::value(
            "State",
            "应为 online、offline、inactive 或 disabled",
            "it must be online, offline, inactive or disabled",
        )),
    }
}

/// A plain number, as in `ListMessages`: it stays good over restarts, and every page is checked against the rights of its caller.
fn position(context: Option<&str>) -> Result<Option<DeviceNumber>, ApiError> {
    let Some(text) = context.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse()
        .map(|number| Some(DeviceNumber(number)))
        .map_err(|_| ApiError::value("Context", "应为上次返回的 Context", "it must be the Context of the last answer"))
}

fn page_size(limit: Option<u64>) -> Result<usize, ApiError> {
    match usize::try_from(limit.unwrap_or(0)) {
        Ok(0) => Ok(PAGE_DEFAULT),
        Ok(limit @ 1..=PAGE_MAX) => Ok(limit),
        _ => Err(ApiError::value("Limit", "应为 1 到 1000", "it must be 1 to 1000")),
    }
}

fn counts(call: &Call, filter: &DeviceListFilter) -> DeviceCounts {
    let counts = call.platform.directory.state_counts(&filter.products);
    DeviceCounts {
        total: counts.registered,
        online: counts.online,
        offline: counts.offline(),
        inactive: counts.never_activated(),
        disabled: counts.disabled,
    }
}

fn shown(call: &Call, rows: &[DeviceView]) -> Vec<DeviceInfo> {
    let product = |view: &DeviceView| call.platform.catalog.product(view.device.product);
    rows.iter().filter_map(|view| Some(wire::device(view, &product(view)?.product))).collect()
}

pub fn secrets_target(r: &ListDeviceSecretsRequest) -> Target {
    batch_target(&r.devices)
}

/// Who may not read the secret of each of them gets none: both rights are needed.
pub async fn secrets(call: Call, r: ListDeviceSecretsRequest) -> Result<ListDeviceSecretsResponse, ApiError> {
    let reading = Call { spec: DescribeDevice::SPEC, ..call.clone() };
    access::authorise(&reading, &batch_target(&r.devices)).await?;
    if !(1..=device::BATCH_MAX).contains(&r.devices.len()) {
        return Err(device::DeviceError::BatchSize(r.devices.len()).into());
    }
    let mut secrets = Vec::with_capacity(r.devices.len());
    for item in r.devices {
        let device = device::find(&call.platform, call.owner(), &item.product_id, &item.device_name)?;
        let product = product::find(&call.platform, call.owner(), &item.product_id)?.product;
        let device_psk = match product.authentication {
            Authentication::Key => device.secret.text().to_owned(),
            Authentication::Certificate => String::new(),
        };
        secrets.push(DeviceSecretItem { product_id: item.product_id, device_name: item.device_name, device_psk });
    }
    Ok(ListDeviceSecretsResponse { secrets })
}

pub async fn sub_devices(call: Call, r: ListSubDevicesRequest) -> Result<ListSubDevicesResponse, ApiError> {
    let slice = paging::slice_unsigned(r.offset, r.limit)?;
    let found = gateway::find(&call.platform, call.owner(), &r.gateway_product_id, &r.gateway_device_name)?;
    let mut devices = call.platform.topology.sub_devices(found.number);
    devices.retain(|device| {
        let product = call.platform.catalog.product(device.product);
        product.is_some_and(|known| access::may_see_device(&call, &known.product, device))
    });
    let online = devices.iter().filter(|device| device.is_online()).count() as u64;
    let total = devices.len() as u64;
    let rows = device::views(&call.platform, &paging::cut(devices, slice)).await?;
    Ok(ListSubDevicesResponse { devices: shown(&call, &rows), total, online })
}
