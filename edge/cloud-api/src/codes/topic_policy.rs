//! Custom topics of products.

use lianwu_model::topic_policy::{TOPICS_MAX, TopicNameError, TopicTableError};
use lianwu_services::topic_policy::TopicPolicyError;

use crate::error::ApiError;

impl From<TopicPolicyError> for ApiError {
    fn from(error: TopicPolicyError) -> Self {
        match error {
            TopicPolicyError::Product(error) => error.into(),
            TopicPolicyError::Table(TopicTableError::Name(error)) => {
                Self::value("TopicName", name(error), &error.to_string())
            }
            TopicPolicyError::Table(TopicTableError::Taken) => Self::new(
                "InvalidParameterValue.TopicPolicyAlreadyExist",
                "产品下已有同名 Topic。",
                "The product has a topic of that name.",
            ),
            TopicPolicyError::Table(TopicTableError::Missing) => Self::new(
                "ResourceNotFound.TopicPolicyNotExist",
                "产品下没有该 Topic，请用 ListTopicPolicy 查看。",
                "The product has no such topic; see ListTopicPolicy.",
            ),
            TopicPolicyError::Table(TopicTableError::TooMany) => Self::new(
                "LimitExceeded.TopicPolicyExceedLimit",
                format!("每个产品最多 {TOPICS_MAX} 个自定义 Topic。"),
                format!("A product has at most {TOPICS_MAX} custom topics."),
            ),
            TopicPolicyError::PublicInstance => Self::value(
                "TopicName",
                "公共实例不支持自定义 Topic，请使用企业实例或 `$thing` 系统 Topic",
                &error.to_string(),
            ),
        }
    }
}

fn name(error: TopicNameError) -> &'static str {
    match error {
        TopicNameError::Product => "应以 `${ProductId}/` 或本产品的 ProductId 开头",
        TopicNameError::Device => "第二层应为 `${DeviceName}` 或设备名",
        TopicNameError::NoRest => "缺少第三层",
        TopicNameError::Level => "前两层之后只能包含字母、数字、`_`，以及单独成层的 `+`",
        TopicNameError::TooDeep => "层数过多",
        TopicNameError::TooLong => "过长",
        TopicNameError::WildcardToPublish => "含 `+` 的 Topic 只能授予订阅权限",
    }
}
