//! The device shadow, from the device's end and from the cloud's. Source: spec/device-protocol.md 9.1.

use lianwu_model::shadow::Refusal;
use lianwu_mqtt::QoS;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_ports::bus::Delivery;
use lianwu_ports::record::RecordKind;
use lianwu_services::shadow::{self, ShadowError};

use crate::harness::{NOW, PRODUCT, Wire, World};

fn up(name: &str) -> String {
    format!("$shadow/operation/{PRODUCT}/{name}")
}

fn down(name: &str) -> String {
    format!("$shadow/operation/result/{PRODUCT}/{name}")
}

fn listening(world: &World, name: &str) -> Wire {
    let mut lamp = world.lamp(name);
    assert_eq!(lamp.subscribe(&down(name)), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    lamp
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// What the cloud desires of a device.
fn desire(world: &World, name: &str, state: &str, version: u64) -> Result<(u64, Option<Delivery>), ShadowError> {
    let device = world.platform.directory.find(PRODUCT.parse().unwrap(), name).unwrap();
    let changed = runtime().block_on(shadow::update(&world.platform, &device, state, version, "r-1"))?;
    Ok((changed.document.unwrap().version(), changed.told))
}

/// Is the answer to each message decided on the document that includes those before it, without a pause between them?
#[test]
fn messages_are_decided_one_after_the_other() {
    let world = World::new();
    let mut lamp = listening(&world, "lamp-1");
    for version in 0..5 {
        let message = format!(r#"{{"type":"update","state":{{"reported":{{"n":{version}}}}},"version":{version}}}"#);
        lamp.publish(&up("lamp-1"), &message, Some(version + 1));
    }
    lamp.publish(&up("lamp-1"), r#"{"type":"get","clientToken":"g"}"#, None);
    let now = NOW.0;
    for version in 1..=5 {
        assert_eq!(lamp.puback(), version);
        let n = version - 1;
        let expected = format!(
            r#"{{"payload":{{"state":{{"reported":{{"n":{n}}}}},"timestamp":{now},"version":{version}}},"result":0,"timestamp":{now},"type":"update"}}"#
        );
        assert_eq!(lamp.message(), (down("lamp-1"), expected));
    }
    let expected = format!(
        r#"{{"clientToken":"g","payload":{{"state":{{"reported":{{"n":4}}}},"timestamp":{now},"version":5}},"result":0,"timestamp":{now},"type":"get"}}"#
    );
    assert_eq!(lamp.message().1, expected);
}

/// Is a conflict answered with the whole document, acknowledged and logged, and changes nothing?
#[test]
fn an_old_version_is_refused_with_the_document() {
    let world = World::new();
    let mut lamp = listening(&world, "lamp-1");
    lamp.publish(&up("lamp-1"), r#"{"type":"update","state":{"reported":{"n":1}}}"#, None);
    lamp.message();
    lamp.publish(&up("lamp-1"), r#"{"type":"update","state":{"reported":{"n":2}},"version":9}"#, Some(3));
    assert_eq!(lamp.puback(), 3);
    let answer = lamp.message().1;
    assert!(answer.contains(r#""payload":{"state":{"reported":{"n":1}}"#), "{answer}");
    assert!(answer.contains(r#""result":5005"#), "{answer}");
    let refused = (RecordKind::ShadowUpdate, 5005, "the document is at version 1, not 9".to_owned());
    assert!(world.records(4).contains(&refused));
}

/// Is the device told what the cloud desires, and does everything outlive a restart?
#[test]
fn a_delta_goes_down_and_the_document_stays() {
    let mut world = World::new();
    let mut lamp = listening(&world, "lamp-1");
    lamp.publish(&up("lamp-1"), r#"{"type":"update","state":{"reported":{"temp":27,"on":true}}}"#, None);
    lamp.message();
    let told = Ok((2, Some(Delivery::Delivered)));
    assert_eq!(desire(&world, "lamp-1", r#"{"desired":{"temp":25,"on":true}}"#, 1), told);
    let now = NOW.0;
    assert_eq!(
        lamp.acknowledge().1,
        format!(
            r#"{{"type":"delta","timestamp":{now},"payload":{{"state":{{"temp":25}},"version":2,"timestamp":{now}}}}}"#
        )
    );
    // What it has already is nothing to tell.
    assert_eq!(desire(&world, "lamp-1", r#"{"desired":{"temp":27}}"#, 0), Ok((3, None)));
    let conflict = ShadowError::Refused(Refusal::Conflict { current: 3, wanted: 2 });
    assert_eq!(desire(&world, "lamp-1", r#"{"desired":{"temp":20}}"#, 2), Err(conflict));
    assert_eq!(desire(&world, "lamp-1", r#"{"desired":{"temp":20}}"#, 3), Ok((4, Some(Delivery::Delivered))));
    lamp.acknowledge();
    lamp.leave();
    assert_eq!(desire(&world, "lamp-1", r#"{"desired":{"temp":19}}"#, 4), Ok((5, Some(Delivery::Offline))));
    world.restart(&lianwu_device_access::AccessOptions::default());
    let mut lamp = listening(&world, "lamp-1");
    lamp.publish(&up("lamp-1"), r#"{"type":"get"}"#, None);
    let answer = lamp.message().1;
    assert!(answer.contains(r#""delta":{"temp":19}"#), "{answer}");
    assert!(answer.contains(r#""version":5"#), "{answer}");
}

/// Is every text that the C SDK's `shadow_sample` sends answered so that it goes on? Recorded from version 3.2.2.
#[test]
fn the_c_sample_is_served() {
    let world = World::new();
    let mut lamp = world.lamp("lamp-1");
    assert_eq!(lamp.subscribe_at(&down("lamp-1"), QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
    let start = r#"{"clientToken":"XFN6JMT5SI-"#;
    for (message, result) in [
        (r#"{"type":"get", "clientToken":"XFN6JMT5SI-0"}"#, r#""result":0,"#),
        (
            r#"{"type":"update", "state":{"reported":{"updateCount":0}}, "clientToken":"XFN6JMT5SI-1"}"#,
            r#""version":1},"result":0,"#,
        ),
    ] {
        lamp.publish(&up("lamp-1"), message, None);
        let answer = lamp.message().1;
        assert!(answer.starts_with(start) && answer.contains(result), "{answer}");
    }
    desire(&world, "lamp-1", r#"{"desired":{"updateCount":100}}"#, 0).unwrap();
    assert!(lamp.message().1.contains(r#""payload":{"state":{"updateCount":100}"#));
    // It sends both at once.
    lamp.publish(&up("lamp-1"), r#"{"type":"update", "state":{"desired": null}, "clientToken":"XFN6JMT5SI-2"}"#, None);
    lamp.publish(
        &up("lamp-1"),
        r#"{"type":"update", "state":{"reported":{"updateCount":100}}, "clientToken":"XFN6JMT5SI-3"}"#,
        None,
    );
    for version in [3, 4] {
        let answer = lamp.message().1;
        assert!(answer.contains(&format!(r#""version":{version}}},"result":0,"#)), "{answer}");
    }
}

/// Does the cloud keep to what is its own to say?
#[test]
fn the_cloud_changes_desired_only() {
    let world = World::new();
    for state in [r#"{"reported":{"a":1}}"#, r#"{"desired":{},"reported":{}}"#] {
        let refused = desire(&world, "lamp-2", state, 0);
        assert_eq!(refused, Err(ShadowError::NotTheClouds("reported".into())), "{state}");
    }
    for state in ["{}", "7", r#"{"desired":1}}"#, r#"{"desired":{}},"x":{"#] {
        assert!(matches!(desire(&world, "lamp-2", state, 0), Err(ShadowError::NotAState(_))), "{state}");
    }
    let refused = desire(&world, "lamp-2", r#"{"desired":1}"#, 0);
    assert!(matches!(refused, Err(ShadowError::Refused(Refusal::BadState(_)))), "{refused:?}");
}

/// Does a device that asks faster than the disk answers get an answer to everything?
#[test]
fn a_flood_is_answered_to_the_last_message() {
    let world = World::new();
    let mut lamp = listening(&world, "lamp-1");
    const COUNT: usize = 200;
    for n in 0..COUNT {
        let message = format!(r#"{{"type":"update","state":{{"reported":{{"n":{n}}}}},"clientToken":"{n}"}}"#);
        lamp.publish(&up("lamp-1"), &message, None);
    }
    let mut taken = 0;
    for _ in 0..COUNT {
        let answer = lamp.message().1;
        if answer.contains(r#""result":0"#) {
            taken += 1;
        } else {
            assert!(answer.contains(r#""result":503"#), "{answer}");
        }
    }
    let runtime = runtime();
    let device = world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-1").unwrap();
    let shadow = runtime.block_on(shadow::describe(&world.platform, &device)).unwrap().unwrap();
    assert_eq!(shadow.version(), taken, "each one that was taken counts once");
    assert!(taken >= 16);
}
