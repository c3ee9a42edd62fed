//! Alerts of fences, and how far the log was looked at for them.

use std::collections::BTreeSet;

use lianwu_model::fence::{Alert, AlertId, Crossing, FenceId};
use lianwu_model::position::Position;
use lianwu_model::{DeviceKey, DeviceNumber};
use lianwu_ports::Answer;
use lianwu_ports::registry::fences::{AlertFilter, FENCE_ALERTS_MAX, FenceAlerts, FenceProgress};
use lianwu_ports::registry::{Listed, Slice, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::{condition, note_seen, note_through};
use crate::fault::Fault;
use crate::registry::{Meter, SqliteRegistry, collect, find};
use crate::rows;

/// An alert with the name of its device.
const SELECT: &str = "SELECT a.*, d.product AS product, d.name AS name FROM fence_alerts AS a
    JOIN devices AS d ON d.number = a.device";

fn alert(row: &Row<'_>) -> Result<Alert, Fault> {
    let crossing: String = row.get("crossing")?;
    let place = Position::new(row.get("longitude")?, row.get("latitude")?);
    Ok(Alert {
        id: AlertId(rows::unsigned(row, "id")?),
        fence: FenceId(rows::unsigned(row, "fence")?),
        fence_name: row.get("fence_name")?,
        device: DeviceNumber(row.get("device")?),
        key: DeviceKey { product: rows::parsed(row, "product")?, device: rows::parsed(row, "name")? },
        crossing: Crossing::from_word(&crossing).ok_or(Fault::Corrupt("crossing"))?,
        condition: condition(row)?,
        time: rows::time(row, "time")?,
        position: place.ok_or(Fault::Corrupt("longitude"))?,
    })
}

/// `None` when the device is not bound.
fn insert(connection: &Connection, alert: &Alert) -> Result<Option<AlertId>, Fault> {
    const INSERT: &str = "INSERT INTO fence_alerts
            (fence, device, space, owner, fence_name, crossing, condition, time, longitude, latitude, told)
         SELECT b.fence, b.device, s.id, s.owner, ?3, ?4, ?5, ?6, ?7, ?8, 0 FROM fence_binds AS b
            JOIN fences AS f ON f.id = b.fence JOIN position_spaces AS s ON s.id = f.space
         WHERE b.fence = ?1 AND b.device = ?2 RETURNING id";
    let values = params![
        alert.fence.0.cast_signed(),
        alert.device.0,
        alert.fence_name,
        alert.crossing.word(),
        alert.condition.word(),
        alert.time.0.cast_signed(),
        alert.position.longitude,
        alert.position.latitude,
    ];
    find(connection, INSERT, values, |row| Ok(AlertId(rows::unsigned(row, "id")?)))
}

fn advance(connection: &Connection, progress: FenceProgress) -> Result<Vec<Alert>, Fault> {
    const TRIM: &str = "DELETE FROM fence_alerts WHERE id IN (
            SELECT id FROM fence_alerts WHERE fence = ?1 ORDER BY time DESC, id DESC LIMIT -1 OFFSET ?2)";
    note_through(connection, progress.through)?;
    for (fence, device, seen) in progress.seen {
        note_seen(connection, fence, device, seen)?;
    }
    let mut stored = Vec::with_capacity(progress.alerts.len());
    for alert in progress.alerts {
        if let Some(id) = insert(connection, &alert)? {
            stored.push(Alert { id, ..alert });
        }
    }
    let most = i64::try_from(FENCE_ALERTS_MAX).expect("a small number");
    for fence in stored.iter().map(|alert| alert.fence).collect::<BTreeSet<_>>() {
        connection.prepare_cached(TRIM)?.execute(params![fence.0.cast_signed(), most])?;
    }
    Ok(stored)
}

/// The condition that finds the alerts, the part with an index of its own first, and its values.
fn wanted(filter: &AlertFilter) -> (String, Vec<Value>) {
    let time = |at: lianwu_model::UnixMillis| Value::from(i64::try_from(at.0).unwrap_or(i64::MAX));
    let mut parts = vec!["a.time BETWEEN ? AND ?"];
    let mut values = vec![time(*filter.times.start()), time(*filter.times.end())];
    let mut add = |part: &'static str, value: Option<Value>| {
        if let Some(value) = value {
            parts.push(part);
            values.push(value);
        }
    };
    let (fence, device) = (filter.fence.map(|id| id.0.cast_signed()), filter.device.map(|number| i64::from(number.0)));
    let space = filter.space.as_ref().map(|id| id.as_str().to_owned());
    // A plus sign keeps the planner from an index: the narrowest of those that are given is used.
    add("a.fence = ?", fence.map(Value::from));
    add(if fence.is_some() { "+a.device = ?" } else { "a.device = ?" }, device.map(Value::from));
    let is_narrow = fence.or(device).is_some();
    add(if is_narrow { "+a.space = ?" } else { "a.space = ?" }, space.map(Value::from));
    let is_narrow = is_narrow || filter.space.is_some();
    let owner = Value::from(filter.owner.0.cast_signed());
    add(if is_narrow { "+a.owner = ?" } else { "a.owner = ?" }, Some(owner));
    add("d.product = ?", filter.product.map(|id| Value::from(id.as_str().to_owned())));
    (format!("WHERE {}", parts.join(" AND ")), values)
}

fn list(connection: &Connection, filter: &AlertFilter, slice: Slice) -> Result<Listed<Alert>, Fault> {
    let (condition, mut values) = wanted(filter);
    let count =
        format!("SELECT count(*) AS total FROM fence_alerts AS a JOIN devices AS d ON d.number = a.device {condition}");
    let meter = Meter::new(connection);
    let total = meter.find(&count, params_from_iter(&values), |row| rows::unsigned(row, "total"))?;
    let page = format!("{SELECT} {condition} ORDER BY a.time DESC, a.id DESC LIMIT ? OFFSET ?");
    values.push(Value::from(slice.rows_max().cast_signed()));
    values.push(Value::from(i64::try_from(slice.offset).unwrap_or(i64::MAX)));
    let rows = meter.collect(&page, params_from_iter(&values), alert)?;
    Ok(Listed { rows, total: total.unwrap_or_default(), steps: meter.steps() })
}

impl FenceAlerts for SqliteRegistry {
    fn advance_fences(&self, progress: FenceProgress) -> Answer<'_, Result<Vec<Alert>, StoreError>> {
        self.write(move |transaction, _| advance(transaction, progress))
    }

    fn alerts(&self, filter: AlertFilter, slice: Slice) -> Answer<'_, Result<Listed<Alert>, StoreError>> {
        self.read(move |transaction, _| list(transaction, &filter, slice))
    }

    fn untold_alerts(&self) -> Answer<'_, Result<Vec<Alert>, StoreError>> {
        self.read(|transaction, _| collect(transaction, &format!("{SELECT} WHERE a.told = 0 ORDER BY a.id"), [], alert))
    }

    fn settle_alerts(&self, alerts: Vec<AlertId>) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            let mut settle = transaction.prepare_cached("UPDATE fence_alerts SET told = 1 WHERE id = ?1")?;
            for id in alerts {
                settle.execute([id.0.cast_signed()])?;
            }
            Ok(())
        })
    }
}
