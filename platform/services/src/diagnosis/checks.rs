//! Detectors that need more than one kind of record.

use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_model::product::DataProtocol;
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::RecordKind;

use super::facts::Facts;
use super::finding::{Finding, at, length};
use crate::logs::notes;

/// Take-overs and breaks within this span belong together.
const FLAPPING: Duration = Duration::from_mins(10);

/// A keep-alive that ran out so long ago is no longer news for a device that is back.
const KEEP_ALIVE_SPAN: Duration = Duration::from_hours(1);

pub(super) fn unknown_device(facts: &Facts) -> Option<Finding<'_>> {
    let tried = facts.of(RecordKind::ConnectRefused).collect();
    facts.device.is_none().then(|| Finding::state("DeviceName: not registered", tried))
}

pub(super) fn disabled(facts: &Facts) -> Option<Finding<'_>> {
    let is_disabled = facts.device.as_ref().is_some_and(|device| !device.is_enabled);
    let tried = facts.of(RecordKind::ConnectRefused).filter(|row| *row.note == *notes::DISABLED).collect();
    is_disabled.then(|| Finding::state("EnableState: 0", tried))
}

pub(super) fn never_connected(facts: &Facts) -> Option<Finding<'_>> {
    let device = facts.device.as_ref()?;
    let is_silent = facts.state.activated.is_none() && !device.is_online && facts.rows.is_empty();
    is_silent.then(|| Finding::state(format!("created {}", at(device.created)), Vec::new()))
}

/// Part of the note on an expiry before September 2001, which has fewer digits than any that can be valid.
const FEW_DIGITS: &str = "write the absolute time in UNIX seconds";

/// The expiry a refused sign-in named.
fn expiry(row: &LogRow) -> Option<UnixMillis> {
    let rest = row.note.strip_prefix("credential expired at ")?;
    rest.split(' ').next()?.parse().ok().map(UnixMillis::from_seconds)
}

/// Refused sign-ins since the last good one.
fn open(facts: &Facts) -> impl Iterator<Item = &LogRow> {
    let open = facts.rows.iter().take_while(|row| row.kind != RecordKind::Connected);
    open.filter(|row| row.kind == RecordKind::ConnectRefused)
}

/// Those of them whose expiry had passed.
fn expired(facts: &Facts) -> Vec<(&LogRow, UnixMillis)> {
    open(facts).filter_map(|row| Some((row, expiry(row)?))).collect()
}

/// Nobody computes an expiry that lies before the device was made, unless the clock is wrong.
fn is_clock(facts: &Facts, expiry: UnixMillis) -> bool {
    facts.device.as_ref().is_some_and(|device| expiry < device.created)
}

pub(super) fn clock(facts: &Facts) -> Option<Finding<'_>> {
    let mut rows = expired(facts);
    rows.retain(|(_, expiry)| is_clock(facts, *expiry));
    let Some((row, expiry)) = rows.first() else {
        let before_2001: Vec<_> = open(facts).filter(|row| row.note.contains(FEW_DIGITS)).collect();
        return (!before_2001.is_empty()).then(|| Finding::rows(before_2001));
    };
    let offset = Duration::from_millis(row.committed.0.saturating_sub(expiry.0));
    let note = format!("expiry {}, server {}, offset {} or more", at(*expiry), at(row.committed), length(offset));
    Some(Finding::state(note, rows.into_iter().map(|(row, _)| row).collect()))
}

pub(super) fn expiry_passed(facts: &Facts) -> Option<Finding<'_>> {
    let mut rows = expired(facts);
    rows.retain(|(_, expiry)| !is_clock(facts, *expiry));
    let (_, expiry) = rows.first()?;
    let note = format!("expiry {}, server {}", at(*expiry), at(facts.now));
    Some(Finding::state(note, rows.into_iter().map(|(row, _)| row).collect()))
}

/// Two holders of one identity close each other's connections.
pub(super) fn ping_pong(facts: &Facts) -> Option<Finding<'_>> {
    let taken: Vec<_> = (facts.of(RecordKind::Disconnected))
        .filter(|row| facts.is_recent(row, FLAPPING))
        .filter_map(|row| Some((row, notes::taken_over_by(&row.note)?)))
        .collect();
    let (last, by) = *taken.first()?;
    let from = String::from_utf8_lossy(&last.payload);
    let is_elsewhere = taken.iter().any(|(row, by)| !by.starts_with(&*String::from_utf8_lossy(&row.payload)));
    // A device behind a bad network also comes back before its old connection is found dead, but not often.
    let least = if is_elsewhere { 2 } else { 3 };
    let rows: Vec<_> = taken.iter().map(|(row, _)| *row).collect();
    (rows.len() >= least).then(|| Finding::state(format!("clientip {from} <-> {by}"), rows))
}

pub(super) fn keep_alive(facts: &Facts) -> Option<Finding<'_>> {
    let is_timeout = |row: &&LogRow| notes::last_active(&row.note).is_some();
    let is_the_end =
        !facts.is_online() && facts.of(RecordKind::Disconnected).next().is_some_and(|row| is_timeout(&row));
    let timeouts: Vec<_> = facts.of(RecordKind::Disconnected).filter(is_timeout).collect();
    let often = timeouts.iter().filter(|row| facts.is_recent(row, KEEP_ALIVE_SPAN)).count() >= 3;
    (is_the_end || often).then(|| Finding::rows(timeouts))
}

/// Connections that break without a word, again and again.
pub(super) fn unstable(facts: &Facts) -> Option<Finding<'_>> {
    let is_break = |row: &&LogRow| {
        facts.is_recent(row, FLAPPING)
            && (row.note.contains("without DISCONNECT") || row.note.starts_with("read failed"))
    };
    let breaks: Vec<_> = facts.of(RecordKind::Disconnected).filter(is_break).collect();
    (breaks.len() >= 3).then(|| Finding::rows(breaks))
}

pub(super) fn no_model(facts: &Facts) -> Option<Finding<'_>> {
    let refused = facts.rows.iter().filter(|row| *row.note == *notes::NO_MODEL).collect();
    let needs_one = facts.product.data_protocol == DataProtocol::ThingModel && !facts.has_model;
    needs_one.then(|| Finding::state(format!("ProductId {}", facts.product.id), refused))
}

/// It talks, but not on the property topic.
pub(super) fn other_topic(facts: &Facts) -> Option<Finding<'_>> {
    let is_elsewhere = |row: &&LogRow| matches!(row.kind, RecordKind::OtherUp | RecordKind::PublishRefused);
    let elsewhere: Vec<_> = facts.rows.iter().filter(is_elsewhere).collect();
    let has_values = !facts.state.reported.is_empty() || facts.of(RecordKind::PropertyReport).next().is_some();
    let tried = facts.of(RecordKind::PropertyOther).next().is_some();
    (facts.has_model && !has_values && !tried && !elsewhere.is_empty()).then(|| Finding::rows(elsewhere))
}

/// It signed in, and said nothing since.
pub(super) fn no_report(facts: &Facts) -> Option<Finding<'_>> {
    let activated = facts.state.activated?;
    let is_up =
        |row: &&LogRow| (row.kind.is_message() && !row.kind.is_down()) || row.kind == RecordKind::PublishRefused;
    let is_silent = facts.state.reported.is_empty() && !facts.rows.iter().any(|row| is_up(&row));
    (facts.has_model && is_silent).then(|| Finding::state(format!("first sign-in {}", at(activated)), Vec::new()))
}

pub(super) fn storage(facts: &Facts) -> Option<Finding<'_>> {
    facts.refusing.as_ref().map(|_| Finding::state("storage is full", Vec::new()))
}
