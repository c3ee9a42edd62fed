//! The audit log in a file of its own: it grows and expires without touching the registry.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use lianwu_model::UnixMillis;
use lianwu_ports::Answer;
use lianwu_ports::audit::{AuditEntry, AuditPage, AuditPosition, AuditQuery, AuditStore};
use lianwu_ports::registry::StoreError;
use rusqlite::{Connection, Row, TransactionBehavior, named_params, params};

use crate::fault::Fault;
use crate::rows;
use crate::schema::{AUDIT, OpenError, open_file, open_reader};
use crate::worker::{Abandoned, Workers};

/// Reading threads.
const READERS: NonZero<usize> = NonZero::new(1).expect("one is not zero");

/// Audit rows in one SQLite file. Calls never block the caller's thread.
#[derive(Debug)]
pub struct SqliteAudit {
    writer: Workers,
    readers: Workers,
}

impl SqliteAudit {
    /// Opens the file, making it or bringing it to this version first. Blocks for the disk: call it at start.
    ///
    /// # Errors
    /// The file cannot be used, belongs to another program or to a newer version.
    pub fn open(path: &Path) -> Result<Arc<Self>, OpenError> {
        let writer = open_file(path, AUDIT)?;
        let readers = (0..READERS.get()).map(|_| open_reader(path)).collect::<Result<_, _>>()?;
        Ok(Arc::new(Self {
            writer: Workers::start("audit-write", vec![writer], Abandoned::Run).map_err(OpenError::Thread)?,
            readers: Workers::start("audit-read", readers, Abandoned::Skip).map_err(OpenError::Thread)?,
        }))
    }

    /// Finishes what is queued, refuses the rest, and returns when the file is closed.
    pub async fn close(&self) {
        self.readers.stop().await;
        self.writer.stop().await;
    }
}

fn append(connection: &mut Connection, entries: &[AuditEntry]) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO calls (time, request_id, owner, uin, secret_id, source, service, operation, region, resource,
                 code, latency_micros, is_write)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        for entry in entries {
            insert.execute(params![
                entry.time.0.cast_signed(),
                entry.request_id,
                entry.owner.0.cast_signed(),
                entry.uin.0.cast_signed(),
                entry.secret_id,
                entry.source,
                entry.service,
                entry.operation,
                entry.region,
                entry.resource,
                entry.code,
                entry.latency_micros.cast_signed(),
                entry.is_write,
            ])?;
        }
    }
    Ok(transaction.commit()?)
}

/// `time` is bounded from both sides, so that a page starts where it belongs in the index. Rows that do not fit are seen, too: they
/// are counted, and the search ends after so many.
const PAGE: &str = "SELECT *,
        (:uin IS NULL OR uin = :uin) AND (:operation IS NULL OR operation = :operation) AND (is_write OR NOT :writes_only)
        AS fits
    FROM calls WHERE owner = :owner AND time BETWEEN :from AND :to AND (time, seq) < (:before_time, :before_seq)
    ORDER BY time DESC, seq DESC LIMIT :rows";

fn page(connection: &Connection, query: &AuditQuery) -> Result<AuditPage, Fault> {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let last = AuditPosition { time: UnixMillis(u64::MAX), seq: u64::MAX };
    let before = query.before.unwrap_or(last);
    let mut statement = connection.prepare_cached(PAGE)?;
    let mut rows = statement.query(named_params! {
        ":owner": query.owner.0.cast_signed(),
        ":from": signed(query.times.start().0),
        ":to": signed(query.times.end().0.min(before.time.0)),
        ":before_time": signed(before.time.0),
        ":before_seq": signed(before.seq),
        ":uin": query.uin.map(|uin| uin.0.cast_signed()),
        ":operation": query.operation,
        ":writes_only": query.writes_only,
        ":rows": i64::try_from(query.look_max).unwrap_or(i64::MAX).saturating_add(1),
    })?;
    let mut page = AuditPage::default();
    let mut position = None;
    while let Some(row) = rows.next()? {
        if page.rows.len() == query.limit || page.looked_at == query.look_max {
            page.next = position;
            break;
        }
        page.looked_at += 1;
        position = Some(AuditPosition { time: rows::time(row, "time")?, seq: rows::unsigned(row, "seq")? });
        if row.get("fits")? {
            page.rows.push(entry(row)?);
        }
    }
    Ok(page)
}

fn entry(row: &Row<'_>) -> Result<AuditEntry, Fault> {
    Ok(AuditEntry {
        time: rows::time(row, "time")?,
        request_id: row.get("request_id")?,
        owner: rows::uin(row, "owner")?,
        uin: rows::uin(row, "uin")?,
        secret_id: row.get("secret_id")?,
        source: row.get("source")?,
        service: row.get("service")?,
        operation: row.get("operation")?,
        region: row.get("region")?,
        resource: row.get("resource")?,
        code: row.get("code")?,
        latency_micros: rows::unsigned(row, "latency_micros")?,
        is_write: row.get("is_write")?,
    })
}

impl AuditStore for SqliteAudit {
    fn append(&self, entries: Vec<AuditEntry>) -> Answer<'_, Result<(), StoreError>> {
        Box::pin(async move { Ok(self.writer.call(move |connection| append(connection, &entries)).await?) })
    }

    fn page(&self, query: AuditQuery) -> Answer<'_, Result<AuditPage, StoreError>> {
        Box::pin(async move { Ok(self.readers.call(move |connection| page(connection, &query)).await?) })
    }

    fn expire(&self, oldest: UnixMillis, rows_max: usize) -> Answer<'_, Result<usize, StoreError>> {
        let job = move |connection: &mut Connection| {
            let sql = "DELETE FROM calls WHERE seq IN (SELECT seq FROM calls WHERE time < ?1 LIMIT ?2)";
            let rows = i64::try_from(rows_max).unwrap_or(i64::MAX);
            Ok(connection.prepare_cached(sql)?.execute(params![oldest.0.cast_signed(), rows])?)
        };
        Box::pin(async move { Ok(self.writer.call(job).await?) })
    }
}
