//! Why a device is not heard over HTTP or CoAP, which keep no connection. A later sign-in, or a message that was accepted, is the cure.

use lianwu_ports::record::RecordKind;

use super::{Cure, Detector, Entry, Pattern, Severity, Text, refused, text};
use crate::logs::notes;

/// Refused under this prefix, for none of the reasons that have entries of their own.
const fn otherwise_refused(prefix: &'static [&'static str]) -> Detector {
    let kinds = &[RecordKind::ConnectRefused];
    Detector::Records(Pattern { kinds, code: None, notes: prefix, without: NAMED, cure: Cure::SignIn })
}

/// Parts of the notes that other entries name.
const NAMED: &[&str] = &[
    notes::DISABLED,
    notes::NEEDS_CERTIFICATE,
    notes::PSK_MISMATCH,
    "does not exist",
    "the token",
    "credential expired at",
    "certificate",
];

const TOKEN: Text = text("令牌（token）被拒绝", "The token is refused");

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "faq-56-http",
        severity: Severity::Error,
        title: text("HTTP 请求的签名被拒绝", "The signature of a request over HTTP is refused"),
        cause: text(
            "HTTP 发布用 DeviceSecret 的文本（不做 Base64 解码）计算 HMAC，再做 Base64；密钥、请求体或请求头与签名时不同。",
            "Over HTTP the text of DeviceSecret is the key (not decoded), the signature is base64. The key is another, or body or headers differ from what was signed.",
        ),
        cure: text(
            "核对 DeviceSecret、X-TC-* 请求头与签名原文，见 docs/device-http.md；可用 `lianwu doctor connect http://...` 对照。",
            "Compare DeviceSecret, the X-TC-* headers and the text that is signed: docs/device-http.md; `lianwu doctor connect http://...` signs as it should be.",
        ),
        detector: otherwise_refused(&[notes::HTTP_REFUSED]),
    },
    Entry {
        id: "faq-56-coap",
        severity: Severity::Error,
        title: text("CoAP 认证被拒绝", "The authentication over CoAP is refused"),
        cause: text(
            "明文端口的认证载荷必须是与 MQTT 相同的“用户名;密码”，且签名用本设备的密钥计算；DTLS 连接上的路径必须是本设备的。原因见证据。",
            "Without DTLS the authentication carries user name and password as in MQTT, signed with this device's secret; over DTLS the path must be that of the device of the session. The evidence says which.",
        ),
        cure: text(
            "改用 coaps 端口（DTLS-PSK），或按 docs/device-coap.zh-CN.md 签名；可用 `lianwu doctor connect coap://...` 对照。",
            "Use the coaps port (DTLS-PSK), or sign as docs/device-coap.md says; `lianwu doctor connect coap://...` signs as it should be.",
        ),
        detector: otherwise_refused(&[notes::COAP_REFUSED]),
    },
    Entry {
        id: "faq-54-token",
        severity: Severity::Error,
        title: text("令牌（token）已过期", "The token has expired"),
        cause: text(
            "令牌自签发起 24 小时有效；设备仍在用旧的令牌发送消息。",
            "A token is good for 24 hours from its issue; the device goes on sending messages with an old one.",
        ),
        cure: text(
            "在 AuthFailure.TokenExpired（CoAP 为 4.01）之后，或在 ExpireTime 之前，用签名重新请求 /device/token（CoAP 重新认证）。",
            "Ask for another with a signed request to /device/token (over CoAP: authenticate again), before ExpireTime or when AuthFailure.TokenExpired (4.01) comes.",
        ),
        detector: refused(&["the token has expired"]),
    },
    Entry {
        id: "faq-41-token",
        severity: Severity::Error,
        title: TOKEN,
        cause: text(
            "令牌不是本平台签发的、属于另一台设备，或在设备更换密钥、证书之前签发；是哪一种见证据。",
            "The token is not one of this platform, belongs to another device, or is from before this one got another secret or certificate. The evidence says which.",
        ),
        cure: text(
            "用本设备的密钥重新请求令牌（HTTP 的 /device/token，CoAP 的认证），不要在设备之间复制令牌。",
            "Ask for a token with this device's own secret (/device/token over HTTP, the authentication over CoAP), and copy none from device to device.",
        ),
        detector: refused(&["the token is not one of this platform", "the token is not this device's"]),
    },
];
