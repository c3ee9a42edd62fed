//! Device shadows as the cloud sees them. Source: spec/device-protocol.md 9.1.
//!
//! Rules are in `lianwu_model::shadow`; the home of the device decides on every change, so that two never pass each
//! other.

use lianwu_model::json::members;
use lianwu_model::shadow::{Refusal, Shadow};
use lianwu_ports::bus::{ChangeShadowError, ShadowChange, ShadowChanged};
use lianwu_ports::readings::ReadingError;

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::message::SendError;
use crate::telemetry::{self, TelemetryError};

/// Why a shadow was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShadowError {
    #[error("it must be a JSON object with the member desired: {0}")]
    NotAState(String),
    /// Only the device says what it is.
    #[error("the member {0} is not the cloud's to change, only desired is")]
    NotTheClouds(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Reading(#[from] ReadingError),
    #[error(transparent)]
    Send(#[from] SendError),
}

impl From<ChangeShadowError> for ShadowError {
    fn from(error: ChangeShadowError) -> Self {
        match error {
            ChangeShadowError::Refused(refusal) => Self::Refused(refusal),
            ChangeShadowError::Reading(error) => Self::Reading(error),
            ChangeShadowError::Deliver(error) => Self::Send(error.into()),
        }
    }
}

/// The document; `None` when neither the device nor the cloud has ever written one.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn describe(platform: &Platform, device: &DirectoryDevice) -> Result<Option<Box<Shadow>>, TelemetryError> {
    Ok(telemetry::latest(platform, device.number).await?.shadow)
}

/// Changes what is desired and tells the device. `state` is `{"desired":{..}}` or `{"desired":null}`; the document must
/// be at `version`, 0 stands for any.
///
/// # Errors
/// A state of another form, a version that is not the current one, or the platform being unable to store it.
pub async fn update(
    platform: &Platform,
    device: &DirectoryDevice,
    state: &str,
    version: u64,
    request_id: &str,
) -> Result<ShadowChanged, ShadowError> {
    check_state(state)?;
    let payload = format!(r#"{{"type":"update","state":{},"version":{version}}}"#, state.trim());
    change(platform, device, payload, request_id).await
}

/// Takes the document away. The device is not told; it learns it when it asks.
///
/// # Errors
/// The platform being unable to store it.
pub async fn delete(
    platform: &Platform,
    device: &DirectoryDevice,
    request_id: &str,
) -> Result<ShadowChanged, ShadowError> {
    change(platform, device, r#"{"type":"delete"}"#.to_owned(), request_id).await
}

async fn change(
    platform: &Platform,
    device: &DirectoryDevice,
    payload: String,
    request_id: &str,
) -> Result<ShadowChanged, ShadowError> {
    let change = ShadowChange {
        device: device.key(),
        number: device.number,
        payload: payload.into_bytes().into(),
        request_id: request_id.into(),
    };
    Ok(platform.bus.change_shadow(change).await?)
}

fn check_state(state: &str) -> Result<(), ShadowError> {
    let mut has_desired = false;
    for member in members(state.as_bytes()) {
        let (key, _) = member.map_err(|error| ShadowError::NotAState(error.to_string()))?;
        match key.unescape().as_ref() {
            "desired" => has_desired = true,
            other => return Err(ShadowError::NotTheClouds(other.to_owned())),
        }
    }
    if has_desired { Ok(()) } else { Err(ShadowError::NotAState("desired missing".to_owned())) }
}
