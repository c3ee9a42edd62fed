//! Backends that keep their sessions: what they find when they come back.

use std::time::Duration;

use lianwu_device_access::{AccessOptions, BackendMessages};
use lianwu_model::UnixMillis;
use lianwu_model::account::{AccessKey, StoredPolicy};
use lianwu_model::product::Durability;
use lianwu_mqtt::packet::{Acknowledgement, SubscribeAnswer};
use lianwu_mqtt::{
    ConnAck, Connect, Disconnect, Packet, PacketId, Properties, Property, PropertyBuffer, ProtocolVersion, Publish,
    QoS, ReasonCode, SubscriptionOptions, Will, decode, encode,
};
use lianwu_services::account;

use super::backends::{REPORT, Scene, credentials, publish, report, wait};
use super::harness::{NOW, PRODUCT, Wire, up};

use ProtocolVersion::{V3_1_1, V5};

fn options() -> AccessOptions {
    AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..AccessOptions::default() }
}

/// How a client signs in.
#[derive(Clone, Copy)]
struct SignIn<'a> {
    version: ProtocolVersion,
    clean: bool,
    properties: &'a [Property<'a>],
    will: Option<(&'a str, u32)>,
}

const KEEPING: SignIn<'_> = SignIn { version: V3_1_1, clean: false, properties: &[], will: None };

const KEEPING_5: SignIn<'_> =
    SignIn { version: V5, clean: false, properties: &[Property::SessionExpiry(600)], will: None };

fn buffer(properties: &[Property<'_>]) -> PropertyBuffer {
    let mut buffer = PropertyBuffer::new();
    properties.iter().for_each(|property| buffer.push(property).unwrap());
    buffer
}

impl SignIn<'_> {
    fn send(&self, scene: &Scene, key: &AccessKey, client_id: &str) -> Wire {
        let credentials = credentials(key, client_id);
        let properties = buffer(self.properties);
        let delay = buffer(&self.will.map(|(_, delay)| Property::WillDelay(delay)).into_iter().collect::<Vec<_>>());
        let will = self.will.map(|(topic, _)| Will {
            qos: QoS::AtLeastOnce,
            retain: false,
            properties: delay.as_properties(),
            topic,
            payload: b"gone",
        });
        let connect = Connect {
            version: self.version,
            clean_session: self.clean,
            keep_alive_seconds: 60,
            properties: properties.as_properties(),
            client_id: &credentials.client_id,
            user_name: Some(&credentials.user_name),
            password: Some(credentials.password.as_bytes()),
            will,
        };
        let mut bytes = Vec::new();
        encode::connect(&mut bytes, &connect).unwrap();
        let mut wire = scene.world.socket();
        wire.version = self.version;
        wire.send(&bytes);
        wire
    }

    /// The client, and whether there was a session to come back to.
    fn enter_with(&self, scene: &Scene, key: &AccessKey, client_id: &str) -> (Wire, bool) {
        let mut wire = self.send(scene, key, client_id);
        let is_present = wire.next(|packet| match packet {
            Packet::ConnAck(ConnAck::Accepted { session_present, .. }) => session_present,
            other => panic!("{client_id} signs in, got {other:?}"),
        });
        (wire, is_present)
    }

    fn enter(&self, scene: &Scene, client_id: &str) -> (Wire, bool) {
        self.enter_with(scene, &scene.key, client_id)
    }

    /// A client with a new session, subscribed.
    fn listen(&self, scene: &Scene, client_id: &str, filter: &str, qos: QoS) -> Wire {
        let (mut wire, is_present) = self.enter(scene, client_id);
        assert!(!is_present);
        assert_eq!(subscribe(&mut wire, filter, qos, &[]), SubscribeAnswer::Granted(qos));
        wire
    }
}

