//! Changes around a gateway: every result code, search, another gateway, deletion.

use std::collections::BTreeSet;
use std::sync::Arc;

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::gateway::GatewayResult;
use lianwu_model::Uin;
use lianwu_ports::bus::{Bus as _, Delivery, Down, DownKind};
use lianwu_ports::record::RecordKind as K;
use lianwu_services::device::{self, DeviceError, DeviceRef};
use lianwu_services::gateway;
use lianwu_services::logs::notes;
use lianwu_services::product::{self, ProductError};
use serde_json::{Value, json};

use crate::gateways::{GATE, Gate, OTHER, Site, proof, wait};
use crate::harness::{NOW, PRODUCT, down, secret, up};

const OWNER: Uin = Uin(100_000_000_001);

fn named(product: &str, name: &str) -> Value {
    json!({"product_id": product, "device_name": name})
}

/// A bind with its own secret, at the present time, but for these members.
fn signed(product: &str, name: &str, other: &Value) -> Value {
    let mut device = proof(product, name, &secret(name), NOW.0 / 1000);
    for (key, value) in other.as_object().unwrap() {
        device[key] = value.clone();
    }
    device
}

/// Is every code of the protocol given, each for all that it stands for? Source: spec/device-protocol.md 7.3.
#[test]
fn every_code_of_the_protocol() {
    let site = Site::new();
    site.world.put_device("ghost", 99);
    site.device(PRODUCT, "lamp-2").set_enabled(false);
    let (mut gate, mut other) = (site.gate("gate-0"), site.gate("gate-1"));
    assert_eq!(other.bind(PRODUCT, "lamp-3", &secret("lamp-3")), 0);
    let (none, later) = (json!({}), json!(NOW.0 / 1000 + 1));
    let rows = [
        ("online", named(PRODUCT, "lamp-1"), -1, "not bound"),
        ("offline", named(PRODUCT, "lamp-1"), -1, "not bound"),
        ("unbind", named(PRODUCT, "lamp-1"), -1, "not bound"),
        ("online", named(PRODUCT, "lamp-3"), -1, "bound to another"),
        ("offline", named(PRODUCT, "lamp-3"), -1, "bound to another"),
        ("unbind", named(PRODUCT, "lamp-3"), -1, "bound to another"),
        ("online", named(PRODUCT, "no-such"), -1, "nothing is bound that does not exist"),
        ("bind", signed(PRODUCT, "ghost", &none), -2, "the registry does not know it"),
        ("online", none.clone(), 801, "no names"),
        ("unbind", json!({"product_id": PRODUCT}), 801, "no device name"),
        ("bind", named(PRODUCT, "lamp-1"), 801, "no signature"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"random": "x"})), 801, "random is no number"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"authtype": "token"})), 801, "unknown kind of proof"),
        ("bind", signed(PRODUCT, "no-such", &none), 802, "no such device"),
        ("bind", signed("NOSUCH0001", "lamp-1", &none), 802, "no such product"),
        ("bind", signed("STRANGER01", "theirs", &none), 802, "of another account"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"device_name": "no/name"})), 802, "illegal name"),
        ("unbind", named(PRODUCT, "no-such"), 802, "no such device"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"signature": "AAAA"})), 803, "wrong signature"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"random": 43})), 803, "signed another number"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"signmethod": "md5"})), 804, "unknown method"),
        ("bind", proof(PRODUCT, "lamp-1", &secret("lamp-1"), NOW.0 / 1000 - 601), 805, "too old"),
        ("bind", proof(PRODUCT, "lamp-1", &secret("lamp-1"), NOW.0 / 1000 + 601), 805, "of the future"),
        ("bind", signed(PRODUCT, "lamp-1", &json!({"timestamp": later})), 803, "signed another time"),
        ("bind", signed(PRODUCT, "lamp-3", &none), 806, "bound to another"),
        ("bind", signed(GATE, "gate-1", &none), 807, "a gateway"),
        ("bind", signed(GATE, "gate-0", &none), 807, "itself"),
        ("bind", signed(PRODUCT, "lamp-2", &none), 808, "disabled"),
        ("bind", signed(PRODUCT, "lamp-1", &none), 0, "bound"),
        ("bind", signed(PRODUCT, "lamp-1", &none), 809, "bound already"),
        ("bind", signed(OTHER, "meter-0", &none), 810, "not a type it takes"),
        ("online", named(PRODUCT, "lamp-1"), 0, "online"),
        ("online", named(PRODUCT, "lamp-1"), 0, "online already"),
        ("offline", named(PRODUCT, "lamp-1"), 0, "offline"),
        ("offline", named(PRODUCT, "lamp-1"), 0, "offline already"),
        ("unbind", named(PRODUCT, "lamp-1"), 0, "unbound"),
        ("unbind", named(PRODUCT, "lamp-1"), -1, "unbound already"),
    ];
    let mut given = BTreeSet::new();
    for (verb, device, code, why) in rows {
        assert_eq!(gate.about(verb, &device), code, "{verb} {device}: {why}");
        given.insert(code);
    }
    assert_eq!(given, GatewayResult::ALL.map(|result| i64::from(result.code())).into());
    assert_eq!(site.kinds(PRODUCT, "lamp-3"), [K::Bound], "nobody else's words changed it");
}

