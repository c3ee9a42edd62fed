//! From a record to its lines. Nothing but the record decides, so a line is the same whenever it is asked for.

use std::borrow::Cow;
use std::fmt::Write as _;

use lianwu_device_protocol::message::CLIENT_TOKEN_BYTES_MAX;
use lianwu_device_protocol::reply::{self, ReplyCode, ReplyMethod};
use lianwu_model::UnixMillis;
use lianwu_model::json::{Scanner, members};
use lianwu_model::log_level::LogLevel;
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::session::is_without_connection;

use super::line::{Direction, Draft, Line, LineKind, Origin};
use super::{beijing_seconds, notes};

const SUCCESS: &str = "SUCC";
const STATUS: &str = "STATUS";
const MESSAGE: &str = "MESSAGE";

/// Properties and events of several moments in one message.
const PACKED: &str = "pack_report";

/// Of what is said about a packet besides its topic, at most.
const PACKET_BYTES: usize = 32;

/// What a device is told of its fences, and its answer.
const FENCE: [&str; 2] = ["alert_fence_event", "alert_fence_event_reply"];

/// Not delivered: offline, or not subscribed. The vendor's push result; its text is decision 8.
const NO_SUBSCRIBER_CODE: u32 = 23_101;

/// The lines of a record, oldest first. The place in the list belongs to the line: cursors name it.
#[must_use]
pub fn lines(row: &LogRow) -> Vec<Line> {
    Rendering::of(row.committed, row.as_record()).drafts().into_iter().map(Draft::into_line).collect()
}

/// What the lines need of a payload.
#[derive(Default)]
struct Envelope<'a> {
    /// Raw JSON, short enough to be echoed.
    token: Option<&'a [u8]>,
    method: Option<Cow<'a, str>>,
}

impl<'a> Envelope<'a> {
    fn of(row: &Record<'a>) -> Self {
        let mut found = Self::default();
        if !row.kind.is_message() {
            return found;
        }
        for (key, value) in members(row.payload).flatten() {
            if key.is(b"clientToken") {
                let is_token = matches!(value.first(), Some(b'"' | b'-' | b'0'..=b'9'));
                found.token = (is_token && value.len() <= CLIENT_TOKEN_BYTES_MAX).then_some(value);
            } else if key.is(b"method") {
                found.method = Scanner::new(value).string().ok().map(|method| method.unescape());
            }
        }
        found
    }

    fn token_text(&self) -> Cow<'a, str> {
        let Some(raw) = self.token else { return Cow::default() };
        match Scanner::new(raw).string() {
            Ok(token) => token.unescape(),
            Err(_) => String::from_utf8_lossy(raw),
        }
    }
}

/// A record and what its lines share, made once for all of them.
pub(super) struct Rendering<'a> {
    committed: UnixMillis,
    row: Record<'a>,
    envelope: Envelope<'a>,
    /// Of a message: its client token without quotes.
    token: Cow<'a, str>,
    /// Of a message: where it was published. The record leaves out what follows from its kind.
    topic: Cow<'a, str>,
}

impl<'a> Rendering<'a> {
    pub(super) fn of(committed: UnixMillis, row: Record<'a>) -> Self {
        let envelope = Envelope::of(&row);
        let way = if row.kind.is_down() { "down" } else { "up" };
        let topic = match thing(row.kind) {
            _ if !row.topic.is_empty() => Cow::Borrowed(row.topic),
            _ if !row.kind.is_message() && row.kind != RecordKind::PublishRefused => Cow::default(),
            kind => Cow::Owned(thing_topic(&row, way, kind)),
        };
        Self { committed, row, token: envelope.token_text(), envelope, topic }
    }

