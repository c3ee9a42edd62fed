//! Devices over CoAP: datagrams, in the clear or over DTLS with the device's key; authentication, then one message.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use lianwu_coap::message::{empty, encode};
use lianwu_coap::option::{AUTH_TOKEN, NEED_RESP, URI_PATH};
use lianwu_coap::{Code, Kind, Message, Token};
use openssl::ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslOptions, SslStream};

use super::holder::{Held, TlsProof};
use super::steps::{Failure, Seen, Step, StepResult};
use super::words::Words;
use super::{Question, Report, Transport, http, tls};

/// Last level of the path of the authentication. Source: spec/device-protocol.md 3.3.
const AUTHENTICATE: &str = "txauth9w0BAQsFA";

/// What the vendor's C SDK sends to authenticate over DTLS, where the handshake has proved the device.
const OVER_DTLS: &str = "21010406;dctor";

/// A datagram that is not answered is sent again after so long; so long is an error of the network waited for.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
const REFUSAL_WAIT: Duration = Duration::from_millis(300);

/// Longest datagram that is read, and what a handshake puts into one.
const DATAGRAM_BYTES_MAX: usize = 2048;
const MTU: u32 = 1200;

/// A socket that has one server.
struct Datagrams(UdpSocket);

impl Read for Datagrams {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.recv(into)
    }
}

impl Write for Datagrams {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Line {
    Clear(Datagrams),
    Dtls(Box<SslStream<Datagrams>>),
}

impl Line {
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        match self {
            Self::Clear(socket) => socket.write_all(datagram),
            Self::Dtls(stream) => stream.write_all(datagram),
        }
    }

    fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(socket) => socket.read(into),
            Self::Dtls(stream) => stream.read(into),
        }
    }
}

