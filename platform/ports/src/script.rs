//! Scripts of products: the owner's JavaScript that translates between what a device sends and standard messages.
//!
//! A script has two functions, `RawToProtocol(fPort, bytes)` and `ProtocolToRaw(message)`. It reaches nothing but its
//! arguments, and gives the same answer to the same message: the time it sees is that of the message.
//!
//! Source: spec/device-protocol.md 6.12, spec/thing-model-and-console.md 1.3. There is no twin in memory that runs
//! scripts; [`NoScripts`] is for platforms that have none.

#[cfg(any(test, feature = "suites"))]
pub mod suite;

use std::sync::Arc;
use std::time::Duration;

use lianwu_model::{ProductId, UnixMillis};

use crate::Answer;

/// Longest script, in bytes of UTF-8.
pub const SCRIPT_BYTES_MAX: usize = 64 * 1024;

/// Longest answer of a script: a message in JSON, or the bytes for a device.
pub const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// Processor time a call of a script may take, in milliseconds.
pub const CALL_MILLIS_MAX: u64 = 20;

/// Memory a script may hold, in bytes.
pub const HEAP_BYTES_MAX: usize = 4 << 20;

/// Messages of one device, both ways, that may wait for its product's script.
pub const WAITING_MAX: usize = 64;

/// Lines of a script's own log kept of one run, and their bytes together.
pub const LINES_MAX: usize = 100;
/// See [`LINES_MAX`].
pub const LINE_BYTES_MAX: usize = 8 * 1024;

/// Whose work it is: neither waits for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Messages of devices.
    Live,
    /// Trying a script out.
    Bench,
}

/// What a script is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Is it a script with both functions? The output is empty.
    Check,
    /// `RawToProtocol`: the output is a JSON object, or empty when there is nothing to say.
    ToMessage { port: u8, bytes: Box<[u8]> },
    /// `ProtocolToRaw` of a message in JSON: the output is bytes, empty when there is nothing to send.
    ToBytes { message: Box<[u8]> },
}

/// One run.
#[derive(Clone, Debug)]
pub struct ScriptCall {
    pub product: ProductId,
    pub lane: Lane,
    /// The same `Arc` in each call of one saved script: it is loaded once.
    pub script: Arc<str>,
    pub work: Work,
    /// The time the script sees.
    pub now: UnixMillis,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRun {
    pub output: Result<Box<[u8]>, ScriptFailure>,
    /// What the script said with `console.log`; at most [`LINES_MAX`] lines and [`LINE_BYTES_MAX`] bytes.
    pub lines: Vec<String>,
    /// Processor time of the run, loading the script included where that was due.
    pub took: Duration,
}

impl ScriptRun {
    /// A run that did not take place.
    #[must_use]
    pub fn refused(kind: FailureKind, message: impl Into<String>) -> Self {
        let failure = ScriptFailure { kind, message: message.into(), line: None, column: None };
        Self { output: Err(failure), lines: Vec::new(), took: Duration::ZERO }
    }
}

/// Why there is no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", Place(*.line, *.column))]
pub struct ScriptFailure {
    pub kind: FailureKind,
    pub message: String,
    /// Of the script, from 1, where it is known.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// Class of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Not JavaScript, or a function is missing.
    Malformed,
    /// The script threw.
    Thrown,
    /// The answer is not of the form asked for.
    Output,
    /// More processor time than a run may take.
    Time,
    /// More memory than a script may hold.
    Memory,
    /// It does not come back; the product's scripts are not run until it does or another is saved.
    Stalled,
    /// Too much waits.
    Busy,
}

/// ` at line 3:5`, as far as it is known.
struct Place(Option<u32>, Option<u32>);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self(Some(line), Some(column)) => write!(f, " at line {line}:{column}"),
            Self(Some(line), None) => write!(f, " at line {line}"),
            Self(None, _) => Ok(()),
        }
    }
}

/// Runs scripts, each product's apart from all others'.
pub trait Scripts: Send + Sync {
    /// Runs one call; calls of one product and lane run in the order in which they were made. The work is queued when
    /// this is called, not when the answer is first polled.
    fn run(&self, call: ScriptCall) -> Answer<'_, ScriptRun>;
}

/// A platform without scripts: every run is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScripts;

impl Scripts for NoScripts {
    fn run(&self, _call: ScriptCall) -> Answer<'_, ScriptRun> {
        Box::pin(async { ScriptRun::refused(FailureKind::Busy, "this platform runs no scripts") })
    }
}
