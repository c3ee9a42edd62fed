//! Scripts of products.

use lianwu_model::ProductId;
use lianwu_model::product::StoredScript;
use lianwu_ports::Answer;
use lianwu_ports::registry::{ProductScripts, SCRIPT_VERSIONS_MAX, StoreError};
use rusqlite::Connection;

use super::{SqliteRegistry, change_one, collect};
use crate::fault::Fault;
use crate::rows;

fn save(connection: &Connection, script: &StoredScript) -> Result<(), Fault> {
    let StoredScript { product, version, text, author, saved } = script;
    change_one(
        connection,
        "INSERT INTO scripts (product, version, text, author, saved) VALUES (?1, ?2, ?3, ?4, ?5)",
        (product.as_str(), version.cast_signed(), text, author.0.cast_signed(), saved.0.cast_signed()),
    )?;
    connection
        .prepare_cached(
            "DELETE FROM scripts WHERE product = ?1 AND version NOT IN (
                SELECT version FROM scripts WHERE product = ?1 ORDER BY version DESC LIMIT ?2
            )",
        )?
        .execute((product.as_str(), i64::try_from(SCRIPT_VERSIONS_MAX).expect("a handful")))?;
    Ok(())
}

impl ProductScripts for SqliteRegistry {
    fn save_script(&self, script: StoredScript) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| save(transaction, &script))
    }

    fn scripts(&self) -> Answer<'_, Result<Vec<StoredScript>, StoreError>> {
        const NEWEST: &str = "SELECT * FROM scripts AS this
            WHERE version = (SELECT max(version) FROM scripts WHERE product = this.product) ORDER BY product";
        self.read(|transaction, _| collect(transaction, NEWEST, [], rows::script))
    }

    fn script_versions(&self, product: ProductId) -> Answer<'_, Result<Vec<StoredScript>, StoreError>> {
        const KEPT: &str = "SELECT * FROM scripts WHERE product = ?1 ORDER BY version DESC";
        self.read(move |transaction, _| collect(transaction, KEPT, [product.as_str()], rows::script))
    }
}
