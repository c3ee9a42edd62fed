//! How records are read: the lines of each, and pages of lines.

use std::sync::Arc;

use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::log::{Block, Lsn};
use lianwu_ports::readings::memory::MemoryReadings;
use lianwu_ports::readings::{LogRow, Readings};
use lianwu_ports::record::{RecordBatch, RecordKind};
use lianwu_services::logs::{Direction, Line, LineKind, LogFilter, Origin, Source, lines, notes, search_in};

/// 2024-07-04 21:53:13.123 in China.
const NOW: u64 = 1_720_101_193_123;

const LAMP: [Source; 1] = [Source::Device(DeviceNumber(3))];

const FACTS: &str = "version:4,keepalive:60,cleansession:1,clientip:119.147.10.192";

fn record(kind: RecordKind) -> LogRow {
    LogRow {
        lsn: Lsn(7),
        committed: UnixMillis(NOW),
        kind,
        qos: 0,
        packet_id: 0,
        code: 0,
        number: DeviceNumber(3),
        product: "AB12CD34EF".parse().expect("a product id"),
        device: "dev001".into(),
        sample_time: UnixMillis(NOW),
        topic: "".into(),
        note: "".into(),
        payload: Box::default(),
    }
}

fn connection(kind: RecordKind, note: &str, payload: &str) -> LogRow {
    LogRow { note: note.into(), payload: payload.as_bytes().into(), ..record(kind) }
}

fn message(kind: RecordKind, code: u32, note: &str, payload: &str) -> LogRow {
    LogRow { code, qos: 1, packet_id: 31_462, ..connection(kind, note, payload) }
}

fn of(kind: LineKind, row: &LogRow) -> Vec<Line> {
    lines(row).into_iter().filter(|line| line.kind == kind).collect()
}

/// Scene, content and result of the diagnostic lines.
fn diagnostics(row: &LogRow) -> Vec<(String, String, String)> {
    let shown = |line: Line| (line.scene.to_owned(), line.text_lossy().into_owned(), line.result);
    of(LineKind::Diagnostic, row).into_iter().map(shown).collect()
}

#[track_caller]
fn check(row: &LogRow, expected: &[(&str, &str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into())).collect();
    assert_eq!(diagnostics(row), expected);
}

#[test]
fn connection_lines_letter_by_letter() {
    let connect = format!("Device connect,{FACTS}");
    check(&connection(RecordKind::Connected, "", FACTS), &[("STATUS", &connect, "SUCC")]);
    check(
        &connection(RecordKind::ConnectRefused, notes::HMAC_MISMATCH, FACTS),
        &[("STATUS", &connect, "FAIL, hmac sign error")],
    );
    let note = notes::keep_alive_timeout(UnixMillis(NOW));
    check(
        &connection(RecordKind::Disconnected, &note, "192.0.2.1"),
        &[("STATUS", "Device keepalive timeout,last active time:2024-07-04 21:53:13", "SUCC")],
    );
    let note = notes::taken_over("192.0.2.9:50000");
    let kicked = "Device kicked by same device id,clientip:192.0.2.1,new clientip:192.0.2.9:50000";
    check(&connection(RecordKind::Disconnected, &note, "192.0.2.1"), &[("STATUS", kicked, "SUCC")]);
    let ended = "Device disconnect,reason:the device said DISCONNECT,clientip:192.0.2.1";
    check(
        &connection(RecordKind::Disconnected, "the device said DISCONNECT", "192.0.2.1"),
        &[("STATUS", ended, "SUCC")],
    );
    let limited = connection(RecordKind::RateLimited, notes::UP_OVER_RATE, "17");
    let result = format!("FAIL, {}", notes::UP_OVER_RATE);
    check(&limited, &[("MESSAGE", "Messages over the rate limit,count:17", &result)]);
}

