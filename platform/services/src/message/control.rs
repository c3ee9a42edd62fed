//! Setting properties of a device.

use lianwu_device_protocol::reply;
use lianwu_model::json::Scanner;
use lianwu_model::thing_model::Purpose;
use lianwu_ports::bus::{Delivery, Down, DownKind};

use super::{SendError, ValuesError, nothing_behind};
use crate::Platform;
use crate::directory::DirectoryDevice;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    #[error(transparent)]
    Values(#[from] ValuesError),
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Sends `data`, a JSON object of identifier and value, to the device. Does not wait for its `control_reply`.
///
/// A device that is offline or not subscribed is no error: the values stay pending and are handed to it when it asks
/// with `get_status`. Source: spec/cloud-api.md 3.7.
///
/// # Errors
/// Values the model refuses, or the platform being unable to log the message.
pub async fn control(
    platform: &Platform,
    device: &DirectoryDevice,
    data: &str,
    request_id: &str,
) -> Result<Delivery, ControlError> {
    let model = platform.catalog.model(device.product).ok_or(ValuesError::NoModel)?;
    let mut scanner = Scanner::new(data.as_bytes());
    model.validator.check_properties(&mut scanner, Purpose::Control).map_err(ValuesError::from)?;
    nothing_behind(scanner)?;
    let mut payload = Vec::new();
    let token = format!("clientToken-{}", uuid::Uuid::new_v4());
    reply::control(&token, data.trim().as_bytes(), &mut payload).map_err(ValuesError::from)?;
    let down = Down {
        device: device.key(),
        number: device.number,
        kind: DownKind::PropertyControl,
        // A device that keeps its session gets it later; any other gets it with QoS 0, as ever.
        qos: 1,
        payload: payload.into(),
        request_id: request_id.into(),
    };
    Ok(platform.bus.deliver(down).await.map_err(SendError::from)?)
}
