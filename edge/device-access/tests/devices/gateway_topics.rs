//! Every family of topics of a sub-device through its gateway: what is served, what is refused with which code, and that
//! nothing is dropped without a word.

use std::sync::Arc;

use lianwu_model::Uin;
use lianwu_model::log_level::LogLevel;
use lianwu_mqtt::packet::SubscribeAnswer;
use lianwu_ports::bus::{Bus as _, ConfigPush, Delivery, Down, DownKind};
use lianwu_ports::record::RecordKind as K;
use lianwu_services::logs::notes;
use lianwu_services::rrpc::{self, Outcome, Question, RrpcError, RrpcFamily, Way};
use lianwu_services::{device_log, message, shadow};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::broadcast::{line, send};
use crate::gateways::{GATE, Gate, Site, wait};
use crate::harness::{PRODUCT, down, secret};

const OWNER: Uin = Uin(100_000_000_001);

/// Topics the cloud speaks on, `{}` standing for product and name.
const DOWN: [&str; 18] = [
    "$thing/down/property/{}",
    "$thing/down/event/{}",
    "$thing/down/action/{}",
    "$thing/down/service/{}",
    "$thing/down/raw/{}",
    "$ota/update/{}",
    "$shadow/operation/result/{}",
    "$sys/operation/result/{}",
    "$log/operation/result/{}",
    "$config/operation/result/{}",
    "$config/update/{}",
    "$rrpc/rxd/{}/+",
    "$iotrrpc/down/{}/+",
    "$broadcast/rxd/{}",
    "$resource/down/service/{}",
    "$template/operation/result/{}",
    "{}/control",
    "{}/data",
];

fn of(topic: &str, name: &str) -> String {
    topic.replace("{}", &format!("{PRODUCT}/{name}"))
}

/// A gateway that listens to everything for a lamp.
fn listening(site: &Site, lamp: &str) -> Gate {
    let mut gate = site.gate_with_lamps(&[lamp]);
    for topic in DOWN {
        let topic = of(topic, lamp);
        assert!(matches!(gate.wire.subscribe(&topic), SubscribeAnswer::Granted(_)), "{topic}");
    }
    gate
}

/// One message of a sub-device: what is recorded in its log, and what is answered.
struct Said {
    topic: &'static str,
    payload: &'static str,
    kind: K,
    code: u32,
    /// Topic of the answer, and a part of it.
    answer: Option<(&'static str, &'static str)>,
}

const fn said(
    topic: &'static str,
    payload: &'static str,
    kind: K,
    code: u32,
    answer: Option<(&'static str, &'static str)>,
) -> Said {
    Said { topic, payload, kind, code, answer }
}

