//! Calls of a device's actions and what became of them, from the log: each call with the answer that bears its token.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use lianwu_model::UnixMillis;
use lianwu_model::json::{Scanner, members};
use lianwu_ports::readings::{Cursor, LogQuery, LogRow, LogScope, ReadingError, Readings};
use lianwu_ports::record::RecordKind;

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::logs::RECORDS_MAX;
use crate::retention;
use crate::telemetry::{TelemetryError, on_readings};

/// Calls, or answers, asked for at once.
const BATCH: usize = 256;

/// Most answers come within this time: they are looked for first, so that a page of old calls does not read what was answered since.
const PROMPT_SPAN: Duration = Duration::from_secs(60);

/// An answer that comes later is not found: a call waits no longer in the session of a device.
const REPLY_SPAN: Duration = Duration::from_hours(24);

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// The device answered with code 0.
    Done,
    /// It answered with another code.
    Failed,
    /// Delivered, and no answer is known.
    Unanswered,
    /// It was offline or not subscribed; a call nobody waits for may still reach it.
    NotReached,
}

impl CallState {
    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unanswered => "unanswered",
            Self::NotReached => "not_reached",
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionCall {
    pub time: UnixMillis,
    pub action: String,
    pub token: String,
    /// JSON object.
    pub input: String,
    /// Of the call of the API.
    pub request_id: String,
    pub state: CallState,
    /// The answer that was accepted; of several the newest one of the first minute, else the newest.
    pub reply: Option<ActionResult>,
}

/// What the device answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionResult {
    pub time: UnixMillis,
    pub code: i64,
    /// In the device's own words.
    pub status: String,
    /// JSON object.
    pub output: String,
}

/// Calls, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPage {
    pub calls: Vec<ActionCall>,
    /// Where to go on; with few or no calls when the bound on records was reached.
    pub next: Option<Cursor>,
}

/// Which calls are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFilter {
    pub action: Option<String>,
    /// By time of commit.
    pub times: RangeInclusive<UnixMillis>,
}

/// One page of at most `limit` calls behind `after`.
///
/// # Errors
/// See [`TelemetryError`].
pub async fn calls(
    platform: &Platform,
    device: &DirectoryDevice,
    mut filter: CallFilter,
    after: Option<Cursor>,
    limit: usize,
) -> Result<CallPage, TelemetryError> {
    filter.times = retention::clip(platform, device.product, filter.times);
    let scope = LogScope::Device(device.number);
    on_readings(platform, move |readings| page(readings, scope, &filter, after, limit, RECORDS_MAX)).await
}

fn page(
    readings: &dyn Readings,
    scope: LogScope,
    filter: &CallFilter,
    mut after: Option<Cursor>,
    limit: usize,
    work_max: u64,
) -> Result<CallPage, ReadingError> {
    let (mut found, mut work) = (CallPage::default(), 0);
    let ask = |kind, times: &RangeInclusive<UnixMillis>, after, limit| {
        let (kinds, times) = (vec![kind], times.clone());
        readings.log(&LogQuery { scope, kinds, times, words: Vec::new(), after, limit })
    };
    'pages: loop {
        let batch = ask(RecordKind::ActionCall, &filter.times, after, BATCH)?;
        work += batch.touched.work.max(batch.rows.len() as u64);
        for row in &batch.rows {
            let Some(call) = read_call(row) else { continue };
            if filter.action.as_ref().is_some_and(|action| *action != call.action) {
                continue;
            }
            if found.calls.len() == limit {
                found.next = after;
                break 'pages;
            }
            after = Some(Cursor { time: row.committed, lsn: row.lsn, index: 0 });
            found.calls.push(call);
        }
        after = batch.next;
        if after.is_none() {
            break;
        }
        if work >= work_max {
            found.next = after;
            break;
        }
    }
    let (Some(newest), Some(oldest)) = (found.calls.first(), found.calls.last()) else { return Ok(found) };
    let (oldest, prompt, last) = (oldest.time, newest.time.plus(PROMPT_SPAN), newest.time.plus(REPLY_SPAN));
    // What was not reached may be by now; a clock that was set back may date an answer before its call.
    work = 0;
    for times in [oldest..=prompt, UnixMillis(prompt.0 + 1)..=last] {
        let (mut after, mut is_over) = (None, false);
        while !is_over && work < work_max && found.calls.iter().any(|call| call.reply.is_none()) {
            let batch = ask(RecordKind::ActionReply, &times, after, BATCH)?;
            work += batch.touched.work.max(batch.rows.len() as u64);
            answer(&mut found.calls, &batch.rows);
            (after, is_over) = (batch.next, batch.next.is_none());
        }
    }
    Ok(found)
}

/// Gives the calls that have none their answers, which come newest first.
fn answer(calls: &mut [ActionCall], replies: &[LogRow]) {
    let mut by_token: HashMap<String, ActionResult> = HashMap::new();
    for (token, result) in replies.iter().filter_map(read_reply) {
        by_token.entry(token).or_insert(result);
    }
    for call in calls.iter_mut().filter(|call| call.reply.is_none()) {
        let Some(result) = by_token.remove(&call.token) else { continue };
        call.state = if result.code == 0 { CallState::Done } else { CallState::Failed };
        call.reply = Some(result);
    }
}

fn read_call(row: &LogRow) -> Option<ActionCall> {
    let (mut action, mut token, mut input) = (String::new(), String::new(), "{}".to_owned());
    for (key, value) in members(&row.payload).flatten() {
        match key.unescape().as_ref() {
            "actionId" => action = text(value),
            "clientToken" => token = text(value),
            "params" => input = json(value),
            _ => {}
        }
    }
    let state = if row.code == 0 { CallState::Unanswered } else { CallState::NotReached };
    let request_id = row.note.to_string();
    (!action.is_empty()).then_some(ActionCall {
        time: row.committed,
        action,
        token,
        input,
        request_id,
        state,
        reply: None,
    })
}

/// The token and what was said; `None` for an answer that was refused.
fn read_reply(row: &LogRow) -> Option<(String, ActionResult)> {
    let mut token = None;
    let mut result = ActionResult { time: row.committed, code: 0, status: String::new(), output: "{}".to_owned() };
    for (key, value) in members(&row.payload).flatten() {
        match key.unescape().as_ref() {
            "clientToken" => token = Some(text(value)),
            "code" => result.code = text(value).parse().unwrap_or(0),
            "status" => result.status = text(value),
            "response" => result.output = json(value),
            _ => {}
        }
    }
    token.filter(|_| row.code == 0).map(|token| (token, result))
}

/// A string without its quotes; what is none, as it is written.
fn text(value: &[u8]) -> String {
    match Scanner::new(value).string() {
        Ok(token) => token.unescape().into_owned(),
        Err(_) => json(value),
    }
}

fn json(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}
