//! Telling a device that people took it into use, or gave it up. Source: spec/device-protocol.md 6.10.

use lianwu_device_protocol::reply::{self, Bond};
use lianwu_device_protocol::topic::{DownTopic, down_topic};
use lianwu_ports::bus::{Delivery, Down, DownKind};

use super::SendError;
use crate::Platform;
use crate::directory::DirectoryDevice;

/// Sends `bind_device` or `unbind_device` on `$thing/down/service`. The device does not answer; one that is away is
/// not told later, it learns its state when it asks.
///
/// # Errors
/// When the platform cannot log the message.
pub async fn notify_bond(
    platform: &Platform,
    device: &DirectoryDevice,
    bond: Bond,
    request_id: &str,
) -> Result<Delivery, SendError> {
    let mut topic = String::new();
    down_topic(DownTopic::ThingService, device.product, device.name.as_str(), &mut topic);
    let token = format!("clientToken-{}", uuid::Uuid::new_v4());
    let mut payload = Vec::new();
    reply::bond_notice(bond, device.product, &device.name, &token, platform.clock.now(), &mut payload);
    let down = Down {
        device: device.key(),
        number: device.number,
        kind: DownKind::Topic(topic.into()),
        qos: 0,
        payload: payload.into(),
        request_id: request_id.into(),
    };
    Ok(platform.bus.deliver(down).await?)
}
