//! Detectors that need more than one kind of record.

use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_model::product::DataProtocol;
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::RecordKind;

use super::facts::Facts;
use super::finding::{self, Finding, at, length};
use crate::logs::notes;

/// Take-overs and breaks within this span belong together.
const FLAPPING: Duration = Duration::from_mins(10);

/// Below it, in seconds, a moment without network ends the connection.
const SHORT_KEEP_ALIVE: u64 = 30;

/// A keep-alive that ran out so long ago is no longer news for a device that is back.
const KEEP_ALIVE_SPAN: Duration = Duration::from_hours(1);

pub(super) fn unknown_device(facts: &Facts) -> Option<Finding<'_>> {
    let tried = facts.of(RecordKind::ConnectRefused).collect();
    facts.device.is_none().then(|| Finding::state("DeviceName: not registered", tried))
}

pub(super) fn disabled(facts: &Facts) -> Option<Finding<'_>> {
    let is_disabled = facts.device.as_ref().is_some_and(|device| !device.is_enabled);
    let tried = facts.of(RecordKind::ConnectRefused).filter(|row| row.note.ends_with(notes::DISABLED)).collect();
    is_disabled.then(|| Finding::state("EnableState: 0", tried))
}

pub(super) fn never_connected(facts: &Facts) -> Option<Finding<'_>> {
    let device = facts.device.as_ref()?;
    let is_silent = facts.state.activated.is_none() && !device.is_online && facts.rows.is_empty();
    is_silent.then(|| Finding::state(format!("created {}", at(device.created)), Vec::new()))
}

/// Part of the note on an expiry before September 2001, which has fewer digits than any that can be valid.
const FEW_DIGITS: &str = "write the absolute time in UNIX seconds";

/// The cause of a refused sign-in, whichever way it came.
fn why(row: &LogRow) -> &str {
    notes::of_request(&row.note).unwrap_or(&row.note)
}

/// The expiry a refused sign-in named.
fn expiry(row: &LogRow) -> Option<UnixMillis> {
    let rest = why(row).strip_prefix("credential expired at ")?;
    rest.split(' ').next()?.parse().ok().map(UnixMillis::from_seconds)
}

/// Refused sign-ins since the last good one; requests also since the last message.
fn open(facts: &Facts) -> impl Iterator<Item = &LogRow> {
    let mut is_heard = false;
    let open = facts.rows.iter().take_while(|row| row.kind != RecordKind::Connected);
    open.filter(move |row| {
        is_heard |= finding::is_heard(row);
        row.kind == RecordKind::ConnectRefused && !(is_heard && finding::is_request(row))
    })
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

/// Signatures that do not fit, and the device whose key made the newest of those that is known.
fn wrong_signatures(facts: &Facts) -> (Vec<&LogRow>, Option<String>) {
    let rows: Vec<_> = open(facts).filter(|row| *row.note == *notes::HMAC_MISMATCH).collect();
    let whose = |row: &&LogRow| notes::whose_key(&String::from_utf8_lossy(&row.payload)).map(str::to_owned);
    let known = rows.iter().find_map(whose);
    (rows, known)
}

pub(super) fn signature(facts: &Facts) -> Option<Finding<'_>> {
    let (rows, whose) = wrong_signatures(facts);
    (whose.is_none() && !rows.is_empty()).then(|| Finding::rows(rows))
}

pub(super) fn foreign_key(facts: &Facts) -> Option<Finding<'_>> {
    let (rows, whose) = wrong_signatures(facts);
    Some(Finding::state(format!("this is the key of device {}", whose?), rows))
}

/// The moment a refused certificate names behind these words, in seconds, and the records that name one; newest first.
fn certificate_times<'a>(facts: &'a Facts, words: &str) -> Option<(UnixMillis, Vec<&'a LogRow>)> {
    let seconds = |row: &LogRow| why(row).strip_prefix(words)?.split(' ').next()?.parse().ok();
    let rows: Vec<_> = open(facts).filter(|row| seconds(row).is_some()).collect();
    let newest = seconds(rows.first()?)?;
    Some((UnixMillis::from_seconds(newest), rows))
}

pub(super) fn certificate_to_come(facts: &Facts) -> Option<Finding<'_>> {
    let (begins, rows) = certificate_times(facts, "the certificate is valid from ")?;
    let tried = rows.first()?.committed;
    let offset = length(Duration::from_millis(begins.0.saturating_sub(tried.0)));
    let note = format!("valid from {}, server {}, offset {offset} or more", at(begins), at(tried));
    Some(Finding::state(note, rows))
}

pub(super) fn certificate_over(facts: &Facts) -> Option<Finding<'_>> {
    let (ended, rows) = certificate_times(facts, "the certificate expired at ")?;
    Some(Finding::state(format!("valid until {}, server {}", at(ended), at(facts.now)), rows))
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

