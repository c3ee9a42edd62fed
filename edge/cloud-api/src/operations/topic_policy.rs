//! Custom topics of products. Source: spec/cloud-api.md 2.7.

use lianwu_model::topic_policy::TopicPermission;
use lianwu_services::{device, topic_policy};

use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{
    CreateTopicPolicyRequest, CreateTopicPolicyResponse, DeleteTopicPolicyRequest, DeleteTopicPolicyResponse,
    DescribeSubscribedTopicPolicyRequest, DescribeSubscribedTopicPolicyResponse, DescribeTopicPolicyRequest,
    DescribeTopicPolicyResponse, ListTopicPolicyRequest, ListTopicPolicyResponse, ModifyTopicPolicyRequest,
    ModifyTopicPolicyResponse,
};
use crate::generated::structures::{SubscribedTopicItem, TopicItem};

pub async fn create(call: Call, r: CreateTopicPolicyRequest) -> Result<CreateTopicPolicyResponse, ApiError> {
    let permission = permission(r.privilege)?;
    topic_policy::create(&call.platform, call.owner(), &r.product_id, &r.topic_name, permission).await?;
    Ok(CreateTopicPolicyResponse {})
}

pub async fn modify(call: Call, r: ModifyTopicPolicyRequest) -> Result<ModifyTopicPolicyResponse, ApiError> {
    let permission = permission(r.privilege)?;
    let (name, new_name) = (&r.topic_name, &r.new_topic_name);
    topic_policy::modify(&call.platform, call.owner(), &r.product_id, name, new_name, permission).await?;
    Ok(ModifyTopicPolicyResponse {})
}

pub async fn delete(call: Call, r: DeleteTopicPolicyRequest) -> Result<DeleteTopicPolicyResponse, ApiError> {
    topic_policy::delete(&call.platform, call.owner(), &r.product_id, &r.topic_name).await?;
    Ok(DeleteTopicPolicyResponse {})
}

pub async fn describe(call: Call, r: DescribeTopicPolicyRequest) -> Result<DescribeTopicPolicyResponse, ApiError> {
    let found = topic_policy::find(&call.platform, call.owner(), &r.product_id, &r.topic_name)?;
    Ok(DescribeTopicPolicyResponse {
        product_id: r.product_id,
        topic_name: found.name().to_owned(),
        privilege: found.permission().privilege(),
    })
}

pub async fn list(call: Call, r: ListTopicPolicyRequest) -> Result<ListTopicPolicyResponse, ApiError> {
    let found = topic_policy::list(&call.platform, call.owner(), &r.product_id)?;
    let item = |policy: &lianwu_model::topic_policy::TopicPolicy| TopicItem {
        topic_name: policy.name().to_owned(),
        privilege: policy.permission().privilege(),
    };
    Ok(ListTopicPolicyResponse { topics: found.iter().map(item).collect() })
}

pub async fn subscribed(
    call: Call,
    r: DescribeSubscribedTopicPolicyRequest,
) -> Result<DescribeSubscribedTopicPolicyResponse, ApiError> {
    let device = device::find(&call.platform, call.owner(), &r.product_id, &r.device_name)?;
    let found = topic_policy::subscriptions(&call.platform, &device).await?;
    let topics = found.into_iter().map(|filter| SubscribedTopicItem { topic_name: filter.into() }).collect();
    Ok(DescribeSubscribedTopicPolicyResponse { topics })
}

fn permission(privilege: u64) -> Result<TopicPermission, ApiError> {
    let zh = "应为 1（发布）、2（订阅）或 3（发布和订阅）";
    let wrong = || ApiError::value("Privilege", zh, "it must be 1 (publish), 2 (subscribe) or 3 (both)");
    TopicPermission::from_privilege(privilege).ok_or_else(wrong)
}
