//! Retained messages of one account: bounded, and gone once they have expired.

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_mqtt::connection::expiry_left;
use lianwu_mqtt::retained::{RetainedBounds, RetainedFull, RetainedTree, Visit};
use lianwu_mqtt::{Properties, QoS};

/// A retained message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) payload: Arc<[u8]>,
    pub(crate) qos: QoS,
    /// As they stand in an MQTT 5 packet.
    pub(crate) properties: Arc<[u8]>,
    /// When it was sent: its expiry counts from here.
    pub(crate) since: UnixMillis,
}

impl Kept {
    fn bytes(&self) -> usize {
        self.payload.len() + self.properties.len()
    }

    /// How long it has waited.
    pub(crate) fn age(&self, now: UnixMillis) -> Duration {
        Duration::from_millis(now.0.saturating_sub(self.since.0))
    }

    /// Source: MQTT 5 [MQTT-3.3.2-5].
    fn has_expired(&self, now: UnixMillis) -> bool {
        let expiry = Properties::of_kept(&self.properties).message_expiry();
        expiry.is_some_and(|seconds| expiry_left(seconds, self.age(now)).is_none())
    }
}

#[derive(Debug)]
pub(crate) struct Retained {
    tree: RetainedTree<Kept>,
    /// Second in which expired ones were looked for last.
    swept: u64,
}

impl Retained {
    pub(crate) fn new(bounds: RetainedBounds) -> Self {
        Self { tree: RetainedTree::new(bounds), swept: 0 }
    }

    /// Could a message of so many bytes be kept beside the others?
    pub(crate) fn has_room(&mut self, topic: &str, bytes: usize, now: UnixMillis) -> bool {
        if self.tree.has_room(topic, bytes).is_err() {
            self.sweep(now);
        }
        self.tree.has_room(topic, bytes).is_ok()
    }

    /// Keeps a message; an empty one takes the kept one away.
    pub(crate) fn put(&mut self, topic: &str, kept: Kept) -> Result<(), RetainedFull> {
        if kept.payload.is_empty() {
            self.tree.remove(topic);
            return Ok(());
        }
        let (now, bytes) = (kept.since, kept.bytes());
        if self.tree.has_room(topic, bytes).is_err() {
            self.sweep(now);
        }
        self.tree.insert(topic, kept, bytes).map(drop)
    }

    /// How many there are, expired ones included.
    pub(crate) fn len(&self) -> usize {
        self.tree.len()
    }

    /// What they count for, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.tree.bytes()
    }

    /// Those whose topics match a filter and that have not expired.
    pub(crate) fn matching(&self, filter: &str, now: UnixMillis) -> Vec<(Box<str>, Kept)> {
        let mut found = Vec::new();
        self.tree.for_each_match(filter, |topic, kept| {
            if !kept.has_expired(now) {
                found.push((topic.into(), kept.clone()));
            }
            Visit::Continue
        });
        found
    }

    /// Lets go of what has expired, once a second at most: it looks at all of them.
    fn sweep(&mut self, now: UnixMillis) {
        if self.swept == now.seconds() {
            return;
        }
        self.swept = now.seconds();
        let mut expired: Vec<Box<str>> = Vec::new();
        // Below `$` there is nothing an account may send to.
        self.tree.for_each_match("#", |topic, kept| {
            if kept.has_expired(now) {
                expired.push(topic.into());
            }
            Visit::Continue
        });
        for topic in expired {
            self.tree.remove(&topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use lianwu_mqtt::property::{Property, PropertyBuffer};

    use super::*;

    const BOUNDS: RetainedBounds = RetainedBounds { count_max: 10_000, bytes_max: 16 << 20 };

    fn kept(payload: &[u8], expiry: Option<u32>, since: u64) -> Kept {
        let mut properties = PropertyBuffer::new();
        if let Some(seconds) = expiry {
            properties.push(&Property::MessageExpiry(seconds)).unwrap();
        }
        Kept {
            payload: payload.into(),
            qos: QoS::AtLeastOnce,
            properties: properties.as_properties().as_bytes().into(),
            since: UnixMillis(since),
        }
    }

    fn topics(retained: &Retained, now: u64) -> Vec<String> {
        retained.matching("#", UnixMillis(now)).into_iter().map(|(topic, _)| topic.into()).collect()
    }

    #[test]
    fn a_message_is_there_until_it_expires() {
        let mut retained = Retained::new(BOUNDS);
        retained.put("plant/1", kept(b"on", Some(5), 1_000)).unwrap();
        retained.put("plant/2", kept(b"on", None, 1_000)).unwrap();
        assert_eq!(topics(&retained, 5_999), ["plant/1", "plant/2"]);
        assert_eq!(topics(&retained, 6_000), ["plant/2"]);
        retained.put("plant/2", kept(b"", None, 7_000)).unwrap();
        assert_eq!(topics(&retained, 7_000), [""; 0]);
    }

    #[test]
    fn expired_messages_make_room_for_others() {
        let mut retained = Retained::new(BOUNDS);
        let mebibyte = vec![0; (1 << 20) - 64];
        for at in 0..16 {
            retained.put(&format!("plant/{at}"), kept(&mebibyte, Some(5), 1_000)).unwrap();
        }
        assert!(!retained.has_room("plant/16", mebibyte.len(), UnixMillis(2_000)));
        assert!(retained.put("plant/16", kept(&mebibyte, None, 2_000)).is_err());
        assert!(retained.has_room("plant/16", mebibyte.len(), UnixMillis(6_000)));
        retained.put("plant/16", kept(&mebibyte, None, 6_000)).unwrap();
        assert_eq!(topics(&retained, 6_000), ["plant/16"]);
    }
}
