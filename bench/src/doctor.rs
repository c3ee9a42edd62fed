//! `lianwu doctor connect`: the way of a device to its server, step by step, and the first step that fails.
//!
//! It knows what a device knows and nothing of the server's inside, so it is as good in front of another broker. Each
//! step is a function that says what it saw, or what is wrong and what to do; the first failure ends the walk, because
//! everything behind it would only fail with it. Blocking, with a time limit per step. Decisions: docs/adr/0029-doctor.md.

mod channel;
mod coap;
mod holder;
mod http;
mod messages;
mod network;
mod sign_in;
mod steps;
mod tls;
mod words;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use holder::{Holder, Proof};
pub use steps::{Outcome, Step, StepReport};
pub use words::{Advice, Language, Words};

use steps::{Seen, StepResult};

/// How the server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// MQTT over TCP.
    Mqtt,
    /// MQTT over TLS.
    Mqtts,
    /// MQTT over WebSocket.
    Ws,
    /// MQTT over WebSocket over TLS.
    Wss,
    /// Signed requests over HTTP.
    Http,
    Https,
    /// CoAP over UDP.
    Coap,
    /// CoAP over DTLS, by key.
    Coaps,
}

impl Transport {
    /// As in front of `://`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Http => "http",
            Self::Https => "https",
            Self::Coap => "coap",
            Self::Coaps => "coaps",
        }
    }

    /// The port when none is named.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws | Self::Http => 80,
            Self::Wss | Self::Https => 443,
            Self::Coap => 5683,
            Self::Coaps => 5684,
        }
    }

    pub(crate) fn is_tls(self) -> bool {
        matches!(self, Self::Mqtts | Self::Wss | Self::Https)
    }

    pub(crate) fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    pub(crate) fn is_coap(self) -> bool {
        matches!(self, Self::Coap | Self::Coaps)
    }

    pub(crate) fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    pub transport: Transport,
    /// Name or address; IPv6 without brackets.
    pub host: String,
    pub port: u16,
    /// Of a WebSocket's request; `/` otherwise.
    pub path: String,
}

impl std::fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { transport, host, port, path } = self;
        let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
        let path = if path == "/" { "" } else { path };
        write!(f, "{}://{open}{host}{close}:{port}{path}", transport.as_str())
    }
}

impl std::str::FromStr for ServerAddress {
    type Err = String;

    /// `[SCHEME://]HOST[:PORT][/PATH]`; without a scheme it is `mqtt`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("mqtt", text));
        let transport = match scheme {
            "mqtt" | "tcp" => Transport::Mqtt,
            "mqtts" | "ssl" | "tls" => Transport::Mqtts,
            "ws" => Transport::Ws,
            "wss" => Transport::Wss,
            "http" => Transport::Http,
            "https" => Transport::Https,
            "coap" => Transport::Coap,
            "coaps" => Transport::Coaps,
            _ => return Err(format!("{scheme}:// is none of mqtt, mqtts, ws, wss, http, https, coap, coaps")),
        };
        let (rest, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match rest.rsplit_once(':') {
                Some((host, port)) if !host.contains(':') => (host, Some(port)),
                _ => (rest, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| format!("{port} is not a port"))?,
            None => transport.port(),
        };
        if host.is_empty() {
            Err("the host is missing".to_owned())
        } else {
            Ok(Self { transport, host: host.to_owned(), port, path: path.to_owned() })
        }
    }
}

/// What is sent once the device is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Try {
    /// Asks for the device's own properties, which changes nothing.
    Status,
    /// Reports these properties: a JSON object.
    Report(String),
    /// Publishes this text to a topic of the user's choice, after subscribing to it.
    Topic { topic: String, payload: String },
}

/// What to find out.
#[derive(Clone, Debug)]
pub struct Question {
    pub server: ServerAddress,
    pub holder: Holder,
    /// Certificates that sign the server's, as PEM; none means those the system trusts.
    pub authorities: Option<PathBuf>,
    pub try_out: Try,
    /// Seconds, as the device sends it in CONNECT.
    pub keep_alive: u16,
    /// Silence after the last message, before it is looked whether the connection is still there.
    pub idle: Duration,
    /// Longest wait for one answer.
    pub timeout: Duration,
}

/// The walk, step by step.
#[derive(Clone, Debug)]
pub struct Report {
    /// All steps in order; those behind a failure are skipped.
    pub steps: Vec<StepReport>,
}

