//! What two thing models say to the same values: the one in force and a draft. Pure; fed with what devices said.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lianwu_device_protocol::message::UpKind;
use lianwu_model::json::{self, Scanner, members};
use lianwu_model::thing_model::{Complaint, Purpose, ThingModel, Validator};
use lianwu_model::{DeviceNumber, UnixMillis};
use lianwu_ports::readings::LogRow;
use lianwu_ports::record::RecordKind;

use super::Draft;
use super::reason::{Reason, shown};
use crate::catalog::CompiledModel;

/// Findings of one answer: a device may report as many unknown identifiers as it likes.
pub const FINDINGS_MAX: usize = 200;

/// Bytes of an identifier that are kept; those of a model are shorter.
const ID_BYTES_MAX: usize = 64;

/// Which of the model's three an identifier is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    Property,
    Event,
    Action,
}

impl Function {
    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Property => "property",
            Self::Event => "event",
            Self::Action => "action",
        }
    }
}

/// What saving the draft changes for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Accepted now, refused by the draft.
    Refused,
    /// Refused by both.
    StillRefused,
    /// Refused now, accepted by the draft.
    Accepted,
}

impl Outcome {
    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::StillRefused => "still_refused",
            Self::Accepted => "accepted",
        }
    }
}

/// One thing that concerns some devices in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub function: Function,
    pub id: String,
    pub outcome: Outcome,
    /// Why the draft refuses it; of what will be accepted, why it is refused now.
    pub reason: Reason,
    /// Different devices among those looked at.
    pub devices: u64,
    /// Messages among those looked at; latest values are no messages.
    pub messages: u64,
    /// The newest case.
    pub device: Box<str>,
    /// JSON, cut when it is long.
    pub value: String,
    pub time: UnixMillis,
}

/// Who said it, and when.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub number: DeviceNumber,
    pub device: &'a str,
    pub time: UnixMillis,
    pub is_message: bool,
}

type Key = (Outcome, Function, String, Option<(String, Complaint)>);

struct Group {
    finding: Finding,
    devices: HashSet<DeviceNumber>,
}

/// Compares case by case and keeps what differs or fails.
pub struct Findings {
    current: Option<Arc<CompiledModel>>,
    draft: Arc<Draft>,
    groups: HashMap<Key, Group>,
    is_full: bool,
}

impl Findings {
    #[must_use]
    pub fn new(current: Option<Arc<CompiledModel>>, draft: Arc<Draft>) -> Self {
        Self { current, draft, groups: HashMap::new(), is_full: false }
    }

    /// A value that was accepted when it came; what the model in force refuses by now says nothing new.
    pub fn latest(&mut self, case: Case<'_>, property: &str, value: &str) {
        let value = value.as_bytes();
        if self.now(Function::Property, property, value).is_none()
            && let Some(reason) = self.then(Function::Property, property, value)
        {
            self.add(case, Function::Property, property, value, (Outcome::Refused, reason));
        }
    }

    /// A message as it is on record; one that is no report, event or call, or cannot be read, says nothing.
    pub fn message(&mut self, row: &LogRow) {
        let case = Case { number: row.number, device: &row.device, time: row.committed, is_message: true };
        let message = Message::read(&row.payload);
        match row.kind {
            RecordKind::PropertyReport => self.properties(case, message.params),
            RecordKind::PropertyOther if message.method.as_deref() == Some("report") => {
                self.properties(case, message.params);
            }
            RecordKind::EventPost if message.events.is_empty() => self.event(case, &message),
            RecordKind::EventPost => {
                for event in elements(message.events) {
                    self.event(case, &Message::read(event));
                }
            }
            RecordKind::ActionCall => {
                if let Some(action) = &message.action {
                    self.judge(case, Function::Action, action, message.params);
                }
            }
            _ => {}
        }
    }

    fn properties(&mut self, case: Case<'_>, params: &[u8]) {
        for (key, value) in members(params).flatten() {
            self.judge(case, Function::Property, &key.unescape(), value);
        }
    }

    fn event(&mut self, case: Case<'_>, message: &Message<'_>) {
        if let Some(event) = &message.event {
            self.judge(case, Function::Event, event, message.params);
        }
    }

    fn now(&self, function: Function, id: &str, value: &[u8]) -> Option<Reason> {
        match &self.current {
            Some(model) => check(&model.definition, &model.validator, function, id, value),
            None => Some(Reason::no_model()),
        }
    }

    fn then(&self, function: Function, id: &str, value: &[u8]) -> Option<Reason> {
        check(&self.draft.definition, &self.draft.validator, function, id, value)
    }

