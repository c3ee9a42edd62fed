//! System topics, packed reports, custom topics of a public instance.

use lianwu_model::account::Instance;
use lianwu_model::{Uin, UnixMillis};
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_ports::log::Log as _;
use lianwu_ports::readings::{EventQuery, PropertyQuery};
use lianwu_ports::record::RecordKind;
use lianwu_services::message::{self, Bond};

use crate::harness::{NOW, PRODUCT, World, down, up};

/// Does every family of system topics get the answer its protocol has, and the log the reason?
#[test]
fn services_to_come_are_answered_truthfully() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    for filter in ["$gateway/operation/result", "$ota/update", "$shadow/operation/result", "$sys/operation/result"] {
        assert!(matches!(lamp.subscribe(&format!("{filter}/{PRODUCT}/lamp-1")), SubscribeAnswer::Granted(_)));
    }
    lamp.subscribe(&format!("$config/update/{PRODUCT}/lamp-1"));
    lamp.subscribe(&down("service", "lamp-1"));
    let now = NOW.0;
    let seconds = now / 1000;
    for (topic, payload, answer) in [
        (
            "$sys/operation",
            r#"{"type":"get","resource":["time"]}"#,
            format!(r#"{{"type":"get","time":{seconds},"ntptime1":{now},"ntptime2":{now}}}"#),
        ),
        (
            "$config/operation",
            r#"{"type":"get"}"#,
            r#"{"type":"reply","result":1001,"payload":{}}"#.to_owned(),
        ),
        (
            "$ota/report",
            r#"{"type":"report_version","report":{"version":"1.0.0"}}"#,
            r#"{"result_code":1,"result_msg":"firmware update is not served yet","type":"report_version_rsp","version":"1.0.0"}"#
                .to_owned(),
        ),
        (
            "$gateway/operation",
            r#"{"type":"online","payload":{"devices":[{"product_id":"SUBPROD001","device_name":"s1"}]}}"#,
            r#"{"type":"online","payload":{"devices":[{"product_id":"SUBPROD001","device_name":"s1","result":-1}]}}"#
                .to_owned(),
        ),
        (
            "$thing/up/service",
            r#"{"method":"unbind_device_request","clientToken":"u-1"}"#,
            r#"{"method":"unbind_device_reply","clientToken":"u-1","code":0,"status":""}"#.to_owned(),
        ),
    ] {
        lamp.publish(&format!("{topic}/{PRODUCT}/lamp-1"), payload, None);
        assert_eq!(lamp.message().1, answer, "answer to {payload}");
    }
    // Nothing of it is a message without permission, and what is not served says so.
    let records = world.records(12);
    assert!(records.iter().all(|(kind, ..)| *kind != RecordKind::PublishRefused));
    assert!(records.contains(&(
        RecordKind::OtherUp,
        1001,
        "remote configuration is off, see EnableRemoteConfig".into()
    )));
}

