//! Who listens to what: subscriptions of backends, shared by all workers and kept apart by account.
//!
//! A message costs one look at a counter while nobody listens, and a read lock of its account's tree otherwise.

mod kept;
mod retained;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use lianwu_model::{Uin, UnixMillis};
use lianwu_mqtt::QoS;
use lianwu_mqtt::packet::SubscriptionOptions;
use lianwu_mqtt::retained::RetainedBounds;
use lianwu_mqtt::subscriptions::{Fitness, SubscriptionTree};
use lianwu_ports::states::{RetainedMessage, SessionNumber};
use lianwu_services::Platform;
use lianwu_services::backend::Backend;
use lianwu_services::directory::DirectoryDevice;
use parking_lot::{Mutex, RwLock};
use tracing::warn;

use crate::worker::Place;
use retained::Retained;

pub(crate) use retained::Kept;

use kept::KeptSessions;
pub use kept::{SessionUse, SessionsUse};

/// A connection or a kept session of some worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) worker: usize,
    pub(crate) seat: Seat,
}

/// Who is to have something: a connection, or a session that outlives its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Seat {
    Connection(Place),
    Session(SessionNumber),
}

/// One subscription.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) at: At,
    pub(crate) options: SubscriptionOptions,
    /// The client's name for it; 0 if it gave none.
    pub(crate) id: u32,
    pub(crate) backend: Arc<Backend>,
    /// Of a kept session: is its client away?
    pub(crate) is_away: Option<Arc<AtomicBool>>,
    /// It was sent what is kept when [`Broker::changes`] was below this; 0 if it asked for nothing of it.
    pub(crate) since: u64,
}

impl Subscriber {
    fn is_here(&self) -> bool {
        self.is_away.as_ref().is_none_or(|is_away| !is_away.load(Ordering::Relaxed))
    }
}

/// Is a new subscription to be sent the messages that are kept?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantsRetained {
    Yes,
    No,
}

/// Each client once, with the highest QoS it asked for, sorted by where they are.
fn each_once(receivers: &mut Vec<Receiver>) {
    if receivers.len() < 2 {
        return;
    }
    receivers.sort_unstable_by_key(|r| (r.at, std::cmp::Reverse(r.qos)));
    receivers.dedup_by(|later, first| {
        let is_same = later.at == first.at;
        if is_same {
            first.keeps_retain |= later.keeps_retain;
            first.ids.append(&mut later.ids);
        }
        is_same
    });
}

/// Whose message it is.
pub(crate) struct Sender<'a> {
    pub(crate) owner: Uin,
    /// The device it is about; `None` for the account's own topics.
    pub(crate) device: Option<&'a DirectoryDevice>,
    /// The backend it came from.
    pub(crate) from: Option<At>,
}

/// One client that is to have a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    pub(crate) at: At,
    pub(crate) qos: QoS,
    /// Takes live messages with their retain flag as they were sent.
    pub(crate) keeps_retain: bool,
    /// Of its matching subscriptions, those with a name.
    pub(crate) ids: Vec<u32>,
}

/// Subscriptions and retained messages of one account.
#[derive(Debug)]
pub(crate) struct Space {
    tree: RwLock<SubscriptionTree<Subscriber>>,
    /// Subscriptions in the tree.
    filters: AtomicUsize,
    retained: Mutex<Retained>,
}

#[derive(Debug)]
pub(crate) struct Broker {
    /// Of one account.
    retained_bounds: RetainedBounds,
    spaces: RwLock<HashMap<Uin, Arc<Space>>>,
    subscriptions: AtomicUsize,
    /// How often a subscription came, went or was replaced.
    changes: AtomicU64,
    pub(crate) kept: KeptSessions,
}

impl Broker {
    pub(crate) fn new(retained_bounds: RetainedBounds) -> Self {
        Self {
            retained_bounds,
            spaces: RwLock::default(),
            subscriptions: AtomicUsize::default(),
            changes: AtomicU64::default(),
            kept: KeptSessions::default(),
        }
    }

    /// Does anybody listen to anything?
    #[inline]
    pub(crate) fn is_silent(&self) -> bool {
        self.subscriptions.load(Ordering::Relaxed) == 0
    }

