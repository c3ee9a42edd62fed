//! A pull scanner over JSON text: strict, borrowing, without allocation and with a bounded depth.
//!
//! The caller asks for what it expects next and gets slices of the input. The whole of RFC 8259 is enforced, and in
//! addition: UTF-8, no lone surrogates in escapes, no number beyond the range of a 64-bit float, at most
//! [`DEPTH_MAX`] nested containers. Within that depth exactly those texts pass which `serde_json` reads into a tree.

mod locate;
mod members;
mod plain;
mod token;

pub use locate::locate;
pub use members::{Members, members};
pub use plain::{write_compact, write_plain, write_string};
pub use token::{NumberToken, StringToken};

/// Nested objects and arrays allowed; the outermost container has depth 1.
pub const DEPTH_MAX: u8 = 32;

/// A number of at most this many bytes without an exponent is surely inside the range of a 64-bit float.
const SAFE_NUMBER_BYTES: usize = 300;

/// What kind of value begins at the scanner's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    True,
    False,
    Null,
}

/// Why a text is not JSON, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ScanError {
    pub kind: ScanErrorKind,
    /// Byte offset into the scanned text.
    pub offset: usize,
}

/// The reasons a [`Scanner`] stops.
// A whole word, see `token.rs`: in a `Result` it shares its place with a part of the token.
#[repr(usize)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanErrorKind {
    #[error("unexpected end of text")]
    End,
    #[error("unexpected character")]
    Unexpected,
    #[error("control character in a string")]
    ControlCharacter,
    #[error("invalid escape in a string")]
    Escape,
    #[error("string is not UTF-8")]
    NotUtf8,
    #[error("number beyond the range of a 64-bit float")]
    NumberRange,
    #[error("more than {DEPTH_MAX} nested containers")]
    TooDeep,
    #[error("text after the end of the value")]
    Trailing,
}

/// A position in a JSON text.
///
/// Copying it is cheap: keep a copy to look at the same span again. After an error the position is unspecified and
/// only a copy made earlier may be used.
#[derive(Debug, Clone, Copy)]
pub struct Scanner<'a> {
    input: &'a [u8],
    at: usize,
    depth: u8,
    /// The last thing read was a complete value, so inside a container a comma or the end must follow.
    after_value: bool,
}

