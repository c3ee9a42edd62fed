//! Diagnosis of a device.

use lianwu_services::device::DeviceError;
use lianwu_services::diagnosis::DiagnosisError;

use super::store;
use crate::error::ApiError;

impl From<DiagnosisError> for ApiError {
    fn from(error: DiagnosisError) -> Self {
        match error {
            DiagnosisError::Product(error) => error.into(),
            DiagnosisError::NameForm(name) => DeviceError::NameForm(name).into(),
            DiagnosisError::Store(error) => store(&error),
            DiagnosisError::Telemetry(error) => error.into(),
        }
    }
}