fn subscribe(wire: &mut Wire, filter: &str, qos: QoS, properties: &[Property<'_>]) -> SubscribeAnswer {
    let mut bytes = Vec::new();
    let (id, options) = (PacketId::FIRST, SubscriptionOptions::from(qos));
    let properties = buffer(properties);
    let mut plain = Vec::new();
    encode::subscribe(&mut plain, wire.version, id, [(filter, options)]).unwrap();
    let Ok(Some((Packet::Subscribe(mut asked), _))) = decode(&plain, wire.version, 1 << 10) else {
        panic!("a SUBSCRIBE")
    };
    asked.properties = properties.as_properties();
    encode::packet(&mut bytes, wire.version, &Packet::Subscribe(asked)).unwrap();
    wire.send(&bytes);
    wire.next(|packet| match packet {
        Packet::SubAck(ack) => ack.answers().next().unwrap(),
        other => panic!("expected SUBACK, got {other:?}"),
    })
}

/// Who sends, and how many messages.
struct Writer {
    wire: Wire,
    count: u16,
}

impl Writer {
    fn new(scene: &Scene) -> Self {
        Self { wire: scene.sign_in(&scene.key, "writer"), count: 0 }
    }

    /// Sends and waits until it is acknowledged.
    fn says(&mut self, topic: &str, payload: &str) {
        self.count += 1;
        self.wire.publish(topic, payload, Some(self.count));
        assert_eq!(self.wire.puback(), self.count);
    }
}

/// The server has seen the end of a connection when it has answered the next packet of another.
fn gone(scene: &Scene, wire: Wire) {
    wire.leave();
    scene.sign_in(&scene.key, "bystander").has_nothing_but_a_ping_response();
}

/// Does a client that was away get what came for it, in order, once, and told exactly whether there was a session?
#[test]
fn what_came_while_away_comes_when_back() {
    for (workers, keeping) in [(1, KEEPING), (3, KEEPING), (2, KEEPING_5)] {
        let scene = Scene::with(&AccessOptions { workers, ..options() });
        let mut reader = keeping.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce);
        assert_eq!(
            subscribe(&mut reader, "$thing/#", QoS::AtLeastOnce, &[]),
            SubscribeAnswer::Granted(QoS::AtLeastOnce)
        );
        reader.leave();
        let mut writer = Writer::new(&scene);
        for text in ["1", "2", "3"] {
            writer.says("plant/7", text);
        }
        if workers == 1 {
            // On another worker it could still be on its way when the reader is back.
            writer.wire.publish("plant/7", "of QoS 0, which waits for nobody", None);
        }
        let mut lamp = scene.world.lamp("lamp-0");
        lamp.publish(&up("property", "lamp-0"), REPORT, Some(1));
        assert_eq!(lamp.puback(), 1);

        let (mut reader, is_present) = keeping.enter(&scene, "reader");
        assert!(is_present);
        for text in ["1", "2", "3"] {
            assert_eq!(reader.acknowledge(), ("plant/7".to_owned(), text.to_owned()));
        }
        assert_eq!(reader.acknowledge(), report("lamp-0"));
        writer.says("plant/7", "live");
        assert_eq!(reader.acknowledge().1, "live");
        reader.has_nothing_but_a_ping_response();
        reader.leave();

        let (mut reader, is_present) = SignIn { clean: true, ..keeping }.enter(&scene, "reader");
        assert!(!is_present, "discarded");
        writer.says("plant/7", "nobody subscribes");
        reader.has_nothing_but_a_ping_response();
        reader.leave();
        let (mut reader, is_present) = keeping.enter(&scene, "reader");
        assert_eq!(is_present, keeping.version == V5, "a clean start of MQTT 5 begins a session that is kept, too");
        reader.has_nothing_but_a_ping_response();
    }
}

