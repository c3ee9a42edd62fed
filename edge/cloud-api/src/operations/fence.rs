//! Position spaces, fences, bound devices and alerts. Source: spec/cloud-api.md 2.15 and 3.12.

use std::ops::RangeInclusive;

use lianwu_model::UnixMillis;
use lianwu_model::fence::{Alert, Fence, Space};
use lianwu_services::device::{self, DeviceRef};
use lianwu_services::fence::{self, AlertsOf, BindText, FenceChange, FenceError, FenceText, SpaceText};
use lianwu_services::product;

use super::paging;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreateFenceBindRequest, CreateFenceBindResponse, CreatePositionFenceRequest, CreatePositionFenceResponse,
    CreatePositionSpaceRequest, CreatePositionSpaceResponse, DeleteFenceBindRequest, DeleteFenceBindResponse,
    DeletePositionFenceRequest, DeletePositionFenceResponse, DeletePositionSpaceRequest, DeletePositionSpaceResponse,
    DescribeFenceBindListRequest, DescribeFenceBindListResponse, DescribeFenceEventListRequest,
    DescribeFenceEventListResponse, DescribePositionFenceListRequest, DescribePositionFenceListResponse,
    DescribeSpaceFenceEventListRequest, DescribeSpaceFenceEventListResponse, GetPositionSpaceListRequest,
    GetPositionSpaceListResponse, ModifyFenceBindRequest, ModifyFenceBindResponse, ModifyPositionFenceRequest,
    ModifyPositionFenceResponse, ModifyPositionSpaceRequest, ModifyPositionSpaceResponse, ModifySpacePropertyRequest,
    ModifySpacePropertyResponse, SearchPositionSpaceRequest, SearchPositionSpaceResponse,
};
use crate::generated::structures::{
    FenceAlarmPoint, FenceBindDeviceItem, FenceBindProductItem, FenceEventItem, PositionFenceInfo, PositionFenceItem,
    PositionSpaceInfo,
};
use crate::table::Target;
use crate::wire::count;

/// The fence; without its id the operation itself refuses.
pub fn modify_target(r: &ModifyPositionFenceRequest) -> Target {
    r.fence_id.map_or(Target::Account, Target::Fence)
}

