//! Files and their tasks.

use lianwu_model::file::{
    Content, ContentDigest, DeviceList, FileId, FileSecret, FileTask, Md5, StoredFile, TaskId, TaskKind, TaskState,
};
use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_ports::Answer;
use lianwu_ports::registry::files::{DEVICE_TASKS_MAX, FileTasks, FileUsage, Files};
use lianwu_ports::registry::{Listed, Slice, StoreError};
use rusqlite::{Connection, Row, params};

use super::{Meter, SqliteRegistry, change_one, collect, find};
use crate::fault::Fault;
use crate::rows;
use crate::seal::Sealer;

/// What a secret is sealed for.
fn identity(id: i64) -> String {
    format!("file/{id}")
}

fn bytes<const N: usize>(row: &Row<'_>, column: &'static str) -> Result<Option<[u8; N]>, Fault> {
    let found: Option<Vec<u8>> = row.get(column)?;
    found.map(|bytes| bytes.try_into().map_err(|_| Fault::Corrupt(column))).transpose()
}

fn file(row: &Row<'_>, sealer: &Sealer) -> Result<StoredFile, Fault> {
    let id: i64 = row.get("id")?;
    let sealed: Vec<u8> = row.get("secret")?;
    let digest = bytes(row, "digest")?.map(ContentDigest);
    let md5 = bytes(row, "md5")?.map(Md5);
    let content = match digest.zip(md5) {
        Some((digest, md5)) => Some(Content { digest, md5, size: rows::unsigned(row, "size")? }),
        None => None,
    };
    Ok(StoredFile {
        id: FileId(id.cast_unsigned()),
        owner: rows::uin(row, "owner")?,
        product: rows::parsed(row, "product")?,
        device: DeviceNumber(row.get("device")?),
        device_name: row.get("device_name")?,
        name: row.get("name")?,
        announced: rows::unsigned(row, "announced")?,
        announced_md5: bytes(row, "announced_md5")?.map(Md5),
        content,
        secret: FileSecret(sealer.unseal(&identity(id), &sealed)?),
        created: rows::time(row, "created")?,
    })
}

fn insert_file(connection: &Connection, sealer: &Sealer, file: StoredFile) -> Result<StoredFile, Fault> {
    const INSERT: &str =
        "INSERT INTO files (owner, product, device, device_name, name, announced, announced_md5, secret, created)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, x'', ?8)";
    connection.prepare_cached(INSERT)?.execute(params![
        file.owner.0.cast_signed(),
        file.product.as_str(),
        file.device.0,
        file.device_name,
        file.name,
        file.announced.cast_signed(),
        file.announced_md5.map(|md5| md5.0),
        file.created.0.cast_signed(),
    ])?;
    // The seal is for this row, whose number is known only now.
    let id = connection.last_insert_rowid();
    let sealed = sealer.seal(&identity(id), &file.secret.0)?;
    change_one(connection, "UPDATE files SET secret = ?2 WHERE id = ?1", params![id, sealed])?;
    Ok(StoredFile { id: FileId(id.cast_unsigned()), ..file })
}

fn task(row: &Row<'_>) -> Result<FileTask, Fault> {
    Ok(FileTask {
        id: TaskId(rows::unsigned(row, "id")?),
        device: DeviceNumber(row.get("device")?),
        kind: TaskKind::from_number(row.get("kind")?).ok_or(Fault::Corrupt("kind"))?,
        file: row.get::<_, Option<i64>>("file")?.map(|id| FileId(id.cast_unsigned())),
        name: row.get("name")?,
        version: row.get("version")?,
        resource_type: row.get("resource_type")?,
        state: TaskState::from_number(row.get("state")?).ok_or(Fault::Corrupt("state"))?,
        percent: row.get("percent")?,
        result_code: row.get("result_code")?,
        result_text: row.get("result_text")?,
        created: rows::time(row, "created")?,
        updated: rows::time(row, "updated")?,
    })
}

