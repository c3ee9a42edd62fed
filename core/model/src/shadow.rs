//! Device shadow: what a device last said about itself and what it is asked to become, with a version.
//!
//! A shadow changes only by an [`Update`], applied in the order of the log; so it can be derived from the log as the
//! latest values are. [`decide`] says whether an update may be made, [`Update::apply`] makes it.
//!
//! Source: spec/device-protocol.md 9.1.

mod document;
mod tree;
mod update;

use crate::UnixMillis;
use tree::Tree;

pub use update::{Refusal, Update, decide};

/// Largest document: the JSON of `reported` and `desired` together, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024;

/// Levels of keys inside `reported` and `desired`.
pub const DEPTH_MAX: u8 = 5;

/// Which values are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metadata {
    Without,
    /// The time of each value.
    With,
}

/// The document of one device. A device without one is at version 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shadow {
    reported: Tree,
    desired: Tree,
    version: u64,
    updated: UnixMillis,
}

impl Shadow {
    /// Counts the updates since the document was created.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When it was last changed.
    #[must_use]
    pub fn updated(&self) -> UnixMillis {
        self.updated
    }

    /// Is there a desired value which the device has not reported?
    #[must_use]
    pub fn has_delta(&self) -> bool {
        self.desired.differs_from(&self.reported)
    }

    /// Memory it holds, in bytes, roughly.
    #[must_use]
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.reported.memory() + self.desired.memory()
    }

    /// Bytes of JSON that count against [`DOCUMENT_BYTES_MAX`].
    fn bytes(&self) -> usize {
        let mut out = Vec::new();
        self.reported.write(&mut out);
        self.desired.write(&mut out);
        out.len()
    }
}
