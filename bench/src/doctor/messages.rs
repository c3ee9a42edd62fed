//! What a device does once it is in: subscribe, ask the time, send a message, stay.

mod reply;

use std::time::Duration;

use lianwu_model::{DeviceName, ProductId};
use lianwu_mqtt::{Packet, PacketId, Properties, ProtocolVersion, Publish, QoS, SubscribeAnswer, encode};
use serde_json::{Value, json};

use super::channel::Ended;
use super::holder::{Held, now};
use super::sign_in::Session;
use super::steps::{Failure, Seen, StepResult};
use super::words::{Advice, Words};
use super::{Question, Try};

/// A clock that is further off than this is worth a word.
const OFFSET_MAX_MS: u64 = 60_000;

/// What a network can be expected to bear, and the default of the vendor's SDKs.
const KEEP_ALIVE_GOOD: u16 = 240;

const TOKEN: &str = "lianwu-doctor";

/// Topic of what comes down, and how it is called.
fn down(question: &Question, held: &Held) -> String {
    match (&question.try_out, held.device()) {
        (Try::Topic { topic, .. }, _) => topic.clone(),
        (_, Some((product, device))) => format!("$thing/down/property/{product}/{device}"),
        // Texts of another form are sent to a topic only; with this one any broker says what it thinks of it.
        (_, None) => format!("$thing/down/property/{}", held.client_id),
    }
}

/// A refusal inside the dialogue, which ended it.
fn ended(what: &str, ended: &Ended) -> Failure {
    let (cause, cure) = match ended {
        Ended::TimedOut(_) => (
            Words::new(
                "服务器没有应答这个报文：可能过载，或网络丢失了数据。",
                "The server did not answer this packet: it is overloaded, or the network loses data.",
            ),
            Words::new(
                "再试一次；用 --timeout 给更多时间；查看服务器的健康状态。",
                "Try again, give it more time with --timeout, and look at the server's health.",
            ),
        ),
        _ => (
            Words::new(
                "连接在此时被断开：同一设备在别处登录（互相挤下线）、没有该 Topic 的权限，或网络中断。",
                "The connection ended here: the same device signed in elsewhere (two holders close each other), the topic is not permitted, or the network broke.",
            ),
            Words::new(
                "停掉使用同一三元组的其他程序后再试；在平台上查看 lianwu diagnose。",
                "Stop whatever else uses this identity and try again; on the platform look at lianwu diagnose.",
            ),
        ),
    };
    Failure::new(Words::fact(format!("{what}: {ended}")), cause, cure)
}

fn encoding(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Words::fact(error.to_string()),
        Words::new("Topic 或消息不能写成 MQTT 报文。", "The topic or message cannot be written as MQTT."),
        Words::new("检查 --topic 与 --payload。", "Look at --topic and --payload."),
    )
}

/// Subscribes with QoS 1; the answer may be less.
fn subscribe_to(session: &mut Session, filter: &str, timeout: Duration) -> Result<SubscribeAnswer, Failure> {
    let id = session.channel.take_id();
    let mut bytes = Vec::new();
    encode::subscribe(&mut bytes, ProtocolVersion::V3_1_1, id, [(filter, QoS::AtLeastOnce)])
        .map_err(|error| encoding(&error))?;
    session.channel.send(&bytes).map_err(|end| ended("SUBSCRIBE", &end))?;
    let answer = session.channel.wait(timeout, |packet| match packet {
        Packet::SubAck(answer) if answer.packet_id == id => Some(answer.answers().next()),
        _ => None,
    });
    Ok(answer.map_err(|end| ended("SUBSCRIBE", &end))?.unwrap_or(SubscribeAnswer::REFUSED))
}