/// Is everything there after a restart that was not acknowledged before, and nothing else?
#[test]
fn sessions_outlive_a_restart() {
    let two = AccessOptions { workers: 2, ..options() };
    let mut scene = Scene::with(&two);
    let mut reader = KEEPING.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce);
    let mut writer = Writer::new(&scene);
    for text in ["acknowledged", "seen", "unseen"] {
        writer.says("plant/7", text);
    }
    assert_eq!(reader.acknowledge().1, "acknowledged");
    let (_, id, _) = reader.arrival();
    assert_eq!(id, 2);
    assert_eq!(reader.message().1, "unseen");
    reader.has_nothing_but_a_ping_response();
    scene.world.restart(&AccessOptions { workers: 3, ..options() });
    let mut writer = Writer::new(&scene);
    writer.says("plant/8", "after the restart");
    let (mut reader, is_present) = KEEPING.enter(&scene, "reader");
    assert!(is_present);
    for text in ["seen", "unseen", "after the restart"] {
        assert_eq!(reader.acknowledge().1, text);
    }
    reader.has_nothing_but_a_ping_response();
    scene.world.restart(&two);
    let (mut reader, is_present) = KEEPING.enter(&scene, "reader");
    assert!(is_present);
    reader.has_nothing_but_a_ping_response();
    let use_now = scene.world.sessions_of_backends(scene.owner);
    assert_eq!((use_now.sessions, use_now.filters, use_now.most_messages), (1, 1, 0));
}

/// Do more messages than any window or page come in order, before what arrives meanwhile?
#[test]
fn a_long_queue_comes_window_by_window() {
    let scene = Scene::with(&options());
    KEEPING.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce).leave();
    let mut writer = Writer::new(&scene);
    for number in 0..1500 {
        writer.says("plant/7", &number.to_string());
    }
    assert_eq!(scene.world.sessions_of_backends(scene.owner).most_messages, 1500);
    let receive = SignIn { properties: &[Property::SessionExpiry(600), Property::ReceiveMaximum(7)], ..KEEPING_5 };
    let (mut reader, _) = receive.enter(&scene, "reader");
    for number in 0..1500 {
        assert_eq!(reader.acknowledge().1, number.to_string());
        if number == 700 {
            writer.says("plant/7", "1500");
        }
    }
    assert_eq!(reader.acknowledge().1, "1500");
    reader.has_nothing_but_a_ping_response();
}

/// Is what was sent and not acknowledged sent again, with its id and marked, after a break and after a take-over?
#[test]
fn unacknowledged_messages_come_again() {
    let scene = Scene::with(&AccessOptions { workers: 3, ..options() });
    let mut first = KEEPING.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce);
    let mut writer = Writer::new(&scene);
    for text in ["a", "b", "c"] {
        writer.says("plant/7", text);
    }
    let arrived: Vec<_> = (0..3).map(|_| first.arrival()).collect();
    assert_eq!(arrived[1], ("b".to_owned(), 2, false));
    first.send_puback(2);
    first.has_nothing_but_a_ping_response();
    let (mut second, is_present) = KEEPING.enter(&scene, "reader");
    first.is_closed();
    assert!(is_present);
    assert_eq!(second.arrival(), ("a".to_owned(), 1, true));
    assert_eq!(second.arrival(), ("c".to_owned(), 3, true));
    writer.says("plant/7", "d");
    assert_eq!(second.arrival(), ("d".to_owned(), 4, false));
    for id in [1, 3, 4] {
        second.send_puback(id);
    }
    second.has_nothing_but_a_ping_response();
    drop(second);
    let (mut third, _) = KEEPING.enter(&scene, "reader");
    third.has_nothing_but_a_ping_response();
}

fn of_qos_2(wire: &mut Wire) -> (PacketId, bool, String) {
    wire.next(|packet| match packet {
        Packet::Publish(Publish { qos: QoS::ExactlyOnce, packet_id: Some(id), duplicate, payload, .. }) => {
            (id, duplicate, String::from_utf8(payload.to_vec()).unwrap())
        }
        other => panic!("expected a message of QoS 2, got {other:?}"),
    })
}

