//! What is wrong with a backend: the same table of texts, over the newest lines of its account's log.

use std::time::Duration;

use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_ports::readings::{LogQuery, LogScope, Readings};
use lianwu_ports::record::account::AccountEvent;

use super::table::{BackendCure, BackendPattern, Detector, Entry, UNSEEN};
use super::{Diagnosis, DiagnosisError, Evidence, Problem, backend_entries};
use crate::logs::account::{AccountRow, row};
use crate::{Platform, retention, telemetry};

/// How far back is looked.
const SPAN: Duration = Duration::from_hours(24);

/// Lines at most. Index: the account's diagnostic lane by commit time.
const ROWS_MAX: usize = 500;

/// Searches at most, each of 40,000 records: other backends of the account may fill the log while this one is quiet.
const SEARCHES_MAX: usize = 10;

/// Pieces of evidence a problem shows.
const EVIDENCE_MAX: usize = 3;

/// Looks at a backend. One that nobody has heard of has a diagnosis too: that is the problem.
///
/// # Errors
/// [`DiagnosisError::Telemetry`].
pub async fn diagnose_backend(platform: &Platform, owner: Uin, client_id: &str) -> Result<Diagnosis, DiagnosisError> {
    let now = platform.clock.now();
    let times = retention::clip(platform, ProductId::ACCOUNT, now.minus(SPAN)..=now);
    let query = LogQuery {
        scope: LogScope::Account(owner),
        kinds: Vec::new(),
        times,
        words: vec![client_id.to_owned()],
        after: None,
        limit: ROWS_MAX,
    };
    let id = client_id.to_owned();
    let read = move |readings: &dyn Readings| {
        telemetry::search_on(readings, query, SEARCHES_MAX, &mut |record| record.device == id)
    };
    let (found, is_whole) = telemetry::on_readings(platform, read).await?;
    let rows: Vec<AccountRow> = found.iter().filter_map(row).collect();
    let mut problems = problems(&rows, now);
    if !is_whole {
        problems.retain(|problem| problem.entry.id != UNSEEN);
    }
    Ok(Diagnosis { checked: now, problems })
}

/// Newest row first; worst problems first.
fn problems(rows: &[AccountRow], now: UnixMillis) -> Vec<Problem> {
    let mut problems: Vec<Problem> = if rows.is_empty() {
        let unseen = backend_entries().filter(|entry| entry.id == UNSEEN);
        unseen
            .map(|entry| Problem {
                entry,
                since: now,
                last_seen: now,
                count: 1,
                mistakes: Vec::new(),
                evidence: Vec::new(),
            })
            .collect()
    } else {
        backend_entries().filter_map(|entry| problem(entry, rows, now)).collect()
    };
    problems.sort_by_key(|problem| (problem.entry.severity, std::cmp::Reverse(problem.last_seen)));
    problems
}

fn problem(entry: &'static Entry, rows: &[AccountRow], now: UnixMillis) -> Option<Problem> {
    let Detector::Backend(pattern) = &entry.detector else { return None };
    let shown: Vec<&AccountRow> = current(pattern, rows, now);
    let (last, first) = (shown.first()?, shown.last()?);
    let count = shown.iter().map(|row| row.count).sum();
    let evidence = |row: &&AccountRow| Evidence { time: row.time, text: without_key(row) };
    (count >= pattern.least).then(|| Problem {
        entry,
        since: first.time,
        last_seen: last.time,
        count,
        mistakes: Vec::new(),
        evidence: shown.iter().take(EVIDENCE_MAX).map(evidence).collect(),
    })
}

/// Without whose key it was: who may ask for a diagnosis need not be somebody who may look at keys.
fn without_key(row: &AccountRow) -> String {
    let whose = format!("uin:{},secretid:{},", row.uin, row.secret_id);
    format!("{} -> {}", row.content.replace(&whose, ""), row.result)
}

