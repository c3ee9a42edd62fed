//! What page and server say to each other: one JSON object a message. Described in ADR 0033.

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Utf8Bytes};
use lianwu_cloud_api::generated::structures::DeviceLogRow;
use lianwu_cloud_api::{Language, WatchRefused};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The first message of a page.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Hello {
    pub csrf_token: String,
    /// As `X-TC-Language`.
    pub language: Option<String>,
}

/// Every other message of a page.
pub(super) enum Said {
    /// Watch a log, under a number of the page's own choice; one that was watched under it before is let go.
    Watch {
        watch: u32,
        request: Bytes,
    },
    Unwatch {
        watch: u32,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidText<'a> {
    watch: Option<u32>,
    /// Parameters of `ListDeviceLog`.
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    unwatch: Option<u32>,
}

impl Said {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let said: SaidText<'_> = serde_json::from_str(text).ok()?;
        match (said.watch, said.request, said.unwatch) {
            (Some(watch), Some(request), None) => {
                Some(Self::Watch { watch, request: Bytes::copy_from_slice(request.get().as_bytes()) })
            }
            (None, None, Some(watch)) => Some(Self::Unwatch { watch }),
            _ => None,
        }
    }
}

/// What a page is told. Times are the server's, in milliseconds.
#[derive(Serialize)]
#[serde(tag = "Type", rename_all_fields = "PascalCase")]
pub(super) enum Told<'a> {
    /// The page is known.
    Ready {
        time: u64,
    },
    /// Every line from now on comes; what is asked for after this holds everything before.
    Watching {
        watch: u32,
        time: u64,
    },
    /// It is not watched, or no longer.
    Refused {
        watch: u32,
        code: &'a str,
        message: &'a str,
        request_id: &'a str,
    },
    Rows {
        time: u64,
        watches: Vec<Shown>,
    },
    /// Nothing new: pages see no pings, and must know that the server is there.
    Alive {
        time: u64,
    },
}

/// What there is new in one log.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    pub watch: u32,
    /// Newest first, as `ListDeviceLog` gives them.
    pub rows: Vec<DeviceLogRow>,
    /// Lines before them that were left out, because there were too many.
    pub missed: u64,
    /// Others may be missing; how many is not known.
    pub has_gap: bool,
}

impl Told<'_> {
    pub(super) fn text(&self) -> Utf8Bytes {
        serde_json::to_string(self).expect("texts and numbers always become JSON").into()
    }
}

pub(super) fn refused(watch: u32, refused: &WatchRefused, language: Language) -> Utf8Bytes {
    let (code, message) = (refused.error.code, refused.error.message(language));
    Told::Refused { watch, code, message, request_id: &refused.request_id }.text()
}

/// Why a socket ends. The page knows what to do by the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The page went away.
    Gone,
    /// The login has ended.
    SignedOut,
    /// The first message did not show that the page belongs to the login.
    PageToken,
    /// No first message came.
    TooLate,
    /// What the page said cannot be read.
    Unreadable,
    /// The other side does not answer.
    Silent,
    /// The other side takes nothing.
    NotReading,
    /// Nothing was watched for long.
    Idle,
    /// The server stops.
    Stopping,
}

impl Ending {
    /// What the page is told, where there is one.
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone | Self::NotReading => return None,
            Self::Stopping => (1001, "the server stops"),
            Self::Unreadable => (4400, "the message cannot be read"),
            Self::SignedOut => (4401, "the session has ended"),
            Self::PageToken => (4403, "the page token is missing or of another session"),
            Self::Idle => (4404, "nothing is watched"),
            Self::TooLate => (4408, "no first message came in time"),
            Self::Silent => (4409, "no answer to a ping"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<String> {
        Some(match Said::parse(text)? {
            Said::Watch { watch, request } => format!("watch {watch} {}", String::from_utf8_lossy(&request)),
            Said::Unwatch { watch } => format!("unwatch {watch}"),
        })
    }

    /// Is each message of a page one thing or nothing?
    #[test]
    fn messages_of_a_page_are_read() {
        assert_eq!(parsed(r#"{"Watch":7,"Request":{"A": 1}}"#).as_deref(), Some(r#"watch 7 {"A": 1}"#));
        assert_eq!(parsed(r#"{"Unwatch":7}"#).as_deref(), Some("unwatch 7"));
        for text in [
            "",
            "[]",
            "{}",
            r#"{"Watch":7}"#,
            r#"{"Watch":-1,"Request":{}}"#,
            r#"{"Watch":1,"Request":{},"Unwatch":1}"#,
            r#"{"Watch":1,"Watch":2,"Request":{}}"#,
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    /// Is what a page is told as it is written down?
    #[test]
    fn messages_to_a_page_are_as_described() {
        assert_eq!(Told::Ready { time: 5 }.text().as_str(), r#"{"Type":"Ready","Time":5}"#);
        assert_eq!(Told::Alive { time: 5 }.text().as_str(), r#"{"Type":"Alive","Time":5}"#);
        assert_eq!(Told::Watching { watch: 1, time: 5 }.text().as_str(), r#"{"Type":"Watching","Watch":1,"Time":5}"#);
        let watches = vec![Shown { watch: 1, rows: Vec::new(), missed: 2, has_gap: true }];
        assert_eq!(
            Told::Rows { time: 5, watches }.text().as_str(),
            r#"{"Type":"Rows","Time":5,"Watches":[{"Watch":1,"Rows":[],"Missed":2,"HasGap":true}]}"#
        );
    }

    /// Is the reason short enough for a close frame, and its number one a program may use?
    #[test]
    fn endings_fit_their_frames() {
        use Ending as E;
        for ending in [E::SignedOut, E::PageToken, E::TooLate, E::Unreadable, E::Silent, E::Idle, E::Stopping] {
            let frame = ending.frame().unwrap();
            assert!(frame.reason.len() <= 123 && (frame.code == 1001 || (4000..5000).contains(&frame.code)));
        }
    }
}
