//! Why a value was refused, and the text that says so.
//!
//! The texts are part of the wire format: devices and their owners search for them. Which are the vendor's and which
//! are ours: docs/adr/0003-thing-model-texts.md.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::json::ScanError;

/// Bytes shown on either side of the failing byte of a value of the wrong JSON kind.
pub const EXCERPT_BYTES: usize = 10;
/// The same for the second, bigger excerpt.
pub const CONTEXT_BYTES: usize = 20;
/// Bytes of a value repeated in a text; what is longer ends in `...`.
pub const VALUE_SHOWN_BYTES_MAX: usize = 64;

/// The first thing wrong in the order of the payload. `Display` is the detail text without any prefix.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation<'a> {
    /// `win_switch`, `position.longitude`, `points[3]`, `cells[0].lac`, `low_voltage.voltage`; empty when the
    /// container of all values itself is at fault.
    pub path: String,
    pub cause: Cause<'a>,
}

/// What is wrong. Tokens and values are slices of the payload.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause<'a> {
    /// The text is not JSON; nothing else was decided.
    Json(ScanError),
    /// The model has no such id.
    NotDefined,
    /// A control message names a property of mode `r`.
    NotWritable,
    /// An event or action lacks this param.
    Missing,
    NotANumber {
        token: &'a [u8],
    },
    NotAString {
        token: &'a [u8],
    },
    NotAnObject {
        token: &'a [u8],
    },
    NotAnArray {
        token: &'a [u8],
    },
    /// `null` for a string.
    Null,
    /// A fraction or exponent where a whole number is due.
    NotWhole {
        value: &'a [u8],
    },
    OutOfRange {
        value: &'a [u8],
        /// `[min,max]` without trailing zeros.
        range: Box<str>,
    },
    /// Bytes of a string or elements of an array.
    LengthOutOfRange {
        length: usize,
        min: usize,
        max: usize,
    },
    NotInEnum {
        value: Cow<'a, str>,
    },
}

impl<'a> Violation<'a> {
    /// Where the value at fault is in `text`, of which the check read a part; `None` for what is not there or was not kept.
    #[must_use]
    pub fn place_in(&self, text: &'a [u8]) -> Option<Range<usize>> {
        let token: &[u8] = match &self.cause {
            Cause::NotANumber { token }
            | Cause::NotAString { token }
            | Cause::NotAnObject { token }
            | Cause::NotAnArray { token } => token,
            Cause::NotWhole { value } | Cause::OutOfRange { value, .. } => value,
            Cause::NotInEnum { value: Cow::Borrowed(value) } => value.as_bytes(),
            _ => return None,
        };
        let start = token.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        let end = start.checked_add(token.len())?;
        (end <= text.len()).then_some(start..end)
    }

    pub(super) fn new(cause: Cause<'a>) -> Box<Self> {
        Box::new(Self { path: String::new(), cause })
    }

    /// Puts the id of the containing value before the path.
    pub(super) fn inside(mut self: Box<Self>, id: &str) -> Box<Self> {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{id}{dot}{}", self.path);
        self
    }
}

impl From<ScanError> for Box<Violation<'_>> {
    fn from(error: ScanError) -> Self {
        Violation::new(Cause::Json(error))
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.cause {
            Cause::Json(error) => error.fmt(f),
            Cause::NotDefined => write!(f, "{path} not defined"),
            Cause::NotWritable => write!(f, "{path} not writable"),
            Cause::Missing => write!(f, "{path} missing"),
            Cause::NotANumber { token } => {
                f.write_str("readNumberAsString: invalid number")?;
                write_excerpts(f, token, 0)
            }
            Cause::NotAString { token } => {
                write!(f, "ReadString: expects \" or n, but found {}", first_char(token))?;
                write_excerpts(f, token, 1)
            }
            Cause::NotAnObject { token } => {
                write!(f, "ReadObject: expects {{, but found {}", first_char(token))?;
                write_excerpts(f, token, 1)
            }
            Cause::NotAnArray { token } => {
                write!(f, "ReadArray: expects [, but found {}", first_char(token))?;
                write_excerpts(f, token, 1)
            }
            Cause::Null => write!(f, "{path} value null not allowed"),
            Cause::NotWhole { value } => write!(f, "{path} value {} not an integer", Shown(&text(value))),
            Cause::OutOfRange { value, range } => {
                write!(f, "{path} value {} out of range:{range}", Shown(&text(value)))
            }
            Cause::LengthOutOfRange { length, min, max } => {
                write!(f, "{path} length {length} out of range:[{min},{max}]")
            }
            Cause::NotInEnum { value } => write!(f, "{path} value {} enum not defined", Shown(value)),
        }
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn first_char(token: &[u8]) -> char {
    token.first().copied().map_or(' ', char::from)
}

/// Both excerpts of a token around the byte at which the vendor's reader gave up.
fn write_excerpts(f: &mut fmt::Formatter<'_>, token: &[u8], failed: usize) -> fmt::Result {
    let (offset, near) = around(token, failed, EXCERPT_BYTES);
    let (_, wide) = around(token, failed, CONTEXT_BYTES);
    write!(f, ", error found in #{offset} byte of ...|{near}|..., bigger context ...|{wide}|...")
}

/// At most `reach` bytes on each side, never cutting a character, and the offset of the failing byte in them.
fn around(token: &[u8], failed: usize, reach: usize) -> (usize, Cow<'_, str>) {
    let is_boundary = |at: usize| token.get(at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let mut start = failed.saturating_sub(reach);
    let mut end = (failed + reach).min(token.len());
    while !is_boundary(start) {
        start += 1;
    }
    while end > start && !is_boundary(end) {
        end -= 1;
    }
    (failed - start.min(failed), text(&token[start..end]))
}

/// A value cut to a length fit for a message.
struct Shown<'s>(&'s str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() <= VALUE_SHOWN_BYTES_MAX {
            return f.write_str(self.0);
        }
        let mut end = VALUE_SHOWN_BYTES_MAX;
        while !self.0.is_char_boundary(end) {
            end -= 1;
        }
        write!(f, "{}...", &self.0[..end])
    }
}
