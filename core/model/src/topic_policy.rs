//! What devices may do with the custom topics of their product.
//!
//! A topic is named with the two fixed levels in front: `${ProductId}/${DeviceName}/alarm/+`, or with the ProductId
//! itself, or with the name of one device, for which alone it then holds. Names stay as their owner wrote them.
//!
//! Source: spec/device-protocol.md 5.2, spec/cloud-api.md 2.7 and 3.10.

use serde::{Deserialize, Serialize};

use crate::{DeviceName, ProductId};

/// Custom topics of one product. Source: decision 9.
pub const TOPICS_MAX: usize = 100;

/// Levels of a topic, the two fixed ones counted. Source: decision 9.
const LEVELS_MAX: usize = 10;

/// What is left of a topic of 255 bytes behind a ProductId and the longest name of a device.
const REST_BYTES_MAX: usize = 255 - ProductId::LEN - 1 - DeviceName::LEN_MAX - 1;

/// Permission on one custom topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The number of it in the API. Source: spec/cloud-api.md 3.10.
    #[must_use]
    pub const fn privilege(self) -> u64 {
        match self {
            Self::Publish => 1,
            Self::Subscribe => 2,
            Self::Both => 3,
        }
    }

    #[must_use]
    pub const fn from_privilege(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Publish),
            2 => Some(Self::Subscribe),
            3 => Some(Self::Both),
            _ => None,
        }
    }
}

/// Why a text names no topic a product can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicNameError {
    #[error("it must begin with ${{ProductId}}/ or the ProductId of the product")]
    Product,
    #[error("its second level must be ${{DeviceName}} or the name of a device")]
    Device,
    #[error("a third level is missing")]
    NoRest,
    #[error("behind the first two levels there may be letters, digits and _, and levels that are a lone +")]
    Level,
    #[error("it has more than {LEVELS_MAX} levels")]
    TooDeep,
    #[error("it has more than {REST_BYTES_MAX} bytes behind the first two levels")]
    TooLong,
    #[error("+ is allowed only with the permission to subscribe, and nothing else")]
    WildcardToPublish,
}

/// Why a table cannot be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicTableError {
    #[error(transparent)]
    Name(#[from] TopicNameError),
    #[error("the product has a topic of that name")]
    Taken,
    #[error("the product has no such topic")]
    Missing,
    #[error("the product has {TOPICS_MAX} topics, as many as allowed")]
    TooMany,
}

/// One topic of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicPolicy {
    name: Box<str>,
    permission: TopicPermission,
}

impl TopicPolicy {
    /// Takes a topic of this product as its owner wrote it.
    ///
    /// # Errors
    /// The first thing that is wrong with the name.
    pub fn new(product: ProductId, name: &str, permission: TopicPermission) -> Result<Self, TopicNameError> {
        let (first, rest) = name.split_once('/').ok_or(TopicNameError::Product)?;
        if first != product.as_str() && !is_placeholder(first, "productid") {
            return Err(TopicNameError::Product);
        }
        let (device, rest) = rest.split_once('/').ok_or(TopicNameError::NoRest)?;
        if !is_any_device(device) && !DeviceName::is_valid(device.as_bytes()) {
            return Err(TopicNameError::Device);
        }
        if rest.is_empty() {
            return Err(TopicNameError::NoRest);
        }
        if rest.len() > REST_BYTES_MAX {
            return Err(TopicNameError::TooLong);
        }
        let is_level = |level: &str| {
            level == "+" || !level.is_empty() && level.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if !rest.split('/').all(is_level) {
            return Err(TopicNameError::Level);
        }
        if 2 + rest.split('/').count() > LEVELS_MAX {
            return Err(TopicNameError::TooDeep);
        }
        if rest.contains('+') && permission != TopicPermission::Subscribe {
            return Err(TopicNameError::WildcardToPublish);
        }
        Ok(Self { name: name.into(), permission })
    }

    /// As its owner wrote it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn permission(&self) -> TopicPermission {
        self.permission
    }

    /// The device it is for, `None` for all of the product, and the part behind both.
    fn parts(&self) -> (Option<&str>, &str) {
        let behind_product = self.name.split_once('/').map_or("", |(_, rest)| rest);
        let (device, rest) = behind_product.split_once('/').unwrap_or((behind_product, ""));
        ((!is_any_device(device)).then_some(device), rest)
    }

    fn is_of(&self, device: &str) -> bool {
        self.parts().0.is_none_or(|only| only == device)
    }

    fn is_pattern(&self) -> bool {
        self.parts().1.contains('+')
    }

    /// Does it hold for every topic of this filter's part behind product and device?
    fn covers(&self, rest: &str) -> bool {
        let (mut own, mut asked) = (self.parts().1.split('/'), rest.split('/'));
        loop {
            match (own.next(), asked.next()) {
                (None, None) => return true,
                (Some(own), Some(asked)) if own == "+" || own == asked => {}
                _ => return false,
            }
        }
    }
}

/// `${word}` or `{word}`, in any case.
fn is_placeholder(level: &str, word: &str) -> bool {
    let inner = level.strip_prefix('$').unwrap_or(level);
    let inner = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
    inner.is_some_and(|inner| inner.eq_ignore_ascii_case(word))
}

fn is_any_device(level: &str) -> bool {
    is_placeholder(level, "devicename")
}

