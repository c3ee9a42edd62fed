//! Questions to a device over MQTT, each with an answer of the device's own making.
//!
//! A call waits as a future, without a thread; the device's answer is on record before the call hears it.
//!
//! Source: spec/device-protocol.md 9.3, spec/cloud-api.md 2.6 and 3.9.

mod pending;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lianwu_device_protocol::topic::{Subscription, rrpc_down_topic, rrpc_up_topic};
use lianwu_model::Uin;
use lianwu_model::json::{Scanner, members, write_string};

use crate::Platform;
use crate::directory::DirectoryDevice;
use crate::message::{self, Post, PublishError, SendError};

pub use lianwu_device_protocol::topic::RrpcFamily;
pub use pending::{CALLS_MAX, Mark, PendingRrpc};

/// `method` of an answer on a custom topic. Source: spec/cloud-api.md 3.9.
const REPLY_METHOD: &str = "rrpc_sync_reply";

/// How question and answer find each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// Topics of the platform's own, with the number of the question as the last level.
    System(RrpcFamily),
    /// A topic of the device; the question is a JSON object that is given a `clientToken`, which the answer repeats.
    Custom {
        topic: String,
        /// On which topics the answer may come; any when there is none.
        reply_topic: Option<String>,
    },
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Main account the device belongs to.
    pub owner: Uin,
    pub way: Way,
    pub payload: Vec<u8>,
    /// The payload travels as Base64.
    pub as_base64: bool,
    pub request_id: Arc<str>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub token: String,
    pub id: u64,
    /// `None` when the device did not answer in time.
    pub answer: Option<Box<[u8]>>,
    /// Where an answer is looked for; empty for any topic.
    pub reply_topic: String,
}

/// Why it was not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RrpcError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("with a topic it must be a JSON object without clientToken: {0}")]
    NotAnObject(String),
    #[error("it must be ProductId/DeviceName/... of the same device")]
    ReplyTopic,
    #[error("{CALLS_MAX} calls wait for their answers already")]
    TooMany,
}

/// Asks a device and waits for its answer, for `limits.rrpc_wait_ms` at most.
///
/// # Errors
/// [`RrpcError`]; nothing was asked, or the device cannot have heard it.
pub async fn ask(platform: &Platform, device: &DirectoryDevice, question: Question) -> Result<Outcome, RrpcError> {
    let pending = &platform.replies.rrpc;
    let id = pending.next_id(platform.clock.now());
    let token = uuid::Uuid::new_v4().simple().to_string();
    let Prepared { topic, payload, mark, reply_topic, on } = prepare(device, &question, id, &token)?;
    // Before asking: a quick device answers before the delivery is reported.
    let mut waiting = pending.expect(device.number, mark, on).ok_or(RrpcError::TooMany)?;
    let post = Post {
        owner: question.owner,
        topic,
        qos: 0,
        payload: payload.into(),
        request_id: Arc::clone(&question.request_id),
    };
    message::publish(platform, device, &post).await?;
    let wait = Duration::from_millis(platform.limits.rrpc_wait_ms);
    let answer = match tokio::time::timeout(wait, waiting.answer()).await {
        Ok(Some(answer)) => Some(answer),
        Ok(None) => return Err(PublishError::from(SendError::Closed).into()),
        Err(_) => None,
    };
    Ok(Outcome { token, id, answer, reply_topic })
}

struct Prepared {
    topic: String,
    payload: Vec<u8>,
    mark: Mark,
    /// For the caller.
    reply_topic: String,
    /// For the table.
    on: Option<Box<str>>,
}

fn prepare(device: &DirectoryDevice, question: &Question, id: u64, token: &str) -> Result<Prepared, RrpcError> {
    let name = device.name.as_str();
    let encode = |payload: Vec<u8>| if question.as_base64 { STANDARD.encode(payload).into_bytes() } else { payload };
    match &question.way {
        Way::System(family) => {
            let process = id.to_string();
            let (mut topic, mut reply_topic) = (String::new(), String::new());
            rrpc_down_topic(*family, device.product, name, &process, &mut topic);
            rrpc_up_topic(*family, device.product, name, &process, &mut reply_topic);
            let mark = Mark::Process(*family, process.into());
            Ok(Prepared { topic, payload: encode(question.payload.clone()), mark, reply_topic, on: None })
        }
        Way::Custom { topic, reply_topic } => {
            let reply_topic = reply_topic.as_ref().map(|topic| message::topic_for(device, topic));
            if let Some(reply) = &reply_topic
                && !matches!(Subscription::of_device(reply, device.product, name), Ok(Subscription::Custom { .. }))
            {
                return Err(RrpcError::ReplyTopic);
            }
            Ok(Prepared {
                topic: message::topic_for(device, topic),
                payload: encode(with_token(&question.payload, token)?),
                mark: Mark::Token(token.into()),
                on: reply_topic.as_deref().map(Box::from),
                reply_topic: reply_topic.unwrap_or_default(),
            })
        }
    }
}

/// The object with one member more.
fn with_token(payload: &[u8], token: &str) -> Result<Vec<u8>, RrpcError> {
    let wrong = |why: &dyn std::fmt::Display| RrpcError::NotAnObject(why.to_string());
    let payload = payload.trim_ascii();
    let mut scanner = Scanner::new(payload);
    let mut is_empty = true;
    scanner.enter_object().map_err(|error| wrong(&error))?;
    while let Some(key) = scanner.next_member().map_err(|error| wrong(&error))? {
        if key.is(b"clientToken") {
            return Err(RrpcError::NotAnObject("the platform sets clientToken".to_owned()));
        }
        scanner.skip_value().map_err(|error| wrong(&error))?;
        is_empty = false;
    }
    scanner.finish().map_err(|error| wrong(&error))?;
    let mut object = payload[..payload.len() - 1].to_vec();
    if !is_empty {
        object.push(b',');
    }
    object.extend_from_slice(br#""clientToken":"#);
    write_string(token, &mut object);
    object.push(b'}');
    Ok(object)
}

/// An answer on a custom topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAnswer {
    pub token: Box<str>,
    /// `None` when it is not Base64.
    pub payload: Option<Box<[u8]>>,
}

/// Reads a message on a custom topic; `None` when it is no answer to a question.
#[must_use]
pub fn read_answer(payload: &[u8]) -> Option<TokenAnswer> {
    let (mut method, mut token, mut content) = (None, None, None);
    for (key, value) in members(payload).flatten() {
        let text = || Scanner::new(value).string().ok().map(|text| text.unescape().into_owned());
        if key.is(b"method") {
            method = text();
        } else if key.is(b"clientToken") {
            token = text();
        } else if key.is(b"payload") {
            content = text();
        }
    }
    if method.as_deref() != Some(REPLY_METHOD) {
        return None;
    }
    let payload = STANDARD.decode(content.unwrap_or_default()).ok().map(Vec::into_boxed_slice);
    Some(TokenAnswer { token: token?.into(), payload })
}

#[cfg(test)]
mod tests;