/// The narrowest of what is named.
pub fn events_target(r: &DescribeFenceEventListRequest) -> Target {
    match (r.fence_id, given(r.product_id.as_deref()), given(r.device_name.as_deref())) {
        (Some(fence), _, _) => Target::Fence(fence),
        (None, Some(product), Some(name)) => super::named(product, name, None),
        (None, Some(product), None) => Target::DevicesOf(product.to_owned()),
        (None, None, _) => Target::Account,
    }
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

pub async fn create_space(call: Call, r: CreatePositionSpaceRequest) -> Result<CreatePositionSpaceResponse, ApiError> {
    let text = SpaceText {
        name: r.space_name,
        authorize_type: r.authorize_type,
        products: r.product_id_list,
        description: r.description,
        icon: r.icon,
    };
    let made = fence::create_space(&call.platform, call.owner(), &r.project_id, text).await?;
    Ok(CreatePositionSpaceResponse { space_id: made.id.to_string() })
}

pub async fn modify_space(call: Call, r: ModifyPositionSpaceRequest) -> Result<ModifyPositionSpaceResponse, ApiError> {
    let text = SpaceText {
        name: r.space_name,
        authorize_type: r.authorize_type,
        products: r.product_id_list,
        description: r.description,
        icon: r.icon,
    };
    fence::modify_space(&call.platform, call.owner(), &r.space_id, text).await?;
    Ok(ModifyPositionSpaceResponse {})
}

pub async fn show_properties(
    call: Call,
    r: ModifySpacePropertyRequest,
) -> Result<ModifySpacePropertyResponse, ApiError> {
    fence::show_properties(&call.platform, call.owner(), &r.space_id, &r.product_id, &r.data).await?;
    Ok(ModifySpacePropertyResponse {})
}

pub async fn delete_space(call: Call, r: DeletePositionSpaceRequest) -> Result<DeletePositionSpaceResponse, ApiError> {
    fence::delete_space(&call.platform, call.owner(), &r.space_id).await?;
    Ok(DeletePositionSpaceResponse {})
}

pub async fn list_spaces(call: Call, r: GetPositionSpaceListRequest) -> Result<GetPositionSpaceListResponse, ApiError> {
    let slice = paging::slice(Some(r.offset), Some(r.limit))?;
    let found = fence::spaces(&call.platform, call.owner(), &r.project_id, "", slice).await?;
    Ok(GetPositionSpaceListResponse {
        list: found.rows.into_iter().map(space_info).collect(),
        total: count(found.total),
    })
}

pub async fn search_spaces(call: Call, r: SearchPositionSpaceRequest) -> Result<SearchPositionSpaceResponse, ApiError> {
    let slice = paging::slice(Some(r.offset), Some(r.limit))?;
    let found = fence::spaces(&call.platform, call.owner(), &r.project_id, &r.space_name, slice).await?;
    Ok(SearchPositionSpaceResponse {
        list: found.rows.into_iter().map(space_info).collect(),
        total: count(found.total),
    })
}

pub async fn create(call: Call, r: CreatePositionFenceRequest) -> Result<CreatePositionFenceResponse, ApiError> {
    let text = FenceText { name: r.fence_name, description: r.fence_desc.unwrap_or_default(), area: r.fence_area };
    fence::create_fence(&call.platform, call.owner(), &r.space_id, text).await?;
    Ok(CreatePositionFenceResponse {})
}

/// The SDKs know no parameters of it; those of the creation and the fence's id are taken.
pub async fn modify(call: Call, r: ModifyPositionFenceRequest) -> Result<ModifyPositionFenceResponse, ApiError> {
    let Some(id) = r.fence_id else {
        return Err(ApiError::invalid("FenceId", "请填写要修改的围栏", "it must name the fence to change"));
    };
    let space = r.space_id.filter(|space| !space.is_empty());
    let found = call.platform.fences.fence(call.owner(), id);
    if space.is_some_and(|space| found.is_none_or(|(fence, _)| fence.space.as_str() != space)) {
        return Err(FenceError::FenceNotFound(id).into());
    }
    let change = FenceChange { name: r.fence_name, description: r.fence_desc, area: r.fence_area };
    fence::modify_fence(&call.platform, call.owner(), id, change).await?;
    Ok(ModifyPositionFenceResponse {})
}

pub async fn delete(call: Call, r: DeletePositionFenceRequest) -> Result<DeletePositionFenceResponse, ApiError> {
    fence::delete_fence(&call.platform, call.owner(), &r.space_id, r.fence_id).await?;
    Ok(DeletePositionFenceResponse {})
}

pub async fn list(
    call: Call,
    r: DescribePositionFenceListRequest,
) -> Result<DescribePositionFenceListResponse, ApiError> {
    let slice = paging::slice(r.offset, r.limit)?;
    let found = fence::fences(&call.platform, call.owner(), &r.space_id, slice)?;
    Ok(DescribePositionFenceListResponse {
        list: found.rows.into_iter().map(fence_info).collect(),
        total: count(found.total),
    })
}

pub async fn bind(call: Call, r: CreateFenceBindRequest) -> Result<CreateFenceBindResponse, ApiError> {
    fence::bind(&call.platform, call.owner(), r.fence_id, &bind_texts(r.items)).await?;
    Ok(CreateFenceBindResponse {})
}

pub async fn change_binds(call: Call, r: ModifyFenceBindRequest) -> Result<ModifyFenceBindResponse, ApiError> {
    fence::change_binds(&call.platform, call.owner(), r.fence_id, &bind_texts(r.items)).await?;
    Ok(ModifyFenceBindResponse {})
}

pub async fn unbind(call: Call, r: DeleteFenceBindRequest) -> Result<DeleteFenceBindResponse, ApiError> {
    let devices: Vec<_> = bind_texts(r.items).into_iter().map(|text| text.device).collect();
    fence::unbind(&call.platform, call.owner(), r.fence_id, &devices).await?;
    Ok(DeleteFenceBindResponse {})
}

fn bind_texts(items: Vec<FenceBindProductItem>) -> Vec<BindText> {
    let of_product = |item: FenceBindProductItem| {
        let product = item.product_id;
        item.devices.into_iter().map(move |device| BindText {
            device: DeviceRef { product: product.clone(), name: device.device_name },
            condition: device.alert_condition,
            enabled: device.fence_enable,
            method: device.method,
        })
    };
    items.into_iter().flat_map(of_product).collect()
}

/// Pages go by devices; those of one product stand together.
pub async fn list_binds(
    call: Call,
    r: DescribeFenceBindListRequest,
) -> Result<DescribeFenceBindListResponse, ApiError> {
    let slice = paging::slice(r.offset, r.limit)?;
    let found = fence::binds(&call.platform, call.owner(), r.fence_id, slice).await?;
    let mut list: Vec<FenceBindProductItem> = Vec::new();
    for row in found.rows {
        let product_id = row.product.to_string();
        let device = FenceBindDeviceItem {
            device_name: row.name,
            alert_condition: row.bind.condition.word().to_owned(),
            fence_enable: row.bind.enabled,
            method: row.bind.method,
        };
        match list.iter_mut().find(|item| item.product_id == product_id) {
            Some(item) => item.devices.push(device),
            None => list.push(FenceBindProductItem { product_id, devices: vec![device] }),
        }
    }
    Ok(DescribeFenceBindListResponse { list, total: count(found.total) })
}

pub async fn list_events(
    call: Call,
    r: DescribeFenceEventListRequest,
) -> Result<DescribeFenceEventListResponse, ApiError> {
    let times = times(r.start_time, r.end_time)?;
    let slice = paging::slice(r.offset, r.limit)?;
    let mut of = AlertsOf::default();
    if let Some(id) = r.fence_id {
        let (fence, _) = call.platform.fences.fence(call.owner(), id).ok_or(FenceError::FenceNotFound(id))?;
        of.fence = Some(fence.id);
    }
    match (given(r.product_id.as_deref()), given(r.device_name.as_deref())) {
        (Some(product), Some(name)) => {
            of.device = Some(device::find(&call.platform, call.owner(), product, name)?.number);
        }
        (Some(id), None) => of.product = Some(product::find(&call.platform, call.owner(), id)?.product.id),
        (None, Some(_)) => return Err(ApiError::missing("ProductId")),
        (None, None) => {}
    }
    let found = fence::alerts(&call.platform, call.owner(), of, times, slice).await?;
    Ok(DescribeFenceEventListResponse { list: found.rows.iter().map(event).collect(), total: count(found.total) })
}

pub async fn list_space_events(
    call: Call,
    r: DescribeSpaceFenceEventListRequest,
) -> Result<DescribeSpaceFenceEventListResponse, ApiError> {
    let times = times(r.start_time, r.end_time)?;
    let slice = paging::slice(r.offset, r.limit)?;
    let space = call.platform.fences.space(call.owner(), &r.space_id);
    let space = space.ok_or_else(|| FenceError::SpaceNotFound(r.space_id.clone()))?;
    let of = AlertsOf { space: Some(space.id), ..AlertsOf::default() };
    let found = fence::alerts(&call.platform, call.owner(), of, times, slice).await?;
    Ok(DescribeSpaceFenceEventListResponse { list: found.rows.iter().map(event).collect(), total: count(found.total) })
}

/// Milliseconds, both inclusive.
///
/// # Errors
/// `InvalidParameterValue.StartTimeLaterEndTime`, and for negative times.
pub fn times(start: i64, end: i64) -> Result<RangeInclusive<UnixMillis>, ApiError> {
    let time = |name, value| {
        let wrong = |_| ApiError::value(name, "应为毫秒时间戳", "it must be a time in milliseconds");
        u64::try_from(value).map(UnixMillis).map_err(wrong)
    };
    let (start, end) = (time("StartTime", start)?, time("EndTime", end)?);
    if start > end {
        return Err(ApiError::value("StartTime", "不能晚于 EndTime", "it must not be later than EndTime")
            .with_code("InvalidParameterValue.StartTimeLaterEndTime"));
    }
    Ok(start..=end)
}

fn space_info(space: Space) -> PositionSpaceInfo {
    PositionSpaceInfo {
        project_id: space.project.to_string(),
        space_id: space.id.to_string(),
        space_name: space.name,
        authorize_type: space.authorize_type as i64,
        description: space.description,
        product_id_list: space.products.iter().map(|of| of.product.to_string()).collect(),
        icon: space.icon,
        create_time: count(space.created.seconds()),
        update_time: count(space.updated.seconds()),
        // Maps are drawn by whoever shows them.
        zoom: 0,
    }
}

fn fence_info(fence: Fence) -> PositionFenceInfo {
    PositionFenceInfo {
        create_time: count(fence.created.seconds()),
        update_time: count(fence.updated.seconds()),
        geo_fence: Some(PositionFenceItem {
            fence_id: count(fence.id.0),
            space_id: fence.space.to_string(),
            fence_name: fence.name,
            fence_desc: fence.description,
            fence_area: fence.area,
        }),
    }
}

fn event(alert: &Alert) -> FenceEventItem {
    FenceEventItem {
        product_id: alert.key.product.to_string(),
        device_name: alert.key.device.to_string(),
        fence_id: count(alert.fence.0),
        alert_type: alert.crossing.word().to_owned(),
        data: Some(FenceAlarmPoint {
            alarm_time: count(alert.time.0),
            longitude: alert.position.longitude,
            latitude: alert.position.latitude,
        }),
    }
}
