//! A logged message judged once more, by the model there is now.

use std::time::Duration;

use lianwu_device_protocol::message::{Clock, Refusal, UpKind, parse_up};
use lianwu_model::UnixMillis;
use lianwu_model::thing_model::{Fault, Validator};
use lianwu_ports::record::RecordKind;

/// The topic a record of a message up came on; `None` when it is no thing-model message.
#[must_use]
pub fn up_kind(kind: RecordKind) -> Option<UpKind> {
    match kind {
        RecordKind::PropertyReport | RecordKind::PropertyOther => Some(UpKind::Property),
        RecordKind::EventPost => Some(UpKind::Event),
        RecordKind::ActionReply => Some(UpKind::Action),
        _ => None,
    }
}

/// The value the model refuses in a message that arrived at `received`. Its timestamp is not looked at: whether data is too old
/// was decided when it came.
#[must_use]
pub fn fault(validator: &Validator, kind: UpKind, payload: &[u8], received: UnixMillis) -> Option<Fault> {
    let clock = Clock { now: received, retention: Duration::MAX };
    match parse_up(kind, payload, validator, clock) {
        Err(Refusal::Message { violation: Some(violation), .. }) => violation.fault(),
        _ => None,
    }
}
