//! Questions of the cloud and answers of devices, in both spellings and on custom topics.

use std::sync::Arc;

use lianwu_model::Uin;
use lianwu_ports::record::RecordKind as K;
use lianwu_services::logs::notes;
use lianwu_services::message::PublishError;
use lianwu_services::rrpc::{self, Outcome, Question, RrpcError, RrpcFamily, Way};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::harness::{PRODUCT, Wire, World};

struct Scene {
    world: World,
    runtime: Runtime,
}

type Asked = JoinHandle<Result<Outcome, RrpcError>>;

impl Scene {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { world: World::new(), runtime }
    }

    /// Asks a device; the answer is waited for beside the test.
    fn ask(&self, name: &str, way: Way, payload: &str) -> Asked {
        let platform = Arc::clone(&self.world.platform);
        let device = platform.directory.find(PRODUCT.parse().unwrap(), name).unwrap();
        let question = Question {
            owner: Uin(100_000_000_001),
            way,
            payload: payload.into(),
            as_base64: false,
            request_id: "q-1".into(),
        };
        self.runtime.spawn(async move { rrpc::ask(&platform, &device, question).await })
    }

    fn outcome(&self, asked: Asked) -> Result<Outcome, RrpcError> {
        self.runtime.block_on(asked).unwrap()
    }

    /// A lamp that listens to questions in both spellings and on its custom topics.
    fn lamp(&self, name: &str) -> Wire {
        let mut lamp = self.world.lamp(name);
        for filter in ["$rrpc/rxd", "$iotrrpc/down"] {
            lamp.subscribe(&format!("{filter}/{PRODUCT}/{name}/+"));
        }
        lamp.subscribe(&format!("{PRODUCT}/{name}/control"));
        lamp
    }
}

/// Does an answer reach its question byte for byte, with question and answer in the log, whatever the spelling?
#[test]
fn a_question_is_answered() {
    let scene = Scene::new();
    let mut lamp = scene.lamp("lamp-1");
    for (family, down, up) in
        [(RrpcFamily::Rrpc, "$rrpc/rxd", "$rrpc/txd"), (RrpcFamily::IotRrpc, "$iotrrpc/down", "$iotrrpc/up")]
    {
        let asked = scene.ask("lamp-1", Way::System(family), "how bright?");
        let (topic, payload) = lamp.message();
        let process = topic.strip_prefix(&format!("{down}/{PRODUCT}/lamp-1/")).unwrap();
        assert_eq!((payload.as_str(), process.len()), ("how bright?", 16), "{topic}");
        let answer = format!("{up}/{PRODUCT}/lamp-1/{process}");
        lamp.publish(&answer, "very \u{1}", None);
        let outcome = scene.outcome(asked).unwrap();
        assert_eq!(outcome.answer.as_deref(), Some("very \u{1}".as_bytes()));
        assert_eq!((outcome.id.to_string().as_str(), outcome.reply_topic.as_str()), (process, answer.as_str()));
        let mut records = scene.world.records_of(PRODUCT, "lamp-1");
        assert_eq!(records.pop(), Some((K::OtherUp, 0, String::new())), "on record before the call heard it");
        assert_eq!(records.pop(), Some((K::OtherDown, 0, "q-1".to_owned())));
    }
}

