//! The registry stores; one file per store.

mod accounts;
mod certificates;
mod device_list;
mod devices;
mod fences;
mod files;
mod log_levels;
mod logins;
mod products;
mod projects;
mod remote_configs;
mod scripts;
mod topology;

use std::cell::Cell;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use lianwu_ports::Answer;
use lianwu_ports::registry::StoreError;
use rusqlite::{Connection, Params, Row, StatementStatus, Transaction, TransactionBehavior};

use crate::fault::Fault;
use crate::schema::{OpenError, open_reader, open_writer};
use crate::seal::{SealKey, Sealer};
use crate::worker::{Abandoned, Workers};

/// Reading threads: enough that one long search does not hold up the next look-up.
const READERS: NonZero<usize> = NonZero::new(3).expect("three is not zero");

/// Accounts, projects, products, devices and certificates in one SQLite file.
///
/// Calls never block the caller's thread. Writes run one after the other; each is on disk before it is answered and
/// is done even when the caller has dropped its future. Up to 256 writes and 256 reads wait; beyond that, callers do.
/// Dropping the registry lets queued writes finish in the background; [`SqliteRegistry::close`] waits for them.
#[derive(Debug)]
pub struct SqliteRegistry {
    writer: Workers,
    readers: Workers,
    sealer: Arc<Sealer>,
}

impl SqliteRegistry {
    /// Opens the file, making it or bringing it to this version first. Blocks for the disk: call it at start.
    ///
    /// # Errors
    /// The file cannot be used, belongs to another program, to a newer version, or to another seal key.
    #[expect(clippy::needless_pass_by_value, reason = "the key is used up here: only the sealer keeps it")]
    pub fn open(path: &Path, seal_key: SealKey) -> Result<Arc<Self>, OpenError> {
        let sealer = Arc::new(Sealer::new(&seal_key));
        let writer = open_writer(path, &sealer)?;
        let mut readers = Vec::new();
        for _ in 0..READERS.get() {
            readers.push(open_reader(path)?);
        }
        Ok(Arc::new(Self {
            writer: Workers::start("registry-write", vec![writer], Abandoned::Run).map_err(OpenError::Thread)?,
            readers: Workers::start("registry-read", readers, Abandoned::Skip).map_err(OpenError::Thread)?,
            sealer,
        }))
    }

    /// Finishes what is queued, refuses the rest, and returns when the file is closed and its side files are folded in.
    pub async fn close(&self) {
        // The writer goes last: the last connection to leave folds the write-ahead log into the file.
        self.readers.stop().await;
        self.writer.stop().await;
    }

    /// One transaction on the writing thread: all of the job, or nothing.
    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &Sealer) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<'_, Result<T, StoreError>> {
        let sealer = Arc::clone(&self.sealer);
        let run = move |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = job(&transaction, &sealer)?;
            transaction.commit()?;
            Ok(result)
        };
        Box::pin(async move { Ok(self.writer.call(run).await?) })
    }

    /// One view of the data, unmoved by writes, on a reading thread.
    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &Sealer) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<'_, Result<T, StoreError>> {
        let sealer = Arc::clone(&self.sealer);
        let run = move |connection: &mut Connection| job(&connection.transaction()?, &sealer);
        Box::pin(async move { Ok(self.readers.call(run).await?) })
    }
}

/// Every row of a query.
fn collect<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut convert: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(convert(row)?);
    }
    Ok(found)
}

/// Runs the queries of one answer and adds up what they cost.
struct Meter<'a> {
    connection: &'a Connection,
    steps: Cell<u64>,
}

impl<'a> Meter<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, steps: Cell::new(0) }
    }

    /// Instructions of the database's machine so far. What the index of trigrams does inside is not among them, its rows are.
    fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Every row of a query.
    fn collect<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut convert: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let mut statement = self.connection.prepare_cached(sql)?;
        // A statement that is used again has counted what it did for others.
        statement.reset_status(StatementStatus::VmStep);
        let mut found = Vec::new();
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            found.push(convert(row)?);
        }
        drop(rows);
        let steps = u64::try_from(statement.get_status(StatementStatus::VmStep)).unwrap_or(u64::from(u32::MAX));
        self.steps.set(self.steps.get().saturating_add(steps));
        Ok(found)
    }

    /// The only row of a query, if there is one.
    fn find<T>(
        &self,
        sql: &str,
        params: impl Params,
        convert: impl FnMut(&Row<'_>) -> Result<T, Fault>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.collect(sql, params, convert)?.pop())
    }
}

/// The only row of a query, if there is one.
fn find<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    convert: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(convert).transpose()
}

/// Changes exactly one row, or says that it is missing.
fn change_one(connection: &Connection, sql: &str, params: impl Params) -> Result<(), Fault> {
    match connection.prepare_cached(sql)?.execute(params)? {
        0 => Err(Fault::Missing),
        _ => Ok(()),
    }
}

/// Deletes exactly one row; `referrers` is what may still refer to it.
fn delete_one(connection: &Connection, sql: &str, params: impl Params, referrers: &'static str) -> Result<(), Fault> {
    match change_one(connection, sql, params) {
        Err(Fault::Sql(error)) => Err(Fault::Delete(error, referrers)),
        result => result,
    }
}
