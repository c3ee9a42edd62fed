//! Calling an action of a device, with or without waiting for its answer.

use std::time::Duration;

use lianwu_device_protocol::reply;
use lianwu_model::json::Scanner;
use lianwu_ports::bus::{Delivery, Down, DownKind};

use super::{ActionReply, SendError, ValuesError, nothing_behind};
use crate::Platform;
use crate::directory::DirectoryDevice;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("the thing model has no action {0}")]
    UnknownAction(String),
    #[error("input: {0}")]
    Input(ValuesError),
    #[error("the product has no thing model")]
    NoModel,
    #[error(transparent)]
    Send(#[from] SendError),
    /// Delivered, but the device did not answer in time.
    #[error("the device did not answer within {0} ms")]
    Timeout(u64),
}

/// A call that was sent, or could not reach the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    pub token: String,
    pub delivery: Delivery,
}

/// How a call that waits came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionAnswer {
    /// Offline or not subscribed.
    Unreachable,
    Answered {
        token: String,
        reply: ActionReply,
    },
}

/// Sends the call. Source: spec/cloud-api.md 3.8.
///
/// # Errors
/// Unknown action, input the model refuses, or the platform being unable to log the message.
pub async fn call_action(
    platform: &Platform,
    device: &DirectoryDevice,
    action: &str,
    input: &str,
    request_id: &str,
) -> Result<Called, CallError> {
    let mut call = Call::prepare(platform, device, action, input, request_id)?;
    // Nobody waits for the answer, so the call may wait for the device.
    call.down.qos = 1;
    let delivery = platform.bus.deliver(call.down).await.map_err(SendError::from)?;
    Ok(Called { token: call.token, delivery })
}

/// Sends the call and waits for the device's `action_reply`.
///
/// # Errors
/// As [`call_action`], and [`CallError::Timeout`].
pub async fn call_action_and_wait(
    platform: &Platform,
    device: &DirectoryDevice,
    action: &str,
    input: &str,
    request_id: &str,
) -> Result<ActionAnswer, CallError> {
    let call = Call::prepare(platform, device, action, input, request_id)?;
    // Before sending: a quick device answers before the delivery is reported.
    let mut waiting = platform.replies.expect(device.number, &call.token);
    if platform.bus.deliver(call.down).await.map_err(SendError::from)? != Delivery::Delivered {
        return Ok(ActionAnswer::Unreachable);
    }
    let wait_ms = platform.limits.reply_wait_ms;
    match tokio::time::timeout(Duration::from_millis(wait_ms), waiting.answer()).await {
        Ok(Some(reply)) => Ok(ActionAnswer::Answered { token: call.token, reply }),
        Ok(None) => Err(SendError::Closed.into()),
        Err(_) => Err(CallError::Timeout(wait_ms)),
    }
}

struct Call {
    token: String,
    down: Down,
}

impl Call {
    fn prepare(
        platform: &Platform,
        device: &DirectoryDevice,
        action: &str,
        input: &str,
        request_id: &str,
    ) -> Result<Self, CallError> {
        let model = platform.catalog.model(device.product).ok_or(CallError::NoModel)?;
        let known = model.validator.action(action).ok_or_else(|| CallError::UnknownAction(action.to_owned()))?;
        let input = if input.trim().is_empty() { "{}" } else { input.trim() };
        let mut scanner = Scanner::new(input.as_bytes());
        known.check_input(&mut scanner).map_err(|violation| CallError::Input(violation.into()))?;
        nothing_behind(scanner).map_err(CallError::Input)?;
        let token = uuid::Uuid::new_v4().simple().to_string();
        let mut payload = Vec::new();
        reply::action(&token, action, platform.clock.now(), input.as_bytes(), &mut payload)
            .map_err(|error| CallError::Input(error.into()))?;
        let down = Down {
            device: device.key(),
            number: device.number,
            kind: DownKind::ActionCall,
            // A call that is told "not reached" must not be made later.
            qos: 0,
            payload: payload.into(),
            request_id: request_id.into(),
        };
        Ok(Self { token, down })
    }
}
