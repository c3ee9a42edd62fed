//! Broadcasts.

use lianwu_services::broadcast::{BroadcastError, PAYLOAD_BASE64_BYTES_MAX};

use crate::error::ApiError;

impl From<BroadcastError> for ApiError {
    fn from(error: BroadcastError) -> Self {
        match error {
            BroadcastError::Product(error) => error.into(),
            BroadcastError::TooLong => {
                Self::value("Payload", &format!("按 Base64 计最长 {PAYLOAD_BASE64_BYTES_MAX} 字节"), &error.to_string())
                    .with_code("InvalidParameterValue.PayloadOverLimit")
            }
            BroadcastError::Running => Self::new(
                "FailedOperation.BroadcastTaskIsRunning",
                "该产品有广播任务正在执行，请稍后重试。",
                "A broadcast to the product's devices is running; try again when it has ended.",
            ),
        }
    }
}
