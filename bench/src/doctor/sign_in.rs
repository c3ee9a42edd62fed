//! CONNECT, and why it was refused.

use std::net::{SocketAddr, TcpStream};

use lianwu_mqtt::{ConnAck, Connect, Packet, Properties, ProtocolVersion, encode};

use super::channel::{Channel, Ended, NotSwitched};
use super::holder::{Held, TlsProof};
use super::steps::{Failure, Seen, StepResult};
use super::words::Words;
use super::{Question, tls};

/// Longest keep-alive the vendor's servers and ours take. Source: spec/device-protocol.md 2.4.
const KEEP_ALIVE_MAX: u16 = 900;

/// A device that is in.
pub(super) struct Session {
    pub channel: Channel,
    /// The server kept what the device had subscribed to before: it is the device's, and stays as it is.
    pub was_kept: bool,
}

/// What CONNACK said.
enum Answer {
    In {
        session_present: bool,
    },
    /// Words come with MQTT 5 only.
    Refused {
        code: u8,
        words: Option<String>,
    },
}

/// Signs in as the device does. `address` is where the server answered.
pub(super) fn sign_in(
    question: &Question,
    held: &Held,
    mut channel: Channel,
    address: SocketAddr,
) -> StepResult<Session> {
    if question.keep_alive > KEEP_ALIVE_MAX && question.try_out.is_of_the_platform() {
        return Err(keep_alive_too_long(question.keep_alive));
    }
    if question.server.transport.is_websocket() {
        channel =
            channel.switch(&question.server, question.timeout).map_err(|end| no_websocket(question, held, &end))?;
    }
    let answer = match ask(question, held, &mut channel, ProtocolVersion::V3_1_1) {
        Ok(answer) => answer,
        Err(ended) => return Err(no_answer(question, held, &ended)),
    };
    let code = match answer {
        Answer::Refused { code, .. } => code,
        Answer::In { session_present } => {
            let (zh, en) = if session_present {
                ("恢复了保留的会话", "a kept session")
            } else {
                ("新会话", "a new session")
            };
            let seconds = question.keep_alive;
            let seen = Words::new(
                format!("MQTT 3.1.1，keepalive {seconds} 秒，{zh}"),
                format!("MQTT 3.1.1, keep-alive {seconds} s, {en}"),
            );
            return Ok(Seen::new(Session { channel, was_kept: session_present }, seen));
        }
    };
    drop(channel);
    let words = in_words(question, held, address);
    Err(refused(held, code, words.as_deref()))
}

/// The session is kept, so that nothing that waits for the device is lost by looking.
fn ask(question: &Question, held: &Held, channel: &mut Channel, version: ProtocolVersion) -> Result<Answer, Ended> {
    let connect = Connect {
        version,
        clean_session: version == ProtocolVersion::V5,
        keep_alive_seconds: question.keep_alive,
        properties: Properties::NONE,
        client_id: &held.client_id,
        user_name: held.user_name.as_deref(),
        password: held.password.as_deref().map(str::as_bytes),
        will: None,
    };
    let mut bytes = Vec::new();
    encode::connect(&mut bytes, &connect).map_err(|error| Ended::Broken(std::io::Error::other(error)))?;
    channel.speak(version);
    channel.send(&bytes)?;
    channel.wait(question.timeout, |packet| match packet {
        Packet::ConnAck(ConnAck::Accepted { session_present, .. }) => {
            Some(Answer::In { session_present: *session_present })
        }
        Packet::ConnAck(ConnAck::Refused { refusal, properties }) => {
            let words = properties.reason_string().map(str::to_owned);
            Some(Answer::Refused { code: refusal.code(), words })
        }
        _ => None,
    })
}

