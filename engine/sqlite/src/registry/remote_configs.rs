//! Remote configurations of products.

use lianwu_model::ProductId;
use lianwu_model::remote_config::{RemoteConfig, VERSIONS_MAX};
use lianwu_ports::Answer;
use lianwu_ports::registry::{RemoteConfigState, RemoteConfigs, StoreError};
use rusqlite::{Connection, Row};

use super::{SqliteRegistry, change_one, collect};
use crate::fault::Fault;
use crate::rows;

fn save(connection: &Connection, config: &RemoteConfig) -> Result<(), Fault> {
    let RemoteConfig { product, version, text, created } = config;
    change_one(
        connection,
        "INSERT INTO remote_configs (product, version, content, created) VALUES (?1, ?2, ?3, ?4)",
        (product.as_str(), version.cast_signed(), text, created.0.cast_signed()),
    )?;
    connection
        .prepare_cached(
            "DELETE FROM remote_configs WHERE product = ?1 AND version NOT IN (
                SELECT version FROM remote_configs WHERE product = ?1 ORDER BY version DESC LIMIT ?2
            )",
        )?
        .execute((product.as_str(), i64::try_from(VERSIONS_MAX).expect("a handful")))?;
    Ok(())
}

fn config(row: &Row<'_>) -> Result<RemoteConfig, Fault> {
    Ok(RemoteConfig {
        product: rows::parsed(row, "product")?,
        version: rows::unsigned(row, "version")?,
        text: row.get("content")?,
        created: rows::time(row, "created")?,
    })
}

impl RemoteConfigs for SqliteRegistry {
    fn save_remote_config(&self, config: RemoteConfig) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| save(transaction, &config))
    }

    fn enable_remote_config(&self, id: ProductId, is_enabled: bool) -> Answer<'_, Result<(), StoreError>> {
        const ENABLE: &str = "INSERT INTO enabled_remote_configs (product) SELECT id FROM products WHERE id = ?1
            ON CONFLICT (product) DO UPDATE SET product = excluded.product";
        self.write(move |transaction, _| {
            if is_enabled {
                return change_one(transaction, ENABLE, [id.as_str()]);
            }
            super::find(transaction, "SELECT 1 FROM products WHERE id = ?1", [id.as_str()], |_| Ok(()))?
                .ok_or(Fault::Missing)?;
            let disable = "DELETE FROM enabled_remote_configs WHERE product = ?1";
            transaction.prepare_cached(disable)?.execute([id.as_str()])?;
            Ok(())
        })
    }

    fn remote_config_versions(&self, id: ProductId) -> Answer<'_, Result<Vec<RemoteConfig>, StoreError>> {
        const KEPT: &str = "SELECT * FROM remote_configs WHERE product = ?1 ORDER BY version DESC";
        self.read(move |transaction, _| collect(transaction, KEPT, [id.as_str()], config))
    }

    fn remote_configs(&self) -> Answer<'_, Result<Vec<RemoteConfigState>, StoreError>> {
        const NEWEST: &str = "SELECT *, EXISTS (
                SELECT 1 FROM enabled_remote_configs WHERE product = this.product
            ) AS enabled FROM remote_configs AS this
            WHERE version = (SELECT max(version) FROM remote_configs WHERE product = this.product) ORDER BY product";
        self.read(|transaction, _| {
            collect(transaction, NEWEST, [], |row| {
                Ok(RemoteConfigState { is_enabled: row.get("enabled")?, newest: config(row)? })
            })
        })
    }
}
