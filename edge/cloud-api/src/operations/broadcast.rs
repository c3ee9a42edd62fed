//! Broadcasts to all devices of a product. Source: spec/cloud-api.md 2.6.

use std::sync::Arc;

use lianwu_services::broadcast::{self, Broadcast};

use super::publish::{payload, qos};
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{PublishBroadcastMessageRequest, PublishBroadcastMessageResponse};

pub async fn publish(
    call: Call,
    r: PublishBroadcastMessageRequest,
) -> Result<PublishBroadcastMessageResponse, ApiError> {
    let broadcast = Broadcast {
        qos: qos(Some(r.qos))?,
        payload: payload(&r.payload, r.payload_encoding.as_deref())?,
        request_id: Arc::clone(&call.request_id),
    };
    let task = broadcast::start(&call.platform, call.owner(), &r.product_id, broadcast)?;
    Ok(PublishBroadcastMessageResponse { task_id: task.cast_signed() })
}
