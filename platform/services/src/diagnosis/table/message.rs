//! Why what a device says does not count, or what it is told does not arrive.

use lianwu_ports::record::RecordKind;

use super::{Cure, Detector, Entry, Pattern, Severity, text};
use crate::diagnosis::checks;
use crate::logs::notes;

const UP: &[RecordKind] = &[RecordKind::PropertyOther, RecordKind::EventPost, RecordKind::ActionReply];

/// A thing-model message refused with this code and one of these texts.
const fn refused(code: u32, notes: &'static [&'static str], without: &'static [&'static str]) -> Detector {
    Detector::Records(Pattern { kinds: UP, code: Some(code), notes, without, cure: Cure::GoodMessage })
}

/// Texts of the vendor's number and string readers, and those that have an entry of their own.
const READERS: &[&str] = &["readNumberAsString", "ReadString", "ReadObject", "ReadArray"];
const RANGES: &[&str] = &["out of range:"];
const ENUMS: &[&str] = &["enum not defined"];
const NAMED: &[&str] =
    &["readNumberAsString", "ReadString", "ReadObject", "ReadArray", "out of range:", "enum not defined"];

/// A number in quotes, as the number reader shows it.
const QUOTED_NUMBERS: &[&str] =
    &[r#"|"0"#, r#"|"1"#, r#"|"2"#, r#"|"3"#, r#"|"4"#, r#"|"5"#, r#"|"6"#, r#"|"7"#, r#"|"8"#, r#"|"9"#, r#"|"-"#];

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "faq-20",
        severity: Severity::Error,
        title: text("产品还没有物模型", "The product has no thing model"),
        cause: text(
            "没有物模型就无法校验，设备在物模型主题上的消息都不被接受。",
            "Without a thing model nothing can be checked, so messages on the thing-model topics are not accepted.",
        ),
        cure: text(
            "在控制台定义物模型，或用 ModifyModelDefinition 导入 JSON。",
            "Define the model, or import its JSON with ModifyModelDefinition.",
        ),
        detector: Detector::Check(checks::no_model),
    },
    Entry {
        id: "faq-21",
        severity: Severity::Warning,
        title: text("最新值为空：消息发到了其他主题", "No latest values: messages go to another topic"),
        cause: text(
            "只有发到 `$thing/up/property/{ProductId}/{DeviceName}` 的属性才会更新最新值；证据中是设备实际使用的主题。",
            "Only properties on `$thing/up/property/{ProductId}/{DeviceName}` become latest values; the evidence shows the topics it used.",
        ),
        cure: text(
            "改为向属性主题发布 method 为 report 的 JSON。",
            "Publish JSON with method `report` on the property topic.",
        ),
        detector: Detector::Check(checks::other_topic),
    },
    Entry {
        id: "faq-30",
        severity: Severity::Info,
        title: text("设备还没有上报过数据", "The device has not reported yet"),
        cause: text(
            "设备登录过，但没有收到它的任何消息，因此查询接口返回空。",
            "It signed in, but no message of it arrived, so queries are empty.",
        ),
        cure: text(
            "确认设备已调用上报接口；可用 `lianwu simulate` 模拟设备对照。",
            "Make sure the program reports; `lianwu simulate` shows how it should look.",
        ),
        detector: Detector::Check(checks::no_report),
    },
    Entry {
        id: "faq-23",
        severity: Severity::Error,
        title: text("上报内容不是合法的 JSON", "What it reports is not JSON"),
        cause: text(
            "平台以 `json format illegal` 应答，消息没有存储；出错位置见证据。",
            "The platform answered `json format illegal` and stored nothing; the evidence shows where it breaks.",
        ),
        cure: text(
            "检查引号、逗号与括号，以及缓冲区是否截断；在内容日志中查看原文。",
            "Check quotes, commas, brackets and cut-off buffers; the content log shows the text.",
        ),
        detector: refused(400, &[], &[]),
    },
    Entry {
        id: "faq-22",
        severity: Severity::Error,
        title: text("标识符或 method 不符合物模型", "An identifier or a method the thing model does not have"),
        cause: text(
            "上报中的标识符没有在物模型中定义（区分大小写），或 method 不受支持，或缺少必填参数。",
            "An identifier is not in the thing model (upper and lower case differ), the method is unknown, or a required parameter is missing.",
        ),
        cure: text(
            "对照物模型修改标识符，或把它加入物模型。",
            "Use the identifiers of the model, or add this one to it.",
        ),
        detector: refused(403, &[], &[notes::NO_MODEL]),
    },
    Entry {
        id: "faq-22-event",
        severity: Severity::Error,
        title: text("事件没有在物模型中定义", "An event the thing model does not have"),
        cause: text("上报的 eventId 不在物模型中。", "The reported eventId is not in the thing model."),
        cure: text("对照物模型修改 eventId，或定义该事件。", "Use an eventId of the model, or define this one."),
        detector: refused(404, &[], &[]),
    },
    Entry {
        id: "faq-29",
        severity: Severity::Error,
        title: text("时间戳不被接受", "The timestamp is not accepted"),
        cause: text(
            "timestamp 应为 UNIX 秒或毫秒；日期字符串、晚于服务器 24 小时以上、早于保存期的时间都会被拒绝。",
            "timestamp is UNIX seconds or milliseconds; dates as text, more than 24 h ahead, or older than data is kept are refused.",
        ),
        cure: text(
            "先校时再上报，或不带 timestamp（使用服务器时间）。",
            "Set the clock before reporting, or leave timestamp out: then the server's time is used.",
        ),
        detector: refused(405, &[], &[]),
    },
    Entry {
        id: "faq-28",
        severity: Severity::Error,
        title: text("数值被写成了字符串", "A number is sent as text"),
        cause: text(
            "布尔、整数、浮点和枚举整型的值应为数字，例如 0，而不是 \"0\"。",
            "Values of type bool, int, float and enum are numbers: 0, not \"0\".",
        ),
        cure: text("去掉数值两侧的引号。", "Leave the quotes out."),
        detector: refused(406, QUOTED_NUMBERS, &["ReadString"]),
    },
    Entry {
        id: "faq-24",
        severity: Severity::Error,
        title: text("数据类型错误", "A value has the wrong type"),
        cause: text(
            "值的类型与物模型不一致，例如数值型收到文字、字符串型收到数字；原值见证据。",
            "A value is not of the type in the thing model, such as words for a number or a number for a string; the evidence shows it.",
        ),
        cure: text("按物模型的类型上报。", "Report it with the type of the thing model."),
        detector: refused(
            406,
            READERS,
            &[
                r#"|"0"#, r#"|"1"#, r#"|"2"#, r#"|"3"#, r#"|"4"#, r#"|"5"#, r#"|"6"#, r#"|"7"#, r#"|"8"#, r#"|"9"#,
                r#"|"-"#,
            ],
        ),
    },
    Entry {
        id: "faq-25",
        severity: Severity::Error,
        title: text("数值超出范围", "A value is out of range"),
        cause: text(
            "上报值不在物模型定义的范围内；值与范围见证据。",
            "A value is outside the range in the thing model; the evidence shows both.",
        ),
        cure: text("检查单位与倍率，或修改物模型的范围。", "Check unit and factor, or change the range in the model."),
        detector: refused(406, RANGES, &[]),
    },
    Entry {
        id: "faq-26",
        severity: Severity::Error,
        title: text("枚举值未定义", "An enum value is not defined"),
        cause: text(
            "上报了物模型中没有的枚举值；值见证据。",
            "A value of an enum is not in the thing model; the evidence shows it.",
        ),
        cure: text(
            "只上报已定义的枚举值，或在物模型中加入。",
            "Report defined values only, or add this one to the model.",
        ),
        detector: refused(406, ENUMS, &[]),
    },
    Entry {
        id: "faq-22-value",
        severity: Severity::Error,
        title: text("上报值不符合物模型", "A value does not fit the thing model"),
        cause: text(
            "物模型不接受该值，原因见证据。",
            "The thing model does not accept a value; the evidence says why.",
        ),
        cure: text("按证据中的原因修改上报。", "Change the report as the evidence says."),
        detector: refused(406, &[], NAMED),
    },
    Entry {
        id: "script",
        severity: Severity::Error,
        title: text("解析脚本没有处理设备上报的字节", "The product's script makes nothing of what the device sends"),
        cause: text(
            "字节已保存并确认，但没有得到物模型消息；原因、行列号和字节见证据。",
            "The bytes are kept and acknowledged, but no message was made of them; the evidence has reason, line and bytes.",
        ),
        cure: text(
            "用 RunProductScript 以证据中的字节调试脚本，修改后用 SaveProductScript 保存，立即生效。",
            "Try the script out on these bytes with RunProductScript, and save the better one with SaveProductScript: it is in force at once.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::OtherUp],
            code: None,
            notes: &[notes::SCRIPT_FAILED],
            without: &[],
            cure: Cure::GoodMessage,
        }),
    },
    Entry {
        id: "faq-58",
        severity: Severity::Error,
        title: text(
            "主题无发布权限（topic without permission）",
            "No permission to publish (topic without permission)",
        ),
        cause: text(
            "设备向不属于自己的主题，或没有发布权限的主题发布了消息；消息已确认但不会被处理。",
            "It published on a topic that is not its own or that it may not publish on; the message was acknowledged and dropped.",
        ),
        cure: text(
            "核对主题中的 ProductId 与 DeviceName，以及该主题的权限。",
            "Check ProductId and DeviceName in the topic, and the permission of the topic.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::PublishRefused],
            code: None,
            notes: &[],
            without: &[],
            cure: Cure::GoodMessage,
        }),
    },
    Entry {
        id: "faq-58-subscribe",
        severity: Severity::Error,
        title: text("订阅被拒绝", "A subscription was refused"),
        cause: text(
            "设备订阅了不属于自己、没有订阅权限或不存在的主题；原因见证据。",
            "It subscribed to a topic that is not its own, may not be subscribed to, or does not exist; the evidence says which.",
        ),
        cure: text("只订阅自己的下行主题。", "Subscribe only to the device's own down topics."),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::Subscribed],
            code: Some(128),
            notes: &[],
            without: &[],
            cure: Cure::SignIn,
        }),
    },
    Entry {
        id: "faq-31",
        severity: Severity::Warning,
        title: text(
            "控制消息没有送达（no subscriber，23101）",
            "A message to the device did not arrive (no subscriber, 23101)",
        ),
        cause: text(
            "下发时设备不在线，或没有订阅对应的下行主题。",
            "When it was sent, the device was offline or not subscribed to the down topic.",
        ),
        cure: text(
            "设备登录后应立即订阅 `$thing/down/property/{ProductId}/{DeviceName}` 等下行主题；离线期间的控制用 get_status 取回。",
            "Subscribe to the down topics right after sign-in; fetch what was missed with get_status.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::PropertyControl, RecordKind::ActionCall, RecordKind::OtherDown],
            code: Some(23_101),
            notes: &[],
            without: &[],
            cure: Cure::Delivery,
        }),
    },
];
