//! The database file: opening, checking whose it is, bringing it to this version.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::fault::Fault;
use crate::seal::{Sealer, sync_folder_of};

/// One kind of file: whose it is, and how it came to its present form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// Stands in the file's header.
    application_id: i32,
    /// Step N makes version N of the file from version N - 1. Steps that were released never change.
    steps: &'static [&'static str],
}

/// "LWRG": accounts, projects, products, devices.
pub(crate) const REGISTRY: Layout = Layout {
    application_id: 0x4c57_5247,
    steps: &[
        include_str!("../migrations/0001_registry.sql"),
        include_str!("../migrations/0002_device_search.sql"),
        include_str!("../migrations/0003_accounts.sql"),
        include_str!("../migrations/0004_product_retention.sql"),
        include_str!("../migrations/0005_registration.sql"),
        include_str!("../migrations/0006_certificates.sql"),
        include_str!("../migrations/0007_topology.sql"),
        include_str!("../migrations/0008_files.sql"),
        include_str!("../migrations/0009_scripts.sql"),
        include_str!("../migrations/0010_topics.sql"),
        include_str!("../migrations/0011_log_levels.sql"),
        include_str!("../migrations/0012_remote_configs.sql"),
        include_str!("../migrations/0013_logins.sql"),
        include_str!("../migrations/0014_fences.sql"),
        include_str!("../migrations/0015_disabled_principals.sql"),
    ],
};

/// "LWAU": the audit log, which grows and expires apart from the registry.
pub(crate) const AUDIT: Layout =
    Layout { application_id: 0x4c57_4155, steps: &[include_str!("../migrations/audit_0001.sql")] };

/// Pages each connection keeps.
const CACHE_KIB: i64 = 16 * 1024;

/// Why the registry cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("database {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("database {path}: {source}")]
    Database { path: PathBuf, source: rusqlite::Error },
    #[error("{path} is another program's database")]
    Foreign { path: PathBuf },
    #[error(
        "{path} has version {found}, this program knows versions up to {known}: start the newer program again, or restore an older copy"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("registry {path} was sealed with another key: restore the seal key that belongs to it")]
    WrongSealKey { path: PathBuf },
    #[error("the system gives no random bytes")]
    Random,
    #[error("start a registry thread: {0}")]
    Thread(io::Error),
}

/// Opens the registry's writing connection, makes or upgrades the tables, and checks the seal key.
pub(crate) fn open_writer(path: &Path, sealer: &Sealer) -> Result<Connection, OpenError> {
    let connection = open_file(path, REGISTRY)?;
    check_seal(&connection, sealer).map_err(|fault| match fault {
        Fault::Sql(source) => OpenError::Database { path: path.to_owned(), source },
        Fault::Random => OpenError::Random,
        _ => OpenError::WrongSealKey { path: path.to_owned() },
    })?;
    Ok(connection)
}

/// Opens a writing connection and makes or upgrades the tables.
pub(crate) fn open_file(path: &Path, layout: Layout) -> Result<Connection, OpenError> {
    let file_failed = |source| OpenError::File { path: path.to_owned(), source };
    let failed = |source| OpenError::Database { path: path.to_owned(), source };
    // SQLite would make it readable for all; its side files take over this mode.
    OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(file_failed)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    // Looked at before anything is written, so that a file that is not ours stays as it is.
    check_owner(&connection, path, layout)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    // Every commit is on disk before it is answered.
    connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024).map_err(failed)?;
    migrate(&mut connection, layout, layout.steps.len()).map_err(failed)?;
    sync_folder_of(path).map_err(file_failed)?;
    Ok(connection)
}

/// Opens one reading connection on a file [`open_file`] has made ready.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|connection| prepare(&connection).map(|()| connection))
        .map_err(|source| OpenError::Database { path: path.to_owned(), source })
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)
}

fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn check_owner(connection: &Connection, path: &Path, layout: Layout) -> Result<(), OpenError> {
    let failed = |source| OpenError::Database { path: path.to_owned(), source };
    let found = version(connection).map_err(failed)?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let is_new = found == 0 && application == 0 && objects == 0;
    if !is_new && application != layout.application_id {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    let known = i64::try_from(layout.steps.len()).expect("a handful of steps");
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(())
}

/// Runs the missing steps, each whole or not at all.
fn migrate(connection: &mut Connection, layout: Layout, to: usize) -> Result<(), rusqlite::Error> {
    let from = usize::try_from(version(connection)?).unwrap_or(0);
    for (at, step) in layout.steps.iter().enumerate().take(to).skip(from) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", layout.application_id)?;
        transaction.pragma_update(None, "user_version", i64::try_from(at + 1).expect("a handful of steps"))?;
        transaction.commit()?;
        tracing::info!(version = at + 1, "tables brought to a new version");
    }
    Ok(())
}

