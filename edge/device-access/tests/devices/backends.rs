//! Server-side clients: what they are let in with, what they receive, what they may send.

use lianwu_device_access::AccessOptions;
use lianwu_device_protocol::credentials::{Credentials, backend_credentials};
use lianwu_model::account::{AccessKey, Instance, Principal, StoredPolicy};
use lianwu_model::{ProductId, Uin, UnixMillis};
use lianwu_mqtt::packet::{Acknowledgement, SubscribeAnswer};
use lianwu_mqtt::{Connect, Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, Will};
use lianwu_ports::record::RecordKind;
use lianwu_services::account;

use super::harness::{NOW, PRODUCT, Wire, World, up};

pub const REPORT: &str = r#"{"method":"report","clientToken":"1","params":{"brightness":42}}"#;

/// A world whose product belongs to an account with a key.
pub struct Scene {
    pub world: World,
    pub owner: Uin,
    pub key: AccessKey,
}

impl Scene {
    pub fn new() -> Self {
        Self::with_workers(1)
    }

    pub fn with_workers(workers: usize) -> Self {
        Self::with(&AccessOptions { workers, ..AccessOptions::default() })
    }

    pub fn without_rates(options: &AccessOptions) -> AccessOptions {
        AccessOptions { device_up_tps: 0, device_connects_per_5s: 0, ..options.clone() }
    }

    /// Without rates.
    pub fn with(options: &AccessOptions) -> Self {
        let world = World::with(&Self::without_rates(options));
        let first = wait(account::bootstrap(&world.platform)).unwrap().unwrap();
        let product = world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap();
        let mut product = (*product.product).clone();
        product.owner = first.uin;
        world.platform.catalog.put_product(product);
        let key = AccessKey {
            secret_id: first.secret_id,
            secret_key: first.secret_key,
            principal: first.uin,
            active: true,
            created: NOW,
            last_used: None,
        };
        Self { world, owner: first.uin, key }
    }

