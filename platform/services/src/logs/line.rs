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