/// A known text under seal tells a wrong key at start instead of at the first sign-in.
fn check_seal(connection: &Connection, sealer: &Sealer) -> Result<(), Fault> {
    const NAME: &str = "seal_check";
    let select = "SELECT value FROM meta WHERE name = ?1";
    let stored: Option<Vec<u8>> = connection.query_row(select, [NAME], |row| row.get(0)).optional()?;
    match stored {
        Some(sealed) => sealer.unseal(NAME, &sealed).map(drop),
        None => {
            let sealed = sealer.seal(NAME, "lianwu")?;
            connection.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", params![NAME, sealed])?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lianwu_model::product::Registration;
    use lianwu_model::topic_policy::TopicTable;

    use crate::rows::device_identity;
    use crate::seal::SealKey;

    const KEY: SealKey = SealKey::from_bytes([7; 32]);

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.db");
        (folder, path)
    }

    /// The file as the first version left it: two lamps and a meter, one lamp with a tag.
    fn write_version_1(path: &Path, sealer: &Sealer) {
        let mut connection = Connection::open(path).unwrap();
        migrate(&mut connection, REGISTRY, 1).unwrap();
        let seed = "INSERT INTO projects VALUES (1, 'prj-00000001', 1, 'ins-12345678', 'home', '', 2, 3);
            INSERT INTO products SELECT value, printf('PRODUCT%03d', value), 'prj-00000001', 1, printf('p%d', value), '',
                1, 'device', 'key', 'wifi', 'thing_model', 'developing', 0, 0, 0, 'disk', 1, 'li', '[]', 4, 5
                FROM json_each('[1,2]');
            UPDATE meta SET value = 2000 WHERE name = 'next_device_number';";
        connection.execute_batch(seed).unwrap();
        for (number, product, name, tags) in [
            (1, "PRODUCT001", "kitchen", r#"[["room","1"],["room","1"]]"#),
            (1500, "PRODUCT001", "hall", "[]"),
            (1999, "PRODUCT002", "meter", "[]"),
        ] {
            let mut identity = String::new();
            device_identity(&mut identity, lianwu_model::DeviceNumber(number), product, name);
            let sealed = sealer.seal(&identity, "s").unwrap();
            let insert = "INSERT INTO devices VALUES (?1, ?2, ?3, ?4, 1, 1, 'li', ?5, 6)";
            connection.execute(insert, params![number, product, name, sealed, tags]).unwrap();
        }
    }

    /// Does a file of the first version open with everything in it, and with lists as if it had been new?
    #[tokio::test]
    async fn a_version_1_file_is_brought_up() {
        use lianwu_ports::registry::{DeviceFilter, Devices, Slice};

        let (_folder, path) = file();
        write_version_1(&path, &Sealer::new(&KEY));
        let store = crate::SqliteRegistry::open(&path, KEY).unwrap();
        let list = async |filter: DeviceFilter| {
            let listed = store.devices(filter, Slice { offset: 0, limit: 10 }).await.unwrap();
            assert_eq!(listed.total, listed.rows.len() as u64);
            listed.rows.iter().map(|device| device.number.0).collect::<Vec<_>>()
        };
        let any = || DeviceFilter { any_product: true, ..DeviceFilter::default() };
        assert_eq!(list(any()).await, [1999, 1500, 1]);
        let first = DeviceFilter { products: vec!["PRODUCT001".parse().unwrap()], ..DeviceFilter::default() };
        assert_eq!(list(first).await, [1500, 1]);
        assert_eq!(list(DeviceFilter { name: Some("tche".to_owned()), ..any() }).await, [1]);
        assert_eq!(list(DeviceFilter { tags: vec![("room".to_owned(), "1".to_owned())], ..any() }).await, [1]);
        let made = lianwu_ports::registry::suite::device("PRODUCT002", "new", &[]);
        assert_eq!(store.create_devices(vec![made]).await.unwrap()[0].number.0, 2000);
        store.close().await;
        assert_eq!(version(&Connection::open(&path).unwrap()).unwrap(), 15);
        let store = crate::SqliteRegistry::open(&path, KEY).unwrap();
        let products = lianwu_ports::registry::Products::products(&*store).await.unwrap();
        assert!(products.len() == 2 && products.iter().all(|product| product.retention_days.is_none()));
        assert!(products.iter().all(|product| product.topics == TopicTable::default()));
        assert!(
            products.iter().all(|product| product.secret.is_none() && product.registration == Registration::default())
        );
        store.close().await;
    }

    /// Are accounts of the second version complete in the third, with what it adds empty?
    #[tokio::test]
    async fn accounts_of_version_2_are_brought_up() {
        use lianwu_ports::registry::{AccessKeys, Grants, Principals};

        let (_folder, path) = file();
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, REGISTRY, 2).unwrap();
        let sealed = Sealer::new(&KEY).seal("key/AKIDa", "secret").unwrap();
        let seed = "INSERT INTO principals VALUES (1, 100000001, 100000001, 'admin', '[]', 2);
            INSERT INTO policies VALUES (1, 100000001, 'own', '{}');";
        connection.execute_batch(seed).unwrap();
        let key = "INSERT INTO access_keys VALUES (1, 'AKIDa', ?1, 100000001, 1, 3)";
        connection.execute(key, [sealed]).unwrap();
        drop(connection);
        let store = crate::SqliteRegistry::open(&path, KEY).unwrap();
        let key = store.keys().await.unwrap().remove(0);
        assert_eq!((key.secret_key.0.as_str(), key.active, key.last_used), ("secret", true, None));
        assert_eq!(store.policies().await.unwrap()[0].remark, "");
        assert_eq!(store.principals().await.unwrap()[0].name, "admin");
        assert_eq!(store.password(lianwu_model::Uin(100_000_001)).await, Ok(None));
        assert_eq!(store.groups().await, Ok(Vec::new()));
        store.close().await;
    }

    /// Is a failing step rolled back, leaving the version before it?
    #[test]
    fn a_failing_step_leaves_the_version_before() {
        let (_folder, path) = file();
        let mut connection = Connection::open(path).unwrap();
        migrate(&mut connection, REGISTRY, 1).unwrap();
        // In the way of the last statement of step 2.
        connection
            .execute_batch(
                "CREATE TABLE keep (x); CREATE TRIGGER device_deleted AFTER DELETE ON keep BEGIN SELECT 1; END",
            )
            .unwrap();
        migrate(&mut connection, REGISTRY, 2).unwrap_err();
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(!connection.table_exists(None::<&str>, "device_counts").unwrap());
    }

    /// Is a file of a newer program refused, saying so, and left as it is?
    #[test]
    fn a_newer_file_is_refused() {
        let (_folder, path) = file();
        open_writer(&path, &Sealer::new(&KEY)).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = std::fs::read(&path).unwrap();
        let error = open_writer(&path, &Sealer::new(&KEY)).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 99, known: 15, .. }), "{error}");
        assert!(error.to_string().contains("has version 99, this program knows versions up to 15"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    /// Is a database of another program left alone?
    #[test]
    fn a_foreign_file_is_refused() {
        let (_folder, path) = file();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(open_writer(&path, &Sealer::new(&KEY)), Err(OpenError::Foreign { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        std::fs::write(&path, "this is no database, whatever its name says, and it is long enough to see").unwrap();
        assert!(matches!(open_writer(&path, &Sealer::new(&KEY)), Err(OpenError::Database { .. })));
    }

    /// Is a lost or swapped seal key told at start, before any device is turned away?
    #[test]
    fn another_seal_key_is_refused() {
        let (_folder, path) = file();
        open_writer(&path, &Sealer::new(&KEY)).unwrap();
        let error = open_writer(&path, &Sealer::new(&SealKey::from_bytes([8; 32]))).unwrap_err();
        assert!(matches!(error, OpenError::WrongSealKey { .. }), "{error}");
        open_writer(&path, &Sealer::new(&KEY)).unwrap();
    }

    /// Are the durability settings what the promises need?
    #[test]
    fn commits_are_synced_and_references_checked() {
        let (_folder, path) = file();
        let connection = open_writer(&path, &Sealer::new(&KEY)).unwrap();
        let text = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, String>(0)).unwrap();
        let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(text("journal_mode"), "wal");
        assert_eq!((number("synchronous"), number("foreign_keys")), (2, 1));
    }
}
