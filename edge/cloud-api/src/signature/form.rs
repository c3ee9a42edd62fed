//! `application/x-www-form-urlencoded`, as much as signature v1 needs.

use std::borrow::Cow;

use super::{PARAMETERS_MAX, SignatureError};

/// A decoded name and its decoded value.
pub(super) type Parameter<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Splits and decodes a query or form body; empty pieces between `&` are skipped.
pub(super) fn parse(text: &str) -> Result<Vec<Parameter<'_>>, SignatureError> {
    let mut parameters = Vec::new();
    for piece in text.split('&').filter(|piece| !piece.is_empty()) {
        if parameters.len() == PARAMETERS_MAX {
            return Err(SignatureError::Form("there are too many"));
        }
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        parameters.push((decode(name)?, decode(value)?));
    }
    Ok(parameters)
}

fn decode(text: &str) -> Result<Cow<'_, str>, SignatureError> {
    if !text.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => match (bytes.next().and_then(hex_digit), bytes.next().and_then(hex_digit)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(SignatureError::Form("a % is not followed by two hexadecimal digits")),
            },
            other => other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| SignatureError::Form("a value is not UTF-8"))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
