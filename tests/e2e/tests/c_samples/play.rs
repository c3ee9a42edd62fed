//! Plays a recording to the platform and compares every answer.

use std::io::{ErrorKind, Read, Write};
use std::thread::JoinHandle;

use lianwu_mqtt::packet::{ConnAck, SubscribeAnswer};
use lianwu_mqtt::{Packet, ProtocolVersion, decode};
use serde_json::Value;

use crate::http::Http;
use crate::recording::{Recording, Step, words};
use crate::stage::Stage;

/// What differs with the time of day.
const TIMES: [&str; 4] = ["time", "ntptime1", "ntptime2", "timestamp"];

const DISCONNECT: [u8; 2] = [0xE0, 0];
const PING: [u8; 2] = [0xC0, 0];

/// Plays it; each answer must come, in any order among those that nothing of the sample is between.
pub fn play(stage: &mut Stage, recording: &Recording<'_>, stream: impl Read + Write) {
    let mut peer = Peer { stream, buffer: Vec::new() };
    let (mut waiting, mut answers, mut calls) = (Vec::new(), 0, Vec::new());
    let (mut last, mut http) = (Vec::new(), Http::default());
    for step in &recording.steps {
        if !matches!(step, Step::Gets(_)) {
            hear(&mut peer, stage, recording, &mut waiting);
        }
        match step {
            Step::Sends(bytes) => {
                last = stage.packet(bytes);
                peer.stream.write_all(&last).expect("the connection is open");
            }
            Step::Gets(answer) => {
                answers += 1;
                waiting.push(*answer);
            }
            Step::Asks(request) => http.asks(stage, request),
            Step::Told(answer) => http.told(answer),
            Step::Calls { version, operation, parameters } => {
                let call = call(stage, version, operation, parameters);
                if last.is_empty() {
                    call.join().expect("the call succeeds");
                } else {
                    calls.push(call);
                }
            }
        }
    }
    hear(&mut peer, stage, recording, &mut waiting);
    assert!(answers > 1, "the recording has answers");
    for call in calls {
        call.join().expect("the call succeeds");
    }
    if last == DISCONNECT {
        peer.ends();
    } else {
        peer.stream.write_all(&PING).expect("the connection is open");
        assert_eq!(peer.next(), "pingresp", "the sample was not disconnected");
    }
}

/// Calls the cloud API beside the dialogue: some operations wait for what the sample answers.
fn call(stage: &Stage, version: &str, operation: &str, parameters: &str) -> JoinHandle<()> {
    let parameters: Value = serde_json::from_str(&stage.now(parameters)).expect("JSON");
    let (cloud, version, operation) = (stage.cloud.clone(), version.to_owned(), operation.to_owned());
    std::thread::spawn(move || {
        if let Err(failure) = cloud.try_call_of(&version, &operation, &parameters) {
            panic!("{operation} {parameters}: {failure:?}");
        }
    })
}

fn hear<S: Read + Write>(peer: &mut Peer<S>, stage: &mut Stage, recording: &Recording<'_>, waiting: &mut Vec<&str>) {
    while !waiting.is_empty() {
        let heard = peer.next();
        let found = waiting.iter().enumerate().find_map(|(at, expected)| {
            let mut learned = Learned { stage, made: &recording.made, learned: Vec::new() };
            learned.is(expected, &heard).then_some((at, learned.learned))
        });
        let Some((at, learned)) = found else {
            panic!("the platform said {heard}, the sample waits for {waiting:#?}");
        };
        for (then, now) in learned {
            stage.learn(&then, &now);
        }
        waiting.swap_remove(at);
    }
}

/// One comparison, and what it shows about texts the cloud made up.
struct Learned<'a> {
    stage: &'a Stage,
    made: &'a [&'a str],
    learned: Vec<(String, String)>,
}

