//! Expiry, restarts and the state that outlives history.

use std::path::Path;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::{PropertyQuery, Readings};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_ports::states::States;
use lianwu_readings::{ReadingsEngine, ReadingsOptions};

const MONDAY: u64 = 1_714_348_800_000;
const DAY: u64 = UnixMillis::DAY_MS;
const LAMP: DeviceNumber = DeviceNumber(7);

fn block(first: u64, committed: u64, reports: u64) -> Arc<Block> {
    let mut batch = RecordBatch::default();
    for at in 0..reports {
        let noise = (first + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let payload = format!(r#"{{"method":"report","clientToken":"{noise:x}","params":{{"power":{}}}}}"#, first + at);
        batch.push(&Record {
            kind: RecordKind::PropertyReport,
            qos: 0,
            packet_id: 0,
            code: 0,
            number: LAMP,
            product: ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits"),
            device: "lamp",
            sample_time: UnixMillis(committed - reports + at),
            topic: "",
            note: "",
            payload: payload.as_bytes(),
        });
    }
    Arc::new(Block { first: Lsn(first), time: UnixMillis(committed), batches: vec![batch] })
}

fn open(folder: &Path) -> Arc<ReadingsEngine> {
    ReadingsEngine::open(ReadingsOptions::new(folder)).expect("open the store")
}

fn rows(engine: &ReadingsEngine) -> usize {
    let times = UnixMillis(0)..=UnixMillis(u64::MAX);
    let query = PropertyQuery { device: LAMP, property: "power", times, after: None, limit: 1000 };
    engine.property_history(&query).expect("property history").rows.len()
}

/// Bytes of table files; the store's journal is laid out in advance and says nothing.
fn table_bytes(folder: &Path) -> u64 {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("an entry");
        let metadata = entry.metadata().expect("its length");
        if metadata.is_dir() {
            bytes += table_bytes(&entry.path());
        } else if folder.ends_with("tables") {
            bytes += metadata.len();
        }
    }
    bytes
}

/// Does expiry give the disk back, and leave the latest values as they were?
#[test]
fn expiry_frees_disk_and_keeps_the_state() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let engine = open(folder.path());
    for at in 0..200 {
        engine.apply(&[block(1 + at * 100, MONDAY + 1000 + at, 100)]).expect("apply");
    }
    engine.seal().expect("seal");
    engine.apply(&[block(20_001, MONDAY + 2 * DAY, 10)]).expect("apply");
    engine.seal().expect("seal");
    let (before, state) = (table_bytes(folder.path()), engine.device(LAMP).expect("state"));
    assert_eq!(rows(&engine), 1000);

    engine.expire(UnixMillis(MONDAY + DAY - 1)).expect("expire");
    assert_eq!(rows(&engine), 1000, "Monday is not over yet");
    engine.expire(UnixMillis(MONDAY + DAY)).expect("expire");
    assert_eq!(rows(&engine), 10);
    let after = table_bytes(folder.path());
    assert!(before > 400_000 && after * 10 < before, "{before} bytes before, {after} after");
    assert_eq!(engine.device(LAMP), Ok(state.clone()));
    drop(engine);

    let engine = open(folder.path());
    assert_eq!((engine.checkpoint(), rows(&engine)), (Lsn(20_010), 10));
    assert_eq!(engine.device(LAMP), Ok(state));
}

/// Is the checkpoint remembered when every partition has expired, and does a replay of expired days change nothing?
#[test]
fn the_checkpoint_outlives_all_partitions() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let engine = open(folder.path());
    engine.apply(&[block(1, MONDAY + 1000, 50)]).expect("apply");
    engine.expire(UnixMillis(MONDAY + 3 * DAY)).expect("expire");
    engine.apply(&[block(51, MONDAY + 2000, 50)]).expect("apply records of an expired day");
    drop(engine);

    let engine = open(folder.path());
    assert_eq!(engine.checkpoint(), Lsn(50));
    engine.apply(&[block(1, MONDAY + 1000, 50), block(51, MONDAY + 2000, 50)]).expect("replay");
    assert_eq!((engine.applied(), rows(&engine)), (Lsn(100), 0));
    let state = engine.device(LAMP).expect("state");
    assert_eq!(&*state.reported[0].value, "100", "the state follows the log even where history has expired");
    engine.seal().expect("seal");
    assert_eq!(engine.checkpoint(), Lsn(100));
}

