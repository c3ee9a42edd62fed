//! From a record to its lines. Nothing but the record decides, so a line is the same whenever it is asked for.

use lianwu_device_protocol::message::CLIENT_TOKEN_BYTES_MAX;
use lianwu_device_protocol::reply::{self, ReplyCode, ReplyMethod};
use lianwu_model::json::{Scanner, members};
use lianwu_model::log_level::LogLevel;
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::RecordKind;
use lianwu_ports::states::session::is_without_connection;

use super::line::{Direction, Line, LineKind, Origin};
use super::{beijing_seconds, notes};

const SUCCESS: &str = "SUCC";
const STATUS: &str = "STATUS";
const MESSAGE: &str = "MESSAGE";

/// Properties and events of several moments in one message.
const PACKED: &str = "pack_report";

/// What a device is told of its fences, and its answer.
const FENCE: [&str; 2] = ["alert_fence_event", "alert_fence_event_reply"];

/// Not delivered: offline, or not subscribed. The vendor's push result; its text is decision 8.
const NO_SUBSCRIBER_CODE: u32 = 23_101;

/// The lines of a record, oldest first. The place in the list belongs to the line: cursors name it.
#[must_use]
pub fn lines(row: &LogRow) -> Vec<Line> {
    let record = Rendering { row, envelope: Envelope::of(row) };
    match row.kind {
        RecordKind::PublishRefused => record.refused_publish(),
        RecordKind::ShadowDesired => record.shadow_of_cloud(),
        RecordKind::DeviceLog => record.uploaded(),
        kind if kind.is_message() && kind.is_down() => record.down(),
        kind if kind.is_message() => record.up(),
        _ => record.connection(),
    }
}

/// What the lines need of a payload.
#[derive(Default)]
struct Envelope<'a> {
    /// Raw JSON, short enough to be echoed.
    token: Option<&'a [u8]>,
    method: Option<String>,
}

impl<'a> Envelope<'a> {
    fn of(row: &'a LogRow) -> Self {
        let mut found = Self::default();
        if !row.kind.is_message() {
            return found;
        }
        for (key, value) in members(&row.payload).flatten() {
            if key.is(b"clientToken") {
                let is_token = matches!(value.first(), Some(b'"' | b'-' | b'0'..=b'9'));
                found.token = (is_token && value.len() <= CLIENT_TOKEN_BYTES_MAX).then_some(value);
            } else if key.is(b"method") {
                found.method = Scanner::new(value).string().ok().map(|method| method.unescape().into_owned());
            }
        }
        found
    }

    fn token_text(&self) -> String {
        let Some(raw) = self.token else { return String::new() };
        match Scanner::new(raw).string() {
            Ok(token) => token.unescape().into_owned(),
            Err(_) => String::from_utf8_lossy(raw).into_owned(),
        }
    }
}

struct Rendering<'a> {
    row: &'a LogRow,
    envelope: Envelope<'a>,
}