/// Is an answer ignored, and said to be so in the log, that comes a second time, with another number, in the other
/// spelling or from another device?
#[test]
fn answers_nobody_waits_for_are_ignored() {
    let scene = Scene::new();
    let (mut lamp, mut other) = (scene.lamp("lamp-1"), scene.lamp("lamp-2"));
    let asked = scene.ask("lamp-1", Way::System(RrpcFamily::Rrpc), "?");
    let (topic, _) = lamp.message();
    let process = topic.rsplit('/').next().unwrap().to_owned();
    other.publish(&format!("$rrpc/txd/{PRODUCT}/lamp-2/{process}"), "not mine", Some(1));
    assert_eq!(other.puback(), 1);
    other.publish(&format!("$rrpc/txd/{PRODUCT}/lamp-1/{process}"), "in its name", Some(2));
    assert_eq!(other.puback(), 2);
    lamp.publish(&format!("$iotrrpc/up/{PRODUCT}/lamp-1/{process}"), "other spelling", Some(1));
    assert_eq!(lamp.puback(), 1);
    lamp.publish(&format!("$rrpc/txd/{PRODUCT}/lamp-1/77"), "other number", Some(2));
    assert_eq!(lamp.puback(), 2);
    assert!(!asked.is_finished());
    lamp.publish(&format!("$rrpc/txd/{PRODUCT}/lamp-1/{process}"), "mine", None);
    assert_eq!(scene.outcome(asked).unwrap().answer.as_deref(), Some(&b"mine"[..]));
    lamp.publish(&format!("$rrpc/txd/{PRODUCT}/lamp-1/{process}"), "again", Some(3));
    assert_eq!(lamp.puback(), 3);
    let ignored = (K::OtherUp, 404, notes::NOBODY_WAITS.to_owned());
    let count = |name| scene.world.records_of(PRODUCT, name).iter().filter(|record| **record == ignored).count();
    assert_eq!((count("lamp-1"), count("lamp-2")), (3, 1));
    let refused = scene.world.records_of(PRODUCT, "lamp-2").pop().unwrap();
    assert_eq!(refused, (K::PublishRefused, 403, notes::NO_PERMISSION.to_owned()), "nobody speaks for another");
}

/// Does a question on a custom topic carry a token, and does the answer with this token count, on the topic it was asked for?
#[test]
fn a_question_on_a_custom_topic() {
    let scene = Scene::new();
    let mut lamp = scene.lamp("lamp-1");
    let way = Way::Custom {
        topic: "${ProductId}/${deviceName}/control".to_owned(),
        reply_topic: Some(format!("{PRODUCT}/lamp-1/event")),
    };
    let asked = scene.ask("lamp-1", way, r#"{"do":"blink"}"#);
    let (topic, payload) = lamp.message();
    assert_eq!(topic, format!("{PRODUCT}/lamp-1/control"));
    let question: serde_json::Value = serde_json::from_str(&payload).unwrap();
    let token = question["clientToken"].as_str().unwrap();
    assert_eq!(question["do"], "blink");
    let answer = |method: &str, token: &str, payload: &str| {
        format!(r#"{{"method":"{method}","clientToken":"{token}","payload":"{payload}"}}"#)
    };
    let event = format!("{PRODUCT}/lamp-1/event");
    for (id, (topic, text)) in [
        (format!("{PRODUCT}/lamp-1/data"), answer("rrpc_sync_reply", token, "bm8=")),
        (event.clone(), answer("rrpc_reply", token, "bm8=")),
        (event.clone(), answer("rrpc_sync_reply", "another", "bm8=")),
        (event.clone(), answer("rrpc_sync_reply", token, "not base64")),
    ]
    .into_iter()
    .enumerate()
    {
        let id = u16::try_from(id).unwrap() + 1;
        lamp.publish(&topic, &text, Some(id));
        assert_eq!(lamp.puback(), id, "{text}");
    }
    assert!(!asked.is_finished());
    let codes: Vec<_> = scene.world.records_of(PRODUCT, "lamp-1").into_iter().rev().take(4).collect();
    assert_eq!(codes[0], (K::OtherUp, 400, notes::ANSWER_NOT_BASE64.to_owned()));
    assert!(codes[1..].iter().all(|(kind, code, _)| (*kind, *code) == (K::OtherUp, 0)), "messages like any: {codes:?}");
    lamp.publish(&event, &answer("rrpc_sync_reply", token, "eWVz"), None);
    let outcome = scene.outcome(asked).unwrap();
    assert_eq!((outcome.answer.as_deref(), outcome.reply_topic), (Some(&b"yes"[..]), event));
    assert_eq!(outcome.token, token);
}

/// Does a device that is not there, or does not listen, end a call at once?
#[test]
fn a_question_that_cannot_be_asked() {
    let scene = Scene::new();
    let ask = |name| scene.outcome(scene.ask(name, Way::System(RrpcFamily::Rrpc), "?"));
    assert_eq!(ask("lamp-1"), Err(PublishError::Offline.into()));
    let mut deaf = scene.world.lamp("lamp-2");
    assert_eq!(ask("lamp-2"), Err(PublishError::NotSubscribed.into()));
    deaf.has_nothing_but_a_ping_response();
}
