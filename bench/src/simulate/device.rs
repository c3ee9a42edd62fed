//! One simulated device: what it says, and how it answers. Pure.

use std::{collections::HashSet, sync::Arc};

use lianwu_model::{
    UnixMillis,
    thing_model::{Mode, ThingModel},
};
use lianwu_mqtt::QoS;
use serde_json::{Map, Value, json};

use super::values::{Dice, draw, draw_fields};

/// One report in so many comes with an event.
const EVENT_EVERY: u64 = 20;
/// One report in so many changes a property that the cloud may also set, as if someone pressed a button.
const BUTTON_EVERY: u64 = 10;

/// A device with the state a real one would have.
#[derive(Debug, Clone)]
pub struct VirtualDevice {
    product: String,
    device: String,
    model: Arc<ThingModel>,
    state: Map<String, Value>,
    /// Properties somebody has set: they keep that value.
    held: HashSet<String>,
    dice: Dice,
    faults_percent: u8,
    next_token: u64,
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub topic: String,
    pub qos: QoS,
    pub payload: Value,
    pub kind: Said,
}

/// What a message is, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Report,
    Event,
    ControlReply,
    ActionReply,
}

/// What a message from the cloud was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    ReportReply {
        is_success: bool,
    },
    Control,
    Action,
    /// Anything else, also what is not JSON.
    Other,
}

impl VirtualDevice {
    /// `seed` decides everything the device will draw.
    #[must_use]
    pub fn new(product: &str, device: &str, model: Arc<ThingModel>, seed: u64) -> Self {
        Self {
            product: product.to_owned(),
            device: device.to_owned(),
            model,
            state: Map::new(),
            held: HashSet::new(),
            dice: Dice::new(seed),
            faults_percent: 0,
            next_token: 1,
        }
    }

    /// So many of a hundred periodic reports hold a value of a wrong type.
    #[must_use]
    pub fn with_faults(mut self, percent: u8) -> Self {
        self.faults_percent = percent;
        self
    }

    /// The topics to subscribe to.
    #[must_use]
    pub fn filters(&self) -> Vec<String> {
        ["property", "event", "action"].map(|kind| self.topic("down", kind)).into()
    }

    fn topic(&self, direction: &str, kind: &str) -> String {
        format!("$thing/{direction}/{kind}/{}/{}", self.product, self.device)
    }

    fn token(&mut self) -> String {
        let token = format!("{}-{}", self.product, self.next_token);
        self.next_token += 1;
        token
    }

    /// The next periodic report, sometimes with an event.
    pub fn tick(&mut self, now: UnixMillis) -> Vec<Outgoing> {
        let model = Arc::clone(&self.model);
        let is_first = self.state.is_empty();
        for property in &model.properties {
            let may_change = match property.mode {
                Mode::Read => true,
                Mode::ReadWrite => !self.held.contains(&property.id) && self.dice.below(BUTTON_EVERY) == 0,
            };
            if is_first || may_change {
                let value = draw(&property.define, self.state.get(&property.id), &mut self.dice, now);
                self.state.insert(property.id.clone(), value);
            }
        }
        let mut out = Vec::new();
        if !self.state.is_empty() {
            let mut params = self.state.clone();
            if self.faults_percent > 0 && self.dice.below(100) < u64::from(self.faults_percent) {
                spoil(&mut params);
            }
            out.push(self.report(&params, now));
        }
        if !model.events.is_empty() && self.dice.below(EVENT_EVERY) == 0 {
            let event = &model.events[self.dice.below(model.events.len() as u64) as usize];
            let params = draw_fields(&event.params, None, &mut self.dice, now);
            let payload = json!({"method": "event_post", "clientToken": self.token(), "version": "1.0",
                "eventId": event.id, "type": event.kind.as_str(), "timestamp": now.0, "params": params});
            out.push(Outgoing { topic: self.topic("up", "event"), qos: QoS::AtLeastOnce, payload, kind: Said::Event });
        }
        out
    }

    fn report(&mut self, params: &Map<String, Value>, now: UnixMillis) -> Outgoing {
        let payload = json!({"method": "report", "clientToken": self.token(), "timestamp": now.0, "params": params});
        Outgoing { topic: self.topic("up", "property"), qos: QoS::AtMostOnce, payload, kind: Said::Report }
    }