const SAID: [Said; 25] = [
    said(
        "$thing/up/property/{}",
        r#"{"method":"report","clientToken":"t","params":{"brightness":10}}"#,
        K::PropertyReport,
        0,
        Some(("$thing/down/property/{}", r#""code":0"#)),
    ),
    said(
        "$thing/up/property/{}",
        r#"{"method":"report","clientToken":"t","params":{"brightness":1000}}"#,
        K::PropertyOther,
        406,
        Some(("$thing/down/property/{}", r#""code":406"#)),
    ),
    said(
        "$thing/up/property/{}",
        r#"{"method":"get_status","clientToken":"t"}"#,
        K::PropertyOther,
        0,
        Some(("$thing/down/property/{}", "get_status_reply")),
    ),
    said(
        "$thing/up/property/{}",
        r#"{"method":"report_info","clientToken":"t","params":{"fw_ver":"1"}}"#,
        K::DeviceInfo,
        0,
        Some(("$thing/down/property/{}", "report_info_reply")),
    ),
    said(
        "$thing/up/event/{}",
        r#"{"method":"event_post","clientToken":"t","eventId":"status_report","type":"info","params":{"status":1,"message":"on"}}"#,
        K::EventPost,
        0,
        Some(("$thing/down/event/{}", r#""code":0"#)),
    ),
    said(
        "$thing/up/event/{}",
        r#"{"method":"event_post","clientToken":"t","eventId":"nothing","type":"info","params":{}}"#,
        K::EventPost,
        404,
        Some(("$thing/down/event/{}", r#""code":404"#)),
    ),
    said("$thing/up/action/{}", r#"{"method":"action_reply","clientToken":"t","code":0}"#, K::ActionReply, 0, None),
    said(
        "$thing/up/service/{}",
        r#"{"method":"unbind_device_request","clientToken":"t"}"#,
        K::OtherUp,
        0,
        Some(("$thing/down/service/{}", "unbind_device_reply")),
    ),
    said("$thing/up/raw/{}", "any bytes", K::OtherUp, 0, None),
    said(
        "$ota/report/{}",
        r#"{"type":"report_version","report":{"version":"1.0.0"}}"#,
        K::OtherUp,
        501,
        Some(("$ota/update/{}", "report_version_rsp")),
    ),
    said(
        "$shadow/operation/{}",
        r#"{"type":"update","state":{"reported":{"a":1}},"clientToken":"t"}"#,
        K::ShadowUpdate,
        0,
        Some(("$shadow/operation/result/{}", r#""result":0"#)),
    ),
    said(
        "$shadow/operation/{}",
        r#"{"type":"get","clientToken":"t"}"#,
        K::OtherUp,
        0,
        Some(("$shadow/operation/result/{}", r#""reported":{"a":1}"#)),
    ),
    said(
        "$sys/operation/{}",
        r#"{"type":"get","resource":["time"]}"#,
        K::OtherUp,
        0,
        Some(("$sys/operation/result/{}", "ntptime2")),
    ),
    said(
        "$log/operation/{}",
        r#"{"type":"get_log_level","clientToken":"t"}"#,
        K::OtherUp,
        0,
        Some(("$log/operation/result/{}", r#""log_level":0"#)),
    ),
    said(
        "$config/operation/{}",
        r#"{"type":"get"}"#,
        K::OtherUp,
        1001,
        Some(("$config/operation/result/{}", r#""result":1001"#)),
    ),
    said("$config/report/{}", r#"{"type":"get"}"#, K::OtherUp, 1001, Some(("$config/update/{}", r#""result":1001"#))),
    said("$rrpc/txd/{}/7", "late", K::OtherUp, 404, None),
    said("$iotrrpc/up/{}/7", "late", K::OtherUp, 404, None),
    said(
        "$resource/up/service/{}",
        r#"{"type":"report_download_progress","name":"none","progress":{"state":"done","percent":100,"result_code":0}}"#,
        K::OtherUp,
        404,
        Some(("$resource/down/service/{}", "report_download_progress_rsp")),
    ),
    said("$template/operation/{}", "{}", K::OtherUp, 501, None),
    said("{}/event", "anything", K::OtherUp, 0, None),
    said("{}/data", "for itself", K::OtherUp, 0, Some(("{}/data", "for itself"))),
    said("{}/control", "may not", K::PublishRefused, 403, None),
    // A sub-device is no gateway, and what the cloud says is not for devices to say.
    said("$gateway/operation/{}", r#"{"type":"describe_sub_devices"}"#, K::PublishRefused, 403, None),
    said("$thing/down/property/{}", "{}", K::PublishRefused, 403, None),
];

/// Is each message a gateway sends for a sub-device acknowledged, in the sub-device's log and answered, as if it were its own?
#[test]
fn what_a_gateway_says_for_a_sub_device() {
    let site = Site::new();
    let mut gate = listening(&site, "lamp-1");
    for (id, Said { topic, payload, kind, code, answer }) in (1..).zip(SAID) {
        let before = site.kinds(PRODUCT, "lamp-1").len();
        gate.wire.publish(&of(topic, "lamp-1"), payload, Some(id));
        // Some are answered after the acknowledgement has left, some with it.
        assert_eq!(gate.wire.puback(), id, "{topic}");
        if let Some((on, part)) = answer {
            let (heard, text) = gate.wire.message();
            assert!(heard == of(on, "lamp-1") && text.contains(part), "{topic}: {heard} {text}");
        }
        gate.wire.has_nothing_but_a_ping_response();
        let log = site.world.records_of(PRODUCT, "lamp-1");
        assert_eq!(log.len(), before + 1, "{topic} {payload}");
        assert_eq!(log.last().map(|record| (record.0, record.1)), Some((kind, code)), "{topic} {payload}: {log:?}");
    }
    let own = site.kinds(GATE, "gate-0");
    assert!(!own.contains(&K::PublishRefused), "it is the sub-device's log: {own:?}");
}

/// Is each of them refused with a record in the right log when the sub-device is offline, or another's?
#[test]
fn what_a_gateway_may_not_say() {
    let site = Site::new();
    let mut gate = listening(&site, "lamp-1");
    assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), 0);
    for (lamp, (product, name), why) in
        [("lamp-1", (PRODUCT, "lamp-1"), notes::SUB_DEVICE_OFFLINE), ("lamp-2", (GATE, "gate-0"), notes::NO_PERMISSION)]
    {
        for (id, Said { topic, payload, .. }) in (1..).zip(SAID) {
            let before = site.kinds(product, name).len();
            gate.wire.publish(&of(topic, lamp), payload, Some(id));
            assert_eq!(gate.wire.puback(), id, "{topic}");
            gate.wire.has_nothing_but_a_ping_response();
            let log = site.world.records_of(product, name);
            assert_eq!(log.len(), before + 1, "{topic}");
            assert_eq!(log.last(), Some(&(K::PublishRefused, 403, why.to_owned())), "{topic}");
        }
    }
    assert!(site.kinds(PRODUCT, "lamp-2").is_empty());
    // A name with a wildcard is no topic at all: MQTT 3.1.1 §3.3.2.1.
    gate.wire.publish(&of("$rrpc/rxd/{}/+", "lamp-1"), "{}", None);
    gate.wire.is_closed();
}

/// May a gateway listen to each topic of a device that is bound to it, and to none of another's?
#[test]
fn what_a_gateway_may_listen_to() {
    let site = Site::new();
    let mut gate = listening(&site, "lamp-1");
    for topic in DOWN {
        assert_eq!(gate.wire.subscribe(&of(topic, "lamp-2")), SubscribeAnswer::REFUSED, "{topic}");
    }
    let refused = ["$thing/up/property/{}", "$rrpc/rxd/{}", "{}/event", "{}/#", "$unknown/{}"];
    for topic in refused {
        assert_eq!(gate.wire.subscribe(&of(topic, "lamp-1")), SubscribeAnswer::REFUSED, "{topic}");
    }
    assert_eq!(gate.wire.subscribe(&format!("$thing/down/property/{PRODUCT}/+")), SubscribeAnswer::REFUSED);
    let mut listened = wait(site.world.bus.subscriptions(site.device(PRODUCT, "lamp-1").number)).unwrap();
    let mut expected: Vec<Box<str>> = DOWN.map(|topic| of(topic, "lamp-1").into()).into();
    listened.sort();
    expected.sort();
    assert_eq!(listened, expected);
    // Not bound any longer, it hears nothing, whatever it listened to.
    assert_eq!(gate.ask("unbind", PRODUCT, "lamp-1"), 0);
    assert_eq!(gate.wire.subscribe(&down("property", "lamp-1")), SubscribeAnswer::REFUSED);
    assert_eq!(wait(site.world.bus.subscriptions(site.device(PRODUCT, "lamp-1").number)), Ok(Vec::new()));
}

struct Cloud {
    site: Site,
    runtime: Runtime,
}

impl Cloud {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { site: Site::new(), runtime }
    }

    fn ask(&self, family: RrpcFamily) -> JoinHandle<Result<Outcome, RrpcError>> {
        let (platform, device) = (Arc::clone(&self.site.world.platform), self.site.device(PRODUCT, "lamp-1"));
        let (way, payload, request_id) = (Way::System(family), "how bright?".into(), "q-1".into());
        let question = Question { owner: OWNER, way, payload, as_base64: false, request_id };
        self.runtime.spawn(async move { rrpc::ask(&platform, &device, question).await })
    }

    /// Sends a lamp what only one function of the platform sends; what became of it?
    fn send(&self, what: &str) -> Delivery {
        let (platform, lamp) = (&self.site.world.platform, self.site.device(PRODUCT, "lamp-1"));
        self.runtime.block_on(async {
            match what {
                "control" => message::control(platform, &lamp, r#"{"brightness":20}"#, "q-1").await.unwrap(),
                "shadow" => {
                    let state = r#"{"desired":{"a":2}}"#;
                    shadow::update(platform, &lamp, state, 0, "q-1").await.unwrap().told.unwrap()
                }
                "log level" => {
                    let level = Some(LogLevel::Debug);
                    device_log::set_of_device(platform, OWNER, PRODUCT, "lamp-1", level, "q-1").await.unwrap()
                }
                "action" => self.deliver(DownKind::ActionCall, r#"{"method":"action"}"#).await,
                "service" => self.deliver(DownKind::Topic(down("service", "lamp-1").into()), "{}").await,
                "custom" => self.deliver(DownKind::Topic(of("{}/control", "lamp-1").into()), "on").await,
                other => panic!("nothing sends {other}"),
            }
        })
    }

    async fn deliver(&self, kind: DownKind, payload: &str) -> Delivery {
        let lamp = self.site.device(PRODUCT, "lamp-1");
        let (device, number, payload) = (lamp.key(), lamp.number, payload.as_bytes().into());
        let down = Down { device, number, kind, qos: 1, payload, request_id: "q-1".into() };
        self.site.world.bus.deliver(down).await.unwrap()
    }

    /// Sends a broadcast and returns its counts, once it is over.
    fn broadcast(&self) -> String {
        let world = &self.site.world;
        line(world, send(world, &self.runtime, 1, b"fire drill"))
    }
}

/// Is what the cloud sends to a sub-device given to the gateway that listens, and recorded as not delivered otherwise?
#[test]
fn what_a_gateway_is_told_for_a_sub_device() {
    let cloud = Cloud::new();
    let site = &cloud.site;
    let mut gate = site.gate("gate-0");
    assert_eq!(gate.bind(PRODUCT, "lamp-1", &secret("lamp-1")), 0);
    let rows = [
        ("control", "$thing/down/property/{}", K::PropertyControl),
        ("action", "$thing/down/action/{}", K::ActionCall),
        ("service", "$thing/down/service/{}", K::OtherDown),
        ("custom", "{}/control", K::OtherDown),
        ("shadow", "$shadow/operation/result/{}", K::OtherDown),
        ("log level", "$log/operation/result/{}", K::OtherDown),
    ];
    for (what, topic, kind) in rows {
        let last = || site.world.records_of(PRODUCT, "lamp-1").pop().map(|record| (record.0, record.1));
        let topic = of(topic, "lamp-1");
        assert_eq!((cloud.send(what), last()), (Delivery::Offline, Some((kind, 23_101))), "{what}");
        assert_eq!(gate.ask("online", PRODUCT, "lamp-1"), 0);
        assert_eq!((cloud.send(what), last()), (Delivery::NotSubscribed, Some((kind, 23_101))), "{what}");
        gate.wire.subscribe(&topic);
        assert_eq!((cloud.send(what), last()), (Delivery::Delivered, Some((kind, 0))), "{what}");
        let (heard, text) = gate.wire.message();
        assert_eq!(heard, topic, "{text}");
        assert_eq!(gate.ask("offline", PRODUCT, "lamp-1"), 0);
        gate.wire.unsubscribe(&topic);
    }
}

/// Does a question reach a sub-device through its gateway, and the answer the call, in both spellings?
#[test]
fn a_question_to_a_sub_device() {
    let cloud = Cloud::new();
    let mut gate = listening(&cloud.site, "lamp-1");
    let spellings =
        [(RrpcFamily::Rrpc, "$rrpc/rxd", "$rrpc/txd"), (RrpcFamily::IotRrpc, "$iotrrpc/down", "$iotrrpc/up")];
    for (family, question, answer) in spellings {
        let asked = cloud.ask(family);
        let (topic, payload) = gate.wire.message();
        let process = topic.strip_prefix(&format!("{question}/{PRODUCT}/lamp-1/")).unwrap();
        assert_eq!(payload, "how bright?");
        // Not with the gateway's name, nor another sub-device's.
        gate.wire.publish(&format!("{answer}/{GATE}/gate-0/{process}"), "mine", None);
        gate.wire.publish(&format!("{answer}/{PRODUCT}/lamp-2/{process}"), "another's", None);
        gate.wire.publish(&format!("{answer}/{PRODUCT}/lamp-1/{process}"), "very", None);
        let outcome = cloud.runtime.block_on(asked).unwrap().unwrap();
        assert_eq!(outcome.answer.as_deref(), Some("very".as_bytes()));
    }
    assert_eq!(cloud.site.kinds(PRODUCT, "lamp-1")[2..], [K::OtherDown, K::OtherUp, K::OtherDown, K::OtherUp]);
    for verb in ["offline", "online"] {
        assert_eq!(gate.ask(verb, PRODUCT, "lamp-1"), 0);
        gate.wire.unsubscribe(&of("$rrpc/rxd/{}/+", "lamp-1"));
        assert!(cloud.runtime.block_on(cloud.ask(RrpcFamily::Rrpc)).unwrap().is_err(), "{verb}");
        let last = cloud.site.world.records_of(PRODUCT, "lamp-1").pop().unwrap();
        assert_eq!((last.0, last.1), (K::OtherDown, 23_101), "{verb}");
    }
}

/// Does a broadcast reach those sub-devices that are online and whose gateway listens, and count the others?
#[test]
fn a_broadcast_to_sub_devices() {
    let cloud = Cloud::new();
    let mut gate = cloud.site.gate_with_lamps(&["lamp-1", "lamp-2"]);
    gate.wire.subscribe(&of("$broadcast/rxd/{}", "lamp-1"));
    let counts = cloud.broadcast();
    assert!(counts.contains(",sent:1,not subscribed:1,"), "{counts}");
    assert_eq!(gate.wire.acknowledge(), (of("$broadcast/rxd/{}", "lamp-1"), "fire drill".to_owned()));
    let last = cloud.site.world.records_of(PRODUCT, "lamp-1").pop().unwrap();
    assert_eq!((last.0, last.1), (K::OtherDown, 0));
    gate.wire.subscribe(&of("$broadcast/rxd/{}", "lamp-2"));
    assert!(cloud.broadcast().contains(",sent:2,not subscribed:0,"));
    let mut heard = [gate.wire.acknowledge().0, gate.wire.acknowledge().0];
    heard.sort();
    assert_eq!(heard, ["lamp-1", "lamp-2"].map(|name| of("$broadcast/rxd/{}", name)));
    // A gateway that is away keeps none, whatever it keeps else.
    gate.wire.leave();
    let counts = cloud.broadcast();
    assert!(counts.contains(",sent:0,"), "{counts}");
}

/// Does a configuration go by whichever name of the topic the gateway listens to for the sub-device?
#[test]
fn a_configuration_by_either_name() {
    let cloud = Cloud::new();
    let lamp = cloud.site.device(PRODUCT, "lamp-1");
    let mut gate = cloud.site.gate_with_lamps(&["lamp-1"]);
    for name in ["$config/update/{}", "$config/operation/result/{}"] {
        let topic = of(name, "lamp-1");
        gate.wire.subscribe(&topic);
        let text = br#"{"type":"push","result":0,"payload":{}}"#.as_slice();
        let (product, only, request_id) = (lamp.product, Some(lamp.number), "q-1".into());
        let push = ConfigPush { product, only, message: text.into(), logged: text.into(), request_id };
        assert_eq!(cloud.runtime.block_on(cloud.site.world.bus.push_config(push)).unwrap().sent, 1);
        assert_eq!(gate.wire.message().0, topic);
        gate.wire.unsubscribe(&topic);
    }
}

/// Is the log level of a product told to a sub-device whose gateway listens, and to none whose gateway does not?
#[test]
fn the_log_level_of_a_product() {
    let cloud = Cloud::new();
    let platform = &cloud.site.world.platform;
    let mut gate = cloud.site.gate_with_lamps(&["lamp-1", "lamp-2"]);
    gate.wire.subscribe(&of("$log/operation/result/{}", "lamp-2"));
    let set = device_log::set_of_product(platform, OWNER, PRODUCT, Some(LogLevel::Debug), "q-1");
    cloud.runtime.block_on(set).unwrap();
    let (topic, text) = gate.wire.message();
    assert_eq!(topic, of("$log/operation/result/{}", "lamp-2"));
    assert!(text.contains(r#""log_level":4"#), "{text}");
    gate.wire.has_nothing_but_a_ping_response();
}