/// Does a message of QoS 2 to a client keep its id through breaks and restarts, at each step of the handshake?
#[test]
fn exactly_once_to_a_client_over_restarts() {
    let mut scene = Scene::with(&options());
    let reader = KEEPING.listen(&scene, "reader", "plant/+", QoS::ExactlyOnce);
    let mut wire = scene.sign_in(&scene.key, "writer");
    let first = Acknowledgement::success(PacketId::FIRST);
    wire.send_packet(&publish("plant/7", "once", QoS::ExactlyOnce, false));
    wire.next(|packet| assert_eq!(packet, Packet::PubRec(first)));
    wire.send_packet(&Packet::PubRel(first));
    wire.next(|packet| assert_eq!(packet, Packet::PubComp(first)));

    let mut reader = reader;
    let (id, duplicate, _) = of_qos_2(&mut reader);
    assert!(!duplicate);
    scene.world.restart(&options());
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    assert_eq!(of_qos_2(&mut reader), (id, true, "once".to_owned()), "the same message under the same id");
    let received = Acknowledgement::success(id);
    reader.send_packet(&Packet::PubRec(received));
    reader.next(|packet| assert_eq!(packet, Packet::PubRel(received)));
    scene.world.restart(&options());
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    reader.next(|packet| assert_eq!(packet, Packet::PubRel(received), "not the message again"));
    reader.send_packet(&Packet::PubComp(received));
    reader.has_nothing_but_a_ping_response();
    scene.world.restart(&options());
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    reader.has_nothing_but_a_ping_response();
}

/// Is a message of QoS 2 from a client taken once, however often it is sent, until the client releases it?
#[test]
fn exactly_once_from_a_client_over_restarts() {
    let mut scene = Scene::with(&options());
    KEEPING.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce).leave();
    let id = Acknowledgement::success(PacketId::FIRST);
    let (mut writer, _) = KEEPING.enter(&scene, "writer");
    for _ in 0..2 {
        writer.send_packet(&publish("plant/7", "once", QoS::ExactlyOnce, false));
        writer.next(|packet| assert_eq!(packet, Packet::PubRec(id)));
        scene.world.restart(&options());
        (writer, _) = KEEPING.enter(&scene, "writer");
    }
    writer.send_packet(&Packet::PubRel(id));
    writer.next(|packet| assert_eq!(packet, Packet::PubComp(id)));
    scene.world.restart(&options());
    let (mut writer, is_present) = KEEPING.enter(&scene, "writer");
    assert!(is_present);
    writer.send_packet(&publish("plant/7", "another", QoS::ExactlyOnce, false));
    writer.next(|packet| assert_eq!(packet, Packet::PubRec(id)));
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    assert_eq!(reader.acknowledge().1, "once");
    assert_eq!(reader.acknowledge().1, "another");
    reader.has_nothing_but_a_ping_response();
}

/// Says goodbye with another expiry.
fn leave_for(wire: &mut Wire, seconds: u32) {
    let properties = buffer(&[Property::SessionExpiry(seconds)]);
    let said = Disconnect { reason: ReasonCode::Success, properties: properties.as_properties() };
    let mut bytes = Vec::new();
    encode::packet(&mut bytes, V5, &Packet::Disconnect(said)).unwrap();
    wire.send(&bytes);
    wire.is_closed();
}

