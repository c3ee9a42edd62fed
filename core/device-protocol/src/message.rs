//! What a device says on its thing-model topics, read in one pass over the text.
//!
//! [`parse_up`] decides about the whole message; what it returns borrows from the payload. The order of checks is
//! JSON, method, timestamp, values in the order of the payload; the first failure is the one reported.
//!
//! Source: spec/device-protocol.md 6; texts: docs/adr/0003-thing-model-texts.md.

mod envelope;
mod event;
mod pack;
mod time;

use std::borrow::Cow;
use std::time::Duration;

use lianwu_model::json::{ScanError, Scanner};
use lianwu_model::thing_model::{Cause, EventKind, Purpose, Validator, Violation};
use lianwu_model::{ProductId, UnixMillis};

use crate::reply::{self, ReplyCode, ReplyMethod};
use envelope::Envelope;

pub use time::AHEAD_MAX;

/// Longest client token echoed, in bytes of its JSON text with quotes.
///
/// SDKs stay below 64; the bound keeps every reply below 2 KiB.
pub const CLIENT_TOKEN_BYTES_MAX: usize = 256;

/// Most items of one `pack_report`, those of sub-devices among them, and most events in all of them together.
pub const PACK_ITEMS_MAX: usize = 100;

/// Most events of one `events_post`.
pub const EVENTS_PER_MESSAGE_MAX: usize = 100;

/// Bytes of an unknown method or event id repeated in a reply.
const NAME_SHOWN_BYTES_MAX: usize = 32;

/// In front of every refusal of a value.
const CHECK_PREFIX: &str = "check report data err: ";

/// On which topic a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpKind {
    /// `$thing/up/property`
    Property,
    /// `$thing/up/event`
    Event,
    /// `$thing/up/action`
    Action,
}

/// What a message is judged by, besides the thing model.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// When the message arrived.
    pub now: UnixMillis,
    /// How long the product's data is kept; older samples are refused.
    pub retention: Duration,
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub enum Up<'a> {
    /// Answer with [`ReplyMethod::Report`].
    Report(Report<'a>),
    /// Answer with [`reply::get_status_reply`].
    GetStatus(GetStatus<'a>),
    /// Answer with [`ReplyMethod::ClearControl`].
    ClearControl { token: Option<ClientToken<'a>> },
    /// Device facts, an object of free form. Answer with [`ReplyMethod::ReportInfo`].
    ReportInfo { token: Option<ClientToken<'a>>, params: &'a [u8] },
    /// Samples of several moments, accepted as one. Answer with [`ReplyMethod::Pack`].
    Pack(Pack<'a>),
    /// The device's answer to a control message; not answered.
    ControlReply(DeviceReply<'a>),
    /// At least one event. Answer with the method named in it.
    Events(Events<'a>),
    /// The device's answer to an action; not answered. The action is known by the token only, so the caller checks
    /// the response.
    ActionReply {
        reply: DeviceReply<'a>,
        /// An object; `{}` when the device sent none.
        response: &'a [u8],
    },
}

/// Property values of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report<'a> {
    pub token: Option<ClientToken<'a>>,
    pub sample_time: UnixMillis,
    /// The accepted object as sent; walk it with [`lianwu_model::json::members`]. Keys may repeat: the last one
    /// counts. Booleans may be written `true` and `false`.
    pub params: &'a [u8],
}

/// Samples of several moments in one message: `pack_report`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack<'a> {
    pub token: Option<ClientToken<'a>>,
    /// The sender's own, in the order of the message; at least one unless there are sub-devices.
    pub items: Vec<PackItem<'a>>,
    /// Those a gateway reports for, in the order of the message. Each is judged by its own model: [`Pack::judge`].
    pub sub_devices: Vec<PackOfSubDevice<'a>>,
}

/// What a gateway reports for one sub-device; judged for its form only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackOfSubDevice<'a> {
    pub product: ProductId,
    pub device: Cow<'a, str>,
    params: &'a [u8],
}

/// What was measured at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct PackItem<'a> {
    pub sample_time: UnixMillis,
    /// An accepted object as [`Report::params`]; `None` when the item has events only.
    pub properties: Option<&'a [u8]>,
    pub events: Vec<EventPost<'a>>,
}

/// A device asks for its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GetStatus<'a> {
    pub token: Option<ClientToken<'a>>,
    pub scope: StatusScope,
    /// Times of the values are wanted.
    pub show_meta: bool,
}

