//! The fixed kinds of system topics, and the bit set of the down ones.

use std::fmt;

/// The third level of a `$thing` topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThingKind {
    Property,
    Event,
    Action,
    Service,
    Raw,
}

impl ThingKind {
    pub const ALL: [Self; 5] = [Self::Property, Self::Event, Self::Action, Self::Service, Self::Raw];

    pub(super) fn from_level(level: &str) -> Option<Self> {
        Some(match level {
            "property" => Self::Property,
            "event" => Self::Event,
            "action" => Self::Action,
            "service" => Self::Service,
            "raw" => Self::Raw,
            _ => return None,
        })
    }

    /// `$thing/up/<kind>`.
    #[must_use]
    pub fn up(self) -> UpTopic {
        match self {
            Self::Property => UpTopic::ThingProperty,
            Self::Event => UpTopic::ThingEvent,
            Self::Action => UpTopic::ThingAction,
            Self::Service => UpTopic::ThingService,
            Self::Raw => UpTopic::ThingRaw,
        }
    }

    /// `$thing/down/<kind>`: where the answer to this kind goes.
    #[must_use]
    pub fn down(self) -> DownTopic {
        match self {
            Self::Property => DownTopic::ThingProperty,
            Self::Event => DownTopic::ThingEvent,
            Self::Action => DownTopic::ThingAction,
            Self::Service => DownTopic::ThingService,
            Self::Raw => DownTopic::ThingRaw,
        }
    }
}

/// Two spellings of the same question and answer, both in use (decision 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RrpcFamily {
    /// `$rrpc/rxd` down, `$rrpc/txd` up.
    Rrpc,
    /// `$iotrrpc/down` and `$iotrrpc/up`.
    IotRrpc,
}

impl RrpcFamily {
    #[must_use]
    pub fn down(self) -> DownTopic {
        match self {
            Self::Rrpc => DownTopic::Rrpc,
            Self::IotRrpc => DownTopic::IotRrpc,
        }
    }

    #[must_use]
    pub fn up(self) -> UpTopic {
        match self {
            Self::Rrpc => UpTopic::Rrpc,
            Self::IotRrpc => UpTopic::IotRrpc,
        }
    }
}

/// System topics a device publishes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpTopic {
    ThingProperty,
    ThingEvent,
    ThingAction,
    ThingService,
    ThingRaw,
    Gateway,
    Ota,
    Shadow,
    Sys,
    Log,
    Config,
    /// `$config/report`, the Java spelling.
    ConfigReport,
    Rrpc,
    IotRrpc,
    Resource,
    Template,
}

impl UpTopic {
    pub const ALL: [Self; 16] = [
        Self::ThingProperty,
        Self::ThingEvent,
        Self::ThingAction,
        Self::ThingService,
        Self::ThingRaw,
        Self::Gateway,
        Self::Ota,
        Self::Shadow,
        Self::Sys,
        Self::Log,
        Self::Config,
        Self::ConfigReport,
        Self::Rrpc,
        Self::IotRrpc,
        Self::Resource,
        Self::Template,
    ];

    /// The levels before the ProductId, with the last slash.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::ThingProperty => "$thing/up/property/",
            Self::ThingEvent => "$thing/up/event/",
            Self::ThingAction => "$thing/up/action/",
            Self::ThingService => "$thing/up/service/",
            Self::ThingRaw => "$thing/up/raw/",
            Self::Gateway => "$gateway/operation/",
            Self::Ota => "$ota/report/",
            Self::Shadow => "$shadow/operation/",
            Self::Sys => "$sys/operation/",
            Self::Log => "$log/operation/",
            Self::Config => "$config/operation/",
            Self::ConfigReport => "$config/report/",
            Self::Rrpc => "$rrpc/txd/",
            Self::IotRrpc => "$iotrrpc/up/",
            Self::Resource => "$resource/up/service/",
            Self::Template => "$template/operation/",
        }
    }

    /// Set for the two kinds whose topics end in a process id.
    #[must_use]
    pub fn rrpc(self) -> Option<RrpcFamily> {
        match self {
            Self::Rrpc => Some(RrpcFamily::Rrpc),
            Self::IotRrpc => Some(RrpcFamily::IotRrpc),
            _ => None,
        }
    }
}

