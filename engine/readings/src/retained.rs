//! Retained messages of accounts: the newest of each topic, on disk, and what has changed since it was written.
//!
//! The live copy is whoever delivers them; this one is read once, at start.

use std::collections::BTreeMap;

use fjall::Keyspace;
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::log::Lsn;
use lianwu_ports::record::account::Content;
use lianwu_ports::record::{PROPERTIES, RETAIN, Record};
use lianwu_ports::states::RetainedMessage;
use lianwu_ports::states::retained::retaining_account;

use crate::coding::{Reader, put, put_bytes};
use crate::fault::Fault;

const VERSION: u8 = 2;

/// Without properties.
const VERSION_1: u8 = 1;

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
    properties: Box<[u8]>,
}

impl RetainedTable {
    /// Notes the change a record makes, if it makes one.
    pub(crate) fn apply(&mut self, lsn: Lsn, record: &Record<'_>) {
        let Some(owner) = retaining_account(record) else { return };
        let (time, qos) = (record.sample_time, record.qos & !(RETAIN | PROPERTIES));
        let Content { properties, payload } = Content::of(record);
        let row = Row { lsn, time, qos, payload: payload.into(), properties: properties.into() };
        self.changed.insert(key(owner, record.topic), row);
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

    /// All retained messages, in order of account and topic. Rows of messages that were taken away are removed from disk: what
    /// took them away is behind the checkpoint or in `changed`. Nothing may be saved meanwhile.
    pub(crate) fn load(&self, disk: &Keyspace) -> Result<Vec<RetainedMessage>, Fault> {
        let (mut rows, mut gone) = (BTreeMap::new(), Vec::new());
        for guard in disk.prefix([KEYS]) {
            let (key, value) = guard.into_inner()?;
            let row = Row::decode(&value).ok_or(Fault::Damaged("a retained message"))?;
            if row.payload.is_empty() {
                gone.push(key.to_vec());
            } else {
                rows.insert(key.to_vec(), row);
            }
        }
        for key in gone {
            disk.remove(key)?;
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
    let Row { time, qos, payload, properties, .. } = row;
    Some(RetainedMessage { owner: Uin(u64::from_be_bytes(*owner)), topic, payload, properties, qos, time })
}

impl Row {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        put(&mut out, self.lsn.0);
        put(&mut out, self.time.0);
        out.push(self.qos);
        put_bytes(&mut out, &self.payload);
        put_bytes(&mut out, &self.properties);
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        if !matches!(version, VERSION | VERSION_1) {
            return None;
        }
        let (lsn, time) = (Lsn(reader.number()?), UnixMillis(reader.number()?));
        let (qos, payload) = (reader.byte()?, reader.bytes()?.into());
        let properties = if version == VERSION_1 { Box::default() } else { reader.bytes()?.into() };
        Some(Self { lsn, time, qos, payload, properties })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Does a row of the first version, without properties, still open?
    #[test]
    fn rows_of_both_versions_open() {
        let row =
            Row { lsn: Lsn(7), time: UnixMillis(9), qos: 1, payload: (*b"on").into(), properties: (*b"p").into() };
        let found = Row::decode(&row.encode()).unwrap();
        assert_eq!((&*found.payload, &*found.properties, found.qos), (&b"on"[..], &b"p"[..], 1));
        let mut first = vec![VERSION_1];
        put(&mut first, 7);
        put(&mut first, 9);
        first.push(1);
        put_bytes(&mut first, b"on");
        let found = Row::decode(&first).unwrap();
        assert_eq!((found.lsn, &*found.payload, found.properties.len()), (Lsn(7), &b"on"[..], 0));
        assert!(Row::decode(&[3, 0, 0]).is_none());
    }

    /// Is the row of a message that was taken away gone from disk after a start, and one that came since not?
    #[test]
    fn rows_of_messages_that_were_taken_away_go_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let database = fjall::Database::builder(folder.path()).open().unwrap();
        let disk = database.keyspace("states", fjall::KeyspaceCreateOptions::default).unwrap();
        let row = |payload: &[u8]| Row {
            lsn: Lsn(7),
            time: UnixMillis(9),
            qos: 1,
            payload: payload.into(),
            properties: Box::default(),
        };
        for (topic, payload) in [("gone", &b""[..]), ("back", b""), ("there", b"on")] {
            disk.insert(key(Uin(1), topic), row(payload).encode()).unwrap();
        }
        let mut table = RetainedTable::default();
        table.changed.insert(key(Uin(1), "back"), row(b"on"));
        let topics = |table: &RetainedTable| {
            let found = table.load(&disk).unwrap();
            found.into_iter().map(|message| message.topic.into_string()).collect::<Vec<_>>()
        };
        assert_eq!(topics(&table), ["back", "there"]);
        assert_eq!(disk.prefix([KEYS]).count(), 1, "only what is there takes a row");
        assert_eq!(topics(&table), ["back", "there"]);
    }
}