/// Does a session end when its time is over, also by the client's own word, and no later than the platform allows?
#[test]
fn sessions_end_in_time() {
    let scene = Scene::with(&AccessOptions { backend_session_age_max: Duration::from_secs(900), ..options() });
    let clock = |seconds: u64| scene.world.clock.set(UnixMillis(NOW.0 + seconds * 1000));
    let (reader, _) = KEEPING_5.enter(&scene, "reader");
    gone(&scene, reader);
    clock(599);
    let (reader, is_present) = KEEPING_5.enter(&scene, "reader");
    assert!(is_present);
    gone(&scene, reader);
    clock(599 + 600);
    let (mut reader, is_present) = KEEPING_5.enter(&scene, "reader");
    assert!(!is_present, "its 600 seconds are over");
    leave_for(&mut reader, 0);
    let (mut reader, is_present) = KEEPING_5.enter(&scene, "reader");
    assert!(!is_present, "it asked for the end itself");
    leave_for(&mut reader, 800);
    clock(599 + 600 + 700);
    let (mut reader, is_present) = KEEPING_5.enter(&scene, "reader");
    assert!(is_present, "longer than it said first");
    leave_for(&mut reader, u32::MAX);
    clock(599 + 600 + 700 + 901);
    assert!(!KEEPING_5.enter(&scene, "reader").1, "longer than the platform allows");

    // One that never says when: the platform's own bound holds, and MQTT 5 tells it.
    let for_ever = SignIn { properties: &[Property::SessionExpiry(u32::MAX)], ..KEEPING_5 };
    let mut wire = for_ever.send(&scene, &scene.key, "other");
    let told = wire.next(|packet| match packet {
        Packet::ConnAck(ConnAck::Accepted { properties, .. }) => properties.session_expiry(),
        other => panic!("expected CONNACK, got {other:?}"),
    });
    assert_eq!(told, Some(900));
    assert_eq!(scene.world.sessions_of_backends(scene.owner).sessions, 2);
}

/// Is what is left of a message's life sent with it, and nothing of a message whose time is over?
#[test]
fn messages_expire_while_they_wait() {
    let mut scene = Scene::with(&options());
    KEEPING_5.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce).leave();
    let (mut writer, _) = SignIn { clean: true, properties: &[], ..KEEPING_5 }.enter(&scene, "writer");
    for (id, payload, seconds) in [(1, "short", 10), (2, "long", 100)] {
        let properties = buffer(&[Property::MessageExpiry(seconds), Property::ContentType("text/plain")]);
        let message = Publish {
            duplicate: false,
            qos: QoS::AtLeastOnce,
            retain: false,
            topic: "plant/7",
            packet_id: PacketId::new(id),
            properties: properties.as_properties(),
            payload: payload.as_bytes(),
        };
        let mut bytes = Vec::new();
        encode::publish(&mut bytes, V5, &message).unwrap();
        writer.send(&bytes);
        assert_eq!(writer.puback(), id);
    }
    scene.world.restart(&options());
    scene.world.clock.set(UnixMillis(NOW.0 + 30_000));
    let (mut reader, _) = KEEPING_5.enter(&scene, "reader");
    let found = reader.next(|packet| match packet {
        Packet::Publish(publish) => publish.properties.into_iter().map(|p| format!("{p:?}")).collect::<Vec<_>>(),
        other => panic!("expected a message, got {other:?}"),
    });
    assert_eq!(found, ["MessageExpiry(70)", "ContentType(\"text/plain\")"]);
    reader.send_puback(1);
    reader.has_nothing_but_a_ping_response();
}

/// Is a delayed will sent once its delay is over or the session ends, and not when its client is back in time?
#[test]
fn a_will_waits_for_its_client() {
    let scene = Scene::with(&options());
    let clock = |seconds: u64| scene.world.clock.set(UnixMillis(NOW.0 + seconds * 1000));
    let mut reader = scene.sign_in(&scene.key, "reader");
    reader.subscribe("wills/#");
    let with_will = SignIn { will: Some(("wills/a", 30)), ..KEEPING_5 };
    let short = SignIn { properties: &[Property::SessionExpiry(20)], will: Some(("wills/b", 60)), ..KEEPING_5 };
    drop(with_will.enter(&scene, "a"));
    let (back, is_present) = KEEPING_5.enter(&scene, "a");
    assert!(is_present);
    clock(40);
    reader.has_nothing_but_a_ping_response();
    drop(back);
    drop(short.enter(&scene, "b"));
    drop(with_will.enter(&scene, "a"));
    // Signing in under the names would bring them back: others show that the ends were seen.
    let mut seen = scene.sign_in(&scene.key, "bystander");
    seen.has_nothing_but_a_ping_response();
    clock(90);
    let mut wills = [reader.acknowledge().0, reader.acknowledge().0];
    wills.sort();
    assert_eq!(wills, ["wills/a", "wills/b"], "b's session is over before its delay");
    // A clean start ends the session, so its will goes out at once.
    drop(with_will.enter(&scene, "a"));
    let (_clean, _) = SignIn { clean: true, ..KEEPING_5 }.enter(&scene, "a");
    assert_eq!(reader.acknowledge().0, "wills/a");
    reader.has_nothing_but_a_ping_response();
}

