//! Strings and numbers as they stand in the text.

use std::borrow::Cow;

// Tokens consist of whole words on purpose: with a `bool` inside, the compiler moves the padding in overlapping pieces, and the
// stalls that follow cost more than the scanning.

/// A string token of a [`super::Scanner`]: well-formed, UTF-8, not yet unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StringToken<'a> {
    raw: &'a [u8],
    escapes: usize,
}

impl<'a> StringToken<'a> {
    pub(super) fn new(raw: &'a [u8], escapes: usize) -> Self {
        Self { raw, escapes }
    }

    /// The token as written, with its quotes.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The bytes between the quotes, escapes not resolved.
    #[must_use]
    #[inline]
    pub fn content(&self) -> &'a [u8] {
        &self.raw[1..self.raw.len() - 1]
    }

    /// Does the content differ from the text it stands for?
    #[must_use]
    #[inline]
    pub fn is_escaped(&self) -> bool {
        self.escapes > 0
    }

    /// The text the token stands for; borrowed unless it has escapes.
    #[must_use]
    pub fn unescape(&self) -> Cow<'a, str> {
        let content = std::str::from_utf8(self.content()).expect("the scanner accepts UTF-8 only");
        if self.is_escaped() { Cow::Owned(unescaped(content)) } else { Cow::Borrowed(content) }
    }

    /// Does the token stand for this text?
    #[must_use]
    #[inline]
    pub fn is(&self, text: &[u8]) -> bool {
        if self.is_escaped() { self.unescape().as_bytes() == text } else { self.content() == text }
    }

    /// Length of the text in bytes of UTF-8, without building it.
    #[must_use]
    #[inline]
    pub fn text_len(&self) -> usize {
        if !self.is_escaped() {
            return self.content().len();
        }
        let content = self.content();
        let (mut at, mut len) = (0, 0);
        while let Some(&byte) = content.get(at) {
            let (read, stands_for) = if byte == b'\\' { escape_len(content, at) } else { (1, 1) };
            at += read;
            len += stands_for;
        }
        len
    }
}

/// A number token of a [`super::Scanner`]: well-formed and finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberToken<'a> {
    raw: &'a [u8],
    /// Bytes of fraction and exponent.
    rest_bytes: usize,
}

impl<'a> NumberToken<'a> {
    pub(super) fn new(raw: &'a [u8], rest_bytes: usize) -> Self {
        Self { raw, rest_bytes }
    }

    /// The number as written.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Written without fraction and exponent? `-0` is not counted as whole: it exists only as a float.
    #[must_use]
    #[inline]
    pub fn is_whole(&self) -> bool {
        self.rest_bytes == 0 && self.raw != b"-0"
    }

    /// The value of a whole number; `None` for other numbers and outside 64 bits.
    #[must_use]
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        if !self.is_whole() {
            return None;
        }
        let (negative, digits) = match self.raw {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let mut value: i64 = 0;
        if digits.len() < 19 {
            for digit in digits {
                value = value * 10 + i64::from(digit - b'0');
            }
            return Some(if negative { -value } else { value });
        }
        for digit in digits {
            // Counted downwards, because the negative range is one larger.
            value = value.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))?;
        }
        if negative { Some(value) } else { value.checked_neg() }
    }

    /// The nearest 64-bit float.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        if self.raw.len() < 16
            && let Some(whole) = self.as_i64()
        {
            #[expect(clippy::cast_precision_loss, reason = "fewer than 16 digits are exact")]
            return whole as f64;
        }
        let text = std::str::from_utf8(self.raw).expect("a number is ASCII");
        text.parse().expect("every JSON number is a float literal")
    }
}

/// Four hexadecimal digits at `at`.
pub(super) fn hex_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let mut unit = 0;
    for &digit in bytes.get(at..at + 4)? {
        unit = unit * 16 + char::from(digit).to_digit(16)?;
    }
    Some(unit)
}

pub(super) fn is_high_surrogate(unit: u32) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

pub(super) fn is_low_surrogate(unit: u32) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

/// Bytes read and bytes of UTF-8 meant by the escape at `at`, which the scanner has accepted.
fn escape_len(content: &[u8], at: usize) -> (usize, usize) {
    match escaped_char(content, at) {
        (read, Some(meant)) => (read, meant.len_utf8()),
        (read, None) => (read, 0),
    }
}

fn escaped_char(content: &[u8], at: usize) -> (usize, Option<char>) {
    let meant = match content.get(at + 1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let high = hex_unit(content, at + 2).unwrap_or_default();
            if !is_high_surrogate(high) {
                return (6, char::from_u32(high));
            }
            let low = hex_unit(content, at + 8).unwrap_or_default();
            return (12, char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low.saturating_sub(0xdc00))));
        }
        Some(&other) => char::from(other),
        None => return (1, None),
    };
    (2, Some(meant))
}

fn unescaped(content: &str) -> String {
    let bytes = content.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(backslash) = content[at..].find('\\') {
        text.push_str(&content[at..at + backslash]);
        let (read, meant) = escaped_char(bytes, at + backslash);
        text.extend(meant);
        at += backslash + read;
    }
    text.push_str(&content[at..]);
    text
}
