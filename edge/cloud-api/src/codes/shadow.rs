//! Device shadows. The codes are those of the vendor's hub.

use lianwu_model::shadow::{DEPTH_MAX, DOCUMENT_BYTES_MAX, Refusal};
use lianwu_services::shadow::ShadowError;

use crate::error::ApiError;

impl From<ShadowError> for ApiError {
    fn from(error: ShadowError) -> Self {
        match error {
            ShadowError::NotAState(why) => Self::value(
                "State",
                &format!("应为含 desired 的 JSON 对象（{why}）"),
                &format!("it must be a JSON object with the member desired: {why}"),
            )
            .with_code("InvalidParameterValue.InvalidJSON"),
            ShadowError::NotTheClouds(member) => Self::value(
                "State",
                &format!("云端只能修改 desired，不能修改 `{member}`"),
                &format!("the cloud changes desired only, not `{member}`"),
            )
            .with_code("InvalidParameterValue.JSONHasInvalidNode"),
            ShadowError::Refused(refusal) => refused(&refusal),
            ShadowError::Reading(error) => {
                tracing::error!(%error, "a shadow could not be read");
                Self::internal()
            }
            ShadowError::Send(error) => error.into(),
        }
    }
}

fn refused(refusal: &Refusal) -> ApiError {
    match refusal {
        Refusal::BadJson(why) => {
            ApiError::value("State", &format!("不是合法的 JSON（{why}）"), &format!("it is not JSON: {why}"))
                .with_code("InvalidParameterValue.InvalidJSON")
        }
        Refusal::BadState(why) => ApiError::value("State", &format!("格式错误（{why}）"), why)
            .with_code("InvalidParameterValue.JSONHasInvalidNode"),
        Refusal::TooDeep => ApiError::value(
            "State",
            &format!("嵌套最多 {DEPTH_MAX} 层"),
            &format!("it must have at most {DEPTH_MAX} levels of keys"),
        )
        .with_code("InvalidParameterValue.JSONHasInvalidNode"),
        Refusal::TooLarge => ApiError::value(
            "State",
            &format!("影子文档最大 {DOCUMENT_BYTES_MAX} 字节"),
            &format!("the document must have at most {DOCUMENT_BYTES_MAX} bytes"),
        )
        .with_code("InvalidParameterValue.JSONSizeExceedLimit"),
        Refusal::Conflict { current, wanted } => ApiError::value(
            "ShadowVersion",
            &format!("影子当前版本为 {current}，不是 {wanted}，请先查询再修改"),
            &format!("the document is at version {current}, not {wanted}; read it and try again"),
        )
        .with_code("FailedOperation.UpdateVersionNotMatch"),
    }
}
