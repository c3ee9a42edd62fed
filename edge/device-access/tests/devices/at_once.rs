//! Messages of backends that do not wait for the disk, and receivers that are found once for many messages.

use lianwu_device_access::{AccessOptions, BackendMessages};
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_mqtt::retained::RetainedBounds;
use lianwu_mqtt::{Packet, QoS};
use lianwu_ports::record::RecordKind;

use super::backends::{Scene, kept, publish};

fn scene(backend_messages: BackendMessages, workers: usize) -> Scene {
    Scene::with(&AccessOptions { workers, backend_messages, ..AccessOptions::default() })
}

/// How many records are messages of backends, waiting until there are `wanted`.
fn messages(scene: &Scene, wanted: u64) -> u64 {
    let mut count = wanted;
    loop {
        let records = scene.world.records(count);
        let found = records.iter().filter(|(kind, ..)| *kind == RecordKind::AccountMessage).count() as u64;
        if found >= wanted {
            return found;
        }
        count = records.len() as u64 + 1;
    }
}

/// Are messages delivered in order and acknowledged, and does the log take those it should?
#[test]
fn the_log_follows_or_takes_retained_messages_only() {
    for (mode, logged, workers) in
        [(BackendMessages::Disk, 102, 1), (BackendMessages::Memory, 102, 3), (BackendMessages::Off, 2, 3)]
    {
        let mut scene = scene(mode, workers);
        let mut reader = scene.listener("reader", "plant/+", QoS::AtLeastOnce);
        let mut all = scene.listener("all", "#", QoS::AtMostOnce);
        let mut writer = scene.sign_in(&scene.key, "writer");
        for id in 1..=100 {
            writer.publish("plant/7", &id.to_string(), Some(id));
            assert_eq!(writer.puback(), id);
        }
        for id in 1..=100_u16 {
            assert_eq!(reader.acknowledge(), ("plant/7".to_owned(), id.to_string()), "{mode:?}");
            assert_eq!(all.message().1, id.to_string());
        }
        for payload in ["old", "new"] {
            writer.send_packet(&publish("plant/8", payload, QoS::AtLeastOnce, true));
            assert_eq!(writer.puback(), 1);
            assert_eq!(reader.acknowledge().1, payload);
        }
        messages(&scene, logged);
        let mut late = scene.listener("late", "plant/8", QoS::AtMostOnce);
        assert_eq!(kept(&mut late), ("plant/8".into(), "new".into(), true), "{mode:?}");
        scene.world.stop();
        assert_eq!(messages(&scene, logged), logged, "{mode:?}");
    }
}

/// Does who subscribes find the retained message that was acknowledged, though the log has not taken it yet?
#[test]
fn a_retained_message_does_not_wait_for_the_log_either() {
    for (mode, workers) in [(BackendMessages::Memory, 3), (BackendMessages::Off, 1)] {
        let scene = scene(mode, workers);
        let mut writer = scene.sign_in(&scene.key, "writer");
        let mut late = scene.sign_in(&scene.key, "late");
        scene.world.log.hold();
        for payload in ["old", "new"] {
            writer.send_packet(&publish("plant/8", payload, QoS::AtLeastOnce, true));
            assert_eq!(writer.puback(), 1);
            late.subscribe_at("plant/8", QoS::AtMostOnce);
            assert_eq!(kept(&mut late), ("plant/8".into(), payload.into(), true), "{mode:?}");
            late.unsubscribe("plant/8");
        }
        scene.world.log.release();
    }
}

/// Does who subscribes while a retained message goes to disk get the one before and then this one, and everybody else each
/// of them once?
#[test]
fn a_retained_message_on_its_way_to_disk_reaches_who_subscribes_meanwhile() {
    for workers in [1, 3] {
        let scene = scene(BackendMessages::Disk, workers);
        let mut early = scene.listener("early", "plant/+", QoS::AtLeastOnce);
        let mut writer = scene.sign_in(&scene.key, "writer");
        let mut late = scene.sign_in(&scene.key, "late");
        let topic = "plant/8".to_owned();
        writer.send_packet(&publish(&topic, "1", QoS::AtLeastOnce, true));
        assert_eq!(writer.puback(), 1);
        assert_eq!(early.acknowledge().1, "1");
        for (payload, before) in [("2", "1"), ("3", "2"), ("", "3")] {
            scene.world.log.hold();
            writer.send_packet(&publish(&topic, payload, QoS::AtLeastOnce, true));
            writer.has_nothing_but_a_ping_response();
            for filter in ["plant/8", "plant/#"] {
                late.subscribe_at(filter, QoS::AtMostOnce);
                assert_eq!(kept(&mut late), (topic.clone(), before.into(), true));
            }
            late.has_nothing_but_a_ping_response();
            scene.world.log.release();
            assert_eq!(writer.puback(), 1);
            assert_eq!(kept(&mut late), (topic.clone(), payload.into(), !payload.is_empty()));
            assert_eq!(early.acknowledge(), (topic.clone(), payload.into()));
            late.unsubscribe("plant/8");
            late.unsubscribe("plant/#");
        }
        late.has_nothing_but_a_ping_response();
        early.has_nothing_but_a_ping_response();
    }
}

/// Does a message on the topic of the one before go to whoever listens now?
#[test]
fn the_same_topic_again_goes_to_those_who_listen_now() {
    let scene = scene(BackendMessages::Off, 1);
    let mut first = scene.listener("first", "plant/7", QoS::AtMostOnce);
    let mut writer = scene.sign_in(&scene.key, "writer");
    let mut send = |text: &str| {
        writer.publish("plant/7", text, Some(1));
        assert_eq!(writer.puback(), 1);
    };
    send("1");
    let mut second = scene.listener("second", "plant/+", QoS::AtMostOnce);
    send("2");
    assert_eq!([first.message().1, first.message().1], ["1", "2"]);
    first.unsubscribe("plant/7");
    send("3");
    send("4");
    first.has_nothing_but_a_ping_response();
    assert_eq!([second.message().1, second.message().1, second.message().1], ["2", "3", "4"]);
    second.send_packet(&Packet::PingReq);
    second.next(|packet| assert_eq!(packet, Packet::PingResp));
}

/// Is what an account's backends hold counted, and are its bounds kept?
#[test]
fn filters_and_retained_messages_are_counted_and_bounded() {
    let retained = RetainedBounds { count_max: 2, bytes_max: 1000 };
    let options = AccessOptions { workers: 1, account_filters_max: 3, retained, ..AccessOptions::default() };
    let scene = Scene::with(&options);
    let mut first = scene.listener("first", "plant/+", QoS::AtMostOnce);
    let mut second = scene.listener("second", "plant/7", QoS::AtMostOnce);
    assert_eq!(first.subscribe_at("office/+", QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
    assert!(matches!(second.subscribe_at("office/7", QoS::AtMostOnce), SubscribeAnswer::Refused(_)));
    let uses = scene.world.uses_of_backends();
    assert_eq!(uses.filters(scene.owner), 3);
    let mut writer = scene.sign_in(&scene.key, "writer");
    for topic in ["plant/1", "plant/2", "plant/3"] {
        writer.send_packet(&publish(topic, "on", QoS::AtLeastOnce, true));
        writer.puback();
    }
    assert_eq!(uses.retained(scene.owner), (2, 2 * "plant/1on".len()));
    second.unsubscribe("plant/7");
    assert_eq!(uses.filters(scene.owner), 2);
}
