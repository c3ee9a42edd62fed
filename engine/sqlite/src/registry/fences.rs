//! Spaces, fences and bound devices.

mod alerts;

use lianwu_model::DeviceNumber;
use lianwu_model::fence::{
    AlertCondition, AuthorizeType, Fence, FenceBind, FenceId, Seen, Space, SpaceId, SpaceProduct,
};
use lianwu_ports::Answer;
use lianwu_ports::registry::StoreError;
use lianwu_ports::registry::fences::{FenceRows, Fences};
use rusqlite::{Connection, Row, params};

use super::{SqliteRegistry, change_one, collect, delete_one, find};
use crate::fault::Fault;
use crate::rows;

fn save_space(connection: &Connection, space: &Space) -> Result<(), Fault> {
    const SAVE: &str =
        "INSERT INTO position_spaces (id, owner, project, name, authorize_type, description, icon, created, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, authorize_type = excluded.authorize_type,
            description = excluded.description, icon = excluded.icon, updated = excluded.updated";
    connection.prepare_cached(SAVE)?.execute(params![
        space.id.as_str(),
        space.owner.0.cast_signed(),
        space.project.as_str(),
        space.name,
        space.authorize_type as u8,
        space.description,
        space.icon,
        space.created.0.cast_signed(),
        space.updated.0.cast_signed(),
    ])?;
    connection.prepare_cached("DELETE FROM space_products WHERE space = ?1")?.execute([space.id.as_str()])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO space_products (space, product, shown) VALUES (?1, ?2, ?3)")?;
    for of in &space.products {
        insert.execute(params![space.id.as_str(), of.product.as_str(), of.shown])?;
    }
    Ok(())
}

fn space(connection: &Connection, row: &Row<'_>) -> Result<Space, Fault> {
    const PRODUCTS: &str = "SELECT product, shown FROM space_products WHERE space = ?1 ORDER BY seq";
    let id: SpaceId = rows::parsed(row, "id")?;
    let products = collect(connection, PRODUCTS, [id.as_str()], |row| {
        Ok(SpaceProduct { product: rows::parsed(row, "product")?, shown: row.get("shown")? })
    })?;
    let authorize_type = AuthorizeType::from_number(row.get("authorize_type")?);
    Ok(Space {
        id,
        owner: rows::uin(row, "owner")?,
        project: rows::parsed(row, "project")?,
        name: row.get("name")?,
        authorize_type: authorize_type.ok_or(Fault::Corrupt("authorize_type"))?,
        description: row.get("description")?,
        icon: row.get("icon")?,
        products,
        created: rows::time(row, "created")?,
        updated: rows::time(row, "updated")?,
    })
}

fn save_fence(connection: &Connection, fence: &Fence) -> Result<Fence, Fault> {
    const INSERT: &str = "INSERT INTO fences (space, name, description, area, since, created, updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING *";
    const UPDATE: &str = "UPDATE fences SET name = ?2, description = ?3, area = ?4, since = ?5, updated = ?6
         WHERE id = ?1 RETURNING *";
    let (since, updated) = (fence.since.cast_signed(), fence.updated.0.cast_signed());
    let (space, created) = (fence.space.as_str(), fence.created.0.cast_signed());
    let found = if fence.id == FenceId::default() {
        let values = params![space, fence.name, fence.description, fence.area, since, created, updated];
        find(connection, INSERT, values, self::fence)?
    } else {
        let id = fence.id.0.cast_signed();
        let values = params![id, fence.name, fence.description, fence.area, since, updated];
        find(connection, UPDATE, values, self::fence)?
    };
    found.ok_or(Fault::Missing)
}

fn fence(row: &Row<'_>) -> Result<Fence, Fault> {
    Ok(Fence {
        id: FenceId(rows::unsigned(row, "id")?),
        space: rows::parsed(row, "space")?,
        name: row.get("name")?,
        description: row.get("description")?,
        area: row.get("area")?,
        since: rows::unsigned(row, "since")?,
        created: rows::time(row, "created")?,
        updated: rows::time(row, "updated")?,
    })
}

fn save_binds(connection: &Connection, binds: &[FenceBind]) -> Result<(), Fault> {
    const SAVE: &str = "INSERT INTO fence_binds (fence, device, condition, enabled, method, since)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (fence, device) DO UPDATE SET condition = excluded.condition, enabled = excluded.enabled,
            method = excluded.method, since = excluded.since";
    let mut save = connection.prepare_cached(SAVE)?;
    for bind in binds {
        let (fence, since) = (bind.fence.0.cast_signed(), bind.since.cast_signed());
        save.execute(params![fence, bind.device.0, bind.condition.word(), bind.enabled, bind.method, since])?;
    }
    Ok(())
}

