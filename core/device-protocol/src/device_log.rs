//! Lines of a device's own log, as devices upload them over HTTP.
//!
//! Two forms: bytes with a signature in front (`/cgi-bin/report-log`, [`FirstForm`]) and signed JSON
//! (`/device/reportlog`). Pure: the caller finds the key. Source: spec/device-protocol.md 9.6.

use hmac::{Hmac, Mac as _};
use lianwu_model::log_level::LogLevel;
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

/// Longest upload, in bytes as it travels.
pub const UPLOAD_BYTES_MAX: usize = 64 * 1024;

/// Lines of one upload.
pub const LINES_MAX: usize = 1_000;

/// Characters of the key's text that sign the first form.
const KEY_CHARS: usize = 24;

const SIGNATURE_BYTES: usize = 40;
const CONTROL_BYTES: usize = 4;
const PRODUCT_BYTES: usize = 10;
const DEVICE_BYTES: usize = 48;
const TIME_BYTES: usize = 10;

/// Behind the name of a device that is shorter than its field.
const PADDING: char = '#';

/// Behind each line of the first form.
const SEPARATOR: &[u8] = b"\n\x0c";

/// One line, its level taken off its front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// `None` when it begins with no word for one.
    pub level: Option<LogLevel>,
    /// What is behind the level: time by the device's own clock, place, text.
    pub text: String,
}

impl LogLine {
    /// `ERR|2024-05-01 08:00:00|file|func(line): text`; a line without a level is taken whole, and has `default`.
    #[must_use]
    pub fn parse(line: &str, default: Option<LogLevel>) -> Self {
        let line = line.trim_end_matches(['\r', '\n', '\x0c', '\0']);
        let known = line.split_once('|').and_then(|(word, text)| Some((LogLevel::from_word(word)?, text)));
        match known {
            Some((level, text)) => Self { level: Some(level), text: text.to_owned() },
            None => Self { level: default, text: line.to_owned() },
        }
    }
}

/// What the key of an upload in the first form is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// The DeviceSecret's text.
    Secret,
    /// The first line of the device's certificate in PEM form, behind `BEGIN`.
    Certificate,
}

/// An upload that is not one; the text is for the device and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("the body has {0} bytes, fewer than its head")]
    TooShort(usize),
    #[error("the signature is not 40 hexadecimal digits")]
    Signature,
    #[error("the control bytes are neither P### nor C###")]
    Control,
    #[error("the head is not text")]
    NotText,
    #[error("the time is not ten digits")]
    Time,
}

/// An upload of the C SDK, not yet verified. `Debug` hides the signature.
#[derive(Clone, Copy)]
pub struct FirstForm<'a> {
    pub key: KeyKind,
    /// As written; may be no ProductId at all.
    pub product: &'a str,
    /// As written, without padding; may be no DeviceName at all.
    pub device: &'a str,
    /// When it was sent, by the device's clock, which is often unset: seconds.
    pub sent: u64,
    signature: [u8; SIGNATURE_BYTES / 2],
    signed: &'a [u8],
    records: &'a [u8],
}

impl<'a> FirstForm<'a> {
    /// Takes the head apart: signature, control bytes, product, device, time.
    ///
    /// # Errors
    /// See [`FormError`].
    pub fn parse(body: &'a [u8]) -> Result<Self, FormError> {
        let short = FormError::TooShort(body.len());
        let (digits, signed) = body.split_at_checked(SIGNATURE_BYTES).ok_or(short)?;
        let (control, rest) = signed.split_at_checked(CONTROL_BYTES).ok_or(short)?;
        let (product, rest) = rest.split_at_checked(PRODUCT_BYTES).ok_or(short)?;
        let (device, rest) = rest.split_at_checked(DEVICE_BYTES).ok_or(short)?;
        let (time, records) = rest.split_at_checked(TIME_BYTES).ok_or(short)?;
        let mut signature = [0; SIGNATURE_BYTES / 2];
        hex::decode_to_slice(digits, &mut signature).map_err(|_| FormError::Signature)?;
        let key = match control {
            b"P###" => KeyKind::Secret,
            b"C###" => KeyKind::Certificate,
            _ => return Err(FormError::Control),
        };
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).map_err(|_| FormError::NotText);
        let is_number = time.iter().all(u8::is_ascii_digit);
        let sent = text(time)?.parse().ok().filter(|_| is_number).ok_or(FormError::Time)?;
        let (product, device) = (text(product)?, text(device)?.trim_end_matches([PADDING, '\0']));
        Ok(Self { key, product, device, sent, signature, signed, records })
    }

    /// Was it signed with this key? Only its first 24 characters count.
    #[must_use]
    pub fn is_signed_with(&self, key: &str) -> bool {
        let key = &key.as_bytes()[..key.len().min(KEY_CHARS)];
        bool::from(sign(key, self.signed)[..].ct_eq(&self.signature))
    }

    /// Its lines, the oldest first; empty ones are left out. Bytes that are no text become replacement characters.
    pub fn lines(&self) -> impl Iterator<Item = LogLine> + use<'a> {
        let mut rest = self.records;
        let pieces = std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let end = rest.windows(SEPARATOR.len()).position(|bytes| bytes == SEPARATOR);
            let (piece, behind) = match end {
                Some(end) => (&rest[..end], &rest[end + SEPARATOR.len()..]),
                None => (rest, &[][..]),
            };
            rest = behind;
            Some(piece)
        });
        let lines = pieces.map(|piece| LogLine::parse(&String::from_utf8_lossy(piece), None));
        lines.filter(|line| !line.text.is_empty())
    }
}

