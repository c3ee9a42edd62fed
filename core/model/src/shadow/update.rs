//! One change of a shadow: read, judged, applied.

use std::borrow::Cow;

use super::{DEPTH_MAX, DOCUMENT_BYTES_MAX, Shadow};
use crate::UnixMillis;
use crate::json::{Kind, ScanError, Scanner, members};

/// A message that changes a shadow, as a device or the cloud wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update<'a> {
    Change {
        /// The member `state`, an object.
        state: &'a [u8],
        reported: Part<'a>,
        desired: Part<'a>,
        /// The document must be at this version. `None`: at any.
        version: Option<u64>,
    },
    /// Takes the document away.
    Delete,
}

/// What an update says about one half of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    Unchanged,
    Cleared,
    /// A JSON object.
    Merged(&'a [u8]),
}

/// Why an update is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("json format illegal: {0}")]
    BadJson(#[from] ScanError),
    #[error("{0}")]
    BadState(&'static str),
    #[error("more than {DEPTH_MAX} levels of keys")]
    TooDeep,
    #[error("the document would have more than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the document is at version {current}, not {wanted}")]
    Conflict { current: u64, wanted: u64 },
}

impl<'a> Update<'a> {
    /// Reads `{"type":"update","state":{..},"version":..}` or `{"type":"delete"}`.
    ///
    /// A version of 0 is none, as is any with `overwriteUpdate`: that is how the vendor's SDKs say "whatever it is".
    ///
    /// # Errors
    /// When it is neither, or says nothing.
    pub fn parse(message: &'a [u8]) -> Result<Self, Refusal> {
        let (mut state, mut version, mut overwrites, mut is_delete) = (None, None, false, false);
        for member in members(message) {
            let (key, value) = member?;
            match key.unescape().as_ref() {
                "type" => is_delete = matches!(text(value).as_deref(), Some("delete")),
                "state" => state = Some(value),
                "version" if value != b"null" => version = Some(number(value)?),
                "overwriteUpdate" => overwrites = value == b"true",
                _ => {}
            }
        }
        if is_delete {
            return Ok(Self::Delete);
        }
        let state = state.ok_or(Refusal::BadState("state missing"))?;
        if Scanner::new(state).peek()? != Kind::Object {
            return Err(Refusal::BadState("state is not an object"));
        }
        let (mut reported, mut desired) = (Part::Unchanged, Part::Unchanged);
        for member in members(state) {
            let (key, value) = member?;
            match key.unescape().as_ref() {
                "reported" => reported = Part::read(value)?,
                "desired" => desired = Part::read(value)?,
                _ => {}
            }
        }
        if (reported, desired) == (Part::Unchanged, Part::Unchanged) {
            return Err(Refusal::BadState("state has neither reported nor desired"));
        }
        let version = version.filter(|version| *version != 0 && !overwrites);
        Ok(Self::Change { state, reported, desired, version })
    }

    /// Makes the change, whatever the version: [`decide`] has said yes. `None` is the document of a device that has
    /// none.
    ///
    /// # Errors
    /// As [`decide`], except for version and size; `None` and the document as it was are then both possible, so work
    /// on a copy.
    pub fn apply(&self, shadow: &mut Option<Box<Shadow>>, now: UnixMillis) -> Result<(), Refusal> {
        let Self::Change { reported, desired, .. } = self else {
            *shadow = None;
            return Ok(());
        };
        let document = shadow.get_or_insert_default();
        reported.apply(&mut document.reported, now)?;
        desired.apply(&mut document.desired, now)?;
        document.version += 1;
        document.updated = now;
        Ok(())
    }
}

impl<'a> Part<'a> {
    fn read(value: &'a [u8]) -> Result<Self, Refusal> {
        match Scanner::new(value).peek()? {
            Kind::Null => Ok(Self::Cleared),
            Kind::Object => Ok(Self::Merged(value)),
            _ => Err(Refusal::BadState("reported and desired are objects or null")),
        }
    }

    fn apply(&self, tree: &mut super::Tree, now: UnixMillis) -> Result<(), Refusal> {
        match self {
            Self::Unchanged => {}
            Self::Cleared => *tree = super::Tree::default(),
            Self::Merged(patch) => tree.merge(patch, now)?,
        }
        Ok(())
    }
}

/// The document after the update, or why it is not made.
///
/// # Errors
/// [`Refusal`]
pub fn decide(shadow: Option<&Shadow>, update: &Update<'_>, now: UnixMillis) -> Result<Option<Box<Shadow>>, Refusal> {
    let current = shadow.map_or(0, Shadow::version);
    if let Update::Change { version: Some(wanted), .. } = update
        && *wanted != current
    {
        return Err(Refusal::Conflict { current, wanted: *wanted });
    }
    let mut next = shadow.map(|shadow| Box::new(shadow.clone()));
    update.apply(&mut next, now)?;
    if next.as_ref().is_some_and(|next| next.bytes() > DOCUMENT_BYTES_MAX) {
        return Err(Refusal::TooLarge);
    }
    Ok(next)
}

fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    Some(Scanner::new(value).string().ok()?.unescape())
}

fn number(value: &[u8]) -> Result<u64, Refusal> {
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok()).ok_or(Refusal::BadState("version is not a whole number"))
}
