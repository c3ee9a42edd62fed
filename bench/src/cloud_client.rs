//! A small client of the cloud API: signed POST requests over one kept connection.
//!
//! Only plain HTTP: a benchmark talks to its own machine or test network. Source: spec/cloud-api.md 1.1-1.7.

mod signature;

use std::{fmt, time::Duration};

use anyhow::{Context as _, bail};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, body::Bytes, client::conn::http1::SendRequest, header};
use hyper_util::rt::TokioIo;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use signature::Signer;
use tokio::net::TcpStream;

/// Longest answer accepted.
const ANSWER_BYTES_MAX: usize = 10 << 20;
/// How often a call over the rate limit is repeated, and how long it waits before.
const REPEATS_MAX: u32 = 100;
const REPEAT_DELAY: Duration = Duration::from_millis(100);
/// Version of the vendor's API.
const VERSION: &str = "2019-04-23";

/// Where the API is and with which key it is called.
#[derive(Clone)]
pub struct CloudAccess {
    /// Host and port.
    pub endpoint: String,
    pub secret_id: String,
    pub secret_key: String,
    pub region: String,
}

impl fmt::Debug for CloudAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudAccess")
            .field("endpoint", &self.endpoint)
            .field("secret_id", &self.secret_id)
            .field("secret_key", &"***")
            .field("region", &self.region)
            .finish()
    }
}

/// The API's answer when it is not a success.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {code}: {message}")]
pub struct CloudError {
    pub action: String,
    pub code: String,
    pub message: String,
}

/// One connection to the API, opened when needed.
#[derive(Debug)]
pub struct CloudClient {
    access: CloudAccess,
    connection: Option<SendRequest<Full<Bytes>>>,
    version: &'static str,
    language: &'static str,
}

#[derive(serde::Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "Response", borrow)]
    response: &'a RawValue,
}

#[derive(serde::Deserialize)]
struct Failure {
    #[serde(rename = "Error")]
    error: Option<FailureText>,
}

#[derive(serde::Deserialize)]
struct FailureText {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message")]
    message: String,
}

impl CloudClient {
    #[must_use]
    pub fn new(access: CloudAccess) -> Self {
        Self::of_version(access, VERSION)
    }

    /// For another service on the same endpoint: its version chooses it.
    #[must_use]
    pub fn of_version(access: CloudAccess, version: &'static str) -> Self {
        Self { access, connection: None, version, language: "en-US" }
    }

    /// Texts of answers in another language: `zh-CN`.
    #[must_use]
    pub fn in_language(self, language: &'static str) -> Self {
        Self { language, ..self }
    }

    /// Calls an operation. A call over the API's rate is repeated for some seconds.
    ///
    /// # Errors
    /// The API cannot be reached, answers with something else than its envelope, or refuses: then the error's source
    /// is a [`CloudError`].
    pub async fn call<T: DeserializeOwned>(&mut self, action: &str, request: &impl Serialize) -> anyhow::Result<T> {
        let body = Bytes::from(serde_json::to_vec(request).context("write the request")?);
        for _ in 0..REPEATS_MAX {
            let answer = self.post(action, body.clone()).await.with_context(|| format!("call {action}"))?;
            match parse(action, &answer) {
                Err(error) if is_over_rate(&error) => tokio::time::sleep(REPEAT_DELAY).await,
                outcome => return outcome,
            }
        }
        bail!("{action}: still over the rate after {REPEATS_MAX} attempts");
    }

    async fn post(&mut self, action: &str, body: Bytes) -> anyhow::Result<Bytes> {
        let mut connection = match self.connection.take() {
            Some(connection) if connection.is_ready() => connection,
            _ => self.connect().await?,
        };
        let answer = connection.send_request(self.request(action, body)?).await.context("send the request")?;
        let status = answer.status();
        let bytes = Limited::new(answer.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| anyhow::anyhow!("read the answer: {error}"))?
            .to_bytes();
        if !status.is_success() {
            bail!("HTTP status {status}");
        }
        // The connection says a moment later whether it stays open.
        if connection.ready().await.is_ok() {
            self.connection = Some(connection);
        }
        Ok(bytes)
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let endpoint = &self.access.endpoint;
        let stream = TcpStream::connect(endpoint).await.with_context(|| format!("connect to {endpoint}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // Ends when the sender is dropped or the server closes.
        tokio::spawn(connection);
        Ok(sender)
    }

    fn request(&self, action: &str, body: Bytes) -> anyhow::Result<Request<Full<Bytes>>> {
        let timestamp = jiff::Timestamp::now();
        let signer = Signer { secret_id: &self.access.secret_id, secret_key: &self.access.secret_key };
        let authorization = signer.authorization(&self.access.endpoint, timestamp, &body);
        Ok(Request::post("/")
            .header(header::HOST, &self.access.endpoint)
            .header(header::CONTENT_TYPE, signature::CONTENT_TYPE)
            .header(header::AUTHORIZATION, authorization)
            .header("X-TC-Action", action)
            .header("X-TC-Version", self.version)
            .header("X-TC-Region", &self.access.region)
            .header("X-TC-Timestamp", timestamp.as_second())
            .header("X-TC-Language", self.language)
            .body(Full::new(body))?)
    }
}

fn parse<T: DeserializeOwned>(action: &str, answer: &[u8]) -> anyhow::Result<T> {
    let envelope: Envelope<'_> =
        serde_json::from_slice(answer).with_context(|| format!("{action}: the answer is not an API answer"))?;
    let text = envelope.response.get();
    let failure: Failure = serde_json::from_str(text).with_context(|| format!("{action}: answer"))?;
    if let Some(FailureText { code, message }) = failure.error {
        return Err(CloudError { action: action.to_owned(), code, message }.into());
    }
    serde_json::from_str(text).with_context(|| format!("{action}: unexpected answer"))
}

fn is_over_rate(error: &anyhow::Error) -> bool {
    error.downcast_ref::<CloudError>().is_some_and(|error| error.code.starts_with("RequestLimitExceeded"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Is an error found in the envelope, a rate limit told from others, and a success read?
    #[test]
    fn answers() {
        let good = br#"{"Response":{"Project":{"ProjectId":"prj-a1b2c3d4"},"RequestId":"r"}}"#;
        assert_eq!(parse::<Value>("CreateProject", good).unwrap()["Project"], json!({"ProjectId": "prj-a1b2c3d4"}));
        for (code, over_rate) in [("RequestLimitExceeded", true), ("InternalError", false)] {
            let text = json!({"Response": {"Error": {"Code": code, "Message": "no"}, "RequestId": "r"}}).to_string();
            let error = parse::<Value>("CreateProject", text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("CreateProject: {code}: no"));
            assert_eq!(is_over_rate(&error), over_rate);
        }
        assert!(parse::<Value>("CreateProject", b"<html>").is_err());
    }

    /// Does the debug text hide the key?
    #[test]
    fn key_is_not_printed() {
        let access = CloudAccess {
            endpoint: "127.0.0.1:8080".into(),
            secret_id: "AKIDEXAMPLE".into(),
            secret_key: "hush".into(),
            region: "ap-guangzhou".into(),
        };
        assert!(!format!("{access:?}").contains("hush"));
    }
}
