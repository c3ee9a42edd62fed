//! Who listens to what: subscriptions of backends, shared by all workers and kept apart by account.
//!
//! A message costs one look at a counter while nobody listens, and a read lock of its account's tree otherwise.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lianwu_model::{Uin, UnixMillis};
use lianwu_mqtt::QoS;
use lianwu_mqtt::subscriptions::SubscriptionTree;
use lianwu_services::Platform;
use lianwu_services::backend::Backend;
use lianwu_services::directory::DirectoryDevice;
use parking_lot::{Mutex, RwLock};

use crate::worker::Place;

/// A connection of some worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) worker: usize,
    pub(crate) place: Place,
}

/// One subscription.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) at: At,
    pub(crate) qos: QoS,
    pub(crate) backend: Arc<Backend>,
}

/// One connection that is to have a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    pub(crate) at: At,
    pub(crate) qos: QoS,
}

/// Subscriptions of one account.
#[derive(Debug, Default)]
pub(crate) struct Space {
    tree: RwLock<SubscriptionTree<Subscriber>>,
}

#[derive(Debug, Default)]
pub(crate) struct Broker {
    spaces: RwLock<HashMap<Uin, Arc<Space>>>,
    subscriptions: AtomicUsize,
    /// Connected backends by account and client id.
    clients: Mutex<HashMap<(Uin, Box<str>), At>>,
}

impl Broker {
    /// Does anybody listen to anything?
    #[inline]
    pub(crate) fn is_silent(&self) -> bool {
        self.subscriptions.load(Ordering::Relaxed) == 0
    }

    /// Notes a subscription; one with the same filter of the same connection is replaced.
    pub(crate) fn subscribe(&self, filter: &str, subscriber: Subscriber) {
        let space = self.space(subscriber.backend.owner);
        let mut tree = space.tree.write();
        let before = tree.remove(filter, |known| known.at == subscriber.at);
        tree.insert(filter, subscriber);
        if before.is_none() {
            self.subscriptions.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn unsubscribe(&self, owner: Uin, filter: &str, at: At) {
        let Some(space) = self.spaces.read().get(&owner).cloned() else { return };
        if space.tree.write().remove(filter, |known| known.at == at).is_some() {
            self.subscriptions.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Notes where a client is; the connection that had its name before.
    pub(crate) fn connected(&self, owner: Uin, client_id: &str, at: At) -> Option<At> {
        self.clients.lock().insert((owner, client_id.into()), at)
    }

    /// Forgets a client, unless it is somewhere else by now.
    pub(crate) fn disconnected(&self, owner: Uin, client_id: &str, at: At) {
        let mut clients = self.clients.lock();
        let key = (owner, client_id.into());
        if clients.get(&key) == Some(&at) {
            clients.remove(&key);
        }
    }

    /// Who is to have a message on `topic`, each connection once, with the highest QoS it asked for. A message of a
    /// device is for those only that may have it now.
    pub(crate) fn receivers(
        &self,
        platform: &Platform,
        owner: Uin,
        topic: &str,
        device: Option<&DirectoryDevice>,
        now: UnixMillis,
        into: &mut Vec<Receiver>,
    ) {
        into.clear();
        let Some(space) = self.spaces.read().get(&owner).cloned() else { return };
        space.tree.read().for_each_match(topic, |subscriber| {
            if device.is_none_or(|device| subscriber.backend.may_receive(platform, device, now)) {
                into.push(Receiver { at: subscriber.at, qos: subscriber.qos });
            }
        });
        if into.len() > 1 {
            into.sort_unstable_by_key(|r| (r.at.worker, r.at.place.slot, std::cmp::Reverse(r.qos)));
            into.dedup_by_key(|r| r.at);
        }
    }

    fn space(&self, owner: Uin) -> Arc<Space> {
        if let Some(space) = self.spaces.read().get(&owner) {
            return Arc::clone(space);
        }
        Arc::clone(self.spaces.write().entry(owner).or_default())
    }
}