/// Does a delayed will outlive a restart?
#[test]
fn a_waiting_will_outlives_a_restart() {
    let mut scene = Scene::with(&options());
    let (a, _) = SignIn { will: Some(("wills/a", 30)), ..KEEPING_5 }.enter(&scene, "a");
    let said = Disconnect { reason: ReasonCode::DisconnectWithWill, properties: Properties::NONE };
    let mut a = a;
    let mut bytes = Vec::new();
    encode::packet(&mut bytes, V5, &Packet::Disconnect(said)).unwrap();
    a.send(&bytes);
    a.is_closed();
    scene.world.restart(&options());
    let mut reader = scene.sign_in(&scene.key, "reader");
    reader.subscribe("wills/#");
    reader.has_nothing_but_a_ping_response();
    scene.world.clock.set(UnixMillis(NOW.0 + 31_000));
    assert_eq!(reader.acknowledge(), ("wills/a".to_owned(), "gone".to_owned()));
}

/// Are rights asked when a waiting message goes out, not only when it came?
#[test]
fn a_right_taken_away_counts_for_what_waits() {
    let scene = Scene::with(&options());
    let key = scene.sub_account("viewer", r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#);
    let (mut viewer, _) = KEEPING.enter_with(&scene, &key, "viewer");
    subscribe(&mut viewer, "$thing/up/#", QoS::AtLeastOnce, &[]);
    subscribe(&mut viewer, "plant/#", QoS::AtLeastOnce, &[]);
    viewer.leave();
    let mut lamp = scene.world.lamp("lamp-0");
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(1));
    assert_eq!(lamp.puback(), 1);
    Writer::new(&scene).says("plant/7", "of the account");
    assert_eq!(scene.world.sessions_of_backends(scene.owner).most_messages, 2);
    let document = r#"{"version":"2.0","statement":[{"effect":"deny","action":"*","resource":"*"}]}"#;
    let (name, document) = ("viewer-policy".into(), document.into());
    let policy = StoredPolicy { owner: scene.owner, name, document, remark: String::new() };
    wait(account::save_policy(&scene.world.platform, policy)).unwrap();
    scene.world.clock.set(UnixMillis(NOW.0 + 1000));
    let (mut viewer, is_present) = KEEPING.enter_with(&scene, &key, "viewer");
    assert!(is_present);
    viewer.has_nothing_but_a_ping_response();
}

/// Do the oldest messages make room, and is what waits told to whoever asks?
#[test]
fn a_session_holds_so_much_and_no_more() {
    let scene = Scene::with(&AccessOptions { backend_session_messages: 3, ..options() });
    KEEPING.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce).leave();
    let mut writer = Writer::new(&scene);
    for text in ["1", "2", "3", "4", "5"] {
        writer.says("plant/7", text);
    }
    let use_now = scene.world.sessions_of_backends(scene.owner);
    assert_eq!((use_now.sessions, use_now.most_messages, use_now.most_bytes), (1, 3, 3 * 8));
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    for text in ["3", "4", "5"] {
        assert_eq!(reader.acknowledge().1, text);
    }
    reader.has_nothing_but_a_ping_response();
}