/// Does a query made while tails are cut see every row exactly once?
#[test]
fn rows_are_seen_once_while_tails_are_cut() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = ReadingsOptions { tail_bytes_max: 40_000, ..ReadingsOptions::new(folder.path()) };
    let engine = ReadingsEngine::open(options).expect("open the store");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for at in 0..600 {
                engine.apply(&[block(1 + at * 100, MONDAY + 1000 + at * 100, 100)]).expect("apply");
            }
        });
        while !writer.is_finished() {
            let known = engine.applied().0;
            let from = UnixMillis((MONDAY + 900 + known).saturating_sub(900));
            let times = from..=UnixMillis(u64::MAX);
            let query = PropertyQuery { device: LAMP, property: "power", times, after: None, limit: 1000 };
            let page = engine.property_history(&query).expect("property history");
            let values: Vec<u64> = page.rows.iter().map(|row| row.value.parse().expect("a number")).collect();
            assert!(values.windows(2).all(|pair| pair[1] == pair[0] + 1), "gap or repetition in {values:?}");
            let reaches = values.last().is_some_and(|last| *last >= known) || values.len() == 1000 || known == 0;
            assert!(reaches, "applied {known}, seen {:?}", values.last());
        }
    });
    assert_eq!(engine.applied(), Lsn(60_000));
}

/// Is a forgotten device gone for good, also after a crash and a replay?
#[test]
fn a_forgotten_device_stays_forgotten() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let engine = open(folder.path());
    let report = block(1, MONDAY + 1000, 5);
    engine.apply(&[Arc::clone(&report)]).expect("apply");
    engine.forget(LAMP).expect("forget");
    drop(engine);

    let engine = open(folder.path());
    assert_eq!(engine.checkpoint(), Lsn(0));
    engine.apply(&[report]).expect("replay");
    engine.seal().expect("seal");
    assert!(engine.device(LAMP).expect("state").reported.is_empty());
    assert_eq!(rows(&engine), 5, "history goes with its day");
}

/// Is the index of versions made from the states of a store that is older than it, once?
#[test]
fn an_older_store_gets_its_index_of_versions() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let product = ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits");
    let mut batch = RecordBatch::default();
    let info = Record {
        kind: RecordKind::DeviceInfo,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: LAMP,
        product,
        device: "lamp",
        sample_time: UnixMillis(MONDAY),
        topic: "",
        note: "",
        payload: br#"{"method":"report_info","params":{"fw_ver":"1.0"}}"#,
    };
    batch.push(&info);
    batch.push(&Record { number: DeviceNumber(8), ..info });
    let block = Arc::new(Block { first: Lsn(1), time: UnixMillis(MONDAY), batches: vec![batch] });
    let engine = open(folder.path());
    engine.apply(&[block]).expect("apply");
    engine.seal().expect("seal");
    engine.forget(DeviceNumber(8)).expect("forget");
    drop(engine);
    let database = fjall::Database::builder(folder.path()).open().expect("open the store");
    let states = database.keyspace("states", fjall::KeyspaceCreateOptions::default).expect("states");
    let rows: Vec<_> = states.prefix([8]).map(|row| row.key().expect("a key").to_vec()).collect();
    assert_eq!(rows.len(), 3, "the index and two devices");
    for row in rows {
        states.remove(row).expect("remove");
    }
    drop((states, database));
    for _ in 0..2 {
        let engine = open(folder.path());
        assert_eq!(engine.with_firmware(&[product], Some("1.0")), Ok(vec![LAMP]));
        engine.apply(&[block_of_one(engine.applied().next().0)]).expect("apply");
        engine.seal().expect("seal");
    }
}

fn block_of_one(first: u64) -> Arc<Block> {
    block(first, MONDAY + first, 1)
}
