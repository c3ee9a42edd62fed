//! The retained messages of one account, for whoever subscribes later.
//!
//! A look goes through the topics that begin as the filter does up to its first wildcard; the number of topics is bounded,
//! so even `#` is.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use lianwu_mqtt::{QoS, filter};

/// Topics of one account that may have a retained message.
pub(crate) const TOPICS_MAX: usize = 10_000;

/// Memory they may take together, in bytes of topics and payloads.
pub(crate) const BYTES_MAX: usize = 16 << 20;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) payload: Arc<[u8]>,
    pub(crate) qos: QoS,
    /// As they stand in an MQTT 5 packet; not remembered over a restart.
    pub(crate) properties: Arc<[u8]>,
}

#[derive(Debug, Default)]
pub(crate) struct Retained {
    topics: BTreeMap<Box<str>, Kept>,
    bytes: usize,
}

impl Retained {
    /// Could a message be kept beside the others?
    pub(crate) fn has_room(&self, topic: &str, payload_bytes: usize) -> bool {
        let before = self.topics.get(topic);
        let topics = self.topics.len() + usize::from(before.is_none());
        let bytes =
            self.bytes + topic.len() + payload_bytes - before.map_or(0, |kept| topic.len() + kept.payload.len());
        topics <= TOPICS_MAX && bytes <= BYTES_MAX
    }

    /// Keeps a message in the place of an earlier one; an empty one takes the earlier one away.
    pub(crate) fn put(&mut self, topic: &str, kept: Kept) {
        if let Some(before) = self.topics.remove(topic) {
            self.bytes -= topic.len() + before.payload.len();
        }
        if !kept.payload.is_empty() {
            self.bytes += topic.len() + kept.payload.len();
            self.topics.insert(topic.into(), kept);
        }
    }

    /// Messages whose topics match a valid filter, in order of the topics.
    pub(crate) fn matching(&self, filter: &str) -> Vec<(Box<str>, Kept)> {
        let wildcard = filter.find(['+', '#']).unwrap_or(filter.len());
        // `a/#` matches `a` as well.
        let prefix = filter[..wildcard].trim_end_matches('/');
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let candidates = self.topics.range::<str, _>(from).take_while(|(topic, _)| topic.starts_with(prefix));
        let found = candidates.filter(|(topic, _)| filter::matches(filter, topic));
        found.map(|(topic, kept)| (topic.clone(), kept.clone())).collect()
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.topics.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(payload: &str) -> Kept {
        Kept { payload: payload.as_bytes().into(), qos: QoS::AtMostOnce, properties: Arc::default() }
    }

    fn found(retained: &Retained, filter: &str) -> Vec<String> {
        retained.matching(filter).into_iter().map(|(topic, _)| topic.into_string()).collect()
    }

    #[test]
    fn a_filter_finds_what_it_matches() {
        let mut retained = Retained::default();
        for topic in ["a", "a/b", "a/b/c", "a/c", "ab", "b/c", "/x"] {
            retained.put(topic, kept("1"));
        }
        assert_eq!(found(&retained, "a"), ["a"]);
        assert_eq!(found(&retained, "a/#"), ["a", "a/b", "a/b/c", "a/c"]);
        assert_eq!(found(&retained, "a/+"), ["a/b", "a/c"]);
        assert_eq!(found(&retained, "+/c"), ["a/c", "b/c"]);
        assert_eq!(found(&retained, "#").len(), 7);
        assert_eq!(found(&retained, "/#"), ["/x"]);
        assert_eq!(found(&retained, "a/b/"), Vec::<String>::new());
    }

    /// Do a million topics take no more than the bound, and is an old one still replaced and taken away when all is full?
    #[test]
    fn a_million_topics_are_bounded() {
        let mut retained = Retained::default();
        for number in 0..1_000_000_u32 {
            let topic = format!("t/{number}");
            if retained.has_room(&topic, 1) {
                retained.put(&topic, kept("1"));
            }
        }
        assert_eq!(retained.len(), TOPICS_MAX);
        assert!(retained.has_room("t/0", 1000) && !retained.has_room("new", 1));
        retained.put("t/0", kept(""));
        assert_eq!(retained.len(), TOPICS_MAX - 1);
        assert!(retained.has_room("new", 1) && !retained.has_room("new", BYTES_MAX));
    }
}
