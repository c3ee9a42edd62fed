//! One pass over the members of a message; the parts that matter are kept as slices.

use lianwu_model::json::{Kind, ScanError, Scanner, StringToken};
use lianwu_model::thing_model::{Cause, Purpose, Validator, Violation};

use super::{CLIENT_TOKEN_BYTES_MAX, ClientToken, DeviceReply, Refusal, StatusScope};
use crate::reply::{ReplyCode, ReplyMethod};

/// The members of a message as JSON texts; a member that is absent or `null` is `None`.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub method: Option<StringToken<'a>>,
    pub timestamp: Option<&'a [u8]>,
    pub params: Option<&'a [u8]>,
    pub code: Option<&'a [u8]>,
    pub response: Option<&'a [u8]>,
    pub event_id: Option<&'a [u8]>,
    pub events: Option<&'a [u8]>,
    /// Of a `pack_report` made by a gateway.
    pub sub_devices: Option<&'a [u8]>,
    /// `type` of an event or of `get_status`.
    pub kind: Option<&'a [u8]>,
    /// What the pass over `params` found.
    pub checked: Checked<'a>,
    token: Option<&'a [u8]>,
    status: Option<&'a [u8]>,
    show_meta: Option<&'a [u8]>,
}

/// Were the `params` of a report checked while passing over them?
#[derive(Debug, Default)]
pub(super) enum Checked<'a> {
    /// `params` came before `method`, or there is none.
    #[default]
    No,
    Accepted,
    Refused(Box<Violation<'a>>),
}

impl<'a> Envelope<'a> {
    /// Reads a whole message. With a validator the params of a `report` are checked on the way.
    pub fn scan(payload: &'a [u8], validator: Option<&Validator>) -> Result<Self, ScanError> {
        let mut scanner = Scanner::new(payload);
        let envelope = Self::read(payload, &mut scanner, validator)?;
        scanner.finish()?;
        Ok(envelope)
    }

    /// Reads one object, which a later look at an accepted text may be a part of.
    pub fn read(
        payload: &'a [u8],
        scanner: &mut Scanner<'a>,
        validator: Option<&Validator>,
    ) -> Result<Self, ScanError> {
        let mut envelope = Self::default();
        scanner.enter_object()?;
        while let Some(key) = scanner.next_member()? {
            let unescaped;
            let name = if key.is_escaped() {
                unescaped = key.unescape();
                unescaped.as_bytes()
            } else {
                key.content()
            };
            if name == b"params" {
                envelope.read_params(payload, scanner, validator)?;
                continue;
            }
            if name == b"method" {
                envelope.read_method(scanner)?;
                continue;
            }
            let slot = match name {
                b"clientToken" => &mut envelope.token,
                b"timestamp" => &mut envelope.timestamp,
                b"code" => &mut envelope.code,
                b"status" => &mut envelope.status,
                b"type" => &mut envelope.kind,
                b"showmeta" => &mut envelope.show_meta,
                b"response" => &mut envelope.response,
                b"eventId" => &mut envelope.event_id,
                b"events" => &mut envelope.events,
                b"subDevices" => &mut envelope.sub_devices,
                _ => {
                    scanner.skip_value()?;
                    continue;
                }
            };
            let value = scanner.skip_value()?;
            *slot = (value != b"null").then_some(value);
        }
        Ok(envelope)
    }

    fn read_method(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ScanError> {
        self.method = match scanner.peek()? {
            Kind::String => Some(scanner.string()?),
            _ => {
                scanner.skip_value()?;
                None
            }
        };
        // A verdict found under another method must not survive.
        self.checked = Checked::No;
        Ok(())
    }

    fn read_params(
        &mut self,
        payload: &'a [u8],
        scanner: &mut Scanner<'a>,
        validator: Option<&Validator>,
    ) -> Result<(), ScanError> {
        let kind = scanner.peek()?;
        let before = *scanner;
        self.checked = Checked::No;
        if let Some(validator) = validator
            && kind == Kind::Object
            && self.method.is_some_and(|method| method.is(b"report"))
        {
            match validator.check_properties(scanner, Purpose::Report) {
                Ok(_) => {
                    self.checked = Checked::Accepted;
                    self.params = Some(&payload[before.offset()..scanner.offset()]);
                    return Ok(());
                }
                Err(violation) => {
                    if let Cause::Json(error) = violation.cause {
                        return Err(error);
                    }
                    // The rest must still prove to be JSON, which comes before all other checks.
                    self.checked = Checked::Refused(violation);
                    *scanner = before;
                }
            }
        }
        let value = scanner.skip_value()?;
        self.params = (value != b"null").then_some(value);
        Ok(())
    }

    /// The token to echo. `reply` answers a token that cannot be echoed.
    pub fn token(&self, reply: Option<ReplyMethod>) -> Result<Option<ClientToken<'a>>, Refusal<'a>> {
        let refuse = |status: String| Refusal::message(None, reply, ReplyCode::Refused, status);
        match self.token {
            None => Ok(None),
            Some(raw) if raw.len() > CLIENT_TOKEN_BYTES_MAX => {
                Err(refuse(format!("clientToken longer than {CLIENT_TOKEN_BYTES_MAX} bytes")))
            }
            Some(raw @ [b'"' | b'-' | b'0'..=b'9', ..]) => Ok(Some(ClientToken(raw))),
            Some(_) => Err(refuse("clientToken not a string".into())),
        }
    }

    pub fn device_reply(&self, token: Option<ClientToken<'a>>) -> DeviceReply<'a> {
        DeviceReply { token, code: self.code.and_then(integer).unwrap_or_default(), status: self.status }
    }

    pub fn scope(&self) -> StatusScope {
        match self.kind {
            Some(br#""report""#) => StatusScope::Report,
            Some(br#""control""#) => StatusScope::Control,
            _ => StatusScope::All,
        }
    }

    pub fn show_meta(&self) -> bool {
        matches!(self.show_meta, Some(b"1" | br#""1""# | b"true"))
    }
}

/// A whole number, also one that a device put into a string.
fn integer(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    let mut scanner = Scanner::new(digits);
    let number = scanner.number().ok()?.as_i64()?;
    scanner.finish().is_ok().then_some(number)
}