    /// A sub-account's key, with one policy attached.
    pub fn sub_account(&self, name: &str, statement: &str) -> AccessKey {
        let platform = &self.world.platform;
        let document = format!(r#"{{"version":"2.0","statement":[{statement}]}}"#);
        let policy =
            StoredPolicy { owner: self.owner, name: format!("{name}-policy"), document, remark: String::new() };
        wait(account::save_policy(platform, policy)).unwrap();
        let created = account::create_sub_account(platform, self.owner, name, vec![format!("{name}-policy")]);
        wait(account::create_key(platform, wait(created).unwrap().uin)).unwrap()
    }

    /// Puts another statement into the policy of a sub-account.
    fn save_policy(&self, name: &str, statement: &str) {
        let document = format!(r#"{{"version":"2.0","statement":[{statement}]}}"#);
        let policy =
            StoredPolicy { owner: self.owner, name: format!("{name}-policy"), document, remark: String::new() };
        wait(account::save_policy(&self.world.platform, policy)).unwrap();
    }

    /// The key of another main account.
    pub fn second_account(&self) -> AccessKey {
        let (uin, platform) = (Uin(100_000_000_009), &self.world.platform);
        let principal =
            Principal { uin, owner: uin, name: "other".into(), policies: Vec::new(), active: true, created: NOW };
        wait(platform.stores.accounts.create_principal(principal)).unwrap();
        let instance = Instance { id: "ins-other00009".parse().unwrap(), owner: uin, enterprise: true, created: NOW };
        wait(platform.stores.accounts.create_instance(instance)).unwrap();
        wait(account::load(platform)).unwrap();
        wait(account::create_key(platform, uin)).unwrap()
    }

    pub fn sign_in(&self, key: &AccessKey, client_id: &str) -> Wire {
        let mut wire = self.world.socket();
        wire.send_connect(&credentials(key, client_id));
        assert_eq!(wire.connack(), 0, "{client_id} signs in");
        wire
    }

    /// The owner, subscribed.
    pub fn listener(&self, client_id: &str, filter: &str, qos: QoS) -> Wire {
        let mut wire = self.sign_in(&self.key, client_id);
        assert_eq!(wire.subscribe_at(filter, qos), SubscribeAnswer::Granted(qos));
        wire
    }
}

pub fn credentials(key: &AccessKey, client_id: &str) -> Credentials {
    let expiry = UnixMillis::from_seconds(NOW.seconds() + 86_400);
    backend_credentials(&key.secret_id, &key.secret_key.0, client_id, expiry)
}

/// A message as a backend sends it.
pub fn publish<'a>(topic: &'a str, payload: &'a str, qos: QoS, retain: bool) -> Packet<'a> {
    let packet_id = (qos != QoS::AtMostOnce).then_some(PacketId::FIRST);
    let (properties, payload) = (Properties::NONE, payload.as_bytes());
    Packet::Publish(Publish { duplicate: false, qos, retain, topic, packet_id, properties, payload })
}

/// Topic, payload and retain flag of the next message.
pub(crate) fn kept(wire: &mut Wire) -> (String, String, bool) {
    wire.next(|packet| match packet {
        Packet::Publish(publish) => {
            let payload = String::from_utf8(publish.payload.to_vec()).unwrap();
            (publish.topic.to_owned(), payload, publish.retain)
        }
        other => panic!("expected a message, got {other:?}"),
    })
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn report(name: &str) -> (String, String) {
    (up("property", name), REPORT.to_owned())
}

/// Does whoever listens get what a device reports, as it was sent, and once for overlapping filters?
#[test]
fn reports_reach_whoever_listens() {
    for workers in [1, 3] {
        let scene = Scene::with_workers(workers);
        let mut all = scene.listener("all", "$thing/up/property/+/+", QoS::AtMostOnce);
        let mut one = scene.listener("one", &up("property", "lamp-1"), QoS::AtLeastOnce);
        assert_eq!(one.subscribe_at("$thing/#", QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
        for (name, id) in [("lamp-0", 1), ("lamp-1", 2)] {
            let mut lamp = scene.world.lamp(name);
            lamp.publish(&up("property", name), REPORT, Some(id));
            assert_eq!(lamp.puback(), id);
            assert_eq!(all.message(), report(name));
        }
        assert_eq!(one.message(), report("lamp-0"), "by the second filter, of QoS 0");
        assert_eq!(one.acknowledge(), report("lamp-1"), "once, with the higher of both");
        all.has_nothing_but_a_ping_response();
        one.has_nothing_but_a_ping_response();
    }
}

/// Is a refused report kept from backends, and does listening end with UNSUBSCRIBE?
#[test]
fn only_what_was_accepted_and_asked_for_is_received() {
    let scene = Scene::new();
    let mut backend = scene.listener("orders", "$thing/up/#", QoS::AtMostOnce);
    let mut lamp = scene.world.lamp("lamp-0");
    lamp.publish(
        &up("property", "lamp-0"),
        r#"{"method":"report","clientToken":"1","params":{"brightness":-1}}"#,
        Some(1),
    );
    assert_eq!(lamp.puback(), 1);
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(2));
    assert_eq!(lamp.puback(), 2);
    assert_eq!(backend.message(), report("lamp-0"));
    backend.unsubscribe("$thing/up/#");
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(3));
    assert_eq!(lamp.puback(), 3);
    backend.has_nothing_but_a_ping_response();
}

/// Are messages beyond the window kept in order until earlier ones are acknowledged?
#[test]
fn a_slow_backend_gets_everything_in_order() {
    let scene = Scene::new();
    let mut reader = scene.listener("reader", "plant/+", QoS::AtLeastOnce);
    let mut writer = scene.sign_in(&scene.key, "writer");
    for id in 1..=100 {
        writer.publish("plant/7", &id.to_string(), Some(id));
        assert_eq!(writer.puback(), id);
    }
    for id in 1..=100 {
        assert_eq!(reader.acknowledge(), ("plant/7".to_owned(), id.to_string()));
    }
    reader.has_nothing_but_a_ping_response();
}

/// Is a message of QoS 2 delivered once, with the whole handshake both ways, also when its sender repeats it?
#[test]
fn exactly_once_is_once() {
    let scene = Scene::new();
    let mut reader = scene.listener("reader", "plant/+", QoS::ExactlyOnce);
    let mut writer = scene.sign_in(&scene.key, "writer");
    let id = Acknowledgement::success(PacketId::FIRST);
    for _ in 0..2 {
        writer.send_packet(&publish("plant/7", "on", QoS::ExactlyOnce, false));
        writer.next(|packet| assert_eq!(packet, Packet::PubRec(id)));
    }
    writer.send_packet(&Packet::PubRel(id));
    writer.next(|packet| assert_eq!(packet, Packet::PubComp(id)));
    let received = reader.next(|packet| match packet {
        Packet::Publish(Publish { qos: QoS::ExactlyOnce, packet_id: Some(id), payload: b"on", .. }) => id,
        other => panic!("expected a message of QoS 2, got {other:?}"),
    });
    let received = Acknowledgement::success(received);
    reader.send_packet(&Packet::PubRec(received));
    reader.next(|packet| assert_eq!(packet, Packet::PubRel(received)));
    reader.send_packet(&Packet::PubComp(received));
    reader.has_nothing_but_a_ping_response();
    // The same id is a new message now.
    writer.send_packet(&publish("plant/7", "off", QoS::ExactlyOnce, false));
    writer.next(|packet| assert_eq!(packet, Packet::PubRec(id)));
    assert_eq!(reader.message(), ("plant/7".to_owned(), "off".to_owned()));
}

/// Does a client that opens QoS 2 messages without end, or releases what never was, harm anybody?
#[test]
fn a_flood_of_qos_2_ids_is_bounded() {
    let scene = Scene::new();
    let mut reader = scene.listener("reader", "plant/+", QoS::AtMostOnce);
    let mut writer = scene.sign_in(&scene.key, "writer");
    for id in 1..=60_000 {
        let unknown = Acknowledgement::success(PacketId::new(id).unwrap());
        writer.send_packet(&Packet::PubRel(unknown));
        writer.next(|packet| assert_eq!(packet, Packet::PubComp(unknown)));
    }
    let mut flood = Vec::new();
    for id in 1..=60_000 {
        let packet_id = PacketId::new(id);
        let (qos, properties) = (QoS::ExactlyOnce, Properties::NONE);
        let packet =
            Publish { duplicate: false, qos, retain: false, topic: "other", packet_id, properties, payload: b"x" };
        lianwu_mqtt::encode::publish(&mut flood, ProtocolVersion::V3_1_1, &packet).unwrap();
    }
    // It is closed on the way: the rest cannot be written any more.
    let mut broken = scene.sign_in(&scene.key, "flooder");
    broken.try_send(&flood);
    broken.ends();
    let mut other = scene.sign_in(&scene.key, "other");
    other.publish("plant/7", "on", Some(1));
    assert_eq!(other.puback(), 1);
    assert_eq!(reader.message().1, "on");
}

/// Does whoever subscribes later get the newest retained message, and nobody one that was taken away?
#[test]
fn retained_messages_wait_for_subscribers() {
    let scene = Scene::new();
    let mut live = scene.listener("live", "plant/#", QoS::AtMostOnce);
    let mut writer = scene.sign_in(&scene.key, "writer");
    for (topic, payload) in
        [("plant/7", "on"), ("plant/8", "on"), ("plant/7", "off"), ("plant/8", ""), ("plant/9", "x")]
    {
        writer.send_packet(&publish(topic, payload, QoS::AtLeastOnce, true));
        writer.puback();
        assert_eq!(kept(&mut live), (topic.to_owned(), payload.to_owned(), false), "live, it is like any other");
    }
    let mut late = scene.listener("late", "plant/#", QoS::AtMostOnce);
    assert_eq!(kept(&mut late), ("plant/7".to_owned(), "off".to_owned(), true));
    assert_eq!(kept(&mut late), ("plant/9".to_owned(), "x".to_owned(), true));
    late.has_nothing_but_a_ping_response();
    scene.listener("member", "$share/group/plant/#", QoS::AtMostOnce).has_nothing_but_a_ping_response();

    // Whoever may not send may not replace one either.
    let viewer = scene.sub_account("viewer", r#"{"effect":"allow","action":"lianwu:ReceiveMessages","resource":"*"}"#);
    let mut viewer = scene.sign_in(&viewer, "viewer");
    viewer.send_packet(&publish("plant/7", "stolen", QoS::AtLeastOnce, true));
    viewer.puback();
    assert_eq!(kept(&mut scene.listener("later", "plant/7", QoS::AtMostOnce)).1, "off");
}

/// Is a will sent when the connection breaks, and neither after a goodbye nor when the right is gone by then?
#[test]
fn a_will_follows_a_broken_connection() {
    let scene = Scene::new();
    let mut reader = scene.listener("reader", "wills/+", QoS::AtLeastOnce);
    let sign_in = |key: &AccessKey, client_id: &str| {
        let credentials = credentials(key, client_id);
        let topic = format!("wills/{client_id}");
        let (qos, properties) = (QoS::AtLeastOnce, Properties::NONE);
        let will = Will { qos, retain: true, properties, topic: &topic, payload: b"gone" };
        let mut wire = scene.world.socket();
        wire.send_packet(&Packet::Connect(Connect {
            version: ProtocolVersion::V3_1_1,
            clean_session: true,
            keep_alive_seconds: 60,
            properties: Properties::NONE,
            client_id: &credentials.client_id,
            user_name: Some(&credentials.user_name),
            password: Some(credentials.password.as_bytes()),
            will: Some(will),
        }));
        assert_eq!(wire.connack(), 0);
        wire
    };
    drop(sign_in(&scene.key, "broken"));
    assert_eq!(reader.acknowledge(), ("wills/broken".to_owned(), "gone".to_owned()));
    sign_in(&scene.key, "polite").leave();
    let first = sign_in(&scene.key, "twin");
    let second = sign_in(&scene.key, "twin");
    assert_eq!(reader.acknowledge().0, "wills/twin", "taken over");
    second.leave();
    drop(first);

    let key = scene.sub_account("robot", r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#);
    let robot = sign_in(&key, "robot");
    let document = r#"{"version":"2.0","statement":[{"effect":"deny","action":"*","resource":"*"}]}"#;
    let policy = StoredPolicy {
        owner: scene.owner,
        name: "robot-policy".into(),
        document: document.into(),
        remark: String::new(),
    };
    wait(account::save_policy(&scene.world.platform, policy)).unwrap();
    drop(robot);
    drop(sign_in(&scene.key, "last"));
    assert_eq!(reader.acknowledge().0, "wills/last", "the robot's will went nowhere");
    let mut late = scene.listener("late", "wills/#", QoS::AtMostOnce);
    for topic in ["wills/broken", "wills/last", "wills/twin"] {
        assert_eq!(kept(&mut late), (topic.to_owned(), "gone".to_owned(), true));
    }
    late.has_nothing_but_a_ping_response();
}

/// Does each message go to one member of a group, wherever its connection lives?
#[test]
fn a_group_shares_what_is_sent() {
    let scene = Scene::with_workers(2);
    let mut members: Vec<Wire> =
        (0..3).map(|n| scene.listener(&format!("member-{n}"), "$share/workers/plant/+", QoS::AtLeastOnce)).collect();
    let mut writer = scene.sign_in(&scene.key, "writer");
    for id in 1..=6 {
        writer.publish("plant/7", "x", Some(id));
        assert_eq!(writer.puback(), id);
    }
    for member in &mut members {
        for _ in 0..2 {
            assert_eq!(member.acknowledge(), ("plant/7".to_owned(), "x".to_owned()));
        }
        member.has_nothing_but_a_ping_response();
    }
    for filter in ["$share/workers", "$share//plant/+", "$share/+/plant"] {
        assert_eq!(writer.subscribe(filter), SubscribeAnswer::REFUSED, "{filter}");
    }
}

/// Does a member that may not have a message leave it to those of its group that may?
#[test]
fn a_member_without_rights_takes_nothing_from_its_group() {
    let scene = Scene::new();
    let resource = format!("qcs::iotexplorer:gz:uin/{}:project/prj-other001/product/*", scene.owner);
    let statement = format!(r#"{{"effect":"allow","action":"lianwu:ReceiveMessages","resource":"{resource}"}}"#);
    let outsider = scene.sub_account("outsider", &statement);
    let filters = ["$share/workers/plant/+", "$share/workers/$thing/up/#"];
    let mut member = scene.listener("member", filters[0], QoS::AtLeastOnce);
    assert_eq!(member.subscribe(filters[1]), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    let mut outside: Vec<Wire> = (0..3).map(|n| scene.sign_in(&outsider, &format!("outside-{n}"))).collect();
    for wire in &mut outside {
        for filter in filters {
            assert_eq!(wire.subscribe(filter), SubscribeAnswer::Granted(QoS::AtLeastOnce), "{filter}");
        }
    }
    let mut writer = scene.sign_in(&scene.key, "writer");
    let mut lamp = scene.world.lamp("lamp-0");
    for id in 1..=12 {
        writer.publish("plant/7", "x", Some(id));
        assert_eq!(writer.puback(), id);
        assert_eq!(member.acknowledge().0, "plant/7");
        lamp.publish(&up("property", "lamp-0"), REPORT, Some(id));
        assert_eq!(lamp.puback(), id);
        assert_eq!(member.acknowledge().0, up("property", "lamp-0"));
    }
    for wire in &mut outside {
        wire.has_nothing_but_a_ping_response();
    }
}

/// What is let in: the right key with an expiry to come, under any client id, the newest under one name.
#[test]
fn sign_in_takes_a_good_key_only() {
    let scene = Scene::new();
    let refused = |credentials: &Credentials| {
        let mut wire = scene.world.socket();
        wire.send_connect(credentials);
        assert_eq!(wire.connack(), 4);
        wire.is_closed();
    };
    let mut wrong = scene.key.clone();
    wrong.secret_key.0.make_ascii_uppercase();
    refused(&credentials(&wrong, "orders"));
    let mut unknown = scene.key.clone();
    unknown.secret_id = format!("AKID{}", "x".repeat(32));
    refused(&credentials(&unknown, "orders"));
    let expired = UnixMillis::from_seconds(NOW.seconds() - 1);
    refused(&backend_credentials(&scene.key.secret_id, &scene.key.secret_key.0, "orders", expired));
    let mut borrowed = credentials(&scene.key, "orders");
    borrowed.client_id = "invoices".into();
    refused(&borrowed);

    let mut first = scene.sign_in(&scene.key, "orders");
    let mut other = scene.sign_in(&scene.key, "invoices");
    let mut second = scene.sign_in(&scene.key, "orders");
    first.is_closed();
    other.has_nothing_but_a_ping_response();
    second.has_nothing_but_a_ping_response();
}

/// Another account under the same client id, topics, group and password material: does either get, keep or end what is the
/// other's?
#[test]
fn another_accounts_client_id_takes_nothing() {
    let scene = Scene::new();
    let foreign = scene.second_account();
    let mut ours = scene.listener("orders", "$share/workers/plant/+", QoS::AtLeastOnce);
    assert_eq!(ours.subscribe("kept/+"), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    let mut theirs = scene.sign_in(&foreign, "orders");
    for filter in ["$share/workers/plant/+", "kept/+", "#", "$thing/up/#"] {
        assert_eq!(theirs.subscribe(filter), SubscribeAnswer::Granted(QoS::AtLeastOnce), "{filter}");
    }
    // Each of its messages goes to the one member its account has, and the other account's are never counted in.
    let mut writer = scene.sign_in(&scene.key, "writer");
    for number in 0..10 {
        writer.publish("plant/7", &number.to_string(), Some(1));
        assert_eq!(writer.puback(), 1);
        assert_eq!(ours.acknowledge().1, number.to_string());
    }
    writer.send_packet(&publish("kept/1", "ours", QoS::AtLeastOnce, true));
    writer.puback();
    assert_eq!(ours.acknowledge().1, "ours");
    let mut lamp = scene.world.lamp("lamp-0");
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(1));
    lamp.puback();
    theirs.has_nothing_but_a_ping_response();
    let mut late = scene.sign_in(&foreign, "late");
    assert_eq!(late.subscribe("#"), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    late.has_nothing_but_a_ping_response();

    // Their key with our password, our key with theirs.
    let (mine, other) = (credentials(&scene.key, "orders"), credentials(&foreign, "orders"));
    for (user, password) in [(&mine, &other), (&other, &mine)] {
        let stolen = Credentials { user_name: user.user_name.clone(), ..password.clone() };
        let mut wire = scene.world.socket();
        wire.send_connect(&stolen);
        assert_eq!(wire.connack(), 4);
    }
    ours.has_nothing_but_a_ping_response();
    theirs.has_nothing_but_a_ping_response();
}

/// Is a program's client id its sub-account's own, connected or away, while the main account may take it?
#[test]
fn a_sub_account_takes_no_client_id_of_others() {
    let scene = Scene::new();
    let allow = r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#;
    let (worker, thief) = (scene.sub_account("worker", allow), scene.sub_account("thief", allow));
    let enter = |key: &AccessKey, client_id: &str| {
        let mut wire = scene.world.socket();
        wire.send_connect(&credentials(key, client_id));
        (wire.connack(), wire)
    };
    for (owner, client_id) in [(&scene.key, "of-the-account"), (&worker, "of-a-worker")] {
        let mut victim = scene.sign_in(owner, client_id);
        assert_eq!(enter(&thief, client_id).0, 2, "{client_id}: identifier rejected");
        victim.has_nothing_but_a_ping_response();
    }
    let mut first = scene.sign_in(&worker, "orders");
    let mut second = scene.sign_in(&worker, "orders");
    first.is_closed();
    let mut third = scene.sign_in(&scene.key, "orders");
    second.is_closed();
    third.has_nothing_but_a_ping_response();
    third.leave();
    let (code, _fourth) = enter(&thief, "orders");
    assert_eq!(code, 0, "nobody has it any more");
}

/// A device's topics are for devices: does a backend's message there go nowhere, and its own topics to nobody else?
#[test]
fn topics_are_kept_apart() {
    let scene = Scene::new();
    let mut lamp = scene.world.listening_lamp("lamp-0");
    let mut reader = scene.listener("reader", "#", QoS::AtMostOnce);
    let mut writer = scene.sign_in(&scene.key, "writer");
    let control = format!("$thing/down/property/{PRODUCT}/lamp-0");
    let custom = format!("{PRODUCT}/lamp-0/data");
    for (topic, id) in [(control.as_str(), 1), (custom.as_str(), 2), ("$SYS/uptime", 3)] {
        writer.publish(topic, "{}", Some(id));
        assert_eq!(writer.puback(), id, "acknowledged, so that it is not sent for ever");
    }
    writer.publish("plant/7", "on", Some(4));
    assert_eq!(writer.puback(), 4);
    assert_eq!(reader.message(), ("plant/7".to_owned(), "on".to_owned()));
    lamp.has_nothing_but_a_ping_response();
    reader.has_nothing_but_a_ping_response();
    assert_eq!(scene.world.first(RecordKind::AccountMessage).0, 403);
}

/// Does a sub-account see the devices its policy names, and no others?
#[test]
fn a_policy_chooses_the_devices() {
    let scene = Scene::new();
    let resource = format!("qcs::iotexplorer:gz:uin/{}:project/*/product/{PRODUCT}/device/lamp-1", scene.owner);
    let statement = format!(r#"{{"effect":"allow","action":"lianwu:ReceiveMessages","resource":"{resource}"}}"#);
    let key = scene.sub_account("viewer", &statement);
    let mut viewer = scene.sign_in(&key, "viewer");
    assert_eq!(viewer.subscribe_at("$thing/up/#", QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
    for name in ["lamp-0", "lamp-1", "lamp-2"] {
        let mut lamp = scene.world.lamp(name);
        lamp.publish(&up("property", name), REPORT, Some(1));
        assert_eq!(lamp.puback(), 1);
    }
    assert_eq!(viewer.message(), report("lamp-1"));
    viewer.has_nothing_but_a_ping_response();
    // It may not send: nobody receives it.
    let mut reader = scene.listener("reader", "plant/#", QoS::AtMostOnce);
    viewer.publish("plant/7", "on", Some(2));
    assert_eq!(viewer.puback(), 2);
    reader.has_nothing_but_a_ping_response();

    let nobody = scene.sub_account("nobody", r#"{"effect":"allow","action":"iotexplorer:*","resource":"*"}"#);
    assert_eq!(scene.sign_in(&nobody, "nobody").subscribe("$thing/up/#"), SubscribeAnswer::REFUSED);
}

/// Are the messages of a device with tags of its own hidden from a backend whose policy names its product only?
#[test]
fn a_tagged_device_is_hidden_without_a_grant_for_its_tag() {
    let scene = Scene::new();
    let resource = format!("qcs::iotexplorer:gz:uin/{}:project/*/product/{PRODUCT}/*", scene.owner);
    let statement = format!(r#"{{"effect":"allow","action":"lianwu:ReceiveMessages","resource":"{resource}"}}"#);
    let mut viewer = scene.sign_in(&scene.sub_account("viewer", &statement), "viewer");
    assert_eq!(viewer.subscribe_at("$thing/up/#", QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
    let device = scene.world.platform.directory.find(PRODUCT.parse().unwrap(), "lamp-0").unwrap();
    device.set_tags(vec![lianwu_model::product::Tag { key: "team".into(), value: "a".into() }]);
    for name in ["lamp-0", "lamp-1"] {
        let mut lamp = scene.world.lamp(name);
        lamp.publish(&up("property", name), REPORT, Some(1));
        assert_eq!(lamp.puback(), 1);
    }
    assert_eq!(viewer.message(), report("lamp-1"));
    viewer.has_nothing_but_a_ping_response();
}

/// Is a right that was taken away gone with the next second?
#[test]
fn a_revoked_right_ends_at_once() {
    let scene = Scene::new();
    let allow = r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#;
    let key = scene.sub_account("viewer", allow);
    let mut viewer = scene.sign_in(&key, "viewer");
    assert_eq!(viewer.subscribe_at("$thing/up/#", QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
    let mut lamp = scene.world.lamp("lamp-0");
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(1));
    assert_eq!(lamp.puback(), 1);
    assert_eq!(viewer.message(), report("lamp-0"));

    scene.save_policy("viewer", r#"{"effect":"deny","action":"*","resource":"*"}"#);
    scene.world.clock.set(UnixMillis(NOW.0 + 1000));
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(2));
    assert_eq!(lamp.puback(), 2);
    viewer.has_nothing_but_a_ping_response();
}

/// Is what waits for a slow backend kept from it, too, once the right is gone?
#[test]
fn what_waits_ends_with_the_right() {
    const SENT: u16 = 1_100;
    let scene = Scene::new();
    let key = scene.sub_account("viewer", r#"{"effect":"allow","action":"lianwu:*","resource":"*"}"#);
    let mut viewer = scene.sign_in(&key, "viewer");
    for filter in ["plant/+", "$thing/up/#"] {
        assert_eq!(viewer.subscribe(filter), SubscribeAnswer::Granted(QoS::AtLeastOnce));
    }
    let mut writer = scene.sign_in(&scene.key, "writer");
    let mut lamp = scene.world.lamp("lamp-0");
    for id in 1..=SENT {
        writer.publish("plant/7", "x", Some(id));
        assert_eq!(writer.puback(), id);
        lamp.publish(&up("property", "lamp-0"), REPORT, Some(id));
        assert_eq!(lamp.puback(), id);
    }
    scene.save_policy("viewer", r#"{"effect":"deny","action":"*","resource":"*"}"#);
    scene.world.clock.set(UnixMillis(NOW.0 + 1000));
    let mut received = 0;
    loop {
        viewer.send(&[0xC0, 0]);
        let mut acknowledged = Vec::new();
        while let Some(id) = viewer.next(|packet| match packet {
            Packet::Publish(publish) => publish.packet_id,
            other => {
                assert_eq!(other, Packet::PingResp);
                None
            }
        }) {
            acknowledged.push(id);
        }
        if acknowledged.is_empty() {
            break;
        }
        received += acknowledged.len();
        for id in acknowledged {
            viewer.send_puback(id.get());
        }
    }
    assert!((1..=1_024).contains(&received), "{received} of {}: those that were on the way", 2 * SENT);
}

/// Do many connections with many filters each stay within what the account may have, and is there room again once they
/// are gone?
#[test]
fn filters_of_an_account_are_bounded() {
    let scene = Scene::with(&AccessOptions { account_filters_max: 100, ..AccessOptions::default() });
    let foreign = scene.second_account();
    let mut wires: Vec<Wire> = (0..8).map(|n| scene.sign_in(&scene.key, &format!("hoarder-{n}"))).collect();
    let mut granted = 0;
    for wire in &mut wires {
        for number in 0..20 {
            granted += usize::from(wire.subscribe(&format!("flood/{number}")) != SubscribeAnswer::REFUSED);
        }
    }
    assert_eq!(granted, 100);
    let last = wires.last_mut().unwrap();
    assert_eq!(last.subscribe("one/more"), SubscribeAnswer::REFUSED);
    let granted = SubscribeAnswer::Granted(QoS::AtLeastOnce);
    assert_eq!(wires[0].subscribe("flood/1"), granted, "one it has may be changed");
    assert_eq!(scene.sign_in(&foreign, "other").subscribe("flood/1"), granted, "another account has its own");
    wires.remove(0).leave();
    assert_eq!(wires.last_mut().unwrap().subscribe("one/more"), granted);
}

/// Another account's backend: does it see anything of ours, or we of it?
#[test]
fn accounts_do_not_see_each_other() {
    let scene = Scene::new();
    let product = scene.world.platform.catalog.product(PRODUCT.parse().unwrap()).unwrap();
    let mut foreign = (*product.product).clone();
    foreign.id = "FOREIGN001".parse::<ProductId>().unwrap();
    foreign.owner = Uin(100_000_000_009);
    scene.world.platform.catalog.put_product(foreign);
    let mut ours = scene.sign_in(&scene.key, "ours");
    assert_eq!(ours.subscribe("$thing/up/property/FOREIGN001/+"), SubscribeAnswer::REFUSED);

    // The product changes hands: the backend that still listens gets nothing more.
    assert_eq!(ours.subscribe_at("$thing/up/#", QoS::AtMostOnce), SubscribeAnswer::Granted(QoS::AtMostOnce));
    let mut sold = (*product.product).clone();
    sold.owner = Uin(100_000_000_009);
    scene.world.platform.catalog.put_product(sold);
    let mut lamp = scene.world.lamp("lamp-0");
    lamp.publish(&up("property", "lamp-0"), REPORT, Some(1));
    assert_eq!(lamp.puback(), 1);
    ours.has_nothing_but_a_ping_response();
}