fn condition(row: &Row<'_>) -> Result<AlertCondition, Fault> {
    let word: String = row.get("condition")?;
    AlertCondition::from_word(&word).ok_or(Fault::Corrupt("condition"))
}

fn bind(row: &Row<'_>) -> Result<(FenceBind, Option<Seen>), Fault> {
    let seen = match row.get::<_, Option<bool>>("seen_inside")? {
        Some(is_inside) => {
            Some(Seen { is_inside, time: rows::time(row, "seen_time")?, record: rows::unsigned(row, "seen_record")? })
        }
        None => None,
    };
    let bind = FenceBind {
        fence: FenceId(rows::unsigned(row, "fence")?),
        device: DeviceNumber(row.get("device")?),
        condition: condition(row)?,
        enabled: row.get("enabled")?,
        method: row.get("method")?,
        since: rows::unsigned(row, "since")?,
    };
    Ok((bind, seen))
}

fn all(connection: &Connection) -> Result<FenceRows, Fault> {
    let through = find(connection, "SELECT through FROM fence_progress", [], |row| rows::unsigned(row, "through"))?;
    Ok(FenceRows {
        spaces: collect(connection, "SELECT * FROM position_spaces ORDER BY seq", [], |row| space(connection, row))?,
        fences: collect(connection, "SELECT * FROM fences ORDER BY id", [], fence)?,
        binds: collect(connection, "SELECT * FROM fence_binds ORDER BY fence, device", [], bind)?,
        through: through.unwrap_or_default(),
    })
}

impl Fences for SqliteRegistry {
    fn save_space(&self, space: Space) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| save_space(transaction, &space))
    }

    fn delete_space(&self, id: SpaceId) -> Answer<'_, Result<(), StoreError>> {
        // A project takes its spaces along with their fences; a space alone does not go while it has some.
        const EMPTY: &str =
            "DELETE FROM position_spaces WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM fences WHERE space = ?1)";
        let delete = self.write(move |transaction, _| {
            find(transaction, "SELECT 1 FROM position_spaces WHERE id = ?1", [id.as_str()], |_| Ok(()))?
                .ok_or(Fault::Missing)?;
            Ok(transaction.prepare_cached(EMPTY)?.execute([id.as_str()])? > 0)
        });
        Box::pin(async move { if delete.await? { Ok(()) } else { Err(StoreError::InUse("fences")) } })
    }

    fn save_fence(&self, fence: Fence) -> Answer<'_, Result<Fence, StoreError>> {
        self.write(move |transaction, _| save_fence(transaction, &fence))
    }

    fn delete_fence(&self, id: FenceId) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            delete_one(transaction, "DELETE FROM fences WHERE id = ?1", [id.0.cast_signed()], "binds")
        })
    }

    fn save_binds(&self, binds: Vec<FenceBind>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| save_binds(transaction, &binds))
    }

    fn delete_binds(&self, fence: FenceId, devices: Vec<DeviceNumber>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let mut delete = transaction.prepare_cached("DELETE FROM fence_binds WHERE fence = ?1 AND device = ?2")?;
            for device in devices {
                delete.execute(params![fence.0.cast_signed(), device.0])?;
            }
            Ok(())
        })
    }

    fn fence_rows(&self) -> Answer<'_, Result<FenceRows, StoreError>> {
        self.read(|transaction, _| all(transaction))
    }
}

/// Where a device was seen from a fence; of one that is not bound nothing is kept.
fn note_seen(connection: &Connection, fence: FenceId, device: DeviceNumber, seen: Seen) -> Result<(), Fault> {
    const NOTE: &str = "UPDATE fence_binds SET seen_inside = ?3, seen_time = ?4, seen_record = ?5
         WHERE fence = ?1 AND device = ?2";
    let values =
        params![fence.0.cast_signed(), device.0, seen.is_inside, seen.time.0.cast_signed(), seen.record.cast_signed()];
    connection.prepare_cached(NOTE)?.execute(values)?;
    Ok(())
}

/// How far the log was looked at.
fn note_through(connection: &Connection, through: u64) -> Result<(), Fault> {
    change_one(connection, "UPDATE fence_progress SET through = ?1", [through.cast_signed()])
}
