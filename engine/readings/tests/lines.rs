//! How much a search for log lines looks at: pages of lines cost what their records cost, wherever they lie.

use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::{Cursor, Readings};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_readings::{ReadingsEngine, ReadingsOptions};
use lianwu_services::logs::{LineKind, LogFilter, LogPage, Source, search_in};

const START: u64 = 1_714_521_600_000;
const LAMP: DeviceNumber = DeviceNumber(7);
const REPORTS: u64 = 8_000;

fn product() -> ProductId {
    ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits")
}

/// A lamp that signed in once and reported for hours, each hundredth time badly, cut often.
fn street() -> (tempfile::TempDir, Arc<ReadingsEngine>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = ReadingsOptions { tail_bytes_max: 100_000, ..ReadingsOptions::new(folder.path()) };
    let engine = ReadingsEngine::open(options).expect("open the store");
    for second in 0..REPORTS {
        let payload = format!(r#"{{"method":"report","clientToken":"t{second}","params":{{"power":1}}}}"#);
        let (kind, code) = match second {
            0 => (RecordKind::Connected, 0),
            second if second % 100 == 0 => (RecordKind::PropertyOther, 406),
            _ => (RecordKind::PropertyReport, 0),
        };
        let mut batch = RecordBatch::default();
        batch.push(&Record {
            kind,
            qos: 0,
            packet_id: 0,
            code,
            number: LAMP,
            product: product(),
            device: "lamp",
            sample_time: UnixMillis(START + second * 1000),
            topic: "",
            note: if code == 0 { "" } else { "check report data err: no" },
            payload: payload.as_bytes(),
        });
        let block = Block { first: Lsn(second + 1), time: UnixMillis(START + second * 1000), batches: vec![batch] };
        engine.apply(&[Arc::new(block)]).expect("apply");
    }
    (folder, engine)
}

fn page(engine: &ReadingsEngine, source: &Source, filter: &LogFilter, after: Option<Cursor>, max: u64) -> LogPage {
    search_in(engine, std::slice::from_ref(source), filter, after, 50, max).expect("search")
}

fn all() -> LogFilter {
    LogFilter::new(UnixMillis(0)..=UnixMillis(u64::MAX))
}

/// Does a page of lines of a device open few chunks, and the twentieth no more than the first?
#[test]
fn pages_of_lines_open_few_chunks() {
    let (_folder, engine) = street();
    let mut after = None;
    for _ in 0..20 {
        let found = page(&engine, &Source::Device(LAMP), &all(), after, u64::MAX);
        assert_eq!(found.lines.len(), 50);
        assert!(found.touched.chunks <= 8 && found.touched.records <= 800, "{:?}", found.touched);
        after = found.next;
    }
}

/// Are lines of rare kinds found without walking the messages?
#[test]
fn rare_lines_are_found_through_their_own_index() {
    let (_folder, engine) = street();
    let status = LogFilter { kinds: vec![LineKind::Status], ..all() };
    let found = page(&engine, &Source::Device(LAMP), &status, None, u64::MAX);
    assert_eq!((found.lines.len(), found.next), (1, None));
    assert!(found.touched.chunks <= 1 && found.touched.records <= 2, "{:?}", found.touched);
    let diagnostic = LogFilter { kinds: vec![LineKind::Diagnostic], ..all() };
    let found = page(&engine, &Source::Product(product()), &diagnostic, None, u64::MAX);
    assert_eq!(found.lines.len(), 50, "of a whole product, out of 80 records");
    assert!(found.touched.chunks <= 24 && found.touched.records <= 80, "{:?}", found.touched);
}

/// Does a search that finds nothing stop at its bound, go on with a cursor, and end?
#[test]
fn a_search_for_what_is_not_there_is_bounded() {
    let (_folder, engine) = street();
    let nothing = LogFilter { words: vec!["no such word".to_owned()], ..all() };
    let (mut after, mut calls, mut read) = (None, 0, 0);
    loop {
        let found = page(&engine, &Source::Device(LAMP), &nothing, after, 1_000);
        assert_eq!(found.lines, []);
        assert!(found.touched.records < 3_000, "{:?}", found.touched);
        read += found.touched.records;
        calls += 1;
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert!((4..=12).contains(&calls) && (REPORTS..2 * REPORTS).contains(&read), "{calls} calls read {read} records");
}