impl Learned<'_> {
    fn is(&mut self, expected: &str, heard: &str) -> bool {
        match (expected.strip_prefix("publish "), heard.strip_prefix("publish ")) {
            (Some(expected), Some(heard)) => {
                let [qos, topic, payload] = words(expected);
                let [heard_qos, heard_topic, heard_payload] = words(heard);
                let levels = topic.split('/').count() == heard_topic.split('/').count();
                let mut levels = levels.then(|| topic.split('/').zip(heard_topic.split('/'))).into_iter().flatten();
                qos == heard_qos
                    && topic.split('/').count() == heard_topic.split('/').count()
                    && levels.all(|(expected, heard)| self.text(expected, heard))
                    && self.payload(payload, heard_payload)
            }
            (None, None) => expected == heard,
            _ => false,
        }
    }

    fn payload(&mut self, expected: &str, heard: &str) -> bool {
        match (serde_json::from_str(expected), serde_json::from_str(heard)) {
            (Ok(expected), Ok(heard)) => self.value(None, &expected, &heard),
            _ => self.stage.now(expected) == heard,
        }
    }

    fn value(&mut self, name: Option<&str>, expected: &Value, heard: &Value) -> bool {
        match (expected, heard) {
            (Value::String(expected), Value::String(heard)) => self.text(expected, heard),
            (Value::Array(expected), Value::Array(heard)) => {
                expected.len() == heard.len()
                    && expected.iter().zip(heard).all(|(expected, heard)| self.value(None, expected, heard))
            }
            (Value::Object(expected), Value::Object(heard)) => {
                expected.len() == heard.len()
                    && expected.iter().all(|(name, expected)| {
                        heard.get(name).is_some_and(|heard| self.value(Some(name), expected, heard))
                    })
            }
            (_, Value::Number(time)) if name.is_some_and(|name| TIMES.contains(&name)) => {
                expected.is_number() && time.as_u64().is_some_and(|time| time > 0)
            }
            _ => expected == heard,
        }
    }

    fn text(&mut self, expected: &str, heard: &str) -> bool {
        if self.made.contains(&expected) && !self.stage.knows(expected) {
            self.learned.push((expected.to_owned(), heard.to_owned()));
            return true;
        }
        self.stage.now(expected) == heard
    }
}

/// One end of a connection, encrypted or not.
struct Peer<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read + Write> Peer<S> {
    /// The next packet as a recording shows it.
    fn next(&mut self) -> String {
        loop {
            if let Some((packet, length)) = decode(&self.buffer, ProtocolVersion::V3_1_1, 1 << 20).expect("a packet") {
                let shown = shown(&packet);
                self.buffer.drain(..length);
                return shown;
            }
            let mut bytes = [0; 4096];
            let read = self.stream.read(&mut bytes).expect("an answer in time");
            assert!(read > 0, "the connection was closed");
            self.buffer.extend_from_slice(&bytes[..read]);
        }
    }

    /// The platform closes, and says nothing more before.
    fn ends(&mut self) {
        assert!(self.buffer.is_empty(), "nothing more");
        match self.stream.read(&mut [0; 64]) {
            Ok(read) => assert_eq!(read, 0, "nothing more"),
            Err(error) => {
                assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "still open: {error}");
            }
        }
    }
}

fn shown(packet: &Packet<'_>) -> String {
    match packet {
        Packet::ConnAck(ConnAck::Accepted { .. }) => "connack 0".into(),
        Packet::ConnAck(ConnAck::Refused { refusal, .. }) => format!("connack {}", refusal.code()),
        Packet::PubAck(answer) => format!("puback {}", answer.packet_id.get()),
        Packet::SubAck(answer) => {
            let granted: Vec<String> = answer
                .answers()
                .map(|answer| match answer {
                    SubscribeAnswer::Granted(qos) => format!("{:02x}", qos.bits()),
                    SubscribeAnswer::Refused(_) => "80".into(),
                })
                .collect();
            format!("suback {} {}", answer.packet_id.get(), granted.join(" "))
        }
        Packet::UnsubAck(answer) => format!("unsuback {}", answer.packet_id.get()),
        Packet::PingResp => "pingresp".into(),
        Packet::Publish(publish) => {
            let (qos, topic) = (publish.qos.bits(), publish.topic);
            match std::str::from_utf8(publish.payload) {
                Ok(payload) => format!("publish {qos} {topic} {payload}"),
                Err(_) => format!("publish {qos} {topic} {:02x?}", publish.payload),
            }
        }
        other => panic!("no recording has {other:?}"),
    }
}
