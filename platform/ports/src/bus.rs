//! Messages towards devices, wherever they are connected.

use std::sync::Arc;

use lianwu_model::DeviceKey;
use lianwu_model::DeviceNumber;
use lianwu_model::ProductId;
use lianwu_model::shadow::{Refusal, Shadow};

use crate::Answer;
use crate::log::CommitError;
use crate::readings::ReadingError;

/// What is sent down; the topic follows from the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownKind {
    /// `$thing/down/property`
    PropertyControl,
    /// `$thing/down/action`
    ActionCall,
    /// `$broadcast/rxd`, to a device that is there and listens; any other is passed over without a record.
    Broadcast,
    /// `$log/operation/result`, to a device that is there and listens; any other is passed over without a record.
    LogLevel,
    /// Any other topic of the device.
    Topic(Box<str>),
}

/// One message to one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    pub device: DeviceKey,
    pub number: DeviceNumber,
    pub kind: DownKind,
    /// 0 or 1; the device gets it with the lower of this and what it was granted.
    pub qos: u8,
    pub payload: Box<[u8]>,
    /// Request id of the call that caused it; goes into the log.
    pub request_id: Box<str>,
}

/// What became of it. The attempt is in the log before the answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Written to the device's connection, or waiting there behind others it has not acknowledged.
    Delivered,
    /// Connected, but not subscribed to the topic.
    NotSubscribed,
    Offline,
    /// Offline, but with a kept session: it is delivered when the device comes back.
    Queued,
}

impl Delivery {
    /// The vendor's push result: 0, or 23101 for "no subscriber", also when the message waits for the device (ADR 0010). Source: spec/cloud-api.md 3.7.
    #[must_use]
    pub const fn push_result(self) -> u32 {
        match self {
            Self::Delivered => 0,
            Self::NotSubscribed | Self::Offline | Self::Queued => 23101,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// The home of the device has too much to do: try again.
    #[error("too many messages wait for the device's worker")]
    Busy,
    /// More than so many messages a second to one device.
    #[error("a device may be sent {0} messages a second, see limits.device_down_tps")]
    OverRate(u32),
    /// More than so many messages a second to all devices of the product or of the instance; the key says which.
    #[error("{per_second} messages a second may be sent, see {key}")]
    OverSharedRate { per_second: u32, key: &'static str },
    /// It keeps no session in which more could wait.
    #[error("the device has not acknowledged the messages it was sent before")]
    Unacknowledged,
    /// The product's script gave no bytes for the message; nothing was sent.
    #[error("script: {0}")]
    Script(String),
    #[error("log the message: {0}")]
    Commit(#[from] CommitError),
    #[error("the platform is shutting down")]
    Closed,
}

/// A change of a device's shadow by the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowChange {
    pub device: DeviceKey,
    pub number: DeviceNumber,
    /// In the form of a device's message, see [`Update::parse`](lianwu_model::shadow::Update::parse).
    pub payload: Box<[u8]>,
    /// Request id of the call; goes into the log.
    pub request_id: Box<str>,
}

/// A change that was made. It is in the log before the answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowChanged {
    /// `None` after a deletion.
    pub document: Option<Box<Shadow>>,
    /// What became of the message with the delta, if there was one to send.
    pub told: Option<Delivery>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeShadowError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Reading(#[from] ReadingError),
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

/// A product's remote configuration on its way to devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigPush {
    pub product: ProductId,
    /// This device; `None`: every device of the product that is online.
    pub only: Option<DeviceNumber>,
    /// As the device gets it.
    pub message: Arc<[u8]>,
    /// As the log keeps it.
    pub logged: Arc<[u8]>,
    /// Request id of the call; goes into the log.
    pub request_id: Box<str>,
}

/// How many devices a push met. What was sent is in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfigPushed {
    pub sent: u64,
    /// Not subscribed to the topic; the one device that was asked for may be offline.
    pub not_listening: u64,
    /// Over the rate of messages to a device.
    pub over_rate: u64,
    /// The device has said that it takes no packet of that size.
    pub too_large: u64,
}

impl std::ops::AddAssign for ConfigPushed {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.not_listening += other.not_listening;
        self.over_rate += other.over_rate;
        self.too_large += other.too_large;
    }
}

/// A device that was bound to a gateway, or unbound from it: it lives where its gateway does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    pub device: DeviceNumber,
    /// Whose home it lived in until now: its own, or its gateway's.
    pub home: DeviceNumber,
}

/// Reaches the home of a device.
pub trait Bus: Send + Sync {
    fn deliver(&self, down: Down) -> Answer<'_, Result<Delivery, DeliverError>>;

    /// Changes its shadow and tells it what is desired. Changes and the device's own messages are decided one after
    /// the other.
    fn change_shadow(&self, change: ShadowChange) -> Answer<'_, Result<ShadowChanged, ChangeShadowError>>;

    /// Sends a remote configuration to whoever listens, in steps, so that nobody else waits for it; answers when all of them
    /// are done.
    fn push_config(&self, push: ConfigPush) -> Answer<'_, Result<ConfigPushed, DeliverError>>;

    /// Closes the device's connection, if any; `why` goes into the log (deleted, disabled ...).
    fn disconnect(&self, number: DeviceNumber, why: &'static str);

    /// Ends what a device has in a home it no longer lives in: its connection, its kept session, and its place behind
    /// the gateway that lives there. `why` goes into the log (bound, unbound).
    fn leave(&self, leave: Leave, why: &'static str);

    /// The custom topics of a product changed: subscriptions without permission end, which the log tells. Returns when
    /// every home knows; they see to it one step after the other.
    fn topics_changed(&self, product: ProductId) -> Answer<'_, ()>;

    /// What a device is subscribed to, itself or through its gateway, system topics first; also one that is away and
    /// keeps its session. Empty for any other.
    fn subscriptions(&self, number: DeviceNumber) -> Answer<'_, Result<Vec<Box<str>>, DeliverError>>;
}

/// A platform that no device reaches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoDevices;

impl Bus for NoDevices {
    fn deliver(&self, _: Down) -> Answer<'_, Result<Delivery, DeliverError>> {
        Box::pin(async { Ok(Delivery::Offline) })
    }

    fn change_shadow(&self, _: ShadowChange) -> Answer<'_, Result<ShadowChanged, ChangeShadowError>> {
        Box::pin(async { Err(DeliverError::Closed.into()) })
    }

    fn push_config(&self, _: ConfigPush) -> Answer<'_, Result<ConfigPushed, DeliverError>> {
        Box::pin(async { Ok(ConfigPushed::default()) })
    }

    fn disconnect(&self, _: DeviceNumber, _: &'static str) {}

    fn leave(&self, _: Leave, _: &'static str) {}

    fn topics_changed(&self, _: ProductId) -> Answer<'_, ()> {
        Box::pin(async {})
    }

    fn subscriptions(&self, _: DeviceNumber) -> Answer<'_, Result<Vec<Box<str>>, DeliverError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
