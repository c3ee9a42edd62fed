//! Why a device does not stay connected.

use std::time::Duration;

use lianwu_ports::record::RecordKind;

use super::{Cure, Detector, Entry, Pattern, Severity, text};
use crate::diagnosis::checks;

/// A connection that ended like this lately.
const fn ended(notes: &'static [&'static str], without: &'static [&'static str]) -> Detector {
    let kinds = &[RecordKind::Disconnected];
    Detector::Records(Pattern { kinds, code: None, notes, without, cure: Cure::Quiet(LATELY) })
}

const LATELY: Duration = Duration::from_mins(10);

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "faq-44",
        severity: Severity::Error,
        title: text(
            "设备反复上下线：同一身份在两处登录",
            "The device comes and goes: one identity signs in from two places",
        ),
        cause: text(
            "同一三元组被两个客户端使用，后登录者会挤掉先登录者；双方地址见证据。",
            "Two clients use the same identity, and each sign-in closes the other's connection; the evidence shows both addresses.",
        ),
        cure: text(
            "给每台设备各自的三元组；关闭多余的调试客户端；检查是否批量烧录了同一密钥。",
            "Give each device its own identity, close forgotten test clients, and check whether one key was flashed into many.",
        ),
        detector: Detector::Check(checks::ping_pong),
    },
    Entry {
        id: "faq-47",
        severity: Severity::Warning,
        title: text("心跳超时", "The keep-alive ran out"),
        cause: text(
            "在 1.5 倍 keepalive 内没有收到设备的任何数据：断电、断网，或程序没有发送 PINGREQ。",
            "Nothing arrived for one and a half times the keep-alive: power or network lost, or the program sends no PINGREQ.",
        ),
        cure: text(
            "检查供电与网络；确认 SDK 的循环函数被及时调用；网络较差时适当加大 keepalive。",
            "Check power and network, make sure the SDK's loop is called in time, and use a longer keep-alive on bad networks.",
        ),
        detector: Detector::Check(checks::keep_alive),
    },
    Entry {
        id: "faq-47-short",
        severity: Severity::Warning,
        title: text("keepalive 过短，短暂断网即超时", "The keep-alive is short, and a moment without network ends it"),
        cause: text(
            "设备设置的 keepalive 不足 30 秒，网络停顿超过其 1.5 倍就会被断开；数值见证据。",
            "The device asks for a keep-alive below 30 s, so the connection ends when the network pauses for one and a half times as long; the evidence shows the numbers.",
        ),
        cure: text("把 keepalive 设为 240 秒左右。", "Use a keep-alive of some 240 s."),
        detector: Detector::Check(checks::short_keep_alive),
    },
    Entry {
        id: "faq-47-network",
        severity: Severity::Warning,
        title: text(
            "以固定间隔反复超时：网络丢弃空闲连接",
            "The keep-alive runs out at a steady interval: the network forgets silent connections",
        ),
        cause: text(
            "设备每次登录后不久就不再有数据到达，超时后又立即登录，间隔几乎相同：NAT 或运营商丢弃空闲连接的时间比 keepalive 短（PINGREQ 到不了），或程序不发送 PINGREQ。",
            "After each sign-in nothing more arrives until the keep-alive runs out, then the device signs in again, at almost the same interval: NAT or operator forget a silent              connection sooner than the keep-alive, so that PINGREQ is lost; or the program sends none.",
        ),
        cure: text(
            "把 keepalive 减半再试（例如 120 或 60 秒）；用 `lianwu doctor connect --idle 秒数` 在设备所在网络测出允许的空闲时间；确认程序在空闲时发送 PINGREQ。",
            "Halve the keep-alive and try again, such as 120 or 60 s; find out with `lianwu doctor connect --idle SECONDS` in the device's network how long it may be silent; see that the              program sends PINGREQ when idle.",
        ),
        detector: Detector::Check(checks::forgotten),
    },
    Entry {
        id: "faq-40-network",
        severity: Severity::Warning,
        title: text("连接频繁中断", "Connections break often"),
        cause: text(
            "设备没有发送 DISCONNECT 就断开，10 分钟内至少三次：网络不稳定，或程序反复重启。",
            "Connections ended without DISCONNECT at least three times in ten minutes: an unstable network, or a program that restarts.",
        ),
        cure: text("检查信号、路由器与设备重启原因。", "Check the signal, the router, and why the device restarts."),
        detector: Detector::Check(checks::unstable),
    },
    Entry {
        id: "faq-45",
        severity: Severity::Warning,
        title: text("重连过于频繁", "It signs in too often"),
        cause: text(
            "设备登录次数超过限制（limits.device_connects_per_5s），多余的登录被拒绝。",
            "The device signs in more often than limits.device_connects_per_5s allows, so some sign-ins are refused.",
        ),
        cure: text(
            "重连间隔从至少 1 秒开始逐次加倍，最长 60 秒；主动断开后不要自动重连。",
            "Wait at least 1 s before the first attempt, double it each time up to 60 s, and do not come back after a wanted end.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::ConnectRefused],
            code: None,
            notes: &["signed in more than", "too many sign-ins at once"],
            without: &[],
            cure: Cure::Quiet(LATELY),
        }),
    },
    Entry {
        id: "faq-45-locked",
        severity: Severity::Error,
        title: text("登录失败过多，暂时不再校验", "Too many sign-ins failed; more are refused unchecked for a while"),
        cause: text(
            "该设备名连续登录失败，平台在一段时间内直接拒绝；次数与来源地址见证据。",
            "Sign-ins under this name failed again and again, so the platform refuses more of them; the evidence shows how many and from where.",
        ),
        cure: text(
            "先解决登录失败的原因（见其他问题），再等待限制解除；来源陌生时检查是否有人冒用设备名。",
            "Remove the cause of the failures first, then wait; if the source is not yours, somebody uses the device's name.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::ConnectRefused],
            code: None,
            notes: &["were refused unchecked"],
            without: &[],
            cure: Cure::SignIn,
        }),
    },
    Entry {
        id: "faq-66",
        severity: Severity::Warning,
        title: text("消息超过频率限制", "Messages over the rate limit"),
        cause: text(
            "设备、产品或实例的消息或登录超过每秒上限（是哪一个见证据中的 limits 键），消息被延迟、拒绝，或连接被断开。",
            "More messages or sign-ins a second than the device, its product or the instance may have: they wait, are refused, or the connection is closed. The evidence names the key of the limit.",
        ),
        cure: text(
            "合并上报或降低频率；确有需要时调高限制。",
            "Report several values in one message or less often; raise the limit if it must be.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::RateLimited, RecordKind::Disconnected],
            code: None,
            notes: &["rate limited", "messages a second"],
            without: &[],
            cure: Cure::Quiet(LATELY),
        }),
    },
    Entry {
        id: "faq-40-size",
        severity: Severity::Error,
        title: text("消息过大", "A message is too large"),
        cause: text(
            "设备发送的 MQTT 报文超过上限，连接被断开；大小见证据。",
            "The device sent a packet above the limit, so its connection was closed; the evidence shows the size.",
        ),
        cure: text("拆分消息，使单个报文不超过 64 KB。", "Split it: a packet has at most 64 KB."),
        detector: ended(&["bytes, allowed"], &[]),
    },
    Entry {
        id: "faq-40-protocol",
        severity: Severity::Error,
        title: text("MQTT 协议错误", "An MQTT protocol error"),
        cause: text(
            "设备发送了不合法的报文（例如 QoS 2 或错误的主题），连接被断开；详情见证据。",
            "The device sent what MQTT or the platform does not allow, such as QoS 2, so its connection was closed; the evidence says what.",
        ),
        cure: text(
            "使用 MQTT 3.1.1 与 QoS 0 或 1；换用官方 SDK 或成熟的 MQTT 客户端。",
            "Use MQTT 3.1.1 with QoS 0 or 1, and an SDK or a proven MQTT client.",
        ),
        detector: ended(
            &["malformed packet", "protocol error", "QoS 2 is not supported", "second CONNECT", "client sent"],
            &["bytes, allowed"],
        ),
    },
    Entry {
        id: "faq-46b",
        severity: Severity::Warning,
        title: text("设备不读取下行消息", "It does not read what it is sent"),
        cause: text(
            "下行数据在平台积压过多，连接被断开：网络过慢，或程序不再读取套接字。",
            "Too much waited for the device to read it, so the connection was closed: a slow network, or a program that stopped reading.",
        ),
        cure: text("检查网络带宽与接收循环，减少下行消息。", "Check bandwidth and the receive loop, and send it less."),
        detector: ended(&["does not read what it is sent"], &[]),
    },
    Entry {
        id: "faq-31-dropped",
        severity: Severity::Warning,
        title: text("离线消息被丢弃", "Messages that waited were dropped"),
        cause: text(
            "等待设备上线的 QoS 1 消息超过数量或时间上限。",
            "QoS 1 messages waited for the device longer, or more of them, than allowed.",
        ),
        cure: text(
            "让设备及时上线，或调高 limits.offline_messages、limits.offline_hours。",
            "Bring the device online sooner, or raise limits.offline_messages or limits.offline_hours.",
        ),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::DownDropped],
            code: None,
            notes: &[],
            without: &[],
            cure: Cure::Quiet(Duration::from_hours(1)),
        }),
    },
    Entry {
        id: "storage-full",
        severity: Severity::Error,
        title: text("平台存储空间已满", "The platform's storage is full"),
        cause: text(
            "平台无法写入新消息，设备的上报会收到 503 应答。",
            "The platform cannot store messages; reports are answered with 503.",
        ),
        cure: text(
            "请管理员释放磁盘空间，之后自动恢复。",
            "Ask the operator to free disk space; it goes on by itself then.",
        ),
        detector: Detector::Check(checks::storage),
    },
];
