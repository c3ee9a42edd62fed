//! Messages that waited for a backend, read back from the log by their numbers.

use std::collections::HashMap;

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};
use lianwu_ports::log::{Log, Lsn, ReadError};
use lianwu_ports::record::account::{AccountEvent, AccountLine, Content};
use lianwu_ports::record::{Record, RecordKind};

use crate::presence::{self, Change};
use crate::replay::write_canonical;

/// Bytes of blocks taken from the log at once: messages that wait often stand close together.
const STEP_BYTES: usize = 64 << 10;

/// One message as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedPublish {
    pub topic: Box<str>,
    pub payload: Box<[u8]>,
    /// As they stand in an MQTT 5 packet.
    pub properties: Box<[u8]>,
    /// When it arrived, for an account's message.
    pub time: UnixMillis,
    /// The device it is about; `None` for a message of the account.
    pub device: Option<(ProductId, Box<str>, DeviceNumber)>,
}

/// The messages at these positions. One that is missing has expired.
///
/// # Errors
/// When the log cannot be read.
pub fn messages(log: &dyn Log, positions: &[Lsn]) -> Result<HashMap<Lsn, LoggedPublish>, ReadError> {
    let mut wanted = positions.to_vec();
    wanted.sort_unstable();
    let mut found = HashMap::with_capacity(wanted.len());
    let mut rest = wanted.as_slice();
    while let Some(&first) = rest.first() {
        let blocks = match log.read(first, STEP_BYTES) {
            Ok(blocks) => blocks,
            Err(ReadError::Expired { oldest }) if oldest > first => {
                rest = &rest[rest.partition_point(|position| *position < oldest)..];
                continue;
            }
            Err(error) => return Err(error),
        };
        for block in &blocks {
            let Some(next) = rest.first() else { break };
            if block.last() < *next {
                continue;
            }
            for entry in block.records() {
                let (lsn, record) = entry.map_err(|error| ReadError::Failed(error.to_string()))?;
                while rest.first().is_some_and(|position| *position <= lsn) {
                    if rest[0] == lsn {
                        found.insert(lsn, publish(&record));
                    }
                    rest = &rest[1..];
                }
            }
        }
        if rest.first() == Some(&first) {
            // Not durable, so nobody was told that it was taken.
            rest = &rest[1..];
        }
    }
    Ok(found)
}

fn publish(record: &Record<'_>) -> LoggedPublish {
    let is_of_account = record.kind.is_of_account();
    let device = (!is_of_account).then(|| (record.product, record.device.into(), record.number));
    if let Some((topic, payload)) = presence(record) {
        let (topic, payload, properties) = (topic.into(), payload.into(), Box::default());
        return LoggedPublish { topic, payload, properties, time: record.sample_time, device };
    }
    let Content { properties, payload } = Content::of(record);
    let mut topic = record.topic.to_owned();
    if topic.is_empty() {
        write_canonical(record, &mut topic);
    }
    let (topic, payload, properties) = (topic.into(), payload.into(), properties.into());
    LoggedPublish { topic, payload, properties, time: record.sample_time, device }
}

/// Who came or went: such a message is not stored, the record of the connection says it.
fn presence(record: &Record<'_>) -> Option<(String, Vec<u8>)> {
    let change = |is_online, why| if is_online { Change::Online } else { Change::Offline(why) };
    let time = record.sample_time;
    match record.kind {
        RecordKind::Connected | RecordKind::Disconnected => {
            let change = change(record.kind == RecordKind::Connected, record.note);
            let body = presence::of_device(record.product, record.device, change, time);
            Some((presence::device_topic(record.product, record.device), body))
        }
        RecordKind::AccountEvent => {
            let line = AccountLine::of(record)?;
            let uin = line.facts.split(',').find_map(|fact| fact.strip_prefix("uin:"))?.parse().ok()?;
            let change = change(line.event == AccountEvent::Connected, line.why);
            let body = presence::of_backend(line.client_id, Uin(uin), change, time);
            Some((presence::backend_topic(line.client_id), body))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lianwu_ports::clock::{Clock as _, ManualClock};
    use lianwu_ports::log::memory::MemoryLog;
    use lianwu_ports::record::RecordBatch;

    use super::*;

    const NOON: UnixMillis = UnixMillis(1_714_564_800_000);

    fn record<'a>(kind: RecordKind, payload: &'a [u8]) -> Record<'a> {
        Record {
            kind,
            qos: 1,
            packet_id: 0,
            code: 0,
            number: DeviceNumber(4),
            product: "LAMP000001".parse().unwrap(),
            device: "lamp-1",
            sample_time: NOON,
            topic: "",
            note: "",
            payload,
        }
    }

    /// Are messages found again wherever they stand, in any order, with the topic their kind leaves out?
    #[test]
    fn messages_are_found_by_their_positions() {
        let log = MemoryLog::new(Arc::new(ManualClock::at(NOON)));
        let owner = Uin(100_000_000_001).to_string();
        let (flag, joined) = Content { properties: b"props", payload: b"of the account" }.encode();
        for number in 0..10 {
            let mut batch = RecordBatch::default();
            let text = format!("report {number}");
            batch.push(&record(RecordKind::PropertyReport, text.as_bytes()));
            batch.push(&Record {
                qos: 1 | flag,
                number: DeviceNumber::NONE,
                product: ProductId::ACCOUNT,
                topic: "plant/1",
                note: &owner,
                ..record(RecordKind::AccountMessage, &joined)
            });
            log.submit(batch, Box::new(drop)).unwrap();
        }
        log.wait(Lsn(19), std::time::Duration::from_secs(10));
        let found = messages(&log, &[Lsn(19), Lsn(3), Lsn(4), Lsn(99)]).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(&*found[&Lsn(19)].payload, b"report 9");
        assert_eq!(&*found[&Lsn(3)].topic, "$thing/up/property/LAMP000001/lamp-1");
        assert_eq!(found[&Lsn(3)].device, Some(("LAMP000001".parse().unwrap(), "lamp-1".into(), DeviceNumber(4))));
        let account = &found[&Lsn(4)];
        assert_eq!(
            (&*account.topic, &*account.payload, &*account.properties),
            ("plant/1", &b"of the account"[..], &b"props"[..])
        );
        assert_eq!(account.device, None);
    }

    /// Is what retention took missing, and the rest found?
    #[test]
    fn expired_messages_are_missing() {
        let clock = Arc::new(ManualClock::at(NOON));
        let log = MemoryLog::new(clock.clone());
        for (number, text) in [(1, "old"), (2, "new")] {
            let mut batch = RecordBatch::default();
            batch.push(&record(RecordKind::PropertyReport, text.as_bytes()));
            log.submit(batch, Box::new(drop)).unwrap();
            log.wait(Lsn(number - 1), std::time::Duration::from_secs(10));
            clock.set(UnixMillis(NOON.0 + 10 * UnixMillis::DAY_MS));
        }
        assert!(log.expire(clock.now(), 3) > 0);
        let found = messages(&log, &[Lsn(1), Lsn(2)]).unwrap();
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [Lsn(2)]);
    }
}
