//! Messages from the cloud to a device, and reports made in its name.

mod action;
mod control;
mod group;
mod notice;
mod online;
mod publish;
mod replies;
mod report;

use lianwu_device_protocol::reply::DownTooLarge;
use lianwu_model::json::Scanner;
use lianwu_model::thing_model::{Cause, Violation};
use lianwu_ports::bus::DeliverError;
use lianwu_ports::log::CommitError;

pub use action::{ActionAnswer, CallError, Called, call_action, call_action_and_wait};
pub use control::{ControlError, control};
pub use group::{Member, control_each};
pub use lianwu_device_protocol::reply::Bond;
pub use notice::notify_bond;
pub(crate) use online::send_to_online;
pub use publish::{PAYLOAD_BYTES_MAX, Post, PublishError, Published, TopicError, publish, publish_each, topic_for};
pub use replies::{ActionReply, PendingReplies, Waiting};
pub use report::{ReportError, commit, report_for};

/// Why values from the cloud were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    #[error("the product has no thing model")]
    NoModel,
    /// Not JSON, or not an object.
    #[error("it must be a JSON object: {0}")]
    NotAnObject(String),
    /// Names the identifier.
    #[error("{0}")]
    NotDefined(String),
    #[error("{0}")]
    NotWritable(String),
    /// Wrong type, out of range, missing.
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    TooLarge(#[from] DownTooLarge),
}

impl From<Box<Violation<'_>>> for ValuesError {
    fn from(violation: Box<Violation<'_>>) -> Self {
        let text = violation.to_string();
        match violation.cause {
            Cause::Json(_) => Self::NotAnObject(text),
            Cause::NotAnObject { .. } if violation.path.is_empty() => Self::NotAnObject(text),
            Cause::NotDefined => Self::NotDefined(text),
            Cause::NotWritable => Self::NotWritable(text),
            _ => Self::Invalid(text),
        }
    }
}

/// Messages to several devices in one call. Source: spec/cloud-api.md 3.9.
pub const DEVICES_MAX: usize = 100;

/// The text must end where the checked object ends.
fn nothing_behind(scanner: Scanner<'_>) -> Result<(), ValuesError> {
    scanner.finish().map_err(|error| ValuesError::NotAnObject(error.to_string()))
}

/// Could not be sent, and why; nothing of it is acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    #[error("too much is waiting, try again")]
    Busy,
    #[error("a device may be sent {0} messages a second, see limits.device_down_tps")]
    OverRate(u32),
    #[error("{per_second} messages a second may be sent, see {key}")]
    OverSharedRate { per_second: u32, key: &'static str },
    #[error("the device has not acknowledged the messages it was sent before, try again later")]
    Unacknowledged,
    /// The product's script gave no bytes for the message.
    #[error("the product's script: {0}")]
    Script(String),
    #[error("{0}")]
    Storage(String),
    #[error("the platform is shutting down")]
    Closed,
}

impl From<DeliverError> for SendError {
    fn from(error: DeliverError) -> Self {
        match error {
            DeliverError::Busy => Self::Busy,
            DeliverError::Unacknowledged => Self::Unacknowledged,
            DeliverError::OverRate(per_second) => Self::OverRate(per_second),
            DeliverError::Script(why) => Self::Script(why),
            DeliverError::OverSharedRate { per_second, key } => Self::OverSharedRate { per_second, key },
            DeliverError::Commit(CommitError::Closed) | DeliverError::Closed => Self::Closed,
            DeliverError::Commit(error) => Self::Storage(error.to_string()),
        }
    }
}
