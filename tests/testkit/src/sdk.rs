//! A vendor's cloud SDK as a conversation: one call out, one answer in.

use std::process::Command;

use serde_json::{Value, json};

use crate::cloud::ApiFailure;
use crate::programs::Running;
use crate::server::Server;
use crate::wait::fail;

/// A program of `tests/e2e` that calls the cloud API through an SDK.
#[derive(Debug)]
pub struct SdkClient {
    running: Running,
}

impl SdkClient {
    /// Starts the program with the server's first credentials. `profile` is laid over them: `endpoint`, `method`,
    /// `sign`, `language`, `secret_key`, `clock_offset_s`.
    #[must_use]
    #[track_caller]
    pub fn start(name: &str, mut program: Command, server: &Server, profile: &Value) -> Self {
        let mut whole = json!({
            "endpoint": server.http_address().to_string(),
            "secret_id": server.first_run("secret_id"),
            "secret_key": server.first_run("secret_key"),
            "region": server.first_run("region"),
        });
        for (key, value) in profile.as_object().into_iter().flatten() {
            whole[key] = value.clone();
        }
        let mut running = Running::start(name, &mut program);
        running.tell(&whole.to_string());
        Self { running }
    }

    /// Calls an operation that is expected to succeed; gives what the SDK made of the answer.
    #[track_caller]
    pub fn call(&mut self, action: &str, parameters: &Value) -> Value {
        match self.try_call(&json!({"action": action, "parameters": parameters})) {
            Ok(response) => response,
            Err(failure) => fail(format!("{action} {parameters}: {}: {}", failure.code, failure.message)),
        }
    }

    /// Calls an operation that is expected to be refused; gives the SDK's exception.
    #[track_caller]
    pub fn refused(&mut self, action: &str, parameters: &Value) -> ApiFailure {
        match self.try_call(&json!({"action": action, "parameters": parameters})) {
            Ok(response) => fail(format!("{action} {parameters} was expected to be refused, answered {response}")),
            Err(failure) => failure,
        }
    }

    /// Sends one command of the program.
    ///
    /// # Errors
    /// The SDK's exception. One without a RequestId fails the test: it did not come from the platform.
    #[track_caller]
    pub fn try_call(&mut self, command: &Value) -> Result<Value, ApiFailure> {
        self.running.tell(&command.to_string());
        let answer = self.running.next_json();
        let error = &answer["error"];
        if error.is_null() {
            assert!(answer["response"]["RequestId"].is_string(), "no RequestId: {answer}");
            return Ok(answer["response"].clone());
        }
        assert!(error["id"].as_str().is_some_and(|id| id.len() == 36), "not an answer of the platform: {answer}");
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        Err(ApiFailure { code: text("code"), message: text("message") })
    }
}
