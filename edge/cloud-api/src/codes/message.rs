//! Messages to devices, and reports made in their name.

use lianwu_services::message::{
    CallError, ControlError, PublishError, ReportError, SendError, TopicError, ValuesError,
};

use super::device::closed;
use crate::error::ApiError;

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Values(error) => values(error),
            ControlError::Send(error) => error.into(),
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Values(error) => values(error),
            ReportError::InFuture => Self::value(
                "DataTimestamp",
                "不能晚于当前时间 24 小时以上",
                "it must not lie more than 24 h in the future",
            ),
            ReportError::TooOld(days) => Self::value(
                "DataTimestamp",
                &format!("不能早于 {days} 天的保存期"),
                &format!("it must not lie before the retention of {days} days"),
            ),
            ReportError::Send(error) => error.into(),
        }
    }
}

/// `Data` of ControlDeviceData. Source: spec/cloud-api.md 3.7.
fn values(error: ValuesError) -> ApiError {
    match error {
        ValuesError::NoModel => no_model(),
        ValuesError::NotAnObject(why) => {
            ApiError::value("Data", &format!("应为 JSON 对象（{why}）"), &format!("it must be a JSON object: {why}"))
        }
        ValuesError::TooLarge(why) => ApiError::value(
            "Data",
            &format!("下行消息过大（{why}）"),
            &format!("the message would be too large: {why}"),
        ),
        ValuesError::NotDefined(why) => ApiError::value(
            "Data",
            &format!("物模型中没有该属性（{why}）"),
            &format!("the thing model has no such property: {why}"),
        )
        .with_code("InvalidParameterValue.ModelPropertyNotExist"),
        ValuesError::NotWritable(why) => {
            ApiError::value("Data", &format!("属性只读（{why}）"), &format!("the property is read-only: {why}"))
        }
        ValuesError::Invalid(why) => {
            ApiError::value("Data", &format!("不符合物模型（{why}）"), &format!("the thing model refuses it: {why}"))
        }
    }
}

pub(super) fn no_model() -> ApiError {
    ApiError::new(
        "InvalidParameterValue.ModelDefineNil",
        "产品还没有物模型，请先保存物模型。",
        "The product has no thing model; save one first.",
    )
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::UnknownAction(action) => Self::value(
                "ActionId",
                &format!("物模型中没有行为 `{action}`"),
                &format!("the thing model has no action `{action}`"),
            )
            .with_code("InvalidParameterValue.ActionNilOrNotExist"),
            CallError::Input(why) => Self::invalid(
                "InputParams",
                &format!("不符合物模型（{why}）"),
                &format!("the thing model refuses it: {why}"),
            )
            .with_code("InvalidParameter.ActionInputParamsInvalid"),
            CallError::NoModel => no_model(),
            CallError::Send(error) => error.into(),
            CallError::Timeout(wait_ms) => Self::new(
                "FailedOperation.Timeout",
                format!("设备在 {wait_ms} 毫秒内没有应答。"),
                format!("The device did not answer within {wait_ms} ms."),
            ),
        }
    }
}

impl From<PublishError> for ApiError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Topic(error) => topic(error),
            PublishError::Disabled => Self::new(
                "FailedOperation.DeviceAlreadyDisabled",
                "设备已被禁用，请先启用设备。",
                "The device is disabled; enable it first.",
            ),
            PublishError::Offline => Self::new(
                "FailedOperation.DeviceOffline",
                "设备不在线，消息未送达。",
                "The device is offline; the message was not delivered.",
            ),
            PublishError::NotSubscribed => Self::new(
                "FailedOperation.DeviceNoSubscription",
                "设备未订阅该 Topic，消息未送达（no subscriber）。",
                "The device has not subscribed to the topic; the message was not delivered (no subscriber).",
            ),
            PublishError::Send(error) => error.into(),
        }
    }
}

/// `Topic` of PublishMessage. Source: spec/cloud-api.md 3.9.
fn topic(error: TopicError) -> ApiError {
    let zh = match error {
        TopicError::Name(why) => format!("不是合法的 Topic 名称（{why}）"),
        TopicError::Foreign => "应为 `ProductId/DeviceName/...` 或该设备的 `$` 系统 Topic".to_owned(),
        TopicError::UpTopic => "这是设备的上行 Topic，设备无法订阅".to_owned(),
        TopicError::Unknown => "不在产品的 Topic 列表中".to_owned(),
        TopicError::NotSubscribable => "设备没有订阅该 Topic 的权限".to_owned(),
        TopicError::PublicInstance => "公共实例不支持自定义 Topic，请使用企业实例或 `$thing` 系统 Topic".to_owned(),
    };
    ApiError::value("Topic", &zh, &error.to_string())
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Busy => Self::new(
                "RequestLimitExceeded",
                "待发送的消息过多，请稍后重试。",
                "Too many messages are waiting; try again.",
            ),
            SendError::OverRate(per_second) => Self::new(
                "RequestLimitExceeded",
                format!("向同一设备下发消息超过每秒 {per_second} 条（limits.device_down_tps）。"),
                format!("More than {per_second} messages a second to one device (limits.device_down_tps)."),
            ),
            SendError::OverSharedRate { per_second, key } => Self::new(
                "RequestLimitExceeded",
                format!("下发的消息合计超过每秒 {per_second} 条（{key}）。"),
                format!("More than {per_second} messages a second together ({key})."),
            ),
            SendError::Unacknowledged => Self::new(
                "RequestLimitExceeded",
                "设备尚未确认此前下发的消息，请稍后重试。",
                "The device has not acknowledged the messages it was sent before; try again later.",
            ),
            SendError::Script(why) => Self::new(
                "FailedOperation",
                format!("产品的解析脚本没有给出下行数据：{why}。"),
                format!("The product's script gave no bytes for the message: {why}."),
            ),
            SendError::Storage(why) => {
                tracing::error!(%why, "a message could not be stored");
                Self::internal()
            }
            SendError::Closed => closed(),
        }
    }
}
