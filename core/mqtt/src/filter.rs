//! Topic names and topic filters. Source: MQTT 3.1.1 §4.7.

/// May this text be the topic of a PUBLISH? At least one character, no wildcard.
///
/// NUL and length are the codec's business, the number of levels the platform's.
#[must_use]
pub fn is_valid_topic(topic: &str) -> bool {
    // [MQTT-4.7.3-1], [MQTT-3.3.2-2]
    !topic.is_empty() && !topic.bytes().any(|byte| byte == b'+' || byte == b'#')
}

/// May this text be the filter of a SUBSCRIBE? `+` fills a whole level; `#` fills the last one.
#[must_use]
pub fn is_valid_filter(filter: &str) -> bool {
    if filter.is_empty() {
        return false; // [MQTT-4.7.3-1]
    }
    let mut after_multi_level = false;
    for level in filter.split('/') {
        if after_multi_level {
            return false; // [MQTT-4.7.1-2]
        }
        after_multi_level = level == "#";
        // [MQTT-4.7.1-2], [MQTT-4.7.1-3]: a wildcard shares its level with nothing.
        if level.len() > 1 && level.bytes().any(|byte| byte == b'+' || byte == b'#') {
            return false;
        }
    }
    true
}

/// Does a message published to `topic` belong to a subscription of `filter`?
///
/// Both must be valid. No allocation; at most one pass over each.
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    // [MQTT-4.7.2-1]: a wildcard at the start must not reach into the `$` topics.
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topic_levels = topic.split('/');
    for level in filter.split('/') {
        if level == "#" {
            return true; // §4.7.1.2: the parent level itself is included.
        }
        match topic_levels.next() {
            Some(topic_level) if level == "+" || level == topic_level => {}
            _ => return false,
        }
    }
    topic_levels.next().is_none()
}

/// Number of levels of a topic or filter: separators plus one.
#[must_use]
pub fn level_count(topic: &str) -> usize {
    topic.bytes().filter(|&byte| byte == b'/').count() + 1
}

/// Does a filter ask for a shared subscription, in whatever form? Source: MQTT 5 §4.8.2.
#[must_use]
pub fn is_shared(filter: &str) -> bool {
    filter.strip_prefix("$share").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A shared subscription: each message goes to one of its group. Source: MQTT 5 §4.8.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shared<'a> {
    /// At least one character, no `/`, `+` or `#`.
    pub group: &'a str,
    /// A valid filter.
    pub filter: &'a str,
}

impl<'a> Shared<'a> {
    /// Reads `$share/<group>/<filter>`; `None` for anything else, malformed ones included.
    #[must_use]
    pub fn parse(filter: &'a str) -> Option<Self> {
        let (group, filter) = filter.strip_prefix("$share/")?.split_once('/')?;
        // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
        let is_valid = is_valid_topic(group) && is_valid_filter(filter);
        is_valid.then_some(Self { group, filter })
    }
}
