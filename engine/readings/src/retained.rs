//! Retained messages of accounts: the newest of each topic, on disk, and what has changed since it was written.
//!
//! The live copy is whoever delivers them; this one is read once, at start.

use std::collections::BTreeMap;

use fjall::Keyspace;
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::record::{RETAIN, Record};
use lianwu_ports::states::RetainedMessage;
use lianwu_ports::states::retained::retaining_account;

use crate::coding::{Reader, put, put_bytes};
use crate::fault::Fault;

const VERSION: u8 = 1;

/// First byte of the keys of all rows; account and topic follow.
const KEYS: u8 = 4;

/// Changes since the last save, by key.
#[derive(Debug, Default)]
pub(crate) struct RetainedTable {
    changed: BTreeMap<Vec<u8>, Row>,
}

#[derive(Clone, Debug)]
struct Row {
    lsn: Lsn,
    time: UnixMillis,
    qos: u8,
    payload: Box<[u8]>,
}

impl RetainedTable {
    /// Notes the change a record makes, if it makes one.
    pub(crate) fn apply(&mut self, lsn: Lsn, record: &Record<'_>) {
        let Some(owner) = retaining_account(record) else { return };
        let (time, qos) = (record.sample_time, record.qos & !RETAIN);
        self.changed.insert(key(owner, record.topic), Row { lsn, time, qos, payload: record.payload.into() });
    }

    /// Rows to be written, in order of their keys.
    pub(crate) fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.changed.iter().map(|(key, row)| (key.clone(), row.encode())).collect()
    }

    /// Everything up to `lsn` is on disk.
    pub(crate) fn saved(&mut self, lsn: Lsn) {
        self.changed.retain(|_, row| row.lsn > lsn);
    }

    /// Last change in it.
    pub(crate) fn last(&self) -> Lsn {
        self.changed.values().map(|row| row.lsn).max().unwrap_or_default()
    }

    /// All retained messages, in order of account and topic.
    pub(crate) fn load(&self, disk: &Keyspace) -> Result<Vec<RetainedMessage>, Fault> {
        let mut rows = BTreeMap::new();
        for guard in disk.prefix([KEYS]) {
            let (key, value) = guard.into_inner()?;
            rows.insert(key.to_vec(), Row::decode(&value).ok_or(Fault::Damaged("a retained message"))?);
        }
        rows.extend(self.changed.iter().map(|(key, row)| (key.clone(), row.clone())));
        let messages = rows.into_iter().filter(|(_, row)| !row.payload.is_empty());
        messages.map(|(key, row)| message(&key, row).ok_or(Fault::Damaged("a retained message"))).collect()
    }
}

fn key(owner: Uin, topic: &str) -> Vec<u8> {
    let mut key = vec![KEYS];
    key.extend_from_slice(&owner.0.to_be_bytes());
    key.extend_from_slice(topic.as_bytes());
    key
}

fn message(key: &[u8], row: Row) -> Option<RetainedMessage> {
    let (owner, topic) = key.get(1..)?.split_first_chunk::<8>()?;
    let topic = std::str::from_utf8(topic).ok()?.into();
    let Row { time, qos, payload, .. } = row;
    Some(RetainedMessage { owner: Uin(u64::from_be_bytes(*owner)), topic, payload, qos, time })
}

impl Row {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put(&mut out, self.lsn.0);
        put(&mut out, self.time.0);
        out.push(self.qos);
        put_bytes(&mut out, &self.payload);
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let (lsn, time) = (Lsn(reader.number()?), UnixMillis(reader.number()?));
        Some(Self { lsn, time, qos: reader.byte()?, payload: reader.bytes()?.into() })
    }
}