impl Rendering<'_> {
    fn line(&self, kind: LineKind, scene: &'static str, content: impl Into<Vec<u8>>, result: String) -> Line {
        Line {
            time: self.row.committed,
            kind,
            direction: None,
            origin: Origin::Device,
            product: self.row.product,
            device: self.row.device.clone(),
            scene,
            topic: String::new(),
            content: content.into().into(),
            result,
            request_id: String::new(),
            client_token: String::new(),
        }
    }

    /// A line about a message.
    fn message(&self, kind: LineKind, scene: &'static str, content: impl Into<Vec<u8>>, result: String) -> Line {
        let is_down = self.row.kind.is_down();
        Line {
            direction: Some(if is_down { Direction::Down } else { Direction::Up }),
            origin: match self.is_by_call() {
                true => Origin::Api,
                false if is_down => Origin::Platform,
                false => Origin::Device,
            },
            topic: self.topic(),
            request_id: if self.is_by_call() { self.row.note.to_string() } else { String::new() },
            client_token: self.envelope.token_text(),
            ..self.line(kind, scene, content, result)
        }
    }

    /// A message of a call, or a report that a call made in the device's name: accepted, and it names the call.
    fn is_by_call(&self) -> bool {
        let row = self.row;
        if row.kind.is_down() {
            // What a script made of the platform's own answer is of no call.
            return !(row.kind == RecordKind::OtherDown
                && (row.note.is_empty() || notes::is_script_failure(&row.note)));
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

    fn uploaded(&self) -> Vec<Line> {
        let level = LogLevel::from_word(&self.row.note).map_or("", LogLevel::word);
        vec![self.line(LineKind::Uploaded, level, &self.row.payload[..], SUCCESS.to_owned())]
    }

    fn up(&self) -> Vec<Line> {
        let row = self.row;
        let result = if row.code == 0 { SUCCESS.to_owned() } else { format!("FAIL, {}", row.note) };
        let mut lines = vec![self.message(LineKind::Content, self.scene(), &row.payload[..], result.clone())];
        let is_packed = self.envelope.method.as_deref() == Some(PACKED);
        if row.code == 0 && (is_thing_model(row.kind) || is_packed || self.is_about_fence()) {
            lines.push(self.message(LineKind::ThingModel, self.scene(), &row.payload[..], SUCCESS.to_owned()));
        }
        if !self.is_translated() {
            let published = format!("Device publish message to {}", self.packet());
            lines.push(self.message(LineKind::Diagnostic, MESSAGE, published, SUCCESS.to_owned()));
        }
        if row.code != 0 {
            let checked = format!("Check report data,topic:{},code:{}", self.topic(), row.code);
            let line = self.message(LineKind::Diagnostic, MESSAGE, checked, result);
            lines.push(Line { request_id: line.client_token.clone(), ..line });
        }
        if let Some((kind, payload)) = self.reply() {
            let line = self.message(LineKind::Content, self.scene(), payload, SUCCESS.to_owned());
            lines.push(Line {
                direction: Some(Direction::Down),
                origin: Origin::Platform,
                topic: self.thing("down", kind),
                ..line
            });
        }
        lines
    }

    fn down(&self) -> Vec<Line> {
        let row = self.row;
        let result = match row.code {
            0 => SUCCESS.to_owned(),
            // A kept session's message has its packet id already.
            NO_SUBSCRIBER_CODE if row.packet_id != 0 => "FAIL, no subscriber, it waits for the device".to_owned(),
            NO_SUBSCRIBER_CODE => "FAIL, no subscriber".to_owned(),
            _ if notes::is_script_failure(&row.note) => format!("FAIL, {}", row.note),
            code => format!("FAIL, push result {code}"),
        };
        let mut lines = vec![self.message(LineKind::Content, self.scene(), &row.payload[..], result.clone())];
        if row.code == 0 && (is_thing_model(row.kind) || self.is_about_fence()) {
            lines.push(self.message(LineKind::ThingModel, self.scene(), &row.payload[..], SUCCESS.to_owned()));
        }
        if !self.is_translated() {
            let sent = format!("Publish message to device {}", self.packet());
            lines.push(self.message(LineKind::Diagnostic, MESSAGE, sent, result));
        }
        lines
    }

    fn refused_publish(&self) -> Vec<Line> {
        let result = format!("FAIL, {}", self.row.note);
        let published = format!("Device publish message to {}", self.packet());
        vec![
            self.message(LineKind::Content, "OTHER", &self.row.payload[..], result.clone()),
            self.message(LineKind::Diagnostic, MESSAGE, published, result),
        ]
    }

    /// A change by a call; the message to the device has a record of its own.
    fn shadow_of_cloud(&self) -> Vec<Line> {
        let (result, request_id) = match self.row.code {
            0 => (SUCCESS.to_owned(), self.row.note.to_string()),
            _ => (format!("FAIL, {}", self.row.note), String::new()),
        };
        let text = String::from_utf8_lossy(&self.row.payload);
        let line = self.line(LineKind::Diagnostic, MESSAGE, format!("Change device shadow,content:{text}"), result);
        vec![Line { origin: Origin::Api, request_id, ..line }]
    }

    fn connection(&self) -> Vec<Line> {
        let row = self.row;
        let facts = String::from_utf8_lossy(&row.payload);
        let filter = &row.topic;
        let result = if row.code == 0 { SUCCESS.to_owned() } else { format!("FAIL, {}", row.note) };
        let diagnostic = |scene, content: String, result| vec![self.line(LineKind::Diagnostic, scene, content, result)];
        match row.kind {
            RecordKind::Connected => {
                let content = format!("Device connect,{facts}");
                if is_without_connection(&row.payload) {
                    return diagnostic(STATUS, content, SUCCESS.to_owned());
                }
                let line = self.line(LineKind::Status, "ONLINE", content.clone(), SUCCESS.to_owned());
                vec![line, self.line(LineKind::Diagnostic, STATUS, content, SUCCESS.to_owned())]
            }
            RecordKind::ConnectRefused => {
                // Several that were refused unchecked have one record without facts.
                let comma = if facts.is_empty() { "" } else { "," };
                diagnostic(STATUS, format!("Device connect{comma}{facts}"), format!("FAIL, {}", row.note))
            }
            RecordKind::Registration => diagnostic(STATUS, format!("Device dynamic register,{facts}"), result),
            RecordKind::Disconnected => {
                let content = ending(&row.note, &facts);
                let line = self.line(LineKind::Status, "OFFLINE", content.clone(), SUCCESS.to_owned());
                vec![line, self.line(LineKind::Diagnostic, STATUS, content, SUCCESS.to_owned())]
            }
            RecordKind::Subscribed => {
                diagnostic(MESSAGE, format!("Device subscribe topic:{filter},QoS:{}", row.qos), result)
            }
            RecordKind::Unsubscribed => diagnostic(MESSAGE, format!("Device unsubscribe topic:{filter}"), result),
            RecordKind::RateLimited => {
                let what = if *row.note == *notes::SIGN_IN_OVER_RATE { "Sign-ins" } else { "Messages" };
                let content = format!("{what} over the rate limit,count:{facts}");
                diagnostic(MESSAGE, content, format!("FAIL, {}", row.note))
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
                diagnostic(MESSAGE, content, format!("FAIL, {}", row.note))
            }
            RecordKind::DownDropped => {
                let content = format!("Message to device dropped,ID:{}", row.packet_id);
                diagnostic(MESSAGE, content, format!("FAIL, {}", row.note))
            }
            RecordKind::SessionEnded => diagnostic(STATUS, format!("Device session ended,reason:{}", row.note), result),
            RecordKind::Broadcast => {
                let line = self.line(LineKind::Diagnostic, MESSAGE, format!("Broadcast to devices,{facts}"), result);
                vec![Line { origin: Origin::Api, request_id: row.note.to_string(), ..line }]
            }
            RecordKind::Bound | RecordKind::Unbound => {
                let what = if row.kind == RecordKind::Bound { "bound to" } else { "unbound from" };
                let line = self.line(LineKind::Diagnostic, STATUS, format!("Device {what} gateway,{facts}"), result);
                vec![Line { request_id: row.note.to_string(), ..line }]
            }
            _ => diagnostic(STATUS, row.note.to_string(), result),
        }
    }

    /// `topic:..,QoS:0,ID:31462`
    fn packet(&self) -> String {
        format!("topic:{},QoS:{},ID:{}", self.topic(), self.row.qos, self.row.packet_id)
    }

    /// Where it was published; the record leaves out what follows from its kind.
    fn topic(&self) -> String {
        if !self.row.topic.is_empty() {
            return self.row.topic.to_string();
        }
        let way = if self.row.kind.is_down() { "down" } else { "up" };
        self.thing(way, thing(self.row.kind))
    }

    fn thing(&self, way: &str, kind: &str) -> String {
        format!("$thing/{way}/{kind}/{}/{}", self.row.product, self.row.device)
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
        let row = self.row;
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
        let status = if code == ReplyCode::Success { reply.success_status() } else { &row.note };
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
