//! From detectors to problems.

use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::RecordKind;

use super::facts::Facts;
use super::fault;
use super::table::{Cure, Detector, Entry, Pattern};
use super::{Evidence, Problem};
use crate::logs::{LineKind, lines, notes};

/// Pieces of evidence a problem shows.
const EVIDENCE_MAX: usize = 3;

/// A failure that came back between good messages counts as cured after so many good ones in a row.
const GOOD_IN_A_ROW: usize = 10;

/// What a detector found.
pub(super) struct Finding<'a> {
    /// Newest first; empty for a state.
    pub rows: Vec<&'a LogRow>,
    /// In front of the rows.
    pub note: Option<String>,
}

impl<'a> Finding<'a> {
    /// Something that is so, with the records that show it.
    pub fn state(note: impl Into<String>, rows: Vec<&'a LogRow>) -> Self {
        Self { rows, note: Some(note.into()) }
    }

    pub fn rows(rows: Vec<&'a LogRow>) -> Self {
        Self { rows, note: None }
    }
}

pub(super) fn problem(entry: &'static Entry, facts: &Facts) -> Option<Problem> {
    let found = match &entry.detector {
        Detector::Check(check) => check(facts)?,
        Detector::Records(pattern) => Finding::rows(current(pattern, facts)?),
        Detector::Backend(_) => return None,
    };
    let time = |row: Option<&&LogRow>| row.map_or(facts.now, |row| row.committed);
    let (last_seen, since) = (time(found.rows.first()), time(found.rows.last()));
    let note = found.note.map(|text| Evidence { time: facts.now, text });
    let shown = found.rows.iter().take(EVIDENCE_MAX).map(|row| Evidence { time: row.committed, text: shown(row) });
    Some(Problem {
        entry,
        since,
        last_seen,
        count: found.rows.len().max(1) as u64,
        mistakes: fault::mistakes(&found.rows, facts.model.as_deref()),
        evidence: note.into_iter().chain(shown).collect(),
    })
}

/// The last diagnostic line of a record: where a message was refused, that says why.
fn shown(row: &LogRow) -> String {
    let line = lines(row).into_iter().rfind(|line| line.kind == LineKind::Diagnostic);
    line.map(|line| format!("{} -> {}", line.text_lossy(), line.result)).unwrap_or_default()
}

/// The records of a pattern, newest first, if nothing has cured them since.
fn current<'a>(pattern: &Pattern, facts: &'a Facts) -> Option<Vec<&'a LogRow>> {
    let matches: Vec<&LogRow> = facts.rows.iter().filter(|row| pattern.fits(row)).collect();
    let last = *matches.first()?;
    match pattern.cure {
        Cure::Quiet(span) => {
            let recent: Vec<_> = matches.into_iter().filter(|row| facts.is_recent(row, span)).collect();
            (!recent.is_empty()).then_some(recent)
        }
        cure => {
            let good: Vec<&LogRow> = facts.rows.iter().filter(|row| cures(cure, last, row)).collect();
            let after = good.iter().filter(|row| row.lsn > last.lsn).count();
            let oldest = matches.last().map_or(last.lsn, |row| row.lsn);
            let comes_back = good.iter().any(|row| row.lsn < last.lsn && row.lsn > oldest);
            if after == 0 || (cure == Cure::GoodMessage && comes_back && after < GOOD_IN_A_ROW) {
                let before = good.iter().find(|row| row.lsn < last.lsn).map(|row| row.lsn);
                let is_of_series = |row: &&&LogRow| {
                    comes_back && cure == Cure::GoodMessage || before.is_none_or(|before| row.lsn > before)
                };
                return Some(matches.iter().filter(is_of_series).copied().collect());
            }
            None
        }
    }
}

/// Does `row` show that the failure `last` is over?
fn cures(cure: Cure, last: &LogRow, row: &LogRow) -> bool {
    match cure {
        Cure::SignIn if last.kind == RecordKind::Registration && row.kind == last.kind => row.code == 0,
        Cure::SignIn => row.kind == RecordKind::Connected || (is_request(last) && is_heard(row)),
        Cure::GoodMessage => row.code == 0 && is_same_sort(last.kind, row),
        Cure::Delivery => row.code == 0 && (row.kind == last.kind || row.kind == RecordKind::Subscribed),
        Cure::Quiet(_) => false,
    }
}

/// Was it a request, which needs no sign-in before it?
pub(super) fn is_request(row: &LogRow) -> bool {
    notes::of_request(&row.note).is_some()
}

/// Who is heard has proved itself, by whatever way it came.
pub(super) fn is_heard(row: &LogRow) -> bool {
    row.kind.is_message() && !row.kind.is_down() && row.code == 0
}

/// Messages that share a topic; after a publish without permission, any other message.
fn is_same_sort(failed: RecordKind, good: &LogRow) -> bool {
    match failed {
        RecordKind::PropertyOther => good.kind == RecordKind::PropertyReport || is_packed(good),
        RecordKind::PublishRefused => good.kind.is_message() && !good.kind.is_down(),
        _ => failed == good.kind,
    }
}

/// A `pack_report`, as opposed to questions on the same topic, which say nothing about reports.
fn is_packed(row: &LogRow) -> bool {
    row.kind == RecordKind::PropertyOther && lines(row).iter().any(|line| line.kind == LineKind::ThingModel)
}

impl Pattern {
    fn fits(&self, row: &LogRow) -> bool {
        self.kinds.contains(&row.kind)
            && self.code.is_none_or(|code| row.code == code)
            && (self.notes.is_empty() || self.notes.iter().any(|note| row.note.contains(note)))
            && !self.without.iter().any(|note| row.note.contains(note))
    }
}

/// Seconds of a UNIX time in words that both languages read.
pub(super) fn at(time: UnixMillis) -> String {
    format!("{} (UTC+8)", crate::logs::beijing_seconds(time))
}

/// `3 d`, `5 h`, `12 min`, `40 s`
pub(super) fn length(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}