/// The step.
pub(super) fn subscribe(question: &Question, held: &Held, session: &mut Session) -> StepResult<()> {
    let filter = down(question, held);
    match subscribe_to(session, &filter, question.timeout)? {
        SubscribeAnswer::Granted(qos) => Ok(Seen::new((), Words::fact(format!("{filter}, QoS {}", qos.bits())))),
        SubscribeAnswer::Refused(_) => Err(Failure::new(
            Words::fact(format!("{filter}: 0x80")),
            Words::new(
                "服务器拒绝了订阅：Topic 不属于该设备（ProductId 或 DeviceName 不同），或没有订阅权限。",
                "The server refuses the subscription: the topic is not this device's (another ProductId or DeviceName), or may only be published to.",
            ),
            Words::new(
                "Topic 中的 ProductId 与 DeviceName 必须是设备自己的；自定义 Topic 需要订阅权限。",
                "ProductId and DeviceName in the topic must be the device's own; a custom topic needs the right to subscribe.",
            ),
        )),
    }
}

/// Publishes with QoS 1. Gives the message id.
fn publish(session: &mut Session, topic: &str, payload: &str) -> Result<PacketId, Failure> {
    let id = session.channel.take_id();
    let message = Publish {
        duplicate: false,
        qos: QoS::AtLeastOnce,
        retain: false,
        topic,
        packet_id: Some(id),
        properties: Properties::NONE,
        payload: payload.as_bytes(),
    };
    let mut bytes = Vec::new();
    encode::publish(&mut bytes, ProtocolVersion::V3_1_1, &message).map_err(|error| encoding(&error))?;
    session.channel.send(&bytes).map_err(|end| ended("PUBLISH", &end))?;
    Ok(id)
}

/// What came on a topic, if the text fits; nothing else is acknowledged: it waits for the device.
fn heard(packet: &Packet<'_>, topic: &str, fits: impl Fn(&Value) -> bool) -> Option<(Value, Option<PacketId>)> {
    let Packet::Publish(message) = packet else { return None };
    if message.topic != topic {
        return None;
    }
    let text = serde_json::from_slice(message.payload);
    let value = text.unwrap_or_else(|_| Value::String(String::from_utf8_lossy(message.payload).into_owned()));
    (fits(&value) || value.is_string()).then_some((value, message.packet_id))
}

fn acknowledge(session: &mut Session, id: Option<PacketId>) {
    let mut bytes = Vec::new();
    if let Some(id) = id {
        encode::puback(&mut bytes, id);
        // When the connection has ended, the next step says so.
        drop(session.channel.send(&bytes));
    }
}