/// A request's answer.
struct Answer {
    code: Code,
    payload: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// From the port on.
pub(super) fn walk(question: &Question, held: &Held, addresses: &[SocketAddr], report: &mut Report) -> Option<()> {
    let socket = report.walk(Step::Port, || open(question, addresses))?;
    let mut line = match question.server.transport {
        Transport::Coaps => report.walk(Step::Tls, || shake_hands(question, held, socket))?,
        _ => {
            report.skip(Step::Tls, Words::new("未使用 DTLS", "without DTLS"));
            Line::Clear(socket)
        }
    };
    let token = report.walk(Step::SignIn, || authenticate(question, held, &mut line))?;
    report.skip(Step::Subscription, Words::new("CoAP 没有订阅", "CoAP has no subscriptions"));
    report.skip(Step::Clock, Words::new("CoAP 应答中没有时间", "answers of CoAP have no time"));
    report.walk(Step::Report, || publish(question, held, &mut line, &token))?;
    report.skip(Step::KeepAlive, Words::new("CoAP 不保持连接", "CoAP keeps no connection"));
    Some(())
}

/// UDP has no connections: what shows that nothing is there is the machine's own word. In the clear an empty message is answered.
fn open(question: &Question, addresses: &[SocketAddr]) -> StepResult<Datagrams> {
    let address = addresses[0];
    let any: SocketAddr =
        if address.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(any).and_then(|socket| socket.connect(address).map(|()| socket));
    let socket = socket.map_err(|error| unreachable(question, &error))?;
    let seen = Words::fact(format!("UDP -> {address}"));
    let is_clear = question.server.transport == Transport::Coap;
    let ping = if is_clear { empty(Kind::Confirmable, 1) } else { vec![0] };
    let end = Instant::now() + if is_clear { question.timeout } else { REFUSAL_WAIT };
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            // Over DTLS a datagram of no sense is not answered: nothing is known yet.
            return if is_clear { Err(silent(question)) } else { Ok(Seen::new(Datagrams(socket), seen)) };
        }
        let heard = socket
            .set_read_timeout(Some(left.min(AGAIN_AFTER)))
            .and_then(|()| socket.send(&ping))
            .and_then(|_| socket.recv(&mut buffer));
        match heard {
            Ok(_) => return Ok(Seen::new(Datagrams(socket), seen)),
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(unreachable(question, &error)),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn unreachable(question: &Question, error: &io::Error) -> Failure {
    let port = question.server.port;
    Failure::new(
        Words::fact(error.to_string()),
        Words::new(
            format!("UDP 端口 {port} 上没有程序监听，或没有到该主机的路由。"),
            format!("Nothing listens on UDP port {port}, or there is no way to the host."),
        ),
        Words::new(
            "确认平台打开了 listen.coap（UDP 5683）或 listen.coaps（UDP 5684），端口与地址正确，容器映射的是 UDP。",
            "See that the platform has listen.coap (UDP 5683) or listen.coaps (UDP 5684) open, that port and address are right, and that a container publishes UDP.",
        ),
    )
}

fn silent(question: &Question) -> Failure {
    let port = question.server.port;
    Failure::new(
        Words::new(
            format!("{} 秒内没有应答", question.timeout.as_secs()),
            format!("no answer within {} s", question.timeout.as_secs()),
        ),
        Words::new(
            format!(
                "UDP 端口 {port} 没有应答：防火墙或 NAT 丢弃了 UDP，或那里监听的不是 CoAP（DTLS 端口不回应明文）。"
            ),
            format!(
                "UDP port {port} does not answer: a firewall or NAT drops UDP, or what listens is no CoAP (a DTLS port does not answer in the clear)."
            ),
        ),
        Words::new(
            format!("在防火墙与安全组中放行 UDP {port}（不是 TCP）；DTLS 端口用 coaps://。"),
            format!(
                "Allow UDP {port}, not TCP, in firewalls and security groups; use coaps:// for the port with DTLS."
            ),
        ),
    )
}

fn shake_hands(question: &Question, held: &Held, socket: Datagrams) -> StepResult<Line> {
    let TlsProof::Key { identity, key } = &held.tls else { return Err(http::needs_secret()) };
    let prepared = (|| {
        let mut context = SslContext::builder(SslMethod::dtls_client())?;
        context.set_options(SslOptions::NO_QUERY_MTU);
        tls::show_key(&mut context, identity, key)?;
        let mut ssl = Ssl::new(&context.build())?;
        ssl.set_mtu(MTU)?;
        Ok::<_, openssl::error::ErrorStack>(ssl)
    })();
    let ssl = prepared.map_err(|error| refused_key(identity, &error.to_string()))?;
    socket.0.set_read_timeout(Some(REFUSAL_WAIT)).map_err(|error| unreachable(question, &error))?;
    let mut stream = SslStream::new(ssl, socket).map_err(|error| refused_key(identity, &error.to_string()))?;
    let end = Instant::now() + question.timeout;
    loop {
        match stream.connect() {
            Ok(()) => {
                let suite = stream.ssl().current_cipher().map_or("", |cipher| cipher.name());
                let seen = Words::fact(format!("{}, {suite}", stream.ssl().version_str()));
                return Ok(Seen::new(Line::Dtls(Box::new(stream)), seen));
            }
            Err(error) if matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE) => {
                if Instant::now() >= end {
                    return Err(refused_key(identity, &format!("no end within {} s", question.timeout.as_secs())));
                }
            }
            Err(error) => {
                return Err(match error.io_error().filter(|error| error.kind() == ErrorKind::ConnectionRefused) {
                    Some(error) => unreachable(question, error),
                    None => refused_key(identity, &error.to_string()),
                });
            }
        }
    }
}

/// Over DTLS a wrong key looks like silence (RFC 6347 §4.1.2.7).
fn refused_key(identity: &str, seen: &str) -> Failure {
    Failure::new(
        Words::fact(seen),
        Words::new(
            format!(
                "DTLS 握手没有完成：密钥不是 {identity} 的 DeviceSecret（错误的密钥表现为没有应答）、设备不存在或被禁用、产品使用证书认证，或 UDP 被丢弃。"
            ),
            format!(
                "The DTLS handshake came to no end: the key is not the DeviceSecret of {identity} (a wrong key looks like silence), there is no such device or it is disabled, its product uses certificates, or UDP is dropped."
            ),
        ),
        Words::new(
            "核对 ProductId、DeviceName 与 DeviceSecret；平台上 lianwu diagnose 给出具体原因；放行 UDP 5684。",
            "See that ProductId, DeviceName and DeviceSecret are of one device; on the platform lianwu diagnose says which it is; allow UDP 5684.",
        ),
    )
}

/// Asks until there is an answer; a confirmable request may come more than once.
fn ask(
    question: &Question,
    line: &mut Line,
    id: u16,
    options: &[(u16, &[u8])],
    payload: &[u8],
) -> Result<Answer, Failure> {
    let token = Token::new(&id.to_be_bytes()).unwrap_or_default();
    let mut datagram = Vec::new();
    encode(Kind::Confirmable, Code::POST, id, token, options, payload, &mut datagram);
    let end = Instant::now() + question.timeout;
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    let mut send_at = Instant::now();
    while Instant::now() < end {
        if Instant::now() >= send_at {
            line.send(&datagram).map_err(|error| unreachable(question, &error))?;
            send_at = Instant::now() + AGAIN_AFTER;
        }
        match line.receive(&mut buffer) {
            Ok(length) => {
                if let Ok(message) = Message::decode(&buffer[..length])
                    && message.code.is_response()
                    && message.token == token
                {
                    return Ok(Answer { code: message.code, payload: message.payload.to_vec() });
                }
            }
            Err(error) if is_timeout(&error) => {}
            Err(error) => return Err(unreachable(question, &error)),
        }
    }
    Err(silent(question))
}

fn authenticate(question: &Question, held: &Held, line: &mut Line) -> StepResult<String> {
    let Some((product, device)) = held.device() else { return Err(http::needs_secret()) };
    if let Line::Clear(socket) = line {
        socket.0.set_read_timeout(Some(REFUSAL_WAIT)).map_err(|error| unreachable(question, &error))?;
    }
    let path = format!("{product}/{device}/{AUTHENTICATE}");
    let payload = match line {
        Line::Dtls(_) => OVER_DTLS.to_owned(),
        Line::Clear(_) => {
            format!(
                "{};{}",
                held.user_name.as_deref().unwrap_or_default(),
                held.password.as_deref().unwrap_or_default()
            )
        }
    };
    let answer = ask(question, line, 2, &[(URI_PATH, path.as_bytes()), (NEED_RESP, b"0")], payload.as_bytes())?;
    if answer.code == Code::CONTENT {
        return Ok(Seen::new(answer.text(), Words::new("得到了令牌", "a token was given")));
    }
    let (cause, cure) = match answer.code {
        Code::NOT_FOUND => (
            Words::new("平台上没有这个产品或设备。", "The platform has no such product or device."),
            Words::new("核对 ProductId 与 DeviceName。", "Compare ProductId and DeviceName."),
        ),
        Code::UNAVAILABLE => (
            Words::new(
                "请求过多：登录速率超限，或此前失败过多。",
                "Too many requests: over a rate of sign-ins, or too many failed before.",
            ),
            Words::new("等待一分钟再试。", "Wait a minute and try again."),
        ),
        Code::FORBIDDEN => (
            Words::new("设备被禁用。", "The device is disabled."),
            Words::new("用 UpdateDevicesEnableState 启用。", "Enable it with UpdateDevicesEnableState."),
        ),
        _ => (
            Words::new(
                "认证被拒绝：DeviceSecret 不是该设备的、凭证过期（时钟），或产品使用证书认证；原因见上。",
                "The authentication is refused: the DeviceSecret is not this device's, its expiry has passed (a clock), or its product uses certificates; see above.",
            ),
            Words::new(
                "核对 DeviceSecret；平台上 lianwu diagnose 给出具体原因。",
                "Compare the DeviceSecret; on the platform lianwu diagnose says which it is.",
            ),
        ),
    };
    Err(Failure::new(shown(&answer), cause, cure))
}

fn shown(answer: &Answer) -> Words {
    Words::fact(format!("{}.{:02} {}", answer.code.class(), answer.code.detail(), answer.text()))
}

fn publish(question: &Question, held: &Held, line: &mut Line, token: &str) -> StepResult<()> {
    let (topic, payload) = http::message(question, held);
    let options = [(URI_PATH, topic.as_bytes()), (AUTH_TOKEN, token.as_bytes()), (NEED_RESP, b"0".as_slice())];
    let answer = ask(question, line, 3, &options, payload.as_bytes())?;
    if answer.code == Code::CONTENT {
        return Ok(Seen::new((), Words::new("消息已落盘", "the message is on disk")));
    }
    Err(Failure::new(
        shown(&answer),
        Words::new(
            "身份正确，但消息被拒绝：物模型不接受、Topic 无权限、超过速率，或平台暂时无法存储；原因见上。",
            "The device is right, but its message is refused: by the thing model, for its topic, for a rate, or because nothing can be stored now; the text above says which.",
        ),
        Words::new(
            "按原因修改消息；5.03 时稍后再试。",
            "Change the message as the text says; after 5.03 try again later.",
        ),
    ))
}