/// Does a message for several devices get a result for each, in order, a repeated one as if it came after the first?
#[test]
fn several_devices_in_one_message() {
    let site = Site::new();
    let mut gate = site.gate("gate-0");
    let results = |gate: &mut Gate, verb: &str, devices: &[Value]| {
        gate.say(&json!({"type": verb, "payload": {"devices": devices}}));
        let answer = gate.hears();
        let all = answer["payload"]["devices"].as_array().unwrap().clone();
        let named = |device: &Value| (device["device_name"].clone(), device["result"].as_i64().unwrap());
        all.iter().map(named).collect::<Vec<_>>()
    };
    let two = ["lamp-1", "lamp-2", "lamp-1", "no-such"].map(|name| signed(PRODUCT, name, &json!({})));
    let expected = |codes: [i64; 4]| ["lamp-1", "lamp-2", "lamp-1", "no-such"].map(Value::from).into_iter().zip(codes);
    assert_eq!(results(&mut gate, "bind", &two), expected([0, 0, 809, 802]).collect::<Vec<_>>());
    assert_eq!(results(&mut gate, "online", &two), expected([0, 0, 0, -1]).collect::<Vec<_>>());
    assert_eq!(results(&mut gate, "offline", &two), expected([0, 0, 0, -1]).collect::<Vec<_>>());
    assert_eq!(results(&mut gate, "unbind", &two), expected([0, 0, -1, 802]).collect::<Vec<_>>());
    assert_eq!(results(&mut gate, "online", &[]), []);
}

/// Does a gateway hear that it should search or let all go, and are its answers, in each known form, kept and not answered?
#[test]
fn search_and_answers() {
    let site = Site::new();
    let mut gate = site.gate("gate-0");
    let topic = format!("$gateway/operation/result/{GATE}/gate-0");
    let gateway = site.device(GATE, "gate-0");
    for told in [
        json!({"type": "search_devices", "payload": {"status": 1, "devices": []}}),
        json!({"type": "search_devices", "payload": {"status": 0, "devices": []}}),
        json!({"type": "unbind_all", "payload": {"devices": []}}),
    ] {
        let (device, number, kind) = (gateway.key(), gateway.number, DownKind::Topic(topic.as_str().into()));
        let payload = told.to_string().into_bytes().into();
        let down = Down { device, number, kind, qos: 0, payload, request_id: "q-1".into() };
        assert_eq!(wait(site.world.bus.deliver(down)), Ok(Delivery::Delivered));
        assert_eq!(gate.hears(), told);
    }
    let before = site.kinds(GATE, "gate-0").len();
    let answers = [
        json!({"type": "search_devices", "payload": {"status": 1, "result": 0}}),
        json!({"type": "unbind_all", "payload": {"result": 0}}),
        json!({"type": "change", "result": 0}),
        json!({"type": "change", "payload": {"status": 1, "devices": [named(PRODUCT, "lamp-1")]}}),
        json!({"type": "change", "payload": {"devices": []}}),
    ];
    for answer in &answers {
        gate.say(answer);
    }
    gate.wire.has_nothing_but_a_ping_response();
    let log = site.world.records_of(GATE, "gate-0");
    assert_eq!(log[before..], vec![(K::OtherUp, 0, String::new()); answers.len()]);
    // What nobody understands is said to be so in the log.
    gate.say(&json!({"type": "dance"}));
    gate.wire.has_nothing_but_a_ping_response();
    let last = site.world.records_of(GATE, "gate-0").pop().unwrap();
    assert_eq!(last.2, "type dance not supported");
}

