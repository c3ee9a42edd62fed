//! Why a backend does not sign in, stay, receive or send.

use std::time::Duration;

use lianwu_ports::record::account::AccountEvent;

use super::{BackendCure, BackendPattern, Detector, Entry, Severity, text};
use crate::logs::notes;

/// Nothing under this client id.
pub(in super::super) const UNSEEN: &str = "backend-unseen";

const LATELY: Duration = Duration::from_mins(10);

/// Filters and messages that are accepted have no line, so nothing shows when it is over.
const AN_HOUR: Duration = Duration::from_hours(1);

const fn lines(event: AccountEvent, notes: &'static [&'static str], least: u64, cure: BackendCure) -> Detector {
    Detector::Backend(BackendPattern { event, notes, least, cure })
}

const fn sign_in(notes: &'static [&'static str]) -> Detector {
    lines(AccountEvent::ConnectRefused, notes, 1, BackendCure::SignIn)
}

const fn filter(notes: &'static [&'static str]) -> Detector {
    lines(AccountEvent::SubscribeRefused, notes, 1, BackendCure::Quiet(AN_HOUR))
}

const fn message(notes: &'static [&'static str]) -> Detector {
    lines(AccountEvent::PublishRefused, notes, 1, BackendCure::Quiet(AN_HOUR))
}

