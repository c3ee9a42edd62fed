//! What devices may do with the custom topics of their product.
//!
//! Source: spec/device-protocol.md 5.2.

/// Permission on one custom topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicPermission {
    Publish,
    Subscribe,
    Both,
}

impl TopicPermission {
    #[must_use]
    pub const fn may_publish(self) -> bool {
        matches!(self, Self::Publish | Self::Both)
    }

    #[must_use]
    pub const fn may_subscribe(self) -> bool {
        matches!(self, Self::Subscribe | Self::Both)
    }
}

/// Topics every product starts with, behind `${ProductId}/${DeviceName}/`.
const DEFAULTS: [(&str, TopicPermission); 3] =
    [("control", TopicPermission::Subscribe), ("event", TopicPermission::Publish), ("data", TopicPermission::Both)];

/// Permission on a topic by its part behind product and device; `None` when no policy covers it.
#[must_use]
pub fn default_permission(rest: &str) -> Option<TopicPermission> {
    DEFAULTS.iter().find(|(name, _)| *name == rest).map(|(_, permission)| *permission)
}