impl<'a> Scanner<'a> {
    #[must_use]
    pub fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0, depth: 0, after_value: false }
    }

    /// Offset of the next unread byte.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// Skips white space and tells what the next value is, without reading it.
    ///
    /// # Errors
    /// When no value can begin here.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind, ScanError> {
        match self.token_byte()? {
            b'"' => Ok(Kind::String),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b't' => Ok(Kind::True),
            b'f' => Ok(Kind::False),
            b'n' => Ok(Kind::Null),
            _ => Err(self.error(ScanErrorKind::Unexpected)),
        }
    }

    /// Reads `{`. Follow with [`Self::next_member`] until it returns `None`.
    ///
    /// # Errors
    /// When the next value is no object, or lies too deep.
    #[inline]
    pub fn enter_object(&mut self) -> Result<(), ScanError> {
        self.enter(b'{')
    }

    /// Reads `[`. Follow with [`Self::next_element`] until it returns `false`.
    ///
    /// # Errors
    /// When the next value is no array, or lies too deep.
    #[inline]
    pub fn enter_array(&mut self) -> Result<(), ScanError> {
        self.enter(b'[')
    }

    /// Reads the next key and its colon; the caller must then read the value. `None`: the object ended.
    ///
    /// # Errors
    /// When the text is not a well-formed object here.
    #[inline]
    pub fn next_member(&mut self) -> Result<Option<StringToken<'a>>, ScanError> {
        if !self.separator(b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Is there another element? If so the caller must read it next; `false`: the array ended.
    ///
    /// # Errors
    /// When the text is not a well-formed array here.
    #[inline]
    pub fn next_element(&mut self) -> Result<bool, ScanError> {
        self.separator(b']')
    }

    /// Reads a string.
    ///
    /// # Errors
    /// When the next value is not a well-formed string.
    #[inline]
    pub fn string(&mut self) -> Result<StringToken<'a>, ScanError> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escapes = 0;
        let mut ascii = true;
        loop {
            // Counted in a local: a field would be written back for every byte.
            let plain = self.input[self.at..].iter().position(|byte| !is_plain(*byte));
            self.at += plain.ok_or(ScanError { kind: ScanErrorKind::End, offset: self.input.len() })?;
            match self.input[self.at] {
                b'"' => break,
                b'\\' => {
                    escapes += 1;
                    self.escape()?;
                }
                0x80.. => {
                    ascii = false;
                    self.at += 1;
                }
                _ => return Err(self.error(ScanErrorKind::ControlCharacter)),
            }
        }
        let content = &self.input[start..self.at];
        if !ascii && std::str::from_utf8(content).is_err() {
            return Err(ScanError { kind: ScanErrorKind::NotUtf8, offset: start });
        }
        self.at += 1;
        self.after_value = true;
        Ok(StringToken::new(&self.input[start - 1..self.at], escapes))
    }

    /// Reads a number.
    ///
    /// # Errors
    /// When the next value is not a well-formed number, or not finite as a 64-bit float.
    #[inline]
    pub fn number(&mut self) -> Result<NumberToken<'a>, ScanError> {
        let first = self.token_byte()?;
        let start = self.at;
        if first == b'-' {
            self.at += 1;
        }
        match self.input.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.skip_digits(),
            Some(_) => return Err(self.error(ScanErrorKind::Unexpected)),
            None => return Err(self.error(ScanErrorKind::End)),
        }
        let whole_end = self.at;
        let mut exponent = false;
        if self.input.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.input.get(self.at) {
            exponent = true;
            self.at += 1;
            if let Some(b'+' | b'-') = self.input.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        let token = NumberToken::new(&self.input[start..self.at], self.at - whole_end);
        if (exponent || token.raw().len() > SAFE_NUMBER_BYTES) && !token.as_f64().is_finite() {
            return Err(ScanError { kind: ScanErrorKind::NumberRange, offset: start });
        }
        self.after_value = true;
        Ok(token)
    }

    /// Reads any value, however deep, and returns its text without surrounding white space.
    ///
    /// # Errors
    /// When the value is not well-formed or nested too deeply.
    pub fn skip_value(&mut self) -> Result<&'a [u8], ScanError> {
        let kind = self.peek()?;
        let start = self.at;
        match kind {
            Kind::String => {
                self.string()?;
            }
            Kind::Number => {
                self.number()?;
            }
            Kind::Object => {
                self.enter_object()?;
                while self.next_member()?.is_some() {
                    self.skip_value()?;
                }
            }
            Kind::Array => {
                self.enter_array()?;
                while self.next_element()? {
                    self.skip_value()?;
                }
            }
            Kind::True => self.word(b"true")?,
            Kind::False => self.word(b"false")?,
            Kind::Null => self.word(b"null")?,
        }
        Ok(&self.input[start..self.at])
    }

    /// Checks that only white space follows the outermost value.
    ///
    /// # Errors
    /// When anything else follows.
    pub fn finish(mut self) -> Result<(), ScanError> {
        self.skip_space();
        if self.at == self.input.len() { Ok(()) } else { Err(self.error(ScanErrorKind::Trailing)) }
    }

    fn enter(&mut self, open: u8) -> Result<(), ScanError> {
        self.expect(open)?;
        if self.depth == DEPTH_MAX {
            return Err(self.error(ScanErrorKind::TooDeep));
        }
        self.depth += 1;
        self.after_value = false;
        Ok(())
    }

    /// Reads the comma before the next item, or the closing byte; `false` means closed.
    #[inline]
    fn separator(&mut self, close: u8) -> Result<bool, ScanError> {
        let byte = self.token_byte()?;
        if byte == close {
            self.at += 1;
            self.depth = self.depth.saturating_sub(1);
            self.after_value = true;
            return Ok(false);
        }
        if self.after_value {
            if byte != b',' {
                return Err(self.error(ScanErrorKind::Unexpected));
            }
            self.at += 1;
            self.after_value = false;
        }
        Ok(true)
    }

    fn word(&mut self, word: &[u8]) -> Result<(), ScanError> {
        for &wanted in word {
            match self.input.get(self.at) {
                Some(&byte) if byte == wanted => self.at += 1,
                Some(_) => return Err(self.error(ScanErrorKind::Unexpected)),
                None => return Err(self.error(ScanErrorKind::End)),
            }
        }
        self.after_value = true;
        Ok(())
    }

    /// Reads one escape; `at` is on the backslash.
    #[cold]
    fn escape(&mut self) -> Result<(), ScanError> {
        let begin = self.at;
        let invalid = ScanError { kind: ScanErrorKind::Escape, offset: begin };
        match self.input.get(self.at + 1) {
            None => return Err(ScanError { kind: ScanErrorKind::End, offset: self.input.len() }),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let unit = token::hex_unit(self.input, self.at + 2).ok_or(invalid)?;
                self.at += 6;
                if token::is_low_surrogate(unit) {
                    return Err(invalid);
                }
                if token::is_high_surrogate(unit) {
                    let low = match self.input.get(self.at..self.at + 2) {
                        Some(b"\\u") => token::hex_unit(self.input, self.at + 2),
                        _ => None,
                    };
                    if !low.is_some_and(token::is_low_surrogate) {
                        return Err(invalid);
                    }
                    self.at += 6;
                }
            }
            Some(_) => return Err(invalid),
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), ScanError> {
        match self.input.get(self.at) {
            Some(byte) if byte.is_ascii_digit() => {
                self.skip_digits();
                Ok(())
            }
            Some(_) => Err(self.error(ScanErrorKind::Unexpected)),
            None => Err(self.error(ScanErrorKind::End)),
        }
    }

    #[inline]
    fn skip_digits(&mut self) {
        while self.input.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Result<(), ScanError> {
        if self.token_byte()? == wanted {
            self.at += 1;
            Ok(())
        } else {
            Err(self.error(ScanErrorKind::Unexpected))
        }
    }

    /// Skips white space; the byte a token begins with is left unread.
    #[inline]
    fn token_byte(&mut self) -> Result<u8, ScanError> {
        match self.input.get(self.at) {
            Some(&byte) if byte > b' ' => Ok(byte),
            _ => {
                self.skip_space();
                self.input.get(self.at).copied().ok_or_else(|| self.error(ScanErrorKind::End))
            }
        }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.input.get(self.at) {
            self.at += 1;
        }
    }

    #[cold]
    fn error(&self, kind: ScanErrorKind) -> ScanError {
        ScanError { kind, offset: self.at }
    }
}

/// ASCII that stands for itself inside a string.
#[inline]
fn is_plain(byte: u8) -> bool {
    matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7f)
}
