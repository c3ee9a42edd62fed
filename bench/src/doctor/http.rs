//! Devices over HTTP: one signed request, judged by its answer; or a registration.

mod registration;

use std::time::Duration;

use lianwu_device_protocol::signed_request::SignedRequest;
use serde_json::{Value, json};

use super::channel::{Channel, Ended};
use super::holder::{Held, Holder, Proof, now};
use super::steps::{Failure, Seen, Step, StepResult};
use super::words::{Advice, Words};
use super::{Question, Report, Try};

/// Longest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Signed, but not judged: clocks of devices are often unset.
const NONCE: &str = "7";

/// A clock that is further off than this is worth a word.
const OFFSET_MAX_S: i64 = 60;

/// An answer of HTTP.
struct Answer {
    first_line: String,
    /// Seconds since 1970, where the server says so.
    date: Option<i64>,
    body: Vec<u8>,
}

/// What the platform said.
struct Said {
    /// Empty when the message is stored.
    code: String,
    message: String,
    date: Option<i64>,
    response: Value,
}

/// From the sign-in on.
pub(super) fn walk(question: &Question, held: &Held, mut channel: Channel, report: &mut Report) -> Option<()> {
    if let Holder::Unregistered { product, device, secret } = &question.holder {
        report.walk(Step::SignIn, || registration::register(question, &mut channel, [product, device, secret]))?;
        let why = || Words::new("仅检查动态注册", "only the registration is walked");
        for step in [Step::Subscription, Step::Clock, Step::Report, Step::KeepAlive] {
            report.skip(step, why());
        }
        return Some(());
    }
    let said = report.walk(Step::SignIn, || sign_in(question, held, &mut channel))?;
    report.skip(Step::Subscription, Words::new("HTTP 没有下行", "HTTP has no way down"));
    report.walk(Step::Clock, || Ok(clock(&said)))?;
    report.walk(Step::Report, || judge(&said))?;
    report.skip(Step::KeepAlive, Words::new("HTTP 不保持连接", "HTTP keeps no connection"));
    Some(())
}

