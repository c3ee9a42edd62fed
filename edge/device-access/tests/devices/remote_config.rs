//! Remote configuration: asked for and pushed, on both names of its topic, to many without anybody waiting.

use lianwu_device_access::AccessOptions;
use lianwu_model::product::Product;
use lianwu_ports::bus::ConfigPushed;
use lianwu_ports::record::RecordKind;
use lianwu_services::logs::notes;
use lianwu_services::message::SendError;
use lianwu_services::remote_config::{self, C_DEVICE_BYTES_MAX, ConfigError};

use super::harness::{PRODUCT, Wire, down, up};
use super::http::{Scene, options};

impl Scene {
    fn product_of_lamps(&self) -> Product {
        Product::clone(&self.world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap().product)
    }

    fn save(&self, text: &str) -> u64 {
        let owner = self.product_of_lamps().owner;
        let saved = self.runtime.block_on(remote_config::save(&self.world.platform, owner, PRODUCT, text)).unwrap();
        saved.newest.version
    }

    fn enable(&self, is_enabled: bool) {
        let owner = self.product_of_lamps().owner;
        let work = remote_config::enable(&self.world.platform, owner, PRODUCT, is_enabled);
        self.runtime.block_on(work).unwrap();
    }

    fn push(&self, name: Option<&str>) -> Result<ConfigPushed, ConfigError> {
        let owner = self.product_of_lamps().owner;
        let work = remote_config::push(&self.world.platform, owner, PRODUCT, name, "request-1");
        self.runtime.block_on(work).map(|pushed| pushed.count)
    }

    fn lamp(&self, name: &str) -> Wire {
        if self.world.platform.directory.find(PRODUCT.parse().unwrap(), name).is_none() {
            self.world.put_device(name, 100 + u32::from(name.as_bytes()[5]));
        }
        self.world.lamp(name)
    }

    /// A lamp that listens to the topic with this name.
    fn listening_to(&self, name: &str, topic: &str) -> Wire {
        let mut lamp = self.lamp(name);
        lamp.subscribe(&format!("$config/{topic}/{PRODUCT}/{name}"));
        lamp
    }
}

fn sent(sent: u64, not_listening: u64) -> ConfigPushed {
    ConfigPushed { sent, not_listening, ..ConfigPushed::default() }
}

