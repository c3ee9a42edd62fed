//! Writing JSON the way devices read it.

use super::{Kind, ScanError, Scanner};

/// Appends one value in its plainest form: no white space, no escape that UTF-8 can do without, `true` and `false` as
/// 1 and 0.
///
/// Devices read escapes such as `\/` and `\u6e29` letter by letter, and know booleans only as numbers
/// (spec/device-protocol.md 12.1 and 14).
///
/// # Errors
/// When the text is not one JSON value; `out` then holds a part of it.
pub fn write_plain(value: &[u8], out: &mut Vec<u8>) -> Result<(), ScanError> {
    write(value, Truth::Number, out)
}

/// As [`write_plain`], but `true` and `false` stay words: for what is given back to whoever wrote it.
///
/// # Errors
/// As [`write_plain`].
pub fn write_compact(value: &[u8], out: &mut Vec<u8>) -> Result<(), ScanError> {
    write(value, Truth::Word, out)
}

/// How booleans are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Number,
    Word,
}

fn write(value: &[u8], truth: Truth, out: &mut Vec<u8>) -> Result<(), ScanError> {
    let mut scanner = Scanner::new(value);
    write_value(&mut scanner, truth, out)?;
    scanner.finish()
}

/// Appends a text as a JSON string, escaping only what JSON demands.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn write_value(scanner: &mut Scanner<'_>, truth: Truth, out: &mut Vec<u8>) -> Result<(), ScanError> {
    match scanner.peek()? {
        Kind::String => {
            let token = scanner.string()?;
            if token.is_escaped() {
                write_string(&token.unescape(), out);
            } else {
                out.extend_from_slice(token.raw());
            }
        }
        Kind::Object => {
            scanner.enter_object()?;
            out.push(b'{');
            let mut first = true;
            while let Some(key) = scanner.next_member()? {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                if key.is_escaped() {
                    write_string(&key.unescape(), out);
                } else {
                    out.extend_from_slice(key.raw());
                }
                out.push(b':');
                write_value(scanner, truth, out)?;
            }
            out.push(b'}');
        }
        Kind::Array => {
            scanner.enter_array()?;
            out.push(b'[');
            let mut first = true;
            while scanner.next_element()? {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write_value(scanner, truth, out)?;
            }
            out.push(b']');
        }
        Kind::True if truth == Truth::Number => {
            scanner.skip_value()?;
            out.push(b'1');
        }
        Kind::False if truth == Truth::Number => {
            scanner.skip_value()?;
            out.push(b'0');
        }
        Kind::Number | Kind::Null | Kind::True | Kind::False => out.extend_from_slice(scanner.skip_value()?),
    }
    Ok(())
}
