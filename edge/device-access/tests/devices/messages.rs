//! Reports, answers, permissions, and the moment an answer may leave.

use lianwu_model::product::Durability;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_ports::bus::{Bus as _, Delivery, Down, DownKind};
use lianwu_ports::log::{CommitError, Log as _};
use lianwu_ports::record::RecordKind;

use crate::harness::{NOW, PRODUCT, World, down, up};

const REPORT: &str = r#"{"method":"report","clientToken":"t-1","params":{"power_switch":1,"brightness":55}}"#;

/// Is neither reply nor PUBACK sent before the record is durable?
#[test]
fn an_answer_waits_for_the_disk() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    world.log.hold();
    lamp.publish(&up("property", "lamp-1"), REPORT, Some(7));
    lamp.has_nothing_but_a_ping_response();
    world.log.release();
    assert_eq!(lamp.puback(), 7);
    let (topic, reply) = lamp.message();
    assert_eq!(topic, down("property", "lamp-1"));
    assert_eq!(reply, r#"{"method":"report_reply","clientToken":"t-1","code":0,"status":"success"}"#);
}

/// Does a product of `memory` durability get its answers without waiting for the disk, and its message stored all the
/// same?
#[test]
fn a_memory_product_does_not_wait_for_the_disk() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    world.change_product(|product| product.durability = Durability::Memory);
    world.log.hold();
    let durable = world.log.durable();
    lamp.publish(&up("property", "lamp-1"), REPORT, Some(7));
    assert_eq!(lamp.puback(), 7);
    assert!(lamp.message().1.contains(r#""code":0,"status":"success""#));
    assert_eq!(world.log.durable(), durable, "nothing is on disk yet");
    world.log.release();
    assert_eq!(world.first(RecordKind::PropertyReport), (0, String::new()));

    world.change_product(|product| product.durability = Durability::Disk);
    world.log.hold();
    lamp.publish(&up("property", "lamp-1"), REPORT, Some(8));
    lamp.has_nothing_but_a_ping_response();
    world.log.release();
    assert_eq!(lamp.puback(), 8);
}

/// Is a report measured against the retention of its own product?
#[test]
fn a_sample_must_lie_within_the_products_retention() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    let hours_ago = |hours: u64| {
        let time = NOW.0 - hours * 3_600_000;
        format!(r#"{{"method":"report","clientToken":"1","timestamp":{time},"params":{{"brightness":1}}}}"#)
    };
    for (days, inside, outside, told) in [(None, 71, 73, "72h"), (Some(1), 23, 25, "24h"), (Some(5), 119, 121, "120h")]
    {
        world.change_product(|product| product.retention_days = days);
        lamp.publish(&up("property", "lamp-1"), &hours_ago(inside), None);
        assert!(lamp.message().1.contains(r#""code":0"#), "{days:?}");
        lamp.publish(&up("property", "lamp-1"), &hours_ago(outside), None);
        let refused = lamp.message().1;
        assert!(refused.contains(r#""code":405"#) && refused.contains(told), "{refused}");
    }
}

/// Is a message that could not be stored left unanswered, and the device told by a closed connection?
#[test]
fn a_failed_commit_acknowledges_nothing() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    world.log.fail(Some(CommitError::Failed("no such disk".into())));
    lamp.publish(&up("property", "lamp-1"), REPORT, Some(7));
    lamp.is_closed();
}

/// Does a full disk say so in the reply, without an acknowledgement, and does the device go on afterwards?
#[test]
fn a_full_disk_refuses_in_the_reply() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    world.log.refuse(Some("storage is full"));
    // The worker looks at the log's health when it hands over a batch and once a second.
    loop {
        lamp.publish(&up("property", "lamp-1"), REPORT, None);
        let (_, reply) = lamp.message();
        if reply.contains(r#""code":503"#) {
            assert_eq!(
                reply,
                r#"{"method":"report_reply","clientToken":"t-1","code":503,"status":"not stored: storage is full"}"#
            );
            break;
        }
    }
    lamp.publish(&up("property", "lamp-1"), REPORT, Some(9));
    assert!(lamp.message().1.contains("503"));
    lamp.has_nothing_but_a_ping_response();
    world.log.refuse(None);
    loop {
        lamp.publish(&up("property", "lamp-1"), REPORT, None);
        if lamp.message().1.contains(r#""code":0"#) {
            break;
        }
    }
}

/// Which answer goes with which message, on which topic?
#[test]
fn every_message_gets_its_answer() {
    let world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    assert!(matches!(lamp.subscribe(&down("event", "lamp-1")), SubscribeAnswer::Granted(_)));
    let property = up("property", "lamp-1");
    for (topic, payload, answer) in [
        (
            &property,
            r#"{"method":"report","clientToken":"a","params":{"power_switch":3}}"#,
            r#"{"method":"report_reply","clientToken":"a","code":406,"status":"check report data err: power_switch value 3 out of range:[0,1]"}"#,
        ),
        (&property, "{not json", "json format illegal"),
        (
            &property,
            r#"{"method":"report_info","clientToken":"b","params":{"fw_ver":"1.0"}}"#,
            r#"{"method":"report_info_reply","clientToken":"b","code":0,"status":"success"}"#,
        ),
        (
            &property,
            r#"{"method":"clear_control","clientToken":"c"}"#,
            r#"{"method":"clear_control_reply","clientToken":"c","code":0,"status":"success"}"#,
        ),
        (
            &up("event", "lamp-1"),
            r#"{"method":"event_post","clientToken":"d","eventId":"status_report","type":"info","params":{"status":1,"message":"on"}}"#,
            r#"{"method":"event_reply","clientToken":"d","version":"1.0","code":0,"status":"","data":{}}"#,
        ),
        (
            &up("event", "lamp-1"),
            r#"{"method":"event_post","clientToken":"e","eventId":"unknown","type":"info","params":{}}"#,
            r#"{"method":"event_reply","clientToken":"e","version":"1.0","code":404,"status":"unknown not defined","data":{}}"#,
        ),
    ] {
        lamp.publish(topic, payload, None);
        assert_eq!(lamp.message().1, answer, "answer to {payload}");
    }
}

/// Does `get_status` show what the device reported before, and what the cloud wanted while it was not listening?
#[test]
fn get_status_shows_the_newest_state() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    let control = br#"{"method":"control","clientToken":"x","params":{"brightness":80}}"#;
    assert_eq!(deliver(&world, "lamp-1", control), Delivery::NotSubscribed);
    assert!(matches!(lamp.subscribe(&down("property", "lamp-1")), SubscribeAnswer::Granted(_)));
    lamp.publish(&up("property", "lamp-1"), REPORT, None);
    lamp.message();
    lamp.publish(&up("property", "lamp-1"), r#"{"method":"get_status","clientToken":"s"}"#, None);
    assert_eq!(
        lamp.message().1,
        concat!(
            r#"{"method":"get_status_reply","clientToken":"s","code":0,"status":"success","type":"report","#,
            r#""data":{"reported":{"power_switch":1,"brightness":55},"control":{"brightness":80}}}"#
        )
    );
}

/// What becomes of a control when the device is offline, not subscribed, subscribed?
#[test]
fn a_control_is_logged_with_what_became_of_it() {
    let world = World::new();
    let control = br#"{"method":"control","clientToken":"x","params":{"brightness":80}}"#;
    assert_eq!(deliver(&world, "lamp-1", control), Delivery::Offline);
    let mut lamp = world.lamp("lamp-1");
    assert_eq!(deliver(&world, "lamp-1", control), Delivery::NotSubscribed);
    assert!(matches!(lamp.subscribe(&down("property", "lamp-1")), SubscribeAnswer::Granted(_)));
    assert_eq!(deliver(&world, "lamp-1", control), Delivery::Delivered);
    assert_eq!(lamp.message().1.as_bytes(), control);
    let codes: Vec<u32> = (world.records(5).into_iter())
        .filter(|(kind, ..)| *kind == RecordKind::PropertyControl)
        .map(|(_, code, _)| code)
        .collect();
    assert_eq!(codes, [23101, 23101, 0]);
}

/// Is a publish to another device's topic acknowledged, dropped and written down?
#[test]
fn foreign_topics_are_refused_both_ways() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    assert_eq!(lamp.subscribe(&down("property", "lamp-2")), SubscribeAnswer::REFUSED);
    assert_eq!(lamp.subscribe(&format!("$thing/down/property/{PRODUCT}/+")), SubscribeAnswer::REFUSED);
    assert_eq!(lamp.subscribe("#"), SubscribeAnswer::REFUSED);
    lamp.publish(&up("property", "lamp-2"), REPORT, Some(3));
    assert_eq!(lamp.puback(), 3);
    let last = world.records(5).pop().unwrap();
    assert_eq!(last, (RecordKind::PublishRefused, 403, "topic without permission".into()));
}

/// Does the custom topic a product starts with come back to a device that listens to it?
#[test]
fn the_data_topic_works_both_ways() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    let topic = format!("{PRODUCT}/lamp-1/data");
    assert!(matches!(lamp.subscribe(&topic), SubscribeAnswer::Granted(_)));
    assert_eq!(lamp.subscribe(&format!("{PRODUCT}/lamp-1/event")), SubscribeAnswer::REFUSED);
    lamp.publish(&topic, "anything", None);
    assert_eq!(lamp.message(), (topic, "anything".into()));
}

fn deliver(world: &World, name: &str, payload: &[u8]) -> Delivery {
    let device = world.platform.directory.find(PRODUCT.parse().unwrap(), name).unwrap();
    let down = Down {
        device: device.key(),
        number: device.number,
        kind: DownKind::PropertyControl,
        qos: 0,
        payload: payload.into(),
        request_id: "r".into(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(world.bus.deliver(down)).unwrap()
}