const fn ended(notes: &'static [&'static str], least: u64) -> Detector {
    lines(AccountEvent::Disconnected, notes, least, BackendCure::Quiet(LATELY))
}

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: UNSEEN,
        severity: Severity::Error,
        title: text("24 小时内没有该 ClientId 的任何记录", "Nothing was heard under this client id for 24 hours"),
        cause: text(
            "连接没有到达平台、ClientId 不同，或使用的 SecretId 不属于本账号（已删除的密钥不属于任何账号）。",
            "The connection never arrives, the client id is another one, or the SecretId is not this account's; a deleted key is nobody's.",
        ),
        cure: text(
            "核对地址、端口与 ClientId；用 ListSecretKeys 核对 SecretId；用 `lianwu credentials --backend` 重新计算登录信息。",
            "Check address, port and client id, compare the SecretId with ListSecretKeys, and compute the sign-in anew with `lianwu credentials --backend`.",
        ),
        // Nothing has no lines: see the code that looks for it.
        detector: lines(AccountEvent::ConnectRefused, &["\0"], 1, BackendCure::SignIn),
    },
    Entry {
        id: "backend-password",
        severity: Severity::Error,
        title: text("登录被拒绝：密码不正确", "Sign-in refused: the password does not fit"),
        cause: text(
            "SecretKey 错误，或签名时使用的 UserName、ClientId 与发送的不同。",
            "The SecretKey is wrong, or another user name or client id was signed than is sent.",
        ),
        cure: text(
            "密码 = HMAC-SHA256(SecretKey, UserName + 换行符 + ClientId) 的十六进制；与 `lianwu credentials --backend` 的输出比较。",
            "The password is the hexadecimal HMAC-SHA256, keyed with the SecretKey, of user name, line feed and client id; compare with `lianwu credentials --backend`.",
        ),
        detector: sign_in(&["password does not match"]),
    },
    Entry {
        id: "backend-form",
        severity: Severity::Error,
        title: text("登录被拒绝：登录信息格式不正确", "Sign-in refused: the credentials are malformed"),
        cause: text(
            "UserName 不是 `<SecretId>;<到期 UNIX 秒>`，密码不是 64 位十六进制，或 3.1.1 的空 ClientId 未设置 clean session。",
            "The user name is not `<SecretId>;<expiry in UNIX seconds>`, the password not 64 hexadecimal digits, or a 3.1.1 client without an id keeps its session.",
        ),
        cure: text(
            "按 `lianwu credentials --backend` 的输出填写三个字段。",
            "Fill in the three fields as `lianwu credentials --backend` prints them.",
        ),
        detector: sign_in(&["user name of a backend", "password of a backend", "a client without an id"]),
    },
    Entry {
        id: "backend-expired",
        severity: Severity::Error,
        title: text("登录被拒绝：登录信息已过期", "Sign-in refused: the credentials have expired"),
        cause: text(
            "UserName 中的到期时间早于平台时钟：登录信息过旧，或程序所在机器的时钟不准。",
            "The expiry in the user name lies before the platform's clock: old credentials, or a clock that is wrong.",
        ),
        cure: text(
            "每次连接前重新计算登录信息；校准时钟。",
            "Compute the credentials before each connection, and set the clock.",
        ),
        detector: sign_in(&["credential expired"]),
    },
    Entry {
        id: "backend-key",
        severity: Severity::Error,
        title: text("登录被拒绝：SecretId 已停用", "Sign-in refused: the SecretId is disabled"),
        cause: text("密钥被 UpdateSecretKey 停用。", "The key was switched off with UpdateSecretKey."),
        cure: text("启用该密钥，或换用有效的密钥。", "Switch the key on again, or use one that is active."),
        detector: sign_in(&[notes::KEY_DISABLED]),
    },
    Entry {
        id: "backend-unchecked",
        severity: Severity::Error,
        title: text("登录被拒绝：失败次数过多", "Sign-in refused: too many have failed"),
        cause: text(
            "同一来源多次使用错误密码，等待期内的登录不再验证密码。",
            "Too many wrong passwords from one address; while it waits, passwords are not looked at.",
        ),
        cure: text(
            "先修正密码，等待最多一分钟后重试；陌生地址的尝试请更换密钥。限制见 limits.sign_in_failures。",
            "Mend the password and wait for up to a minute; if you do not know the address, change the key. See limits.sign_in_failures.",
        ),
        detector: sign_in(&[notes::UNCHECKED]),
    },
    Entry {
        id: "backend-key-gone",
        severity: Severity::Error,
        title: text("连接被关闭：密钥已删除或停用", "Closed: its key was deleted or disabled"),
        cause: text(
            "程序登录之后，其密钥被删除或停用。",
            "The key was deleted or disabled after the program had signed in.",
        ),
        cure: text("为程序配置有效的密钥。", "Give the program a key that is active."),
        detector: lines(AccountEvent::Disconnected, &["its SecretId was deleted or disabled"], 1, BackendCure::SignIn),
    },
    Entry {
        id: "backend-twice",
        severity: Severity::Error,
        title: text(
            "反复被挤下线：同一 ClientId 有两个程序",
            "Closed again and again: two programs share the client id",
        ),
        cause: text(
            "同一账号下相同 ClientId 的后一次登录会关闭前一个连接。",
            "A sign-in under a client id of the account closes the connection that had it.",
        ),
        cure: text(
            "给每个程序各自的 ClientId；分担消息请用 $share 共享订阅。",
            "Give each program its own client id; to share work, subscribe with $share.",
        ),
        detector: ended(&[notes::CLIENT_TAKEN_OVER], 3),
    },
    Entry {
        id: "backend-slow",
        severity: Severity::Error,
        title: text("连接被关闭：程序处理消息太慢", "Closed: the program is too slow for its messages"),
        cause: text(
            "程序没有读取或没有确认下发的消息，积压超过上限。",
            "It does not read or not acknowledge what it is sent, and more waits than may.",
        ),
        cure: text(
            "在另一线程处理消息、及时确认；用更窄的过滤器，或用 $share 把消息分给多个程序。",
            "Work on messages outside the network loop and acknowledge in time; use narrower filters, or share the work with $share.",
        ),
        detector: ended(&[notes::NOT_ACKNOWLEDGING, notes::NOT_READING], 1),
    },
    Entry {
        id: "backend-receive",
        severity: Severity::Error,
        title: text("订阅被拒绝：没有接收权限", "Subscription refused: no right to receive"),
        cause: text(
            "子账号没有允许 lianwu:ReceiveMessages 的策略。",
            "No policy of the sub-account allows lianwu:ReceiveMessages.",
        ),
        cure: text(
            "为子账号关联允许 lianwu:ReceiveMessages 的策略；DescribeAccess 可说明原因。",
            "Attach a policy that allows lianwu:ReceiveMessages; DescribeAccess explains what is missing.",
        ),
        detector: filter(&["no policy allows"]),
    },
    Entry {
        id: "backend-foreign",
        severity: Severity::Error,
        title: text("订阅被拒绝：产品不属于本账号", "Subscription refused: the product is another account's"),
        cause: text("过滤器中的 ProductId 属于其他账号。", "The ProductId in the filter belongs to another account."),
        cure: text(
            "核对 ProductId，或使用该产品所属账号的密钥。",
            "Check the ProductId, or use a key of the account that owns it.",
        ),
        detector: filter(&["belongs to another account"]),
    },
    Entry {
        id: "backend-filter",
        severity: Severity::Error,
        title: text("订阅被拒绝：过滤器无效", "Subscription refused: the filter is not usable"),
        cause: text(
            "过滤器格式错误、层级过多，或该连接的订阅数已达上限。",
            "The filter is malformed or too deep, or the connection has as many as it may.",
        ),
        cure: text(
            "`#` 只能在最后一级，`+` 须独占一级；减少订阅数。",
            "`#` may only be the last level and `+` must be a whole one; use fewer filters.",
        ),
        detector: filter(&["not a topic filter", "filters"]),
    },
    Entry {
        id: "backend-topic",
        severity: Severity::Error,
        title: text("消息未送达：不是账号自己的 topic", "Messages went nowhere: the topic is not the account's own"),
        cause: text(
            "后端只能在首级既不是 ProductId 也不以 `$` 开头的 topic 上发送；设备的 topic 只用于接收。",
            "A backend sends on topics whose first level is neither a ProductId nor begins with `$`; on devices' topics it only receives.",
        ),
        cure: text(
            "给设备下发请调用 ControlDeviceData、CallDeviceActionSync 或 PublishMessage。",
            "To reach a device call ControlDeviceData, CallDeviceActionSync or PublishMessage.",
        ),
        detector: message(&[notes::NOT_OWN_TOPIC]),
    },
    Entry {
        id: "backend-send",
        severity: Severity::Error,
        title: text("消息未送达：没有发送权限", "Messages went nowhere: no right to send"),
        cause: text(
            "子账号没有允许 lianwu:SendMessages 的策略。",
            "No policy of the sub-account allows lianwu:SendMessages.",
        ),
        cure: text("为子账号关联允许 lianwu:SendMessages 的策略。", "Attach a policy that allows lianwu:SendMessages."),
        detector: message(&[notes::NO_SEND_RIGHT]),
    },
    Entry {
        id: "backend-retained",
        severity: Severity::Error,
        title: text(
            "保留消息被拒绝：账号的保留消息已满",
            "A retained message was refused: the account has no room for more",
        ),
        cause: text(
            "每个账号最多 10,000 个 topic、16 MiB 的保留消息。",
            "An account keeps retained messages on at most 10,000 topics, 16 MiB in all.",
        ),
        cure: text(
            "向不再需要的 topic 发送空的保留消息，或为保留消息设置过期时间。",
            "Send an empty retained message to topics you no longer need, or give retained messages an expiry.",
        ),
        detector: message(&[notes::RETAINED_FULL]),
    },
    Entry {
        id: "backend-keepalive",
        severity: Severity::Warning,
        title: text("心跳超时", "The keep-alive of a backend ran out"),
        cause: text(
            "在 1.5 倍 keepalive 内没有收到程序的任何数据：断网，或网络循环被阻塞。",
            "Nothing arrived for one and a half times the keep-alive: the network is lost, or the program's network loop is blocked.",
        ),
        cure: text(
            "不要在消息回调中做耗时的工作；检查网络。",
            "Do no long work in the message callback, and check the network.",
        ),
        detector: ended(&["keepalive timeout"], 1),
    },
    Entry {
        id: "backend-away",
        severity: Severity::Warning,
        title: text("程序当前没有连接", "The program is not connected now"),
        cause: text(
            "最近一次连接已结束，之后没有再登录；原因见证据。",
            "Its last connection ended and it did not sign in again; the evidence says why.",
        ),
        cure: text(
            "检查程序是否在运行，并让它自动重连。",
            "Check whether the program runs, and let it connect again by itself.",
        ),
        detector: lines(AccountEvent::Disconnected, &[], 1, BackendCure::SignIn),
    },
];