    /// The lines of the record, oldest first.
    pub(super) fn drafts(&self) -> Vec<Draft<'_>> {
        match self.row.kind {
            RecordKind::PublishRefused => self.refused_publish(),
            RecordKind::ShadowDesired => self.shadow_of_cloud(),
            RecordKind::DeviceLog => self.uploaded(),
            kind if kind.is_message() && kind.is_down() => self.down(),
            kind if kind.is_message() => self.up(),
            _ => self.connection(),
        }
    }

    fn line<'s>(
        &'s self,
        kind: LineKind,
        scene: &'static str,
        content: impl Into<Cow<'s, [u8]>>,
        result: Cow<'s, str>,
    ) -> Draft<'s> {
        Draft {
            time: self.committed,
            kind,
            direction: None,
            origin: Origin::Device,
            product: self.row.product,
            device: self.row.device,
            scene,
            topic: Cow::default(),
            content: content.into(),
            result,
            request_id: "",
            client_token: "",
        }
    }

    /// A line about a message.
    fn message<'s>(
        &'s self,
        kind: LineKind,
        scene: &'static str,
        content: impl Into<Cow<'s, [u8]>>,
        result: Cow<'s, str>,
    ) -> Draft<'s> {
        let is_down = self.row.kind.is_down();
        Draft {
            direction: Some(if is_down { Direction::Down } else { Direction::Up }),
            origin: match self.is_by_call() {
                true => Origin::Api,
                false if is_down => Origin::Platform,
                false => Origin::Device,
            },
            topic: Cow::Borrowed(&self.topic),
            request_id: if self.is_by_call() { self.row.note } else { "" },
            client_token: &self.token,
            ..self.line(kind, scene, content, result)
        }
    }

    /// A message of a call, or a report that a call made in the device's name: accepted, and it names the call.
    fn is_by_call(&self) -> bool {
        let row = &self.row;
        if row.kind.is_down() {
            // What a script made of the platform's own answer is of no call.
            return !(row.kind == RecordKind::OtherDown && (row.note.is_empty() || notes::is_script_failure(row.note)));
        }
        row.kind == RecordKind::PropertyReport && row.code == 0 && !row.note.is_empty()
    }

    /// What a script made of bytes, or what it made bytes of: the bytes have a record of their own.
    fn is_translated(&self) -> bool {
        !self.row.topic.is_empty() && !thing(self.row.kind).is_empty()
    }

    /// Of the thing model's services only alerts are part of what a device measured.
    fn is_about_fence(&self) -> bool {
        let is_service = self.row.topic.starts_with("$thing/");
        is_service && self.envelope.method.as_deref().is_some_and(|method| FENCE.contains(&method))
    }

    fn uploaded(&self) -> Vec<Draft<'_>> {
        let level = LogLevel::from_word(self.row.note).map_or("", LogLevel::word);
        vec![self.line(LineKind::Uploaded, level, self.row.payload, SUCCESS.into())]
    }

    fn up(&self) -> Vec<Draft<'_>> {
        let row = &self.row;
        let result = self.result();
        let mut lines = vec![self.message(LineKind::Content, self.scene(), row.payload, result.clone())];
        let is_packed = self.envelope.method.as_deref() == Some(PACKED);
        if row.code == 0 && (is_thing_model(row.kind) || is_packed || self.is_about_fence()) {
            lines.push(self.message(LineKind::ThingModel, self.scene(), row.payload, SUCCESS.into()));
        }
        if !self.is_translated() {
            let published = self.packet("Device publish message to ");
            lines.push(self.message(LineKind::Diagnostic, MESSAGE, published, SUCCESS.into()));
        }
        if row.code != 0 {
            let checked = format!("Check report data,topic:{},code:{}", self.topic, row.code).into_bytes();
            let line = self.message(LineKind::Diagnostic, MESSAGE, checked, result);
            lines.push(Draft { request_id: &self.token, ..line });
        }
        if let Some((kind, payload)) = self.reply() {
            let line = self.message(LineKind::Content, self.scene(), payload, SUCCESS.into());
            lines.push(Draft {
                direction: Some(Direction::Down),
                origin: Origin::Platform,
                topic: thing_topic(row, "down", kind).into(),
                ..line
            });
        }
        lines
    }

    fn down(&self) -> Vec<Draft<'_>> {
        let row = &self.row;
        let result = match row.code {
            0 => SUCCESS.into(),
            // A kept session's message has its packet id already.
            NO_SUBSCRIBER_CODE if row.packet_id != 0 => "FAIL, no subscriber, it waits for the device".into(),
            NO_SUBSCRIBER_CODE => "FAIL, no subscriber".into(),
            _ if notes::is_script_failure(row.note) => self.failure(),
            code => format!("FAIL, push result {code}").into(),
        };
        let mut lines = vec![self.message(LineKind::Content, self.scene(), row.payload, result.clone())];
        if row.code == 0 && (is_thing_model(row.kind) || self.is_about_fence()) {
            lines.push(self.message(LineKind::ThingModel, self.scene(), row.payload, SUCCESS.into()));
        }
        if !self.is_translated() {
            let sent = self.packet("Publish message to device ");
            lines.push(self.message(LineKind::Diagnostic, MESSAGE, sent, result));
        }
        lines
    }

    fn refused_publish(&self) -> Vec<Draft<'_>> {
        let result = self.failure();
        let published = self.packet("Device publish message to ");
        vec![
            self.message(LineKind::Content, "OTHER", self.row.payload, result.clone()),
            self.message(LineKind::Diagnostic, MESSAGE, published, result),
        ]
    }

    /// A change by a call; the message to the device has a record of its own.
    fn shadow_of_cloud(&self) -> Vec<Draft<'_>> {
        let (result, request_id) = match self.row.code {
            0 => (SUCCESS.into(), self.row.note),
            _ => (self.failure(), ""),
        };
        let text = String::from_utf8_lossy(self.row.payload);
        let content = format!("Change device shadow,content:{text}").into_bytes();
        let line = self.line(LineKind::Diagnostic, MESSAGE, content, result);
        vec![Draft { origin: Origin::Api, request_id, ..line }]
    }

    fn connection(&self) -> Vec<Draft<'_>> {
        let row = &self.row;
        let facts = String::from_utf8_lossy(row.payload);
        let filter = &row.topic;
        let result = self.result();
        let line = |kind, scene, content: String, result| self.line(kind, scene, content.into_bytes(), result);
        let diagnostic = |scene, content, result| vec![line(LineKind::Diagnostic, scene, content, result)];
        match row.kind {
            RecordKind::Connected => {
                let content = format!("Device connect,{facts}");
                if is_without_connection(row.payload) {
                    return diagnostic(STATUS, content, SUCCESS.into());
                }
                let status = line(LineKind::Status, "ONLINE", content.clone(), SUCCESS.into());
                vec![status, line(LineKind::Diagnostic, STATUS, content, SUCCESS.into())]
            }
            RecordKind::ConnectRefused => {
                // Several that were refused unchecked have one record without facts.
                let comma = if facts.is_empty() { "" } else { "," };
                diagnostic(STATUS, format!("Device connect{comma}{facts}"), self.failure())
            }
            RecordKind::Registration => diagnostic(STATUS, format!("Device dynamic register,{facts}"), result),
            RecordKind::Disconnected => {
                let content = ending(row.note, &facts);
                let status = line(LineKind::Status, "OFFLINE", content.clone(), SUCCESS.into());
                vec![status, line(LineKind::Diagnostic, STATUS, content, SUCCESS.into())]
            }
            RecordKind::Subscribed => {
                diagnostic(MESSAGE, format!("Device subscribe topic:{filter},QoS:{}", row.qos), result)
            }
            RecordKind::Unsubscribed => diagnostic(MESSAGE, format!("Device unsubscribe topic:{filter}"), result),
            RecordKind::RateLimited => {
                let what = if *row.note == *notes::SIGN_IN_OVER_RATE { "Sign-ins" } else { "Messages" };
                let content = format!("{what} over the rate limit,count:{facts}");
                diagnostic(MESSAGE, content, self.failure())
            }
            RecordKind::Carried => {
                let content = format!("Message to sub-device,topic:{filter},QoS:{},ID:{}", row.qos, row.packet_id);
                diagnostic(MESSAGE, content, result)
            }
            RecordKind::DownAcknowledged if row.packet_id == 0 => {
                diagnostic(MESSAGE, "Gateway acknowledged message".to_owned(), result)
            }
            RecordKind::DownAcknowledged => {
                diagnostic(MESSAGE, format!("Device acknowledged message,ID:{}", row.packet_id), result)
            }
            RecordKind::DownDropped if row.packet_id == 0 => {
                let content = "Message to device dropped by its gateway's session".to_owned();
                diagnostic(MESSAGE, content, self.failure())
            }
            RecordKind::DownDropped => {
                let content = format!("Message to device dropped,ID:{}", row.packet_id);
                diagnostic(MESSAGE, content, self.failure())
            }
            RecordKind::SessionEnded => diagnostic(STATUS, format!("Device session ended,reason:{}", row.note), result),
            RecordKind::Broadcast => {
                let line = line(LineKind::Diagnostic, MESSAGE, format!("Broadcast to devices,{facts}"), result);
                vec![Draft { origin: Origin::Api, request_id: row.note, ..line }]
            }
            RecordKind::Bound | RecordKind::Unbound => {
                let what = if row.kind == RecordKind::Bound { "bound to" } else { "unbound from" };
                let line = line(LineKind::Diagnostic, STATUS, format!("Device {what} gateway,{facts}"), result);
                vec![Draft { request_id: row.note, ..line }]
            }
            _ => diagnostic(STATUS, row.note.to_string(), result),
        }
    }

    /// `SUCC`, or why not.
    fn result(&self) -> Cow<'a, str> {
        if self.row.code == 0 { SUCCESS.into() } else { self.failure() }
    }

    fn failure(&self) -> Cow<'a, str> {
        format!("FAIL, {}", self.row.note).into()
    }

    /// `<what>topic:..,QoS:0,ID:31462`
    fn packet(&self, what: &str) -> Vec<u8> {
        let mut text = String::with_capacity(what.len() + self.topic.len() + PACKET_BYTES);
        text.extend([what, "topic:", &self.topic]);
        write!(text, ",QoS:{},ID:{}", self.row.qos, self.row.packet_id).expect("a text takes everything");
        text.into_bytes()
    }

    fn scene(&self) -> &'static str {
        match thing(self.row.kind) {
            "property" => "PROPERTY",
            "event" => "EVENT",
            "action" => "ACTION",
            _ => "OTHER",
        }
    }

    /// The reply the device was given, if this kind of message has one that follows from the record.
    fn reply(&self) -> Option<(&'static str, Vec<u8>)> {
        let row = &self.row;
        if self.is_translated() {
            return None;
        }
        let method = self.envelope.method.as_deref();
        let event = if method == Some("events_post") { ReplyMethod::Events } else { ReplyMethod::Event };
        let code = ReplyCode::from_number(u16::try_from(row.code).ok()?)?;
        let reply = match (row.kind, code) {
            (RecordKind::PropertyOther | RecordKind::EventPost | RecordKind::ActionReply, ReplyCode::BadJson) => {
                let mut text = Vec::new();
                reply::render_bad_json(&mut text);
                return Some((thing(row.kind), text));
            }
            (_, ReplyCode::Refused) if *row.note == *notes::NO_MODEL => return None,
            (RecordKind::PropertyReport, _) if !self.is_by_call() => ReplyMethod::Report,
            (RecordKind::DesiredCleared, _) => ReplyMethod::ClearControl,
            (RecordKind::DeviceInfo, _) => ReplyMethod::ReportInfo,
            (RecordKind::EventPost, _) => event,
            (RecordKind::PropertyOther, _) if method == Some("pack_report") => ReplyMethod::Pack,
            (RecordKind::PropertyOther, _) if method == Some(PACKED) => ReplyMethod::Pack,
            (RecordKind::PropertyOther, ReplyCode::Success) => return None,
            (RecordKind::PropertyOther, _) if method == Some("report_info") => ReplyMethod::ReportInfo,
            (RecordKind::PropertyOther, _) => ReplyMethod::Report,
            _ => return None,
        };
        let status = if code == ReplyCode::Success { reply.success_status() } else { row.note };
        let mut text = Vec::new();
        reply::render_reply(reply, self.envelope.token, code, status, &mut text);
        Some((thing(row.kind), text))
    }
}

