//! On real files: is what was committed there after a restart, and can it be continued?

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use lianwu_log::{LogOptions, OpenError, SegmentLog};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::clock::ManualClock;
use lianwu_ports::log::{Committed, Log, LogHealth, Lsn, ReadError};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};

const NOON: UnixMillis = UnixMillis(20_780 * UnixMillis::DAY_MS + UnixMillis::DAY_MS / 2);

fn batch(payloads: &[&str]) -> RecordBatch {
    let mut batch = RecordBatch::default();
    for payload in payloads {
        batch.push(&Record {
            kind: RecordKind::PropertyReport,
            qos: 1,
            packet_id: 7,
            code: 0,
            number: DeviceNumber(1),
            product: "AB12CD34EF".parse().unwrap(),
            device: "lamp-1",
            sample_time: NOON,
            topic: "",
            note: "",
            payload: payload.as_bytes(),
        });
    }
    batch
}

fn open(directory: &std::path::Path, clock: &Arc<ManualClock>) -> Result<SegmentLog, OpenError> {
    let options = LogOptions { segment_bytes: 16 << 10, ring_bytes_max: 0, ..LogOptions::new(directory.join("log")) };
    SegmentLog::open(options, Arc::clone(clock) as _)
}

fn commit(log: &SegmentLog, payloads: &[&str]) -> Committed {
    let (sender, receiver) = mpsc::channel();
    log.submit(batch(payloads), Box::new(move |result| sender.send(result).unwrap())).unwrap();
    receiver.recv().unwrap().unwrap()
}

fn payloads(log: &SegmentLog) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = log.oldest();
    loop {
        let blocks = log.read(from, 1 << 12).unwrap();
        let Some(last) = blocks.last() else { return found };
        from = last.last().next();
        for record in blocks.iter().flat_map(|block| block.records()) {
            let (_, record) = record.unwrap();
            found.push(String::from_utf8(record.payload.to_vec()).unwrap());
        }
    }
}

/// Do records and numbers go on over restarts and segments?
#[test]
fn a_restart_continues_where_it_ended() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(NOON));
    let mut expected = Vec::new();
    for round in 0..5 {
        let log = open(directory.path(), &clock).unwrap();
        assert_eq!(log.health(), LogHealth::Accepting);
        assert_eq!(log.durable(), Lsn(expected.len() as u64));
        assert_eq!(payloads(&log), expected);
        for number in 0..100 {
            let text = format!("{round}/{number} {}", "x".repeat(number));
            let committed = commit(&log, &[&text, "second"]);
            assert_eq!(committed.first, Lsn(expected.len() as u64 + 1));
            expected.extend([text, "second".to_owned()]);
            assert_eq!(committed.last, Lsn(expected.len() as u64));
            assert_eq!(committed.time, NOON);
        }
        assert_eq!(payloads(&log), expected);
    }
}

/// Can two programs write the same log?
#[test]
fn the_directory_is_locked_while_the_log_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(NOON));
    let log = open(directory.path(), &clock).unwrap();
    assert!(matches!(open(directory.path(), &clock), Err(OpenError::InUse(_))));
    drop(log);
    open(directory.path(), &clock).unwrap();
}

/// Does a day's file go when its retention is over, and only then?
#[test]
fn a_day_expires_with_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(NOON));
    let log = open(directory.path(), &clock).unwrap();
    commit(&log, &["monday"]);
    let tuesday = NOON.plus(Duration::from_secs(86_400));
    clock.set(tuesday);
    commit(&log, &["tuesday"]);
    let end_of_monday = UnixMillis((NOON.day() + 1) * UnixMillis::DAY_MS);
    let kept_until = end_of_monday.plus(Duration::from_secs(3 * 86_400));
    assert_eq!(log.expire(kept_until, 3), 0);
    assert_eq!(payloads(&log), ["monday", "tuesday"]);
    assert!(log.expire(kept_until.plus(Duration::from_millis(1)), 3) > 0);
    assert_eq!(log.read(Lsn(1), 1), Err(ReadError::Expired { oldest: Lsn(2) }));
    assert_eq!(payloads(&log), ["tuesday"]);
    // The last file stays however old it is: it tells where the numbers go on.
    assert_eq!(log.expire(kept_until.plus(Duration::from_secs(86_400 * 400)), 3), 0);
    drop(log);
    let log = open(directory.path(), &clock).unwrap();
    assert_eq!((log.oldest(), log.durable()), (Lsn(2), Lsn(2)));
}