/// Are the samples of a packed report in the history under their own times, and nothing of a refused one?
#[test]
fn a_packed_report_is_stored_whole_or_not_at_all() {
    let mut world = World::new();
    let mut lamp = world.listening_lamp("lamp-1");
    let (early, late) = (NOW.0 - 7_200_000, NOW.0 - 3_600_000);
    let event = r#"{"status":1,"message":"on"}"#;
    let pack = |second: u64| {
        format!(
            r#"{{"method":"pack_report","clientToken":"p-1","params":[
            {{"timestamp":{early},"properties":{{"brightness":10}}}},
            {{"timestamp":{late},"properties":{{"brightness":{second},"power_switch":1}},"events":{{"status_report":{event}}}}}]}}"#
        )
    };
    lamp.publish(&up("property", "lamp-1"), &pack(101), Some(4));
    assert_eq!(lamp.puback(), 4);
    assert_eq!(
        lamp.message().1,
        r#"{"method":"pack_report_reply","clientToken":"p-1","code":406,"status":"params[1]: check report data err: brightness value 101 out of range:[0,100]"}"#
    );
    lamp.publish(&up("property", "lamp-1"), &pack(20), Some(5));
    assert_eq!(lamp.puback(), 5);
    assert_eq!(lamp.message().1, r#"{"method":"pack_report_reply","clientToken":"p-1","code":0,"status":"success"}"#);
    let number = world.number("lamp-1");
    world.stop();
    let readings = &world.platform.readings;
    let times = UnixMillis(0)..=NOW;
    let query = PropertyQuery { device: number, property: "brightness", times: times.clone(), after: None, limit: 10 };
    let rows: Vec<_> =
        readings.property_history(&query).unwrap().rows.into_iter().map(|r| (r.time.0, r.value)).collect();
    assert_eq!(rows, [(early, "10".into()), (late, "20".into())]);
    let query =
        EventQuery { device: number, event: Some("status_report"), kind: Some("info"), times, after: None, limit: 10 };
    let found = readings.event_history(&query).unwrap();
    assert_eq!((found.total, found.page.rows[0].time.0, &*found.page.rows[0].params), (1, late, event));
    let state = world.platform.states.device(number).unwrap();
    assert_eq!((&*state.reported[0].value, state.reported[0].time.0), ("20", late));
    // The message itself is on record once, before its parts.
    assert!(world.log.durable().0 >= 6);
}

/// Does a device learn on its service topic that somebody bound it?
#[test]
fn a_binding_is_announced() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    lamp.subscribe(&down("service", "lamp-1"));
    let device = world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (bond, start) in [
        (Bond::Bound, r#"{"method":"bind_device","clientToken":"clientToken-"#.to_owned()),
        (
            Bond::Unbound,
            format!(r#"{{"method":"unbind_device","DeviceId":"{PRODUCT}/lamp-1","clientToken":"clientToken-"#),
        ),
    ] {
        runtime.block_on(message::notify_bond(&world.platform, &device, bond, "r")).unwrap();
        let (topic, payload) = lamp.message();
        assert_eq!(topic, down("service", "lamp-1"));
        assert!(payload.starts_with(&start), "{payload}");
        assert!(payload.ends_with(&format!(r#","timestamp":{}}}"#, NOW.0 / 1000)), "{payload}");
    }
}

/// Are custom topics refused both ways on a public instance?
#[test]
fn a_public_instance_has_no_custom_topics() {
    let world = World::new();
    let owner = Uin(100_000_000_001);
    let public = Instance { id: "ins-public00001".parse().unwrap(), owner, enterprise: false, created: NOW };
    world.platform.catalog.put_instances(&[public]);
    let mut lamp = world.lamp("lamp-1");
    let topic = format!("{PRODUCT}/lamp-1/data");
    assert_eq!(lamp.subscribe(&topic), SubscribeAnswer::REFUSED);
    lamp.publish(&topic, "anything", Some(3));
    assert_eq!(lamp.puback(), 3);
    assert_eq!(world.first(RecordKind::PublishRefused), (403, "topic without permission".into()));
}

/// Does a control reach every member of a group, whatever becomes of the others?
#[test]
fn a_group_is_controlled_at_once() {
    let world = World::new();
    let mut listening = world.listening_lamp("lamp-1");
    let _deaf = world.lamp("lamp-2");
    let find = |name: &str| world.platform.directory.find(PRODUCT.parse().unwrap(), name).unwrap();
    let group = vec![find("lamp-0"), find("lamp-1"), find("lamp-2")];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let members = runtime.block_on(message::control_each(&world.platform, group, r#"{"brightness":7}"#, "r"));
    let results: Vec<_> =
        members.iter().map(|m| (m.device.name.as_str(), m.outcome.as_ref().unwrap().push_result())).collect();
    assert_eq!(results, [("lamp-0", 23101), ("lamp-1", 0), ("lamp-2", 23101)]);
    assert!(listening.message().1.contains(r#""params":{"brightness":7}"#));
}