/// Ended connections whose keep-alive had run out, if that still matters; newest first.
fn timeouts(facts: &Facts) -> Option<Vec<&LogRow>> {
    let is_timeout = |row: &&LogRow| notes::last_active(&row.note).is_some();
    let is_the_end =
        !facts.is_online() && facts.of(RecordKind::Disconnected).next().is_some_and(|row| is_timeout(&row));
    let timeouts: Vec<_> = facts.of(RecordKind::Disconnected).filter(is_timeout).collect();
    let often = timeouts.iter().filter(|row| facts.is_recent(row, KEEP_ALIVE_SPAN)).count() >= 3;
    (is_the_end || often).then_some(timeouts)
}

/// Seconds, as the newest sign-in asked for them.
fn asked_keep_alive(facts: &Facts) -> Option<u64> {
    let row = facts.of(RecordKind::Connected).next()?;
    let text = String::from_utf8_lossy(&row.payload);
    text.split(',').find_map(|fact| fact.strip_prefix("keepalive:")?.parse().ok())
}

/// The time between timeouts, when at least three follow each other evenly and the device came back after each: power that
/// fails is not even, and a device without power does not come back.
fn steady(facts: &Facts, timeouts: &[&LogRow]) -> Option<Duration> {
    let newest = timeouts.get(..timeouts.len().min(10)).filter(|rows| rows.len() >= 3)?;
    let came_back = |pair: &[&LogRow]| {
        let between = |row: &LogRow| row.lsn < pair[0].lsn && row.lsn > pair[1].lsn;
        facts.of(RecordKind::Connected).any(between)
    };
    let gaps: Vec<_> = newest.windows(2).map(|pair| pair[0].committed.0.saturating_sub(pair[1].committed.0)).collect();
    let (least, most) = (*gaps.iter().min()?, *gaps.iter().max()?);
    let is_even = most - least <= most / 5;
    (is_even && newest.windows(2).all(came_back)).then(|| Duration::from_millis(most.midpoint(least)))
}

pub(super) fn keep_alive(facts: &Facts) -> Option<Finding<'_>> {
    let timeouts = timeouts(facts)?;
    let is_told_better = is_short(facts) || steady(facts, &timeouts).is_some();
    (!is_told_better).then(|| Finding::rows(timeouts))
}

fn is_short(facts: &Facts) -> bool {
    asked_keep_alive(facts).is_some_and(|seconds| seconds < SHORT_KEEP_ALIVE)
}

/// The keep-alive is shorter than what a network may be silent for.
pub(super) fn short_keep_alive(facts: &Facts) -> Option<Finding<'_>> {
    let timeouts = timeouts(facts).filter(|_| is_short(facts))?;
    let seconds = asked_keep_alive(facts)?;
    Some(Finding::state(
        format!("keepalive {seconds} s, closed after {} s without a packet", seconds * 3 / 2),
        timeouts,
    ))
}

/// The keep-alive is longer than the network remembers a silent connection.
pub(super) fn forgotten(facts: &Facts) -> Option<Finding<'_>> {
    let timeouts = timeouts(facts).filter(|_| !is_short(facts))?;
    let every = length(steady(facts, &timeouts)?);
    let asked = asked_keep_alive(facts).map(|seconds| format!(", keepalive {seconds} s")).unwrap_or_default();
    Some(Finding::state(
        format!("{} timeouts, one every {every}{asked}, signed in again each time", timeouts.len()),
        timeouts,
    ))
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
    let needs_one = facts.product.data_protocol == DataProtocol::ThingModel && !facts.has_model();
    needs_one.then(|| Finding::state(format!("ProductId {}", facts.product.id), refused))
}

/// It talks, but not on the property topic.
pub(super) fn other_topic(facts: &Facts) -> Option<Finding<'_>> {
    let is_elsewhere = |row: &&LogRow| matches!(row.kind, RecordKind::OtherUp | RecordKind::PublishRefused);
    let elsewhere: Vec<_> = facts.rows.iter().filter(is_elsewhere).collect();
    let has_values = !facts.state.reported.is_empty() || facts.of(RecordKind::PropertyReport).next().is_some();
    let tried = facts.of(RecordKind::PropertyOther).next().is_some();
    (facts.has_model() && !has_values && !tried && !elsewhere.is_empty()).then(|| Finding::rows(elsewhere))
}

/// It signed in, and said nothing since.
pub(super) fn no_report(facts: &Facts) -> Option<Finding<'_>> {
    let activated = facts.state.activated?;
    let is_up =
        |row: &&LogRow| (row.kind.is_message() && !row.kind.is_down()) || row.kind == RecordKind::PublishRefused;
    let is_silent = facts.state.reported.is_empty() && !facts.rows.iter().any(|row| is_up(&row));
    (facts.has_model() && is_silent).then(|| Finding::state(format!("first sign-in {}", at(activated)), Vec::new()))
}

pub(super) fn storage(facts: &Facts) -> Option<Finding<'_>> {
    facts.refusing.as_ref().map(|_| Finding::state("storage is full", Vec::new()))
}
