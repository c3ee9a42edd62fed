//! Broadcasts: who gets a copy, and what the log says.

use lianwu_mqtt::QoS;
use lianwu_ports::log::Log as _;
use lianwu_ports::record::RecordKind as K;
use lianwu_services::broadcast::{self, Broadcast};
use tokio::runtime::Runtime;

use crate::harness::{PRODUCT, World};

/// How long anything may take before a test gives up on it.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

fn topic(name: &str) -> String {
    format!("$broadcast/rxd/{PRODUCT}/{name}")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

pub fn send(world: &World, runtime: &Runtime, qos: u8, payload: &[u8]) -> u64 {
    let _entered = runtime.enter();
    let owner = world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product.owner;
    let broadcast = Broadcast { qos, payload: payload.into(), request_id: "q-1".into() };
    broadcast::start(&world.platform, owner, PRODUCT, broadcast).unwrap()
}

/// The line of a broadcast that has ended.
pub fn line(world: &World, task: u64) -> String {
    loop {
        let before = world.log.durable();
        for block in world.log.read(lianwu_ports::log::Lsn(1), usize::MAX).unwrap() {
            for record in block.records() {
                let (_, record) = record.unwrap();
                let facts = String::from_utf8_lossy(record.payload);
                if record.kind == K::Broadcast && facts.starts_with(&format!("task:{task},")) {
                    assert_eq!((record.product.as_str(), record.device, record.note), (PRODUCT, "", "q-1"));
                    return facts.into_owned();
                }
            }
        }
        assert!(world.log.wait(before, DEADLINE) > before, "no end of task {task}");
    }
}

/// Do those who are there and listen get one copy each, with the lower quality of service, and is everyone else counted or left alone?
#[test]
fn a_broadcast_reaches_who_is_there_and_listens() {
    let (world, runtime) = (World::new(), runtime());
    let (mut zero, mut one, mut deaf) = (world.lamp("lamp-0"), world.lamp("lamp-1"), world.lamp("lamp-2"));
    zero.subscribe_at(&topic("lamp-0"), QoS::AtMostOnce);
    one.subscribe(&topic("lamp-1"));
    let (mut away, _) = world.keeping_lamp("lamp-3");
    away.subscribe(&topic("lamp-3"));
    away.leave();
    world.settle();

    let task = send(&world, &runtime, 1, b"fire drill");
    assert_eq!(zero.message(), (topic("lamp-0"), "fire drill".to_owned()));
    assert_eq!(one.acknowledge(), (topic("lamp-1"), "fire drill".to_owned()));
    let expected = format!("task:{task},sent:2,not subscribed:1,offline:0,over rate:0,failed:0");
    assert_eq!(line(&world, task), expected);
    deaf.has_nothing_but_a_ping_response();
    for name in ["lamp-0", "lamp-1"] {
        let copies = world.records_of(PRODUCT, name).into_iter().filter(|record| record.0 == K::OtherDown).count();
        assert_eq!(copies, 1, "{name}");
    }
    for name in ["lamp-2", "lamp-3"] {
        assert!(world.records_of(PRODUCT, name).iter().all(|record| record.0 != K::OtherDown), "{name}");
    }
    // Nothing was kept for the one that was away.
    let (mut back, is_present) = world.keeping_lamp("lamp-3");
    assert!(is_present);
    back.has_nothing_but_a_ping_response();

    let again = send(&world, &runtime, 0, b"again");
    assert!(again > task);
    assert_eq!((zero.message().1, one.message().1, back.message().1), ("again".into(), "again".into(), "again".into()));
    assert!(line(&world, again).starts_with(&format!("task:{again},sent:3,not subscribed:1,")));
}

/// Does a broadcast to more devices than go at once reach each, while reports are answered in between?
#[test]
fn a_large_broadcast_reaches_all() {
    const DEVICES: u32 = 150;
    let (world, runtime) = (World::new(), runtime());
    let mut lamps: Vec<_> = (0..DEVICES)
        .map(|number| {
            let name = format!("many-{number}");
            world.put_device(&name, 100 + number);
            let mut lamp = world.lamp(&name);
            lamp.subscribe_at(&topic(&name), QoS::AtMostOnce);
            (name, lamp)
        })
        .collect();
    let mut reporter = world.listening_lamp("lamp-1");
    let task = send(&world, &runtime, 0, &[b'x'; 6144]);
    for number in 0..20 {
        let report = format!(r#"{{"method":"report","clientToken":"{number}","params":{{"brightness":{number}}}}}"#);
        reporter.publish(&crate::harness::up("property", "lamp-1"), &report, None);
        assert!(reporter.message().1.contains(&format!(r#""clientToken":"{number}","code":0"#)));
    }
    for (name, lamp) in &mut lamps {
        let (on, payload) = lamp.message();
        assert_eq!((on, payload.len()), (topic(name), 6144));
    }
    let expected = format!("task:{task},sent:{DEVICES},not subscribed:1,offline:0,over rate:0,failed:0");
    assert_eq!(line(&world, task), expected);
}