/// The refusal once more over MQTT 5, where a server may say why; nothing if it does not.
fn in_words(question: &Question, held: &Held, address: SocketAddr) -> Option<String> {
    let socket = TcpStream::connect_timeout(&address, question.timeout).ok()?;
    let mut channel = match question.server.transport {
        transport if transport.is_tls() => tls::secure(question, held, socket).ok()?.value,
        _ => Channel::clear(socket),
    };
    if question.server.transport.is_websocket() {
        channel = channel.switch(&question.server, question.timeout).ok()?;
    }
    match ask(question, held, &mut channel, ProtocolVersion::V5).ok()? {
        Answer::Refused { words, .. } => words,
        Answer::In { .. } => None,
    }
}

fn keep_alive_too_long(seconds: u16) -> Failure {
    Failure::new(
        Words::fact(format!("keepalive {seconds}")),
        Words::new(
            format!("keepalive 最大为 {KEEP_ALIVE_MAX} 秒，超过时登录会被拒绝。"),
            format!("A keep-alive has at most {KEEP_ALIVE_MAX} s; a longer one is refused."),
        ),
        Words::new("设为 240 秒左右。", "Use some 240 s."),
    )
}

/// No WebSocket came about.
fn no_websocket(question: &Question, held: &Held, end: &NotSwitched) -> Failure {
    match end {
        NotSwitched::Ended(ended) => no_answer(question, held, ended),
        NotSwitched::Answer(line) => Failure::new(
            Words::fact(line.as_str()),
            Words::new(
                format!(
                    "端口 {} 没有以 WebSocket 应答：不是平台的 HTTP 端口、路径不对，或中间的代理没有转发 Upgrade。",
                    question.server.port
                ),
                format!(
                    "Port {} does not answer with a WebSocket: it is not an HTTP port of the platform, the path is wrong, or a proxy in between drops Upgrade.",
                    question.server.port
                ),
            ),
            Words::new(
                "使用 listen.device_http（8081）或 listen.device_https 的端口；在代理中转发 Upgrade 与 Connection 头。",
                "Use the port of listen.device_http (8081) or listen.device_https, and let the proxy pass the headers Upgrade and Connection.",
            ),
        ),
    }
}

/// Nothing came that is a CONNACK.
fn no_answer(question: &Question, held: &Held, ended: &Ended) -> Failure {
    let seen = Words::fact(ended.to_string());
    let port = question.server.port;
    let (cause, cure) = match ended {
        // TLS 1.3 tells a client only now that its certificate was not taken.
        Ended::Tls(error) => return tls::failed(question, held, error),
        Ended::NotMqtt { begin, .. } if begin.starts_with(&[0x15, 3]) => (
            Words::new(
                format!("端口 {port} 要求 TLS，而连接是明文的。"),
                format!("Port {port} wants TLS, and the connection is in the clear."),
            ),
            Words::new("使用 mqtts://。", "Use mqtts://."),
        ),
        Ended::NotMqtt { begin, .. } if begin.starts_with(b"HTTP/") => (
            Words::new(
                format!("端口 {port} 是 HTTP 服务，不是 MQTT。"),
                format!("Port {port} is a web server, not MQTT."),
            ),
            Words::new(
                "MQTT 的端口为 1883（明文）或 8883（TLS）。",
                "MQTT is on port 1883 in the clear, and on 8883 with TLS.",
            ),
        ),
        Ended::NotMqtt { .. } => (
            Words::new(
                format!("端口 {port} 上的程序不说 MQTT。"),
                format!("What listens on port {port} does not speak MQTT."),
            ),
            Words::new("核对主机与端口。", "Check host and port."),
        ),
        Ended::TimedOut(_) => (
            Words::new(
                "连接已建立但没有应答：中间有代理或防火墙吞掉了数据、端口属于别的协议，或服务器过载。",
                "The connection is there, but nothing answers: something in between swallows the data, the port speaks another protocol, or the server is overloaded.",
            ),
            Words::new(
                "核对端口是明文还是 TLS；绕过代理再试；查看服务器的 /healthz。",
                "See whether the port wants TLS, try without a proxy, and look at the server's /healthz.",
            ),
        ),
        Ended::Closed | Ended::Broken(_) => (
            Words::new(
                "服务器没有应答就断开：端口要求 TLS、登录限流、服务器不认识 CONNECT，或中间的设备重置了连接。",
                "The server hung up without an answer: its port wants TLS, it limits sign-ins, it does not know this CONNECT, or something in between reset the connection.",
            ),
            Words::new(
                "核对协议与端口；若是本平台，查看 lianwu diagnose；稍等一分钟再试。",
                "Check protocol and port; on the platform look at lianwu diagnose; try again after a minute.",
            ),
        ),
    };
    Failure::new(seen, cause, cure)
}