/// The custom topics of one product, sorted once so that a message finds its own without walking all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<TopicPolicy>", into = "Vec<TopicPolicy>")]
pub struct TopicTable {
    /// In the order they were made.
    policies: Vec<TopicPolicy>,
    /// Places of those without `+`, in the order of their parts behind product and device.
    plain: Vec<u8>,
    /// Places of those with `+`.
    patterns: Vec<u8>,
}

impl From<Vec<TopicPolicy>> for TopicTable {
    fn from(policies: Vec<TopicPolicy>) -> Self {
        let places = |is_pattern| {
            let fits = move |(policy, at): (&TopicPolicy, u8)| (policy.is_pattern() == is_pattern).then_some(at);
            policies.iter().zip(0_u8..).filter_map(fits).collect::<Vec<_>>()
        };
        let (mut plain, patterns) = (places(false), places(true));
        plain.sort_by_key(|at| policies[usize::from(*at)].parts().1);
        Self { policies, plain, patterns }
    }
}

impl From<TopicTable> for Vec<TopicPolicy> {
    fn from(table: TopicTable) -> Self {
        table.policies
    }
}

impl Default for TopicTable {
    /// What every product starts with. Source: spec/device-protocol.md 5.2.
    fn default() -> Self {
        let policy = |rest: &str, permission| TopicPolicy {
            name: format!("${{ProductId}}/${{DeviceName}}/{rest}").into(),
            permission,
        };
        Self::from(vec![
            policy("control", TopicPermission::Subscribe),
            policy("event", TopicPermission::Publish),
            policy("data", TopicPermission::Both),
        ])
    }
}

impl TopicTable {
    /// A table without any topic.
    #[must_use]
    pub fn empty() -> Self {
        Self::from(Vec::new())
    }

    /// In the order they were made.
    #[must_use]
    pub fn policies(&self) -> &[TopicPolicy] {
        &self.policies
    }

    /// May this device publish to the topic with this part behind product and device?
    #[must_use]
    pub fn may_publish(&self, device: &str, rest: &str) -> bool {
        self.plain(rest).any(|policy| policy.permission.may_publish() && policy.is_of(device))
    }

    /// May this device subscribe to the filter with this part behind product and device? A filter may be narrower than
    /// the topic: `+` only where that has it.
    #[must_use]
    pub fn may_subscribe(&self, device: &str, rest: &str) -> bool {
        self.plain(rest).any(|policy| policy.permission.may_subscribe() && policy.is_of(device))
            || self.patterns().any(|policy| policy.is_of(device) && policy.covers(rest))
    }

    /// Is the topic with this part one of the product's, whatever may be done with it?
    #[must_use]
    pub fn has(&self, device: &str, rest: &str) -> bool {
        self.plain(rest).any(|policy| policy.is_of(device))
            || self.patterns().any(|policy| policy.is_of(device) && policy.covers(rest))
    }

    /// The topic a name means, however its fixed levels are written.
    #[must_use]
    pub fn find(&self, product: ProductId, name: &str) -> Option<&TopicPolicy> {
        self.policies.get(self.place(product, name)?)
    }

    /// The table with one topic more.
    ///
    /// # Errors
    /// [`TopicTableError`]: `Name`, `Taken`, `TooMany`.
    pub fn with(&self, product: ProductId, name: &str, permission: TopicPermission) -> Result<Self, TopicTableError> {
        let new = TopicPolicy::new(product, name, permission)?;
        if self.place(product, name).is_some() {
            return Err(TopicTableError::Taken);
        }
        if self.policies.len() >= TOPICS_MAX {
            return Err(TopicTableError::TooMany);
        }
        let mut policies = self.policies.clone();
        policies.push(new);
        Ok(policies.into())
    }

    /// The table with one topic changed; it keeps its place.
    ///
    /// # Errors
    /// [`TopicTableError`]: `Missing`, `Name`, `Taken` when another has the new name.
    pub fn changed(
        &self,
        product: ProductId,
        name: &str,
        new_name: &str,
        permission: TopicPermission,
    ) -> Result<Self, TopicTableError> {
        let at = self.place(product, name).ok_or(TopicTableError::Missing)?;
        let new = TopicPolicy::new(product, new_name, permission)?;
        if self.place(product, new_name).is_some_and(|other| other != at) {
            return Err(TopicTableError::Taken);
        }
        let mut policies = self.policies.clone();
        policies[at] = new;
        Ok(policies.into())
    }

    /// The table without a topic.
    ///
    /// # Errors
    /// [`TopicTableError::Missing`].
    pub fn without(&self, product: ProductId, name: &str) -> Result<Self, TopicTableError> {
        let at = self.place(product, name).ok_or(TopicTableError::Missing)?;
        let mut policies = self.policies.clone();
        policies.remove(at);
        Ok(policies.into())
    }

    fn place(&self, product: ProductId, name: &str) -> Option<usize> {
        // With this permission every name is legal that could stand in the table.
        let wanted = TopicPolicy::new(product, name, TopicPermission::Subscribe).ok()?;
        self.policies.iter().position(|policy| policy.parts() == wanted.parts())
    }

    fn plain(&self, rest: &str) -> impl Iterator<Item = &TopicPolicy> {
        let of = |at: &u8| &self.policies[usize::from(*at)];
        let start = self.plain.partition_point(|at| of(at).parts().1 < rest);
        self.plain[start..].iter().map(of).take_while(move |policy| policy.parts().1 == rest)
    }

    fn patterns(&self) -> impl Iterator<Item = &TopicPolicy> {
        self.patterns.iter().map(|at| &self.policies[usize::from(*at)])
    }
}

#[cfg(test)]
mod tests;