    /// Differs from before when a subscription came, went or was replaced.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Notes a subscription; one with the same filter of the same connection is replaced. Does it ask for what is kept?
    pub(crate) fn subscribe(&self, filter: &str, mut subscriber: Subscriber, wants: WantsRetained) {
        let space = self.space(subscriber.backend.owner);
        let mut tree = space.tree.write();
        let changes = self.changes.fetch_add(1, Ordering::AcqRel) + 1;
        subscriber.since = if wants == WantsRetained::Yes { changes } else { 0 };
        let before = tree.remove(filter, |known| known.at == subscriber.at);
        tree.insert(filter, subscriber);
        if before.is_none() {
            self.subscriptions.fetch_add(1, Ordering::Relaxed);
            space.filters.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Number and bytes of an account's retained messages.
    pub(crate) fn retained_of(&self, owner: Uin) -> (usize, usize) {
        let Some(space) = self.spaces.read().get(&owner).cloned() else { return (0, 0) };
        let retained = space.retained.lock();
        (retained.len(), retained.bytes())
    }

    /// Subscriptions of all backends of an account.
    pub(crate) fn filters_of(&self, owner: Uin) -> usize {
        self.spaces.read().get(&owner).map_or(0, |space| space.filters.load(Ordering::Relaxed))
    }

    pub(crate) fn unsubscribe(&self, owner: Uin, filter: &str, at: At) {
        let Some(space) = self.spaces.read().get(&owner).cloned() else { return };
        if space.tree.write().remove(filter, |known| known.at == at).is_some() {
            self.changes.fetch_add(1, Ordering::Release);
            self.subscriptions.fetch_sub(1, Ordering::Relaxed);
            space.filters.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Who is to have a message on `topic`, each client once, with the highest QoS it asked for. A message is for
    /// those only that may have it now; one from a client not for itself, if it wants that.
    ///
    /// `true`: the next message of this account or device on the topic has the same receivers, until a subscription
    /// changes or rights are asked anew.
    pub(crate) fn receivers(
        &self,
        platform: &Platform,
        sender: &Sender<'_>,
        topic: &str,
        now: UnixMillis,
        into: &mut Vec<Receiver>,
    ) -> bool {
        into.clear();
        let Sender { owner, device, from } = *sender;
        let Some(space) = self.spaces.read().get(&owner).cloned() else { return true };
        let excludes_sender = Cell::new(false);
        let may_have = |subscriber: &Subscriber| {
            excludes_sender.set(excludes_sender.get() || subscriber.options.no_local);
            let is_own = subscriber.options.no_local && from == Some(subscriber.at);
            !is_own
                && match device {
                    Some(device) => subscriber.backend.may_receive(platform, device, now),
                    None => subscriber.backend.may_receive_own(platform, now),
                }
        };
        // What is for a group should not wait for a member that is away while another is here.
        let fitness = |subscriber: &Subscriber| match (may_have(subscriber), subscriber.is_here()) {
            (false, _) => Fitness::Unfit,
            (true, false) => Fitness::Spare,
            (true, true) => Fitness::Fit,
        };
        let has_chosen = space.tree.read().for_each_fit_match(topic, fitness, |subscriber| {
            if may_have(subscriber) {
                let Subscriber { at, options, id, .. } = subscriber;
                let ids = if *id == 0 { Vec::new() } else { vec![*id] };
                into.push(Receiver { at: *at, qos: options.qos, keeps_retain: options.retain_as_published, ids });
            }
        });
        each_once(into);
        !has_chosen && !excludes_sender.get()
    }

    /// Who asked for what is kept on `topic` after there were so many `changes`: it was not among the receivers of a message
    /// that was on its way then, and may have been sent the one kept before.
    pub(crate) fn latecomers(
        &self,
        platform: &Platform,
        owner: Uin,
        topic: &str,
        changes: u64,
        now: UnixMillis,
    ) -> Vec<Receiver> {
        let mut found = Vec::new();
        let Some(space) = self.spaces.read().get(&owner).cloned() else { return found };
        space.tree.read().for_each_match(topic, |subscriber| {
            let Subscriber { at, options, id, backend, since, .. } = subscriber;
            if *since > changes && backend.may_receive_own(platform, now) {
                let ids = if *id == 0 { Vec::new() } else { vec![*id] };
                found.push(Receiver { at: *at, qos: options.qos, keeps_retain: true, ids });
            }
        });
        each_once(&mut found);
        found
    }

    /// Takes in what an earlier run retained.
    pub(crate) fn restore(&self, messages: Vec<RetainedMessage>) {
        for message in messages {
            let qos = QoS::from_bits(message.qos).unwrap_or(QoS::AtMostOnce);
            let (payload, properties) = (message.payload.into(), message.properties.into());
            self.retain(message.owner, &message.topic, Kept { payload, qos, properties, since: message.time });
        }
    }

    /// Could an account keep a message of so many bytes, payload and properties, beside its others?
    pub(crate) fn has_room_to_retain(&self, owner: Uin, topic: &str, bytes: usize, now: UnixMillis) -> bool {
        self.space(owner).retained.lock().has_room(topic, bytes, now)
    }

    /// Keeps a message for whoever subscribes later; an empty one takes the kept one away.
    pub(crate) fn retain(&self, owner: Uin, topic: &str, kept: Kept) {
        // There was room when it was sent; others may have taken it while it went to disk.
        if let Err(full) = self.space(owner).retained.lock().put(topic, kept) {
            warn!(%owner, topic, %full, "a retained message is not kept");
        }
    }

    /// How many messages an account keeps.
    pub(crate) fn retained_count(&self, owner: Uin) -> usize {
        self.space(owner).retained.lock().len()
    }

    /// Kept messages whose topics match a filter.
    pub(crate) fn retained(&self, owner: Uin, filter: &str, now: UnixMillis) -> Vec<(Box<str>, Kept)> {
        self.space(owner).retained.lock().matching(filter, now)
    }

    fn space(&self, owner: Uin) -> Arc<Space> {
        if let Some(space) = self.spaces.read().get(&owner) {
            return Arc::clone(space);
        }
        let space = || {
            let retained = Mutex::new(Retained::new(self.retained_bounds));
            Arc::new(Space { tree: RwLock::default(), filters: AtomicUsize::default(), retained })
        };
        Arc::clone(self.spaces.write().entry(owner).or_insert_with(space))
    }
}
