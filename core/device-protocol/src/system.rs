//! What the cloud answers on system topics that carry no property, event or action.
//!
//! Services that are there answer (clock, log level, release of a device by itself); for those to come, the answer
//! says so in the code that the protocol of the topic has, so that a device goes on instead of waiting. Whatever the
//! protocol leaves unanswered is only logged. docs/compatibility.md lists them.
//!
//! Source: spec/device-protocol.md 6.10, 8.1, 9.1, 9.2 and 9.5 to 9.9.

pub mod config;
mod service;
pub mod shadow;

use std::io::Write as _;

use lianwu_model::UnixMillis;
use lianwu_model::json::{Scanner, members, write_string};
use lianwu_model::log_level::LogLevel;

use crate::message::CLIENT_TOKEN_BYTES_MAX;
use crate::reply;
use crate::topic::{DownTopic, ThingKind, Topic};

/// Longest text of a device's choice that is repeated in an answer, in bytes of JSON.
const ECHO_BYTES_MAX: usize = 128;

/// Code of a record about a message whose service is not there.
pub const NOT_SERVED: u32 = 501;

/// Code of a record about a message nobody understands.
pub const NOT_UNDERSTOOD: u32 = 403;

/// What to do about a message on a system topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemAnswer {
    /// For the record: 0 when the message was taken.
    pub code: u32,
    /// For the record: why it was not.
    pub note: String,
    pub reply: SystemReply,
}

/// What goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemReply {
    Nothing,
    /// What was appended to `out`, on this topic.
    On(DownTopic),
    /// [`clock`] at the moment of sending.
    Clock,
    /// [`shadow::answer`], when the shadow of the device is at hand.
    Shadow,
    /// [`config::reply`], when the configuration of the product is at hand.
    Config,
    /// [`tell_log_level`] with the level of the device.
    LogLevel,
    /// It is about files or a list that is kept: see [`crate::files`].
    Files,
}

impl SystemAnswer {
    fn taken(reply: SystemReply) -> Self {
        Self { code: 0, note: String::new(), reply }
    }

    fn refused(code: u32, note: impl Into<String>, reply: SystemReply) -> Self {
        Self { code, note: note.into(), reply }
    }

    fn not_served(what: &str, reply: SystemReply) -> Self {
        Self::refused(NOT_SERVED, not_served(what), reply)
    }

    fn not_understood(note: impl Into<String>) -> Self {
        Self::refused(NOT_UNDERSTOOD, note, SystemReply::Nothing)
    }
}

/// Judges a message on a system topic and appends the answer to `out`. `None`: properties, events, actions, what
/// gateways say ([`crate::gateway`]), answers to questions, custom and down topics are not its business.
#[must_use]
pub fn answer(topic: &Topic<'_>, payload: &[u8], out: &mut Vec<u8>) -> Option<SystemAnswer> {
    Some(match topic {
        // Kept as they are; scripts that read them come later.
        Topic::ThingUp { kind: ThingKind::Raw, .. } => SystemAnswer::taken(SystemReply::Nothing),
        Topic::TemplateUp { .. } => SystemAnswer::refused(NOT_SERVED, "legacy topic, use $thing", SystemReply::Nothing),
        Topic::ThingUp { kind: ThingKind::Service, .. }
        | Topic::OtaUp { .. }
        | Topic::ShadowUp { .. }
        | Topic::SysUp { .. }
        | Topic::LogUp { .. }
        | Topic::ConfigUp { .. }
        | Topic::ResourceUp { .. } => match Members::read(payload) {
            Ok(message) => understood(topic, &message, out),
            Err(error) => bad_json(topic, &error.to_string(), out),
        },
        _ => return None,
    })
}