/// System topics a device subscribes to. The number of a variant is its bit in [`DownTopics`] and is stored with
/// MQTT sessions: add at the end, never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DownTopic {
    ThingProperty = 0,
    ThingEvent = 1,
    ThingAction = 2,
    ThingService = 3,
    ThingRaw = 4,
    Gateway = 5,
    Ota = 6,
    Shadow = 7,
    Sys = 8,
    Log = 9,
    Config = 10,
    /// `$config/update`, the older spelling.
    ConfigUpdate = 11,
    Rrpc = 12,
    IotRrpc = 13,
    Broadcast = 14,
    Resource = 15,
    Template = 16,
}

impl DownTopic {
    pub const ALL: [Self; 17] = [
        Self::ThingProperty,
        Self::ThingEvent,
        Self::ThingAction,
        Self::ThingService,
        Self::ThingRaw,
        Self::Gateway,
        Self::Ota,
        Self::Shadow,
        Self::Sys,
        Self::Log,
        Self::Config,
        Self::ConfigUpdate,
        Self::Rrpc,
        Self::IotRrpc,
        Self::Broadcast,
        Self::Resource,
        Self::Template,
    ];

    /// The levels before the ProductId, with the last slash.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::ThingProperty => "$thing/down/property/",
            Self::ThingEvent => "$thing/down/event/",
            Self::ThingAction => "$thing/down/action/",
            Self::ThingService => "$thing/down/service/",
            Self::ThingRaw => "$thing/down/raw/",
            Self::Gateway => "$gateway/operation/result/",
            Self::Ota => "$ota/update/",
            Self::Shadow => "$shadow/operation/result/",
            Self::Sys => "$sys/operation/result/",
            Self::Log => "$log/operation/result/",
            Self::Config => "$config/operation/result/",
            Self::ConfigUpdate => "$config/update/",
            Self::Rrpc => "$rrpc/rxd/",
            Self::IotRrpc => "$iotrrpc/down/",
            Self::Broadcast => "$broadcast/rxd/",
            Self::Resource => "$resource/down/service/",
            Self::Template => "$template/operation/result/",
        }
    }

    /// Set for the two kinds whose topics end in a process id.
    #[must_use]
    pub fn rrpc(self) -> Option<RrpcFamily> {
        match self {
            Self::Rrpc => Some(RrpcFamily::Rrpc),
            Self::IotRrpc => Some(RrpcFamily::IotRrpc),
            _ => None,
        }
    }
}

/// A set of system down topics of one device: what it has subscribed to, one bit each.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct DownTopics(u32);

impl DownTopics {
    pub const NONE: Self = Self(0);
    /// For whoever takes every answer.
    pub const ALL: Self = Self(u32::MAX);

    #[must_use]
    pub const fn only(kind: DownTopic) -> Self {
        Self(1 << kind as u8)
    }

    #[must_use]
    pub const fn contains(self, kind: DownTopic) -> bool {
        self.0 & Self::only(kind).0 != 0
    }

    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn insert(&mut self, kind: DownTopic) {
        self.0 |= Self::only(kind).0;
    }

    pub const fn remove(&mut self, kind: DownTopic) {
        self.0 &= !Self::only(kind).0;
    }

    /// The kinds in the set, in order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = DownTopic> {
        DownTopic::ALL.into_iter().filter(move |&kind| self.contains(kind))
    }

    /// The bits, for storage.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Takes stored bits back; bits that name no topic (written by a newer version) are dropped.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & ((1 << DownTopic::ALL.len()) - 1))
    }
}

impl fmt::Debug for DownTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