impl Report {
    /// The step that failed, if one did.
    #[must_use]
    pub fn failed(&self) -> Option<&StepReport> {
        self.steps.iter().find(|step| step.outcome == Outcome::Failed)
    }

    /// Runs one step; `None` ends the walk.
    fn walk<T>(&mut self, step: Step, run: impl FnOnce() -> StepResult<T>) -> Option<T> {
        let begun = Instant::now();
        let (value, outcome, seen, advice) = match run() {
            Ok(Seen { value, seen, advice: None }) => (Some(value), Outcome::Passed, seen, None),
            Ok(Seen { value, seen, advice }) => (Some(value), Outcome::Warning, seen, advice),
            Err(failure) => (None, Outcome::Failed, failure.0.seen, Some(failure.0.advice)),
        };
        self.steps.push(StepReport { step, outcome, seen, advice, elapsed: begun.elapsed() });
        value
    }

    fn skip(&mut self, step: Step, why: Words) {
        let elapsed = Duration::ZERO;
        self.steps.push(StepReport { step, outcome: Outcome::Skipped, seen: why, advice: None, elapsed });
    }
}

/// Walks until the end or the first failure. Signs in once, and after a refusal once more over MQTT 5, whose answer has words.
///
/// A device that is connected with the same name meanwhile loses its connection, as with any second sign-in.
#[must_use]
pub fn connect(question: &Question) -> Report {
    let mut report = Report { steps: Vec::new() };
    let walked = all_steps(question, &mut report);
    if walked.is_none() {
        let done: Vec<_> = report.steps.iter().map(|step| step.step).collect();
        for step in Step::ALL.into_iter().filter(|step| !done.contains(step)) {
            report.skip(step, Words::new("前面的步骤失败", "an earlier step failed"));
        }
    }
    report
}

fn all_steps(question: &Question, report: &mut Report) -> Option<()> {
    let held = report.walk(Step::Credentials, || holder::check(question))?;
    let addresses = report.walk(Step::Name, || network::resolve(&question.server))?;
    if question.server.transport.is_coap() {
        return coap::walk(question, &held, &addresses, report);
    }
    let (address, socket) = report.walk(Step::Port, || network::open(&addresses, question))?;
    let channel = if question.server.transport.is_tls() {
        report.walk(Step::Tls, || tls::secure(question, &held, socket))?
    } else {
        report.skip(Step::Tls, Words::new("未使用 TLS", "the connection is in the clear"));
        channel::Channel::clear(socket)
    };
    if question.server.transport.is_http() {
        return http::walk(question, &held, channel, report);
    }
    let mut session = report.walk(Step::SignIn, || sign_in::sign_in(question, &held, channel, address))?;
    report.walk(Step::Subscription, || messages::subscribe(question, &held, &mut session))?;
    match held.device() {
        Some(device) if question.try_out.is_of_the_platform() => {
            report.walk(Step::Clock, || messages::clock(question, device, &mut session))?;
        }
        _ => report.skip(Step::Clock, Words::new("仅检查本平台的设备", "asked of devices of the platform only")),
    }
    report.walk(Step::Report, || messages::report(question, &held, &mut session))?;
    report.walk(Step::KeepAlive, || messages::keep_alive(question, &mut session))?;
    messages::leave(question, &held, session);
    Some(())
}

impl Try {
    /// Does the server have to speak the thing model's topics?
    fn is_of_the_platform(&self) -> bool {
        !matches!(self, Self::Topic { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Are addresses read with and without scheme, port and brackets, and wrong ones refused?
    #[test]
    fn addresses() {
        for (text, expected) in [
            ("iot.example.com", "mqtt://iot.example.com:1883"),
            ("mqtts://iot.example.com", "mqtts://iot.example.com:8883"),
            ("tls://10.0.0.1:9000/", "mqtts://10.0.0.1:9000"),
            ("mqtt://[::1]:2000", "mqtt://[::1]:2000"),
            ("[::1]", "mqtt://[::1]:1883"),
            ("::1", "mqtt://[::1]:1883"),
            ("ws://10.0.0.1/", "ws://10.0.0.1:80"),
            ("coaps://10.0.0.1", "coaps://10.0.0.1:5684"),
            ("https://iot.example.com:8444", "https://iot.example.com:8444"),
            ("wss://iot.example.com/mqtt", "wss://iot.example.com:443/mqtt"),
        ] {
            assert_eq!(text.parse::<ServerAddress>().unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "ftp://a", "mqtt://", "a:port", "a:70000"] {
            assert!(text.parse::<ServerAddress>().is_err(), "{text}");
        }
    }
}
