//! Reading the log, and what the instance says of itself.

use lianwu_services::replay::ReplayError;
use lianwu_services::replay::again::AgainError;

use super::definition;
use super::device::closed;
use super::message::no_model;
use crate::error::ApiError;

impl From<ReplayError> for ApiError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Log(why) => {
                tracing::error!(%why, "the log could not be read for a replay");
                Self::internal()
            }
            ReplayError::Closed => closed(),
        }
    }
}

impl From<AgainError> for ApiError {
    fn from(error: AgainError) -> Self {
        match error {
            AgainError::Product(error) => error.into(),
            AgainError::Definition(error) => definition::refusal(&error),
            AgainError::NoModel => no_model(),
            AgainError::Replay(error) => error.into(),
        }
    }
}
