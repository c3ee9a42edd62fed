//! What a device says of itself, and what it is told of its users. Source: spec/lianwu-api.json.

use lianwu_ports::bus::Delivery;
use lianwu_services::message::{Bond, notify_bond};
use lianwu_services::{device, telemetry};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeReportedInfoRequest, DescribeReportedInfoResponse, NotifyDeviceBindingRequest, NotifyDeviceBindingResponse,
};

pub async fn describe(call: Call, r: DescribeReportedInfoRequest) -> Result<DescribeReportedInfoResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let state = telemetry::latest(&call.platform, device.number).await?;
    Ok(DescribeReportedInfoResponse {
        info: state.info.map(String::from).unwrap_or_default(),
        firmware_version: state.firmware.map(String::from).unwrap_or_default(),
    })
}

pub async fn notify_binding(
    call: Call,
    r: NotifyDeviceBindingRequest,
) -> Result<NotifyDeviceBindingResponse, ApiError> {
    let bond = match r.event.as_str() {
        "Bind" => Bond::Bound,
        "Unbind" => Bond::Unbound,
        _ => return Err(ApiError::value("Event", "应为 Bind 或 Unbind", "it must be Bind or Unbind")),
    };
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let told = match notify_bond(&call.platform, &device, bond, &call.request_id).await? {
        Delivery::Delivered => "delivered",
        Delivery::NotSubscribed => "not_subscribed",
        Delivery::Offline => "offline",
        Delivery::Queued => "queued",
    };
    Ok(NotifyDeviceBindingResponse { told: told.to_owned() })
}