/// Which half of the state is wanted: the `type` of `get_status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StatusScope {
    /// No or an unknown `type`: both.
    #[default]
    All,
    Report,
    Control,
}

/// A device's answer to a question of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceReply<'a> {
    pub token: Option<ClientToken<'a>>,
    /// 0 means done; a missing code counts as 0.
    pub code: i64,
    /// JSON text of `status`, whatever the device sent.
    pub status: Option<&'a [u8]>,
}

/// The events of one message, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Events<'a> {
    pub token: Option<ClientToken<'a>>,
    /// [`ReplyMethod::Event`] or [`ReplyMethod::Events`], as the device named its method.
    pub reply: ReplyMethod,
    pub events: Vec<EventPost<'a>>,
}

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPost<'a> {
    /// Id and kind as the thing model has them.
    pub id: &'a str,
    pub kind: EventKind,
    pub sample_time: UnixMillis,
    /// The accepted object as sent; `{}` when there was none to send.
    pub params: &'a [u8],
}

/// The JSON text of a `clientToken`, echoed in replies byte for byte: devices compare it without unescaping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientToken<'a>(&'a [u8]);

impl<'a> ClientToken<'a> {
    /// The token as written, a string with its quotes or a number.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        self.0
    }

    /// The text it stands for, as compared with tokens the cloud made.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        match Scanner::new(self.0).string() {
            Ok(token) => token.unescape(),
            Err(_) => String::from_utf8_lossy(self.0),
        }
    }
}

/// A message that was refused as a whole; nothing of it may be stored except in the message log.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal<'a> {
    /// Not a JSON object. The answer is the bare text [`reply::BAD_JSON_TEXT`]; there is no way to know the token.
    BadJson(ScanError),
    Message {
        token: Option<ClientToken<'a>>,
        /// `None`: this kind of message has no answer, only the log tells.
        reply: Option<ReplyMethod>,
        code: ReplyCode,
        status: String,
        /// The value that is at fault, if one is.
        violation: Option<Box<Violation<'a>>>,
    },
}

impl<'a> Refusal<'a> {
    fn message(token: Option<ClientToken<'a>>, reply: Option<ReplyMethod>, code: ReplyCode, status: String) -> Self {
        Self::Message { token, reply, code, status, violation: None }
    }

    #[must_use]
    pub fn code(&self) -> ReplyCode {
        match self {
            Self::BadJson(_) => ReplyCode::BadJson,
            Self::Message { code, .. } => *code,
        }
    }

    /// Appends the answer; `false` when there is none to send.
    pub fn render(&self, out: &mut Vec<u8>) -> bool {
        match self {
            Self::BadJson(_) => reply::render_bad_json(out),
            Self::Message { reply: None, .. } => return false,
            Self::Message { token, reply: Some(method), code, status, .. } => {
                reply::render_reply(*method, token.map(ClientToken::raw), *code, status, out);
            }
        }
        true
    }
}

impl From<ScanError> for Refusal<'_> {
    fn from(error: ScanError) -> Self {
        Self::BadJson(error)
    }
}

/// Reads and judges one message from a device.
///
/// # Errors
/// The first reason against it. Unknown members of the envelope are ignored, a repeated member counts as last written.
pub fn parse_up<'a>(
    kind: UpKind,
    payload: &'a [u8],
    validator: &'a Validator,
    clock: Clock,
) -> Result<Up<'a>, Refusal<'a>> {
    let envelope = Envelope::scan(payload, (kind == UpKind::Property).then_some(validator))?;
    match kind {
        UpKind::Property => property(&envelope, validator, clock),
        UpKind::Event => event::parse(&envelope, validator, clock),
        UpKind::Action => action(&envelope),
    }
}