/// Does a sub-device that moves to another gateway belong to that one alone, whichever threads they live on?
#[test]
fn another_gateway_takes_over() {
    let options = AccessOptions { workers: 2, device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() };
    let site = Site::with(&options);
    let mut first = site.gate_with_lamps(&["lamp-1"]);
    let mut second = site.gate("gate-1");
    let lamp = site.device(PRODUCT, "lamp-1");
    assert_eq!(second.ask("online", PRODUCT, "lamp-1"), -1);
    assert!(lamp.is_online(), "a stranger changes nothing");

    let (platform, old) = (Arc::clone(&site.world.platform), site.device(GATE, "gate-0"));
    let names = ["lamp-1".to_owned()];
    wait(gateway::unbind(&platform, &old, OWNER, PRODUCT, &names, "q-1")).unwrap();
    assert_eq!(first.hears()["payload"]["status"], 0);
    wait(gateway::bind(&platform, &site.device(GATE, "gate-1"), OWNER, PRODUCT, &names, "q-2")).unwrap();
    assert_eq!(second.hears()["payload"]["status"], 1);
    assert_eq!(second.ask("online", PRODUCT, "lamp-1"), 0);
    second.wire.subscribe(&down("property", "lamp-1"));

    // The first one had it and listened to it; neither counts now.
    assert_eq!(first.ask("offline", PRODUCT, "lamp-1"), -1);
    let report = r#"{"method":"report","clientToken":"r-1","params":{"brightness":10}}"#;
    first.wire.publish(&up("property", "lamp-1"), report, Some(1));
    assert_eq!(first.wire.puback(), 1);
    second.wire.publish(&up("property", "lamp-1"), report, Some(2));
    assert_eq!(second.wire.puback(), 2);
    assert!(second.wire.message().1.contains("report_reply"));
    first.wire.has_nothing_but_a_ping_response();
    first.wire.leave();
    assert!(lamp.is_online(), "its gateway is another one");
    let own = site.world.records_of(GATE, "gate-0");
    assert!(own.contains(&(K::PublishRefused, 403, notes::NO_PERMISSION.to_owned())), "{own:?}");
    assert_eq!(site.kinds(PRODUCT, "lamp-1").iter().filter(|kind| **kind == K::PropertyReport).count(), 1);
    second.wire.leave();
    assert!(!lamp.is_online());
}

/// Is a sub-device that is online kept from deletion, and its product and gateway, until they are parted; and is it gone then?
#[test]
fn deletion_comes_after_parting() {
    let site = Site::new();
    let mut gate = site.gate_with_lamps(&["lamp-1"]);
    let platform = Arc::clone(&site.world.platform);
    let delete = |product: &str, name: &str| {
        wait(device::delete(&platform, OWNER, &[DeviceRef { product: product.into(), name: name.into() }]))
    };
    assert!(matches!(delete(PRODUCT, "lamp-1"), Err(DeviceError::Bound(_))));
    assert!(matches!(delete(GATE, "gate-0"), Err(DeviceError::HasSubDevices(_))));
    assert!(matches!(wait(product::delete(&platform, OWNER, PRODUCT)), Err(ProductError::IsTaken)));
    assert!(matches!(wait(product::delete(&platform, OWNER, GATE)), Err(ProductError::TakesProducts)));
    assert!(site.device(PRODUCT, "lamp-1").is_online());
    gate.wire.publish(&up("property", "lamp-1"), r#"{"method":"report","params":{"brightness":10}}"#, None);
    assert!(gate.wire.message().1.contains(r#""code":0"#), "nothing of it was done");

    assert_eq!(gate.ask("unbind", PRODUCT, "lamp-1"), 0);
    delete(PRODUCT, "lamp-1").unwrap();
    assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), -1);
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 802);
    gate.wire.publish(&up("property", "lamp-1"), r#"{"method":"report","params":{"brightness":10}}"#, Some(1));
    assert_eq!(gate.wire.puback(), 1);
    let last = site.world.records_of(GATE, "gate-0").pop();
    assert_eq!(last, Some((K::PublishRefused, 403, notes::NO_PERMISSION.to_owned())));
    gate.say(&json!({"type": "describe_sub_devices"}));
    assert_eq!(gate.hears()["payload"]["devices"], json!([]));
    delete(GATE, "gate-0").unwrap();
    gate.wire.is_closed();
}
