//! One line of a log.

use std::borrow::Cow;

use lianwu_model::{ProductId, UnixMillis};

/// Which log a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Messages as they travelled.
    Content,
    /// Accepted properties, events and actions.
    ThingModel,
    /// Online and offline.
    Status,
    /// What became of every step, with the cause of each failure.
    Diagnostic,
    /// What devices uploaded of their own logs.
    Uploaded,
}

impl LineKind {
    pub const ALL: [Self; 5] = [Self::Content, Self::ThingModel, Self::Status, Self::Diagnostic, Self::Uploaded];

    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::ThingModel => "thing_model",
            Self::Status => "status",
            Self::Diagnostic => "diagnostic",
            Self::Uploaded => "device",
        }
    }

    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

impl Direction {
    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Up, Self::Down].into_iter().find(|direction| direction.as_str() == text)
    }
}

/// Who made a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Device,
    /// A call of the cloud API.
    Api,
    /// The platform itself, as a reply.
    Platform,
}

/// One line, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was committed.
    pub time: UnixMillis,
    pub kind: LineKind,
    /// None for changes of the connection.
    pub direction: Option<Direction>,
    pub origin: Origin,
    pub product: ProductId,
    /// As the device called itself when it was refused before it was known.
    pub device: Box<str>,
    /// `STATUS` or `MESSAGE` in the diagnostic log, `ONLINE` or `OFFLINE` in the online/offline log, `PROPERTY`,
    /// `EVENT`, `ACTION` or `OTHER` for messages; of an uploaded line its level: `ERR`, `WRN`, `INF`, `DBG` or empty.
    pub scene: &'static str,
    /// Empty for changes of the connection.
    pub topic: String,
    /// The payload of a message; else UTF-8 text.
    pub content: Box<[u8]>,
    /// `SUCC` or `FAIL, <reason>`.
    pub result: String,
    /// Of the call that caused it; in a `Check report data` line the client token of the message.
    pub request_id: String,
    /// The client token of a message, without quotes.
    pub client_token: String,
}

impl Line {
    /// The content if it is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.content).ok()
    }

    /// The content, with replacement characters where it is not text.
    #[must_use]
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.content)
    }
}

/// A line before anybody wants it: it borrows from its record, because a search looks at many and keeps few.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'a> {
    pub(super) time: UnixMillis,
    pub(super) kind: LineKind,
    pub(super) direction: Option<Direction>,
    pub(super) origin: Origin,
    pub(super) product: ProductId,
    pub(super) device: &'a str,
    pub(super) scene: &'static str,
    pub(super) topic: Cow<'a, str>,
    pub(super) content: Cow<'a, [u8]>,
    pub(super) result: Cow<'a, str>,
    pub(super) request_id: &'a str,
    pub(super) client_token: &'a str,
}

impl Draft<'_> {
    /// The line, of its own.
    pub(super) fn into_line(self) -> Line {
        Line {
            time: self.time,
            kind: self.kind,
            direction: self.direction,
            origin: self.origin,
            product: self.product,
            device: self.device.into(),
            scene: self.scene,
            topic: self.topic.into_owned(),
            content: self.content.into(),
            result: self.result.into_owned(),
            request_id: self.request_id.to_owned(),
            client_token: self.client_token.to_owned(),
        }
    }
}

impl<'a> From<&'a Line> for Draft<'a> {
    fn from(line: &'a Line) -> Self {
        Self {
            time: line.time,
            kind: line.kind,
            direction: line.direction,
            origin: line.origin,
            product: line.product,
            device: &line.device,
            scene: line.scene,
            topic: Cow::Borrowed(&line.topic),
            content: Cow::Borrowed(&line.content),
            result: Cow::Borrowed(&line.result),
            request_id: &line.request_id,
            client_token: &line.client_token,
        }
    }
}
