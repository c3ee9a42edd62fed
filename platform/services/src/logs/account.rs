//! An account's own log: what happened to its backends. It shows whom the platform refused, and why.

use std::ops::RangeInclusive;

use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_ports::readings::{Cursor, LogQuery, LogRow, LogScope, ReadingError, Readings};
use lianwu_ports::record::account::{AccountEvent, AccountLine};

use super::search::RECORDS_MAX;
use super::{beijing_seconds, notes};
use crate::telemetry::{self, TelemetryError};
use crate::{Platform, retention};

/// What is wanted. Every condition must hold.
#[derive(Clone, Debug)]
pub struct AccountFilter {
    /// By commit time.
    pub times: RangeInclusive<UnixMillis>,
    pub client_id: Option<String>,
    /// Empty means all.
    pub events: Vec<AccountEvent>,
    /// Each occurs in client id, topic, cause or facts, letters as they are.
    pub words: Vec<String>,
}

/// One line, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// When it was committed.
    pub time: UnixMillis,
    pub event: AccountEvent,
    /// Empty when several clients share the line.
    pub client_id: Box<str>,
    /// Topic or filter it is about; empty for changes of the connection.
    pub topic: Box<str>,
    /// What was tried, with the facts.
    pub content: String,
    /// `SUCC` or `FAIL, <reason>`.
    pub result: String,
    /// Whose key it was.
    pub uin: String,
    pub secret_id: String,
    /// How many there were of it.
    pub count: u64,
    /// Written when a window was over, for those that were not told at once.
    pub is_later: bool,
}

/// One page, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPage {
    pub rows: Vec<AccountRow>,
    /// Where to go on.
    pub next: Option<Cursor>,
}

/// The word of the API for an event.
#[must_use]
pub fn event_name(event: AccountEvent) -> &'static str {
    match event {
        AccountEvent::Connected => "connect",
        AccountEvent::ConnectRefused => "connect_refused",
        AccountEvent::Disconnected => "disconnect",
        AccountEvent::SubscribeRefused => "subscribe_refused",
        AccountEvent::PublishRefused => "publish_refused",
    }
}

/// Reads [`event_name`] back.
#[must_use]
pub fn event_of(name: &str) -> Option<AccountEvent> {
    AccountEvent::ALL.into_iter().find(|event| event_name(*event) == name)
}

/// One page of an account's log. Index: the account's diagnostic lane by commit time.
///
/// # Errors
/// When the readings fail or are far behind.
pub async fn search(
    platform: &Platform,
    owner: Uin,
    filter: AccountFilter,
    after: Option<Cursor>,
    limit: usize,
) -> Result<AccountPage, TelemetryError> {
    // The platform's own days: it belongs to no product.
    let times = retention::clip(platform, ProductId::ACCOUNT, filter.times.clone());
    let filter = AccountFilter { times, ..filter };
    telemetry::on_readings(platform, move |readings| page(readings, owner, &filter, after, limit)).await
}

/// Reads until the page is full or so many records were looked at as one search may.
fn page(
    readings: &dyn Readings,
    owner: Uin,
    filter: &AccountFilter,
    mut after: Option<Cursor>,
    limit: usize,
) -> Result<AccountPage, ReadingError> {
    let words = filter.words.iter().chain(filter.client_id.iter().filter(|id| !id.is_empty())).cloned().collect();
    let mut query = LogQuery {
        scope: LogScope::Account(owner),
        kinds: Vec::new(),
        times: filter.times.clone(),
        words,
        after,
        limit,
    };
    let (mut rows, mut work) = (Vec::new(), 0);
    loop {
        (query.after, query.limit) = (after, limit - rows.len());
        let found = readings.log(&query)?;
        work += found.touched.work;
        after = found.next;
        rows.extend(found.rows.iter().filter_map(|found| filter.row(found)));
        if rows.len() == limit || after.is_none() || work >= RECORDS_MAX {
            return Ok(AccountPage { rows, next: after });
        }
    }
}

impl AccountFilter {
    fn row(&self, found: &LogRow) -> Option<AccountRow> {
        let row = row(found)?;
        let is_wanted = self.client_id.as_deref().is_none_or(|id| *row.client_id == *id)
            && (self.events.is_empty() || self.events.contains(&row.event));
        is_wanted.then_some(row)
    }
}

/// The line of a record; none of any other kind.
#[must_use]
pub fn row(found: &LogRow) -> Option<AccountRow> {
    let record = found.as_record();
    let line = AccountLine::of(&record)?;
    let fact = |name: &str| {
        let facts = line.facts.split(',').filter_map(|fact| fact.split_once(':'));
        facts.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let AccountLine { event, topic, facts, .. } = line;
    let content = match event {
        AccountEvent::Connected | AccountEvent::ConnectRefused => format!("Backend connect,{facts}"),
        AccountEvent::Disconnected => format!("Backend disconnect,reason:{},{facts}", reason(line.why)),
        AccountEvent::SubscribeRefused => format!("Backend subscribe topic:{topic},{facts}"),
        AccountEvent::PublishRefused => format!("Backend publish message to topic:{topic},{facts}"),
    };
    let result = match event {
        AccountEvent::Connected | AccountEvent::Disconnected => "SUCC".to_owned(),
        _ => format!("FAIL, {}", line.why),
    };
    Some(AccountRow {
        time: found.committed,
        event,
        client_id: found.device.clone(),
        topic: topic.into(),
        content,
        result,
        uin: fact("uin").unwrap_or_default().to_owned(),
        secret_id: fact("secretid").unwrap_or_default().to_owned(),
        count: fact("more").and_then(|more| more.parse().ok()).unwrap_or(1),
        is_later: fact("more").is_some(),
    })
}

fn reason(why: &str) -> String {
    match notes::last_active(why) {
        Some(last) => format!("keepalive timeout,last active time:{}", beijing_seconds(last)),
        None => why.to_owned(),
    }
}