/// Appends the answer to a question for the time. `received` is when the question came, `sent` when the answer
/// leaves: devices work out the way between from both.
pub fn clock(received: UnixMillis, sent: UnixMillis, out: &mut Vec<u8>) {
    put(out, format_args!(r#"{{"type":"get","time":{},"ntptime1":{received},"ntptime2":{sent}}}"#, sent.seconds()));
}

fn understood(topic: &Topic<'_>, message: &Members<'_>, out: &mut Vec<u8>) -> SystemAnswer {
    match topic {
        Topic::ThingUp { .. } => service::answer(message, out),
        Topic::OtaUp { .. } => firmware(message, out),
        Topic::ShadowUp { .. } => match message.kind().as_deref() {
            Some("get" | "update" | "delete") => SystemAnswer::taken(SystemReply::Shadow),
            other => unknown_type(other),
        },
        Topic::SysUp { .. } => system(message),
        Topic::LogUp { .. } => log_level(message),
        Topic::ConfigUp { .. } => config_asked(message),
        _ => resource(message),
    }
}

/// Only the thing model has an answer to a text that is not JSON (decisions 6).
fn bad_json(topic: &Topic<'_>, error: &str, out: &mut Vec<u8>) -> SystemAnswer {
    let reply = if let Topic::ThingUp { .. } = topic {
        reply::render_bad_json(out);
        SystemReply::On(DownTopic::ThingService)
    } else {
        SystemReply::Nothing
    };
    SystemAnswer::refused(400, format!("{}: {error}", reply::BAD_JSON_TEXT), reply)
}

/// `{"type":"get","resource":["time"]}`. Source: spec/device-protocol.md 9.2.
fn system(message: &Members<'_>) -> SystemAnswer {
    match message.kind().as_deref() {
        Some("get") if message.resource.is_some_and(asks_for_time) => SystemAnswer::taken(SystemReply::Clock),
        Some("get") => SystemAnswer::not_understood("resource not supported"),
        Some("ssh") => SystemAnswer::not_served("remote login", SystemReply::Nothing),
        other => unknown_type(other),
    }
}

fn asks_for_time(resource: &[u8]) -> bool {
    let mut scanner = Scanner::new(resource);
    if scanner.enter_array().is_err() {
        return false;
    }
    while let Ok(true) = scanner.next_element() {
        match scanner.skip_value() {
            Ok(br#""time""#) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

/// Source: spec/device-protocol.md 9.6.
fn log_level(message: &Members<'_>) -> SystemAnswer {
    match message.kind().as_deref() {
        Some("get_log_level") => SystemAnswer::taken(SystemReply::LogLevel),
        other => unknown_type(other),
    }
}

/// Appends the answer to a question for the log level, as good for telling a device that it has changed: `question` is
/// the device's message, or empty. Below 128 bytes with the C SDK's own tokens, because that is what it reads.
/// Source: spec/device-protocol.md 9.6.
pub fn tell_log_level(question: &[u8], level: LogLevel, now: UnixMillis, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"type":"get_log_level""#);
    if let Ok(message) = Members::read(question) {
        message.put_token(out);
    }
    put(out, format_args!(r#","log_level":{},"result":0,"timestamp":{}}}"#, level.number(), now.seconds()));
}

/// Source: spec/device-protocol.md 8.1.
fn firmware(message: &Members<'_>, out: &mut Vec<u8>) -> SystemAnswer {
    let what = "firmware update";
    match message.kind().as_deref() {
        Some("report_version") => {
            put(
                out,
                format_args!(r#"{{"result_code":1,"result_msg":"{}","type":"report_version_rsp""#, not_served(what)),
            );
            let version = message.report.and_then(|report| Members::read(report).ok()?.version);
            if let Some(version) = version.filter(|version| version.len() <= ECHO_BYTES_MAX) {
                out.extend_from_slice(br#","version":"#);
                out.extend_from_slice(version);
            }
            out.push(b'}');
            SystemAnswer::not_served(what, SystemReply::On(DownTopic::Ota))
        }
        Some("report_progress" | "request_firmware") => SystemAnswer::not_served(what, SystemReply::Nothing),
        other => unknown_type(other),
    }
}

/// Source: spec/device-protocol.md 9.5.
fn config_asked(message: &Members<'_>) -> SystemAnswer {
    match message.kind().as_deref() {
        Some("get") => SystemAnswer::taken(SystemReply::Config),
        other => unknown_type(other),
    }
}

/// Source: spec/device-protocol.md 9.7.
fn resource(message: &Members<'_>) -> SystemAnswer {
    match message.kind().as_deref() {
        Some(kind) if crate::files::is_resource_type(kind) => SystemAnswer::taken(SystemReply::Files),
        other => unknown_type(other),
    }
}

fn unknown_type(kind: Option<&str>) -> SystemAnswer {
    SystemAnswer::not_understood(match kind {
        None => "type missing".to_owned(),
        Some(kind) => format!("type {} not supported", crate::message::shown(kind)),
    })
}

fn not_served(what: &str) -> String {
    format!("{what} is not served yet")
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a vector");
}

/// The members these messages have, as JSON texts; of repeated ones the last counts.
#[derive(Debug, Default)]
struct Members<'a> {
    method: Option<&'a [u8]>,
    kind: Option<&'a [u8]>,
    token: Option<&'a [u8]>,
    resource: Option<&'a [u8]>,
    report: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
}

impl<'a> Members<'a> {
    fn read(object: &'a [u8]) -> Result<Self, lianwu_model::json::ScanError> {
        let mut found = Self::default();
        for member in members(object) {
            let (key, value) = member?;
            let slot = match key.unescape().as_ref() {
                "method" => &mut found.method,
                "type" => &mut found.kind,
                "clientToken" => &mut found.token,
                "resource" => &mut found.resource,
                "report" => &mut found.report,
                "version" => &mut found.version,
                _ => continue,
            };
            *slot = (value != b"null").then_some(value);
        }
        Ok(found)
    }

    fn kind(&self) -> Option<std::borrow::Cow<'a, str>> {
        text(self.kind?)
    }

    /// `,"clientToken":<as written>`, or nothing where there is none of a sane length.
    fn put_token(&self, out: &mut Vec<u8>) {
        if let Some(token @ [b'"' | b'-' | b'0'..=b'9', ..]) = self.token
            && token.len() <= CLIENT_TOKEN_BYTES_MAX
        {
            out.extend_from_slice(br#","clientToken":"#);
            out.extend_from_slice(token);
        }
    }
}

/// A JSON string's text.
fn text(raw: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    Some(Scanner::new(raw).string().ok()?.unescape())
}

/// A member with a string as value, after a comma.
fn put_string(name: &str, value: &str, out: &mut Vec<u8>) {
    put(out, format_args!(r#","{name}":"#));
    write_string(value, out);
}
