//! The account's own log: what happened to its backends. Source: spec/lianwu-api.json.

use lianwu_services::logs::Keywords;
use lianwu_services::logs::account::{self, AccountFilter, AccountRow, event_name, event_of};

use super::logs::{page_size, times};
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{ListAccountLogRequest, ListAccountLogResponse};
use crate::generated::structures::AccountLogRow;

pub async fn list(call: Call, r: ListAccountLogRequest) -> Result<ListAccountLogResponse, ApiError> {
    let mut events = Vec::new();
    for name in &r.events {
        events.push(event_of(name).ok_or_else(|| {
            let names = "connect、connect_refused、disconnect、subscribe_refused、publish_refused";
            ApiError::value("Events", &format!("可选值为 {names}"), &format!("it must be one of {names}"))
        })?);
    }
    let keyword = r.keyword.unwrap_or_default();
    let words = Keywords::words_only(&keyword).map_err(|error| crate::codes::logs::keyword(&error))?;
    let client_id = r.client_id.filter(|id| !id.is_empty());
    let limit = page_size("Limit", r.limit)?;
    let times = times(r.min_time, r.max_time)?;
    let [owner, min, max] = [call.owner().0, r.min_time, r.max_time].map(|number| number.to_string());
    let (events_text, client) = (r.events.join(","), client_id.clone().unwrap_or_default());
    let query = ["account-log", &owner, &min, &max, &client, &events_text, &keyword];
    let after = call.cursors.open(&query, r.context.as_deref())?;
    let filter = AccountFilter { times, client_id, events, words };
    let page = account::search(&call.platform, call.owner(), filter, after, limit).await?;
    Ok(ListAccountLogResponse {
        rows: page.rows.into_iter().map(row).collect(),
        listover: page.next.is_none(),
        context: page.next.map(|next| call.cursors.seal(&query, next)).unwrap_or_default(),
    })
}

fn row(row: AccountRow) -> AccountLogRow {
    AccountLogRow {
        time: row.time.0,
        event: event_name(row.event).to_owned(),
        client_id: row.client_id.into(),
        uin: row.uin,
        secret_id: row.secret_id,
        topic: row.topic.into(),
        content: row.content,
        result: row.result,
        count: row.count,
    }
}
