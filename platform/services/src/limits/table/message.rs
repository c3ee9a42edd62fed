//! Single messages.

use lianwu_device_protocol::message::{AHEAD_MAX, CLIENT_TOKEN_BYTES_MAX, EVENTS_PER_MESSAGE_MAX};
use lianwu_device_protocol::reply::SYSTEM_DOWN_BYTES_MAX;
use lianwu_device_protocol::topic::{TOPIC_BYTES_MAX, TOPIC_LEVELS_MAX};
use lianwu_model::json::DEPTH_MAX;
use lianwu_model::shadow;
use lianwu_model::topic_policy::TOPICS_MAX;

use super::super::{LimitSpec, Value};

pub(super) const LIMITS: &[LimitSpec] = &[
    LimitSpec {
        name: "PacketBytes",
        unit: "bytes",
        scope: "packet",
        setting: Some("limits.packet_bytes_max"),
        zh: "设备上行 MQTT 报文的最大长度",
        en: "Longest MQTT packet from a device",
        value: Value::Set(|l| l.packet_bytes_max as u64),
        used: None,
    },
    LimitSpec {
        name: "SystemDownBytes",
        unit: "bytes",
        scope: "message",
        setting: None,
        zh: "系统 Topic 下行消息的最大长度",
        en: "Longest message down on a system topic",
        value: Value::Fixed(SYSTEM_DOWN_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "TopicBytes",
        unit: "bytes",
        scope: "topic",
        setting: None,
        zh: "Topic 的最大长度",
        en: "Longest topic",
        value: Value::Fixed(TOPIC_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "TopicLevels",
        unit: "levels",
        scope: "topic",
        setting: None,
        zh: "Topic 的最大层数",
        en: "Most levels of a topic",
        value: Value::Fixed(TOPIC_LEVELS_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ProductTopics",
        unit: "topics",
        scope: "product",
        setting: None,
        zh: "产品的自定义 Topic 数",
        en: "Custom topics of a product",
        value: Value::Fixed(TOPICS_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ShadowBytes",
        unit: "bytes",
        scope: "device",
        setting: None,
        zh: "设备影子文档（reported 与 desired 合计）的最大长度",
        en: "Longest document of a device shadow, reported and desired together",
        value: Value::Fixed(shadow::DOCUMENT_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ShadowLevels",
        unit: "levels",
        scope: "device",
        setting: None,
        zh: "设备影子 reported 与 desired 的最大嵌套层数",
        en: "Most levels of keys inside reported and desired of a device shadow",
        value: Value::Fixed(shadow::DEPTH_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ClientTokenBytes",
        unit: "bytes",
        scope: "message",
        setting: None,
        zh: "clientToken 的最大长度",
        en: "Longest clientToken",
        value: Value::Fixed(CLIENT_TOKEN_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "EventsPerMessage",
        unit: "events",
        scope: "message",
        setting: None,
        zh: "一条消息中的事件数",
        en: "Events in one message",
        value: Value::Fixed(EVENTS_PER_MESSAGE_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "JsonDepth",
        unit: "levels",
        scope: "message",
        setting: None,
        zh: "JSON 的最大嵌套层数",
        en: "Deepest nesting of JSON",
        value: Value::Fixed(DEPTH_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "SampleAhead",
        unit: "s",
        scope: "message",
        setting: None,
        zh: "采样时间最多可超前服务器时间多少",
        en: "How far a sample time may lie ahead of the server's",
        value: Value::Fixed(AHEAD_MAX.as_secs()),
        used: None,
    },
];
