//! The table of problems: id, texts, severity, detector. One file a subject.

mod backend;
mod certificate;
mod connection;
mod message;
mod registration;
mod request;
mod sign_in;

use std::time::Duration;

use lianwu_ports::record::RecordKind;
use lianwu_ports::record::account::AccountEvent;

use super::Language;
use super::facts::Facts;
use super::finding::Finding;

/// How bad; worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does not work until somebody acts.
    Error,
    /// It works, or will again, but not well.
    Warning,
    /// Nothing is broken.
    Info,
}

impl Severity {
    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    pub zh: &'static str,
    pub en: &'static str,
}

impl Text {
    #[must_use]
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.en,
        }
    }
}

/// One kind of problem.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Row of the FAQ, perhaps with a word behind it.
    pub id: &'static str,
    pub severity: Severity,
    pub title: Text,
    pub cause: Text,
    pub cure: Text,
    pub(super) detector: Detector,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// How it is seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Detector {
    Records(Pattern),
    Check(Check),
    /// What happened to a backend.
    Backend(BackendPattern),
}

/// Lines of an account's log that show a problem of a backend.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackendPattern {
    pub event: AccountEvent,
    /// One of them is part of the cause; none means any cause.
    pub notes: &'static [&'static str],
    /// Fewer of them are no problem.
    pub least: u64,
    pub cure: BackendCure,
}

/// What shows that it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BackendCure {
    /// A later sign-in.
    SignIn,
    /// It did not happen for so long.
    Quiet(Duration),
}

/// A detector in code.
pub(super) type Check = for<'a> fn(&'a Facts) -> Option<Finding<'a>>;

/// Records that show a problem; every condition must hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    pub kinds: &'static [RecordKind],
    pub code: Option<u32>,
    /// One of them is part of the note; none means any note.
    pub notes: &'static [&'static str],
    /// None of them is.
    pub without: &'static [&'static str],
    pub cure: Cure,
}

/// What shows that it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// A later accepted sign-in; of a refused registration also a later good one, of a refused request over HTTP or CoAP
    /// an accepted message.
    SignIn,
    /// A later good message of the same sort; several, if good and bad ones took turns.
    GoodMessage,
    /// A later delivery of the same sort, or a later subscription.
    Delivery,
    /// It did not happen for so long.
    Quiet(Duration),
}

pub(super) use backend::UNSEEN;

/// All problems of backends.
pub fn backend_entries() -> impl Iterator<Item = &'static Entry> {
    backend::ENTRIES.iter()
}

/// All problems of devices.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    let certificates = certificate::ENTRIES.iter();
    sign_in::ENTRIES
        .iter()
        .chain(certificates)
        .chain(registration::ENTRIES)
        .chain(request::ENTRIES)
        .chain(connection::ENTRIES)
        .chain(message::ENTRIES)
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// A sign-in refused for one of these reasons.
const fn refused(notes: &'static [&'static str]) -> Detector {
    let kinds = &[RecordKind::ConnectRefused];
    Detector::Records(Pattern { kinds, code: None, notes, without: &[], cure: Cure::SignIn })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_entry_is_complete_and_named_once() {
        let mut ids = HashSet::new();
        for entry in entries().chain(backend_entries()) {
            assert!(ids.insert(entry.id), "{} is there twice", entry.id);
            for text in [entry.title, entry.cause, entry.cure] {
                assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{}: {text:?}", entry.id);
            }
        }
        for row in ["20", "21", "22", "23", "24", "25", "26", "28", "29", "30", "31", "40", "41", "42", "44", "47"] {
            assert!(ids.iter().any(|id| id.starts_with(&format!("faq-{row}"))), "faq-{row}");
        }
        for row in ["45", "50", "53", "54", "55", "56", "58", "59", "66"] {
            assert!(ids.iter().any(|id| id.starts_with(&format!("faq-{row}"))), "faq-{row}");
        }
    }
}
