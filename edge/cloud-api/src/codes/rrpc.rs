//! Questions to devices.

use lianwu_services::rrpc::{CALLS_MAX, RrpcError};

use crate::error::ApiError;

impl From<RrpcError> for ApiError {
    fn from(error: RrpcError) -> Self {
        match error {
            RrpcError::Publish(error) => error.into(),
            RrpcError::NotAnObject(why) => Self::value(
                "Payload",
                &format!("填写 Topic 时应为 JSON 对象，且不含 clientToken（{why}）"),
                &format!("with a Topic it must be a JSON object without clientToken: {why}"),
            ),
            RrpcError::ReplyTopic => Self::value(
                "ReplyTopic",
                "应为同一设备的 `ProductId/DeviceName/...`",
                "it must be ProductId/DeviceName/... of the same device",
            )
            .with_code("InvalidParameterValue.TopicMismatch"),
            RrpcError::TooMany => Self::new(
                "RequestLimitExceeded",
                format!("已有 {CALLS_MAX} 个调用在等待设备应答，请稍后重试。"),
                format!("{CALLS_MAX} calls wait for answers of devices; try again later."),
            ),
        }
    }
}
