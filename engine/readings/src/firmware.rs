//! Which devices run which firmware: an index by product and version, so that a question costs what it finds.
//!
//! In memory only devices that ever named a version, about 60 bytes each; one row a device is kept on disk and read at
//! start. Applying a record again changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fjall::Keyspace;
use hashbrown::HashMap;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_ports::states::firmware_version;

use crate::activity::ActivityTable;
use crate::coding::{Reader, put_bytes};
use crate::fault::Fault;
use crate::payload;
use crate::state;

const VERSION: u8 = 1;

/// First byte of the keys of all rows. The key of this byte alone says that the index was made.
const KEYS: u8 = 8;

/// Devices of one product by version.
type Versions = BTreeMap<Arc<str>, BTreeSet<u32>>;

/// The index.
#[derive(Debug, Default)]
pub(crate) struct FirmwareTable {
    devices: HashMap<u32, (ProductId, Arc<str>)>,
    products: BTreeMap<ProductId, Versions>,
    /// Changed since they were last written.
    dirty: BTreeSet<u32>,
    /// The store is older than the index, or new: that it was made is still to be written.
    is_new: bool,
}

fn key(number: u32) -> [u8; 5] {
    let mut key = [KEYS; 5];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

impl FirmwareTable {
    /// Reads every row; makes them from the states of a store that is older than the index.
    pub(crate) fn load(disk: &Keyspace, activity: &ActivityTable) -> Result<Self, Fault> {
        let mut table = Self { is_new: !disk.contains_key([KEYS])?, ..Self::default() };
        if table.is_new {
            for row in disk.prefix(state::STATE_KEYS) {
                let (key, value) = row.into_inner()?;
                let found = state::State::decode(&value).ok_or(Fault::Damaged("device state"))?;
                let number = state::number(&key).ok_or(Fault::Damaged("device state"))?;
                let version = found.times().firmware;
                if let (Some(product), Some(version)) = (activity.product_of(number), version) {
                    table.set(number, product, &version);
                }
            }
            return Ok(table);
        }
        for row in disk.prefix([KEYS]) {
            let (key, value) = row.into_inner()?;
            let Some(number) = key.get(1..).filter(|number| !number.is_empty()) else { continue };
            let damaged = || Fault::Damaged("firmware of a device");
            let number = number.try_into().map(u32::from_be_bytes).map_err(|_| damaged())?;
            let (product, version) = decode(&value).ok_or_else(damaged)?;
            table.put(number, product, version);
        }
        Ok(table)
    }

    /// Applies one record of a device that is not forgotten.
    pub(crate) fn apply(&mut self, record: &Record<'_>) {
        if let Some(params) = payload::params(record.payload) {
            let version = firmware_version(params);
            self.set(record.number.0, record.product, version.as_deref().unwrap_or_default());
        }
    }

    /// Takes a deleted device out; gives the row to write.
    pub(crate) fn forget(&mut self, number: u32) -> Option<([u8; 5], Vec<u8>)> {
        let product = self.devices.get(&number)?.0;
        self.put(number, product, "");
        self.dirty.remove(&number);
        Some((key(number), encode(product, "")))
    }

    /// Devices of these products with this version, or with any; ascending.
    pub(crate) fn find(&self, products: &[ProductId], version: Option<&str>) -> Vec<DeviceNumber> {
        let mut numbers = Vec::new();
        for product in products {
            let Some(versions) = self.products.get(product) else { continue };
            match version {
                Some(version) => numbers.extend(versions.get(version).into_iter().flatten()),
                None => numbers.extend(versions.values().flatten()),
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(DeviceNumber).collect()
    }

    /// Rows to write, in order of their keys. They count as written from here on.
    pub(crate) fn take_rows(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows = Vec::with_capacity(self.dirty.len() + 1);
        if std::mem::take(&mut self.is_new) {
            rows.push((vec![KEYS], vec![VERSION]));
        }
        for number in std::mem::take(&mut self.dirty) {
            let row = self.devices.get(&number).map(|(product, version)| encode(*product, version));
            rows.extend(row.map(|row| (key(number).to_vec(), row)));
        }
        rows
    }

    /// Takes rows back that could not be written.
    pub(crate) fn give_back(&mut self, rows: &[(Vec<u8>, Vec<u8>)]) {
        for (key, _) in rows {
            match key.get(1..).and_then(|number| number.try_into().ok()) {
                Some(number) => drop(self.dirty.insert(u32::from_be_bytes(number))),
                None => self.is_new = true,
            }
        }
    }

    fn set(&mut self, number: u32, product: ProductId, version: &str) {
        let is_same = match self.devices.get(&number) {
            Some((_, known)) => &**known == version,
            None => version.is_empty(),
        };
        if !is_same {
            self.put(number, product, version);
            self.dirty.insert(number);
        }
    }

    /// An empty version is none: the device stays known for its row to say so.
    fn put(&mut self, number: u32, product: ProductId, version: &str) {
        let versions = self.products.entry(product).or_default();
        let shared = versions.get_key_value(version).map(|(shared, _)| Arc::clone(shared));
        let shared = shared.unwrap_or_else(|| version.into());
        if !version.is_empty() {
            versions.entry(Arc::clone(&shared)).or_default().insert(number);
        }
        let before = self.devices.insert(number, (product, shared));
        let Some((product, old)) = before.filter(|(_, old)| &**old != version) else { return };
        if let Some(versions) = self.products.get_mut(&product)
            && let Some(numbers) = versions.get_mut(&old)
        {
            numbers.remove(&number);
            if numbers.is_empty() {
                versions.remove(&old);
            }
        }
    }
}

fn encode(product: ProductId, version: &str) -> Vec<u8> {
    let mut row = vec![VERSION];
    put_bytes(&mut row, product.as_bytes());
    put_bytes(&mut row, version.as_bytes());
    row
}

fn decode(row: &[u8]) -> Option<(ProductId, &str)> {
    let mut reader = Reader::new(row);
    if reader.byte()? != VERSION {
        return None;
    }
    let product = ProductId::from_bytes(reader.bytes()?)?;
    Some((product, reader.text()?))
}

/// Does this record change which firmware its device runs?
#[inline]
pub(crate) fn concerns(record: &Record<'_>) -> bool {
    record.kind == RecordKind::DeviceInfo && record.code == 0 && record.number != DeviceNumber::NONE
}
