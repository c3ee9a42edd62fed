//! Log levels of devices.

use lianwu_services::device_log::LevelError;

use crate::error::ApiError;

impl From<LevelError> for ApiError {
    fn from(error: LevelError) -> Self {
        match error {
            LevelError::Product(error) => error.into(),
            LevelError::Device(error) => error.into(),
            // The level is set all the same; the device asks for it when it signs in.
            LevelError::NotTold(error) => error.into(),
            LevelError::Store(error) => {
                tracing::error!(%error, "a log level could not be kept");
                Self::internal()
            }
        }
    }
}
