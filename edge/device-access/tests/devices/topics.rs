//! Custom topics: permissions, `+`, and what a change of the product's table does to those who are connected, away, or
//! behind a gateway.

use lianwu_device_access::AccessOptions;
use lianwu_model::account::Instance;
use lianwu_model::topic_policy::{TopicPermission, TopicTable};
use lianwu_model::{DeviceNumber, Uin};
use lianwu_mqtt::QoS;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_ports::bus::Bus as _;
use lianwu_ports::log::Log as _;
use lianwu_ports::record::RecordKind as K;
use lianwu_services::logs::notes;

use crate::harness::{NOW, PRODUCT, Wire, World, down};

/// How long anything may take before a test gives up on it.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

const ALL: &str = "${ProductId}/${DeviceName}";

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn own(name: &str, rest: &str) -> String {
    format!("{PRODUCT}/{name}/{rest}")
}

/// The product has these topics from now on, and every worker knows.
fn put_topics(world: &World, topics: &[(&str, TopicPermission)]) {
    let id = PRODUCT.parse().unwrap();
    let add = |table: TopicTable, (rest, permission): &(&str, _)| table.with(id, &format!("{ALL}/{rest}"), *permission);
    let table = topics.iter().try_fold(TopicTable::empty(), add).unwrap();
    world.change_product(|product| product.topics = table);
    wait(world.bus.topics_changed(id));
}

fn subscriptions(world: &World, number: DeviceNumber) -> Vec<String> {
    wait(world.bus.subscriptions(number)).unwrap().into_iter().map(String::from).collect()
}

/// Waits until a device listens to these.
fn until(world: &World, name: &str, expected: &[String]) {
    loop {
        let before = world.log.durable();
        let found = subscriptions(world, world.number(name));
        if found == expected {
            return;
        }
        // Whatever changes them is written down.
        assert!(world.log.wait(before, DEADLINE) > before, "{name} still listens to {found:?}");
    }
}

fn is_granted(lamp: &mut Wire, rest: &str) -> bool {
    matches!(lamp.subscribe(&own("lamp-1", rest)), SubscribeAnswer::Granted(_))
}

/// The next message the device can get is what it sends to itself on a topic of both: everything before has been decided.
fn echoes(lamp: &mut Wire, name: &str, rest: &str) {
    lamp.publish(&own(name, rest), "echo", None);
    assert_eq!(lamp.message(), (own(name, rest), "echo".to_owned()));
}

/// Is each direction allowed as the product's table says, with its own words in the log?
#[test]
fn a_device_may_do_what_the_table_says() {
    let world = World::new();
    put_topics(
        &world,
        &[
            ("up", TopicPermission::Publish),
            ("down/cmd", TopicPermission::Subscribe),
            ("both", TopicPermission::Both),
            ("+/msg", TopicPermission::Subscribe),
        ],
    );
    let mut lamp = world.lamp("lamp-1");
    for (rest, allowed) in [
        ("up", false),
        ("down/cmd", true),
        ("both", true),
        ("control", false),
        ("+/msg", true),
        ("room/msg", true),
        ("+/cmd", false),
        ("+", false),
    ] {
        assert_eq!(is_granted(&mut lamp, rest), allowed, "{rest}");
    }
    let mut id = 0;
    for (rest, allowed) in [("up", true), ("both", true), ("down/cmd", false), ("room/msg", false), ("event", false)] {
        id += 1;
        lamp.publish(&own("lamp-1", rest), "x", Some(id));
        assert_eq!(lamp.puback(), id, "{rest}: acknowledged in any case");
        if rest == "both" {
            assert_eq!(lamp.message().0, own("lamp-1", "both"), "back to itself");
        }
        let last = world.records_of(PRODUCT, "lamp-1").pop().unwrap();
        let expected = if allowed { (K::OtherUp, 0, "") } else { (K::PublishRefused, 403, notes::NO_PERMISSION) };
        assert_eq!((last.0, last.1, last.2.as_str()), expected, "{rest}");
    }
}

