//! Scripts of raw products.

use lianwu_ports::registry::SCRIPT_VERSIONS_MAX;
use lianwu_ports::script;

use super::super::{LimitSpec, Value};

pub(super) const LIMITS: &[LimitSpec] = &[
    LimitSpec {
        name: "ScriptBytes",
        unit: "bytes",
        scope: "product",
        setting: None,
        zh: "解析脚本的最大长度",
        en: "Longest script of a raw product",
        value: Value::Fixed(script::SCRIPT_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ScriptVersions",
        unit: "versions",
        scope: "product",
        setting: None,
        zh: "解析脚本保留的版本数",
        en: "Versions of a script that are kept",
        value: Value::Fixed(SCRIPT_VERSIONS_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ScriptMillis",
        unit: "milliseconds",
        scope: "call",
        setting: None,
        zh: "解析脚本一次调用的处理器时间",
        en: "Processor time of one call of a script",
        value: Value::Fixed(script::CALL_MILLIS_MAX),
        used: None,
    },
    LimitSpec {
        name: "ScriptHeapBytes",
        unit: "bytes",
        scope: "product",
        setting: None,
        zh: "解析脚本占用的内存",
        en: "Memory a script may hold",
        value: Value::Fixed(script::HEAP_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ScriptOutputBytes",
        unit: "bytes",
        scope: "message",
        setting: None,
        zh: "解析脚本生成的消息或字节的最大长度",
        en: "Longest message or bytes a script makes",
        value: Value::Fixed(script::OUTPUT_BYTES_MAX as u64),
        used: None,
    },
    LimitSpec {
        name: "ScriptMessagesWaiting",
        unit: "messages",
        scope: "device",
        setting: None,
        zh: "等待解析脚本的消息，上下行合计；超出的上行消息只保存字节",
        en: "Messages that wait for a script, both ways; over it bytes are kept as they come",
        value: Value::Fixed(script::WAITING_MAX as u64),
        used: None,
    },
];
