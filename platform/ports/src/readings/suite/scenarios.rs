//! Single questions, answers written out.

use std::sync::Arc;

use lianwu_model::{DeviceNumber, ProductId, Uin, UnixMillis};

use super::{LAMP, Subject, always, times};
use crate::log::{Block, Lsn};
use crate::readings::{EventQuery, LogQuery, LogScope, PropertyQuery, Summary, SummaryQuery};
use crate::record::account::{AccountEvent, AccountLine, Content};
use crate::record::{RETAIN, Record, RecordBatch, RecordKind};
use crate::states::backend_session::{Change, Changes, Queued, queued};
use crate::states::{Day, SessionNumber};

const NOON: u64 = 1_714_564_800_000;

fn product() -> ProductId {
    ProductId::from_bytes(b"AB12CD34EF").expect("ten upper-case letters and digits")
}

fn record(kind: RecordKind, sample_time: u64, payload: &str) -> Record<'_> {
    Record {
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: LAMP,
        product: product(),
        device: "lamp",
        sample_time: UnixMillis(sample_time),
        topic: "",
        note: "",
        payload: payload.as_bytes(),
    }
}

fn block(first: u64, time: u64, records: &[Record<'_>]) -> Arc<Block> {
    let mut batch = RecordBatch::default();
    for record in records {
        batch.push(record);
    }
    Arc::new(Block { first: Lsn(first), time: UnixMillis(time), batches: vec![batch] })
}

fn values(subject: &dyn Subject, property: &str, from: u64, to: u64) -> Vec<(u64, String)> {
    let query = PropertyQuery { device: LAMP, property, times: times(from, to), after: None, limit: 100 };
    let page = subject.readings().property_history(&query).expect("property history");
    page.rows.into_iter().map(|row| (row.time.0, row.value.into_string())).collect()
}

/// Does a sample stand where it was measured, whenever it came?
pub fn late_samples_stand_at_their_sample_time(subject: &mut dyn Subject) {
    let report = |time, payload| record(RecordKind::PropertyReport, time, payload);
    let day = UnixMillis::DAY_MS;
    let records = [
        report(NOON, r#"{"params":{"power":1}}"#),
        report(NOON - day, r#"{"params":{"power":0,"color":"red"}}"#),
        report(NOON + 1000, r#"{"params":{"power":2}}"#),
        report(NOON - 5000, r#"{"params":{"color":"blue"}}"#),
    ];
    subject.readings().apply(&[block(1, NOON + 2000, &records)]).expect("apply");
    for _ in 0..2 {
        let all = [(NOON - day, "0".to_owned()), (NOON, "1".to_owned()), (NOON + 1000, "2".to_owned())];
        assert_eq!(values(subject, "power", 0, u64::MAX), all);
        assert_eq!(values(subject, "power", NOON - day, NOON), all[..2], "both ends belong to the range");
        assert_eq!(values(subject, "color", NOON - 5000, NOON), [(NOON - 5000, "\"blue\"".to_owned())]);
        assert_eq!(values(subject, "power", NOON, NOON - 1), []);
        subject.readings().seal().expect("seal");
    }
}

/// Do steps of time hold what was measured in them, whenever it came, and nothing that is no number?
pub fn steps_hold_what_was_measured_in_them(subject: &mut dyn Subject) {
    let report = |time, payload| record(RecordKind::PropertyReport, time, payload);
    let records = [
        report(NOON + 5_000, r#"{"params":{"power":2.5}}"#),
        report(NOON, r#"{"params":{"power":-4}}"#),
        report(NOON + 9_999, r#"{"params":{"power":"7","on":true}}"#),
        report(NOON + 30_000, r#"{"params":{"power":1e3,"on":false}}"#),
        report(NOON + 9_000, r#"{"params":{"power":1}}"#),
    ];
    subject.readings().apply(&[block(1, NOON + 40_000, &records)]).expect("apply");
    for _ in 0..2 {
        let steps = |property, from, to| {
            let query = SummaryQuery { device: LAMP, property, times: times(from, to), step: 10_000, after: None };
            let page = subject.readings().property_summary(&query).expect("property summary");
            assert_eq!(page.next, None);
            page.rows
        };
        let step = |start, count, lowest, highest, sum, last| Summary {
            start: UnixMillis(start),
            count,
            lowest,
            highest,
            sum,
            last,
        };
        let all = [step(NOON, 3, -4.0, 2.5, -0.5, 1.0), step(NOON + 30_000, 1, 1e3, 1e3, 1e3, 1e3)];
        assert_eq!(steps("power", 0, u64::MAX), all);
        assert_eq!(steps("power", NOON + 1, NOON + 8_999), [step(NOON, 1, 2.5, 2.5, 2.5, 2.5)]);
        assert_eq!(steps("power", NOON + 10_000, NOON + 29_999), []);
        let on = [step(NOON, 1, 1.0, 1.0, 1.0, 1.0), step(NOON + 30_000, 1, 0.0, 0.0, 0.0, 0.0)];
        assert_eq!(steps("on", 0, u64::MAX), on);
        subject.readings().seal().expect("seal");
    }
}

/// Is every event of a batch found by its own time, identifier and type, and counted?
pub fn batch_events_are_rows_of_their_own(subject: &mut dyn Subject) {
    let seconds = NOON / 1000;
    let batch = format!(
        r#"{{"method":"events_post","events":[
        {{"eventId":"low","type":"alert","timestamp":{seconds},"params":{{"v":1}}}},
        {{"eventId":"low","type":"alert","timestamp":{},"params":{{"v":2}}}},
        {{"eventId":"up","type":"info"}}]}}"#,
        NOON - 86_400_000
    );
    let one = r#"{"method":"event_post","eventId":"low","type":"fault","timestamp":5,"params":{}}"#;
    let records = [record(RecordKind::EventPost, NOON, &batch), record(RecordKind::EventPost, NOON + 9, one)];
    subject.readings().apply(&[block(1, NOON + 10, &records)]).expect("apply");
    for _ in 0..2 {
        let find = |event, kind, from, to| {
            let query = EventQuery { device: LAMP, event, kind, times: times(from, to), after: None, limit: 10 };
            let found = subject.readings().event_history(&query).expect("event history");
            let rows: Vec<_> = found
                .page
                .rows
                .into_iter()
                .map(|r| (r.time.0, r.event.into_string(), r.params.into_string()))
                .collect();
            assert_eq!(found.total, rows.len() as u64);
            rows
        };
        let row = |time, event: &str, params: &str| (time, event.to_owned(), params.to_owned());
        let old = row(NOON - 86_400_000, "low", r#"{"v":2}"#);
        let new = row(NOON, "low", r#"{"v":1}"#);
        let all = [row(NOON + 9, "low", "{}"), row(NOON, "up", "{}"), new.clone(), old.clone()];
        assert_eq!(find(None, None, 0, u64::MAX), all);
        assert_eq!(find(Some("low"), Some("alert"), 0, u64::MAX), [new.clone(), old]);
        assert_eq!(find(Some("low"), None, NOON, NOON), [new]);
        assert_eq!(find(None, Some("info"), 0, u64::MAX), [row(NOON, "up", "{}")]);
        assert_eq!(find(Some("unknown"), None, 0, u64::MAX), []);
        subject.readings().seal().expect("seal");
    }
}

/// Does the diagnostic log hold connections, refusals and failed downlinks, of strangers too, and nothing else? Are lines of a device's
/// own log apart from it?
pub fn diagnostics_hold_what_went_wrong(subject: &mut dyn Subject) {
    let connected = record(RecordKind::Connected, NOON, "");
    let report = record(RecordKind::PropertyReport, NOON, r#"{"params":{"power":1}}"#);
    let refused = Record { code: 406, note: "check report data err", ..report };
    let control = Record { code: 1, note: "no subscriber", ..record(RecordKind::PropertyControl, NOON, "{}") };
    let number = DeviceNumber::NONE;
    let stranger = Record { number, device: "who", code: 5, ..record(RecordKind::ConnectRefused, NOON, "") };
    let uploaded = Record { note: "ERR", ..record(RecordKind::DeviceLog, NOON, "lamp.c|blink(7): late") };
    let records = [connected, report, refused, control, stranger, uploaded];
    subject.readings().apply(&[block(1, NOON, &records)]).expect("apply");
    for _ in 0..2 {
        let find = |scope, words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            let query = LogQuery { scope, kinds: Vec::new(), times: always(), words, after: None, limit: 10 };
            let page = subject.readings().log(&query).expect("log");
            page.rows.into_iter().map(|row| row.lsn.0).collect::<Vec<_>>()
        };
        assert_eq!(find(LogScope::Diagnostics(product()), &[]), [5, 4, 3, 1]);
        assert_eq!(find(LogScope::Diagnostics(product()), &["who"]), [5]);
        assert_eq!(find(LogScope::Diagnostics(product()), &["check", "power"]), [3]);
        assert_eq!(find(LogScope::Device(LAMP), &[]), [4, 3, 2, 1]);
        assert_eq!(find(LogScope::Uploads(LAMP), &[]), [6]);
        assert_eq!(find(LogScope::Uploads(DeviceNumber(99)), &[]), [0_u64; 0]);
        assert_eq!(find(LogScope::UploadsOf(product()), &["blink"]), [6]);
        assert_eq!(find(LogScope::UploadsOf(product()), &["who"]), [0_u64; 0]);
        subject.readings().seal().expect("seal");
    }
}

/// Does each account's own log show what happened to its backends, and nothing else show it?
pub fn lines_of_accounts_are_theirs_alone(subject: &mut dyn Subject) {
    let line = |owner, event, client_id, why| AccountLine {
        owner: Uin(owner),
        event,
        client_id,
        topic: "",
        why,
        facts: "clientip:192.0.2.1",
        time: UnixMillis(NOON),
    };
    let (ours, theirs) = (100_000_000_001, 100_000_000_002);
    let lines = [
        line(ours, AccountEvent::Connected, "plant", ""),
        line(theirs, AccountEvent::ConnectRefused, "plant", "wrong password"),
        line(ours, AccountEvent::PublishRefused, "office", "no right"),
    ];
    let mut blocks = Vec::new();
    for (number, line) in (1..).zip(lines) {
        blocks.push(line.write(|record| block(number, NOON, &[*record])));
    }
    subject.readings().apply(&blocks).expect("apply");
    for _ in 0..2 {
        let find = |scope, words: &[&str]| {
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            let query = LogQuery { scope, kinds: Vec::new(), times: always(), words, after: None, limit: 10 };
            let page = subject.readings().log(&query).expect("log");
            page.rows.into_iter().map(|row| row.lsn.0).collect::<Vec<_>>()
        };
        assert_eq!(find(LogScope::Account(Uin(ours)), &[]), [3, 1]);
        assert_eq!(find(LogScope::Account(Uin(ours)), &["office"]), [3]);
        assert_eq!(find(LogScope::Account(Uin(theirs)), &[]), [2]);
        assert_eq!(find(LogScope::Account(Uin(7)), &[]), [0_u64; 0]);
        assert_eq!(find(LogScope::Diagnostics(ProductId::ACCOUNT), &[]), [0_u64; 0]);
        subject.readings().seal().expect("seal");
    }
}

/// Do retained messages keep the properties they were sent with?
pub fn retained_properties_are_kept(subject: &mut dyn Subject) {
    let (flag, payload) = Content { properties: b"\x03\0\x04json", payload: b"{}" }.encode();
    let text = std::str::from_utf8(&payload).expect("ASCII");
    let message = Record {
        qos: 1 | RETAIN | flag,
        number: DeviceNumber::NONE,
        product: ProductId::ACCOUNT,
        topic: "plant/7",
        note: "100000000001",
        ..record(RecordKind::AccountMessage, NOON, text)
    };
    let gone = Content { properties: b"\x03\0\x04json", payload: b"" }.encode().1;
    let gone = Record { payload: &gone, ..message };
    let blocks = [block(1, NOON, &[message]), block(2, NOON, &[gone])];
    subject.readings().apply(&blocks[..1]).expect("apply");
    for _ in 0..2 {
        let kept = subject.states().retained().expect("retained messages");
        assert_eq!(kept.len(), 1);
        assert_eq!((&*kept[0].properties, &*kept[0].payload, kept[0].qos), (&b"\x03\0\x04json"[..], &b"{}"[..], 1));
        subject.readings().seal().expect("seal");
        subject.reopen();
    }
    subject.readings().apply(&blocks).expect("apply");
    assert_eq!(subject.states().retained().expect("retained messages"), []);
}

/// Is the newest message of a topic retained over restarts, until an empty one takes it away?
pub fn retained_messages_are_the_newest(subject: &mut dyn Subject) {
    let message = |owner, topic, payload, flags| Record {
        qos: 1 | flags,
        number: DeviceNumber::NONE,
        product: ProductId::ACCOUNT,
        topic,
        note: owner,
        ..record(RecordKind::AccountMessage, NOON, payload)
    };
    let (ours, theirs) = ("100000000001", "100000000002");
    let steps = [
        message(ours, "plant/7", "on", RETAIN),
        message(ours, "plant/8", "on", RETAIN),
        message(theirs, "plant/7", "theirs", RETAIN),
        message(ours, "plant/7", "off", RETAIN),
        message(ours, "plant/7", "not kept", 0),
        Record { code: 403, ..message(ours, "plant/9", "refused", RETAIN) },
        message(ours, "plant/8", "", RETAIN),
    ];
    let expected = [vec!["on"], vec!["on", "on"], vec!["on", "on", "theirs"], vec!["off", "on", "theirs"]];
    let mut blocks = Vec::new();
    for (number, step) in (1..).zip(&steps) {
        blocks.push(block(number, NOON, &[*step]));
        subject.readings().apply(&blocks).expect("apply");
        if number % 2 == 0 {
            subject.readings().seal().expect("seal");
        }
        if number % 3 == 0 && subject.reopen() {
            subject.readings().apply(&blocks).expect("apply after a restart");
        }
        let kept = subject.states().retained().expect("retained messages");
        let texts: Vec<_> = kept.iter().map(|m| String::from_utf8_lossy(&m.payload).into_owned()).collect();
        let last = vec!["off", "theirs"];
        let expected = if number == 7 { &last } else { &expected[(number as usize).min(4) - 1] };
        assert_eq!(texts, *expected, "after {number}");
        assert!(kept.iter().all(|m| m.qos == 1 && m.time == UnixMillis(NOON)));
    }
}

/// Is a device found by the version it named last, across restarts, and not any more when it is deleted?
pub fn devices_are_found_by_their_firmware(subject: &mut dyn Subject) {
    let other = ProductId::from_bytes(b"ZZ12CD34EF").expect("ten upper-case letters and digits");
    let info =
        |number: u32, payload| Record { number: DeviceNumber(number), ..record(RecordKind::DeviceInfo, NOON, payload) };
    let (old, new) = (r#"{"params":{"fw_ver":"1.0"}}"#, r#"{"params":{"fw_ver":"1.1","imei":"8"}}"#);
    let records = [
        info(1, old),
        info(2, old),
        info(3, new),
        Record { product: other, ..info(4, old) },
        Record { code: 406, ..info(5, old) },
        info(DeviceNumber::NONE.0, old),
        info(2, new),
        info(6, old),
        info(6, r#"{"params":{"imei":"8"}}"#),
        info(7, old),
    ];
    let mut blocks = vec![block(1, NOON, &records[..6]), block(7, NOON, &records[6..])];
    subject.readings().apply(&blocks).expect("apply");
    subject.states().forget(DeviceNumber(7)).expect("forget");
    for round in 0..3 {
        let states = subject.states();
        let find = |products: &[ProductId], version| {
            let found = states.with_firmware(products, version).expect("an index");
            found.into_iter().map(|number| number.0).collect::<Vec<_>>()
        };
        let both = [product(), other];
        assert_eq!(find(&both[..1], Some("1.0")), [1], "round {round}");
        assert_eq!(find(&both[..1], Some("1.1")), [2, 3]);
        assert_eq!(find(&both, Some("1.0")), [1, 4]);
        assert_eq!(find(&both, None), [1, 2, 3, 4]);
        assert_eq!(find(&both, Some("")), Vec::<u32>::new());
        assert_eq!(find(&[], None), Vec::<u32>::new());
        let list = states.devices(&[DeviceNumber(2), DeviceNumber(6)]).expect("states");
        assert_eq!((list[0].firmware.as_deref(), list[1].firmware.as_deref()), (Some("1.1"), None));
        // First from the log alone, then from the store.
        if subject.reopen() {
            subject.readings().apply(&blocks).expect("apply after a restart");
        }
        subject.readings().seal().expect("seal");
        blocks.retain(|_| round == 0);
    }
}

/// Is a block that comes again skipped?
pub fn applying_twice_changes_nothing(subject: &mut dyn Subject) {
    let report = record(RecordKind::PropertyReport, NOON, r#"{"params":{"place":{"x":1}}}"#);
    let first = block(1, NOON, &[report, report]);
    let second = block(3, NOON, &[report]);
    subject.readings().apply(&[Arc::clone(&first)]).expect("apply");
    subject.readings().apply(&[Arc::clone(&first), Arc::clone(&second)]).expect("apply again");
    subject.readings().seal().expect("seal");
    subject.readings().apply(&[first, second]).expect("apply again");
    assert_eq!(subject.readings().applied(), Lsn(3));
    assert_eq!(values(subject, "place", 0, u64::MAX).len(), 3);
}

/// Are devices counted once in each day and each week, however often they were there, across a restart, and not any
/// more when they are deleted?
pub fn activity_counts_devices_by_day(subject: &mut dyn Subject) {
    let day = UnixMillis::DAY_MS;
    let of = |number: u32, kind: RecordKind| Record { number: DeviceNumber(number), ..record(kind, NOON, "{}") };
    let (sign_in, speak) = (RecordKind::Connected, RecordKind::OtherUp);
    let days: [(u64, Vec<Record<'_>>); 5] = [
        (0, vec![of(1, sign_in), of(1, speak), of(2, sign_in), of(2, sign_in)]),
        (5, vec![of(1, speak), of(3, speak), of(4, RecordKind::ConnectRefused)]),
        (8, vec![of(1, RecordKind::Disconnected), of(5, RecordKind::PropertyControl)]),
        (9, vec![of(3, sign_in), of(1, sign_in)]),
        (14, vec![of(2, speak)]),
    ];
    let mut lsn = 1;
    for (number, records) in &days {
        subject.readings().apply(&[block(lsn, NOON + number * day, records)]).expect("apply");
        lsn += records.len() as u64;
    }
    let counted = |subject: &dyn Subject, number: u64| {
        let today = Day::of(UnixMillis(NOON + number * day));
        let found = subject.states().activity(&[product()], today).expect("activity");
        [
            found.activated,
            found.activated_yesterday,
            found.active_yesterday,
            found.activated_week,
            found.active_week,
            found.activated_week_before,
            found.active_week_before,
        ]
    };
    subject.readings().seal().expect("seal");
    {
        let subject = &*subject;
        assert_eq!(counted(subject, 0), [3, 0, 0, 0, 0, 0, 0], "today counts for the total only");
        assert_eq!(counted(subject, 1), [3, 2, 2, 2, 2, 0, 0]);
        assert_eq!(counted(subject, 6), [3, 0, 2, 2, 3, 0, 0]);
        assert_eq!(counted(subject, 10), [3, 1, 2, 1, 2, 2, 2]);
        assert_eq!(counted(subject, 15), [3, 0, 1, 1, 3, 0, 2]);
        assert_eq!(counted(subject, 60), [3, 0, 0, 0, 0, 0, 0]);
    }
    if subject.reopen() {
        assert_eq!(counted(subject, 10), [3, 1, 2, 1, 2, 2, 2], "after a restart");
    }
    subject.states().forget(DeviceNumber(1)).expect("forget");
    assert_eq!(counted(subject, 10), [2, 1, 1, 1, 1, 1, 1], "without the deleted one");
    if subject.reopen() {
        assert_eq!(counted(subject, 10), [2, 1, 1, 1, 1, 1, 1], "after another restart");
    }
}

/// Is a backend's kept session there after a restart as it was before, and gone once it is over?
pub fn sessions_of_backends_come_back(subject: &mut dyn Subject) {
    let of_session = |changes: &[Change<'_>]| {
        let mut all = Changes::default();
        changes.iter().for_each(|change| all.push(change));
        all.take_payload(SessionNumber(3))
    };
    let opened = of_session(&[
        Change::Opened { expiry_seconds: 600, secret_id: "AKID1" },
        Change::Subscribed { filter: "plant/#", options: 1, id: 4 },
    ]);
    let waits = Queued { session: SessionNumber(3), index: 0, bytes: 20, qos: 1, retain: false, ids: [4].into() };
    let queued = queued::payload(&[waits.clone(), Queued { bytes: 30, ..waits }], 1);
    let left = of_session(&[Change::Settled { position: Lsn(1) }, Change::Left { expiry_seconds: 600, will: None }]);
    let closed = of_session(&[Change::Closed]);
    let steps = [
        (RecordKind::BackendSession, opened),
        (RecordKind::BackendQueued, queued),
        (RecordKind::BackendSession, left),
        (RecordKind::BackendSession, closed),
    ];
    let mut blocks = Vec::new();
    for (number, (kind, payload)) in (1..).zip(&steps) {
        let (number_of, note) = (DeviceNumber::NONE, "100000000001");
        let record =
            Record { number: number_of, product: ProductId::ACCOUNT, note, payload, ..record(*kind, NOON, "") };
        blocks.push(block(number, NOON, &[record]));
        subject.readings().apply(&blocks).expect("apply");
        let before = subject.states().backend_sessions().expect("sessions");
        subject.readings().seal().expect("seal");
        if subject.reopen() {
            subject.readings().apply(&blocks).expect("apply after a restart");
        }
        let kept = subject.states().backend_sessions().expect("sessions");
        assert_eq!(kept, before, "after {number}");
        let waiting: Vec<_> = kept.iter().map(|session| session.waiting.len()).collect();
        let away: Vec<_> = kept.iter().map(|session| session.away_since.is_some()).collect();
        let expected: (&[usize], &[bool]) =
            [(&[0_usize][..], &[false][..]), (&[2], &[false]), (&[1], &[true]), (&[], &[])]
                [usize::try_from(number).expect("a small number") - 1];
        assert_eq!((&*waiting, &*away), expected, "after {number}");
    }
}
