//! The data types inside a packet. Source: MQTT 3.1.1 §1.5.

use super::DecodeError;

/// Takes values off the front of a packet's body; a length that reaches past its end is [`DecodeError::Truncated`].
#[derive(Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that is left.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Nothing may be left.
    pub(super) const fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        let (&byte, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Result<u16, DecodeError> {
        let (&bytes, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(u16::from_be_bytes(bytes))
    }

    /// Binary data with a two-byte length.
    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = usize::from(self.u16()?);
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Text with a two-byte length.
    #[inline]
    pub(super) fn text(&mut self) -> Result<&'a str, DecodeError> {
        // [MQTT-1.5.3-1]; the check of the standard library also refuses encoded surrogates.
        let text = std::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::InvalidUtf8)?;
        if text.as_bytes().contains(&0) {
            return Err(DecodeError::NulInText); // [MQTT-1.5.3-2]
        }
        Ok(text)
    }
}