fn insert_task(connection: &Connection, task: FileTask) -> Result<FileTask, Fault> {
    const INSERT: &str =
        "INSERT INTO file_tasks (device, kind, file, name, version, resource_type, state, percent, result_code,
            result_text, created, updated) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    const GIVE_UP: &str = "DELETE FROM file_tasks WHERE id IN (
            SELECT id FROM file_tasks WHERE device = ?1 AND state IN (?2, ?3) ORDER BY id
            LIMIT max(0, (SELECT count(*) FROM file_tasks WHERE device = ?1) - ?4))";
    connection.prepare_cached(INSERT)?.execute(params![
        task.device.0,
        task.kind as u8,
        task.file.map(|id| id.0.cast_signed()),
        task.name,
        task.version,
        task.resource_type,
        task.state as u8,
        task.percent,
        task.result_code,
        task.result_text,
        task.created.0.cast_signed(),
        task.updated.0.cast_signed(),
    ])?;
    let id = connection.last_insert_rowid();
    let bound = i64::try_from(DEVICE_TASKS_MAX).expect("a small number");
    let ended = (TaskState::Done as u8, TaskState::Failed as u8);
    connection.prepare_cached(GIVE_UP)?.execute(params![task.device.0, ended.0, ended.1, bound])?;
    Ok(FileTask { id: TaskId(id.cast_unsigned()), ..task })
}

fn update_task(connection: &Connection, task: &FileTask) -> Result<FileTask, Fault> {
    const UPDATE: &str =
        "UPDATE file_tasks SET state = ?2, percent = ?3, result_code = ?4, result_text = ?5, updated = ?6
         WHERE id = ?1 RETURNING *";
    let values = params![
        task.id.0.cast_signed(),
        task.state as u8,
        task.percent,
        task.result_code,
        task.result_text,
        task.updated.0.cast_signed(),
    ];
    find(connection, UPDATE, values, self::task)?.ok_or(Fault::Missing)
}