/// What becomes of messages of QoS 1, in the log of the device whose session they are in and in that of a sub-device.
#[test]
fn lines_of_sessions_letter_by_letter() {
    let of_session = |kind, note| LogRow { payload: Box::default(), ..message(kind, 0, note, "") };
    let of_sub_device = |kind, note| LogRow { packet_id: 0, ..of_session(kind, note) };
    let topic = "$thing/down/property/AB12CD34EF/sub1".into();
    let carried = LogRow { topic, ..of_session(RecordKind::Carried, "") };
    let line = "Message to sub-device,topic:$thing/down/property/AB12CD34EF/sub1,QoS:1,ID:31462";
    check(&carried, &[("MESSAGE", line, "SUCC")]);
    let acknowledged = RecordKind::DownAcknowledged;
    check(&of_session(acknowledged, ""), &[("MESSAGE", "Device acknowledged message,ID:31462", "SUCC")]);
    check(&of_sub_device(acknowledged, ""), &[("MESSAGE", "Gateway acknowledged message", "SUCC")]);
    let dropped = RecordKind::DownDropped;
    check(&of_session(dropped, "too old"), &[("MESSAGE", "Message to device dropped,ID:31462", "FAIL, too old")]);
    let line = "Message to device dropped by its gateway's session";
    check(&of_sub_device(dropped, "too old"), &[("MESSAGE", line, "FAIL, too old")]);
}

#[test]
fn status_lines_say_online_and_offline() {
    let online = of(LineKind::Status, &connection(RecordKind::Connected, "", FACTS));
    assert_eq!((online.len(), online[0].scene), (1, "ONLINE"));
    let offline = of(LineKind::Status, &connection(RecordKind::Disconnected, "x", "192.0.2.1"));
    assert_eq!((offline.len(), offline[0].scene), (1, "OFFLINE"));
    assert_eq!(of(LineKind::Status, &connection(RecordKind::ConnectRefused, "x", FACTS)), []);
}

