//! One message in one datagram.

use crate::Code;
use crate::option::{self, OptionError, Options, PAYLOAD_MARKER};

/// Version, type and lengths, code, message id.
const HEADER_BYTES: usize = 4;

/// Longest token. Source: RFC 7252 §3.
pub const TOKEN_BYTES_MAX: usize = 8;

/// How a message is treated below requests and responses. Source: RFC 7252 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Confirmable,
    NonConfirmable,
    Acknowledgement,
    Reset,
}

impl Kind {
    const fn bits(self) -> u8 {
        match self {
            Self::Confirmable => 0,
            Self::NonConfirmable => 1,
            Self::Acknowledgement => 2,
            Self::Reset => 3,
        }
    }

    const fn of(first: u8) -> Self {
        match first >> 4 & 0b11 {
            0 => Self::Confirmable,
            1 => Self::NonConfirmable,
            2 => Self::Acknowledgement,
            _ => Self::Reset,
        }
    }
}

/// By which a client knows to which of its requests a response belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Token {
    bytes: [u8; TOKEN_BYTES_MAX],
    length: u8,
}

impl Token {
    /// `None` when it is longer than [`TOKEN_BYTES_MAX`].
    #[must_use]
    pub fn new(token: &[u8]) -> Option<Self> {
        let mut bytes = [0; TOKEN_BYTES_MAX];
        bytes.get_mut(..token.len())?.copy_from_slice(token);
        Some(Self { bytes, length: u8::try_from(token.len()).ok()? })
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

/// A decoded message; borrows from its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub kind: Kind,
    pub code: Code,
    pub id: u16,
    pub token: Token,
    pub options: Options<'a>,
    pub payload: &'a [u8],
}

/// What is wrong with a datagram, and whether its sender is told. Source: RFC 7252 §4.2, §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Silently ignored: no CoAP, or nothing one could answer to.
    #[error("not a CoAP message")]
    NotCoap,
    /// A confirmable message is answered by a reset, others are ignored.
    #[error("malformed message: {why}")]
    Malformed { kind: Kind, id: u16, why: Malformed },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("the token has a reserved length or ends behind the message")]
    Token,
    #[error("{0}")]
    Options(#[from] OptionError),
    #[error("a payload marker without a payload")]
    EmptyPayload,
    #[error("an empty message with something in it")]
    NotEmpty,
    #[error("a reserved class of code")]
    Class,
}

impl<'a> Message<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// When it is no well-formed message.
    pub fn decode(datagram: &'a [u8]) -> Result<Self, DecodeError> {
        let Some((&[first, code, high, low], rest)) = datagram.split_first_chunk::<HEADER_BYTES>() else {
            return Err(DecodeError::NotCoap);
        };
        if first >> 6 != 1 {
            return Err(DecodeError::NotCoap);
        }
        let (kind, code, id) = (Kind::of(first), Code(code), u16::from_be_bytes([high, low]));
        let malformed = |why| DecodeError::Malformed { kind, id, why };
        let token_length = usize::from(first & 0b1111);
        if code == Code::EMPTY && (token_length > 0 || !rest.is_empty()) {
            return Err(malformed(Malformed::NotEmpty));
        }
        if matches!(code.class(), 1 | 6 | 7) {
            return Err(malformed(Malformed::Class));
        }
        let (token, rest) = rest.split_at_checked(token_length).ok_or(malformed(Malformed::Token))?;
        let token = Token::new(token).ok_or(malformed(Malformed::Token))?;
        let (options, rest) = Options::split(rest).map_err(|error| malformed(error.into()))?;
        let payload = match rest {
            [] => rest,
            [_marker] => return Err(malformed(Malformed::EmptyPayload)),
            [_marker, payload @ ..] => payload,
        };
        Ok(Self { kind, code, id, token, options, payload })
    }
}

/// Appends a message. `options` in ascending order of their numbers.
pub fn encode(
    kind: Kind,
    code: Code,
    id: u16,
    token: Token,
    options: &[(u16, &[u8])],
    payload: &[u8],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&[1 << 6 | kind.bits() << 4 | token.length, code.0]);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(token.as_bytes());
    let mut before = 0;
    for (number, value) in options {
        option::write(before, *number, value, out);
        before = *number;
    }
    if !payload.is_empty() {
        out.push(PAYLOAD_MARKER);
        out.extend_from_slice(payload);
    }
}

/// An acknowledgement or a reset, or a ping when it is confirmable.
#[must_use]
pub fn empty(kind: Kind, id: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES);
    encode(kind, Code::EMPTY, id, Token::default(), &[], &[], &mut out);
    out
}