fn property<'a>(envelope: &Envelope<'a>, validator: &'a Validator, clock: Clock) -> Result<Up<'a>, Refusal<'a>> {
    let token = envelope.token(Some(ReplyMethod::Report))?;
    let refuse = |reply, code, status| Refusal::message(token, Some(reply), code, status);
    let Some(method) = envelope.method else {
        if envelope.code.is_some() && token.is_some() {
            return Ok(Up::ControlReply(envelope.device_reply(token)));
        }
        return Err(refuse(ReplyMethod::Report, ReplyCode::Refused, "method missing".into()));
    };
    if method.is(b"report") {
        report(envelope, token, validator, clock)
    } else if method.is(b"get_status") {
        Ok(Up::GetStatus(GetStatus { token, scope: envelope.scope(), show_meta: envelope.show_meta() }))
    } else if method.is(b"control_reply") {
        Ok(Up::ControlReply(envelope.device_reply(token)))
    } else if method.is(b"pack_report") {
        pack::parse(envelope, token, validator, clock).map(Up::Pack)
    } else if method.is(b"clear_control") {
        Ok(Up::ClearControl { token })
    } else if method.is(b"report_info") {
        match envelope.params.unwrap_or(b"{}") {
            params @ [b'{', ..] => Ok(Up::ReportInfo { token, params }),
            _ => Err(refuse(ReplyMethod::ReportInfo, ReplyCode::Refused, "params not an object".into())),
        }
    } else {
        Err(refuse(ReplyMethod::Report, ReplyCode::Refused, unknown_method(&method.unescape())))
    }
}

fn report<'a>(
    envelope: &Envelope<'a>,
    token: Option<ClientToken<'a>>,
    validator: &Validator,
    clock: Clock,
) -> Result<Up<'a>, Refusal<'a>> {
    let reply = Some(ReplyMethod::Report);
    let sample_time = time::sample_time(envelope.timestamp, clock)
        .map_err(|status| Refusal::message(token, reply, ReplyCode::Timestamp, status))?;
    let Some(params) = envelope.params else {
        let status = format!("{CHECK_PREFIX}params missing");
        return Err(Refusal::message(token, reply, ReplyCode::Value, status));
    };
    let verdict = match &envelope.checked {
        envelope::Checked::No => validator.check_properties(&mut Scanner::new(params), Purpose::Report).err(),
        envelope::Checked::Accepted => None,
        envelope::Checked::Refused(violation) => Some(violation.clone()),
    };
    match verdict {
        None => Ok(Up::Report(Report { token, sample_time, params })),
        Some(violation) => Err(refused_value(violation, token, reply)),
    }
}

fn action<'a>(envelope: &Envelope<'a>) -> Result<Up<'a>, Refusal<'a>> {
    let token = envelope.token(None)?;
    let refuse = |status| Refusal::message(token, None, ReplyCode::Refused, status);
    match envelope.method {
        Some(method) if !method.is(b"action_reply") => Err(refuse(unknown_method(&method.unescape()))),
        None if envelope.code.is_none() || token.is_none() => Err(refuse("method missing".into())),
        _ => {
            let response = match envelope.response {
                Some(response @ [b'{', ..]) => response,
                _ => b"{}",
            };
            Ok(Up::ActionReply { reply: envelope.device_reply(token), response })
        }
    }
}

fn refused_value<'a>(
    violation: Box<Violation<'a>>,
    token: Option<ClientToken<'a>>,
    reply: Option<ReplyMethod>,
) -> Refusal<'a> {
    if let Cause::Json(error) = violation.cause {
        return Refusal::BadJson(error);
    }
    let code = ReplyCode::of(&violation.cause);
    let status = format!("{CHECK_PREFIX}{violation}");
    Refusal::Message { token, reply, code, status, violation: Some(violation) }
}

fn unknown_method(method: &str) -> String {
    format!("method {} not supported", shown(method))
}

/// Cuts a text of the sender's choice to a length fit for a reply.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if text.len() <= NAME_SHOWN_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    let mut end = NAME_SHOWN_BYTES_MAX;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}...", &text[..end]))
}