/// Asks the platform's clock. A server that does not answer is only skipped over: others have no such topic.
pub(super) fn clock(
    question: &Question,
    (product, device): (ProductId, &DeviceName),
    session: &mut Session,
) -> StepResult<()> {
    let answers = format!("$sys/operation/result/{product}/{device}");
    if matches!(subscribe_to(session, &answers, question.timeout)?, SubscribeAnswer::Refused(_)) {
        return Ok(Seen::new((), Words::new("服务器没有时钟服务", "the server has no clock to ask")));
    }
    let asked = now().0;
    publish(session, &format!("$sys/operation/{product}/{device}"), r#"{"type":"get","resource":["time"]}"#)?;
    let is_time = |value: &Value| value["ntptime1"].is_u64() && value["ntptime2"].is_u64();
    let found = session.channel.wait(question.timeout, |packet| heard(packet, &answers, is_time));
    let (value, id) = match found {
        Ok(found) => found,
        Err(Ended::TimedOut(_)) => {
            return Ok(Seen::new((), Words::new("服务器没有应答时间请求", "the server does not tell the time")));
        }
        Err(end) => return Err(ended("$sys/operation", &end)),
    };
    let answered = now().0;
    acknowledge(session, id);
    let (one, two) = (value["ntptime1"].as_u64().unwrap_or(asked), value["ntptime2"].as_u64().unwrap_or(answered));
    Ok(offset((asked / 2).saturating_add(answered / 2), (one / 2).saturating_add(two / 2)))
}

/// Of this machine's clock from the server's, both in milliseconds.
fn offset(here: u64, there: u64) -> Seen<()> {
    let off = here.abs_diff(there);
    let seconds = format!("{}.{:03}", off / 1000, off % 1000);
    let seen = if here >= there {
        Words::new(format!("本机时钟快 {seconds} 秒"), format!("this machine's clock is {seconds} s ahead"))
    } else {
        Words::new(format!("本机时钟慢 {seconds} 秒"), format!("this machine's clock is {seconds} s behind"))
    };
    if off <= OFFSET_MAX_MS {
        return Seen::new((), seen);
    }
    let cause = Words::new(
        "时钟偏差会使证书尚未生效或已过期、凭证提前过期、采样时间被拒绝。",
        "With such a clock certificates are not valid yet or expired, credentials expire early, and sample times are refused.",
    );
    let cure = Words::new(
        "开机后先用 NTP 或 $sys/operation 校准时钟，再计算凭证。",
        "Set the clock by NTP or $sys/operation after power-on, before credentials are computed.",
    );
    Seen::warning((), seen, Advice::new(cause, cure))
}

/// The step: a first message, its PUBACK and its reply.
pub(super) fn report(question: &Question, held: &Held, session: &mut Session) -> StepResult<()> {
    let (topic, payload) = match (&question.try_out, held.device()) {
        (Try::Topic { topic, payload }, _) => return publish_only(question, session, topic, payload),
        (_, None) => return Err(no_device(held)),
        (Try::Status, Some((product, device))) => {
            let message = json!({"method": "get_status", "clientToken": TOKEN, "type": "report", "showmeta": 0});
            (format!("$thing/up/property/{product}/{device}"), message.to_string())
        }
        (Try::Report(params), Some((product, device))) => (
            format!("$thing/up/property/{product}/{device}"),
            format!(r#"{{"method":"report","clientToken":"{TOKEN}","params":{params}}}"#),
        ),
    };
    let answers = down(question, held);
    publish(session, &topic, &payload)?;
    let is_mine = |value: &Value| value["clientToken"] == TOKEN;
    let found = session.channel.wait(question.timeout, |packet| heard(packet, &answers, is_mine));
    match found {
        Ok((value, id)) => {
            acknowledge(session, id);
            reply::judge(&value)
        }
        Err(Ended::TimedOut(_)) => Err(reply::missing(&topic)),
        Err(end) => Err(ended("PUBLISH", &end)),
    }
}

fn no_device(held: &Held) -> Failure {
    Failure::new(
        Words::fact(format!("ClientId {}", held.client_id)),
        Words::new(
            "ClientId 不是本平台设备的形式，没有可用的物模型 Topic。",
            "The client id is not that of a device of the platform, so there are no thing model topics.",
        ),
        Words::new("用 --topic 指定要发布的 Topic。", "Name a topic to publish to with --topic."),
    )
}

fn publish_only(question: &Question, session: &mut Session, topic: &str, payload: &str) -> StepResult<()> {
    let id = publish(session, topic, payload)?;
    let acknowledged = session.channel.wait(question.timeout, |packet| match packet {
        Packet::PubAck(answer) if answer.packet_id == id => Some(()),
        _ => None,
    });
    acknowledged.map_err(|end| ended("PUBLISH", &end))?;
    Ok(Seen::new((), Words::new(format!("{topic}：已收到 PUBACK"), format!("{topic}: acknowledged"))))
}

/// The step.
pub(super) fn keep_alive(question: &Question, session: &mut Session) -> StepResult<()> {
    let idle = question.idle;
    if !idle.is_zero() {
        // Whatever comes meanwhile is not for us; silence is what is wanted.
        match session.channel.wait(idle, |_| None::<()>) {
            Ok(()) | Err(Ended::TimedOut(_)) => {}
            Err(end) => return Err(forgotten(&end, idle)),
        }
    }
    let mut bytes = Vec::new();
    encode::pingreq(&mut bytes);
    session.channel.send(&bytes).map_err(|end| forgotten(&end, idle))?;
    let answered = session.channel.wait(question.timeout, |packet| matches!(packet, Packet::PingResp).then_some(()));
    answered.map_err(|end| forgotten(&end, idle))?;
    let seconds = question.keep_alive;
    let seen = Words::new(
        format!(
            "空闲 {} 秒后 PINGREQ 得到应答；keepalive {seconds} 秒，服务器在 {} 秒无数据后断开",
            idle.as_secs(),
            u32::from(seconds) * 3 / 2
        ),
        format!(
            "PINGREQ answered after {} s of silence; with a keep-alive of {seconds} s the server hangs up after {} s without a packet",
            idle.as_secs(),
            u32::from(seconds) * 3 / 2
        ),
    );
    Ok(match advice(seconds, idle) {
        Some(advice) => Seen::warning((), seen, advice),
        None => Seen::new((), seen),
    })
}

fn advice(seconds: u16, idle: Duration) -> Option<Advice> {
    let cure = || {
        Words::new(
            format!("keepalive 设为 {KEEP_ALIVE_GOOD} 秒左右；用 --idle 测出网络允许的最长空闲时间，并取其一半以下。"),
            format!(
                "Use a keep-alive of some {KEEP_ALIVE_GOOD} s; find out with --idle how long the network remembers a silent connection, and stay below half of it."
            ),
        )
    };
    if seconds == 0 {
        let cause = Words::new(
            "keepalive 为 0：服务器不检查，断电的设备会一直显示在线。",
            "With a keep-alive of 0 the server never looks, and a device without power stays online.",
        );
        return Some(Advice::new(cause, cure()));
    }
    if seconds < 30 {
        let cause = Words::new(
            "keepalive 过短：网络抖动会导致断线，也多耗流量与电量。",
            "The keep-alive is short: a moment without network ends the connection, and it costs traffic and power.",
        );
        return Some(Advice::new(cause, cure()));
    }
    if seconds > 300 && idle.as_secs() < u64::from(seconds) {
        let cause = Words::new(
            "许多 NAT 与蜂窝网络在空闲几分钟后丢弃连接，而没有任何一方得知。",
            "Many NATs and mobile networks drop connections that are silent for some minutes, and tell neither side.",
        );
        return Some(Advice::new(cause, cure()));
    }
    None
}

/// The connection did not survive the silence.
fn forgotten(end: &Ended, idle: Duration) -> Failure {
    Failure::new(
        Words::fact(format!("PINGREQ: {end}")),
        Words::new(
            format!(
                "空闲 {} 秒后连接已失效：网络（NAT、防火墙、运营商）忘记了它，超过了 keepalive 的 1.5 倍，或同一设备在别处登录。",
                idle.as_secs()
            ),
            format!(
                "After {} s of silence the connection is gone: the network (NAT, firewall, operator) forgot it, it was longer than one and a half times the keep-alive, or the same device signed in elsewhere.",
                idle.as_secs()
            ),
        ),
        Words::new(
            "把 keepalive 设为该时间的一半以下，并以更短的 --idle 再测。",
            "Use a keep-alive below half of that, and try again with a shorter --idle.",
        ),
    )
}

/// Leaves as it came: what was subscribed to is taken back, unless the device had a session before.
pub(super) fn leave(question: &Question, held: &Held, mut session: Session) {
    let mut bytes = Vec::new();
    if !session.was_kept {
        let mut filters = vec![down(question, held)];
        if let Some((product, device)) = held.device() {
            filters.push(format!("$sys/operation/result/{product}/{device}"));
        }
        let id = session.channel.take_id();
        let names = filters.iter().map(String::as_str);
        if encode::unsubscribe(&mut bytes, ProtocolVersion::V3_1_1, id, names).is_err() {
            bytes.clear();
        }
    }
    encode::disconnect(&mut bytes);
    // The walk is over; a connection that ended by itself has left, too.
    drop(session.channel.send(&bytes));
}
