//! Devices: batches, single look-ups, the reading for sign-in. Lists are in `device_list`.

use lianwu_model::certificate::Certificate;
use lianwu_model::device::Device;
use lianwu_model::{DeviceKey, DeviceNumber, ProductId};
use lianwu_ports::Answer;
use lianwu_ports::registry::{DeviceFilter, Devices, Listed, SignInRow, Slice, StoreError, TagSets};
use rusqlite::{Connection, params};

use super::device_list::{list, tag_sets};
use super::{SqliteRegistry, change_one, find};
use crate::fault::Fault;
use crate::rows;
use crate::seal::Sealer;

/// Takes the next numbers out of the counter; a transaction that fails puts them back.
fn take_numbers(connection: &Connection, count: usize) -> Result<u32, Fault> {
    const COUNTER: &str = "next_device_number";
    let select = "SELECT value FROM meta WHERE name = ?1";
    let first: i64 = find(connection, select, [COUNTER], |row| Ok(row.get(0)?))?.ok_or(Fault::Corrupt(COUNTER))?;
    let next = i64::try_from(count).ok().and_then(|count| first.checked_add(count)).ok_or(Fault::NumbersUsedUp)?;
    // The last number itself must fit: a counter one past it is the end.
    if next > i64::from(u32::MAX) + 1 {
        return Err(Fault::NumbersUsedUp);
    }
    change_one(connection, "UPDATE meta SET value = ?2 WHERE name = ?1", params![COUNTER, next])?;
    // An empty batch at the very end takes no number, so any will do.
    Ok(u32::try_from(first).unwrap_or(u32::MAX))
}

fn create(connection: &Connection, sealer: &Sealer, mut devices: Vec<Device>) -> Result<Vec<Device>, Fault> {
    let first = take_numbers(connection, devices.len())?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO devices (number, product, name, secret, enabled, creator, creator_name, tags, created,
            pem, fingerprint)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut identity = String::new();
    for (number, device) in (first..=u32::MAX).zip(&mut devices) {
        device.number = DeviceNumber(number);
        rows::device_identity(&mut identity, device.number, device.product.as_str(), device.name.as_str());
        insert.execute(params![
            number,
            device.product.as_str(),
            device.name.as_str(),
            sealer.seal(&identity, &device.secret.0)?,
            device.enabled,
            device.creator.0.cast_signed(),
            device.creator_name,
            rows::tags_text(&device.tags),
            device.created.0.cast_signed(),
            device.certificate.as_ref().map(|certificate| &certificate.pem),
            device.certificate.as_ref().map(|certificate| certificate.fingerprint.0),
        ])?;
    }
    Ok(devices)
}

fn delete(connection: &Connection, keys: &[DeviceKey]) -> Result<Vec<DeviceNumber>, Fault> {
    let mut delete =
        connection.prepare_cached("DELETE FROM devices WHERE product = ?1 AND name = ?2 RETURNING number")?;
    let mut numbers = Vec::with_capacity(keys.len());
    for key in keys {
        let mut rows = delete.query([key.product.as_str(), key.device.as_str()])?;
        let row = rows.next().map_err(|error| Fault::Delete(error, "bindings"))?;
        numbers.push(DeviceNumber(row.ok_or(Fault::Missing)?.get(0)?));
    }
    Ok(numbers)
}

fn sign_in_rows(connection: &Connection, sealer: &Sealer, each: &mut dyn FnMut(SignInRow)) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT number, product, name, secret, fingerprint, enabled, tags FROM devices ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let (mut count, mut identity) = (0, String::new());
    while let Some(row) = rows.next()? {
        let number = DeviceNumber(row.get("number")?);
        each(SignInRow {
            number,
            key: DeviceKey { product: rows::parsed(row, "product")?, device: rows::parsed(row, "name")? },
            secret: rows::device_secret(row, sealer, number, &mut identity)?,
            fingerprint: rows::fingerprint(row)?,
            enabled: row.get("enabled")?,
            tags: rows::tags(row)?,
        });
        count += 1;
    }
    Ok(count)
}

impl Devices for SqliteRegistry {
    fn create_devices(&self, devices: Vec<Device>) -> Answer<'_, Result<Vec<Device>, StoreError>> {
        self.write(move |transaction, sealer| create(transaction, sealer, devices))
    }

    fn delete_devices(&self, keys: Vec<DeviceKey>) -> Answer<'_, Result<Vec<DeviceNumber>, StoreError>> {
        self.write(move |transaction, _| delete(transaction, &keys))
    }

    fn update_device(&self, device: Device) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            change_one(
                transaction,
                "UPDATE devices SET enabled = ?3, tags = ?4 WHERE product = ?1 AND name = ?2",
                params![device.product.as_str(), device.name.as_str(), device.enabled, rows::tags_text(&device.tags)],
            )
        })
    }

    fn set_certificate(&self, key: DeviceKey, certificate: Certificate) -> Answer<'_, Result<(), StoreError>> {
        self.write(move |transaction, _| {
            change_one(
                transaction,
                "UPDATE devices SET pem = ?3, fingerprint = ?4 WHERE product = ?1 AND name = ?2",
                params![key.product.as_str(), key.device.as_str(), certificate.pem, certificate.fingerprint.0],
            )
        })
    }

    fn device(&self, key: DeviceKey) -> Answer<'_, Result<Option<Device>, StoreError>> {
        self.read(move |transaction, sealer| {
            find(
                transaction,
                "SELECT * FROM devices WHERE product = ?1 AND name = ?2",
                [key.product.as_str(), key.device.as_str()],
                |row| rows::device(row, sealer),
            )
        })
    }

    fn devices(&self, filter: DeviceFilter, slice: Slice) -> Answer<'_, Result<Listed<Device>, StoreError>> {
        self.read(move |transaction, sealer| list(transaction, sealer, &filter, slice))
    }

    fn tag_sets(&self, products: Vec<ProductId>) -> Answer<'_, Result<TagSets, StoreError>> {
        self.read(move |transaction, _| tag_sets(transaction, &products))
    }

    fn sign_in_rows(&self, mut each: Box<dyn FnMut(SignInRow) + Send>) -> Answer<'_, Result<u64, StoreError>> {
        self.read(move |transaction, sealer| sign_in_rows(transaction, sealer, &mut *each))
    }
}