/// Topic and payload of the message.
pub(super) fn message(question: &Question, held: &Held) -> (String, String) {
    let (product, device) = held.device().map(|(id, name)| (id.to_string(), name.to_string())).unwrap_or_default();
    let up = format!("$thing/up/property/{product}/{device}");
    match &question.try_out {
        Try::Status => (up, json!({"method": "get_status", "clientToken": "doctor"}).to_string()),
        Try::Report(params) => {
            (up, format!(r#"{{"method":"report","clientToken":"doctor","timestamp":{},"params":{params}}}"#, now().0))
        }
        Try::Topic { topic, payload } => (topic.clone(), payload.clone()),
    }
}

fn sign_in(question: &Question, held: &Held, channel: &mut Channel) -> StepResult<Said> {
    let Holder::Device { product, device, proof: Proof::Secret { text, .. } } = &question.holder else {
        return Err(needs_secret());
    };
    let (topic, payload) = message(question, held);
    let body = json!({"ProductId": product, "DeviceName": device, "TopicName": topic, "Payload": payload, "Qos": 1});
    let said = ask(question, channel, "/device/publish", text, &body.to_string())?;
    if is_about_the_device(&said.code) {
        return Err(refused(&said));
    }
    Ok(Seen::new(said, Words::new("签名被接受（hmacsha256）", "the signature is accepted (hmacsha256)")))
}

/// HTTP signs with the text of the secret.
pub(super) fn needs_secret() -> Failure {
    Failure::new(
        Words::fact("no DeviceSecret"),
        Words::new("HTTP 请求用 DeviceSecret 签名。", "Requests over HTTP are signed with the DeviceSecret."),
        Words::new(
            "给出 --product、--device 与 --secret-file；动态注册用 --product-secret-file。",
            "Give --product, --device and --secret-file; for a registration --product-secret-file.",
        ),
    )
}

/// A signed request and its answer.
fn ask(question: &Question, channel: &mut Channel, path: &str, key: &str, body: &str) -> Result<Said, Failure> {
    let host = format!("{}:{}", question.server.host, question.server.port);
    let timestamp = now().seconds().to_string();
    let (algorithm, nonce) = ("hmacsha256", NONCE);
    let unsigned = SignedRequest {
        host: &host,
        path,
        algorithm,
        timestamp: &timestamp,
        nonce,
        signature: "",
        body: body.as_bytes(),
    };
    let signature = unsigned.sign(key).map_err(|error| local(&error))?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         X-TC-Algorithm: {algorithm}\r\nX-TC-Timestamp: {timestamp}\r\nX-TC-Nonce: {nonce}\r\n\
         X-TC-Signature: {signature}\r\n\r\n{body}",
        body.len()
    );
    channel.send(request.as_bytes()).map_err(|ended| no_answer(question, &ended))?;
    let answer = read(channel, question.timeout).map_err(|ended| no_answer(question, &ended))?;
    said(question, &answer)
}

fn local(error: &dyn std::fmt::Display) -> Failure {
    let words = Words::fact(error.to_string());
    Failure::new(words.clone(), words, Words::new("检查密钥。", "Look at the secret."))
}

fn read(channel: &mut Channel, timeout: Duration) -> Result<Answer, Ended> {
    channel.wait_bytes(timeout, ANSWER_BYTES_MAX, |bytes| {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let field = |wanted: &str| {
            let fields = head.lines().filter_map(|line| line.split_once(':'));
            fields
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim().to_owned())
        };
        let length = field("content-length").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let body = bytes.get(end + 4..(end + 4).checked_add(length)?)?.to_vec();
        let date = field("date").and_then(|text| jiff::fmt::rfc2822::parse(&text).ok());
        let first_line = head.lines().next().unwrap_or_default().to_owned();
        Some(Answer { first_line, date: date.map(|date| date.timestamp().as_second()), body })
    })
}

fn no_answer(question: &Question, ended: &Ended) -> Failure {
    let port = question.server.port;
    Failure::new(
        Words::fact(ended.to_string()),
        Words::new(
            format!(
                "端口 {port} 接受连接，但没有 HTTP 应答：监听的不是设备 HTTP（可能是 MQTT 或 TLS 端口），或平台过载。"
            ),
            format!(
                "Port {port} takes connections but gives no answer of HTTP: what listens is no HTTP (an MQTT or TLS port, perhaps), or it is overloaded."
            ),
        ),
        Words::new(
            "设备 HTTP 为 listen.device_http（默认 8081），TLS 为 listen.device_https（默认 8444，https://）。",
            "HTTP for devices is listen.device_http, 8081 by default; with TLS listen.device_https, 8444, by https://.",
        ),
    )
}

fn said(question: &Question, answer: &Answer) -> Result<Said, Failure> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let response = body["Response"].clone();
    if !response["RequestId"].is_string() {
        let port = question.server.port;
        return Err(Failure::new(
            Words::fact(answer.first_line.clone()),
            Words::new(
                format!("端口 {port} 上是别的 HTTP 服务器，或中间的代理给出了应答。"),
                format!("Another HTTP server answers on port {port}, or a proxy in between."),
            ),
            Words::new(
                "核对端口：设备 HTTP 为 listen.device_http（默认 8081），不是 API 的 listen.http；代理须原样转发 /device/ 与 /register/。",
                "Check the port: HTTP for devices is listen.device_http (8081), not the API's listen.http; a proxy must pass /device/ and /register/ on as they are.",
            ),
        ));
    }
    let text = |field: &str| response["Error"][field].as_str().unwrap_or_default().to_owned();
    Ok(Said { code: text("Code"), message: text("Message"), date: answer.date, response })
}

/// Does the code judge who sent it, rather than what?
fn is_about_the_device(code: &str) -> bool {
    code.starts_with("AuthFailure")
        || code.starts_with("UnsupportedOperation")
        || code == "UnauthorizedOperation.DeviceDisabled"
        || code.starts_with("InvalidParameterValue.")
        || code == "RequestLimitExceeded"
}

