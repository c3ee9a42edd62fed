//! Device shadows. Source: spec/iotcloud-api.json.

use lianwu_model::shadow::{Metadata, Shadow};
use lianwu_services::{device, shadow};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DeleteDeviceShadowRequest, DeleteDeviceShadowResponse, DescribeDeviceShadowRequest, DescribeDeviceShadowResponse,
    UpdateDeviceShadowRequest, UpdateDeviceShadowResponse,
};

/// The document of a device that has none. Source: spec/device-protocol.md 9.1.
const EMPTY: &str = r#"{"state":{},"metadata":{},"version":0}"#;

pub async fn describe(call: Call, r: DescribeDeviceShadowRequest) -> Result<DescribeDeviceShadowResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let found = shadow::describe(&call.platform, &device).await?;
    Ok(DescribeDeviceShadowResponse { data: document(found.as_deref()) })
}

pub async fn update(call: Call, r: UpdateDeviceShadowRequest) -> Result<UpdateDeviceShadowResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    if !matches!(r.prefix.as_deref(), None | Some("" | "$shadow")) {
        return Err(ApiError::value("Prefix", "应为 $shadow", "it must be $shadow"));
    }
    let changed = shadow::update(&call.platform, &device, &r.state, r.shadow_version, &call.request_id).await?;
    Ok(UpdateDeviceShadowResponse { data: document(changed.document.as_deref()) })
}

pub async fn delete(call: Call, r: DeleteDeviceShadowRequest) -> Result<DeleteDeviceShadowResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    shadow::delete(&call.platform, &device, &call.request_id).await?;
    Ok(DeleteDeviceShadowResponse {})
}

fn document(shadow: Option<&Shadow>) -> String {
    let Some(shadow) = shadow else { return EMPTY.to_owned() };
    let mut out = Vec::new();
    shadow.write_document(Metadata::With, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
