//! Fences on the map: spaces that hold them, devices bound to them, and what happens when a device crosses one.
//!
//! Source: spec/cloud-api.md 2.15 and 3.12, spec/rules-ota.md 11.

mod area;

use std::fmt;
use std::str::FromStr;

pub use area::{AREA_BYTES_MAX, Area, AreaError, RADIUS_METRES_MAX, VERTICES_MAX};

use crate::position::Position;
use crate::{DeviceKey, DeviceNumber, IdError, ProductId, ProjectId, Uin, UnixMillis};

/// 32 lower-case hexadecimal digits, chosen by the platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpaceId(Box<str>);

impl SpaceId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SpaceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.into()))
        } else {
            Err(IdError { kind: "SpaceId", rule: "32 lower-case hexadecimal digits" })
        }
    }
}

impl fmt::Display for SpaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Given by the registry, ascending, never used again. Zero is a fence that is not stored yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FenceId(pub u64);

/// The same of an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub u64);

/// What viewers of a space may do. The number is that of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizeType {
    ReadOnly = 0,
    ReadWrite = 1,
}

impl AuthorizeType {
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::ReadOnly),
            1 => Some(Self::ReadWrite),
            _ => None,
        }
    }
}

/// A map of a project: products whose devices it shows, and fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    pub id: SpaceId,
    pub owner: Uin,
    pub project: ProjectId,
    /// Unique within the project.
    pub name: String,
    pub authorize_type: AuthorizeType,
    pub description: String,
    pub icon: String,
    pub products: Vec<SpaceProduct>,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// A product of a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceProduct {
    pub product: ProductId,
    /// Properties the map shows, a JSON array as it was given; empty when nothing was chosen.
    pub shown: String,
}

/// An area on the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    pub id: FenceId,
    pub space: SpaceId,
    /// Unique within the space.
    pub name: String,
    pub description: String,
    /// GeoJSON, as it was given; [`Area::parse`] reads it.
    pub area: String,
    /// Number of the newest record of the log when the area was drawn: what devices said before is not looked at.
    pub since: u64,
    pub created: UnixMillis,
    pub updated: UnixMillis,
}

/// A device that raises alerts at a fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceBind {
    pub fence: FenceId,
    pub device: DeviceNumber,
    pub condition: AlertCondition,
    /// Nothing is raised while it is not; where the device is is followed all the same.
    pub enabled: bool,
    /// How people are told, in the owner's words: kept and given back.
    pub method: String,
    /// As [`Fence::since`], when the device was bound.
    pub since: u64,
}

/// Which crossings raise an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertCondition {
    In,
    Out,
    InOrOut,
}

impl AlertCondition {
    /// The word for it in the API and in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::Out => "Out",
            Self::InOrOut => "InOrOut",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::In, Self::Out, Self::InOrOut].into_iter().find(|condition| condition.word() == word)
    }

    /// Is this crossing one of those?
    #[must_use]
    pub fn covers(self, crossing: Crossing) -> bool {
        matches!((self, crossing), (Self::InOrOut, _) | (Self::In, Crossing::In) | (Self::Out, Crossing::Out))
    }
}

/// A device went over the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    In,
    Out,
}

impl Crossing {
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::Out => "Out",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::In, Self::Out].into_iter().find(|crossing| crossing.word() == word)
    }
}

/// Where a device was last seen, as seen from a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub is_inside: bool,
    /// When it was there.
    pub time: UnixMillis,
    /// Number of the record that said so.
    pub record: u64,
}

/// What a new position means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Of an earlier time than the one that counts, or looked at before: nothing changes.
    Late,
    /// The first, or on the same side as the one before.
    Stayed,
    Crossed(Crossing),
}

impl Seen {
    /// Compares a new position with the one before it. A device that is seen for the first time has crossed nothing,
    /// wherever it is. Of two positions of one time the one said later counts.
    #[must_use]
    pub fn step(self, before: Option<Self>) -> Step {
        let Some(before) = before else { return Step::Stayed };
        if (self.time, self.record) <= (before.time, before.record) {
            return Step::Late;
        }
        match (before.is_inside, self.is_inside) {
            (false, true) => Step::Crossed(Crossing::In),
            (true, false) => Step::Crossed(Crossing::Out),
            _ => Step::Stayed,
        }
    }
}

/// A crossing that was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Zero before it is stored.
    pub id: AlertId,
    pub fence: FenceId,
    pub fence_name: String,
    pub device: DeviceNumber,
    pub key: DeviceKey,
    pub crossing: Crossing,
    /// The binding's.
    pub condition: AlertCondition,
    pub time: UnixMillis,
    pub position: Position,
}
