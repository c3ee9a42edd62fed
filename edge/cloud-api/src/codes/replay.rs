//! Reading the log, and what the instance says of itself.

use lianwu_services::replay::ReplayError;

use super::device::closed;
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
