//! How much the pages of the console look at in a log of 1,000,000 records: one store for all questions.
//!
//! A busy lamp wrote 400,000 of them; 20,000 other devices the rest, among them what a diagnostic log shows.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::{Cursor, EventQuery, LogQuery, LogScope, PropertyQuery, Readings, SummaryQuery, Touched};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_readings::{ReadingsEngine, ReadingsOptions};
use lianwu_services::logs::{LineKind, LogFilter, RECORDS_MAX, Source, search_in};

const START: u64 = 1_714_521_600_000;
const RECORDS: u64 = 1_000_000;
const PER_BLOCK: u64 = 1_000;
const LAMP: DeviceNumber = DeviceNumber(7);
const LAST: u64 = START + RECORDS * 40;

fn product() -> ProductId {
    ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits")
}

/// Record `at` of the log: 40 ms after the one before.
fn push(batch: &mut RecordBatch, at: u64, text: &mut String) {
    let (number, device) = match at % 5 {
        0 | 1 => (LAMP.0, "lamp"),
        _ => (u32::try_from(1_000 + at * 7 % 20_000).expect("small"), "street"),
    };
    text.clear();
    let (kind, code) = match at % 1_000 {
        // Every thousandth is the lamp's event, and another device's report that is refused.
        500 => (RecordKind::EventPost, 0),
        502 => (RecordKind::PropertyOther, 406),
        _ => (RecordKind::PropertyReport, 0),
    };
    let written = match kind {
        RecordKind::EventPost => {
            write!(
                text,
                r#"{{"method":"event_post","clientToken":"{at}","eventId":"low","type":"alert","params":{{"level":{}}}}}"#,
                at % 90
            )
        }
        _ => write!(
            text,
            r#"{{"method":"report","clientToken":"{at}","params":{{"power":{},"level":{}}}}}"#,
            at % 2,
            at % 90
        ),
    };
    written.expect("a text takes everything");
    batch.push(&Record {
        kind,
        qos: 0,
        packet_id: 0,
        code,
        number: DeviceNumber(number),
        product: product(),
        device,
        sample_time: UnixMillis(START + at * 40),
        topic: "",
        note: if code == 0 { "" } else { "check report data err: no" },
        payload: text.as_bytes(),
    });
}

fn street() -> (tempfile::TempDir, Arc<ReadingsEngine>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let engine = ReadingsEngine::open(ReadingsOptions::new(folder.path())).expect("open the store");
    let mut text = String::new();
    for block in 0..RECORDS / PER_BLOCK {
        let mut batch = RecordBatch::default();
        for at in block * PER_BLOCK..(block + 1) * PER_BLOCK {
            push(&mut batch, at, &mut text);
        }
        let time = UnixMillis(START + (block + 1) * PER_BLOCK * 40);
        let block = Block { first: Lsn(block * PER_BLOCK + 1), time, batches: vec![batch] };
        engine.apply(&[Arc::new(block)]).expect("apply");
    }
    (folder, engine)
}

const TRACKER: DeviceNumber = DeviceNumber(9);
const VALUES: u64 = 100_000;
const HOUR_MS: u64 = 3_600_000;
/// When the tracker was back.
const BACK: u64 = START + 72 * HOUR_MS;

