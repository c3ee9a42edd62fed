//! Why a stranger was refused, and what to do, in both languages.

use crate::diagnosis::Text;

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    UnknownProduct,
    ClientIdForm,
    UnknownKey,
    CertificateName,
    IdentityForm,
    Unchecked,
    TlsOnPlainPort,
    HttpOnMqttPort,
    NotMqtt,
    NotTls,
    HandshakeFailed,
    HandshakeTooLong,
    /// More kinds of one source in one window.
    OneSource,
    /// More sources in one window.
    ManySources,
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

impl Cause {
    pub const ALL: [Self; 14] = [
        Self::UnknownProduct,
        Self::ClientIdForm,
        Self::UnknownKey,
        Self::CertificateName,
        Self::IdentityForm,
        Self::Unchecked,
        Self::TlsOnPlainPort,
        Self::HttpOnMqttPort,
        Self::NotMqtt,
        Self::NotTls,
        Self::HandshakeFailed,
        Self::HandshakeTooLong,
        Self::OneSource,
        Self::ManySources,
    ];

    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownProduct => "unknown-product",
            Self::ClientIdForm => "client-id-form",
            Self::UnknownKey => "unknown-secret-id",
            Self::CertificateName => "certificate-name",
            Self::IdentityForm => "psk-identity-form",
            Self::Unchecked => "unchecked",
            Self::TlsOnPlainPort => "tls-on-plain-port",
            Self::HttpOnMqttPort => "http-on-mqtt-port",
            Self::NotMqtt => "not-mqtt",
            Self::NotTls => "not-tls",
            Self::HandshakeFailed => "handshake-failed",
            Self::HandshakeTooLong => "handshake-too-long",
            Self::OneSource => "more-of-one-source",
            Self::ManySources => "more-sources",
        }
    }

    /// In plain words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::UnknownProduct => text(
                "平台上没有这个 ProductId 的产品：写错，或设备属于别的部署。",
                "No product of this platform has this ProductId: it is misspelled, or the device belongs to another deployment.",
            ),
            Self::ClientIdForm => text(
                "ClientId 不是 ProductId（10 位大写字母和数字）加 DeviceName，因此不知道是谁的设备；内容不予保存。",
                "The client id is not a ProductId (10 upper-case letters and digits) followed by a DeviceName, so it is nobody's device; it is not kept.",
            ),
            Self::UnknownKey => text(
                "后端程序登录时使用的 SecretId 不属于任何账号。",
                "A program signed in as a backend with a SecretId that no account has.",
            ),
            Self::CertificateName => text(
                "客户端证书的 CN 不是 ProductId 加 DeviceName，或证书无法读取。",
                "The client certificate's common name is not a ProductId followed by a DeviceName, or the certificate cannot be read.",
            ),
            Self::IdentityForm => text(
                "TLS-PSK 身份不是 ProductId 加 DeviceName；内容不予保存。",
                "The TLS-PSK identity is not a ProductId followed by a DeviceName; it is not kept.",
            ),
            Self::Unchecked => text(
                "该来源失败次数过多，在一段时间内不再校验（limits.sign_in_failures）。",
                "This source had failed too often and was refused unchecked for a while (limits.sign_in_failures).",
            ),
            Self::TlsOnPlainPort => {
                text("设备在没有 TLS 的端口上发起 TLS 握手。", "It began a TLS handshake on a port without TLS.")
            }
            Self::HttpOnMqttPort => {
                text("设备在 MQTT 端口上发送 HTTP 请求。", "It sent an HTTP request to a port for MQTT.")
            }
            Self::NotMqtt => {
                text("发来的第一个报文不是合法的 MQTT CONNECT。", "What it sent first was not a proper MQTT CONNECT.")
            }
            Self::NotTls => text("设备在 TLS 端口上没有使用 TLS。", "It did not speak TLS on a port with TLS."),
            Self::HandshakeFailed => text(
                "TLS 握手失败，客户端没有说明身份；原因见 Detail。",
                "The TLS handshake failed and the client had not named itself; Detail says why.",
            ),
            Self::HandshakeTooLong => {
                text("TLS 握手没有在规定时间内完成。", "The TLS handshake was not done in the time allowed.")
            }
            Self::OneSource => text(
                "该来源在这一分钟内还有其他多种被拒绝的登录，合并计数。",
                "This source was refused in more ways or under more names within the minute; they are counted together.",
            ),
            Self::ManySources => text(
                "这一分钟内被拒绝的来源过多，其余合并计数：可能有人在扫描。",
                "More sources were refused within the minute than have rows of their own; somebody may be scanning.",
            ),
        }
    }

    /// What to do.
    #[must_use]
    pub fn cure(self) -> Text {
        match self {
            Self::UnknownProduct => text(
                "把固件中的 ProductId 与 GetStudioProductList 的结果逐字符核对，并核对设备连接的域名是否属于它所在的部署。",
                "Compare the ProductId in the firmware with GetStudioProductList letter by letter, and the host name with the deployment the device was made in.",
            ),
            Self::ClientIdForm => text(
                "用 `lianwu credentials` 生成 ClientId、UserName、Password 并对照。",
                "Compare client id, user name and password with what `lianwu credentials` prints.",
            ),
            Self::UnknownKey => text(
                "用 ListSecretKeys 核对 SecretId；密钥可能已被删除，或属于别的部署。",
                "Compare the SecretId with ListSecretKeys: the key was deleted, or belongs to another deployment.",
            ),
            Self::CertificateName => text(
                "使用 CreateDevice 或 RenewDeviceCertificate 返回的设备证书。",
                "Use the device's certificate, as CreateDevice or RenewDeviceCertificate gave it.",
            ),
            Self::IdentityForm => text(
                "PSK 身份应恰好为 ProductId 加 DeviceName，中间和两端都没有空格。",
                "The PSK identity is exactly ProductId and DeviceName, without blanks.",
            ),
            Self::Unchecked => text(
                "先解决该来源此前的失败原因，再等待一分钟。",
                "Remove what made this source fail before, then wait a minute.",
            ),
            Self::TlsOnPlainPort => text(
                "连接 TLS 端口（listen.mqtts，默认 8883），或在设备上关闭 TLS。",
                "Connect to the port with TLS (listen.mqtts, 8883 by default), or switch TLS off in the device.",
            ),
            Self::HttpOnMqttPort => text(
                "HTTP 与 WebSocket 使用 listen.device_http（默认 8081）。",
                "HTTP and WebSocket are on listen.device_http, 8081 by default.",
            ),
            Self::NotMqtt => text(
                "使用 MQTT 3.1、3.1.1 或 5 的客户端；健康检查与扫描可以忽略。",
                "Use a client of MQTT 3.1, 3.1.1 or 5; health checks and scanners may be ignored.",
            ),
            Self::NotTls => text(
                "在设备上启用 TLS，或连接没有 TLS 的端口（默认 1883）。",
                "Switch TLS on in the device, or connect to the port without it, 1883 by default.",
            ),
            Self::HandshakeFailed => text(
                "在设备所在网络运行 `lianwu doctor connect`；检查 TLS 版本（1.2 及以上）、加密套件，以及设备信任的 CA 是否签发了服务器证书。",
                "Run `lianwu doctor connect` in the device's network; check the TLS version (1.2 or later), the suites, and whether the device trusts the authority of the server's certificate.",
            ),
            Self::HandshakeTooLong => text(
                "检查网络质量与设备的计算能力；listen.connect_timeout 是允许的时间。",
                "Check the network and how fast the device computes; listen.connect_timeout is the time allowed.",
            ),
            Self::OneSource | Self::ManySources => text(
                "用防火墙限制来源陌生的地址；较早的行说明了其中一部分原因。",
                "Keep sources that are not yours out with a firewall; earlier rows tell some of the causes.",
            ),
        }
    }
}
