//! Where devices are and were. Source: spec/cloud-api.md 2.15 and 3.12.

use lianwu_model::position::{LOCATION_TYPE, Position};
use lianwu_services::invalid::{Invalid, Rule};
use lianwu_services::{device, position, product};

use super::fence::times;
use super::paging;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeDevicePositionListRequest, DescribeDevicePositionListResponse, GetDeviceLocationHistoryRequest,
    GetDeviceLocationHistoryResponse,
};
use crate::generated::structures::{DevicePositionItem, PositionItem, ProductDevicesPositionItem};
use crate::wire::count;

/// Products of one call.
const PRODUCTS_MAX: usize = 50;

/// The number of GCJ-02 in calls; any other stands for WGS-84, in which devices report.
const GCJ_02: i64 = 1;

fn place(position: Position, coordinates: Option<i64>) -> Position {
    if coordinates == Some(GCJ_02) { position.to_gcj02() } else { position }
}

/// Pages go through the devices of all products together; a device that never said where it is is on none.
pub async fn list(
    call: Call,
    r: DescribeDevicePositionListRequest,
) -> Result<DescribeDevicePositionListResponse, ApiError> {
    let slice = paging::slice(r.offset, r.limit)?;
    if !(1..=PRODUCTS_MAX).contains(&r.product_id_list.len()) {
        return Err(Invalid { field: "ProductIdList", rule: Rule::Count { min: 1, max: PRODUCTS_MAX } }.into());
    }
    let mut products = Vec::with_capacity(r.product_id_list.len());
    for id in &r.product_id_list {
        let found = product::find(&call.platform, call.owner(), id)?.product;
        if products.iter().all(|known: &std::sync::Arc<lianwu_model::product::Product>| known.id != found.id) {
            products.push(found);
        }
    }
    let products: Vec<_> = products.iter().map(AsRef::as_ref).collect();
    let hidden = access::hidden_devices(&call, &products).await?;
    let found = position::latest(&call.platform, &products, hidden, slice).await?;
    let items = products.iter().map(|product| {
        let of = found.rows.iter().filter(|row| row.product == product.id);
        let items = of.map(|row| {
            let at = place(row.position, r.coordinate_type);
            DevicePositionItem {
                device_name: row.name.clone(),
                create_time: count(row.time.0),
                longitude: at.longitude,
                latitude: at.latitude,
            }
        });
        let items: Vec<_> = items.collect();
        ProductDevicesPositionItem { product_id: product.id.to_string(), total: count(items.len() as u64), items }
    });
    Ok(DescribeDevicePositionListResponse { positions: items.collect(), total: count(found.total) })
}

/// At most [`position::POSITIONS_MAX`] places, oldest first: who wants more goes on from the last one.
pub async fn history(
    call: Call,
    r: GetDeviceLocationHistoryRequest,
) -> Result<GetDeviceLocationHistoryResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let times = times(r.start_time, r.end_time)?;
    let track = position::track(&call.platform, &device, times).await?;
    let item = |(time, at): (lianwu_model::UnixMillis, Position)| {
        let at = place(at, r.coordinate_type);
        PositionItem {
            create_time: count(time.0),
            longitude: at.longitude,
            latitude: at.latitude,
            location_type: LOCATION_TYPE.to_owned(),
            // The location properties say nothing of it.
            accuracy: 0.0,
        }
    };
    Ok(GetDeviceLocationHistoryResponse { positions: track.into_iter().map(item).collect() })
}
