//! Who called what, with which outcome: rows that are only ever added, read newest first, and expire.

pub mod memory;
#[cfg(any(test, feature = "suites"))]
pub mod suite;

use std::ops::RangeInclusive;

use lianwu_model::{Uin, UnixMillis};

use crate::Answer;
use crate::registry::StoreError;

/// One call. Holds no secret and no parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When the call was answered.
    pub time: UnixMillis,
    pub request_id: String,
    /// Main account of the caller.
    pub owner: Uin,
    pub uin: Uin,
    pub secret_id: String,
    /// Address of the caller; empty when it has none.
    pub source: String,
    pub service: String,
    pub operation: String,
    pub region: String,
    /// Names of what was touched, at most a few; `*` for the account as a whole.
    pub resource: String,
    /// `OK` or the code of the error.
    pub code: String,
    pub latency_micros: u64,
    /// Does the operation change something?
    pub is_write: bool,
}

/// Place of a row: rows of one time are in the order they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPosition {
    pub time: UnixMillis,
    pub seq: u64,
}

/// Which rows of one main account; every field that is given must fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    pub owner: Uin,
    pub times: RangeInclusive<UnixMillis>,
    pub uin: Option<Uin>,
    /// Name of the operation, exactly.
    pub operation: Option<String>,
    pub writes_only: bool,
    /// Rows older than this one; from the newest when `None`.
    pub before: Option<AuditPosition>,
    /// At most this many rows.
    pub limit: usize,
    /// At most this many rows are looked at, whether they fit or not; at least 1.
    pub look_max: usize,
}

/// A page of rows, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    pub rows: Vec<AuditEntry>,
    /// Where the next page starts, also when few or no rows were found before the bound was reached; `None` when this was the
    /// last.
    pub next: Option<AuditPosition>,
    /// Rows of the account within the times that were looked at. Index: account and time.
    pub looked_at: usize,
}

/// A durable list of calls.
pub trait AuditStore: Send + Sync {
    /// Adds rows in this order; they are on disk when the answer is there.
    fn append(&self, entries: Vec<AuditEntry>) -> Answer<'_, Result<(), StoreError>>;
    fn page(&self, query: AuditQuery) -> Answer<'_, Result<AuditPage, StoreError>>;
    /// Removes at most `rows_max` rows older than `oldest`; gives how many.
    fn expire(&self, oldest: UnixMillis, rows_max: usize) -> Answer<'_, Result<usize, StoreError>>;
}
