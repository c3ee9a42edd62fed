//! A device that is an ordinary MQTT client: paho-mqtt with a key, MQTT 3.1.1.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::credentials::Method;
use crate::fixture::Device;
use crate::programs::{Running, python};
use crate::server::Server;
use crate::wait::fail;

/// The program, connected.
#[derive(Debug)]
pub struct PahoDevice {
    running: Running,
    /// Messages that came while something else was awaited.
    messages: VecDeque<Value>,
}

impl PahoDevice {
    #[must_use]
    #[track_caller]
    pub fn start(server: &Server, device: &Device) -> Self {
        let (address, credentials) = (server.mqtt_address(), device.credentials(Method::HmacSha1));
        let mut command = python("paho_device.py");
        command.args([address.ip().to_string(), address.port().to_string(), "4".to_owned()]);
        command.args([&credentials.client_id, &credentials.user_name, &credentials.password]);
        let running = Running::start("paho-mqtt", &mut command);
        let mut device = Self { running, messages: VecDeque::new() };
        let connected = device.next("connected");
        if connected["rc"] == 0 { device } else { fail(format!("the device was not let in: {connected}")) }
    }

    /// Subscribes, which is granted.
    #[track_caller]
    pub fn subscribes(&mut self, topic: &str, qos: u8) {
        self.running.tell(&json!({"do": "subscribe", "topic": topic, "qos": qos}).to_string());
        let granted = self.next("subscribed");
        if granted["qos"] != json!([qos]) {
            fail(format!("subscribe to {topic}: {granted}"));
        }
    }

    /// Publishes JSON; with QoS 1 it is acknowledged.
    #[track_caller]
    pub fn publishes(&mut self, topic: &str, message: &Value, qos: u8) {
        let command = json!({"do": "publish", "topic": topic, "payload": message.to_string(), "qos": qos});
        self.running.tell(&command.to_string());
        self.next("published");
    }

    /// The next message, which is JSON: its topic and what it says.
    #[track_caller]
    pub fn message(&mut self) -> (String, Value) {
        let message = match self.messages.pop_front() {
            Some(message) => message,
            None => self.next("message"),
        };
        let text = |name: &str| message[name].as_str().unwrap_or_else(|| fail(format!("no {name} in {message}")));
        let payload = serde_json::from_str(text("payload"));
        (text("topic").to_owned(), payload.unwrap_or_else(|error| fail(format!("{error}: {message}"))))
    }

    /// The platform is gone.
    #[track_caller]
    pub fn loses_the_connection(&mut self) {
        self.next("disconnected");
    }

    #[track_caller]
    fn next(&mut self, event: &str) -> Value {
        loop {
            let said = self.running.next_json();
            if said["event"] == event {
                return said;
            }
            if said["event"] != "message" {
                fail(format!("expected {event}, paho-mqtt said {said}"));
            }
            self.messages.push_back(said);
        }
    }
}