/// Does a device that asks get the newest version on the topic it listens to, whichever it asks on?
#[test]
fn a_device_asks_for_its_configuration() {
    let scene = Scene::new(&options());
    let off = r#"{"type":"reply","result":1001,"payload":{}}"#;
    let on = r#"{"type":"reply","result":0,"payload":{"speed": 2}}"#;
    let mut lamps = [
        ("operation", scene.listening_to("lamp-1", "operation/result")),
        ("report", scene.listening_to("lamp-2", "operation/result")),
        ("operation", scene.listening_to("lamp-3", "update")),
        ("report", scene.listening_to("lamp-4", "update")),
    ];
    let mut expect = |answer: &str| {
        for (at, (asked, lamp)) in lamps.iter_mut().enumerate() {
            lamp.publish(&format!("$config/{asked}/{PRODUCT}/lamp-{}", at + 1), r#"{"type":"get"}"#, None);
            let (topic, said) = lamp.message();
            let listens = if at < 2 { "operation/result" } else { "update" };
            assert_eq!((topic, said.as_str()), (format!("$config/{listens}/{PRODUCT}/lamp-{}", at + 1), answer));
        }
    };
    expect(off);
    scene.save(r#"{"speed":1}"#);
    expect(off);
    scene.enable(true);
    scene.save(" {\"speed\": 2}\n");
    expect(on);
    scene.enable(false);
    expect(off);
    assert_eq!(scene.world.first(RecordKind::OtherUp).0, 1001, "the log says why");
}

/// Does a push reach everybody who listens, over all workers, and count the others?
#[test]
fn a_push_reaches_whoever_listens() {
    let scene = Scene::new(&AccessOptions { workers: 2, ..options() });
    assert_eq!(scene.push(None), Err(ConfigError::NoVersion));
    scene.save(r#"{"speed":3}"#);
    assert_eq!(scene.push(None), Err(ConfigError::Disabled));
    scene.enable(true);
    assert_eq!(scene.push(None), Ok(sent(0, 0)), "nobody is there");
    let mut lamps: Vec<_> = (1..=4)
        .map(|at| scene.listening_to(&format!("lamp-{at}"), if at % 2 == 0 { "update" } else { "operation/result" }))
        .collect();
    let mut deaf = scene.lamp("lamp-5");
    scene.world.put_device("lamp-6", 200);
    assert_eq!(scene.push(None), Ok(sent(4, 1)));
    let message = r#"{"type":"push","result":0,"payload":{"speed":3}}"#;
    for lamp in &mut lamps {
        assert_eq!(lamp.message().1, message);
    }
    deaf.has_nothing_but_a_ping_response();
    assert_eq!(scene.push(Some("lamp-2")), Ok(sent(1, 0)));
    assert_eq!(lamps[1].message(), (format!("$config/update/{PRODUCT}/lamp-2"), message.to_owned()));
    assert_eq!(scene.push(Some("lamp-5")), Ok(sent(0, 1)), "it does not listen");
    assert_eq!(scene.push(Some("lamp-6")), Ok(sent(0, 1)), "it is not there");
    lamps[0].has_nothing_but_a_ping_response();
}

/// Is the largest configuration sent whole to each of many, named in the log instead of kept, and marked as too large for C?
#[test]
fn a_large_configuration_goes_to_many() {
    let scene = Scene::new(&options());
    let text = format!(r#"{{"table":"{}"}}"#, "x".repeat(128 * 1024 - 12));
    assert_eq!(text.len(), 128 * 1024);
    scene.save(&text);
    scene.enable(true);
    let mut lamps: Vec<_> = (1..=8).map(|at| scene.listening_to(&format!("lamp-{at}"), "operation/result")).collect();
    let readers: Vec<_> = lamps
        .drain(..)
        .map(|mut lamp| {
            let expected = format!(r#"{{"type":"push","result":0,"payload":{text}}}"#);
            std::thread::spawn(move || {
                assert!(lamp.message().1 == expected, "whole");
                lamp
            })
        })
        .collect();
    assert_eq!(scene.push(None), Ok(sent(8, 0)));
    let mut lamps: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
    lamps[0].subscribe(&down("property", "lamp-1"));
    lamps[0].publish(&up("property", "lamp-1"), r#"{"method":"report","clientToken":"t","params":{}}"#, None);
    assert!(lamps[0].message().1.contains("report_reply"), "others are served");
    let blocks = lianwu_ports::log::Log::read(&*scene.world.log, lianwu_ports::log::Lsn(1), usize::MAX).unwrap();
    let mut pushes = 0;
    for block in blocks {
        for entry in block.records() {
            let (_, record) = entry.unwrap();
            if record.kind == RecordKind::OtherDown {
                let bytes = text.len() + r#"{"type":"push","result":0,"payload":}"#.len();
                let kept = format!(
                    r#"{{"type":"push","result":0,"version":1,"bytes":{bytes},"warning":"larger than the {C_DEVICE_BYTES_MAX} bytes that the C SDK takes"}}"#
                );
                assert_eq!((record.payload, record.note), (kept.as_bytes(), "request-1"));
                pushes += 1;
            }
        }
    }
    assert_eq!(pushes, 8);
}

/// Does a push count as any message to a device, refused over its rate, and told in its log?
#[test]
fn a_push_keeps_to_the_rate_of_a_device() {
    let mut scene = Scene::new(&AccessOptions { device_down_tps: 1, ..options() });
    scene.save("{}");
    scene.enable(true);
    let _lamp = scene.listening_to("lamp-1", "operation/result");
    // A second's worth is free. Ends because the second is too much; otherwise the test never does.
    while scene.push(None).unwrap() == sent(1, 0) {}
    assert_eq!(scene.push(Some("lamp-1")), Ok(ConfigPushed { over_rate: 1, ..ConfigPushed::default() }));
    scene.world.stop();
    assert_eq!(scene.world.first(RecordKind::RateLimited).1, notes::DOWN_OVER_RATE);
}

/// Does a full disk end a push with an error, and nobody get what is not in the log?
#[test]
fn a_full_disk_refuses_a_push() {
    let scene = Scene::new(&options());
    scene.save("{}");
    scene.enable(true);
    let mut lamp = scene.listening_to("lamp-1", "operation/result");
    scene.world.log.fail(Some(lianwu_ports::log::CommitError::Full("storage is full".into())));
    assert!(matches!(scene.push(None), Err(ConfigError::Send(SendError::Storage(_)))), "refused");
    lamp.is_closed();
    scene.world.log.fail(None);
    let mut lamp = scene.listening_to("lamp-1", "operation/result");
    assert_eq!(scene.push(None), Ok(sent(1, 0)));
    assert_eq!(lamp.message().1, r#"{"type":"push","result":0,"payload":{}}"#);
}
