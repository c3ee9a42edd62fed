//! The support FAQ as acceptance tests: files by subject, one or more functions `faq_NN_...` per row of spec/faq.md,
//! through the public interfaces only, against the real binary.

pub mod raw;

use lianwu_testkit::{DEADLINE, Device, Fixture, MqttClient, Server, ServerOptions, wait_for};
use serde_json::Value;

/// A platform with one product and its device `dev001`, which most rows need.
#[derive(Debug)]
pub struct World {
    pub server: Server,
    pub fixture: Fixture,
    pub device: Device,
}

impl World {
    /// `model` is the product's thing model.
    #[must_use]
    #[track_caller]
    pub fn new(model: &str) -> Self {
        Self::with(ServerOptions::default(), model)
    }

    /// A platform with settings of its own.
    #[must_use]
    #[track_caller]
    pub fn with(options: ServerOptions, model: &str) -> Self {
        let server = Server::start(options);
        let fixture = Fixture::new(&server, model);
        let device = fixture.device("dev001");
        Self { server, fixture, device }
    }

    /// The device, signed in and listening to its replies.
    #[must_use]
    #[track_caller]
    pub fn client(&self) -> MqttClient {
        MqttClient::subscribed(self.server.mqtt_address(), &self.device)
    }

    /// Reports parameters and gives what comes down.
    #[track_caller]
    pub fn report(&self, client: &mut MqttClient, params: &str) -> String {
        client.ask(&self.device.thing("up/property"), &report("1", params))
    }

    /// Waits until the diagnosis names this problem of the device.
    #[track_caller]
    pub fn problem(&self, id: &str) -> Value {
        self.fixture.problem(&self.device, id)
    }

    /// Waits until the diagnosis names nothing.
    #[track_caller]
    pub fn is_well(&self) {
        wait_for("no problem", DEADLINE, || self.fixture.problems(&self.device).is_empty().then_some(()));
    }

    /// The newest diagnostic line of the device with these words.
    #[track_caller]
    pub fn diagnostic(&self, words: &str) -> Value {
        wait_for(words, DEADLINE, || self.fixture.diagnostics(&self.device, words).into_iter().next())
    }
}

/// A report of properties; `params` is a JSON object.
#[must_use]
pub fn report(token: &str, params: &str) -> String {
    format!(r#"{{"method":"report","clientToken":"{token}","params":{params}}}"#)
}