impl std::fmt::Debug for FirstForm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, product, device, sent, records, .. } = self;
        f.debug_struct("FirstForm")
            .field("key", key)
            .field("product", product)
            .field("device", device)
            .field("sent", sent)
            .field("records", &records.len())
            .finish_non_exhaustive()
    }
}

/// The key of a device with a certificate, by its PEM text: its first line of base64.
#[must_use]
pub fn certificate_key(pem: &str) -> Option<&str> {
    let mut lines = pem.lines().skip_while(|line| !line.contains("-----BEGIN ")).skip(1);
    lines.next().map(str::trim_end).filter(|line| line.len() >= KEY_CHARS)
}

fn sign(key: &[u8], bytes: &[u8]) -> [u8; SIGNATURE_BYTES / 2] {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "AAECAwQFBgcICQoLDA0ODw==";

    fn upload(control: &str, key: &str, records: &str) -> Vec<u8> {
        let signed = format!("{control}AB12CD34EF{:#<48}1714550400{records}", "dev001");
        let signature = hex::encode(sign(key.as_bytes(), signed.as_bytes()));
        [signature.as_bytes(), signed.as_bytes()].concat()
    }

    #[test]
    fn an_upload_of_the_c_sdk_is_read() {
        let records = "ERR|2024-05-01 08:00:00|mqtt.c|yield(12): lost\n\x0cno level at all\n\x0c\n\x0cdbg|x|y\n\x0c";
        let body = upload("P###", SECRET, records);
        let form = FirstForm::parse(&body).unwrap();
        assert_eq!(
            (form.key, form.product, form.device, form.sent),
            (KeyKind::Secret, "AB12CD34EF", "dev001", 1_714_550_400)
        );
        assert!(form.is_signed_with(SECRET));
        let lines: Vec<_> = form.lines().map(|line| (line.level, line.text)).collect();
        let expected = [
            (Some(LogLevel::Error), "2024-05-01 08:00:00|mqtt.c|yield(12): lost".to_owned()),
            (None, "no level at all".to_owned()),
            (Some(LogLevel::Debug), "x|y".to_owned()),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_changed_byte_or_another_key_is_noticed() {
        let mut body = upload("P###", SECRET, "INF|x\n\x0c");
        assert!(!FirstForm::parse(&body).unwrap().is_signed_with("another secret"));
        let last = body.len() - 3;
        body[last] ^= 1;
        assert!(!FirstForm::parse(&body).unwrap().is_signed_with(SECRET));
    }

    /// Secrets may be longer; the C SDK signs with what fits into its field.
    #[test]
    fn only_the_first_24_characters_of_a_key_sign() {
        let long = format!("{SECRET}{SECRET}");
        let body = upload("P###", &long[..24], "INF|x\n\x0c");
        assert!(FirstForm::parse(&body).unwrap().is_signed_with(&long));
    }

    #[test]
    fn a_certificate_signs_with_its_first_line() {
        let pem = "text\n-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ0FGRQ==\nmore\n";
        let key = certificate_key(pem).unwrap();
        let body = upload("C###", &key[..24], "");
        let form = FirstForm::parse(&body).unwrap();
        assert_eq!((form.key, form.lines().count()), (KeyKind::Certificate, 0));
        assert!(form.is_signed_with(key));
        assert_eq!(certificate_key("no certificate"), None);
    }

    #[test]
    fn malformed_heads_are_told_apart() {
        let whole = upload("P###", SECRET, "");
        for length in 0..whole.len() {
            assert_eq!(FirstForm::parse(&whole[..length]).unwrap_err(), FormError::TooShort(length));
        }
        for (at, byte, expected) in [
            (0, b'x', FormError::Signature),
            (40, b'X', FormError::Control),
            (44, 0xff, FormError::NotText),
            (60, 0xff, FormError::NotText),
            (102, b'+', FormError::Time),
        ] {
            let mut body = whole.clone();
            body[at] = byte;
            assert_eq!(FirstForm::parse(&body).unwrap_err(), expected);
        }
    }
}
