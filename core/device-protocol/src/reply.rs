//! What the cloud says to a device, written without a tree.
//!
//! All functions append to a buffer of the caller. Strings are plain UTF-8 with the fewest escapes, values of
//! properties are rewritten the way devices read them ([`lianwu_model::json::write_plain`]).
//!
//! Source: spec/device-protocol.md 6 (forms and key orders) and 14 (what devices cannot read).

mod down;

use std::io::Write as _;

use lianwu_model::json::write_string;
use lianwu_model::thing_model::Cause;

pub use down::{
    Bond, DownTooLarge, SYSTEM_DOWN_BYTES_MAX, StatusValue, action, bond_notice, control, fence_alert,
    fence_alert_token, get_status_reply,
};

/// The whole answer to a message that is not a JSON object. Source: decisions.md 6.
pub const BAD_JSON_TEXT: &str = "json format illegal";

/// The `method` of an answer that can be rendered from a code and a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyMethod {
    Report,
    /// Only for refusals and empty answers; the full answer is [`get_status_reply`].
    GetStatus,
    ClearControl,
    ReportInfo,
    /// To `pack_report`.
    Pack,
    Event,
    Events,
}

impl ReplyMethod {
    pub const ALL: [Self; 7] =
        [Self::Report, Self::GetStatus, Self::ClearControl, Self::ReportInfo, Self::Pack, Self::Event, Self::Events];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report_reply",
            Self::GetStatus => "get_status_reply",
            Self::ClearControl => "clear_control_reply",
            Self::ReportInfo => "report_info_reply",
            Self::Pack => "pack_report_reply",
            Self::Event => "event_reply",
            Self::Events => "events_reply",
        }
    }

    /// The `status` of an accepted message: replies to events carry an empty one.
    #[must_use]
    pub fn success_status(self) -> &'static str {
        match self {
            Self::Report | Self::GetStatus | Self::ClearControl | Self::ReportInfo | Self::Pack => "success",
            Self::Event | Self::Events => "",
        }
    }
}

/// The `code` of an answer. Source: spec/device-protocol.md 6.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyCode {
    Success,
    /// Not JSON; on the wire the answer is [`BAD_JSON_TEXT`], the code is for logs.
    BadJson,
    /// Method or envelope wrong, unknown identifier, missing param.
    Refused,
    /// No such event.
    NotDefined,
    Timestamp,
    /// Wrong type or out of range.
    Value,
    /// Our fault: the message could not be stored.
    Internal,
}

impl ReplyCode {
    pub const ALL: [Self; 7] =
        [Self::Success, Self::BadJson, Self::Refused, Self::NotDefined, Self::Timestamp, Self::Value, Self::Internal];

    /// What a message is answered whose value the thing model refuses.
    #[must_use]
    pub fn of(cause: &Cause<'_>) -> Self {
        match cause {
            Cause::Json(_) => Self::BadJson,
            Cause::NotDefined | Cause::NotWritable | Cause::Missing => Self::Refused,
            Cause::NotANumber { .. }
            | Cause::NotAString { .. }
            | Cause::NotAnObject { .. }
            | Cause::NotAnArray { .. }
            | Cause::Null
            | Cause::NotWhole { .. }
            | Cause::OutOfRange { .. }
            | Cause::LengthOutOfRange { .. }
            | Cause::NotInEnum { .. } => Self::Value,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Success => 0,
            Self::BadJson => 400,
            Self::Refused => 403,
            Self::NotDefined => 404,
            Self::Timestamp => 405,
            Self::Value => 406,
            Self::Internal => 503,
        }
    }

    /// Reads the number back, as stored records need it.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }
}

/// Appends an answer. It depends on nothing but its arguments, so the message log renders it again from stored facts.
///
/// `token` is the JSON text of the message's `clientToken`, echoed as it is; without one the answer has none.
pub fn render_reply(method: ReplyMethod, token: Option<&[u8]>, code: ReplyCode, status: &str, out: &mut Vec<u8>) {
    open(method.as_str(), token, out);
    if method == ReplyMethod::Event {
        out.extend_from_slice(br#","version":"1.0""#);
    }
    put_code(code, status, out);
    out.extend_from_slice(match method {
        ReplyMethod::Event | ReplyMethod::Events => br#","data":{}}"#,
        ReplyMethod::Report
        | ReplyMethod::GetStatus
        | ReplyMethod::ClearControl
        | ReplyMethod::ReportInfo
        | ReplyMethod::Pack => b"}",
    });
}

/// Appends the answer to an accepted message.
pub fn render_success(method: ReplyMethod, token: Option<&[u8]>, out: &mut Vec<u8>) {
    render_reply(method, token, ReplyCode::Success, method.success_status(), out);
}

/// Appends the answer to a message that is not JSON.
pub fn render_bad_json(out: &mut Vec<u8>) {
    out.extend_from_slice(BAD_JSON_TEXT.as_bytes());
}

/// `{"method":"..","clientToken":..` without the closing brace.
fn open(method: &str, token: Option<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"method":""#);
    out.extend_from_slice(method.as_bytes());
    out.push(b'"');
    if let Some(token) = token {
        out.extend_from_slice(br#","clientToken":"#);
        out.extend_from_slice(token);
    }
}

fn put_code(code: ReplyCode, status: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#","code":"#);
    put_number(u64::from(code.number()), out);
    out.extend_from_slice(br#","status":"#);
    write_string(status, out);
}

fn put_number(number: u64, out: &mut Vec<u8>) {
    // The code of nearly every reply is 0.
    if number == 0 {
        return out.push(b'0');
    }
    write!(out, "{number}").expect("writing to a vector");
}
