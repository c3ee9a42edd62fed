//! A message of the owner's own making to a topic of a device. Source: spec/cloud-api.md 3.9.

use std::sync::Arc;

use lianwu_device_protocol::topic::{Direction, NameError, Topic, check_name};
use lianwu_model::Uin;
use lianwu_ports::bus::{Delivery, Down, DownKind};
use tokio::task::JoinSet;

use super::{DEVICES_MAX, SendError};
use crate::Platform;
use crate::directory::DirectoryDevice;

/// Longest payload of one call, as it is written in the call, in bytes. Source: spec/cloud-api.md 3.9.
pub const PAYLOAD_BYTES_MAX: usize = 16 * 1024;

/// Why nothing may be published to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("it is neither ProductId/DeviceName/... nor a system topic of the device")]
    Foreign,
    #[error("devices publish to it, they cannot subscribe to it")]
    UpTopic,
    #[error("the topic is not among the product's topics")]
    Unknown,
    #[error("devices have no permission to subscribe to it")]
    NotSubscribable,
    #[error("a public instance has no custom topics; use an enterprise instance, or the $thing topics")]
    PublicInstance,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("the device is disabled")]
    Disabled,
    #[error("the device is offline")]
    Offline,
    #[error("the device has not subscribed to the topic")]
    NotSubscribed,
    #[error(transparent)]
    Send(#[from] SendError),
}

/// What became of a message that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    Delivered,
    /// Kept for a device that is away and keeps a session.
    Queued,
}

/// What is published.
#[derive(Debug, Clone)]
pub struct Post {
    /// Main account whose products the devices are of.
    pub owner: Uin,
    pub topic: String,
    /// 0 or 1.
    pub qos: u8,
    pub payload: Arc<[u8]>,
    pub request_id: Arc<str>,
}

/// Sends it to the device, through the log as every message.
///
/// # Errors
/// [`PublishError`]; the attempt is in the log for `Offline` and `NotSubscribed`, and only for them.
pub async fn publish(platform: &Platform, device: &DirectoryDevice, post: &Post) -> Result<Published, PublishError> {
    check_topic(platform, device, post)?;
    if !device.is_enabled() {
        return Err(PublishError::Disabled);
    }
    let down = Down {
        device: device.key(),
        number: device.number,
        kind: DownKind::Topic(post.topic.as_str().into()),
        qos: post.qos,
        payload: Box::from(&*post.payload),
        request_id: Box::from(&*post.request_id),
    };
    match platform.bus.deliver(down).await.map_err(SendError::from)? {
        Delivery::Delivered => Ok(Published::Delivered),
        Delivery::Queued => Ok(Published::Queued),
        Delivery::NotSubscribed => Err(PublishError::NotSubscribed),
        Delivery::Offline => Err(PublishError::Offline),
    }
}

/// Sends to several devices, each on the topic of its own post, all at once; outcomes come in the order given. At most
/// [`DEVICES_MAX`] are sent to.
pub async fn publish_each(
    platform: &Arc<Platform>,
    posts: Vec<(Arc<DirectoryDevice>, Post)>,
) -> Vec<Result<Published, PublishError>> {
    let mut sending = JoinSet::new();
    for (place, (device, post)) in posts.into_iter().take(DEVICES_MAX).enumerate() {
        let platform = Arc::clone(platform);
        sending.spawn(async move { (place, publish(&platform, &device, &post).await) });
    }
    let mut outcomes = sending.join_all().await;
    outcomes.sort_by_key(|(place, _)| *place);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// A topic with product and device in place of `${ProductId}` and `${DeviceName}`, in any case.
#[must_use]
pub fn topic_for(device: &DirectoryDevice, topic: &str) -> String {
    let level = |level: &str| {
        let inner = level.strip_prefix("${").and_then(|inner| inner.strip_suffix('}'));
        match inner {
            Some(inner) if inner.eq_ignore_ascii_case("productid") => device.product.to_string(),
            Some(inner) if inner.eq_ignore_ascii_case("devicename") => device.name.to_string(),
            _ => level.to_owned(),
        }
    };
    topic.split('/').map(level).collect::<Vec<_>>().join("/")
}

fn check_topic(platform: &Platform, device: &DirectoryDevice, post: &Post) -> Result<(), TopicError> {
    check_name(&post.topic)?;
    let topic = Topic::parse(&post.topic);
    match (topic, topic.direction(), topic.owner()) {
        (_, Some(_), Some((product, name))) if !device.is(product, name) => Err(TopicError::Foreign),
        (_, Some(Direction::Down), _) => Ok(()),
        (_, Some(Direction::Up), _) => Err(TopicError::UpTopic),
        (Topic::Custom { rest, .. }, ..) => {
            if !platform.catalog.allows_custom_topics(post.owner) {
                return Err(TopicError::PublicInstance);
            }
            let catalog = platform.catalog.load();
            let topics = catalog.get(&device.product).map(|known| &known.product.topics);
            let name = device.name.as_str();
            match topics.filter(|topics| topics.has(name, rest)) {
                None => Err(TopicError::Unknown),
                Some(topics) if topics.may_subscribe(name, rest) => Ok(()),
                Some(_) => Err(TopicError::NotSubscribable),
            }
        }
        _ => Err(TopicError::Foreign),
    }
}