/// Does a change end what lost its permission, of that product only, tell the log, and leave the rest?
#[test]
fn a_change_takes_effect_on_connected_devices() {
    let world = World::new();
    let both = TopicPermission::Both;
    put_topics(&world, &[("keep", both), ("lose", both)]);
    let (mut lamp, mut other) = (world.lamp("lamp-1"), world.lamp("lamp-2"));
    for (wire, name) in [(&mut lamp, "lamp-1"), (&mut other, "lamp-2")] {
        wire.subscribe(&down("property", name));
        for rest in ["keep", "lose"] {
            wire.subscribe(&own(name, rest));
            echoes(wire, name, rest);
        }
    }
    put_topics(&world, &[("keep", both), ("lose", TopicPermission::Publish), ("new", both)]);
    for (wire, name) in [(&mut lamp, "lamp-1"), (&mut other, "lamp-2")] {
        echoes(wire, name, "keep");
        until(&world, name, &[down("property", name), own(name, "keep")]);
        wire.publish(&own(name, "lose"), "still allowed, nobody listens", None);
        wire.has_nothing_but_a_ping_response();
        wire.subscribe(&own(name, "new"));
        echoes(wire, name, "new");
        let ended = (K::Unsubscribed, 403, notes::TOPIC_WITHDRAWN.to_owned());
        assert_eq!(world.records_of(PRODUCT, name).iter().filter(|record| **record == ended).count(), 1, "{name}");
    }
}

/// Does a device that is away come back without the subscription it lost, also after a restart, and is it shown while away?
#[test]
fn a_change_reaches_kept_sessions() {
    let options = AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() };
    let mut world = World::with(&options);
    let both = TopicPermission::Both;
    put_topics(&world, &[("keep", both), ("lose", both), ("late", both)]);
    let (mut lamp, _) = world.keeping_lamp("lamp-1");
    for rest in ["keep", "lose", "late"] {
        lamp.subscribe(&own("lamp-1", rest));
    }
    lamp.leave();
    let number = world.number("lamp-1");
    let all = ["keep", "lose", "late"].map(|rest| own("lamp-1", rest));
    until(&world, "lamp-1", &all);
    put_topics(&world, &[("keep", both), ("late", both)]);
    until(&world, "lamp-1", &[own("lamp-1", "keep"), own("lamp-1", "late")]);
    // Changed while nobody was there to see to it: the start does.
    world.change_product(|product| {
        let id = product.id;
        product.topics = product.topics.without(id, &format!("{ALL}/late")).unwrap();
    });
    world.restart(&options);
    assert_eq!(subscriptions(&world, number), [own("lamp-1", "keep")]);
    let (mut lamp, is_present) = world.keeping_lamp("lamp-1");
    assert!(is_present);
    lamp.publish(&own("lamp-1", "lose"), "x", Some(1));
    assert_eq!(lamp.puback(), 1);
    echoes(&mut lamp, "lamp-1", "keep");
    let ended = world.records_of(PRODUCT, "lamp-1").into_iter().filter(|record| record.0 == K::Unsubscribed).count();
    assert_eq!(ended, 2, "each told once");
}

/// Is what a device listens to shown while it is connected, kept or not, and nothing of one that is gone?
#[test]
fn subscriptions_are_those_of_the_moment() {
    let world = World::new();
    let number = world.number("lamp-1");
    assert_eq!(subscriptions(&world, number), [""; 0]);
    let mut lamp = world.lamp("lamp-1");
    for filter in [own("lamp-1", "data"), format!("$rrpc/rxd/{PRODUCT}/lamp-1/+"), down("action", "lamp-1")] {
        assert!(matches!(lamp.subscribe_at(&filter, QoS::AtMostOnce), SubscribeAnswer::Granted(_)), "{filter}");
    }
    let rrpc = format!("$rrpc/rxd/{PRODUCT}/lamp-1/+");
    assert_eq!(subscriptions(&world, number), [down("action", "lamp-1"), rrpc.clone(), own("lamp-1", "data")]);
    lamp.unsubscribe(&own("lamp-1", "data"));
    assert_eq!(subscriptions(&world, number), [down("action", "lamp-1"), rrpc]);
    lamp.leave();
    until(&world, "lamp-1", &[]);
}

/// Does a public instance end what its devices listened to once the table is looked at?
#[test]
fn a_public_instance_keeps_no_custom_subscription() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    lamp.subscribe(&own("lamp-1", "data"));
    let id = "ins-public00001".parse().unwrap();
    let public = Instance { id, owner: Uin(100_000_000_001), enterprise: false, created: NOW };
    world.platform.catalog.put_instances(&[public]);
    wait(world.bus.topics_changed(PRODUCT.parse().unwrap()));
    until(&world, "lamp-1", &[]);
    assert!(!is_granted(&mut lamp, "data"));
}
