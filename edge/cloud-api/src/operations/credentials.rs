//! What a device sends to sign in. Source: spec/lianwu-api.json.

use lianwu_device_protocol::credentials::Method;
use lianwu_services::device::{self, CredentialsWish};

use super::named;
use crate::access;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    DescribeDevice, DescribeDeviceCredentialsRequest, DescribeDeviceCredentialsResponse,
};
use crate::metadata::Operation;

/// Seconds credentials are good when the caller does not say.
const SECONDS: u64 = 3600;

/// Who may not read a device's secret may not have it used either: both rights are needed.
pub async fn describe(
    call: Call,
    r: DescribeDeviceCredentialsRequest,
) -> Result<DescribeDeviceCredentialsResponse, ApiError> {
    let reading = Call { spec: DescribeDevice::SPEC, ..call.clone() };
    access::authorise(&reading, &named(&r.product_id, &r.device_name, None)).await?;
    let method = match r.method.as_deref().filter(|name| !name.is_empty()) {
        None => Method::HmacSha256,
        Some(name) => Method::from_name(name.as_bytes()).ok_or_else(|| {
            ApiError::value("Method", "应为 hmacsha256 或 hmacsha1", "it must be hmacsha256 or hmacsha1")
        })?,
    };
    let wish = CredentialsWish { method, seconds: r.valid_seconds.unwrap_or(SECONDS) };
    let (made, expiry) = device::credentials(&call.platform, call.owner(), &r.product_id, &r.device_name, wish)?;
    Ok(DescribeDeviceCredentialsResponse {
        client_id: made.client_id,
        user_name: made.user_name,
        password: made.password,
        expire_time: expiry.seconds(),
    })
}