/// The lines of a pattern that nothing has cured since.
fn current<'a>(pattern: &BackendPattern, rows: &'a [AccountRow], now: UnixMillis) -> Vec<&'a AccountRow> {
    let is_of = |row: &&AccountRow| {
        let text = if row.event == AccountEvent::Disconnected { &row.content } else { &row.result };
        row.event == pattern.event && (pattern.notes.is_empty() || pattern.notes.iter().any(|note| text.contains(note)))
    };
    match pattern.cure {
        BackendCure::Quiet(span) => rows.iter().filter(is_of).filter(|row| row.time >= now.minus(span)).collect(),
        // A line that came when a window was over says nothing about what is now.
        BackendCure::SignIn => (rows.iter().filter(|row| row.event != AccountEvent::Disconnected || !row.is_later))
            .take_while(|row| row.event != AccountEvent::Connected)
            .filter(is_of)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use lianwu_device_protocol::credentials::BackendSignInError;

    use super::*;
    use crate::logs::notes;

    const NOW: UnixMillis = UnixMillis(1_720_101_193_123);

    /// A line so many seconds ago.
    fn line(event: AccountEvent, why: &str, seconds: u64) -> AccountRow {
        AccountRow {
            time: NOW.minus(Duration::from_secs(seconds)),
            event,
            client_id: "plant".into(),
            topic: "".into(),
            content: format!("Backend disconnect,reason:{why}"),
            result: format!("FAIL, {why}"),
            uin: String::new(),
            secret_id: String::new(),
            count: 1,
            is_later: false,
        }
    }

    fn ids(rows: &[AccountRow]) -> Vec<&'static str> {
        problems(rows, NOW).iter().map(|problem| problem.entry.id).collect()
    }

    #[test]
    fn every_refusal_has_its_row() {
        let refused = AccountEvent::ConnectRefused;
        let expired = BackendSignInError::Expired { expiry: UnixMillis(0), now: NOW };
        for (event, why, expected) in [
            (refused, BackendSignInError::Mismatch.to_string(), "backend-password"),
            (refused, BackendSignInError::UserName.to_string(), "backend-form"),
            (refused, BackendSignInError::Password.to_string(), "backend-form"),
            (refused, expired.to_string(), "backend-expired"),
            (refused, notes::KEY_DISABLED.to_owned(), "backend-key"),
            (refused, notes::UNCHECKED.to_owned(), "backend-unchecked"),
            (AccountEvent::SubscribeRefused, "no policy allows lianwu:ReceiveMessages".into(), "backend-receive"),
            (AccountEvent::SubscribeRefused, "product A belongs to another account".into(), "backend-foreign"),
            (AccountEvent::SubscribeRefused, "not a topic filter".into(), "backend-filter"),
            (AccountEvent::PublishRefused, notes::NOT_OWN_TOPIC.to_owned(), "backend-topic"),
            (AccountEvent::PublishRefused, notes::NO_SEND_RIGHT.to_owned(), "backend-send"),
            (AccountEvent::PublishRefused, notes::RETAINED_FULL.to_owned(), "backend-retained"),
        ] {
            assert_eq!(ids(&[line(event, &why, 5)]), [expected], "{why}");
        }
        for (why, expected) in [
            (notes::NOT_ACKNOWLEDGING.to_owned(), "backend-slow"),
            (notes::NOT_READING.to_owned(), "backend-slow"),
            ("its SecretId was deleted or disabled".to_owned(), "backend-key-gone"),
        ] {
            assert!(ids(&[line(AccountEvent::Disconnected, &why, 5)]).contains(&expected), "{why}");
        }
    }

    #[test]
    fn what_was_cured_is_not_shown() {
        let refused = line(AccountEvent::ConnectRefused, &BackendSignInError::Mismatch.to_string(), 60);
        let connected = line(AccountEvent::Connected, "", 30);
        assert_eq!(ids(&[connected.clone(), refused.clone()]), [""; 0]);
        assert_eq!(ids(&[refused, connected]), ["backend-password"]);
        let old = line(AccountEvent::PublishRefused, notes::NO_SEND_RIGHT, 2 * 3_600);
        assert_eq!(ids(&[old]), [""; 0]);
    }

    #[test]
    fn one_that_nobody_heard_of_has_a_diagnosis() {
        assert_eq!(ids(&[]), ["backend-unseen"]);
    }

    #[test]
    fn two_under_one_name_are_told_from_one_that_came_back() {
        let ended = |seconds| line(AccountEvent::Disconnected, notes::CLIENT_TAKEN_OVER, seconds);
        let connected = |seconds| line(AccountEvent::Connected, "", seconds);
        assert_eq!(ids(&[connected(4), ended(5)]), [""; 0]);
        assert_eq!(ids(&[connected(4), ended(5), connected(6), ended(7), connected(8), ended(9)]), ["backend-twice"]);
    }

    #[test]
    fn one_that_is_gone_is_named_so() {
        let gone = line(AccountEvent::Disconnected, "the client said DISCONNECT", 5);
        assert_eq!(ids(&[gone.clone(), line(AccountEvent::Connected, "", 9)]), ["backend-away"]);
        assert_eq!(ids(&[line(AccountEvent::Connected, "", 1), gone.clone()]), [""; 0]);
        let several = AccountRow { is_later: true, ..gone };
        assert_eq!(ids(&[several, line(AccountEvent::Connected, "", 9)]), [""; 0], "there may be others since");
    }
}
