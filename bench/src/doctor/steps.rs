//! The steps of the walk, and what each of them says.

use std::time::Duration;

use super::words::{Advice, Words};

/// In the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// What the device holds, looked at without a network.
    Credentials,
    Name,
    Port,
    Tls,
    SignIn,
    Subscription,
    Clock,
    Report,
    KeepAlive,
}

impl Step {
    pub const ALL: [Self; 9] = [
        Self::Credentials,
        Self::Name,
        Self::Port,
        Self::Tls,
        Self::SignIn,
        Self::Subscription,
        Self::Clock,
        Self::Report,
        Self::KeepAlive,
    ];

    /// Its word in JSON and on the terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Name => "name",
            Self::Port => "port",
            Self::Tls => "tls",
            Self::SignIn => "sign-in",
            Self::Subscription => "subscription",
            Self::Clock => "clock",
            Self::Report => "report",
            Self::KeepAlive => "keep-alive",
        }
    }

    /// Exit code of the program when this step fails: 10 for the first, and so on.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        10 + Self::ALL.iter().position(|step| *step == self).map_or(0, |at| at as u8)
    }

    /// What is looked at, in a line.
    #[must_use]
    pub fn what(self) -> Words {
        match self {
            Self::Credentials => Words::new(
                "设备持有的内容：多余空格、长度、base64、ClientId/UserName/Password 的格式与有效期、证书与私钥是否配对、证书有效期",
                "what the device holds: stray blanks, lengths, base64, form and expiry of ClientId, UserName and Password, \
                 whether certificate and private key belong together, the certificate's dates",
            ),
            Self::Name => Words::new("域名解析", "the server's name has an address"),
            Self::Port => Words::new("端口可达", "its port takes connections"),
            Self::Tls => Words::new(
                "TLS：PSK，证书链、域名、有效期与本机时钟的偏差",
                "TLS: by key; or the server's chain, name and dates, with the offset of this machine's clock",
            ),
            Self::SignIn => Words::new(
                "CONNECT 及返回码；被拒时再以 MQTT 5 询问原因",
                "CONNECT and its return code; when refused, asked again over MQTT 5, which answers in words",
            ),
            Self::Subscription => {
                Words::new("订阅设备自己的下行 Topic", "the device's own topics can be subscribed to")
            }
            Self::Clock => Words::new("本机时钟与服务器的偏差", "offset of this machine's clock from the server's"),
            Self::Report => Words::new(
                "首条消息与应答（默认 get_status，只读；--report 上报属性）",
                "a first message and its reply: get_status, which changes nothing, or the report of --report",
            ),
            Self::KeepAlive => Words::new(
                "心跳：PINGREQ 的应答，以及空闲 --idle 秒后连接是否仍在",
                "keep-alive: the answer to PINGREQ, and whether a connection survives --idle seconds of silence",
            ),
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// It works, but something should be changed.
    Warning,
    Failed,
    Skipped,
}

impl Outcome {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One step that was taken or skipped.
#[derive(Clone, Debug)]
pub struct StepReport {
    pub step: Step,
    pub outcome: Outcome,
    pub seen: Words,
    /// There when it failed or warns.
    pub advice: Option<Advice>,
    pub elapsed: Duration,
}

/// A step that passed.
#[derive(Debug)]
pub(super) struct Seen<T> {
    pub value: T,
    pub seen: Words,
    /// Makes it a warning.
    pub advice: Option<Advice>,
}

impl<T> Seen<T> {
    pub fn new(value: T, seen: Words) -> Self {
        Self { value, seen, advice: None }
    }

    pub fn warning(value: T, seen: Words, advice: Advice) -> Self {
        Self { value, seen, advice: Some(advice) }
    }
}

/// A step that did not; boxed, because it is rare and large.
#[derive(Debug)]
pub(super) struct Failure(pub Box<Found>);

/// What is wrong.
#[derive(Debug)]
pub(super) struct Found {
    pub seen: Words,
    pub advice: Advice,
}

impl Failure {
    pub fn new(seen: Words, cause: Words, cure: Words) -> Self {
        Self(Box::new(Found { seen, advice: Advice { cause, cure } }))
    }
}

pub(super) type StepResult<T> = Result<Seen<T>, Failure>;
