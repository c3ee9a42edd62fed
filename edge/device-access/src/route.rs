//! The receivers of a worker's last message: a sender usually sends on the same topic again.

use lianwu_model::{DeviceNumber, Uin, UnixMillis};
use lianwu_services::Platform;

use crate::broker::{Broker, Receiver, Sender};

/// What was found for one message, and for which others it holds.
#[derive(Debug, Default)]
pub(crate) struct Route {
    receivers: Vec<Receiver>,
    /// `None` when the next message may have other receivers.
    holds_for: Option<Key>,
    topic: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    owner: Uin,
    device: DeviceNumber,
    /// Subscriptions came and went so many times.
    changes: u64,
    /// Rights are asked anew every second.
    second: u64,
}

impl Route {
    /// Finds the receivers of a message.
    pub(crate) fn find(
        &mut self,
        broker: &Broker,
        platform: &Platform,
        sender: &Sender<'_>,
        topic: &str,
        now: UnixMillis,
    ) {
        let key = Key {
            owner: sender.owner,
            device: sender.device.map_or(DeviceNumber::NONE, |device| device.number),
            changes: broker.changes(),
            second: now.seconds(),
        };
        if self.holds_for == Some(key) && self.topic == topic {
            return;
        }
        let holds = broker.receivers(platform, sender, topic, now, &mut self.receivers);
        self.holds_for = holds.then_some(key);
        self.topic.clear();
        self.topic.push_str(topic);
    }

    pub(crate) fn receivers(&self) -> &[Receiver] {
        &self.receivers
    }
}
