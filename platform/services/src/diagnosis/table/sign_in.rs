//! Why a device does not get in.

use lianwu_ports::record::RecordKind;

use super::{Cure, Detector, Entry, Pattern, Severity, refused, text};
use crate::diagnosis::checks;
use crate::logs::notes;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "faq-41-unknown",
        severity: Severity::Error,
        title: text("设备未注册", "The device is not registered"),
        cause: text(
            "产品下没有这个名称的设备：名称写错、大小写不同，或设备在别的产品、别的部署中创建。",
            "The product has no device of this name: misspelled, other upper and lower case, or made in another product or deployment.",
        ),
        cure: text(
            "核对固件中的 ProductId 与 DeviceName，或用 CreateDevice 创建该设备。",
            "Compare ProductId and DeviceName in the firmware, or create the device with CreateDevice.",
        ),
        detector: Detector::Check(checks::unknown_device),
    },
    Entry {
        id: "faq-50-disabled",
        severity: Severity::Error,
        title: text("设备已被禁用", "The device is disabled"),
        cause: text(
            "有人禁用了设备，平台拒绝它的连接。",
            "Somebody disabled the device, so the platform refuses its sign-in.",
        ),
        cure: text(
            "用 UpdateDevicesEnableState（Status 为 1）重新启用。",
            "Enable it again with UpdateDevicesEnableState, Status 1.",
        ),
        detector: Detector::Check(checks::disabled),
    },
    Entry {
        id: "faq-40",
        severity: Severity::Warning,
        title: text("设备从未连接到平台", "The device has never reached the platform"),
        cause: text(
            "平台没有收到该设备的任何连接请求：域名、端口或网络不通，或设备使用了别的三元组；产品未知的请求没有归属，平台管理员可用 `lianwu diagnose --strangers` 查看。",
            "No sign-in of the device arrived: host name, port or network are wrong, or it uses another identity. Requests for an unknown product have no owner: the platform's administrator finds them with `lianwu diagnose --strangers`.",
        ),
        cure: text(
            "在设备所在网络检查域名解析与端口（密钥设备默认 1883），再核对固件中的 ProductId、DeviceName。",
            "From the device's network, check the host name and the port (1883 for keys by default), then ProductId and DeviceName in the firmware.",
        ),
        detector: Detector::Check(checks::never_connected),
    },
    Entry {
        id: "faq-41-space",
        severity: Severity::Error,
        title: text("三元组前后有空格或换行", "White space around the credentials"),
        cause: text(
            "ClientId、UserName 或 Password 的开头或结尾有空白字符，多半是复制时带入的。",
            "Client id, user name or password begin or end with white space, mostly copied along.",
        ),
        cure: text("删除首尾的空格与换行后重新烧录。", "Remove the blanks and line ends, then flash again."),
        detector: refused(&["begins or ends with white space"]),
    },
    Entry {
        id: "faq-41-mismatch",
        severity: Severity::Error,
        title: text("ClientId 与 UserName 不一致", "Client id and user name do not belong together"),
        cause: text(
            "UserName 应以 ClientId（ProductId 加 DeviceName）开头；设备混用了两台设备的信息。",
            "The user name must begin with the client id (ProductId and DeviceName); the values of two devices were mixed.",
        ),
        cure: text(
            "使用同一台设备的全部三个值，可用 `lianwu credentials` 重新生成。",
            "Use all three values of one device; `lianwu credentials` prints them.",
        ),
        detector: refused(&["does not begin with the client id", "client id is not a ProductId", "client id has"]),
    },
    Entry {
        id: "faq-42",
        severity: Severity::Error,
        title: text("设备时钟不正确", "The device's clock is wrong"),
        cause: text(
            "设备算出的过期时间早于设备的创建时间，说明设备时钟落后；偏差见证据。",
            "The expiry the device computed lies before the device was made, so its clock is behind; the evidence shows by how much.",
        ),
        cure: text(
            "开机后先校时（NTP），再计算 UserName 与 Password。",
            "Set the clock (NTP) after power-on, before user name and password are computed.",
        ),
        detector: Detector::Check(checks::clock),
    },
    Entry {
        id: "faq-54",
        severity: Severity::Error,
        title: text("登录凭证已过期", "The credentials have expired"),
        cause: text(
            "UserName 中的过期时间（expiry）已过，之前能连接，之后被拒绝；过期时间见证据。",
            "The expiry in the user name has passed: it worked before and is refused now. The evidence shows the time.",
        ),
        cure: text(
            "每次连接前用较晚的 expiry 重新计算密码；如时间看起来不对，请检查设备时钟。",
            "Compute the password anew before each sign-in, with a later expiry; if the time looks odd, check the clock.",
        ),
        detector: Detector::Check(checks::expiry_passed),
    },
    Entry {
        id: "faq-56",
        severity: Severity::Error,
        title: text("密钥签名不匹配（hmac sign error）", "The signature does not fit the secret (hmac sign error)"),
        cause: text(
            "设备密钥不是这台设备的，或使用前没有做 Base64 解码，或签名内容不是 UserName 原文。",
            "The secret is another device's, was not base64-decoded before use, or something else than the user name was signed.",
        ),
        cure: text(
            "从 DescribeDevice 取 DevicePsk，解码后对 UserName 做 HMAC；可与 `lianwu credentials` 的结果对比。",
            "Take DevicePsk from DescribeDevice, decode it and sign the user name; compare with what `lianwu credentials` prints.",
        ),
        detector: Detector::Check(checks::signature),
    },
    Entry {
        id: "faq-41-key",
        severity: Severity::Error,
        title: text("使用了另一台设备的密钥", "It uses another device's key"),
        cause: text(
            "ClientId 与 UserName 是这台设备的，Password 却是用同一产品中另一台设备的 DeviceSecret 计算的；是哪一台见证据。",
            "Client id and user name are this device's, but the password was made with the DeviceSecret of another device of the product; the evidence names it.",
        ),
        cure: text(
            "把三元组整体换成同一台设备的；检查批量烧录时名称与密钥是否错位。",
            "Flash all three values of one device; where many were flashed at once, see whether names and keys were shifted against each other.",
        ),
        detector: Detector::Check(checks::foreign_key),
    },
    Entry {
        id: "faq-56-psk",
        severity: Severity::Error,
        title: text("TLS-PSK 密钥不匹配", "The TLS-PSK key does not fit the secret"),
        cause: text(
            "握手中的身份是这台设备，但密钥不是它的：可能是另一台设备的密钥、密钥未做 Base64 解码，或设备重建后密钥已变。",
            "The handshake names this device, but the key is not its own: another device's, not base64-decoded, or from before the device was made anew.",
        ),
        cure: text(
            "从 DescribeDevice 取 DevicePsk，Base64 解码后的字节作为 PSK；身份为 ProductId 加 DeviceName。",
            "Take DevicePsk from DescribeDevice; the PSK is its base64-decoded bytes, the identity ProductId and DeviceName.",
        ),
        detector: refused(&[notes::PSK_MISMATCH]),
    },
    Entry {
        id: "faq-41-identity",
        severity: Severity::Error,
        title: text("TLS 证明的身份与 ClientId 不符", "TLS proves another device than the client id names"),
        cause: text(
            "PSK 身份或证书的 CN 应恰好为 ProductId 加 DeviceName，且与 CONNECT 中的 ClientId 相同；实际的 ClientId 见证据。",
            "The PSK identity, or the certificate's common name, must be exactly ProductId and DeviceName, and the client id in CONNECT the same; the evidence says what it was.",
        ),
        cure: text(
            "让密钥或证书与 ClientId 属于同一台设备，不含空格。",
            "Use key or certificate, ProductId and DeviceName of one device, without blanks.",
        ),
        detector: refused(&[notes::IDENTITY_MISMATCH, notes::IDENTITY_MALFORMED]),
    },
    Entry {
        id: "faq-40-tls",
        severity: Severity::Error,
        title: text("TLS 握手失败", "The TLS handshake fails"),
        cause: text(
            "设备说明了身份，但握手没有完成：多半是设备主动中断；原因见证据。",
            "The device named itself, but the handshake did not come to its end, mostly because the device broke it off. The evidence says why.",
        ),
        cure: text(
            "检查设备的 TLS 版本（1.2）、加密套件（PSK-AES128-CBC-SHA 等）与超时时间，以及到 8883 端口的网络。",
            "Check the device's TLS version (1.2), its suites (such as PSK-AES128-CBC-SHA), its timeout, and the network to port 8883.",
        ),
        detector: refused(&[notes::HANDSHAKE_FAILED]),
    },
    Entry {
        id: "faq-53-user-name",
        severity: Severity::Error,
        title: text("UserName 格式错误", "The user name is malformed"),
        cause: text(
            "UserName 应为 `ProductIdDeviceName;12010126;connid;expiry` 四段，哪一段有误见证据。",
            "The user name is `ProductIdDeviceName;12010126;connid;expiry`; the evidence says which part is wrong.",
        ),
        cure: text("用 `lianwu credentials` 生成并对照。", "Compare with what `lianwu credentials` prints."),
        detector: Detector::Records(Pattern {
            kinds: &[RecordKind::ConnectRefused],
            code: None,
            notes: &["user name is"],
            without: &["write the absolute time in UNIX seconds"],
            cure: Cure::SignIn,
        }),
    },
    Entry {
        id: "faq-53-password",
        severity: Severity::Error,
        title: text("Password 格式错误", "The password is malformed"),
        cause: text(
            "Password 应为 `十六进制签名;hmacsha1` 或 `十六进制签名;hmacsha256`，不是设备密钥本身。",
            "The password is `hex signature;hmacsha1` or `hex signature;hmacsha256`, not the device secret itself.",
        ),
        cure: text("用 `lianwu credentials` 生成并对照。", "Compare with what `lianwu credentials` prints."),
        detector: refused(&["password is missing", "password is not '", "password names"]),
    },
    Entry {
        id: "faq-55-certificate",
        severity: Severity::Error,
        title: text("产品使用证书认证", "The product uses certificates"),
        cause: text(
            "产品的认证方式是证书，设备却用密码登录。",
            "The product's devices sign in with certificates, this one came with a password.",
        ),
        cure: text(
            "改用证书连接，或新建密钥认证的产品。",
            "Connect with the certificate, or make a product with key authentication.",
        ),
        detector: refused(&[notes::NEEDS_CERTIFICATE]),
    },
    Entry {
        id: "faq-47-range",
        severity: Severity::Error,
        title: text("心跳间隔超出范围", "The keep-alive is out of range"),
        cause: text(
            "CONNECT 中的 keepalive 大于允许的最大值 900 秒。",
            "The keep-alive in CONNECT is above the 900 seconds allowed.",
        ),
        cure: text("把 keepalive 设为 900 秒以内，SDK 默认 240 秒。", "Use at most 900 seconds; the SDKs use 240."),
        detector: refused(&["keep-alive of"]),
    },
];