    /// Answers a message from the cloud. What it does not understand it ignores.
    pub fn answer(&mut self, payload: &[u8], now: UnixMillis) -> (Heard, Vec<Outgoing>) {
        let Ok(message) = serde_json::from_slice::<Value>(payload) else { return (Heard::Other, Vec::new()) };
        match message.get("method").and_then(Value::as_str) {
            Some("report_reply") => {
                let is_success = message.get("code").and_then(Value::as_i64) == Some(0);
                (Heard::ReportReply { is_success }, Vec::new())
            }
            Some("control") => (Heard::Control, self.control(&message, now)),
            Some("action") => (Heard::Action, self.action(&message, now)),
            _ => (Heard::Other, Vec::new()),
        }
    }

    fn control(&mut self, message: &Value, now: UnixMillis) -> Vec<Outgoing> {
        let reply = json!({"method": "control_reply", "clientToken": message["clientToken"], "code": 0});
        let topic = self.topic("up", "property");
        let mut out = vec![Outgoing { topic, qos: QoS::AtMostOnce, payload: reply, kind: Said::ControlReply }];
        let mut changed = Map::new();
        for (id, value) in message.get("params").and_then(Value::as_object).into_iter().flatten() {
            if self.model.property(id).is_some() {
                self.state.insert(id.clone(), value.clone());
                self.held.insert(id.clone());
                changed.insert(id.clone(), value.clone());
            }
        }
        if !changed.is_empty() {
            out.push(self.report(&changed, now));
        }
        out
    }

    fn action(&mut self, message: &Value, now: UnixMillis) -> Vec<Outgoing> {
        let model = Arc::clone(&self.model);
        let token = &message["clientToken"];
        let wanted = message.get("actionId").and_then(Value::as_str);
        let payload = match model.actions.iter().find(|action| Some(action.id.as_str()) == wanted) {
            Some(action) => {
                let response = draw_fields(&action.output, None, &mut self.dice, now);
                json!({"method": "action_reply", "clientToken": token, "code": 0,
                    "status": "action execute success!", "response": response})
            }
            None => json!({"method": "action_reply", "clientToken": token, "code": 404,
                "status": "action not defined", "response": {}}),
        };
        let topic = self.topic("up", "action");
        vec![Outgoing { topic, qos: QoS::AtLeastOnce, payload, kind: Said::ActionReply }]
    }
}

/// Gives the first value a type it must not have; what the device itself remembers stays right.
fn spoil(params: &mut Map<String, Value>) {
    if let Some(value) = params.values_mut().next() {
        *value = if value.is_string() { 1.into() } else { "wrong".into() };
    }
}