/// A return code of MQTT 3.1.1.
fn refused(held: &Held, code: u8, words: Option<&str>) -> Failure {
    let said = words.map(|words| format!("; {words}")).unwrap_or_default();
    let seen = Words::new(format!("返回码 {code}{said}"), format!("return code {code}{said}"));
    let (cause, cure) = match code {
        1 => (
            Words::new("服务器不支持 MQTT 3.1.1。", "The server does not speak MQTT 3.1.1."),
            Words::new("核对这是不是 MQTT 服务器。", "See whether this is the right server."),
        ),
        2 => (
            Words::new(
                format!("服务器不认识 ClientId {}：产品或设备不存在，或属于另一个平台、地域。", held.client_id),
                format!(
                    "The server does not know the client id {}: there is no such product or device, or it is of another platform or region.",
                    held.client_id
                ),
            ),
            Words::new(
                "核对 ProductId 与 DeviceName；在该平台上创建设备，或打开动态注册。",
                "Check ProductId and DeviceName; create the device on this platform, or use dynamic registration.",
            ),
        ),
        3 => (
            Words::new(
                "服务器暂时不接受登录：登录过于频繁，或服务器过载、磁盘已满。",
                "The server takes no sign-in now: too many came from this device, or it is overloaded or its disk is full.",
            ),
            Words::new(
                "重连间隔从 1 秒起加倍；等待一分钟再试；查看服务器的健康状态。",
                "Double the time between attempts from 1 s on, try again after a minute, and look at the server's health.",
            ),
        ),
        4 => wrong_password(held),
        5 => (
            Words::new(
                "设备被禁用，或产品要求证书认证。",
                "The device is disabled, or its product signs in with certificates.",
            ),
            Words::new(
                "启用设备（UpdateDevicesEnableState）；证书产品请使用 --certificate 与 --key。",
                "Enable the device (UpdateDevicesEnableState); with a certificate product use --certificate and --key.",
            ),
        ),
        _ => (
            Words::new("返回码不在 MQTT 3.1.1 之内。", "MQTT 3.1.1 has no such return code."),
            Words::new("核对这是不是 MQTT 服务器。", "See whether this is the right server."),
        ),
    };
    Failure::new(seen, cause, cure)
}

fn wrong_password(held: &Held) -> (Words, Words) {
    if matches!(held.tls, TlsProof::Key { .. }) {
        return (
            Words::new(
                "服务器接受了 TLS-PSK，但不接受 CONNECT：ClientId 与 PSK 身份不同，或服务器还要求密码。",
                "The server took the key but not the CONNECT: the client id is not the key's identity, or it wants a password, too.",
            ),
            Words::new("用 --ca 改为服务器证书加密码的方式。", "Use --ca: the server's certificate and a password."),
        );
    }
    (
        Words::new(
            format!(
                "签名与 {} 的密钥不符：DeviceSecret 是另一台设备的、已被更换，没有先做 base64 解码，或凭证已过期（时钟偏差）。",
                held.client_id
            ),
            format!(
                "The signature does not fit the secret of {}: it is another device's or was replaced, it was not base64-decoded, or the credentials have expired (a wrong clock).",
                held.client_id
            ),
        ),
        Words::new(
            "核对 DeviceName 与 DeviceSecret 属于同一设备（DescribeDevice），并检查本机时钟；与 lianwu credentials 的结果对照。",
            "See that DeviceName and DeviceSecret are of one device (DescribeDevice), check this machine's clock, and compare with lianwu credentials.",
        ),
    )
}
