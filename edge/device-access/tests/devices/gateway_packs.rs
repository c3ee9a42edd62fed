//! Packed reports of gateways: history of the sub-devices in one message.

use lianwu_model::{ProductId, UnixMillis};
use lianwu_ports::log::{Log as _, Lsn};
use lianwu_ports::record::RecordKind as K;
use lianwu_services::logs::notes;

use crate::gateways::{GATE, Gate, Site};
use crate::harness::{NOW, PRODUCT, put_model};

/// A gateway with a thing model, with these lamps online.
fn gate(site: &Site, lamps: &[&str]) -> Gate {
    put_model(&site.world.platform, GATE.parse::<ProductId>().unwrap());
    let mut gate = site.gate_with_lamps(lamps);
    gate.wire.subscribe(&format!("$thing/down/property/{GATE}/gate-0"));
    gate
}

/// The answer to a packed report of the gateway.
fn pack(gate: &mut Gate, own: &str, subs: &[(&str, &str)]) -> String {
    let subs: Vec<_> = subs
        .iter()
        .map(|(name, params)| format!(r#"{{"productId":"{PRODUCT}","deviceName":"{name}","params":{params}}}"#))
        .collect();
    let subs = subs.join(",");
    let message = format!(r#"{{"method":"pack_report","clientToken":"p",{own}"subDevices":[{subs}]}}"#);
    gate.wire.publish(&format!("$thing/up/property/{GATE}/gate-0"), &message, Some(9));
    assert_eq!(gate.wire.puback(), 9);
    let (topic, answer) = gate.wire.message();
    assert_eq!(topic, format!("$thing/down/property/{GATE}/gate-0"));
    answer
}

fn reply(code: u16, status: &str) -> String {
    format!(r#"{{"method":"pack_report_reply","clientToken":"p","code":{code},"status":"{status}"}}"#)
}

fn item(seconds_ago: u64, brightness: u32) -> String {
    format!(r#"{{"timestamp":{},"properties":{{"brightness":{brightness}}}}}"#, NOW.0 - seconds_ago * 1000)
}

/// Name, sample time and content of all parts, and the blocks of the log they stand in.
fn parts(site: &Site) -> (Vec<(String, UnixMillis, String)>, Vec<Lsn>) {
    site.world.settle();
    let (mut found, mut blocks) = (Vec::new(), Vec::new());
    for block in site.world.log.read(Lsn(1), usize::MAX).unwrap() {
        for record in block.records() {
            let (_, record) = record.unwrap();
            if record.kind.is_part() {
                let text = String::from_utf8(record.payload.to_vec()).unwrap();
                found.push((record.device.to_owned(), record.sample_time, text));
                blocks.push(block.last());
            }
        }
    }
    blocks.dedup();
    (found, blocks)
}

/// Is the history of a gateway and of those behind it taken in one message, each part under its device, in one group?
#[test]
fn one_message_reports_for_all() {
    let site = Site::new();
    let mut gate = gate(&site, &["lamp-1", "lamp-2"]);
    let own = format!(r#""params":[{}],"#, item(9, 1));
    let of_first = format!("[{},{}]", item(8, 2), item(7, 3));
    let of_second = format!("[{}]", item(6, 4));
    let answer = pack(&mut gate, &own, &[("lamp-1", &of_first), ("lamp-2", &of_second)]);
    assert_eq!(answer, reply(0, "success"));
    let (found, blocks) = parts(&site);
    let expected =
        [("gate-0", 9, 1), ("lamp-1", 8, 2), ("lamp-1", 7, 3), ("lamp-2", 6, 4)].map(|(name, ago, value)| {
            let text = format!(r#"{{"params":{{"brightness":{value}}}}}"#);
            (name.to_owned(), UnixMillis(NOW.0 - ago * 1000), text)
        });
    assert_eq!(found, expected);
    assert_eq!(blocks.len(), 1);
    let state = site.world.platform.states.device(site.device(PRODUCT, "lamp-1").number).unwrap();
    assert_eq!(&*state.reported[0].value, "3");
    assert!(pack(&mut gate, "", &[("lamp-1", &of_first)]).contains(r#""code":0"#), "nothing of its own");
}

/// Is a message refused as a whole for one item, with the device and the item named, and for who may not be spoken for?
#[test]
fn one_wrong_item_refuses_the_message() {
    let site = Site::new();
    let mut gate = gate(&site, &["lamp-1", "lamp-2"]);
    let good = format!("[{}]", item(8, 2));
    let bad = format!("[{},{}]", item(8, 2), item(7, 4000));
    let refused = pack(&mut gate, "", &[("lamp-1", &good), ("lamp-2", &bad)]);
    assert!(
        refused.contains(r#""code":406,"status":"LAMP000001/lamp-2 params[1]: check report data err: "#),
        "{refused}"
    );
    let old = format!(r#"[{{"timestamp":{},"properties":{{"brightness":1}}}}]"#, 1_000_000);
    let refused = pack(&mut gate, "", &[("lamp-1", &old)]);
    assert!(refused.contains(r#""code":405,"status":"LAMP000001/lamp-1 params[0]: timestamp "#), "{refused}");
    let stranger = reply(403, "LAMP000001/lamp-3 not bound to this gateway");
    assert_eq!(pack(&mut gate, "", &[("lamp-1", &good), ("lamp-3", &good)]), stranger);
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-2"), 0);
    let offline = reply(403, &format!("LAMP000001/lamp-2 {}", notes::SUB_DEVICE_OFFLINE));
    assert_eq!(pack(&mut gate, "", &[("lamp-2", &good)]), offline);
    let own = format!(r#""params":[{}],"#, vec![item(9, 1); 100].join(","));
    let many = reply(406, "check report data err: params length 101 out of range:[1,100]");
    assert_eq!(pack(&mut gate, &own, &[("lamp-1", &good)]), many);
    assert_eq!(parts(&site).0, []);
    let log = site.world.records_of(GATE, "gate-0");
    let why = "LAMP000001/lamp-3 not bound to this gateway".to_owned();
    assert!(log.contains(&(K::PropertyOther, 403, why)), "{log:?}");
}

/// Does a device that is no gateway report for nobody, not even for itself by another's name?
#[test]
fn a_lamp_reports_for_nobody() {
    let site = Site::new();
    let mut lamp = site.world.listening_lamp("lamp-0");
    let sub = format!(r#"{{"productId":"{PRODUCT}","deviceName":"lamp-0","params":[{}]}}"#, item(8, 2));
    let message = format!(r#"{{"method":"pack_report","clientToken":"p","subDevices":[{sub}]}}"#);
    lamp.publish(&format!("$thing/up/property/{PRODUCT}/lamp-0"), &message, None);
    assert_eq!(lamp.message().1, reply(403, "LAMP000001/lamp-0 not bound to this gateway"));
    assert_eq!(parts(&site).0, []);
}