fn refused(said: &Said) -> Failure {
    let seen = Words::fact(format!("{}: {}", said.code, said.message));
    let (cause, cure) = match said.code.as_str() {
        "InvalidParameterValue.ProductNotExist" => (
            Words::new("平台上没有这个 ProductId。", "The platform has no product with this ProductId."),
            Words::new(
                "逐字符核对 ProductId 与服务器；平台管理员可用 lianwu diagnose --strangers 查看。",
                "Compare ProductId and server letter by letter; the platform's administrator sees it with lianwu diagnose --strangers.",
            ),
        ),
        "InvalidParameterValue.DeviceNotExist" => (
            Words::new("产品下没有这个 DeviceName。", "The product has no device of this name."),
            Words::new(
                "核对大小写，或先创建、注册该设备。",
                "Check upper and lower case, or create or register the device.",
            ),
        ),
        "UnauthorizedOperation.DeviceDisabled" => (
            Words::new("设备已被禁用。", "The device is disabled."),
            Words::new("用 UpdateDevicesEnableState 启用。", "Enable it with UpdateDevicesEnableState."),
        ),
        "UnsupportedOperation" => (
            Words::new("产品使用证书认证。", "The product's devices have certificates."),
            Words::new("用证书的私钥签名（rsa-sha256）。", "Sign with the certificate's private key (rsa-sha256)."),
        ),
        "RequestLimitExceeded" => (
            Words::new(
                "请求过多：速率超限，或此前失败过多。",
                "Too many requests: over a rate, or too many failed before.",
            ),
            Words::new("等待一分钟再试；见 limits。", "Wait a minute and try again; see the limits."),
        ),
        _ => (
            Words::new(
                "签名不对：DeviceSecret 不是该设备的，或中间的代理改动了请求体或 Host。",
                "The signature does not fit: the DeviceSecret is not this device's, or a proxy in between changed the body or Host.",
            ),
            Words::new(
                "从 DescribeDevice 的 DevicePsk 复制 DeviceSecret；平台上 lianwu diagnose 给出具体原因。",
                "Copy the DeviceSecret from DevicePsk of DescribeDevice; on the platform lianwu diagnose says more.",
            ),
        ),
    };
    Failure::new(seen, cause, cure)
}

fn clock(said: &Said) -> Seen<()> {
    let Some(date) = said.date else {
        return Seen::new((), Words::new("应答中没有 Date", "the answer has no Date"));
    };
    let offset = i64::try_from(now().seconds()).unwrap_or(i64::MAX).saturating_sub(date);
    let seen = Words::new(format!("与服务器相差 {offset} 秒"), format!("{offset} s from the server's"));
    if offset.abs() <= OFFSET_MAX_S {
        return Seen::new((), seen);
    }
    let cause = Words::new(
        "本机时钟与服务器不一致；HTTP 签名不检查时间，但上报的 timestamp 会被检查。",
        "This machine's clock is not the server's; signatures over HTTP do not expire, but the timestamp of a report is judged.",
    );
    Seen::warning((), seen, Advice::new(cause, Words::new("校准时钟（NTP）。", "Set the clock (NTP).")))
}

fn judge(said: &Said) -> StepResult<()> {
    if said.code.is_empty() {
        return Ok(Seen::new((), Words::new("消息已落盘", "the message is on disk")));
    }
    Err(Failure::new(
        Words::fact(format!("{}: {}", said.code, said.message)),
        Words::new(
            "身份正确，但消息被拒绝：物模型不接受、Topic 无权限，或平台暂时无法存储；原因见上。",
            "The device is right, but its message is refused: by the thing model, for its topic, or because nothing can be stored now; the text above says which.",
        ),
        Words::new(
            "按原因修改消息；InternalError 时稍后再试。",
            "Change the message as the text says; after InternalError try again later.",
        ),
    ))
}