    fn judge(&mut self, case: Case<'_>, function: Function, id: &str, value: &[u8]) {
        let found = match (self.now(function, id, value), self.then(function, id, value)) {
            (None, None) => return,
            (None, Some(reason)) => (Outcome::Refused, reason),
            (Some(_), Some(reason)) => (Outcome::StillRefused, reason),
            (Some(reason), None) => (Outcome::Accepted, reason),
        };
        self.add(case, function, id, value, found);
    }

    fn add(&mut self, case: Case<'_>, function: Function, id: &str, value: &[u8], found: (Outcome, Reason)) {
        let (outcome, reason) = found;
        let id = cut(id);
        let key = (outcome, function, id.to_owned(), reason.mistake.clone());
        if !self.groups.contains_key(&key) && self.groups.len() >= FINDINGS_MAX {
            self.is_full = true;
            return;
        }
        let group = self.groups.entry(key).or_insert_with(|| Group {
            finding: Finding {
                function,
                id: id.to_owned(),
                outcome,
                reason: reason.clone(),
                devices: 0,
                messages: 0,
                device: case.device.into(),
                value: shown(value).into_owned(),
                time: case.time,
            },
            devices: HashSet::new(),
        });
        group.devices.insert(case.number);
        group.finding.messages += u64::from(case.is_message);
        if case.time > group.finding.time {
            group.finding.reason = reason;
            group.finding.device = case.device.into();
            group.finding.value = shown(value).into_owned();
            group.finding.time = case.time;
        }
    }

    /// Worst first: what will be refused, by how many devices; and whether there were more than [`FINDINGS_MAX`].
    #[must_use]
    pub fn finish(self) -> (Vec<Finding>, bool) {
        let counted = |group: Group| Finding { devices: group.devices.len() as u64, ..group.finding };
        let mut findings: Vec<Finding> = self.groups.into_values().map(counted).collect();
        findings.sort_by(|a, b| {
            let order = |f: &Finding| (f.outcome, std::cmp::Reverse(f.devices), f.function);
            order(a).cmp(&order(b)).then_with(|| a.id.cmp(&b.id)).then_with(|| a.reason.mistake.cmp(&b.reason.mistake))
        });
        (findings, self.is_full)
    }
}

/// What the model refuses about one value; `value` is the params of an event. Of a call only its action is looked at: what it
/// is called with is judged when it is called.
fn check(model: &ThingModel, validator: &Validator, function: Function, id: &str, value: &[u8]) -> Option<Reason> {
    match function {
        Function::Property => {
            let mut object = Vec::with_capacity(id.len() + value.len() + 5);
            object.push(b'{');
            json::write_string(id, &mut object);
            object.push(b':');
            object.extend_from_slice(value);
            object.push(b'}');
            let violation = validator.check_properties(&mut Scanner::new(&object), Purpose::Report).err()?;
            Some(Reason::of(&violation, UpKind::Property, model))
        }
        Function::Event => {
            let Some(event) = validator.event(id) else { return Some(Reason::not_defined(function, id)) };
            let params = if value.is_empty() { b"{}" } else { value };
            let violation = event.check_params(&mut Scanner::new(params)).err()?;
            Some(Reason::of(&violation, UpKind::Event, model))
        }
        Function::Action => validator.action(id).is_none().then(|| Reason::not_defined(function, id)),
    }
}

fn cut(id: &str) -> &str {
    let mut end = id.len().min(ID_BYTES_MAX);
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    &id[..end]
}

/// The members that matter, empty where they are missing; the last of several counts.
#[derive(Default)]
struct Message<'a> {
    method: Option<String>,
    event: Option<String>,
    action: Option<String>,
    events: &'a [u8],
    params: &'a [u8],
}

impl<'a> Message<'a> {
    fn read(payload: &'a [u8]) -> Self {
        let mut message = Self::default();
        for (key, value) in members(payload).flatten() {
            match key.unescape().as_ref() {
                "method" => message.method = text(value),
                "eventId" => message.event = text(value),
                "actionId" => message.action = text(value),
                "events" => message.events = value,
                "params" => message.params = value,
                _ => {}
            }
        }
        message
    }
}

fn text(value: &[u8]) -> Option<String> {
    Some(Scanner::new(value).string().ok()?.unescape().into_owned())
}

/// The elements of an array, as far as it can be read.
fn elements(array: &[u8]) -> Vec<&[u8]> {
    let mut scanner = Scanner::new(array);
    let mut found = Vec::new();
    if scanner.enter_array().is_err() {
        return found;
    }
    while let Ok(true) = scanner.next_element() {
        match scanner.skip_value() {
            Ok(value) => found.push(value),
            Err(_) => break,
        }
    }
    found
}