#[test]
fn message_lines_letter_by_letter() {
    let topic = "$thing/up/property/AB12CD34EF/dev001";
    let published = format!("Device publish message to topic:{topic},QoS:1,ID:31462");
    let accepted = message(RecordKind::PropertyReport, 0, "", r#"{"method":"report","params":{}}"#);
    check(&accepted, &[("MESSAGE", &published, "SUCC")]);

    let status = "check report data err: win_switch value 3 out of range:[0,1]";
    let payload = r#"{"method":"report","clientToken":"123","params":{"win_switch":3}}"#;
    let refused = message(RecordKind::PropertyOther, 406, status, payload);
    let checked = format!("Check report data,topic:{topic},code:406");
    let result = format!("FAIL, {status}");
    check(&refused, &[("MESSAGE", &published, "SUCC"), ("MESSAGE", &checked, &result)]);
    assert_eq!(of(LineKind::Diagnostic, &refused)[1].request_id, "123", "the client token is its request id");

    let foreign = LogRow {
        topic: "$thing/up/property/AB12CD34EF/other".into(),
        code: 403,
        ..message(RecordKind::PublishRefused, 403, notes::NO_PERMISSION, "{}")
    };
    let foreign_text = "Device publish message to topic:$thing/up/property/AB12CD34EF/other,QoS:1,ID:31462";
    check(&foreign, &[("MESSAGE", foreign_text, "FAIL, topic without permission")]);

    let kept = message(RecordKind::PropertyControl, 23_101, "request-1", r#"{"method":"control"}"#);
    let sent = "Publish message to device topic:$thing/down/property/AB12CD34EF/dev001,QoS:1,ID:31462";
    check(&kept, &[("MESSAGE", sent, "FAIL, no subscriber, it waits for the device")]);
    let control = LogRow { qos: 0, packet_id: 0, ..kept };
    let sent = "Publish message to device topic:$thing/down/property/AB12CD34EF/dev001,QoS:0,ID:0";
    check(&control, &[("MESSAGE", sent, "FAIL, no subscriber")]);
    assert_eq!(of(LineKind::Diagnostic, &control)[0].request_id, "request-1");

    let filter = "$thing/down/property/AB12CD34EF/dev001";
    let subscribed = LogRow { topic: filter.into(), qos: 1, ..record(RecordKind::Subscribed) };
    let text = format!("Device subscribe topic:{filter},QoS:1");
    check(&subscribed, &[("MESSAGE", &text, "SUCC")]);
    let refused = LogRow { code: 128, note: notes::NO_PERMISSION.into(), ..subscribed };
    check(&refused, &[("MESSAGE", &text, "FAIL, topic without permission")]);
}

/// The content lines: direction, topic, text.
fn content(row: &LogRow) -> Vec<(Direction, String, String)> {
    let shown = |line: Line| {
        (line.direction.expect("a message has a direction"), line.topic.clone(), line.text_lossy().into_owned())
    };
    of(LineKind::Content, row).into_iter().map(shown).collect()
}

#[test]
fn one_record_gives_the_message_and_its_reply() {
    let (up, down) = ("$thing/up/property/AB12CD34EF/dev001", "$thing/down/property/AB12CD34EF/dev001");
    let report = r#"{"method":"report","clientToken":"123","params":{"lac":1}}"#;
    let both = |sent: &str, answer: &str| {
        vec![(Direction::Up, up.to_owned(), sent.to_owned()), (Direction::Down, down.to_owned(), answer.to_owned())]
    };
    let answer = r#"{"method":"report_reply","clientToken":"123","code":0,"status":"success"}"#;
    assert_eq!(content(&message(RecordKind::PropertyReport, 0, "", report)), both(report, answer));
    let broken = message(RecordKind::PropertyOther, 400, "json format illegal: unexpected end at byte 1", "{");
    assert_eq!(content(&broken), both("{", "json format illegal"));
    let refused = message(RecordKind::PropertyOther, 406, "check report data err: x", report);
    let answer = r#"{"method":"report_reply","clientToken":"123","code":406,"status":"check report data err: x"}"#;
    assert_eq!(content(&refused), both(report, answer));

    let event = r#"{"method":"event_post","clientToken":"9","eventId":"hot","params":{}}"#;
    let lines = content(&message(RecordKind::EventPost, 0, "", event));
    let answer = r#"{"method":"event_reply","clientToken":"9","version":"1.0","code":0,"status":"","data":{}}"#;
    assert_eq!(lines[1], (Direction::Down, down.replace("property", "event"), answer.to_owned()));

    let by_call = message(RecordKind::PropertyReport, 0, "call-1", report);
    assert_eq!(content(&by_call).len(), 1, "a report the cloud made has no reply");
    let no_model = message(RecordKind::PropertyOther, 403, notes::NO_MODEL, report);
    assert_eq!(content(&no_model).len(), 1, "and neither has one nobody could judge");
    assert_eq!(content(&connection(RecordKind::Connected, "", FACTS)), []);
    let binary = LogRow { payload: Box::from([0xff, 0x00]), topic: "x".into(), ..record(RecordKind::OtherUp) };
    assert_eq!(of(LineKind::Content, &binary)[0].text(), None);
}

#[test]
fn thing_model_lines_are_of_accepted_messages_only() {
    for (kind, code, expected) in [
        (RecordKind::PropertyReport, 0, 1),
        (RecordKind::EventPost, 0, 1),
        (RecordKind::EventPost, 406, 0),
        (RecordKind::ActionCall, 0, 1),
        (RecordKind::ActionCall, 23_101, 0),
        (RecordKind::PropertyOther, 406, 0),
        (RecordKind::OtherUp, 0, 0),
    ] {
        assert_eq!(of(LineKind::ThingModel, &message(kind, code, "", "{}")).len(), expected, "{kind:?} {code}");
    }
}

/// What a device is told of its fences belongs to the thing model, and its answer; nothing else of its services does.
#[test]
fn alerts_of_fences_are_thing_model_lines() {
    for (kind, way, method, code, expected) in [
        (RecordKind::OtherDown, "down", "alert_fence_event", 0, 1),
        (RecordKind::OtherDown, "down", "alert_fence_event", 23_101, 0),
        (RecordKind::OtherUp, "up", "alert_fence_event_reply", 0, 1),
        (RecordKind::OtherDown, "down", "bind_device", 0, 0),
    ] {
        let row = message(kind, code, "", &format!(r#"{{"method":"{method}","clientToken":"fence-1"}}"#));
        let row = LogRow { topic: format!("$thing/{way}/service/AB12CD34EF/dev001").into(), ..row };
        assert_eq!(of(LineKind::ThingModel, &row).len(), expected, "{method} {code}");
        let line = &of(LineKind::Content, &row)[0];
        let origin = if way == "down" { Origin::Platform } else { Origin::Device };
        assert_eq!((line.origin, line.client_token.as_str()), (origin, "fence-1"), "{method}");
    }
}

/// Readings with a connection and forty reports, of which every fourth was refused.
fn busy() -> MemoryReadings {
    let readings = MemoryReadings::default();
    let mut rows = vec![connection(RecordKind::Connected, "", FACTS)];
    for number in 0..40 {
        let payload = format!(r#"{{"method":"report","clientToken":"t{number}","params":{{"lac":{number}}}}}"#);
        rows.push(match number % 4 {
            0 => message(RecordKind::PropertyOther, 406, "check report data err: no", &payload),
            _ => message(RecordKind::PropertyReport, 0, "", &payload),
        });
    }
    for (lsn, row) in (1..).zip(&rows) {
        let mut batch = RecordBatch::default();
        batch.push(&row.as_record());
        let block = Block { first: Lsn(lsn), time: UnixMillis(NOW + lsn / 3), batches: vec![batch] };
        readings.apply(&[Arc::new(block)]).expect("memory never fails");
    }
    readings
}

fn all() -> LogFilter {
    LogFilter::new(UnixMillis(0)..=UnixMillis(u64::MAX))
}

/// Every page until there is none, and how many calls it took.
fn pages(readings: &MemoryReadings, filter: &LogFilter, limit: usize, records_max: u64) -> (Vec<Line>, usize) {
    let mut found = Vec::new();
    let (mut after, mut calls) = (None, 0);
    loop {
        let page = search_in(readings, &LAMP, filter, after, limit, records_max).expect("memory never fails");
        assert!(page.lines.len() <= limit);
        found.extend(page.lines);
        calls += 1;
        assert!(calls < 1_000, "it goes on");
        match page.next {
            Some(next) => after = Some(next),
            None => return (found, calls),
        }
    }
}

#[test]
fn pages_of_any_size_give_every_line_once_newest_first() {
    let readings = busy();
    let (whole, calls) = pages(&readings, &all(), 1_000, u64::MAX);
    // Accepted: content twice, thing model, diagnostic. Refused: content twice, diagnostic twice. Connected: two.
    assert_eq!((whole.len(), calls), (30 * 4 + 10 * 4 + 2, 1));
    assert!(whole.is_sorted_by_key(|line| std::cmp::Reverse(line.time)));
    for limit in [1, 3, 7, 40, 162] {
        assert_eq!(pages(&readings, &all(), limit, u64::MAX).0, whole, "pages of {limit}");
    }
}

#[test]
fn a_search_that_read_enough_gives_a_cursor() {
    let readings = busy();
    let filter = LogFilter { kinds: vec![LineKind::Status], ..all() };
    let page =
        search_in(&readings, &LAMP, &LogFilter { words: vec!["t0".into()], ..all() }, None, 1, 10).expect("page");
    assert!(page.lines.is_empty() && page.next.is_some(), "{page:?}");
    let (found, calls) = pages(&readings, &LogFilter { words: vec!["\"t0\"".into()], ..all() }, 10, 10);
    assert_eq!(found.len(), 2, "the message and its reply");
    assert!(calls > 1, "{calls}");
    assert_eq!(pages(&readings, &filter, 10, 10).0.len(), 1);
}

#[test]
fn filters_are_joined() {
    let readings = busy();
    let count = |filter: LogFilter| pages(&readings, &filter, 1_000, u64::MAX).0.len();
    let kinds = |kinds: &[LineKind]| LogFilter { kinds: kinds.to_vec(), ..all() };
    assert_eq!(count(kinds(&[LineKind::Content])), 80);
    assert_eq!(count(LogFilter { direction: Some(Direction::Down), ..kinds(&[LineKind::Content]) }), 40);
    assert_eq!(count(LogFilter { direction: Some(Direction::Up), ..all() }), 30 * 3 + 10 * 3);
    assert_eq!(count(LogFilter { words: vec!["fail,".into(), "CHECK".into()], ..all() }), 10 + 10);
    assert_eq!(count(LogFilter { request_id: Some("t4".into()), ..all() }), 4);
    assert_eq!(count(LogFilter { scene: Some("status".into()), ..all() }), 1);
    assert_eq!(count(LogFilter { contents: vec!["keepalive:60".into()], ..kinds(&[LineKind::Diagnostic]) }), 1);
    assert_eq!(count(LogFilter { times: UnixMillis(0)..=UnixMillis(NOW), ..all() }), 2 + 4, "the first two records");
}

/// Do bytes and what a script made of them stand side by side, the steps of the wire once?
#[test]
fn raw_messages_are_shown_as_bytes_and_as_what_they_say() {
    let (up, down) = ("$thing/up/raw/AB12CD34EF/dev001", "$thing/down/raw/AB12CD34EF/dev001");
    let on = |topic: &str, row: LogRow| LogRow { topic: topic.into(), ..row };
    let content = |row: &LogRow| {
        let lines = of(LineKind::Content, row);
        assert_eq!(lines.len(), 1, "no reply line: what was sent has a record of its own");
        (lines[0].topic.clone(), lines[0].content.to_vec(), lines[0].scene, lines[0].result.clone())
    };
    let published = format!("Device publish message to topic:{up},QoS:1,ID:31462");
    let raw = LogRow { payload: [0, 255].into(), ..on(up, message(RecordKind::OtherUp, 0, "", "")) };
    check(&raw, &[("MESSAGE", &published, "SUCC")]);
    assert_eq!(content(&raw), (up.to_owned(), vec![0, 255], "OTHER", "SUCC".to_owned()));

    let json = r#"{"method":"report","clientToken":"1","params":{}}"#;
    let report = on(up, message(RecordKind::PropertyReport, 0, "", json));
    check(&report, &[]);
    assert_eq!(content(&report), (up.to_owned(), json.as_bytes().to_vec(), "PROPERTY", "SUCC".to_owned()));
    assert_eq!(of(LineKind::ThingModel, &report).len(), 1);
    let refused = on(up, message(RecordKind::PropertyOther, 406, "too large", json));
    check(&refused, &[("MESSAGE", &format!("Check report data,topic:{up},code:406"), "FAIL, too large")]);

    let note = notes::script_failed("TypeError: x at line 3:5", &[0xab; 70]);
    let failed = on(up, message(RecordKind::OtherUp, 500, &note, ""));
    let result = format!("FAIL, script failed: TypeError: x at line 3:5; bytes {}... (70 in all)", "ab".repeat(64));
    let checked = format!("Check report data,topic:{up},code:500");
    check(&failed, &[("MESSAGE", &published, "SUCC"), ("MESSAGE", &checked, &result)]);

    let sent = format!("Publish message to device topic:{down},QoS:1,ID:31462");
    let control = on(down, message(RecordKind::PropertyControl, 0, "request-1", r#"{"method":"control"}"#));
    check(&control, &[]);
    let bytes = on(down, message(RecordKind::OtherDown, 0, "request-1", "\u{1}"));
    check(&bytes, &[("MESSAGE", &sent, "SUCC")]);
    let reply = on(down, message(RecordKind::OtherDown, 0, "", "\u{1}"));
    let by = |row: &LogRow| (of(LineKind::Content, row)[0].origin, of(LineKind::Content, row)[0].request_id.clone());
    assert_eq!((by(&bytes), by(&reply)), ((Origin::Api, "request-1".into()), (Origin::Platform, String::new())));
    let unsaid = on(down, message(RecordKind::OtherDown, 500, &notes::script_failed_down("Error: no"), "{}"));
    check(&unsaid, &[("MESSAGE", &sent, "FAIL, script failed: Error: no")]);
    assert_eq!(by(&unsaid), (Origin::Platform, String::new()));
}
