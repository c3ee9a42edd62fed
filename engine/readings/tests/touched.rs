//! How much a query looks at: every reading names its index, and these tests count what it opens.

use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::{
    Cursor, EventQuery, LogQuery, LogScope, Page, PropertyQuery, PropertyRow, Readings, Sieve, SummaryQuery, Touched,
};
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_readings::{ReadingsEngine, ReadingsOptions};

const START: u64 = 1_714_521_600_000;
const LAMP: DeviceNumber = DeviceNumber(7);
const REPORTS: u64 = 26_000;
/// One report in so many carries the rare property.
const RARE: u64 = 600;

/// One lamp among nineteen others, a report a second each, cut every now and then as under load.
struct Street {
    _folder: tempfile::TempDir,
    engine: Arc<ReadingsEngine>,
    next: u64,
}

impl Street {
    fn new(tail_bytes_max: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let options = ReadingsOptions { tail_bytes_max, ..ReadingsOptions::new(folder.path()) };
        let engine = ReadingsEngine::open(options).expect("open the store");
        Self { _folder: folder, engine, next: 1 }
    }

    fn apply(&mut self, committed: u64, records: &[Record<'_>]) {
        let mut batch = RecordBatch::default();
        for record in records {
            batch.push(record);
        }
        let block = Block { first: Lsn(self.next), time: UnixMillis(committed), batches: vec![batch] };
        self.next = block.last().0 + 1;
        self.engine.apply(&[Arc::new(block)]).expect("apply");
    }

    /// `REPORTS` of the lamp, and every tenth second one of another device.
    fn report_for_hours(&mut self) {
        for second in 0..REPORTS {
            let time = START + second * 1000;
            let rare = if second.is_multiple_of(RARE) { format!(r#","rare":{second}"#) } else { String::new() };
            let lamp = format!(r#"{{"method":"report","clientToken":"{second}","params":{{"power":{second}{rare}}}}}"#);
            let mut records = vec![report(LAMP, time, &lamp)];
            if second.is_multiple_of(10) {
                records.push(report(DeviceNumber(u32::try_from(second % 19).unwrap_or(0) + 20), time, &lamp));
            }
            self.apply(time + 300, &records);
        }
    }

    fn page(&self, property: &str, from: u64, to: u64, after: Option<Cursor>) -> Page<PropertyRow> {
        let times = UnixMillis(from)..=UnixMillis(to);
        let query = PropertyQuery { device: LAMP, property, times, after, limit: 100 };
        self.engine.property_history(&query).expect("property history")
    }
}

fn report(number: DeviceNumber, sample_time: u64, payload: &str) -> Record<'_> {
    Record {
        kind: RecordKind::PropertyReport,
        qos: 1,
        packet_id: 4,
        code: 0,
        number,
        product: ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits"),
        device: "lamp",
        sample_time: UnixMillis(sample_time),
        topic: "",
        note: "",
        payload: payload.as_bytes(),
    }
}

fn few(what: &str, rows: usize, touched: Touched) {
    assert!(touched.chunks <= rows as u64 + 4, "{what}: {rows} rows, {touched:?}");
}

/// Does a page of history open at most as many chunks as it has rows, and four, wherever it lies and however rare the
/// property is?
#[test]
fn history_pages_open_few_chunks() {
    // Small tails: many cuts, some of a few records only.
    for tail_bytes_max in [60_000, 64 << 20] {
        let mut street = Street::new(tail_bytes_max);
        street.report_for_hours();
        let end = START + REPORTS * 1000;
        let middle = START + REPORTS * 500;
        for (what, from, to) in [
            ("oldest", 0, u64::MAX),
            ("middle", middle, u64::MAX),
            ("newest", end - 100_000, end),
            ("one minute", middle, middle + 59_000),
        ] {
            let page = street.page("power", from, to, None);
            assert!(page.rows.len() >= 60);
            few(what, page.rows.len(), page.touched);
            assert!(page.touched.records <= 400, "{what}: {:?}", page.touched);
            let page = street.page("rare", from, to, None);
            few(what, page.rows.len(), page.touched);
        }
        let first = street.page("rare", 0, u64::MAX, None);
        assert_eq!(first.rows.len() as u64, REPORTS.div_ceil(RARE));
        let page = street.page("rare", middle, middle + 5 * RARE * 1000, None);
        assert_eq!(page.rows.len(), 5);
        few("five rare rows", 5, page.touched);
        let never = street.page("never", 0, u64::MAX, None);
        assert_eq!((never.rows.len(), never.touched.chunks), (0, 0));
        let outside = street.page("power", end + 1_000_000, u64::MAX, None);
        assert_eq!(outside.touched.chunks, 0);
    }
}

/// Does going on with a cursor cost no more than the first page?
#[test]
fn later_pages_cost_what_the_first_costs() {
    let mut street = Street::new(200_000);
    street.report_for_hours();
    let mut after = None;
    let mut rows = 0;
    for _ in 0..20 {
        let page = street.page("power", 0, u64::MAX, after);
        few("a later page", page.rows.len(), page.touched);
        assert!(page.touched.chunks <= 12, "full chunks hold dozens of rows: {:?}", page.touched);
        rows += page.rows.len();
        after = page.next;
    }
    assert_eq!(rows, 2000);
}

/// Do the content log and the diagnostics of a busy device open only the chunks of the page?
#[test]
fn log_pages_open_few_chunks() {
    let mut street = Street::new(200_000);
    for second in 0..REPORTS / 4 {
        let time = START + second * 1000;
        let payload = r#"{"method":"report","params":{"power":1}}"#;
        let ok = report(LAMP, time, payload);
        let refused = Record { code: 406, note: "check report data err", ..ok };
        street.apply(time, &[ok, refused]);
    }
    let product = ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits");
    for scope in [LogScope::Device(LAMP), LogScope::Diagnostics(product)] {
        let times = UnixMillis(START)..=UnixMillis(START + REPORTS * 125);
        let mut query = LogQuery { scope, kinds: Vec::new(), times, words: Vec::new(), after: None, limit: 50 };
        for _ in 0..5 {
            let page = street.engine.log(&query).expect("log");
            assert_eq!(page.rows.len(), 50);
            assert!(page.touched.chunks <= 8, "{scope:?}: {:?}", page.touched);
            query.after = page.next;
        }
        query.kinds = vec![RecordKind::EventPost, RecordKind::Connected];
        let page = street.engine.log(&query).expect("log");
        assert_eq!((page.rows.len(), page.touched.chunks), (0, 0), "kinds that never occurred open nothing");
    }
}

/// Does a search that finds little stop at its limit, and find everything when it goes on?
#[test]
fn a_long_search_goes_on_with_a_cursor() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let options = ReadingsOptions { search_records_max: 500, ..ReadingsOptions::new(folder.path()) };
    let engine = ReadingsEngine::open(options).expect("open the store");
    let mut street = Street { _folder: folder, engine, next: 1 };
    for second in 0..5000 {
        let payload = if second % 1000 == 3 { "the needle".to_owned() } else { format!("hay {second}") };
        street.apply(START + second, &[Record { kind: RecordKind::OtherUp, ..report(LAMP, START, &payload) }]);
    }
    let mut query = LogQuery {
        scope: LogScope::Device(LAMP),
        kinds: Vec::new(),
        times: UnixMillis(0)..=UnixMillis(u64::MAX),
        words: vec!["needle".to_owned()],
        after: None,
        limit: 10,
    };
    let (mut found, mut calls) = (Vec::new(), 0);
    loop {
        let page = street.engine.log(&query).expect("log");
        assert!(page.touched.records < 2000, "{:?}", page.touched);
        found.extend(page.rows.iter().map(|row| row.lsn.0));
        calls += 1;
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(found, [4004, 3004, 2004, 1004, 4]);
    assert!((5..=12).contains(&calls), "{calls}");
}

/// Does every page of a search get beyond the one before, where chunks of several kinds of messages reach over where it begins?
#[test]
fn a_search_with_a_small_bound_goes_on() {
    let mut street = Street::new(64 << 20);
    for second in 0..1500_u16 {
        let time = START + u64::from(second) * 1000;
        let payload = format!(r#"{{"method":"report","clientToken":"{second}","params":{{"power":1}}}}"#);
        let told = Record { kind: RecordKind::DownAcknowledged, packet_id: second + 1, ..report(LAMP, time, "") };
        street.apply(time, &[report(LAMP, time, &payload), told]);
    }
    let mut query = LogQuery {
        scope: LogScope::Device(LAMP),
        kinds: Vec::new(),
        times: UnixMillis(0)..=UnixMillis(u64::MAX),
        words: Vec::new(),
        after: None,
        limit: 256,
    };
    let place = |cursor: Cursor| (cursor.time, cursor.lsn, cursor.index);
    let mut found = Vec::new();
    loop {
        let wants = &mut |_: UnixMillis, record: &Record<'_>| record.payload.contains(&b'7');
        let page = street.engine.sifted_log(&query, Sieve { work_max: 32, wants }).expect("log");
        found.extend(page.rows.iter().map(|row| row.lsn.0));
        let Some(next) = page.next else { break };
        assert!(query.after.is_none_or(|after| place(next) < place(after)), "{:?} leads to {next:?}", query.after);
        query.after = Some(next);
    }
    let with_a_seven =
        (0..1500_u64).rev().filter(|second| second.to_string().contains('7')).map(|second| second * 2 + 1);
    assert_eq!(found, with_a_seven.collect::<Vec<_>>());
}

/// Is a summary whole and does it end, where the values of an hour came in no order, more of them than a page looks at?
#[test]
fn a_summary_of_values_in_no_order_goes_on() {
    const VALUES: u64 = 60_000;
    let mut street = Street::new(64 << 20);
    for block in 0..VALUES / 500 {
        let payload = |at: u64| format!(r#"{{"params":{{"level":{}}}}}"#, at % 90);
        let items: Vec<_> =
            (block * 500..(block + 1) * 500).map(|at| (START + at * 48_271 % VALUES * 60, payload(at))).collect();
        let kind = RecordKind::PackedProperties;
        let records: Vec<_> =
            items.iter().map(|(time, payload)| Record { kind, ..report(LAMP, *time, payload) }).collect();
        street.apply(START + 3_600_000 + block, &records);
    }
    let times = UnixMillis(START)..=UnixMillis(START + 3_600_000);
    let mut query = SummaryQuery { device: LAMP, property: "level", times, step: 60_000, after: None };
    let (mut counted, mut pages) = (0, 0);
    loop {
        let page = street.engine.property_summary(&query).expect("property summary");
        counted += page.rows.iter().map(|step| step.count).sum::<u64>();
        pages += 1;
        assert!(pages < 10, "{counted} values on {pages} pages, {:?}", page.touched);
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    assert_eq!(counted, VALUES);
    assert!(pages > 1, "the page is larger than what this test is about");
}

/// Does a page end earlier where records are large?
#[test]
fn large_records_cost_more_of_a_page() {
    let mut street = Street::new(64 << 20);
    let fill = "x".repeat(25_600);
    for second in 0..1500 {
        let time = START + second * 1000;
        let payload = format!(r#"{{"method":"report","params":{{"text":"{fill}","level":1}}}}"#);
        street.apply(time, &[report(LAMP, time, &payload)]);
    }
    let times = UnixMillis(START)..=UnixMillis(START + 1_500_000);
    let query = SummaryQuery { device: LAMP, property: "level", times, step: 60_000, after: None };
    let page = street.engine.property_summary(&query).expect("property summary");
    assert!(page.next.is_some() && page.touched.records < 600, "{:?}", page.touched);
}

/// Is nothing found in a range that ends before it begins, as one does that lies before all that is kept?
#[test]
fn nothing_is_between_an_end_and_a_later_beginning() {
    let mut street = Street::new(64 << 20);
    for minute in 0..30 {
        let time = START + minute * 60_000;
        street.apply(time, &[report(LAMP, time, r#"{"params":{"level":1}}"#)]);
    }
    let (early, late) = (START + 600_000, START + 1_200_000);
    assert_eq!(street.page("level", late, early, None).rows, []);
    let query = LogQuery {
        scope: LogScope::Device(LAMP),
        kinds: Vec::new(),
        times: UnixMillis(late)..=UnixMillis(early),
        words: Vec::new(),
        after: None,
        limit: 100,
    };
    assert_eq!(street.engine.log(&query).expect("log").rows, []);
    assert_eq!(street.page("level", early, late, None).rows.len(), 11);
}

/// Is the number of events read from the index, opening only chunks at the edges?
#[test]
fn event_totals_open_only_edge_chunks() {
    let mut street = Street::new(200_000);
    for second in 0..8000 {
        let time = START + second * 1000;
        let event = r#"{"method":"event_post","eventId":"status","type":"info","params":{"running":1}}"#;
        street.apply(time, &[Record { kind: RecordKind::EventPost, ..report(LAMP, time, event) }]);
    }
    let times = UnixMillis(START + 500_000)..=UnixMillis(START + 7_500_000);
    let query = EventQuery { device: LAMP, event: Some("status"), kind: None, times, after: None, limit: 10 };
    let found = street.engine.event_history(&query).expect("event history");
    assert_eq!(found.total, 7001);
    assert!(found.page.touched.chunks <= 10 + 4, "{:?}", found.page.touched);
}
