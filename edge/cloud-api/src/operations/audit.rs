//! The audit log. Source: spec/lianwu-api.json, group `audit`. Times are UNIX milliseconds.

use lianwu_model::UnixMillis;
use lianwu_ports::audit::AuditQuery;
use lianwu_ports::log::Lsn;
use lianwu_ports::readings::Cursor;
use lianwu_services::account::AccountError;
use lianwu_services::audit::{self, AuditPosition};

use super::account::optional_uin;
use super::paging;
use crate::call::Call;
use crate::error::ApiError;
use crate::generated::operations::{ListAuditLogRequest, ListAuditLogResponse};
use crate::generated::structures::AuditEntry;

pub async fn list(call: Call, r: ListAuditLogRequest) -> Result<ListAuditLogResponse, ApiError> {
    if r.min_time > r.max_time {
        return Err(ApiError::value("MinTime", "应不大于 MaxTime", "it must not be after MaxTime"));
    }
    let limit = paging::slice_unsigned(None, r.limit)?.limit;
    let operation = r.operation.filter(|name| !name.is_empty());
    let writes_only = r.writes_only.unwrap_or(false);
    let uin = optional_uin("Uin", r.uin.as_deref())?;
    // A page may be asked for with another limit, nothing else.
    let [owner, min, max, writes] =
        [call.owner().0, r.min_time, r.max_time, u64::from(writes_only)].map(|number| number.to_string());
    let caller = uin.map(|uin| uin.to_string()).unwrap_or_default();
    let query = ["audit", &owner, &min, &max, &writes, &caller, operation.as_deref().unwrap_or_default()];
    let before = call.cursors.open(&query, r.context.as_deref())?;
    let page = audit::page(
        &call.platform,
        AuditQuery {
            owner: call.owner(),
            times: UnixMillis(r.min_time)..=UnixMillis(r.max_time),
            uin,
            operation: operation.clone(),
            writes_only,
            before: before.map(|cursor| AuditPosition { time: cursor.time, seq: cursor.lsn.0 }),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            look_max: audit::LOOK_MAX,
        },
    );
    let page = page.await.map_err(AccountError::from)?;
    let context =
        page.next.map(|next| call.cursors.seal(&query, Cursor { time: next.time, lsn: Lsn(next.seq), index: 0 }));
    Ok(ListAuditLogResponse {
        entries: page.rows.into_iter().map(entry).collect(),
        listover: context.is_none(),
        context: context.unwrap_or_default(),
    })
}

fn entry(row: audit::AuditEntry) -> AuditEntry {
    AuditEntry {
        time: row.time.0,
        request_id: row.request_id,
        uin: row.uin.to_string(),
        owner_uin: row.owner.to_string(),
        secret_id: row.secret_id,
        source_ip: row.source,
        service: row.service,
        operation: row.operation,
        region: row.region,
        resource: row.resource,
        code: row.code,
        latency_micros: row.latency_micros,
    }
}