impl Files for SqliteRegistry {
    fn create_file(
        &self,
        file: StoredFile,
        task: Option<FileTask>,
    ) -> Answer<'_, Result<(StoredFile, Option<FileTask>), StoreError>> {
        self.write(move |transaction, sealer| {
            let file = insert_file(transaction, sealer, file)?;
            let task =
                task.map(|task| insert_task(transaction, FileTask { file: Some(file.id), ..task })).transpose()?;
            Ok((file, task))
        })
    }

    fn set_content(&self, id: FileId, content: Content) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            change_one(
                transaction,
                "UPDATE files SET digest = ?2, md5 = ?3, size = ?4 WHERE id = ?1",
                params![id.0.cast_signed(), content.digest.0, content.md5.0, content.size.cast_signed()],
            )
        })
    }

    fn delete_file(&self, id: FileId) -> Answer<'_, Result<(), StoreError>> {
        const OPEN: &str = "SELECT 1 FROM file_tasks WHERE file = ?1 AND state NOT IN (?2, ?3)";
        let delete = self.write(move |transaction, _| {
            let ended = params![id.0.cast_signed(), TaskState::Done as u8, TaskState::Failed as u8];
            if find(transaction, OPEN, ended, |_| Ok(()))?.is_some() {
                return Ok(false);
            }
            change_one(transaction, "DELETE FROM files WHERE id = ?1", [id.0.cast_signed()])?;
            Ok(true)
        });
        Box::pin(async move { if delete.await? { Ok(()) } else { Err(StoreError::InUse("tasks")) } })
    }

    fn file(&self, id: FileId) -> Answer<'_, Result<Option<StoredFile>, StoreError>> {
        self.read(move |transaction, sealer| {
            find(transaction, "SELECT * FROM files WHERE id = ?1", [id.0.cast_signed()], |row| file(row, sealer))
        })
    }

    fn files(
        &self,
        product: ProductId,
        device: Option<DeviceNumber>,
        slice: Slice,
    ) -> Answer<'_, Result<Listed<StoredFile>, StoreError>> {
        const WHERE: &str = "FROM files WHERE product = ?1 AND (?2 IS NULL OR device = ?2)";
        self.read(move |transaction, sealer| {
            let device = device.map(|number| number.0);
            let count = format!("SELECT count(*) AS total {WHERE}");
            let meter = Meter::new(transaction);
            let total = meter.find(&count, params![product.as_str(), device], |row| rows::unsigned(row, "total"))?;
            let page = format!("SELECT * {WHERE} ORDER BY id DESC LIMIT ?3 OFFSET ?4");
            let (limit, offset) = (slice.rows_max().cast_signed(), i64::try_from(slice.offset).unwrap_or(i64::MAX));
            let values = params![product.as_str(), device, limit, offset];
            let rows = meter.collect(&page, values, |row| file(row, sealer))?;
            Ok(Listed { rows, total: total.unwrap_or_default(), steps: meter.steps() })
        })
    }

    fn usage(&self, owner: Uin, product: ProductId) -> Answer<'_, Result<FileUsage, StoreError>> {
        const SUMS: &str = "SELECT
            (SELECT coalesce(sum(coalesce(size, announced)), 0) FROM files WHERE owner = ?1) AS owner_bytes,
            (SELECT coalesce(sum(coalesce(size, announced)), 0) FROM files WHERE product = ?2) AS product_bytes,
            (SELECT count(*) FROM files WHERE product = ?2) AS product_files";
        self.read(move |transaction, _| {
            let found = find(transaction, SUMS, params![owner.0.cast_signed(), product.as_str()], |row| {
                Ok(FileUsage {
                    owner_bytes: rows::unsigned(row, "owner_bytes")?,
                    product_bytes: rows::unsigned(row, "product_bytes")?,
                    product_files: rows::unsigned(row, "product_files")?,
                })
            })?;
            Ok(found.unwrap_or_default())
        })
    }

    fn unused(&self, digests: Vec<ContentDigest>) -> Answer<'_, Result<Vec<ContentDigest>, StoreError>> {
        self.read(move |transaction, _| {
            let mut unused = Vec::new();
            for digest in digests {
                let used = find(transaction, "SELECT 1 FROM files WHERE digest = ?1", [digest.0], |_| Ok(()))?;
                if used.is_none() {
                    unused.push(digest);
                }
            }
            Ok(unused)
        })
    }

    fn expire_announced(&self, before: UnixMillis) -> Answer<'_, Result<u64, StoreError>> {
        const FAIL: &str = "UPDATE file_tasks SET state = ?2, result_text = 'the content never came'
             WHERE state NOT IN (?2, ?3) AND file IN (SELECT id FROM files WHERE digest IS NULL AND created < ?1)";
        self.write(move |transaction, _| {
            let before = before.0.cast_signed();
            transaction.execute(FAIL, params![before, TaskState::Failed as u8, TaskState::Done as u8])?;
            Ok(transaction.execute("DELETE FROM files WHERE digest IS NULL AND created < ?1", [before])? as u64)
        })
    }
}

impl FileTasks for SqliteRegistry {
    fn save_task(&self, task: FileTask) -> Answer<'_, Result<FileTask, StoreError>> {
        self.write(move |transaction, _| match task.id {
            TaskId(0) => insert_task(transaction, task),
            _ => update_task(transaction, &task),
        })
    }

    fn tasks(&self, device: DeviceNumber) -> Answer<'_, Result<Vec<FileTask>, StoreError>> {
        self.read(move |transaction, _| {
            collect(transaction, "SELECT * FROM file_tasks WHERE device = ?1 ORDER BY id DESC", [device.0], task)
        })
    }

    fn save_device_list(
        &self,
        device: DeviceNumber,
        list: DeviceList,
        text: String,
    ) -> Answer<'_, Result<(), StoreError>> {
        const SAVE: &str = "INSERT INTO device_lists (device, kind, text) VALUES (?1, ?2, ?3)
             ON CONFLICT (device, kind) DO UPDATE SET text = excluded.text";
        self.write(move |transaction, _| change_one(transaction, SAVE, params![device.0, list as u8, text]))
    }

    fn device_list(&self, device: DeviceNumber, list: DeviceList) -> Answer<'_, Result<Option<String>, StoreError>> {
        const FIND: &str = "SELECT text FROM device_lists WHERE device = ?1 AND kind = ?2";
        self.read(move |transaction, _| {
            find(transaction, FIND, params![device.0, list as u8], |row| Ok(row.get("text")?))
        })
    }
}