/// Is a session whose client is away safe from another sub-account, which would empty it with a clean start or be given it?
#[test]
fn another_sub_account_gets_no_session_and_ends_none() {
    let scene = Scene::with(&options());
    let thief = scene.sub_account("thief", r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#);
    KEEPING.listen(&scene, "orders", "plant/+", QoS::AtLeastOnce).leave();
    let mut writer = Writer::new(&scene);
    writer.says("plant/7", "1");
    for sign_in in [KEEPING, SignIn { clean: true, ..KEEPING }] {
        assert_eq!(sign_in.send(&scene, &thief, "orders").connack(), 2, "identifier rejected");
    }
    let (mut back, is_present) = KEEPING.enter(&scene, "orders");
    assert!(is_present);
    assert_eq!(back.acknowledge().1, "1");
}

/// Ten thousand client ids that all want to be remembered: are they bounded, is each told why, and does a session that
/// ends make room?
#[test]
fn growth_of_sessions_is_bounded() {
    let scene = Scene::with(&AccessOptions { workers: 2, backend_sessions_max: 100, ..options() });
    let mut refused = 0;
    for number in 0..10_000 {
        let mut wire = KEEPING_5.send(&scene, &scene.key, &format!("client-{number}"));
        refused += wire.next(|packet| match packet {
            Packet::ConnAck(ConnAck::Accepted { .. }) => 0,
            Packet::ConnAck(ConnAck::Refused { refusal, properties }) => {
                assert_eq!(refusal.reason(), ReasonCode::QuotaExceeded);
                assert!(properties.reason_string().unwrap().contains("limits.backend_sessions"));
                1
            }
            other => panic!("expected CONNACK, got {other:?}"),
        });
    }
    assert_eq!(refused, 9_900);
    assert_eq!(scene.world.sessions_of_backends(scene.owner).sessions, 100);
    let mut old = KEEPING.send(&scene, &scene.key, "one-more");
    assert_eq!(old.connack(), 3, "below MQTT 5: not now");
    scene.sign_in(&scene.key, "clean").has_nothing_but_a_ping_response();
    assert!(!SignIn { clean: true, ..KEEPING }.enter(&scene, "client-0").1);
    assert_eq!(scene.world.sessions_of_backends(scene.owner).sessions, 99);
    scene.world.settle();
    let kept = scene.world.platform.states.backend_sessions().unwrap();
    assert_eq!(kept.len(), 99, "the log says the same");
}

/// Does a group send to members that are here before it lets anything wait for one that is away?
#[test]
fn a_group_prefers_members_that_are_here() {
    let scene = Scene::with(&options());
    let filter = "$share/workers/plant/+";
    let mut here = KEEPING.listen(&scene, "here", filter, QoS::AtLeastOnce);
    KEEPING.listen(&scene, "away", filter, QoS::AtLeastOnce).leave();
    let mut writer = Writer::new(&scene);
    for text in ["1", "2", "3", "4"] {
        writer.says("plant/7", text);
        assert_eq!(here.acknowledge().1, text);
    }
    gone(&scene, here);
    writer.says("plant/7", "5");
    writer.says("plant/7", "6");
    let mut found = Vec::new();
    for client_id in ["here", "away"] {
        let (mut member, _) = KEEPING.enter(&scene, client_id);
        found.push(member.acknowledge().1);
        member.has_nothing_but_a_ping_response();
    }
    found.sort();
    assert_eq!(found, ["5", "6"]);
}

/// Is who came and went told later to a session that was away, as it would have been told live?
#[test]
fn presence_waits_as_well() {
    let mut scene = Scene::with(&options());
    let mut live = scene.listener("live", "$lianwu/presence/+/+/lamp-0", QoS::AtLeastOnce);
    assert_eq!(live.subscribe("$lianwu/presence/+/writer"), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    let mut reader = KEEPING.listen(&scene, "reader", "$lianwu/presence/+/+/lamp-0", QoS::AtLeastOnce);
    assert_eq!(reader.subscribe("$lianwu/presence/+/writer"), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    reader.leave();
    scene.world.lamp("lamp-0").leave();
    Writer::new(&scene).wire.leave();
    let told: Vec<_> = (0..4).map(|_| live.acknowledge()).collect();
    scene.world.restart(&options());
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    let later: Vec<_> = (0..4).map(|_| reader.acknowledge()).collect();
    assert_eq!(later, told);
    reader.has_nothing_but_a_ping_response();
}

/// Do waiting messages carry the names of their subscriptions?
#[test]
fn waiting_messages_name_their_subscriptions() {
    let mut scene = Scene::with(&options());
    let (mut reader, _) = KEEPING_5.enter(&scene, "reader");
    for (filter, id) in [("plant/+", 7), ("plant/#", 300)] {
        let named = [Property::SubscriptionId(id)];
        assert_eq!(
            subscribe(&mut reader, filter, QoS::AtLeastOnce, &named),
            SubscribeAnswer::Granted(QoS::AtLeastOnce)
        );
    }
    reader.leave();
    scene.world.restart(&options());
    Writer::new(&scene).says("plant/7", "x");
    let (mut reader, _) = KEEPING_5.enter(&scene, "reader");
    let mut ids = reader.next(|packet| match packet {
        Packet::Publish(publish) => publish.properties.into_iter().map(|p| format!("{p:?}")).collect::<Vec<_>>(),
        other => panic!("expected a message, got {other:?}"),
    });
    ids.sort();
    assert_eq!(ids, ["SubscriptionId(300)", "SubscriptionId(7)"]);
}

/// Does a retained message that was sent for a SUBSCRIBE and not acknowledged stand in nobody's way after a break?
#[test]
fn an_unacknowledged_retained_message_is_in_nobodys_way() {
    let scene = Scene::with(&options());
    let mut writer = Writer::new(&scene);
    writer.wire.send_packet(&publish("plant/7", "kept", QoS::AtLeastOnce, true));
    writer.wire.puback();
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    subscribe(&mut reader, "plant/+", QoS::AtLeastOnce, &[]);
    assert_eq!(reader.arrival(), ("kept".to_owned(), 1, false));
    let (mut reader, is_present) = KEEPING.enter(&scene, "reader");
    assert!(is_present);
    writer.says("plant/7", "next");
    assert_eq!(reader.acknowledge().1, "next");
    reader.has_nothing_but_a_ping_response();
}

/// Messages that do not go to the log cannot wait in it: do they reach a session whose client is here, and no other?
#[test]
fn what_is_not_logged_does_not_wait() {
    let backend_messages = BackendMessages::Off;
    let scene = Scene::with(&AccessOptions { backend_messages, ..options() });
    let mut reader = KEEPING.listen(&scene, "reader", "plant/+", QoS::AtLeastOnce);
    let mut writer = Writer::new(&scene);
    writer.says("plant/7", "live");
    assert_eq!(reader.acknowledge().1, "live");
    gone(&scene, reader);
    writer.says("plant/7", "nobody is here");
    let (mut reader, is_present) = KEEPING.enter(&scene, "reader");
    assert!(is_present);
    writer.says("plant/7", "live again");
    assert_eq!(reader.acknowledge().1, "live again");
    reader.has_nothing_but_a_ping_response();
}

/// Does a report of a product whose messages need not be on disk wait for a session like any other?
#[test]
fn reports_of_memory_durability_wait_as_well() {
    let scene = Scene::with(&options());
    let product = scene.world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap();
    let mut product = (*product.product).clone();
    product.durability = Durability::Memory;
    scene.world.platform.catalog.put_product(product);
    let mut reader = KEEPING.listen(&scene, "reader", "$thing/up/#", QoS::AtLeastOnce);
    let mut lamp = scene.world.lamp("lamp-0");
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(1));
    assert_eq!(lamp.puback(), 1);
    assert_eq!(reader.acknowledge(), report("lamp-0"));
    reader.leave();
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(2));
    assert_eq!(lamp.puback(), 2);
    let (mut reader, _) = KEEPING.enter(&scene, "reader");
    assert_eq!(reader.acknowledge(), report("lamp-0"));
    reader.has_nothing_but_a_ping_response();
}