/// How a connection ended.
fn ending(note: &str, peer: &str) -> String {
    if let Some(last_active) = notes::last_active(note) {
        return format!("Device keepalive timeout,last active time:{}", beijing_seconds(last_active));
    }
    if let Some(by) = notes::taken_over_by(note) {
        return format!("Device kicked by same device id,clientip:{peer},new clientip:{by}");
    }
    format!("Device disconnect,reason:{note},clientip:{peer}")
}

fn thing_topic(row: &Record<'_>, way: &str, kind: &str) -> String {
    let parts = ["$thing/", way, "/", kind, "/", row.product.as_str(), "/", row.device];
    let mut topic = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    topic.extend(parts);
    topic
}

/// Third level of the canonical topic; empty when the record carries its topic.
fn thing(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::PropertyReport
        | RecordKind::PropertyOther
        | RecordKind::DeviceInfo
        | RecordKind::DesiredCleared
        | RecordKind::PropertyControl => "property",
        RecordKind::EventPost => "event",
        RecordKind::ActionCall | RecordKind::ActionReply => "action",
        _ => "",
    }
}

/// Does the thing-model log show it once it is accepted?
fn is_thing_model(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::PropertyReport | RecordKind::EventPost | RecordKind::ActionCall | RecordKind::ActionReply
    )
}
