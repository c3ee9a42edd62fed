//! How much devices upload of their own logs.

use lianwu_model::log_level::LogLevel;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::Answer;
use lianwu_ports::registry::{LogLevels, StoreError};
use rusqlite::{Connection, Row, ToSql};

use super::{SqliteRegistry, collect, find};
use crate::fault::Fault;
use crate::rows;

fn level(row: &Row<'_>) -> Result<LogLevel, Fault> {
    let number: u8 = row.get("level")?;
    LogLevel::from_number(number.into()).ok_or(Fault::Corrupt("level"))
}

/// The three statements of a table: is its owner there, set, take away.
struct Statements {
    owner: &'static str,
    set: &'static str,
    take_away: &'static str,
}

const OF_PRODUCT: Statements = Statements {
    owner: "SELECT 1 FROM products WHERE id = ?1",
    set: "INSERT INTO product_log_levels (product, level) VALUES (?1, ?2) \
          ON CONFLICT (product) DO UPDATE SET level = excluded.level",
    take_away: "DELETE FROM product_log_levels WHERE product = ?1",
};

const OF_DEVICE: Statements = Statements {
    owner: "SELECT 1 FROM devices WHERE number = ?1",
    set: "INSERT INTO device_log_levels (device, level) VALUES (?1, ?2) \
          ON CONFLICT (device) DO UPDATE SET level = excluded.level",
    take_away: "DELETE FROM device_log_levels WHERE device = ?1",
};

fn set(
    connection: &Connection,
    statements: &Statements,
    owner: &dyn ToSql,
    level: Option<LogLevel>,
) -> Result<(), Fault> {
    find(connection, statements.owner, [owner], |_| Ok(()))?.ok_or(Fault::Missing)?;
    match level {
        Some(level) => connection.prepare_cached(statements.set)?.execute([owner, &level.number()])?,
        None => connection.prepare_cached(statements.take_away)?.execute([owner])?,
    };
    Ok(())
}

impl LogLevels for SqliteRegistry {
    fn set_product_log_level(&self, id: ProductId, level: Option<LogLevel>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| set(transaction, &OF_PRODUCT, &id.as_str(), level))
    }

    fn set_device_log_level(
        &self,
        device: DeviceNumber,
        level: Option<LogLevel>,
    ) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| set(transaction, &OF_DEVICE, &device.0, level))
    }

    fn product_log_levels(&self) -> Answer<'_, Result<Vec<(ProductId, LogLevel)>, StoreError>> {
        self.read(|transaction, _| {
            collect(transaction, "SELECT product, level FROM product_log_levels ORDER BY product", [], |row| {
                Ok((rows::parsed(row, "product")?, level(row)?))
            })
        })
    }

    fn device_log_levels(&self) -> Answer<'_, Result<Vec<(DeviceNumber, LogLevel)>, StoreError>> {
        self.read(|transaction, _| {
            collect(transaction, "SELECT device, level FROM device_log_levels ORDER BY device", [], |row| {
                Ok((DeviceNumber(row.get("device")?), level(row)?))
            })
        })
    }
}