#[cfg(test)]
mod tests {
    use lianwu_model::{
        json::Scanner,
        thing_model::{Purpose, Validator},
    };

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_714_550_400_123);

    const MODEL: &str = r#"{"version":"1.0","profile":{"ProductId":"","CategoryId":"1"},
        "properties":[
            {"id":"power_switch","name":"Switch","desc":"","mode":"rw","required":true,
             "define":{"type":"bool","mapping":{"0":"off","1":"on"}}},
            {"id":"power","name":"Power","desc":"","mode":"r","required":false,
             "define":{"type":"float","min":"0","max":"20","start":"0","step":"0.1","unit":"W"}}],
        "events":[{"id":"hot","name":"Hot","desc":"","type":"alert","required":false,"params":[
            {"id":"celsius","name":"Celsius","define":{"type":"int","min":"0","max":"200","start":"0","step":"1","unit":""}}]}],
        "actions":[{"id":"blink","name":"Blink","desc":"","required":false,
            "input":[{"id":"n","name":"Times","define":{"type":"int","min":"0","max":"9","start":"0","step":"1","unit":""}}],
            "output":[{"id":"err_code","name":"Result","define":{"type":"int","min":"0","max":"9","start":"0","step":"1","unit":""}}]}]}"#;

    fn lamp() -> VirtualDevice {
        VirtualDevice::new("LAMP000001", "hall", Arc::new(ThingModel::parse(MODEL).unwrap()), 7)
    }

    /// Are all reports and events of a long life what the platform's validator accepts?
    #[test]
    fn everything_said_is_valid() {
        let mut lamp = lamp();
        let validator = Validator::compile(&ThingModel::parse(MODEL).unwrap());
        let (mut reports, mut events) = (0, 0);
        for message in (0..500).flat_map(|_| lamp.tick(NOW)) {
            let params = message.payload["params"].to_string();
            let mut scanner = Scanner::new(params.as_bytes());
            if message.kind == Said::Report {
                reports += 1;
                assert_eq!(message.topic, "$thing/up/property/LAMP000001/hall");
                validator.check_properties(&mut scanner, Purpose::Report).unwrap();
            } else {
                events += 1;
                assert_eq!((&message.payload["eventId"], &message.payload["type"]), (&json!("hot"), &json!("alert")));
                validator.event("hot").unwrap().check_params(&mut scanner).unwrap();
            }
        }
        assert_eq!(reports, 500);
        assert!((5..100).contains(&events), "{events} events");
    }

    /// Is the share of reports that is asked for refused by the validator, and nothing wrong remembered?
    #[test]
    fn faults_are_reported_and_forgotten() {
        let validator = Validator::compile(&ThingModel::parse(MODEL).unwrap());
        for (percent, expected) in [(0, 0..=0), (30, 100..=200), (100, 500..=500)] {
            let mut lamp = lamp().with_faults(percent);
            let reports = (0..500).flat_map(|_| lamp.tick(NOW)).filter(|message| message.kind == Said::Report);
            let texts: Vec<_> = reports.map(|report| report.payload["params"].to_string()).collect();
            let is_wrong = |text: &&String| {
                validator.check_properties(&mut Scanner::new(text.as_bytes()), Purpose::Report).is_err()
            };
            let wrong = texts.iter().filter(is_wrong).count();
            assert!(expected.contains(&wrong), "{percent} %: {wrong} of 500");
            lamp.faults_percent = 0;
            let text = lamp.tick(NOW)[0].payload["params"].to_string();
            assert!(!is_wrong(&&text), "{text}");
        }
    }

    /// Does a control get its reply and a report of the new value, which then stays?
    #[test]
    fn control_is_obeyed() {
        let mut lamp = lamp();
        lamp.tick(NOW);
        for wanted in [1, 0] {
            let control =
                json!({"method": "control", "clientToken": "c-1", "params": {"power_switch": wanted, "nonsense": 1}});
            let (heard, said) = lamp.answer(control.to_string().as_bytes(), NOW);
            assert_eq!(heard, Heard::Control);
            assert_eq!(said[0].payload, json!({"method": "control_reply", "clientToken": "c-1", "code": 0}));
            assert_eq!(said[1].payload["params"], json!({"power_switch": wanted}));
            for message in (0..100).flat_map(|_| lamp.tick(NOW)).filter(|message| message.kind == Said::Report) {
                assert_eq!(message.payload["params"]["power_switch"], wanted);
            }
        }
    }

    /// Does an action get a reply with valid output, and an unknown one a refusal?
    #[test]
    fn actions_are_answered() {
        let mut lamp = lamp();
        let action = |id| json!({"method": "action", "clientToken": "a-1", "actionId": id, "timestamp": 1_714_550_400, "params": {"n": 3}});
        let (heard, said) = lamp.answer(action("blink").to_string().as_bytes(), NOW);
        assert_eq!(
            (heard, said[0].qos, said[0].topic.as_str()),
            (Heard::Action, QoS::AtLeastOnce, "$thing/up/action/LAMP000001/hall")
        );
        assert_eq!((&said[0].payload["code"], &said[0].payload["clientToken"]), (&json!(0), &json!("a-1")));
        assert!(said[0].payload["response"]["err_code"].is_u64());
        let (_, said) = lamp.answer(action("explode").to_string().as_bytes(), NOW);
        assert_eq!(said[0].payload["code"], 404);
    }

    /// Are replies told apart, and is nonsense ignored?
    #[test]
    fn other_messages() {
        let mut lamp = lamp();
        for (payload, expected) in [
            (
                r#"{"method":"report_reply","clientToken":"x","code":0,"status":"success"}"#,
                Heard::ReportReply { is_success: true },
            ),
            (
                r#"{"method":"report_reply","clientToken":"x","code":406,"status":"no"}"#,
                Heard::ReportReply { is_success: false },
            ),
            ("json format illegal", Heard::Other),
            ("[]", Heard::Other),
            (r#"{"method":7}"#, Heard::Other),
        ] {
            assert_eq!(lamp.answer(payload.as_bytes(), NOW), (expected, Vec::new()), "{payload}");
        }
    }
}
