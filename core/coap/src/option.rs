//! Options of a message: numbered values in ascending order.

/// Source: RFC 7252 §5.10.
pub const URI_HOST: u16 = 3;
pub const URI_PORT: u16 = 7;
pub const URI_PATH: u16 = 11;
pub const CONTENT_FORMAT: u16 = 12;
pub const MAX_AGE: u16 = 14;
pub const URI_QUERY: u16 = 15;
pub const ACCEPT: u16 = 17;

/// The vendor's own: the token of the authentication. Source: spec/device-protocol.md 3.3.
pub const AUTH_TOKEN: u16 = 61;
/// The vendor's own: `0` or `1`.
pub const NEED_RESP: u16 = 62;

/// Longest path after its parts are joined. Unit: bytes. The vendor documents 128; a topic over MQTT may have 255.
pub const PATH_BYTES_MAX: usize = 255;

/// Must a receiver that does not know the option refuse the message? Source: RFC 7252 §5.4.6.
#[must_use]
pub const fn is_critical(number: u16) -> bool {
    number & 1 == 1
}

/// Why options cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    #[error("an option ends behind the message")]
    Truncated,
    #[error("an option has a reserved length or number")]
    Reserved,
}

/// Why a path is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    #[error("the path has more than {PATH_BYTES_MAX} bytes")]
    TooLong,
    #[error("the path is not UTF-8")]
    NotText,
}

/// The options of a decoded message, checked to be well formed; read on the fly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options<'a> {
    raw: &'a [u8],
}

impl<'a> Options<'a> {
    /// In ascending order of their numbers; some numbers may come more than once.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let (mut rest, mut number) = (self.raw, 0);
        std::iter::from_fn(move || next(&mut rest, &mut number).ok().flatten())
    }

    /// The first option of this number.
    #[must_use]
    pub fn find(&self, number: u16) -> Option<&'a [u8]> {
        self.iter().find_map(|(found, value)| (found == number).then_some(value))
    }

    /// The parts of `Uri-Path`, joined by slashes. The vendor's devices put a whole path with its slashes into one part, which
    /// is kept as it is; others split it. A slash in front is dropped.
    ///
    /// # Errors
    /// When it is too long, or no text.
    pub fn path(&self) -> Result<String, PathError> {
        let mut path = Vec::new();
        for (at, (_, part)) in self.iter().filter(|(number, _)| *number == URI_PATH).enumerate() {
            if at > 0 {
                path.push(b'/');
            }
            if path.len() + part.len() > PATH_BYTES_MAX + 1 {
                return Err(PathError::TooLong);
            }
            path.extend_from_slice(part);
        }
        let mut path = String::from_utf8(path).map_err(|_| PathError::NotText)?;
        if path.starts_with('/') {
            path.remove(0);
        }
        if path.len() > PATH_BYTES_MAX { Err(PathError::TooLong) } else { Ok(path) }
    }

    /// Reads options up to the end or the payload marker.
    ///
    /// # Errors
    /// When they are malformed.
    pub(crate) fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), OptionError> {
        let (mut rest, mut number) = (bytes, 0);
        while next(&mut rest, &mut number)?.is_some() {}
        let raw = &bytes[..bytes.len() - rest.len()];
        Ok((Self { raw }, rest))
    }
}

/// Takes one option off the front; nothing is left of the options at the end and at the payload marker.
fn next<'a>(rest: &mut &'a [u8], number: &mut u16) -> Result<Option<(u16, &'a [u8])>, OptionError> {
    let Some((&first, mut bytes)) = rest.split_first() else { return Ok(None) };
    if first == PAYLOAD_MARKER {
        return Ok(None);
    }
    let delta = extended(first >> 4, &mut bytes)?;
    let length = usize::from(extended(first & 0b1111, &mut bytes)?);
    *number = number.checked_add(delta).ok_or(OptionError::Reserved)?;
    let (value, after) = bytes.split_at_checked(length).ok_or(OptionError::Truncated)?;
    *rest = after;
    Ok(Some((*number, value)))
}

/// Stands between the options and the payload.
pub(crate) const PAYLOAD_MARKER: u8 = 0xff;

/// A delta or a length of up to two further bytes. Source: RFC 7252 §3.1.
fn extended(nibble: u8, bytes: &mut &[u8]) -> Result<u16, OptionError> {
    match nibble {
        0..13 => Ok(u16::from(nibble)),
        13 => {
            let (&byte, rest) = bytes.split_first().ok_or(OptionError::Truncated)?;
            *bytes = rest;
            Ok(13 + u16::from(byte))
        }
        14 => {
            let (&pair, rest) = bytes.split_first_chunk::<2>().ok_or(OptionError::Truncated)?;
            *bytes = rest;
            u16::from_be_bytes(pair).checked_add(269).ok_or(OptionError::Reserved)
        }
        _ => Err(OptionError::Reserved),
    }
}

/// Appends one option behind one of the number `before`.
///
/// # Panics
/// In a debug build when `number` is below `before`. A value is cut at 65,000 bytes.
pub(crate) fn write(before: u16, number: u16, value: &[u8], out: &mut Vec<u8>) {
    debug_assert!(number >= before, "options are written in ascending order");
    let value = &value[..value.len().min(65_000)];
    let length = u16::try_from(value.len()).expect("cut above");
    let delta = number.saturating_sub(before);
    let nibble = |n: u16| match n {
        0..13 => u8::try_from(n).expect("below 13"),
        13..269 => 13,
        _ => 14,
    };
    out.push(nibble(delta) << 4 | nibble(length));
    for n in [delta, length] {
        match n {
            0..13 => {}
            13..269 => out.push(u8::try_from(n - 13).expect("below 256")),
            _ => out.extend_from_slice(&(n - 269).to_be_bytes()),
        }
    }
    out.extend_from_slice(value);
}
