//! Control of a group: the same control sent to each member.
//!
//! Source: spec/device-protocol.md 6.11. Gateways get a shorter form once there are gateways.

use std::sync::Arc;

use lianwu_ports::bus::Delivery;
use tokio::task::JoinSet;

use super::{ControlError, DEVICES_MAX, control};
use crate::Platform;
use crate::directory::DirectoryDevice;

/// What became of the control of one member.
#[derive(Debug)]
pub struct Member {
    pub device: Arc<DirectoryDevice>,
    pub outcome: Result<Delivery, ControlError>,
}

/// Sends `data` to each device, all at once; one member's failure does not keep the others from it. At most
/// [`DEVICES_MAX`] are sent to, in the order given; outcomes come in that order as well.
pub async fn control_each(
    platform: &Arc<Platform>,
    devices: Vec<Arc<DirectoryDevice>>,
    data: &str,
    request_id: &str,
) -> Vec<Member> {
    let mut sending = JoinSet::new();
    for (place, device) in devices.into_iter().take(DEVICES_MAX).enumerate() {
        let (platform, data, request_id) = (Arc::clone(platform), data.to_owned(), request_id.to_owned());
        sending.spawn(async move {
            let outcome = control(&platform, &device, &data, &request_id).await;
            (place, Member { device, outcome })
        });
    }
    let mut members = sending.join_all().await;
    members.sort_by_key(|(place, _)| *place);
    members.into_iter().map(|(_, member)| member).collect()
}