/// A device that was offline for three days and has sent all of it since, packed: values 2.6 s apart, an event with every tenth.
fn tracker() -> (tempfile::TempDir, Arc<ReadingsEngine>) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let engine = ReadingsEngine::open(ReadingsOptions::new(folder.path())).expect("open the store");
    let (mut lsn, mut at) = (1, 0);
    while at < VALUES {
        let mut batch = RecordBatch::default();
        for at in at..at + PER_BLOCK {
            let sample_time = UnixMillis(START + at * 72 * HOUR_MS / VALUES);
            let values = format!(r#"{{"params":{{"level":{}}}}}"#, at % 90);
            let event = format!(r#"{{"eventId":"low","type":"alert","params":{{"level":{}}}}}"#, at % 90);
            let mut push = |kind, text: &str| {
                let (payload, product) = (text.as_bytes(), product());
                let (number, device, topic, note) = (TRACKER, "tracker", "", "");
                let (qos, packet_id, code) = (0, 0, 0);
                batch.push(&Record {
                    kind,
                    qos,
                    packet_id,
                    code,
                    number,
                    product,
                    device,
                    sample_time,
                    topic,
                    note,
                    payload,
                });
            };
            push(RecordKind::PackedProperties, &values);
            if at % 10 == 0 {
                push(RecordKind::PackedEvent, &event);
            }
        }
        at += PER_BLOCK;
        let block = Block { first: Lsn(lsn), time: UnixMillis(BACK + at), batches: vec![batch] };
        lsn += PER_BLOCK + PER_BLOCK / 10;
        engine.apply(&[Arc::new(block)]).expect("apply");
    }
    (folder, engine)
}

/// A page of 50 or 100 rows of packed history: a chunk holds some hundred of its short records.
fn few_packed(what: &str, touched: Touched) {
    assert!(touched.chunks <= 4 && touched.records <= 1_000 && touched.entries <= 200, "{what}: {touched:?}");
}

/// A page of 50 or 100 rows: a chunk holds dozens of records of one device.
fn few(what: &str, touched: Touched) {
    assert!(touched.chunks <= 60 && touched.records <= 400 && touched.entries <= 500, "{what}: {touched:?}");
}

fn everything() -> RangeInclusive<UnixMillis> {
    UnixMillis(0)..=UnixMillis(u64::MAX)
}

/// `ListDeviceLog`, `ListLog` and `ListLogPayload`: newest pages, pages further back, and pages in the middle.
fn lines(engine: &ReadingsEngine) {
    let page = |source: &Source, filter: &LogFilter, after: Option<Cursor>| {
        search_in(engine, std::slice::from_ref(source), filter, after, 50, RECORDS_MAX).expect("search")
    };
    let half = UnixMillis(0)..=UnixMillis(START + RECORDS * 20);
    let refused = LogFilter { kinds: vec![LineKind::Diagnostic], ..LogFilter::new(everything()) };
    for (what, source, filter) in [
        ("lines of the lamp", Source::Device(LAMP), LogFilter::new(everything())),
        ("lines of the lamp, from the middle", Source::Device(LAMP), LogFilter::new(half.clone())),
        ("lines of a quiet device", Source::Device(DeviceNumber(1_014)), LogFilter::new(everything())),
        ("diagnostic lines of the product", Source::Product(product()), refused),
        ("diagnostic lines, from the middle", Source::Product(product()), LogFilter::new(half)),
    ] {
        let mut after = None;
        for page_number in 0..5 {
            let found = page(&source, &filter, after);
            few(&format!("{what}, page {page_number}"), found.touched);
            after = found.next;
            if after.is_none() {
                break;
            }
            assert_eq!(found.lines.len(), 50, "{what}");
        }
    }
    let status = LogFilter { kinds: vec![LineKind::Status], ..LogFilter::new(everything()) };
    let never = page(&Source::Device(LAMP), &status, None);
    assert_eq!((never.lines.len(), never.next, never.touched.records), (0, None, 0));
}

/// A word that is nowhere in 400,000 records: each call ends at its bound with a context, further on than the one before.
fn a_word_that_is_nowhere(engine: &ReadingsEngine) {
    const BOUND: u64 = 10_000;
    let nowhere = LogFilter { words: vec!["no such word".to_owned()], ..LogFilter::new(everything()) };
    let mut after = None;
    for _ in 0..4 {
        let found = search_in(engine, &[Source::Device(LAMP)], &nowhere, after, 50, BOUND).expect("search");
        assert!(found.lines.is_empty());
        assert!((BOUND..BOUND + 1_000).contains(&found.touched.records), "{:?}", found.touched);
        // A chunk is opened once, and the index is walked once: from an hour before the place to go on at.
        assert!(found.touched.chunks <= 150 && found.touched.entries <= 1_000, "{:?}", found.touched);
        let next = found.next.expect("there is more");
        let is_further =
            |cursor: Cursor| next.time < cursor.time || (next.time == cursor.time && next.lsn < cursor.lsn);
        assert!(after.is_none_or(is_further), "{after:?} then {next:?}");
        after = Some(next);
    }
}

/// The same question to the store itself, as searches ask it that look for somebody's name: it ends by itself, too.
fn a_question_ends(engine: &ReadingsEngine) {
    let (scope, words) = (LogScope::Device(LAMP), vec!["no such word".to_owned()]);
    let query = LogQuery { scope, kinds: Vec::new(), times: everything(), words, after: None, limit: 50 };
    let page = engine.log(&query).expect("log");
    assert!((40_000..41_000).contains(&page.touched.records), "{:?}", page.touched);
    assert!(page.rows.is_empty() && page.next.is_some());
}

/// `DescribeDeviceDataHistory`: the oldest page, one in the middle, and what follows it.
fn property_history(engine: &ReadingsEngine) {
    let middle = START + RECORDS * 20;
    for (what, from, to) in [("oldest", 0, u64::MAX), ("middle", middle, u64::MAX), ("newest", LAST - 60_000, u64::MAX)]
    {
        let mut after = None;
        for _ in 0..3 {
            let times = UnixMillis(from)..=UnixMillis(to);
            let query = PropertyQuery { device: LAMP, property: "level", times, after, limit: 100 };
            let page = engine.property_history(&query).expect("property history");
            few(what, page.touched);
            assert_eq!(page.rows.len(), 100, "{what}");
            after = page.next;
            assert!(after.is_some(), "{what}");
        }
    }
}

/// `DescribeDeviceDataSummary`: all values of a window in some 500 steps, no call without bound.
fn summary(engine: &ReadingsEngine, times: &RangeInclusive<UnixMillis>, values: u64) {
    let step = (times.end().0 - times.start().0) / 500;
    let (mut counted, mut steps, mut after) = (0, 0, None);
    loop {
        let query = SummaryQuery { device: TRACKER, property: "level", times: times.clone(), step, after };
        let page = engine.property_summary(&query).expect("property summary");
        assert!(page.touched.records <= 52_000, "{:?}", page.touched);
        assert!(page.rows.iter().all(|step| step.lowest <= step.highest && step.count > 0));
        counted += page.rows.iter().map(|step| step.count).sum::<u64>();
        steps += page.rows.len();
        after = page.next;
        if after.is_none() {
            break;
        }
        assert!(page.touched.records >= 50_000, "a page ended early: {:?}", page.touched);
    }
    assert!(counted.abs_diff(values) <= 1, "{counted} of {values}");
    assert!((500..=510).contains(&steps), "{steps}");
}

/// `ListEventHistory`: a page and the exact total, read from the index.
fn event_history(engine: &ReadingsEngine) {
    for times in [everything(), UnixMillis(START + 10_000_000)..=UnixMillis(START + 30_000_000)] {
        let query = EventQuery { device: LAMP, event: Some("low"), kind: Some("alert"), times, after: None, limit: 50 };
        let found = engine.event_history(&query).expect("event history");
        assert!(found.total == 1_000 || found.total == 500, "{}", found.total);
        few("events", found.page.touched);
    }
}

/// `DescribeDeviceDiagnosis`: the newest records of each sort.
fn diagnosis(engine: &ReadingsEngine) {
    for (kinds, limit) in
        [(vec![RecordKind::Connected, RecordKind::Disconnected], 500), (vec![RecordKind::PropertyReport], 500)]
    {
        let scope = LogScope::Device(LAMP);
        let query = LogQuery { scope, kinds, times: everything(), words: Vec::new(), after: None, limit };
        let page = engine.log(&query).expect("log");
        assert!(page.touched.records <= 2 * limit as u64, "{:?}", page.touched);
    }
}

/// Does every page of a log of a million records look at what it shows, wherever it lies?
#[test]
fn pages_of_a_million_records_cost_what_they_show() {
    let (_folder, engine) = street();
    lines(&engine);
    a_word_that_is_nowhere(&engine);
    a_question_ends(&engine);
    property_history(&engine);
    event_history(&engine);
    diagnosis(&engine);
}

/// Does every window that the pages of values and events offer cost what it shows, in a history of 100,000 values and 10,000 events that came at once?
#[test]
fn windows_of_a_packed_history_cost_what_they_show() {
    let (_folder, engine) = tracker();
    for minutes in [30, 60, 360, 24 * 60, 72 * 60] {
        let times = UnixMillis(BACK - minutes * 60_000)..=UnixMillis(BACK);
        let values = VALUES * minutes / (72 * 60);
        let mut after = None;
        // As many pages as a chart asks for.
        for page_number in 0..30.min(values / 100) {
            let query = PropertyQuery { device: TRACKER, property: "level", times: times.clone(), after, limit: 100 };
            let page = engine.property_history(&query).expect("property history");
            few_packed(&format!("values of {minutes} minutes, page {page_number}"), page.touched);
            assert_eq!(page.rows.len(), 100);
            assert!(page.rows.iter().all(|row| times.contains(&row.time)));
            after = page.next;
        }
        summary(&engine, &times, values);
        for kind in [None, Some("alert")] {
            let query = EventQuery { device: TRACKER, event: None, kind, times: times.clone(), after: None, limit: 50 };
            let found = engine.event_history(&query).expect("event history");
            few_packed(&format!("events of {minutes} minutes"), found.page.touched);
            assert_eq!(found.page.rows.len(), 50);
            assert!(found.total.abs_diff(values / 10) <= 1, "{minutes} minutes: {}", found.total);
        }
    }
}
