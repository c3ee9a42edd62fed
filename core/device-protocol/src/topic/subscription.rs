//! What a device may put into a SUBSCRIBE.

use lianwu_model::ProductId;

use super::{
    DownTopic, DownTopics, Place, TOPIC_BYTES_MAX, TOPIC_LEVELS_MAX, is_wildcard, levels, split_owner, split_owner_rest,
};

/// A filter a device may subscribe to, as far as its form goes. Whether the owner named in it is the device
/// itself ([`Subscription::of_device`]) or a bound sub-device is the caller's question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription<'a> {
    /// One system down topic: a bit in the device's [`DownTopics`].
    System { topic: DownTopic, product: ProductId, device: &'a str },
    /// `<product>/<device>/<rest>`, `rest` perhaps with levels that are a lone `+`; the product's topic table must
    /// have exactly this `rest` with the permission to subscribe.
    Custom { product: ProductId, device: &'a str, rest: &'a str },
}

/// Why a filter is refused with 0x80.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("filter is empty")]
    Empty,
    #[error("filter has {0} bytes, at most {TOPIC_BYTES_MAX} are allowed")]
    TooLong(usize),
    #[error("filter has {0} levels, at most {TOPIC_LEVELS_MAX} are allowed")]
    TooDeep(usize),
    #[error("# is not allowed in a device's filter")]
    MultiLevelWildcard,
    #[error("+ is only allowed where the product's topic table has it, and as the last level of an RRPC filter")]
    Wildcard,
    /// The cloud chooses the process id, so a filter for one of them can never be asked in time.
    #[error("an RRPC filter ends in +")]
    RrpcWithoutWildcard,
    #[error("devices publish to this topic, they do not subscribe to it")]
    UpTopic,
    #[error("no such topic")]
    Unknown,
    #[error("the topic belongs to another device")]
    Foreign,
}

impl<'a> Subscription<'a> {
    /// Takes a filter apart.
    ///
    /// # Errors
    /// Says what is wrong with the filter; never [`FilterError::Foreign`].
    pub fn parse(filter: &'a str) -> Result<Self, FilterError> {
        if filter.is_empty() {
            return Err(FilterError::Empty);
        }
        if filter.len() > TOPIC_BYTES_MAX {
            return Err(FilterError::TooLong(filter.len()));
        }
        if levels(filter) > TOPIC_LEVELS_MAX {
            return Err(FilterError::TooDeep(levels(filter)));
        }
        if filter.contains('#') {
            return Err(FilterError::MultiLevelWildcard);
        }
        // A filter that is no known form but has a wildcard was meant to span topics: say that, not "unknown".
        let otherwise = if filter.contains('+') { FilterError::Wildcard } else { FilterError::Unknown };
        match Place::find(filter).ok_or(otherwise)? {
            (Place::Up(_), _) => Err(FilterError::UpTopic),
            (Place::Custom, rest) => custom(rest).ok_or(otherwise),
            (Place::Down(topic), rest) if topic.rrpc().is_some() => {
                let (product, device, process) = split_owner_rest(rest).ok_or(otherwise)?;
                match process {
                    "+" => Ok(Self::System { topic, product, device }),
                    _ if process.contains('+') => Err(FilterError::Wildcard),
                    _ => Err(FilterError::RrpcWithoutWildcard),
                }
            }
            (Place::Down(topic), rest) => {
                let (product, device) = split_owner(rest).ok_or(otherwise)?;
                Ok(Self::System { topic, product, device })
            }
        }
    }

    /// Takes a filter apart and refuses it unless it names this device.
    ///
    /// # Errors
    /// As [`Subscription::parse`], and [`FilterError::Foreign`].
    pub fn of_device(filter: &'a str, product: ProductId, device: &str) -> Result<Self, FilterError> {
        let subscription = Self::parse(filter)?;
        if subscription.owner() == (product, device) { Ok(subscription) } else { Err(FilterError::Foreign) }
    }

    /// Product and device whose messages the filter asks for.
    #[must_use]
    pub fn owner(&self) -> (ProductId, &'a str) {
        match *self {
            Self::System { product, device, .. } | Self::Custom { product, device, .. } => (product, device),
        }
    }

    /// The system down topics the filter covers: one, or none for a custom topic.
    #[must_use]
    pub fn down_topics(&self) -> DownTopics {
        match *self {
            Self::System { topic, .. } => DownTopics::only(topic),
            Self::Custom { .. } => DownTopics::NONE,
        }
    }
}

fn custom(text: &str) -> Option<Subscription<'_>> {
    let (product, device, rest) = split_owner_rest(text)?;
    let legal = rest.split('/').all(|level| level == "+" || !level.bytes().any(|b| is_wildcard(b) || b == 0));
    legal.then_some(Subscription::Custom { product, device, rest })
}
